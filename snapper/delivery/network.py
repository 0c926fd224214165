"""Which network this computer is on, and when that changes. Names and addresses stay here: a fingerprint is a
hash."""

from __future__ import annotations

import contextlib
import enum
import hashlib
import ipaddress
import logging
import re
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import psutil

from snapper.delivery import gateways
from snapper.delivery.gateways import Gateway

_SETTLE_SECONDS = 1.0  # one change of network is a burst of small ones,
_RESTLESS_SECONDS = 5.0  # which may go on and on
_POLL_SECONDS = 5.0
_MAC_SECONDS = 0.03
_CHARS = 32
# Loopback, and the bridges of containers and virtual machines: they come and go, and lead nowhere.
_INNER = re.compile(
    r"lo\d*$|loopback|docker|br-[0-9a-f]+$|veth[0-9a-f]{7}$|vethernet|virbr|vmnet|vboxnet|vmware|virtualbox",
    re.IGNORECASE,
)
# RTMGRP_LINK, IPV4_IFADDR, IPV4_ROUTE, IPV6_IFADDR, IPV6_ROUTE of linux/rtnetlink.h
_NETLINK_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400

Interface = ipaddress.IPv4Interface | ipaddress.IPv6Interface

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Card:
    """A network card: whether it is up, and its addresses that lead somewhere."""

    name: str
    up: bool
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """The network cards of this computer, and its way to the rest of the world, if there is one."""

    cards: tuple[Card, ...]
    gateway: Gateway | None

    @property
    def online(self) -> bool:
        """Whether anything at all can be reached: a card is up and has an address."""
        return any(card.up and card.addresses for card in self.cards)


def search_domains(platform: str = sys.platform) -> tuple[str, ...]:
    """The domains that DNS searches for short names, the first one first."""
    return gateways.search_domains(platform)


def link(platform: str = sys.platform) -> Link:
    """The cards and the gateway as they are now."""
    cards = tuple(
        Card(name, up, tuple(str(each.ip) for each in interfaces)) for name, up, interfaces in _cards()
    )
    return Link(cards, gateways.default(platform, 0))


def fingerprint(platform: str = sys.platform) -> str:
    """Which network this is, the same each time this computer is on it; "" offline. Takes up to 50 ms."""
    networks = {each.network for _, up, interfaces in _cards() if up for each in interfaces}
    if not networks:
        return ""
    gateway = gateways.default(platform, _MAC_SECONDS) or Gateway()
    return digest(networks, gateway, search_domains(platform))


def digest(
    networks: set[ipaddress.IPv4Network | ipaddress.IPv6Network], gateway: Gateway, domains: tuple[str, ...]
) -> str:
    """The hash of what tells networks apart. Providers give new IPv6 networks each day: where there is IPv4,
    it tells alone."""
    lasting = {each for each in networks if each.version == 4} or networks
    facts = [*sorted(map(str, lasting)), f"via {gateway.address} {gateway.mac}", *sorted(domains)]
    return hashlib.sha256("\n".join(facts).encode("utf-8", "replace")).hexdigest()[:_CHARS]


def _cards() -> Iterator[tuple[str, bool, list[Interface]]]:
    """Each card that may lead out: name, whether it is up, its addresses without those of one cable only."""
    try:
        addresses, states = psutil.net_if_addrs(), psutil.net_if_stats()
    except (OSError, psutil.Error):
        return
    for name in sorted(states):
        if _INNER.match(name):
            continue
        told = (_interface(each.address, each.netmask) for each in addresses.get(name, ()))
        interfaces = {each for each in told if each and not each.ip.is_link_local and not each.ip.is_loopback}
        yield name, states[name].isup, sorted(interfaces, key=lambda each: (each.version, each))


