"""Freshdesk (developers.freshdesk.com/api).

A ticket or a note and its files go in one form; files are told apart by their note. All files of a ticket
together have 20 MB. Freshdesk's search lags, its list of tickets does not.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from snapper.delivery.bodies import multipart
from snapper.delivery.causes import Cause
from snapper.delivery.endpoints import Ticket
from snapper.delivery.endpoints.adapter import Adapter, Landed, NoneOfThese, Remote
from snapper.delivery.endpoints.api import Api
from snapper.delivery.http import Answer
from snapper.delivery.letter import Letter, Part
from snapper.errors import Obstacle, Refused
from snapper.language import _
from snapper.words import size_text

_API = "/api/v2"
_OPEN, _CLOSED = "2", 5
_LOW = "1"
_PAGE = 100  # the most that Freshdesk gives at once
_PAGES = 10  # of the requester's newest tickets that are looked through


class Freshdesk(Adapter):
    """One Freshdesk account, as the agent whose key it is."""

    check_path = f"{_API}/agents/me"

    @property
    def headers(self) -> Mapping[str, str]:
        """The key is the user name; the password can be anything."""
        login = base64.b64encode(f"{self.token}:X".encode()).decode()
        return {"Authorization": f"Basic {login}", "Accept": "application/json"}

    def spoke(self, answer: Answer) -> bool:
        """Its 404 has no body, but the version, as every answer has."""
        return super().spoke(answer) or (not answer.body and "X-Freshdesk-Api-Version" in answer.headers)

    def says(self, answer: Answer) -> str:
        """Nothing for a key that is refused: “you have to be logged in” would lead people astray."""
        return "" if answer.status == 401 else super().says(answer)

    def probe(self, api: Api) -> str:
        """Whether an agent is behind the key, and the group."""
        api.get(self.check_path)
        self._group(api)
        group = self.option("group")
        return _("Freshdesk, group {group}").format(group=group) if group else "Freshdesk"

    def ticket(self, api: Api, number: str) -> Ticket | None:
        """What Freshdesk says of a ticket; one in the bin or among the spam takes nothing."""
        found = api.find(f"{_API}/tickets/{number}", 403)
        if found is None or found.get("deleted") or found.get("spam"):
            return None
        return Ticket(str(found["id"]), str(found.get("subject") or ""), found.get("status") != _CLOSED)

    def find(self, api: Api, letter: Letter) -> Landed | None:
        """By the tag, in the search and among the newest tickets, or among the notes of the ticket it was
        for."""
        if letter.ticket:
            notes = (note.get("attachments", []) for note in _notes(api, letter.ticket))
            return self._landed(letter, letter.ticket, *notes)
        for number in self._tickets(api, letter):
            ticket = api.find(f"{_API}/tickets/{number}") or {}
            if landed := self._landed(letter, number, ticket.get("attachments", [])):
                return landed
        return None

    def _tickets(self, api: Api, letter: Letter) -> Iterator[str]:
        """Those with the tag: the search knows all but the newest, the list those."""
        query = urlencode({"query": f"\"tag:'{letter.tag}'\""})
        for ticket in api.get(f"{_API}/search/tickets?{query}").get("results", []):
            yield str(ticket["id"])
        email = urlencode({"email": self.option("requester"), "order_by": "created_at"})
        for ticket in _items(api, f"{_API}/tickets?{email}&", _PAGES):
            if letter.tag in str(ticket.get("subject") or ""):
                yield str(ticket["id"])

    def post(self, api: Api, letter: Letter) -> Landed:
        """One form: the fields of a ticket or a note, and the files."""
        if letter.ticket:
            self._check_room(api, letter, letter.ticket)
            fields = [("body", letter.html), ("private", "false" if self.public else "true")]
            path = f"{_API}/tickets/{letter.ticket}/notes"
        else:
            fields, path = self._new(api, letter), f"{_API}/tickets"
        files: list[tuple[str, str | Part]] = [("attachments[]", part) for part in letter.parts]
        made = api.content(api.commit("POST", path, multipart([*fields, *files])))
        number = letter.ticket or str(made["id"])
        return self._landed(letter, number, made.get("attachments", [])) or Landed(
            number, self._url(number), ()
        )

    def _new(self, api: Api, letter: Letter) -> list[tuple[str, str]]:
        fields = {
            "email": self.option("requester"),
            "subject": letter.subject,
            "description": letter.html,
            "status": _OPEN,
            "priority": _LOW,
            "tags[]": letter.tag,
            "type": self.option("type"),
            "group_id": self._group(api),
        }
        return [(name, value) for name, value in fields.items() if value]

    def _check_room(self, api: Api, letter: Letter, number: str) -> None:
        """Whether the files still fit into the ticket. Raises Refused."""
        most = self.destination.limits.report_bytes
        ticket = api.get(f"{_API}/tickets/{number}")
        there = [*ticket.get("attachments", [])]
        there += [file for note in _notes(api, number) for file in note.get("attachments", [])]
        full = sum(int(file["file_size"]) for file in there)
        if most is not None and full + letter.size > most:
            too_large = _(
                "Ticket {ticket} of {destination} has {size} of files, and takes {most} in all; this report "
                "has {more}."
            )
            sizes = {"size": size_text(full), "most": size_text(most), "more": size_text(letter.size)}
            raise Refused(
                too_large.format(ticket=number, destination=api.name, **sizes),
                _("Send it to a new ticket: “snapper outbox resend”, or without the logs."),
                obstacle=Obstacle(str(Cause.TOO_LARGE), api.name),
            )

    def _group(self, api: Api) -> str:
        """The id of the group that the settings name, if they do. Raises NeedsAttention."""
        wanted = self.option("group")
        if not wanted:
            return ""
        groups = {str(group["name"]): str(group["id"]) for group in _items(api, f"{_API}/groups?")}
        if wanted not in groups:
            none = _("{destination} has no group “{group}”.")
            raise NoneOfThese(none.format(destination=api.name, group=wanted), groups)
        return groups[wanted]

    def _url(self, number: str) -> str:
        return f"{self.destination.url}/a/tickets/{number}"

    def _landed(self, letter: Letter, number: str, *lists: list[dict[str, Any]]) -> Landed | None:
        for files in lists:
            remotes = tuple(Remote(str(file["name"]), str(file["attachment_url"])) for file in files)
            if any(remote.name == letter.manifest.sent_as for remote in remotes):
                return Landed(number, self._url(number), remotes)
        return None


def _notes(api: Api, number: str) -> Iterator[Mapping[str, Any]]:
    if api.find(f"{_API}/tickets/{number}", 403):
        yield from _items(api, f"{_API}/tickets/{number}/conversations?")


def _items(api: Api, path: str, pages: int = 1000) -> Iterator[Mapping[str, Any]]:
    """The items of a list, from so many pages; `path` ends where a query can go on."""
    for page in range(1, pages + 1):
        items = api.get(f"{path}per_page={_PAGE}&page={page}")
        yield from items
        if len(items) < _PAGE:
            return


ADAPTER = Freshdesk
