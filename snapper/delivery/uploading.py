"""Files to a desk by tus: on from the byte that arrived last, in pieces as small as the network wants.

What to do about each thing that stops an upload is decided here. Smaller pieces answer a limit on size; where
a rule about content stopped it, nothing else is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO, Protocol

from snapper.bundle import Bundle
from snapper.delivery import tus
from snapper.delivery.causes import Cause
from snapper.delivery.evidence import Stop, Stopped, Symptom
from snapper.delivery.http import Answer, Http
from snapper.delivery.ladder import RUNGS, Ladder
from snapper.delivery.looks import foreign_stop
from snapper.delivery.ways import Ways
from snapper.errors import DeliveryError, NotReached
from snapper.language import _
from snapper.report import Attachment

UPLOADS = "/api/v1/uploads"
FIRST_PIECE = 256 * 1024  # after “too large”: what the usual limits of proxies let through
SMALLEST_PIECE = 4 * 1024
SHORTEST = 64 * 1024  # one accident must not make every later upload crawl
QUIET_TRIES = 2  # attempts in which nothing arrived, before they count as a rule and not as an accident
_POLICY = (403, 451)
_NO_PATCH = (400, 405, 501)
_INCIDENT = re.compile(
    rb"(?:incident|reference|case|ticket)[\s_-]*(?:id|number|no\.?)?\s*[:#=]\s*([\w-]{4,40})", re.IGNORECASE
)


class Spoken(Protocol):
    """What of a desk's contract is needed here."""

    def problem(self, answer: Answer) -> DeliveryError | None:
        """What the desk itself said was wrong; None when it was not the desk that answered."""

    def send_random(self, http: Http, body: bytes) -> Answer | None:
        """Random bytes for the health address."""


