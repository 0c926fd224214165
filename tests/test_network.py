"""Which network this is, and the watch that tells when it changes, on real networks in namespaces."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import shutil
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator

import pytest

from scripts.screen import wait_until
from snapper.delivery import gateways, network
from snapper.delivery.gateways import Gateway
from snapper.delivery.network import Watch, digest, fingerprint, link

HOME = {ipaddress.ip_network("192.168.1.0/24")}
ROUTER = Gateway("192.168.1.1", "02:00:00:00:00:01", "wlan0")

# --- what systems say --------------------------------------------------------------------------------------

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth1\t00000000\t0102A8C0\t0200\t0\t0\t1\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
broken line
"""
NONE = "0" * 32
ROUTES6 = f"""fe80{"0" * 28} 40 {NONE} 00 {NONE} 00000100 00000002 00000000 00000001     eth0
{NONE} 00 {NONE} 00 fe80{"0" * 27}1 00000400 00000002 00000000 00000003     eth0
{NONE} 00 {NONE} 00 {NONE} ffffffff 00000001 00000000 00200200       lo
"""
ARP = """IP address       HW type     Flags       HW address            Mask     Device
192.0.2.1        0x1         0x2         02:FC:00:00:00:05     *        eth0
192.0.2.9        0x1         0x0         00:00:00:00:00:00     *        eth0
"""


@pytest.mark.skipif(sys.byteorder != "little", reason="the tables are those of a little-endian computer")
def test_the_default_route_of_least_metric_is_the_gateway() -> None:
    assert gateways.linux_route(ROUTES) == Gateway("192.0.2.1", card="eth0")
    line = "Iface\nppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
    assert gateways.linux_route(line) == Gateway("", card="ppp0")
    assert gateways.linux_route("") is None


def test_a_network_of_version_6_has_a_gateway_too() -> None:
    assert gateways.linux_route6(ROUTES6) == Gateway("fe80::1", card="eth0")
    assert gateways.linux_route6(ROUTES6.splitlines()[2]) is None
    assert gateways.linux_route6("x y z") is None


def test_the_gateway_is_known_by_its_mac_address() -> None:
    assert gateways.linux_mac(ARP, Gateway("192.0.2.1", card="eth0")) == "02:fc:00:00:00:05"
    assert gateways.linux_mac(ARP, Gateway("192.0.2.1", card="eth1")) == ""
    assert gateways.linux_mac(ARP, Gateway("192.0.2.9", card="eth0")) == ""


def test_the_last_line_of_search_domains_holds() -> None:
    assert gateways.linux_domains("domain a.org\nnameserver 1.1.1.1\nsearch b.org c.org\n") == [
        "b.org",
        "c.org",
    ]
    assert gateways.linux_domains("# search x\nsearch\n") == []


def test_the_mac_is_read() -> None:
    route = "   route to: default\ndestination: default\n    gateway: 192.168.1.1\n  interface: en0\n"
    assert gateways.mac_route(route) == Gateway("192.168.1.1", card="en0")
    assert gateways.mac_route("route: writing to routing socket: not in table\n") is None
    assert (
        gateways.mac_mac("? (192.168.1.1) at a:bb:c:d:e:1f on en0 ifscope [ethernet]") == "0a:bb:0c:0d:0e:1f"
    )
    assert gateways.mac_mac("? (192.168.1.1) at (incomplete) on en0") == ""
    dns = (
        "resolver #1\n  search domain[0] : corp.example.com\n  search domain[1] : example.com\n  flags : x\n"
    )
    assert gateways.mac_domains(dns) == ["corp.example.com", "example.com"]


# --- the fingerprint ---------------------------------------------------------------------------------------


def test_each_thing_that_tells_networks_apart_counts() -> None:
    home = digest(HOME, ROUTER, ("home.arpa",))
    others = {
        digest({ipaddress.ip_network("192.168.2.0/24")}, ROUTER, ("home.arpa",)),
        digest(HOME, Gateway("192.168.1.2", ROUTER.mac, "wlan0"), ("home.arpa",)),
        digest(HOME, Gateway("192.168.1.1", "02:00:00:00:00:02", "wlan0"), ("home.arpa",)),
        digest(HOME, ROUTER, ()),
    }
    assert len(others | {home}) == 5


