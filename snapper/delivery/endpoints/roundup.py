"""Roundup, over its REST interface (www.roundup-tracker.org/docs/rest.html).

Files first, then a message that holds them, then the issue with both: nobody sees anything of a report before
that last request. An issue is made at an address that works only once; a message carries the report's id as
its Message-ID, and is found by it, together with its files.

Roundup has no tokens: a password goes along, and a few wrong ones lock the right one out for minutes.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from snapper.delivery.bodies import Body, json_body, multipart
from snapper.delivery.endpoints import Ticket
from snapper.delivery.endpoints.adapter import Adapter, Landed, Remote
from snapper.delivery.endpoints.api import Api
from snapper.delivery.http import Answer
from snapper.delivery.letter import Letter, Part
from snapper.errors import NeedsAttention, NotReached, Refused
from snapper.language import _

_DATA = "/rest/data"
_STAGED, _ONCE = "handed over", "once"  # steps: the ids of message and files; what of the address works once
_ONCE_SECONDS = 3600  # the longest that such an address may work
_TRIES = 5  # how often an issue may be changed by others while we add to it
_WRONG_LOGIN, _LOCKED_OUT = b"Invalid Login", b"Logins occurring too fast"
_NO_PROPERTY = "may_snapper_do_this"  # which no class has
_KINDS = {  # what a report needs: where there is none of it, and where we may not make it
    "issue": (_("{destination} has no issues."), _("You may not make issues in {destination}.")),
    "msg": (_("{destination} has no messages."), _("You may not make messages in {destination}.")),
    "file": (_("{destination} has no files."), _("You may not make files in {destination}.")),
}


class Roundup(Adapter):
    """One tracker, as the person whose password it is."""

    check_path = "/rest"
    check_unnamed = True

    @property
    def headers(self) -> Mapping[str, str]:
        """Who we are, and that we are no page of another site. Nothing of what we accept: asked for JSON,
        Roundup gives files in it."""
        login = base64.b64encode(f"{self.destination.login}:{self.token}".encode()).decode()
        return {"Authorization": f"Basic {login}", "X-Requested-With": "rest"}

    def spoke(self, answer: Answer) -> bool:
        """Its JSON says whether it holds data or an error; about logins it speaks in plain text."""
        if answer.status in (401, 429) and answer.body.startswith((_WRONG_LOGIN, _LOCKED_OUT)):
            return True
        return super().spoke(answer) and _holds(answer.body, "error" if answer.status >= 400 else "data")

    def says(self, answer: Answer) -> str:
        """About logins, what helps more than “Invalid Login”; all else as it says it."""
        if answer.body.startswith(_WRONG_LOGIN):
            if self.destination.login:
                # Translators: after “… does not accept the token: ”
                return _("the user name or the password is wrong.")
            # Translators: after “… does not accept the token: ”
            return _("the settings have no user name.")
        if answer.body.startswith(_LOCKED_OUT):
            # Translators: after “… cannot take it now: ”
            return _("after too many wrong passwords it takes none for some minutes.")
        return super().says(answer)

    def sent_as(self, name: str, tag: str) -> str:
        """Roundup drops white space at both ends of a name, that of other scripts too."""
        return re.sub(r"^\s+|\s+$", lambda spaces: "_" * len(spaces[0]), name)

    def probe(self, api: Api) -> str:
        """Whether reports can be made, as far as asking for the impossible tells, and be found again."""
        origin = self._origin(api)
        for kind, (none, closed) in _KINDS.items():
            answer = api.ask("POST", f"{_DATA}/{kind}", json={_NO_PROPERTY: "yes"}, headers=origin)
            if not self.spoke(answer):
                raise api.problem(answer)
            if answer.status == 404:
                raise NeedsAttention(
                    none.format(destination=api.name),
                    _("snapper needs a tracker made like Roundup's own: with issues, messages and files."),
                )
            if answer.status == 403:
                raise NeedsAttention(
                    closed.format(destination=api.name),
                    _(
                        "Ask whoever runs it for the right to make issues, messages and files, and to add "
                        "messages and files to issues."
                    ),
                )
            if _NO_PROPERTY.encode() not in answer.body:
                raise api.problem(answer)
        for kind in _KINDS:
            _items(api, f"{kind}?@page_size=1")
        # Translators: signed in as this user
        return _("Roundup, as {user}").format(user=self.destination.login)

    def ticket(self, api: Api, number: str) -> Ticket | None:
        """What Roundup says of an issue that is not retired; which statuses mean closed, the settings say."""
        found = _issue(api, _number(number))
        if found is None:
            return None
        status = (found.get("status") or {}).get("name", "")
        closed = {name.strip().casefold() for name in self.option("closed").split(",")}
        open_ = str(status).casefold() not in closed
        writable = not open_ or self._may_add(api, found)
        return Ticket(str(found["id"]), str(found.get("title") or ""), open_, writable)

    def find(self, api: Api, letter: Letter) -> Landed | None:
        """By the report's id at its messages: an attempt that broke off may have left some that are in no
        issue."""
        messages = {str(each["id"]): each for each in _messages(api, letter.report_id)}
        if not messages:
            return None
        for issue in _items(api, f"issue?messages={','.join(messages)}&@fields=messages,files&@verbose=0"):
            number = str(issue["id"])
            if letter.ticket is None or number == _number(letter.ticket):
                ours = [messages[each] for each in map(str, issue.get("messages", ())) if each in messages]
                return Landed(number, self._url(number), tuple(_remotes(ours, issue.get("files", ()))))
        return None

    def post(self, api: Api, letter: Letter) -> Landed:
        """Hand over what the issue will hold, then make it or add to it. What an earlier attempt left for
        this one may have run out, the address first; then once more without."""
        for step in [step for step in (_ONCE, _STAGED) if api.steps.get(step) is not None]:
            try:
                return self._posted(api, letter)
            except Refused:
                api.steps.drop(_ONCE, step)
                if step == _STAGED:
                    api.forget_staged(letter.parts)
            if landed := self.find(api, letter):
                return landed
        return self._posted(api, letter)

    # --- in order -----------------------------------------------------------------------------------------

    def _posted(self, api: Api, letter: Letter) -> Landed:
        origin = self._origin(api)
        message, *files = api.remembered(_STAGED, lambda: self._stage(api, letter, origin)).split()
        content = {"messages": [message], "files": files}
        if letter.ticket:
            number = _number(letter.ticket)
            _add(api, number, content, origin)
        else:
            number = _create(api, {"title": letter.subject, **content}, origin)
        return self.find(api, letter) or Landed(number, self._url(number), ())

    def _stage(self, api: Api, letter: Letter, origin: Mapping[str, str]) -> str:
        """The message and the files it holds: from here on the same for every attempt, so that adding them
        twice adds them once."""
        files = [_stage_file(api, part, origin) for part in letter.parts]
        content = {
            "content": letter.text,
            "author": self.destination.login,
            "date": ".",  # now; without it the message has no date
            "messageid": f"<{letter.report_id}@snapper>",
            "files": files,
        }
        return " ".join([_made(api, f"{_DATA}/msg", json_body(content), origin), *files])

    # --- what goes along with every change ----------------------------------------------------------------

    def _origin(self, api: Api) -> Mapping[str, str]:
        """Roundup takes changes from its own address only, as it knows it: behind a proxy that can be another
        than ours."""
        known = api.get(self.check_path)["data"].get("links") or [{"uri": self.destination.url}]
        return _origin_of(known[0]["uri"])

    def _may_add(self, api: Api, issue: Mapping[str, Any]) -> bool:
        """Whether both lists of an issue may be changed: asked without its ETag, which changes nothing, a
        right that is missing is told first."""
        origin = _origin_of(issue["link"])
        paths = [f"{_DATA}/issue/{issue['id']}/{each}" for each in ("messages", "files")]
        answers = [api.ask("PATCH", path, json={}, headers=origin) for path in paths]
        return not any(answer.status == 403 and self.spoke(answer) for answer in answers)

    def _url(self, number: str) -> str:
        return f"{self.destination.url}/issue{number}"


def _create(api: Api, content: Mapping[str, Any], origin: Mapping[str, str]) -> str:
    """Make an issue, where a second request that carries the same would be refused."""

    def once() -> str:
        body = json_body({"lifetime": _ONCE_SECONDS})
        answer = api.stage("POST", f"{_DATA}/issue/@poe", body, headers=origin)
        return str(api.content(answer)["data"]["link"]).rpartition("/")[2]

    path = f"{_DATA}/issue/@poe/{quote(api.remembered(_ONCE, once), safe='')}"
    return str(api.content(api.commit("POST", path, json_body(content), headers=origin))["data"]["id"])


def _add(api: Api, number: str, content: Mapping[str, Any], origin: Mapping[str, str]) -> None:
    """Add to an issue as it is now; if others changed it meanwhile, as it is then."""
    path = f"{_DATA}/issue/{number}"

    # In the body, as what is in a header is altered on the way by servers that compress.
    def etag() -> str:
        return str(api.get(f"{path}?@fields=title")["data"]["@etag"])

    now = etag()
    for _try in range(_TRIES):
        try:
            api.commit("PATCH", path, json_body({"@op": "add", "@etag": now, **content}), headers=origin)
        except Refused:
            before, now = now, etag()
            if now == before:
                raise
        else:
            return
    busy = _("Ticket {ticket} of {destination} is being changed by others at this moment.")
    raise NotReached(busy.format(ticket=number, destination=api.name))


def _stage_file(api: Api, part: Part, origin: Mapping[str, str]) -> str:
    """As a form: in JSON, white space at the end would be lost."""
    form = multipart([("name", part.sent_as), ("type", part.media_type), ("content", part)])
    return api.staged(part, lambda: _made(api, f"{_DATA}/file", form, origin))


def _made(api: Api, path: str, body: Body, origin: Mapping[str, str]) -> str:
    return str(api.content(api.stage("POST", path, body, headers=origin))["data"]["id"])


def _messages(api: Api, report_id: str) -> list[Mapping[str, Any]]:
    return _items(api, f"msg?messageid={quote(report_id)}&@fields=files&@verbose=2")


def _items(api: Api, query: str) -> list[Mapping[str, Any]]:
    return list(api.get(f"{_DATA}/{query}")["data"]["collection"])


def _issue(api: Api, number: str) -> Mapping[str, Any] | None:
    """An issue out of their list, where no retired ones are; a tracker need not have a status."""
    for fields in ("title,status", "title"):
        found = api.find(f"{_DATA}/issue?id={number}&@fields={fields}&@verbose=2", 400)
        if found:
            there: list[Mapping[str, Any]] = found["data"]["collection"]
            return next((each for each in there if str(each["id"]) == number), None)
    return None


def _remotes(messages: Iterable[Mapping[str, Any]], in_issue: Iterable[object]) -> Iterator[Remote]:
    """The files of these messages that the issue has as well."""
    there = {str(each) for each in in_issue}
    for file in (file for message in messages for file in message.get("files", ())):
        if str(file["id"]) in there:
            yield Remote(str(file.get("name", "")), f"{_DATA}/file/{file['id']}/binary_content")


def _number(text: str) -> str:
    """“issue12”, as Roundup writes it, or “012” → “12”."""
    return str(int(re.sub(r"\D", "", text)))


def _origin_of(url: str) -> Mapping[str, str]:
    parts = urlsplit(url)
    return {"Origin": f"{parts.scheme}://{parts.netloc}"}


def _holds(body: bytes, key: str) -> bool:
    content = json.loads(body)
    return isinstance(content, dict) and isinstance(content.get(key), dict)


ADAPTER = Roundup
