"""The inbox of the support staff: pages rendered here, sign-in, downloads. No contract, no storage rules.

Whatever was uploaded is text to be escaped, a picture with a picture's first bytes, or a download; never a
page. No script runs here.
"""

from __future__ import annotations

import hmac
import logging
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from snapper.desk import logview
from snapper.desk.problem import Kind, Problem
from snapper.desk.store import Kept, Store
from snapper.desk.throttle import Throttle
from snapper.filenames import safe_name
from snapper.report import Attachment, LogEntry, LogKind, read_code

SESSION_COOKIE = "snapper_desk"
SESSION_SECONDS = 12 * 60 * 60  # a working day
TICKETS_PER_PAGE = 50
REPORTS_PER_TICKET = 100  # the newest; a ticket with more is not read on one page
_FORM_BYTES = 64 * 1024
_NAMED = 3  # files in one line
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}

Handler = Callable[[Request], Awaitable[Response]]
log = logging.getLogger(__name__)


class Inbox:
    """The routes of the inbox over a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._throttle = Throttle(time.monotonic)
        self._style = resources.files("snapper.desk").joinpath("templates/style.css").read_bytes()
        self._pages = jinja2.Environment(
            loader=jinja2.PackageLoader("snapper.desk"), autoescape=True, undefined=jinja2.StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._pages.filters.update(size=readable_size, when=readable_time, names=readable_names)

    def routes(self) -> list[Route]:
        """All routes; only the sign-in page and the style sheet are open to everybody."""
        file = "/reports/{id}/files/{file:int}"
        return [
            Route("/style.css", self._style_sheet, methods=["GET"]),
            Route("/sign-in", self._sign_in_page, methods=["GET"]),
            Route("/sign-in", self._sign_in, methods=["POST"]),
            Route("/sign-out", self._staff_form(self._sign_out), methods=["POST"]),
            Route("/", self._staff(self._tickets), methods=["GET"]),
            Route("/tickets/{number:int}", self._staff(self._ticket), methods=["GET"]),
            Route("/tickets/{number:int}/state", self._staff_form(self._set_state), methods=["POST"]),
            Route(file, self._staff(self._download), methods=["GET"]),
            Route(f"{file}/picture", self._staff(self._picture), methods=["GET"]),
            Route(f"{file}/logs/{{log:int}}", self._staff(self._read_log), methods=["GET"]),
            Route(f"{file}/logs/{{log:int}}/download", self._staff(self._download_log), methods=["GET"]),
        ]

    # --- who is there -------------------------------------------------------------------------------------

    def _staff(self, page: Callable[[Request], Response]) -> Handler:
        """Only for people who signed in; everybody else is asked to, and then led back."""

        async def handler(request: Request) -> Response:
            if not await run_in_threadpool(self._signed_in, request):
                target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/sign-in?next={quote(target, safe='/')}", 303)
            return await run_in_threadpool(page, request)

        return handler

    def _staff_form(self, action: Callable[[Request, Mapping[str, str]], Response]) -> Handler:
        """The same for a form, which must come from a page of ours."""

        async def handler(request: Request) -> Response:
            if not await run_in_threadpool(self._signed_in, request):
                return RedirectResponse("/sign-in", 303)
            form = await _form(request)
            return await run_in_threadpool(action, request, form)

        return handler

    def _signed_in(self, request: Request) -> bool:
        mark = self._store.user_mark(request.session.get("user", ""))
        return mark is not None and hmac.compare_digest(mark, request.session.get("mark", ""))

    def _sign_in_page(self, request: Request) -> Response:
        return self._page(request, "sign_in.html", next=local_path(request.query_params.get("next", "/")))

    async def _sign_in(self, request: Request) -> Response:
        form = await _form(request)
        return await run_in_threadpool(self._check_sign_in, request, form)

    def _check_sign_in(self, request: Request, form: Mapping[str, str]) -> Response:
        address = request.client.host if request.client else ""
        if seconds := self._throttle.wait(address):
            raise Problem(Kind.TOO_MANY_TRIES, f"Try again in {math.ceil(seconds)} seconds.")
        name, target = form.get("name", ""), local_path(form.get("next", "/"))
        if not self._store.check_user(name, form.get("password", "")):
            return self._page(request, "sign_in.html", 403, next=target, failed=True, name=name)
        self._throttle.succeeded(address)
        request.session.clear()
        request.session.update(user=name, mark=self._store.user_mark(name))
        return RedirectResponse(target, 303)

    def _sign_out(self, request: Request, _: Mapping[str, str]) -> Response:
        request.session.clear()
        return RedirectResponse("/sign-in", 303)

    # --- tickets ------------------------------------------------------------------------------------------

    def _tickets(self, request: Request) -> Response:
        wanted = request.query_params.get("q", "").strip()[:100]
        number = self._search(wanted)
        if number is not None:
            return RedirectResponse(f"/tickets/{number}", 303)
        text = request.query_params.get("page", "1")
        page = int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 else 1
        tickets = self._store.tickets((max(page, 1) - 1) * TICKETS_PER_PAGE, TICKETS_PER_PAGE + 1)
        return self._page(
            request, "tickets.html", tickets=tickets[:TICKETS_PER_PAGE], wanted=wanted, page=max(page, 1),
            more=len(tickets) > TICKETS_PER_PAGE,
        )  # fmt: skip

    def _search(self, wanted: str) -> int | None:
        """The ticket of this number or receipt code."""
        code = read_code(wanted)
        digits = wanted.removeprefix("#")
        if digits.isascii() and digits.isdigit() and len(digits) <= 12 and self._store.ticket(int(digits)):
            return int(digits)
        return self._store.ticket_of_code(code) if code else None

    def _ticket(self, request: Request) -> Response:
        number = request.path_params["number"]
        ticket = self._store.ticket(number) if number < 10**12 else None
        if ticket is None:
            raise Problem(Kind.NO_SUCH_TICKET, f"There is no ticket {number}.")
        reports = self._store.reports_of(number, REPORTS_PER_TICKET)
        pictures = {kept.report.id: self._pictures(kept) for kept in reports}
        return self._page(
            request, "ticket.html", ticket=ticket, reports=reports, pictures=pictures, LogKind=LogKind
        )

    def _set_state(self, request: Request, form: Mapping[str, str]) -> Response:
        number, state = request.path_params["number"], form.get("state", "")
        if number >= 10**12 or not self._store.ticket(number):
            raise Problem(Kind.NO_SUCH_TICKET, f"There is no ticket {number}.")
        if state not in ("open", "closed"):
            raise Problem(Kind.BAD_REQUEST, "A ticket is open or closed.")
        self._store.set_state(number, state)
        return RedirectResponse(f"/tickets/{number}", 303)

    # --- files --------------------------------------------------------------------------------------------

    def _pictures(self, kept: Kept) -> dict[int, Attachment]:
        """The attachments that are here and are pictures, by place."""
        missing = kept.missing
        return {
            place: part
            for place, part in enumerate(kept.report.attachments, 1)
            if part not in missing and picture_type(self._store.path(kept.report, part.name))
        }

    def _attachment(self, request: Request) -> tuple[Attachment, Path]:
        kept = self._store.find(request.path_params["id"])
        place = request.path_params["file"]
        if kept is None or not 0 < place <= len(kept.report.attachments):
            raise Problem(Kind.NOT_FOUND, "There is no such file.")
        part = kept.report.attachments[place - 1]
        if part in kept.missing:
            raise Problem(Kind.NOT_FOUND, f"“{part.name}” is still arriving.", "Look again later.")
        return part, self._store.path(kept.report, part.name)

    def _download(self, request: Request) -> Response:
        part, path = self._attachment(request)
        return FileResponse(path, media_type="application/octet-stream", headers=_download_as(part.name))

    def _picture(self, request: Request) -> Response:
        _, path = self._attachment(request)
        media_type = picture_type(path)
        if media_type is None:
            raise Problem(Kind.NOT_FOUND, "This file is not a picture.")
        return FileResponse(path, media_type=media_type)

    def _log(self, request: Request) -> tuple[LogEntry, Path]:
        part, path = self._attachment(request)
        place = request.path_params["log"]
        if not 0 < place <= len(part.contains):
            raise Problem(Kind.NOT_FOUND, "There is no such log.")
        return part.contains[place - 1], path

    def _read_log(self, request: Request) -> Response:
        entry, path = self._log(request)
        if entry.kind is LogKind.SEALED:
            raise Problem(Kind.UNREADABLE, "This log is sealed: only the vendor can read it.")
        kept = self._store.find(request.path_params["id"])
        return self._page(
            request, "log.html", entry=entry, tail=logview.tail(path, entry.name), kept=kept,
            download=f"{request.url.path}/download",
        )  # fmt: skip

    def _download_log(self, request: Request) -> Response:
        entry, path = self._log(request)
        pieces = logview.opened(path, entry.name)
        name = safe_name(entry.name.replace("\\", "/").rpartition("/")[2])
        return StreamingResponse(pieces, media_type="application/octet-stream", headers=_download_as(name))

    # --- pages --------------------------------------------------------------------------------------------

    def _style_sheet(self, _: Request) -> Response:
        return Response(self._style, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    def _page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        csrf = request.session.get("csrf") or secrets.token_urlsafe(24)
        request.session["csrf"] = csrf
        user = request.session.get("user")
        text = self._pages.get_template(template).render(**values, user=user, csrf=csrf)
        return HTMLResponse(text, status, {"Content-Security-Policy": _PAGE_POLICY})

    def problem(self, request: Request, error: Exception) -> Response:
        """A problem as a page."""
        assert isinstance(error, Problem)
        if error.kind.status >= 500:
            log.error("%s", error, exc_info=error)
        kind = error.kind
        return self._page(request, "message.html", kind.status, title=kind.title, sentence=str(error))

    def status(self, request: Request, error: Exception) -> Response:
        """An unknown address or method as a page."""
        assert isinstance(error, HTTPException)
        sentence = "There is nothing at this address."
        return self._page(request, "message.html", error.status_code, title=error.detail, sentence=sentence)


async def _form(request: Request) -> Mapping[str, str]:
    """The fields of a form of ours. Raises Problem for one that is too large or comes from elsewhere."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > _FORM_BYTES:
                raise Problem(Kind.TOO_LARGE, "The form is too large.")
    except ClientDisconnect as error:
        raise Problem(Kind.TOO_SLOW, "The form did not arrive.", "Send it again.") from error
    try:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError as error:
        raise Problem(Kind.BAD_REQUEST, "The form cannot be read.") from error
    expected = request.session.get("csrf", "")
    if not expected or not hmac.compare_digest(expected.encode(), form.get("csrf", "").encode()):
        raise Problem(Kind.FORBIDDEN, "This page was open for too long.", "Go back, reload it and try again.")
    return form


