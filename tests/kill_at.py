"""Runs snapper's command line and kills it (SIGKILL) just before one chosen step on disk or wire.

    python -m tests.kill_at STEP SNAPPER-ARGUMENTS…     STEP 0: run to the end and print the number of steps

A step is a call into the system that writes, syncs, renames, removes, sends or receives, whatever module
and thread it comes from: the interpreter's profiler sees every call into C, so a new step in the code is a
new step here.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

STEPS = frozenset(
    {
        *("BufferedWriter.write", "BufferedWriter.flush", "BufferedWriter.close", "_IOBase.__exit__"),
        *("FileIO.write", "write", "fsync", "ftruncate"),
        *("rename", "replace", "unlink", "remove", "mkdir", "rmdir"),
        *(
            "socket.connect",
            "socket.connect_ex",
            "socket.send",
            "socket.sendall",
            "socket.recv",
            "socket.recv_into",
            "socket.close",
        ),
    }
)
_MODULES = (None, "posix", "nt", "_io", "_socket")
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows every signal but two ends a process at once


class Killer:
    """A profile function that counts the steps of all threads and kills before the chosen one."""

    def __init__(self, step: int, is_step: Callable[[object], bool]) -> None:
        self.step = step
        self.count = 0
        self._is_step = is_step
        self._lock = threading.Lock()

    def watch(self) -> None:
        """See every call into C from now on, in this thread and in those that start later."""
        threading.setprofile(self)
        sys.setprofile(self)

    def __call__(self, frame: FrameType, event: str, called: object) -> None:
        if event == "c_call" and self._is_step(called):
            with self._lock:
                self.count += 1
                if self.count == self.step:
                    os.kill(os.getpid(), _KILL)


def is_step(called: object) -> bool:
    """Whether a call goes to disk or wire; what is said on the console does not count."""
    return (
        getattr(called, "__qualname__", "") in STEPS
        and getattr(called, "__module__", None) in _MODULES
        and not _is_console(called)
    )


def _is_console(called: object) -> bool:
    console = (sys.__stdout__, sys.__stderr__)
    owner = getattr(called, "__self__", None)
    return any(owner in (stream, getattr(stream, "buffer", None)) for stream in console)


def main() -> None:
    """Run under the killer; with step 0 the last line on stderr is the number of steps."""
    from snapper.cli import main as snapper

    killer = Killer(int(sys.argv[1]), is_step)
    killer.watch()
    try:
        snapper(sys.argv[2:])
    finally:
        sys.setprofile(None)
        print(killer.count, file=sys.stderr)


if __name__ == "__main__":
    main()
