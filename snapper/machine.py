"""What support asks about this machine and the TWS that runs on it, and what names its owner.

The system is read here; there is no network, and no program is started. `facts` may be shown and sent: they
hold no name of a user or computer, no address, no path. `identity` holds exactly those, for taking them out
of everything that leaves; it is never shown, kept or sent.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import os
import platform
import re
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psutil

from snapper.logs.facts import tws_build
from snapper.logs.found import LogFile
from snapper.logs.locate import Process, find_homes, running_java
from snapper.privacy.seeds import Known
from snapper.report import LogKind

DMI_VENDOR = Path("/sys/class/dmi/id/sys_vendor")
_BIOS_KEY = r"HARDWARE\DESCRIPTION\System\BIOS"
_TIME_KEY = r"SYSTEM\CurrentControlSet\Services\W32Time\Parameters"
_FACT_CHARS = 500  # a manifest takes 1000, and pseudonyms may be longer than what they stand for
_FILE_BYTES = 1 << 16
_LOOPBACK_CARD = re.compile(r"lo\d*|Loopback.*")
_MAC_IN_NAME = re.compile(r"(?<=^enx|^wlx|^wwx)[0-9a-f]{12}$")  # so systemd names cards on USB
_ZONE = re.compile(r"[A-Za-z][\w+-]{0,31}(?:/[\w+-]{1,31}){0,2}")
_UNSYNCHRONISED_US = 16_000_000  # Linux lets the error grow to this while nothing sets the clock
_TWS_SIGNS = ("jts", "ibgateway", "trader workstation", "twslaunch")
_HEAP = re.compile(r"^\s*-Xmx(\d{1,9}[kKmMgGtT]?)\s*$", re.MULTILINE)
_VERSION = re.compile(
    r"(?:jts|ibgateway|trader workstation|ib gateway)[/\\ ](\d{3,4}(?:\.\d+\w{0,4})?|\d\d\.\d+\w{0,4})[/\\]",
    re.IGNORECASE,
)
_VERSION_OF_JAR = re.compile(r"(?:jts4launch|twslaunch)-(\d{3,4})\.jar")
_OPTIONS_PATH = re.compile(r"^-DvmOptionsPath=(.+)$", re.MULTILINE)
_OPTIONS_NAMES = ("tws.vmoptions", "ibgateway.vmoptions", "Contents/vmoptions.txt", "vmoptions.txt")
_JAVA = re.compile(r'^JAVA_VERSION="([\w.+-]{1,40})"', re.MULTILINE)
_INSTALL4J = (".install4j/pref_jre.cfg", ".install4j/inst_jre.cfg")  # each holds the path of a JRE
_LEVELS_ABOVE_JAVA = 5  # on a Mac: <version>/<program>.app/Contents/MacOS/JavaApplicationStub
WINDOWS_CLOCKS = {  # what the time service is set to
    "NTP": "set by a time server", "NT5DS": "set by the company's domain", "ALLSYNC": "set by a server",
    "NOSYNC": "nothing on this computer keeps it right",
}  # fmt: skip
_WINDOWS_NAMES = (2, 3, 8)  # EXTENDED_NAME_FORMAT: DOMAIN\user, full name, user@domain


# --- what may be told --------------------------------------------------------------------------------------


def facts() -> dict[str, str]:
    """What support asks for: the computer, its network cards, display and clock, and every TWS that runs.

    A fact that the system does not tell is "unknown": no report fails for want of one.
    """
    return {name: _told(fact) for name, fact in _FACTS.items()}


def _told(fact: Callable[[], str]) -> str:
    try:
        text = " ".join(fact().split()) or "unknown"
    except (OSError, RuntimeError, NotImplementedError, AttributeError, ValueError, psutil.Error):
        return "unknown"  # Windows, for one, refuses to speak of memory where its counters are switched off
    return text if len(text) <= _FACT_CHARS else f"{text[: _FACT_CHARS - 1]}…"


def vendor() -> tuple[str, str]:
    """The machine's maker as its firmware says, and where that was read; "" where nothing says."""
    if sys.platform == "win32":
        return _registry(_BIOS_KEY, "SystemManufacturer"), f"HKEY_LOCAL_MACHINE\\{_BIOS_KEY}"
    if sys.platform == "darwin":
        return "Apple", "macOS"
    return _text(DMI_VENDOR).strip(), str(DMI_VENDOR)


def _system() -> str:
    name = ""
    if sys.platform == "linux":  # Wine shows Linux's files to programs that look for them
        with contextlib.suppress(OSError):
            name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return f"{name} ({platform.platform()})" if name else platform.platform()


