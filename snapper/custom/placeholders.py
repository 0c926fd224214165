"""Texts of the settings with places to fill in, such as `/tickets/{ticket}`: read, checked, filled. Pure.

What fills a place is never read again, so it cannot bring places of its own; how it must be written where it
lands (in a web address, in JSON) is the business of whoever fills it in. A brace of its own is doubled.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from snapper.checks import Wrong
from snapper.language import _

_PIECE = re.compile(r"\{\{|\}\}|\{([A-Za-z0-9_.-]+)(:number)?\}|[{}]|[^{}]+")


@dataclass(frozen=True)
class Place:
    """One place: what belongs there, and whether JSON has it as a number."""

    name: str
    number: bool = False


@dataclass(frozen=True)
class Template:
    """A text with places."""

    pieces: tuple[str | Place, ...]

    @property
    def names(self) -> frozenset[str]:
        """What it asks for."""
        return frozenset(piece.name for piece in self.pieces if isinstance(piece, Place))

    @property
    def only(self) -> Place | None:
        """The place that it consists of, where it is nothing else."""
        first = self.pieces[0] if len(self.pieces) == 1 else None
        return first if isinstance(first, Place) else None

    @property
    def before_query(self) -> str:
        """The part of an address before its query, with its places as they are written."""
        written = "".join(f"{{{piece.name}}}" if isinstance(piece, Place) else piece for piece in self.pieces)
        return written.partition("?")[0].rstrip("/")

    def fill(self, values: Mapping[str, str], written: Callable[[str], str] = str) -> str:
        """The text with `values` in its places, each as `written` makes it."""
        return "".join(
            written(values[piece.name]) if isinstance(piece, Place) else piece for piece in self.pieces
        )


def template(text: str) -> Template:
    """Read a text. Raises Wrong where a brace is neither part of a place nor doubled."""
    pieces: list[str | Place] = []
    for found in _PIECE.finditer(text):
        if found[1]:
            pieces.append(Place(found[1], bool(found[2])))
        elif found[0] in ("{", "}"):
            single = _("{value} holds a single {brace}; a brace that is no place is written twice.")
            raise Wrong(single, brace=found[0])
        else:
            pieces.append({"{{": "{", "}}": "}"}.get(found[0], found[0]))
    return Template(tuple(pieces))


def unknown(names: Iterable[str], allowed: Iterable[str]) -> Wrong | None:
    """What is wrong with the first name that is not allowed, with the nearest that is; None when all are."""
    there = list(allowed)
    wrong = [name for name in sorted(names) if name not in there]
    if not wrong:
        return None
    near = difflib.get_close_matches(wrong[0], there, 1, 0.6)
    place = f"{{{wrong[0]}}}"
    if near:
        slip = _("{value} holds {place}, which is not known there (did you mean {near}?).")
        return Wrong(slip, place=place, near=f"{{{near[0]}}}")
    if not there:
        return Wrong(_("{value} holds {place}, and may hold nothing like that."), place=place)
    those = ", ".join(f"{{{name}}}" for name in there)
    told = _("{value} holds {place}, which is not known there (it may hold: {places}).")
    return Wrong(told, place=place, places=those)
