"""What is told about the machine, and what names its owner: enough, nothing private, never a failure."""

from __future__ import annotations

import base64
import ctypes
import getpass
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.screen import wait_until
from snapper import machine
from snapper.logs.locate import Process, running_java
from snapper.privacy.seeds import Known

BUILD = "10.50.1e, Aug 25, 2026 4:05:30 PM"


def address(value: str, family: int) -> SimpleNamespace:
    return SimpleNamespace(address=value, family=family)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without a word about its owner."""
    for name in list(os.environ):
        if name not in ("PATH", "LANG"):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def install(tmp_path: Path) -> Path:
    """A TWS as its installer leaves it: the program's folder, a Java of its own, options, settings."""
    folder = tmp_path / "Jts/1050"
    (folder / "jre/bin").mkdir(parents=True)
    (folder / "jre/release").write_text('IMPLEMENTOR="Azul Systems, Inc."\nJAVA_VERSION="17.0.10"\n')
    (folder / "tws.vmoptions").write_text("# memory\n-Xmx4096m\n-XX:+UseG1GC\n")
    home = folder.parent
    (home / "jts.ini").write_text("[Logon]\n")
    (home / "launcher.log").write_text(f"2026-08-31 08:14:59.012 INFO  [JTS-Main] - Build {BUILD}\n")
    return folder


def java(install: Path, *words: str, **more: Any) -> Process:
    """The Java of an install, running TWS."""
    executable = str(install / "jre/bin/java")
    return Process("java", (executable, *words, "jclient.LoginFrame"), executable, str(install), **more)


# --- facts -------------------------------------------------------------------------------------------------


def test_every_fact_is_told_and_none_is_private() -> None:
    facts = machine.facts()
    assert facts.keys() == {
        "system", "processor", "memory", "swap", "network cards", "display", "time zone", "clock", "vendor",
        "running TWS",
    }  # fmt: skip
    assert all(facts.values())
    told = " ".join(facts.values())
    own = machine.identity()
    assert getpass.getuser() not in told.split() and platform.node() not in told.split()
    for value in (*own.addresses, *own.macs, *own.homes):
        assert value not in told


def test_what_every_system_tells_is_told() -> None:
    facts = machine.facts()
    assert all(facts[name] != "unknown" for name in ("system", "processor", "memory", "time zone"))
    assert f"{psutil.virtual_memory().total >> 20} MB" in facts["memory"] and "free" in facts["memory"]


@pytest.mark.parametrize(("platform", "named"), [("linux", True), ("win32", False), ("darwin", False)])
def test_only_linux_is_asked_which_linux_it_is(
    monkeypatch: pytest.MonkeyPatch, platform: str, named: bool
) -> None:
    """Under Wine a Windows program finds the /etc/os-release of the Linux below."""
    told = {"PRETTY_NAME": "Debian GNU/Linux 12"}
    monkeypatch.setattr(machine.platform, "freedesktop_os_release", lambda: told)
    monkeypatch.setattr(machine.sys, "platform", platform)
    assert machine._system().startswith("Debian GNU/Linux 12 (") is named


