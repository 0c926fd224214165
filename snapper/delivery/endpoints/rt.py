"""Request Tracker 5, over REST 2.0 (docs.bestpractical.com/rt/5.0.3/RT/REST2.html).

A ticket or a comment and its files go in one request; files are told apart by the transaction they came with.
RT cuts a subject after 200 bytes, alters what is called text, and answers 201 after it has dropped a file
that is too large: only what is read back counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from snapper.delivery.bodies import json_body, multipart
from snapper.delivery.endpoints import Ticket
from snapper.delivery.endpoints.adapter import Adapter, Landed, NoneOfThese, Remote
from snapper.delivery.endpoints.api import Api
from snapper.delivery.letter import Letter
from snapper.errors import NeedsAttention
from snapper.language import _

_REST = "/REST/2.0"
_CLOSED = ("resolved", "rejected", "deleted")
_PAGE = 100  # the most that RT gives at once


class Rt(Adapter):
    """One queue of an RT."""

    check_path = f"{_REST}/rt"

    @property
    def headers(self) -> Mapping[str, str]:
        """RT's auth token; with the name of a browser RT would show its login page."""
        return {"Authorization": f"token {self.token}", "Accept": "application/json", "User-Agent": "snapper"}

    def sent_as(self, name: str, tag: str) -> str:
        """RT takes a file called 0 for one without a name."""
        return "0.bin" if name == "0" else name

    def probe(self, api: Api) -> str:
        """Version and queue."""
        version, queue = api.get(self.check_path).get("Version", ""), self.option("queue")
        found = api.find(f"{_REST}/queue/{quote(queue, safe='')}", 403)
        if found is None:
            names = [each.get("Name") for each in _items(api, f"{_REST}/queues/all?fields=Name")]
            none = _("{destination} has no queue “{queue}” that you may see.")
            raise NoneOfThese(none.format(destination=api.name, queue=queue), names)
        if "create" not in _links(found):
            closed = _("You may not make tickets in the queue “{queue}” of {destination}.")
            raise NeedsAttention(
                closed.format(queue=queue, destination=api.name),
                _("Ask whoever runs RT for the rights CreateTicket, ShowTicket and ShowTicketComments."),
            )
        return _("RT {version}, queue {queue}").format(version=version.partition("+")[0], queue=queue)

    def ticket(self, api: Api, number: str) -> Ticket | None:
        """What RT says of a ticket; those who may add to it are told where."""
        found = api.find(f"{_REST}/ticket/{number}", 403)
        if found is None:
            return None
        open_ = found.get("Status") not in _CLOSED
        return Ticket(str(found["id"]), str(found.get("Subject", "")), open_, self._how in _links(found))

    def find(self, api: Api, letter: Letter) -> Landed | None:
        """By the tag in the subject, or among the files of the ticket it was for."""
        if letter.ticket:
            return self._landed(api, letter, letter.ticket)
        query = urlencode({"query": f"Subject LIKE '{letter.tag}'", "fields": "Subject"})
        for ticket in _items(api, f"{_REST}/tickets?{query}"):
            if landed := self._landed(api, letter, str(ticket["id"])):
                return landed
        return None

    def post(self, api: Api, letter: Letter) -> Landed:
        """One form: the ticket or comment as JSON, and the files."""
        content: dict[str, Any] = {"Content": letter.text, "ContentType": "text/plain"}
        if letter.ticket is None:
            content |= {"Queue": self.option("queue"), "Subject": letter.subject}
        path = f"{_REST}/ticket/{letter.ticket}/{self._how}" if letter.ticket else f"{_REST}/ticket"
        files = [("Attachments", part) for part in letter.parts]
        answer = api.commit("POST", path, multipart([("JSON", json_body(content)), *files]))
        number = letter.ticket or str(api.content(answer)["id"])
        return self._landed(api, letter, number) or Landed(number, self._url(number), ())

    @property
    def _how(self) -> str:
        return "correspond" if self.public else "comment"

    def _url(self, number: str) -> str:
        return f"{self.destination.url}/Ticket/Display.html?id={number}"

    def _landed(self, api: Api, letter: Letter, number: str) -> Landed | None:
        fields = "fields=Filename,TransactionId"
        files = list(_items(api, f"{_REST}/ticket/{number}/attachments?{fields}"))
        name = letter.manifest.sent_as
        came_with = next((_transaction(file) for file in files if file.get("Filename") == name), None)
        if came_with is None:
            return None
        remotes = [
            Remote(str(file["Filename"]), f"/Ticket/Attachment/{came_with}/{file['id']}/")
            for file in files
            if _transaction(file) == came_with and file.get("Filename")
        ]
        return Landed(number, self._url(number), tuple(remotes))


def _items(api: Api, path: str) -> Iterator[Mapping[str, Any]]:
    page = 1
    while True:
        items = api.get(f"{path}&per_page={_PAGE}&page={page}").get("items", [])
        yield from items
        if len(items) < _PAGE:
            return
        page += 1


def _links(found: Mapping[str, Any]) -> set[str]:
    """What may be done with something, by the names RT gives it."""
    return {str(link.get("ref")) for link in found.get("_hyperlinks", [])}


def _transaction(file: Mapping[str, Any]) -> str:
    told = file.get("TransactionId", "")
    return str(told.get("id", "")) if isinstance(told, dict) else str(told)


ADAPTER = Rt
