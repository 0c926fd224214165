"""What is chosen on Wayland, by what the desktop has: real buses, portals and screens, and no sway needed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import VirtualScreen, virtual_screen
from snapper.capture import choose_screen
from snapper.errors import Unavailable
from snapper.hotkey import choose
from snapper.hotkey.chord import parse_chord
from tests.wayland.stage import Environ, bus, fake_portal, home

CHORD = parse_chord("Ctrl+Alt+H")
ALL = ("Screenshot", "GlobalShortcuts")

# A photographer who has one picture, and one who is not let.
_GRIM = "#!/bin/sh\nprintf 'P6\\n2 1\\n255\\nabcdef'\n"
_GRIM_NOT_LET = "#!/bin/sh\necho 'no protocol' >&2\nexit 1\n"


@pytest.fixture(scope="module")
def x11() -> Iterator[VirtualScreen]:
    """In the place of XWayland."""
    with virtual_screen("320x200", window_manager=False) as running:
        yield running


@contextlib.contextmanager
def desktop(name: str, parts: tuple[str, ...] | None, grim: str = "", display: str = "") -> Iterator[Environ]:
    """A Wayland desktop; `parts` of its portal, None for no portal and "no bus" for not even that."""
    with contextlib.ExitStack() as stack:
        environ = stack.enter_context(home())
        tools = Path(environ["HOME"], "bin")
        tools.mkdir()
        if grim:
            (tools / "grim").write_text(grim)
            (tools / "grim").chmod(0o755)
        if parts != ("no bus",):
            environ = stack.enter_context(bus(environ))
        if parts is not None and parts != ("no bus",):
            stack.enter_context(fake_portal(environ, parts=parts))
        wayland = {"XDG_SESSION_TYPE": "wayland", "WAYLAND_DISPLAY": "wayland-0", "XDG_CURRENT_DESKTOP": name}
        path = os.pathsep.join((str(tools), "/nonexistent"))
        yield {**environ, **wayland, "PATH": path, **({"DISPLAY": display} if display else {})}


@pytest.mark.parametrize(
    ("name", "parts", "grim", "x11_programs", "chosen", "refused"),
    [
        ("GNOME", ALL, "", True, "wayland_portal", []),
        ("GNOME", ALL, _GRIM, True, "wayland_portal", []),
        ("KDE", ALL, "", False, "wayland_portal", []),
        ("sway", ALL, _GRIM, True, "grim", []),
        ("sway", ("no bus",), _GRIM, False, "grim", []),
        ("sway", ALL, "", True, "wayland_portal", ["grim"]),
        ("sway", ALL, _GRIM_NOT_LET, True, "wayland_portal", ["grim"]),
        ("Hyprland", ALL, _GRIM, True, "grim", []),
        ("weston", ("Screenshot",), "", True, "wayland_portal", ["grim"]),
        ("KDE", None, _GRIM, True, "grim", ["wayland_portal"]),
        ("GNOME", (), "", True, "xwayland_window", ["wayland_portal", "grim"]),
        ("GNOME", None, _GRIM_NOT_LET, True, "xwayland_window", ["wayland_portal", "grim"]),
        ("GNOME", ("no bus",), "", True, "xwayland_window", ["wayland_portal", "grim"]),
        ("sway", None, "", True, "xwayland_window", ["grim", "wayland_portal"]),
        ("GNOME", None, "", False, "", ["wayland_portal", "grim", "xwayland_window"]),
        ("sway", ("no bus",), "", False, "", ["grim", "wayland_portal", "xwayland_window"]),
    ],
)
def test_who_takes_the_picture(
    x11: VirtualScreen,
    name: str,
    parts: tuple[str, ...] | None,
    grim: str,
    x11_programs: bool,
    chosen: str,
    refused: list[str],
) -> None:
    with desktop(name, parts, grim, x11.display if x11_programs else "") as environ:
        if not chosen:
            with pytest.raises(Unavailable) as refusal:
                choose_screen("linux", environ)
            assert all(f"{each}: " in refusal.value.sentence for each in refused)
            assert refusal.value.remedy
            return
        choice = choose_screen("linux", environ)
        choice.screen.close()
        assert choice.name == chosen
        assert [each.partition(":")[0] for each in choice.refused] == refused
        assert choice.notes


@pytest.mark.parametrize(
    ("name", "parts", "x11_programs", "chosen", "by_hand"),
    [
        ("GNOME", ALL, True, "wayland_portal", ""),
        ("KDE", ("GlobalShortcuts",), False, "wayland_portal", ""),
        ("GNOME", ("Screenshot",), True, "x11_grab", "Custom Shortcuts"),
        ("sway", ("Screenshot",), True, "x11_grab", "bindcode --no-repeat Ctrl+Mod1+43"),
        ("KDE", None, True, "x11_grab", "System Settings"),
        ("Hyprland", ("no bus",), True, "x11_grab", "bind = CTRL ALT, code:43"),
        ("weston", None, True, "x11_grab", "keyboard shortcuts in the desktop's settings"),
        ("GNOME", None, False, "", "Custom Shortcuts"),
        ("sway", ("no bus",), False, "", "bindcode"),
    ],
)
def test_who_listens_for_the_chord_and_what_a_person_can_do(
    x11: VirtualScreen,
    name: str,
    parts: tuple[str, ...] | None,
    x11_programs: bool,
    chosen: str,
    by_hand: str,
) -> None:
    with desktop(name, parts, display=x11.display if x11_programs else "") as environ:
        if not chosen:
            with pytest.raises(Unavailable) as refusal:
                choose(CHORD, "linux", environ)
            assert by_hand in refusal.value.remedy and "snapper capture --ask" in refusal.value.remedy
            assert "wayland_portal: " in refusal.value.sentence
            return
        choice = choose(CHORD, "linux", environ)
        choice.backend.stop()
        assert choice.backend.name == chosen
        assert by_hand in choice.by_hand and bool(by_hand) == bool(choice.by_hand)


def test_an_x11_desktop_is_frozen_by_mss_as_ever(x11: VirtualScreen) -> None:
    choice = choose_screen("linux", x11.environment)
    choice.screen.close()
    assert (choice.name, choice.notes, choice.refused) == ("mss", (), ())
    assert choose(CHORD, "linux", x11.environment).by_hand == ""


def test_a_named_backend_is_used_although_another_comes_first(x11: VirtualScreen) -> None:
    with desktop("GNOME", ALL, display=x11.display) as environ:
        choice = choose(CHORD, "linux", environ, backend="x11_grab")
        choice.backend.stop()
        assert choice.backend.name == "x11_grab" and "Custom Shortcuts" in choice.by_hand
