"""What only Roundup does: files and messages before the issue, an address that works once, issues that change
under one's hands, statuses of the tracker's own, passwords that are locked out. A real Roundup."""

from __future__ import annotations

import contextlib
import html
import re
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from scripts.ticket_systems import why_not
from scripts.ticket_systems.servers import Instance
from snapper.delivery.bodies import Body
from snapper.delivery.endpoints import Steps
from snapper.delivery.endpoints.api import Api
from snapper.delivery.http import Answer
from snapper.delivery.worker import attempt
from snapper.destinations import ticket_of
from snapper.errors import NeedsAttention, Refused
from snapper.outbox import Outbox
from snapper.report import Delivered, Outcome, Rejected, Retry
from tests.contract_endpoint import Kept
from tests.desks import read_request, server_that
from tests.ticket_rigs import Rig, report_in, rig_of

pytestmark = [
    pytest.mark.skipif(bool(why_not("roundup")), reason=why_not("roundup") or "it can run"),
    pytest.mark.xdist_group("roundup"),
]


@pytest.fixture(scope="module")
def roundup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Roundup as it comes."""
    with rig_of("roundup", tmp_path_factory.mktemp("roundup")) as rig:
        yield rig


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty outbox."""
    return Outbox(tmp_path / "outbox")


def ask(rig: Rig, method: str, path: str, password: str = "", **options: Any) -> requests.Response:
    """A request past snapper."""
    peer = rig.running.peer
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"Origin": peer.url, "X-Requested-With": "rest"})
    session.auth = (peer.login, password or peer.token)
    return session.request(method, f"{peer.url}{path}", timeout=30, **options)


def data(rig: Rig, path: str) -> Any:
    """What Roundup has there."""
    return ask(rig, "GET", f"/rest/data/{path}").json()["data"]


def change(rig: Rig, ticket: str, **message: str) -> None:
    """What somebody else does to an issue."""
    content = {"content": "meanwhile", "author": rig.running.peer.login, **message}
    number = ask(rig, "POST", "/rest/data/msg", json=content).json()["data"]["id"]
    etag = data(rig, f"issue/{ticket}")["@etag"]
    added = {"@op": "add", "@etag": etag, "messages": [number]}
    assert ask(rig, "PATCH", f"/rest/data/issue/{ticket}", json=added).status_code == 200


def delivered(outcome: Outcome) -> str:
    """The ticket of a report that arrived."""
    assert isinstance(outcome, Delivered), outcome
    return outcome.receipt.ticket


def existing(rig: Rig, outbox: Outbox) -> str:
    """An issue to add to."""
    return delivered(attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"first"})))


# --- how it is shown --------------------------------------------------------------------------------------


def test_a_note_is_shown_as_it_was_written(roundup: Rig, outbox: Outbox) -> None:
    note = (
        "<b>bold</b> <script>alert(1)</script> &amp; *star* h1. x\n  two  spaces\n> quoted issue1 http://x.y/"
    )
    ticket = delivered(attempt(roundup.endpoint(), report_in(outbox, {}, note=note)))
    for page in (
        f"/issue{ticket}",
        f"/msg{data(roundup, f'issue/{ticket}?@verbose=0')['attributes']['messages'][0]}",
    ):
        shown = ask(roundup, "GET", page).text
        assert "<script>alert(1)" not in shown and "<b>bold" not in shown
        text = html.unescape(re.sub(r"<[^>]*>", "", shown))
        assert [line for line in note.splitlines() if line not in text] == []


def test_a_message_has_an_author_a_date_an_id_and_its_files_as_from_roundups_own_page(
    roundup: Rig, outbox: Outbox
) -> None:
    report = report_in(outbox, {"a.txt": b"a"})
    ticket = delivered(attempt(roundup.endpoint(), report))
    issue = data(roundup, f"issue/{ticket}?@verbose=0")["attributes"]
    (message,) = issue["messages"]
    told = data(roundup, f"msg/{message}?@verbose=2")["attributes"]
    assert told["author"]["username"] == roundup.running.peer.login
    assert told["date"]
    assert told["messageid"] == f"<{report.report.id}@snapper>"
    assert sorted(file["id"] for file in told["files"]) == sorted(issue["files"])


