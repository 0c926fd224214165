"""rageshake 1.17.0, from its documentation and its source.

README.md, docs/api.md and docs/blocked_rageshake.md of github.com/matrix-org/rageshake, and submit.go and
logserver.go where these are silent: what it drops without a word is only there.

It says yes to nearly everything: a file whose name it dislikes, a log with a line that is too long, a damaged
gzip: each is left out, and the answer is 200. Two files of one name: the second replaces the first.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
import secrets
import shutil
import tarfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from tests.ticket_fakes import Fake, Refusal
from tests.ticket_fakes.asking import basic_login, json_body, media_type
from tests.ticket_fakes.bodies import Form, Sent

REQUEST_BYTES = 55 << 20  # submit.go: maxPayloadSize; measured by Content-Length
LINE_BYTES = 64 << 10  # bufio.Scanner takes no longer line
FILE_NAME = re.compile(r"[a-zA-Z0-9_-]+\.(jpg|png|txt|json|txt\.gz|json\.gz)")
LOG_NAME = re.compile(r"[a-zA-Z0-9_-][a-zA-Z0-9_.-]*\.(log|txt)(\.gz)?")
_POLICY = "https://github.com/matrix-org/rageshake/blob/master/docs/blocked_rageshake.md"
_MEDIA_TYPES = {
    ".txt": "text/plain; charset=utf-8", ".log": "text/plain; charset=utf-8", ".png": "image/png",
    ".jpg": "image/jpeg", ".json": "application/json",
}  # fmt: skip


@dataclass
class Details:
    """What `details.json` says of a report; `logErrors` and `fileErrors` are all that tells of losses."""

    user_text: str = ""
    app: str = ""
    data: dict[str, str] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    logErrors: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    fileErrors: list[str] = field(default_factory=list)
    id: str = ""
    create_time: int = 0
    report_url: str = ""
    listing_url: str = ""


class System(Fake):
    """`apps` are the only applications it takes reports of (allowed_app_names), none: all; with `tracker` it
    makes an issue there and names its address; `listing_login` guards the listing; `max_log_lines` as there.
    """

    system = "rageshake"
    commits = re.compile(r"POST /api/submit")
    token = ""
    listing_login = ("support", "listing-secret")

    def __init__(
        self,
        folder: Path,
        *,
        apps: Sequence[str] = (),
        tracker: str = "",
        request_bytes: int = REQUEST_BYTES,
        max_log_lines: int | None = None,
        rejects: re.Pattern[str] | None = None,
    ) -> None:
        self._bugs = folder.resolve() / "bugs"
        self._bugs.mkdir(parents=True, exist_ok=True)
        self._apps, self._tracker, self._rejects = apps, tracker, rejects
        self._request_bytes, self._max_log_lines = request_bytes, max_log_lines
        self._reports: dict[str, Details] = {}
        super().__init__(folder)

    # --- for tests ------------------------------------------------------------------------------------------

    def tickets(self) -> list[str]:
        """Every report, by what its sender calls it in the field `report`, else by its folder."""
        return list(self._reports)

    def close(self, ticket: str) -> None:
        """There is no such thing here."""
        raise NotImplementedError("Reports in rageshake are never closed.")

    def reader_token(self) -> str:
        """The password of the listing; sending takes none."""
        return self.listing_login[1]

    def details(self, ticket: str) -> Details:
        """What it says of a report."""
        return self._reports[ticket]

    def stored(self, ticket: str) -> dict[str, bytes]:
        """The files in a report's folder, those it makes itself left out; logs are gzipped there."""
        return {
            path.name: path.read_bytes()
            for path in sorted((self._bugs / self._reports[ticket].id).iterdir())
            if not path.name.startswith("details.")
        }

    # --- the API --------------------------------------------------------------------------------------------

    def routes(self) -> Sequence[BaseRoute]:
        """The addresses it serves."""
        every = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        return [
            Route("/api/submit", self._submit, methods=every),
            Route("/api/listing/{path:path}", self._listing, methods=every),
            Route("/health", lambda _: PlainTextResponse("ok"), methods=every),
        ]

    def unknown(self, request: Request) -> Response:
        """What Go's server says."""
        return PlainTextResponse("404 page not found\n", 404)

    def broken(self, status: int) -> Response:
        """Its own 500; the others come from the proxy before it."""
        if status == 500:
            return _error(500, "Could not save report", "UNKNOWN")
        page = f"<html><head><title>{status}</title></head><body><center>nginx</center></body></html>"
        return Response(page, status, {"Retry-After": "7"}, "text/html")

    async def _submit(self, request: Request) -> Response:
        if request.method not in ("POST", "OPTIONS"):
            return _error(405, "Method not allowed. Use POST.", "METHOD_NOT_ALLOWED")
        if request.method == "OPTIONS":
            return JSONResponse({})
        report = time.strftime("%Y-%m-%d/%H%M%S", time.gmtime(self.clock.now()))
        report += f"-{secrets.token_hex(4).upper()}"
        folder = self._bugs / report
        folder.mkdir(parents=True)
        try:
            details = await self._parsed(request, folder)
            self._check(details)
        except BaseException:
            shutil.rmtree(folder)
            raise
        details.id, details.create_time = report, int(self.clock.now()) * 1000
        details.report_url = f"{self._tracker}/{len(self._reports) + 1}" if self._tracker else ""
        details.listing_url = f"{self.peer.url}/api/listing/{report}"
        self._save(folder, details)
        return JSONResponse({"report_url": details.report_url} if details.report_url else {})

    async def _parsed(self, request: Request, folder: Path) -> Details:
        length = request.headers.get("content-length", "")
        if not length.isdigit():
            raise Refusal(_error(400, "Bad Content-Length header", "BAD_HEADER"))
        if int(length) > self._request_bytes:
            raise Refusal(_error(413, "Content too large", "CONTENT_TOO_LARGE"))
        if media_type(request) != "multipart/form-data":
            return await self._from_json(request, folder)
        try:
            form = await self.shelf.form(request)
        except HTTPException:
            raise Refusal(_error(400, "Bad multipart data", "BAD_CONTENT")) from None
        return self._from_form(form, folder)

    def _check(self, details: Details) -> None:
        if self._apps and details.app not in self._apps:
            words = "This server does not accept rageshakes from your application."
            raise Refusal(_error(400, words, "DISALLOWED_APP", policy_url=_POLICY))
        if self._rejects and self._rejects.search(details.user_text):
            words = "This server did not accept the rageshake because it matches a rejection condition: no."
            raise Refusal(_error(400, words, "REJECTED", policy_url=_POLICY))

    def _save(self, folder: Path, details: Details) -> None:
        (folder / "details.json").write_text(json.dumps(asdict(details)) + "\n")
        summary = f"{details.user_text}\n\nNumber of logs: {len(details.logs)}\nApplication: {details.app}\n"
        (folder / "details.log.gz").write_bytes(gzip.compress(summary.encode()))
        name = details.data.get("report", details.id)
        self._reports[details.id if name in self._reports else name] = details

    # --- what is sent ---------------------------------------------------------------------------------------

    def _from_form(self, form: Form, folder: Path) -> Details:
        details = Details()
        for name, values in form.fields.items():
            for value in values:
                _take_field(details, name, value)
        lines = 0
        for sent in form.files:  # a part without a file name is a field, whatever it is called
            if sent.field == "file":
                _take_file(details, sent, folder)
            elif sent.field in ("log", "compressed-log"):
                lines += self._take_log(details, sent, folder)
                self._check_lines(lines)
            else:
                _take_field(details, sent.field, sent.blob.read().decode("utf-8", "replace"))
        return details

    async def _from_json(self, request: Request, folder: Path) -> Details:
        body = await json_body(request, lambda: _error(400, "Could not decode payload", "BAD_CONTENT"))
        details = Details(body.get("text", "").strip(), body.get("app", ""))
        details.data.update(body.get("data") or {})
        details.labels.extend(body.get("labels") or [])
        lines = 0
        for log in body.get("logs") or []:
            source = io.BytesIO(log["lines"].encode())
            lines += self._keep_log(details, str(log.get("id", "")), source, folder)
            self._check_lines(lines)
        return details

    def _check_lines(self, lines: int) -> None:
        if self._max_log_lines is not None and lines >= self._max_log_lines:
            raise Refusal(_error(400, "Bad multipart data", "BAD_CONTENT"))

    def _take_log(self, details: Details, sent: Sent, folder: Path) -> int:
        with sent.blob.path.open("rb") as source:
            if sent.field == "log":
                return self._keep_log(details, sent.name, source, folder)
            with gzip.open(source) as unzipped:
                return self._keep_log(details, sent.name, cast(BinaryIO, unzipped), folder)

    def _keep_log(self, details: Details, name: str, source: BinaryIO, folder: Path) -> int:
        leaf = name if LOG_NAME.fullmatch(name) else f"logs-{len(details.logs):04d}.log.gz"
        leaf += "" if leaf.endswith(".gz") else ".gz"
        try:
            with gzip.open(folder / leaf, "wb") as kept:
                count = sum(1 for line in _lines(source) if kept.write(line))
        except (OSError, EOFError, ValueError) as error:
            details.logErrors.append(f"Error saving log {leaf}: {error}")
            return 0
        details.logs.append(leaf)
        return count

    # --- the listing ----------------------------------------------------------------------------------------

    def _listing(self, request: Request) -> Response:
        if basic_login(request) != self.listing_login:
            return PlainTextResponse(
                "Unauthorised.\n", 401, {"WWW-Authenticate": 'Basic realm="Riot bug reports"'}
            )
        path = (self._bugs / request.path_params["path"]).resolve()
        if not path.is_relative_to(self._bugs) or not path.exists():
            return self.unknown(request)
        if path.is_dir():
            packed = request.query_params.get("format") == "tar.gz"
            return _tarball(path) if packed else _page(path)
        kind = _MEDIA_TYPES.get(Path(path.name.removesuffix(".gz")).suffix, "application/octet-stream")
        if path.suffix != ".gz":
            return FileResponse(path, media_type=kind)
        if "gzip" in re.split(r"[\s,]+", request.headers.get("accept-encoding", "")):
            return FileResponse(path, media_type=kind, headers={"Content-Encoding": "gzip"})
        return Response(gzip.decompress(path.read_bytes()), media_type=kind)


