"""Redmine, over its REST API (redmine.org/projects/redmine/wiki/Rest_api).

Files are uploaded one by one, each for a token that names the SHA-256 of what arrived and can be spent once;
then one request makes the issue, or adds the note. A file is told apart by the journal entry it came with.
Redmine answers 204 whatever it kept of a change, and takes a key that it does not know for a stranger, who
sees empty lists: only what is read back counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from snapper.delivery.bodies import json_body, raw_body
from snapper.delivery.causes import Cause
from snapper.delivery.endpoints import Ticket
from snapper.delivery.endpoints.adapter import Adapter, Landed, NoneOfThese, Remote
from snapper.delivery.endpoints.api import Api, SaidNo
from snapper.delivery.endpoints.names import replaced
from snapper.delivery.http import Answer
from snapper.delivery.letter import OCTETS, Letter, Part
from snapper.delivery.reading import Digest
from snapper.errors import NeedsAttention, NotReached, Obstacle, Refused
from snapper.language import _
from snapper.systems import MB
from snapper.words import size_text

_SEARCHED = ("subject", "attachment")  # filters it does not know, Redmine ignores, and gives everything
_HITS = 10  # more of them, and that is what it did
_UPLOADS = 2  # how often a file is uploaded that arrives altered
_RENAMED = frozenset("/\\?%*:|\"'<>\r\n")  # what Redmine puts “_” for, or cuts a name off at
_CLOSED_PROJECT = 5
# Translators: after “… did not take the report (it answered 422): ”
_BUSY = _("somebody else changed the ticket at the same moment")  # a 422 without a word; nothing was kept

# What somebody may do of whom Redmine does not say it: who is no member of a public project.
_SUPPOSED = frozenset({"add_issues", "add_issue_notes"})
_PRIVATE = frozenset({"set_issues_private", "set_own_issues_private"})


class Redmine(Adapter):
    """One project of a Redmine."""

    check_path = "/users/current.json"

    @property
    def headers(self) -> Mapping[str, str]:
        """The API key; without the second, what fails is a page or leads to one."""
        return {"X-Redmine-API-Key": self.token, "Accept": "application/json"}

    def spoke(self, answer: Answer) -> bool:
        """JSON, or nothing at all with what Rails adds to everything it answers."""
        rails = any(name in answer.headers for name in ("X-Runtime", "X-Request-Id"))
        empty = not answer.body and (answer.status == 204 or answer.media_type.endswith("json"))
        return super().spoke(answer) or (rails and empty)

    def says(self, answer: Answer) -> str:
        """Its own words, where they are meant for people."""
        return (super().says(answer) or _BUSY) if answer.status == 422 else ""

    def sent_as(self, name: str, tag: str) -> str:
        """A name without what Redmine replaces; pieces of one file keep one name before their number."""
        found = re.search(r"\.[0-9]{3,}$", name)
        number = found[0] if found else ""
        return f"{replaced(name.removesuffix(number), lambda char: char not in _RENAMED)}{number}"

    def probe(self, api: Api) -> str:
        """Whether the key is good, and the project takes issues from us."""
        self._place(api)
        return _("Redmine, project {project}").format(project=self.option("project"))

    def ticket(self, api: Api, number: str) -> Ticket | None:
        """What Redmine says of an issue. (It would take notes on a closed one.)"""
        me = _me(api)
        found = api.find(f"/issues/{number}.json", 403)
        if found is None:
            return None
        issue = found["issue"]
        if self._private and not issue.get("is_private"):
            public = _(
                "Ticket {ticket} of {destination} is not private: whoever sees it would see the report's "
                "files."
            )
            raise Refused(
                public.format(ticket=issue["id"], destination=api.name),
                _(
                    "Send the report to a new ticket: “snapper outbox resend”, or allow it in the settings: "
                    "private = no."
                ),
            )
        open_, writable = _is_open(api, issue), _takes_notes(api, me, issue["project"]["id"])
        return Ticket(str(issue["id"]), str(issue.get("subject", "")), open_, writable)

    def find(self, api: Api, letter: Letter) -> Landed | None:
        """By the tag in the subject or the name of the manifest; or in the issue it was for."""
        if letter.ticket:
            return self._landed(api, letter, letter.ticket)
        bare = ""
        for issue in self._hits(api, letter):
            if landed := self._landed(api, letter, str(issue["id"])):
                return landed
            if letter.tag in str(issue.get("subject", "")):
                bare = bare or str(issue["id"])
        if bare:
            raise _bare(api, bare)
        _me(api)  # who is not known finds nothing, whatever there is
        return None

    def post(self, api: Api, letter: Letter) -> Landed:
        """The files, then the issue or note; with new tokens where Redmine no longer takes old ones."""
        text = literal(letter.text)
        issue = {"notes": text} if letter.ticket else self._place(api)
        if not letter.ticket:
            issue |= {"subject": letter.subject, "description": text}
        uploads, some_old = self._uploads(api, letter)
        try:
            return self._committed(api, letter, {**issue, "uploads": uploads})
        except Refused:
            if not some_old:
                raise
        if there := self.find(api, letter):  # an earlier attempt has spent them after all
            return there
        api.forget_staged(letter.parts)
        return self._committed(api, letter, {**issue, "uploads": self._uploads(api, letter)[0]})

    # --- where new issues go ------------------------------------------------------------------------------

    @property
    def _private(self) -> bool:
        return self.option("private") == "yes"

    @property
    def _project(self) -> str:
        return f"/projects/{quote(self.option('project'), safe='')}"

    def _place(self, api: Api) -> dict[str, Any]:
        """What an issue of ours has besides its text. Raises NeedsAttention where there can be none."""
        me = _me(api)
        found = api.find(f"{self._project}.json?include=trackers,enabled_modules", 403)
        if found is None:
            raise self._no_project(api)
        project = found["project"]
        rights = _rights(api, me, project["id"])
        if not _takes_issues(project) or "add_issues" not in rights:
            closed = _("You may not make tickets in the project “{project}” of {destination}.")
            raise NeedsAttention(
                closed.format(project=self.option("project"), destination=api.name),
                _(
                    "Ask whoever runs it whether the project is open, and for the right to add issues and "
                    "notes."
                ),
            )
        if self._private and not rights & _PRIVATE:
            raise NeedsAttention(
                _("You may not make private tickets in {destination}.").format(destination=api.name),
                _(
                    "Ask whoever runs it for the right to set one's own issues private, or allow others to "
                    "see reports in the settings: private = no."
                ),
            )
        return self._tracker(api, project) | ({"is_private": True} if self._private else {})

    def _no_project(self, api: Api) -> NeedsAttention:
        listed = api.get("/projects.json?limit=100").get("projects", [])
        none = _("{destination} has no project “{project}” that you may see.")
        return NoneOfThese(
            none.format(destination=api.name, project=self.option("project")),
            [each.get("identifier") for each in listed],
        )

    def _tracker(self, api: Api, project: Mapping[str, Any]) -> dict[str, Any]:
        wanted = self.option("tracker")
        if not wanted:
            return {}
        trackers = {str(each["name"]): each["id"] for each in project.get("trackers", [])}
        for name, number in trackers.items():
            if name.casefold() == wanted.casefold():
                return {"tracker_id": number}
        none = _("The project “{project}” of {destination} has no tracker “{tracker}”.")
        raise NoneOfThese(
            none.format(project=self.option("project"), destination=api.name, tracker=wanted), trackers
        )

    # --- handing over -------------------------------------------------------------------------------------

    def _uploads(self, api: Api, letter: Letter) -> tuple[list[dict[str, str]], bool]:
        """The files as an issue or note names them, and whether some were uploaded by an earlier attempt."""
        fresh: list[str] = []
        uploads = [
            {
                "token": api.staged(part, partial(self._upload, api, part, fresh)),
                "filename": part.sent_as,  # another one than at its upload, and Redmine may drop the file
                "content_type": part.media_type,
                "description": letter.tag,
            }
            for part in letter.parts
        ]
        return uploads, len(fresh) < len(uploads)

    def _upload(self, api: Api, part: Part, fresh: list[str]) -> str:
        path = f"/uploads.json?filename={quote(part.sent_as, safe='')}"
        body = raw_body(replace(part, media_type=OCTETS))  # Redmine takes no other
        for _try in range(_UPLOADS):
            try:
                token = str(api.content(api.stage("POST", path, body))["upload"]["token"])
            except Refused as error:
                raise _refused(api, part, error) from error
            if _arrived_whole(token, part):
                fresh.append(token)
                return token
        altered = _("“{file}” arrives altered at {destination}: something on the way changes uploads.")
        raise NotReached(
            altered.format(file=part.name, destination=api.name),
            _("Try another network, or save the report for sending by hand: “snapper outbox export”."),
            obstacle=Obstacle(str(Cause.MIDDLEBOX), api.name),
        )

    def _committed(self, api: Api, letter: Letter, issue: Mapping[str, Any]) -> Landed:
        method, path = "POST", f"{self._project}/issues.json"
        if letter.ticket:
            method, path = "PUT", f"/issues/{letter.ticket}.json"
        try:
            answer = api.commit(method, path, json_body({"issue": issue}))
        except Refused as error:
            if not isinstance(error, SaidNo) or error.said != _BUSY:
                raise
            busy = _("{destination} did not take the report: {reason}.")
            raise NotReached(busy.format(destination=api.name, reason=_BUSY)) from error
        number = letter.ticket or str(api.content(answer)["issue"]["id"])
        if landed := self._landed(api, letter, number):
            return landed
        raise _bare(api, number)

    # --- looking ------------------------------------------------------------------------------------------

    def _hits(self, api: Api, letter: Letter) -> Iterator[Mapping[str, Any]]:
        """Issues that may be the report, the oldest first: a subject may have been rewritten, a file deleted,
        and all of it copied."""
        for field, text in zip(_SEARCHED, (letter.tag, letter.manifest.sent_as), strict=True):
            query = urlencode({field: f"~{text}", "status_id": "*", "sort": "id", "limit": str(_HITS)})
            found = api.get(f"/issues.json?{query}")
            if found.get("total_count", 0) <= _HITS:
                yield from found.get("issues", [])

    def _landed(self, api: Api, letter: Letter, number: str) -> Landed | None:
        found = api.find(f"/issues/{number}.json?include=attachments,journals", 403)
        if found is None:
            return None
        issue = found["issue"]
        files, journal = issue.get("attachments", []), _journals(issue)
        name = letter.manifest.sent_as
        came_with = [journal.get(str(file["id"])) for file in files if file["filename"] == name]
        if not came_with:
            return None
        remotes = [
            Remote(str(file["filename"]), f"/attachments/download/{file['id']}")
            for file in files
            if journal.get(str(file["id"])) == came_with[0]
        ]
        number = str(issue["id"])
        return Landed(number, f"{self.destination.url}/issues/{number}", tuple(remotes))


# --- who we are, and what we may do -----------------------------------------------------------------------


def _me(api: Api) -> Mapping[str, Any]:
    """The owner of the key. Raises NeedsAttention, whatever Redmine shows to strangers."""
    answer = api.ask("GET", f"{Redmine.check_path}?include=memberships")
    if answer.status == 403 and api.spoke(answer):
        raise NeedsAttention(
            _("The REST web service of {destination} is switched off.").format(destination=api.name),
            _("Ask whoever runs it to switch it on: Administration > Settings > API."),
        )
    found = api.content(answer)
    user = found.get("user") if isinstance(found, dict) else None
    if not isinstance(user, dict):
        raise NeedsAttention(
            _("What answers at the address of {destination} is no Redmine.").format(destination=api.name),
            _("Check “url” and “system” in the settings."),
        )
    return user


def _rights(api: Api, me: Mapping[str, Any], project: int) -> frozenset[str]:
    """What we may do in a project, by Redmine's names."""
    if me.get("admin"):
        return _SUPPOSED | _PRIVATE
    mine = [each for each in me.get("memberships", []) if each.get("project", {}).get("id") == project]
    roles = {role["id"] for each in mine for role in each.get("roles", [])}
    told = [found["role"] for number in sorted(roles) if (found := api.find(f"/roles/{number}.json", 403))]
    if not told or len(told) < len(roles):
        return _SUPPOSED
    return frozenset(str(name) for role in told for name in role.get("permissions", []))


