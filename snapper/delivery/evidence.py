"""What an attempt to reach a server met: how far it came, and what ended it. Data; diagnose.py reads it."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from snapper.delivery.route import Route

_FOREIGN_BYTES = 4096  # of a page that somebody else sent: enough for its title


class Phase(StrEnum):
    """How far an attempt came; each is over when the next begins."""

    DNS = "dns"
    TCP = "tcp"
    PROXY_DNS = "proxy-dns"
    PROXY_TCP = "proxy-tcp"
    PROXY_TLS = "proxy-tls"
    CONNECT = "connect"  # asking a proxy for the server
    TLS = "tls"
    SEND = "send"
    ANSWER = "answer"


class Symptom(StrEnum):
    """What ended it."""

    UNKNOWN_NAME = "unknown-name"
    NAME_SERVER = "name-server"  # it does not answer, or fails
    TIMEOUT = "timeout"
    REFUSED = "refused"
    RESET = "reset"
    CLOSED = "closed"
    PROHIBITED = "prohibited"
    NO_ROUTE = "no-route"
    LOCAL = "local"
    CERTIFICATE = "certificate"
    NOT_TLS = "not-tls"
    TLS = "tls"
    NOT_HTTP = "not-http"
    STATUS = "status"  # a proxy or something foreign answered with a status
    SOCKS = "socks"  # a SOCKS server refused; `status` is its reply code
    LOGIN = "login"  # a proxy wants to know who we are; `offered` are its schemes
    WRONG_LOGIN = "wrong-login"


@dataclass(frozen=True)
class Stop:
    """Where and how one attempt ended.

    `addresses` are those the name stands for; `status`, `headers` and `body` (its beginning) are what a
    proxy or something in between answered; `verify` is OpenSSL's word on a certificate; `minds_name`: the
    same handshake with another server name went through; `sent` counts the
    bytes of a body that were handed to the network; `seconds` since the attempt began.
    """

    phase: Phase
    symptom: Symptom
    route: Route
    host: str = ""
    port: int = 0
    addresses: tuple[str, ...] = ()
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    offered: tuple[str, ...] = ()
    verify: int = 0
    minds_name: bool = False
    words: str = ""
    sent: int = 0
    seconds: float = 0.0


class Stopped(Exception):
    """An attempt ended before the server had answered. Not an OSError: no library may wrap it."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(f"{stop.phase}: {stop.symptom}")
        self.stop = stop


_ERRNO: dict[int, Symptom] = {
    errno.ECONNREFUSED: Symptom.REFUSED,
    errno.ECONNRESET: Symptom.RESET,
    errno.EPIPE: Symptom.RESET,
    errno.ECONNABORTED: Symptom.RESET,
    errno.EHOSTUNREACH: Symptom.PROHIBITED,
    getattr(errno, "EHOSTDOWN", errno.EHOSTUNREACH): Symptom.PROHIBITED,
    errno.ENETUNREACH: Symptom.NO_ROUTE,
    errno.ENETDOWN: Symptom.NO_ROUTE,
    errno.EADDRNOTAVAIL: Symptom.NO_ROUTE,
    errno.ETIMEDOUT: Symptom.TIMEOUT,
    errno.EACCES: Symptom.LOCAL,
    errno.EPERM: Symptom.LOCAL,
}
_WINDOWS: dict[int, Symptom] = {  # WSAE…: Windows has numbers of its own for the same
    10013: Symptom.LOCAL, 10051: Symptom.NO_ROUTE, 10050: Symptom.NO_ROUTE, 10049: Symptom.NO_ROUTE,
    10053: Symptom.RESET, 10054: Symptom.RESET, 10060: Symptom.TIMEOUT, 10061: Symptom.REFUSED,
    10065: Symptom.PROHIBITED,
}  # fmt: skip
_UNKNOWN_NAMES = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
} | {11001}  # fmt: skip


def symptom_of(error: BaseException) -> Symptom:
    """What an exception of a socket, of TLS or of name resolution means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Symptom.CERTIFICATE
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | EOFError):
        return Symptom.CLOSED
    if isinstance(error, TimeoutError):
        return Symptom.TIMEOUT
    if isinstance(error, ssl.SSLError):
        return Symptom.NOT_TLS if error.reason in _NOT_TLS else Symptom.TLS
    if isinstance(error, socket.gaierror):
        return Symptom.UNKNOWN_NAME if error.errno in _UNKNOWN_NAMES else Symptom.NAME_SERVER
    if isinstance(error, OSError):
        number = getattr(error, "winerror", None)
        return _WINDOWS.get(number or 0) or _ERRNO.get(error.errno or 0, Symptom.CLOSED)
    return Symptom.NOT_HTTP


_NOT_TLS = {
    "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
}  # fmt: skip


def beginning(body: bytes) -> bytes:
    """As much of a foreign page as is kept."""
    return body[:_FOREIGN_BYTES]
