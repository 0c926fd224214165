"""From what was met on every route to one named cause: a sentence and a remedy for the trader, a text for the
IT department. Pure.

The table of causes by symptom was measured on 59 kinds of broken network. A status counts as the ticket
system's word only where the ticket system signed it (problem+json); here are all the others.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from snapper.delivery.addresses import sunk
from snapper.delivery.causes import Cause
from snapper.delivery.evidence import Phase, Stop, Symptom
from snapper.delivery.route import Route, Scheme
from snapper.delivery.tls import EXPIRED, NOT_YET_VALID, WRONG_ADDRESS, WRONG_HOST, Certificate
from snapper.delivery.wording import ON_THIS_COMPUTER, WORDING
from snapper.errors import Obstacle
from snapper.hosts import loopback
from snapper.language import Sentence, _, together
from snapper.words import day_and_time, size_text

CLOCK_TOLERANCE = timedelta(minutes=10)  # a certificate is out of date by days, a usable clock off by seconds
_TITLE = re.compile(rb"<title[^>]*>(.{1,200}?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Seen:
    """What was looked at besides, once no route led to the server.

    `portal` is what answered in plain HTTP in the server's place; `certificate` the one that was not trusted;
    `clock_ahead` how far this computer's clock is ahead of the network's; `offline` that no card has a route;
    `pac` the trouble with the proxy script.
    """

    portal: Stop | None = None
    certificate: Certificate | None = None
    clock_ahead: timedelta | None = None
    offline: bool = False
    pac: tuple[Cause, str] | None = None


@dataclass(frozen=True)
class Diagnosis:
    """A cause in words; `obstacle` is its name, who stands in the way, and the text for the IT department."""

    cause: Cause
    sentence: str
    remedy: str
    obstacle: Obstacle


# What a person can do something about comes first: where a proxy is the rule, a firewall is too.
_MOST_TELLING = (
    Cause.NO_NETWORK, Cause.PROXY_WANTS_PASSWORD, Cause.PROXY_WRONG_PASSWORD, Cause.DATA_PROTECTION,
    Cause.UPLOADS_FORBIDDEN, Cause.CAPTIVE_PORTAL, Cause.LOCAL_BLOCK, Cause.CLOCK_WRONG,
    Cause.PROXY_FORBIDS, Cause.TLS_UNKNOWN_CA, Cause.CERTIFICATE_EXPIRED, Cause.RATE_LIMIT,
    Cause.SERVER_DOWN, Cause.TOO_LARGE,
    Cause.DNS_WRONG, Cause.WRONG_HOST, Cause.NOT_TLS, Cause.MIDDLEBOX, Cause.NAME_FILTER, Cause.MTU_HOLE,
    Cause.CUT, Cause.STALLED, Cause.SERVER_SILENT, Cause.PAC_BROKEN, Cause.PAC_UNREACHABLE,
    Cause.PROXY_WRONG_KIND,
    Cause.PROXY_CANNOT_REACH, Cause.PROXY_SILENT, Cause.PROXY_UNREACHABLE, Cause.PROHIBITED,
    Cause.DNS_UNKNOWN, Cause.DNS_SILENT, Cause.RESET, Cause.REFUSED, Cause.DROPPED, Cause.UNKNOWN,
)  # fmt: skip


def diagnose(stops: Sequence[Stop], seen: Seen, now: datetime) -> Diagnosis:
    """The one cause to tell, of what every route met; `stops` holds at least one, in the order of trust."""
    causes = [(cause_of(stop, seen), stop) for stop in stops]
    if seen.pac:
        causes.append((seen.pac[0], stops[-1]))
    if seen.offline and all(stop.route.scheme is Scheme.DIRECT or stop.addresses == () for stop in stops):
        causes.append((Cause.NO_NETWORK, stops[-1]))
    cause, stop = min(causes, key=lambda each: _MOST_TELLING.index(each[0]))
    return in_words(cause, stop, seen, now)


def in_words(cause: Cause, stop: Stop, seen: Seen, now: datetime, **more: str) -> Diagnosis:
    """A cause in words for what one route met; `more` are further values for the words."""
    words = WORDING[cause]
    if loopback(stop.host):
        words = ON_THIS_COMPUTER.get(cause, words)
    values = {**_values(stop, seen, now), **more}
    sentence, remedy = (text.format(**values) for text in (words.sentence, words.remedy))
    for_it = "" if not words.for_it else _for_it(words.for_it.format(**values), stop, now)
    at = stop.route.address if stop.phase in _AT_PROXY else f"{stop.host}:{stop.port}"
    return Diagnosis(cause, sentence, remedy, Obstacle(str(cause), at, for_it))


_AT_PROXY = (Phase.PROXY_DNS, Phase.PROXY_TCP, Phase.PROXY_TLS, Phase.CONNECT)


# --- from a symptom to a cause ----------------------------------------------------------------------------


def cause_of(stop: Stop, seen: Seen) -> Cause:
    """What one route met, by name."""
    if stop.symptom is Symptom.NO_ROUTE:
        return Cause.NO_NETWORK
    if stop.symptom is Symptom.LOCAL:
        return Cause.LOCAL_BLOCK
    return _BY_PHASE[stop.phase](stop, seen)


def _dns(stop: Stop, seen: Seen) -> Cause:
    return Cause.DNS_UNKNOWN if stop.symptom is Symptom.UNKNOWN_NAME else Cause.DNS_SILENT


def _tcp(stop: Stop, seen: Seen) -> Cause:
    if _sunk(stop):
        return Cause.DNS_WRONG
    if seen.portal:
        return Cause.CAPTIVE_PORTAL
    return {
        Symptom.REFUSED: Cause.REFUSED, Symptom.RESET: Cause.RESET, Symptom.PROHIBITED: Cause.PROHIBITED,
        Symptom.TIMEOUT: Cause.DROPPED,
    }.get(stop.symptom, Cause.UNKNOWN)  # fmt: skip


def _proxy(stop: Stop, seen: Seen) -> Cause:
    return Cause.PROXY_UNREACHABLE


def _proxy_tls(stop: Stop, seen: Seen) -> Cause:
    return Cause.TLS_UNKNOWN_CA if stop.symptom is Symptom.CERTIFICATE else Cause.PROXY_WRONG_KIND


def _connect(stop: Stop, seen: Seen) -> Cause:
    if stop.symptom is Symptom.STATUS:
        if stop.status in (403, 451):
            return Cause.PROXY_FORBIDS
        unreachable = stop.status >= 500 and stop.status not in (501, 505)
        if unreachable or (stop.status == 404 and b"Privoxy" in stop.body):
            return Cause.PROXY_CANNOT_REACH
        return Cause.PROXY_WRONG_KIND
    if stop.symptom is Symptom.SOCKS:
        rules, kinds = (2,), (7, 8)
        if stop.status in rules:
            return Cause.PROXY_FORBIDS
        return Cause.PROXY_WRONG_KIND if stop.status in kinds else Cause.PROXY_CANNOT_REACH
    return {
        Symptom.LOGIN: Cause.PROXY_WANTS_PASSWORD, Symptom.WRONG_LOGIN: Cause.PROXY_WRONG_PASSWORD,
        Symptom.TIMEOUT: Cause.PROXY_SILENT,
    }.get(stop.symptom, Cause.PROXY_WRONG_KIND)  # fmt: skip


def _tls(stop: Stop, seen: Seen) -> Cause:
    if _sunk(stop):
        return Cause.DNS_WRONG
    if stop.minds_name:
        return Cause.NAME_FILTER
    if seen.portal and stop.symptom is not Symptom.TIMEOUT:
        return Cause.CAPTIVE_PORTAL
    if stop.symptom is Symptom.CERTIFICATE:
        return _certificate(stop, seen)
    return {
        Symptom.NOT_TLS: Cause.NOT_TLS, Symptom.TIMEOUT: Cause.SERVER_SILENT, Symptom.TLS: Cause.NOT_TLS,
    }.get(stop.symptom, Cause.RESET)  # fmt: skip


def _certificate(stop: Stop, seen: Seen) -> Cause:
    if stop.verify in (EXPIRED, NOT_YET_VALID):
        off = abs(seen.clock_ahead) if seen.clock_ahead is not None else timedelta()
        return Cause.CLOCK_WRONG if off > CLOCK_TOLERANCE else Cause.CERTIFICATE_EXPIRED
    return Cause.WRONG_HOST if stop.verify in (WRONG_HOST, WRONG_ADDRESS) else Cause.TLS_UNKNOWN_CA


def _send(stop: Stop, seen: Seen) -> Cause:
    return Cause.STALLED if stop.symptom is Symptom.TIMEOUT else Cause.CUT


def _answer(stop: Stop, seen: Seen) -> Cause:
    if stop.symptom is Symptom.STATUS:
        return _foreign_status(stop, seen)
    return {
        Symptom.TIMEOUT: Cause.SERVER_SILENT, Symptom.NOT_HTTP: Cause.MIDDLEBOX,
    }.get(stop.symptom, Cause.RESET)  # fmt: skip


def _foreign_status(stop: Stop, seen: Seen) -> Cause:
    if stop.status == 511 or seen.portal:
        return Cause.CAPTIVE_PORTAL
    if stop.status in (502, 503, 504):
        return Cause.SERVER_DOWN
    return {413: Cause.TOO_LARGE, 429: Cause.RATE_LIMIT}.get(stop.status, Cause.MIDDLEBOX)


_BY_PHASE = {
    Phase.DNS: _dns, Phase.TCP: _tcp, Phase.PROXY_DNS: _proxy, Phase.PROXY_TCP: _proxy,
    Phase.PROXY_TLS: _proxy_tls, Phase.CONNECT: _connect, Phase.TLS: _tls, Phase.SEND: _send,
    Phase.ANSWER: _answer,
}  # fmt: skip


def _sunk(stop: Stop) -> bool:
    return stop.route.scheme is Scheme.DIRECT and sunk(stop.host, stop.addresses)


# --- words ------------------------------------------------------------------------------------------------


def _values(stop: Stop, seen: Seen, now: datetime) -> dict[str, str]:
    certificate, page = seen.certificate, seen.portal or stop
    unknown = _("unknown")  # a day and a time
    return {
        "host": stop.host,
        "server": f"{stop.host}:{stop.port}",
        "proxy": stop.route.address,
        # Translators: in place of the name of a setting.
        "named_by": stop.route.named_by or _("no setting"),
        "addresses": ", ".join(stop.addresses) or _("no address"),
        "schemes": _or(stop.offered),
        # Translators: added to a sentence, with a blank before it where one belongs there.
        "status": _(" (status {number})").format(number=stop.status) if stop.status else "",
        "page": page_title(page.body),
        "who": _who(stop, page),
        "who_first": _who_first(stop, page),
        "issuer": _quoted(certificate.issuer) if certificate else _("Somebody unknown"),
        "begins": _moment(certificate.begins) if certificate else unknown,
        "ends": _moment(certificate.ends) if certificate else unknown,
        "subject": _quoted(certificate.subject) if certificate else _("another host"),
        "clock": _moment(now),
        "network_clock": _moment(now - seen.clock_ahead) if seen.clock_ahead is not None else unknown,
        "sent": size_text(stop.sent),
        "pac": seen.pac[1] if seen.pac else _("There is a fault in the proxy script."),
        "way": _way(stop.route),
    }


def page_title(body: bytes) -> str:
    """The title of a page, in one line; “” where it has none."""
    found = _TITLE.search(body)
    return " ".join(html.unescape(found[1].decode("utf-8", "replace")).split())[:100] if found else ""


def _who(stop: Stop, page: Stop) -> Sentence:
    """Who answered in the server's place, as far as it says; within a sentence."""
    if title := page_title(page.body):
        return _quoted(title)
    if via := _called(page):
        # Translators: within a sentence; “Something that calls itself …” is the same at its beginning.
        return _("something that calls itself “{name}”").format(name=via)
    # Translators: “something answers in its place”, within a sentence.
    return _("something")


