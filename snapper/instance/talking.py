"""A second start talks to the resident program: patiently at first, then for as long as a person takes."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from snapper.instance import Line, connect, place
from snapper.instance.messages import LINE_MAX, Do, NotUnderstood, Reply, Request

PATIENCE_SECONDS = 2.0  # for the first answer; who hangs for longer is not waited for


class Nobody(Exception):
    """No resident program is there, or it has gone."""


class Silent(Exception):
    """One is there and does not answer, or not in a way that can be understood."""


class Conversation:
    """With the resident program, from the request to its last answer."""

    def __init__(self, line: Line, deadline: float) -> None:
        self._line = line
        self._deadline: float | None = deadline
        self._received = b""

    def next(self) -> Reply:
        """What it says next; only the first thing has to come in time. Raises Nobody, Silent."""
        while b"\n" not in self._received:
            if len(self._received) >= LINE_MAX:
                raise Silent
            self._received += self._heard()
        line, _, self._received = self._received.partition(b"\n")
        self._deadline = None
        try:
            return Reply.read(line)
        except NotUnderstood as error:
            raise Silent from error

    def _heard(self) -> bytes:
        seconds = None if self._deadline is None else max(0.001, self._deadline - time.monotonic())
        try:
            heard = self._line.receive(seconds)
        except TimeoutError as error:
            raise Silent from error
        except OSError as error:
            raise Nobody from error
        if not heard:
            raise Nobody
        return heard


@contextlib.contextmanager
def asked(
    outbox: Path, request: Request, platform: str = sys.platform, environ: Mapping[str, str] = os.environ
) -> Iterator[Conversation]:
    """The resident program of this outbox folder, asked for something. Raises Nobody, Silent."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        line = connect(outbox, platform, environ, PATIENCE_SECONDS)
    except TimeoutError as error:
        raise Silent from error
    except OSError as error:
        raise Nobody from error
    with contextlib.closing(line):
        try:
            line.send(request.line(), PATIENCE_SECONDS)
        except TimeoutError as error:
            raise Silent from error
        except OSError as error:
            raise Nobody from error
        yield Conversation(line, deadline)


def request_from_here(do: Do, *, window: bool = False, monitor: int | None = None) -> Request:
    """A request of this process: where it is, and what the desktop gave it to come to the front with."""
    environ = os.environ
    return Request(
        do, window, monitor, place(sys.platform, environ),
        environ.get("XDG_ACTIVATION_TOKEN", ""), environ.get("DESKTOP_STARTUP_ID", ""),
    )  # fmt: skip
