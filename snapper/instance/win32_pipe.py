"""The way to the resident program on Windows: a named pipe that this user alone can open, from this computer.

The name carries the user and the outbox; who made it is checked by the caller, as anybody may make a pipe of
any name. One thread serves everybody and never waits for anybody.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable
from ctypes import wintypes
from enum import Enum, auto
from pathlib import Path

from snapper.instance import Handler, hand_over, win32_calls
from snapper.instance.messages import LINE_MAX, Reply
from snapper.instance.win32_calls import Overlapped, dll

MOST_CALLERS = 30  # at once; Windows waits for 64 events at most
ASKING_SECONDS = 2.0  # for the one line of a request
_ROOM = 1 << 16  # bytes that wait to be read: more than is ever said
_WRITING_MS = 200
_SLICE_MS = 500  # a wait that Ctrl+C can end

log = logging.getLogger(__name__)


def pipe_name(outbox: Path) -> str:
    """One per user and outbox folder, by whatever path it is reached. Raises OSError."""
    folder = os.path.normcase(os.path.realpath(outbox))
    of_both = hashlib.sha256(f"{win32_calls.own_sid()}\0{folder}".encode("utf-8", "surrogatepass"))
    return rf"\\.\pipe\snapper-{of_both.hexdigest()[:32]}"


class _Io:
    """One call that goes on by itself on a pipe."""

    def __init__(self) -> None:
        self.event = win32_calls.new_event()
        self.overlapped = Overlapped(event=self.event)
        self.buffer = ctypes.create_string_buffer(LINE_MAX)

    def begin(self, started: bool) -> None:
        """A call was made: it is done, goes on, or failed. Raises OSError."""
        if not started and (code := win32_calls.last_error()) != win32_calls.PENDING:
            raise win32_calls.failed(code)

    def read(self, pipe: int) -> None:
        """Read what comes. Raises OSError."""
        room = len(self.buffer)
        dll("kernel32").ResetEvent(self.event)
        self.begin(dll("kernel32").ReadFile(pipe, self.buffer, room, None, ctypes.byref(self.overlapped)))

    def write(self, pipe: int, data: bytes, milliseconds: int) -> None:
        """Write something and wait until it is on its way. Raises OSError, TimeoutError."""
        self.begin(dll("kernel32").WriteFile(pipe, data, len(data), None, ctypes.byref(self.overlapped)))
        if not self.done(milliseconds):
            self.cancel(pipe)
            raise TimeoutError("It is not taken.")
        self.result(pipe)

    def done(self, milliseconds: int) -> bool:
        """Whether it ends in this time."""
        return bool(dll("kernel32").WaitForSingleObject(self.event, milliseconds) == win32_calls.SIGNALLED)

    def result(self, pipe: int, wait: bool = False) -> int:
        """How many bytes went. Raises OSError."""
        count = wintypes.DWORD()
        ended = dll("kernel32").GetOverlappedResult(
            pipe, ctypes.byref(self.overlapped), ctypes.byref(count), wait
        )
        if not ended:
            raise win32_calls.failed()
        return count.value

    def cancel(self, pipe: int) -> None:
        """End it: what it writes to must not be let go of before."""
        if dll("kernel32").CancelIoEx(pipe, ctypes.byref(self.overlapped)):
            with contextlib.suppress(OSError):
                self.result(pipe, wait=True)

    def close(self) -> None:
        """Let go."""
        win32_calls.close(self.event)


class _Step(Enum):
    """How far one end of the pipe is."""

    WAITING = auto()  # for somebody who calls
    ASKING = auto()  # somebody has called
    ASKED = auto()  # and said what it wants; it may hang up


class PipeCaller:
    """One end of the pipe, and whoever is at the other. Raises OSError when it cannot be made."""

    def __init__(self, name: str, first: bool, wake: Callable[[], object]) -> None:
        self._wake = wake  # the server's thread
        self.pipe = win32_calls.create_pipe(name, first, MOST_CALLERS + 1, _ROOM)
        self.step = _Step.WAITING
        self.deadline: float | None = None  # when it is hung up on
        self.received = b""
        self.io, self._writing = _Io(), _Io()
        self._lock = threading.Lock()
        self._over = False
        self._connect()

    def _connect(self) -> None:
        done = dll("kernel32").ConnectNamedPipe(self.pipe, ctypes.byref(self.io.overlapped))
        if not done and win32_calls.last_error() == win32_calls.CONNECTED:
            self.io.overlapped.internal = 0  # somebody was quicker than we: nothing is under way
            dll("kernel32").SetEvent(self.io.event)
            return
        self.io.begin(done)

    def tell(self, reply: Reply) -> bool:
        """Say something; who does not read what little is said is hung up on."""
        with self._lock:
            if self._over:
                return False
            try:
                self._writing.write(self.pipe, reply.line(), _WRITING_MS)
                said = True
            except OSError:
                said = False
            if reply.last or not said:
                self._over = True
                self._wake()
            return said

    def gone(self) -> bool:
        """Whether it has hung up."""
        with self._lock:
            peek = dll("kernel32").PeekNamedPipe
            return self._over or not peek(self.pipe, None, 0, None, None, None)

    @property
    def over(self) -> bool:
        """Whether the last word is said."""
        return self._over

    def close(self) -> None:
        """Hang up; in the server's thread."""
        with self._lock:
            self._over = True
            self.io.cancel(self.pipe)
            dll("kernel32").DisconnectNamedPipe(self.pipe)
            win32_calls.close(self.pipe)
            self.io.close()
            self._writing.close()


