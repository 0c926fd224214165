"""One resident program per outbox folder, and how a second start talks to it: by a socket of the user's own.

    messages.py       what is said, one line of JSON each (pure)
    unix_socket.py    Linux and the Mac: a socket in a private folder, the peer's user checked
    win32_pipe.py     Windows: a named pipe for this user alone
    win32_calls.py    the calls of Windows that it is made of
    talking.py        the side of the second start: patience, and what silence means

No toolkit here: a key that the desktop binds starts a process for every press, and that must be quick. Who is
the resident program is settled by a lock; this is only the way to talk to it. The same goes for a program
that was started to ask for one note: what it serves is the path of its lock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from snapper.instance.messages import LINE_MAX, NotUnderstood, Reply, Request, Said, Why

__all__ = [
    "ASK_LOCK",
    "LISTEN_LOCK",
    "Caller",
    "Handler",
    "Line",
    "Server",
    "connect",
    "hand_over",
    "place",
    "serve",
]

LISTEN_LOCK = "listen.lock"  # in the outbox folder; held by the one process that listens for the chord
ASK_LOCK = "ask.lock"  # held by one that was started to ask for a single note, while it asks

log = logging.getLogger(__name__)


class Caller(Protocol):
    """The resident program's end of one conversation; any thread."""

    def tell(self, reply: Reply) -> bool:
        """Say something, without ever waiting for the other; False when it has gone. The last one ends it."""

    def gone(self) -> bool:
        """Whether the other end has hung up."""


# Called in the server's thread: whatever takes time goes elsewhere.
Handler = Callable[[Request, Caller], None]


class Server(Protocol):
    """Takes requests until it is stopped."""

    def stop(self) -> None:
        """Hang up on everybody and go. May be called again."""


class Line(Protocol):
    """The second start's end of a conversation."""

    def send(self, line: bytes, seconds: float) -> None:
        """Say something. Raises OSError; TimeoutError when it is not taken in time."""

    def receive(self, seconds: float | None) -> bytes:
        """What comes next, b"" at the end; None: however long it takes. Raises OSError, TimeoutError."""

    def close(self) -> None:
        """Hang up."""


def hand_over(received: bytes, caller: Caller, handle: Handler) -> None:
    """Have what was asked in a line done, or tell the caller that it is not understood."""
    line, _, more = received.partition(b"\n")
    try:
        if more or len(line) >= LINE_MAX:
            raise NotUnderstood("It is longer than a line.")
        request = Request.read(line)
    except NotUnderstood as error:
        log.debug("A second start is not understood: %s", error)
        caller.tell(Reply(Said.REFUSED, why=Why.UNKNOWN))
        return
    handle(request, caller)


def serve(outbox: Path, handle: Handler, platform: str, environ: Mapping[str, str]) -> Server:
    """Be the one who answers for this outbox folder (or ASK_LOCK in it); only for who holds the lock.

    Raises OSError.
    """
    if platform == "win32":
        from snapper.instance.win32_pipe import PipeServer

        return PipeServer(outbox, handle)
    from snapper.instance.unix_socket import serve_one_of

    return serve_one_of(outbox, handle, environ)


def connect(outbox: Path, platform: str, environ: Mapping[str, str], seconds: float) -> Line:
    """Call the resident program of this outbox folder. Raises OSError where nobody answers, TimeoutError."""
    if platform == "win32":
        from snapper.instance.win32_pipe import call

        return call(outbox, seconds)
    from snapper.instance.unix_socket import call_one_of

    return call_one_of(outbox, environ, seconds)


def place(platform: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Which screen a process is at: another one has other pictures. Empty where there is but one."""
    if platform == "win32":
        from snapper.instance.win32_calls import session

        return {"session": str(session())}
    if platform == "darwin":
        return {}
    # The screen number says nothing: `:0` and `:0.0` are one.
    found = {
        "x11": environ.get("DISPLAY", "").removesuffix(".0"),
        "wayland": environ.get("WAYLAND_DISPLAY", ""),
    }
    return {name: value for name, value in found.items() if value}
