"""The contract's uploads over HTTP: tus 1.0.0 with creation, termination, checksum and expiration. No files.

What arrived stays when a connection is cut; the next request goes on from there and ends the one before.
(tus.io/protocols/resumable-upload)
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from snapper.desk.hand_over import UPLOADS_PATH
from snapper.desk.limits import METADATA_CHARS, Limits
from snapper.desk.problem import Kind, Problem, too_large
from snapper.desk.turns import Turn, Turns
from snapper.desk.uploads import Announced, Checksum, Upload, Uploads
from snapper.desk.wire import Authorize, content_length, media_type, pieces, problem_answer, status_answer
from snapper.filenames import name_problem
from snapper.report import MANIFEST_NAME, is_report_id

VERSION = "1.0.0"
BODY_TYPE = "application/offset+octet-stream"
_EXTENSIONS = "creation,termination,checksum,expiration"
_HASHES = {"sha256": hashlib.sha256, "sha1": hashlib.sha1}  # tus wants sha1 of every server
_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]

Handler = Callable[[Request, str], Awaitable[Response]]


class Tus:
    """The routes of uploads; `authorize` gives the name of a request's token or raises a Problem."""

    def __init__(self, uploads: Uploads, turns: Turns, limits: Limits, authorize: Authorize) -> None:
        self._uploads = uploads
        self._turns = turns
        self._limits = limits
        self._authorize = authorize

    def routes(self) -> list[Route]:
        """The routes below /api; every method comes here, for the true one may be in a header."""
        return [
            Route("/v1/uploads", self._all, methods=_METHODS),
            Route("/v1/uploads/{id}", self._one, methods=_METHODS),
        ]

    async def _all(self, request: Request) -> Response:
        return await self._answer(request, {"POST": self._create})

    async def _one(self, request: Request) -> Response:
        handlers = {"HEAD": self._head, "PATCH": self._patch, "DELETE": self._delete}
        return await self._answer(request, handlers)

    async def _answer(self, request: Request, handlers: Mapping[str, Handler]) -> Response:
        """Do what is asked; every answer, a refusal too, says which tus this is."""
        method = request.headers.get("x-http-method-override", request.method).upper()
        try:
            if method == "OPTIONS":
                response = self._options()
            elif handler := handlers.get(method):
                _check_version(request)
                response = await handler(request, await self._authorize(request))
            else:
                raise HTTPException(405, headers={"Allow": ", ".join(["OPTIONS", *handlers])})
        except Problem as error:
            response = problem_answer(request, error)
        except HTTPException as error:
            response = status_answer(request, error)
        response.headers["Tus-Resumable"] = VERSION
        return response

    def _options(self) -> Response:
        headers = {
            "Tus-Version": VERSION, "Tus-Extension": _EXTENSIONS,
            "Tus-Max-Size": str(self._limits.report_bytes), "Tus-Checksum-Algorithm": ",".join(_HASHES),
        }  # fmt: skip
        return Response(status_code=204, headers=headers)

    # --- one upload ---------------------------------------------------------------------------------------

    async def _create(self, request: Request, token: str) -> Response:
        """201 with where the upload is and how far; the same when it was announced before."""
        if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
            raise Problem(Kind.BAD_REQUEST, "An upload is announced without a body.")
        announced = self._announced(request, token)
        upload = await run_in_threadpool(self._uploads.create, announced, self._limits)
        async with self._turns.turn(upload.id):  # who was cut off asks in this way too
            upload = await run_in_threadpool(self._uploads.find, upload.id, token)
            return _told(upload, 201, Location=f"{UPLOADS_PATH}/{upload.id}")

    def _announced(self, request: Request, token: str) -> Announced:
        size = _number(request, "Upload-Length")
        if size > self._limits.report_bytes:
            raise too_large(self._limits.report_bytes)
        text = request.headers.get("upload-metadata", "")
        metadata = read_metadata(text)
        report, name = _text(metadata, "report"), _text(metadata, "filename")
        if not is_report_id(report):
            raise Problem(Kind.BAD_REQUEST, "Upload-Metadata names no report.")
        if name_problem(name) or name.casefold() == MANIFEST_NAME:
            raise Problem(Kind.BAD_REQUEST, "Upload-Metadata names no file that can be stored.")
        return Announced(token, report, name, size, text)

    async def _head(self, request: Request, token: str) -> Response:
        """200 with how far the upload is."""
        upload_id = request.path_params["id"]
        await run_in_threadpool(self._uploads.find, upload_id, token)
        async with self._turns.turn(upload_id):
            upload = await run_in_threadpool(self._uploads.find, upload_id, token)
        about = upload.announced
        headers = {"Upload-Length": str(about.size), "Upload-Metadata": about.metadata}
        return _told(upload, 200, **headers, **{"Cache-Control": "no-store"})

    async def _patch(self, request: Request, token: str) -> Response:
        """204 with how far the upload is now."""
        if media_type(request) != BODY_TYPE:
            raise Problem(Kind.NOT_AN_UPLOAD, f"A piece of an upload must come as {BODY_TYPE}.")
        offset, upload_id = _number(request, "Upload-Offset"), request.path_params["id"]
        length = content_length(request, self._limits.request_bytes)
        checksum = read_checksum(request.headers.get("upload-checksum"))
        await run_in_threadpool(self._uploads.find, upload_id, token)
        async with self._turns.turn(upload_id) as turn:
            upload = await run_in_threadpool(self._uploads.find, upload_id, token)
            _check_place(upload, offset, length)
            await self._receive(request, turn, upload, checksum)
            return _told(await run_in_threadpool(self._uploads.find, upload_id, token), 204)

    async def _receive(self, request: Request, turn: Turn, upload: Upload, checksum: Checksum | None) -> None:
        piece = await run_in_threadpool(self._uploads.open, upload, checksum)
        try:
            async for data in turn.pieces(pieces(request)):
                await run_in_threadpool(piece.write, data)
            piece.prove()
        finally:
            await run_in_threadpool(piece.close)

    async def _delete(self, request: Request, token: str) -> Response:
        """204 when the upload is gone."""
        upload_id = request.path_params["id"]
        await run_in_threadpool(self._uploads.find, upload_id, token)
        async with self._turns.turn(upload_id):
            await run_in_threadpool(self._uploads.find, upload_id, token)
            await run_in_threadpool(self._uploads.remove, upload_id)
        return Response(status_code=204)


