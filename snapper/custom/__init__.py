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
    FILE_ALONE,
    FILE_PLACES,
    URL_PLACES,
    Table,
    header_templates,
    page_template,
    wrong,
)
from snapper.custom.whereabouts import Where
from snapper.language import Sentence, _
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
    if "create" not in top:
        raise ValueError(_("create is missing: a section that says how a new ticket is made."))
    if "check" not in top:
        raise ValueError(_("check is missing: a section that says which address tells who answers."))
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
            raise wrong("upload.raw", table.get("raw"), FILE_ALONE, place="{file}")
        used = body.names
    else:
        body, used = table.body(kind, (*_TEXTS, "ticket", *file), (), single=True)
    if not used.intersection(("file", "base64")):
        nowhere = _("{key} has no place for the file: write {file} (in JSON {base64}).")
        raise ValueError(nowhere.format(key=f"upload.{kind}", file="{file}", base64="{base64}"))
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
        how = _("{section} does not say what is sent: it must have one of: {bodies}.")
        if given:
            how = _("{section} says twice what is sent: it must have one of: {bodies}.")
        raise ValueError(how.format(section=table.name, bodies=", ".join(_BODIES)))
    return given[0]


def _raw_type(table: Table, kind: str) -> str:
    if kind != "raw":
        if "content_type" in table:
            # Translators: {kind} is form or json
            raw_only = _("{key} goes with raw only; a {kind} has its own.")
            raise ValueError(raw_only.format(key=f"{table.name}.content_type", kind=kind))
        return ""
    return table.text_type()


def _find(table: Table) -> Find:
    path = table.path("path", ("tag", "report"), required=True) if "path" in table else None
    attached = table.path("attached", (*_HOLD, "ticket"), required=True) if "attached" in table else None
    where = table.where("id")
    if path is None and attached is None:
        missing = _("find.path is missing: the address that looks for {tag}.")
        raise ValueError(missing.format(tag="{tag}"))
    if path and not path.names:
        holds = _("{value} must hold {tag} or {report}, so that it finds this report.")
        raise wrong("find.path", table.get("path"), holds, tag="{tag}", report="{report}")
    if path and where is None:
        raise ValueError(
            _("find.id is missing: where the tickets that were found stand, such as items.*.id.")
        )
    if attached:
        table.check_place("attached", attached, "ticket")
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
    if path:
        table.check_place("path", path, "ticket")
    if (look.state is None) != (not look.closed):
        told = _("{key} is missing: state and closed tell together when it takes no more.")
        raise ValueError(told.format(key="ticket.closed" if look.state else "ticket.state"))
    if (look.state or look.title) and not path:
        raise ValueError(_("ticket.path is missing: the address that shows a ticket."))
    return look


def _files(table: Table) -> Files:
    path = table.path("path", ("ticket", "page"), required=True)
    table.check_place("path", path, "ticket")
    for key in ("name", "address"):
        if key not in table:
            missing = _("{key} is missing: where it stands in each item of the list.")
            raise ValueError(missing.format(key=f"files.{key}"))
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
            same = _(
                "check.path is the same as {key}: random bytes are sent there to test the line, so it must "
                "be an address where they do nothing."
            )
            raise ValueError(same.format(key=f"{name}.path"))
    if custom.attach and "ticket" not in custom.attach.places:
        nowhere = _("attach says nowhere which ticket is meant: write {ticket} into attach.path.")
        raise ValueError(nowhere.format(ticket="{ticket}"))
    if custom.upload and not custom.uploads_after and not custom.upload.id:
        missing = _("upload.id is missing: where the answer has what stands for the file ({uploaded}).")
        raise ValueError(missing.format(uploaded="{uploaded}"))
    needs_id = "files" if custom.files else "upload" if custom.uploads_after else ""
    if needs_id and not custom.create.id:
        missing = _("create.id is missing: {section} needs the number of the ticket that was made.")
        raise ValueError(missing.format(section=needs_id))
    if find := custom.find:
        _fit_find("create", custom.create, find.path)
        if find.attached and not custom.attach:
            raise ValueError(_("find.attached is there, but no section attach."))
        if custom.attach:
            _fit_find("attach", custom.attach, find.attached)


def _fit_request(name: str, request: Request, custom: Custom) -> None:
    if problem := _misfit(request, custom):
        places = {place: f"{{{place}}}" for place in ("text", "ticket", *_FILES_GO)}
        raise ValueError(problem.format(section=name, body=request.kind, **places))


def _misfit(request: Request, custom: Custom) -> Sentence | None:
    """What a request lacks, or has too much, beside what else is described."""
    if not request.places.intersection(_NOTES):
        # Translators: {body} is form, json or raw
        return _("{section} has no place for the note: write {text} into its {body}.")
    if len(request.places.intersection(_FILES_GO)) > 1:
        return _("{section} sends every file twice: {file}, {base64} or {uploaded}, only one of them.")
    if "uploaded" in request.places and not custom.upload:
        return _("{section} holds {uploaded}, but no section upload says how files are uploaded.")
    if custom.uploads_after and request.takes_files:
        return _("{section} sends every file twice: upload has a {ticket}, so that files follow it.")
    if custom.upload and not custom.uploads_after and "uploaded" not in request.places:
        # Translators: {body} is form, json or raw
        return _("{section} has no place for what upload gave: write {uploaded} into its {body}.")
    if not custom.upload and not request.takes_files:
        return _(
            "{section} has no place for the files: write {file} into its form, {base64} into a list of its "
            "json, or describe a section upload."
        )
    return None


def _fit_find(name: str, request: Request, path: Template | None) -> None:
    for place in ("tag", "report"):
        if path and place in path.names and not request.places.intersection(_HOLD[place]):
            wanted = _("{section} must hold {text}, so that find can find {place} there.")
            if place == "tag":
                wanted = _("{section} must hold {subject} or {text}, so that find can find {place} there.")
            places = {"subject": "{subject}", "text": "{text}", "place": f"{{{place}}}"}
            raise ValueError(wanted.format(section=name, **places))


def _page_pattern(page: Template) -> str:
    return "".join(
        re.escape(piece) if isinstance(piece, str) else "([A-Za-z0-9][A-Za-z0-9._-]*)"
        for piece in page.pieces
    )
