"""The proxy settings of the Mac, of the network it is on, as `scutil --proxy` prints them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from snapper.delivery.proxies.address import answer_from
from snapper.delivery.proxies.answer import Answer, PacAddress, Target, detected, excepted
from snapper.delivery.proxies.exceptions import Exceptions
from snapper.delivery.proxies.tool import output_of
from snapper.delivery.route import Scheme, Source
from snapper.hosts import with_port
from snapper.language import _

_LINE = re.compile(r"\s*(.+?) : (.*)")
_OPENING = re.compile(r"<(?:dictionary|array)> \{")
# Translators: a place where a proxy is set.
_NAMED_BY = _("the proxy settings of this Mac")

Value: TypeAlias = "str | Mapping[str, Value]"


class Mac:
    """Asks the system each time: settings change with the network."""

    # Translators: a place where proxies are set; a colon follows.
    name = _("macOS proxy settings")

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def ask(self, target: Target) -> Answer:
        """What the settings say about a target. Raises CannotAsk."""
        return read(parse(output_of(["scutil", "--proxy"], self._environ)), target)


def parse(text: str) -> dict[str, Value]:
    """A dictionary as scutil prints it, arrays as dictionaries from their numbers; the rest of a text that
    breaks off is missing."""
    whole: dict[str, Value] = {}
    open_ones = [whole]
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if line.strip() == "}" and len(open_ones) > 1:
            open_ones.pop()
        elif found and _OPENING.fullmatch(found[2]):
            inner: dict[str, Value] = {}
            open_ones[-1][found[1]] = inner
            open_ones.append(inner)
        elif found:
            open_ones[-1][found[1]] = found[2]
    return whole


def read(settings: Mapping[str, Value], target: Target) -> Answer:
    """What settings say about a target."""
    pac = _pac(settings)
    listed = settings.get("ExceptionsList", {})
    entries = (
        [each for each in listed.values() if isinstance(each, str)] if isinstance(listed, Mapping) else []
    )
    simple = settings.get("ExcludeSimpleHostnames") == "1"
    if Exceptions.each(entries, domains=False, simple=simple).cover(target):
        return excepted(target, pac)
    return answer_from(_addresses(settings, target.scheme.upper()), Source.SYSTEM, _NAMED_BY, pac)


def _addresses(settings: Mapping[str, Value], kind: str) -> Iterator[tuple[Scheme, str]]:
    kinds: Sequence[tuple[str, Scheme]] = ((kind, Scheme.HTTP), ("SOCKS", Scheme.SOCKS5))
    for name, scheme in kinds:
        host, port = settings.get(f"{name}Proxy"), settings.get(f"{name}Port")
        if settings.get(f"{name}Enable") == "1" and isinstance(host, str) and host:
            yield scheme, with_port(host, port if isinstance(port, str) else "")


def _pac(settings: Mapping[str, Value]) -> PacAddress | None:
    address = settings.get("ProxyAutoConfigURLString")
    if settings.get("ProxyAutoConfigEnable") == "1" and isinstance(address, str) and address:
        return PacAddress(address, Source.PAC, _NAMED_BY)
    return detected(_NAMED_BY) if settings.get("ProxyAutoDiscoveryEnable") == "1" else None