@pytest.mark.parametrize(
    "failure",
    [
        RuntimeError("counters disabled"),
        OSError(),
        NotImplementedError(),
        psutil.AccessDenied(),
        AttributeError(),
    ],
)
def test_a_fact_the_system_does_not_tell_is_unknown(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def refuse() -> None:
        raise failure

    monkeypatch.setattr(psutil, "swap_memory", refuse)
    facts = machine.facts()
    assert facts["swap"] == "unknown"
    assert facts["memory"] != "unknown"


def test_facts_fit_into_a_manifest_whatever_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host of containers has hundreds of network cards; manifests refuse more than 1000 characters."""
    cards = {f"veth{number:04}": SimpleNamespace(isup=True, speed=10_000) for number in range(400)}
    monkeypatch.setattr(psutil, "net_if_stats", lambda: cards)
    fact = machine.facts()["network cards"]
    assert len(fact) <= 500 and fact.endswith("…")


def test_network_cards_are_told_with_link_and_speed_and_without_address() -> None:
    cards = {
        "lo": SimpleNamespace(isup=True, speed=0),
        "Local Area Connection": SimpleNamespace(isup=True, speed=1000),
        "Loopback Pseudo-Interface 1": SimpleNamespace(isup=True, speed=1073),
        "enx00155d01a2b3": SimpleNamespace(isup=False, speed=0),
    }
    assert machine.network_cards(cards) == "Local Area Connection (up, 1000 Mbit/s), enx… (down)"
    assert machine.network_cards({"lo": cards["lo"]}) == "none"


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        ("processor\t: 0\nmodel name\t: AMD Ryzen 7 5800X\nmodel name\t: other\n", "AMD Ryzen 7 5800X"),
        ("processor\t: 0\nmodel name\t:\nBogoMIPS\t: 48.00\n", ""),
        ("", ""),
    ],
)
def test_the_processor_is_the_first_that_linux_names(cpuinfo: str, name: str) -> None:
    assert machine.processor_name(cpuinfo) == name


def test_connected_displays_are_told_with_their_size(tmp_path: Path) -> None:
    for output, status, modes in (
        ("card0-HDMI-A-1", "connected\n", "3840x2160\n1920x1080\n"),
        ("card0-eDP-1", "connected\n", ""),
        ("card1-DP-2", "disconnected\n", "800x600\n"),
    ):
        (tmp_path / output).mkdir()
        (tmp_path / output / "status").write_text(status)
        (tmp_path / output / "modes").write_text(modes)
    assert machine.displays(tmp_path, "x11") == "HDMI-A-1 3840x2160, eDP-1 of unknown size, x11"
    assert machine.displays(tmp_path / "gone", "of anna") == ""


@pytest.mark.parametrize(
    ("names", "offset", "told"),
    [
        (["", "Asia/Kolkata"], "+0530", "Asia/Kolkata (UTC+05:30)"),
        (["America/Argentina/Buenos_Aires"], "-0300", "America/Argentina/Buenos_Aires (UTC-03:00)"),
        (["/home/anna/zone", "../anna", "EST5EDT"], "-0500", "EST5EDT (UTC-05:00)"),
        ([], "+0000", "(UTC+00:00)"),
    ],
)
def test_the_time_zone_is_a_name_and_never_a_path(names: list[str], offset: str, told: str) -> None:
    assert machine.time_zone(names, offset) == told


def test_the_time_zone_of_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Asia/Tokyo")
    assert machine.facts()["time zone"].startswith("Asia/Tokyo (UTC")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (0, "synchronised, wrong by 1 ms at most"),
        (250_001, "synchronised, wrong by 251 ms at most"),
        (16_000_000, "nothing on this computer keeps it right"),
    ],
)
def test_the_clock_is_judged_by_the_kernels_error(error: int, told: str) -> None:
    assert machine.clock_of_linux(error) == told


class Timex(ctypes.Structure):
    """The beginning of the kernel's struct timex, and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long), ("rest", ctypes.c_char * 480),
    )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
def test_the_kernel_is_asked_for_its_error() -> None:
    """The error grows by 500 µs a second, or falls when the clock is set in between."""
    timex = Timex()
    assert ctypes.CDLL(None).adjtimex(ctypes.byref(timex)) >= 0
    told = machine.clock_error()
    assert timex.maxerror > 0 and told <= timex.maxerror + 60_000
    assert told >= min(timex.maxerror, 1)


def test_the_time_service_of_windows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    for kind, told in (("NTP", "set by a time server"), ("NoSync", "nothing on this"), ("x", "unknown")):
        monkeypatch.setattr(machine, "_registry", lambda path, name, kind=kind: kind)
        assert machine.facts()["clock"].startswith(told)


@pytest.mark.parametrize(("text", "vendor"), [("HP\n", "HP"), ("Dell Inc.\n", "Dell Inc."), (None, "")])
def test_the_vendor_is_read_where_the_firmware_says_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None, vendor: str
) -> None:
    if text is not None:
        (tmp_path / "sys_vendor").write_text(text)
    monkeypatch.setattr(machine, "DMI_VENDOR", tmp_path / "sys_vendor")
    monkeypatch.setattr("sys.platform", "linux")
    read: Callable[[], tuple[str, str]] = machine.vendor
    assert read() == (vendor, str(tmp_path / "sys_vendor"))


