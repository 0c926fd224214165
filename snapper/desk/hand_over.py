"""A report whose files came as uploads: what the request says, and the files it names put together. No HTTP.

{"report": "<report.json, verbatim>", "uploads": {"<attachment>": "/api/v1/uploads/<id>"}}
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from snapper import disk
from snapper.desk.ingest import read_manifest
from snapper.desk.limits import MANIFEST_BYTES
from snapper.desk.problem import Kind, Problem, storing
from snapper.desk.store import Arrival, Kept, Store
from snapper.desk.turns import Turns
from snapper.errors import ReportMalformed
from snapper.report import ATTACHMENTS_MAX, MANIFEST_NAME, Attachment, Report, StoredFile
from snapper.untrusted import an_object, parsed, text_of

UPLOADS_PATH = "/api/v1/uploads"
_LOCATION = re.compile(rf"{re.escape(UPLOADS_PATH)}/([0-9a-f]{{1,64}})")


@dataclass(frozen=True)
class HandOver:
    """A report, its manifest as it was sent, and the ids of uploads by the attachment they are."""

    report: Report
    manifest: bytes
    uploads: Mapping[str, str]


def read_hand_over(body: bytes) -> HandOver:
    """What a request says. Raises Problem: MALFORMED, TOO_LARGE, WRONG_CONTENT."""
    try:
        data = an_object(parsed(body), "the request")
        manifest = text_of(data, "report", MANIFEST_BYTES).encode()
        named = an_object(data.get("uploads", {}), "“uploads”")
    except ReportMalformed as error:
        raise Problem(Kind.MALFORMED, error.sentence) from error
    if len(manifest) > MANIFEST_BYTES:
        raise Problem(Kind.TOO_LARGE, f"The manifest is larger than {MANIFEST_BYTES} bytes.")
    report = read_manifest(manifest)
    names = {part.name for part in report.attachments}
    if len(named) > ATTACHMENTS_MAX or not named.keys() <= names:
        raise Problem(Kind.WRONG_CONTENT, "An upload is named for a file that is not in the report.")
    return HandOver(report, manifest, {name: _upload_id(place) for name, place in named.items()})


def _upload_id(location: object) -> str:
    found = _LOCATION.fullmatch(location) if isinstance(location, str) else None
    if not found:
        raise Problem(Kind.WRONG_CONTENT, "A file is said to be at an address that is not an upload.")
    return found[1]


@contextlib.asynccontextmanager
async def alone_with(turns: Turns, uploads: Mapping[str, str]) -> AsyncIterator[None]:
    """Nobody else writes to these uploads for the time of the block."""
    async with contextlib.AsyncExitStack() as stack:
        for upload_id in sorted(set(uploads.values())):  # in one order: two requests never wait in a ring
            await stack.enter_async_context(turns.turn(upload_id))
        yield


def keep_uploaded(store: Store, given: HandOver, folder: Path, token: str) -> tuple[Kept, bool]:
    """Keep a report with the files that were uploaded, or add them to it; says also whether it is new.

    `folder` is the staging folder. Names that are stored already are passed over. Raises Problem.
    """
    known = store.find(given.report.id)
    lacking = known.missing if known else given.report.attachments
    wanted = [part for part in lacking if part.name in given.uploads]
    files = tuple(_take(store, given, part, folder, token) for part in wanted)
    with storing():
        disk.write_new(folder / MANIFEST_NAME, given.manifest)
    own = StoredFile(MANIFEST_NAME, len(given.manifest), hashlib.sha256(given.manifest).hexdigest())
    return store.keep(Arrival(given.report, given.manifest, (own, *files), folder), token)


def _take(store: Store, given: HandOver, part: Attachment, folder: Path, token: str) -> StoredFile:
    """Put an uploaded file into the staging folder."""
    expected = StoredFile(part.name, part.size, part.sha256)
    try:
        upload = store.uploads.find(given.uploads[part.name], token)
    except Problem as error:
        if error.kind is not Kind.NO_SUCH_UPLOAD:
            raise
        sentence = f"“{part.name}” is not among the uploads of this token."
        raise Problem(Kind.WRONG_CONTENT, sentence, "Send it again.") from error
    if upload.announced.report != given.report.id:
        raise Problem(Kind.WRONG_CONTENT, f"“{part.name}” was uploaded for another report.", "Send it again.")
    store.uploads.hand_over(upload, expected, folder / part.name)
    return expected
