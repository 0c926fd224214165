"""Zammad's own traps: numbers that are not ids, an index that lags, rights by group, an nginx in front."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from snapper.delivery.worker import attempt
from snapper.destinations import ticket_of
from snapper.errors import NeedsAttention, Refused
from snapper.outbox import Outbox
from snapper.report import Delivered, Rejected
from tests.breaking_line import Line
from tests.ticket_fakes import start
from tests.ticket_fakes.zammad import System
from tests.ticket_rigs import Rig, report_in

MARKUP = "<b>no</b> &lt;entity&gt; *no* <script>no()</script>\n  second line\n> quoted"


@contextmanager
def _rig(tmp_path: Path, **options: Any) -> Iterator[tuple[Rig, System]]:
    with start("zammad", tmp_path / "zammad", **options) as fake:
        yield Rig("zammad", fake, Line(fake.peer.url, re.compile("(?!)"), fake.peer.url)), fake


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def _ask(fake: System, path: str, token: str = "") -> Any:
    login = {"Authorization": f"Token token={token or fake.token}"}
    answer = requests.get(f"{fake.peer.url}/api/v1{path}", headers=login, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _id(fake: System, number: str) -> int:
    return next(int(each["id"]) for each in _ask(fake, "/tickets") if each["number"] == number)


def _articles(fake: System, number: str) -> Any:
    return _ask(fake, f"/ticket_articles/by_ticket/{_id(fake, number)}")


def _existing(rig: Rig, outbox: Outbox, **files: bytes) -> str:
    outcome = attempt(rig.endpoint(), report_in(outbox, files))
    assert isinstance(outcome, Delivered), outcome
    return outcome.receipt.ticket


def test_the_note_stays_what_was_written(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        outcome = attempt(rig.endpoint(), report_in(outbox, {}, note=MARKUP))
        assert isinstance(outcome, Delivered)
        (article,) = _articles(fake, outcome.receipt.ticket)
        assert article["content_type"] == "text/plain"
        assert article["body"].startswith(MARKUP)


def test_a_ticket_is_called_by_its_number_and_shown_by_its_id(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        outcome = attempt(rig.endpoint(), report_in(outbox, {}))
        assert isinstance(outcome, Delivered)
        (number,) = fake.tickets()
        assert outcome.receipt.ticket == number
        assert outcome.receipt.url == f"{fake.peer.url}/#ticket/zoom/{_id(fake, number)}"


@pytest.mark.parametrize("ending", ["", "/31"])
def test_a_web_address_leads_to_the_ticket_with_that_id(tmp_path: Path, outbox: Outbox, ending: str) -> None:
    with _rig(tmp_path) as (rig, fake):
        number = _existing(rig, outbox)
        address = f"{fake.peer.url}/#ticket/zoom/{_id(fake, number)}{ending}"
        ticket, _ = ticket_of(address, rig.destination())
        assert rig.endpoint().ticket(ticket).number == number
        report = report_in(outbox, {"a": b"a"}, ticket=ticket)
        for _ in range(2):
            outcome = attempt(rig.endpoint(), report)
            assert isinstance(outcome, Delivered)
            assert outcome.receipt.ticket == number
        assert len(_articles(fake, number)) == 2


def test_an_id_is_not_taken_for_a_number(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        number = str(_id(fake, _existing(rig, outbox)))
        with pytest.raises(Refused, match="no ticket"):
            rig.endpoint().ticket(number)


@pytest.mark.parametrize("ticket", ["99999", "zoom-99999"])
def test_a_ticket_that_is_not_there_is_told(tmp_path: Path, outbox: Outbox, ticket: str) -> None:
    with _rig(tmp_path) as (rig, fake):
        outcome = attempt(rig.endpoint(), report_in(outbox, {}, ticket=ticket))
        assert isinstance(outcome, Rejected)
        assert not any(each.startswith("POST /api/v1/ticket_articles") for each in fake.heard)


@pytest.mark.parametrize("state", ["closed", "merged", "closed, paid"])
def test_a_ticket_is_over_by_the_type_of_its_state(tmp_path: Path, outbox: Outbox, state: str) -> None:
    with _rig(tmp_path) as (rig, fake):
        number = _existing(rig, outbox)
        fake.close(number, state)
        with pytest.raises(Refused, match="closed"):
            rig.endpoint().ticket(number)


@pytest.mark.parametrize("elasticsearch", [True, False])
def test_a_ticket_is_found_whatever_the_index_knows(
    tmp_path: Path, outbox: Outbox, elasticsearch: bool
) -> None:
    with _rig(tmp_path, elasticsearch=elasticsearch) as (rig, fake):
        fake.after_commit("cut")
        assert isinstance(attempt(rig.endpoint(), report_in(outbox, {"a.txt": b"a"})), Delivered)
        assert len(fake.tickets()) == 1


def test_two_reports_in_one_ticket_keep_their_files(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, _):
        ticket = _existing(rig, outbox, a=b"first")
        reports = [report_in(outbox, {"a": data}, ticket=ticket) for data in (b"second", b"third")]
        for report in (*reports, *reports):
            assert isinstance(attempt(rig.endpoint(), report), Delivered)


@pytest.mark.parametrize(("public", "internal"), [("yes", False), ("no", True)])
def test_what_is_added_is_seen_by_the_customer_only_if_the_settings_say_so(
    tmp_path: Path, outbox: Outbox, public: str, internal: bool
) -> None:
    with _rig(tmp_path) as (rig, fake):
        number = _existing(rig, outbox)
        endpoint = rig.endpoint(options={"group": "Support", "public": public})
        attempt(endpoint, report_in(outbox, {}, ticket=number))
        assert [each["internal"] for each in _articles(fake, number)] == [False, internal]


@pytest.mark.parametrize(
    ("customer", "whose"), [("someone@example.com", "someone@example.com"), ("", "agent@example.com")]
)
def test_a_new_ticket_is_of_the_customer_or_of_whoever_has_the_token(
    tmp_path: Path, outbox: Outbox, customer: str, whose: str
) -> None:
    with _rig(tmp_path) as (rig, fake):
        endpoint = rig.endpoint(options={"group": "Support", "customer": customer})
        assert isinstance(attempt(endpoint, report_in(outbox, {})), Delivered)
        assert _ask(fake, "/tickets?expand=true")[0]["customer"] == whose


def test_a_customer_reports_and_adds_too(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path, role="customer") as (rig, _):
        assert "group Support" in rig.endpoint().probe()
        number = _existing(rig, outbox, a=b"a")
        added = attempt(rig.endpoint(), report_in(outbox, {"b": b"b"}, ticket=number))
        assert isinstance(added, Delivered)


def test_a_group_where_no_tickets_may_be_made_is_told(tmp_path: Path) -> None:
    with _rig(tmp_path) as (rig, fake), pytest.raises(NeedsAttention, match="may not make tickets"):
        rig.endpoint(fake.reader_token()).probe()


def test_a_ticket_that_may_only_be_seen_is_told_before_anything_is_sent(
    tmp_path: Path, outbox: Outbox
) -> None:
    with _rig(tmp_path) as (rig, fake):
        number = _existing(rig, outbox)
        outcome = attempt(rig.endpoint(fake.reader_token()), report_in(outbox, {}, ticket=number))
        assert isinstance(outcome, Rejected)
        assert "not add to it" in outcome.sentence
        assert "POST /api/v1/ticket_articles" not in fake.heard


def test_neither_a_note_nor_a_name_is_taken_for_a_file(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path) as (rig, fake):
        names = {f"file-{number}": b"%d" % number for number in range(1, 4)}
        note = f'"data": {", ".join(json.dumps(name) for name in names)}'
        outcome = attempt(rig.endpoint(), report_in(outbox, names, note=note))
        assert isinstance(outcome, Delivered)
        assert _articles(fake, outcome.receipt.ticket)[0]["body"].startswith(note)


def test_what_nginx_finds_too_large_is_said_in_words(tmp_path: Path, outbox: Outbox) -> None:
    with _rig(tmp_path, request_bytes=100_000) as (rig, fake):
        outcome = attempt(rig.endpoint(), report_in(outbox, {"a": bytes(200_000)}))
        assert not isinstance(outcome, Delivered)
        assert "html" not in outcome.sentence.lower()
        assert fake.tickets() == []
