"""Which language and which way of writing numbers and times the system is set to. Nothing here translates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

OVERRULED_BY = "SNAPPER_LANGUAGE"
_FIRST = "en"


@dataclass(frozen=True)
class Wanted:
    """A language there are sentences in, and the place whose numbers and times are written.

    `place` is a locale (`de_CH`), "" where the system does not say one.
    """

    language: str
    place: str


def wanted(platform: str, environ: Mapping[str, str], home: Path, known: Sequence[str]) -> Wanted:
    """What this person's system is set to; English where it speaks none of the languages known."""
    if overruled := environ.get(OVERRULED_BY):
        languages, places = [overruled], [overruled]
    elif platform == "win32":
        languages, places = _of_windows()
    elif platform == "darwin":
        languages, places = _of_mac(home)
    else:
        languages, places = _of_environment(environ)
    spoken = _first_known(languages, known)
    return Wanted(spoken, _place(spoken, places))


def _first_known(languages: Iterable[str], known: Sequence[str]) -> str:
    for name in languages:
        plain = _normal(name)
        for each in known:
            if plain == each or plain.partition("_")[0] == each.partition("_")[0]:
                return each
    return _FIRST


def _place(spoken: str, places: Iterable[str]) -> str:
    """The first place where the spoken language is at home: times in another would be half a sentence."""
    named = [plain for name in places if (plain := _normal(name)) not in ("", "C", "POSIX")]
    for plain in named:
        if plain.partition("_")[0] == spoken.partition("_")[0]:
            return plain if "_" in plain else spoken
    return spoken if named else ""


def _normal(name: str) -> str:
    """`de_AT.UTF-8@euro`, `de-AT`, `zh-Hans-CN` → `de_AT`, `de_AT`, `zh_CN`."""
    match = re.match(r"([A-Za-z]{2,3})(?:[-_][A-Za-z]{4})?(?:[-_]([A-Za-z]{2}))?(?![A-Za-z])", name)
    if not match:
        return ""
    spoken, place = match[1].lower(), (match[2] or "").upper()
    return f"{spoken}_{place}" if place else spoken


def _of_environment(environ: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """As gettext(3) and locale(7) have it; LANGUAGE counts only where a locale is set."""
    first = [environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    messages = next(filter(None, first), "")
    if not _normal(messages):
        return [], []
    times = next(filter(None, (environ.get(name, "") for name in ("LC_ALL", "LC_TIME", "LANG"))), "")
    return [*filter(None, environ.get("LANGUAGE", "").split(":")), messages], [times, messages]


def _of_mac(home: Path) -> tuple[list[str], list[str]]:
    """From the preferences file of this person: programs started at sign-in have no locale set."""
    import plistlib  # these two are for the Mac alone, and every start of snapper would wait for them
    from xml.parsers.expat import ExpatError

    try:
        with (home / "Library/Preferences/.GlobalPreferences.plist").open("rb") as file:
            said = plistlib.load(file)
    except (OSError, ValueError, ExpatError):
        return [], []
    if not isinstance(said, dict):
        return [], []
    languages = said.get("AppleLanguages")
    spoken = [each for each in languages if isinstance(each, str)] if isinstance(languages, list) else []
    place = said.get("AppleLocale")
    return spoken, [*([place] if isinstance(place, str) else []), *spoken]


def _of_windows() -> tuple[list[str], list[str]]:
    """The language of the menus, and the place of “Region”."""
    import ctypes
    import locale

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined, unused-ignore]
    language = locale.windows_locale.get(kernel.GetUserDefaultUILanguage(), "")
    room = ctypes.create_unicode_buffer(85)  # LOCALE_NAME_MAX_LENGTH
    kernel.GetUserDefaultLocaleName(room, len(room))
    return [language], [room.value, language]
