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
from snapper.language import Sentence, _, plural, together
from snapper.words import duration_text, number_text, size_text

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
        # Translators: {cards} are names of network cards, such as “eth0, wlan0”.
        sentence = _("Connected ({cards}).").format(cards=", ".join(up) or _("unknown card"))
        return ok(_NETWORK, "connection", sentence, cards=up)
    if found.online:
        return warning(
            _NETWORK, "connection", _("A network card is up, but it has no way out (no default route)."),
            _("Reconnect the network, the Wi-Fi or the VPN."), cards=up,
        )  # fmt: skip
    offline = _("This computer has no network connection.")
    return failed(_NETWORK, "connection", offline, _("Connect it."), cards=up)


def name(host: str, seconds: float) -> Finding:
    """What the network's name server says of the ticket system's host."""
    try:
        found = addresses.resolve(host, 443, seconds)
    except TimeoutError:
        sentence = _("The name server does not answer for {host}.").format(host=host)
        return failed(_NETWORK, "DNS", sentence, _("Check the connection or VPN."))
    except socket.gaierror:
        return failed(
            _NETWORK, "DNS", _("The name server does not know {host}.").format(host=host),
            _("That does not matter where a proxy is used; else check the address in the settings."),
        )  # fmt: skip
    told = sorted({str(where[0]) for _family, where in found})
    named = {"host": host, "addresses": ", ".join(told)}
    if addresses.sunk(host, told):
        return failed(
            _NETWORK, "DNS", _("{host} is given as {addresses}: a filter blocks it.").format(**named),
            _("Ask your IT department to take it off the filter."), addresses=told,
        )  # fmt: skip
    # Translators: which addresses the name of a host stands for.
    return ok(_NETWORK, "DNS", _("{host} is {addresses}.").format(**named), addresses=told)


def routes(survey: Survey, destination: Destination) -> list[Finding]:
    """Every route, who named it and how it went; who was asked and named none."""
    # Translators: in “… leads to the desk”.
    chosen, where = survey.best, _("the desk") if destination.name == DESK else destination.name
    found = [_route(sight, chosen, where) for sight in survey.sights]
    if survey.pac:
        ask = _("Ask your IT department to repair it.")
        found.append(failed(_NETWORK, "proxy script", survey.pac[1], ask))
    found += [
        warning(_NETWORK, "proxy setting", trouble.sentence, _("Correct it, or remove it."))
        for trouble in survey.named.troubles
    ]
    if asked := [together([each.name, each.said], ": ") for each in survey.named.asked]:
        facts = [{"name": each.name, "can": each.can, "said": each.said} for each in survey.named.asked]
        # Translators: {settings} is a list: “environment variables: names no proxy; GNOME proxy settings: …”.
        sentence = _("{settings}.").format(settings=together(asked, "; "))
        found.append(ok(_NETWORK, "proxy settings", sentence, asked=facts))
    if not survey.sights:
        found.append(unknown(_NETWORK, "routes", _("No route gave an answer in time.")))
    return found


def _route(sight: Sight, chosen: Sight | None, where: str) -> Finding:
    route = sight.line.route
    title = "proxy" if route.address else "direct way"
    if sight.stop is None:
        used = _("It is used.") if sight is chosen else _("Another one is preferred.")
        sentence = together([_leads(sight, where), used])
        return ok(_NETWORK, title, sentence, named_by=route.named_by)
    said = in_words(cause_of(sight.stop, Seen()), sight.stop, Seen(), datetime.now(UTC))
    make = warning if chosen else failed
    return make(
        _NETWORK, title, said.sentence, "",  # what to do is said once, where the destination is spoken of
        named_by=route.named_by, cause=str(said.cause), seconds=round(sight.stop.seconds, 1),
    )  # fmt: skip


def _leads(sight: Sight, where: str) -> Sentence:
    """That a way leads to a ticket system."""
    route, size = sight.line.route, sight.line.segment
    if route.address and size:
        # Translators: a proxy; {named_by} is a place in the settings, such as “the Windows proxy settings”.
        text = _("{proxy}, from {named_by}, leads to {where}, with packets of at most {size} bytes.")
    elif route.address:
        # Translators: a proxy; {named_by} is a place in the settings, such as “the Windows proxy settings”.
        text = _("{proxy}, from {named_by}, leads to {where}.")
    elif size:
        # Translators: of the direct way; {where} is “the desk” or a name.
        text = _("Leads to {where}, with packets of at most {size} bytes.")
    else:
        # Translators: of the direct way; {where} is “the desk” or a name.
        text = _("Leads to {where}.")
    return text.format(proxy=route.address, named_by=route.named_by, where=where, size=size)


