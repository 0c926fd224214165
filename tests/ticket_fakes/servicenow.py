"""ServiceNow (release Australia), from its documentation.

docs.servicenow.com: Table API (c_TableAPI), Attachment API (c_AttachmentAPI), REST APIs (c_RESTAPI: headers,
sysparm_query), HTTP response codes (r_RESTAPIHTTPResponseCodes), inbound REST API rate limiting; the words of
401, 403 and 404 as the platform is known to say them, since the documentation gives only their status.

Traps that are enforced: an unknown field in a query is ignored, so that *every* record is found; fields that
the user may not write are left out without a word, and so is what is longer than its column; a ticket's
number is not its sys_id; all values are text.
"""

from __future__ import annotations

import email.utils
import json
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.ticket_fakes import Fake, Refusal
from tests.ticket_fakes.asking import RateLimit, basic_login, json_body, media_type
from tests.ticket_fakes.bodies import Blob, TooLarge

FILE_BYTES = 1024 << 20  # com.glide.attachment.max_size, by default 1024 MB
COLUMNS = {"short_description": 160, "description": 4000, "correlation_id": 100, "correlation_display": 100}
_JOURNALS = ("work_notes", "comments")
_CLOSED = "7"
_KNOWN = {
    "sys_id", "number", "active", "state", "incident_state", "sys_created_by", "sys_created_on",
    "caller_id", "urgency", "impact", "category", "assignment_group", "contact_type", *COLUMNS,
}  # fmt: skip
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "STARTSWITH": str.startswith,
    "ENDSWITH": str.endswith,
    "LIKE": lambda value, wanted: wanted in value,
    "!=": lambda value, wanted: value != wanted,
    "=": lambda value, wanted: value == wanted,
}
_CONDITION = re.compile(r"([a-z_]+)(STARTSWITH|ENDSWITH|LIKE|!=|=)(.*)", re.DOTALL)


@dataclass
class Record:
    """A row of `incident`: its columns, all text, and its journals, oldest entry first."""

    columns: dict[str, str]
    journals: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in _JOURNALS})


@dataclass(frozen=True)
class Kept:
    """A row of `sys_attachment` and its file."""

    columns: dict[str, str]
    blob: Blob


