"""The proxy settings of KDE: the file kioslaverc, that of the system under that of the user."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from snapper.delivery.proxies.address import answer_from
from snapper.delivery.proxies.answer import (
    SWITCHED_OFF,
    Answer,
    CannotAsk,
    PacAddress,
    Target,
    detected,
    excepted,
)
from snapper.delivery.proxies.exceptions import Exceptions
from snapper.delivery.route import Scheme, Source
from snapper.language import _

_FILE = "kioslaverc"
_GROUP = "Proxy Settings"
_KEY = re.compile(r"([^=\[\]]+?)\s*(?:\[[^\]]*\]\s*)*=(.*)")
_PORT_APART = re.compile(r"(\S+)\s+(\d+)/?")  # `http://proxy.example 3128`, as KDE writes it
# Translators: a place where a proxy is set.
_NAMED_BY = _("the proxy settings of KDE")
_FILE_MAX = 1 << 20
_MANUAL, _SCRIPT, _DETECT, _VARIABLES = "1", "2", "3", "4"  # ProxyType


class Kde:
    """Reads the file each time: settings change with the network."""

    # Translators: a place where proxies are set; a colon follows.
    name = _("KDE proxy settings")

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def ask(self, target: Target) -> Answer:
        """What the settings say about a target. Raises CannotAsk."""
        texts = [text for file in _files(self._environ) if (text := _text(file)) is not None]
        if not texts:
            # Translators: why a place where proxies are set says nothing; after its name and a colon.
            raise CannotAsk(_("this computer keeps no KDE proxy settings"))
        settings: dict[str, str] = {}
        for text in texts:
            settings |= parse(text)
        return read(settings, target, self._environ)


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where the settings are, those that others override first (XDG Base Directory Specification)."""
    for folder in reversed((environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")):
        yield Path(folder) / _FILE
    home = environ.get("HOME")
    user = environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    if user:
        yield Path(user) / _FILE


def _text(file: Path) -> str | None:
    try:
        if not file.is_file():
            return None
        with file.open("rb") as opened:
            return opened.read(_FILE_MAX).decode("utf-8", "replace")
    except (OSError, ValueError):
        return None


def parse(text: str) -> dict[str, str]:
    """The proxy settings of a kioslaverc; `[$e]` and the like behind a key say nothing here."""
    found: dict[str, str] = {}
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
        elif group == _GROUP and not line.startswith("#") and (pair := _KEY.fullmatch(line)):
            found[pair[1]] = pair[2].strip()
    return found


def read(settings: Mapping[str, str], target: Target, environ: Mapping[str, str]) -> Answer:
    """What settings say about a target; they may name variables that hold the addresses."""
    kind = settings.get("ProxyType", "0")
    if kind == _SCRIPT and (script := settings.get("Proxy Config Script")):
        return answer_from([], Source.PAC, _NAMED_BY, PacAddress(script, Source.PAC, _NAMED_BY))
    if kind == _DETECT:
        return answer_from([], Source.WPAD, _NAMED_BY, detected(_NAMED_BY))
    if kind not in (_MANUAL, _VARIABLES):
        return Answer(said=SWITCHED_OFF)
    lookup = environ if kind == _VARIABLES else None
    listed = Exceptions.of(_named(settings, "NoProxyFor", lookup), domains=True).cover(target)
    if listed != (settings.get("ReversedException", "").lower() == "true"):
        # Translators: after the name of a place where proxies are set, and a colon.
        without = _("{host} is not among the hosts with a proxy").format(host=target.host)
        return excepted(target) if listed else Answer(said=without)
    return answer_from(_addresses(settings, target.scheme, lookup), Source.SYSTEM, _NAMED_BY)


def _addresses(
    settings: Mapping[str, str], scheme: str, lookup: Mapping[str, str] | None
) -> Iterator[tuple[Scheme, str]]:
    for key, usual in ((f"{scheme}Proxy", Scheme.HTTP), ("socksProxy", Scheme.SOCKS5)):
        address = _named(settings, key, lookup).strip()
        apart = _PORT_APART.fullmatch(address)
        if address:
            yield usual, f"{apart[1].rstrip('/')}:{apart[2]}" if apart else address


def _named(settings: Mapping[str, str], key: str, lookup: Mapping[str, str] | None) -> str:
    value = settings.get(key, "")
    return value if lookup is None else lookup.get(value, "")
