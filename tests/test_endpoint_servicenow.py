"""ServiceNow's own traps: queries that find too much, values that are cut or dropped, files one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from snapper.delivery.endpoints import servicenow
from snapper.delivery.worker import attempt
from snapper.destinations import ticket_of
from snapper.errors import NeedsAttention
from snapper.outbox import Outbox
from snapper.report import Ambiguous, Blocked, Delivered, Outcome, Retry
from tests.breaking_line import line_to
from tests.contract_endpoint import Kept
from tests.ticket_fakes import start
from tests.ticket_fakes.servicenow import System
from tests.ticket_rigs import Rig, report_in

_FILE = r"POST /api/now/attachment/file"
_MADE = r"POST /api/now/table/incident"
_NOTED = r"PATCH /api/now/table/incident/\w+"


@contextmanager
def _rig(tmp_path: Path, commits: str = _FILE, **options: Any) -> Iterator[tuple[Rig, System]]:
    with (
        start("servicenow", tmp_path / "servicenow", **options) as fake,
        line_to(fake.peer.url, re.compile(commits)) as line,
    ):
        yield Rig("servicenow", fake, line), fake


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def _number(outcome: Outcome) -> str:
    assert isinstance(outcome, Delivered), outcome
    return outcome.receipt.ticket


def _posts(fake: System, what: str) -> int:
    return sum(re.fullmatch(what, each) is not None for each in fake.heard)


def test_a_long_note_is_cut_by_us_and_says_where_the_rest_is(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        report = report_in(outbox, {"a.txt": b"a"}, note="é" * 9000)
        columns = fake.record(_number(attempt(rig.endpoint(), report))).columns
        assert len(columns["description"]) <= 4000
        assert "The whole note is in the file snapper-" in columns["description"]
        assert columns["description"].endswith(
            f"SHA-256 {report.report.attachments[0].sha256}\n"
            f"  It is called a-snp{report.report.id[-12:]}.txt here."
        )
        assert columns["short_description"].endswith(f"[snp{report.report.id[-12:]}]")
        assert columns["correlation_id"] == report.report.id


def test_nothing_in_a_note_is_html(tmp_path: Path, outbox: Outbox) -> None:
    note = "[code]<b>no</b>[/code] [CODE]<script>no()</script>[/CODE]"
    with _rig(tmp_path) as (rig, fake):
        number = _number(attempt(rig.endpoint(), report_in(outbox, {})))
        _number(attempt(rig.endpoint(), report_in(outbox, {}, note=note, ticket=number)))
        (text,) = fake.record(number).journals["work_notes"]
        assert "[code]" not in text.casefold()
        assert text.replace("\u2060", "").startswith(note)


@pytest.mark.parametrize(("public", "journal"), [("no", "work_notes"), ("yes", "comments")])
def test_the_caller_sees_a_note_only_if_the_settings_say_so(
    tmp_path: Path, outbox: Outbox, public: str, journal: str
) -> None:
    with _rig(tmp_path) as (rig, fake):
        endpoint = rig.endpoint(options={"public": public})
        number = _number(attempt(endpoint, report_in(outbox, {})))
        _number(attempt(endpoint, report_in(outbox, {}, ticket=number)))
        assert [name for name, entries in fake.record(number).journals.items() if entries] == [journal]


@pytest.mark.parametrize("option", ["unwritable", "missing"])
def test_another_ones_incident_is_not_taken_for_ours(tmp_path: Path, outbox: Outbox, option: str) -> None:
    """Where the report's id cannot be kept, a query for it finds every incident there is."""
    options: dict[str, Any] = {option: ["correlation_id"]}
    with _rig(tmp_path, **options) as (rig, fake):
        numbers = []
        for _ in range(3):
            report = report_in(outbox, {"a.txt": b"a"})
            numbers += [_number(attempt(rig.endpoint(), report)) for _ in range(2)]
        assert numbers[::2] == numbers[1::2] == fake.tickets()


def test_what_broke_off_between_two_files_goes_on_with_the_missing_ones(
    tmp_path: Path, outbox: Outbox
) -> None:
    with _rig(tmp_path) as (rig, fake):
        report, steps = report_in(outbox, {"a.txt": b"a", "b.txt": b"b"}), Kept()
        rig.line.break_next("")
        rig.line.break_next("")
        rig.line.break_next("503")
        assert isinstance(attempt(rig.endpoint(), report, steps=steps.again()), Retry)
        assert [len(fake.attachments(number)) for number in fake.tickets()] == [2]
        _number(attempt(rig.endpoint(), report, steps=steps.again()))
        assert [blob.read() for _, blob in fake.attachments("INC0010001")][1:] == [b"a", b"b"]
        assert (_posts(fake, _MADE), _posts(fake, _FILE)) == (1, 3)