def _interface(address: str, mask: str | None) -> Interface | None:
    """An address with its network; a MAC address is none."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
        if mask is None:
            return ipaddress.ip_interface(ip)
        bits = int(ipaddress.ip_address(mask)).bit_count() if ":" in mask else mask
        return ipaddress.ip_interface(f"{ip}/{bits}")
    except ValueError:
        return None


# --- changes -----------------------------------------------------------------------------------------------


class _Heard(enum.Enum):
    STOP = enum.auto()
    CHANGE = enum.auto()
    NOTHING = enum.auto()


class _Ear(Protocol):
    """What tells that the network may have changed."""

    def wait(self, seconds: float | None) -> _Heard:
        """The next thing that is told; NOTHING after `seconds`."""

    def stop(self) -> None:
        """End the waiting, from another thread."""

    def close(self) -> None:
        """Give back what it holds; nobody waits any more."""


class _Netlink:
    """Linux tells by itself. Raises OSError where it may not be asked."""

    def __init__(self) -> None:
        self._told = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        try:
            self._told.bind((0, _NETLINK_GROUPS))
        except OSError:
            self._told.close()
            raise
        self._stopped, self._stopper = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        for each in (self._told, self._stopped):
            self._selector.register(each, selectors.EVENT_READ)

    def wait(self, seconds: float | None) -> _Heard:
        ready = [key.fileobj for key, _ in self._selector.select(seconds)]
        if self._stopped in ready:
            return _Heard.STOP
        with contextlib.suppress(OSError):  # nothing more, or so much that some of it was lost
            while ready:
                self._told.recv(1 << 16)
        return _Heard.CHANGE if ready else _Heard.NOTHING

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._stopper.send(b".")

    def close(self) -> None:
        self._selector.close()
        for each in (self._told, self._stopped, self._stopper):
            each.close()


class _Clock:
    """Elsewhere it is time to look again every few seconds."""

    def __init__(self, seconds: float = _POLL_SECONDS) -> None:
        self._seconds = seconds
        self._stopped = threading.Event()

    def wait(self, seconds: float | None) -> _Heard:
        if self._stopped.wait(self._seconds if seconds is None else seconds):
            return _Heard.STOP
        return _Heard.CHANGE if seconds is None else _Heard.NOTHING

    def stop(self) -> None:
        self._stopped.set()

    def close(self) -> None:
        self._stopped.set()


def _ear() -> _Ear:
    if hasattr(socket, "AF_NETLINK"):
        with contextlib.suppress(OSError):
            return _Netlink()
    return _Clock()


class Watch:
    """Tells when the network changed: a card, an address, the gateway or what is behind it. Costs
    nothing while nothing happens on Linux, and a look every few seconds elsewhere."""

    def __init__(self, on_change: Callable[[], None], *, ear: Callable[[], _Ear] = _ear) -> None:
        """`on_change` runs in a thread of the watch, once for a burst of changes."""
        self._on_change = on_change
        self._make_ear = ear
        self._ear: _Ear | None = None
        self._thread: threading.Thread | None = None
        self._seen = ("", Link((), None))

    def start(self) -> None:
        """Watch from now on: what changes after this is told. Once per watch."""
        self._ear = self._make_ear()
        self._seen = _now()
        self._thread = threading.Thread(target=self._run, args=(self._ear,), name="network", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more; nothing is told when this returns, unless it is called from within `on_change`."""
        if self._ear and self._thread:
            self._ear.stop()
            if self._thread is not threading.current_thread():
                self._thread.join()

    def _run(self, ear: _Ear) -> None:
        with contextlib.closing(ear):
            while ear.wait(None) is _Heard.CHANGE and self._settled(ear):
                now = _now()
                if now != self._seen:
                    self._seen = now
                    self._tell()

    @staticmethod
    def _settled(ear: _Ear) -> bool:
        """Whether the watch goes on, after a moment of quiet."""
        end = time.monotonic() + _RESTLESS_SECONDS
        while (heard := ear.wait(_SETTLE_SECONDS)) is _Heard.CHANGE and time.monotonic() < end:
            pass
        return heard is not _Heard.STOP

    def _tell(self) -> None:
        try:
            self._on_change()
        except Exception:
            log.exception("what was to happen at a change of the network failed")


def _now() -> tuple[str, Link]:
    return fingerprint(), link()
