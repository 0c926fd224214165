"""What one ticket system's file has to say; everything that all have in common is done in `ticket_system`.

An adapter knows addresses, fields and answers. It does not retry, does not wait, keeps nothing on disk and
decides nothing about what an error means for the report: that is the same everywhere.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snapper.delivery.endpoints import Ticket
from snapper.delivery.http import Answer
from snapper.delivery.letter import Letter
from snapper.destinations import Destination
from snapper.errors import NeedsAttention
from snapper.language import Sentence, _

if TYPE_CHECKING:
    from snapper.delivery.endpoints.api import Api


@dataclass(frozen=True)
class Remote:
    """A file in a ticket: its name there and where it can be read."""

    name: str
    address: str


@dataclass(frozen=True)
class Landed:
    """A report in a ticket system: the ticket's number as people quote it, its web address, and its files;
    None where the system does not let them be read."""

    ticket: str
    url: str
    files: tuple[Remote, ...] | None = None


class NoneOfThese(NeedsAttention):
    """The settings name something that a ticket system does not have; `names` is what it has."""

    def __init__(self, sentence: Sentence, names: Iterable[object]) -> None:
        self.names = ", ".join(map(str, names))
        remedy = _("There are none: ask whoever runs it.")
        if self.names:
            remedy = _("Write one of these into the settings: {names}.").format(names=self.names)
        super().__init__(sentence, remedy)


class Adapter(ABC):
    """One ticket system. Methods raise what the Api raises, and Refused or NeedsAttention."""

    check_path: str  # a GET that costs the system nothing, and whose answer shows that it is the one asked
    check_unnamed = False  # whether that answer comes without a login too; wrong ones may lock an account
    searches = True  # whether a report can be looked up
    in_steps = False  # whether a report is there before all its files are, and what is missing can be added

    def __init__(self, destination: Destination, token: str) -> None:
        self.destination = destination
        self.token = token

    def option(self, key: str) -> str:
        """What the destination says about its system, or the default."""
        return self.destination.option(key)

    @property
    def public(self) -> bool:
        """Whether the person who opened a ticket is to see what is added."""
        return self.option("public") == "yes"

    @property
    @abstractmethod
    def headers(self) -> Mapping[str, str]:
        """What goes along with every request: who we are."""

    def spoke(self, answer: Answer) -> bool:
        """Whether an answer is the ticket system's own, and not that of something in between."""
        return answer.media_type.endswith("json") and _is_json(answer.body)

    def says(self, answer: Answer) -> str:
        """What the ticket system says is wrong, in its own words; “” when it says nothing."""
        return said_in(answer.body)

    def sent_as(self, name: str, tag: str) -> str:
        """The name a file is sent under: one that the system leaves alone, and where files belong to a ticket
        only, one that no other report (`tag`) uses."""
        return name

    @abstractmethod
    def probe(self, api: Api) -> str:
        """Ask who we are and whether what the destination names is there; a few words about it, such as
        “RT 5.0.3, queue Support, as snapper”. Raises NeedsAttention with what to correct."""

    @abstractmethod
    def ticket(self, api: Api, number: str) -> Ticket | None:
        """An existing ticket; None when there is none of that number (that we may see)."""

    @abstractmethod
    def find(self, api: Api, letter: Letter) -> Landed | None:
        """The report, wherever an earlier attempt may have put it; None when it is not there."""

    @abstractmethod
    def post(self, api: Api, letter: Letter) -> Landed:
        """Make a ticket, or add to `letter.ticket`."""

    def add(self, api: Api, letter: Letter, landed: Landed) -> Landed:
        """Add the files that are missing, where a report comes in steps; elsewhere all came with it."""
        return landed


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


_WORDS = (
    "message",
    "error_human",
    "detail",
    "description",
    "title",
    "error",
    "errors",
    "errorMessage",
    "msg",
)


def said_in(body: bytes) -> str:
    """The sentence in an error's JSON, wherever it stands."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return " ".join("; ".join(_sentences(content)).split())[:500]


def _sentences(content: Any, depth: int = 0) -> list[str]:
    if isinstance(content, str):
        return [content] if content.strip() else []
    if depth > 4:
        return []
    if isinstance(content, list):
        return [said for item in content for said in _sentences(item, depth + 1)]
    if isinstance(content, dict):
        chosen = [content[word] for word in _WORDS if word in content]
        return [said for item in chosen or content.values() for said in _sentences(item, depth + 1)]
    return []
