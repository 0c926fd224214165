"""Conditions of the line, of names and of firewalls."""

from __future__ import annotations

from snapper.delivery.causes import Cause
from tests.network import firewall, web
from tests.network.certificates import HOST
from tests.network.condition import (
    BOTH_THROUGH,
    DELIVERED,
    NO_ANSWER,
    UNTRUSTED,
    Condition,
    Expected,
    Peers,
    all_of,
    dropping,
    naming,
    stopped_by,
)
from tests.network.firewall import FROM_CLIENT, TO_CLIENT, TO_SERVER, rules
from tests.network.namespaces import OTHER_IP, SERVER_IP, SERVER_IP6

_BOTH_FAMILIES = ("--local=/#/", f"--host-record={HOST},{SERVER_IP},{SERVER_IP6}")
_CUT_AFTER = "ct original bytes > 300000"

ROWS: tuple[Condition, ...] = (
    Condition("open", "nothing in the way", all_of(), DELIVERED, DELIVERED, peers=BOTH_THROUGH),
    # --- the line
    Condition(
        "unplugged", "no network", all_of(lambda lab: firewall.unplugged(lab.net)),
        stopped_by(Cause.NO_NETWORK), stopped_by(Cause.NO_NETWORK),
        peers=Peers("exit 6", "ConnectionError: EAI_AGAIN"),
    ),
    Condition(
        "loss", "one packet in twenty is lost", dropping("numgen random mod 100 < 5 drop"), DELIVERED,
        DELIVERED,
        peers=BOTH_THROUGH,
    ),
    Condition(
        "slow-line", "a line of 64 kbit/s", all_of(lambda lab: firewall.slow(lab.net, "64kbit")),
        DELIVERED, Expected((Cause.SLOW_LINK,), arriving=True), slow=True,
        peers=Peers(("ok", "no answer"), ("ok", "no answer")),
    ),
    Condition(
        "mtu-up", "large packets are lost on the way out", dropping(f"{FROM_CLIENT} ip length > 1300 drop"),
        DELIVERED, DELIVERED,
        peers=Peers(("ok", "no answer"), ("ok", "no answer")),
    ),
    Condition(
        "mtu-down", "large packets are lost on the way in", dropping(f"{TO_CLIENT} ip length > 1300 drop"),
        DELIVERED, DELIVERED,
        peers=NO_ANSWER,
    ),
    Condition(
        "ipv6-hole", "IPv6 is announced but dropped",
        all_of(
            lambda lab: firewall.names(lab.net, *_BOTH_FAMILIES),
            lambda lab: rules(lab.net, f"{FROM_CLIENT} meta nfproto ipv6 drop"),
        ),
        DELIVERED, DELIVERED,
        peers=Peers("ok", "no answer"),
    ),
    # --- names
    Condition(
        "dns-unknown", "the name server says there is no such name", naming("--local=/#/"),
        stopped_by(Cause.DNS_UNKNOWN), stopped_by(Cause.DNS_UNKNOWN),
        peers=Peers("exit 6", "ConnectionError: EAI_NONAME"),
    ),
    Condition(
        "dns-silent", "the name server does not answer", all_of(lambda lab: firewall.no_names(lab.net)),
        stopped_by(Cause.DNS_SILENT), stopped_by(Cause.DNS_SILENT),
        peers=NO_ANSWER,
    ),
    Condition(
        "dns-refused", "the name server refuses to answer", naming(),
        stopped_by(Cause.DNS_SILENT), stopped_by(Cause.DNS_SILENT),
        peers=Peers("exit 6", "ConnectionError: EAI_AGAIN"),
    ),
    Condition(
        "dns-sinkhole", "a DNS filter answers 0.0.0.0", naming("--local=/#/", f"--address=/{HOST}/0.0.0.0"),
        stopped_by(Cause.DNS_WRONG), stopped_by(Cause.DNS_WRONG),
        peers=Peers("exit 7", "ConnectionError: ECONNREFUSED"),
    ),
    Condition(
        "dns-block-page", "a DNS filter answers with its own web server",
        all_of(
            lambda lab: firewall.names(lab.net, "--local=/#/", f"--host-record={HOST},{OTHER_IP}"),
            lambda lab: rules(lab.net, before=(
                f"coming ip daddr {OTHER_IP} tcp dport 443 dnat ip to {OTHER_IP}:{web.FRONTS['other'].port}",
                f"coming ip daddr {OTHER_IP} tcp dport 80 dnat ip to {OTHER_IP}:{web.FRONTS['blocked'].port}",
            )),
        ),
        stopped_by(Cause.WRONG_HOST, Cause.DNS_WRONG, Cause.CAPTIVE_PORTAL),
        stopped_by(Cause.WRONG_HOST, Cause.DNS_WRONG, Cause.CAPTIVE_PORTAL),
        peers=Peers("exit 60", UNTRUSTED),
    ),
    # --- firewalls
    Condition(
        "drop", "a firewall drops", dropping(f"{TO_SERVER} drop"),
        stopped_by(Cause.DROPPED), stopped_by(Cause.DROPPED),
        peers=NO_ANSWER,
    ),
    Condition(
        "reset", "a firewall resets", dropping(f"{TO_SERVER} meta l4proto tcp reject with tcp reset"),
        stopped_by(Cause.REFUSED), stopped_by(Cause.REFUSED),
        peers=Peers("exit 7", "ConnectionError: ECONNREFUSED"),
    ),
    Condition(
        "port-unreachable", "a firewall says port unreachable",
        dropping(f"{TO_SERVER} reject with icmp type port-unreachable"),
        stopped_by(Cause.REFUSED), stopped_by(Cause.REFUSED),
        peers=Peers("exit 7", "ConnectionError: ECONNREFUSED"),
    ),
    Condition(
        "prohibited", "a firewall says prohibited",
        dropping(f"{TO_SERVER} reject with icmp type admin-prohibited"),
        stopped_by(Cause.PROHIBITED), stopped_by(Cause.PROHIBITED),
        peers=Peers("exit 7", "ConnectionError: EHOSTUNREACH"),
    ),
    Condition(
        "name-filter-reset", "a firewall resets TLS with our name",
        all_of(lambda lab: firewall.name_filter(lab.net, HOST, "REJECT", "--reject-with", "tcp-reset")),
        stopped_by(Cause.NAME_FILTER), stopped_by(Cause.NAME_FILTER),
        peers=Peers("exit 35", "ConnectionError: ECONNRESET"),
    ),
    Condition(
        "name-filter-drop", "a firewall drops TLS with our name",
        all_of(lambda lab: firewall.name_filter(lab.net, HOST, "DROP")),
        stopped_by(Cause.NAME_FILTER), stopped_by(Cause.NAME_FILTER),
        peers=NO_ANSWER,
    ),
    Condition(
        "cut-300k", "every connection is reset after 300 KB",
        dropping(f"{FROM_CLIENT} meta l4proto tcp {_CUT_AFTER} reject with tcp reset"), DELIVERED, DELIVERED,
        peers=Peers(("ok", "exit 55 | exit 56"), ("ok", "SSLError: SSLEOFError")),
    ),
    Condition(
        "stall-300k", "every connection stands still after 300 KB",
        dropping(f"{FROM_CLIENT} meta l4proto tcp {_CUT_AFTER} drop"), DELIVERED, DELIVERED,
        peers=Peers(("ok", "no answer"), ("ok", "no answer")),
    ),
)  # fmt: skip
