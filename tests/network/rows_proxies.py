"""Conditions of proxies and of proxy scripts (PAC)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from snapper.delivery.causes import Cause
from tests.network import firewall, proxies
from tests.network.certificates import PROXY_HOST
from tests.network.condition import (
    BOTH_THROUGH,
    DELIVERED,
    NO_ANSWER,
    NO_SOCKS,
    WANTS_LOGIN,
    Client,
    Condition,
    Peers,
    all_of,
    alone,
    by_script,
    stopped_by,
    through,
)
from tests.network.firewall import FROM_CLIENT, rules
from tests.network.lab import Lab
from tests.network.namespaces import PROXY_IP
from tests.network.proxies import DOMAIN, HTTP_PORT, PASSWORD, SOCKS_PORT, TINY_PORT, TLS_PORT, USER

_PROXY_URL = f"http://{PROXY_HOST}:{HTTP_PORT}"
_LOGIN_URL = f"http://{USER}:{PASSWORD}@{PROXY_HOST}:{HTTP_PORT}"
_PACS = f"http://{PROXY_HOST}"
_TO_DESK = 'iifname "proxy" oifname "server"'


@contextlib.contextmanager
def _kerberos(lab: Lab) -> Iterator[Client]:
    with firewall.no_direct_way(lab.net), proxies.squid_kerberos(lab.net) as user:
        yield Client({**user, "SNAPPER_DELIVERY_PAC": f"{_PACS}/kerberos.pac"})


ROWS: tuple[Condition, ...] = (
    # --- proxies (the direct way is dropped)
    Condition(
        "proxy", "a proxy (squid)", through(_PROXY_URL, lambda lab: proxies.squid(lab.net)), DELIVERED,
        DELIVERED,
        peers=BOTH_THROUGH,
    ),
    Condition(
        "proxy-tiny", "a proxy (tinyproxy)",
        through(f"http://{PROXY_HOST}:{TINY_PORT}", lambda lab: proxies.tinyproxy(lab.net)), DELIVERED,
        DELIVERED,
        peers=BOTH_THROUGH,
    ),
    Condition(
        "proxy-tls", "a proxy spoken to over TLS",
        through(f"https://{PROXY_HOST}:{TLS_PORT}", lambda lab: proxies.squid_tls(lab.net, lab.certificates)),
        DELIVERED, DELIVERED,
        peers=BOTH_THROUGH,
    ),
    Condition(
        "proxy-basic", "a proxy with a password (Basic)",
        through(_LOGIN_URL, lambda lab: proxies.squid_basic(lab.net)), DELIVERED, DELIVERED,
        peers=BOTH_THROUGH,
    ),
    Condition(
        "proxy-digest", "a proxy with a password (Digest)",
        through(_LOGIN_URL, lambda lab: proxies.squid_digest(lab.net)), DELIVERED, DELIVERED,
        way=("--proxy-digest",),
        peers=Peers("exit 56", WANTS_LOGIN),
    ),
    Condition(
        "proxy-ntlm", "a proxy with a Windows password (NTLM)",
        through(
            f"http://{DOMAIN}%5C{USER}:{PASSWORD}@{PROXY_HOST}:{HTTP_PORT}",
            lambda lab: proxies.squid_ntlm(lab.net),
        ),
        DELIVERED, DELIVERED, way=("--proxy-ntlm",),
        peers=Peers("exit 56", WANTS_LOGIN),
    ),
    Condition(
        "proxy-kerberos", "a proxy with single sign-on (Kerberos), from a PAC file", _kerberos,
        DELIVERED, DELIVERED, way=("--proxy", _PROXY_URL, "--proxy-negotiate", "--proxy-user", ":"),
        peers=NO_ANSWER,
    ),
    Condition(
        "proxy-no-password", "a proxy wants a password that nobody gave",
        through(_PROXY_URL, lambda lab: proxies.squid_basic(lab.net)),
        stopped_by(Cause.PROXY_WANTS_PASSWORD), stopped_by(Cause.PROXY_WANTS_PASSWORD),
        way=("--proxy-user", f"{USER}:{PASSWORD}"),
        peers=Peers("exit 56", WANTS_LOGIN),
    ),
    Condition(
        "proxy-wrong-password", "a proxy gets a wrong password",
        through(f"http://{USER}:wrong@{PROXY_HOST}:{HTTP_PORT}", lambda lab: proxies.squid_basic(lab.net)),
        stopped_by(Cause.PROXY_WRONG_PASSWORD), stopped_by(Cause.PROXY_WRONG_PASSWORD),
        way=("--proxy", _LOGIN_URL),
        peers=Peers("exit 56", WANTS_LOGIN),
    ),
    Condition(
        "proxy-stale", "the proxy is gone, the direct way is free",
        all_of(HTTPS_PROXY=f"http://{PROXY_HOST}:9"), DELIVERED, DELIVERED, way=("--noproxy", "*"),
        peers=Peers("exit 7", "ProxyError: ECONNREFUSED"),
    ),
    Condition(
        "proxy-refuses", "the proxy is gone: refused", through(f"http://{PROXY_HOST}:9"),
        stopped_by(Cause.PROXY_UNREACHABLE), stopped_by(Cause.PROXY_UNREACHABLE),
        peers=Peers("exit 7", "ProxyError: ECONNREFUSED"),
    ),
    Condition(
        "proxy-dropped", "the proxy is gone: dropped",
        through(_PROXY_URL, lambda lab: rules(lab.net, f'{FROM_CLIENT} oifname "proxy" drop')),
        stopped_by(Cause.PROXY_UNREACHABLE), stopped_by(Cause.PROXY_UNREACHABLE),
        peers=NO_ANSWER,
    ),
    Condition(
        "proxy-unknown-name", "the proxy's name is unknown",
        through("http://no-such-proxy.snapper.test:3128"),
        stopped_by(Cause.PROXY_UNREACHABLE), stopped_by(Cause.PROXY_UNREACHABLE),
        peers=Peers("exit 5", "ProxyError: EAI_NONAME"),
    ),
    Condition(
        "proxy-silent", "the proxy does not answer",
        through(_PROXY_URL, lambda lab: proxies.silent(lab.net)),
        stopped_by(Cause.PROXY_SILENT), stopped_by(Cause.PROXY_SILENT),
        peers=NO_ANSWER,
    ),
    Condition(
        "proxy-forbids", "the proxy forbids the desk (403)",
        through(_PROXY_URL, lambda lab: proxies.squid_forbids(lab.net)),
        stopped_by(Cause.PROXY_FORBIDS), stopped_by(Cause.PROXY_FORBIDS),
        peers=Peers("exit 56", "ProxyError: Tunnel connection failed: 403 Forbidden"),
    ),
    Condition(
        "proxy-cannot-reach", "the proxy cannot reach the desk (503)",
        through(
            _PROXY_URL, lambda lab: proxies.squid(lab.net),
            lambda lab: rules(lab.net, f"{_TO_DESK} meta l4proto tcp reject with tcp reset"),
        ),
        stopped_by(Cause.PROXY_CANNOT_REACH), stopped_by(Cause.PROXY_CANNOT_REACH),
        peers=Peers("exit 56", "ProxyError: Tunnel connection failed: 503 Service Unavailable"),
    ),
    Condition(
        "proxy-is-web-server", "what is set as proxy is a web server", through(f"http://{PROXY_HOST}:80"),
        stopped_by(Cause.PROXY_WRONG_KIND), stopped_by(Cause.PROXY_WRONG_KIND),
        peers=Peers("exit 56", "ProxyError: Tunnel connection failed: 404 Not Found"),
    ),
    Condition(
        "proxy-is-socks", "what is set as HTTP proxy speaks SOCKS",
        through(f"http://{PROXY_HOST}:{SOCKS_PORT}", lambda lab: proxies.socks(lab.net, password=False)),
        stopped_by(Cause.PROXY_WRONG_KIND), stopped_by(Cause.PROXY_WRONG_KIND),
        way=("--proxy", f"socks5h://{PROXY_HOST}:{SOCKS_PORT}"),
        peers=Peers("exit 56", "ConnectionError: BadStatusLine"),
    ),
    Condition(
        "socks", "a SOCKS 5 proxy, names known only there",
        through(
            f"socks5h://{PROXY_IP}:{SOCKS_PORT}", lambda lab: proxies.socks(lab.net, password=False),
            lambda lab: firewall.names(lab.net, "--local=/#/"),
        ),
        DELIVERED, DELIVERED,
        peers=Peers("ok", NO_SOCKS),
    ),
    Condition(
        "socks-password", "a SOCKS 5 proxy with a password, names known only there",
        through(
            f"socks5h://{USER}:{PASSWORD}@{PROXY_IP}:{SOCKS_PORT}",
            lambda lab: proxies.socks(lab.net, password=True),
            lambda lab: firewall.names(lab.net, "--local=/#/"),
        ),
        DELIVERED, DELIVERED,
        peers=Peers("ok", NO_SOCKS),
    ),
    Condition(
        "socks-wrong-password", "a SOCKS 5 proxy gets a wrong password",
        through(
            f"socks5h://{USER}:wrong@{PROXY_HOST}:{SOCKS_PORT}",
            lambda lab: proxies.socks(lab.net, password=True),
        ),
        stopped_by(Cause.PROXY_WRONG_PASSWORD), stopped_by(Cause.PROXY_WRONG_PASSWORD),
        way=("--proxy", f"socks5h://{USER}:{PASSWORD}@{PROXY_HOST}:{SOCKS_PORT}"),
        peers=Peers("exit 97", NO_SOCKS),
    ),
    # --- proxy scripts (PAC)
    Condition(
        "pac", "a PAC file names the proxy",
        by_script(f"{_PACS}/good.pac", alone, lambda lab: proxies.squid(lab.net)),
        DELIVERED, DELIVERED, way=("--proxy", _PROXY_URL),
        peers=NO_ANSWER,
    ),
    Condition(
        "pac-second", "a PAC file names a dead proxy first, then a good one",
        by_script(f"{_PACS}/dead-first.pac", alone, lambda lab: proxies.squid(lab.net)),
        DELIVERED, DELIVERED, way=("--proxy", _PROXY_URL),
        peers=NO_ANSWER,
    ),
    Condition(
        "pac-direct", "a PAC file says DIRECT", by_script(f"{_PACS}/direct.pac"), DELIVERED, DELIVERED,
        peers=BOTH_THROUGH,
    ),
    Condition(
        "pac-loop", "a PAC file never ends", by_script(f"{_PACS}/loop.pac", alone),
        stopped_by(Cause.PAC_BROKEN), stopped_by(Cause.PAC_BROKEN),
        peers=NO_ANSWER,
    ),
    Condition(
        "pac-broken", "a PAC file has a mistake", by_script(f"{_PACS}/broken.pac", alone),
        stopped_by(Cause.PAC_BROKEN), stopped_by(Cause.PAC_BROKEN),
        peers=NO_ANSWER,
    ),
    Condition(
        "pac-unreachable", "the PAC file's server is gone",
        by_script(f"http://{PROXY_HOST}:81/good.pac", alone),
        stopped_by(Cause.PAC_UNREACHABLE), stopped_by(Cause.PAC_UNREACHABLE),
        peers=NO_ANSWER,
    ),
    Condition(
        "pac-missing", "the PAC file is not there (404)", by_script(f"{_PACS}/nothing.pac", alone),
        stopped_by(Cause.PAC_UNREACHABLE), stopped_by(Cause.PAC_UNREACHABLE),
        peers=NO_ANSWER,
    ),
)  # fmt: skip
