"""Jira Service Management's own traps: files that serve once, a search that lags, two editions, markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from snapper.delivery.endpoints import Steps
from snapper.delivery.worker import attempt
from snapper.destinations import ticket_of
from snapper.errors import NeedsAttention
from snapper.outbox import Outbox
from snapper.report import Ambiguous, Blocked, Delivered, Outcome, Rejected, Retry, Unconfirmed
from tests.breaking_line import line_to
from tests.contract_endpoint import Kept
from tests.ticket_fakes import start
from tests.ticket_fakes.jira_sm import System
from tests.ticket_rigs import Rig, report_in

NOTE = "It froze\n*bold* {code}x{code} h1. a\n{noformat}\n[~admin] [l|http://x] !i.png! {color:red}"
OPTIONS = {"desk": "ops", "request_type": "report a PROBLEM", "public": "yes"}
_REQUEST = r"POST /rest/servicedeskapi/request"
_ATTACH = rf"{_REQUEST}/OPS-\d+/attachment"


@contextmanager
def _rig(tmp_path: Path, commits: str = _ATTACH, **options: Any) -> Iterator[tuple[Rig, System]]:
    with (
        start("jira_sm", tmp_path / "jira", **options) as fake,
        line_to(fake.peer.url, re.compile(commits)) as line,
    ):
        yield Rig("jira_sm", fake, line), fake


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def _key(outcome: Outcome) -> str:
    assert isinstance(outcome, Delivered), outcome
    return outcome.receipt.ticket


def _posts(fake: System, what: str) -> int:
    return sum(re.fullmatch(what, each) is not None for each in fake.heard)


def test_nothing_in_a_note_is_markup(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        key = _key(attempt(rig.endpoint(), report_in(outbox, {}, note=NOTE)))
        _key(attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"a"}, note=NOTE, ticket=key)))
        for text in (fake.ticket(key).fields["description"], fake.ticket(key).comments[-1]):
            assert text.startswith("{noformat}\n") and text.endswith("\n{noformat}")
            assert text.count("{noformat}") == 2
            assert text.replace("\u2060", "").startswith(f"{{noformat}}\n{NOTE}\n")


def test_where_a_request_has_no_description_the_text_comes_as_a_comment(
    tmp_path: Path, outbox: Outbox
) -> None:
    with _rig(tmp_path, description_field=False) as (rig, fake):
        key = _key(attempt(rig.endpoint(), report_in(outbox, {}, note=NOTE)))
        (comment,) = fake.ticket(key).comments
        assert comment.replace("\u2060", "").startswith(f"{{noformat}}\n{NOTE}\n")


def test_a_request_of_somebody_else_is_never_added_to(tmp_path: Path, outbox: Outbox) -> None:
    """The key that an attempt kept may be that of another report, if the settings meant another Jira then."""
    with _rig(tmp_path) as (rig, fake):
        first = _key(attempt(rig.endpoint(), report_in(outbox, {})))
        steps = Steps({"request": first})
        assert _key(attempt(rig.endpoint(), report_in(outbox, {}), steps=steps)) != first
        assert len(fake.attachments(first)) == 1


def test_desk_and_request_type_are_found_however_they_are_written(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, _):
        _key(attempt(rig.endpoint(options=OPTIONS), report_in(outbox, {"a.txt": b"a"})))


def test_a_request_type_that_wants_more_is_told(tmp_path: Path) -> None:
    with (
        _rig(tmp_path, required=["Cost centre"]) as (rig, _),
        pytest.raises(NeedsAttention, match="Cost centre"),
    ):
        rig.endpoint().probe()


def test_who_is_a_customer_can_only_add_what_customers_see(tmp_path: Path, outbox: Outbox) -> None:
    hidden = {**OPTIONS, "public": "no"}
    with _rig(tmp_path) as (rig, fake):
        with pytest.raises(NeedsAttention, match="customer") as told:
            rig.endpoint(options=hidden).probe()
        assert "public = true" in told.value.remedy
        key = _key(attempt(rig.endpoint(options=hidden), report_in(outbox, {})))  # a new one is the sender's
        outcome = attempt(rig.endpoint(options=hidden), report_in(outbox, {}, ticket=key))
        assert isinstance(outcome, Blocked)
        assert len(fake.attachments(key)) == 1


@pytest.mark.parametrize("public", ["yes", "no"])
def test_an_agent_adds_what_the_settings_say(tmp_path: Path, outbox: Outbox, public: str) -> None:
    with _rig(tmp_path, agent=True) as (rig, fake):
        endpoint = rig.endpoint(options={**OPTIONS, "public": public})
        endpoint.probe()
        key = _key(attempt(endpoint, report_in(outbox, {})))
        _key(attempt(endpoint, report_in(outbox, {}, ticket=key)))
        assert fake.ticket(key).public == [True, public == "yes"]


def test_reports_in_one_request_are_told_apart_on_every_page(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        many = {f"{number}.txt": str(number).encode() for number in range(55)}
        key = _key(attempt(rig.endpoint(), report_in(outbox, many)))
        report = report_in(outbox, {"1.txt": b"other"}, ticket=key)
        for _ in range(2):
            assert _key(attempt(rig.endpoint(), report)) == key
        assert len(fake.attachments(key)) == 58
        assert _posts(fake, _ATTACH) == 2


def test_files_that_were_uploaded_too_long_ago_are_uploaded_again(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        key = _key(attempt(rig.endpoint(), report_in(outbox, {})))
        report, steps = report_in(outbox, {"a.txt": b"a"}, ticket=key), Kept()
        rig.line.break_next("503")
        assert isinstance(attempt(rig.endpoint(), report, steps=steps.again()), Retry)
        uploads = _posts(fake, ".*attachTemporaryFile")
        fake.clock.advance(3700)
        assert _key(attempt(rig.endpoint(), report, steps=steps.again())) == key
        assert _posts(fake, ".*attachTemporaryFile") == uploads + 2
        assert len(fake.attachments(key)) == 3


def test_files_that_are_still_known_are_not_uploaded_again(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path, _REQUEST) as (rig, fake):
        report, steps = report_in(outbox, {"a.txt": b"a"}), Kept()
        rig.line.break_next("503")
        assert isinstance(attempt(rig.endpoint(), report, steps=steps.again()), Retry)
        _key(attempt(rig.endpoint(), report, steps=steps.again()))
        assert _posts(fake, ".*attachTemporaryFile") == 2


def test_files_whose_answer_was_lost_are_attached_once(tmp_path: Path, outbox: Outbox) -> None:
    """They serve once: the second call is refused, and they are there."""
    with _rig(tmp_path) as (rig, fake):
        rig.line.break_next("lose")
        key = _key(attempt(rig.endpoint(idle_seconds=2), report_in(outbox, {"a.txt": b"a"})))
        assert len(fake.attachments(key)) == 2
        assert _posts(fake, _ATTACH) == 2


def test_what_is_refused_for_another_reason_is_not_asked_for_again(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        key = _key(attempt(rig.endpoint(), report_in(outbox, {}, note="x" * 40_000)))
        assert len(fake.ticket(key).fields["description"]) < 32_767
        heard = _posts(fake, _ATTACH)
        report = report_in(outbox, {"a.txt": b"a"}, ticket=key)
        fake.refuse_comments()
        assert isinstance(attempt(rig.endpoint(), report), Rejected)
        assert _posts(fake, _ATTACH) == heard + 1


def test_a_request_without_its_files_is_gone_on_with_before_the_search_knows_it(
    tmp_path: Path, outbox: Outbox
) -> None:
    with _rig(tmp_path) as (rig, fake):
        report, steps = report_in(outbox, {"a.txt": b"a"}), Kept()
        rig.line.break_next("503")
        assert isinstance(attempt(rig.endpoint(), report, steps=steps.again()), Retry)
        assert (fake.tickets(), fake.attachments("OPS-1")) == (["OPS-1"], [])
        assert _key(attempt(rig.endpoint(), report, steps=steps.again())) == "OPS-1"
        assert fake.tickets() == ["OPS-1"]


def test_a_request_whose_answer_was_lost_is_gone_on_with_once_it_is_found(
    tmp_path: Path, outbox: Outbox
) -> None:
    with _rig(tmp_path, _REQUEST) as (rig, fake):
        report, steps = report_in(outbox, {"a.txt": b"a"}), Kept()
        rig.line.break_next("lose")
        assert isinstance(attempt(rig.endpoint(idle_seconds=2), report, steps=steps.again()), Ambiguous)
        fake.settle()
        assert _key(attempt(rig.endpoint(later=3600), report, steps=steps.again())) == "OPS-1"
        assert fake.tickets() == ["OPS-1"]


def test_nothing_is_attached_where_it_is_not_allowed(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        key = _key(attempt(rig.endpoint(), report_in(outbox, {})))
        fake.close(key)
        heard = len(fake.heard)
        assert isinstance(attempt(rig.endpoint(), report_in(outbox, {}, ticket=key)), Rejected)
        assert not [each for each in fake.heard[heard:] if each.startswith("POST")]


@pytest.mark.parametrize("login", [True, False])
def test_data_center_with_a_password_or_a_personal_token(tmp_path: Path, outbox: Outbox, login: bool) -> None:
    with _rig(tmp_path, edition="datacenter", agent=True) as (rig, fake):
        endpoint = rig.endpoint(login=fake.login if login else "")
        key = _key(attempt(endpoint, report_in(outbox, {"Übersicht 1.log": b"\x00\xe4"})))
        _key(attempt(endpoint, report_in(outbox, {"Übersicht 1.log": b"\x01"}, ticket=key)))
        fake.close(key)
        closed = attempt(endpoint, report_in(outbox, {}, ticket=key))
        assert isinstance(closed, Rejected) and "closed" in closed.sentence


def test_what_a_customer_of_data_center_sends_is_there_but_not_proved(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path, edition="datacenter") as (rig, fake):
        first = report_in(outbox, {"a.txt": b"a"})
        assert isinstance(attempt(rig.endpoint(), first), Unconfirmed)
        fake.settle()
        second = report_in(outbox, {"a.txt": b"a"}, ticket="OPS-1")
        for report in (first, second, second):
            assert isinstance(attempt(rig.endpoint(), report), Unconfirmed)
        assert fake.tickets() == ["OPS-1"]
        manifests = [name for name, _ in fake.attachments("OPS-1") if name.startswith("snapper-")]
        assert [name[8:44] for name in manifests] == [first.report.id, second.report.id]


def test_a_login_that_data_center_shut_is_told_how_to_open_it(tmp_path: Path) -> None:
    with _rig(tmp_path, edition="datacenter", agent=True) as (rig, _):
        for _ in range(3):
            with pytest.raises(NeedsAttention):
                rig.endpoint("wrong").probe()
        with pytest.raises(NeedsAttention, match="sign in there once with a browser"):
            rig.endpoint().probe()


def test_who_may_not_write_is_told_in_its_own_words(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        outcome = attempt(rig.endpoint(fake.reader_token()), report_in(outbox, {}))
        assert isinstance(outcome, Blocked)
        assert "You do not have permission" in outcome.sentence
        assert "browser" not in outcome.sentence


@pytest.mark.parametrize(
    "path",
    [
        "/browse/OPS-12", "/servicedesk/customer/portal/6/OPS-12", "/browse/OPS-12?focusedId=1",
        "/jira/servicedesk/projects/OPS/queues/custom/31/OPS-12", "/projects/OPS/queues/issue/OPS-12",
        "/jira/core/projects/OPS/board?selectedIssue=OPS-12",
    ],
)  # fmt: skip
def test_a_request_by_its_web_address(tmp_path: Path, path: str) -> None:
    with _rig(tmp_path) as (rig, _):
        destination = rig.destination()
        assert ticket_of(f"{rig.line.url}{path}", destination) == ("OPS-12", destination)
        assert ticket_of("ops-12", destination) == ("OPS-12", destination)