def test_what_changes_from_day_to_day_does_not_count() -> None:
    home = digest(HOME, ROUTER, ("a", "b"))
    assert digest(HOME | {ipaddress.ip_network("2001:db8:1::/64")}, ROUTER, ("b", "a")) == home
    assert digest(HOME, Gateway(ROUTER.address, ROUTER.mac, "eth0"), ("a", "b")) == home


def test_a_fingerprint_names_nothing() -> None:
    found = digest(HOME, ROUTER, ("home.arpa",))
    assert len(found) == 32
    assert int(found, 16)


# --- real networks -----------------------------------------------------------------------------------------


class Space:
    """A network namespace with an `eth0` whose other end is in another one."""

    def __init__(self) -> None:
        self.name = f"snapper-{uuid.uuid4().hex[:8]}"
        self.far = f"{self.name}-far"

    def ip(self, *arguments: str, far: bool = False) -> None:
        """Run `ip` in it."""
        subprocess.run(
            ["ip", "-n", self.far if far else self.name, *arguments], check=True, capture_output=True
        )

    def run(self, code: str) -> subprocess.Popen[str]:
        """A Python in it."""
        command = ["ip", "netns", "exec", self.name, sys.executable, "-u", "-c", code]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def said(self, code: str) -> str:
        """What a Python in it prints."""
        with self.run(f"from snapper.delivery.network import *\nprint({code})") as process:
            return process.communicate(timeout=60)[0].strip()


@pytest.fixture
def space() -> Iterator[Space]:
    if not shutil.which("ip") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("network namespaces need root and ip (Debian package iproute2)")
    made = Space()
    if subprocess.run(["ip", "netns", "add", made.name], capture_output=True, check=False).returncode:
        pytest.skip("this system allows no network namespaces")
    try:
        subprocess.run(["ip", "netns", "add", made.far], capture_output=True, check=True)
        made.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", made.far)
        made.ip("addr", "add", "10.9.8.1/24", "dev", "eth0", far=True)
        made.ip("link", "set", "eth0", "up", far=True)
        yield made
    finally:
        for name in (made.name, made.far):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def join(space: Space, address: str = "10.9.8.7/24", gateway: str = "10.9.8.1") -> None:
    """Connect the card as DHCP would."""
    space.ip("link", "set", "eth0", "up")
    space.ip("addr", "add", address, "dev", "eth0")
    space.ip("route", "add", "default", "via", gateway)


def test_offline_there_is_no_fingerprint(space: Space) -> None:
    space.ip("link", "set", "lo", "up")
    assert space.said("[fingerprint(), link().online]") == "['', False]"


def test_a_network_is_known_again_by_another_address(space: Space) -> None:
    """Its gateway is asked for its MAC address, though nothing was sent there since the connection."""
    join(space)
    first = space.said("fingerprint()")
    space.ip("addr", "flush", "dev", "eth0")
    space.ip("link", "set", "eth0", "down")
    join(space, "10.9.8.99/24")
    assert space.said("fingerprint()") == first
    space.ip("link", "set", "eth0", "address", "02:00:00:00:00:09", far=True)
    space.ip("neigh", "flush", "all")
    assert space.said("fingerprint()") not in (first, "")


def test_cards_and_the_way_out_are_told(space: Space) -> None:
    assert space.said("[link().gateway, link().cards[0].addresses]") == "[None, ()]"
    join(space)
    found = space.said("[link().gateway.address, link().gateway.card, link().cards[0]]")
    assert found == "['10.9.8.1', 'eth0', Card(name='eth0', up=True, addresses=('10.9.8.7',))]"


WATCH = """
import sys
from snapper.delivery.network import Watch, fingerprint
watch = Watch(lambda: print("changed", bool(fingerprint()), flush=True))
watch.start()
print("watching", flush=True)
sys.stdin.readline()
watch.stop()
print("stopped", flush=True)
"""


@contextlib.contextmanager
def watched(space: Space) -> Iterator[list[str]]:
    """The lines that a watch in a namespace prints, as they come."""
    lines: list[str] = []
    with space.run(WATCH) as process:
        out = process.stdout
        assert out
        reader = threading.Thread(target=lambda: lines.extend(iter(out.readline, "")), daemon=True)
        reader.start()
        try:
            wait_until(lambda: "watching\n" in lines, "the watch begins")
            yield lines
            process.communicate("\n", timeout=60)
        finally:
            process.kill()


