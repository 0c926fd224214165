"""One look along one line: does the server answer there? And when a handshake hangs or is cut: is it the size
of the packets, or the server's name?"""

from __future__ import annotations

import contextlib
import functools
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from snapper.delivery.dial import Caps, Dialler, Line
from snapper.delivery.evidence import Phase, Stop, Stopped, Symptom, beginning
from snapper.delivery.http import Answer, Http, server_of
from snapper.hosts import loopback

SMALL_SEGMENTS = (1200, 536)  # what every VPN carries; what every network must (RFC 9293, 3.7.1)
_OTHER_NAME = "example.com"
_HANDSHAKE_SECONDS = 3.0
_REPORT_SECONDS = 0.3  # before the end, so that whoever waits for it hears of it

# What proves that it is the server that answers: None, or the answer that was not its.
Check = Callable[[Http], Answer | None]


@dataclass(frozen=True)
class Server:
    """Where to look: its web address, the headers it wants, what proves that it answers, and the seconds it
    may be silent."""

    url: str
    headers: Mapping[str, str]
    check: Check
    idle_seconds: float = 60.0

    @property
    def where(self) -> tuple[str, int]:
        """Host and port."""
        return server_of(self.url)

    @property
    def at_home(self) -> bool:
        """Whether it runs on this computer: no way has to be looked for."""
        return loopback(self.where[0])

    @property
    def secure(self) -> bool:
        """Whether it is reached over TLS."""
        return self.url.startswith("https:")


@dataclass(frozen=True)
class Sight:
    """What a look saw: a session that leads to the server, or where it stopped."""

    line: Line
    http: Http | None = None
    stop: Stop | None = None


class Looker:
    """Looks for one server."""

    def __init__(self, dialler: Dialler, server: Server) -> None:
        self.server = server
        self._dialler = dialler

    def look(self, line: Line, caps: Caps, end: float) -> Sight:
        """Look along a line until `end` (time.monotonic); a hole for large packets is got round at once."""
        sight = self.once(line, caps, end)
        stop = sight.stop
        if stop is None or line.segment or not self.server.secure:
            return sight
        if stop.phase is Phase.TLS and stop.symptom in (Symptom.TIMEOUT, Symptom.RESET, Symptom.CLOSED):
            return self._look_closer(line, stop, caps, end)
        return sight

    def once(self, line: Line, caps: Caps, end: float) -> Sight:
        """Connect, shake hands, ask; nothing more."""
        http = self.session(line, caps, end)
        try:
            foreign = self.server.check(http)
        except Stopped as stopped:
            http.close()
            return Sight(line, stop=stopped.stop)
        if foreign is None:
            return Sight(line, http)
        http.close()
        return Sight(line, stop=foreign_stop(foreign, line, self.server))

    def session(self, line: Line, caps: Caps, end: float | None = None, stall: float | None = None) -> Http:
        """A session over a line; with an `end`, no step and no silence goes beyond it."""
        host, port = self.server.where

        def open_() -> object:
            until = time.monotonic() + 60 if end is None else end
            return self._dialler.dial(line, host, port, caps, until, tls=self.server.secure)

        left = None if end is None else max(0.1, min(caps.answer, end - time.monotonic()))
        options = {} if stall is None else {"stall_seconds": stall}
        return Http(
            self.server.url, self.server.headers, open_, route=line.route,
            idle_seconds=self.server.idle_seconds if left is None else left, **options,
        )  # fmt: skip

    def _look_closer(self, line: Line, stop: Stop, caps: Caps, end: float) -> Sight:
        """The same with small packets, and with another server name: side by side, as the clock runs."""
        end -= _REPORT_SECONDS
        answers: queue.SimpleQueue[Sight | bool] = queue.SimpleQueue()
        looks: list[Callable[[], Sight | bool]] = [
            functools.partial(self.once, replace(line, segment=segment), caps, end)
            for segment in SMALL_SEGMENTS
        ]
        looks.append(functools.partial(self._other_name, line, caps, end))
        for look in looks:
            threading.Thread(target=lambda look=look: answers.put(look()), daemon=True).start()
        minds_name = False
        for _ in looks:
            with contextlib.suppress(queue.Empty):
                answer = answers.get(timeout=max(0.0, end - time.monotonic()))
                if isinstance(answer, bool):
                    minds_name = answer
                elif answer.http:
                    return answer
        return Sight(line, stop=replace(stop, minds_name=minds_name))

    def _other_name(self, line: Line, caps: Caps, end: float) -> bool:
        host, port = self.server.where
        until = min(end, time.monotonic() + _HANDSHAKE_SECONDS)
        try:
            self._dialler.dial(line, host, port, caps, until, name=_OTHER_NAME).close()
        except Stopped:
            return False
        return True


def foreign_stop(answer: Answer, line: Line, server: Server, sent: int = 0) -> Stop:
    """An answer that is not the server's, as what it is: the end of the way."""
    headers = dict(answer.headers)
    return Stop(
        Phase.ANSWER, Symptom.STATUS, line.route, *server.where, status=answer.status, headers=headers,
        body=beginning(answer.body), sent=sent,
    )  # fmt: skip
