"""Requests to one ticket system, in the words an adapter needs: ask, stage, commit, download.

Whatever goes wrong leaves as a DeliveryError; what each status means for the report stands here once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from snapper.delivery import uploading
from snapper.delivery.bodies import Body
from snapper.delivery.causes import Cause
from snapper.delivery.endpoints import Progress, Steps
from snapper.delivery.endpoints.adapter import Adapter, Remote
from snapper.delivery.evidence import Stop, Stopped
from snapper.delivery.http import LIST_BYTES, Answer, Http
from snapper.delivery.letter import Part
from snapper.delivery.reading import Digest
from snapper.delivery.ways import Ways
from snapper.destinations import Destination
from snapper.errors import (
    DeliveryError,
    MayHaveLanded,
    NeedsAttention,
    NotReached,
    Obstacle,
    Refused,
)
from snapper.hosts import loopback
from snapper.language import Sentence, _

ASKED = "asked"  # the step of having asked for the ticket: Unix seconds
_REDIRECTS, _REDIRECTS_MAX = (301, 302, 303, 307, 308), 4
_STAGED_SECONDS = 50 * 60  # a file handed over for later is worth nothing after an hour at the strictest


class Broken(Exception):
    """The one request that must not be made twice broke off: `stop` says how, `size` is what it carried."""

    def __init__(self, stop: Stop, size: int) -> None:
        self.stop = stop
        self.size = size


class Unreadable(Exception):
    """A file is kept on another host that cannot be read from here."""


class SaidNo(Refused):
    """The ticket system refused what it was sent; `said` is why, in its own words, “” when it did not say."""

    def __init__(self, sentence: str, remedy: str, said: str) -> None:
        super().__init__(sentence, remedy)
        self.said = said


class Api:
    """One conversation about one report; `refused` is told when the token is not accepted."""

    def __init__(
        self,
        ways: Ways,
        adapter: Adapter,
        steps: Steps | None = None,
        progress: Progress | None = None,
        *,
        refused: Callable[[NeedsAttention], None] = lambda error: None,
    ) -> None:
        self._ways = ways
        self._adapter = adapter
        self.steps = steps or Steps()
        self._progress = progress
        self._refused = refused
        self._before = 0  # bytes of the bodies that have gone out whole

    @property
    def name(self) -> str:
        """What the destination is called."""
        return self._adapter.destination.name

    # --- asking -------------------------------------------------------------------------------------------

    def get(self, path: str, **options: Any) -> Any:
        """Ask for JSON. Raises DeliveryError unless the answer is a good one."""
        return self.content(self.ask("GET", path, **options))

    def find(self, path: str, *missing: int, **options: Any) -> Any | None:
        """Ask for JSON that may not be there: None for 404 and for the statuses in `missing`."""
        answer = self.ask("GET", path, **options)
        if answer.status in (404, *missing) and self.spoke(answer):
            return None
        return self.content(answer)

    def ask(self, method: str, path: str, **options: Any) -> Answer:
        """A request that may be made twice, whatever its answer."""
        return uploading.ask(
            self._ways, lambda http: http.request(method, path, answer_bytes=LIST_BYTES, **options)
        )

    def content(self, answer: Answer) -> Any:
        """What a good answer holds. Raises DeliveryError when it is none, or not of the ticket system."""
        if answer.status // 100 == 2 and self.spoke(answer):
            return json.loads(answer.body)
        raise self.problem(answer)

    def spoke(self, answer: Answer) -> bool:
        """Whether it is the ticket system that answered."""
        return self._adapter.spoke(answer)

    # --- handing over -------------------------------------------------------------------------------------

    def stage(
        self, method: str, path: str, body: Body, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Hand over a file that belongs to nothing yet: may be done twice."""

        def send(http: Http) -> Answer:
            return self._send(http, method, path, body, headers)

        answer = uploading.submit(self._ways, self, send)
        if answer.status // 100 != 2:
            raise self.problem(answer)
        self._before += body.size
        return answer

    def staged(self, part: Part, stage: Callable[[], str]) -> str:
        """What the ticket system called a file that was handed over before, in this attempt or an earlier
        one; else the outcome of `stage`, remembered."""
        step = f"staged {part.sent_as} {part.size}"
        known, _, when = (self.steps.get(step) or "").rpartition(" ")
        if known and 0 <= time.time() - float(when) < _STAGED_SECONDS:
            self._before += part.size
            return known
        name = stage()
        self.steps.put(step, f"{name} {int(time.time())}")  # never rounded into the future
        return name

    def forget_staged(self, parts: tuple[Part, ...]) -> None:
        """The ticket system no longer knows what was handed over for later."""
        self.steps.drop(*(f"staged {part.sent_as} {part.size}" for part in parts))

    def remembered(self, step: str, take: Callable[[], str]) -> str:
        """The outcome of a step that is taken once for a report, whichever attempt takes it."""
        known = self.steps.get(step)
        if known is None:
            known = take()
            self.steps.put(step, known)
        return known

    def commit(
        self, method: str, path: str, body: Body, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The one request that makes the report appear: never made twice blindly.

        Raises Broken when it broke off, MayHaveLanded when the ticket system failed over it.
        """
        http = self._ways.http(reconnect=True)  # an old connection may be half closed, and nobody knows
        self.steps.put(ASKED, f"{time.time():.3f}")
        try:
            answer = self._send(http, method, path, body, headers)
        except Stopped as stopped:
            raise Broken(stopped.stop, body.size) from stopped
        if answer.status >= 500 and answer.status != 503:
            error = self.problem(answer)
            raise MayHaveLanded(error.sentence, error.remedy, obstacle=error.obstacle)
        if answer.status // 100 != 2:
            self.steps.drop(ASKED)
            raise self.problem(answer)
        self._before += body.size
        return answer

    def _send(
        self, http: Http, method: str, path: str, body: Body, headers: Mapping[str, str] | None
    ) -> Answer:
        before, progress = self._before, self._progress
        stream = body.stream((lambda count: progress(before + count)) if progress else None)
        return http.request(
            method,
            path,
            data=stream,
            headers={"Content-Type": body.media_type, **(headers or {})},
            answer_bytes=LIST_BYTES,
        )

    # --- reading back -------------------------------------------------------------------------------------

    def digest(self, remote: Remote, digest: Digest) -> None:
        """Read a file as it is stored, in constant memory. Raises DeliveryError, Unreadable."""
        own, address = self._ways.server.url, remote.address
        url = address if urlsplit(address).netloc else own + address
        for _turn in range(_REDIRECTS_MAX):  # some keep files on another host, and send one there
            ways, path = self._at(url)
            try:
                answer = self._download(ways, path, digest)
            except DeliveryError as error:
                raise error if ways is self._ways else Unreadable from error
            if answer.status == 200:
                return
            if answer.status not in _REDIRECTS or not answer.headers.get("Location"):
                raise self.problem(answer) if ways is self._ways else Unreadable
            url = urljoin(url, answer.headers["Location"])
        raise Unreadable

    def _download(self, ways: Ways, path: str, digest: Digest) -> Answer:
        """One download; when it broke in the middle, once more from the beginning."""
        before = digest.copy()

        def ask(http: Http) -> Answer:
            digest.become(before)
            return http.download(path, digest)

        return uploading.ask(ways, ask)

    def _at(self, url: str) -> tuple[Ways, str]:
        """The ways to a web address, and what to ask for there; a token goes to the ticket system only."""
        parts, own = urlsplit(url), urlsplit(self._ways.server.url)
        if (parts.scheme, parts.netloc.casefold()) == (own.scheme, own.netloc.casefold()):
            return self._ways, url.partition("#")[0]
        if parts.scheme != "https" and not loopback(parts.hostname or ""):
            raise Unreadable
        rest = f"{parts.path}{f'?{parts.query}' if parts.query else ''}"
        return self._ways.elsewhere(f"{parts.scheme}://{parts.netloc}"), rest

    # --- what answers mean --------------------------------------------------------------------------------

    def problem(self, answer: Answer) -> DeliveryError:
        """What an answer that is no good one means for the report."""
        if not self.spoke(answer) and answer.status not in (401, 413, 429):
            return self._ways.foreign(answer)
        said = self._adapter.says(answer)
        error = error_of(answer.status, self._adapter.destination, said, answer.retry_after)
        if answer.status == 401 and isinstance(error, NeedsAttention):
            self._refused(error)
        return error

    def send_random(self, http: Http, body: bytes) -> Answer | None:
        """Random bytes, as large as a test wants, to where they do nothing: None, or the answer of something
        else. Raises Stopped."""
        answer = http.request("POST", self._adapter.check_path, data=body)
        return None if self.spoke(answer) else answer


def error_of(status: int, destination: Destination, said: str, retry_after: float | None) -> DeliveryError:
    """What a status means that the ticket system itself gave; `said` is its own sentence, or “”."""
    name = destination.name
    sentence = _what_it_means(status, said).format(destination=name, status=status, reason=said)
    if status == 401:
        anew = _("Put in a new one: “snapper config token {destination}”.")
        return NeedsAttention(
            sentence,
            anew.format(destination=destination.quoted),
            obstacle=Obstacle(str(Cause.TOKEN_REFUSED), name),
        )
    if status == 403:
        return NeedsAttention(
            sentence,
            _("Ask whoever runs it for the right to make tickets and to add files to them."),
            obstacle=Obstacle(str(Cause.TOKEN_REFUSED), name),
        )
    if _later(status):
        cause = Cause.RATE_LIMIT if status == 429 else Cause.SERVER_DOWN
        return NotReached(sentence, retry_after=retry_after, obstacle=Obstacle(str(cause), name))
    if status == 413:
        return Refused(
            sentence,
            _(
                "Set file_megabytes for it in the settings to what it takes: larger files go in pieces then. "
                "Or send less of the logs, or save the report for sending by hand: “snapper outbox export”."
            ),
            obstacle=Obstacle(str(Cause.TOO_LARGE), name),
        )
    elsewhere = _(
        "“snapper doctor” checks what the settings say of it; “snapper outbox resend” sends it elsewhere."
    )
    return SaidNo(sentence, elsewhere, said)


def _later(status: int) -> bool:
    return status in (408, 425, 429) or status >= 500


def _what_it_means(status: int, said: str) -> Sentence:
    """A status in words, with or without what the ticket system itself says."""
    if status == 401:
        bare = _("{destination} does not accept the token.")
        return _("{destination} does not accept the token: {reason}") if said else bare
    if status == 403:
        bare = _("{destination} does not allow this to the owner of the token.")
        return _("{destination} does not allow this to the owner of the token: {reason}") if said else bare
    if _later(status):
        bare = _("{destination} cannot take it now.")
        return _("{destination} cannot take it now: {reason}") if said else bare
    if status == 413:
        bare = _("{destination}, or what stands in front of it, says that a file is too large.")
        front = _("{destination}, or what stands in front of it, says that a file is too large: {reason}")
        return front if said else bare
    # Translators: {status} is a number
    bare = _("{destination} did not take the report (it answered {status}).")
    # Translators: {status} is a number
    answered = _("{destination} did not take the report (it answered {status}): {reason}")
    return answered if said else bare