class PipeServer:
    """Serves an outbox folder, in a thread of its own. Raises OSError: somebody has the name."""

    def __init__(self, outbox: Path, handle: Handler) -> None:
        self._handle = handle
        self.name = pipe_name(outbox)
        self._woken = win32_calls.new_event()
        self._stopping = threading.Event()
        self._callers = [PipeCaller(self.name, True, self._wake)]  # who has been here longest first
        self._thread = threading.Thread(target=self._run, name="second starts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Hang up on everybody and take the pipe away."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._wake()
        self._thread.join()

    def _wake(self) -> None:
        dll("kernel32").SetEvent(self._woken)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wait()
            for caller in [*self._callers]:
                if caller.io.done(win32_calls.NO_WAIT):
                    self._went_on(caller)
            self._look_at_the_clock()
            self._leave_one_waiting()
        for caller in self._callers:
            caller.close()
        win32_calls.close(self._woken)

    def _wait(self) -> None:
        """Until somebody calls, says something, hangs up or has been silent for too long."""
        events = [self._woken, *(caller.io.event for caller in self._callers)]
        deadlines = [caller.deadline for caller in self._callers if caller.deadline is not None]
        seconds = min(deadlines) - time.monotonic() if deadlines else None
        patience = win32_calls.FOREVER if seconds is None else max(0, int(seconds * 1000) + 1)
        array = (wintypes.HANDLE * len(events))(*events)
        dll("kernel32").WaitForMultipleObjects(len(events), array, False, patience)
        dll("kernel32").ResetEvent(self._woken)

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        for caller in [*self._callers]:
            if caller.over and caller.deadline is None:
                caller.deadline = now + ASKING_SECONDS  # to read the last word
            if caller.deadline is not None and caller.deadline <= now:
                self._hang_up(caller)

    def _leave_one_waiting(self) -> None:
        """There is always one end to call, while there is room; who says nothing makes room."""
        if any(caller.step is _Step.WAITING for caller in self._callers):
            return
        if len(self._callers) >= MOST_CALLERS:
            silent = [caller for caller in self._callers if caller.step is _Step.ASKING]
            if not silent:
                return
            self._hang_up(silent[0])
        try:
            self._callers.append(PipeCaller(self.name, False, self._wake))
        except OSError as error:
            log.debug("No further end of the pipe: %s", error)

    def _went_on(self, caller: PipeCaller) -> None:
        try:
            count = caller.io.result(caller.pipe)
            if caller.step is _Step.WAITING:
                caller.step, caller.deadline = _Step.ASKING, time.monotonic() + ASKING_SECONDS
            elif caller.step is _Step.ASKED or not count:  # nothing is to come after the request
                raise EOFError
            else:
                caller.received += caller.io.buffer.raw[:count]
                self._take(caller)
            caller.io.read(caller.pipe)
        except (OSError, EOFError):
            self._hang_up(caller)

    def _take(self, caller: PipeCaller) -> None:
        if b"\n" not in caller.received and len(caller.received) < LINE_MAX:
            return
        received = caller.received
        caller.received, caller.step, caller.deadline = b"", _Step.ASKED, None
        hand_over(received, caller, self._handle)

    def _hang_up(self, caller: PipeCaller) -> None:
        self._callers.remove(caller)
        caller.close()


# --- the second start's side ------------------------------------------------------------------------------


def call(outbox: Path, seconds: float) -> PipeLine:
    """Call the resident program. Raises OSError where nobody is, TimeoutError where somebody is silent."""
    name, deadline = pipe_name(outbox), time.monotonic() + seconds
    while True:
        try:
            line = PipeLine(win32_calls.open_pipe(name))
            break
        except OSError as error:
            if getattr(error, "winerror", None) != win32_calls.BUSY:
                raise
        if time.monotonic() > deadline:
            raise TimeoutError("Every end of the pipe is taken.")
        dll("kernel32").WaitNamedPipeW(name, 100)
    if not line.is_own():
        line.close()
        raise PermissionError("Somebody else made this pipe.")
    win32_calls.let_come_forward(line.pipe)
    return line


class PipeLine:
    """The second start's end."""

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe
        self._io, self._reading = _Io(), False

    def is_own(self) -> bool:
        """Whether the pipe is this user's."""
        return win32_calls.owner(self.pipe) == win32_calls.own_sid()

    def send(self, line: bytes, seconds: float) -> None:
        """Say something."""
        self._io.write(self.pipe, line, int(seconds * 1000))

    def receive(self, seconds: float | None) -> bytes:
        """What comes next."""
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            if not self._reading:
                self._io.read(self.pipe)
                self._reading = True
            while not self._io.done(_left_ms(deadline)):
                if deadline is not None and time.monotonic() >= deadline:
                    raise TimeoutError("Nothing came.")
            count, self._reading = self._io.result(self.pipe), False
        except OSError as error:
            if getattr(error, "winerror", None) in win32_calls.GONE:
                return b""
            raise
        return self._io.buffer.raw[:count]

    def close(self) -> None:
        """Hang up."""
        self._io.cancel(self.pipe)
        win32_calls.close(self.pipe)
        self._io.close()


def _left_ms(deadline: float | None) -> int:
    """How long to wait at once."""
    if deadline is None:
        return _SLICE_MS
    return min(_SLICE_MS, max(1, int((deadline - time.monotonic()) * 1000)))
