"""Hands on a Windows session: keys that are pressed as a keyboard presses them, and windows looked at.

Imported on Windows only.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from ctypes import wintypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.screen import wait_until
from tests.journeys.stage import Program, running

CTRL, ALT, SHIFT, ENTER = 0x11, 0x12, 0x10, 0x0D
TWS = "Trader Workstation"

windows: Any = ctypes
registry: Any = importlib.import_module("winreg")
user32 = windows.WinDLL("user32", use_last_error=True)
kernel32 = windows.WinDLL("kernel32", use_last_error=True)

ON_WINE = hasattr(windows.WinDLL("ntdll"), "wine_get_version")
_KEY_UP, _UNICODE, _SCAN_CODE = 0x2, 0x4, 0x8  # KEYEVENTF


def wine_differs(reason: str, *, always: bool = True) -> pytest.MarkDecorator:
    """The test fails under Wine, for this reason; once it does not any more, the mark is to go.

    Not `always`: whether it fails is a matter of timing inside Wine.
    """
    return pytest.mark.xfail(ON_WINE, reason=f"Wine: {reason}", strict=always)


# --- keys --------------------------------------------------------------------------------------------------


class _Key(ctypes.Structure):
    """KEYBDINPUT."""

    _fields_ = (
        ("virtual_key", wintypes.WORD),
        ("scan_code", wintypes.WORD),
        ("flags", wintypes.DWORD),
        ("time", wintypes.DWORD),
        ("extra", ctypes.c_size_t),
    )


class _Input(ctypes.Structure):
    """INPUT, as large as its largest member, that of the mouse."""

    _fields_ = (("kind", wintypes.DWORD), ("key", _Key), ("rest", ctypes.c_byte * 8))


def _send(keys: Sequence[_Key]) -> None:
    inputs = (_Input * len(keys))(*(_Input(1, key) for key in keys))
    sent = user32.SendInput(len(keys), inputs, ctypes.sizeof(_Input))
    assert sent == len(keys), f"SendInput took {sent} of {len(keys)} events"


def press(*virtual_keys: int) -> None:
    """Press keys together and let go of them in the other order (SendInput)."""
    down = [_Key(key, user32.MapVirtualKeyW(key, 0), 0) for key in virtual_keys]
    up = [_Key(key.virtual_key, key.scan_code, _KEY_UP) for key in reversed(down)]
    _send([*down, *up])


def press_scan_codes(*codes: int) -> None:
    """Press the keys at these places of the keyboard, whatever the layout makes of them."""
    down = [_Key(0, code, _SCAN_CODE) for code in codes]
    _send([*down, *(_Key(0, key.scan_code, _SCAN_CODE | _KEY_UP) for key in reversed(down))])


def type_text(text: str) -> None:
    """Type characters that no key of the layout needs to have; a line feed is Enter."""
    for char in text:
        if char == "\n":
            press(ENTER)
            continue
        encoded = char.encode("utf-16-le")
        for at in range(0, len(encoded), 2):
            unit = int.from_bytes(encoded[at : at + 2], "little")
            _send([_Key(0, unit, _UNICODE), _Key(0, unit, _UNICODE | _KEY_UP)])


# --- windows -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Front:
    """The window in front."""

    handle: int
    title: str
    pid: int


def front() -> Front:
    """What is in front now, as Windows says."""
    handle = user32.GetForegroundWindow() or 0
    title, pid = ctypes.create_unicode_buffer(300), wintypes.DWORD()
    user32.GetWindowTextW(wintypes.HWND(handle), title, len(title))
    user32.GetWindowThreadProcessId(wintypes.HWND(handle), ctypes.byref(pid))
    return Front(handle, title.value, pid.value)


def wait_for_front(part_of_title: str) -> Front:
    """Wait until a window with this in its title is in front."""
    wait_until(lambda: part_of_title.lower() in front().title.lower(), f"{part_of_title} is in front", 60)
    return front()


@contextlib.contextmanager
def tws(environment: dict[str, str] | None = None) -> Iterator[Program]:
    """The TWS-like window, in front."""
    command = [sys.executable, "-m", "scripts.tws_window"]
    with running(command, environment or dict(os.environ)) as program:
        wait_until(lambda: any("shown" in line for line in program.lines), "its window is shown", 60)
        wait_for_front(TWS)
        yield program


def typed_into(program: Program) -> str:
    """The characters that a TWS-like window got."""
    return "".join(key for key in program.facts("key") if len(key) == 1 and key.isprintable())


# --- below Wine --------------------------------------------------------------------------------------------


def below(path: Path) -> str:
    """What the computer below Wine calls this path."""
    name = kernel32.wine_get_unix_file_name
    name.restype, name.argtypes = ctypes.c_char_p, [wintypes.LPCWSTR]
    said: bytes = name(str(path))
    return said.decode()


def unix(command: str, folder: Path) -> None:
    """Have a shell of the computer below Wine run a line, to its end; it must end well."""
    script, done, said = folder / "below.sh", folder / "below.done", below(folder)
    done.unlink(missing_ok=True)
    lines = (command, f"echo $? > '{said}/below.new'", f"mv '{said}/below.new' '{said}/below.done'", "")
    script.write_bytes("\n".join(lines).encode())
    # Wine gives no handle of such a program: nobody could wait for it.
    subprocess.run(["start", "/unix", "/bin/sh", f"{said}/below.sh"], check=True, timeout=60)
    wait_until(done.exists, f"{command} has ended")
    assert done.read_bytes() == b"0\n", command
