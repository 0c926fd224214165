"""GitLab 18, from its documentation.

docs.gitlab.com: REST API (authentication, pagination, status codes), Markdown uploads, Issues, Notes; user
and IP rate limits; instance limits; quick actions; uploads sanitize (EXIF). Where these give only a status,
the words are those of GitLab's own source (lib/api/helpers.rb, Grape's validations). What it does to texts is
in gitlab_texts.

Traps that are enforced: a line that starts with /close, /label … in a description or note is a command, done
and taken out of the text, unless it stands in a code block; uploads get another name where theirs has spaces
or signs; an upload belongs to nothing until a text links to it; the number people use is `iid`, not `id`;
issues that are closed take notes all the same; uploads can be read back only since 17.4, by whoever knows
their secret; listing them takes a maintainer.
"""

from __future__ import annotations

import email.utils
import json
import re
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from tests.ticket_fakes import Fake, Refusal
from tests.ticket_fakes.asking import RateLimit, json_body, media_type, page_of
from tests.ticket_fakes.bodies import Blob, Sent
from tests.ticket_fakes.gitlab_texts import Issue, is_image, is_photo, obeyed, stored_name

FILE_BYTES = 100 << 20  # max_attachment_size, by default 100 MB
TITLE_CHARS, DESCRIPTION_CHARS, NOTE_CHARS = 255, 1_048_576, 1_000_000
_PROJECT_ID, _PROJECT_PATH = 77, "support/trading-desk"
_FIRST_ID = 9000  # ids are unique across all projects, iids start at 1 in each


@dataclass(frozen=True)
class Upload:
    """A file that texts may link to."""

    number: int
    secret: str
    name: str
    blob: Blob


