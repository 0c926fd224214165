"""The contract `snapper-report/1` as a client: what the embedded desk serves.

A small report goes in one request. A large one goes file by file (tus), the small files first: as soon as
they are there, the desk makes the ticket, and support sees note and picture while a log is on its way.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from requests_toolbelt import MultipartEncoder, MultipartEncoderMonitor

from snapper.bundle import Bundle
from snapper.delivery import uploading
from snapper.delivery.causes import Cause
from snapper.delivery.endpoints import Progress, Steps, Ticket
from snapper.delivery.evidence import Stop, Stopped
from snapper.delivery.http import Answer, Http
from snapper.delivery.looks import Server
from snapper.delivery.uploading import Uploader
from snapper.delivery.ways import Ways
from snapper.disk import CHUNK
from snapper.errors import (
    DeliveryError,
    MayHaveLanded,
    NeedsAttention,
    NotReached,
    Obstacle,
    Refused,
    ReportMalformed,
)
from snapper.language import _
from snapper.language import number as count
from snapper.report import CONTRACT, MANIFEST_NAME, Receipt

WHOLE_BYTES = 256 * 1024  # a report up to here goes in one request
SOON_BYTES = 1 << 20  # files up to here go before the ticket is asked for
_PROBLEM = "application/problem+json"
_REPORTS = "/api/v1/reports"
_TUS = "tus-1.0.0"


def server(url: str, token: str, idle_seconds: float = 60.0) -> Server:
    """A desk at an address, with a bearer token, as delivery looks for it."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Server(url.rstrip("/"), headers, check, idle_seconds)


def check(http: Http, body: bytes | None = None) -> Answer | None:
    """Ask whether it is the desk that answers, with a body of random bytes if there is one: None, or the
    answer of something else. Raises Stopped."""
    nonce = secrets.token_hex(8)
    answer = http.request("GET" if body is None else "POST", f"/api/v1/health?nonce={nonce}", data=body)
    if _read_problem(answer) is not None:
        return None
    with contextlib.suppress(ValueError, AttributeError):
        if json.loads(answer.body).get("nonce") == nonce:
            return None
    return answer