@pytest.mark.parametrize("name", ["\u3000wide.txt", "em.txt\u2003", "\u00a0both\u00a0"])
def test_a_name_that_roundup_would_shorten_arrives(roundup: Rig, outbox: Outbox, name: str) -> None:
    delivered(attempt(roundup.endpoint(), report_in(outbox, {name: b"x"})))


# --- one issue, whatever happens --------------------------------------------------------------------------


def held_up(rig: Rig, report: Any) -> Kept:
    """What is kept of an attempt that got as far as the last request."""
    steps = Kept()
    rig.line.break_next("503")
    assert isinstance(attempt(rig.endpoint(), report, steps=steps.again()), Retry)
    return steps


def files_sent(rig: Rig) -> int:
    """How many files went through the line."""
    return rig.line.heard.count("POST /rest/data/file")


def address_of(steps: Kept) -> str:
    """The address at which an issue can be made once."""
    return f"/rest/data/issue/@poe/{steps.again().get('once')}"


def test_a_request_that_arrives_late_makes_no_second_issue(roundup: Rig, outbox: Outbox) -> None:
    """It was given up, nothing was found, and while the next attempt begins it gets there after all."""
    report = report_in(outbox, {"a.txt": b"a"})
    steps = held_up(roundup, report)
    message, *files = (steps.again().get("handed over") or "").split()
    before = roundup.running.tickets()
    late = {"title": "late", "messages": [message], "files": files}
    assert ask(roundup, "POST", address_of(steps), json=late).status_code == 201
    receipt = roundup.endpoint().commit(report, steps.again())  # which did not look before
    assert [ticket for ticket in roundup.running.tickets() if ticket not in before] == [receipt.ticket]
    assert receipt.unproven(report.files) == ()


def test_an_address_that_is_used_up_is_replaced_and_no_file_is_sent_again(
    roundup: Rig, outbox: Outbox
) -> None:
    report = report_in(outbox, {"a.txt": b"a"})
    steps = held_up(roundup, report)
    assert ask(roundup, "POST", address_of(steps), json={"nothing": "known"}).status_code == 400
    before = files_sent(roundup)
    left = {step: steps.again().get(step) or "" for step in ("handed over", "once")}  # all that hours leave
    delivered(attempt(roundup.endpoint(), report, steps=Steps(left)))
    assert files_sent(roundup) == before


@pytest.mark.parametrize("to_ticket", [False, True], ids=["create", "attach"])
def test_what_roundup_no_longer_knows_is_handed_over_again(
    roundup: Rig, outbox: Outbox, to_ticket: bool
) -> None:
    """Such as after its database was put back to yesterday's."""
    report = report_in(outbox, {"a.txt": b"a"}, ticket=existing(roundup, outbox) if to_ticket else None)
    before, now = len(roundup.running.tickets()), time.time() - 1
    known = {"handed over": "99999 99998 99997", "once": "of-yesterday", "staged a.txt 1": f"99997 {now:.0f}"}
    steps = Steps(known)
    delivered(attempt(roundup.endpoint(), report, steps=steps))
    assert len(roundup.running.tickets()) == before + (not to_ticket)


