"""Where something stands in a ticket system's answer: by a path in its JSON, a header, a pattern. Pure.

A path is names and numbers with dots between them, `data.items.0.id`; `*` stands for every item of a list.
Patterns are google-re2's, so that no answer can keep them busy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from snapper.checks import Wrong
from snapper.language import _

_NOTHING = object()
_TEXT_CHARS = 2000  # what is taken out of an answer is short: a number, a name, an address


class Reply(Protocol):
    """An answer: what is looked at of it."""

    @property
    def headers(self) -> Mapping[str, str]:
        """By name, however its letters are written."""

    @property
    def body(self) -> bytes:
        """All of it."""


@dataclass(frozen=True)
class Found:
    """What stood there, and the item of a list (or the whole) that it belongs to."""

    text: str
    item: Any


@dataclass(frozen=True)
class Where:
    """A place in an answer: a value of its JSON, else a header, else its text; of which `match`, where there
    is one, takes the first group."""

    path: str = ""
    header: str = ""
    match: str = ""

    def all(self, reply: Reply) -> Iterator[Found]:
        """Everything that stands there."""
        for text, item in self._texts(reply):
            taken = self._taken(text)
            if taken and len(taken) <= _TEXT_CHARS:
                yield Found(taken, item)

    def one(self, reply: Reply) -> str:
        """The first that stands there; “” when nothing does."""
        return next((found.text for found in self.all(reply)), "")

    def _texts(self, reply: Reply) -> Iterator[tuple[str, Any]]:
        if self.path:
            for value, item in walk(content_of(reply.body), self.path):
                if (text := text_of(value)) is not None:
                    yield text, item
        elif self.header:
            yield reply.headers.get(self.header, ""), None
        else:
            text = reply.body.decode("utf-8", "replace")
            yield text, text

    def _taken(self, text: str) -> str:
        if not self.match:
            return text.strip()
        found = compiled(self.match).search(text)
        return (found[1] or "").strip() if found else ""


def content_of(body: bytes) -> Any:
    """What a body holds as JSON; None when it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def walk(content: Any, path: str) -> Iterator[tuple[Any, Any]]:
    """Each value at a path, with the innermost item of a list that it belongs to (else all of it)."""
    yield from _walk(content, path.split("."), content)


def _walk(content: Any, steps: list[str], item: Any) -> Iterator[tuple[Any, Any]]:
    if not steps:
        yield content, item
    elif isinstance(content, list):
        chosen = content if steps[0] == "*" else _at(content, steps[0])
        for each in chosen:
            yield from _walk(each, steps[1:], each)
    elif isinstance(content, dict) and (value := content.get(steps[0], _NOTHING)) is not _NOTHING:
        yield from _walk(value, steps[1:], item)


def _at(items: list[Any], step: str) -> list[Any]:
    number = int(step) if step.isascii() and step.isdigit() and len(step) < 6 else len(items)
    return items[number : number + 1]


def text_of(value: Any) -> str | None:
    """A value as text, true and false as JSON writes them; None for lists, objects and null."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def compiled(pattern: str) -> Any:
    """A pattern, ready for use. Raises Wrong when it cannot be used."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        words = reason.decode() if isinstance(reason, bytes) else str(reason)
        unusable = _("{value} cannot be used as a regular expression: {reason}.")
        raise Wrong(unusable, reason=words) from error
