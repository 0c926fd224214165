"""What is told about the machine: enough for support, nothing private, and never a failure."""

from __future__ import annotations

import getpass
import platform
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from snapper import machine


def test_every_fact_is_told_and_none_is_private() -> None:
    facts = machine.facts()
    assert facts.keys() == {"system", "processor", "memory", "swap", "network cards", "vendor", "running TWS"}
    assert all(facts.values())
    told = " ".join(facts.values())
    assert platform.node() not in told
    assert getpass.getuser() not in told.split()


@pytest.mark.parametrize(
    "failure", [RuntimeError("counters disabled"), OSError(), NotImplementedError(), psutil.AccessDenied()]
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


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["java", "-Xmx1024m", "-cp", "/home/me/Jts/1026/jars/x.jar"], "TWS 1026, memory 1024m"),
        (["java", "-cp", "C:\\Jts\\ibgateway\\1040\\x.jar"], "IB Gateway 1040, memory default"),
        (["/Applications/Trader Workstation 10.30/tws"], "TWS 10.30, memory default"),
    ],
)
def test_a_running_tws_is_told_with_build_and_memory(words: list[str], sentence: str) -> None:
    assert machine.running_tws([words]) == [sentence]


def test_other_programs_are_not_told() -> None:
    assert machine.running_tws([["java", "-jar", "minecraft.jar"], []]) == []


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
