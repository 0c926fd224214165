"""Hosts that are reached without the proxy: `NO_PROXY` and its like on every system. Pure; never raises.

Systems differ in one thing: whether a name stands for its whole domain (variables, GNOME, KDE) or for itself
alone (Windows, the Mac).
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from snapper.delivery.proxies.answer import Target
from snapper.hosts import IpAddress, ascii_host, ip_of, split_port

_SIMPLE = "<local>"  # Windows and KDE: every name without a dot
_BETWEEN = re.compile(r"[\s,;]+")
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*)://")


@dataclass(frozen=True)
class Exceptions:
    """A list of exceptions; with `domains`, a name covers the names below it too."""

    entries: tuple[str, ...]
    domains: bool

    @classmethod
    def of(cls, text: str, *, domains: bool) -> Exceptions:
        """A list with commas, semicolons or spaces between its entries."""
        return cls(tuple(_BETWEEN.split(text)), domains)

    @classmethod
    def each(cls, entries: Iterable[str], *, domains: bool, simple: bool = False) -> Exceptions:
        """A list whose entries come apart; with `simple`, names without a dot are on it."""
        return cls((*entries, *([_SIMPLE] if simple else [])), domains)

    def cover(self, target: Target) -> bool:
        """Whether a target is on the list."""
        return any(_covers(entry.strip().lower(), target, self.domains) for entry in self.entries)


def _covers(entry: str, target: Target, domains: bool) -> bool:
    if not entry:
        return False
    if entry == _SIMPLE:
        return "." not in target.host and ip_of(target.host) is None
    if found := _SCHEME.match(entry):
        if found[1] != target.scheme:
            return False
        entry = entry[found.end() :]
    address = ip_of(target.host)
    if "/" in entry and (network := _network(entry)):
        return address is not None and address in network
    try:
        name, port = split_port(entry.partition("/")[0])
    except ValueError:
        return False
    return port in (0, target.port) and _names(ascii_host(name), target.host, address, domains)


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network of `10.0.0.0/8`, `[fd00::]/8`, or `169.254/16` as the Mac writes it."""
    place, _, length = entry.replace("[", "").replace("]", "").partition("/")
    if re.fullmatch(r"[0-9]+(\.[0-9]+){0,2}", place):
        place += ".0" * (3 - place.count("."))
    try:
        return ipaddress.ip_network(f"{place}/{length}", strict=False)
    except ValueError:
        return None


def _names(name: str, host: str, address: IpAddress | None, domains: bool) -> bool:
    if address is not None and (named := ip_of(name)):
        return address == named
    if name.startswith("."):
        name = f"*{name}"
    domain = name.removeprefix("*.")
    if domains and not set("*?") & set(domain):
        return host == domain or (address is None and host.endswith(f".{domain}"))
    return fnmatch.fnmatchcase(host, name.replace("[", "[[]"))