def local_path(target: str) -> str:
    """A place on this desk to go to after signing in; anything else becomes the start page."""
    parts = urlsplit(target) if target.isascii() and target.isprintable() else None
    if parts is None or parts.scheme or parts.netloc or not target.startswith("/") or "\\" in target:
        return "/"
    return "/" if target.startswith("//") else target


def picture_type(path: Path) -> str | None:
    """The media type of a picture by its first bytes; None for everything else."""
    with path.open("rb") as file:
        start = file.read(8)
    return next((media_type for magic, media_type in _PICTURES.items() if start.startswith(magic)), None)


def _download_as(name: str) -> dict[str, str]:
    """A Content-Disposition that makes a browser save the file (RFC 6266, 4.3)."""
    ascii_name = "".join(char if char.isascii() and char not in '"\\%' else "_" for char in name)
    value = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": value}


def readable_size(size: int) -> str:
    """Bytes as people say them: `812 bytes`, `3.4 MB`."""
    if size < 1000:
        return "1 byte" if size == 1 else f"{size} bytes"
    exponent = min((len(str(size)) - 1) // 3, 4)
    value = size / 1000**exponent
    return f"{value:.{0 if value >= 100 else 1}f} {'kMGT'[exponent - 1]}B"


def readable_names(parts: Sequence[Attachment]) -> str:
    """A few files with their sizes: `logs.zip, 20.0 MB; trace.bin, 1.2 kB and 3 more`."""
    named = "; ".join(f"{part.name}, {readable_size(part.size)}" for part in parts[:_NAMED])
    return f"{named} and {len(parts) - _NAMED} more" if len(parts) > _NAMED else named


def readable_time(text: str) -> str:
    """A timestamp as it is read: `2026-08-31 16:51 UTC`."""
    return f"{text[:10]} {text[11:16]} UTC"
