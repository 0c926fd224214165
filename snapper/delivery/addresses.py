"""From a host name to a connected TCP socket: every address raced (RFC 8305), so that one family that leads
nowhere costs a quarter of a second; a name server that hangs costs no more than its time."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import itertools
import selectors
import socket
import time
from collections.abc import Sequence
from typing import Any

from snapper.delivery.waiting import within

STAGGER_SECONDS = 0.25  # RFC 8305, 5
_SEND_BUFFER = 32 * 1024  # larger ones hide for minutes that a slow connection has stalled
_WINDOWS_USER_MTU = {socket.AF_INET: (0, 76), socket.AF_INET6: (41, 80)}  # IP_USER_MTU, IPV6_USER_MTU
_HEADERS = 60  # of IPv6 and TCP: what an MTU has on top of a segment

Address = tuple[socket.AddressFamily, tuple[Any, ...]]


def resolve(host: str, port: int, seconds: float) -> list[Address]:
    """The addresses of a host, families alternating, the system's first choice first.

    Raises socket.gaierror, TimeoutError when no name server answers.
    """
    try:
        found = within(seconds, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except UnicodeError as error:  # a label of more than 63 characters
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from error
    addresses = list(dict.fromkeys((item[0], item[4]) for item in found))
    first = [each for each in addresses if each[0] == addresses[0][0]]
    other = [each for each in addresses if each[0] != addresses[0][0]]
    pairs = itertools.zip_longest(first, other)
    return [each for pair in pairs for each in pair if each]


def sunk(host: str, addresses: Sequence[str]) -> bool:
    """Whether a filter gave the name of another computer addresses where only this one can be."""
    return sinkhole(addresses) and host != "localhost" and not sinkhole([host])


def sinkhole(addresses: Sequence[str]) -> bool:
    """Whether all of these are addresses of this computer, or of none."""
    try:
        read = [ipaddress.ip_address(address.partition("%")[0]) for address in addresses]
    except ValueError:
        return False
    return bool(read) and all(each.is_loopback or each.is_unspecified for each in read)


def connect(addresses: Sequence[Address], seconds: float, segment: int = 0) -> socket.socket:
    """Connect to whichever address answers first; `segment` bounds the bytes of one TCP packet (0: any).

    Raises OSError: what most of the addresses met, TimeoutError when the time is over.
    """
    race = _Race(segment)
    with contextlib.closing(race):
        return race.run(list(addresses), time.monotonic() + seconds)


class _Race:
    def __init__(self, segment: int) -> None:
        self._segment = segment
        self._selector = selectors.DefaultSelector()
        self._errors: list[OSError] = []

    def close(self) -> None:
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def run(self, waiting: list[Address], end: float) -> socket.socket:
        next_start = time.monotonic()
        while waiting or self._selector.get_map():
            now = time.monotonic()
            if now >= end:
                raise TimeoutError
            if waiting and (now >= next_start or not self._selector.get_map()):
                self._start(waiting.pop(0))
                next_start = now + STAGGER_SECONDS
            if winner := self._ready(min(end, next_start if waiting else end) - time.monotonic()):
                return winner
        raise _most_telling(self._errors)

    def _start(self, address: Address) -> None:
        family, where = address
        try:
            one = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            self._errors.append(error)
            return
        one.setblocking(False)
        prepare(one, self._segment)
        try:
            number = one.connect_ex(where)
        except OSError as error:
            number = error.errno or errno.EINVAL
        if number in (0, errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", 0)):
            self._selector.register(one, selectors.EVENT_WRITE)
        else:
            one.close()
            self._errors.append(OSError(number, "connect"))

    def _ready(self, seconds: float) -> socket.socket | None:
        if not self._selector.get_map():
            return None
        for key, _ in self._selector.select(max(0.0, seconds)):
            one = key.fileobj
            assert isinstance(one, socket.socket)
            self._selector.unregister(one)
            number = one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not number:
                return one
            one.close()
            self._errors.append(OSError(number, "connect"))
        return None


def prepare(one: socket.socket, segment: int) -> None:
    """What every socket of ours has: no delay for small pieces, a small buffer, small packets if need be."""
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    if not segment:
        return
    with contextlib.suppress(OSError):
        if hasattr(socket, "TCP_MAXSEG"):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)
        else:
            one.setsockopt(*_WINDOWS_USER_MTU[one.family], segment + _HEADERS)


def _most_telling(errors: Sequence[OSError]) -> OSError:
    """A refusal says more than “no route”, which is what a family without any network says."""
    vague = (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    return next((error for error in errors if error.errno not in vague), errors[0])
