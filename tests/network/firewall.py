"""What a firewall, a bad line or a name server does to the packets of the client: each as a context manager
that sets it up in the router, and lifts it. No proxies, no web servers.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator

from tests.network.namespaces import CLIENT, ROUTER, SERVER_IP, Namespaces, routes_of, run

_numbers = itertools.count(1)

TO_SERVER = 'iifname "client" oifname "server"'
FROM_CLIENT = 'iifname "client"'
TO_CLIENT = 'oifname "client"'


@contextlib.contextmanager
def rules(net: Namespaces, *forward: str, before: tuple[str, ...] = ()) -> Iterator[None]:
    """nftables rules in the router for the time of the block: on forwarded packets, and on destinations."""
    table = f"inet condition{next(_numbers)}"
    text = [
        f"add table {table}",
        f"add chain {table} passing {{ type filter hook forward priority 0; }}",
        f"add chain {table} coming {{ type nat hook prerouting priority -100; }}",
        f"add chain {table} asking {{ type filter hook input priority 0; }}",
        *(f"add rule {table} passing {rule}" for rule in forward),
        *(f"add rule {table} {rule}" for rule in before),
    ]
    net.do(ROUTER, "nft", "-f", "-", text="\n".join(text))
    try:
        yield
    finally:
        net.do(ROUTER, "nft", "delete", "table", *table.split())


def no_direct_way(net: Namespaces) -> contextlib.AbstractContextManager[None]:
    """The client reaches the server through a proxy or not at all."""
    return rules(net, f"{TO_SERVER} drop")


def led_to(net: Namespaces, **ports: int) -> contextlib.AbstractContextManager[None]:
    """Connections to the server's `https` or `http` port end at other ports of it, whoever opens them."""
    number = {"https": 443, "http": 80}
    changes = [
        f"coming ip daddr {SERVER_IP} tcp dport {number[name]} dnat ip to {SERVER_IP}:{port}"
        for name, port in ports.items()
    ]
    return rules(net, before=tuple(changes))


def portal(net: Namespaces, http: int, https: int | None) -> contextlib.AbstractContextManager[None]:
    """Whatever web server the client asks for, the portal answers; `https` None refuses TLS."""
    leads = [f"coming {FROM_CLIENT} tcp dport 80 dnat ip to {SERVER_IP}:{http}"]
    if https is None:
        return rules(net, f"{FROM_CLIENT} tcp dport 443 reject with tcp reset", before=tuple(leads))
    leads.append(f"coming {FROM_CLIENT} tcp dport 443 dnat ip to {SERVER_IP}:{https}")
    return rules(net, before=tuple(leads))


@contextlib.contextmanager
def name_filter(net: Namespaces, name: str, *verdict: str) -> Iterator[None]:
    """Packets to port 443 that hold this server name meet the verdict (what iptables has after -j)."""
    rule = [
        "FORWARD", "-i", "client", "-p", "tcp", "--dport", "443", "-m", "string", "--algo", "bm",
        "--string", name, "-j", *verdict,
    ]  # fmt: skip
    net.do(ROUTER, "iptables", "-w", "-A", *rule)
    try:
        yield
    finally:
        net.do(ROUTER, "iptables", "-w", "-D", *rule)


@contextlib.contextmanager
def unplugged(net: Namespaces) -> Iterator[None]:
    """The client's cable is out."""
    run("ip", "-n", net.name(CLIENT), "link", "set", "eth0", "down")
    try:
        yield
    finally:
        run("ip", "-n", net.name(CLIENT), "link", "set", "eth0", "up")
        run("ip", "-n", net.name(CLIENT), "-batch", "-", text=routes_of(CLIENT))


@contextlib.contextmanager
def slow(net: Namespaces, rate: str) -> Iterator[None]:
    """The client's line has this rate both ways."""
    ends = ((CLIENT, "eth0"), (ROUTER, "client"))
    shape = ("root", "tbf", "rate", rate, "burst", "4kb", "latency", "800ms")
    for part, card in ends:
        net.do(part, "tc", "qdisc", "add", "dev", card, *shape)
    try:
        yield
    finally:
        for part, card in ends:
            net.do(part, "tc", "qdisc", "del", "dev", card, "root")


# --- names ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def names(net: Namespaces, *options: str) -> Iterator[None]:
    """The client's name server is one with these options of dnsmasq, for the time of the block."""
    port = 5300 + next(_numbers) % 1000
    with name_server(net, port, *options), rules(net, before=(
        f"coming {FROM_CLIENT} udp dport 53 redirect to :{port}",
        f"coming {FROM_CLIENT} tcp dport 53 redirect to :{port}",
    )):  # fmt: skip
        yield


def name_server(net: Namespaces, port: int, *options: str) -> contextlib.AbstractContextManager[object]:
    """A dnsmasq in the router that knows only what its options say."""
    base = ("dnsmasq", "-k", "-C", "/dev/null", "--user=root", "--no-resolv", "--no-hosts", f"--port={port}")
    return net.daemon(ROUTER, *base, "--pid-file=", "--cache-size=0", *options, ports=[port])


def no_names(net: Namespaces) -> contextlib.AbstractContextManager[None]:
    """The client's questions for names are lost."""
    return rules(net, before=(f"asking {FROM_CLIENT} meta l4proto {{ tcp, udp }} th dport 53 drop",))