def certificate(ways: Ways, route: Route) -> Finding:
    """Who signed the certificate that the ticket system shows along a route."""
    if not ways.server.secure:
        at_home = _("The ticket system is on this computer: no certificate is needed.")
        return ok(_NETWORK, "certificate", at_home)
    try:
        seen = ways.certificate(route, _CERTIFICATE_SECONDS)
    except Stopped:
        seen = None
    if seen is None:
        return unknown(_NETWORK, "certificate", _("No certificate was shown."))
    days = (seen.ends - datetime.now(UTC)).days
    facts = {"issuer": seen.issuer, "subject": seen.subject, "ends": seen.ends.isoformat()}
    text = _ended(-days) if days < 0 else _ends(days)
    sentence = text.format(host=ways.server.where[0], issuer=seen.issuer, days=number_text(abs(days)))
    if days < 0:
        remedy = _("Check this computer's clock, or tell support.")
        return failed(_NETWORK, "certificate", sentence, remedy, **facts)
    if days < 7:
        return warning(_NETWORK, "certificate", sentence, _("Tell support that it ends soon."), **facts)
    return ok(_NETWORK, "certificate", sentence, **facts)


def _ends(days: int) -> Sentence:
    return plural(
        "The certificate of {host} is signed by “{issuer}” and ends in {days} day.",
        "The certificate of {host} is signed by “{issuer}” and ends in {days} days.",
        days,
    )


def _ended(days: int) -> Sentence:
    return plural(
        "The certificate of {host} ended {days} day ago (signed by “{issuer}”).",
        "The certificate of {host} ended {days} days ago (signed by “{issuer}”).",
        days,
    )


def clock(ways: Ways) -> Finding:
    """How far this computer's clock is from the desk's."""
    try:
        ahead = ways.clock_ahead()
    except (DeliveryError, Stopped):
        ahead = None
    if ahead is None:
        return unknown(_NETWORK, "clock", _("Nothing on the network told the time."))
    off = abs(ahead.total_seconds())
    if off <= _CLOCK_TOLERANCE:
        # Translators: of this computer's clock: it is right, to so many seconds.
        right = _("Right, to {seconds} s.").format(seconds=number_text(max(1, round(off))))
        return ok(_NETWORK, "clock", right, ahead_seconds=round(off, 1))
    if ahead.total_seconds() > 0:
        # Translators: {duration} is “3 hours”.
        text = _("This computer's clock is {duration} ahead.")
    else:
        # Translators: {duration} is “3 hours”.
        text = _("This computer's clock is {duration} behind.")
    return failed(
        _NETWORK, "clock", text.format(duration=duration_text(round(off / 60) * 60)),
        _("Set date, time and time zone; TWS and secure connections need it."),
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
    # Translators: {system} is the name of a ticket system, with its version where it says one.
    knows = _("{system} answers and knows the token.") if destination.about.token else _("{system} answers.")
    unproved = "" if destination.about.verifies else _("What arrives there cannot be proved.")
    sentence = together([knows.format(system=said), unproved])
    return [
        ok(about, name, sentence, milliseconds=milliseconds),
        ok(about, "limits", _taken(destination, room), report_bytes=room),
    ]


def _taken(destination: Destination, room: int | None) -> Sentence:
    if not room:
        # Translators: of a ticket system.
        return _("Says no limit for reports.")
    most = destination.limits.file_bytes
    if most and destination.limits.splits:
        # Translators: of a ticket system.
        text = _("Takes reports up to {size}, larger files than {file_size} in pieces.")
        return text.format(size=size_text(room), file_size=size_text(most))
    # Translators: of a ticket system.
    return _("Takes reports up to {size}.").format(size=size_text(room))


def no_answer(destination: Destination, error: DeliveryError | None) -> list[Finding]:
    """Why a destination cannot be reached, or does not want us."""
    about, name = heading(destination)
    if error is None:
        return [unknown(about, name, _("No route gave an answer in time."))]
    told = error.obstacle
    return [
        failed(about, name, error.sentence, error.remedy, cause=told.cause, at=told.at, for_it=told.for_it)
    ]


def waiting(states: Sequence[str]) -> Finding:
    """How many reports wait."""
    if not states:
        return ok(_HERE, "outbox", _("No report is waiting."))
    text = plural("{count} report not delivered yet.", "{count} reports not delivered yet.", len(states))
    sentence = text.format(count=number_text(len(states)))
    return warning(_HERE, "outbox", sentence, _("“snapper outbox” shows why."), states=list(states))
