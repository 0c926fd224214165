"""What Windows keeps: the machine's maker, proxies, secrets, and the programs that start at sign-in."""

from __future__ import annotations

import contextlib
import struct
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from snapper import machine
from snapper.autostart import autostart_for, listen_command
from snapper.autostart.windows_run import APPROVED, RUN, WindowsRun
from snapper.config import Settings
from snapper.connect import chord_and_reason
from snapper.delivery import vault
from snapper.delivery.proxies import windows
from snapper.delivery.proxies.answer import Answer, Target
from snapper.delivery.route import Source
from snapper.errors import Unavailable
from tests.windows.hands import registry

DESK = Target("https", "desk.example.com", 443)
BIOS = r"HARDWARE\DESCRIPTION\System\BIOS"
CONNECTIONS = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections"


@contextlib.contextmanager
def values(root: int, path: str, wanted: Mapping[str, str | int | bytes | None]) -> Iterator[None]:
    """Values of a key for the time of the block (None: not there); afterwards it is as it was."""
    with registry.CreateKey(root, path) as key:
        before = {name: _value(key, name) for name in wanted}
        for name, value in wanted.items():
            _set(key, name, (value, _kind(value)) if value is not None else None)
        try:
            yield
        finally:
            for name, old in before.items():
                _set(key, name, old)


def _kind(value: object) -> int:
    kinds: dict[type, int] = {str: registry.REG_SZ, int: registry.REG_DWORD, bytes: registry.REG_BINARY}
    return kinds[type(value)]


def _value(key: Any, name: str) -> tuple[Any, int] | None:
    with contextlib.suppress(FileNotFoundError):
        found: tuple[Any, int] = registry.QueryValueEx(key, name)
        return found
    return None


def _set(key: Any, name: str, value: tuple[Any, int] | None) -> None:
    if value:
        registry.SetValueEx(key, name, 0, value[1], value[0])
    else:
        with contextlib.suppress(FileNotFoundError):
            registry.DeleteValue(key, name)


# --- the machine's maker -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("maker", "chord"),
    [
        ("HP", "Ctrl+Alt+Q"), ("HP Inc.", "Ctrl+Alt+Q"), ("Hewlett-Packard", "Ctrl+Alt+Q"),
        ("Dell Inc.", "Ctrl+Alt+H"), ("LENOVO", "Ctrl+Alt+H"), (None, "Ctrl+Alt+H"),
    ],
)  # fmt: skip
def test_the_maker_in_the_registry_decides_the_chord(maker: str | None, chord: str) -> None:
    with values(registry.HKEY_LOCAL_MACHINE, BIOS, {"SystemManufacturer": maker}):
        assert machine.vendor() == (maker or "", f"HKEY_LOCAL_MACHINE\\{BIOS}")
        chosen, reason = chord_and_reason(Settings())
    assert str(chosen) == chord
    assert chord in reason


def test_the_facts_for_support_are_all_known_here() -> None:
    facts = machine.facts()
    assert facts["system"].startswith("Windows-")
    assert facts["display"].startswith("1 monitors, ")
    unknown = {name for name, fact in facts.items() if fact == "unknown"}
    assert unknown <= {"vendor", "clock", "time zone", "swap"}  # Wine has no counters of performance


# --- proxies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "named", "source"), [(1, 0, None), (3, 1, None), (7, 1, Source.PAC), (9, 0, Source.WPAD)]
)
def test_the_persons_proxy_settings_are_those_of_the_control_panel(
    flags: int, named: int, source: Source | None
) -> None:
    texts = [b"http=a:1;https=b:2", b"*.other.org;<local>", b"http://pac/proxy.pac"]
    kept = struct.pack("<III", 0x46, 1, flags)  # 2: proxy, 4: script, 8: detection
    kept += b"".join(struct.pack("<I", len(text)) + text for text in texts) + bytes(32)
    with values(registry.HKEY_CURRENT_USER, CONNECTIONS, {"DefaultConnectionSettings": kept}):
        answer = windows.Windows().ask(DESK)
        other = windows.Windows().ask(Target("https", "x.other.org", 443))
    assert labels(answer) == ["http://b:2"][:named]
    assert (answer.pac.source if answer.pac else None) is source
    assert labels(other) == []


def test_a_policy_puts_the_settings_of_the_computer_in_force() -> None:
    told = {"ProxyEnable": 1, "ProxyServer": "machine:8080", "AutoConfigURL": "http://pac/machine.pac"}
    with values(registry.HKEY_LOCAL_MACHINE, windows._SETTINGS, told):
        with values(registry.HKEY_LOCAL_MACHINE, windows._POLICY, {"ProxySettingsPerUser": None}):
            assert windows.of_computer() is None
        with values(registry.HKEY_LOCAL_MACHINE, windows._POLICY, {"ProxySettingsPerUser": 0}):
            answer = windows.Windows().ask(DESK)
    assert labels(answer) == ["http://machine:8080"]
    assert answer.pac
    assert answer.pac.address == "http://pac/machine.pac"


