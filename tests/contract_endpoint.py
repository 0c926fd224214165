"""What every ticket system must do for a report: one suite, run on each of them.

The desk, RT, Redmine and Roundup are the real programs; the others are made from their documentation. Between
snapper and each of them is a line that breaks at the worst moment.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from snapper import bundle
from snapper.delivery.endpoints import Endpoint, Steps
from snapper.delivery.worker import attempt
from snapper.errors import DeliveryError, NeedsAttention, Refused
from snapper.outbox import Outbox
from snapper.report import Ambiguous, Blocked, Delivered, Outcome, Rejected, Retry, Unconfirmed
from snapper.systems import SYSTEMS
from tests.ticket_rigs import TRAITS, Rig, report_in, rig_of, why_not

LOG = (
    bytes(range(256)) * 8 + b"\x93quoted\x94 \xe4\xf6\xfc\x00\r\nend"
)  # cp1252 with zeros, and no text at all
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(4000)
NAMES = (
    "one byte.bin", "tws log.log", "Übersicht – größer.txt", "it's (1) & 100%;#+=.dat", f"{'n' * 190}.txt",
    "screenshot.png", "日本.json",
)  # fmt: skip
NOTE = (  # what would be markup somewhere
    "It froze & <b>bold</b> <script>alert(1)</script> *star* _under_ h1. `code` {code} [l](http://x)\n"
    "!i! \\r\\n\n"
    "> quoted\n----\n-- \nRT-Ticket: #1 #2 @all\n\"q\" 'q' ‚Umläute‘ 漢字 🙂\n</pre></pre>{{x}}%{y}${z}\n"
)


@pytest.fixture(
    scope="session", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in TRAITS]
)
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Each system in turn, running."""
    if reason := why_not(request.param):
        pytest.skip(reason)
    with rig_of(request.param, tmp_path_factory.mktemp(request.param)) as rig:
        yield rig


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty outbox."""
    return Outbox(tmp_path / "outbox")


@pytest.fixture
def attaching(rig: Rig) -> Rig:
    """Only systems that let something be added to a ticket."""
    if not SYSTEMS[rig.system].attaches:
        pytest.skip("nothing can be added to a ticket there")
    return rig


def proven(outcome: Outcome, rig: Rig) -> str:
    """The ticket of a report that arrived: with proof where there can be one."""
    if SYSTEMS[rig.system].verifies:
        assert isinstance(outcome, Delivered), outcome
    else:
        assert isinstance(outcome, Unconfirmed), outcome
    return outcome.receipt.ticket


class Kept:
    """The disk that remembers the steps from one attempt to the next."""

    def __init__(self) -> None:
        self._known: Mapping[str, str] = {}

    def again(self) -> Steps:
        """What the next attempt finds."""
        return Steps(self._known, self._keep)

    def _keep(self, known: Mapping[str, str]) -> None:
        self._known = known


def existing_ticket(rig: Rig, outbox: Outbox) -> str:
    """A ticket to add to."""
    return proven(attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"a"})), rig)


def new_tickets(rig: Rig, before: list[str]) -> list[str]:
    """The tickets that were not there before."""
    return [ticket for ticket in rig.running.tickets() if ticket not in before]


# --- the usual --------------------------------------------------------------------------------------------


def test_a_new_ticket_holds_every_byte_under_every_name(rig: Rig, outbox: Outbox) -> None:
    before = rig.running.tickets()
    contents = (b"x", LOG, "äöü".encode("cp1252"), b"a" * 70_000, LOG, PICTURE, b"{")
    files = dict(zip(NAMES, contents, strict=True))
    outcome = attempt(rig.endpoint(), report_in(outbox, files, note=NOTE))
    ticket = proven(outcome, rig)
    assert isinstance(outcome, Delivered | Unconfirmed)
    assert new_tickets(rig, before) == [ticket]
    assert not outcome.receipt.url or outcome.receipt.url.startswith((rig.line.url, rig.running.peer.url))


def test_a_report_is_added_to_a_ticket(attaching: Rig, outbox: Outbox) -> None:
    ticket = existing_ticket(attaching, outbox)
    before = attaching.running.tickets()
    report = report_in(outbox, {"tws.log": LOG, "a.txt": b"a"}, note=NOTE, ticket=ticket)
    assert proven(attempt(attaching.endpoint(), report), attaching) == ticket
    assert new_tickets(attaching, before) == []


def test_five_megabytes_arrive(rig: Rig, outbox: Outbox) -> None:
    proven(attempt(rig.endpoint(), report_in(outbox, {"random.log": os.urandom(5_000_000)})), rig)


def test_a_report_without_a_note_and_with_an_empty_file_arrives(rig: Rig, outbox: Outbox) -> None:
    proven(attempt(rig.endpoint(), report_in(outbox, {"empty.log": b"", "b.txt": b"b"}, note="")), rig)


def test_a_long_note_arrives(rig: Rig, outbox: Outbox) -> None:
    proven(attempt(rig.endpoint(), report_in(outbox, {}, note=(NOTE * 60)[:10_000])), rig)


def test_a_ticket_with_much_in_it_takes_more(attaching: Rig, outbox: Outbox) -> None:
    """Some systems give all of a ticket at once, or nothing."""
    ticket = existing_ticket(attaching, outbox)
    endpoint = attaching.endpoint(idle_seconds=60)
    for number in range(12):
        report = report_in(outbox, {}, note=f"{number} {'wort ' * 19_000}", ticket=ticket)
        assert proven(attempt(endpoint, report), attaching) == ticket


def test_a_report_that_is_there_is_not_sent_again(rig: Rig, outbox: Outbox) -> None:
    if not SYSTEMS[rig.system].verifies:
        pytest.skip("nothing can be looked up there")
    report = report_in(outbox, {"a.txt": b"a"})
    first = attempt(rig.endpoint(), report)
    settle(rig)
    commits = len(rig.line.commits_heard)
    second = attempt(rig.endpoint(), report)
    assert proven(first, rig) == proven(second, rig)
    assert len(rig.line.commits_heard) == commits


def settled(rig: Rig, report: bundle.Bundle) -> Outcome:
    """How it ends when it is tried again, as the worker does: a busy system answers 500 now and then."""
    steps = Kept()
    outcome = attempt(rig.endpoint(idle_seconds=60), report, steps=steps.again())
    for _ in range(4):
        if not isinstance(outcome, Ambiguous | Retry):
            break
        settle(rig)
        outcome = attempt(rig.endpoint(idle_seconds=60, later=3600), report, steps=steps.again())
    return outcome


def test_eight_reports_at_once_make_eight_tickets(rig: Rig, outbox: Outbox) -> None:
    before = rig.running.tickets()
    outcomes: list[Outcome] = []

    def send(number: int) -> None:
        report = report_in(outbox, {"n.txt": f"{number}".encode()}, note=f"number {number}")
        outcomes.append(settled(rig, report))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(proven(outcome, rig) for outcome in outcomes) == sorted(new_tickets(rig, before))
    assert len(outcomes) == 8


# --- limits -----------------------------------------------------------------------------------------------


def test_what_is_too_large_for_one_file_goes_in_pieces(rig: Rig, outbox: Outbox) -> None:
    if rig.system == "desk" or not SYSTEMS[rig.system].limits.splits:
        pytest.skip("nothing is sent in pieces there")
    report = report_in(outbox, {"large.log": os.urandom(2_500_000)})
    proven(attempt(rig.endpoint(file_bytes=1_000_000), report), rig)


def test_what_is_too_large_is_told_before_anything_is_sent(rig: Rig, outbox: Outbox) -> None:
    if rig.system == "desk":
        pytest.skip("the desk says its limit itself")
    endpoint = rig.endpoint(report_bytes=1_000_000)
    sent = rig.line.body_bytes
    outcome = attempt(endpoint, report_in(outbox, {"large.log": bytes(1_200_000)}))
    assert isinstance(outcome, Rejected)
    assert "1.2 MB" in outcome.sentence and "1.0 MB" in outcome.sentence
    assert rig.line.body_bytes - sent < 2000
    assert endpoint.room() == 1_000_000


# --- tickets, rights and tokens ---------------------------------------------------------------------------


def test_a_missing_ticket_is_told_before_anything_is_sent(attaching: Rig, outbox: Outbox) -> None:
    missing = {"jira_sm": "NOPE-99999", "servicenow": "INC9999999"}.get(attaching.system, "99999")
    commits = len(attaching.line.commits_heard)
    outcome = attempt(attaching.endpoint(), report_in(outbox, {"a": b"a"}, ticket=missing))
    assert isinstance(outcome, Rejected)
    assert missing in outcome.sentence and "resend" in outcome.remedy
    assert len(attaching.line.commits_heard) == commits or attaching.system == "desk"
    with pytest.raises(Refused, match=missing):
        attaching.endpoint().ticket(missing)


def test_a_closed_ticket_is_told_before_anything_is_sent(attaching: Rig, outbox: Outbox) -> None:
    ticket = existing_ticket(attaching, outbox)
    assert ticket in attaching.endpoint().ticket(ticket).number
    attaching.running.close(ticket)
    commits = len(attaching.line.commits_heard)
    outcome = attempt(attaching.endpoint(), report_in(outbox, {"a": b"a"}, ticket=ticket))
    assert isinstance(outcome, Rejected)
    assert "closed" in outcome.sentence
    assert len(attaching.line.commits_heard) == commits or attaching.system == "desk"
    with pytest.raises(Refused, match="closed"):
        attaching.endpoint().ticket(ticket)


def test_a_wrong_token_is_told_and_not_tried_again(rig: Rig, outbox: Outbox) -> None:
    if not SYSTEMS[rig.system].token:
        pytest.skip("it takes no token")
    before = rig.running.tickets()
    endpoint = rig.endpoint(token="wrong-token-wrong-token")
    report = report_in(outbox, {"a": b"a"})
    outcome = attempt(endpoint, report)
    assert isinstance(outcome, Blocked), outcome
    assert "token" in outcome.sentence
    heard = len(rig.line.heard)
    again = attempt(endpoint, report)
    assert isinstance(again, Blocked)
    assert len(rig.line.heard) == heard or rig.system == "desk"
    assert new_tickets(rig, before) == []
    forgive(rig)


def test_who_may_only_read_is_told_so(attaching: Rig, outbox: Outbox) -> None:
    if not (token := attaching.running.reader_token()):
        pytest.skip("whoever may read may write there")
    who = {"login": "reader"} if attaching.system == "roundup" else {}  # a password is one person's
    ticket = existing_ticket(attaching, outbox)
    before = attaching.running.tickets()
    for number in (None, ticket):
        outcome = attempt(attaching.endpoint(token, **who), report_in(outbox, {"a": b"a"}, ticket=number))
        assert isinstance(outcome, Rejected | Blocked), outcome
    assert new_tickets(attaching, before) == []


def test_it_says_who_it_is(rig: Rig) -> None:
    assert rig.line.url.rpartition("//")[2].partition("/")[0] in rig.endpoint().probe()


def test_what_the_settings_name_and_is_not_there_is_told(rig: Rig) -> None:
    options = dict(rig.trait.options(rig.running.peer))
    wrong = {key: f"{value}-nowhere" for key, value in options.items() if value and key in _PLACES}
    if not wrong:
        pytest.skip("the settings name nothing there")
    for key, value in wrong.items():
        with pytest.raises(NeedsAttention, match="nowhere"):
            rig.endpoint(options={**options, key: value}).probe()


_PLACES = ("queue", "project", "tracker", "group", "desk", "request_type")


# --- when the line breaks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("to_ticket", [False, True], ids=["create", "attach"])
@pytest.mark.parametrize("how", ["cut", "lose", "silence"])
def test_a_line_that_breaks_doubles_nothing(rig: Rig, outbox: Outbox, how: str, to_ticket: bool) -> None:
    """Cut while it is sent, or the answer lost, or no answer at all: one report there in the end, not two."""
    about = SYSTEMS[rig.system]
    if to_ticket and not about.attaches:
        pytest.skip("nothing can be added to a ticket there")
    ticket = existing_ticket(rig, outbox) if to_ticket else None
    before = rig.running.tickets()
    report = report_in(outbox, {"tws.log": LOG, "r.bin": os.urandom(300_000)}, ticket=ticket)
    steps = Kept()
    commits = len(rig.line.commits_heard)
    rig.line.break_next(how)
    outcome = attempt(rig.endpoint(idle_seconds=2), report, steps=steps.again())
    if isinstance(outcome, Ambiguous) and about.verifies:
        again = attempt(rig.endpoint(), report, steps=steps.again())
        assert isinstance(again, Ambiguous | Delivered), again  # never sent again so soon
        settle(rig)
        outcome = attempt(rig.endpoint(later=3600), report, steps=steps.again())
    if about.verifies:
        found = proven(outcome, rig)
        assert new_tickets(rig, before) == ([] if ticket else [found])
        asked = rig.line.commits_heard[commits:]
        there = asked.count(asked[0])  # a request that only adds to what is there already is another one
        assert there == (2 if how == "cut" else 1) or about.title == "snapper desk", there
    elif how == "cut":
        proven(outcome, rig)
    else:  # nobody can look there: only a person may send it again
        again = attempt(rig.endpoint(later=3600), report, steps=steps.again())
        assert isinstance(outcome, Blocked) and isinstance(again, Blocked), (outcome, again)
        assert "cannot be asked" in again.sentence and "resend" in again.remedy
    if not about.verifies:
        assert len(new_tickets(rig, before)) == 1


def test_a_program_that_dies_after_asking_asks_again_first(rig: Rig, outbox: Outbox) -> None:
    if not SYSTEMS[rig.system].verifies:
        pytest.skip("nothing can be looked up there")
    before = rig.running.tickets()
    report = report_in(outbox, {"a.txt": b"a"})
    steps = Kept()
    endpoint = rig.endpoint()
    assert endpoint.find(report) is None
    endpoint.commit(report, steps.again())
    settle(rig)
    outcome = attempt(rig.endpoint(), report, steps=steps.again())  # as if the answer had never been kept
    assert new_tickets(rig, before) == [proven(outcome, rig)]


def test_too_many_requests_are_waited_for(rig: Rig, outbox: Outbox) -> None:
    if rig.system == "desk":
        pytest.skip("in front of a desk this is a middlebox's word")
    before = rig.running.tickets()
    report = report_in(outbox, {"a.txt": b"a"})
    steps = Kept()
    for status in ("429", "503"):
        rig.line.break_next(status)
        outcome = attempt(rig.endpoint(), report, steps=steps.again())
        assert isinstance(outcome, Retry), outcome
        assert outcome.after == 7
    proven(attempt(rig.endpoint(), report, steps=steps.again()), rig)
    assert len(new_tickets(rig, before)) == 1


def test_a_server_that_is_down_gets_it_when_it_is_back(rig: Rig, outbox: Outbox) -> None:
    before = rig.running.tickets()
    report = report_in(outbox, {"a.txt": LOG})
    endpoint: Endpoint = rig.endpoint(idle_seconds=30)
    rig.running.stop()
    try:
        outcome = attempt(endpoint, report)
    finally:
        rig.running.restart()
    assert isinstance(outcome, Retry), outcome
    proven(attempt(rig.endpoint(idle_seconds=30), report), rig)
    assert len(new_tickets(rig, before)) == 1


# --- words ------------------------------------------------------------------------------------------------


def test_every_refusal_is_said_in_words(rig: Rig, outbox: Outbox) -> None:
    if not SYSTEMS[rig.system].token:
        pytest.skip("it takes no token")
    for token in ("", "wrong-token-wrong-token"):
        with pytest.raises(DeliveryError) as told:
            rig.endpoint(token=token).probe()
        said = str(told.value)
        assert "token" in said
        assert not any(word in said for word in ("Traceback", "Errno", "401", "None", "{", "HTTP"))
    forgive(rig)


def settle(rig: Rig) -> None:
    """Let the system's search catch up, where it lags."""
    getattr(rig.running, "settle", lambda: None)()


def forgive(rig: Rig) -> None:
    """Where wrong logins shut a system for a while: let that while be over."""
    getattr(rig.running, "forgive", lambda: None)()
