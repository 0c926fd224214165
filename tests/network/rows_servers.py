"""Conditions of TLS, of what answers in the desk's place, of limits and policies, and of the desk itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from snapper.delivery.causes import Cause
from tests.network import firewall, proxies, web
from tests.network.certificates import PROXY_HOST
from tests.network.condition import (
    DELIVERED,
    NO_ANSWER,
    UNTRUSTED,
    Client,
    Condition,
    Peers,
    all_of,
    fronted_by,
    stopped_by,
    through,
    trusting_company,
)
from tests.network.lab import FAKETIME, Lab
from tests.network.programs.marker import MARKER
from tests.network.proxies import HTTP_PORT

_PROXY_URL = f"http://{PROXY_HOST}:{HTTP_PORT}"
_LATER = {"LD_PRELOAD": FAKETIME, "FAKETIME": "+700d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@contextlib.contextmanager
def _nginx(lab: Lab) -> Iterator[Client]:
    command = ("nginx", "-c", str(web.configure_nginx(lab.net.folder, lab.certificates)))
    with (
        lab.net.daemon("server", *command, ports=[web.NGINX_PORT]),
        firewall.led_to(lab.net, https=web.NGINX_PORT),
    ):
        yield Client()


ROWS: tuple[Condition, ...] = (
    # --- TLS
    Condition(
        "inspected-trusted", "an inspecting proxy whose root is installed",
        trusting_company(through(_PROXY_URL, lambda lab: proxies.squid_inspects(lab.net, lab.certificates))),
        DELIVERED, DELIVERED,
        peers=Peers("ok", UNTRUSTED),
    ),
    Condition(
        "inspected-untrusted", "an inspecting proxy whose root is not installed",
        through(_PROXY_URL, lambda lab: proxies.squid_inspects(lab.net, lab.certificates)),
        stopped_by(Cause.TLS_UNKNOWN_CA), stopped_by(Cause.TLS_UNKNOWN_CA), way=("--insecure",),
        peers=Peers("exit 60", UNTRUSTED),
    ),
    Condition(
        "intercepted-trusted", "an inspecting firewall whose root is installed",
        trusting_company(fronted_by("company")),
        DELIVERED, DELIVERED,
        peers=Peers("ok", UNTRUSTED),
    ),
    Condition(
        "intercepted-untrusted", "an inspecting firewall whose root is not installed", fronted_by("company"),
        stopped_by(Cause.TLS_UNKNOWN_CA), stopped_by(Cause.TLS_UNKNOWN_CA), way=("--insecure",),
        peers=Peers("exit 60", UNTRUSTED),
    ),
    Condition(
        "certificate-expired", "the certificate has run out", fronted_by("expired"),
        stopped_by(Cause.CERTIFICATE_EXPIRED), stopped_by(Cause.CERTIFICATE_EXPIRED), way=("--insecure",),
        peers=Peers("exit 60", UNTRUSTED),
    ),
    Condition(
        "certificate-early", "the certificate is not valid yet", fronted_by("not-yet"),
        stopped_by(Cause.CERTIFICATE_EXPIRED), stopped_by(Cause.CERTIFICATE_EXPIRED), way=("--insecure",),
        peers=Peers("exit 60", UNTRUSTED),
    ),
    Condition(
        "clock-wrong", "this computer's clock is two years ahead", all_of(**_LATER),
        stopped_by(Cause.CLOCK_WRONG), stopped_by(Cause.CLOCK_WRONG), way=("--insecure",),
        peers=Peers("exit 60", UNTRUSTED),
    ),
    Condition(
        "certificate-other-host", "the certificate is for another host", fronted_by("other"),
        stopped_by(Cause.WRONG_HOST), stopped_by(Cause.WRONG_HOST),
        peers=Peers("exit 60", UNTRUSTED),
    ),
    Condition(
        "plain-on-443", "plain HTTP answers on port 443", fronted_by("plain"),
        stopped_by(Cause.NOT_TLS), stopped_by(Cause.NOT_TLS),
        peers=Peers("exit 35", "SSLError: WRONG_VERSION_NUMBER"),
    ),
    # --- somebody else answers
    Condition(
        "portal-redirect", "a captive portal redirects (302), TLS is refused",
        all_of(lambda lab: firewall.portal(lab.net, web.FRONTS["portal-302"].port, None)),
        stopped_by(Cause.CAPTIVE_PORTAL), stopped_by(Cause.CAPTIVE_PORTAL),
        peers=Peers("exit 7", "ConnectionError: ECONNREFUSED"),
    ),
    Condition(
        "portal-page", "a captive portal shows its page (200), on port 443 too",
        all_of(lambda lab: firewall.portal(lab.net, web.FRONTS["portal-200"].port, web.FRONTS["plain"].port)),
        stopped_by(Cause.CAPTIVE_PORTAL), stopped_by(Cause.CAPTIVE_PORTAL),
        peers=Peers("exit 35", "SSLError: WRONG_VERSION_NUMBER"),
    ),
    Condition(
        "portal-tls", "a captive portal answers TLS with its own certificate",
        all_of(
            lambda lab: firewall.portal(lab.net, web.FRONTS["portal-302"].port, web.FRONTS["portal"].port)
        ),
        stopped_by(Cause.CAPTIVE_PORTAL), stopped_by(Cause.CAPTIVE_PORTAL),
        peers=Peers("exit 60", UNTRUSTED),
    ),
    Condition(
        "middlebox-page", "a trusted inspector answers 200 with a page",
        trusting_company(fronted_by("company-page")),
        stopped_by(Cause.MIDDLEBOX), stopped_by(Cause.MIDDLEBOX),
        peers=Peers("foreign 200", UNTRUSTED),
    ),
    Condition(
        "middlebox-json", "a trusted inspector answers 200 with JSON",
        trusting_company(fronted_by("company-json")),
        stopped_by(Cause.MIDDLEBOX), stopped_by(Cause.MIDDLEBOX),
        peers=Peers("foreign 200", UNTRUSTED),
    ),
    # --- limits and policies
    Condition(
        "limit-squid", "an inspecting proxy takes 1 MB at most (413)",
        trusting_company(through(_PROXY_URL, lambda lab: proxies.squid_limits(lab.net, lab.certificates))),
        DELIVERED, DELIVERED,
        peers=Peers(("ok", "http 413"), (UNTRUSTED, UNTRUSTED)),
    ),
    Condition(
        "limit-nginx", "the web server takes 1 MB at most (413)", _nginx, DELIVERED, DELIVERED,
        peers=Peers(("ok", "http 413"), ("ok", "http 413")),
    ),
    Condition(
        "dlp-page", "data protection answers 403",
        trusting_company(through(_PROXY_URL, lambda lab: proxies.squid_dlp(lab.net, lab.certificates))),
        stopped_by(Cause.DATA_PROTECTION), stopped_by(Cause.DATA_PROTECTION), marker=MARKER,
        peers=Peers("http 403", UNTRUSTED),
    ),
    Condition(
        "dlp-cut", "data protection cuts the connection",
        trusting_company(fronted_by("company-dlp")),
        stopped_by(Cause.DATA_PROTECTION), stopped_by(Cause.DATA_PROTECTION), marker=MARKER,
        peers=Peers(("exit 52", "exit 52 | exit 55 | exit 56"), UNTRUSTED),
    ),
    # --- the desk
    Condition(
        "desk-down", "the desk is down (503)", fronted_by("down"),
        stopped_by(Cause.SERVER_DOWN), stopped_by(Cause.SERVER_DOWN),
        peers=Peers(("http 503", "http 503"), ("http 503", "SSLError: SSLEOFError")),
    ),
    Condition(
        "desk-502", "what is behind the web server talks nonsense (502)", fronted_by("rude"),
        stopped_by(Cause.SERVER_DOWN), stopped_by(Cause.SERVER_DOWN),
        peers=Peers("http 502", ("http 502", "SSLError: SSLEOFError")),
    ),
    Condition(
        "desk-busy", "the desk is busy (429)", fronted_by("busy"),
        stopped_by(Cause.RATE_LIMIT), stopped_by(Cause.RATE_LIMIT),
        peers=Peers(("http 429", "http 429"), ("http 429", "SSLError: SSLEOFError")),
    ),
    Condition(
        "desk-silent", "the desk never answers", fronted_by("silent"),
        stopped_by(Cause.SERVER_SILENT), stopped_by(Cause.SERVER_SILENT),
        peers=NO_ANSWER,
    ),
    Condition(
        "wrong-token", "the desk does not know the token", all_of(SNAPPER_DELIVERY_TOKEN="not-a-token"),
        stopped_by(Cause.TOKEN_REFUSED), stopped_by(Cause.TOKEN_REFUSED),
        peers=None,
    ),
)  # fmt: skip
