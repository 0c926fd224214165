"""Freshdesk's own traps: a search that lags, one limit for all files of a ticket, HTML, bare answers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3 import HTTPResponse

from snapper.delivery.endpoints import freshdesk
from snapper.delivery.http import Answer
from snapper.delivery.letter import tag_of
from snapper.delivery.worker import attempt
from snapper.destinations import Destination
from snapper.outbox import Outbox
from snapper.report import Blocked, Delivered, Rejected
from tests.breaking_line import Line
from tests.ticket_fakes import start
from tests.ticket_fakes.freshdesk import System
from tests.ticket_rigs import Rig, report_in

MARKUP = "<b>no</b> &lt;entity&gt; <script>no()</script>\nsecond line\n> quoted"


@contextmanager
def _rig(tmp_path: Path, **options: Any) -> Iterator[tuple[Rig, System]]:
    with start("freshdesk", tmp_path / "freshdesk", **options) as fake:
        yield Rig("freshdesk", fake, Line(fake.peer.url, re.compile("(?!)"), fake.peer.url)), fake


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def _ask(fake: System, method: str, path: str, **options: Any) -> Any:
    address = f"{fake.peer.url}/api/v2{path}"
    answer = requests.request(method, address, auth=(fake.token, "X"), timeout=60, **options)
    assert answer.status_code < 300, answer.text
    return answer.json()


def _existing(rig: Rig, outbox: Outbox, **files: bytes) -> str:
    outcome = attempt(rig.endpoint(), report_in(outbox, files))
    assert isinstance(outcome, Delivered)
    return outcome.receipt.ticket


def test_the_note_stays_what_was_written(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        outcome = attempt(rig.endpoint(), report_in(outbox, {}, note=MARKUP))
        assert isinstance(outcome, Delivered)
        shown = _ask(fake, "GET", f"/tickets/{outcome.receipt.ticket}")["description_text"]
        assert shown.startswith(MARKUP)
        assert outcome.receipt.url == f"{fake.peer.url}/a/tickets/{outcome.receipt.ticket}"
        attempt(rig.endpoint(), report_in(outbox, {}, note=MARKUP, ticket=outcome.receipt.ticket))
        (note,) = _ask(fake, "GET", f"/tickets/{outcome.receipt.ticket}/conversations")
        assert note["body_text"].startswith(MARKUP)


@pytest.mark.parametrize(
    ("body", "headers", "spoke"),
    [
        (b"", {"X-Freshdesk-Api-Version": "latest=v2; requested=v2"}, True),
        (b"", {}, False),
        (b"{}", {"Content-Type": "application/json"}, True),
        (b'[{"cut": ', {"X-Freshdesk-Api-Version": "latest=v2; requested=v2"}, False),
    ],
)
def test_it_is_freshdesk_that_answers(body: bytes, headers: dict[str, str], spoke: bool) -> None:
    response = requests.Response()
    response.status_code = 404
    response.headers.update(headers)
    response.raw = HTTPResponse(io.BytesIO(body), preload_content=False)
    destination = Destination("f", "freshdesk", "http://127.0.0.1")
    assert freshdesk.ADAPTER(destination, "t").spoke(Answer(response)) is spoke


def test_a_wrong_key_is_called_that_and_nothing_else(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, _):
        outcome = attempt(rig.endpoint("wrong"), report_in(outbox, {}))
        assert isinstance(outcome, Blocked)
        assert outcome.sentence == "our desk does not accept the token."


def test_the_key_does_not_go_to_the_other_host(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        _existing(rig, outbox, a=b"a")
        assert fake.storage.serving.breaker.heard
        assert fake.storage.seen == []


def test_a_ticket_is_found_before_the_search_knows_it(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        fake.after_commit("cut")
        assert isinstance(attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"a"})), Delivered)
        assert len(fake.tickets()) == 1


def test_a_ticket_that_the_list_no_longer_has_is_found_by_the_search(
    tmp_path: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _rig(tmp_path) as (rig, fake):
        report = report_in(outbox, {"a.txt": b"a"})
        assert isinstance(attempt(rig.endpoint(), report), Delivered)
        monkeypatch.setattr(freshdesk, "_PAGES", 0)
        assert rig.endpoint().find(report) is None
        fake.settle()
        assert rig.endpoint().find(report)


def test_a_ticket_is_found_on_the_second_page(
    tmp_path: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _rig(tmp_path) as (rig, _):
        report = report_in(outbox, {"a.txt": b"a"})
        assert isinstance(attempt(rig.endpoint(), report), Delivered)
        _existing(rig, outbox)
        monkeypatch.setattr(freshdesk, "_PAGE", 1)
        assert rig.endpoint().find(report)


def test_a_ticket_about_a_report_is_not_the_report(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        other = _existing(rig, outbox)
        report = report_in(outbox, {"a.txt": b"a"})
        tag = tag_of(report.report.id)
        about = {"email": fake.login, "subject": f"Fw: {tag}", "description": "x", "tags": [tag]}
        _ask(fake, "POST", "/tickets", json=about)
        fake.settle()
        heard = len(fake.heard)
        assert isinstance(attempt(rig.endpoint(), report), Delivered)
        assert len(fake.tickets()) == 3
        assert f"GET /api/v2/tickets/{other}" not in fake.heard[heard:]


def test_two_reports_in_one_ticket_keep_their_files(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, _):
        ticket = _existing(rig, outbox, a=b"first")
        reports = [report_in(outbox, {"a": data}, ticket=ticket) for data in (b"second", b"third")]
        for report in (*reports, *reports):
            assert isinstance(attempt(rig.endpoint(), report), Delivered)


def test_a_note_is_found_behind_a_hundred_others(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        ticket = _existing(rig, outbox)
        for _ in range(100):
            _ask(fake, "POST", f"/tickets/{ticket}/notes", json={"body": "x"})
        report = report_in(outbox, {"a": b"a"}, ticket=ticket)
        assert isinstance(attempt(rig.endpoint(), report), Delivered)
        assert rig.endpoint().find(report)


def test_a_ticket_that_is_full_is_told_before_anything_is_sent(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        ticket = _existing(rig, outbox, a=bytes(300_000))
        added = attempt(rig.endpoint(), report_in(outbox, {"b": bytes(300_000)}, ticket=ticket))
        assert isinstance(added, Delivered)
        endpoint = rig.endpoint(report_bytes=1_000_000)
        outcome = attempt(endpoint, report_in(outbox, {"c": bytes(500_000)}, ticket=ticket))
        assert isinstance(outcome, Rejected)
        assert "1.0 MB in all" in outcome.sentence and "new ticket" in outcome.remedy
        assert fake.heard.count(f"POST /api/v2/tickets/{ticket}/notes") == 1


@pytest.mark.parametrize(("public", "private"), [("yes", False), ("no", True)])
def test_a_note_is_seen_by_the_requester_only_if_the_settings_say_so(
    tmp_path: Path, outbox: Outbox, public: str, private: bool
) -> None:
    with _rig(tmp_path) as (rig, fake):
        ticket = _existing(rig, outbox)
        endpoint = rig.endpoint(options={"requester": fake.login, "public": public})
        attempt(endpoint, report_in(outbox, {}, ticket=ticket))
        (note,) = _ask(fake, "GET", f"/tickets/{ticket}/conversations")
        assert note["private"] is private


def test_a_ticket_among_the_spam_is_none(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        ticket = _existing(rig, outbox)
        fake.mark_as_spam(ticket)
        outcome = attempt(rig.endpoint(), report_in(outbox, {}, ticket=ticket))
        assert isinstance(outcome, Rejected)
        assert f"no ticket {ticket}" in outcome.sentence


def test_a_type_is_given_where_the_account_wants_one(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path, required=("subject", "description", "type")) as (rig, fake):
        without = attempt(rig.endpoint(), report_in(outbox, {}))
        assert isinstance(without, Rejected)
        assert "Mandatory attribute missing" in without.sentence
        endpoint = rig.endpoint(options={"requester": fake.login, "type": "Problem"})
        outcome = attempt(endpoint, report_in(outbox, {}))
        assert isinstance(outcome, Delivered)
        assert _ask(fake, "GET", f"/tickets/{outcome.receipt.ticket}")["type"] == "Problem"


def test_a_new_ticket_goes_to_the_group_of_the_settings(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        for options, there in (({"group": "Support"}, True), ({}, False)):
            endpoint = rig.endpoint(options={"requester": fake.login, **options})
            outcome = attempt(endpoint, report_in(outbox, {}))
            assert isinstance(outcome, Delivered)
            ticket = _ask(fake, "GET", f"/tickets/{outcome.receipt.ticket}")
            assert (ticket["group_id"] is not None) is there


def test_a_group_that_is_gone_makes_it_wait_for_a_person(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        endpoint = rig.endpoint(options={"requester": fake.login, "group": "Gone"})
        outcome = attempt(endpoint, report_in(outbox, {}))
        assert isinstance(outcome, Blocked)
        assert "Support" in outcome.remedy
        assert fake.tickets() == []