class Uploader:
    """Brings the files of one report to a desk. `progress` is told the bytes of each file that went out."""

    def __init__(self, ways: Ways, desk: Spoken, progress: Callable[[str, int], None]) -> None:
        self._ways = ways
        self._desk = desk
        self._progress = progress
        self._plain = False

    def upload(self, report: Bundle, attachment: Attachment) -> str:
        """Upload one file, or what is left of it; returns where it is on the desk. Raises DeliveryError."""
        upload = self._created(report, attachment)
        quiet = 0
        with report.path(attachment).open("rb") as file:
            while upload.offset < attachment.size:
                try:
                    answer = self._send(file, attachment, upload)
                except Stopped as stopped:
                    before, upload = upload.offset, self._asked(report, attachment)
                    quiet = 0 if upload.offset > before else quiet + 1
                    self._mend(stopped.stop, quiet)
                    continue
                upload = self._after(answer, report, attachment, upload)
        return upload.location

    # --- single steps -------------------------------------------------------------------------------------

    def _created(self, report: Bundle, attachment: Attachment) -> tus.Upload:
        answer = ask(
            self._ways,
            lambda http: tus.create(
                http.request, UPLOADS, report.report.id, attachment.name, attachment.size
            ),
        )
        if upload := tus.upload_of(answer):
            self._progress(attachment.name, upload.offset)
            return upload
        raise self._desk.problem(answer) or self._ways.foreign(answer)

    def _asked(self, report: Bundle, attachment: Attachment) -> tus.Upload:
        """Where an upload stands after its connection broke; the way there is looked for again first."""
        self._ways.http(anew=True)
        return self._created(report, attachment)

    def _send(self, file: BinaryIO, attachment: Attachment, upload: tus.Upload) -> Answer:
        left = attachment.size - upload.offset
        length = min(left, self._ways.limits.piece or left)
        part = tus.Part(file, upload.offset, length, lambda sent: self._progress(attachment.name, sent))
        http = self._ways.http(reconnect=self._ways.limits.fresh)
        return tus.send(http.request, upload.location, part, upload.offset, plain=self._plain)

    def _after(
        self, answer: Answer, report: Bundle, attachment: Attachment, upload: tus.Upload
    ) -> tus.Upload:
        """Where an upload stands after an answer. Raises DeliveryError."""
        offset = tus.offset_of(answer)
        if answer.status == 204 and offset is not None:
            if offset <= upload.offset:  # no server does this, and it would never end
                raise NotReached(_("The desk takes the upload, but nothing of it arrives."))
            return tus.Upload(upload.location, offset)
        if answer.status in (404, 409, 410, 423) and self._desk.problem(answer):
            return self._created(report, attachment)
        if problem := self._desk.problem(answer):
            raise problem
        if answer.status == 413:
            self._smaller(answer, attachment.size - upload.offset)
        elif answer.status in _NO_PATCH and not self._plain:
            self._plain = True
        else:
            raise stopped_by(answer, self._ways, self._desk)
        return upload

    # --- what helps ---------------------------------------------------------------------------------------

    def _smaller(self, answer: Answer, tried: int) -> None:
        """A limit on the size of one request: go on in smaller ones."""
        tried = min(tried, self._ways.limits.piece or tried)
        piece = FIRST_PIECE if tried > FIRST_PIECE else tried // 4
        if piece < SMALLEST_PIECE:
            stop = foreign_stop(answer, self._ways.line, self._ways.server)
            raise self._ways.refusal(Cause.TOO_LARGE, stop)
        self._ways.remember(piece=piece)

    def _mend(self, stop: Stop, quiet: int) -> None:
        """After a break: go on as before, smaller, with smaller packets; or give up and say why."""
        if quiet == 0:
            self._shorten(stop)
            return
        ladder = self._ways.climb(self._desk.send_random)
        if ladder.small_segment:
            self._ways.remember(segment=ladder.small_segment)
        elif limit := _limit(ladder):
            if 0 < self._ways.limits.piece <= limit:
                raise give_up(self._ways, stop, ladder)
            self._ways.remember(piece=limit, fresh=True)
        elif quiet >= QUIET_TRIES:
            raise give_up(self._ways, stop, ladder)

    def _shorten(self, stop: Stop) -> None:
        """Something arrived before the connection broke: stay below what one connection may carry."""
        piece = max(SHORTEST, stop.sent // 2)
        if not self._ways.limits.piece or piece < self._ways.limits.piece:
            self._ways.remember(piece=piece, fresh=True)


def ask(ways: Ways, request: Callable[[Http], Answer]) -> Answer:
    """A request that may be made twice: when it fails, once more along the best way there is then.

    Raises DeliveryError with the reason.
    """
    try:
        return request(ways.http())
    except Stopped:
        http = ways.http(anew=True)
    try:
        return request(http)
    except Stopped as stopped:
        raise ways.why(stopped.stop) from stopped


def submit(ways: Ways, desk: Spoken, request: Callable[[Http], Answer]) -> Answer:
    """A request that carries something of a report, and may be made twice. Raises DeliveryError with the
    reason, which may be what it carries."""
    for _try in range(QUIET_TRIES):
        try:
            return request(ways.http())
        except Stopped as stopped:
            stop = stopped.stop
            ways.http(anew=True)
    ladder = ways.climb(desk.send_random)
    if not ladder.small_segment:
        raise give_up(ways, stop, ladder)
    ways.remember(segment=ladder.small_segment)
    return ask(ways, request)


def give_up(ways: Ways, stop: Stop, ladder: Ladder) -> DeliveryError:
    """Why a report does not get through where its way is open: its content, or the way for anything large."""
    if ladder.all_passed and stop.symptom is not Symptom.TIMEOUT:
        return ways.refusal(Cause.DATA_PROTECTION, stop, incident="")
    hole = ladder.stopped and min(ladder.stopped) <= RUNGS[1]
    cause = Cause.STALLED if stop.symptom is Symptom.TIMEOUT else Cause.CUT
    return ways.refusal(Cause.MTU_HOLE if hole and cause is Cause.STALLED else cause, stop)


def stopped_by(answer: Answer, ways: Ways, desk: Spoken) -> DeliveryError:
    """What a foreign answer to an upload means: a rule about content, a rule about uploads, or a fault."""
    if answer.status not in _POLICY:
        return ways.foreign(answer)
    ladder = ways.climb(desk.send_random)
    stop = foreign_stop(answer, ways.line, ways.server)
    found = _INCIDENT.search(answer.body)
    # Translators: added to a sentence, with a blank before it where one belongs there.
    incident = _(" (incident {number})").format(number=found[1].decode()) if found else ""
    if any(each.status in _POLICY for each in ladder.stopped.values()):
        return ways.refusal(Cause.UPLOADS_FORBIDDEN, stop)
    return ways.refusal(Cause.DATA_PROTECTION, stop, incident=incident)


def _limit(ladder: Ladder) -> int:
    """The size of a piece that gets through where larger ones do not; 0 where size is not what matters."""
    if not ladder.stopped or not ladder.passed:
        return 0
    smallest = min(ladder.stopped)
    sent = ladder.stopped[smallest].sent
    below = max((size for size in ladder.passed if size < smallest), default=0)
    return max(below, min(sent // 2, smallest // 4)) if below >= SMALLEST_PIECE else 0