def labels(answer: Answer) -> list[str]:
    """The proxies of an answer in words."""
    return [route.label for route in answer.routes]


# --- the Credential Manager --------------------------------------------------------------------------------


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first call imports what a keyring needs, which takes long on a busy computer."""
    monkeypatch.setattr(vault, "PATIENCE_SECONDS", 60.0)


@pytest.mark.usefixtures("patience")
def test_a_secret_is_kept_by_the_credential_manager_and_gone_when_removed() -> None:
    service, name, secret = f"snapper test {uuid.uuid4()}", "token of the desk", "gehéim 漢字 " + "x" * 200
    assert vault.problem() == ""
    assert vault.read(service, name) is None
    assert not vault.remove(service, name)
    vault.write(service, name, secret)
    try:
        assert vault.read(service, name) == secret
        assert read_by_another_process(service, name) == secret
        vault.write(service, name, "another")
        assert vault.read(service, name) == "another"
        assert vault.read(service, "another name") is None
    finally:
        assert vault.remove(service, name)
    assert vault.read(service, name) is None


def read_by_another_process(service: str, name: str) -> str:
    """What a snapper that starts later finds."""
    code = "import sys; from snapper.delivery import vault; vault.PATIENCE_SECONDS = 60.0\n"
    code += "print(vault.read(*sys.argv[1:]))"
    command = [sys.executable, "-X", "utf8", "-c", code, service, name]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode().strip()


@pytest.mark.usefixtures("patience")
def test_two_names_of_one_service_are_kept_apart() -> None:
    service = f"snapper test {uuid.uuid4()}"
    names = ("one", "two")
    for name in names:
        vault.write(service, name, f"secret of {name}")
    assert [vault.read(service, name) for name in names] == ["secret of one", "secret of two"]
    assert [vault.remove(service, name) for name in names] == [True, True]


# --- start at sign-in --------------------------------------------------------------------------------------


@pytest.fixture
def run_key() -> Iterator[None]:
    """Nothing of snapper is started yet, and again nothing of the test's afterwards."""
    with (
        values(registry.HKEY_CURRENT_USER, RUN, {"snapper": None}),
        values(registry.HKEY_CURRENT_USER, APPROVED, {"snapper": None}),
    ):
        yield


def in_registry() -> object:
    """The value as Windows reads it at sign-in."""
    with registry.OpenKey(registry.HKEY_CURRENT_USER, RUN) as key:
        return (_value(key, "snapper") or (None,))[0]


@pytest.mark.usefixtures("run_key")
def test_start_at_sign_in_is_switched_on_and_off_and_on_again() -> None:
    run = autostart_for("win32", {}, Path.home())
    assert run.line() == ""
    run.switch_off()  # nothing to do
    for _ in range(2):
        run.switch_on((r"C:\Program Files\Python\pythonw.exe", "-m", "snapper", "listen"))
        assert in_registry() == r'"C:\Program Files\Python\pythonw.exe" -m snapper listen'
        assert run.line() == in_registry()
        run.switch_off()
        assert (run.line(), in_registry()) == ("", None)


@pytest.mark.usefixtures("run_key")
def test_what_windows_starts_is_this_python_with_snapper(tmp_path: Path) -> None:
    """The line is given to Windows as it stands in the registry, only with something else to do."""
    sign, command = tmp_path / "a sign", listen_command("win32", sys.executable)
    assert command[0].lower().endswith("pythonw.exe")
    autostart_for("win32", {}, Path.home()).switch_on(command)
    line = str(in_registry())
    assert line.endswith(" -m snapper listen")
    tried = line.replace("-m snapper listen", f"-c \"from pathlib import Path; Path(r'{sign}').touch()\"")
    subprocess.run(tried, check=True, timeout=60)
    assert sign.exists()


@pytest.mark.usefixtures("run_key")
def test_what_the_task_manager_switched_off_is_off_until_it_is_switched_on_here() -> None:
    run = WindowsRun()
    run.switch_on(("snapper.exe", "listen"))
    approved = {"snapper": b"\x03" + bytes(11)}
    with values(registry.HKEY_CURRENT_USER, APPROVED, approved):
        assert run.line() == ""
        run.switch_on(("snapper.exe", "listen"))
        assert run.line() == "snapper.exe listen"
    with values(registry.HKEY_CURRENT_USER, APPROVED, {"snapper": b"\x02" + bytes(11)}):
        assert run.line() == "snapper.exe listen"
        run.switch_off()
    assert run.line() == ""


@pytest.mark.usefixtures("run_key")
def test_a_command_that_windows_would_cut_is_refused_and_changes_nothing() -> None:
    run = WindowsRun()
    run.switch_on(("snapper.exe", "listen"))
    with pytest.raises(Unavailable, match="longer than 260 characters"):
        run.switch_on(("C:\\" + "x" * 300 + "\\pythonw.exe", "-m", "snapper", "listen"))
    assert run.line() == "snapper.exe listen"
