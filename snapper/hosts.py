"""Host names and addresses as texts: one spelling for each, and apart from their ports. Pure."""

from __future__ import annotations

import ipaddress
import re

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NAME_MAX = 253
_PORT = re.compile(r"[0-9]{1,5}")


def ascii_host(host: str) -> str:
    """A host in lower case, `bücher.example` as `xn--bcher-kva.example`, without the dot at the end and the
    interface of a link-local address; what is no name stays as it is."""
    host = host.strip().lower().partition("%")[0].rstrip(".")
    if host.isascii():
        return host
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError:
        return host


def ip_of(host: str) -> IpAddress | None:
    """The address that a host is written as, an IPv4 address within IPv6 as IPv4; None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def loopback(host: str) -> bool:
    """Whether a host is this computer (RFC 6761, 6.3)."""
    address = ip_of(host)
    if address:
        return address.is_loopback or address.is_unspecified
    return host == "localhost" or host.endswith(".localhost")


def is_host(host: str) -> bool:
    """Whether a text in lower-case ASCII can be a host: a name or an address."""
    return bool(len(host) <= _NAME_MAX and _NAME.fullmatch(host)) or ip_of(host) is not None


def split_port(text: str) -> tuple[str, int]:
    """Host and port of `host:port`, `[::1]:port` or either alone, the port then 0. Raises ValueError."""
    if ip_of(text):
        return text, 0
    if text.startswith("["):
        host, closed, port = text[1:].partition("]")
        if not closed or (port and not port.startswith(":")):
            raise ValueError("brackets")
        return host, _port(port[1:])
    host, _, port = text.partition(":")
    return host, _port(port)


def with_port(host: str, port: str) -> str:
    """A host and a port that were kept apart, as an address; an empty port and 0 are none."""
    if port in ("", "0"):
        return host
    return f"[{host}]:{port}" if ip_of(host) and ":" in host else f"{host}:{port}"


def _port(text: str) -> int:
    if not text:
        return 0
    if not _PORT.fullmatch(text) or not 0 < int(text) < 1 << 16:
        raise ValueError("port")
    return int(text)