def _takes_issues(project: Mapping[str, Any]) -> bool:
    modules = project.get("enabled_modules")
    switched_on = modules is None or any(each.get("name") == "issue_tracking" for each in modules)
    return switched_on and project.get("status") != _CLOSED_PROJECT


def _takes_notes(api: Api, me: Mapping[str, Any], project: int) -> bool:
    """Whether we may add notes in a project; without that right Redmine drops them, and answers 204."""
    found = api.find(f"/projects/{project}.json", 403)
    if found is None or not _takes_issues(found["project"]):
        return False
    return "add_issue_notes" in _rights(api, me, project)


def _is_open(api: Api, issue: Mapping[str, Any]) -> bool:
    """Whether an issue is open; before 5.0 its status does not say so itself."""
    status = issue["status"]
    if "is_closed" in status:
        return not status["is_closed"]
    known = api.get("/issue_statuses.json").get("issue_statuses", [])
    return not any(each["id"] == status["id"] and each.get("is_closed") for each in known)


# --- files and texts --------------------------------------------------------------------------------------


def _journals(issue: Mapping[str, Any]) -> dict[str, int]:
    """Which entry of the journal each file came with, by its id; those of the issue itself have none."""
    return {
        str(detail["name"]): journal["id"]
        for journal in issue.get("journals", [])
        for detail in journal.get("details", [])
        if detail.get("property") == "attachment" and detail.get("new_value")
    }