# --- the TWS that runs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["java", "-Xmx1024m", "-cp", "/home/me/Jts/1026/jars/x.jar"], "TWS 1026, -Xmx 1024m"),
        (["java", "-cp", "C:\\Jts\\ibgateway\\1040\\x.jar"], "IB Gateway 1040, -Xmx default"),
        (["/Applications/Trader Workstation 10.30/tws"], "TWS 10.30, -Xmx default"),
        (["java", "-cp", "/opt/tws/jars/jts4launch-1037.jar"], "TWS 1037, -Xmx default"),
        (["java", "-cp", "/home/4711/Jts/x.jar"], "TWS (version unknown), -Xmx default"),
    ],
)
def test_a_running_tws_is_told_with_version_and_memory(words: list[str], sentence: str) -> None:
    assert machine.running_tws([Process("java", tuple(words))]) == [sentence]


def test_other_programs_are_not_told() -> None:
    other = Process("java", ("java", "-jar", "minecraft.jar"), "/usr/bin/java")
    assert machine.running_tws([other, Process("java")]) == []


def test_build_java_and_memory_come_from_the_files_beside_it(install: Path) -> None:
    (told,) = machine.running_tws([java(install, f"-DjtsConfigDir={install.parent}")])
    assert told == f"TWS 1050, build {BUILD}, Java 17.0.10, -Xmx 4096m"
    assert str(install) not in told


def test_the_command_line_beats_the_options_file(install: Path) -> None:
    (told,) = machine.running_tws([java(install, "-Xmx2g")])
    assert "-Xmx 2g" in told


def test_the_named_options_file_beats_the_usual_one(install: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.vmoptions").write_text("-Xmx8192m\r\n")
    (told,) = machine.running_tws([java(install, f"-DvmOptionsPath={tmp_path / 'mine.vmoptions'}")])
    assert "-Xmx 8192m" in told


def test_an_option_that_is_commented_out_does_not_count(install: Path) -> None:
    (install / "tws.vmoptions").write_text("#-Xmx4096m\n")
    (told,) = machine.running_tws([java(install)])
    assert "-Xmx default" in told


def test_the_build_of_another_tws_in_the_same_folder_is_not_taken(install: Path) -> None:
    """launcher.log is shared by all that use a settings folder."""
    (install.parent / "launcher.log").write_text("2026-08-31 08:14:59.012 INFO  [M] - Build 10.37.1k\n")
    (told,) = machine.running_tws([java(install, f"-DjtsConfigDir={install.parent}")])
    assert "build" not in told


@pytest.mark.parametrize(
    ("build", "version", "same"),
    [("10.50.1e", "1050", True), ("10.50.1e", "10.50", True), ("10.50.1e", "", True),
     ("981.3c", "981", True), ("981.3c", "972", False), ("10.37.1k", "1050", False), ("", "1050", False)],
)  # fmt: skip
def test_a_build_is_that_of_its_version(build: str, version: str, same: bool) -> None:
    assert machine.build_is_of(build, version) is same


def test_a_java_that_the_installer_noted_elsewhere_is_found(install: Path, tmp_path: Path) -> None:
    (install / "jre/release").unlink()
    (tmp_path / "i4j_jres/17").mkdir(parents=True)
    (tmp_path / "i4j_jres/17/release").write_text('JAVA_VERSION="1.8.0_202"\n')
    (install / ".install4j").mkdir()
    (install / ".install4j/inst_jre.cfg").write_text(f"{tmp_path / 'i4j_jres/17'}\n")
    launcher = Process("tws.exe", (str(install / "tws.exe"),), str(install / "tws.exe"))
    (told,) = machine.running_tws([launcher])
    assert "Java 1.8.0_202" in told


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'JAVA_VERSION="/home/anna"', b"x" * 200_000])
def test_a_broken_release_file_tells_nothing(install: Path, content: bytes) -> None:
    (install / "jre/release").write_bytes(content)
    (told,) = machine.running_tws([java(install)])
    assert "Java" not in told