def _processor() -> str:
    frequency = psutil.cpu_freq() if hasattr(psutil, "cpu_freq") else None
    speed = f" at {frequency.current:.0f} MHz" if frequency and frequency.current else ""
    name = processor_name(_text(Path("/proc/cpuinfo"))) or platform.processor() or platform.machine()
    return f"{name}{speed}, {psutil.cpu_count() or '?'} threads"


def processor_name(cpuinfo: str) -> str:
    """The processor that the text of Linux's /proc/cpuinfo names first; "" where it names none."""
    names = (line.partition(":")[2].strip() for line in cpuinfo.splitlines() if line.startswith("model name"))
    return next(filter(None, names), "")


def _memory() -> str:
    memory = psutil.virtual_memory()
    return f"{memory.total >> 20} MB, {memory.available >> 20} MB free"


def network_cards(cards: Mapping[str, Any]) -> str:
    """Each network card of psutil.net_if_stats() with link and speed, its name without its address."""
    said = (
        f"{_MAC_IN_NAME.sub('…', name)} ({'up' if card.isup else 'down'}"
        f"{f', {card.speed} Mbit/s' if card.speed > 0 else ''})"
        for name, card in sorted(cards.items())
        if not _LOOPBACK_CARD.fullmatch(name)
    )
    return ", ".join(said) or "none"


def _display() -> str:
    """What the system says without opening a window; the monitors of a picture are told with the picture."""
    if sys.platform == "win32":
        # SM_CMONITORS, SM_CXVIRTUALSCREEN, SM_CYVIRTUALSCREEN
        said = [ctypes.windll.user32.GetSystemMetrics(index) for index in (80, 78, 79)]  # type: ignore[attr-defined,unused-ignore]
        return "{} monitors, {}×{} together".format(*said)
    return displays(Path("/sys/class/drm"), _said("XDG_SESSION_TYPE"))


def displays(folder: Path, session: str) -> str:
    """The connected outputs in Linux's /sys/class/drm with their preferred size, and the kind of session."""
    outputs = [
        f"{output.name.partition('-')[2]} {(_text(output / 'modes').split() or ['of unknown size'])[0]}"
        for output in sorted(folder.glob("card*-*"))
        if _text(output / "status").strip() == "connected"
    ]
    return ", ".join([*outputs, *([session] if session in ("x11", "wayland", "tty") else [])])


def _time_zone() -> str:
    now = datetime.now().astimezone()
    names = [_said("TZ").lstrip(":"), _text(Path("/etc/timezone")).strip()]
    names += [os.path.realpath("/etc/localtime").partition("zoneinfo/")[2], now.tzname() or ""]
    return time_zone(names, f"{now:%z}")


def time_zone(names: Iterable[str], offset: str) -> str:
    """The first of these that is the name of a zone, and no path, and the offset (±HHMM) from UTC."""
    name = next((name for name in names if _ZONE.fullmatch(name)), "")
    return f"{name} (UTC{offset[:3]}:{offset[3:5]})".strip()


def _clock() -> str:
    if sys.platform == "win32":
        return WINDOWS_CLOCKS.get(_registry(_TIME_KEY, "Type").upper(), "")
    return clock_of_linux(clock_error()) if sys.platform == "linux" else ""


def clock_error() -> int:
    """By how much Linux's kernel thinks its clock may be wrong, in µs. Raises OSError."""
    timex = (ctypes.c_long * 64)()  # struct timex: modes (0: only read), offset, freq, maxerror …
    if ctypes.CDLL(None, use_errno=True).adjtimex(timex) < 0:
        raise OSError(ctypes.get_errno(), "adjtimex")
    return int(timex[3])


def clock_of_linux(error: int) -> str:
    """What the kernel's maximum error (µs) says of the clock; its flag is wrong beside some chrony."""
    wrong = f"synchronised, wrong by {max(1, -(-error // 1000))} ms at most"
    return wrong if error < _UNSYNCHRONISED_US else "nothing on this computer keeps it right"


# --- the TWS that runs -------------------------------------------------------------------------------------


def running_tws(processes: Iterable[Process]) -> list[str]:
    """A sentence for every TWS or IB Gateway among these; a launcher and what it started count once."""
    told = [one for one in processes if any(sign in _command(one).lower() for sign in _TWS_SIGNS)]
    memory = {one: _memory_of(one.pid) for one in told}
    apart: list[Process] = []
    for process in sorted(told, key=lambda one: -memory[one]):
        if not any(process.pid in other.family or other.pid in process.family for other in apart):
            apart.append(process)
    return [_sentence(process, memory[process]) for process in apart]


