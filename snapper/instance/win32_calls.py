"""The calls of Windows for named pipes: declared, with their failures as OSError. Nothing is decided here."""

from __future__ import annotations

import ctypes
import functools
import os
from ctypes import wintypes
from typing import Any

from snapper.errors import Unavailable

# winbase.h, winnt.h, winerror.h
DUPLEX, OVERLAPPED, FIRST_INSTANCE = 0x3, 0x40000000, 0x80000
REJECT_REMOTE = 0x8  # and bytes, waiting: all 0
READ_WRITE, OPEN_EXISTING = 0xC0000000, 3
_IDENTIFY_ONLY = 0x110000  # SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION: nobody may act as us
_KERNEL_OBJECT, _OWNER = 6, 1
_TOKEN_QUERY, _TOKEN_USER = 8, 1
_SDDL_REVISION = 1
NO_WAIT, FOREVER = 0, 0xFFFFFFFF
SIGNALLED, TIMED_OUT = 0, 0x102
GONE = (109, 232, 233)  # broken pipe, closing, not connected
PENDING, CONNECTED, BUSY = 997, 535, 231
_INVALID = ctypes.c_void_p(-1).value

_H, _D, _B, _P, _W = wintypes.HANDLE, wintypes.DWORD, wintypes.BOOL, ctypes.c_void_p, wintypes.LPCWSTR
_FUNCTIONS: dict[str, tuple[tuple[str, Any, list[Any]], ...]] = {
    "kernel32": (
        ("CreateNamedPipeW", _H, [_W, _D, _D, _D, _D, _D, _D, _P]),
        ("ConnectNamedPipe", _B, [_H, _P]),
        ("DisconnectNamedPipe", _B, [_H]),
        ("PeekNamedPipe", _B, [_H, _P, _D, _P, _P, _P]),
        ("GetNamedPipeServerProcessId", _B, [_H, _P]),
        ("WaitNamedPipeW", _B, [_W, _D]),
        ("CreateFileW", _H, [_W, _D, _D, _P, _D, _D, _H]),
        ("ReadFile", _B, [_H, _P, _D, _P, _P]),
        ("WriteFile", _B, [_H, _P, _D, _P, _P]),
        ("GetOverlappedResult", _B, [_H, _P, _P, _B]),
        ("CancelIoEx", _B, [_H, _P]),
        ("CreateEventW", _H, [_P, _B, _B, _W]),
        ("SetEvent", _B, [_H]),
        ("ResetEvent", _B, [_H]),
        ("WaitForSingleObject", _D, [_H, _D]),
        ("WaitForMultipleObjects", _D, [_D, _P, _B, _D]),
        ("CloseHandle", _B, [_H]),
        ("GetCurrentProcess", _H, []),
        ("ProcessIdToSessionId", _B, [_D, _P]),
        ("LocalFree", _P, [_P]),
    ),
    "advapi32": (
        ("OpenProcessToken", _B, [_H, _D, _P]),
        ("GetTokenInformation", _B, [_H, ctypes.c_int, _P, _D, _P]),
        ("ConvertSidToStringSidW", _B, [_P, _P]),
        ("ConvertStringSecurityDescriptorToSecurityDescriptorW", _B, [_W, _D, _P, _P]),
        ("GetSecurityInfo", _D, [_H, ctypes.c_int, _D, _P, _P, _P, _P, _P]),
    ),
    "user32": (("AllowSetForegroundWindow", _B, [_D]),),
}


class Overlapped(ctypes.Structure):
    """OVERLAPPED: a call that goes on by itself and signals an event at its end."""

    _fields_ = (
        ("internal", ctypes.c_void_p),
        ("internal_high", ctypes.c_void_p),
        ("offset", wintypes.DWORD),
        ("offset_high", wintypes.DWORD),
        ("event", wintypes.HANDLE),
    )


class SecurityAttributes(ctypes.Structure):
    """SECURITY_ATTRIBUTES."""

    _fields_ = (("length", wintypes.DWORD), ("descriptor", ctypes.c_void_p), ("inherit", wintypes.BOOL))


@functools.cache
def dll(name: str) -> Any:
    """A DLL with its calls declared. Raises Unavailable on other systems."""
    try:
        found = getattr(ctypes, "WinDLL")(name, use_last_error=True)  # noqa: B009 (there on Windows only)
    except AttributeError as problem:
        raise Unavailable("This is not Windows.") from problem
    for function, result, arguments in _FUNCTIONS[name]:
        called = getattr(found, function)
        called.restype, called.argtypes = result, arguments
    return found


