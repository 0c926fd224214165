"""Whether anything on this desktop shows icons of programs. Asks the system; no toolkit, no window."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from snapper.desktop import refusal
from snapper.errors import Unavailable
from snapper.language import _
from snapper.portal import Portal, PortalFailed

_WATCHER, _WATCHER_PATH = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_TASKBAR = "Shell_TrayWnd"  # the class of its window


@dataclass(frozen=True)
class TrayHost:
    """Who shows icons, "" where nobody does, and why each one asked before does not (`xembed: because …`)."""

    name: str
    refused: tuple[str, ...] = ()


def find(platform: str, environ: Mapping[str, str]) -> TrayHost:
    """The first that shows icons here; `platform` is `sys.platform`."""
    refused: list[str] = []
    for name, look in _order(platform).items():
        try:
            look(environ)
        except Unavailable as problem:
            refused.append(refusal(name, problem.sentence))
        else:
            return TrayHost(name, tuple(refused))
    return TrayHost("", tuple(refused))


def _order(platform: str) -> dict[str, Callable[[Mapping[str, str]], None]]:
    if platform == "win32":
        return {"taskbar": _taskbar}
    if platform == "darwin":
        return {"menu_bar": lambda environ: None}  # every Mac's desktop has it
    return {"status_notifier": _status_notifier, "xembed": _xembed}


def _taskbar(environ: Mapping[str, str]) -> None:
    try:
        find_window = getattr(ctypes, "WinDLL")("user32").FindWindowW  # noqa: B009 (there on Windows only)
    except AttributeError as problem:
        raise Unavailable(_("This is not Windows.")) from problem
    find_window.restype, find_window.argtypes = ctypes.c_void_p, [ctypes.c_wchar_p, ctypes.c_wchar_p]
    if not find_window(_TASKBAR, None):
        raise Unavailable(_("The taskbar is not there."))


def _status_notifier(environ: Mapping[str, str]) -> None:
    """StatusNotifierItem: the desktop's panel tells the session's bus that it shows icons."""
    try:
        with Portal(environ, register=False) as bus:
            question = (_WATCHER, "IsStatusNotifierHostRegistered")
            answer = bus.call(_WATCHER, _WATCHER_PATH, _PROPERTIES, "Get", "ss", question)
    except PortalFailed as problem:
        raise Unavailable(_("The desktop has none.")) from problem
    if answer[:1] != (("b", True),):
        raise Unavailable(_("No panel of the desktop shows icons."))


def _xembed(environ: Mapping[str, str]) -> None:
    """The older way of X11: whoever shows icons owns a selection of the screen."""
    from snapper.hotkey.x11_display import connect

    display: Any = connect(environ.get("DISPLAY", ""))
    try:
        name = f"_NET_SYSTEM_TRAY_S{display.get_default_screen()}"
        if not display.get_selection_owner(display.get_atom(name)):
            raise Unavailable(_("There is none on this screen."))
    finally:
        display.close()