class System(Fake):
    """`extensions` is glide.attachment.extensions (“txt,png”, empty: all); `file_bytes` the largest file;
    `requests_an_hour` a rate limit rule; `unwritable` columns are dropped without a word, as an ACL does;
    `missing` ones are not there at all."""

    system = "servicenow"
    commits = re.compile(r"(POST|PATCH) /api/now/(table/incident(/\w+)?|attachment/file)")
    login, token, place = "integration.user", "now-Secret:with colon", "incident"
    oauth_token = "oauth-bearer-token"

    def __init__(
        self,
        folder: Path,
        *,
        extensions: str = "",
        file_bytes: int = FILE_BYTES,
        requests_an_hour: int | None = None,
        unwritable: Sequence[str] = (),
        missing: Sequence[str] = (),
    ) -> None:
        self._extensions = {each.strip().lower() for each in extensions.split(",") if each.strip()}
        self._file_bytes, self._unwritable = file_bytes, frozenset((*unwritable, *missing))
        self._known = _KNOWN - set(missing)
        self._records: dict[str, Record] = {}
        self._files: dict[str, Kept] = {}
        super().__init__(folder)
        self._rate = RateLimit(requests_an_hour, 3600, self.clock.now)

    # --- for tests ------------------------------------------------------------------------------------------

    def tickets(self) -> list[str]:
        """The number of every incident."""
        return [record.columns["number"] for record in self._records.values()]

    def close(self, ticket: str) -> None:
        """Close an incident (state 7)."""
        self.record(ticket).columns.update(state=_CLOSED, incident_state=_CLOSED, active="false")

    def reader_token(self) -> str:
        """The password of a user of the same name without the role itil."""
        return "reader-Secret"

    def record(self, ticket: str) -> Record:
        """An incident by its number."""
        return next(each for each in self._records.values() if each.columns["number"] == ticket)

    def attachments(self, ticket: str) -> list[tuple[str, Blob]]:
        """Names and files on an incident, oldest first."""
        wanted = self.record(ticket).columns["sys_id"]
        return [
            (kept.columns["file_name"], kept.blob)
            for kept in self._files.values()
            if kept.columns["table_sys_id"] == wanted
        ]

    def allow_extension(self, extension: str) -> None:
        """Its administrator allows one more type of file."""
        self._extensions.add(extension)

    # --- the API --------------------------------------------------------------------------------------------

    def routes(self) -> Sequence[BaseRoute]:
        """The addresses it serves."""
        table, attachment = "/api/now/table/{table}", "/api/now/attachment"
        return [
            Route("/api/now/table/sys_user", self._users, methods=["GET"]),
            Route(table, self._list, methods=["GET"]),
            Route(table, self._create, methods=["POST"]),
            Route(table + "/{sys_id}", self._get, methods=["GET"]),
            Route(table + "/{sys_id}", self._update, methods=["PATCH", "PUT"]),
            Route(attachment, self._list_files, methods=["GET"]),
            Route(attachment + "/file", self._attach, methods=["POST"]),
            Route(attachment + "/{sys_id}", self._get_file, methods=["GET"]),
            Route(attachment + "/{sys_id}/file", self._download, methods=["GET"]),
        ]

    def unknown(self, request: Request) -> Response:
        """400: the URI does not match the APIs (HTTP response codes)."""
        return _failure(400, "Requested URI does not represent any resource")

    def wrong_method(self, request: Request) -> Response:
        """405 in the usual envelope."""
        return _failure(405, "Method not supported", f"{request.method} is not supported")

    def broken(self, status: int) -> Response:
        """The usual envelope; 429 with the documented headers."""
        if status == 429:
            return self._too_many(7)
        return _failure(status, "Transaction cancelled: maximum execution time exceeded")

    def _enter(self, request: Request, body: bool = False) -> bool:
        """Who asks? True: a user with the role itil, False: one who may only read. Raises Refusal."""
        if (wait := self._rate.take()) is not None:
            raise Refusal(self._too_many(wait))
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        who = (self.login, self.token) if scheme == "Bearer" and value == self.oauth_token else None
        who = who or basic_login(request)
        if who not in ((self.login, self.token), (self.login, self.reader_token())):
            words = ("User Not Authenticated", "Required to provide Auth information")
            refusal = _failure(401, *words)
            refusal.headers["WWW-Authenticate"] = 'BASIC realm="Service-now"'
            raise Refusal(refusal)
        _check_formats(request, body)
        return who == (self.login, self.token)

    def _too_many(self, wait: int) -> Response:
        limit = self._rate.limit or 100
        answer = _failure(
            429, "Rate limit exceeded", f"Rate limit of {limit} requests per hour for Table API exceeded"
        )
        answer.headers["Retry-After"] = str(wait)
        answer.headers["X-RateLimit-Limit"] = str(limit)
        answer.headers["X-RateLimit-Reset"] = str(int(self.clock.now()) + wait)
        answer.headers["X-RateLimit-Rule"] = "a" * 32
        return answer

    # --- incidents ------------------------------------------------------------------------------------------

    async def _list(self, request: Request) -> Response:
        self._enter(request)
        self._check_table(request)
        found = _matching([each.columns for each in self._records.values()], request, self._known)
        offset = int(request.query_params.get("sysparm_offset", 0))
        limit = int(request.query_params.get("sysparm_limit", 10_000))
        records = (self._records[columns["sys_id"]] for columns in found[offset : offset + limit])
        page = [self._shown(record, request) for record in records]
        return JSONResponse({"result": page}, headers={"X-Total-Count": str(len(found))})

    async def _users(self, request: Request) -> Response:
        self._enter(request)
        names = (self.login, "abel.tuter")
        rows = [{"sys_id": f"{number:032x}", "user_name": name} for number, name in enumerate(names, 1)]
        return JSONResponse({"result": _matching(rows, request, {"user_name"})})

    async def _create(self, request: Request) -> Response:
        writer = self._enter(request, body=True)
        self._check_table(request)
        values = await json_body(request, _no_json)
        if not writer:
            raise Refusal(_acl("Insert"))
        sys_id = secrets.token_hex(16)
        columns = {
            "sys_id": sys_id, "number": f"INC{10_000 + len(self._records) + 1:07}", "active": "true",
            "state": "1", "incident_state": "1", "sys_created_by": self.login,
            "sys_created_on": self._timestamp(), **dict.fromkeys(COLUMNS.keys() & self._known, ""),
        }  # fmt: skip
        record = Record(columns)
        self._set(record, values)
        self._records[sys_id] = record
        where = f"{self.peer.url}/api/now/table/incident/{sys_id}"
        return JSONResponse({"result": self._shown(record, request)}, 201, {"Location": where})

    async def _get(self, request: Request) -> Response:
        self._enter(request)
        return JSONResponse({"result": self._shown(self._asked(request), request)})

    async def _update(self, request: Request) -> Response:
        writer = self._enter(request, body=True)
        record = self._asked(request)
        values = await json_body(request, _no_json)
        if not writer or record.columns["state"] == _CLOSED:
            raise Refusal(_acl("Update"))
        self._set(record, values)
        return JSONResponse({"result": self._shown(record, request)})

    def _check_table(self, request: Request) -> None:
        if (table := request.path_params["table"]) != self.place:
            raise Refusal(_failure(400, f"Invalid table {table}"))

    def _asked(self, request: Request) -> Record:
        self._check_table(request)
        if record := self._records.get(request.path_params["sys_id"]):
            return record
        raise Refusal(_not_found())

    def _set(self, record: Record, values: dict[str, Any]) -> None:
        for name, value in values.items():
            text = value if isinstance(value, str) else json.dumps(value)
            if name in self._unwritable:
                continue
            if name in _JOURNALS and text:
                record.journals[name].append(text)
            elif name in _KNOWN - {"sys_id", "number", "sys_created_by", "sys_created_on"}:
                record.columns[name] = text[: COLUMNS.get(name, 40)]

    def _shown(self, record: Record, request: Request) -> dict[str, str]:
        """Journals are empty unless display values are asked for; then they are one text, newest first."""
        display = request.query_params.get("sysparm_display_value") == "true"
        journals = {
            name: "\n\n".join(f"{self._timestamp()} - {self.login}\n{entry}" for entry in reversed(entries))
            for name, entries in record.journals.items()
        }
        row = record.columns | (journals if display else dict.fromkeys(_JOURNALS, ""))
        fields = request.query_params.get("sysparm_fields")
        return {name: row[name] for name in fields.split(",") if name in row} if fields else row

    # --- attachments ----------------------------------------------------------------------------------------

    async def _attach(self, request: Request) -> Response:
        writer = self._enter(request, body=True)
        asked = request.query_params
        table, sys_id, name = (asked.get(each, "") for each in ("table_name", "table_sys_id", "file_name"))
        if not (table and sys_id and name):
            raise Refusal(_failure(400, "Missing parameters", "table_name, table_sys_id, file_name"))
        record = self._records.get(sys_id) if table == self.place else None
        if record is None:
            raise Refusal(_not_found())
        if not writer or record.columns["state"] == _CLOSED:
            raise Refusal(_acl("Insert"))
        self._check_extension(name)
        try:
            blob = await self.shelf.body(request, self._file_bytes)
        except TooLarge:
            raise Refusal(_failure(413, "Failed to create the attachment", "File is too large")) from None
        if not blob.size:
            raise Refusal(_failure(400, "Failed to create the attachment", "File is empty"))
        columns = self._file_columns(name, sys_id, request.headers["content-type"], blob)
        self._files[columns["sys_id"]] = Kept(columns, blob)
        where = f"{self.peer.url}/api/now/attachment/{columns['sys_id']}"
        return JSONResponse({"result": columns}, 201, {"Location": where})

    def _check_extension(self, name: str) -> None:
        if self._extensions and name.rpartition(".")[2].lower() not in self._extensions:
            raise Refusal(_failure(403, "Failed to create the attachment", "File type is not allowed"))

    def _file_columns(self, name: str, record: str, kind: str, blob: Blob) -> dict[str, str]:
        sys_id = secrets.token_hex(16)
        return {
            "sys_id": sys_id, "table_name": self.place, "table_sys_id": record, "file_name": name,
            "content_type": kind, "size_bytes": str(blob.size), "hash": blob.sha256, "compressed": "true",
            "download_link": f"{self.peer.url}/api/now/attachment/{sys_id}/file",
            "sys_created_by": self.login, "sys_created_on": self._timestamp(),
        }  # fmt: skip

    async def _list_files(self, request: Request) -> Response:
        self._enter(request)
        rows = [kept.columns for kept in self._files.values()]
        found = _matching(rows, request, set(rows[0]) if rows else set())
        offset = int(request.query_params.get("sysparm_offset", 0))
        limit = int(request.query_params.get("sysparm_limit", 1000))
        return JSONResponse({"result": found[offset : offset + limit]})

    async def _get_file(self, request: Request) -> Response:
        self._enter(request)
        return JSONResponse({"result": self._file(request).columns})

    async def _download(self, request: Request) -> Response:
        self._enter(request)
        kept = self._file(request)
        answer = kept.blob.response(kept.columns["file_name"], kept.columns["content_type"])
        answer.headers["X-Attachment-Metadata"] = json.dumps(kept.columns)
        return answer

    def _file(self, request: Request) -> Kept:
        if kept := self._files.get(request.path_params["sys_id"]):
            return kept
        raise Refusal(_not_found())

    def _timestamp(self) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.clock.now()))


