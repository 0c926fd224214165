"""Jira Service Management, Cloud and Data Center, from its documentation.

developer.atlassian.com: cloud/jira/service-desk/rest (intro, Servicedesk, Request), cloud/jira/platform
(attachment meta, rate limiting, search and reconcile), server/jira-servicedesk/rest (Customer Request,
Request Attachment), Data Center's basic authentication and rate limiting. Where they give only a status, the
words are chosen here.

Traps that are enforced: uploads need `X-Atlassian-Token: no-check`, their ids live an hour and serve once;
new requests are found only after a while (`settle`), by the words of their summary; lists come in pages; no
idempotency; a summary has one line and 255 characters, a description 32,767; downloads in the Cloud lead to
another host that must not see the login; Data Center cannot list a request's attachments except through the
platform's API, which customers may not use, and bars a login after three wrong passwords.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from tests.ticket_fakes import Fake, Refusal
from tests.ticket_fakes import jira_sm_parts as parts
from tests.ticket_fakes.asking import RateLimit, basic_login, json_body, media_type
from tests.ticket_fakes.bodies import Blob
from tests.ticket_fakes.jira_sm_parts import KEY, Sent, Ticket, check_text, error, forbidden, page
from tests.ticket_fakes.storage import Storage

FILE_BYTES = 1 << 30  # Cloud's default; Data Center's is 10 MB
_DESK, _TYPE, _TYPE_NAME = "61", "112", "Report a problem"
_OTHER_DESKS = 60  # so that ours is on the second page
_API = "/rest/servicedeskapi"


class System(Fake):
    """`edition` decides about login, downloads and what is missing; `agent`: whether our account is licensed
    and may use the platform's API (else it is a customer's); `required` are further fields that a request
    must have; `attachment_field`, `description_field`: whether the request type has one."""

    system = "jira_sm"
    commits = re.compile(rf"POST {_API}/request(/{KEY}-\d+/attachment)?")
    place = f"{KEY}/{_TYPE_NAME}"
    login, token = "reporter@example.com", "ATATT3xFfGF0-token=1234"

    def __init__(
        self,
        folder: Path,
        *,
        edition: Literal["cloud", "datacenter"] = "cloud",
        agent: bool = False,
        file_bytes: int = FILE_BYTES,
        requests_a_minute: int | None = None,
        required: Sequence[str] = (),
        attachment_field: bool = True,
        description_field: bool = True,
    ) -> None:
        self._cloud, self._agent = edition == "cloud", agent
        self._file_bytes, self._required = file_bytes, required
        self._fields = ["summary", *["description"] * description_field, *required]
        self._fields += ["attachment"] * attachment_field
        self._tickets: list[Ticket] = []
        self._found: set[int] = set()
        self._wrong_logins = 0
        self._text_chars = parts.TEXT_CHARS
        super().__init__(folder)
        self._temporary = parts.Temporary(self.clock.now)
        self.storage = Storage(self.clock.now, 60)
        self.hosts = (self.storage.serving,)
        self._rate = RateLimit(requests_a_minute, 60, self.clock.now)

    # --- for tests ------------------------------------------------------------------------------------------

    def tickets(self) -> list[str]:
        """The key of every request."""
        return [ticket.key for ticket in self._tickets]

    def close(self, ticket: str) -> None:
        """Into a status whose workflow property says that nothing may be changed (jira.issue.editable)."""
        self.ticket(ticket).status = "Closed"

    def reader_token(self) -> str:
        """A token of somebody who may see the requests and not write."""
        return "ATATT3xFfGF0-reader=5678"

    def settle(self) -> None:
        """Let the index catch up."""
        self._found.update(ticket.number for ticket in self._tickets)

    def refuse_comments(self) -> None:
        """Let a validator of the workflow say no to whatever is added, as administrators may set up."""
        self._text_chars = 0

    def ticket(self, key: str) -> Ticket:
        """A request by its key."""
        return next(ticket for ticket in self._tickets if ticket.key == key)

    def attachments(self, ticket: str) -> list[tuple[str, Blob]]:
        """Names and files on a request, oldest first."""
        return [(sent.name, sent.blob) for sent in self.ticket(ticket).files]

    # --- the API --------------------------------------------------------------------------------------------

    def routes(self) -> Sequence[BaseRoute]:
        """The addresses it serves."""
        desk, ticket = f"{_API}/servicedesk/{{desk}}", f"{_API}/request/{{key}}"
        both = [
            Route(f"{_API}/info", self._info, methods=["GET"]),
            Route(f"{_API}/servicedesk", self._desks, methods=["GET"]),
            Route(f"{desk}/requesttype", self._types, methods=["GET"]),
            Route(f"{desk}/requesttype/{{type}}/field", self._type_fields, methods=["GET"]),
            Route(f"{desk}/attachTemporaryFile", self._upload, methods=["POST"]),
            Route(f"{_API}/request", self._list, methods=["GET"]),
            Route(f"{_API}/request", self._create, methods=["POST"]),
            Route(ticket, self._get, methods=["GET"]),
            Route(f"{ticket}/comment", self._comments, methods=["GET"]),
            Route(f"{ticket}/attachment", self._attach, methods=["POST"]),
            Route("/rest/api/2/attachment/meta", self._meta, methods=["GET"]),
            Route("/rest/api/2/issue/{key}", self._issue, methods=["GET"]),
        ]
        if not self._cloud:
            return [*both, Route("/secure/attachment/{number}/{name}", self._download, methods=["GET"])]
        return [
            *both,
            Route(f"{ticket}/attachment", self._list_files, methods=["GET"]),
            Route(f"{ticket}/attachment/{{number}}", self._download, methods=["GET"]),
        ]

    def unknown(self, request: Request) -> Response:
        """Jersey's words."""
        if request.url.path.startswith("/rest/"):
            return JSONResponse({"message": f"null for uri: {request.url}", "status-code": 404}, 404)
        page = "<!DOCTYPE html><title>Oops, you've found a dead link.</title>"
        return Response(page, 404, media_type="text/html")

    def wrong_method(self, request: Request) -> Response:
        """As its framework answers."""
        return Response(status_code=405, headers={"Allow": "POST"})

    def broken(self, status: int) -> Response:
        """429 with the documented headers; 500 as JSON; 503 as the page of the proxy before it."""
        if status == 429:
            return self._too_many(7)
        if status == 503:
            page = "<html><body>Service Unavailable</body></html>"
            return Response(page, 503, {"Retry-After": "7"}, "text/html")
        return error(status, "Internal server error", "sd.error.internal")

    def _enter(self, request: Request) -> bool:
        """Who asks? True: somebody who may write."""
        if (wait := self._rate.take()) is not None:
            raise Refusal(self._too_many(wait))
        if not self._cloud and self._wrong_logins >= 3:
            denied = f"CAPTCHA_CHALLENGE; login-url={self.peer.url}/login.jsp"
            headers = {
                "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
                "X-Authentication-Denied-Reason": denied,
            }
            raise Refusal(Response("Basic Authentication Failure", 403, headers, "text/html"))
        user, token = basic_login(request) or ("", "")
        if not self._cloud and (bearer := request.headers.get("authorization", "")).startswith("Bearer "):
            user, token = self.login, bearer.removeprefix("Bearer ")
        if user != self.login or token not in (self.token, self.reader_token()):
            self._wrong_logins += 1
            headers = {
                "WWW-Authenticate": 'OAuth realm="here"',
                "X-Seraph-LoginReason": "AUTHENTICATED_FAILED",
            }
            words = "Client must be authenticated to access this resource."
            raise Refusal(PlainTextResponse(words, 401, headers))
        self._wrong_logins = 0
        return token == self.token

    def _too_many(self, wait: int) -> Response:
        limit = str(self._rate.limit or 100)
        headers = {"Retry-After": str(wait), "X-RateLimit-Limit": limit, "X-RateLimit-Remaining": "0"}
        if self._cloud:
            at = time.gmtime(self.clock.now() + wait)
            headers["X-RateLimit-Reset"] = time.strftime("%Y-%m-%dT%H:%MZ", at)
            headers["RateLimit-Reason"] = "jira-burst-based"
        else:
            headers |= {"X-RateLimit-Interval-Seconds": "60", "X-RateLimit-FillRate": limit}
        return PlainTextResponse("Rate limit exceeded.", 429, headers)

    # --- desks and types ------------------------------------------------------------------------------------

    async def _info(self, request: Request) -> Response:
        return JSONResponse({"version": "5.12.0", "isLicensedForUse": True})

    async def _desks(self, request: Request) -> Response:
        self._enter(request)
        desks = [(str(number), f"P{number}", f"Project {number}") for number in range(1, _OTHER_DESKS + 1)]
        names = ("id", "projectKey", "projectName")
        return page(
            request, [dict(zip(names, desk, strict=True)) for desk in [*desks, (_DESK, KEY, "Operations")]]
        )

    async def _types(self, request: Request) -> Response:
        self._enter(request)
        self._check_desk(request.path_params["desk"])
        types = [{"id": "111", "name": "Ask a question"}, {"id": _TYPE, "name": _TYPE_NAME}]
        return page(request, types)

    async def _type_fields(self, request: Request) -> Response:
        self._enter(request)
        self._check_desk(request.path_params["desk"])
        fields = [
            {"fieldId": name, "name": name, "required": name not in ("description", "attachment")}
            for name in self._fields
        ]
        return JSONResponse({"requestTypeFields": fields, "canRaiseOnBehalfOf": self._agent})

    def _check_desk(self, desk: str) -> None:
        if desk not in (_DESK, KEY):
            raise Refusal(error(404, "The service desk does not exist.", "sd.error.servicedesk.not.found"))

    # --- files ----------------------------------------------------------------------------------------------

    async def _upload(self, request: Request) -> Response:
        writer = self._enter(request)
        if request.headers.get("x-atlassian-token") != "no-check":
            raise Refusal(PlainTextResponse("XSRF check failed", 403))
        self._check_desk(request.path_params["desk"])
        if not writer:
            raise Refusal(forbidden())
        if media_type(request) != "multipart/form-data":
            raise Refusal(error(415, "Unsupported Media Type", "sd.error.media.type"))
        try:
            form = await self.shelf.form(request)
        except HTTPException:
            raise Refusal(error(400, "The request is malformed.", "sd.error.multipart")) from None
        files = [each for each in form.files if each.field == "file"]
        if not files:
            raise Refusal(error(400, "There is no file.", "sd.attachment.no.file"))
        if any(each.blob.size > self._file_bytes for each in files):
            raise Refusal(error(413, "The file is too large.", "attachfile.error.file.large"))
        kept = [self._temporary.keep(each.name, each.media_type, each.blob) for each in files]
        answer = [{"temporaryAttachmentId": sent.number, "fileName": sent.name} for sent in kept]
        return JSONResponse({"temporaryAttachments": answer}, 201)

    async def _list_files(self, request: Request) -> Response:
        self._enter(request)
        ticket = self._asked(request)
        return page(request, [self._shown_file(ticket, sent) for sent in ticket.files])

    async def _download(self, request: Request) -> Response:
        self._enter(request)
        files = [sent for ticket in self._tickets for sent in ticket.files]
        sent = next((each for each in files if each.number == request.path_params["number"]), None)
        if sent is None:
            raise Refusal(error(404, "The attachment does not exist.", "sd.error.attachment.not.found"))
        if not self._cloud:
            return sent.blob.response(sent.name, sent.media_type or "application/octet-stream")
        kind = sent.media_type or "application/octet-stream"
        return RedirectResponse(self.storage.sign(sent.blob, sent.name, kind), 303)

    async def _meta(self, request: Request) -> Response:
        """Anyone may ask."""
        return JSONResponse({"enabled": True, "uploadLimit": self._file_bytes})

    # --- requests -------------------------------------------------------------------------------------------

    async def _create(self, request: Request) -> Response:
        writer = self._enter(request)
        values = await self._json(request)
        if not writer:
            raise Refusal(forbidden())
        if str(values.get("serviceDeskId")) != _DESK:
            raise Refusal(error(404, "The service desk does not exist.", "sd.error.servicedesk.not.found"))
        if str(values.get("requestTypeId")) not in (_TYPE, "111"):
            raise Refusal(error(400, "The request type is not valid.", "sd.error.request.type"))
        fields = values.get("requestFieldValues")
        if not isinstance(fields, dict):
            raise Refusal(error(400, "requestFieldValues is missing.", "sd.error.json"))
        parts.check_fields(fields, self._fields, self._required)
        files = self._temporary.serve(fields.pop("attachment", []))
        ticket = Ticket(len(self._tickets) + 1, fields, files=files)
        self._tickets.append(ticket)
        return JSONResponse(self._shown(ticket), 201)

    async def _attach(self, request: Request) -> Response:
        writer = self._enter(request)
        ticket = self._asked(request)
        values = await self._json(request)
        if not writer or ticket.status == "Closed" or (values.get("public") is False and not self._agent):
            raise Refusal(forbidden())
        comment = (values.get("additionalComment") or {}).get("body", "")
        check_text(comment, self._text_chars)
        if not values.get("temporaryAttachmentIds"):
            raise Refusal(error(400, "There are no attachments.", "sd.attachment.none"))
        files = self._temporary.serve(values["temporaryAttachmentIds"])
        ticket.files.extend(files)
        ticket.comments.append(comment)
        ticket.public.append(values.get("public") is not False)
        shown = [self._shown_file(ticket, sent) for sent in files]
        answer: dict[str, Any] = {
            "comment": {"id": str(len(ticket.comments)), "body": comment, "public": True}
        }
        answer["attachments"] = {"size": len(shown), "start": 0, "isLastPage": True, "values": shown}
        return JSONResponse(answer, 201)

    async def _get(self, request: Request) -> Response:
        self._enter(request)
        return JSONResponse(self._shown(self._asked(request), request.query_params.get("expand", "")))

    async def _comments(self, request: Request) -> Response:
        self._enter(request)
        bodies = enumerate(self._asked(request).comments, 1)
        return page(request, [{"id": str(number), "body": body} for number, body in bodies])

    async def _list(self, request: Request) -> Response:
        self._enter(request)
        asked = request.query_params
        words = re.findall(r"\w+", asked.get("searchTerm", "").casefold())
        found = [
            ticket
            for ticket in reversed(self._tickets)
            if ticket.number in self._found
            and set(words) <= set(re.findall(r"\w+", ticket.fields["summary"].casefold()))
            and asked.get("serviceDeskId", _DESK) == _DESK
        ]
        return page(request, [self._shown(ticket) for ticket in found])

    async def _issue(self, request: Request) -> Response:
        """The platform's API; who has no licence sees nothing."""
        self._enter(request)
        ticket = next((each for each in self._tickets if each.key == request.path_params["key"]), None)
        if ticket is None or not self._agent:
            words = "Issue does not exist or you do not have permission to see it."
            raise Refusal(JSONResponse({"errorMessages": [words], "errors": {}}, 404))
        category = {"key": "done" if ticket.status == "Closed" else "indeterminate"}
        files = [
            {"id": sent.number, "filename": sent.name, "size": sent.blob.size, "mimeType": sent.media_type,
             "content": self._content(ticket, sent)}
            for sent in ticket.files
        ]  # fmt: skip
        status = {"name": ticket.status, "statusCategory": category}
        return JSONResponse({"key": ticket.key, "fields": {"status": status, "attachment": files}})

    async def _json(self, request: Request) -> dict[str, Any]:
        if media_type(request) != "application/json":
            raise Refusal(error(415, "Unsupported Media Type", "sd.error.media.type"))
        return await json_body(request, lambda: error(400, "The JSON is malformed.", "sd.error.json"))

    def _asked(self, request: Request) -> Ticket:
        key = request.path_params["key"].upper()
        for ticket in self._tickets:
            if key in (ticket.key, str(20_000 + ticket.number)):
                return ticket
        words = "The customer request does not exist or you do not have the permission to see it."
        raise Refusal(error(404, words, "sd.customerrequest.error.not.found"))

    # --- what it says ---------------------------------------------------------------------------------------

    def _shown(self, ticket: Ticket, expand: str = "") -> dict[str, Any]:
        shown: dict[str, Any] = {
            "issueId": str(20_000 + ticket.number),
            "issueKey": ticket.key,
            "requestTypeId": _TYPE,
            "serviceDeskId": _DESK,
            "requestFieldValues": [
                {"fieldId": name, "label": name, "value": value} for name, value in ticket.fields.items()
            ],
            "currentStatus": {"status": ticket.status},
            "_links": {"web": f"{self.peer.url}/servicedesk/customer/portal/6/{ticket.key}"},
        }
        if self._cloud:
            shown["currentStatus"]["statusCategory"] = (
                "DONE" if ticket.status == "Closed" else "INDETERMINATE"
            )
            if "action" in expand.split(","):
                allowed = {"allowed": ticket.status != "Closed"}
                shown["actions"] = {"addAttachment": allowed, "addComment": allowed}
        return shown

    def _shown_file(self, ticket: Ticket, sent: Sent) -> dict[str, Any]:
        return {
            "filename": sent.name,
            "size": sent.blob.size,
            "mimeType": sent.media_type,
            "_links": {"content": self._content(ticket, sent)},
        }

    def _content(self, ticket: Ticket, sent: Sent) -> str:
        if self._cloud:
            return f"{self.peer.url}{_API}/request/{20_000 + ticket.number}/attachment/{sent.number}"
        return f"{self.peer.url}/secure/attachment/{sent.number}/{quote(sent.name, safe='')}"