def test_a_launcher_and_what_it_started_count_once(install: Path) -> None:
    launcher, child = (
        java(install, pid=999_999_1),
        java(install, "-Xmx2g", pid=999_999_2, family=(999_999_1,)),
    )
    assert len(machine.running_tws([launcher, child])) == 1
    assert len(machine.running_tws([launcher, child._replace(family=())])) == 2


def test_of_a_launcher_and_its_program_the_larger_is_told(
    install: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_memory_of", {1: 5 << 20, 2: 900 << 20}.__getitem__)
    (told,) = machine.running_tws([java(install, pid=1), java(install, "-Xmx2g", pid=2, family=(1,))])
    assert "-Xmx 2g, uses 900 MB" in told


@pytest.mark.alone
def test_a_real_program_is_told_with_the_memory_it_uses(tmp_path: Path) -> None:
    """A link called java to this interpreter, running as TWS would."""
    program = tmp_path / "java"
    program.symlink_to(sys.executable)
    command = [
        str(program),
        "-S",
        "-c",
        "import sys; sys.stdin.read()",
        f"-DjtsConfigDir={tmp_path}/Jts/1050/",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as started:
        mine = wait_until(
            lambda: [one for one in running_java() if command[-1] in one.command], "the program is seen"
        )
        (told,) = machine.running_tws(mine)
        started.communicate(b"")
    assert told.startswith("TWS 1050, ") and "uses " in told and " MB" in told.partition("uses ")[2]


def test_a_program_that_has_ended_uses_nothing(install: Path) -> None:
    (told,) = machine.running_tws([java(install, pid=2**22 + 1)])
    assert "uses" not in told


# --- identity ----------------------------------------------------------------------------------------------


def test_this_machine_is_known_by_its_owner_and_its_names() -> None:
    own = machine.identity()
    assert getpass.getuser() in own.users
    assert platform.node() in own.hosts and socket.gethostname() in own.hosts
    assert os.path.realpath(Path.home()) in own.homes
    assert "127.0.0.1" not in own.addresses and "::1" not in own.addresses
    assert "00:00:00:00:00:00" not in own.macs


def test_identity_shows_no_value() -> None:
    own = Known(users=("jgruenwald",), secrets=("Tr0ub4dor",))
    assert "jgruenwald" not in repr(own) and "Tr0ub4dor" not in str(own)


def test_what_windows_puts_into_the_environment_names_the_owner(bare: pytest.MonkeyPatch) -> None:
    for name, value in {
        "USERNAME": "jgruenwald", "USERDOMAIN": "CORP", "USERPROFILE": r"C:\Users\Jürgen Grünwald",
        "HOMEDRIVE": "H:", "HOMEPATH": r"\jg", "COMPUTERNAME": "WKS-LON-0042",
        "USERDNSDOMAIN": "corp.example",
    }.items():  # fmt: skip
        bare.setenv(name, value)
    bare.setattr(
        machine, "_windows_name", {2: r"CORP\jgruen", 3: "Grünwald, Jürgen", 8: "jg@corp.example"}.__getitem__
    )
    own = machine.identity()
    assert {"jgruenwald", r"CORP\jgruenwald", "Jürgen Grünwald", r"CORP\jgruen", "Grünwald, Jürgen"} <= {
        *own.users
    }
    assert {r"C:\Users\Jürgen Grünwald", r"H:\jg"} <= {*own.homes}
    assert {"WKS-LON-0042", "WKS-LON-0042.corp.example"} <= {*own.hosts}
    assert "jg@corp.example" in own.emails


def test_who_called_sudo_is_known_with_full_name_and_home(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pwd = pytest.importorskip("pwd")
    (tmp_path / "real").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "real")

    def entry(name: str) -> SimpleNamespace:
        return SimpleNamespace(pw_name=name, pw_gecos="Anna &,Room 7,555", pw_dir=str(tmp_path / "home"))

    bare.setattr(pwd, "getpwnam", entry)
    bare.setenv("SUDO_USER", "smith")
    own = machine.identity()
    assert {"smith", "Anna Smith"} <= {*own.users}
    assert {str(tmp_path / "home"), os.path.realpath(tmp_path / "real")} <= {*own.homes}


def test_a_user_that_no_list_names_and_a_home_that_is_the_root_are_no_failure(
    bare: pytest.MonkeyPatch,
) -> None:
    """A container run with a number for a user."""
    pwd = pytest.importorskip("pwd")

    def nobody(_: object) -> None:
        raise KeyError

    bare.setattr(pwd, "getpwuid", nobody)
    bare.setattr(pwd, "getpwnam", nobody)
    bare.setenv("HOME", "/")
    bare.setenv("USER", " ")
    own = machine.identity()
    assert own.homes == () and own.users == ()


def test_addresses_are_those_of_the_network_and_not_of_the_machine_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cards: Mapping[str, list[SimpleNamespace]] = {
        "lo": [address("127.0.0.1", socket.AF_INET), address("::1", socket.AF_INET6),
               address("00:00:00:00:00:00", psutil.AF_LINK)],
        "eth0": [address("10.20.30.40", socket.AF_INET), address("fe80::15:5d%eth0", socket.AF_INET6),
                 address("00-15-5D-01-A2-B3", psutil.AF_LINK)],
    }  # fmt: skip
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: cards)
    own = machine.identity()
    assert own.addresses == ("10.20.30.40", "fe80::15:5d") and own.macs == ("00:15:5d:01:a2:b3",)


def test_a_system_that_tells_no_addresses_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError

    monkeypatch.setattr(psutil, "net_if_addrs", refuse)
    own = machine.identity()
    assert own.addresses == () and own.macs == () and own.hosts


def test_the_full_name_of_the_machine_is_known_from_its_hosts_file() -> None:
    hosts = (
        "127.0.0.1 localhost\n"
        "127.0.1.1 wks.corp.example WKS localhost.localdomain # mine\n"
        "10.1.1.1 other.corp.example other\n"
    )
    assert machine.hosts_called(["wks"], hosts) == ["wks.corp.example", "WKS"]
    assert machine.hosts_called(["", "gone"], hosts) == []


@pytest.mark.parametrize("variable", ["http_proxy", "HTTPS_PROXY", "All_Proxy", "SOCKS5_PROXY"])
def test_the_password_of_a_proxy_is_known_in_all_its_forms(variable: str) -> None:
    users, secrets = machine.proxy_credentials(
        {variable: "http://corp%5Canna:p%40ss%2Fw@proxy.example:3128/"}
    )
    basic = base64.b64encode(rb"corp\anna:p@ss/w").decode()
    assert r"corp\anna" in users
    assert {r"corp%5Canna:p%40ss%2Fw", "p%40ss%2Fw", r"corp\anna:p@ss/w", "p@ss/w", basic} <= {*secrets}


@pytest.mark.parametrize(
    "value", ["anna:p@ss/w@proxy:3128", "socks5h://anna:p@ss/w@proxy", "HTTP://anna:p@ss/w@[::1]:80"]
)
def test_a_password_with_the_signs_of_an_address_is_known_whole(value: str) -> None:
    assert "p@ss/w" in machine.proxy_credentials({"http_proxy": value})[1]


def test_a_sign_in_the_path_of_a_proxy_hides_no_password() -> None:
    assert "secret" in machine.proxy_credentials({"http_proxy": "http://anna:secret@proxy:3128/x@y"})[1]


def test_proxies_without_a_password_and_other_variables_have_no_secrets() -> None:
    variables = {
        "http_proxy": "http://proxy:3128/a",
        "no_proxy": "localhost,.corp.example",
        "URL": "http://a:b@c",
    }
    assert machine.proxy_credentials(variables) == ([], [])


@settings(max_examples=60)
@given(st.text(max_size=40))
def test_no_proxy_setting_breaks_it(value: str) -> None:
    _, secrets = machine.proxy_credentials({"http_proxy": value})
    assert all(secrets)


@settings(max_examples=60)
@given(st.text("abcXYZ123!$^&*._~@/", min_size=1, max_size=12))
def test_every_password_is_among_the_secrets(password: str) -> None:
    assert password in machine.proxy_credentials({"http_proxy": f"http://anna:{password}@proxy:3128"})[1]
