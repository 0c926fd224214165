"""What a second start and the resident program say to each other: one line of JSON each, versioned. Pure.

    second start → resident   {"snapper": 1, "do": "capture", …}
    resident → second start   {"snapper": 1, "said": "accepted"}, "kept"; at last "ended", "done" or "refused"

Whoever is at the other end may be older, newer or broken: what cannot be read is refused, never guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

VERSION = 1
LINE_MAX = 1 << 14  # bytes of a line with its end; a longer one is none of ours
_TEXT_MAX = 500  # characters; JSON may write one in twelve bytes
_STARTED_AT = re.compile(r"_TIME(\d{1,10})\Z")  # the X server's time in a startup id (freedesktop.org)


class Do(StrEnum):
    """What a second start wants."""

    SHOW = "show"  # that the resident program shows itself
    CAPTURE = "capture"  # a picture of now, and the note window with it


class Said(StrEnum):
    """What the resident program answers."""

    ACCEPTED = "accepted"  # it is being done, in this moment
    JOINED = "joined"  # the note window was open already and is in front now
    KEPT = "kept"  # the report is safe
    ENDED = "ended"  # how the report stands, or that there is none
    DONE = "done"  # it was shown; the sentence says what
    REFUSED = "refused"


LAST = frozenset({Said.ENDED, Said.DONE, Said.REFUSED})  # nothing comes after these


class Why(StrEnum):
    """Why something was refused."""

    UNKNOWN = "unknown"  # not understood: another version
    ELSEWHERE = "elsewhere"  # the resident program is at another screen
    IMPOSSIBLE = "impossible"  # the sentence says why
    BUSY = "busy"


class NotUnderstood(ValueError):
    """A line that is none of ours, or of another version."""


@dataclass(frozen=True)
class Request:
    """What a second start asks for. `place` is the screen it is at, `activation` and `startup` are the leave
    of the desktop to put a window in front (XDG_ACTIVATION_TOKEN, DESKTOP_STARTUP_ID)."""

    do: Do
    window: bool = False
    monitor: int | None = None
    place: Mapping[str, str] = field(default_factory=dict)
    activation: str = ""
    startup: str = ""

    @property
    def pressed_at(self) -> int:
        """The X server's time of the act that led here, in milliseconds; 0 where it is not told."""
        found = _STARTED_AT.search(self.startup)
        return int(found[1]) & 0xFFFFFFFF if found else 0

    def is_elsewhere(self, here: Mapping[str, str]) -> bool:
        """Whether this comes from another screen than ours; who does not say where may be anywhere."""
        return any(self.place.get(name, mine) != mine for name, mine in here.items())

    def line(self) -> bytes:
        """As it is sent."""
        return _line({
            "do": self.do, "window": self.window, "monitor": self.monitor, "place": dict(self.place),
            "activation": self.activation, "startup": self.startup,
        })  # fmt: skip

    @staticmethod
    def read(line: bytes) -> Request:
        """Read what line() made. Raises NotUnderstood."""
        data = _read(line)
        try:
            return Request(
                Do(data["do"]), _flag(data["window"]), _count(data["monitor"]), _places(data["place"]),
                _token(data["activation"]), _token(data["startup"]),
            )  # fmt: skip
        except (KeyError, ValueError) as error:
            raise NotUnderstood(str(error)) from error


@dataclass(frozen=True)
class Reply:
    """One answer. `state` is that of the report (“”: there is none), `report` its id; what was refused has a
    reason, and where a person can do something about it a sentence and a remedy."""

    said: Said
    state: str = ""
    report: str = ""
    why: str = ""
    sentence: str = ""
    remedy: str = ""

    @property
    def last(self) -> bool:
        """Whether nothing comes after it."""
        return self.said in LAST

    def line(self) -> bytes:
        """As it is sent."""
        texts = {"state": self.state, "report": self.report, "why": self.why}
        words = {"sentence": self.sentence[:_TEXT_MAX], "remedy": self.remedy[:_TEXT_MAX]}
        return _line({"said": self.said, **texts, **words})

    @staticmethod
    def read(line: bytes) -> Reply:
        """Read what line() made, or a later version's refusal. Raises NotUnderstood."""
        data = _read(line, refusals_of_any_version=True)
        try:
            names = ("state", "report", "why", "sentence", "remedy")
            return Reply(Said(data["said"]), **{name: _text(data.get(name, "")) for name in names})
        except (KeyError, ValueError) as error:
            raise NotUnderstood(str(error)) from error


def _line(data: Mapping[str, object]) -> bytes:
    return json.dumps({"snapper": VERSION, **data}, separators=(",", ":")).encode() + b"\n"


def _read(line: bytes, refusals_of_any_version: bool = False) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("It is not JSON.") from error
    if not isinstance(data, dict):
        raise NotUnderstood("It is not an object.")
    if data.get("snapper") != VERSION and not (
        refusals_of_any_version and "snapper" in data and data.get("said") == Said.REFUSED
    ):
        raise NotUnderstood("It is of another version.")
    return data


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("not a flag")
    return value


def _count(value: object) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError("not a number")
    return value


def _text(value: object) -> str:
    """A text for a person: nothing in it drives a terminal."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    return "".join(char if char.isprintable() else " " for char in value[:_TEXT_MAX])


def _token(value: object) -> str:
    """A word for the desktop: it goes into the environment, so it is plain."""
    text = _text(value)
    return text if text.isascii() and " " not in text else ""


def _places(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("not a place")
    return {str(name): _text(where) for name, where in value.items()}
