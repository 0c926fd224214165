"""How a ticket system is described in the settings: the README's examples, a sentence for every mistake."""

from __future__ import annotations

import copy
import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.config import load
from snapper.custom import check_custom, read_custom
from snapper.custom.placeholders import template
from snapper.custom.whereabouts import Where, walk
from snapper.destinations import TOKEN_PREFIX
from snapper.errors import ConfigError
from snapper.systems import SYSTEMS
from tests.ticket_fakes.custom_examples import HELP_DESK, INBOX, TRACKER, options, settings_text

MISSING = object()


def changed(name: str, **changes: Any) -> dict[str, Any]:
    """An example with other values: `create__path="/x"`; MISSING removes one."""
    table = copy.deepcopy(options(name))
    for keys, value in changes.items():
        *above, key = keys.split("__")
        place = table
        for step in above:
            place = place.setdefault(step, {})
        if value is MISSING:
            del place[key]
        else:
            place[key] = value
    return table


def mistake(name: str, **changes: Any) -> str:
    """What is said of an example with these changes."""
    with pytest.raises(ValueError) as told:
        check_custom(changed(name, **changes))
    return str(told.value)


# --- the examples ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [HELP_DESK, TRACKER, INBOX])
def test_every_example_of_the_readme_is_a_destination(name: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(settings_text(name), encoding="utf-8")
    destination = load(file, {}).destination(name)
    assert (destination.system, destination.name) == ("custom", name)
    assert dict(destination.options) == options(name)
    assert destination.token_variable.startswith(TOKEN_PREFIX)


def test_a_description_tells_what_can_be_promised() -> None:
    usual = SYSTEMS["custom"]
    help_desk, hook = (read_custom(options(name)).described(usual) for name in (HELP_DESK, INBOX))
    assert (help_desk.attaches, help_desk.verifies, help_desk.limits.settle_seconds) == (True, True, 60)
    assert (hook.attaches, hook.verifies, hook.limits.settle_seconds) == (False, False, 0)
    limited = read_custom(changed(INBOX, split_files=False, empty_files=False, text_characters=900))
    limits = limited.described(usual).limits
    assert (limits.splits, limits.empty_files, limits.text_chars) == (False, False, 900)


def test_a_system_whose_headers_hold_no_token_takes_none() -> None:
    usual = SYSTEMS["custom"]
    assert not read_custom(changed(INBOX, headers={})).described(usual).token
    assert read_custom(options(INBOX)).described(usual).token == usual.token


def test_a_web_address_names_its_ticket_as_the_page_says() -> None:
    about = read_custom(changed(TRACKER, ticket__page="/show?id={ticket}&tab=1")).described(SYSTEMS["custom"])
    assert about.ticket_in("/show?id=OPS-7&tab=1") == "OPS-7"


def test_json_may_be_a_table_as_well_as_text() -> None:
    as_table = {"title": "{subject}", "body": "{text}", "files": [{"content": "{base64}"}]}
    assert read_custom(changed(INBOX, create__json=as_table)).create.body == as_table


# --- mistakes ----------------------------------------------------------------------------------------------


def test_a_mistake_names_file_line_destination_key_value_and_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("# mine\n" + settings_text(HELP_DESK).replace("{tag}", "{tagg}"), encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        load(file, {})
    assert told.value.sentence == (
        f"{file}, line 2: destination “help desk”: find.path “/api/tickets?search={{tagg}}” holds {{tagg}}, "
        "which is not known there (did you mean {tag}?)."
    )


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        (INBOX, {"create": MISSING}, "create is missing"),
        (INBOX, {"check": MISSING}, "check is missing"),
        (INBOX, {"creat": {}}, "creat is not a key of a custom system (did you mean create?)"),
        (INBOX, {"create__pathh": "/x"}, "create.pathh is not a key of a custom system (did you mean path?)"),
        (INBOX, {"zzz": 1}, "zzz is not a key of a custom system (it may have: create,"),
        (INBOX, {"create": "x"}, "create “x” must be a section of its own"),
        (INBOX, {"create__method": "GET"}, "create.method “GET” must be one of: POST, PUT, PATCH"),
        (INBOX, {"create__path": 7}, "create.path “7” must begin with /"),
        (INBOX, {"create__path": "http://elsewhere.example/x"}, "must begin with /: what stands before it"),
        (INBOX, {"create__path": "/a b"}, "create.path “/a b” must be an address, without spaces"),
        (INBOX, {"create__path": "/x#y"}, "must be an address, without spaces, \\ and #"),
        (INBOX, {"create__path": "/x\r\nHost: y"}, "must be an address"),
        (INBOX, {"create__path": "/{subject}"}, "create.path “/{subject}” holds {subject}, which is not"),
        (INBOX, {"create__path": "/{ticket}"}, "holds {ticket}, which is not known there (it may hold:"),
        (INBOX, {"create__path": "/x?a={token}"}, "holds {token}: a token may stand in headers only"),
        (INBOX, {"create__path": "/x?api_key=abc"}, "create.path holds api_key=…: secrets may stand in"),
        (INBOX, {"create__path": "/{"}, "holds a single {; a brace that is no place is written twice"),
        (INBOX, {"create__json": "{,}"}, "create.json is not JSON: there is a mistake in its line 1"),
        (INBOX, {"create__json": "7"}, "create.json “7” must be a table, or JSON in quotes"),
        (INBOX, {"create__json": MISSING}, "create does not say what is sent: it must have one of:"),
        (INBOX, {"create__raw": "{text}"}, "create says twice what is sent"),
        (INBOX, {"create__content_type": "text/plain"}, "create.content_type goes with raw only"),
        (INBOX, {"create__json": {"a": "{text}"}}, "create has no place for the files"),
        (INBOX, {"create__json": {"f": ["{base64}"]}}, "create has no place for the note"),
        (INBOX, {"create__json": {"a": "{text}", "f": "{base64}"}}, "create.json.f “{base64}” holds"),
        (INBOX, {"create__json": {"a": "{text}", "f": ["{file}"]}}, "JSON holds files as {base64}"),
        (INBOX, {"create__json": {"a": "{text}", "f": ["{uploaded}"]}}, "no section upload says how"),
        (INBOX, {"create__json": {"a": "{token}"}}, "create.json.a “{token}” holds {token}: a token may"),
        (INBOX, {"create__json": {"{txt}": "a"}}, "holds {txt}, which is not known there (did you mean"),
        (INBOX, {"create__json": {"a": datetime.date(2026, 1, 1)}}, "create.json.a “2026-01-01” must be"),
        (INBOX, {"create__json": {"a": float("nan")}}, "must be something that JSON has"),
        (INBOX, {"create__id": "a..b"}, "create.id “a..b” must be names with dots between them"),
        (INBOX, {"create__id": {}}, "create.id “{}” must say where"),
        (INBOX, {"create__id": {"header": "A", "path": "a"}}, "must say where: path, or header, or match"),
        (INBOX, {"create__id": {"match": "("}}, "create.id.match “(” cannot be used as a regular"),
        (INBOX, {"create__id": {"match": "a+"}}, "create.id.match “a+” must have one group in ( )"),
        (INBOX, {"answers__text": "(?=a)"}, "answers.text “(?=a)” cannot be used as a regular expression: "),
        (INBOX, {"answers__empty": [20]}, "answers.empty “[20]” must be a list of HTTP statuses"),
        (INBOX, {"answers__empty": 204}, "answers.empty “204” must be a list of HTTP statuses"),
        (INBOX, {"check__path": "/hooks/support?x=1"}, "check.path is the same as create.path: random bytes"),
        (INBOX, {"names": "some"}, "names “some” must be one of: any, letters, ascii"),
        (INBOX, {"split_files": "no"}, "split_files “no” must be true or false, without quotes"),
        (INBOX, {"text_characters": 3}, "text_characters “3” must be a whole number from 500 to 10000000"),
        (INBOX, {"headers": "x"}, "headers “x” must be names and texts"),
        (INBOX, {"headers": {"Bad Name": "x"}}, "headers.Bad Name cannot be set"),
        (INBOX, {"headers": {"Content-Type": "a/b"}}, "headers.Content-Type cannot be set"),
        (INBOX, {"headers": {"X": "a\nb"}}, "headers.X must be text in quotes, of plain letters"),
        (INBOX, {"headers": {"X": "{text}"}}, "headers.X “{text}” holds {text}, which is not known there"),
        (INBOX, {"upload": {}}, "upload does not say what is sent"),
        (HELP_DESK, {"create__form": {}}, "create.form “{}” must be fields and texts"),
        (HELP_DESK, {"create__form__x": {"a": "b"}}, "must be text; a form has no tables"),
        (HELP_DESK, {"create__form__x": "a {file}"}, "create.form.x “a {file}” must be {file} and nothing"),
        (HELP_DESK, {"create__form__x": "{base64}"}, "holds {base64}, which is not known there"),
        (HELP_DESK, {"create__id": MISSING}, "create.id is missing: files needs the number"),
        (HELP_DESK, {"attach__path": "/replies"}, "attach says nowhere which ticket is meant"),
        (HELP_DESK, {"attach__form": {"message": "{note}"}}, "attach has no place for the files"),
        (HELP_DESK, {"find__path": "/api/tickets"}, "find.path “/api/tickets” must hold {tag} or {report}"),
        (HELP_DESK, {"find__path": MISSING}, "find.path is missing"),
        (HELP_DESK, {"find__id": MISSING}, "find.id is missing"),
        (HELP_DESK, {"find__wait_seconds": 9999}, "find.wait_seconds “9999” must be a whole number from 0"),
        (HELP_DESK, {"find__attached": "/x?{tag}"}, "find.attached “/x?{tag}” must hold {ticket}"),
        (HELP_DESK, {"find__attached": "/x/{ticket}", "attach": MISSING}, "find.attached is there, but no"),
        (
            HELP_DESK,
            {"create__form": {"a": "{note}", "b[]": "{file}"}},
            "create must hold {subject} or {text}, so that find can find {tag} there",
        ),
        (HELP_DESK, {"ticket__state": MISSING}, "ticket.state is missing"),
        (HELP_DESK, {"ticket__closed": MISSING}, "ticket.closed is missing"),
        (HELP_DESK, {"ticket__closed": "closed"}, "ticket.closed “closed” must be a list of values"),
        (HELP_DESK, {"ticket__path": MISSING}, "ticket.path is missing"),
        (HELP_DESK, {"ticket__path": "/t"}, "ticket.path “/t” must hold {ticket}"),
        (HELP_DESK, {"ticket__page": "http://help.example.com/{ticket}"}, "ticket.page"),
        (HELP_DESK, {"ticket__page": "javascript:{ticket}"}, "must begin with /, or be a web address"),
        (HELP_DESK, {"ticket__page": "/tickets"}, "ticket.page “/tickets” must hold {ticket}"),
        (HELP_DESK, {"files__path": "/files"}, "files.path “/files” must hold {ticket}"),
        (HELP_DESK, {"files__list": MISSING}, "files.list is missing"),
        (HELP_DESK, {"files__list": ["a", 7]}, "files.list “7” must be text in quotes"),
        (HELP_DESK, {"files__name": MISSING}, "files.name is missing"),
        (HELP_DESK, {"files__address": "/x/{token}"}, "files.address “/x/{token}” holds {token}: a token"),
        (TRACKER, {"upload__raw": "x{file}"}, "upload.raw “x{file}” must be {file} and nothing else"),
        (TRACKER, {"upload__id": MISSING}, "upload.id is missing"),
        (TRACKER, {"upload__content_type": "binary"}, "upload.content_type “binary” must be a media type"),
        (TRACKER, {"upload__path": "/u/{ticket}"}, "create sends every file twice: upload has a {ticket}"),
        (TRACKER, {"check__path": "/uploads.json?filename={name}"}, "check.path"),
        (TRACKER, {"attach__json": {"note": "{text}"}}, "attach has no place for what upload gave"),
        (TRACKER, {"attach__json": {"n": "{text}", "f": ["{uploaded}", "{base64}"]}}, "attach sends every"),
    ],
)  # fmt: skip
def test_every_mistake_is_a_sentence(name: str, changes: dict[str, Any], words: str) -> None:
    assert words in mistake(name, **changes)


