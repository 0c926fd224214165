"""Ticket systems out of the settings file: what the suite for all of them does not ask."""

from __future__ import annotations

import contextlib
import json
import re
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse, JSONResponse

from snapper.delivery.endpoints import Steps
from snapper.delivery.worker import attempt
from snapper.errors import DeliveryError, NeedsAttention
from snapper.outbox import Outbox
from snapper.report import Ambiguous, Blocked, Delivered, Outcome, Receipt, Rejected, Retry, Unconfirmed
from tests import ticket_fakes
from tests.breaking_line import line_to
from tests.ticket_fakes import custom_form, custom_hook, custom_steps
from tests.ticket_fakes.custom_examples import HELP_DESK, INBOX, TRACKER, described, options
from tests.ticket_rigs import Rig, report_in, rig_of, why_not

NOTE = (
    "It froze & <b>bold</b> *star* {text} {{x}} %{y}\n</pre> ~~~~~~~~~~~~ \"q\" 'q' ‚Umläute‘ 漢字 🙂 \\u0041"
)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty outbox."""
    return Outbox(tmp_path / "outbox")


@contextlib.contextmanager
def running(module: str, folder: Path, **more: Any) -> Iterator[Rig]:
    """A system that runs, behind a line that can be broken."""
    with ticket_fakes.start(module, folder, **more) as fake, line_to(fake.peer.url, fake.commits) as line:
        yield Rig("custom", fake, line, "custom_form")


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Rig]:
    """The web hook of the third example."""
    with running("custom_hook", tmp_path) as rig:
        yield rig


@pytest.fixture
def help_desk(tmp_path: Path) -> Iterator[Rig]:
    """The help desk of the first example."""
    with running("custom_form", tmp_path) as rig:
        yield rig


@pytest.fixture
def tracker(tmp_path: Path) -> Iterator[Rig]:
    """The tracker of the second example."""
    with running("custom_steps", tmp_path) as rig:
        yield rig


def messages(rig: Rig) -> list[custom_hook.Message]:
    """What came to the people behind the hook."""
    fake = rig.running
    assert isinstance(fake, custom_hook.System)
    return fake.messages


class Kept:
    """What the disk remembers from one attempt to the next."""

    def __init__(self) -> None:
        self._known: Mapping[str, str] = {}

    @property
    def steps(self) -> Steps:
        """What the next attempt finds."""

        def keep(known: Mapping[str, str]) -> None:
            self._known = dict(known)

        return Steps(self._known, keep)


# --- the hook: no number, no proof, nothing to look anything up --------------------------------------------


def test_a_hook_gets_everything_and_proves_nothing(hook: Rig, outbox: Outbox) -> None:
    files = {"tws.log": bytes(range(256)) * 300, "größe 1.txt": b"", "b.png": b"\x89PNG"}
    report = report_in(outbox, files, note=NOTE)
    outcome = attempt(hook.endpoint(options=options(INBOX)), report)
    assert isinstance(outcome, Unconfirmed), outcome
    (message,) = messages(hook)
    tag = f"snp{report.report.id[-12:]}"
    assert NOTE in message.body and tag in message.title
    assert message.files == {f"snapper-{report.report.id}.json": report.manifest, **files}
    assert (outcome.receipt.ticket, outcome.receipt.code, outcome.receipt.url) == (tag, tag, "")
    kept = json.loads(json.dumps(outcome.receipt.to_dict()))
    assert Receipt.from_dict(kept) == outcome.receipt  # else it would be sent again


@pytest.mark.parametrize("how", ["lose", "silence", "500", "died"])
def test_what_may_have_arrived_and_cannot_be_looked_up_is_never_sent_again(
    hook: Rig, outbox: Outbox, how: str
) -> None:
    kept, report = Kept(), report_in(outbox, {"a.txt": b"a"})
    if how == "died":
        endpoint = hook.endpoint(options=options(INBOX))
        endpoint.commit(report, steps := kept.steps)
        steps.put("asked", f"{time.time() - 7200}")  # as it was before the answer was kept
        steps.drop("made")
    else:
        _break(hook, how)
        assert isinstance(attempt(_hurried(hook), report, steps=kept.steps), Blocked)
    for later in (0.0, 90.0, 86_400.0):
        outcome = attempt(_hurried(hook, later), report, steps=kept.steps)
        assert isinstance(outcome, Blocked), outcome
        assert "cannot be asked whether it is there" in outcome.sentence
        assert f"snp{report.report.id[-12:]}" in outcome.remedy and "resend" in outcome.remedy
    assert len(messages(hook)) == 1


def _break(rig: Rig, how: str) -> None:
    fake = rig.running
    assert isinstance(fake, ticket_fakes.Fake)
    if how == "500":
        fake.after_commit("500")
    else:
        rig.line.break_next(how)


def _hurried(rig: Rig, later: float = 0.0) -> Any:
    return rig.endpoint(options=options(INBOX), idle_seconds=1, later=later)


def test_what_cannot_have_arrived_is_sent_again_at_once(hook: Rig, outbox: Outbox) -> None:
    hook.line.break_next("cut")
    outcome = attempt(hook.endpoint(options=options(INBOX)), report_in(outbox, {"a.bin": bytes(300_000)}))
    assert isinstance(outcome, Unconfirmed), outcome
    assert len(messages(hook)) == 1


def test_a_refusal_is_no_riddle(hook: Rig, outbox: Outbox) -> None:
    kept, report = Kept(), report_in(outbox, {"a.txt": b"a"})
    hook.line.break_next("429")
    first = attempt(hook.endpoint(options=options(INBOX)), report, steps=kept.steps)
    assert isinstance(first, Retry), first
    second = attempt(hook.endpoint(options=options(INBOX)), report, steps=kept.steps)
    assert isinstance(second, Unconfirmed), second


def test_a_hook_adds_to_no_ticket_and_says_who_it_is(hook: Rig, outbox: Outbox) -> None:
    endpoint = hook.endpoint(options=options(INBOX))
    outcome = attempt(endpoint, report_in(outbox, {"a.txt": b"a"}, ticket="7"))
    assert isinstance(outcome, Rejected) and "takes new reports only" in outcome.sentence
    assert endpoint.probe().startswith("our desk at 127.0.0.1")
    refused = attempt(hook.endpoint("wrong", options=options(INBOX)), report_in(outbox, {"a.txt": b"a"}))
    assert isinstance(refused, Blocked) and "does not accept the token" in refused.sentence
    assert not messages(hook)


def test_who_wants_no_token_is_not_asked_for_one(hook: Rig) -> None:
    with pytest.raises(NeedsAttention, match="no token"):
        hook.endpoint("", options=options(INBOX)).probe()
    assert hook.endpoint("", options=described(INBOX, {"headers": {}})).probe()


def test_an_answer_of_something_in_between_is_not_taken_for_its_own(hook: Rig) -> None:
    with pytest.raises(DeliveryError):
        hook.endpoint(options=described(INBOX, {"answers": {"empty": [204]}})).probe()  # “alive” is no JSON


# --- the help desk: forms, searches that find too much, answers that are not as described ------------------


def test_two_reports_in_one_ticket_keep_their_files_apart(help_desk: Rig, outbox: Outbox) -> None:
    first = attempt(help_desk.endpoint(), report_in(outbox, {"tws.log": b"first", "a.tar.gz": b"1"}))
    assert isinstance(first, Delivered), first
    report = report_in(outbox, {"tws.log": b"second"}, ticket=first.receipt.ticket)
    second = attempt(help_desk.endpoint(), report)
    assert isinstance(second, Delivered), second
    fake = help_desk.running
    assert isinstance(fake, custom_form.System)
    names = {kept.name: kept.blob.read() for kept in fake.files}
    tag = f"snp{report.report.id[-12:]}"
    assert names[f"tws-{tag}.log"] == b"second"
    assert f"It is called tws-{tag}.log here." in fake.kept[1].messages[1]


def test_a_search_that_finds_every_ticket_fools_nobody(tmp_path: Path, outbox: Outbox) -> None:
    with running("custom_form", tmp_path, finds_all=True) as rig:
        for number in (1, 2, 3):
            rig.running.settle()  # type: ignore[attr-defined]
            outcome = attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"a"}))
            assert isinstance(outcome, Delivered) and outcome.receipt.ticket == str(number), outcome


def test_nor_does_it_where_no_files_are_listed(tmp_path: Path, outbox: Outbox) -> None:
    plain = described(HELP_DESK, {"files": None})
    with running("custom_form", tmp_path, finds_all=True) as rig:
        for number in (1, 2):
            rig.running.settle()  # type: ignore[attr-defined]
            outcome = attempt(rig.endpoint(options=plain), report_in(outbox, {"a.txt": b"a"}))
            assert isinstance(outcome, Unconfirmed) and outcome.receipt.ticket == str(number), outcome


def test_a_search_that_cannot_tell_is_no_reason_to_send_again(tmp_path: Path, outbox: Outbox) -> None:
    plain = described(HELP_DESK, {"files": None})
    with running("custom_form", tmp_path, finds_all=True) as rig:
        attempt(rig.endpoint(options=plain), report_in(outbox, {}))
        rig.running.settle()  # type: ignore[attr-defined]
        kept, report = Kept(), report_in(outbox, {"a.txt": b"a"})
        rig.line.break_next("lose")
        for later in (0, 3600):  # it shows the other ticket only
            endpoint = rig.endpoint(options=plain, idle_seconds=1, later=later)
            outcome = attempt(endpoint, report, steps=kept.steps)
            assert isinstance(outcome, Blocked) and "cannot be asked" in outcome.sentence, outcome
        assert rig.running.tickets() == ["1", "2"]


def test_a_ticket_that_quotes_a_report_is_not_taken_for_it(help_desk: Rig, outbox: Outbox) -> None:
    fake, report = help_desk.running, report_in(outbox, {"a.txt": b"a"})
    assert isinstance(fake, custom_form.System)
    quoting = report_in(outbox, {"b.txt": b"b"}, note=f"Where is snp{report.report.id[-12:]}?")
    assert isinstance(attempt(help_desk.endpoint(), quoting), Delivered)
    fake.settle()
    outcome = attempt(help_desk.endpoint(), report)
    assert isinstance(outcome, Delivered) and outcome.receipt.ticket == "2", outcome


def test_a_reply_that_is_not_confirmed_as_described_is_told(help_desk: Rig, outbox: Outbox) -> None:
    attach = {**options(HELP_DESK)["attach"], "id": "reply.number"}
    table = described(HELP_DESK, {"attach": attach})
    attempt(help_desk.endpoint(options=table), report_in(outbox, {}))
    outcome = attempt(help_desk.endpoint(options=table), report_in(outbox, {"a": b"a"}, ticket="1"))
    assert isinstance(outcome, Blocked) and "attach.id" in outcome.remedy, outcome


@pytest.mark.parametrize(
    "answer", [HTMLResponse("<p>Thank you!"), JSONResponse({"ok": False})], ids=["html", "json"]
)
def test_an_answer_that_is_not_as_described_is_told_and_nothing_doubled(
    help_desk: Rig, outbox: Outbox, answer: Any
) -> None:
    fake, kept = help_desk.running, Kept()
    assert isinstance(fake, custom_form.System)
    fake.instead = answer
    report = report_in(outbox, {"a.txt": b"a"})
    outcome = attempt(help_desk.endpoint(), report, steps=kept.steps)
    assert isinstance(outcome, Blocked), outcome
    assert ("answers" if answer.media_type == "text/html" else "create.id") in outcome.remedy
    fake.settle()
    again = attempt(help_desk.endpoint(later=3600), report, steps=kept.steps)
    assert isinstance(again, Delivered) and fake.tickets() == ["1"], again


def test_without_a_list_of_files_the_report_is_found_by_its_tag(help_desk: Rig, outbox: Outbox) -> None:
    plain = described(HELP_DESK, {"files": None})
    kept, report = Kept(), report_in(outbox, {"a.txt": b"a"})
    help_desk.line.break_next("lose")
    lost = attempt(help_desk.endpoint(options=plain, idle_seconds=1), report, steps=kept.steps)
    assert isinstance(lost, Ambiguous), lost
    help_desk.running.settle()  # type: ignore[attr-defined]
    found = attempt(help_desk.endpoint(options=plain, later=3600), report, steps=kept.steps)
    assert isinstance(found, Unconfirmed) and found.receipt.ticket == "1", found
    assert help_desk.running.tickets() == ["1"]


def test_without_a_list_of_files_a_reply_is_found_where_its_tag_stands(
    help_desk: Rig, outbox: Outbox
) -> None:
    find = {**options(HELP_DESK)["find"], "attached": "/api/tickets/{ticket}/messages"}
    plain = described(HELP_DESK, {"files": None, "find": find})
    assert isinstance(attempt(help_desk.endpoint(options=plain), report_in(outbox, {"a": b"a"})), Unconfirmed)
    kept, report = Kept(), report_in(outbox, {"b": b"b"}, ticket="1")
    help_desk.line.break_next("lose")
    found = attempt(help_desk.endpoint(options=plain, idle_seconds=1), report, steps=kept.steps)
    assert isinstance(found, Unconfirmed), found
    assert isinstance(attempt(help_desk.endpoint(options=plain), report), Unconfirmed)
    assert help_desk.line.commits_heard == ["POST /api/tickets", "POST /api/tickets/1/replies"]


def test_a_ticket_is_shown_and_its_state_understood(help_desk: Rig, outbox: Outbox) -> None:
    attempt(help_desk.endpoint(), report_in(outbox, {}, note="Quotes froze"))
    assert help_desk.endpoint().probe().startswith("our desk, as Terry Trader at ")
    found = help_desk.endpoint().ticket("1")
    assert found.title.startswith("Quotes froze") and found.open
    blind = help_desk.endpoint(options=described(HELP_DESK, {"ticket": None}))
    assert blind.ticket("99").open  # nothing says how to look


# --- files that follow the ticket --------------------------------------------------------------------------

_FOLLOWING: dict[str, Any] = {
    "create": {
        "path": "/api/tickets",
        "form": {"subject": "{subject}", "message": "{text}"},
        "id": "ticket.id",
    },
    "attach": {"path": "/api/tickets/{ticket}/replies", "form": {"message": "{text}"}},
    "upload": {"path": "/api/tickets/{ticket}/files", "form": {"attachments[]": "{file}"}},
}


@pytest.mark.parametrize("proof", ["listed", "not listed"])
@pytest.mark.parametrize("ticket", [None, "1"], ids=["create", "attach"])
def test_files_that_follow_are_gone_on_with(
    help_desk: Rig, outbox: Outbox, proof: str, ticket: str | None
) -> None:
    without = {} if proof == "listed" else {"files": None, "find": None}
    table = described(HELP_DESK, {**_FOLLOWING, **without})
    assert attempt(help_desk.endpoint(options=table), report_in(outbox, {"z.txt": b"z"}))
    kept, report = Kept(), report_in(outbox, {"a.txt": b"a", "b.txt": b"b"}, ticket=ticket)
    help_desk.line.commits = re.compile(r"POST /api/tickets/\d+/files")
    for how in ("taken", "503", "taken", "503"):  # one more file goes with each attempt
        help_desk.line.break_next("" if how == "taken" else how)
    outcomes: list[Outcome] = []
    for _ in range(3):
        endpoint = help_desk.endpoint(options=table, later=3600)
        outcomes.append(attempt(endpoint, report, steps=kept.steps))
    wanted = Delivered if proof == "listed" else Unconfirmed
    assert [type(outcome) for outcome in outcomes] == [Retry, Retry, wanted], outcomes
    fake = help_desk.running
    assert isinstance(fake, custom_form.System)
    names = [kept.name for kept in fake.files]
    assert len(names) == len(set(names)) == 5  # two of the first report, three of this one
    assert len(fake.kept) == (1 if ticket else 2) and len(fake.kept[1].messages) == (2 if ticket else 1)


def test_a_report_whose_files_follow_is_not_made_twice(help_desk: Rig, outbox: Outbox) -> None:
    table = described(HELP_DESK, _FOLLOWING)
    kept, report = Kept(), report_in(outbox, {"a.txt": b"a"})
    help_desk.line.break_next("lose")
    lost = attempt(help_desk.endpoint(options=table, idle_seconds=1), report, steps=kept.steps)
    assert isinstance(lost, Ambiguous), lost
    help_desk.running.settle()  # type: ignore[attr-defined]
    for later in (3600, 7200):
        outcome = attempt(help_desk.endpoint(options=table, later=later), report, steps=kept.steps)
        assert isinstance(outcome, Delivered), outcome
    assert help_desk.running.tickets() == ["1"]


# --- the tracker: uploads before, names that are altered, markup -------------------------------------------


def test_uploads_that_are_worth_nothing_any_more_are_made_again(tracker: Rig, outbox: Outbox) -> None:
    fake, kept = tracker.running, Kept()
    assert isinstance(fake, custom_steps.System)
    report = report_in(outbox, {"a.txt": b"a"})
    tracker.line.break_next("503")
    assert isinstance(attempt(_tracked(tracker), report, steps=kept.steps), Retry)
    before = len(fake.uploads)
    fake.clock.advance(7200)
    outcome = attempt(_tracked(tracker), report, steps=kept.steps)
    assert isinstance(outcome, Delivered), outcome
    assert (before, fake.heard.count("POST /uploads.json")) == (2, 4)


def test_what_is_refused_for_good_is_not_uploaded_again(tracker: Rig, outbox: Outbox) -> None:
    nowhere = {**options(TRACKER)["create"], "path": "/projects/nowhere/issues.json"}
    outcome = attempt(_tracked(tracker, create=nowhere), report_in(outbox, {"a.txt": b"a"}))
    assert isinstance(outcome, Rejected), outcome
    assert tracker.line.heard.count("POST /uploads.json") == 2


def test_an_upload_whose_answer_is_not_as_described_is_told(tracker: Rig, outbox: Outbox) -> None:
    upload = {**options(TRACKER)["upload"], "id": "upload.key"}
    outcome = attempt(_tracked(tracker, upload=upload), report_in(outbox, {"a.txt": b"a"}))
    assert isinstance(outcome, Blocked) and "upload.id" in outcome.remedy
    assert not tracker.running.tickets()


def _tracked(rig: Rig, **changes: Any) -> Any:
    return rig.endpoint(options=described(TRACKER, changes))


@pytest.mark.skipif(bool(why_not("custom_redmine")), reason=why_not("custom_redmine") or "it can")
def test_a_note_is_shown_letter_by_letter_by_a_real_redmine(tmp_path: Path, outbox: Outbox) -> None:
    note = "*bold* #1 !http://x.example/a.png! <b>b</b>\n</pre> *again* < /pre> </PRE > h1. x {{toc}}"
    with rig_of("custom_redmine", tmp_path) as rig:
        outcome = attempt(rig.endpoint(), report_in(outbox, {}, note=note))
        assert isinstance(outcome, Delivered), outcome
        peer = rig.running.peer
        page = urllib.request.Request(
            f"{peer.url}/issues/{outcome.receipt.ticket}", headers={"X-Redmine-API-Key": peer.token}
        )
        with urllib.request.urlopen(page, timeout=20) as answer:
            shown = answer.read().decode()
    described_as = shown[shown.index('<div class="wiki"') :].partition("</div>")[0]
    assert "*bold* #1 !http" in described_as and "*again*" in described_as and "{{toc}}" in described_as
    assert not re.search(r"<(strong|img|b|h1|a)\b", described_as)
