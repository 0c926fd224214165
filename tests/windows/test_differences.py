"""What Windows does and Wine does not, where snapper relies on it and no other test comes upon it.

Each is marked with what Wine does instead; on a real Windows all of them must pass.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts.screen import wait_until
from snapper import machine
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.presses import Press
from snapper.hotkey.pynput_listener import PynputListener
from snapper.logs.pack import pack
from tests.windows.hands import ALT, CTRL, press, wine_differs
from tests.windows.test_files import log

LOCKER = """
import msvcrt, sys
file = open(sys.argv[1], "r+b")
msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1 << 20)
print("locked", flush=True)
sys.stdin.read()
"""


@wine_differs("locks are advisory: what another program has locked is read all the same")
def test_a_log_that_another_program_has_locked_is_said_to_be_missing_in_part(tmp_path: Path) -> None:
    locked, other = tmp_path / "a.log", tmp_path / "b.log"
    for path in (locked, other):
        path.write_bytes(b"line\n")
    command = [sys.executable, "-c", LOCKER, str(locked)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as locker:
        assert locker.stdout
        assert locker.stdout.readline() == "locked\n"
        packed = pack([log(locked), log(other)], tmp_path / "logs.zip")
        locker.kill()
    assert packed.remarks == ("a.log could be read only in part: its end is missing.",)
    with zipfile.ZipFile(tmp_path / "logs.zip") as archive:
        assert archive.read("b.log") == b"line\n"


@wine_differs("a refused lock has no errno")
def test_a_refused_lock_says_why(tmp_path: Path) -> None:
    import errno
    import msvcrt

    path = tmp_path / "a.lock"
    with path.open("w+b") as first, path.open("r+b") as second:
        msvcrt.locking(first.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        with pytest.raises(OSError) as refusal:
            msvcrt.locking(second.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    assert refusal.value.errno in (errno.EACCES, errno.EDEADLOCK)


@wine_differs("a low-level keyboard hook is told of injected keys now and then only", always=False)
def test_the_listener_that_comes_second_hears_injected_keys() -> None:
    presses: list[Press] = []
    listener = PynputListener(parse_chord("Ctrl+Alt+H"), "win32", os.environ)
    listener.start(presses.append)
    try:
        press(CTRL, ALT, ord("H"))
        wait_until(lambda: presses, "the press is told", 5)
    finally:
        listener.stop()


@wine_differs("there are no counters of performance, so nobody knows the swap file")
def test_the_swap_file_is_known() -> None:
    assert machine.facts()["swap"] != "unknown"
