"""The way out of this computer as each system tells it: default gateway, its address, search domains."""

from __future__ import annotations

import contextlib
import ctypes
import re
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snapper.delivery.waiting import within

_PROC = Path("/proc/net")
_RESOLV = Path("/etc/resolv.conf")
_TEXT_MAX = 1 << 18
_UP, _REJECT = 0x1, 0x200  # RTF_UP, RTF_REJECT of linux/route.h, linux/ipv6_route.h
_NO_MAC = "00:00:00:00:00:00"
_TOOL_SECONDS = 0.2
_TRIES_SECONDS = 0.002
_DISCARD = 9
_TCPIP = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
_BEYOND = (
    0x016433C6  # 198.51.100.1 (RFC 5737) in network order: anything that only the default route leads to
)


@dataclass(frozen=True)
class Gateway:
    """Where packets for the rest of the world go; the address is empty on a line with one other end, and what
    a system does not tell is too."""

    address: str = ""
    mac: str = ""
    card: str = ""


def default(platform: str, seconds: float) -> Gateway | None:
    """The default gateway; None when there is none. `seconds` may be spent on its MAC address."""
    if platform == "win32":
        return _windows(seconds)
    if platform == "darwin":
        return _mac()
    return _linux(seconds)


def search_domains(platform: str) -> tuple[str, ...]:
    """The domains that DNS searches for short names, the first one first."""
    if platform == "win32":
        return _each(_windows_domains())
    if platform == "darwin":
        return _each(mac_domains(_output("scutil", "--dns")))
    return _each([*linux_domains(_text(_RESOLV)), socket.gethostname().partition(".")[2]])


def _each(domains: Sequence[str] | Iterator[str]) -> tuple[str, ...]:
    named = (domain.strip().strip(".").lower() for domain in domains)
    return tuple(dict.fromkeys(domain for domain in named if domain))


# --- Linux -------------------------------------------------------------------------------------------------


def _linux(seconds: float) -> Gateway | None:
    found = linux_route(_text(_PROC / "route")) or linux_route6(_text(_PROC / "ipv6_route"))
    if found is None or not found.address or ":" in found.address:
        return found
    end = time.monotonic() + seconds
    mac = linux_mac(_text(_PROC / "arp"), found)
    if not mac and seconds > 0:
        _nudge(found.address)
        while not mac and time.monotonic() < end:
            time.sleep(_TRIES_SECONDS)
            mac = linux_mac(_text(_PROC / "arp"), found)
    return Gateway(found.address, mac, found.card)


