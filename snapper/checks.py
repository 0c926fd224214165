"""What a setting may be: a raw value from the file or the environment → the value, or Wrong with what it
must be. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from snapper.errors import UsageError
from snapper.hosts import ascii_host, is_host, loopback
from snapper.hotkey.chord import parse_chord
from snapper.language import Sentence, _
from snapper.privacy.classes import OPTIONAL

_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class Wrong(ValueError):
    """A value that cannot be, as a sentence with {value} in the place of what cannot be: who knows where it
    stands names it."""

    def __init__(self, sentence: Sentence, **values: object) -> None:
        self._sentence, self._values = sentence, values
        super().__init__(self.of("it"))

    def of(self, value: str) -> Sentence:
        """The sentence about this value."""
        return self._sentence.format(value=value, **self._values)


def plain_text(raw: object) -> str:
    """Any text."""
    if not isinstance(raw, str):
        raise Wrong(_("{value} must be text in quotes."))
    return raw.strip()


def one_of(*allowed: str) -> Callable[[object], str]:
    """One of these texts."""

    def check(raw: object) -> str:
        if raw not in allowed:
            raise Wrong(_("{value} must be one of: {values}."), values=", ".join(allowed))
        return str(raw)

    return check


def switch(raw: object) -> bool:
    """Yes or no."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in _TRUE + _FALSE:
        return raw.lower() in _TRUE
    raise Wrong(_("{value} must be true or false."))


def number(low: int, high: int) -> Callable[[object], int]:
    """A whole number between two bounds."""

    def check(raw: object) -> int:
        if isinstance(raw, str) and re.fullmatch(r"[0-9]{1,12}", raw):
            raw = int(raw)
        if type(raw) is not int or not low <= raw <= high:
            raise Wrong(_("{value} must be a whole number from {low} to {high}."), low=low, high=high)
        return raw

    return check


def path(raw: object) -> Path:
    """A whole path."""
    if not (text := plain_text(raw)):
        raise Wrong(_("{value} must name a file or folder."))
    whole = Path(text).expanduser()
    if not whole.is_absolute():
        raise Wrong(_("{value} must be a whole path, from the root or the drive on."))
    return whole


def paths(raw: object) -> tuple[Path, ...]:
    """A list of whole paths."""
    if isinstance(raw, str):
        raw = [part for part in raw.split(os.pathsep) if part.strip()]
    if not isinstance(raw, list):
        raise Wrong(_("{value} must be a list of paths."))
    return tuple(path(item) for item in raw)


def texts(raw: object) -> tuple[str, ...]:
    """A list of texts."""
    if isinstance(raw, str):
        raw = raw.split(",")
    if not isinstance(raw, list):
        raise Wrong(_("{value} must be a list of texts in quotes."))
    return tuple(text for item in raw if (text := plain_text(item)))


def hosts(raw: object) -> tuple[str, ...]:
    """A list of names or addresses of hosts."""
    names = texts(raw)
    if wrong := [name for name in names if not is_host(ascii_host(name))]:
        raise Wrong(_("{value} holds “{host}”, which is not the name of a host."), host=wrong[0])
    return names


def private_classes(raw: object) -> tuple[str, ...]:
    """Classes of private values that may be kept."""
    names = texts(raw)
    if unknown := [name for name in names if name not in OPTIONAL]:
        raise Wrong(
            _("{value} holds “{unknown}”; it may hold: {values}."),
            unknown=unknown[0],
            values=", ".join(sorted(OPTIONAL)),
        )
    return names


def chord(raw: object) -> str:
    """A chord, or auto."""
    text = plain_text(raw)
    if text == "auto":
        return text
    try:
        parse_chord(text)
    except UsageError as error:
        raise Wrong(_("{value} is not a usable chord: {why}"), why=error) from error
    return text


def web_address(raw: object) -> str:
    """An address of a ticket desk: https, or plain http to this computer."""
    text = plain_text(raw).rstrip("/")
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username or parts.query or parts.fragment:
        raise Wrong(_("{value} must be a web address like https://desk.example.com."))
    if parts.scheme == "http" and not loopback(parts.hostname or ""):
        raise Wrong(_("{value} must begin with https://, so that nobody on the way can read the report."))
    return text


def proxy(raw: object) -> str:
    """auto, direct or the address of a proxy, without a login."""
    text = plain_text(raw).rstrip("/")
    if text in ("auto", "direct"):
        return text
    try:
        parts = urlsplit(text)
        usable = parts.scheme in _PROXY_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.path or parts.query or parts.fragment:
        raise Wrong(
            _("{value} must be auto, direct or an address like http://proxy:3128 ({kinds})."),
            kinds=", ".join(_PROXY_SCHEMES),
        )
    if parts.username or parts.password:
        raise Wrong(
            _(
                "{value} must not hold a user name or password; “snapper proxy login” keeps them in the "
                "keyring."
            )
        )
    return text


def path_or_nothing(raw: object) -> Path | None:
    """A whole path, or nothing."""
    return path(raw) if raw else None


def address_or_nothing(raw: object) -> str:
    """A web address, or nothing."""
    return web_address(raw) if raw else ""


def token(raw: object) -> str:
    """A token as a desk prints it."""
    text = plain_text(raw)
    if not all("!" <= char <= "~" for char in text):
        raise Wrong(_("{value} must be the token as the desk printed it, without spaces."))
    return text
