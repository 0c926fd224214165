"""A ticket system as the worker asks for it: the order of things that is the same for all of them.

A report is looked for before it is sent, sent once, looked for again when a connection broke, and read back
until every byte is proved. What one system is asked is in the file of its name.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from snapper.bundle import Bundle
from snapper.delivery import letter, uploading
from snapper.delivery.causes import Cause
from snapper.delivery.endpoints import Progress, Steps, Ticket
from snapper.delivery.endpoints.adapter import Adapter, Landed
from snapper.delivery.endpoints.api import ASKED, Api, Broken, Unreadable
from snapper.delivery.evidence import Phase, Stop
from snapper.delivery.http import Answer, Http
from snapper.delivery.letter import Letter
from snapper.delivery.looks import Server
from snapper.delivery.reading import Digest
from snapper.delivery.ways import Ways
from snapper.errors import NO_OBSTACLE, MayHaveLanded, NeedsAttention, NotReached, Obstacle, Refused
from snapper.language import Sentence, _
from snapper.report import Receipt, StoredFile, timestamp
from snapper.systems import Limits
from snapper.words import size_text

REFUSED_SECONDS = 3600.0  # a token that was refused is not offered again so soon: some lock the account
_NOT_IN_TICKETS = re.compile(r"[^A-Za-z0-9._-]+")
_LOOKS = 3  # how often a report is looked for at once after its connection broke
_LOOK_SECONDS = 2.0


def server(adapter: Adapter, idle_seconds: float = 60.0) -> Server:
    """A ticket system as delivery looks for it."""

    unnamed = dict.fromkeys(adapter.headers, None) if adapter.check_unnamed else {}

    def check(http: Http) -> Answer | None:
        answer = http.request("GET", adapter.check_path, headers=unnamed)
        return None if adapter.spoke(answer) else answer

    return Server(adapter.destination.url, adapter.headers, check, idle_seconds)


class TicketSystem:
    """One destination, along the ways that lead there."""

    def __init__(
        self,
        adapter: Adapter,
        ways: Ways,
        *,
        clock: Callable[[], float] = time.time,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._adapter = adapter
        self._ways = ways
        self._clock = clock
        self._wait = wait
        self._refused: tuple[float, NeedsAttention] | None = None

    @property
    def name(self) -> str:
        """What the destination is called, and its host."""
        return self._adapter.destination.title

    @property
    def ways(self) -> Ways:
        """The ways that lead there."""
        return self._ways

    @property
    def in_steps(self) -> bool:
        """Whether what is missing of a report can be added."""
        return self._adapter.in_steps

    @property
    def limits(self) -> Limits:
        """What it takes: as its kind usually does, or as the settings say."""
        return self._adapter.destination.limits

    def be_patient(self, patient: bool) -> None:
        """Take longer over finding a way, as nobody waits for it."""
        self._ways.patient = patient

    def close(self) -> None:
        """Close all connections."""
        self._ways.close()

    def room(self) -> int | None:
        """How many bytes one report may have; None without a limit."""
        return self.limits.room

    def probe(self) -> str:
        """Ask whether it answers, knows us, and has what the settings name."""
        host = urlsplit(self._adapter.destination.url).netloc
        # Translators: {system} is such as “RT 5.0.3, queue Support”
        return _("{system} at {host}").format(system=self._adapter.probe(self._api()), host=host)

    def ticket(self, number: str) -> Ticket:
        """An existing ticket that is open. Raises Refused when it is not."""
        return self._open_ticket(self._api(), number)

    def find(self, report: Bundle, steps: Steps | None = None) -> Receipt | None:
        """The receipt of a report that is there, with what was read back of it."""
        written, api = self._written(report), self._api(steps)
        if api.steps.get(ASKED) and not self._adapter.searches:
            raise self._unknown()
        landed = self._adapter.find(api, written)
        return self._receipt(landed, written) if landed else None

    def commit(self, report: Bundle, steps: Steps, progress: Progress | None = None) -> Receipt:
        """Send a report that is not there, or what is missing of it."""
        written, api = self._written(report), self._api(steps, progress)
        self._fits(written)
        self._settled(steps)
        there = self._adapter.find(api, written) if self._adapter.in_steps else None
        if written.ticket and not there:
            self._open_ticket(api, written.ticket)
        landed = self._adapter.add(api, written, there) if there else self._post(api, written)
        try:
            receipt = self._receipt(landed, written)
        except NotReached as error:
            unread = _("{destination} took it, but reading it back failed: {why}")
            raise MayHaveLanded(
                unread.format(destination=self._adapter.destination.name, why=error.sentence),
                error.remedy,
                obstacle=error.obstacle,
            ) from error
        steps.drop(ASKED)
        return receipt

    # --- before -------------------------------------------------------------------------------------------

    def _api(self, steps: Steps | None = None, progress: Progress | None = None) -> Api:
        """A conversation. Raises NeedsAttention where there is no token, or one that was refused."""
        destination = self._adapter.destination
        if destination.about.token and not self._adapter.token:
            put_in = _("Put it in: “snapper config token {destination}”, or set {variable}.")
            raise NeedsAttention(
                _("There is no token for {destination} on this computer.").format(
                    destination=destination.name
                ),
                put_in.format(destination=destination.quoted, variable=destination.token_variable),
                obstacle=Obstacle(str(Cause.TOKEN_REFUSED), destination.name),
            )
        if self._refused and time.monotonic() < self._refused[0]:
            raise self._refused[1]
        return Api(self._ways, self._adapter, steps, progress, refused=self._token_refused)

    def _token_refused(self, error: NeedsAttention) -> None:
        self._refused = (time.monotonic() + REFUSED_SECONDS, error)

    def _written(self, report: Bundle) -> Letter:
        return letter.write(report, self.limits, self._adapter.sent_as)

    def _open_ticket(self, api: Api, number: str) -> Ticket:
        name = self._adapter.destination.name
        if not self._adapter.destination.about.attaches:
            new_only = _("{destination} takes new reports only: nothing can be added to a ticket there.")
            raise Refused(
                new_only.format(destination=name), _("Send it as a new one: “snapper outbox resend”.")
            )
        found = self._adapter.ticket(api, number)
        if found is None:
            missing = _("{destination} has no ticket {ticket} that you may see.")
            raise Refused(
                missing.format(destination=name, ticket=number),
                _(
                    "Check the number, and send it to another ticket or to a new one: "
                    "“snapper outbox resend”."
                ),
                obstacle=Obstacle(str(Cause.TICKET_MISSING), name),
            )
        if not found.open:
            raise Refused(
                _("Ticket {ticket} of {destination} is closed.").format(
                    ticket=found.number, destination=name
                ),
                _("Send it to another ticket, or to a new one: “snapper outbox resend”."),
                obstacle=Obstacle(str(Cause.TICKET_CLOSED), name),
            )
        if not found.writable:
            closed_to_us = _("You may see ticket {ticket} of {destination}, but not add to it.")
            raise Refused(
                closed_to_us.format(ticket=found.number, destination=name),
                _(
                    "Ask whoever runs it for the right to, or send the report to a new ticket: "
                    "“snapper outbox resend”."
                ),
            )
        return found

    def _fits(self, written: Letter) -> None:
        most, room = self.limits.file_bytes, self.limits.room
        large = [part for part in written.parts if most is not None and part.size > most]
        if large and most is not None:
            file = _("{file} has {size}, but {destination} takes at most {most} in one file.")
            raise self._too_large(file, most, large[0].size, large[0].name)
        if room is not None and written.size > room:
            report = _("The report has {size}, but {destination} takes at most {most} in one report.")
            raise self._too_large(report, room, written.size)

    def _too_large(self, said: Sentence, most: int, size: int, file: str = "") -> Refused:
        name = self._adapter.destination.name
        return Refused(
            said.format(file=file, size=size_text(size), destination=name, most=size_text(most)),
            _(
                "Send it without the logs or with a shorter time of them, to another destination "
                "(“snapper outbox resend”), or save it for sending by hand (“snapper outbox export”)."
            ),
            obstacle=Obstacle(str(Cause.TOO_LARGE), name),
        )

    def _settled(self, steps: Steps) -> None:
        """What was asked for a moment ago may still be on its way into the system's search."""
        left = float(steps.get(ASKED) or 0) + self.limits.settle_seconds - self._clock()
        if 0 < left <= self.limits.settle_seconds:
            raise self._may_have_landed(left)

    def _may_have_landed(self, seconds: float, obstacle: Obstacle = NO_OBSTACLE) -> MayHaveLanded:
        sent = _("The report was sent to {destination}, but the answer did not come back.")
        return MayHaveLanded(
            sent.format(destination=self._adapter.destination.name),
            _("Before it is sent again, snapper looks whether it is there."),
            retry_after=seconds,
            obstacle=obstacle,
        )

    def _unknown(self) -> NeedsAttention:
        """Sent, and nothing tells whether it arrived: only a person may decide to send it again."""
        sentence = _(
            "The report was sent to {destination}, but no answer came back, and {destination} cannot be "
            "asked whether it is there."
        )
        return NeedsAttention(
            sentence.format(destination=self._adapter.destination.name),
            _("Ask support. If it is not there, send it once more: “snapper outbox resend”."),
        )

    # --- the one request ----------------------------------------------------------------------------------

    def _post(self, api: Api, written: Letter) -> Landed:
        """Post, and once more if it cannot have arrived. Raises DeliveryError."""
        for last in (False, True):
            try:
                return self._adapter.post(api, written)
            except Broken as broken:
                if _may_be_there(broken):
                    return self._landed(api, written)
                api.steps.drop(ASKED)
                self._ways.http(anew=True)  # raises why there is no way any more
                self._mend(api, broken.stop, last)
            except MayHaveLanded:
                return self._landed(api, written)
        raise AssertionError

    def _landed(self, api: Api, written: Letter) -> Landed:
        """The report, if it shows up within a few seconds after its connection broke."""
        if not self._adapter.searches:
            raise self._unknown()
        seconds = self.limits.settle_seconds
        try:
            self._ways.http(anew=True)
            for number in range(_LOOKS):
                if number:
                    self._wait(_LOOK_SECONDS)
                if found := self._adapter.find(api, written):
                    return found
        except NotReached as error:
            raise self._may_have_landed(error.retry_after or seconds, error.obstacle) from error
        raise self._may_have_landed(seconds)

    def _mend(self, api: Api, stop: Stop, last: bool) -> None:
        ladder = self._ways.climb(api.send_random)
        if ladder.small_segment:
            self._ways.remember(segment=ladder.small_segment)
        elif last:
            raise uploading.give_up(self._ways, stop, ladder)

    # --- the proof ----------------------------------------------------------------------------------------

    def _receipt(self, landed: Landed, written: Letter) -> Receipt:
        """A receipt with everything that was read back; raises DeliveryError when reading fails."""
        return Receipt(
            report_id=written.report_id,
            ticket=_NOT_IN_TICKETS.sub("-", landed.ticket)[:64].strip("-") or "-",
            code=written.tag,
            url=landed.url,
            received_at=timestamp(self._clock()),
            stored=self._stored(landed, written),
        )

    def _stored(self, landed: Landed, written: Letter) -> tuple[StoredFile, ...]:
        if landed.files is None:
            return ()
        addresses = {remote.name: remote for remote in landed.files}
        found: list[StoredFile] = []
        for file in written.files:
            pieces = written.pieces(file.name)
            remotes = [addresses.get(piece.sent_as) for piece in pieces]
            if not pieces:  # empty, and told in the text
                found.append(file)
            elif present := [remote for remote in remotes if remote]:
                if len(present) < len(pieces):
                    continue
                digest = Digest()
                try:
                    for remote in present:
                        self._api().digest(remote, digest)
                except Unreadable:
                    return ()
                found.append(StoredFile(file.name, digest.size, digest.sha256))
        return tuple(found)


def _may_be_there(broken: Broken) -> bool:
    """Whether the whole request may have arrived: no server acts on half of one."""
    stop = broken.stop
    early = stop.phase not in (Phase.SEND, Phase.ANSWER)
    return not early and not (stop.phase is Phase.SEND and stop.sent < broken.size)