def _nudge(address: str) -> None:
    """One packet to the gateway, so that the system asks for its MAC address; nobody answers to it."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"", (address, _DISCARD))


def linux_route(table: str) -> Gateway | None:
    """The default route of least metric in /proc/net/route."""
    found: list[tuple[int, Gateway]] = []
    for fields in map(str.split, table.splitlines()[1:]):
        with contextlib.suppress(ValueError, IndexError, struct.error):
            target, gateway, flags, metric, mask = (
                int(fields[at], base) for at, base in ((1, 16), (2, 16), (3, 16), (6, 10), (7, 16))
            )
            if target == mask == 0 and flags & _UP and not flags & _REJECT:
                address = socket.inet_ntoa(struct.pack("=I", gateway)) if gateway else ""
                found.append((metric, Gateway(address, card=fields[0])))
    return min(found, key=lambda each: each[0])[1] if found else None


def linux_route6(table: str) -> Gateway | None:
    """The default route of least metric in /proc/net/ipv6_route."""
    found: list[tuple[int, Gateway]] = []
    for fields in map(str.split, table.splitlines()):
        with contextlib.suppress(ValueError, IndexError, OSError):
            target, length, metric, flags = (int(fields[at], 16) for at in (0, 1, 5, 8))
            if target == length == 0 and flags & _UP and not flags & _REJECT and fields[9] != "lo":
                gateway = bytes.fromhex(fields[4])
                address = socket.inet_ntop(socket.AF_INET6, gateway) if any(gateway) else ""
                found.append((metric, Gateway(address, card=fields[9])))
    return min(found, key=lambda each: each[0])[1] if found else None


def linux_mac(table: str, gateway: Gateway) -> str:
    """The MAC address of a gateway in /proc/net/arp; "" while nobody knows it."""
    for fields in map(str.split, table.splitlines()[1:]):
        if (
            len(fields) > 5
            and (fields[0], fields[5]) == (gateway.address, gateway.card)
            and fields[3] != _NO_MAC
        ):
            return fields[3].lower()
    return ""


def linux_domains(resolv: str) -> list[str]:
    """The search domains of a resolv.conf; the last line of the two kinds holds (resolv.conf(5))."""
    lines = [line.split() for line in resolv.splitlines()]
    named = [fields[1:] for fields in lines if len(fields) > 1 and fields[0] in ("search", "domain")]
    return named[-1] if named else []


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(_TEXT_MAX).decode("utf-8", "replace")
    except OSError:
        return ""


# --- macOS -------------------------------------------------------------------------------------------------


def _mac() -> Gateway | None:
    found = mac_route(_output("route", "-n", "get", "default"))
    if found is None or not found.address:
        return found
    return Gateway(found.address, mac_mac(_output("arp", "-n", found.address)), found.card)


def mac_route(text: str) -> Gateway | None:
    """The gateway that `route -n get default` prints."""
    said = dict(re.findall(r"^\s*(gateway|interface): (\S+)", text, re.MULTILINE))
    return Gateway(said.get("gateway", ""), card=said.get("interface", "")) if said else None


def mac_mac(text: str) -> str:
    """The MAC address that `arp -n` prints, in full: the Mac leaves zeros out."""
    found = re.search(r"\bat ([0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5})\b", text)
    return ":".join(part.zfill(2) for part in found[1].split(":")) if found else ""


def mac_domains(text: str) -> list[str]:
    """The search domains that `scutil --dns` prints."""
    return re.findall(r"^\s*search domain\[\d+\] : (\S+)", text, re.MULTILINE)


def _output(*command: str) -> str:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_TOOL_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout[:_TEXT_MAX].decode("utf-8", "replace")


# --- Windows -----------------------------------------------------------------------------------------------


class _Row(ctypes.Structure):
    """MIB_IPFORWARDROW."""

    _fields_ = (
        ("before", ctypes.c_uint32 * 3),
        ("next_hop", ctypes.c_uint32),
        ("card", ctypes.c_uint32),
        ("after", ctypes.c_uint32 * 9),
    )


def _windows(seconds: float) -> Gateway | None:
    load = getattr(ctypes, "WinDLL", None)
    if load is None:
        return None
    library, row = load("iphlpapi"), _Row()
    if library.GetBestRoute(_BEYOND, 0, ctypes.byref(row)):
        return None
    address = socket.inet_ntoa(struct.pack("=I", row.next_hop)) if row.next_hop else ""
    with contextlib.suppress(TimeoutError, OSError):
        return Gateway(address, within(seconds, lambda: _windows_mac(library, row.next_hop)), str(row.card))
    return Gateway(address, card=str(row.card))


def _windows_mac(library: Any, address: int) -> str:
    """Asks the network where the system does not know: for three seconds when nobody answers."""
    mac, size = (ctypes.c_ubyte * 8)(), ctypes.c_ulong(6)
    if library.SendARP(address, 0, mac, ctypes.byref(size)) or size.value != 6:
        return ""
    return bytes(mac[:6]).hex(":")


def _windows_domains() -> Iterator[str]:
    try:
        import winreg
    except ImportError:
        return
    registry: Any = winreg
    with contextlib.suppress(OSError), registry.OpenKey(registry.HKEY_LOCAL_MACHINE, _TCPIP) as key:
        for name in ("SearchList", "Domain", "DhcpDomain"):
            with contextlib.suppress(OSError):
                yield from re.split(r"[,\s]+", str(registry.QueryValueEx(key, name)[0]))
