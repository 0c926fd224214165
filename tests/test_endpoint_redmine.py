"""What only Redmine does: three ways to read a text, tokens for files, nothing for strangers. A real one."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.ticket_systems import start, why_not
from scripts.ticket_systems.servers import Instance
from snapper.delivery.endpoints import Steps, redmine
from snapper.delivery.endpoints.redmine import ADAPTER, literal
from snapper.delivery.http import Answer
from snapper.delivery.letter import tag_of
from snapper.delivery.worker import attempt
from snapper.destinations import Destination
from snapper.errors import NeedsAttention, Refused
from snapper.outbox import Outbox
from snapper.report import Blocked, Delivered, Outcome, Rejected, Retry
from tests import breaking_line
from tests.ticket_rigs import Rig, report_in, rig_of, rig_to

pytestmark = [
    pytest.mark.skipif(bool(why_not("redmine")), reason=why_not("redmine") or "it can run"),
    pytest.mark.xdist_group("redmine"),
]

ZERO_WIDTH = "\u200b"
MARKUP = [  # what is markup in Textile, in Markdown or in Redmine itself, and what ends a block of code
    "<pre>", "</pre>", "</PRE >", "</ pre>", '<code class="ruby">', "</code>", "<kbd>", "</notextile>",
    "<redpre#0>", " :redsh#1:", "x%x%", "&", "&lt;/pre&gt;", "~~~", "~~~~~\n", "```", "````\n", "  ```ruby\n",
    "\n\n", "\n    ", "* ", "# ", "\nh1. ", "\nbq. ", "\n|a|b|\n", "{{toc}}", "{{collapse(x)\ny}}",
    "!http://x.example/i.png!", "![a](http://x.example/i.png)", "[l](http://x.example)", "[1]", "user:lead",
    '"l":http://x.example', "<b>", "<script>alert(1)</script>", "<!--", "-->", "#1", "@lead", "@x@", "*b*",
    "_i_", "-s-", "[[wiki]]", "<img src=x onerror=y>", "\n> q\n", "\n---\n", "p{color:red}. x", "漢字 🙂",
    "word ",
]  # fmt: skip
PROJECT = {"project": "support"}


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Redmine as it comes."""
    with rig_of("redmine", tmp_path_factory.mktemp("redmine")) as rig:
        yield rig


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty outbox."""
    return Outbox(tmp_path / "outbox")


def lead(rig: Rig) -> str:
    """The key of its administrator."""
    assert isinstance(rig.running, Instance)
    return rig.running.secrets["lead"]


def ask(rig: Rig, path: str, method: str = "GET", *, key: str = "", **options: Any) -> requests.Response:
    """An answer of Redmine, past the line."""
    headers = {"X-Redmine-API-Key": key or rig.running.peer.token}
    return requests.request(method, rig.running.peer.url + path, headers=headers, timeout=60, **options)


def issue_of(rig: Rig, number: str) -> Any:
    """An issue with its files and its journal, as its administrator sees it."""
    return ask(rig, f"/issues/{number}.json?include=attachments,journals", key=lead(rig)).json()["issue"]


def delivered(outcome: Outcome) -> str:
    """The ticket of a report that arrived."""
    assert isinstance(outcome, Delivered), outcome
    return outcome.receipt.ticket


def an_issue(rig: Rig, outbox: Outbox) -> str:
    """A ticket to add to."""
    return delivered(attempt(rig.endpoint(), report_in(outbox, {"tws.log": b"first"})))


def uploads(rig: Rig) -> int:
    """How many files were uploaded so far."""
    return rig.line.heard.count("POST /uploads.json")


# --- texts ------------------------------------------------------------------------------------------------


class _Blocks(HTMLParser):
    """The texts of all blocks that are shown as they are, and which elements stand in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.elements: set[str] = set()
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._inside:
            self.elements.add(tag)
        elif tag == "pre":
            self._inside = True
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.texts[-1] += data


def words(text: str) -> list[str]:
    """What a reader sees of a text; a tab is shown as spaces in some formats."""
    return text.replace(ZERO_WIDTH, "").split()


