"""snapper on a real Wayland desktop: pictures, windows of X11 programs, and the chord."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import mss
import pytest
from filelock import FileLock
from PIL import Image
from Xlib.protocol.display import Display

from scripts.screen import VirtualScreen, wait_until
from snapper.binding.sway import SwayBinding
from snapper.capture import choose_screen, wayland_portal
from snapper.capture.frame import Frame, Rect, crop, flaw, window_area
from snapper.capture.with_grim import GrimCamera
from snapper.capture.xwayland import is_xwayland, layout, window_picture
from snapper.errors import CaptureFailed, ChordTaken, Unavailable
from snapper.hotkey import choose
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.presses import Press
from snapper.portal_permission import ask_again
from tests.wayland.keyboard import ALT, CTRL, keyboard
from tests.wayland.stage import Environ, Sway, bus, home, missing, portals, started, sway
from tests.x_clients import Client, client

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a sway")

H, SPACE = 35, 57  # input-event-codes.h
FIRST_OF_EXTENSIONS = 64  # X11 protocol: numbers of events
GROUND, WINDOW = (0x33, 0x66, 0x99), (0x20, 0x40, 0x60)
CHORD = parse_chord("Ctrl+Alt+H")


@pytest.fixture(autouse=True)
def events_of_one_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """python-xlib keeps one table of events for all servers, and XWayland numbers them in its own way."""
    core = {code: kind for code, kind in Display.event_classes.items() if code < FIRST_OF_EXTENSIONS}
    monkeypatch.setattr(Display, "event_classes", core)


@contextlib.contextmanager
def x11_window(running: Sway, title: str = "Trader Workstation") -> Iterator[Client]:
    """A window of an X11 program, as TWS is one, once it is painted and has the keyboard."""
    with client(VirtualScreen(running.environ["DISPLAY"]), "window", title) as program:
        wait_until(lambda: focused(running).get("window") == program.id, "it has the keyboard")
        yield program


def focused(running: Sway) -> dict[str, object]:
    """The window with the keyboard, as sway sees it."""
    return next((node for node in nodes(running.message("-t", "get_tree")) if node["focused"]), {})


def nodes(tree: dict[str, object]) -> Iterator[dict[str, object]]:
    yield tree
    for kind in ("nodes", "floating_nodes"):
        for child in tree[kind]:  # type: ignore[attr-defined]
            yield from nodes(child)


def image(frame: Frame) -> Image.Image:
    return Image.frombytes("RGB", frame.area[2:], bytes(frame.pixels), "raw", "BGRX")


def colours(frame: Frame) -> set[object]:
    return {colour for _, colour in image(frame).getcolors(1 << 24)}


def grabbed(environ: Environ) -> Frame:
    with choose_screen("linux", environ).screen as screen:
        return screen.grab()


# --- pictures ---------------------------------------------------------------------------------------------


def test_sways_own_portal_brings_the_screen_and_no_file_stays() -> None:
    """Its part of the portal writes every picture to the same file: one test at a time."""
    lock = FileLock(Path(tempfile.gettempdir(), "snapper-test-of-wlr.lock"))
    with lock, sway() as bare, portals(bare, wlr=True) as running, x11_window(running):
        picture, _ = wayland_portal.PortalCamera(running.environ).photograph()
        expected, _ = GrimCamera(running.environ).photograph()
        assert picture.convert("RGB").tobytes() == expected.convert("RGB").tobytes()
        assert not Path("/tmp/out.png").exists()


def test_the_screen_is_frozen_with_the_x11_window_that_has_the_keyboard() -> None:
    rules = "for_window [title=Trader] floating enable, move position 100 50"
    with sway(rules) as running, x11_window(running) as program:
        frame = grabbed(running.environ)
        assert frame.area == Rect(0, 0, 1280, 800)
        assert [monitor.area for monitor in frame.monitors] == [frame.area]
        assert frame.active is not None and frame.active.handle == program.id
        assert frame.active.title == "Trader Workstation" and frame.active.pid == program.pid
        area = window_area(frame)
        assert area is not None and colours(crop(frame, area)) == {WINDOW}
        assert image(frame).getpixel((5, 5)) == GROUND
        assert image(frame).getpixel((area.left - 1, area.top)) == GROUND


def test_a_picture_through_the_portal_is_the_same_and_asked_about_once() -> None:
    with sway() as bare, portals(bare) as running, x11_window(running):
        environ = without_grim(running.environ)
        choice = choose_screen("linux", environ)
        assert choice.name == "wayland_portal" and [each[:4] for each in choice.refused] == ["grim"]
        with choice.screen:
            first, second = choice.screen.grab(), choice.screen.grab()
        assert running.backend and len(running.backend.events("asked")) == 1
        assert first.pixels == second.pixels == grabbed(running.environ).pixels
        assert first.active is not None and first.active.title == "Trader Workstation"
        assert not list(Path(environ["HOME"]).glob("picture*"))


def test_a_refusal_is_told_and_can_be_asked_about_anew_when_the_person_wants() -> None:
    with sway() as bare, portals(bare, answer="no") as running:
        environ = without_grim(running.environ)
        for _ in range(2):
            with pytest.raises(CaptureFailed, match="does not allow it"):
                wayland_portal.PortalCamera(environ).photograph()
        assert running.backend and len(running.backend.events("asked")) == 1
        assert "was told not to let snapper see" in " ".join(choose_screen("linux", environ).notes)
        ask_again(environ)
        with pytest.raises(CaptureFailed, match="does not allow it"):
            wayland_portal.PortalCamera(environ).photograph()
        assert len(running.backend.events("asked")) == 2


def without_grim(environ: Environ) -> Environ:
    """The same desktop for a program that finds no grim."""
    return {**environ, "PATH": "/nonexistent"}


def test_the_black_picture_of_xwayland_is_never_taken() -> None:
    """The trap: X11's own way works here, without an error, and shows nothing."""
    with sway() as running, x11_window(running):
        display = running.environ["DISPLAY"]
        with mss.MSS(display=display) as camera:
            shot = camera.grab(camera.monitors[0])
        assert set(bytes(shot.rgb)) == {0}
        for told in (running.environ, {"DISPLAY": display, "PATH": os.environ["PATH"]}):
            assert is_xwayland(display)
            choice = choose_screen("linux", {**told, "XDG_RUNTIME_DIR": running.environ["XDG_RUNTIME_DIR"]})
            assert choice.name != "mss"
            with choice.screen:
                assert image(choice.screen.grab()).getbbox()


