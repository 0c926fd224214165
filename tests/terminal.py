"""A terminal with a person at it, for commands that ask."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence

_PATIENCE_SECONDS = 40.0
_AGAIN_SECONDS = 3.0
_IN_IT = ("setsid", "--ctty", "env", "--default-signal=INT")  # it is the command's own, and Ctrl+C reaches it


class Terminal:
    """A command that runs in a terminal; `seen` is all that was on it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [*_IN_IT, *command], env=dict(environment), stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        self._raw = b""
        self._read_to = 0

    @property
    def seen(self) -> str:
        """All that was on the screen, what was typed included where it was shown."""
        return self._raw.decode(errors="replace").replace("\r\n", "\n")

    def wait_for(self, words: str) -> None:
        """Wait until these words appear, after what was waited for before."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (at := self._raw.find(words.encode(), self._read_to)) < 0:
            assert time.monotonic() < deadline, f"“{words}” did not appear:\n{self.seen}"
            assert self._more(), f"it ended without “{words}”:\n{self.seen}"
        self._read_to = at + len(words.encode())

    def answer(self, question: str, text: str) -> None:
        """Wait for a question, and answer it."""
        self.wait_for(question)
        os.write(self._ours, f"{text}\n".encode())

    def interrupt(self, heard: str) -> None:
        """Ctrl+C until it is heard: one that comes a moment before a question is read is lost."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while heard not in self.seen:
            assert time.monotonic() < deadline, f"Ctrl+C was not heard:\n{self.seen}"
            os.write(self._ours, b"\x03")
            again = time.monotonic() + _AGAIN_SECONDS
            while heard not in self.seen and time.monotonic() < again and self._more():
                pass

    def end(self) -> int:
        """Wait for the end of the command; its exit code."""
        while self._more():
            pass
        return self._process.wait(_PATIENCE_SECONDS)

    def _more(self) -> bool:
        """Read what comes within a moment; False once nothing can come any more."""
        if not select.select([self._ours], [], [], 0.2)[0]:
            return self._process.poll() is None
        try:
            piece = os.read(self._ours, 4096)
        except OSError:  # nobody has the other side open any more
            return False
        self._raw += piece
        return bool(piece)

    def close(self) -> None:
        """End the command if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait(_PATIENCE_SECONDS)
        os.close(self._ours)


@contextlib.contextmanager
def at_a_terminal(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Terminal]:
    """A command in a terminal for the time of the block."""
    terminal = Terminal(command, environment)
    try:
        yield terminal
    finally:
        terminal.close()
