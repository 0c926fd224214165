"""Zendesk Support (developer.zendesk.com/api-reference/ticketing).

Files are uploaded one by one, each for a token that a comment spends once and within an hour; then one
request makes the ticket, or adds the comment. Files are told apart by their comment. They are given back from
another host, to which Zendesk sends whoever it knows.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from snapper.delivery.bodies import json_body, raw_body
from snapper.delivery.endpoints import Ticket
from snapper.delivery.endpoints.adapter import Adapter, Landed, NoneOfThese, Remote
from snapper.delivery.endpoints.api import Api
from snapper.delivery.http import Answer
from snapper.delivery.letter import Letter, Part
from snapper.errors import MayHaveLanded, NeedsAttention, Refused
from snapper.language import _

_API = "/api/v2"
_PAGE = 100  # the most that Zendesk gives at once
_HTML_CHARS = 65_000  # a comment has 65,535 at most
_OTHER_BODY = "IdempotentRequestError"  # the answer to a key that was used with another body


class Zendesk(Adapter):
    """One Zendesk account, as one agent."""

    check_path = f"{_API}/users/me.json"

    @property
    def headers(self) -> Mapping[str, str]:
        """An API token goes with the address of an agent."""
        login = base64.b64encode(f"{self.destination.login}/token:{self.token}".encode()).decode()
        return {"Authorization": f"Basic {login}", "Accept": "application/json"}

    def says(self, answer: Answer) -> str:
        """Which field is not right, where Zendesk says so."""
        with contextlib.suppress(ValueError, LookupError, AttributeError, TypeError):
            fields = json.loads(answer.body)["details"].values() if answer.status == 422 else ()
            if wrong := [str(each["description"]) for records in fields for each in records]:
                return "; ".join(wrong)[:500]
        return super().says(answer)

    def probe(self, api: Api) -> str:
        """Whether an agent is behind the token, and the group."""
        user = api.get(self.check_path).get("user", {})
        if user.get("role") not in ("agent", "admin"):
            raise NeedsAttention(
                _("The token for {destination} does not belong to an agent.").format(destination=api.name),
                _("Write the e-mail address of an agent as “login” into the settings."),
            )
        self._group(api)
        group = self.option("group")
        return _("Zendesk, group {group}").format(group=group) if group else "Zendesk"

    def ticket(self, api: Api, number: str) -> Ticket | None:
        """What Zendesk says of a ticket; a solved one is opened again by a comment, a closed one is over."""
        found = api.find(f"{_API}/tickets/{number}.json", 403)
        if found is None:
            return None
        ticket = found["ticket"]
        return Ticket(str(ticket["id"]), str(ticket.get("subject", "")), ticket.get("status") != "closed")

    def find(self, api: Api, letter: Letter) -> Landed | None:
        """By the id that a new ticket has of us, or among the comments of the ticket it was for."""
        if letter.ticket:
            return self._landed(api, letter, letter.ticket)
        query = urlencode({"external_id": letter.report_id})
        there = None
        for ticket in _items(api, f"{_API}/tickets.json?{query}&", "tickets"):
            number = str(ticket["id"])
            if landed := self._landed(api, letter, number):
                return landed
            there = there or Landed(number, self._url(number), ())  # it has lost our files, but it is ours
        return there

    def post(self, api: Api, letter: Letter) -> Landed:
        """The files, then the ticket or comment; with new tokens where Zendesk no longer takes old ones."""
        tokens, some_old = self._tokens(api, letter)
        try:
            number = self._commit(api, letter, tokens)
        except Refused:
            if not some_old:
                raise
            api.forget_staged(letter.parts)
            number = self._commit(api, letter, self._tokens(api, letter)[0])
        return self._landed(api, letter, number) or Landed(number, self._url(number), ())

    def _tokens(self, api: Api, letter: Letter) -> tuple[list[str], bool]:
        """A token for each file, and whether some are from an earlier attempt."""
        fresh: list[str] = []
        tokens = [api.staged(part, partial(self._upload, api, part, fresh)) for part in letter.parts]
        return tokens, len(fresh) < len(tokens)

    def _upload(self, api: Api, part: Part, fresh: list[str]) -> str:
        path = f"{_API}/uploads.json?filename={quote(part.sent_as, safe='')}"
        fresh.append(str(api.content(api.stage("POST", path, raw_body(part)))["upload"]["token"]))
        return fresh[-1]

    def _commit(self, api: Api, letter: Letter, tokens: list[str]) -> str:
        # As HTML: an account may be set to read a plain body as Markdown.
        shown = {"html_body": letter.html} if len(letter.html) <= _HTML_CHARS else {"body": letter.text}
        comment: dict[str, Any] = {**shown, "uploads": tokens}
        if letter.ticket:
            body = json_body({"ticket": {"comment": comment | {"public": self.public}}})
            api.commit("PUT", f"{_API}/tickets/{letter.ticket}.json", body)
            return letter.ticket
        group = self._group(api)
        ticket = {"subject": letter.subject, "comment": comment, "external_id": letter.report_id}
        return self._created(api, letter, ticket | ({"group_id": group} if group else {}))

    def _created(self, api: Api, letter: Letter, ticket: Mapping[str, Any]) -> str:
        headers = {"Idempotency-Key": letter.report_id}
        try:
            answer = api.commit(
                "POST", f"{_API}/tickets.json", json_body({"ticket": ticket}), headers=headers
            )
        except Refused as error:
            if _OTHER_BODY not in error.sentence:
                raise
            raise MayHaveLanded(
                _("{destination} has had this report before, with other files.").format(destination=api.name),
                _("Before it is sent again, snapper looks whether it is there."),
            ) from error
        return str(api.content(answer)["ticket"]["id"])

    def _group(self, api: Api) -> int | None:
        """The id of the group that the settings name. Raises NeedsAttention when there is none."""
        wanted = self.option("group")
        if not wanted:
            return None
        groups = {
            str(group["name"]): int(group["id"]) for group in _items(api, f"{_API}/groups.json?", "groups")
        }
        if wanted not in groups:
            none = _("{destination} has no group “{group}”.")
            raise NoneOfThese(none.format(destination=api.name, group=wanted), groups)
        return groups[wanted]

    def _url(self, number: str) -> str:
        return f"{self.destination.url}/agent/tickets/{number}"

    def _landed(self, api: Api, letter: Letter, number: str) -> Landed | None:
        for comment in _items(api, f"{_API}/tickets/{number}/comments.json?", "comments"):
            files = comment.get("attachments", [])
            if any(file["file_name"] == letter.manifest.sent_as for file in files):
                remotes = tuple(
                    Remote(str(file["file_name"]), _address(file["content_url"])) for file in files
                )
                return Landed(number, self._url(number), remotes)
        return None


def _items(api: Api, path: str, name: str) -> Iterator[Mapping[str, Any]]:
    """All items of a list, by cursor, none if it is not there; `path` ends where a query can go on."""
    query = {"page[size]": str(_PAGE)}
    while page := api.find(f"{path}{urlencode(query)}", 403):
        yield from page.get(name, [])
        meta = page.get("meta", {})
        if not meta.get("has_more"):
            return
        query["page[after]"] = str(meta["after_cursor"])


def _address(url: str) -> str:
    """Where a file can be read: at the account's own address whatever its name, so that our login goes there
    and nowhere else; or elsewhere, without it."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.path.startswith("/attachments/token/") else url


ADAPTER = Zendesk
