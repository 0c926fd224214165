"""From symptoms to named causes, in words that a trader can act on. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.delivery.causes import Cause
from snapper.delivery.diagnose import Seen, cause_of, diagnose, in_words, page_title
from snapper.delivery.evidence import Phase, Stop, Symptom
from snapper.delivery.route import DIRECT, Login, Route, Scheme, Source
from snapper.delivery.tls import EXPIRED, NOT_YET_VALID, WRONG_HOST, Certificate
from snapper.delivery.wording import WORDING

NOW = datetime(2026, 8, 31, 14, 5, tzinfo=UTC)
LOGIN = Login("trader", "hunter2-canary")
PROXY = Route(
    Scheme.HTTP, "proxy.example", 3128, Source.ENVIRONMENT, "the environment variable HTTPS_PROXY", LOGIN
)
CERTIFICATE = Certificate("desk.example", "Example Corp", NOW - timedelta(90), NOW - timedelta(1))
BY_THE_DESK = {Cause.TICKET_MISSING, Cause.TICKET_CLOSED}  # the desk says it in its own words


def direct(phase: Phase, symptom: Symptom, **more: object) -> Stop:
    """Where a direct connection stopped."""
    more.setdefault("addresses", ("192.0.2.7",))
    return Stop(phase, symptom, DIRECT, "desk.example", 443, **more)  # type: ignore[arg-type]


def proxied(phase: Phase, symptom: Symptom, **more: object) -> Stop:
    """Where a connection through a proxy stopped."""
    return Stop(phase, symptom, PROXY, "desk.example", 443, **more)  # type: ignore[arg-type]


TABLE = [
    (direct(Phase.DNS, Symptom.UNKNOWN_NAME), Cause.DNS_UNKNOWN),
    (direct(Phase.DNS, Symptom.NAME_SERVER), Cause.DNS_SILENT),
    (direct(Phase.DNS, Symptom.TIMEOUT), Cause.DNS_SILENT),
    (direct(Phase.TCP, Symptom.REFUSED, addresses=("0.0.0.0",)), Cause.DNS_WRONG),
    (direct(Phase.TLS, Symptom.CERTIFICATE, addresses=("127.0.0.1",)), Cause.DNS_WRONG),
    (direct(Phase.TCP, Symptom.TIMEOUT), Cause.DROPPED),
    (direct(Phase.TCP, Symptom.REFUSED), Cause.REFUSED),
    (direct(Phase.TCP, Symptom.RESET), Cause.RESET),
    (direct(Phase.TCP, Symptom.PROHIBITED), Cause.PROHIBITED),
    (direct(Phase.TCP, Symptom.NO_ROUTE), Cause.NO_NETWORK),
    (direct(Phase.TCP, Symptom.LOCAL), Cause.LOCAL_BLOCK),
    (direct(Phase.TLS, Symptom.RESET, minds_name=True), Cause.NAME_FILTER),
    (direct(Phase.TLS, Symptom.TIMEOUT, minds_name=True), Cause.NAME_FILTER),
    (direct(Phase.TLS, Symptom.RESET), Cause.RESET),
    (direct(Phase.TLS, Symptom.TIMEOUT), Cause.SERVER_SILENT),
    (direct(Phase.TLS, Symptom.NOT_TLS), Cause.NOT_TLS),
    (direct(Phase.TLS, Symptom.CERTIFICATE), Cause.TLS_UNKNOWN_CA),
    (direct(Phase.TLS, Symptom.CERTIFICATE, verify=EXPIRED), Cause.CERTIFICATE_EXPIRED),
    (direct(Phase.TLS, Symptom.CERTIFICATE, verify=NOT_YET_VALID), Cause.CERTIFICATE_EXPIRED),
    (direct(Phase.TLS, Symptom.CERTIFICATE, verify=WRONG_HOST), Cause.WRONG_HOST),
    (direct(Phase.SEND, Symptom.TIMEOUT, sent=300_000), Cause.STALLED),
    (direct(Phase.SEND, Symptom.RESET, sent=300_000), Cause.CUT),
    (direct(Phase.ANSWER, Symptom.TIMEOUT), Cause.SERVER_SILENT),
    (direct(Phase.ANSWER, Symptom.CLOSED), Cause.RESET),
    (direct(Phase.ANSWER, Symptom.NOT_HTTP), Cause.MIDDLEBOX),
    (direct(Phase.ANSWER, Symptom.STATUS, status=200), Cause.MIDDLEBOX),
    (direct(Phase.ANSWER, Symptom.STATUS, status=403), Cause.MIDDLEBOX),
    (direct(Phase.ANSWER, Symptom.STATUS, status=413), Cause.TOO_LARGE),
    (direct(Phase.ANSWER, Symptom.STATUS, status=429), Cause.RATE_LIMIT),
    (direct(Phase.ANSWER, Symptom.STATUS, status=502), Cause.SERVER_DOWN),
    (direct(Phase.ANSWER, Symptom.STATUS, status=511), Cause.CAPTIVE_PORTAL),
    (proxied(Phase.PROXY_DNS, Symptom.UNKNOWN_NAME), Cause.PROXY_UNREACHABLE),
    (proxied(Phase.PROXY_TCP, Symptom.REFUSED), Cause.PROXY_UNREACHABLE),
    (proxied(Phase.PROXY_TCP, Symptom.TIMEOUT), Cause.PROXY_UNREACHABLE),
    (proxied(Phase.PROXY_TCP, Symptom.NO_ROUTE), Cause.NO_NETWORK),
    (proxied(Phase.PROXY_TLS, Symptom.NOT_TLS), Cause.PROXY_WRONG_KIND),
    (proxied(Phase.CONNECT, Symptom.TIMEOUT), Cause.PROXY_SILENT),
    (proxied(Phase.CONNECT, Symptom.LOGIN, offered=("ntlm", "basic")), Cause.PROXY_WANTS_PASSWORD),
    (proxied(Phase.CONNECT, Symptom.WRONG_LOGIN), Cause.PROXY_WRONG_PASSWORD),
    (proxied(Phase.CONNECT, Symptom.STATUS, status=403), Cause.PROXY_FORBIDS),
    (proxied(Phase.CONNECT, Symptom.STATUS, status=503), Cause.PROXY_CANNOT_REACH),
    (proxied(Phase.CONNECT, Symptom.STATUS, status=404, body=b"Privoxy"), Cause.PROXY_CANNOT_REACH),
    (proxied(Phase.CONNECT, Symptom.STATUS, status=404), Cause.PROXY_WRONG_KIND),
    (proxied(Phase.CONNECT, Symptom.STATUS, status=501), Cause.PROXY_WRONG_KIND),
    (proxied(Phase.CONNECT, Symptom.NOT_HTTP), Cause.PROXY_WRONG_KIND),
    (proxied(Phase.CONNECT, Symptom.SOCKS, status=2), Cause.PROXY_FORBIDS),
    (proxied(Phase.CONNECT, Symptom.SOCKS, status=4), Cause.PROXY_CANNOT_REACH),
    (proxied(Phase.CONNECT, Symptom.SOCKS, status=7), Cause.PROXY_WRONG_KIND),
]


@pytest.mark.parametrize(
    ("stop", "cause"), TABLE, ids=[f"{s.phase}-{s.symptom}-{s.status}-{c}" for s, c in TABLE]
)
def test_every_symptom_has_a_name(stop: Stop, cause: Cause) -> None:
    found = diagnose([stop], Seen(certificate=CERTIFICATE), NOW)
    assert found.cause is cause
    assert found.obstacle.cause == cause
    assert found.sentence.endswith(".") and found.remedy


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause not in BY_THE_DESK])
def test_every_cause_has_words_for_a_trader(cause: Cause) -> None:
    found = in_words(
        cause, direct(Phase.ANSWER, Symptom.STATUS, status=403), Seen(), NOW, incident="", time="1 hour"
    )
    assert found.sentence[0].isupper() or found.sentence.startswith("desk.example")
    text = f"{found.sentence} {found.remedy}"
    assert not any(jargon in text for jargon in ("{", "Error", "errno", "SSL", "TCP", "CONNECT", "HTTP "))
    assert len(found.sentence) < 200
    if found.obstacle.for_it:
        assert "desk.example" in found.obstacle.for_it and "443" in found.obstacle.for_it
        assert "2026-08-31 14:05 UTC" in found.obstacle.for_it


def test_a_desk_on_this_computer_is_no_matter_for_it() -> None:
    stop = Stop(Phase.TCP, Symptom.REFUSED, DIRECT, "127.0.0.1", 8765, ("127.0.0.1",))
    found = diagnose([stop], Seen(), NOW)
    assert "snapper desk" in found.remedy and "firewall" not in found.sentence
    assert found.obstacle.for_it == ""


def test_a_clock_that_is_off_is_told_from_a_certificate_that_ended() -> None:
    stop = direct(Phase.TLS, Symptom.CERTIFICATE, verify=EXPIRED)
    off, right = timedelta(days=700), timedelta(seconds=3)
    assert cause_of(stop, Seen(clock_ahead=off)) is Cause.CLOCK_WRONG
    assert cause_of(stop, Seen(clock_ahead=-off)) is Cause.CLOCK_WRONG
    assert cause_of(stop, Seen(clock_ahead=right)) is Cause.CERTIFICATE_EXPIRED
    told = diagnose([stop], Seen(clock_ahead=off, certificate=CERTIFICATE), NOW).sentence
    assert "2026-08-31" in told and "2024-09-30" in told


@pytest.mark.parametrize(
    "stop",
    [
        direct(Phase.TCP, Symptom.REFUSED), direct(Phase.TLS, Symptom.CERTIFICATE),
        direct(Phase.TLS, Symptom.NOT_TLS), direct(Phase.ANSWER, Symptom.STATUS, status=200),
        direct(Phase.TLS, Symptom.CERTIFICATE, verify=WRONG_HOST),
    ],
)  # fmt: skip
def test_a_page_in_the_servers_place_is_a_portal(stop: Stop) -> None:
    portal = direct(Phase.ANSWER, Symptom.STATUS, status=200, body=b"<title>Hotel &amp; Bar</title>")
    found = diagnose([stop], Seen(portal=portal), NOW)
    assert found.cause is Cause.CAPTIVE_PORTAL
    assert "“Hotel & Bar”" in found.sentence and "browser" in found.remedy


def test_what_a_person_can_mend_comes_first() -> None:
    dropped = direct(Phase.TCP, Symptom.TIMEOUT)
    login = proxied(Phase.CONNECT, Symptom.LOGIN, offered=("basic",))
    gone = proxied(Phase.PROXY_TCP, Symptom.REFUSED)
    assert diagnose([login, dropped], Seen(), NOW).cause is Cause.PROXY_WANTS_PASSWORD
    assert diagnose([gone, dropped], Seen(), NOW).cause is Cause.PROXY_UNREACHABLE
    assert diagnose([dropped], Seen(pac=(Cause.PAC_BROKEN, "It is broken.")), NOW).cause is Cause.PAC_BROKEN
    unnamed = direct(Phase.DNS, Symptom.NAME_SERVER, addresses=())
    assert diagnose([unnamed], Seen(offline=True), NOW).cause is Cause.NO_NETWORK


def test_who_stands_in_the_way_is_named() -> None:
    assert diagnose([proxied(Phase.CONNECT, Symptom.LOGIN)], Seen(), NOW).obstacle.at == "proxy.example:3128"
    assert diagnose([proxied(Phase.TLS, Symptom.RESET)], Seen(), NOW).obstacle.at == "desk.example:443"


@settings(max_examples=200)
@given(
    st.sampled_from(list(Phase)), st.sampled_from(list(Symptom)), st.sampled_from([DIRECT, PROXY]),
    st.integers(0, 999), st.binary(max_size=300), st.dictionaries(st.text(max_size=9), st.text(max_size=9)),
    st.lists(st.text(max_size=9), max_size=3).map(tuple),
)  # fmt: skip
def test_whatever_was_met_can_be_said(
    phase: Phase, symptom: Symptom, route: Route, status: int, body: bytes, headers: dict[str, str],
    offered: tuple[str, ...],
) -> None:  # fmt: skip
    stop = Stop(phase, symptom, route, "desk.example", 443, (), status, headers, body, offered)
    found = diagnose([stop], Seen(portal=stop), NOW)
    assert found.cause in WORDING and found.sentence
    assert "hunter2" not in f"{found} {stop}"


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (b"<html><TITLE lang=x>\n Sign\n in </title>", "Sign in"), (b"<title>", ""), (b"", ""),
        (b"<title>\xff</title>", "�"),
    ],
)  # fmt: skip
def test_the_title_of_a_page(page: bytes, title: str) -> None:
    assert page_title(page) == title
