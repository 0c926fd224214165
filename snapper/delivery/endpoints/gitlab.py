"""GitLab issues (docs.gitlab.com/api: Markdown uploads, Issues, Notes).

Files are uploaded to the project, then one request makes the issue, or adds a note, whose text links to them:
a file is told apart by that text. GitLab gives uploads other names where theirs have spaces or signs, takes
what cameras write out of JPEG and TIFF pictures, and obeys lines that begin with a command such as /close; a
block of code it leaves alone. Since 17.4 uploads can be read back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from snapper.delivery.bodies import json_body, multipart
from snapper.delivery.endpoints import Ticket
from snapper.delivery.endpoints.adapter import Adapter, Landed, NoneOfThese, Remote
from snapper.delivery.endpoints.api import Api
from snapper.delivery.endpoints.literal import calling_nobody, fenced
from snapper.delivery.endpoints.names import replaced
from snapper.delivery.http import Answer
from snapper.delivery.letter import Letter, Part
from snapper.errors import NeedsAttention
from snapper.language import _

_API = "/api/v4"
_PAGE = 100  # the most that GitLab gives at once
_READS_BACK = (17, 4)
_LINK = re.compile(r"\]\((/uploads/([0-9a-f]{32})/([^)\s/]+))\)")
_ALTERED = re.compile(r"\.(jpe?g|tiff?)$", re.IGNORECASE)


class Gitlab(Adapter):
    """One project of a GitLab."""

    check_path = f"{_API}/version"

    @property
    def headers(self) -> Mapping[str, str]:
        """A personal, project or group access token."""
        return {"PRIVATE-TOKEN": self.token, "Accept": "application/json"}

    def says(self, answer: Answer) -> str:
        """Its sentences begin with the status; the one for a refused token says no more than we."""
        return "" if answer.status == 401 else re.sub(r"^\d{3} (?=\w)", "", super().says(answer))

    def sent_as(self, name: str, tag: str) -> str:
        """Letters, digits and . _ + - are kept as they are; so is what does not look like a photo."""
        name = replaced(name, lambda char: char.isalpha() or char.isdecimal() or char in "._+-")
        return f"{name}.bin" if _ALTERED.search(name) else name

    def probe(self, api: Api) -> str:
        """Version, project, and whether the token may write."""
        version, path = str(api.get(self.check_path).get("version", "")), self.option("project")
        project = api.find(self._project)
        if project is None:
            names = [each["path_with_namespace"] for each in _items(api, f"{_API}/projects?membership=true")]
            none = _("{destination} has no project “{project}” that you may see.")
            raise NoneOfThese(none.format(destination=api.name, project=path), names)
        if project.get("archived") or not project.get("issues_enabled", True):
            no_issues = _("The project “{project}” of {destination} takes no issues.")
            raise NeedsAttention(
                no_issues.format(project=path, destination=api.name),
                _("Ask whoever runs it to switch them on, or write another project into the settings."),
            )
        token = api.find(f"{_API}/personal_access_tokens/self", 400, 403) or {}
        if "api" not in token.get("scopes", ["api"]):
            raise NeedsAttention(
                _("The token for {destination} may read, but not write.").format(destination=api.name),
                _("Make one with the scope “api”."),
            )
        return _("GitLab {version}, project {project}").format(version=version, project=path)

    def ticket(self, api: Api, number: str) -> Ticket | None:
        """What GitLab says of an issue. (It would take notes on a closed one.)"""
        found = api.find(f"{self._project}/issues/{number}")
        if found is None:
            return None
        return Ticket(str(found["iid"]), str(found.get("title", "")), found.get("state") != "closed")

    def find(self, api: Api, letter: Letter) -> Landed | None:
        """By the tag in the title, or among the notes of the issue it was for."""
        if letter.ticket:
            if (issue := api.find(f"{self._project}/issues/{letter.ticket}")) is None:
                return None
            ours = (text for text in self._notes(api, letter.ticket) if _is_ours(text, letter))
            return next((self._landed(api, issue, text) for text in ours), None)
        query = urlencode({"search": letter.tag, "in": "title", "scope": "all"})
        issues = _items(api, f"{self._project}/issues?{query}")
        found = (issue for issue in issues if _is_ours(issue.get("description"), letter))
        return next((self._landed(api, issue, issue["description"]) for issue in found), None)

    def post(self, api: Api, letter: Letter) -> Landed:
        """The files, then the issue or note that links to them."""
        links = [self._link(api, part) for part in letter.parts]
        text = f"{fenced(letter.text)}\n\n" + "\n".join(links)
        if letter.ticket:
            path = f"{self._project}/issues/{letter.ticket}"
            note = api.content(api.commit("POST", f"{path}/notes", json_body({"body": text})))
            return self._landed(api, api.get(path), str(note["body"]))
        title, hidden = calling_nobody(letter.subject), self.option("confidential") == "yes"
        content = {"title": title, "description": text, "confidential": hidden}
        issue = api.content(api.commit("POST", f"{self._project}/issues", json_body(content)))
        return self._landed(api, issue, str(issue["description"]))

    @property
    def _project(self) -> str:
        return f"{_API}/projects/{quote(self.option('project'), safe='')}"

    def _link(self, api: Api, part: Part) -> str:
        def upload() -> str:
            answer = api.stage("POST", f"{self._project}/uploads", multipart([("file", part)]))
            return str(api.content(answer)["url"])

        shown = "!" if part.media_type.startswith("image/") else ""
        return f"- {shown}[`{part.sent_as}`]({api.staged(part, upload)})"

    def _notes(self, api: Api, number: str) -> Iterator[str]:
        for note in _items(api, f"{self._project}/issues/{number}/notes?sort=desc"):
            yield str(note.get("body", ""))

    def _landed(self, api: Api, issue: Mapping[str, Any], text: str) -> Landed:
        number, url = str(issue["iid"]), str(issue["web_url"])
        if _version(str(api.get(self.check_path).get("version", ""))) < _READS_BACK:
            return Landed(number, url)
        remotes = [
            Remote(name, f"{self._project}/uploads/{secret}/{quote(name)}")
            for _, secret, name in _LINK.findall(text)
        ]
        return Landed(number, url, tuple(remotes))


def _is_ours(text: object, letter: Letter) -> bool:
    return any(name == letter.manifest.sent_as for _, _, name in _LINK.findall(str(text)))


def _version(text: str) -> tuple[int, ...]:
    found = re.match(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _items(api: Api, path: str) -> Iterator[Mapping[str, Any]]:
    """The items of a list; `path` ends in a query."""
    page = 1
    while True:
        items = api.find(f"{path}&per_page={_PAGE}&page={page}") or []
        yield from items
        if len(items) < _PAGE:
            return
        page += 1


ADAPTER = Gitlab