def _command(process: Process) -> str:
    return "\n".join((*process.command, process.executable))


def _sentence(process: Process, memory: int) -> str:
    command = _command(process)
    version = _first(_VERSION, command) or _first(_VERSION_OF_JAR, command)
    build = _build(process, version)
    java = next(filter(None, (_first(_JAVA, _text(release)) for release in _releases(process))), "")
    parts = (
        f"{'IB Gateway' if 'gateway' in command.lower() else 'TWS'} {version or '(version unknown)'}",
        f"build {build}" if build else "",
        f"Java {java}" if java else "",
        f"-Xmx {_first(_HEAP, command) or _heap_in_options(process) or 'default'}",
        f"uses {memory >> 20} MB" if memory else "",
    )
    return ", ".join(filter(None, parts))


def _build(process: Process, version: str) -> str:
    """What launcher.log names last; all TWS of a settings folder share it, so it must be of this version."""
    found = find_homes([], platform=sys.platform, home=Path.home(), processes=[process]).homes
    logs = [home.path / "launcher.log" for home in found if home.processes]
    builds = [tws_build(LogFile(log, log.name, 0, 0.0, LogKind.PLAIN)) or "" for log in logs]
    return next((build for build in builds if build_is_of(build, version)), "")


def build_is_of(build: str, version: str) -> bool:
    """Whether a build (`10.50.1e, …`) is one of a version, which folders call `1050` or `10.50`."""
    first, _, rest = build.partition(".")
    major = first if len(first) > 2 else first + rest.partition(".")[0]  # older builds: `981.3c`
    return bool(build) and major == re.sub(r"\D", "", version[:5] or major)


def _releases(process: Process) -> Iterator[Path]:
    """Where a JRE says its version: above its java, or where the installer noted which JRE it uses."""
    for folder in _folders(process):
        yield folder / "release"
        yield folder / "jre/release"
        for note in _INSTALL4J:
            if jre := _text(folder / note).strip():
                yield folder / jre / "release"


def _heap_in_options(process: Process) -> str:
    named = [Path(process.folder) / path for path in _OPTIONS_PATH.findall("\n".join(process.command))]
    usual = [folder / name for folder in _folders(process) for name in _OPTIONS_NAMES]
    return next(filter(None, (_first(_HEAP, _text(file)) for file in (*named, *usual))), "")


def _folders(process: Process) -> list[Path]:
    above = [*Path(process.executable).parents][:_LEVELS_ABOVE_JAVA] if process.executable else []
    return [*above, *([Path(process.folder)] if process.folder else [])]


def _memory_of(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss) if pid else 0
    except (psutil.Error, OSError):  # it ended, or belongs to another user
        return 0


_FACTS: dict[str, Callable[[], str]] = {
    "system": _system,
    "processor": _processor,
    "memory": _memory,
    "swap": lambda: f"{psutil.swap_memory().total >> 20} MB",
    "network cards": lambda: network_cards(psutil.net_if_stats()),
    "display": _display,
    "time zone": _time_zone,
    "clock": _clock,
    "vendor": lambda: vendor()[0],
    "running TWS": lambda: "; ".join(map(str, running_tws(running_java()))) or "none",
}


# --- what must not leave -----------------------------------------------------------------------------------


def identity() -> Known:
    """What names this machine and its owner, as far as the system tells; each value once."""
    users, homes, emails = _owner()
    (proxy_users, secrets), (addresses, macs) = proxy_credentials(os.environ), _own_addresses()
    return Known(
        users=_each([*users, *proxy_users]),
        hosts=_each(_hosts()),
        homes=_each(homes),
        secrets=_each(secrets),
        addresses=_each(addresses),
        macs=_each(macs),
        emails=_each(emails),
    )


def _owner() -> tuple[list[str], list[str], list[str]]:
    """Names, homes and e-mail addresses of who runs this, and of who called sudo."""
    user, profile, sudo, domain = map(_said, ("USERNAME", "USERPROFILE", "SUDO_USER", "USERDOMAIN"))
    homes = [_said("HOME"), profile, _said("HOMEDRIVE") + _said("HOMEPATH")]
    account, full, principal = map(_windows_name, _WINDOWS_NAMES)
    users = [*map(_said, ("USER", "LOGNAME", "LNAME")), user, sudo, account, full]
    users.append(f"{domain}\\{user}" if domain else "")
    users.append(re.split(r"[\\/]", profile.rstrip("\\/"))[-1])
    for login, gecos, folder in _accounts(sudo):
        users += [login, gecos.partition(",")[0].replace("&", login.capitalize())]  # & is the login name
        homes.append(folder)
    homes += [os.path.realpath(home) for home in homes if Path(home).is_absolute()]
    homes = [home for home in homes if len(re.split(r"[\\/]+", home.rstrip("\\/"))) > 1]
    return users, homes, [principal, _said("EMAIL"), _said("DEBEMAIL")]


