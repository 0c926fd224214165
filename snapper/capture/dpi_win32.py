"""Real pixels on Windows: says, before anything else asks for the screen, that this program knows of scaling.

Until then Windows gives every program a desktop of imagined pixels, and a picture would be blurred or cut. It
can be said once in the life of a process, and mss would say the older of both ways.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable
from typing import Any

# windef.h, shellscalingapi.h
_PER_MONITOR_V2 = -4  # DPI_AWARENESS_CONTEXT, Windows 10 1703: windows of other scales are told true as well
_PER_MONITOR = 2  # PROCESS_PER_MONITOR_DPI_AWARE, Windows 8.1

Loader = Callable[[str], Any]


def be_aware(load: Loader | None = None) -> str:
    """Ask for real pixels; the name of the call that was obeyed, "" where none is or it was decided before.

    Does nothing on other systems. `load` opens a DLL by name.
    """
    load = load or getattr(ctypes, "WinDLL", None)
    if load is None:
        return ""
    for name, ask in (
        ("SetProcessDpiAwarenessContext", _by_context),
        ("SetProcessDpiAwareness", _by_shell),
        ("SetProcessDPIAware", _by_user),
    ):
        # An older Windows lacks a call, or its DLL, or knows the call but not what is asked for.
        with contextlib.suppress(AttributeError, OSError):
            if ask(load):
                return name
    return ""


def _by_context(load: Loader) -> bool:
    call = load("user32").SetProcessDpiAwarenessContext
    call.argtypes, call.restype = [ctypes.c_void_p], ctypes.c_int
    return bool(call(ctypes.c_void_p(_PER_MONITOR_V2)))


def _by_shell(load: Loader) -> bool:
    call = load("shcore").SetProcessDpiAwareness
    call.argtypes, call.restype = [ctypes.c_int], ctypes.c_long
    return bool(call(_PER_MONITOR) == 0)


def _by_user(load: Loader) -> bool:
    return bool(load("user32").SetProcessDPIAware())
