"""The ways from this computer to one server: found, looked along side by side, the best taken and remembered;
and when none leads there, the reason, within ten seconds.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from snapper.delivery.aside import ASIDE_SECONDS, Aside, clock_ahead
from snapper.delivery.causes import Cause
from snapper.delivery.diagnose import Diagnosis, Seen, diagnose, in_words
from snapper.delivery.dial import Caps, Dialler, Line
from snapper.delivery.evidence import Phase, Stop, Symptom
from snapper.delivery.http import Answer, Http, retry_after_seconds
from snapper.delivery.ladder import Ladder, SendRandom, climb
from snapper.delivery.looks import Looker, Server, Sight, foreign_stop
from snapper.delivery.memory import Memory, Remembered
from snapper.delivery.route import DIRECT, Login, PacFailed, Route, Source
from snapper.delivery.tls import Certificate
from snapper.errors import DeliveryError, Forbidden, NeedsAttention, NotReached

if TYPE_CHECKING:
    from snapper.delivery.proxies import Named, PacAddress

VERDICT_SECONDS = 9.0  # of the ten that a person waits, one is left for the rest
_GRACE_SECONDS = 1.0  # how long a route that is trusted more may take longer than one that works already
_FRESH_SECONDS = 300.0  # a session is used again without a look
_REFUSED_SECONDS = 5.0  # who asks again so soon gets the same answer: nobody waits twice for one verdict
_PATIENCE = 3.0  # times longer limits when nobody waits: some networks are that slow
_RANK = {source: rank for rank, source in enumerate(Source, 1)}

_LOGINS = (Symptom.LOGIN, Symptom.WRONG_LOGIN)
_A_PERSON_MUST_ACT = (Cause.PROXY_WANTS_PASSWORD, Cause.PROXY_WRONG_PASSWORD)
_A_POLICY = (Cause.DATA_PROTECTION, Cause.UPLOADS_FORBIDDEN)


@dataclass(frozen=True)
class Surroundings:
    """What of this computer decides the ways: who names proxies for a web address, what a proxy script says,
    which network this is (“” offline)."""

    named: Callable[[str], Named]
    pac: Callable[[PacAddress, str], tuple[Route, ...]]
    network: Callable[[], str]


@dataclass(frozen=True)
class Survey:
    """What was seen along every route: `sights` in the order of trust, `best` the one to take, if any leads
    there, else `refusal` why not; `named` is who named them; `pac` the trouble with a proxy script."""

    sights: tuple[Sight, ...]
    best: Sight | None
    named: Named
    pac: tuple[Cause, str] | None = None
    refusal: DeliveryError | None = None


@dataclass(frozen=True)
class _Verdict:
    """Why no way led there, on which network, and until when that is not looked at again (time.monotonic);
    `asking` is the proxy that wanted a login, `login` the one that there was for it."""

    error: DeliveryError
    network: str
    until: float
    asking: Route | None
    login: Login | None


@dataclass
class _Race:
    """Looks under way: `sights` in the order they end, with their rank; the lowest rank is trusted most."""

    sights: queue.Queue[tuple[float, Sight | None]] = field(default_factory=queue.Queue)
    pending: set[float] = field(default_factory=set)
    pac: tuple[Cause, str] | None = None
    over: bool = False


class Ways:
    """The ways to one server. Any thread may use it."""

    def __init__(
        self,
        server: Server,
        dialler: Dialler,
        surroundings: Surroundings,
        memory: Memory,
        *,
        caps: Caps | None = None,
    ) -> None:
        self.server = server
        self._dialler = dialler
        self._looker = Looker(dialler, server)
        self._surroundings = surroundings
        self._memory = memory
        self._caps = caps or Caps()
        self._aside = Aside(dialler, server, surroundings.network, self._caps)
        self._lock = threading.RLock()
        self._http: Http | None = None
        self._line = Line(DIRECT)
        self._limits = Remembered(DIRECT.label)
        self._network = ""
        self._fresh_until = 0.0
        self.patient = False  # nobody waits for the verdict: longer limits, as some networks are that slow
        self._refused: _Verdict | None = None

    # --- a session that leads there -----------------------------------------------------------------------

    def http(self, *, anew: bool = False, reconnect: bool = False) -> Http:
        """A session over the best line; `anew` looks again even if one worked a moment ago, `reconnect` only
        takes a new connection.

        Raises DeliveryError: why no line leads there, in words.
        """
        with self._lock:
            if reconnect and self._http:
                self._http.close()
            if self.server.at_home:
                return self._at_home(anew)
            network = self._surroundings.network()
            known = self._http is not None and network == self._network
            if not anew and (refusal := self._refused_lately(network)):
                raise refusal
            if anew or not known or time.monotonic() > self._fresh_until:
                self._refused = None
                self._choose(network)
            assert self._http is not None
            return self._http

    def _refused_lately(self, network: str) -> DeliveryError | None:
        """The verdict of a moment ago, on the same network."""
        verdict = self._refused
        if verdict is None or verdict.network != network or time.monotonic() > verdict.until:
            return None
        signed_in = self._login_for(verdict.asking) != verdict.login
        return None if signed_in else verdict.error

    def _login_for(self, route: Route | None) -> Login | None:
        return self._dialler.logins.of(route) if route else None

    def _at_home(self, anew: bool) -> Http:
        if self._http is None or anew:
            self._close()
            self._http = self._looker.session(Line(DIRECT), self._caps)
        return self._http

    @property
    def line(self) -> Line:
        """The line in use."""
        return self._line

    @property
    def limits(self) -> Remembered:
        """What this line has been found to carry."""
        return self._limits

    def remember(self, **found: Any) -> None:
        """Use smaller request bodies, connections of their own or smaller TCP segments here from now on."""
        with self._lock:
            self._limits = replace(self._limits, **found)
            if self._limits.segment != self._line.segment:
                self._take(replace(self._line, segment=self._limits.segment))
            self._memory.keep(self._network, self._limits)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._http:
            self._http.close()
        self._http = None

    def _take(self, line: Line) -> None:
        self._close()
        self._line = line
        self._http = self._looker.session(line, self._caps.times(_PATIENCE))
        self._fresh_until = time.monotonic() + _FRESH_SECONDS

    def elsewhere(self, url: str) -> Ways:
        """The ways from here to another server, which is told nothing about us."""
        server = Server(url, {}, lambda http: None, self.server.idle_seconds)
        return Ways(server, self._dialler, self._surroundings, Memory(None), caps=self._caps)

    def survey(self, seconds: float) -> Survey:
        """Look along every route to its end, whichever is the best; at most so long. What it finds is what
        `http` goes by next."""
        with self._lock:
            network = self._surroundings.network()
            survey = self._look_everywhere(network, self._caps, time.monotonic() + seconds, whole=True)
            try:
                self._settle(network, survey)
            except DeliveryError as error:
                return replace(survey, refusal=error)
            return survey

    # --- the race -----------------------------------------------------------------------------------------

    def _choose(self, network: str) -> None:
        """Look along all lines at once, and take the best that leads there."""
        factor = _PATIENCE if self.patient else 1.0
        end = time.monotonic() + VERDICT_SECONDS * factor - ASIDE_SECONDS
        self._settle(network, self._look_everywhere(network, self._caps.times(factor), end))

    def _settle(self, network: str, survey: Survey) -> None:
        """Take the best line of a survey. Raises DeliveryError where there is none."""
        best = survey.best
        if best is None:
            stops = [sight.stop for sight in survey.sights if sight.stop]
            refusal = self._refusal(stops, survey.pac)
            asking = next((stop.route for stop in stops if stop.symptom in _LOGINS), None)
            self._refused = _Verdict(
                refusal, network, time.monotonic() + _REFUSED_SECONDS, asking, self._login_for(asking)
            )
            raise refusal
        self._network = network
        last = self._memory.recall(network)
        label = best.line.route.label
        known = last if last and last.route == label else Remembered(label)
        self._limits = replace(known, segment=best.line.segment)
        self._take(best.line)
        for sight in survey.sights:
            if sight.http:
                sight.http.close()
        self._memory.keep(network, self._limits)

    def _look_everywhere(self, network: str, caps: Caps, end: float, *, whole: bool = False) -> Survey:
        race, last = _Race(), self._memory.recall(network)
        named = self._surroundings.named(self.server.url)
        for position, route in enumerate(_with_direct(named)):
            self._start(race, route, position, last, caps, end)
        if named.pac:
            race.pending.add(_RANK[named.pac.source])
            self._in_thread(lambda: self._ask_pac(race, named, last, caps, end))
        sights: dict[float, Sight] = {}
        best: float | None = None
        until = end
        while race.pending and (whole or best is None or min(race.pending) < best):
            try:
                rank, sight = race.sights.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            race.pending.discard(rank)
            if sight is None:
                continue
            sights[rank] = sight
            if sight.http and (best is None or rank < best):
                best = rank
                until = until if whole else min(until, time.monotonic() + _GRACE_SECONDS)
        race.over = True
        in_order = tuple(sights[rank] for rank in sorted(sights))
        return Survey(in_order, None if best is None else sights[best], named, race.pac)

    def _start(
        self, race: _Race, route: Route, position: int, last: Remembered | None, caps: Caps, end: float
    ) -> None:
        worked = last is not None and last.route == route.label
        rank = 0.0 if worked else _RANK[route.source] + position / 1000
        if rank in race.pending:
            return  # the same proxy, named twice
        line = Line(route, last.segment if worked and last else 0)
        race.pending.add(rank)

        def look() -> None:
            sight = self._looker.look(line, caps, end)
            race.sights.put((rank, sight))
            if race.over and sight.http:
                sight.http.close()

        self._in_thread(look)

    def _ask_pac(self, race: _Race, named: Named, last: Remembered | None, caps: Caps, end: float) -> None:
        assert named.pac
        rank = float(_RANK[named.pac.source])
        try:
            found = self._surroundings.pac(named.pac, self.server.url)
        except PacFailed as error:
            race.pac = (Cause.PAC_BROKEN if error.broken else Cause.PAC_UNREACHABLE, error.sentence)
            found = ()
        for position, route in enumerate(found, 1):
            if route.host:  # a direct way is looked along already
                self._start(race, route, position, last, caps, end)
        race.sights.put((rank, None))

    @staticmethod
    def _in_thread(action: Callable[[], None]) -> None:
        threading.Thread(target=action, name="route", daemon=True).start()

    # --- why not ------------------------------------------------------------------------------------------

    def why(self, stop: Stop) -> DeliveryError:
        """Why a request on the chosen line failed, in words: the way may be gone altogether."""
        if self.server.at_home:
            return self._refusal([stop], None)
        try:
            self.http(anew=True)
        except DeliveryError as error:
            return error
        return self._refusal([stop], None)

    def foreign(self, answer: Answer) -> DeliveryError:
        """What an answer means that is not the server's."""
        return self._refusal([foreign_stop(answer, self._line, self.server)], None)

    def refusal(self, cause: Cause, stop: Stop, **more: str) -> DeliveryError:
        """A cause that was found out, as the error that says it."""
        return _error(in_words(cause, stop, Seen(), datetime.now(UTC), **more), stop)

    def clock_ahead(self) -> timedelta | None:
        """How far this computer's clock is ahead of the server's; None where it does not tell the time.

        Raises DeliveryError, Stopped.
        """
        return clock_ahead(self.http().request("HEAD", "/generate_204"))

    def certificate(self, route: Route, seconds: float) -> Certificate | None:
        """The certificate that is shown along a route, trusted or not. Raises Stopped."""
        return self._aside.certificate(route, seconds)

    def climb(self, send: SendRandom) -> Ladder:
        """How large a body gets through on the chosen line."""
        return climb(self._looker, self._line, send, self._caps)

    def _refusal(self, stops: list[Stop], pac: tuple[Cause, str] | None) -> DeliveryError:
        if not stops:  # nothing ended in time
            stops = [Stop(Phase.ANSWER, Symptom.TIMEOUT, DIRECT, *self.server.where)]
        known = self.server.at_home or any(stop.symptom in _LOGINS for stop in stops)
        seen = Seen() if known else self._aside.look(stops, pac)
        now = datetime.now(UTC)
        diagnosis = diagnose(stops, seen, now)
        blamed = next((stop for stop in stops if stop.status in (429, 503)), stops[0])
        return _error(diagnosis, blamed)


def _with_direct(named: Named) -> tuple[Route, ...]:
    """The routes that are named, and the direct one unless the settings name a proxy."""
    if any(route.source in (Source.SETTING, Source.DIRECT) for route in named.routes):
        return named.routes
    return (*named.routes, DIRECT)


def _error(diagnosis: Diagnosis, stop: Stop) -> DeliveryError:
    kind: type[DeliveryError] = NotReached
    if diagnosis.cause in _A_PERSON_MUST_ACT:
        kind = NeedsAttention
    elif diagnosis.cause in _A_POLICY:
        kind = Forbidden
    header = next((value for name, value in stop.headers.items() if name.lower() == "retry-after"), "")
    after = retry_after_seconds(header, time.time())
    return kind(diagnosis.sentence, diagnosis.remedy, retry_after=after, obstacle=diagnosis.obstacle)
