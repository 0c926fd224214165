"""snapper is started once more while one listens: real processes, real windows, real kills."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import virtual_screen, wait_until
from scripts.tws_window import BITS, read_counter
from snapper.instance import connect
from snapper.instance.messages import Do, Reply, Request, Said, Why
from snapper.report import Report
from snapper.state import State
from snapper.unsent import FILE_NAME as UNSENT
from tests.desks import Desk, desk_at, refused_url
from tests.journeys.stage import CHORD, SNAPPER, Program, Stage, running, screenshot, stage

ASK = (*SNAPPER, "capture", "--ask")
ALREADY = "snapper: snapper is listening already. Press Ctrl+Alt+H to report what you see."
NOTE = "Report to support"
PATIENCE = 90.0  # seconds; some of these start many programs, and the machine may be busy


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Stage, Desk]]:
    """A stage with a desk, and a runtime folder of its own."""
    # A socket's path is short.
    with tempfile.TemporaryDirectory() as runtime, desk_at(tmp_path / "desk") as desk:
        settings = {
            **desk.environment,
            "XDG_RUNTIME_DIR": runtime,
            # Nothing of this computer's session shows notifications.
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/no-bus",
        }
        with stage(tmp_path, settings) as ready:
            yield ready, desk


@contextlib.contextmanager
def asking(on: Stage, *options: str, **environment: str) -> Iterator[Program]:
    """A second start that asks for a note, with the note window in front."""
    with running([*ASK, *options], {**on.environment, **environment}) as second:
        note_in_front(on)
        yield second


def note_in_front(on: Stage) -> None:
    """Wait until the note window has the keyboard."""
    wait_until(lambda: NOTE in on.screen.focused_title(), "the note window has the keyboard", PATIENCE)


def pid(program: Program) -> int:
    """The process."""
    return program._process.pid


def windows(on: Stage, title: str) -> list[str]:
    """The visible windows with such a title."""
    return on.screen.xdotool("search", "--onlyvisible", "--name", title).split()


def the_report(desk: Desk) -> Report:
    """The only one that arrived."""
    (report,) = desk.reports()
    return report


# --- a note -----------------------------------------------------------------------------------------------


def test_the_listener_asks_and_the_second_start_waits_for_the_delivery(world: tuple[Stage, Desk]) -> None:
    on, desk = world
    with on.listener(), asking(on) as second:
        on.submit("by the binding")
        assert second.wait() == 0
        assert second.lines == []
    assert the_report(desk).note == "by the binding"
    assert "screenshot.png" in [part.name for part in the_report(desk).attachments]
    assert on.typed_underneath() == ""


def test_the_window_is_the_listeners_and_there_is_one(world: tuple[Stage, Desk]) -> None:
    on, _ = world
    with on.listener() as first, asking(on) as second:
        (window,) = windows(on, NOTE)
        assert on.screen.xdotool("getwindowpid", window) == str(pid(first))
        on.screen.press("Escape")
        assert second.wait() == 1  # there is no report
        on.tws_has_focus()


def test_a_report_that_cannot_leave_is_kept_and_that_is_exit_3(world: tuple[Stage, Desk]) -> None:
    on, _ = world
    on.environment["SNAPPER_DELIVERY_URL"] = refused_url()
    with on.listener(), asking(on) as second:
        on.screen.type("away")
        on.screen.press("ctrl+Return")
        assert second.wait() == 3
    assert [entry.report.note for entry in on.outbox.entries()] == ["away"]


def test_window_and_monitor_mean_what_they_mean_without_a_listener(world: tuple[Stage, Desk]) -> None:
    on, desk = world
    with on.listener():
        for option in ("--window", "--monitor=1"):
            with asking(on, option) as second:
                on.screen.type(option.strip("-"))
                on.screen.press("ctrl+Return")
                assert second.wait() == 0
        wrong = on.snapper("capture", "--ask", "--monitor", "9")
        assert wrong.returncode == 2
        assert wrong.stderr == "snapper: There is no monitor 9. There is 1.\n"
        on.screen.press(CHORD)  # nothing is left of the refusal
        note_in_front(on)
    pictures = {report.note: screenshot(desk, report) for report in desk.reports()}
    assert pictures["monitor=1"].size == (1280, 800)
    assert pictures["window"].size != (1280, 800)


def test_a_note_that_is_open_is_shared(world: tuple[Stage, Desk]) -> None:
    on, desk = world
    with on.asked():
        on.screen.type("one")
        with running([*ASK], on.environment) as second, running([*ASK], on.environment) as third:
            for each in (second, third):
                assert each.wait_for("open already")
            note_in_front(on)
            on.submit(" note")
            assert [second.wait(), third.wait()] == [0, 0]
    assert the_report(desk).note == "one note"


def test_a_paused_listener_asks_all_the_same_and_says_that_it_is_kept(world: tuple[Stage, Desk]) -> None:
    on, desk = world
    with on_strings(on) as first:
        os.kill(pid(first), signal.SIGUSR2)
        wait_until(lambda: "paused" in on.snapper("listen").stderr, "it says that it is paused")
        with asking(on) as second:
            on.screen.type("paused")
            on.screen.press("ctrl+Return")
            assert second.wait() == 3
        assert desk.reports() == []
        os.kill(pid(first), signal.SIGUSR2)
        on.wait_for_state(State.DELIVERED)
    assert desk.notes() == ["paused"]


def test_another_screen_has_its_own_pictures(world: tuple[Stage, Desk]) -> None:
    on, desk = world
    with on.listener(), virtual_screen("640x480") as other:
        with running([*ASK], {**on.environment, "DISPLAY": other.display}) as second:
            wait_until(lambda: NOTE in other.focused_title(), "the note window is there")
            assert not windows(on, NOTE)
            other.type("other screen")
            other.press("ctrl+Return")
            wait_until(lambda: desk.reports(), "it arrived")
            second.stop()
        refused = subprocess.run(
            [*SNAPPER, "listen"], env={**on.environment, "DISPLAY": other.display},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert refused.returncode == 2
        assert "at another screen of this computer" in refused.stderr
    assert screenshot(desk, the_report(desk)).size == (640, 480)


def test_another_outbox_is_another_snapper(world: tuple[Stage, Desk]) -> None:
    on, _ = world
    with on.listener() as first, asking(on, SNAPPER_OUTBOX_FOLDER=str(on.folder / "other")) as second:
        (window,) = windows(on, NOTE)
        assert on.screen.xdotool("getwindowpid", window) == str(pid(second)) != str(pid(first))


def test_without_a_listener_it_asks_by_itself(world: tuple[Stage, Desk]) -> None:
    on, _ = world
    with asking(on) as only:
        (window,) = windows(on, NOTE)
        assert on.screen.xdotool("getwindowpid", window) == str(pid(only))


def test_the_note_window_has_the_keyboard_by_the_time_of_the_act(world: tuple[Stage, Desk]) -> None:
    """As a desktop starts programs; the id of a start is no time of any X server here, and must not hurt."""
    on, desk = world
    startup = {"DESKTOP_STARTUP_ID": "sway/1-2-host_TIME0", "XDG_ACTIVATION_TOKEN": "token-1"}
    with on.listener(), asking(on, **startup) as second:
        on.submit("typed")
        assert second.wait() == 0
    assert desk.notes() == ["typed"]


# --- the listener, started twice --------------------------------------------------------------------------


def test_a_second_listener_shows_the_first_and_is_content(world: tuple[Stage, Desk]) -> None:
    """There is neither tray nor notification here: what there is, is the outbox window."""
    on, _ = world
    with on.listener():
        again = on.snapper("listen")
        assert (again.returncode, again.stdout) == (0, "")
        assert again.stderr.splitlines() == [ALREADY]
        wait_until(lambda: "Outbox" in on.screen.focused_title(), "the outbox window is in front")


def the_first(every: list[Program]) -> list[Program]:
    """Those that listen."""
    return [each for each in every if any(line.startswith("snapper: Press ") for line in each.lines)]


def test_ten_starts_at_once_make_one_listener(world: tuple[Stage, Desk]) -> None:
    on, _ = world
    starting = "snapper: snapper is being started already."  # in its first moments it has no more to say
    with contextlib.ExitStack() as started:
        every = [started.enter_context(running([*SNAPPER, "listen"], on.environment)) for _ in range(10)]
        for each in every:
            wait_until(lambda each=each: each.lines, "it says something", PATIENCE)
        (first,) = wait_until(lambda: the_first(every), "one listens", PATIENCE)
        others = [each for each in every if each is not first]
        assert [each.wait() for each in others] == [0] * 9
        assert all(each.lines[-1] in (ALREADY, starting) for each in others)
        on.screen.press(CHORD)
        note_in_front(on)
        on.screen.press("Escape")
        wait_until(lambda: not on.screen.window("Report to support"), "the note has gone")
        assert first.stop() == 0


def test_after_a_kill_the_next_start_listens_and_is_found(world: tuple[Stage, Desk]) -> None:
    on, desk = world
    with on.listener() as first:
        left = sorted(Path(on.environment["XDG_RUNTIME_DIR"], "snapper").iterdir())
        first.kill()
    assert len(left) == 1
    assert left[0].exists()
    with on.listener(), asking(on) as second:
        assert sorted(Path(on.environment["XDG_RUNTIME_DIR"], "snapper").iterdir()) == left
        on.submit("after the kill")
        assert second.wait() == 0
    assert desk.notes() == ["after the kill"]
    assert not left[0].exists()


def test_a_kill_while_somebody_waits_is_told_and_the_note_comes_back(world: tuple[Stage, Desk]) -> None:
    on, desk = world
    with on.listener() as first, asking(on) as second:
        on.screen.type("almost")
        wait_until(lambda: (on.folder / "outbox" / UNSENT).exists(), "the note is on the disk")
        first.kill()
        assert second.wait() == 1
        assert "before the report was kept" in second.lines[-1]
    with on.listener(), asking(on) as second:
        on.submit(" lost")
        assert second.wait() == 0
    assert desk.notes() == ["almost lost"]


# --- without a listener -----------------------------------------------------------------------------------

OPEN = "snapper: The note window was open already: it is in front now, with the picture it has."


def test_a_second_one_that_would_ask_brings_the_first_one_to_the_front(world: tuple[Stage, Desk]) -> None:
    on, desk = world
    with asking(on) as first:
        on.screen.type("begun")
        on.screen.xdotool("windowactivate", "--sync", on.screen.window("Trader Workstation"))
        on.tws_has_focus()
        with asking(on) as second:
            assert (second.wait(), second.lines) == (0, [OPEN])
        (window,) = windows(on, NOTE)
        assert on.screen.xdotool("getwindowpid", window) == str(pid(first))
        on.submit(", and ended")
    assert desk.notes() == ["begun, and ended"]


def test_of_several_started_at_once_one_asks(world: tuple[Stage, Desk]) -> None:
    on, _ = world
    with contextlib.ExitStack() as started:
        every = [started.enter_context(running(ASK, on.environment)) for _ in range(3)]
        wait_until(lambda: len([each for each in every if each.lines]) == 2, "two of them are told", PATIENCE)
        others = [each for each in every if each.lines]
        assert [(each.wait(), each.lines) for each in others] == [(0, [OPEN])] * 2
        note_in_front(on)
        assert len(windows(on, NOTE)) == 1
        on.screen.press("Escape")
        (first,) = [each for each in every if each not in others]
        assert first.wait() == 1


def test_while_a_receipt_is_shown_another_note_is_asked_for(world: tuple[Stage, Desk]) -> None:
    on, desk = world
    with asking(on) as first:
        on.submit("one")
        wait_until(lambda: windows(on, "Receipt"), "the receipt is shown")
        with asking(on) as second:
            (window,) = windows(on, NOTE)
            assert on.screen.xdotool("getwindowpid", window) == str(pid(second))
            third = subprocess.run(ASK, env=on.environment, capture_output=True, text=True, timeout=60)
            assert (third.returncode, third.stderr.strip()) == (0, OPEN)
            on.screen.press("Escape")
            assert second.wait() == 1
        assert first.stop() == 0
    assert desk.notes() == ["one"]


def test_one_can_listen_beside_one_that_asks_and_is_asked_from_then_on(world: tuple[Stage, Desk]) -> None:
    on, desk = world
    with asking(on) as first, on.listener() as listener:
        note_in_front(on)
        on.screen.press("Escape")
        assert first.wait() == 1
        with asking(on) as second:
            (window,) = windows(on, NOTE)
            assert on.screen.xdotool("getwindowpid", window) == str(pid(listener))
            on.submit("to the listener")
            assert second.wait() == 0
    assert desk.notes() == ["to the listener"]


def test_one_that_was_killed_while_it_asked_is_in_nobodys_way(world: tuple[Stage, Desk]) -> None:
    on, desk = world
    with asking(on) as first:
        first.kill()
    on.tws_has_focus()
    with asking(on) as second:
        on.submit("the next one")
        assert second.stop() == 0
    assert desk.notes() == ["the next one"]


def test_without_a_place_for_its_lock_the_note_is_asked_for_all_the_same(world: tuple[Stage, Desk]) -> None:
    on, _ = world
    (on.folder / "outbox").write_text("a file where the folder should be")
    with asking(on) as first:
        on.screen.press("Escape")
        assert first.wait() == 1


# --- a listener that hangs --------------------------------------------------------------------------------


@contextlib.contextmanager
def on_strings(on: Stage) -> Iterator[Program]:
    """A listener whose windows' thread can be made to hang until there is a file `go on`."""
    command = [sys.executable, "-m", "tests.listener_on_strings", str(on.folder / "go on")]
    with running(command, on.environment) as program:
        program.wait_for("Press ")
        yield program