@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key", "PRIVATE-TOKEN", "Cookie", "apikey"])
def test_a_secret_in_the_file_is_refused_and_not_repeated(header: str) -> None:
    said = mistake(INBOX, headers={header: "hunter2"})
    assert "snapper config token" in said and "hunter2" not in said
    check_custom(changed(INBOX, headers={"X-Atlassian-Token": "no-check"}))


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "application/octet-stream"])
def test_a_raw_text_has_only_types_whose_places_are_safe(kind: str) -> None:
    words = mistake(INBOX, create__json=MISSING, create__raw="{text}", create__content_type=kind)
    assert f"create.content_type “{kind}” must be one of: text/plain" in words


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates()
    | st.sampled_from(["/x/{ticket}", "{text}", "{file}", "{base64}", "a.b", "{tag}", "POST", "{uploaded}"]),
    lambda deeper: st.lists(deeper, max_size=3)
    | st.dictionaries(st.sampled_from(["path", "json", "id", "match", "list", "a"]), deeper, max_size=4),
    max_leaves=8,
)  # fmt: skip


def _spots() -> list[tuple[str, ...]]:
    keys = [(key,) for key in options(TRACKER)]
    for section in ("create", "attach", "upload", "find", "ticket", "files", "check", "answers"):
        keys += [
            (section, key) for key in (*options(TRACKER)[section], "form", "raw", "page", "empty", "says")
        ]
    return keys