def test_where_nothing_sees_the_screen_the_x11_window_is_taken_and_that_is_said() -> None:
    with sway() as bare, bus(bare.environ) as environ, x11_window(bare) as program:
        choice = choose_screen("linux", without_grim(environ))
        assert choice.name == "xwayland_window" and len(choice.refused) == 2
        assert "Only the window of an X11 program" in choice.notes[0]
        with choice.screen:
            frame = choice.screen.grab()
        assert frame.active is not None and frame.active.handle == program.id
        assert colours(frame) == {WINDOW}


def test_without_an_x11_window_in_front_that_says_so() -> None:
    with (
        sway() as running,
        choose_screen("linux", without_grim(running.environ)).screen as screen,
        pytest.raises(CaptureFailed, match="none was in front"),
    ):
        screen.grab()


def test_a_window_is_told_from_others_although_they_lie_above_it() -> None:
    rules = "for_window [title=.*] floating enable, move position 100 50"
    with sway(rules) as running, x11_window(running, "below") as below, x11_window(running, "above"):
        found = window_picture(running.environ["DISPLAY"], below.id)
        assert found is not None and set(found[0][::4]) == {WINDOW[2]}
        assert found[1][:2] == (100, 50)


def test_no_window_is_told_where_no_x11_program_has_the_keyboard() -> None:
    with sway() as running, x11_window(running):
        running.message("workspace", "2")
        wait_until(lambda: focused(running).get("type") == "workspace", "an empty desktop is in front")
        frame = grabbed(running.environ)
        assert frame.active is None
        assert flaw(frame) == "The picture is one plain colour: nothing can be seen on it."


def test_a_monitor_of_twice_the_scale_is_frozen_in_its_own_pixels() -> None:
    rules = "for_window [title=Trader] floating enable, move position 100 50\noutput HEADLESS-1 scale 2"
    with sway(rules) as running, x11_window(running):
        choice = choose_screen("linux", running.environ)
        with choice.screen:
            frame = choice.screen.grab()
            assert frame.area == Rect(0, 0, 1280, 800)
            found = layout(running.environ["DISPLAY"])
            assert found is not None and found[0][2:] == (640, 400)
            assert frame.monitors[0].area == frame.area
            area = window_area(frame)
            assert area is not None and colours(crop(frame, area)) == {WINDOW}
            assert image(frame).getpixel((area.left - 1, area.top)) == GROUND
            assert [window.bounds for window in choice.windows.visible()] == [
                frame.active and frame.active.bounds
            ]


def test_a_desktop_without_x11_programs_is_frozen_as_well() -> None:
    with sway(xwayland=False) as running:
        choice = choose_screen("linux", running.environ)
        with choice.screen:
            frame = choice.screen.grab()
        assert colours(frame) == {GROUND} and frame.active is None
        assert "No window can be told apart" in choice.notes[0]


def test_a_compositor_that_has_gone_is_told_in_words() -> None:
    with sway(xwayland=False) as running:
        choice = choose_screen("linux", running.environ)
    with choice.screen, pytest.raises(CaptureFailed, match="brings no picture"):
        choice.screen.grab()