def _accounts(sudo_user: str) -> Iterator[tuple[str, str, str]]:
    """Login, description and home of who runs this and of who called sudo, as the system's list says."""
    try:
        import pwd
    except ImportError:
        return  # Windows
    for who in (os.getuid(), os.geteuid(), sudo_user):
        try:
            entry = pwd.getpwuid(who) if isinstance(who, int) else pwd.getpwnam(who)
        except (KeyError, OSError, ValueError):
            continue  # a container's user is in no list
        yield entry.pw_name, entry.pw_gecos, entry.pw_dir


def _hosts() -> list[str]:
    names = [platform.node(), socket.gethostname(), _said("COMPUTERNAME"), _said("HOSTNAME")]
    names += [_text(Path("/etc/hostname")).strip(), *hosts_called(names, _text(Path("/etc/hosts")))]
    domain = _said("USERDNSDOMAIN")
    return [*names, *(f"{name}.{domain}" for name in names if name and domain and "." not in name)]


def hosts_called(names: Sequence[str], hosts: str) -> list[str]:
    """The names on the lines of a hosts file that this machine is on: its full name without asking DNS."""
    known = {name.casefold() for name in names if name}
    lines = [line.partition("#")[0].split()[1:] for line in hosts.splitlines()]
    ours = [name for line in lines if any(name.casefold() in known for name in line) for name in line]
    return [name for name in ours if not name.casefold().startswith(("localhost", "ip6-"))]


def _own_addresses() -> tuple[list[str], list[str]]:
    """The IP addresses of this machine without loopback, and those of its network cards."""
    try:
        told = [one for addresses in psutil.net_if_addrs().values() for one in addresses]
    except (OSError, psutil.Error):
        return [], []
    ips = [one.address.partition("%")[0] for one in told if one.family in (socket.AF_INET, socket.AF_INET6)]
    macs = [one.address.replace("-", ":").lower() for one in told if one.family == psutil.AF_LINK]
    ips = [ip for ip in ips if not ip.startswith("127.") and ip != "::1"]
    return ips, [mac for mac in macs if mac.strip("0:") and mac.strip("f:")]


def proxy_credentials(variables: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Users and secrets of the proxies in the environment: as written, decoded, and as HTTP sends them."""
    users, secrets = [], []
    for value in (value for name, value in variables.items() if name.lower().endswith("_proxy")):
        rest = re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://", "", value.strip())
        for place in dict.fromkeys((rest.partition("/")[0], rest)):  # a password may hold a slash
            pair = place.rpartition("@")[0]
            for form in dict.fromkeys((pair, unquote(pair))) if pair else ():
                user, _, password = form.partition(":")
                users.append(user)
                secrets += [form, password, base64.b64encode(form.encode(errors="replace")).decode()]
    return users, [secret for secret in secrets if secret]


def _said(variable: str) -> str:
    return os.environ.get(variable, "")


def _text(file: Path) -> str:
    """The beginning of a small text; "" when it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(_FILE_BYTES).decode("utf-8", "replace").replace("\x00", "")
    except (OSError, ValueError):
        return ""


def _first(pattern: re.Pattern[str], text: str) -> str:
    return found[1] if (found := pattern.search(text)) else ""


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip() for value in values if value.strip()))


def _registry(path: str, name: str) -> str:
    try:
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:  # type: ignore[attr-defined,unused-ignore]
            return str(winreg.QueryValueEx(key, name)[0]).strip()  # type: ignore[attr-defined,unused-ignore]
    except (ImportError, OSError):
        return ""


def _windows_name(form: int) -> str:
    """A name of the user in one of the forms of GetUserNameExW; "" elsewhere, and where there is none."""
    if sys.platform != "win32":
        return ""
    size = ctypes.c_ulong(256)
    name = ctypes.create_unicode_buffer(size.value)
    ask = ctypes.windll.secur32.GetUserNameExW  # type: ignore[attr-defined,unused-ignore]
    return name.value if ask(form, name, ctypes.byref(size)) else ""