def test_an_incident_without_its_files_is_gone_on_with(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        report, steps = report_in(outbox, {"a.txt": b"a"}), Kept()
        rig.line.break_next("503")
        assert isinstance(attempt(rig.endpoint(), report, steps=steps.again()), Retry)
        assert fake.attachments("INC0010001") == []
        assert _number(attempt(rig.endpoint(), report, steps=steps.again())) == "INC0010001"
        assert fake.tickets() == ["INC0010001"]


@pytest.mark.parametrize("how", ["503", "lose"])
def test_a_note_is_added_once(tmp_path: Path, outbox: Outbox, how: str) -> None:
    commits = _FILE if how == "503" else _NOTED
    with _rig(tmp_path, commits) as (rig, fake):
        number = _number(attempt(rig.endpoint(), report_in(outbox, {})))
        report, steps = report_in(outbox, {"a.txt": b"a"}, ticket=number), Kept()
        rig.line.break_next(how)
        outcome = attempt(rig.endpoint(idle_seconds=2), report, steps=steps.again())
        assert isinstance(outcome, Retry if how == "503" else Ambiguous)
        assert _number(attempt(rig.endpoint(later=3600), report, steps=steps.again())) == number
        assert len(fake.record(number).journals["work_notes"]) == 1
        assert len(fake.attachments(number)) == 3


def test_a_file_of_a_type_that_is_not_taken_is_told_and_the_rest_waits(
    tmp_path: Path, outbox: Outbox
) -> None:
    with _rig(tmp_path, extensions="json,txt") as (rig, fake):
        report = report_in(outbox, {"a.txt": b"a", "logs.zip": b"PK"})
        outcome = attempt(rig.endpoint(), report)
        assert isinstance(outcome, Blocked)
        assert "File type is not allowed" in outcome.sentence
        fake.allow_extension("zip")
        assert _number(attempt(rig.endpoint(later=3600), report)) == "INC0010001"
        assert fake.tickets() == ["INC0010001"]


def test_reports_in_one_incident_are_told_apart(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        number = _number(attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"0"})))
        reports = [report_in(outbox, {"a.txt": data}, ticket=number) for data in (b"1", b"2")]
        for report in [*reports, *reports]:
            assert _number(attempt(rig.endpoint(), report)) == number
        assert len(fake.attachments(number)) == 6


def test_files_beyond_the_first_page_are_there_too(
    tmp_path: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servicenow, "_PAGE", 2)
    with _rig(tmp_path) as (rig, fake):
        report = report_in(outbox, {f"{number}.txt": b"a" for number in range(4)})
        for _ in range(2):
            assert _number(attempt(rig.endpoint(), report)) == "INC0010001"
        assert (len(fake.attachments("INC0010001")), _posts(fake, _FILE)) == (5, 5)


def test_the_caller_is_whom_the_settings_name(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        with pytest.raises(NeedsAttention, match=r"nobody\.here"):
            rig.endpoint(options={"caller": "nobody.here"}).probe()
        callers = []
        for options in ({"caller": "abel.tuter"}, {}):
            assert (" of abel.tuter at " in rig.endpoint(options=options).probe()) is bool(options)
            number = _number(attempt(rig.endpoint(options=options), report_in(outbox, {})))
            callers.append(fake.record(number).columns["caller_id"])
        assert callers == [f"{2:032x}", f"{1:032x}"]


def test_an_oauth_token_goes_without_a_user(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        endpoint = rig.endpoint(fake.oauth_token, login="")
        endpoint.probe()
        _number(attempt(endpoint, report_in(outbox, {"a.txt": b"a"})))


def test_an_incident_by_its_web_address(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        outcome = attempt(rig.endpoint(), report_in(outbox, {}))
        number, sys_id = _number(outcome), fake.record("INC0010001").columns["sys_id"]
        assert isinstance(outcome, Delivered)
        destination = rig.destination()
        for address, ticket in [
            (outcome.receipt.url, sys_id),
            (
                f"{rig.line.url}/now/nav/ui/classic/params/target/incident.do%3Fsys_id%3D{sys_id}%26x%3D1",
                sys_id,
            ),
            (f"{rig.line.url}/now/sow/record/incident/{sys_id}", sys_id),
            (f"{rig.line.url}/incident.do?sysparm_query=number={number}", number),
            ("inc0010001", number),
        ]:
            assert ticket_of(address, destination) == (ticket, destination)
            assert rig.endpoint().ticket(ticket).number == number
        assert _number(attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"a"}, ticket=sys_id))) == number
