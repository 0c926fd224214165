"""What only RT does: it shows text as HTML, drops what is too large, and cuts what is too long. A real RT."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from scripts.ticket_systems import start, why_not
from snapper.delivery.letter import tag_of
from snapper.delivery.worker import attempt
from snapper.errors import NeedsAttention
from snapper.outbox import Outbox
from snapper.report import Delivered, Rejected
from tests.ticket_rigs import Rig, report_in, rig_of, rig_to

pytestmark = [
    pytest.mark.skipif(bool(why_not("rt")), reason=why_not("rt") or "it can run"),
    pytest.mark.xdist_group("rt"),
]


@pytest.fixture(scope="module")
def rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """RT as it comes."""
    with rig_of("rt", tmp_path_factory.mktemp("rt")) as rig:
        yield rig


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty outbox."""
    return Outbox(tmp_path / "outbox")


def shown(rig: Rig, path: str) -> str:
    """A page or an answer of RT."""
    headers = {"Authorization": f"token {rig.running.peer.token}"}
    return requests.get(f"{rig.running.peer.url}{path}", headers=headers, timeout=30).text


def delivered(rig: Rig, outbox: Outbox, note: str, ticket: str | None = None, **files: bytes) -> str:
    """The ticket of a report that arrived."""
    outcome = attempt(rig.endpoint(), report_in(outbox, files, note=note, ticket=ticket))
    assert isinstance(outcome, Delivered), outcome
    return outcome.receipt.ticket


def test_a_note_is_shown_as_it_was_written(rt: Rig, outbox: Outbox) -> None:
    note = (
        "<b>bold</b> <script>alert(1)</script> &amp; *star* h1. x\nQueue: other\nStatus: resolved\n> quoted"
    )
    page = shown(rt, f"/Ticket/History.html?id={delivered(rt, outbox, note)}")
    assert "<script>alert(1)" not in page and "<b>bold" not in page
    text = html.unescape(re.sub(r"<[^>]*>", "", page))
    assert [line for line in note.splitlines() if line not in text] == []


def test_a_long_first_line_does_not_push_the_tag_out_of_the_subject(rt: Rig, outbox: Outbox) -> None:
    report = report_in(outbox, {}, note="ü" * 300)
    outcome = attempt(rt.endpoint(), report)
    assert isinstance(outcome, Delivered)
    subject = shown(rt, f"/REST/2.0/ticket/{outcome.receipt.ticket}")
    assert tag_of(report.report.id) in re.sub(r"\s", "", subject)


def test_a_reply_is_for_the_requestor_and_a_comment_is_not(rt: Rig, outbox: Outbox) -> None:
    ticket = delivered(rt, outbox, "first")
    options = {"queue": rt.running.peer.place}
    for public, kind in (("no", "Comment"), ("yes", "Correspond")):
        report = report_in(outbox, {}, note=kind, ticket=ticket)
        assert isinstance(attempt(rt.endpoint(options={**options, "public": public}), report), Delivered)
        history = shown(rt, f"/REST/2.0/ticket/{ticket}/history?fields=Type&per_page=100")
        assert re.search(rf'"Type"\s*:\s*"{kind}"', history)


def test_a_file_called_0_is_not_lost(rt: Rig, outbox: Outbox) -> None:
    delivered(rt, outbox, "zero", **{"0": b"nought"})


def test_an_older_report_in_the_same_ticket_is_not_taken_for_this_one(rt: Rig, outbox: Outbox) -> None:
    ticket = delivered(rt, outbox, "first", **{"a.txt": b"one"})
    second = report_in(outbox, {"a.txt": b"two"}, ticket=ticket)
    assert rt.endpoint().find(second) is None
    assert isinstance(attempt(rt.endpoint(), second), Delivered)


def test_many_files_are_all_found_again(rt: Rig, outbox: Outbox) -> None:
    """RT lists a hundred at once."""
    delivered(rt, outbox, "many", **{f"{number}.txt": b"%d" % number for number in range(98)})
    delivered(rt, outbox, "many", **{f"{number}.txt": b"%d" % number for number in range(100)})


def test_a_queue_that_is_not_there_is_told_with_those_that_are(rt: Rig) -> None:
    with pytest.raises(NeedsAttention, match=r"no queue “Nowhere”.*Support"):
        rt.endpoint(options={"queue": "Nowhere"}).probe()
    assert re.fullmatch(r"RT 5[\d.]+, queue Support at 127\.0\.0\.1:\d+", rt.endpoint().probe())


def test_a_queue_that_takes_no_tickets_from_us_is_told(rt: Rig) -> None:
    with pytest.raises(NeedsAttention, match="may not make tickets in the queue “Closed shop”"):
        rt.endpoint(options={"queue": "Closed shop"}).probe()


@pytest.mark.parametrize("policy", ["DropLongAttachments", "TruncateLongAttachments"])
def test_a_file_that_rt_drops_with_a_201_is_noticed(tmp_path: Path, outbox: Outbox, policy: str) -> None:
    options: Mapping[str, str] = {"MaxAttachmentSize": "1_000_000", policy: "1"}
    with start("rt", tmp_path, options) as running, rig_to(running) as rig:
        report = report_in(outbox, {"large.log": os.urandom(2_000_000), "small.log": b"s"})
        outcome = attempt(rig.endpoint(), report)
        assert isinstance(outcome, Rejected), outcome
        assert "large.log" in outcome.sentence and "small.log" not in outcome.sentence
        assert "Ticket 1 has the report, but not as it was sent" in outcome.sentence
        in_pieces = report_in(outbox, {"large.log": os.urandom(2_000_000)})
        assert isinstance(attempt(rig.endpoint(file_bytes=700_000), in_pieces), Delivered)
        assert len(running.tickets()) == 2
