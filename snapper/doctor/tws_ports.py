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
from snapper.language import _, plural, together
from snapper.words import number_text

DATA_PORT, LOGIN_PORT, WEB_PORT = 4000, 4001, 443
PORT_SECONDS = 2.5  # a firewall that drops is known by then
_LISTEN_SECONDS = 0.7  # TWS's servers wait for TWS to speak; what speaks first is something else
_DNS_SECONDS = 3.0
_ABOUT = "TWS"
# Translators: what goes through a port, before a colon.
_DATA = _("Market data, port {port}")
# Translators: what goes through a port, before a colon.
_LOGIN = _("Sign-in and orders, port {port}")
# Translators: what goes through a port, before a colon.
_WEB_PAGES = _("IBKR's web addresses, port {port}")
_WHAT = {DATA_PORT: _DATA, LOGIN_PORT: _LOGIN, WEB_PORT: _WEB_PAGES}
_PUBLIC = _("Public networks (hotel, airport, café) often block these ports: use a VPN or another network.")
_WEB = _("A web browser may reach them all the same, through a proxy.")


class Reach(StrEnum):
    """What became of one connection."""

    OPEN = "open"
    REFUSED = "refused"
    DROPPED = "dropped"
    FORBIDDEN = "forbidden by the network"
    INTERCEPTED = "answered by something else"
    UNKNOWN_NAME = "name not known"
    OFFLINE = "no network"


_TOLD = {
    # Translators: of connections to {count} hosts, in a list.
    Reach.OPEN: _("open on {count}"),
    # Translators: of connections to {count} hosts, in a list.
    Reach.REFUSED: _("refused on {count}"),
    # Translators: of connections to {count} hosts, in a list.
    Reach.DROPPED: _("dropped on {count}"),
    # Translators: of connections to {count} hosts, in a list.
    Reach.FORBIDDEN: _("forbidden by the network on {count}"),
    # Translators: of connections to {count} hosts, in a list.
    Reach.INTERCEPTED: _("answered by something else on {count}"),
    # Translators: of {count} hosts, in a list.
    Reach.UNKNOWN_NAME: _("name not known on {count}"),
    # Translators: of connections to {count} hosts, in a list.
    Reach.OFFLINE: _("no network on {count}"),
}
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
    about, name, what = _ABOUT, f"port {port}", _WHAT[port].format(port=port)
    if not ports:
        # Translators: {what} is “Market data, port 4000”.
        return unknown(about, name, _("{what}: there was no time to try it.").format(what=what))
    facts = {
        f"{each.host}:{each.port}": str(each.reach) for each in sorted(ports, key=lambda each: each.host)
    }
    kinds = _counted(each.reach for each in ports)
    if set(kinds) == {Reach.OPEN}:
        # Translators: {what} is “Market data, port 4000”.
        text = plural("{what}: open on all {count} host.", "{what}: open on all {count} hosts.", len(ports))
        return ok(about, name, text.format(what=what, count=number_text(len(ports))), hosts=facts)
    told = together((_TOLD[kind].format(count=number_text(count)) for kind, count in kinds.items()), ", ")
    # Translators: {what} is “Market data, port 4000”, {told} a list such as “open on 3, dropped on 2”.
    text = plural("{what}: {told} of {count} host.", "{what}: {told} of {count} hosts.", len(ports))
    sentence = text.format(what=what, told=told, count=number_text(len(ports)))
    if Reach.OPEN in kinds:
        return warning(about, name, sentence, _("One open host is enough for TWS to start."), hosts=facts)
    tws = _("TWS cannot connect here.") if port != WEB_PORT else ""
    unfound = set(kinds) <= {Reach.UNKNOWN_NAME, Reach.OFFLINE}
    remedy = _("Check the connection first.") if unfound else _WEB if port == WEB_PORT else _PUBLIC
    return failed(about, name, together([sentence, tws]), remedy, hosts=facts)


def _counted(kinds: Iterable[Reach]) -> dict[Reach, int]:
    found: dict[Reach, int] = {}
    for kind in kinds:
        found[kind] = found.get(kind, 0) + 1
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def local_api(ports: Sequence[int]) -> Finding:
    """Which of the API ports of TWS and Gateway somebody listens on, on this computer."""
    listening = [port for port in ports if _listens(port)]
    name = "API on this computer"
    if listening:
        told = ", ".join(map(str, listening))
        # Translators: {ports} is one number, or a list of them.
        return ok(_ABOUT, name, _("A program listens on port {ports}.").format(ports=told), ports=listening)
    nobody = _("Nothing listens on TWS's API ports; only trading programs need it.")
    return ok(_ABOUT, name, nobody, ports=[])


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 0.5):
            return True
    except OSError:
        return False
