"""rageshake's own traps: it says yes to all, and drops what it dislikes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from snapper.delivery.endpoints import kinds
from snapper.delivery.worker import attempt
from snapper.destinations import Destination
from snapper.errors import DeliveryError, NotReached
from snapper.outbox import Outbox
from snapper.report import Rejected, Retry, Unconfirmed
from tests.breaking_line import Line
from tests.desks import answering, refused_url, server_that
from tests.ticket_fakes import rageshake, start
from tests.ticket_rigs import Rig, report_in

LONG_LINE = b"a" * 70_000 + b"\x00\xe4\r\n"
FILES = {
    "screenshot.png": b"\x89PNG", "logs.zip": b"PK\x03\x04", "tws log.log": LONG_LINE, "a.b.txt": b"2",
    "ä.txt": b"3", "Photo.JPG": b"4", "a.txt.gz": b"5", "noext": b"", "a b.txt": b"6", "a_b.txt": b"7",
}  # fmt: skip


@contextmanager
def _rig(tmp_path: Path, **options: Any) -> Iterator[tuple[Rig, rageshake.System]]:
    with start("rageshake", tmp_path / "rageshake", **options) as fake:
        yield Rig("rageshake", fake, Line(fake.peer.url, re.compile("(?!)"), fake.peer.url)), fake


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def test_every_file_is_kept_under_a_name_that_says_what_it_was(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        outcome = attempt(rig.endpoint(), report := report_in(outbox, FILES))
        assert isinstance(outcome, Unconfirmed)
        (ticket,) = fake.tickets()
        stored, details = fake.stored(ticket), fake.details(ticket)
        assert (details.fileErrors, details.logErrors) == ([], [])
        manifest = stored.pop(f"snapper-{report.report.id}.json")
        assert manifest == report.manifest
        assert sorted(stored.values()) == sorted(FILES.values())
        assert stored["screenshot.png"] == b"\x89PNG"
        assert stored["a.txt.gz"] == b"5"
        (logs,) = [name for name, data in stored.items() if data == FILES["logs.zip"]]
        assert re.fullmatch(r"logs_zip-[0-9a-f]{8}\.txt", logs)
        assert f"It is called {logs} here." in details.user_text


def test_a_yes_is_not_taken_for_a_proof(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path, tracker="https://git.example/issues") as (rig, fake):
        outcome = attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"a"}))
        assert isinstance(outcome, Unconfirmed)
        assert outcome.receipt.url == "https://git.example/issues/1"
        assert outcome.receipt.ticket == outcome.receipt.code == fake.tickets()[0]


def test_the_note_is_no_markup_in_the_issue_that_is_made_of_it(tmp_path: Path, outbox: Outbox) -> None:
    note = "@all it froze\n```\n@all\n/close\n# no heading"
    with _rig(tmp_path) as (rig, fake):
        attempt(rig.endpoint(), report := report_in(outbox, {}, note=note))
        title, _, body = fake.details(fake.tickets()[0]).user_text.partition("\n\n")
        assert "@all" not in title
        assert report.report.id[-12:] in title
        fence = body.partition("text\n")[0]
        assert set(fence) == {"`"} and len(fence) > 3
        assert body.startswith(f"{fence}text\n{note}\n")


def test_an_app_that_is_not_wanted_is_told(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path, apps=["other"]) as (rig, fake):
        outcome = attempt(rig.endpoint(), report_in(outbox, {}))
        assert isinstance(outcome, Rejected)
        assert "does not accept rageshakes from your application" in outcome.sentence
        outcome = attempt(rig.endpoint(options={"app": "other"}), report_in(outbox, {}))
        assert isinstance(outcome, Unconfirmed)
        assert fake.details(fake.tickets()[0]).app == "other"


def test_the_largest_report_stays_below_its_limit() -> None:
    limits = Destination("r", "rageshake", "http://r.example").limits
    assert limits.report_bytes and limits.report_bytes + (1 << 20) <= rageshake.REQUEST_BYTES


def test_a_server_that_is_off_is_known_before_the_report_leaves(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        rig.line.url = refused_url()
        assert isinstance(attempt(rig.endpoint(), report_in(outbox, {})), Retry)
        with pytest.raises(NotReached):
            rig.endpoint().probe()
        assert fake.tickets() == []


def test_what_only_speaks_json_is_no_rageshake(tmp_path: Path) -> None:
    other = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    with _rig(tmp_path) as (rig, _), server_that(answering(other)) as url, pytest.raises(DeliveryError):
        rig.line.url = url
        rig.endpoint().probe()


@pytest.mark.parametrize("name", [*FILES, "n" * 190 + ".log", ".hidden", "…", "x.PNG", "日本.json"])
def test_every_name_is_one_it_likes(name: str) -> None:
    adapter = kinds.adapter(Destination("r", "rageshake", "http://r.example"), "")
    sent_as = adapter.sent_as(name, "snp1")
    assert rageshake.FILE_NAME.fullmatch(sent_as)
    assert len(sent_as) < 255
    assert (sent_as == name) == bool(rageshake.FILE_NAME.fullmatch(name))