class DeskEndpoint:
    """A desk, along the ways that lead there."""

    def __init__(self, ways: Ways, called: str = "desk") -> None:
        self._ways = ways
        self._called = called  # in the settings, as a command line wants it
        self._base_url = ways.server.url

    @property
    def name(self) -> str:
        """The desk's address without the scheme."""
        return self._base_url.partition("://")[2]

    @property
    def ways(self) -> Ways:
        """The ways that lead there."""
        return self._ways

    def be_patient(self, patient: bool) -> None:
        """Take longer over finding a way, as nobody waits for it."""
        self._ways.patient = patient

    in_steps = True

    def find(self, report: Bundle, steps: Steps | None = None) -> Receipt | None:
        """The receipt of a report the desk already has, whole or in part."""
        return self._find(report.report.id)

    def _find(self, report_id: str) -> Receipt | None:
        answer = self._get(f"{_REPORTS}/{report_id}")
        if answer.status == 404 and answer.media_type == _PROBLEM:
            return None
        if answer.status != 200:
            raise self._wrong(answer)
        return self._receipt(answer, report_id)

    def commit(self, report: Bundle, steps: Steps, progress: Progress | None = None) -> Receipt:
        """Send a whole report, streamed; memory does not grow with it."""
        about = self._about()
        self._check_room(report.size, _room(about))
        in_pieces = about.get("uploads") == _TUS
        if report.size <= WHOLE_BYTES or not in_pieces:
            receipt = self._whole(report, progress, in_pieces=in_pieces)
            if receipt:
                return receipt
        return self._by_file(report, progress)

    def probe(self) -> str:
        """Ask the desk who it is and whether it knows our token."""
        about = self._about()
        self._find("00000000-0000-7000-8000-000000000000")
        # Translators: a program, its version, and its address
        said = _("{program} {version} at {host}")
        return said.format(
            program=about.get("name", "desk"), version=about.get("version", ""), host=self.name
        )

    def ticket(self, number: str) -> Ticket:
        """An existing ticket that is open."""
        answer = self._get(f"/api/v1/tickets/{quote(number, safe='')}")
        if answer.status == 404 and (_read_problem(answer) or {}).get("type", "").endswith("/no-such-ticket"):
            raise Refused(
                _("{destination} has no ticket {ticket}.").format(destination=self.name, ticket=number),
                _REMEDY[404],
                obstacle=Obstacle(str(Cause.TICKET_MISSING), self.name),
            )
        state = ""
        with contextlib.suppress(ValueError, KeyError, TypeError):
            state = json.loads(answer.body)["state"]
        if answer.status != 200 or not state:
            raise self._wrong(answer)
        if state != "open":
            closed = _("Ticket {ticket} of {destination} is closed.")
            if state != "closed":
                # Translators: {state} is what the ticket system says, in English
                closed = _("Ticket {ticket} of {destination} is {state}.")
            raise Refused(
                closed.format(ticket=number, destination=self.name, state=state),
                _REMEDY[422],
                obstacle=Obstacle(str(Cause.TICKET_CLOSED), self.name),
            )
        return Ticket(number)

    def close(self) -> None:
        """Close all connections."""
        self._ways.close()

    def room(self) -> int | None:
        """How many bytes one report may have, as the desk says now."""
        return _room(self._about())

    def _check_room(self, size: int, room: int | None) -> None:
        if room and room < size:
            too_large = _("The report has {size} MB, but {destination} takes at most {most} MB.")
            raise Refused(
                too_large.format(size=count(size >> 20), destination=self.name, most=count(room >> 20)),
                _("Send it without the logs, or save it for sending by hand with “snapper outbox export”."),
            )

    def _about(self) -> dict[str, Any]:
        answer = self._get("/api/v1")
        with contextlib.suppress(ValueError):
            about = json.loads(answer.body)
            if answer.status == 200 and isinstance(about, dict) and about.get("contract") == CONTRACT:
                return about
        raise self._wrong(answer)

    def _get(self, path: str) -> Answer:
        return uploading.ask(self._ways, lambda http: http.request("GET", path))

    # --- in one request -----------------------------------------------------------------------------------

    def _whole(self, report: Bundle, progress: Progress | None, *, in_pieces: bool) -> Receipt | None:
        """Send a report in one request; None when this network only lets smaller requests through, and the
        desk takes a report `in_pieces`.

        Raises DeliveryError.
        """
        for last in (False, True):
            try:
                answer = self._post(report, progress)
            except Stopped as stopped:
                receipt = self._landed(report, stopped.stop)
                if receipt or not self._again(stopped.stop, last, in_pieces):
                    return receipt
                continue
            if answer.status in (200, 201):
                return self._receipt(answer, report.report.id)
            if answer.status == 413 and self.problem(answer) is None and in_pieces:
                return None
            raise self.problem(answer) or uploading.stopped_by(answer, self._ways, self)
        return None

    def _post(self, report: Bundle, progress: Progress | None) -> Answer:
        with _body(report) as encoder:
            content_digest = _content_digest(encoder)
        tell = (lambda monitor: progress(monitor.bytes_read)) if progress else None
        with _body(report) as encoder:
            headers = {
                "Content-Type": encoder.content_type,
                "Content-Digest": content_digest,
                "Idempotency-Key": f'"{report.report.id}"',
            }
            monitor = MultipartEncoderMonitor(encoder, tell)
            return self._ways.http().request("POST", _REPORTS, data=monitor, headers=headers)

    def _landed(self, report: Bundle, stop: Stop) -> Receipt | None:
        """Whether a report whose request broke has arrived all the same. Raises DeliveryError."""
        try:
            self._ways.http(anew=True)
            return self.find(report)
        except NotReached as error:
            if stop.sent < report.size:
                raise
            raise MayHaveLanded(
                _("The report was sent, but no answer came: {why}").format(why=error.sentence),
                error.remedy,
                obstacle=error.obstacle,
            ) from error

    def _again(self, stop: Stop, last: bool, in_pieces: bool) -> bool:
        """Whether to send the same request again after it broke; raises DeliveryError when nothing helps."""
        ladder = self._ways.climb(self.send_random)
        if ladder.small_segment:
            self._ways.remember(segment=ladder.small_segment)
        elif ladder.stopped and ladder.passed and in_pieces:
            return False
        elif last:
            raise uploading.give_up(self._ways, stop, ladder)
        return True

    # --- file by file -------------------------------------------------------------------------------------

    def _by_file(self, report: Bundle, progress: Progress | None) -> Receipt:
        """Send the files one by one, the small ones first; when these are there, ask for the ticket."""
        sent: dict[str, int] = {}

        def tell(name: str, so_far: int) -> None:
            sent[name] = max(sent.get(name, 0), so_far)
            if progress:
                progress(sum(sent.values()))

        uploader = Uploader(self._ways, self, tell)
        there: dict[str, str] = {}
        stored = self._stored(report)
        smallest_first = sorted(report.report.attachments, key=lambda part: part.size)
        left = [part for part in smallest_first if part.name not in stored]
        soon = [part for part in left if part.size <= SOON_BYTES]
        for part in soon:
            there[part.name] = uploader.upload(report, part)
        if later := left[len(soon) :]:
            self._hand_over(report, there)
        for part in later:
            there[part.name] = uploader.upload(report, part)
        receipt = self._hand_over(report, there)
        if progress:
            progress(report.size)
        return receipt

    def _stored(self, report: Bundle) -> set[str]:
        receipt = self.find(report)
        return {file.name for file in receipt.stored} if receipt else set()

    def _hand_over(self, report: Bundle, there: dict[str, str]) -> Receipt:
        """Tell the desk which files are there; it makes the ticket with these."""
        body = json.dumps({"report": report.manifest.decode(), "uploads": there}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": f'"{report.report.id}"'}
        answer = uploading.submit(
            self._ways, self, lambda http: http.request("POST", _REPORTS, data=body, headers=headers)
        )
        if answer.status not in (200, 201, 202):
            raise self.problem(answer) or uploading.stopped_by(answer, self._ways, self)
        return self._receipt(answer, report.report.id)

    # --- what answers mean --------------------------------------------------------------------------------

    def send_random(self, http: Http, body: bytes) -> Answer | None:
        """Random bytes for the health address: None, or the answer of something else. Raises Stopped."""
        return check(http, body)

    @staticmethod
    def _receipt(answer: Answer, report_id: str) -> Receipt:
        try:
            receipt = Receipt.from_dict(json.loads(answer.body))
            if receipt.report_id == report_id:
                return receipt
        except (ValueError, ReportMalformed):
            pass
        raise MayHaveLanded(_("The answer to the report is not a receipt."), _("It will be asked for again."))

    def _wrong(self, answer: Answer) -> DeliveryError:
        return self.problem(answer) or self._ways.foreign(answer)

    def problem(self, answer: Answer) -> DeliveryError | None:
        """What the desk itself says is wrong, and only its own word is final; None: it was not the desk."""
        problem = _read_problem(answer)
        if problem is None:
            return None
        slug = str(problem.get("type", "")).rpartition("/")[2]
        said = str(problem.get("detail") or problem.get("title") or "")[:500] or _("it gave no reason")
        if answer.status in (401, 403):
            return NeedsAttention(
                _("{destination} does not accept the token.").format(destination=self.name),
                _("Ask support for a new one, and put it in: “snapper config token {destination}”.").format(
                    destination=self._called
                ),
                obstacle=Obstacle(str(Cause.TOKEN_REFUSED), self.name),
            )
        if answer.status == 429 or answer.status >= 500 or answer.status == 408:
            cause = Cause.RATE_LIMIT if answer.status == 429 else Cause.SERVER_DOWN
            return NotReached(
                _("{destination} cannot take it now: {reason}").format(destination=self.name, reason=said),
                retry_after=answer.retry_after,
                obstacle=Obstacle(str(cause), self.name),
            )
        if slug == _WRONG_CONTENT:
            return NotReached(
                _("The report was changed on its way."), _("It is sent once more, from the beginning.")
            )
        cause_of = _TICKET_CAUSES.get(slug, "")
        return Refused(
            _("{destination} did not take the report: {reason}").format(destination=self.name, reason=said),
            _REMEDY.get(answer.status, ""),
            obstacle=Obstacle(str(cause_of), self.name if cause_of else ""),
        )


_WRONG_CONTENT = "wrong-content"
_TICKET_CAUSES = {"no-such-ticket": Cause.TICKET_MISSING, "ticket-closed": Cause.TICKET_CLOSED}
_REMEDY = {
    404: _("Send it to another ticket, or to a new one: “snapper outbox resend”."),
    409: _("Send it as a new report: “snapper outbox resend”."),
    413: _("Send it without the logs, or save it for sending by hand: “snapper outbox export”."),
    422: _("Send it to another ticket, or to a new one: “snapper outbox resend”."),
}


@contextlib.contextmanager
def _body(report: Bundle) -> Iterator[MultipartEncoder]:
    """The multipart body; its boundary comes from the id, so that it is the same each time."""
    with contextlib.ExitStack() as files:
        fields = [("report", (MANIFEST_NAME, report.manifest, "application/json"))]
        for part in report.report.attachments:
            opened = files.enter_context(report.path(part).open("rb"))
            fields.append(("file", (part.name, opened, part.media_type)))  # type: ignore[arg-type]
        yield MultipartEncoder(fields, boundary=f"snapper-{report.report.id}")


def _content_digest(encoder: MultipartEncoder) -> str:
    """The Content-Digest header (RFC 9530) of the whole body."""
    sha256 = hashlib.sha256()
    while piece := encoder.read(CHUNK):
        sha256.update(piece)
    return f"sha-256=:{base64.b64encode(sha256.digest()).decode()}:"


def _read_problem(answer: Answer) -> dict[str, Any] | None:
    if answer.media_type != _PROBLEM:
        return None
    try:
        problem = json.loads(answer.body)
    except ValueError:
        return None
    return problem if isinstance(problem, dict) else None


def _room(about: dict[str, Any]) -> int | None:
    """How many bytes one report may have, by what a desk says of itself."""
    limits = about.get("limits")
    limit = limits.get("report_bytes") if isinstance(limits, dict) else None
    return limit if isinstance(limit, int) and limit > 0 else None