@settings(max_examples=150)
@given(st.sampled_from(_spots()), _VALUES)
def test_whatever_stands_there_it_is_read_or_one_sentence(spot: tuple[str, ...], value: Any) -> None:
    try:
        read_custom(changed(TRACKER, **{"__".join(spot): value}))
    except ValueError as error:
        assert str(error)[:1].isalpha() and "\n" not in str(error) and len(str(error)) < 400


# --- places and whereabouts --------------------------------------------------------------------------------


@given(st.text(max_size=40))
def test_a_text_with_its_braces_doubled_is_itself(text: str) -> None:
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert template(doubled).fill({}) == text


@given(st.text(max_size=40))
def test_what_fills_a_place_is_not_read_again(text: str) -> None:
    assert template("a{x}b{y}").fill({"x": text, "y": "{x}"}) == f"a{text}b{{x}}"


def test_a_path_goes_through_lists_and_tables() -> None:
    content = {"a": [{"b": 1}, {"b": [2, 3]}, {"c": 4}], "n": None}
    assert [value for value, _ in walk(content, "a.*.b")] == [1, [2, 3]]
    assert [value for value, _ in walk(content, "a.1.b.0")] == [2]
    assert [item for _, item in walk(content, "a.*.b")] == content["a"][:2]
    for nowhere in ("a.b", "a.9.b", "x", "n.x", "a.-1", "a.0.b.c", "a.²"):
        assert list(walk(content, nowhere)) == []


class _Reply:
    def __init__(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.body, self.headers = body, headers or {}


def test_a_thing_is_found_in_json_headers_and_texts() -> None:
    reply = _Reply(b'{"t": {"id": 7, "ok": true, "none": null, "words": "Ticket #12 made"}}', {"L": "/t/9?x"})
    assert Where("t.id").one(reply) == "7"
    assert Where("t.ok").one(reply) == "true"
    assert Where("t.none").one(reply) == Where("t").one(reply) == Where("x").one(reply) == ""
    assert Where("t.words", match="#([0-9]+)").one(reply) == "12"
    assert Where(header="L", match="/t/([0-9]+)").one(reply) == "9"
    assert Where(header="M").one(reply) == ""
    assert Where(match='"id": ([0-9])').one(reply) == "7"
    assert Where("t.id").one(_Reply(b"<html>")) == ""
    assert Where("t").one(_Reply(b"[" * 200_000)) == ""
    assert Where(match="(.*)").one(_Reply(b"x" * 5000)) == ""


def test_a_pattern_cannot_be_kept_busy() -> None:
    assert Where(match="(?:(?:a+)+)+(b)").one(_Reply(b"a" * 100_000)) == ""
