"""What a custom ticket system is sent, word by word, and what is made of its answers."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.custom import read_custom
from snapper.custom.placeholders import template
from snapper.delivery.endpoints import kinds
from snapper.delivery.endpoints.adapter import Remote
from snapper.delivery.endpoints.custom_reading import files_in, page_address
from snapper.delivery.endpoints.custom_requests import (
    body_of,
    name_for,
    path_of,
    preformatted,
    sent,
)
from snapper.delivery.http import Answer
from snapper.delivery.letter import Part
from snapper.destinations import Destination
from tests.ticket_fakes.custom_examples import HELP_DESK, INBOX, described, options

NOTE = "It froze & <b>bold</b> *star* {text} {{x}} %{y}\n</pre> \"q\" 'q' ‚Umläute‘ 漢字 🙂 \\u0041"

_WORDS = {
    "subject": "s", "text": NOTE, "html": "&lt;", "markdown": "", "pre": "", "note": NOTE, "account": 'U"1',
    "tag": "snp0", "report": "r", "ticket": "7", "login": "me",
}  # fmt: skip
_BASE = {"check": {"path": "/me"}}


def made(create: Mapping[str, Any], words: Mapping[str, str] = _WORDS, **more: Any) -> tuple[str, bytes]:
    """The media type and the body of a request with two files."""
    request = read_custom({**_BASE, "create": create, **more}).create
    parts = [Part("a", "a.txt", 0, 3, b"abc"), Part("b", 'b"\\.png', 1, 2, b"xyz", "image/png")]
    body = body_of(request, words, [sent(part, number, f"{number}9") for number, part in enumerate(parts, 1)])
    content = b"".join(body.stream())
    assert len(content) == body.size
    return body.media_type, content


def test_json_holds_files_where_a_list_has_room_for_them() -> None:
    data_uri = "data:{type};base64,{base64}"
    content = {
        "text": "{text}", "n": 1, "yes": True, "id": "{ticket:number}", "id as text": "{tag:number}",
        "deep": {"files": [{"{name}": data_uri, "size": "{size:number}"}, "fixed"], "nothing": None},
    }  # fmt: skip
    kind, body = made({"json": json.dumps({**content, "id": "{login:number}"})}, {**_WORDS, "login": "-12"})
    assert kind == "application/json"
    assert json.loads(body) == {
        "text": NOTE, "n": 1, "yes": True, "id": -12, "id as text": "snp0",
        "deep": {
            "files": [
                {"a.txt": "data:application/octet-stream;base64,YWJj", "size": 3},
                {'b"\\.png': "data:image/png;base64,eXo=", "size": 2},
                "fixed",
            ],
            "nothing": None,
        },
    }  # fmt: skip


def test_the_innermost_list_is_the_one_that_is_repeated() -> None:
    create = {"json": {"text": "{text}", "tickets": [{"files": ["{uploaded}", "{number:number}"]}]}}
    upload = {"path": "/up", "raw": "{file}", "id": "id"}
    _, body = made(create, upload=upload)
    assert json.loads(body)["tickets"] == [{"files": ["19", "29", 1, 2]}]


def test_a_form_repeats_its_field_for_every_file() -> None:
    form = {"a": "{text}", "labels": ["x", "{{y}}"], "file{number}": "{file}", "names": "{name}", "n": 5}
    kind, body = made({"form": form})
    parts = body.split(b"--" + kind.partition("boundary=")[2].encode())[1:-1]
    names = [re.findall(rb'name="([^"]*)"', part) for part in parts]
    assert names == [
        [b"a"], [b"labels"], [b"labels"], [b"file1", b"a.txt"], [b"file2", b"b%22\\.png"], [b"names"],
        [b"names"], [b"n"],
    ]  # fmt: skip
    assert parts[0].endswith(f"\r\n\r\n{NOTE}\r\n".encode()) and b"{y}" in parts[2] and b"yz\r\n" in parts[4]


def test_a_raw_text_is_written_as_its_type_wants() -> None:
    upload = {"path": "/up/{ticket}", "raw": "{file}"}

    def raw(text: str, kind: str = "") -> str:
        create = {"raw": text, "id": "id"} | ({"content_type": kind} if kind else {})
        told, body = made(create, upload=upload)
        assert told.startswith(kind or "text/plain; charset=utf-8")
        return body.decode()

    assert raw("{subject}: {note}") == f"s: {NOTE}"
    assert dict(parse_qsl(raw("a={note}&b={tag}", "application/x-www-form-urlencoded"))) == {
        "a": NOTE,
        "b": "snp0",
    }
    xml = raw('<t a="{account}">{note}</t>', "text/xml")
    assert xml.startswith('<t a="U&quot;1">It froze &amp; &lt;b&gt;') and xml.count("<") == 2
    assert raw("<p>{html}{account}</p>", "text/html") == "<p>&lt;U&quot;1</p>" or raw(
        "{html} {note}", "text/html"
    )


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_no_word_breaks_out_of_where_it_stands(word: str) -> None:
    path = path_of(template("/a/{ticket}/b?q={tag}&z=1"), {"ticket": word, "tag": word})
    parts = urlsplit(f"https://x.example{path}")
    assert parts.netloc == "x.example" and parts.path.count("/") == 3 and not parts.fragment
    assert [key for key, _ in parse_qsl(parts.query, keep_blank_values=True)] == ["q", "z"]
    assert not re.search(r"[\s\x00-\x1f\x7f]", path)
    known = {**_WORDS, "note": word}
    _, body = made({"json": {"a": "{note}", "b": "{tag}", "f": ["{base64}"]}}, known)
    clean = word.encode(errors="replace").decode()
    assert json.loads(body) == {"a": clean, "b": "snp0", "f": ["YWJj", "eXo="]}


@settings(max_examples=60)
@given(st.text(alphabet="<>/pre PRE\n\t", max_size=80))
def test_text_stays_in_its_tag(text: str) -> None:
    assert not re.search(r"<\s*/\s*pre", preformatted(text)[5:-6], re.IGNORECASE)


def test_headers_hold_the_token_as_the_system_wants_it() -> None:
    table = described(
        INBOX, {"headers": {"A": "{basic}", "B": "{basic_key}", "X-Token": "{token}", "Accept": "*/*"}}
    )
    headers = kinds.adapter(Destination("x", "custom", "https://x.example", "me", table), "t").headers
    assert base64.b64decode(headers["A"]) == b"me:t" and base64.b64decode(headers["B"]) == b"t:x"
    assert (headers["X-Token"], headers["Accept"]) == ("t", "*/*")


@pytest.mark.parametrize(
    ("names", "tagged", "name", "sent_as"),
    [
        ("any", False, "it's ü.log", "it's ü.log"),
        ("any", True, "tws.log", "tws-snp0123456789ab.log"),
        ("any", True, "tws.log.002", "tws-snp0123456789ab.log.002"),
        ("any", True, "snapper-0-0123456789ab.json", "snapper-0-0123456789ab.json"),
        ("any", True, "no ending", "no ending-snp0123456789ab"),
        ("letters", False, "größe (1).txt", "größe (1).txt"),
        ("ascii", False, "plain_1-2.txt", "plain_1-2.txt"),
    ],
)
def test_files_are_called_as_the_system_takes_it(names: str, tagged: bool, name: str, sent_as: str) -> None:
    assert name_for(names, tagged=tagged)(name, "snp0123456789ab") == sent_as


def test_names_that_are_made_plain_stay_different_and_their_pieces_together() -> None:
    named = name_for("ascii", tagged=False)
    names = [named(name, "snp0") for name in ("ä.log.001", "ä.log.002", "ö.log.001")]
    assert all(re.fullmatch(r"_-[0-9a-f]{8}\.log\.00[12]", name) for name in names)
    assert names[0][:-4] == names[1][:-4] != names[2][:-4]
    assert re.fullmatch(r"it_s-[0-9a-f]{8}\.dat", name_for("letters", tagged=False)("it's.dat", "snp0"))


# --- what is read ------------------------------------------------------------------------------------------


def answer_of(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer as it was read."""
    answer = Answer.__new__(Answer)
    answer.status, answer.headers, answer.body = status, headers or {}, body
    return answer