def test_a_listener_that_hangs_is_not_waited_for_and_opens_nothing_later(world: tuple[Stage, Desk]) -> None:
    on, desk = world
    with on_strings(on) as first:
        wait_until(lambda: ALREADY in on.snapper("listen").stderr, "its windows are alive", PATIENCE)
        os.kill(pid(first), signal.SIGUSR1)
        with asking(on) as second:
            (window,) = windows(on, NOTE)
            assert on.screen.xdotool("getwindowpid", window) == str(pid(second))
            with running([*SNAPPER, "listen"], on.environment) as third:
                wait_until(
                    lambda: any("not answer yet" in each for each in third.lines), "it says so", PATIENCE
                )
                (on.folder / "go on").touch()
                third.wait_for(ALREADY)
                assert third.wait() == 0
            # What was asked while it hung is settled before what was asked later.
            assert windows(on, NOTE) == [window]
            second.stop()
        on.screen.press(CHORD)
        note_in_front(on)
        assert desk.reports() == []


def test_a_listener_that_is_stopped_altogether_is_not_waited_for_either(world: tuple[Stage, Desk]) -> None:
    on, _ = world
    with on.listener() as first:
        os.kill(pid(first), signal.SIGSTOP)
        try:
            with asking(on) as second:
                (window,) = windows(on, NOTE)
                assert on.screen.xdotool("getwindowpid", window) == str(pid(second))
            listening = on.snapper("listen")
            assert listening.returncode == 1
            assert "does not answer. If its icon" in listening.stderr
        finally:
            os.kill(pid(first), signal.SIGCONT)
        wait_until(lambda: ALREADY in on.snapper("listen").stderr, "it answers again")
        assert not windows(on, NOTE)


def test_an_older_listener_refuses_what_it_does_not_know(world: tuple[Stage, Desk]) -> None:
    on, _ = world
    with on.listener():
        with contextlib.closing(connect(on.folder / "outbox", "linux", on.environment, 20)) as line:
            line.send(Request(Do.CAPTURE).line().replace(b'"snapper":1', b'"snapper":2'), 20)
            reply = Reply.read(line.receive(20))
        assert (reply.said, reply.why) == (Said.REFUSED, Why.UNKNOWN)
        assert not windows(on, NOTE)
        on.screen.press(CHORD)
        note_in_front(on)


def test_the_picture_is_of_the_moment_of_the_command(world: tuple[Stage, Desk]) -> None:
    """The window of TWS counts; it went on counting while the note was written."""
    on, desk = world
    with on.listener():
        before = milliseconds()
        with asking(on) as second:
            after = milliseconds()
            on.submit("now")
            assert second.wait() == 0
    shown = read_counter(screenshot(desk, the_report(desk)))
    assert shown is not None
    assert (shown - before) % (1 << BITS) <= (after - before) % (1 << BITS)


def milliseconds() -> int:
    """Now, as the counter of the TWS-like window shows it."""
    return int(time.time() * 1000) % (1 << BITS)