def _who_first(stop: Stop, page: Stop) -> Sentence:
    """The same at the beginning of a sentence."""
    if title := page_title(page.body):
        return _quoted(title)
    if via := _called(page):
        return _("Something that calls itself “{name}”").format(name=via)
    # Translators: “Something answers in its place”, at the beginning of a sentence.
    return _("Something")


def _called(page: Stop) -> str:
    headers = {name.lower(): value for name, value in page.headers.items()}
    return (headers.get("via") or headers.get("server") or headers.get("x-squid-error", ""))[:60]


def _quoted(name: str) -> Sentence:
    # Translators: the quotes of your language.
    return _("“{name}”").format(name=name)


def _way(route: Route) -> Sentence:
    """How a connection went, for “allow uploads to … directly”."""
    if not route.address:
        # Translators: without a proxy, as in “that failed directly”, “allow uploads to … directly”.
        return _("directly")
    # Translators: as in “that failed through the proxy …”; {named_by} is “the Windows proxy settings”.
    return _("through the proxy {proxy} ({named_by})").format(proxy=route.address, named_by=route.named_by)


def _or(names: Sequence[str]) -> Sentence:
    """Ways to sign in: `NTLM or Basic`."""
    # Translators: a way to sign in to a SOCKS proxy; the others are NTLM, Basic and the like.
    known = {"ntlm": "NTLM", "password": _("password")}
    shown = [known.get(name, name.capitalize()) for name in names]
    if not shown:
        # Translators: in place of the names of ways to sign in.
        return _("a way it does not name")
    return functools.reduce(
        # Translators: ways to sign in, such as “NTLM or Basic”.
        lambda first, last: _("{first} or {last}").format(first=first, last=last),
        shown[1:],
        together(shown[:1]),
    )


