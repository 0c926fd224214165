"""Opening logs that TWS has open: on Windows in a way that keeps TWS from nothing.

Python opens files there so that nobody can rename or remove them meanwhile; TWS does both with its logs.
"""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import wintypes
from pathlib import Path
from typing import Any, BinaryIO

# winnt.h, fileapi.h
_GENERIC_READ, _OPEN_EXISTING, _ATTRIBUTE_NORMAL = 0x8000_0000, 3, 0x80
_SHARE_ALL = 0x1 | 0x2 | 0x4  # others may read, write, rename and remove it
_INVALID_HANDLE = ctypes.c_void_p(-1).value

# A name exchanged for a link is not followed, one exchanged for a pipe is not waited for.
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))


def open_log(path: Path) -> BinaryIO:
    """Open a log for looking something up in it. Raises OSError."""
    return os.fdopen(_shared(str(path)), "rb") if sys.platform == "win32" else path.open("rb")


def open_to_pack(path: Path) -> BinaryIO:
    """Open a log for reading it from one end to the other, without a buffer. Raises OSError, of a link too.

    Windows follows links: only an administrator can make one there.
    """
    descriptor = _shared(str(path)) if sys.platform == "win32" else os.open(path, _FLAGS)
    return os.fdopen(descriptor, "rb", buffering=0)


def _shared(path: str) -> int:
    import msvcrt

    windows: Any = ctypes  # what follows is there on Windows only
    create = windows.WinDLL("kernel32", use_last_error=True).CreateFileW
    number = wintypes.DWORD
    create.argtypes = [
        wintypes.LPCWSTR, number, number, ctypes.c_void_p, number, number, wintypes.HANDLE,
    ]  # fmt: skip
    create.restype = wintypes.HANDLE
    handle = create(path, _GENERIC_READ, _SHARE_ALL, None, _OPEN_EXISTING, _ATTRIBUTE_NORMAL, None)
    if handle in (None, _INVALID_HANDLE):
        raise OSError(None, windows.FormatError(windows.get_last_error()), path, windows.get_last_error())
    library: Any = msvcrt
    opened: int = library.open_osfhandle(handle, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    return opened