def last_error() -> int:
    """Why the last call failed."""
    return int(getattr(ctypes, "get_last_error")())  # noqa: B009 (there on Windows only)


def failed(number: int | None = None) -> OSError:
    """A failure of a call, as Python raises it."""
    made: OSError = getattr(ctypes, "WinError")(last_error() if number is None else number)  # noqa: B009
    return made


def opened(handle: int | None) -> int:
    """A handle that a call returned. Raises OSError when it is none."""
    if not handle or handle == _INVALID:
        raise failed()
    return handle


def new_event() -> int:
    """An event that stays signalled until it is reset."""
    return opened(dll("kernel32").CreateEventW(None, True, False, None))


def close(handle: int) -> None:
    """Let go of a handle."""
    dll("kernel32").CloseHandle(handle)


def session() -> int:
    """The Windows session of this process: each has a desktop of its own."""
    number = wintypes.DWORD()
    dll("kernel32").ProcessIdToSessionId(os.getpid(), ctypes.byref(number))
    return number.value


@functools.cache
def own_sid() -> str:
    """This user, as Windows writes it (`S-1-5-21-…`). Raises OSError."""
    kernel32, advapi32 = dll("kernel32"), dll("advapi32")
    token, size = wintypes.HANDLE(), wintypes.DWORD()
    if not advapi32.OpenProcessToken(kernel32.GetCurrentProcess(), _TOKEN_QUERY, ctypes.byref(token)):
        raise failed()
    try:
        advapi32.GetTokenInformation(token, _TOKEN_USER, None, 0, ctypes.byref(size))
        told = ctypes.create_string_buffer(size.value)
        if not advapi32.GetTokenInformation(token, _TOKEN_USER, told, size, ctypes.byref(size)):
            raise failed()
    finally:
        close(token.value or 0)
    return _sid_text(ctypes.cast(told, ctypes.POINTER(ctypes.c_void_p))[0])  # TOKEN_USER begins with the SID


def owner(handle: int) -> str:
    """Whose an object is. Raises OSError."""
    sid, descriptor = ctypes.c_void_p(), ctypes.c_void_p()
    code = dll("advapi32").GetSecurityInfo(
        handle, _KERNEL_OBJECT, _OWNER, ctypes.byref(sid), None, None, None, ctypes.byref(descriptor)
    )
    if code:
        raise failed(code)
    try:
        return _sid_text(sid)
    finally:
        dll("kernel32").LocalFree(descriptor)


def _sid_text(sid: Any) -> str:
    text = ctypes.c_void_p()
    if not dll("advapi32").ConvertSidToStringSidW(sid, ctypes.byref(text)):
        raise failed()
    try:
        return ctypes.wstring_at(text.value or 0)
    finally:
        dll("kernel32").LocalFree(text)


def for_this_user() -> tuple[SecurityAttributes, Any]:
    """Who may open an object: this user, who owns it, and nobody who comes over the network.

    The second part is to be freed by LocalFree once the object is made. Raises OSError.
    """
    sid, descriptor = own_sid(), ctypes.c_void_p()
    text = f"O:{sid}D:P(D;;GA;;;NU)(A;;GA;;;{sid})"
    convert = dll("advapi32").ConvertStringSecurityDescriptorToSecurityDescriptorW
    if not convert(text, _SDDL_REVISION, ctypes.byref(descriptor), None):
        raise failed()
    return SecurityAttributes(ctypes.sizeof(SecurityAttributes), descriptor, False), descriptor


def create_pipe(name: str, first: bool, most: int, room: int) -> int:
    """One end of a pipe for this user alone; the first fails where somebody has the name. Raises OSError."""
    attributes, descriptor = for_this_user()
    try:
        mode = DUPLEX | OVERLAPPED | (FIRST_INSTANCE if first else 0)
        made = dll("kernel32").CreateNamedPipeW(
            name, mode, REJECT_REMOTE, most, room, room, 0, ctypes.byref(attributes)
        )
        return opened(made)
    finally:
        dll("kernel32").LocalFree(descriptor)


def open_pipe(name: str) -> int:
    """The other end of a pipe, which may learn who we are and no more. Raises OSError."""
    mode = OVERLAPPED | _IDENTIFY_ONLY
    return opened(dll("kernel32").CreateFileW(name, READ_WRITE, 0, None, OPEN_EXISTING, mode, None))


def let_come_forward(pipe: int) -> None:
    """Give the process at the other end what Windows allows only to who has the keyboard: to take it."""
    number = wintypes.DWORD()
    if dll("kernel32").GetNamedPipeServerProcessId(pipe, ctypes.byref(number)):
        dll("user32").AllowSetForegroundWindow(number)
