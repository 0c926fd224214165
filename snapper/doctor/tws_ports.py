"""Whether TWS itself gets through: its hosts and ports, each tried directly and all at once.

TWS speaks a protocol of its own to ports 4000 and 4001; no HTTP proxy carries it. Nothing is sent to these
ports: a connection is opened, listened to for a moment and closed.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from snapper.delivery import addresses
from snapper.delivery.evidence import Symptom, symptom_of
from snapper.delivery.waiting import side_by_side
from snapper.doctor.findings import Finding, failed, ok, unknown, warning

DATA_PORT, LOGIN_PORT, WEB_PORT = 4000, 4001, 443
PORT_SECONDS = 2.5  # a firewall that drops is known by then
_LISTEN_SECONDS = 0.7  # TWS's servers wait for TWS to speak; what speaks first is something else
_DNS_SECONDS = 3.0
_WHAT = {
    DATA_PORT: "market data", LOGIN_PORT: "sign-in and orders", WEB_PORT: "IBKR's web addresses",
}  # fmt: skip
_PUBLIC = "Public networks (hotel, airport, café) often block these ports: use a VPN or another network."

_WEB = "A web browser may reach them all the same, through a proxy."


class Reach(StrEnum):
    """What became of one connection."""

    OPEN = "open"
    REFUSED = "refused"
    DROPPED = "dropped"
    FORBIDDEN = "forbidden by the network"
    INTERCEPTED = "answered by something else"
    UNKNOWN_NAME = "name not known"
    OFFLINE = "no network"


_REACH_OF = {
    Symptom.REFUSED: Reach.REFUSED, Symptom.RESET: Reach.REFUSED, Symptom.TIMEOUT: Reach.DROPPED,
    Symptom.PROHIBITED: Reach.FORBIDDEN, Symptom.LOCAL: Reach.FORBIDDEN, Symptom.NO_ROUTE: Reach.OFFLINE,
    Symptom.UNKNOWN_NAME: Reach.UNKNOWN_NAME, Symptom.NAME_SERVER: Reach.UNKNOWN_NAME,
}  # fmt: skip


@dataclass(frozen=True)
class Port:
    """One host and port, and what became of it."""

    host: str
    port: int
    reach: Reach


def check(hosts: Sequence[str], web_hosts: Sequence[str], trust: ssl.SSLContext, end: float) -> list[Finding]:
    """Try every host on TWS's two ports and every web host on 443, until `end` (time.monotonic)."""
    wanted = [(host, port) for host in hosts for port in (DATA_PORT, LOGIN_PORT)]
    wanted += [(host, WEB_PORT) for host in web_hosts]
    reached = side_by_side({each: partial(reach, *each, trust, end) for each in wanted}, end)
    found = [Port(host, port, what) for (host, port), what in reached.items()]
    return [summary(port, [each for each in found if each.port == port]) for port in _WHAT]


def reach(host: str, port: int, trust: ssl.SSLContext, end: float) -> Reach:
    """What becomes of a connection to one host and port."""
    try:
        found = addresses.resolve(host, port, min(_DNS_SECONDS, end - time.monotonic()))
    except TimeoutError:
        return Reach.UNKNOWN_NAME
    except OSError as error:
        return _REACH_OF.get(symptom_of(error), Reach.UNKNOWN_NAME)
    if addresses.sunk(host, [str(where[0]) for _, where in found]):
        return Reach.INTERCEPTED
    try:
        connected = addresses.connect(found, min(PORT_SECONDS, end - time.monotonic()))
    except OSError as error:
        return _REACH_OF.get(symptom_of(error), Reach.DROPPED)
    with connected:
        return _web(connected, host, trust) if port == WEB_PORT else _quiet(connected)


def _web(connected: socket.socket, host: str, trust: ssl.SSLContext) -> Reach:
    connected.settimeout(PORT_SECONDS)
    try:
        trust.wrap_socket(connected, server_hostname=host).close()
    except (ssl.SSLCertVerificationError, ssl.SSLError, ValueError) as error:
        dropped = isinstance(error, ssl.SSLError) and symptom_of(error) in (Symptom.CLOSED, Symptom.TIMEOUT)
        return Reach.REFUSED if dropped else Reach.INTERCEPTED
    except OSError as error:
        return _REACH_OF.get(symptom_of(error), Reach.DROPPED)
    return Reach.OPEN


def _quiet(connected: socket.socket) -> Reach:
    """Open, unless somebody speaks who should not, or the connection is cut as soon as it stands."""
    connected.settimeout(_LISTEN_SECONDS)
    try:
        return Reach.INTERCEPTED if connected.recv(1) else Reach.REFUSED
    except TimeoutError:
        return Reach.OPEN
    except OSError:
        return Reach.REFUSED


def summary(port: int, ports: Sequence[Port]) -> Finding:
    """One line about one port on all hosts."""
    name = f"port {port}"
    about, what = "TWS", _WHAT[port]
    if not ports:
        return unknown(about, name, f"{_capital(what)}, {name}: there was no time to try it.")
    facts = {
        f"{each.host}:{each.port}": str(each.reach) for each in sorted(ports, key=lambda each: each.host)
    }
    kinds = _counted(each.reach for each in ports)
    if set(kinds) == {Reach.OPEN}:
        return ok(about, name, f"{_capital(what)}, {name}: open on all {len(ports)} hosts.", hosts=facts)
    told = ", ".join(f"{kind} on {count}" for kind, count in kinds.items())
    sentence = f"{_capital(what)}, {name}: {told} of {len(ports)} hosts."
    if Reach.OPEN in kinds:
        return warning(about, name, sentence, "One open host is enough for TWS to start.", hosts=facts)
    tws = " TWS cannot connect here." if port != WEB_PORT else ""
    unfound = set(kinds) <= {Reach.UNKNOWN_NAME, Reach.OFFLINE}
    remedy = "Check the connection first." if unfound else _WEB if port == WEB_PORT else _PUBLIC
    return failed(about, name, sentence + tws, remedy, hosts=facts)


def _counted(kinds: Iterable[Reach]) -> dict[Reach, int]:
    found: dict[Reach, int] = {}
    for kind in kinds:
        found[kind] = found.get(kind, 0) + 1
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def local_api(ports: Sequence[int]) -> Finding:
    """Which of the API ports of TWS and Gateway somebody listens on, on this computer."""
    listening = [port for port in ports if _listens(port)]
    if listening:
        told = ", ".join(map(str, listening))
        return ok("TWS", "API on this computer", f"A program listens on port {told}.", ports=listening)
    return ok(
        "TWS", "API on this computer", "Nothing listens on TWS's API ports; only trading programs need it.",
        ports=[],
    )  # fmt: skip


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 0.5):
            return True
    except OSError:
        return False