def test_where_nothing_works_every_refusal_is_told() -> None:
    with home() as environ, pytest.raises(Unavailable) as refusal:
        choose_screen("linux", {**environ, "WAYLAND_DISPLAY": "wayland-9"})
    for name in ("wayland_portal: ", "grim: ", "xwayland_window: "):
        assert name in refusal.value.sentence


# --- the chord --------------------------------------------------------------------------------------------


def test_the_chord_comes_through_the_real_portal() -> None:
    with sway() as bare, portals(bare) as running:
        presses: list[Press] = []
        choice = choose(CHORD, "linux", running.environ)
        assert choice.backend.name == "wayland_portal" and choice.by_hand == ""
        choice.backend.start(presses.append)
        assert running.backend
        assert running.backend.wait_for("bound")["trigger"] == "CTRL+ALT+h"
        running.backend.command("press")
        wait_until(lambda: presses, "the press is told")
        choice.backend.stop()


def test_without_keys_in_the_portal_the_x11_programs_chord_is_taken_and_the_rest_explained() -> None:
    with sway() as bare, portals(bare, without=("GlobalShortcuts",)) as running, x11_window(running) as tws:
        presses: list[Press] = []
        choice = choose(CHORD, "linux", running.environ)
        assert choice.backend.name == "x11_grab"
        assert choice.refused[0].startswith("wayland_portal: ")
        assert "bindcode --no-repeat Ctrl+Mod1+43 exec snapper capture --ask" in choice.by_hand
        choice.backend.start(presses.append)
        with keyboard(running.environ, layout="ru") as keys:
            wait_until(
                lambda: tws.events("key") or keys.press(SPACE), "the new keyboard reaches X11 programs"
            )
            keys.press(CTRL, ALT, H)
            wait_until(lambda: presses, "the press is told")
        choice.backend.stop()
        assert {event["keysym"] for event in tws.events("key")} == {0x20}


# --- the chord in sway's own configuration ----------------------------------------------------------------


def binding(running: Sway) -> SwayBinding:
    return SwayBinding(running.environ, Path(running.environ["HOME"]))


@pytest.mark.parametrize("layout_name", ["us", "ru"])
def test_sway_runs_the_command_at_the_chord_under_every_layout_until_it_is_taken_back(
    layout_name: str,
) -> None:
    with sway(user_config=True) as running, keyboard(running.environ, layout_name) as keys:
        told = Path(running.environ["HOME"], "a, b; “c”")
        before = (config := Path(running.environ["XDG_CONFIG_HOME"], "sway", "config")).read_text()
        bound = binding(running)
        bound.bind(
            CHORD,
            (sys.executable, "-c", "import sys; open(sys.argv[1], 'a').write(sys.argv[2])", str(told), "x,y"),
        )
        assert bound.line().startswith("bindcode --no-repeat Ctrl+Mod1+43 exec ")
        keys.press(CTRL, ALT, H)
        wait_until(lambda: told.exists() and told.read_text() == "x,y", "sway runs the command")
        bound.unbind()
        assert bound.line() == "" and config.read_text() == before
        keys.press(CTRL, ALT, H)
        running.message("exec", f"touch {running.environ['HOME']}/later")
        wait_until(Path(running.environ["HOME"], "later").exists, "sway runs what came later")
        assert told.read_text() == "x,y"


def test_a_chord_that_the_running_sway_has_given_away_is_not_taken() -> None:
    with sway("set $c Ctrl+Mod1\nbindsym $c+h exec true", user_config=True) as running:
        with pytest.raises(ChordTaken, match="does something else"):
            binding(running).bind(CHORD, ("true",))
        assert binding(running).line() == ""


def test_sway_accepts_what_is_written() -> None:
    with sway(user_config=True) as running:
        binding(running).bind(CHORD, ("snapper", "capture", "--ask"))
        config = Path(running.environ["XDG_CONFIG_HOME"], "sway", "config")
        command = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*command, "sway", "--validate", "-c", str(config)],
            env=running.environ, check=False, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


# --- all of it --------------------------------------------------------------------------------------------


def test_a_press_while_trading_opens_the_note_window_with_the_keyboard() -> None:
    """The resident program, as an X11 program among others."""
    with sway() as bare, portals(bare) as running, x11_window(running):
        environ = {**running.environ, "QT_QPA_PLATFORM": "xcb"}
        with started([sys.executable, "-m", "snapper", "listen"], environ):
            assert running.backend
            running.backend.wait_for("bound")
            running.backend.command("press")
            wait_until(
                lambda: "Report to support" in str(focused(running).get("name")),
                "the note window has the keyboard",
                60,
            )
