"""How reports get out of here: the network card, the name, every route with who named it, the certificate,
the clock and the ticket systems."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from snapper.delivery import addresses
from snapper.delivery.diagnose import Seen, cause_of, in_words
from snapper.delivery.endpoints import Endpoint
from snapper.delivery.evidence import Stopped
from snapper.delivery.looks import Sight
from snapper.delivery.network import Link
from snapper.delivery.route import Route
from snapper.delivery.ways import Survey, Ways
from snapper.destinations import DESK, Destination
from snapper.doctor.findings import Finding, failed, ok, unknown, warning
from snapper.errors import DeliveryError
from snapper.words import duration_text, size_text

_CLOCK_TOLERANCE = 120.0  # s; TWS itself wants a clock that is right to the minute
_CERTIFICATE_SECONDS = 3.0
_NETWORK, _DESK, _HERE = "Network", "Ticket desk", "This computer"


def heading(destination: Destination) -> tuple[str, str]:
    """What a finding about a destination is about, and its name."""
    return (_DESK, "desk") if destination.name == DESK else (destination.name, "answer")


def link(found: Link) -> Finding:
    """Whether a card is up and has a way out."""
    up = [card.name for card in found.cards if card.up and card.addresses]
    if found.gateway:
        return ok(_NETWORK, "connection", f"Connected ({', '.join(up) or 'unknown card'}).", cards=up)
    if found.online:
        return warning(
            _NETWORK, "connection", "A network card is up, but it has no way out (no default route).",
            "Reconnect the network, the Wi-Fi or the VPN.", cards=up,
        )  # fmt: skip
    return failed(_NETWORK, "connection", "This computer has no network connection.", "Connect it.", cards=up)


def name(host: str, seconds: float) -> Finding:
    """What the network's name server says of the ticket system's host."""
    try:
        found = addresses.resolve(host, 443, seconds)
    except TimeoutError:
        sentence = f"The name server does not answer for {host}."
        return failed(_NETWORK, "DNS", sentence, "Check the connection or VPN.")
    except socket.gaierror:
        return failed(
            _NETWORK, "DNS", f"The name server does not know {host}.",
            "That does not matter where a proxy is used; else check the address in the settings.",
        )  # fmt: skip
    told = sorted({str(where[0]) for _, where in found})
    if addresses.sunk(host, told):
        return failed(
            _NETWORK, "DNS", f"{host} is given as {', '.join(told)}: a filter blocks it.",
            "Ask your IT department to take it off the filter.", addresses=told,
        )  # fmt: skip
    return ok(_NETWORK, "DNS", f"{host} is {', '.join(told)}.", addresses=told)


def routes(survey: Survey, destination: Destination) -> list[Finding]:
    """Every route, who named it and how it went; who was asked and named none."""
    chosen, where = survey.best, "the desk" if destination.name == DESK else destination.name
    found = [_route(sight, chosen, where) for sight in survey.sights]
    if survey.pac:
        found.append(failed(_NETWORK, "proxy script", survey.pac[1], "Ask your IT department to repair it."))
    found += [
        warning(_NETWORK, "proxy setting", trouble.sentence, "Correct it, or remove it.")
        for trouble in survey.named.troubles
    ]
    if asked := [f"{each.name}: {each.said}" for each in survey.named.asked]:
        facts = [{"name": each.name, "can": each.can, "said": each.said} for each in survey.named.asked]
        found.append(ok(_NETWORK, "proxy settings", "; ".join(asked) + ".", asked=facts))
    if not survey.sights:
        found.append(unknown(_NETWORK, "routes", "No route gave an answer in time."))
    return found


def _route(sight: Sight, chosen: Sight | None, where: str) -> Finding:
    route = sight.line.route
    title = "proxy" if route.address else "direct way"
    if sight.stop is None:
        small = f", with packets of at most {sight.line.segment} bytes" if sight.line.segment else ""
        used = " It is used." if sight is chosen else " Another one is preferred."
        who = f"{route.address}, from {route.named_by}, leads" if route.address else "Leads"
        return ok(_NETWORK, title, f"{who} to {where}{small}.{used}", named_by=route.named_by)
    said = in_words(cause_of(sight.stop, Seen()), sight.stop, Seen(), datetime.now(UTC))
    make = warning if chosen else failed
    return make(
        _NETWORK, title, said.sentence, "",  # what to do is said once, where the destination is spoken of
        named_by=route.named_by, cause=str(said.cause), seconds=round(sight.stop.seconds, 1),
    )  # fmt: skip


def certificate(ways: Ways, route: Route) -> Finding:
    """Who signed the certificate that the ticket system shows along a route."""
    if not ways.server.secure:
        return ok(_NETWORK, "certificate", "The ticket system is on this computer: no certificate is needed.")
    try:
        seen = ways.certificate(route, _CERTIFICATE_SECONDS)
    except Stopped:
        seen = None
    if seen is None:
        return unknown(_NETWORK, "certificate", "No certificate was shown.")
    days = (seen.ends - datetime.now(UTC)).days
    facts = {"issuer": seen.issuer, "subject": seen.subject, "ends": seen.ends.isoformat()}
    sentence = (
        f"The certificate of {ways.server.where[0]} is signed by “{seen.issuer}” and ends in {days} days."
    )
    if days < 0:
        sentence = (
            f"The certificate of {ways.server.where[0]} ended {-days} days ago (signed by “{seen.issuer}”)."
        )
        return failed(
            _NETWORK, "certificate", sentence, "Check this computer's clock, or tell support.", **facts
        )
    if days < 7:
        return warning(_NETWORK, "certificate", sentence, "Tell support that it ends soon.", **facts)
    return ok(_NETWORK, "certificate", sentence, **facts)


def clock(ways: Ways) -> Finding:
    """How far this computer's clock is from the desk's."""
    try:
        ahead = ways.clock_ahead()
    except (DeliveryError, Stopped):
        ahead = None
    if ahead is None:
        return unknown(_NETWORK, "clock", "Nothing on the network told the time.")
    off = abs(ahead.total_seconds())
    if off <= _CLOCK_TOLERANCE:
        return ok(_NETWORK, "clock", f"Right, to {max(1, round(off))} s.", ahead_seconds=round(off, 1))
    way = "ahead" if ahead.total_seconds() > 0 else "behind"
    return failed(
        _NETWORK, "clock", f"This computer's clock is {duration_text(round(off / 60) * 60)} {way}.",
        "Set date, time and time zone; TWS and secure connections need it.",
        ahead_seconds=round(ahead.total_seconds(), 1),
    )  # fmt: skip


def answers(destination: Destination, endpoint: Endpoint) -> list[Finding]:
    """Whether a destination answers, knows our token and has what the settings name, and what it takes."""
    about, name = heading(destination)
    began = time.monotonic()
    try:
        said = endpoint.probe()
        room = endpoint.room()
    except DeliveryError as error:
        return no_answer(destination, error)
    milliseconds = round((time.monotonic() - began) * 1000)
    knows = " and knows the token" if destination.about.token else ""
    unproved = "" if destination.about.verifies else " What arrives there cannot be proved."
    return [
        ok(about, name, f"{said} answers{knows}.{unproved}", milliseconds=milliseconds),
        ok(about, "limits", _taken(destination, room), report_bytes=room),
    ]


def _taken(destination: Destination, room: int | None) -> str:
    if not room:
        return "Says no limit for reports."
    most = destination.limits.file_bytes
    pieces = f", larger files than {size_text(most)} in pieces" if most and destination.limits.splits else ""
    return f"Takes reports up to {size_text(room)}{pieces}."


def no_answer(destination: Destination, error: DeliveryError | None) -> list[Finding]:
    """Why a destination cannot be reached, or does not want us."""
    about, name = heading(destination)
    if error is None:
        return [unknown(about, name, "No route gave an answer in time.")]
    told = error.obstacle
    return [
        failed(about, name, error.sentence, error.remedy, cause=told.cause, at=told.at, for_it=told.for_it)
    ]


def waiting(states: Sequence[str]) -> Finding:
    """How many reports wait."""
    if not states:
        return ok(_HERE, "outbox", "No report is waiting.")
    count = f"{len(states)} report{'s' if len(states) > 1 else ''}"
    return warning(
        _HERE, "outbox", f"{count} not delivered yet.", "“snapper outbox” shows why.", states=list(states)
    )