def _arrived_whole(token: str, part: Part) -> bool:
    """Whether the SHA-256 in a token is that of what was sent; before 3.4 there is none."""
    stored, sent = token.rpartition(".")[2], Digest()
    for piece in raw_body(part).stream():
        sent(piece)
    return len(stored) != len(sent.sha256) or stored == sent.sha256


def _refused(api: Api, part: Part, error: Refused) -> Refused:
    """Why a file is not taken, and there is no issue yet; Redmine tells its limit only now, in bytes."""
    said = (isinstance(error, SaidNo) and error.said) or error.sentence
    limit = re.search(r"\(([0-9]{1,15})\)", said)
    if limit and (most := int(limit[1])) < part.size:
        too_large = _("{file} has {size}, but {destination} takes at most {most} in one file.")
        sizes = {"size": size_text(part.size), "most": size_text(most)}
        remedy = _("Send it without the logs or with a shorter time of them.")
        if most >= MB:
            remedy = _(
                "Send it without the logs or with a shorter time of them, or write file_megabytes = {number} "
                "into the settings: larger files go in pieces then."
            )
        return Refused(
            too_large.format(file=part.name, destination=api.name, **sizes),
            remedy.format(number=most // MB),
            obstacle=Obstacle(str(Cause.TOO_LARGE), api.name),
        )
    not_taken = _("{destination} does not take the file “{file}”: {reason}")
    return Refused(
        not_taken.format(destination=api.name, file=part.name, reason=said),
        _(
            "Send it without this file, to another destination (“snapper outbox resend”), or save it for "
            "sending by hand (“snapper outbox export”)."
        ),
    )


def _bare(api: Api, number: str) -> Refused:
    bare = _("Ticket {ticket} of {destination} was to have this report, but has none of its files.")
    return Refused(
        bare.format(ticket=number, destination=api.name),
        _("Tell support the ticket's number and send them by hand: “snapper outbox export”."),
    )


_ZERO_WIDTH = "\u200b"
_BREAKS_OUT = re.compile(
    r"<(?=\s*/?\s*(?:pre|code|kbd|notextile)\b)"  # ends or nests what Textile leaves alone
    r"|``(?=`)|~~(?=~)"  # ends a fence in Markdown, and for those who look for @names in any format
    r"|x(?=%)|:red(?=sh#)",  # what Redmine's Textile notes for itself
    re.IGNORECASE,
)


def literal(text: str) -> str:
    """A text that shows as it is in Textile, Markdown and CommonMark: Redmine does not say which it has.

    A fence is for the one, the tag for the other; what would end either gets a space of no width.
    """
    kept = _BREAKS_OUT.sub(lambda found: found[0] + _ZERO_WIDTH, text)
    return f"```\n<pre>\n{kept}\n</pre>\n```"


ADAPTER = Redmine
