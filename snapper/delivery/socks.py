"""SOCKS 5 over a socket connected to the proxy (RFC 1928, login by RFC 1929); names are resolved there.

Own code, as the libraries for it connect by themselves (no racing of addresses, no time limit for the whole)
and hide which reply a proxy gave, which is what tells a policy from a fault.
"""

from __future__ import annotations

import socket
import struct
from typing import Protocol

from snapper.delivery.route import Login

_VERSION, _CONNECT, _DOMAIN, _IPV4, _IPV6 = 5, 1, 3, 1, 4
_NO_LOGIN, _PASSWORD, _NOTHING_FITS = 0, 2, 255


class Stream(Protocol):
    """What of a socket is needed."""

    def sendall(self, data: bytes, /) -> None:
        """Send all bytes."""

    def recv(self, size: int, /) -> bytes:
        """Some bytes, none at the end."""


class SocksLogin(Exception):
    """The proxy wants a login; `wrong`: the one it was given is not right."""

    def __init__(self, *, wrong: bool) -> None:
        super().__init__("login")
        self.wrong = wrong


class SocksRefused(Exception):
    """The proxy will not or cannot connect; `reply` is its code (RFC 1928, 6): 2 its rules, 4 host
    unreachable, 5 refused there."""

    def __init__(self, reply: int) -> None:
        super().__init__(str(reply))
        self.reply = reply


class NotSocks(Exception):
    """What answers is not a SOCKS 5 proxy."""


def socks5(stream: Stream, host: str, port: int, login: Login | None) -> None:
    """Ask for a connection to a host, which the proxy resolves.

    Raises SocksLogin, SocksRefused, NotSocks, OSError.
    """
    methods = bytes([_NO_LOGIN, _PASSWORD] if login else [_NO_LOGIN])
    stream.sendall(bytes([_VERSION, len(methods)]) + methods)
    version, method = _exactly(stream, 2)
    if version != _VERSION:
        raise NotSocks
    if method == _PASSWORD and login:
        _sign_in(stream, login)
    elif method != _NO_LOGIN:
        raise SocksLogin(wrong=False)
    stream.sendall(bytes([_VERSION, _CONNECT, 0]) + _destination(host) + struct.pack(">H", port))
    version, reply, _, kind = _exactly(stream, 4)
    if version != _VERSION:
        raise NotSocks
    if reply:
        raise SocksRefused(reply)
    length = {_IPV4: 4, _IPV6: 16}.get(kind) or _exactly(stream, 1)[0]
    _exactly(stream, length + 2)


def _sign_in(stream: Stream, login: Login) -> None:
    user, password = login.user.encode()[:255], login.password.encode()[:255]
    stream.sendall(b"\x01" + bytes([len(user)]) + user + bytes([len(password)]) + password)
    if _exactly(stream, 2)[1]:
        raise SocksLogin(wrong=True)


def _destination(host: str) -> bytes:
    for family, kind in ((socket.AF_INET, _IPV4), (socket.AF_INET6, _IPV6)):
        try:
            return bytes([kind]) + socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
    name = host.encode("idna")
    return bytes([_DOMAIN, len(name)]) + name


def _exactly(stream: Stream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = stream.recv(size - len(data))
        if not piece:
            if not data:
                raise EOFError
            raise NotSocks
        data += piece
    return data