def _told(upload: Upload, status: int, **headers: str) -> Response:
    expires = formatdate(upload.expires_at, usegmt=True)
    told = {"Upload-Offset": str(upload.offset), "Upload-Expires": expires, **headers}
    return Response(status_code=status, headers=told)


# --- what a request says ----------------------------------------------------------------------------------


def _check_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        sentence = f"Uploads to this desk speak tus {VERSION}."
        raise Problem(Kind.OTHER_TUS, sentence, headers={"Tus-Version": VERSION})


def _check_place(upload: Upload, offset: int, length: int) -> None:
    """Refuse a piece that does not belong where the upload is, or is longer than what is left of it."""
    if offset != upload.offset:
        sentence = f"The upload is at byte {upload.offset}, not at {offset}."
        raise Problem(Kind.WRONG_OFFSET, sentence, headers={"Upload-Offset": str(upload.offset)})
    if length > upload.announced.size - offset:
        raise Problem(Kind.TOO_LARGE, "This is more than was announced of the file.")


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Problem(Kind.BAD_REQUEST, f"{header} must be a number of bytes.")
    return int(text)


def read_metadata(text: str) -> dict[str, bytes]:
    """The pairs of an Upload-Metadata header: keys, each with a value in base64. Raises Problem."""
    if len(text) > METADATA_CHARS:
        raise Problem(Kind.BAD_REQUEST, f"Upload-Metadata is longer than {METADATA_CHARS} characters.")
    found: dict[str, bytes] = {}
    for pair in text.split(",") if text else ():
        key, _, value = pair.strip().partition(" ")
        if not key or key in found:
            raise Problem(Kind.BAD_REQUEST, "A key in Upload-Metadata is empty or there twice.")
        found[key] = _decoded(value, "Upload-Metadata")
    return found


def _text(metadata: dict[str, bytes], key: str) -> str:
    try:
        return metadata.get(key, b"").decode()
    except UnicodeDecodeError as error:
        raise Problem(Kind.BAD_REQUEST, f"“{key}” in Upload-Metadata is not UTF-8.") from error


def read_checksum(header: str | None) -> Checksum | None:
    """What an Upload-Checksum header says; None when there is none. Raises Problem."""
    if header is None:
        return None
    kind, _, value = header.strip().partition(" ")
    if kind not in _HASHES:
        raise Problem(Kind.BAD_REQUEST, f"Upload-Checksum must be one of {', '.join(_HASHES)}.")
    return Checksum(_HASHES[kind](), _decoded(value, "Upload-Checksum"))


def _decoded(value: str, header: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise Problem(Kind.BAD_REQUEST, f"A value in {header} is not base64.") from error