class System(Fake):
    """`version` decides what it can; `file_bytes` is its largest upload; `requests_a_minute` and
    `issues_a_minute` its two rate limits, which answer differently; `archived` and `no_issues` are states of
    the project.
    """

    system = "gitlab"
    commits = re.compile(r"POST /api/v4/projects/.+/issues(/\d+/notes)?")
    token, place = "glpat-AbCdEf0123456789_-xyz", _PROJECT_PATH

    def __init__(
        self,
        folder: Path,
        *,
        version: str = "18.5.0",
        file_bytes: int = FILE_BYTES,
        requests_a_minute: int | None = None,
        issues_a_minute: int | None = None,
        archived: bool = False,
        no_issues: bool = False,
    ) -> None:
        self._version, self._file_bytes = version, file_bytes
        self._archived, self._no_issues = archived, no_issues
        self._issues: list[Issue] = []
        self._uploads: dict[tuple[str, str], Upload] = {}
        super().__init__(folder)
        self._rate = RateLimit(requests_a_minute, 60, self.clock.now)
        self._issue_rate = RateLimit(issues_a_minute, 60, self.clock.now)

    # --- for tests ------------------------------------------------------------------------------------------

    def tickets(self) -> list[str]:
        """The iid of every issue."""
        return [str(issue.iid) for issue in self._issues]

    def close(self, ticket: str) -> None:
        """Close an issue."""
        self.issue(ticket).state = "closed"

    def reader_token(self) -> str:
        """A token with the scope read_api only."""
        return "glpat-reads-only-0123456789"

    def issue(self, ticket: str) -> Issue:
        """An issue by its iid."""
        return self._issues[int(ticket) - 1]

    def attachments(self, ticket: str) -> list[tuple[str, Blob]]:
        """Names and files that an issue's texts link to, in their order; what nothing links to is on none."""
        text = "\n".join(self.issue(ticket).texts())
        links = re.findall(r"\]\(/uploads/(\w{32})/([^)\s]+)\)", text)
        uploads = [self._uploads.get((secret, unquote(name))) for secret, name in links]
        return [(upload.name, upload.blob) for upload in uploads if upload]

    # --- the API --------------------------------------------------------------------------------------------

    def routes(self) -> Sequence[BaseRoute]:
        """The addresses it serves; a project's path has its slash encoded."""
        project = "/api/v4/projects/{project:path}"
        return [
            Route("/api/v4/version", self._about, methods=["GET"]),
            Route("/api/v4/personal_access_tokens/self", self._own_token, methods=["GET"]),
            Route("/api/v4/projects", self._projects, methods=["GET"]),
            Route(project + "/uploads", self._upload, methods=["POST"]),
            Route(project + "/uploads", self._maintainers_only, methods=["GET"]),
            Route(project + "/uploads/{number:int}", self._maintainers_only, methods=["GET"]),
            Route(project + "/uploads/{secret}/{name}", self._download, methods=["GET"]),
            Route(project + "/issues", self._list, methods=["GET"]),
            Route(project + "/issues", self._create, methods=["POST"]),
            Route(project + "/issues/{iid}/notes", self._notes, methods=["GET"]),
            Route(project + "/issues/{iid}/notes", self._add_note, methods=["POST"]),
            Route(project + "/issues/{iid}", self._get, methods=["GET"]),
            Route(project, self._project, methods=["GET"]),
            Route("/-/project/{path:path}", self._web, methods=["GET"]),
        ]

    def unknown(self, request: Request) -> Response:
        """JSON below /api, else a page."""
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": "404 Not Found"}, 404)
        return Response("<!DOCTYPE html><title>Not Found</title>", 404, media_type="text/html")

    def wrong_method(self, request: Request) -> Response:
        """Grape's words."""
        return JSONResponse({"error": "405 Not Allowed"}, 405)

    def broken(self, status: int) -> Response:
        """429 as Rack::Attack, 500 as the API, 503 as the page of its web server."""
        if status == 429:
            return self._too_many(7)
        if status == 503:
            return Response("<!DOCTYPE html><title>503</title>", 503, media_type="text/html")
        return _message(status, "500 Internal Server Error")

    def _enter(self, request: Request) -> None:
        """Check rate limit, token, scope and project. Raises Refusal."""
        if (wait := self._rate.take()) is not None:
            raise Refusal(self._too_many(wait))
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = request.headers.get("private-token") or bearer
        if token not in (self.token, self.reader_token()):
            raise Refusal(_message(401, "401 Unauthorized"))
        if token == self.reader_token() and request.method != "GET":
            words = "The request requires higher privileges than provided by the access token."
            answer = {"error": "insufficient_scope", "error_description": words, "scope": "api"}
            raise Refusal(JSONResponse(answer, 403))
        if "project" in request.path_params:
            self._check_project(request)

    def _check_project(self, request: Request) -> None:
        asked = bytes(request.scope["raw_path"]).decode().split("/")[4]  # as it was encoded
        if unquote(asked) not in (str(_PROJECT_ID), _PROJECT_PATH):
            raise Refusal(_message(404, "404 Project Not Found"))
        if self._archived and request.method != "GET":
            raise Refusal(_message(403, "403 Forbidden"))
        if self._no_issues and "/issues" in request.url.path:
            raise Refusal(_message(403, "403 Forbidden"))

    def _too_many(self, wait: int) -> Response:
        reset = int(self.clock.now()) + wait
        return PlainTextResponse(
            "Retry later\n",
            429,
            {
                "RateLimit-Limit": str(self._rate.limit or 60),
                "RateLimit-Name": "throttle_authenticated_api",
                "RateLimit-Observed": str((self._rate.limit or 60) + 1),
                "RateLimit-Remaining": "0",
                "RateLimit-Reset": str(reset),
                "RateLimit-ResetTime": email.utils.formatdate(reset, usegmt=True),
                "Retry-After": str(wait),
            },
        )

    async def _about(self, request: Request) -> Response:
        self._enter(request)
        return JSONResponse({"version": self._version, "revision": "0123abcd"})

    async def _own_token(self, request: Request) -> Response:
        self._enter(request)
        reads = request.headers.get("private-token") == self.reader_token()
        return JSONResponse({"id": 4, "active": True, "scopes": ["read_api" if reads else "api"]})

    async def _projects(self, request: Request) -> Response:
        self._enter(request)
        return _page(request, [self._shown_project()])

    async def _project(self, request: Request) -> Response:
        self._enter(request)
        return JSONResponse(self._shown_project())

    def _shown_project(self) -> dict[str, Any]:
        return {
            "id": _PROJECT_ID,
            "name": "Trading desk",
            "path_with_namespace": _PROJECT_PATH,
            "web_url": f"{self.peer.url}/{_PROJECT_PATH}",
            "archived": self._archived,
            "issues_enabled": not self._no_issues,
        }

    # --- uploads --------------------------------------------------------------------------------------------

    async def _upload(self, request: Request) -> Response:
        self._enter(request)
        if media_type(request) != "multipart/form-data":
            raise Refusal(JSONResponse({"error": "file is missing"}, 400))
        if int(request.headers.get("content-length", 0)) > self._file_bytes + (1 << 20):
            raise Refusal(PlainTextResponse("Request Entity Too Large\n", 413))  # its Workhorse does not wait
        try:
            form = await self.shelf.form(request)
        except HTTPException:
            raise Refusal(JSONResponse({"error": "file is invalid"}, 400)) from None
        sent = next((each for each in form.files if each.field == "file"), None)
        if sent is None:
            raise Refusal(JSONResponse({"error": "file is missing"}, 400))
        if sent.blob.size > self._file_bytes:
            raise Refusal(PlainTextResponse("Request Entity Too Large\n", 413))
        return JSONResponse(self._keep(sent.name, await self._stripped(sent)), 201)

    async def _stripped(self, sent: Sent) -> Blob:
        """Photos lose what their camera wrote into them: here, their last byte."""
        if not is_photo(sent.name):
            return sent.blob

        async def pieces() -> AsyncIterator[bytes]:
            yield sent.blob.read()[:-1]

        return await self.shelf.keep(pieces())

    def _keep(self, sent_as: str, blob: Blob) -> dict[str, Any]:
        name = stored_name(sent_as)
        upload = Upload(len(self._uploads) + 1, secrets.token_hex(16), name, blob)
        self._uploads[upload.secret, name] = upload
        url = f"/uploads/{upload.secret}/{name}"
        alt = (name.rpartition(".")[0] if is_image(name) else name).replace("]", "\\]")
        answer: dict[str, Any] = {
            "alt": alt,
            "url": url,
            "full_path": f"/-/project/{_PROJECT_ID}{url}",
            "markdown": f"{'!' if is_image(name) else ''}[{alt}]({url})",
        }
        return {"id": upload.number, **answer} if self._since(17, 3) else answer

    async def _download(self, request: Request) -> Response:
        self._enter(request)
        if not self._since(17, 4):
            raise Refusal(self.unknown(request))
        upload = self._uploads.get((request.path_params["secret"], request.path_params["name"]))
        if upload is None:
            raise Refusal(_message(404, "404 Not found"))
        return upload.blob.response(upload.name)

    async def _maintainers_only(self, request: Request) -> Response:
        self._enter(request)
        raise Refusal(_message(403, "403 Forbidden") if self._since(17, 2) else self.unknown(request))

    async def _web(self, request: Request) -> Response:
        """The website, which knows sessions and no tokens."""
        return RedirectResponse(f"{self.peer.url}/users/sign_in", 302)

    def _since(self, *version: int) -> bool:
        return tuple(int(part) for part in self._version.split(".")[:2]) >= version

    # --- issues and notes -----------------------------------------------------------------------------------

    async def _create(self, request: Request) -> Response:
        self._enter(request)
        if self._issue_rate.take() is not None:
            words = "This endpoint has been requested too many times. Try again later."
            raise Refusal(_message(429, {"error": words}))
        values = await self._values(request)
        title, text = _text(values, "title"), _text(values, "description", required=False)
        _check_length("title", title, TITLE_CHARS)
        _check_length("description", text, DESCRIPTION_CHARS)
        issue = Issue(len(self._issues) + 1, title, "", confidential=values.get("confidential") is True)
        issue.description = obeyed(issue, text)
        self._issues.append(issue)
        return JSONResponse(self._shown(issue), 201)

    async def _add_note(self, request: Request) -> Response:
        self._enter(request)
        issue = self._asked(request)
        body = _text(await self._values(request), "body")
        if len(body) > NOTE_CHARS:
            raise Refusal(_message(400, "400 Bad request - Note is too long (maximum is 1000000 characters)"))
        left = obeyed(issue, body)
        if not left.strip():
            return JSONResponse({"commands_changes": {}, "summary": ["Applied the commands."]}, 202)
        issue.notes.append(left)
        return JSONResponse(_note(issue, len(issue.notes) - 1), 201)

    async def _get(self, request: Request) -> Response:
        self._enter(request)
        return JSONResponse(self._shown(self._asked(request)))

    async def _notes(self, request: Request) -> Response:
        self._enter(request)
        issue = self._asked(request)
        notes = [_note(issue, index) for index in range(len(issue.notes))]
        if request.query_params.get("sort", "desc") == "desc":
            notes.reverse()
        return _page(request, notes)

    async def _list(self, request: Request) -> Response:
        self._enter(request)
        asked = request.query_params
        places = asked.get("in", "title,description").split(",")
        words = asked.get("search", "").casefold().split()
        found = [
            self._shown(issue)
            for issue in reversed(self._issues)
            if asked.get("state", "all") in ("all", issue.state)
            and all(word in "\n".join(getattr(issue, place) for place in places).casefold() for word in words)
        ]
        return _page(request, found)

    def _asked(self, request: Request) -> Issue:
        iid = request.path_params["iid"]
        if not iid.isdigit():
            raise Refusal(JSONResponse({"error": "issue_iid is invalid"}, 400))
        if not 0 < int(iid) <= len(self._issues):
            raise Refusal(_message(404, "404 Not found"))
        return self._issues[int(iid) - 1]

    async def _values(self, request: Request) -> dict[str, Any]:
        if media_type(request) == "application/json":
            return await json_body(request, lambda: JSONResponse({"error": "The JSON is malformed"}, 400))
        form = await self.shelf.form(request)
        return {name: values[-1] for name, values in form.fields.items()}

    def _shown(self, issue: Issue) -> dict[str, Any]:
        return {
            "id": _FIRST_ID + issue.iid,
            "iid": issue.iid,
            "project_id": _PROJECT_ID,
            "title": issue.title,
            "description": issue.description,
            "state": issue.state,
            "confidential": issue.confidential,
            "web_url": f"{self.peer.url}/{_PROJECT_PATH}/-/issues/{issue.iid}",
            "discussion_locked": None,
        }


