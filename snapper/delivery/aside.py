"""What is looked at besides, once no route leads to a server: who answers to plain HTTP in its place, whose
certificate is shown, how far the clock is off, whether there is a network at all."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from snapper.delivery.causes import Cause
from snapper.delivery.diagnose import Seen
from snapper.delivery.dial import Caps, Dialler, Line
from snapper.delivery.evidence import Phase, Stop, Stopped, Symptom
from snapper.delivery.http import Answer, Http
from snapper.delivery.looks import Server, foreign_stop
from snapper.delivery.route import DIRECT, Route
from snapper.delivery.tls import Certificate, presented
from snapper.delivery.waiting import side_by_side

ASIDE_SECONDS = 2.5
_ODD_WHERE = (Phase.TCP, Phase.TLS, Phase.ANSWER)  # where something may stand in the server's place
_PLAIN_PORT = 80


class Aside:
    """Looks beside the ways to one server; `network` says which network this is (“” offline)."""

    def __init__(self, dialler: Dialler, server: Server, network: Callable[[], str], caps: Caps) -> None:
        self._dialler = dialler
        self._server = server
        self._network = network
        self._caps = caps

    def look(self, stops: Sequence[Stop], pac: tuple[Cause, str] | None) -> Seen:
        """Look at all that tells the cause of these stops, side by side, in ASIDE_SECONDS."""
        end = time.monotonic() + ASIDE_SECONDS
        looks: dict[str, Callable[[], object]] = {"network": self._network}
        odd = [stop for stop in stops if stop.phase in _ODD_WHERE and self._server.secure]
        if odd:
            looks["plain"] = lambda: self._in_plain_http(end)
        if untrusted := [stop for stop in odd if stop.symptom is Symptom.CERTIFICATE]:
            looks["certificate"] = lambda: self._certificate(untrusted[0].route, end)
        found = side_by_side({name: _quietly(look) for name, look in looks.items()}, end)
        portal, ahead = found.get("plain") or (None, None)
        return Seen(portal, found.get("certificate"), ahead, found.get("network") == "", pac)

    def certificate(self, route: Route, seconds: float) -> Certificate | None:
        """The certificate that is shown along a route, trusted or not. Raises Stopped."""
        return self._certificate(route, time.monotonic() + seconds)

    def _certificate(self, route: Route, end: float) -> Certificate | None:
        connected = self._dialler.dial(Line(route), *self._server.where, self._caps, end, tls=False)
        return presented(connected, self._server.where[0], max(0.1, end - time.monotonic()))

    def _in_plain_http(self, end: float) -> tuple[Stop | None, timedelta | None]:
        """What answers to plain HTTP: a page that stands in the server's place, and the time on its clock."""
        host, line = self._server.where[0], Line(DIRECT)

        def open_() -> object:
            return self._dialler.dial(line, host, _PLAIN_PORT, self._caps, end, tls=False)

        http = Http(f"http://{host}", {}, open_, idle_seconds=max(0.1, end - time.monotonic()))
        with contextlib.closing(http):
            answer = http.request("GET", "/generate_204")
        place = answer.headers.get("Location", "")
        expected = answer.status in (204, 404) or place.startswith(f"https://{host}")
        return None if expected else foreign_stop(answer, line, self._server), clock_ahead(answer)


def clock_ahead(answer: Answer) -> timedelta | None:
    """How far this computer's clock is ahead of the one that an answer tells; None where it tells none."""
    with contextlib.suppress(ValueError, TypeError):
        return datetime.now(UTC) - parsedate_to_datetime(answer.headers.get("Date", ""))
    return None


def _quietly(look: Callable[[], object]) -> Callable[[], Any]:
    """A look that sees nothing where it fails."""

    def quiet() -> object:
        with contextlib.suppress(Stopped, OSError, ValueError):
            return look()
        return None

    return quiet
