"""The main job on this machine: a desk, a listener, the chord, a note, a receipt.

With a display the person presses the chord. Without one everything happens on a virtual screen: a TWS-like
window, logs of today, the real chord, the real note window. All of it lies in `.snapper/<time>/`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from scripts.demo_tws import make_jts
from scripts.screen import VirtualScreen, virtual_screen, wait_until
from snapper.desk import Store
from snapper.outbox import Outbox
from snapper.present import receipt_text
from snapper.state import Entry, State

# Only letters that every keyboard has: xdotool borrows a key for any other, too briefly for a slow window.
NOTE = "The order button stays grey after I changed the quantity.\nIt began at the open."
SNAPPER = (sys.executable, "-m", "snapper")
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl+C, kill, the terminal closed
LISTENER_LOG = "listener.log"
INTERRUPTED = 128 + signal.SIGINT  # the exit code a shell expects


def main() -> None:
    """Run the job and print the receipt."""
    parser = argparse.ArgumentParser(prog="scripts/run", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "--pictures", type=Path, help="folder for pictures of the windows on the virtual screen"
    )
    options = parser.parse_args()
    folder = Path(".snapper", f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}").absolute()
    folder.mkdir(parents=True)
    keep_stdout_for_the_result()
    for ending in ENDINGS:
        signal.signal(ending, interrupt)
    try:
        sys.exit(run(folder, options))
    except KeyboardInterrupt:
        say("Interrupted. What was started has ended.")
        sys.exit(INTERRUPTED)
    except AssertionError as problem:
        sys.exit(f"run: It did not work: {problem}. More may be in {folder}")


def run(folder: Path, options: argparse.Namespace) -> int:
    """The job, on the screen there is; returns the exit code."""
    with desk(folder / "desk") as keys:
        if os.environ.get("DISPLAY"):
            return on_this_screen(folder, keys, options.json)
        on_a_virtual_screen(folder, keys, options)
        return 0


def keep_stdout_for_the_result() -> None:
    """Let what the programs started here print go to stderr: scripts read the result from stdout."""
    sys.stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Once is enough: a second Ctrl+C must not cut short the ending of what was started."""
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt


# --- the parts --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def desk(folder: Path) -> Iterator[dict[str, str]]:
    """A desk on a free loopback port; gives its address, a token and the password of the user “support”."""
    say("Starting the ticket desk on this computer.")
    command = [*SNAPPER, "desk", "--port", "0", "--folder", str(folder), "--json"]
    with program(command, os.environ, stdout=subprocess.PIPE) as process:
        assert process.stdout
        if not (line := process.stdout.readline()):
            sys.exit("run: The ticket desk did not start.")
        yield json.loads(line)
    say(f"The desk has ended. To see its inbox again: .venv/bin/snapper desk --folder {folder}")


@contextlib.contextmanager
def program(
    command: list[str], environment: Mapping[str, str], **streams: Any
) -> Iterator[subprocess.Popen[str]]:
    """A program for the time of the block, ended as a person would end it."""
    # In a session of its own: Ctrl+C in the terminal is for us, who end what we started in its order.
    process = subprocess.Popen(command, env=dict(environment), text=True, start_new_session=True, **streams)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def settings(folder: Path, keys: Mapping[str, str]) -> dict[str, str]:
    """The environment that points snapper at the desk, with an outbox of its own."""
    return {
        **os.environ,
        "SNAPPER_DELIVERY_URL": keys["url"],
        "SNAPPER_DELIVERY_TOKEN": keys["upload_token"],
        "SNAPPER_OUTBOX_FOLDER": str(folder / "outbox"),
    }


def delivered(outbox: Outbox) -> list[Entry]:
    """Reports that the desk proved it has, the newest first."""
    return [entry for entry in outbox.entries() if entry.state is State.DELIVERED]


# --- with a person at a screen ----------------------------------------------------------------------------


def on_this_screen(folder: Path, keys: Mapping[str, str], as_json: bool) -> int:
    """Listen on the screen that is there until Ctrl+C, print each receipt; returns the exit code."""
    outbox, shown = Outbox(folder / "outbox"), set[str]()
    say(f"Support's inbox: {keys['url']}  user: support  password: {keys['support_password']}")
    say("Starting the listener. Press the chord it names, write a note, submit. Ctrl+C here ends it.")
    with (
        contextlib.suppress(KeyboardInterrupt),
        program([*SNAPPER, "listen"], settings(folder, keys)) as listener,
    ):
        while listener.poll() is None:
            for entry in delivered(outbox):
                if entry.id not in shown:
                    shown.add(entry.id)
                    print_result(folder, keys, entry, as_json)
            time.sleep(0.5)
        return listener.returncode
    return 0


