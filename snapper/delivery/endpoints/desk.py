"""The contract `snapper-report/1` as a client: what the embedded desk serves."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from requests_toolbelt import MultipartEncoder, MultipartEncoderMonitor

from snapper.bundle import Bundle
from snapper.delivery.endpoints import Progress
from snapper.delivery.http import Answer, Http
from snapper.disk import CHUNK
from snapper.errors import (
    DeliveryError,
    MayHaveLanded,
    NeedsAttention,
    NotReached,
    Refused,
    ReportMalformed,
)
from snapper.report import CONTRACT, MANIFEST_NAME, Receipt

_PROBLEM = "application/problem+json"


class DeskEndpoint:
    """A desk at an address, with a bearer token."""

    def __init__(self, url: str, token: str, *, idle_seconds: float = 60.0) -> None:
        self._http = Http(url, {"Authorization": f"Bearer {token}"} if token else {}, idle_seconds)
        self._room: int | None = None

    @property
    def name(self) -> str:
        """The desk's address without the scheme."""
        return self._http.base_url.partition("://")[2]

    def find(self, report_id: str) -> Receipt | None:
        """The receipt of a report the desk already has."""
        answer = self._http.request("GET", f"/api/v1/reports/{report_id}")
        if answer.status == 404 and answer.media_type == _PROBLEM:
            return None
        if answer.status != 200:
            raise self._problem(answer)
        return self._receipt(answer, report_id)

    def commit(self, report: Bundle, progress: Progress | None = None) -> Receipt:
        """Send a whole report, streamed; memory does not grow with it."""
        self._check_room(report.size)
        with _body(report) as encoder:
            content_digest = _content_digest(encoder)
        with _body(report) as encoder:
            return self._post(report, encoder, content_digest, progress)

    def _post(
        self, report: Bundle, encoder: MultipartEncoder, content_digest: str, progress: Progress | None
    ) -> Receipt:
        tell = (lambda monitor: progress(monitor.bytes_read)) if progress else None
        monitor = MultipartEncoderMonitor(encoder, tell)
        headers = {
            "Content-Type": encoder.content_type,
            "Content-Digest": content_digest,
            "Idempotency-Key": f'"{report.report.id}"',
        }
        try:
            answer = self._http.request("POST", "/api/v1/reports", data=monitor, headers=headers)
        except NotReached as error:
            if monitor.bytes_read < encoder.len:
                raise
            raise MayHaveLanded(
                f"The report was sent, but no answer came: {error.sentence}", error.remedy
            ) from error
        if answer.status not in (200, 201):
            raise self._problem(answer)
        return self._receipt(answer, report.report.id)

    def probe(self) -> str:
        """Ask the desk who it is and whether it knows our token."""
        about = self._about()
        self.find("00000000-0000-7000-8000-000000000000")
        return f"{about.get('name', 'desk')} {about.get('version', '')} at {self.name}"

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def _about(self) -> dict[str, Any]:
        answer = self._http.request("GET", "/api/v1")
        with contextlib.suppress(ValueError):
            about = json.loads(answer.body)
            if answer.status == 200 and isinstance(about, dict) and about.get("contract") == CONTRACT:
                return about
        raise self._problem(answer)

    def room(self) -> int | None:
        """How many bytes one report may have, as the desk says; asked once."""
        if self._room is None:
            limits = self._about().get("limits")
            limit = limits.get("report_bytes") if isinstance(limits, dict) else None
            self._room = limit if isinstance(limit, int) else 0
        return self._room or None

    def _check_room(self, size: int) -> None:
        room = self.room()
        if room and room < size:
            raise Refused(
                f"The report has {size >> 20} MB, but {self.name} takes at most {room >> 20} MB.",
                "Send it without the logs, or save it for sending by hand with “snapper outbox export”.",
            )

    @staticmethod
    def _receipt(answer: Answer, report_id: str) -> Receipt:
        try:
            receipt = Receipt.from_dict(json.loads(answer.body))
            if receipt.report_id == report_id:
                return receipt
        except (ValueError, ReportMalformed):
            pass
        raise MayHaveLanded("The answer to the report is not a receipt.", "It will be asked for again.")

    def _problem(self, answer: Answer) -> DeliveryError:
        """What a status that is not a success means; only the desk's own word is final."""
        problem = _read_problem(answer)
        if problem is None:
            return NotReached(
                f"Something on the way to {self.name} answered in its place (status {answer.status}).",
                "Check that the address is right and the network lets you through.",
                retry_after=answer.retry_after,
            )
        said = str(problem.get("detail") or problem.get("title") or "it gave no reason")[:500]
        if answer.status in (401, 403):
            return NeedsAttention(
                f"{self.name} does not accept the token.",
                "Ask support for a new one and set delivery.token in the settings.",
            )
        if answer.status == 429 or answer.status >= 500 or answer.status == 408:
            return NotReached(f"{self.name} cannot take it now: {said}", retry_after=answer.retry_after)
        return Refused(f"{self.name} did not take the report: {said}", _REMEDY.get(answer.status, ""))


_REMEDY = {
    404: "Send it to another ticket, or to a new one: “snapper outbox resend”.",
    409: "Send it as a new report: “snapper outbox resend”.",
    413: "Send it without the logs, or save it for sending by hand: “snapper outbox export”.",
    422: "Send it to another ticket, or to a new one: “snapper outbox resend”.",
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