def _moment(moment: datetime) -> Sentence:
    return day_and_time(moment.astimezone())


def _for_it(request: Sentence, stop: Stop, now: datetime) -> Sentence:
    address = f"https://{stop.host}" + ("" if stop.port == 443 else f":{stop.port}")
    lines = [
        _(
            "snapper sends support reports about Trader Workstation to {address} (TCP port {port}, HTTPS, "
            "uploads by POST and PATCH)."
        ).format(address=address, port=stop.port),
        # Translators: {way} is “directly” or “through the proxy …”.
        _("At {time} UTC that failed {way}.").format(
            time=f"{now.astimezone(UTC):%Y-%m-%d %H:%M}", way=_way(stop.route)
        ),
        _met(stop),
        request,
    ]
    return together(lines, "\n")


def _met(stop: Stop) -> Sentence:
    what = _("status {number}").format(number=stop.status) if stop.status else str(stop.symptom)
    if not stop.addresses:
        # Translators: both are technical words in English, as in “tls, reset”.
        return _("What was met: {phase}, {symptom}.").format(phase=str(stop.phase), symptom=what)
    # Translators: phase and symptom are technical words in English, as in “tls, reset”.
    return _("What was met: {phase}, {symptom}, addresses {addresses}.").format(
        phase=str(stop.phase), symptom=what, addresses=", ".join(stop.addresses)
    )
