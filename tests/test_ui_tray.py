"""The tray icon, with and without a tray to be in."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

from scripts.screen import VirtualScreen, wait_until
from tests.ui_process import ui
from tests.wayland.stage import bus, home, speaking


@contextlib.contextmanager
def tray_host(screen: VirtualScreen) -> Iterator[None]:
    """A tray at the bottom of the screen."""
    program = subprocess.Popen(
        ["trayer", "--edge", "bottom", "--align", "right"], env=screen.environment, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        program.terminate()
        program.wait(20)


def test_every_choice_of_the_menu_is_a_signal(screen: VirtualScreen) -> None:
    """Without any tray host, too."""
    with ui(screen, "tray") as tray:
        for text, signal in (
            ("Capture screen", "capture_screen"),
            ("Capture window", "capture_window"),
            ("Attach to ticket…", "attach"),
            ("Outbox", "outbox"),
            ("Check this computer…", "doctor"),
            ("Quit", "quit"),
        ):
            tray.do("choose", text=text)
            tray.wait(signal)
        tray.do("choose", text="Pause")
        assert tray.wait("paused")["value"] is True
        tray.do("choose", text="Pause")
        assert tray.wait("paused", 2)["value"] is False


@pytest.mark.parametrize(
    ("calls", "badge", "words"),
    [
        ([("set_chord", ["Ctrl+Alt+H"])], "none", "press Ctrl+Alt+H"),
        ([("set_reports", [2, 0])], "waiting", "2 reports are waiting to be sent"),
        ([("set_reports", [2, 1])], "attention", "1 report needs your attention"),
        ([("set_reports", [1, 0]), ("set_sending", [30, 120])], "sending", "Sending your report, 25 %"),
        ([("set_sending", [30, 120]), ("set_sending", [0, 0])], "none", "snapper"),
        ([("set_problem", ["Ctrl+Alt+H is taken."])], "attention", "Ctrl+Alt+H is taken."),
    ],
)
def test_icon_and_words_say_the_state(
    screen: VirtualScreen, calls: list[tuple[str, list[object]]], badge: str, words: str
) -> None:
    with ui(screen, "tray") as tray:
        for name, arguments in calls:
            tray.do("call", name=name, args=arguments)
        state = tray.ask()
        assert state["badge"] == badge
        assert words in state["tooltip"]


def test_paused_is_said_instead_of_the_keys(screen: VirtualScreen) -> None:
    with ui(screen, "tray") as tray:
        tray.do("call", name="set_chord", args=["Ctrl+Alt+H"])
        tray.do("choose", text="Pause")
        state = tray.ask()
        assert state["badge"] == "paused"
        assert "Ctrl+Alt+H" not in state["tooltip"]


def test_a_pause_is_seen_whatever_else_there_is(screen: VirtualScreen) -> None:
    with ui(screen, "tray") as tray:
        tray.do("call", name="set_reports", args=[2, 1])
        tray.do("call", name="set_problem", args=["Ctrl+Alt+H is taken."])
        tray.do("choose", text="Pause")
        state = tray.ask()
        assert state["badge"] == "paused"
        assert state["tooltip"].startswith("snapper is paused: the keys do nothing, and nothing is sent\n")
        assert "1 report needs your attention" in state["tooltip"]


def test_starting_at_sign_in_is_asked_for_when_the_menu_opens_and_shown_as_told(
    screen: VirtualScreen,
) -> None:
    entry, problem = "Start when you sign in", "Windows does not let snapper be started && by itself."
    with ui(screen, "tray") as tray:
        tray.do("open")
        tray.wait("opening")
        tray.do("call", name="set_autostart", args=[True])
        assert tray.ask()["checked"] == [entry]
        tray.do("choose", text=entry)
        assert tray.wait("autostart_chosen")["value"] is False
        tray.do("call", name="set_autostart", args=[True, problem.replace("&&", "&")])
        state = tray.ask()
        assert state["checked"] == [entry]
        assert state["menu"][state["menu"].index("Start when you sign &in") + 1] == problem
        tray.do("call", name="set_autostart", args=[False])
        state = tray.ask()
        assert not state["checked"] and problem not in state["menu"]
        assert tray.count("autostart_chosen") == 1, "what is told is not chosen"


def test_under_wayland_the_icon_is_made_when_a_tray_has_come(screen: VirtualScreen) -> None:
    """The toolkit would look for one only once, at the first icon."""
    with home() as empty, bus(empty) as environ:
        told = {name: environ[name] for name in ("DBUS_SESSION_BUS_ADDRESS", "HOME")}
        watcher = [sys.executable, "-m", "tests.tray_watcher"]
        with ui(screen, "tray", "", "waits", environment=told) as tray:
            assert not tray.ask()["seen"]
            tray.do("call", name="say", args=["snapper", "Nobody sees this, and nothing fails."])
            tray.do("call", name="set_chord", args=["Ctrl+Alt+H"])
            for _ in range(2):
                with speaking(watcher, environ) as host:
                    host.wait_for("item")
                    wait_until(lambda: tray.ask()["seen"], "it is in the tray")
                wait_until(lambda: not tray.ask()["seen"], "the tray has gone")


def test_a_problem_is_the_first_line_of_the_menu_until_it_is_gone(screen: VirtualScreen) -> None:
    with ui(screen, "tray") as tray:
        tray.do("call", name="set_problem", args=["Ctrl+Alt+H is taken."])
        assert tray.ask()["menu"][0] == "Ctrl+Alt+H is taken."
        tray.do("call", name="set_problem", args=[""])
        assert tray.ask()["menu"][0] == "Capture &screen"


def test_appears_in_a_tray_and_speaks_there(screen: VirtualScreen) -> None:
    with tray_host(screen), ui(screen, "tray") as tray:
        wait_until(lambda: tray.ask()["area"][2] > 0, "the icon in the tray")
        tray.do("call", name="say", args=["snapper", "Your report is kept."])
        assert tray.ask()["area"][2] > 0


def test_appears_in_a_tray_that_comes_late_goes_and_comes_back(screen: VirtualScreen) -> None:
    with ui(screen, "tray") as tray:
        tray.do("call", name="say", args=["snapper", "Nobody sees this, and nothing fails."])
        for _ in range(2):
            assert tray.ask()["area"][2] == 0
            with tray_host(screen):
                wait_until(lambda: tray.ask()["area"][2] > 0, "the icon in the tray")
            wait_until(lambda: tray.ask()["area"][2] == 0, "the icon goes with its tray")