def listed(address: str, item: Mapping[str, Any]) -> list[Remote]:
    """What is made of a list with this item."""
    files = read_custom(described(HELP_DESK, {"files": {
        "path": "/{ticket}", "list": ["a", "b.*.c"], "name": "name", "address": address}})).files  # fmt: skip
    assert files
    answer = answer_of(json.dumps({"a": [item, 7, None], "b": [{"c": item}, {"c": []}]}).encode())
    return list(files_in(files, answer, "5", "https://x.example/base"))


def test_files_are_listed_wherever_they_stand() -> None:
    found = listed("/f/{id}/{meta.key}?t={ticket}", {"name": "n", "id": 3, "meta": {"key": "a/b"}})
    assert found == [Remote("n", "/f/3/a%2Fb?t=5")] * 2
    assert listed("/f/{id}", {"name": "n"}) == listed("link", {"link": "/x"}) == []


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("/x/1", "https://x.example/x/1"),
        ("x/1", "https://x.example/base/x/1"),
        ("https://store.example/1?a=b", "https://store.example/1?a=b"),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("https://[", None),
    ],
)
def test_an_address_counts_only_if_it_leads_to_the_web(told: str, address: str | None) -> None:
    assert {remote.address for remote in listed("link", {"name": "n", "link": told})} == (
        {address} if address else set()
    )


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("", "https://x.example/base/t/5"),
        ("/tickets/5", "https://x.example/tickets/5"),
        ("https://app.example/5", "https://app.example/5"),
        ("http://app.example/5", "https://x.example/base/t/5"),
        ("javascript:alert(1)", "https://x.example/base/t/5"),
        ("https://me:pw@app.example/", "https://x.example/base/t/5"),
        ("https://app.example/" + "x" * 2000, "https://x.example/base/t/5"),
    ],
)
def test_a_ticket_is_shown_where_a_browser_may_go(link: str, address: str) -> None:
    assert page_address(template("/t/{ticket}"), "5", link, "https://x.example/base") == address
    assert (
        page_address(template("https://app.example/{ticket}"), "a b", "", "https://x")
        == "https://app.example/a%20b"
    )
    assert page_address(None, "5", "", "https://x.example") == ""


@pytest.mark.parametrize("body", [b"[" * 200_000, b"\xff\xfe", b'"ok"', b"", b" \r\n"])
def test_what_nobody_can_read_is_no_answer_of_its_own(body: bytes) -> None:
    adapter = kinds.adapter(Destination("x", "custom", "https://x.example", "", options(INBOX)), "t")
    answer = answer_of(body, 401)
    assert not adapter.spoke(answer) and adapter.says(answer) in ("", "ok")


def test_its_own_answers_are_known_by_what_the_description_says() -> None:
    table = described(HELP_DESK, {"answers": {"empty": [204], "header": "X-Help", "text": "^Ticket #"}})
    adapter = kinds.adapter(Destination("x", "custom", "https://x.example", "", table), "t")
    assert adapter.spoke(answer_of(b"{}")) and adapter.spoke(answer_of(b"[]", 500))
    assert adapter.spoke(answer_of(b"", 204)) and not adapter.spoke(answer_of(b"", 200))
    assert adapter.spoke(answer_of(b"Ticket #5 made")) and not adapter.spoke(answer_of(b"<p>Ticket #5"))
    assert adapter.spoke(answer_of(b"<html>", 404, {"X-Help": ""}))