def _error(status: int, words: str, code: str, **more: str) -> JSONResponse:
    return JSONResponse({"error": words, "errcode": code, **more}, status)


def _take_field(details: Details, name: str, value: str) -> None:
    match name:
        case "text":
            details.user_text = value
        case "app":
            details.app = value
        case "version":
            details.data["Version"] = value
        case "user_agent":
            details.data["User-Agent"] = value
        case "label":
            details.labels.append(value)
        case _:
            details.data[name] = value


def _take_file(details: Details, sent: Sent, folder: Path) -> None:
    if not FILE_NAME.fullmatch(sent.name):
        details.fileErrors.append(f"Error saving {sent.name}: Invalid upload filename")
        return
    shutil.copyfile(sent.blob.path, folder / sent.name)
    details.files.append(sent.name)


def _lines(source: BinaryIO) -> Iterator[bytes]:
    """Lines with their ends; ValueError at one that Go's scanner cannot hold."""
    while line := source.readline(LINE_BYTES + 1):
        if len(line) > LINE_BYTES or (len(line) == LINE_BYTES and not line.endswith(b"\n")):
            raise ValueError("error reading log submission: bufio.Scanner: token too long")
        yield line


def _page(folder: Path) -> Response:
    names = (path.name + "/" * path.is_dir() for path in sorted(folder.iterdir()))
    links = "".join(f'<a href="{name}">{name}</a>\n' for name in names)
    return Response(f"<pre>\n{links}</pre>\n", media_type="text/html")


def _tarball(folder: Path) -> Response:
    packed = io.BytesIO()
    with contextlib.closing(tarfile.open(fileobj=packed, mode="w:gz")) as archive:
        archive.add(folder, folder.name)
    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{folder.name}.tar.gz"'}
    return Response(packed.getvalue(), 200, headers, "application/octet-stream")