@pytest.mark.parametrize("format_", ["textile", "common_mark", "markdown"])
def test_a_note_is_shown_as_it_was_written(tmp_path: Path, outbox: Outbox, format_: str) -> None:
    mixed = random.Random(5)
    notes = ["".join(mixed.choices(MARKUP, k=40)) + "\nthe end" for _ in range(24)] + ["".join(MARKUP)]
    with start("redmine", tmp_path, {"text_formatting": format_}) as running, rig_to(running) as rig:
        ticket = delivered(attempt(rig.endpoint(), report_in(outbox, {}, note=notes[0])))
        delivered(attempt(rig.endpoint(), report_in(outbox, {}, note=notes[1], ticket=ticket)))
        for note in notes[2:]:
            assert ask(rig, f"/issues/{ticket}.json", "PUT", json={"issue": {"notes": literal(note)}}).ok
        page = ask(rig, f"/issues/{ticket}").text
    assert f"jstoolbar/{format_}.js" in page
    blocks = _Blocks(page)
    assert blocks.elements <= {"code"}
    assert [note for note in notes if not any(_shows(text, note) for text in blocks.texts)] == []


def _shows(text: str, note: str) -> bool:
    shown = words(text)
    return words(note) in (shown[: len(words(note))], shown[1 : len(words(note)) + 1])  # after <pre>, or not


@given(st.lists(st.sampled_from([*MARKUP, "<", "`", "~", "x", "%", "pre", "PRE>", "\t"])).map("".join))
@settings(max_examples=300, deadline=None)
def test_nothing_in_a_note_ends_its_block_and_nothing_is_lost(note: str) -> None:
    """Redmine tells those whose @name stands outside of a block, which it looks for in a way of its own."""
    text = literal(note)
    inside = text.removeprefix("```\n<pre>\n").removesuffix("\n</pre>\n```")
    assert len(text) - len(inside) == 21
    assert not re.search(r"```|~~~|<\s*/?\s*(pre|code|kbd|notextile)\b|x%|:redsh#", inside, re.IGNORECASE)
    assert inside.replace(ZERO_WIDTH, "") == note


# --- files ------------------------------------------------------------------------------------------------


def test_names_that_redmine_would_alter_stay_apart(rig: Rig, outbox: Outbox) -> None:
    files = {"it's 100%.log": b"one", "it_s 100_.log": b"two", "it's 100_.log": b"three"}
    ticket = delivered(attempt(rig.endpoint(), report_in(outbox, files)))
    names = [file["filename"] for file in issue_of(rig, ticket)["attachments"]]
    assert "it_s 100_.log" in names
    assert len({name for name in names if re.fullmatch(r"it_s 100_-[0-9a-f]{8}\.log", name)}) == 2


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_name_has_what_redmine_replaces(name: str) -> None:
    adapter = ADAPTER(Destination("Redmine", "redmine", "https://redmine.example.com"), "key")
    renamed = adapter.sent_as(name, "snp000000000000")
    assert not set(renamed) & set("/\\?%*:|\"'<>\r\n")
    assert len(renamed) <= 255
    assert renamed == name or set(name) & set("/\\?%*:|\"'<>\r\n")
    first, second = (adapter.sent_as(f"{name}.{number}", "") for number in ("001", "002"))
    assert (first[:-3], first[-3:], second[-3:]) == (second[:-3], "001", "002")  # one name for all pieces


def test_a_file_as_large_as_redmine_takes_is_one_piece(rig: Rig, outbox: Outbox) -> None:
    most = 5 * 1024 * 1024
    report = report_in(outbox, {"most.log": bytes(most), "more.log": bytes(most + 1)})
    files = issue_of(rig, delivered(attempt(rig.endpoint(), report)))["attachments"]
    sizes = {file["filename"]: file["filesize"] for file in files}
    assert (sizes["most.log"], sizes["more.log.001"], sizes["more.log.002"]) == (most, most, 1)


def test_two_reports_in_one_ticket_keep_their_files_apart(rig: Rig, outbox: Outbox) -> None:
    ticket = an_issue(rig, outbox)
    reports = [report_in(outbox, {"tws.log": data}, ticket=ticket) for data in (b"second", b"third")]
    for report in reports:
        assert rig.endpoint().find(report) is None
        assert delivered(attempt(rig.endpoint(), report)) == ticket
    for report in reports:
        receipt = rig.endpoint().find(report)
        assert receipt and receipt.unproven(report.files) == ()
    described = [file["description"] for file in issue_of(rig, ticket)["attachments"]]
    assert described[2:] == [tag_of(report.report.id) for report in reports for _ in range(2)]


class _Altering(breaking_line.Line):
    """A line that changes some bytes of so many uploads."""

    altered = 1

    def _body(self, client: Any, head: bytes, body: bytes) -> bytes:
        whole = super()._body(client, head, body)
        if b"POST /uploads.json?filename=tws" not in head or not _Altering.altered:
            return whole
        _Altering.altered -= 1
        return whole.replace(b"one", b"two")


