"""Every sentence the code says stands in every catalogue, and what must survive a translation does."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message

from scripts.catalogues import CALLS, ROOT, catalogues, read, said
from snapper.language import LANGUAGES

TRANSLATED = tuple(code for code in LANGUAGES if code != "en")
_QUOTES = {"de": "„“", "es": "«»", "it": "«»", "zh_CN": "“”"}


@functools.cache
def catalogue(code: str) -> Catalog:
    return read(code, dict(catalogues())[code])


@functools.cache
def template() -> Catalog:
    return said()


def messages(code: str) -> Iterator[tuple[str, str, Message]]:
    """Every form of every message: the original, its translation, and where they stand."""
    for message in catalogue(code):
        if not message.id:
            continue
        if isinstance(message.id, str):
            yield message.id, str(message.string), message
            continue
        one, many = message.id
        for index, string in enumerate(message.string):
            yield (one if index == 0 and len(message.string) > 1 else many), string, message


def fields(text: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def mnemonics(text: str) -> list[str]:
    """The letters to press with Alt; an ampersand with blanks around it is one."""
    return re.findall(r"&(\S)", text.replace("&&", ""))


def test_every_language_has_its_catalogue() -> None:
    assert sorted(code for code, _ in catalogues()) == sorted(TRANSLATED)


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_sentence_is_translated_and_none_is_left_over(code: str) -> None:
    here = {message.id for message in catalogue(code) if message.id}
    there = {message.id for message in template() if message.id}
    assert here == there, "python -m scripts.catalogues update brings them together"
    missing = [source for source, text, _ in messages(code) if not text]
    assert not missing, f"{len(missing)} sentences are not translated, such as {missing[:5]}"
    assert not any(message.fuzzy for message in catalogue(code) if message.id)


@pytest.mark.parametrize("code", TRANSLATED)
def test_what_is_filled_in_is_filled_in_everywhere(code: str) -> None:
    wrong = [
        (source, text)
        for source, text, message in messages(code)
        # Where one form says “one” in words, the number may be left out.
        if fields(text) != fields(source)
        and not (message.pluralizable and fields(text) <= fields(message.id[1]))
    ]
    assert not wrong


@pytest.mark.parametrize("code", TRANSLATED)
def test_keys_blanks_and_line_breaks_stay(code: str) -> None:
    for source, text, _ in messages(code):
        assert len(mnemonics(text)) == len(mnemonics(source)), (source, text)
        assert all(key.isalnum() and key.isascii() for key in mnemonics(text)), (source, text)
        assert text.count("\n") == source.count("\n"), (source, text)
        assert text[:1].isspace() == source[:1].isspace(), (source, text)
        # Chinese has no blank behind its comma.
        assert text[-1:].isspace() == source[-1:].isspace() or text.endswith("、"), (source, text)
        assert text.endswith("…") == source.endswith("…"), (source, text)


@pytest.mark.parametrize("code", TRANSLATED)
def test_commands_and_options_are_typed_the_same_everywhere(code: str) -> None:
    typed = re.compile(
        r"%\(\w+\)s|(?<![\w-])--[a-z][a-z-]+|“snapper [a-z][^”{]*”|SNAPPER_[A-Z_]+|https?://[^\s”,;]+"
    )
    for source, text, _ in messages(code):
        for each in typed.findall(source):
            assert each.strip("“”.") in text, (source, text)


@pytest.mark.parametrize("code", TRANSLATED)
def test_quotation_marks_are_those_of_the_language(code: str) -> None:
    opening, closing = _QUOTES[code]
    for source, text, _ in messages(code):
        assert text.count(opening) == source.count("“"), (source, text)
        assert text.count(closing) == source.count("”"), (source, text)
        assert not set(text) & (set("„“”«»") - {opening, closing}), (source, text)


def test_every_message_is_written_out_where_it_is_said() -> None:
    """A message made by an f-string or a variable is one that no catalogue can have."""
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted((ROOT / "snapper").rglob("*.py"))
        if path.name != "language.py"
        for call in calls(path)
        if not all(
            isinstance(each, ast.Constant) for each in call.args[: 2 if called(call) == "plural" else 1]
        )
    ]
    assert not wrong


def test_no_message_hides_from_the_catalogues() -> None:
    """The extractor reads words, not the language: it overlooks what stands inside an f-string."""
    there = {each for message in template() if message.id for each in _forms(message.id)}
    hidden = {
        (path.name, each.value)
        for path in sorted((ROOT / "snapper").rglob("*.py"))
        for call in calls(path)
        for each in call.args[: 2 if called(call) == "plural" else 1]
        if isinstance(each, ast.Constant) and each.value not in there
    }
    assert not hidden


def _forms(message: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


def calls(path: Path) -> Iterator[ast.Call]:
    """The calls of what marks a message."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and called(node) in CALLS:
            yield node


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""
