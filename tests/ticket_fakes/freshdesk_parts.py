"""What a fake Freshdesk keeps, reads and refuses with; its rules and their sources are in `freshdesk`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.ticket_fakes.bodies import Blob, Form

CLOSED = 5
STATUSES = (2, 3, 4, CLOSED)
PRIORITIES = (1, 2, 3, 4)
TICKET = frozenset(
    re.findall(
        r"\w+",
        "name requester_id email facebook_id phone twitter_id unique_external_id subject type status priority"
        " description responder_id attachments cc_emails custom_fields due_by email_config_id fr_due_by"
        " group_id parent_id product_id source tags company_id internal_agent_id"
        " internal_group_id lookup_parameter",
    )
)
NOTE = frozenset(
    re.findall(r"\w+", "attachments body structured_body incoming notify_emails private user_id")
)
SEARCHED = ("agent_id", "group_id", "priority", "status", "tag", "type", "due_by", "created_at")
TAG_CHARS = 32
_TERM = re.compile(r"(\w+):(?:'([^']*)'|(\d+))")
_NUMBERS = ("status", "priority", "source", "group_id", "requester_id", "responder_id", "product_id")


@dataclass(frozen=True)
class File:
    """An attachment."""

    number: int
    name: str
    media_type: str
    blob: Blob
    created_at: str


@dataclass(frozen=True)
class Conversation:
    """A note."""

    number: int
    body: str
    private: bool
    created_at: str
    files: list[File]


@dataclass
class Ticket:
    """A ticket."""

    number: int
    subject: str
    description: str
    email: str
    status: int
    priority: int
    kind: str | None
    group: int | None
    tags: list[str]
    created_at: str
    files: list[File]
    updated_at: str = ""
    spam: bool = False
    conversations: list[Conversation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.updated_at = self.updated_at or self.created_at

    @property
    def size(self) -> int:
        """Bytes of all its attachments, those of its conversations too."""
        files = [*self.files, *(file for each in self.conversations for file in each.files)]
        return sum(file.blob.size for file in files)


def values_of(form: Form) -> dict[str, Any]:
    """The text fields of a form as JSON would have them: `name[]` is a list, numbers and booleans by name."""
    values: dict[str, Any] = {}
    for name, given in form.fields.items():
        if name.endswith("[]"):
            values[name[:-2]] = given
        elif custom := re.fullmatch(r"custom_fields\[(\w+)\]", name):
            values.setdefault("custom_fields", {})[custom[1]] = given[-1]
        elif name in _NUMBERS and given[-1].isdigit():
            values[name] = int(given[-1])
        elif name in ("private", "incoming") and given[-1] in ("true", "false"):
            values[name] = given[-1] == "true"
        else:
            values[name] = given[-1]
    return values


def condition(query: str) -> Callable[[dict[str, list[str]]], bool] | None:
    """What a search asks for, None when it is not one: `"a:1 AND b:'text'"`, double quotes and all."""
    inside = re.fullmatch(r'"(.+)"', query, re.DOTALL)
    if inside is None:
        return None
    alternatives: list[list[tuple[str, str]]] = []
    for alternative in inside[1].split(" OR "):
        terms = [_TERM.fullmatch(term.strip()) for term in alternative.split(" AND ")]
        if not all(term and term[1] in SEARCHED for term in terms):
            return None
        alternatives.append([(term[1], term[2] or term[3]) for term in terms if term])
    return lambda values: any(
        all(value in values.get(name, ()) for name, value in terms) for terms in alternatives
    )


def wrong_ticket(
    wanted: dict[str, Any], required: tuple[str, ...], groups: tuple[int, ...]
) -> list[dict[str, str]]:
    """Everything that is wrong with a new ticket."""
    wrong = [_unexpected(name) for name in wanted if name not in TICKET]
    wrong += [_missing(name) for name in required if not str(wanted.get(name) or "").strip()]
    if not wanted.get("email") and not wanted.get("requester_id"):
        wrong.append(_missing("requester_id"))
    elif not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", str(wanted.get("email", "a@b.c"))):
        wrong.append(_wrong("email", "It should be in the 'valid email address' format"))
    choices = {"status": STATUSES, "priority": PRIORITIES, "group_id": groups}
    wrong += [
        _wrong(name, f"It should be one of these values: '{','.join(map(str, allowed))}'")
        for name, allowed in choices.items()
        if wanted.get(name) is not None and wanted[name] not in allowed
    ]
    if any(len(str(tag)) > TAG_CHARS for tag in wanted.get("tags", [])):
        wrong.append(_wrong("tags", f"It should only contain elements of at most {TAG_CHARS} characters"))
    return wrong


def wrong_note(wanted: dict[str, Any]) -> list[dict[str, str]]:
    """Everything that is wrong with a new note."""
    wrong = [_unexpected(name) for name in wanted if name not in NOTE]
    if not str(wanted.get("body") or "").strip():
        wrong.append(_missing("body"))
    if not isinstance(wanted.get("private", True), bool):
        wrong.append(_wrong("private", "It should be a/an Boolean", "datatype_mismatch"))
    return wrong


def _wrong(name: str, message: str, code: str = "invalid_value") -> dict[str, str]:
    return {"field": name, "message": message, "code": code}


def _missing(name: str) -> dict[str, str]:
    return _wrong(name, "Mandatory attribute missing", "missing_field")


def _unexpected(name: str) -> dict[str, str]:
    return _wrong(name, "Unexpected/invalid field in request", "invalid_field")


def problem(name: str, message: str, code: str) -> Response:
    """400 about one field."""
    return problems([{"field": name, "message": message, "code": code}])


def problems(wrong: list[dict[str, str]]) -> Response:
    """400 about some fields."""
    return JSONResponse({"description": "Validation failed", "errors": wrong}, 400)


def sanitized(markup: str) -> str:
    """HTML as it is kept: without scripts, wrapped."""
    return f"<div>{re.sub(r'(?is)<(script|style)[^>]*>.*?(</[ ]*[^>]*>|$)', '', markup)}</div>"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += re.sub(r"\s+", " ", data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("br", "p", "div", "li"):
            self.text += "\n"


def as_text(markup: str) -> str:
    """HTML as people read it: white space is one space, a line ends where an element says so."""
    reader = _Text()
    reader.feed(markup)
    reader.close()
    return "\n".join(line.strip(" ") for line in reader.text.strip("\n").split("\n"))
