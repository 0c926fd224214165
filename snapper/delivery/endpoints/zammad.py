"""Zammad (docs.zammad.org/en/latest/api/).

A ticket or an article and its files go in one request, the files in base64; files are told apart by their
article. A ticket has a number, which people say, and an id, which its addresses have. A search by condition
asks Zammad's database; one by words would ask an index that lags.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from snapper.delivery.bodies import Body, json_with_files
from snapper.delivery.endpoints import Ticket
from snapper.delivery.endpoints.adapter import Adapter, Landed, NoneOfThese, Remote
from snapper.delivery.endpoints.api import Api
from snapper.delivery.letter import Letter
from snapper.errors import NeedsAttention, Refused
from snapper.language import _

_API = "/api/v1"
_ID = "zoom-"  # before an id that a web address had
_OVER = ("closed", "merged", "removed")  # types of states


class Zammad(Adapter):
    """One group of a Zammad."""

    check_path = f"{_API}/users/me"

    @property
    def headers(self) -> Mapping[str, str]:
        """Zammad's access token."""
        return {"Authorization": f"Token token={self.token}", "Accept": "application/json"}

    def probe(self, api: Api) -> str:
        """The group, and whether we may make tickets there; customers are told of no groups."""
        group, groups = self.option("group"), self._groups(api)
        if groups and group not in groups:
            none = _("{destination} has no group “{group}” that you may see.")
            raise NoneOfThese(none.format(destination=api.name, group=group), groups)
        if groups and not {"create", "full"} & set(groups[group]):
            closed = _("You may not make tickets in the group “{group}” of {destination}.")
            raise NeedsAttention(
                closed.format(group=group, destination=api.name),
                _("Ask whoever runs it for the right to create tickets there."),
            )
        return _("Zammad, group {group}").format(group=group)

    def ticket(self, api: Api, number: str) -> Ticket | None:
        """What Zammad says of a ticket, and whether we may change those of its group."""
        found = self._found(api, number)
        if found is None:
            return None
        states = {
            state["name"]: state.get("state_type") for state in api.get(f"{_API}/ticket_states?expand=true")
        }
        access = self._groups(api).get(found["group"], ["full"])
        return Ticket(
            str(found["number"]),
            str(found.get("title", "")),
            (states.get(found["state"]) or found["state"]) not in _OVER,
            bool({"change", "full"} & set(access)),
        )

    def find(self, api: Api, letter: Letter) -> Landed | None:
        """By the tag in the title, or among the articles of the ticket it was for."""
        if letter.ticket:
            ticket = self._found(api, letter.ticket)
            return self._landed(api, letter, ticket) if ticket else None
        for ticket in _search(api, "ticket.title", "contains", letter.tag):
            if landed := self._landed(api, letter, ticket):
                return landed
        return None

    def post(self, api: Api, letter: Letter) -> Landed:
        """The ticket with its first article, or an article; the files are inside."""
        if letter.ticket:
            ticket = self._found(api, letter.ticket)
            if ticket is None:
                gone = _("{destination} has no ticket {ticket} any more.")
                raise Refused(
                    gone.format(destination=api.name, ticket=letter.ticket),
                    _("Send it to another ticket, or to a new one: “snapper outbox resend”."),
                )
            article = {"ticket_id": ticket["id"], "internal": not self.public} | _article(letter)
            api.commit("POST", f"{_API}/ticket_articles", _body(article, letter))
        else:
            new = self._new(api, letter) | {"article": _article(letter)}
            ticket = api.content(api.commit("POST", f"{_API}/tickets", _body(new, letter)))
        return self._landed(api, letter, ticket) or Landed(str(ticket["number"]), self._url(ticket), ())

    def _new(self, api: Api, letter: Letter) -> dict[str, Any]:
        """A new ticket is of the customer in the settings, or of whoever has the token."""
        customer = self.option("customer")
        whose = f"guess:{customer}" if customer else api.get(self.check_path)["id"]
        return {"title": letter.subject, "group": self.option("group"), "customer_id": whose}

    def _groups(self, api: Api) -> Mapping[str, list[str]]:
        """The groups we may see as agents, and what we may do there."""
        groups = api.get(f"{self.check_path}?expand=true").get("groups")
        return groups if isinstance(groups, dict) else {}

    def _found(self, api: Api, ticket: str) -> Mapping[str, Any] | None:
        """A ticket by its number, or by its id where only that is known."""
        if ticket.startswith(_ID):
            found = api.find(f"{_API}/tickets/{ticket.removeprefix(_ID)}?expand=true", 403)
            return found if isinstance(found, dict) else None
        return next(iter(_search(api, "ticket.number", "is", ticket)), None)

    def _url(self, ticket: Mapping[str, Any]) -> str:
        return f"{self.destination.url}/#ticket/zoom/{ticket['id']}"

    def _landed(self, api: Api, letter: Letter, ticket: Mapping[str, Any]) -> Landed | None:
        for article in api.get(f"{_API}/ticket_articles/by_ticket/{ticket['id']}"):
            place = f"{_API}/ticket_attachment/{ticket['id']}/{article['id']}"
            files = article.get("attachments", [])
            remotes = tuple(Remote(str(file["filename"]), f"{place}/{file['id']}") for file in files)
            if any(remote.name == letter.manifest.sent_as for remote in remotes):
                return Landed(str(ticket["number"]), self._url(ticket), remotes)
        return None


def _search(api: Api, field: str, operator: str, value: str) -> list[Mapping[str, Any]]:
    wanted = {"condition": {field: {"operator": operator, "value": value}}}
    found = api.content(api.ask("POST", f"{_API}/tickets/search?expand=true", json=wanted))
    return found if isinstance(found, list) else []


def _article(letter: Letter) -> dict[str, Any]:
    return {
        "subject": letter.subject,
        "body": letter.text,
        "content_type": "text/plain",
        "type": "note",
    }


def _body(content: dict[str, Any], letter: Letter) -> Body:
    """The request with the files in its article, where each is a mark that is no text of anybody's."""
    article = content.get("article", content)
    marks = {f"file-{secrets.token_hex(16)}": part for part in letter.parts}
    article["attachments"] = [
        {"filename": part.sent_as, "mime-type": part.media_type, "data": mark} for mark, part in marks.items()
    ]
    return json_with_files(content, marks)


ADAPTER = Zammad
