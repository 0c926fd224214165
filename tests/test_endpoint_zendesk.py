"""Zendesk's own traps: tokens that expire, keys that remember, files on another host."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3 import HTTPResponse

from snapper.delivery.endpoints import Steps
from snapper.delivery.endpoints.zendesk import ADAPTER
from snapper.delivery.http import Answer
from snapper.delivery.worker import attempt
from snapper.destinations import Destination
from snapper.errors import NeedsAttention
from snapper.outbox import Outbox
from snapper.report import Ambiguous, Delivered, Rejected, Retry, Unconfirmed
from tests.breaking_line import Line
from tests.ticket_fakes import start
from tests.ticket_fakes.zendesk import IDEMPOTENCY_SECONDS, TOKEN_SECONDS, System
from tests.ticket_rigs import Rig, report_in

MARKUP = "<b>no</b> *bold* **no** # no\n  two spaces & &lt;entity&gt;\n> quoted"


@contextmanager
def _rig(tmp_path: Path, **options: Any) -> Iterator[tuple[Rig, System]]:
    with start("zendesk", tmp_path / "zendesk", **options) as fake:
        yield Rig("zendesk", fake, Line(fake.peer.url, re.compile("(?!)"), fake.peer.url)), fake


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def _ask(fake: System, method: str, path: str, **options: Any) -> Any:
    login = (f"{fake.login}/token", fake.token)
    headers = {"Accept": "application/json"} | options.pop("headers", {})
    address = f"{fake.peer.url}/api/v2{path}"
    answer = requests.request(method, address, auth=login, headers=headers, timeout=60, **options)
    assert answer.status_code < 300, answer.text
    return answer.json()


def _comments(fake: System, ticket: str) -> Any:
    return _ask(fake, "GET", f"/tickets/{ticket}/comments.json")["comments"]


def _uploads(fake: System) -> int:
    return fake.heard.count("POST /api/v2/uploads.json")


def test_the_note_stays_what_was_written(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        outcome = attempt(rig.endpoint(), report_in(outbox, {}, note=MARKUP))
        assert isinstance(outcome, Delivered)
        (comment,) = _comments(fake, outcome.receipt.ticket)
        lines = re.sub(r"<br>\s*", "\n", comment["html_body"])
        assert html.unescape(re.sub("<[^>]*>", "", lines)).replace("\xa0", " ").startswith(MARKUP)


def test_a_note_that_markup_would_make_too_long_goes_as_text(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        outcome = attempt(rig.endpoint(), report_in(outbox, {}, note='"<&>"' * 12_000))
        assert isinstance(outcome, Delivered)
        assert '"<&>"' * 11_000 in _comments(fake, outcome.receipt.ticket)[0]["plain_body"]


def test_the_login_does_not_go_to_the_other_host(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        assert isinstance(attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"a"})), Delivered)
        assert fake.storage.serving.breaker.heard
        assert fake.storage.seen == []


def test_what_was_uploaded_is_not_uploaded_again(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        report, steps = report_in(outbox, {"a.txt": b"a"}), Steps()
        fake.before_commit("503")
        assert isinstance(attempt(rig.endpoint(), report, steps=steps), Retry)
        assert _uploads(fake) == 2
        assert isinstance(attempt(rig.endpoint(), report, steps=steps), Delivered)
        assert _uploads(fake) == 2


def test_what_zendesk_has_dropped_is_uploaded_again(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        report, steps = report_in(outbox, {"a.txt": b"a"}), Steps()
        fake.before_commit("503")
        assert isinstance(attempt(rig.endpoint(), report, steps=steps), Retry)
        fake.clock.advance(TOKEN_SECONDS + 1)
        assert isinstance(attempt(rig.endpoint(), report, steps=steps), Delivered)
        assert _uploads(fake) == 4
        assert len(fake.tickets()) == 1


def test_what_is_refused_for_good_is_not_uploaded_twice(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path, file_bytes=1000) as (rig, fake):
        outcome = attempt(rig.endpoint(), report_in(outbox, {"a.txt": bytes(2000)}))
        assert isinstance(outcome, Rejected)
        assert "too large" in outcome.sentence
        assert _uploads(fake) == 2


def test_a_ticket_that_lacks_a_field_is_refused_and_nothing_is_uploaded_twice(
    tmp_path: Path, outbox: Outbox
) -> None:
    with _rig(tmp_path, required="Type") as (rig, fake):
        outcome = attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"a"}))
        assert isinstance(outcome, Rejected)
        assert outcome.sentence.endswith(": Type: is required when creating a ticket")
        assert _uploads(fake) == 2


def test_files_that_zendesk_loses_are_noticed_and_no_second_ticket_is_made(
    tmp_path: Path, outbox: Outbox
) -> None:
    with _rig(tmp_path, lost_uploads="ignored") as (rig, fake):
        report, steps = report_in(outbox, {"a.txt": b"a"}), Steps()
        fake.before_commit("503")
        attempt(rig.endpoint(), report, steps=steps)
        fake.clock.advance(TOKEN_SECONDS + 1)
        for _ in range(2):
            assert isinstance(attempt(rig.endpoint(), report, steps=steps), Unconfirmed)
            fake.clock.advance(IDEMPOTENCY_SECONDS + 1)
        assert len(fake.tickets()) == 1


def test_a_key_that_was_used_with_other_files_means_that_it_may_be_there(
    tmp_path: Path, outbox: Outbox
) -> None:
    with _rig(tmp_path) as (rig, fake):
        report = report_in(outbox, {"a.txt": b"a"})
        earlier = {"ticket": {"subject": "s", "comment": {"body": "b"}}}
        _ask(fake, "POST", "/tickets.json", json=earlier, headers={"Idempotency-Key": report.report.id})
        outcome = attempt(rig.endpoint(), report)
        assert isinstance(outcome, Ambiguous), outcome
        assert len(fake.tickets()) == 1


def test_a_create_whose_answer_is_lost_is_found_by_its_external_id(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        report = report_in(outbox, {"a.txt": b"a"})
        fake.after_commit("500")
        outcome = attempt(rig.endpoint(), report)
        assert isinstance(outcome, Delivered)
        (ticket,) = _ask(fake, "GET", f"/tickets.json?external_id={report.report.id}")["tickets"]
        assert str(ticket["id"]) == outcome.receipt.ticket
        assert outcome.receipt.url == f"{fake.peer.url}/agent/tickets/{ticket['id']}"


def test_a_report_is_found_behind_a_hundred_comments(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        first = attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"a"}))
        assert isinstance(first, Delivered)
        ticket = first.receipt.ticket
        for _ in range(100):
            _ask(fake, "PUT", f"/tickets/{ticket}", json={"ticket": {"comment": {"body": "x"}}})
        outcome = attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"b"}, ticket=ticket))
        assert isinstance(outcome, Delivered), outcome


@pytest.mark.parametrize(
    "body", [b"[]", b'{"details": [1]}', b'{"details": {"a": [{}]}}', b"{", b'{"details": 1}']
)
def test_a_refusal_in_another_shape_is_no_puzzle(body: bytes) -> None:
    response = requests.Response()
    response.status_code = 422
    response.raw = HTTPResponse(io.BytesIO(body), preload_content=False)
    destination = Destination("z", "zendesk", "http://127.0.0.1")
    assert ADAPTER(destination, "t").says(Answer(response)) in ("", "1")


@pytest.mark.parametrize(("public", "seen"), [("yes", True), ("no", False)])
def test_what_is_added_is_seen_by_the_requester_only_if_the_settings_say_so(
    tmp_path: Path, outbox: Outbox, public: str, seen: bool
) -> None:
    with _rig(tmp_path) as (rig, fake):
        first = attempt(rig.endpoint(), report_in(outbox, {}))
        assert isinstance(first, Delivered)
        endpoint = rig.endpoint(options={"public": public})
        attempt(endpoint, report_in(outbox, {}, ticket=first.receipt.ticket))
        assert [each["public"] for each in _comments(fake, first.receipt.ticket)] == [True, seen]


def test_a_solved_ticket_is_open_to_a_report(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        first = attempt(rig.endpoint(), report_in(outbox, {}))
        assert isinstance(first, Delivered)
        fake.solve(first.receipt.ticket)
        again = attempt(rig.endpoint(), report_in(outbox, {}, ticket=first.receipt.ticket))
        assert isinstance(again, Delivered)


def test_a_ticket_goes_to_the_group_of_the_settings_or_to_none(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        for options, there in (({"group": "Support"}, True), ({}, False)):
            outcome = attempt(rig.endpoint(options=options), report_in(outbox, {}))
            assert isinstance(outcome, Delivered)
            ticket = _ask(fake, "GET", f"/tickets/{outcome.receipt.ticket}")["ticket"]
            assert (ticket["group_id"] is not None) is there


def test_a_token_that_belongs_to_no_agent_is_told(tmp_path: Path) -> None:
    with _rig(tmp_path, role="end-user") as (rig, _), pytest.raises(NeedsAttention, match="not belong to an"):
        rig.endpoint().probe()
