"""ServiceNow incidents (docs.servicenow.com: Table API, Attachment API).

The incident is made first, or a note is added to it; then its files follow one by one, the manifest before
the others. Files belong to the incident alone, so their names say which report they are of. ServiceNow
ignores what it does not know in a query, and leaves out what one may not write: what it answers is looked at
twice.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from snapper.delivery.bodies import json_body, raw_body
from snapper.delivery.endpoints import Ticket
from snapper.delivery.endpoints.adapter import Adapter, Landed, Remote
from snapper.delivery.endpoints.api import ASKED, Api
from snapper.delivery.endpoints.literal import without_code_tags
from snapper.delivery.endpoints.names import marked
from snapper.delivery.letter import Letter
from snapper.errors import NeedsAttention, Refused
from snapper.language import _

_TABLE, _FILES, _USERS = "/api/now/table/incident", "/api/now/attachment", "/api/now/table/sys_user"
_FIELDS = "sys_id,number,short_description,correlation_id,state,active"
_OVER = ("7", "8")  # states: closed, cancelled
_PAGE = 1000

Record = Mapping[str, Any]


class ServiceNow(Adapter):
    """The incidents of one instance."""

    check_path = f"{_FILES}?sysparm_limit=1"
    check_unnamed = True
    in_steps = True

    @property
    def headers(self) -> Mapping[str, str]:
        """A user's password, or an OAuth token."""
        login = base64.b64encode(f"{self.destination.login}:{self.token}".encode()).decode()
        who = f"Basic {login}" if self.destination.login else f"Bearer {self.token}"
        return {"Authorization": who, "Accept": "application/json"}

    def sent_as(self, name: str, tag: str) -> str:
        """With the tag, as other reports in the same incident may have files of the same names."""
        return marked(name, tag)

    def probe(self, api: Api) -> str:
        """Whether incidents can be seen, and the caller."""
        api.get(f"{_TABLE}?sysparm_limit=1&sysparm_fields=sys_id")
        if (caller := self.option("caller")) and not self._user(api, caller):
            none = _("{destination} has no user “{user}” that you may see.")
            raise NeedsAttention(
                none.format(destination=api.name, user=caller),
                _("Write the user name of a person there as “caller” into the settings, or leave it out."),
            )
        if caller:
            return _("ServiceNow, incidents of {user}").format(user=caller)
        return _("ServiceNow, incidents")

    def ticket(self, api: Api, number: str) -> Ticket | None:
        """What ServiceNow says of an incident; a resolved one can still be added to."""
        found = self._record(api, number)
        if found is None:
            return None
        is_open = found.get("active") != "false" and found.get("state") not in _OVER
        return Ticket(str(found["number"]), str(found.get("short_description", "")), is_open)

    def find(self, api: Api, letter: Letter) -> Landed | None:
        """The incident that has the manifest; one without it is not ours yet, or not yet for others."""
        record = self._incident(api, letter)
        if record is None:
            return None
        landed = self._landed(api, record)
        names = {remote.name for remote in landed.files or ()}
        return landed if letter.manifest.sent_as in names else None

    def post(self, api: Api, letter: Letter) -> Landed:
        """The incident or the note, unless an earlier attempt got that far; then the files."""
        record = self._incident(api, letter)
        if letter.ticket:
            if record is None:
                gone = _("{destination} has no incident {ticket} any more.")
                raise Refused(
                    gone.format(destination=api.name, ticket=letter.ticket),
                    _("Send it to another one, or to a new one: “snapper outbox resend”."),
                )
            self._note(api, letter, f"{_TABLE}/{record['sys_id']}")
        elif record is None:
            record = api.content(api.commit("POST", _TABLE, json_body(self._new(api, letter))))["result"]
        api.steps.drop(ASKED)  # it is there
        return self._with_files(api, letter, record)

    def add(self, api: Api, letter: Letter, landed: Landed) -> Landed:
        """The files that are missing."""
        record = self._incident(api, letter)
        return self._with_files(api, letter, record) if record else landed

    # --- the incident ---------------------------------------------------------------------------------------

    def _incident(self, api: Api, letter: Letter) -> Record | None:
        """The incident it was for, or the one that was made for it: by its id, or where that could not be
        written, by the tag."""
        if letter.ticket:
            return self._record(api, letter.ticket)
        by_id = _rows(api, f"correlation_id={letter.report_id}")
        by_tag = _rows(api, f"short_descriptionLIKE{letter.tag}")
        return next((row for row in by_id if row.get("correlation_id") == letter.report_id), None) or next(
            (row for row in by_tag if letter.tag in str(row.get("short_description"))), None
        )

    def _record(self, api: Api, ticket: str) -> Record | None:
        """An incident by its number, or by the sys_id that its web address has."""
        if re.fullmatch(r"[0-9a-f]{32}", ticket):
            found = api.find(f"{_TABLE}/{ticket}?sysparm_fields={_FIELDS}")
            return found["result"] if found else None
        return next((row for row in _rows(api, f"number={ticket}") if row.get("number") == ticket), None)

    def _new(self, api: Api, letter: Letter) -> dict[str, str]:
        caller = self._user(api, self.option("caller") or self.destination.login)
        fields = {
            "short_description": letter.subject,
            "description": letter.text,
            "correlation_id": letter.report_id,
            "correlation_display": "snapper",
        }
        return fields | ({"caller_id": caller} if caller else {})

    def _note(self, api: Api, letter: Letter, path: str) -> None:
        """A work note, or a comment that the caller sees; once."""
        journals = api.get(f"{path}?sysparm_display_value=true&sysparm_fields=work_notes,comments")["result"]
        if letter.tag not in "".join(map(str, journals.values())):
            field = "comments" if self.public else "work_notes"
            api.commit("PATCH", path, json_body({field: without_code_tags(letter.text)}))

    def _user(self, api: Api, name: str) -> str | None:
        """The sys_id of a user, if we may see it."""
        if not name:
            return None
        query = urlencode({"sysparm_query": f"user_name={name}", "sysparm_fields": "sys_id,user_name"})
        found = (api.find(f"{_USERS}?{query}&sysparm_limit=2", 400, 403) or {}).get("result", [])
        return next((str(user["sys_id"]) for user in found if user.get("user_name") == name), None)

    # --- its files ------------------------------------------------------------------------------------------

    def _with_files(self, api: Api, letter: Letter, record: Record) -> Landed:
        there = {(str(each["file_name"]), int(each["size_bytes"])) for each in _files(api, record)}
        for part in letter.parts:
            if (part.sent_as, part.size) not in there:
                asked = {
                    "table_name": "incident",
                    "table_sys_id": str(record["sys_id"]),
                    "file_name": part.sent_as,
                }
                api.stage("POST", f"{_FILES}/file?{urlencode(asked, quote_via=quote)}", raw_body(part))
        return self._landed(api, record)

    def _landed(self, api: Api, record: Record) -> Landed:
        remotes = [
            Remote(str(each["file_name"]), f"{_FILES}/{each['sys_id']}/file") for each in _files(api, record)
        ]
        form = quote(f"incident.do?sys_id={record['sys_id']}", safe="")
        return Landed(str(record["number"]), f"{self.destination.url}/nav_to.do?uri={form}", tuple(remotes))


def _rows(api: Api, query: str) -> list[Record]:
    """Incidents that a query may have found: whatever it does not understand, ServiceNow leaves out."""
    asked = {"sysparm_query": query, "sysparm_fields": _FIELDS, "sysparm_limit": "10"}
    result: list[Record] = api.get(f"{_TABLE}?{urlencode(asked)}").get("result", [])
    return result


def _files(api: Api, record: Record) -> Iterator[Record]:
    """What is attached to an incident, page by page."""
    start = 0
    while True:
        asked = {"sysparm_query": f"table_sys_id={record['sys_id']}", "sysparm_limit": _PAGE}
        found = api.get(f"{_FILES}?{urlencode(asked | {'sysparm_offset': start})}").get("result", [])
        yield from (each for each in found if each.get("table_sys_id") == record["sys_id"])
        if len(found) < _PAGE:
            return
        start += _PAGE


ADAPTER = ServiceNow