def _message(status: int, words: str | dict[str, Any]) -> Response:
    return JSONResponse({"message": words}, status)


def _text(values: dict[str, Any], name: str, required: bool = True) -> str:
    value = values.get(name)
    if value is None or value == "":
        if required:
            raise Refusal(JSONResponse({"error": f"{name} is missing"}, 400))
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _check_length(name: str, text: str, most: int) -> None:
    if len(text) > most:
        raise Refusal(_message(400, {name: [f"is too long (maximum is {most} characters)"]}))


def _note(issue: Issue, index: int) -> dict[str, Any]:
    return {
        "id": issue.iid * 1000 + index,
        "body": issue.notes[index],
        "system": False,
        "internal": False,
        "noteable_iid": issue.iid,
        "noteable_type": "Issue",
    }


def _page(request: Request, items: list[dict[str, Any]]) -> Response:
    """20 at a time unless asked for up to 100; where the next page is stands in the headers."""
    page, size = page_of(request), min(100, page_of(request, "per_page"))
    size = size if "per_page" in request.query_params else 20
    more = len(items) > page * size
    headers = {
        "X-Page": str(page),
        "X-Per-Page": str(size),
        "X-Next-Page": str(page + 1) if more else "",
        "X-Total": str(len(items)),
    }
    if more:
        headers["Link"] = f'<{request.url.include_query_params(page=page + 1)}>; rel="next"'
    return JSONResponse(items[(page - 1) * size : page * size], headers=headers)
