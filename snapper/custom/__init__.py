"""How a destination of the kind “custom” describes its ticket system in the settings file: what each table
may hold, and what must fit together. Pure: nothing is sent here.

    create   the request for a new ticket          attach  the one that adds to a ticket
    upload   a request of its own for every file    find    how a report is looked up by its tag
    ticket   how a ticket is looked at              files   how what it stored is read back
    check    a GET that tells who answers           answers what marks its own answers, beside JSON

Mistakes are ValueErrors: the key, the value and what it must be, in one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from snapper.custom.placeholders import Template
from snapper.custom.table import (
    FILE_PLACES,
    URL_PLACES,
    Table,
    header_templates,
    page_template,
    wrong,
)
from snapper.custom.whereabouts import Where
from snapper.systems import Limits, System

NAMES = ("any", "letters", "ascii")
_METHODS = ("POST", "PUT", "PATCH")
_BODIES = ("form", "json", "raw")
_NOTES = ("text", "html", "markdown", "pre", "note")  # where the note is
_HOLD = {  # what holds the word that a report is looked up by
    "tag": ("tag", "subject", "text", "html", "markdown", "pre"),
    "report": ("report", "text", "html", "markdown", "pre"),
}
_TEXTS = ("subject", *_NOTES, "account", "tag", "report", "login")
_FILES_GO = ("file", "base64", "uploaded")  # a file itself, or what its upload gave
_SECRETS = ("token", "basic", "basic_key")


@dataclass(frozen=True)
class Request:
    """A request that hands something over. `body` is what stands under `kind` (form, json or raw) in the
    settings; `places` is what it asks for."""

    method: str
    path: Template
    kind: str
    body: Any = field(hash=False)
    places: frozenset[str]
    content_type: str = ""
    id: Where | None = None
    link: Where | None = None

    @property
    def takes_files(self) -> bool:
        """Whether files, or what their uploads gave, go along."""
        return bool(self.places.intersection(_FILES_GO))


@dataclass(frozen=True)
class Find:
    """How a report is looked up: `path` gives `id`, the tickets; in `attached`, an address of a ticket, the
    tag stands when it was added there. New ones may take so many `seconds` to turn up."""

    path: Template | None = None
    id: Where | None = None
    attached: Template | None = None
    seconds: float = 60.0


@dataclass(frozen=True)
class Look:
    """How a ticket is looked at: `closed` are the values of `state` that mean it takes nothing any more,
    `missing` the statuses, beside 404, that mean there is none; `page` is its web address for people."""

    path: Template | None = None
    title: Where | None = None
    state: Where | None = None
    closed: tuple[str, ...] = ()
    missing: tuple[int, ...] = ()
    page: Template | None = None


@dataclass(frozen=True)
class Files:
    """How files are read back: in the answer of `path`, the items at `lists` have a `name` and an `address`
    (a path in the item, or a template of its values)."""

    path: Template
    lists: tuple[str, ...]
    name: str
    address: str | Template


@dataclass(frozen=True)
class Check:
    """A GET that costs nothing and tells who answers: with 2xx or one of `statuses`; `says` is who we are."""

    path: Template
    statuses: tuple[int, ...] = ()
    says: Where | None = None


@dataclass(frozen=True)
class Custom:
    """A ticket system as the settings describe it."""

    create: Request
    check: Check
    attach: Request | None = None
    upload: Request | None = None
    find: Find | None = None
    ticket: Look = Look()
    files: Files | None = None
    headers: Mapping[str, Template] = field(default_factory=dict)
    own_empty: tuple[int, ...] = ()
    own_header: str = ""
    own_text: str = ""
    names: str = "any"
    split_files: bool = True
    empty_files: bool = True
    text_characters: int | None = None

    @property
    def uploads_after(self) -> bool:
        """Whether files are handed over when the ticket is there."""
        return self.upload is not None and "ticket" in self.upload.places

    def described(self, usual: System) -> System:
        """What is known of it, in the words of the table of systems."""
        secret = any(header.names.intersection(_SECRETS) for header in self.headers.values())
        return replace(
            usual,
            token=usual.token if secret else "",
            limits=Limits(
                splits=self.split_files,
                empty_files=self.empty_files,
                text_chars=self.text_characters,
                settle_seconds=self.find.seconds if self.find else 0.0,
            ),
            tickets=(_page_pattern(self.ticket.page), *usual.tickets) if self.ticket.page else usual.tickets,
            attaches=self.attach is not None,
            verifies=self.files is not None,
        )


def check_custom(raw: object) -> dict[str, Any]:
    """Check the tables of a custom destination; raises ValueError."""
    read_custom(raw)
    assert isinstance(raw, dict)
    return raw


def read_custom(raw: object) -> Custom:
    """Read the tables of a custom destination. Raises ValueError with the first thing that is wrong."""
    top = Table(
        "", raw, "create attach upload find ticket files check answers headers names split_files empty_files "
        "text_characters",
    )  # fmt: skip
    for key, about in (("create", "how a new ticket is made"), ("check", "which address tells who answers")):
        if key not in top:
            raise ValueError(f"{key} is missing: a section that says {about}")
    answers = top.table("answers", "empty header text")
    custom = Custom(
        create=_request(top.table("create", "method path form json raw content_type id link"), ()),
        attach=_request(attach, ("ticket",)) if (attach := _given(top, "attach")) else None,
        upload=_upload(upload) if (upload := _given(top, "upload")) else None,
        find=_find(top.table("find", "path id attached wait_seconds")) if "find" in top else None,
        ticket=_look(top.table("ticket", "path title state closed missing page")),
        files=_files(top.table("files", "path list name address")) if "files" in top else None,
        check=_check(top.table("check", "path statuses says")),
        headers=header_templates(top.get("headers", {}), (*_SECRETS, "login")),
        own_empty=answers.statuses("empty"),
        own_header=answers.text("header"),
        own_text=answers.pattern("text"),
        names=top.one_of("names", NAMES),
        split_files=top.switch("split_files"),
        empty_files=top.switch("empty_files"),
        text_characters=top.number("text_characters", 500, 10_000_000),
    )
    _fit(custom)
    return custom


# --- one table after the other ----------------------------------------------------------------------------


def _given(top: Table, key: str) -> Table | None:
    return top.table(key, "method path form json raw content_type id") if key in top else None


def _request(table: Table, more: Sequence[str]) -> Request:
    kind = _kind(table)
    places = (*_TEXTS, *more)
    path = table.path("path", (*URL_PLACES, *more), required=bool(more))
    if kind == "raw":
        body: Any = table.template("raw", places)
        used = body.names
    else:
        body, used = table.body(kind, places, FILE_PLACES)
    return Request(
        method=table.one_of("method", _METHODS),
        path=path,
        kind=kind,
        body=body,
        places=used | path.names,
        content_type=_raw_type(table, kind),
        id=table.where("id"),
        link=table.where("link"),
    )


def _upload(table: Table) -> Request:
    kind, file = _kind(table), tuple(place for place in FILE_PLACES if place != "uploaded")
    path = table.path("path", (*URL_PLACES, "ticket", "name", "type", "size", "number"), required=True)
    if kind == "raw":
        body: Any = table.template("raw", ("file",))
        if not body.only:
            raise wrong("upload.raw", table.get("raw"), "must be {file} and nothing else: the file as it is")
        used = body.names
    else:
        body, used = table.body(kind, (*_TEXTS, "ticket", *file), (), single=True)
    if not used.intersection(("file", "base64")):
        raise ValueError(f"upload.{kind} has no place for the file: write {{file}} (in JSON {{base64}})")
    return Request(
        method=table.one_of("method", _METHODS),
        path=path,
        kind=kind,
        body=body,
        places=used | path.names,
        content_type=table.content_type() if kind == "raw" else _raw_type(table, kind),
        id=table.where("id"),
    )


def _kind(table: Table) -> str:
    given = [kind for kind in _BODIES if kind in table]
    if len(given) != 1:
        how = "says twice" if given else "does not say"
        raise ValueError(f"{table.name} {how} what is sent: it must have one of: {', '.join(_BODIES)}")
    return given[0]


def _raw_type(table: Table, kind: str) -> str:
    if kind != "raw":
        if "content_type" in table:
            raise ValueError(f"{table.name}.content_type goes with raw only; a {kind} has its own")
        return ""
    return table.text_type()


def _find(table: Table) -> Find:
    path = table.path("path", ("tag", "report"), required=True) if "path" in table else None
    attached = (
        table.path("attached", ("tag", "report", "ticket"), required=True) if "attached" in table else None
    )
    where = table.where("id")
    if path is None and attached is None:
        raise ValueError("find.path is missing: the address that looks for {tag}")
    if path and not path.names:
        raise wrong(
            "find.path", table.get("path"), "must hold {tag} or {report}, so that it finds this report"
        )
    if path and where is None:
        raise ValueError("find.id is missing: where the tickets that were found stand, such as items.*.id")
    if attached and "ticket" not in attached.names:
        raise wrong("find.attached", table.get("attached"), "must hold {ticket}")
    seconds = table.number("wait_seconds", 0, 3600)
    return Find(path, where, attached, 60.0 if seconds is None else float(seconds))


def _look(table: Table) -> Look:
    path = table.path("path", ("ticket",), required=True) if "path" in table else None
    look = Look(
        path=path,
        title=table.where("title"),
        state=table.where("state"),
        closed=table.values("closed"),
        missing=table.statuses("missing"),
        page=page_template(table, "page"),
    )
    if path and "ticket" not in path.names:
        raise wrong("ticket.path", table.get("path"), "must hold {ticket}")
    if (look.state is None) != (not look.closed):
        missing = "closed" if look.state else "state"
        raise ValueError(f"ticket.{missing} is missing: state and closed tell together when it takes no more")
    if (look.state or look.title) and not path:
        raise ValueError("ticket.path is missing: the address that shows a ticket")
    return look


def _files(table: Table) -> Files:
    path = table.path("path", ("ticket", "page"), required=True)
    if "ticket" not in path.names:
        raise wrong("files.path", table.get("path"), "must hold {ticket}")
    for key in ("name", "address"):
        if key not in table:
            raise ValueError(f"files.{key} is missing: where it stands in each item of the list")
    address = table.text("address")
    return Files(
        path=path,
        lists=table.paths_in_answer("list"),
        name=table.path_in_answer("name"),
        address=table.address("address") if address.startswith("/") else table.path_in_answer("address"),
    )


def _check(table: Table) -> Check:
    path = table.path("path", ("login",), required=True)
    return Check(path, table.statuses("statuses"), table.where("says"))


# --- what must fit together -------------------------------------------------------------------------------


def _fit(custom: Custom) -> None:
    for name, request in (("create", custom.create), ("attach", custom.attach)):
        if request:
            _fit_request(name, request, custom)
    for name, request in (("create", custom.create), ("attach", custom.attach), ("upload", custom.upload)):
        if request and request.path.before_query == custom.check.path.before_query:
            raise ValueError(
                f"check.path is the same as {name}.path: random bytes are sent there to test the line, so "
                "it must be an address where they do nothing"
            )
    if custom.attach and "ticket" not in custom.attach.places:
        raise ValueError("attach says nowhere which ticket is meant: write {ticket} into attach.path")
    if custom.upload and not custom.uploads_after and not custom.upload.id:
        raise ValueError("upload.id is missing: where the answer has what stands for the file ({uploaded})")
    needs_id = "files" if custom.files else "upload" if custom.uploads_after else ""
    if needs_id and not custom.create.id:
        raise ValueError(f"create.id is missing: {needs_id} needs the number of the ticket that was made")
    if find := custom.find:
        _fit_find("create", custom.create, find.path)
        if find.attached and not custom.attach:
            raise ValueError("find.attached is there, but no section attach")
        if custom.attach:
            _fit_find("attach", custom.attach, find.attached)


def _fit_request(name: str, request: Request, custom: Custom) -> None:
    if not request.places.intersection(_NOTES):
        raise ValueError(f"{name} has no place for the note: write {{text}} into its {request.kind}")
    if len(request.places.intersection(_FILES_GO)) > 1:
        raise ValueError(
            f"{name} sends every file twice: {{file}}, {{base64}} or {{uploaded}}, only one of them"
        )
    if "uploaded" in request.places and not custom.upload:
        raise ValueError(f"{name} holds {{uploaded}}, but no section upload says how files are uploaded")
    if custom.uploads_after and request.takes_files:
        raise ValueError(f"{name} sends every file twice: upload has a {{ticket}}, so that files follow it")
    if custom.upload and not custom.uploads_after and "uploaded" not in request.places:
        raise ValueError(
            f"{name} has no place for what upload gave: write {{uploaded}} into its {request.kind}"
        )
    if not custom.upload and not request.takes_files:
        raise ValueError(
            f"{name} has no place for the files: write {{file}} into its form, "
            "{base64} into a list of its json, or describe a section upload"
        )


def _fit_find(name: str, request: Request, path: Template | None) -> None:
    for place in ("tag", "report"):
        if path and place in path.names and not request.places.intersection(_HOLD[place]):
            wanted = "{subject} or {text}" if place == "tag" else "{text}"
            raise ValueError(f"{name} must hold {wanted}, so that find can find {{{place}}} there")


def _page_pattern(page: Template) -> str:
    return "".join(
        re.escape(piece) if isinstance(piece, str) else "([A-Za-z0-9][A-Za-z0-9._-]*)"
        for piece in page.pieces
    )
