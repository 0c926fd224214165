"""The proxy settings of GNOME, which most other desktops keep too, as `gsettings` prints them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias
from urllib.parse import quote

from snapper.delivery.proxies.address import answer_from
from snapper.delivery.proxies.answer import (
    OF_THE_DESKTOP,
    SWITCHED_OFF,
    Answer,
    CannotAsk,
    PacAddress,
    Target,
    detected,
    excepted,
)
from snapper.delivery.proxies.exceptions import Exceptions
from snapper.delivery.proxies.tool import output_of
from snapper.delivery.route import Scheme, Source
from snapper.hosts import with_port
from snapper.language import _

_SCHEMA = "org.gnome.system.proxy"
_LINE = re.compile(rf"{re.escape(_SCHEMA)}(?:\.([a-z]+))? ([a-z-]+) (.*)")
_TYPE = re.compile(r"^(?:@[a-z]+|u?int\d+) ")
_NAMED_BY = OF_THE_DESKTOP
_USUAL_PORT = 8080  # what the settings window of GNOME fills in

Value: TypeAlias = "str | int | bool | list[str]"
Settings: TypeAlias = "Mapping[str, Value]"


class Gnome:
    """Asks the desktop each time: settings change with the network."""

    # Translators: a place where proxies are set; a colon follows.
    name = _("GNOME proxy settings")

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def ask(self, target: Target) -> Answer:
        """What the settings say about a target. Raises CannotAsk."""
        settings = parse(output_of(["gsettings", "list-recursively", _SCHEMA], self._environ))
        if "mode" not in settings:
            # Translators: why a place where proxies are set says nothing; after its name and a colon.
            raise CannotAsk(_("this desktop keeps no proxy settings"))
        return read(settings, target)


def parse(text: str) -> dict[str, Value]:
    """The settings by name (`mode`, `https.port`) from what gsettings prints; lines that cannot be read are
    missing."""
    found: dict[str, Value] = {}
    for line in filter(None, map(_LINE.fullmatch, text.splitlines())):
        value = _value(line[3])
        if value is not None:
            found[f"{line[1]}.{line[2]}" if line[1] else line[2]] = value
    return found


def _value(text: str) -> Value | None:
    """A GVariant in its text form: a string, a number, a truth or an array of strings."""
    if text in ("true", "false"):
        return text == "true"
    try:
        value = ast.literal_eval(_TYPE.sub("", text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(value, list):
        return [each for each in value if isinstance(each, str)]
    return value if isinstance(value, str | int) else None


def read(settings: Settings, target: Target) -> Answer:
    """What settings say about a target."""
    mode = settings.get("mode")
    if mode == "auto":
        address = _string(settings, "autoconfig-url")
        pac = PacAddress(address, Source.PAC, _NAMED_BY) if address else detected(_NAMED_BY)
        return answer_from([], Source.PAC, _NAMED_BY, pac)
    if mode != "manual":
        return Answer(said=SWITCHED_OFF)
    ignored = settings.get("ignore-hosts")
    if isinstance(ignored, list) and Exceptions.each(ignored, domains=True).cover(target):
        return excepted(target)
    return answer_from(_addresses(settings, target.scheme), Source.SYSTEM, _NAMED_BY)


def _addresses(settings: Settings, scheme: str) -> Iterator[tuple[Scheme, str]]:
    """The proxy of the scheme, else the one for http where one is to serve all; then SOCKS."""
    kinds = [scheme, *(["http"] if settings.get("use-same-proxy") is not False else [])]
    if kind := next((kind for kind in kinds if _string(settings, f"{kind}.host")), None):
        login = _login(settings) if kind == "http" else ""
        yield Scheme.HTTP, login + _place(settings, kind, _USUAL_PORT)
    if _string(settings, "socks.host"):
        yield Scheme.SOCKS5, _place(settings, "socks", 0)


def _place(settings: Settings, kind: str, usual: int) -> str:
    return with_port(_string(settings, f"{kind}.host"), str(settings.get(f"{kind}.port") or usual))


def _login(settings: Settings) -> str:
    if settings.get("http.use-authentication") is not True:
        return ""
    parts = (_string(settings, f"http.authentication-{part}") for part in ("user", "password"))
    return ":".join(quote(part, safe="") for part in parts) + "@"


def _string(settings: Settings, name: str) -> str:
    value = settings.get(name)
    return value.strip() if isinstance(value, str) else ""