def test_a_change_is_told_once_though_it_comes_in_pieces(space: Space) -> None:
    with watched(space) as lines:
        join(space)
        wait_until(lambda: "changed True\n" in lines, "the connection is told")
        space.ip("link", "set", "eth0", "down")
        wait_until(lambda: "changed False\n" in lines, "the disconnection is told")
    assert lines[:3] == ["watching\n", "changed True\n", "changed False\n"]


def test_what_leads_nowhere_is_no_change(space: Space) -> None:
    """Containers come and go all day."""
    join(space)
    before = space.said("[fingerprint(), link()]")
    space.ip("link", "add", "docker0", "type", "bridge")
    space.ip("addr", "add", "172.17.0.1/16", "dev", "docker0")
    space.ip("link", "set", "docker0", "up")
    assert space.said("[fingerprint(), link()]") == before
    space.ip("addr", "add", "10.50.0.2/24", "dev", "eth0")
    assert space.said("[fingerprint(), link()]") != before


EAR = """
import socket, subprocess
from snapper.delivery import network
ear = network._ear()
print(type(ear).__name__, ear.wait(0.05).name)
ear._told.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
many = "".join(f"addr add 10.1.{each}.1/32 dev eth0\\n" for each in range(200))
subprocess.run(["ip", "-batch", "-"], input=many.encode(), check=True)
print(ear.wait(None).name)
while ear.wait(0.05) is not network._Heard.NOTHING: pass
ear.stop()
print(ear.wait(None).name)
ear.close()
"""


def test_linux_tells_by_itself_and_when_it_tells_too_much_it_is_heard_too(space: Space) -> None:
    with space.run(EAR) as process:
        assert process.communicate(timeout=60)[0].split() == ["_Netlink", "NOTHING", "CHANGE", "STOP"]


# --- the watch elsewhere -----------------------------------------------------------------------------------


class States:
    """What `_now` says, set by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state = ("one", network.Link((), None))
        monkeypatch.setattr(network, "_now", lambda: self.state)
        monkeypatch.setattr(network, "_SETTLE_SECONDS", 0.01)

    def change(self, name: str) -> None:
        """Another network."""
        self.state = (name, network.Link((), None))


def quick() -> network._Clock:
    return network._Clock(0.01)


def test_where_the_system_does_not_tell_the_watch_looks_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    states, told = States(monkeypatch), threading.Semaphore(0)
    watch = Watch(told.release, ear=quick)
    watch.start()
    assert not told.acquire(timeout=0.1)
    for name in ("two", "three"):
        states.change(name)
        assert told.acquire(timeout=20)
    watch.stop()
    assert not [each for each in threading.enumerate() if each.name == "network"]


def test_a_failure_in_what_is_called_does_not_end_the_watch(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    states, told = States(monkeypatch), threading.Semaphore(0)

    def fails() -> None:
        told.release()
        raise KeyError("x")

    watch = Watch(fails, ear=quick)
    watch.start()
    for name in ("two", "three"):
        states.change(name)
        assert told.acquire(timeout=20)
    watch.stop()
    assert "change of the network" in caplog.text


def test_a_watch_may_be_stopped_by_what_it_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    states, told = States(monkeypatch), threading.Semaphore(0)

    def once() -> None:
        watch.stop()
        told.release()

    watch = Watch(once, ear=quick)
    watch.start()
    states.change("two")
    assert told.acquire(timeout=20)
    wait_until(lambda: not watch._thread or not watch._thread.is_alive(), "the thread ends")
    watch.stop()


def test_a_watch_that_never_began_may_be_stopped() -> None:
    Watch(lambda: None).stop()


def test_without_netlink_the_clock_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses() -> network._Netlink:
        raise PermissionError

    monkeypatch.setattr(network, "_Netlink", refuses)
    assert isinstance(network._ear(), network._Clock)


def test_this_computer_has_a_link_and_the_same_fingerprint_twice() -> None:
    assert bool(fingerprint()) == link().online
    assert fingerprint() == fingerprint()
