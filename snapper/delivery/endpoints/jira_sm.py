"""Jira Service Management, Cloud and Data Center (developer.atlassian.com, “Service Desk REST API”).

Files are uploaded to the service desk for a while; a request is made, and one more call attaches them to it,
as it does to an existing one. Files belong to the request alone, so their names say which report they are of.
Its search lags. What Cloud tells of a request's files Data Center tells by Jira's own API, which customers
may not use: then only the comment shows that they arrived.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from snapper.delivery.bodies import Body, json_body, multipart
from snapper.delivery.endpoints import Ticket
from snapper.delivery.endpoints.adapter import Adapter, Landed, NoneOfThese, Remote
from snapper.delivery.endpoints.api import ASKED, Api
from snapper.delivery.endpoints.literal import unformatted
from snapper.delivery.endpoints.names import marked
from snapper.delivery.http import Answer
from snapper.delivery.letter import Letter, Part
from snapper.errors import NeedsAttention, Refused
from snapper.language import Sentence, _

_API = "/rest/servicedeskapi"
_PAGE = 50  # the most that a service desk gives at once
_FILLED = ("summary", "description", "attachment")
_MADE = "request"  # the step of having made a request: its key
_DENIED = "X-Authentication-Denied-Reason"

Request = Mapping[str, Any]
Send = Callable[[str, str, Body], Answer]


class JiraServiceManagement(Adapter):
    """One request type of one service desk."""

    check_path = f"{_API}/info"

    @property
    def headers(self) -> Mapping[str, str]:
        """An API token goes with an e-mail address, a personal access token with nothing."""
        login = base64.b64encode(f"{self.destination.login}:{self.token}".encode()).decode()
        who = f"Basic {login}" if self.destination.login else f"Bearer {self.token}"
        return {"Authorization": who, "Accept": "application/json", "User-Agent": "snapper"}

    def spoke(self, answer: Answer) -> bool:
        """JSON; or a refusal by its login, which has a header of its own."""
        return super().spoke(answer) or (answer.status >= 400 and "X-Seraph-LoginReason" in answer.headers)

    def says(self, answer: Answer) -> str:
        """Data Center shuts its API to those who had the password wrong three times."""
        if "CAPTCHA" in answer.headers.get(_DENIED, ""):
            # Translators: after “… does not accept the token: ”
            return _("sign in there once with a browser, as the password was wrong too often.")
        return super().says(answer)

    def sent_as(self, name: str, tag: str) -> str:
        """With the tag, as other reports in the same request may have files of the same names."""
        return marked(name, tag)

    def probe(self, api: Api) -> str:
        """Desk, request type, and whether we can fill in what that one wants."""
        desk = self._desk(api)
        about = self._about(api, desk, self._request_type(api, desk))
        fields = about.get("requestTypeFields", [])
        wanted = [
            str(field.get("name"))
            for field in fields
            if field.get("required") and field.get("fieldId") not in _FILLED
        ]
        if wanted or "summary" not in _ids(fields):
            what = _("The request type “{type}” of {destination} has no summary to fill in.")
            if wanted:
                what = _("The request type “{type}” of {destination} wants: {fields}.")
            kind, names = self.option("request_type"), ", ".join(wanted)
            raise NeedsAttention(
                what.format(type=kind, destination=api.name, fields=names),
                _("Name another one in the settings, or ask whoever runs it to change its fields."),
            )
        if not self.public and not about.get("canRaiseOnBehalfOf"):
            customer = _(
                "The owner of the token is a customer of {destination}, who can only add what customers see."
            )
            raise NeedsAttention(
                customer.format(destination=api.name), _("Write “public = true” into the settings.")
            )
        return f"Jira Service Management, {self.option('desk')}, {self.option('request_type')}"

    def ticket(self, api: Api, number: str) -> Ticket | None:
        """What the service desk says of a request, and whether files may be added."""
        found = api.find(f"{_API}/request/{number}?expand=action", 403)
        if found is None:
            return None
        may = found.get("actions", {}).get("addAttachment", {}).get("allowed", True)
        category = found.get("currentStatus", {}).get("statusCategory") or _category(api, number)
        return Ticket(str(found["issueKey"]), _field(found, "summary"), category.upper() != "DONE", bool(may))

    def find(self, api: Api, letter: Letter) -> Landed | None:
        """The request that has our files."""
        request = self._request(api, letter)
        return self._landed(api, letter, request) if request else None

    def post(self, api: Api, letter: Letter) -> Landed:
        """The files for a while; the request, unless an earlier attempt made it; then the files for good."""
        request = self._request(api, letter)
        if letter.ticket:
            if request is None:
                gone = _("{destination} has no request {ticket} any more.")
                raise Refused(
                    gone.format(destination=api.name, ticket=letter.ticket),
                    _("Send it to another one, or to a new one: “snapper outbox resend”."),
                )
            self._attach(api, letter, request, unformatted(letter.text), api.commit)
        else:
            request = request or self._made(api, letter)
            api.steps.drop(ASKED)  # it is there, and known by its key however long the search takes
            told = _field(request, "description")  # some request types have no place for it
            comment = f"Files of the report {letter.tag}" if told else unformatted(letter.text)
            self._attach(api, letter, request, comment, api.stage)
        return self._landed(api, letter, request) or Landed(*_where(request), ())

    # --- desk and request type ------------------------------------------------------------------------------

    def _desk(self, api: Api) -> str:
        key = self.option("desk")
        desks = {str(desk["projectKey"]): str(desk["id"]) for desk in _items(api, f"{_API}/servicedesk?")}
        none = _("{destination} has no service desk “{name}” that you may use.")
        return _chosen(api, desks, key, none)

    def _request_type(self, api: Api, desk: str) -> str:
        types = _items(api, f"{_API}/servicedesk/{desk}/requesttype?")
        names = {str(kind["name"]): str(kind["id"]) for kind in types}
        none = _("{destination} has no request type “{name}” that you may use.")
        return _chosen(api, names, self.option("request_type"), none)

    def _about(self, api: Api, desk: str, kind: str) -> Mapping[str, Any]:
        about: Mapping[str, Any] = api.get(f"{_API}/servicedesk/{desk}/requesttype/{kind}/field")
        return about

    # --- requests -------------------------------------------------------------------------------------------

    def _request(self, api: Api, letter: Letter) -> Request | None:
        """The request it was for, or the one that has the tag in its summary."""
        if letter.ticket:
            asked: Request | None = api.find(f"{_API}/request/{letter.ticket}", 403)
            return asked
        key = api.steps.get(_MADE)
        known = api.find(f"{_API}/request/{key}", 403) if key else None
        query = urlencode({"searchTerm": letter.tag, "requestOwnership": "OWNED_REQUESTS"})
        found = [known] if known else _items(api, f"{_API}/request?{query}&")
        return next((each for each in found if letter.tag in _field(each, "summary")), None)

    def _made(self, api: Api, letter: Letter) -> Request:
        """A new request; the files are there before it is, and it is not long without them."""
        desk = self._desk(api)
        kind = self._request_type(api, desk)
        self._staged(api, letter, desk)
        values = {"summary": letter.subject, "description": unformatted(letter.text)}
        has = _ids(self._about(api, desk, kind).get("requestTypeFields", []))
        content = {
            "serviceDeskId": desk,
            "requestTypeId": kind,
            "requestFieldValues": {name: value for name, value in values.items() if name in has},
        }
        made: Request = api.content(api.commit("POST", f"{_API}/request", json_body(content)))
        api.steps.put(_MADE, str(made["issueKey"]))
        return made

    # --- files ----------------------------------------------------------------------------------------------

    def _staged(self, api: Api, letter: Letter, desk: str) -> tuple[list[str], bool]:
        """What the files are called for a while, and whether some were uploaded in an earlier attempt."""
        fresh: list[str] = []

        def upload(part: Part) -> str:
            path = f"{_API}/servicedesk/{desk}/attachTemporaryFile"
            body = multipart([("file", part)])
            answer = api.content(api.stage("POST", path, body, headers={"X-Atlassian-Token": "no-check"}))
            fresh.append(str(answer["temporaryAttachments"][0]["temporaryAttachmentId"]))
            return fresh[-1]

        ids = [api.staged(part, partial(upload, part)) for part in letter.parts]
        return ids, len(fresh) < len(ids)

    def _attach(self, api: Api, letter: Letter, request: Request, comment: str, send: Send) -> None:
        """Attach the files for good. They serve once: when they no longer do, they may be there already."""
        desk = str(request["serviceDeskId"])
        ids, some_old = self._staged(api, letter, desk)
        try:
            self._send_ids(request, ids, comment, letter, send)
        except Refused:
            if self._landed(api, letter, request):
                return
            if not some_old:
                raise
            api.forget_staged(letter.parts)
            self._send_ids(request, self._staged(api, letter, desk)[0], comment, letter, send)

    def _send_ids(self, request: Request, ids: list[str], comment: str, letter: Letter, send: Send) -> None:
        content = {
            "temporaryAttachmentIds": ids,
            "public": self.public or letter.ticket is None,  # whoever opened a new one is the sender
            "additionalComment": {"body": comment},
        }
        send("POST", f"{_API}/request/{request['issueKey']}/attachment", json_body(content))

    def _landed(self, api: Api, letter: Letter, request: Request) -> Landed | None:
        key, url = _where(request)
        files = _files(api, key)
        if files is None:
            comments = _items(api, f"{_API}/request/{key}/comment?")
            there = any(letter.tag in str(comment.get("body")) for comment in comments)
            return Landed(key, url) if there else None
        there = any(remote.name == letter.manifest.sent_as for remote in files)
        return Landed(key, url, files) if there else None


def _files(api: Api, key: str) -> tuple[Remote, ...] | None:
    """What is attached to a request; None where we may not know."""
    path = f"{_API}/request/{key}/attachment"
    if api.ask("GET", f"{path}?limit=1").status not in (404, 405):
        files = _items(api, f"{path}?")
        return tuple(Remote(str(file["filename"]), _address(file["_links"]["content"])) for file in files)
    issue = api.find(f"/rest/api/2/issue/{key}?fields=attachment", 403)
    if issue is None:
        return None
    attached = issue.get("fields", {}).get("attachment", [])
    return tuple(Remote(str(file["filename"]), _address(file["content"])) for file in attached)


def _category(api: Api, number: str) -> str:
    """Jira's own word on how far a request is, as Data Center's service desk tells none."""
    issue = api.find(f"/rest/api/2/issue/{number}?fields=status", 403) or {}
    return str(issue.get("fields", {}).get("status", {}).get("statusCategory", {}).get("key", ""))


def _where(request: Request) -> tuple[str, str]:
    return str(request["issueKey"]), str(request.get("_links", {}).get("web", ""))


def _field(request: Request, name: str) -> str:
    values = request.get("requestFieldValues", [])
    return next((str(each.get("value") or "") for each in values if each.get("fieldId") == name), "")


def _ids(fields: list[Mapping[str, Any]]) -> set[str]:
    return {str(field.get("fieldId")) for field in fields}


def _chosen(api: Api, there: Mapping[str, str], wanted: str, none: Sentence) -> str:
    """The id of what the settings name, however its letters are written. Raises NoneOfThese, which `none`
    says."""
    for name, number in there.items():
        if name.casefold() == wanted.casefold():
            return number
    raise NoneOfThese(none.format(destination=api.name, name=wanted), list(there)[:30])


def _address(link: str) -> str:
    """Where a file can be read, at the address we know Jira by, so that our login goes nowhere else."""
    parts = urlsplit(link)
    found = re.search(r"/(?:rest|secure)/.*", parts.path)
    return f"{found[0]}{f'?{parts.query}' if parts.query else ''}" if found else link


def _items(api: Api, path: str) -> Iterator[Mapping[str, Any]]:
    """The items of a list, page by page; `path` ends where a query can go on."""
    start = 0
    while page := api.find(f"{path}start={start}&limit={_PAGE}"):
        values = page.get("values", [])
        yield from values
        start += len(values)
        if page.get("isLastPage", True) or not values:
            return


ADAPTER = JiraServiceManagement
