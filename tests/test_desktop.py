"""Which desktop this is, as the environments of real ones tell."""

from __future__ import annotations

import pytest

from snapper.desktop import Desktop, Session, desktop_of, session_of

_BOTH = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}


@pytest.mark.parametrize(
    ("kind", "environ", "is_xwayland", "session"),
    [
        ("", {}, False, Session.NONE),
        ("tty", {}, False, Session.NONE),
        ("x11", {"DISPLAY": ":0"}, False, Session.X11),
        ("", {"DISPLAY": ":0"}, False, Session.X11),
        ("wayland", _BOTH, True, Session.WAYLAND),
        ("wayland", _BOTH, False, Session.WAYLAND),
        ("tty", {"WAYLAND_DISPLAY": "wayland-1"}, False, Session.WAYLAND),  # a sway started on a console
        ("wayland", {}, False, Session.WAYLAND),
        ("", {"DISPLAY": ":0"}, True, Session.WAYLAND),  # a program started by a service
        ("x11", {"DISPLAY": ":0"}, True, Session.WAYLAND),  # told wrong
        ("x11", _BOTH, False, Session.X11),  # an X server in a window
    ],
)
def test_how_the_screen_is_reached(
    kind: str, environ: dict[str, str], is_xwayland: bool, session: Session
) -> None:
    assert session_of({**environ, "XDG_SESSION_TYPE": kind}, lambda display: is_xwayland) is session


@pytest.mark.parametrize(
    ("environ", "desktop"),
    [
        ({"XDG_CURRENT_DESKTOP": "GNOME"}, Desktop.GNOME),
        ({"XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}, Desktop.GNOME),
        ({"XDG_CURRENT_DESKTOP": "GNOME-Classic:GNOME"}, Desktop.GNOME),
        ({"XDG_CURRENT_DESKTOP": "KDE"}, Desktop.KDE),
        ({"XDG_CURRENT_DESKTOP": "sway"}, Desktop.SWAY),
        ({"XDG_CURRENT_DESKTOP": "Hyprland"}, Desktop.HYPRLAND),
        ({"XDG_CURRENT_DESKTOP": "XFCE"}, Desktop.OTHER),
        ({"SWAYSOCK": "/run/user/1000/sway-ipc.sock"}, Desktop.SWAY),
        ({"HYPRLAND_INSTANCE_SIGNATURE": "abc"}, Desktop.HYPRLAND),
        ({"XDG_CURRENT_DESKTOP": "", "KDE_FULL_SESSION": "true"}, Desktop.KDE),
        ({}, Desktop.OTHER),
    ],
)
def test_desktops_are_known_by_the_name_they_give_or_what_they_leave(
    environ: dict[str, str], desktop: Desktop
) -> None:
    assert desktop_of(environ) is desktop
