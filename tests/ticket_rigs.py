"""Ticket systems under test, the real ones and the others alike: each behind a line that can be broken."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from scripts.ticket_systems import Peer, Running
from scripts.ticket_systems import start as start_real
from scripts.ticket_systems import why_not as why_not_real
from snapper import bundle
from snapper.answer import Todo
from snapper.delivery.endpoints import Endpoint, desk, kinds
from snapper.delivery.endpoints.ticket_system import TicketSystem, server
from snapper.destinations import Destination
from snapper.outbox import Outbox
from snapper.report import Kind, Report, timestamp
from tests import ticket_fakes
from tests.breaking_line import Line, line_to
from tests.desks import desk_at, ways_along
from tests.ticket_fakes import custom_examples

REAL = ("rt", "redmine", "roundup")
Options = Callable[[Peer], Mapping[str, Any]]


@dataclass(frozen=True)
class Trait:
    """What the suite has to know of a system: the options of a destination there, and which requests make a
    ticket or add to one (“METHOD /path”); what the settings call it, and what runs, where these are not the
    name of the rig."""

    options: Options
    commits: str
    system: str = ""
    runs: str = ""


TRAITS = {
    "desk": Trait(lambda peer: {}, r"POST /api/v1/reports"),
    "rt": Trait(lambda peer: {"queue": peer.place}, r"POST /REST/2\.0/ticket(/\d+/(comment|correspond))?"),
    "redmine": Trait(
        lambda peer: {"project": peer.place}, r"POST /projects/[^/]+/issues\.json|PUT /issues/\d+\.json"
    ),
    "roundup": Trait(lambda peer: {}, r"POST /rest/data/issue/@poe/.+|PATCH /rest/data/issue/\d+"),
    "zendesk": Trait(
        lambda peer: {"group": peer.place}, r"POST /api/v2/tickets\.json|PUT /api/v2/tickets/\d+\.json"
    ),
    "freshdesk": Trait(
        lambda peer: {"group": peer.place, "requester": peer.login}, r"POST /api/v2/tickets(/\d+/notes)?"
    ),
    "zammad": Trait(
        lambda peer: {"group": peer.place, "customer": peer.login}, r"POST /api/v1/(tickets|ticket_articles)"
    ),
    "jira_sm": Trait(
        lambda peer: {
            "desk": peer.place.partition("/")[0],
            "request_type": peer.place.partition("/")[2],
            "public": "yes",
        },
        r"POST /rest/servicedeskapi/request(/[A-Z]+-\d+/attachment)?",
    ),
    "gitlab": Trait(lambda peer: {"project": peer.place}, r"POST /api/v4/projects/[^/]+/issues(/\d+/notes)?"),
    "servicenow": Trait(lambda peer: {}, r"(POST|PATCH) /api/now/table/incident(/\w+)?"),
    "rageshake": Trait(lambda peer: {}, r"POST /api/submit"),
    "custom_form": Trait(
        lambda peer: custom_examples.options(custom_examples.HELP_DESK),
        r"POST /api/tickets(/\d+/replies)?",
        "custom",
    ),
    "custom_steps": Trait(
        lambda peer: custom_examples.options(custom_examples.TRACKER),
        r"POST /projects/support/issues\.json|PUT /issues/\d+\.json",
        "custom",
    ),
    "custom_redmine": Trait(
        lambda peer: custom_examples.options(custom_examples.TRACKER),
        r"POST /projects/support/issues\.json|PUT /issues/\d+\.json",
        "custom",
        "redmine",
    ),
}


@dataclass(repr=False)
class Rig:
    """One ticket system that runs, and the way to it: `system` is what the settings call it, `name` what
    TRAITS call it where that is something else."""

    system: str
    running: Running
    line: Line
    name: str = ""

    @property
    def trait(self) -> Trait:
        """What the suite knows of it."""
        return TRAITS[self.name or self.system]

    def destination(self, **changes: Any) -> Destination:
        """Where it is, through the line."""
        peer = self.running.peer
        usual: dict[str, Any] = {
            "name": "our desk", "system": self.system, "url": self.line.url, "login": peer.login,
            "options": dict(self.trait.options(peer)),
        }  # fmt: skip
        return Destination(**(usual | changes))

    def endpoint(
        self, token: str | None = None, *, idle_seconds: float = 5.0, later: float = 0.0, **changes: Any
    ) -> Endpoint:
        """It as delivery sees it, so many seconds later; a new one knows nothing of what others did."""
        token = self.running.peer.token if token is None else token
        if self.system == "desk":
            return desk.DeskEndpoint(ways_along(desk.server(self.line.url, token, idle_seconds)))
        adapter = kinds.adapter(self.destination(**changes), token)
        return TicketSystem(
            adapter,
            ways_along(server(adapter, idle_seconds)),
            clock=lambda: time.time() + later,
            wait=lambda seconds: None,
        )


@contextlib.contextmanager
def rig_of(name: str, folder: Path) -> Iterator[Rig]:
    """A system of TRAITS that runs, for the time of the block."""
    with _starting(TRAITS[name].runs or name)(folder) as running, rig_to(running, name) as rig:
        yield rig


@contextlib.contextmanager
def rig_to(running: Running, name: str = "") -> Iterator[Rig]:
    """The way to a system that runs; `name` is what TRAITS call it where that is not the system's name."""
    name = name or running.peer.system
    trait = TRAITS[name]
    with line_to(running.peer.url, re.compile(trait.commits)) as line:
        yield Rig(trait.system or name, running, line, name)


def why_not(name: str) -> str:
    """Why a system of TRAITS cannot run here; “” when it can."""
    system = TRAITS[name].runs or name
    return why_not_real(system) if system in REAL else ""


def _starting(system: str) -> Callable[[Path], contextlib.AbstractContextManager[Running]]:
    if system == "desk":
        return _desk
    if system in REAL:
        return partial(start_real, system)
    return partial(ticket_fakes.start, system)


class _RunningDesk:
    """A desk with what a test may do to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = contextlib.ExitStack()
        self._port = 0
        self.restart()

    @property
    def peer(self) -> Peer:
        return Peer("desk", self._desk.url, self._token, "", "")

    def restart(self) -> None:
        self._stack.close()
        self._desk = self._stack.enter_context(desk_at(self._folder, self._port))
        self._port = int(self._desk.url.rpartition(":")[2])
        self._token = getattr(self, "_token", self._desk.token)

    def stop(self) -> None:
        self._stack.close()

    def tickets(self) -> list[str]:
        return [str(ticket.number) for ticket in reversed(self._desk.store.tickets(limit=1000))]

    def close(self, ticket: str) -> None:
        self._desk.store.set_state(int(ticket), "closed")

    def reader_token(self) -> str:
        return ""


@contextlib.contextmanager
def _desk(folder: Path) -> Iterator[Running]:
    running = _RunningDesk(folder)
    try:
        yield running
    finally:
        running.stop()


def report_in(
    outbox: Outbox, files: Mapping[str, bytes], *, note: str = "It froze", ticket: str | None = None
) -> bundle.Bundle:
    """A whole report of these files."""
    with outbox.prepare() as preparation:
        parts = tuple(
            bundle.attach_bytes(preparation.folder, name, data, Kind.FILE, bundle.media_type(name))
            for name, data in files.items()
        )
        draft = Report(preparation.id, timestamp(outbox.clock()), note, ticket, parts, snapper="0.0")
        preparation.accept(draft, Todo())
        preparation.seal(draft)
        entry = preparation.publish()
    return bundle.read(outbox.folder / entry.id)