def test_a_refusal_of_what_is_new_is_not_tried_again(
    roundup: Rig, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(self: Api, method: str, path: str, body: Body, **options: Any) -> Answer:
        return commit(self, method, path, Body(body.media_type, (b'{"nothing": "known"}',)), **options)

    commit = Api.commit
    monkeypatch.setattr(Api, "commit", wrong)
    before = len(roundup.line.commits_heard)
    outcome = attempt(roundup.endpoint(), report_in(outbox, {}))
    assert isinstance(outcome, Rejected)
    assert "Property nothing not found" in outcome.sentence
    assert len(roundup.line.commits_heard) == before + 1


def test_messages_that_an_attempt_left_behind_are_not_taken_for_the_report(
    roundup: Rig, outbox: Outbox
) -> None:
    report = report_in(outbox, {"a.txt": b"a"})
    left = {"content": "cut off", "messageid": f"<{report.report.id}@snapper>"}
    assert ask(roundup, "POST", "/rest/data/msg", json=left).status_code == 201
    assert roundup.endpoint().find(report) is None
    ticket = delivered(attempt(roundup.endpoint(), report))
    assert delivered(attempt(roundup.endpoint(), report)) == ticket


# --- adding to an issue -----------------------------------------------------------------------------------


def test_two_reports_in_one_issue_keep_their_files_apart(roundup: Rig, outbox: Outbox) -> None:
    ticket = existing(roundup, outbox)
    reports = [report_in(outbox, {"a.txt": text}, ticket=ticket) for text in (b"one", b"two")]
    assert delivered(attempt(roundup.endpoint(), reports[0])) == ticket
    assert roundup.endpoint().find(reports[1]) is None
    assert delivered(attempt(roundup.endpoint(), reports[1])) == ticket
    for report in reports:
        receipt = roundup.endpoint().find(report)
        assert receipt and receipt.unproven(report.files) == ()


def test_a_report_in_another_issue_is_not_one_in_this(roundup: Rig, outbox: Outbox) -> None:
    here, there = existing(roundup, outbox), existing(roundup, outbox)
    report = report_in(outbox, {"a.txt": b"a"}, ticket=here)
    change(roundup, there, messageid=f"<{report.report.id}@snapper>")
    assert roundup.endpoint().find(report) is None
    assert delivered(attempt(roundup.endpoint(), report)) == here


def test_a_file_that_was_taken_out_of_the_issue_is_missed(roundup: Rig, outbox: Outbox) -> None:
    report = report_in(outbox, {"a.txt": b"a"})
    ticket = delivered(attempt(roundup.endpoint(), report))
    files = data(roundup, f"issue/{ticket}?@verbose=2")
    gone = [file["id"] for file in files["attributes"]["files"] if file["name"] == "a.txt"]
    taken = {"@op": "remove", "@etag": files["@etag"], "files": gone}
    assert ask(roundup, "PATCH", f"/rest/data/issue/{ticket}", json=taken).status_code == 200
    outcome = attempt(roundup.endpoint(), report)
    assert isinstance(outcome, Rejected)
    assert "a.txt" in outcome.sentence


@pytest.fixture
def meddlers(roundup: Rig, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The issues that others change, once for each time they stand there, just before we do."""
    todo: list[str] = []
    commit = Api.commit

    def meddled(self: Api, method: str, path: str, body: Body, **options: Any) -> Answer:
        if todo:
            change(roundup, todo.pop())
        return commit(self, method, path, body, **options)

    monkeypatch.setattr(Api, "commit", meddled)
    return todo


def test_an_issue_that_others_change_meanwhile_gets_the_report_once(
    roundup: Rig, outbox: Outbox, meddlers: list[str]
) -> None:
    ticket = existing(roundup, outbox)
    meddlers += [ticket] * 3
    assert delivered(attempt(roundup.endpoint(), report_in(outbox, {"a.txt": b"a"}, ticket=ticket))) == ticket
    issue = data(roundup, f"issue/{ticket}?@verbose=0")["attributes"]
    assert len(issue["messages"]) == 5 and len(issue["files"]) == 4


def test_an_issue_that_never_stands_still_is_tried_later(
    roundup: Rig, outbox: Outbox, meddlers: list[str]
) -> None:
    ticket = existing(roundup, outbox)
    meddlers += [ticket] * 5
    report, steps = report_in(outbox, {"a.txt": b"a"}, ticket=ticket), Kept()
    outcome = attempt(roundup.endpoint(), report, steps=steps.again())
    assert isinstance(outcome, Retry)
    assert ticket in outcome.sentence and "changed by others" in outcome.sentence
    sent = files_sent(roundup)
    delivered(attempt(roundup.endpoint(), report, steps=steps.again()))
    assert files_sent(roundup) == sent


def test_the_tracker_says_which_statuses_are_closed(roundup: Rig, outbox: Outbox) -> None:
    ticket = existing(roundup, outbox)
    assert roundup.endpoint(options={"closed": "done"}).ticket(ticket).title.startswith("It froze")
    with pytest.raises(Refused, match="closed"):
        roundup.endpoint(options={"closed": "done,  Unread"}).ticket(ticket)
    roundup.running.close(ticket)
    with pytest.raises(Refused, match="closed"):
        roundup.endpoint().ticket(ticket)
    assert roundup.endpoint(options={"closed": "done"}).ticket(ticket).open


def test_a_retired_issue_is_none(roundup: Rig, outbox: Outbox) -> None:
    ticket = existing(roundup, outbox)
    assert isinstance(roundup.running, Instance)
    (database,) = roundup.running.folder.glob("tracker/db/db")
    with contextlib.closing(sqlite3.connect(database, 20)) as connection:
        connection.execute("UPDATE _issue SET __retired__ = id WHERE id = ?", [int(ticket)])
        connection.commit()
    with pytest.raises(Refused, match=f"no ticket {ticket}"):
        roundup.endpoint().ticket(ticket)


@pytest.mark.parametrize("written", ["issue{}", "Issue{}", "#{}", "00{}", "{url}/issue{}?@template=item"])
def test_an_issue_is_written_as_roundup_writes_it(roundup: Rig, outbox: Outbox, written: str) -> None:
    ticket = existing(roundup, outbox)
    destination = roundup.destination()
    number, _ = ticket_of(written.format(ticket, url=destination.url), destination)
    assert roundup.endpoint().ticket(number).number == ticket
    assert delivered(attempt(roundup.endpoint(), report_in(outbox, {"b": b"b"}, ticket=number))) == ticket


def test_who_may_not_add_is_told_before_anything_is_sent(roundup: Rig, outbox: Outbox) -> None:
    report = report_in(outbox, {"a": b"a"}, ticket=existing(roundup, outbox))
    before = files_sent(roundup)
    outcome = attempt(roundup.endpoint(roundup.running.reader_token(), login="reader"), report)
    assert isinstance(outcome, Rejected)
    assert "but not add to it" in outcome.sentence
    assert files_sent(roundup) == before


# --- addresses and rights ---------------------------------------------------------------------------------


def test_behind_a_proxy_changes_come_from_the_trackers_own_address(roundup: Rig, outbox: Outbox) -> None:
    """It takes them from nowhere else, and knows nothing of the address we use."""
    with proxy_to(roundup.running.peer.url) as url:
        endpoint = roundup.endpoint(url=url)
        assert endpoint.probe() == f"Roundup, as reporter at {url.removeprefix('http://')}"
        outcome = attempt(endpoint, report_in(outbox, {"a": b"a"}))
        ticket = delivered(outcome)
        assert isinstance(outcome, Delivered) and outcome.receipt.url == f"{url}/issue{ticket}"
        delivered(attempt(endpoint, report_in(outbox, {"a": b"a"}, ticket=ticket)))


@contextlib.contextmanager
def proxy_to(target: str) -> Iterator[str]:
    """What stands in front of a server: it tells the server's own host instead of its own, and packs what it
    hands back in its own way, which makes ETags weak."""
    netloc = urlsplit(target).netloc

    def hand_on(connection: socket.socket) -> None:
        asked = read_request(connection)
        with socket.create_connection((netloc.partition(":")[0], int(netloc.partition(":")[2]))) as server:
            server.sendall(re.sub(rb"\r\nHost: [^\r]*", b"\r\nHost: " + netloc.encode(), asked, count=1))
            connection.sendall(read_request(server).replace(b'\r\nEtag: "', b'\r\nEtag: W/"'))

    with server_that(hand_on) as url:
        yield url


def test_trying_it_out_makes_nothing(roundup: Rig) -> None:
    def newest() -> list[int]:
        return [
            data(roundup, f"{kind}?@page_size=1&@sort=-id")["@total_size"]
            for kind in ("issue", "msg", "file")
        ]

    before = newest()
    assert "reporter" in roundup.endpoint().probe()
    assert newest() == before


def test_who_may_not_make_issues_is_told_on_trying_it_out(roundup: Rig) -> None:
    with pytest.raises(NeedsAttention, match="You may not make issues in our desk"):
        roundup.endpoint(roundup.running.reader_token(), login="reader").probe()
