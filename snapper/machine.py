"""What support asks about the machine, and who made it. Host name, user name and addresses stay here."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import psutil

from snapper.logs.locate import running_java

DMI_VENDOR = Path("/sys/class/dmi/id/sys_vendor")
_BIOS_KEY = r"HARDWARE\DESCRIPTION\System\BIOS"
_MAX_HEAP = re.compile(r"-Xmx(\d+[kKmMgG]?)")
_BUILD = re.compile(
    r"[/\\](?:Trader Workstation |IB Gateway |ibgateway[/\\])?(\d{3,4}(?:\.\d+\w*)?|\d{1,2}\.\d+\w*)(?=[/\\])"
)


def vendor() -> tuple[str, str]:
    """The machine's maker as its firmware says, and where that was read; "" where nothing says."""
    if sys.platform == "win32":
        return _vendor_from_registry(), f"HKEY_LOCAL_MACHINE\\{_BIOS_KEY}"
    if sys.platform == "darwin":
        return "Apple", "macOS"
    try:
        return DMI_VENDOR.read_text(errors="replace").strip(), str(DMI_VENDOR)
    except OSError:
        return "", str(DMI_VENDOR)


def _vendor_from_registry() -> str:
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _BIOS_KEY) as key:  # type: ignore[attr-defined,unused-ignore]
            return str(winreg.QueryValueEx(key, "SystemManufacturer")[0]).strip()  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return ""


def facts() -> dict[str, str]:
    """What support asks for: system, processor, memory, network cards, vendor, and every TWS that runs.

    A fact that the system does not tell is "unknown": no report fails for want of one.
    """
    return {name: _told(fact) for name, fact in _FACTS.items()}


def _told(fact: Callable[[], str]) -> str:
    try:
        return fact() or "unknown"
    except (OSError, RuntimeError, NotImplementedError, psutil.Error):
        return "unknown"  # Windows, for one, refuses to speak of memory where its counters are switched off


def _system() -> str:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = ""
    return f"{name} ({platform.platform()})" if name else platform.platform()


def _processor() -> str:
    frequency = psutil.cpu_freq() if hasattr(psutil, "cpu_freq") else None
    speed = f" at {frequency.current:.0f} MHz" if frequency and frequency.current else ""
    return f"{_processor_name()}{speed}"


def _processor_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _network_cards() -> list[str]:
    return [
        f"{name} ({'up' if card.isup else 'down'}{f', {card.speed} Mbit/s' if card.speed > 0 else ''})"
        for name, card in sorted(psutil.net_if_stats().items())
        if not name.startswith("lo")
    ]


def running_tws(command_lines: Iterable[Sequence[str]]) -> list[str]:
    """One sentence for each command line that is a TWS or IB Gateway: program, build, memory setting."""
    return [sentence for words in command_lines if (sentence := _tws_sentence(" ".join(words)))]


def _tws_sentence(command: str) -> str | None:
    lower = command.lower()
    if not any(sign in lower for sign in ("jts", "ibgateway", "trader workstation", "twslaunch")):
        return None
    program = "IB Gateway" if "gateway" in lower else "TWS"
    build, heap = _BUILD.search(command), _MAX_HEAP.search(command)
    return f"{program} {build[1] if build else '(build unknown)'}, memory {heap[1] if heap else 'default'}"


def _memory() -> str:
    memory = psutil.virtual_memory()
    return f"{memory.total >> 20} MB, {memory.available >> 20} MB free"


_FACTS: dict[str, Callable[[], str]] = {
    "system": _system,
    "processor": lambda: f"{_processor()}, {psutil.cpu_count() or '?'} threads",
    "memory": _memory,
    "swap": lambda: f"{psutil.swap_memory().total >> 20} MB",
    "network cards": lambda: ", ".join(_network_cards()) or "none",
    "vendor": lambda: vendor()[0],
    "running TWS": lambda: "; ".join(running_tws(process.command for process in running_java())) or "none",
}