# --- with nobody there ------------------------------------------------------------------------------------


def on_a_virtual_screen(folder: Path, keys: Mapping[str, str], options: argparse.Namespace) -> None:
    """The whole way on a virtual screen, with a hand of our own at the keys."""
    say("No display here: starting a virtual screen with a window manager and a TWS-like window.")
    jts = make_jts(folder / "Jts", datetime.now().astimezone())
    with virtual_screen() as screen:
        environment = {**screen.environment, **settings(folder, keys), "DISPLAY": screen.display,
                       "QT_QPA_PLATFORM": "xcb", "SNAPPER_LOGS_FOLDERS": str(jts.home)}  # fmt: skip
        with tws(screen), listener(environment, folder / LISTENER_LOG):
            entry = press_and_write(screen, Outbox(folder / "outbox"), environment, options.pictures)
    print_result(folder, keys, entry, options.json)


@contextlib.contextmanager
def listener(environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """`snapper listen`, once it has said that it listens; what it says goes to `log`."""
    say("Starting the listener.")
    with log.open("w") as words, program([*SNAPPER, "listen"], environment, stderr=words):
        wait_until(lambda: "Press " in log.read_text(), "the listener has the chord")
        yield


@contextlib.contextmanager
def tws(screen: VirtualScreen) -> Iterator[None]:
    """The TWS-like window, shown and with the keyboard focus."""
    command = [sys.executable, "-m", "scripts.tws_window"]
    with program(command, screen.environment, stdout=subprocess.PIPE):
        wait_until(
            lambda: "Trader Workstation" in screen.focused_title(), "the TWS-like window has the focus"
        )
        yield


def press_and_write(
    screen: VirtualScreen, outbox: Outbox, environment: Mapping[str, str], pictures: Path | None
) -> Entry:
    """Press the chord, write the note, submit; returns the delivered report."""
    shown = subprocess.run(
        [*SNAPPER, "config", "show", "--json"], env=environment, capture_output=True, check=True
    )
    chord = json.loads(shown.stdout)["hotkey.chord"]["value"]
    say(f"Pressing {chord}.")
    screen.press(chord.lower())
    wait_until(lambda: "snapper" in screen.focused_title().lower(), "the note window has the focus")
    say("Writing the note and submitting it.")
    screen.type(NOTE.replace("\n", "\r"), delay_ms=15)
    if pictures:
        take_picture(environment, pictures / "note-window.png")
    screen.press("ctrl+Return")
    entry = wait_until(
        lambda: next(iter(delivered(outbox)), None), "the desk proved that it has the report", 60
    )
    if entry.report.note != NOTE:
        raise AssertionError(f"the note arrived as {entry.report.note!r}")
    if pictures:
        wait_until(lambda: screen.window("Receipt"), "the acknowledgement is shown")
        take_picture(environment, pictures / "acknowledgement.png")
    return entry


def take_picture(environment: Mapping[str, str], path: Path) -> None:
    """A picture of the screen, with snapper's own capture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    subprocess.run(
        [*SNAPPER, "capture", "-o", str(path)], env=dict(environment), check=True, stdout=subprocess.DEVNULL
    )


# --- words ------------------------------------------------------------------------------------------------


def print_result(folder: Path, keys: Mapping[str, str], entry: Entry, as_json: bool) -> None:
    """The receipt, the desk's address, and where the stored picture lies."""
    receipt = entry.delivery.receipt
    assert receipt
    with contextlib.closing(Store(folder / "desk")) as store:
        picture = store.path(entry.report, "screenshot.png")
    if as_json:
        print(
            json.dumps({"receipt": receipt.to_dict(), "desk": keys["url"], "screenshot": str(picture)}),
            flush=True,
        )
        return
    print(receipt_text(receipt))
    print(f"desk     {keys['url']}  (user support, password {keys['support_password']})")
    print(f"picture  {picture}", flush=True)


def say(sentence: str) -> None:
    """Tell what is being done."""
    print(f"run: {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