def _failure(status: int, message: str, detail: str | None = None) -> Response:
    envelope = {"error": {"message": message, "detail": detail}, "status": "failure"}
    return JSONResponse(envelope, status, {"Date": email.utils.formatdate(usegmt=True)})


def _acl(what: str) -> Response:
    return _failure(403, "Operation Failed", f"ACL Exception {what} Failed due to security constraints")


def _not_found() -> Response:
    return _failure(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")


def _no_json() -> Response:
    return _failure(400, "Exception while reading request", "The payload is not valid JSON")


def _check_formats(request: Request, body: bool) -> None:
    """Accept and Content-Type (REST APIs: data format headers); a file may be of any type but needs one."""
    accepts = re.split(r"\s*[,;]\s*", request.headers.get("accept", ""))
    if not accepts[0]:
        raise Refusal(_failure(400, "Invalid headers", "Accept is missing"))
    if not request.url.path.endswith("/file"):
        if not {"application/json", "*/*", "application/*"} & set(accepts):
            raise Refusal(_failure(406, "Not acceptable", "The response format is not supported"))
        if body and media_type(request) != "application/json":
            raise Refusal(_failure(415, "Unsupported media type", "The body's format is not supported"))
    elif body and not media_type(request):
        raise Refusal(_failure(400, "Invalid headers", "Content-Type is missing"))


def _matching(rows: list[dict[str, str]], request: Request, known: set[str]) -> list[dict[str, str]]:
    """The rows that an encoded query finds; conditions on unknown fields count for nothing. No ^OR here."""
    for part in request.query_params.get("sysparm_query", "").split("^"):
        condition = _CONDITION.fullmatch(part)
        if condition is None or condition[1] not in known:
            continue
        name, operator, wanted = condition.groups()
        rows = [row for row in rows if _OPERATORS[operator](row.get(name, ""), wanted)]
    return rows