@pytest.mark.parametrize("times", [1, 99])
def test_a_file_that_is_altered_on_its_way_is_noticed_before_there_is_an_issue(
    rig: Rig, outbox: Outbox, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setattr(_Altering, "altered", times)
    monkeypatch.setattr(breaking_line, "Line", _Altering)
    with rig_to(rig.running) as altered:
        before = rig.running.tickets()
        outcome = attempt(altered.endpoint(), report_in(outbox, {"tws.log": b"one"}))
        if times == 1:
            assert rig.running.tickets() == [*before, delivered(outcome)]
        else:
            assert isinstance(outcome, Retry), outcome
            assert "“tws.log” arrives altered" in outcome.sentence
            assert rig.running.tickets() == before


# --- limits -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Redmine as a careful administrator sets it."""
    options = {"attachment_extensions_allowed": "json,log,001,002", "attachment_max_size": "1500"}
    with start("redmine", tmp_path_factory.mktemp("strict"), options) as running, rig_to(running) as rig:
        yield rig


def test_a_type_of_file_that_is_not_allowed_is_told_and_makes_no_issue(strict: Rig, outbox: Outbox) -> None:
    before = strict.running.tickets()
    outcome = attempt(strict.endpoint(), report_in(outbox, {"a.log": b"a", "macro.exe": b"b"}))
    assert isinstance(outcome, Rejected), outcome
    assert re.search(r"does not take the file “macro\.exe”: .*\.exe is not allowed", outcome.sentence)
    assert "without this file" in outcome.remedy
    assert strict.running.tickets() == before
    delivered(attempt(strict.endpoint(), report_in(outbox, {"a.LOG": b"a"})))


def test_a_lower_limit_than_usual_is_told_and_makes_no_issue(strict: Rig, outbox: Outbox) -> None:
    before = strict.running.tickets()
    report = report_in(outbox, {"tws.log": bytes(2_000_000)})
    outcome = attempt(strict.endpoint(), report)
    assert isinstance(outcome, Rejected), outcome
    assert "tws.log has 2.0 MB" in outcome.sentence and "at most 1.5 MB in one file" in outcome.sentence
    assert "file_megabytes = 1 into" in outcome.remedy
    assert strict.running.tickets() == before
    delivered(attempt(strict.endpoint(file_bytes=1_000_000), report))


# --- tokens that were spent -------------------------------------------------------------------------------


def staged(rig: Rig, report: Any) -> Steps:
    """The steps of a first attempt, which ended a minute ago when all files were uploaded."""
    kept: dict[str, str] = {}
    rig.line.break_next("503")
    assert isinstance(attempt(rig.endpoint(), report, steps=Steps(kept, kept.update)), Retry)
    files = {name: token for name, token in kept.items() if name.startswith("staged ")}
    return Steps({name: f"{token.partition(' ')[0]} {time.time() - 60:.0f}" for name, token in files.items()})


def spend(rig: Rig, steps: Steps, subject: str, *names: str) -> str:
    """An issue with these files; its number."""
    tokens = [str(steps.get(name)).partition(" ")[0] for name in names]
    sent = [name.split(" ")[1] for name in names]
    files = [{"token": token, "filename": name} for token, name in zip(tokens, sent, strict=True)]
    issue = {"issue": {"subject": subject, "uploads": files}}
    return str(ask(rig, "/projects/support/issues.json", "POST", json=issue).json()["issue"]["id"])


def test_files_that_were_uploaded_are_not_uploaded_again(rig: Rig, outbox: Outbox) -> None:
    report, before = report_in(outbox, {"a.log": b"a"}), uploads(rig)
    steps = staged(rig, report)
    delivered(attempt(rig.endpoint(), report, steps=steps))
    assert uploads(rig) - before == 2


def test_a_token_that_redmine_no_longer_takes_is_made_anew(rig: Rig, outbox: Outbox) -> None:
    report, before = report_in(outbox, {"a.log": b"a"}), uploads(rig)
    steps = staged(rig, report)
    spend(rig, steps, "not ours", "staged a.log 1")
    delivered(attempt(rig.endpoint(), report, steps=steps))
    assert uploads(rig) - before == 4


def test_tokens_that_an_earlier_attempt_has_spent_make_no_second_issue(rig: Rig, outbox: Outbox) -> None:
    report = report_in(outbox, {"a.log": b"a"})
    steps = staged(rig, report)
    name = f"snapper-{report.report.id}.json"
    there = spend(rig, steps, "late", f"staged {name} {len(report.manifest)}", "staged a.log 1")
    before = rig.running.tickets()
    assert rig.endpoint().commit(report, steps).ticket == there
    assert rig.running.tickets() == before


def test_a_change_at_the_same_moment_is_no_refusal(
    rig: Rig, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redmine undoes the later change, and its list of what is wrong is empty."""
    ticket = an_issue(rig, outbox)
    monkeypatch.setattr(breaking_line, "_refusal", lambda how: _answer(422, b'{"errors":[]}'))
    rig.line.break_next("429")
    report = report_in(outbox, {}, ticket=ticket)
    outcome = attempt(rig.endpoint(), report)
    assert isinstance(outcome, Retry) and "changed the ticket at the same moment" in outcome.sentence
    assert delivered(attempt(rig.endpoint(), report)) == ticket


def _answer(status: int, body: bytes, more: str = "X-Request-Id: 1") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{more}\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


# --- finding ----------------------------------------------------------------------------------------------


def test_an_empty_list_for_a_stranger_is_not_believed(rig: Rig, outbox: Outbox) -> None:
    with pytest.raises(NeedsAttention, match="token"):
        rig.endpoint(token="0" * 40).find(report_in(outbox, {}))


def test_a_ticket_that_was_renamed_is_found(rig: Rig, outbox: Outbox) -> None:
    report = report_in(outbox, {"a.log": b"a"})
    ticket = delivered(attempt(rig.endpoint(), report))
    ask(rig, f"/issues/{ticket}.json", "PUT", key=lead(rig), json={"issue": {"subject": "Better words"}})
    found = rig.endpoint().find(report)
    assert found and found.ticket == ticket


def test_a_ticket_whose_files_were_deleted_is_told_and_not_doubled(rig: Rig, outbox: Outbox) -> None:
    report = report_in(outbox, {})
    ticket = delivered(attempt(rig.endpoint(), report))
    for file in issue_of(rig, ticket)["attachments"]:
        ask(rig, f"/attachments/{file['id']}.json", "DELETE", key=lead(rig))
    before = rig.running.tickets()
    outcome = attempt(rig.endpoint(), report)
    assert isinstance(outcome, Rejected), outcome
    assert f"Ticket {ticket} of our desk was to have this report, but has none" in outcome.sentence
    assert rig.running.tickets() == before


def test_a_filter_that_redmine_does_not_know_is_not_believed(
    rig: Rig, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives every issue there is, and none of them is asked for."""
    while len(rig.running.tickets()) <= 10:
        an_issue(rig, outbox)
    monkeypatch.setattr(redmine, "_SEARCHED", ("nonsense", "nonsense"))
    heard = len(rig.line.heard)
    assert rig.endpoint().find(report_in(outbox, {})) is None
    assert sorted(set(rig.line.heard[heard:])) == ["GET /issues.json", "GET /users/current.json"]


# --- places, rights and states ----------------------------------------------------------------------------


def test_a_project_is_told_with_those_there_are(rig: Rig) -> None:
    assert rig.endpoint().probe().startswith("Redmine, project support at 127.0.0.1:")
    with pytest.raises(NeedsAttention, match=r"no project “Support”.*closed-shop, support"):
        rig.endpoint(options={"project": "Support"}).probe()


@pytest.mark.parametrize("place", ["closed-shop", "support"])
def test_who_may_not_make_tickets_is_told_before_anything_is_uploaded(
    rig: Rig, outbox: Outbox, place: str
) -> None:
    token = rig.running.reader_token() if place == "support" else None
    endpoint, before = rig.endpoint(token, options={"project": place}), uploads(rig)
    with pytest.raises(NeedsAttention, match=f"may not make tickets in the project “{place}”"):
        endpoint.probe()
    assert isinstance(attempt(endpoint, report_in(outbox, {})), Blocked)
    assert uploads(rig) == before


def test_who_may_not_add_notes_is_told_before_anything_is_uploaded(rig: Rig, outbox: Outbox) -> None:
    ticket, token = an_issue(rig, outbox), rig.running.reader_token()
    before = uploads(rig)
    outcome = attempt(rig.endpoint(token), report_in(outbox, {}, ticket=ticket))
    assert isinstance(outcome, Rejected) and "not add to it" in outcome.sentence
    assert uploads(rig) == before


def test_a_project_that_is_closed_takes_nothing(rig: Rig, outbox: Outbox) -> None:
    ticket = an_issue(rig, outbox)
    assert ask(rig, "/projects/support/close.json", "PUT", key=lead(rig)).ok
    try:
        with pytest.raises(NeedsAttention, match="may not make tickets"):
            rig.endpoint().probe()
        with pytest.raises(Refused, match="not add to it"):
            rig.endpoint().ticket(ticket)
    finally:
        assert ask(rig, "/projects/support/reopen.json", "PUT", key=lead(rig)).ok
    assert rig.endpoint().ticket(ticket).number == ticket


def test_a_tracker_is_chosen_by_its_name(rig: Rig, outbox: Outbox) -> None:
    endpoint = rig.endpoint(options={**PROJECT, "tracker": "support"})
    ticket = delivered(attempt(endpoint, report_in(outbox, {})))
    assert issue_of(rig, ticket)["tracker"]["name"] == "Support"
    with pytest.raises(NeedsAttention, match=r"no tracker “Nothing”.*Bug, Feature, Support"):
        rig.endpoint(options={**PROJECT, "tracker": "Nothing"}).probe()


def test_a_rest_service_that_is_switched_off_is_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaking_line, "_drain", lambda server: _answer(403, b"", "X-Runtime: 0.01"))
    with pytest.raises(NeedsAttention, match="REST web service of our desk is switched off"):
        rig.endpoint().probe()


def test_before_5_0_the_list_of_states_says_what_is_closed(
    rig: Rig, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, drain = an_issue(rig, outbox), breaking_line._drain

    def older(server: Any) -> bytes:
        return re.sub(rb'("status":\{[^}]*)"is_closed"', rb'\1"was_newer"', drain(server))

    monkeypatch.setattr(breaking_line, "_drain", older)
    assert rig.endpoint().ticket(ticket).open
    rig.running.close(ticket)
    with pytest.raises(Refused, match="closed"):
        rig.endpoint().ticket(ticket)


# --- private tickets --------------------------------------------------------------------------------------

PRIVATE: Mapping[str, str] = {**PROJECT, "private": "yes"}


def test_a_private_report_is_for_few(rig: Rig, outbox: Outbox) -> None:
    endpoint = rig.endpoint(lead(rig), options=PRIVATE)
    ticket = delivered(attempt(endpoint, report_in(outbox, {"a.log": b"a"})))
    assert issue_of(rig, ticket)["is_private"] is True
    delivered(attempt(endpoint, report_in(outbox, {"a.log": b"b"}, ticket=ticket)))


def test_a_private_report_is_not_added_to_a_ticket_that_others_see(rig: Rig, outbox: Outbox) -> None:
    ticket, before = an_issue(rig, outbox), uploads(rig)
    report = report_in(outbox, {}, ticket=ticket)
    outcome = attempt(rig.endpoint(lead(rig), options=PRIVATE), report)
    assert isinstance(outcome, Rejected) and f"Ticket {ticket} of our desk is not private" in outcome.sentence
    assert uploads(rig) == before


def test_who_may_not_make_private_tickets_is_told_and_makes_no_other(rig: Rig, outbox: Outbox) -> None:
    before = rig.running.tickets()
    endpoint = rig.endpoint(options=PRIVATE)
    with pytest.raises(NeedsAttention, match="may not make private tickets"):
        endpoint.probe()
    assert isinstance(attempt(endpoint, report_in(outbox, {})), Blocked)
    assert rig.running.tickets() == before


# --- whose answer it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "body", "own"),
    [
        (401, {"Content-Type": "application/json", "X-Runtime": "0.1"}, b"", True),
        (403, {"Content-Type": "application/json", "X-Request-Id": "1"}, b"", True),
        (204, {"X-Runtime": "0.1"}, b"", True),
        (429, {"Content-Type": "application/json"}, b'{"message": "not now"}', True),
        (403, {"Content-Type": "application/json"}, b"", False),
        (204, {}, b"", False),
        (200, {"Content-Type": "text/html", "X-Runtime": "0.1"}, b"", False),
        (404, {"Content-Type": "text/html", "X-Runtime": "0.1"}, b"<html>", False),
    ],
)
def test_redmines_answers_are_told_from_others(
    status: int, headers: Mapping[str, str], body: bytes, own: bool
) -> None:
    adapter = ADAPTER(Destination("Redmine", "redmine", "https://redmine.example.com"), "key")
    kind = headers.get("Content-Type", "")
    answer = SimpleNamespace(status=status, headers=headers, body=body, media_type=kind)
    assert adapter.spoke(cast(Answer, answer)) is own


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"user": null}'])
def test_what_is_no_redmine_is_told(rig: Rig, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setattr(breaking_line, "_drain", lambda server: _answer(200, body))
    with pytest.raises(NeedsAttention, match="is no Redmine"):
        rig.endpoint().probe()
