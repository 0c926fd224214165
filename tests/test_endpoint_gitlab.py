"""GitLab's own traps: commands in texts, names and photos that are altered, uploads that older ones hide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from snapper.delivery.worker import attempt
from snapper.destinations import ticket_of
from snapper.errors import NeedsAttention
from snapper.outbox import Outbox
from snapper.report import Blocked, Delivered, Outcome, Retry, Unconfirmed
from tests.breaking_line import Line
from tests.ticket_fakes import start
from tests.ticket_fakes.gitlab import System
from tests.ticket_rigs import Rig, report_in

NOTE = "@all: it froze\n/close\n```\n/label ~bug\n````\n<b>no</b> [x](http://x) #1 !1\n/assign @root"


@contextmanager
def _rig(tmp_path: Path, **options: Any) -> Iterator[tuple[Rig, System]]:
    with start("gitlab", tmp_path / "gitlab", **options) as fake:
        yield Rig("gitlab", fake, Line(fake.peer.url, re.compile("(?!)"), fake.peer.url)), fake


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def _ticket(outcome: Outcome) -> str:
    assert isinstance(outcome, Delivered), outcome
    return outcome.receipt.ticket


def test_nothing_in_a_note_is_a_command(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        iid = _ticket(attempt(rig.endpoint(), report_in(outbox, {}, note=NOTE)))
        _ticket(attempt(rig.endpoint(), report_in(outbox, {}, note=NOTE, ticket=iid)))
        issue = fake.issue(iid)
        assert issue.state == "opened"
        for text in (issue.description, *issue.notes):
            fence, _, rest = text.partition("text\n")
            assert set(fence) == {"`"}
            assert rest.startswith(NOTE)
            assert len(re.findall(rf"^{fence}$", rest, re.MULTILINE)) == 1
        assert "@all" not in issue.title


def test_names_that_would_be_altered_stay_apart(tmp_path: Path, outbox: Outbox) -> None:
    files = {"a b.log": b"1", "a_b.log": b"2", "Übersicht (neu).txt": b"3", "a²b.txt": b"4", "a%41.txt": b"5"}
    with _rig(tmp_path) as (rig, fake):
        iid = _ticket(attempt(rig.endpoint(), report_in(outbox, files)))
        names = {blob.read(): name for name, blob in fake.attachments(iid)}
        assert names[b"2"] == "a_b.log"
        assert re.fullmatch(r"a_b-[0-9a-f]{8}\.log", names[b"1"])
        assert re.fullmatch(r"Übersicht__neu_-[0-9a-f]{8}\.txt", names[b"3"])
        assert names[b"1"] in fake.issue(iid).description


@pytest.mark.parametrize("name", ["photo.jpg", "Photo.JPEG", "scan.tiff"])
def test_photos_arrive_byte_for_byte(tmp_path: Path, outbox: Outbox, name: str) -> None:
    with _rig(tmp_path) as (rig, fake):
        iid = _ticket(attempt(rig.endpoint(), report_in(outbox, {name: b"\xff\xd8 with place and time"})))
        assert fake.attachments(iid)[1][1].read() == b"\xff\xd8 with place and time"


def test_a_picture_is_shown(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        iid = _ticket(attempt(rig.endpoint(), report_in(outbox, {"screen.png": b"\x89PNG", "a.log": b"a"})))
        text = fake.issue(iid).description
        assert "- ![`screen.png`](/uploads/" in text
        assert "- [`a.log`](/uploads/" in text


def test_an_older_gitlab_cannot_prove_it_and_is_not_sent_it_twice(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path, version="17.3.6-ee") as (rig, fake):
        report = report_in(outbox, {"a.txt": b"a"})
        for _ in range(2):
            outcome = attempt(rig.endpoint(), report)
            assert isinstance(outcome, Unconfirmed)
        assert fake.tickets() == ["1"]


def test_reports_in_one_issue_are_told_apart_on_every_page(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        iid = _ticket(attempt(rig.endpoint(), report_in(outbox, {"a.log": b"0"})))
        reports = [report_in(outbox, {"a.log": data}, ticket=iid) for data in (b"1", b"2")]
        for report in reports:
            _ticket(attempt(rig.endpoint(), report))
        fake.issue(iid).notes.extend(["chatter"] * 150)
        uploads = [each for each in fake.heard if each.endswith("/uploads")]
        for report in reports:
            assert _ticket(attempt(rig.endpoint(), report)) == iid
        assert [each for each in fake.heard if each.endswith("/uploads")] == uploads
        assert len(fake.issue(iid).notes) == 152


@pytest.mark.parametrize(("options", "hidden"), [({}, True), ({"confidential": "no"}, False)])
def test_new_issues_are_hidden_from_guests(
    tmp_path: Path, outbox: Outbox, options: dict[str, str], hidden: bool
) -> None:
    with _rig(tmp_path) as (rig, fake):
        options = {"project": fake.place, **options}
        iid = _ticket(attempt(rig.endpoint(options=options), report_in(outbox, {})))
        assert fake.issue(iid).confidential is hidden


def test_a_token_that_only_reads_is_told_at_once(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        with pytest.raises(NeedsAttention, match="may read, but not write") as told:
            rig.endpoint(fake.reader_token()).probe()
        assert "scope “api”" in told.value.remedy
        assert isinstance(attempt(rig.endpoint(fake.reader_token()), report_in(outbox, {})), Blocked)


@pytest.mark.parametrize("state", ["archived", "no_issues"])
def test_a_project_that_takes_no_issues_is_told(tmp_path: Path, state: str) -> None:
    with _rig(tmp_path, **{state: True}) as (rig, _), pytest.raises(NeedsAttention, match="takes no issues"):
        rig.endpoint().probe()


def test_a_project_may_be_named_by_its_number(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, _):
        assert "project 77" in rig.endpoint(options={"project": "77"}).probe()
        _ticket(attempt(rig.endpoint(options={"project": "77"}), report_in(outbox, {"a.txt": b"a"})))


def test_too_many_issues_in_a_minute_are_waited_for(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path, issues_a_minute=1) as (rig, fake):
        _ticket(attempt(rig.endpoint(), report_in(outbox, {})))
        outcome = attempt(rig.endpoint(), report_in(outbox, {}))
        assert isinstance(outcome, Retry)
        assert "too many times" in outcome.sentence
        assert fake.tickets() == ["1"]


def test_its_refusals_are_said_without_numbers(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path, archived=True) as (rig, _):
        outcome = attempt(rig.endpoint(), report_in(outbox, {}))
        assert isinstance(outcome, Blocked)
        assert "403" not in outcome.sentence


@pytest.mark.parametrize(
    "path", ["/-/issues/12", "/-/issues/12#note_7", "/-/work_items/12", "/-/issues/incident/12"]
)
def test_an_issue_by_its_web_address(tmp_path: Path, path: str) -> None:
    with _rig(tmp_path) as (rig, fake):
        destination = rig.destination()
        assert ticket_of(f"{fake.peer.url}/{fake.place}{path}", destination) == ("12", destination)
