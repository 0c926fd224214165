"""The language of this process: sentences from the catalogues in `locale/`, numbers and times as people here
write them.

The system says which language, SNAPPER_LANGUAGE overrules it; it is settled when the first sentence is asked
for, and stays. What goes to support stays English: a `Sentence` knows how it reads there.
"""

from __future__ import annotations

import functools
import gettext
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snapper.system_language import Wanted, wanted

if TYPE_CHECKING:
    from babel import Locale

__all__ = [
    "LANGUAGES",
    "Sentence",
    "_",
    "in_english",
    "language",
    "listed",
    "moment",
    "number",
    "plural",
    "time_of_day",
    "together",
    "translated",
]

LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "it": "Italiano", "zh_CN": "简体中文"}
DOMAIN = "snapper"
_WIDE_ENDS = "。！？；："
FOLDER = Path(__file__).with_name("locale")


class Sentence(str):
    """What a person reads, in their language; `english` is the same for support."""

    __slots__ = ("english",)
    english: str

    def __new__(cls, text: str, english: str) -> Sentence:
        made = super().__new__(cls, text)
        made.english = english
        return made

    def format(self, *values: Any, **named: Any) -> Sentence:
        """Fill in the values, in both languages. Raises KeyError where one is missing."""
        english = {name: in_english(value) for name, value in named.items()}
        return Sentence(super().format(*values, **named), self.english.format(*values, **english))

    def __reduce__(self) -> tuple[type[Sentence], tuple[str, str]]:
        return Sentence, (str(self), self.english)


def in_english(text: Any) -> Any:
    """A sentence as support reads it; anything else as it is."""
    return text.english if isinstance(text, Sentence) else text


def translated(text: str) -> Sentence:
    """Words that are not written out here, such as those of a table or of a library; see `_`."""
    return Sentence(_catalogue().gettext(text), text)


def _(text: str) -> Sentence:
    """A sentence or a label in the language of this process; English where there is no translation."""
    return translated(text)


def plural(one: str, many: str, count: int) -> Sentence:
    """The form of a sentence that goes with a count; `{count}` is left to be filled in."""
    return Sentence(_catalogue().ngettext(one, many, count), one if count == 1 else many)


def together(parts: Iterable[str], between: str = " ") -> Sentence:
    """Sentences one after the other, in both languages; empty ones are left out."""
    said = [part for part in parts if part]
    return Sentence(_joined(said, between), between.join(map(in_english, said)))


def listed(names: Iterable[str]) -> Sentence:
    """Names one after the other, in both languages: `logs.zip, screenshot.png`."""
    each = list(names)
    # Translators: what stands between the names of a list, with the blank.
    return Sentence(_(", ").join(each), ", ".join(map(in_english, each)))


def _joined(parts: Sequence[str], between: str) -> str:
    """Chinese has no blank behind its wide full stop."""
    text = ""
    for part in parts:
        text += (between if text and not (between == " " and text[-1] in _WIDE_ENDS) else "") + part
    return text


def language() -> str:
    """The language spoken: a key of LANGUAGES."""
    return _wanted().language


def number(value: float, digits: int = 0) -> str:
    """A number with the separators of this place: `12,345`, `12,3`."""
    if not (locale := _locale()):
        return f"{value:,.{digits}f}"
    from babel.numbers import format_decimal

    return str(format_decimal(value, "#,##0" + ("." + "0" * digits if digits else ""), locale))


def time_of_day(at: datetime) -> str:
    """Hours and minutes as written here: `14:05`, `2:05 PM`."""
    if not (locale := _locale()):
        return f"{at:%H:%M}"
    from babel.dates import format_time

    return str(format_time(at, "short", locale=locale))


def moment(at: datetime) -> str:
    """A day and a time as written here: `2026-08-31 14:05` where the system does not say how."""
    if not (locale := _locale()):
        return f"{at:%Y-%m-%d %H:%M}"
    from babel.dates import format_date

    return f"{format_date(at, 'medium', locale)} {time_of_day(at)}"


@functools.cache
def _wanted() -> Wanted:
    environ: Mapping[str, str] = os.environ
    return wanted(sys.platform, environ, Path.home(), tuple(LANGUAGES))


@functools.cache
def _catalogue() -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, FOLDER, [_wanted().language], fallback=True)


@functools.cache
def _locale() -> Locale | None:
    """How numbers and times are written; None where nothing was said: as in logs."""
    if not (place := _wanted().place):
        return None
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(place)
    except UnknownLocaleError:  # a place on no map: the language alone
        return Locale.parse(language())
