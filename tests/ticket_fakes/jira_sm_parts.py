"""Jira Service Management's requests and files, and how it refuses; its addresses are in jira_sm."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.ticket_fakes.asking import Refusal
from tests.ticket_fakes.bodies import Blob

KEY = "OPS"
SUMMARY_CHARS = 255
TEXT_CHARS = 32_767  # jira.text.field.character.limit
TEMPORARY_SECONDS = 60 * 60
_PAGE = 50


@dataclass(frozen=True)
class Sent:
    """A file, temporary or attached."""

    number: str
    name: str
    media_type: str
    blob: Blob
    until: float = 0


@dataclass
class Ticket:
    """A customer request; `comments` are oldest first, in wiki markup as they were sent."""

    number: int
    fields: dict[str, Any]
    status: str = "Waiting for support"
    comments: list[str] = field(default_factory=list)
    public: list[bool] = field(default_factory=list)  # whether customers see each comment
    files: list[Sent] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What people call it."""
        return f"{KEY}-{self.number}"


class Temporary:
    """Files that were uploaded and belong to no request yet."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._files: dict[str, Sent] = {}
        self._attached = 10_000

    def keep(self, name: str, kind: str, blob: Blob) -> Sent:
        """One more file, for an hour."""
        number = f"temp{secrets.randbelow(10**18)}"
        self._files[number] = Sent(number, name, kind, blob, self._now() + TEMPORARY_SECONDS)
        return self._files[number]

    def serve(self, ids: Any) -> list[Sent]:
        """Make attachments of files, once; all or none, which raises Refusal."""
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            raise Refusal(error(400, "The ids must be a list of text.", "sd.error.json"))
        files = [self._files.get(each) for each in ids]
        if any(sent is None or sent.until < self._now() for sent in files) or len(set(ids)) < len(ids):
            words = "The temporary attachments have timed out."
            raise Refusal(error(400, words, "sd.attachment.temporary.session.time.out.ids"))
        return [self._attach(self._files.pop(each)) for each in ids]

    def _attach(self, sent: Sent) -> Sent:
        self._attached += 1
        return Sent(str(self._attached), sent.name, sent.media_type, sent.blob)


def error(status: int, words: str, key: str) -> Response:
    """A refusal as the service desk words it."""
    return JSONResponse(
        {"errorMessage": words, "i18nErrorMessage": {"i18nKey": key, "parameters": []}}, status
    )


def forbidden() -> Response:
    """The refusal of what one may not do."""
    return error(403, "You do not have permission to do this.", "sd.error.forbidden")


def check_text(text: str, most: int = TEXT_CHARS) -> None:
    """Refuse a text that is too long for a field."""
    if len(text) > most:
        words = f"The entered text is too long. It exceeds the allowed limit of {most:,} characters."
        raise Refusal(error(400, words, "field.error.text.toolong"))


def check_fields(fields: Mapping[str, Any], allowed: Sequence[str], required: Sequence[str]) -> None:
    """Refuse a new request that says too little, too much, or what its fields do not take."""
    for name in ("summary", *required):
        if not str(fields.get(name, "")).strip():
            raise Refusal(error(400, f"Field required: {name}", "sd.validation.field.required"))
    if unknown := set(fields) - set(allowed):
        raise Refusal(error(400, f"Not on this request type: {unknown}", "sd.validation.field.unknown"))
    if re.search(r"[\r\n]", fields["summary"]) or len(fields["summary"]) > SUMMARY_CHARS:
        raise Refusal(error(400, "The summary is invalid.", "sd.validation.summary"))
    check_text(fields.get("description", ""))


def page(request: Request, items: list[dict[str, Any]]) -> Response:
    """So many items from where one asks; never more than 50."""
    start = int(request.query_params.get("start", 0))
    limit = min(_PAGE, int(request.query_params.get("limit", _PAGE)))
    values, last = items[start : start + limit], start + limit >= len(items)
    links = {} if last else {"next": f"{request.url.include_query_params(start=start + limit)}"}
    about = {"size": len(values), "start": start, "limit": limit, "isLastPage": last, "_links": links}
    return JSONResponse({**about, "values": values})
