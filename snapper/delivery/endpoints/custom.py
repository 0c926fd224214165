"""Any ticket system over HTTP, as the settings describe it (`snapper.custom`).

What such a description leaves out decides what can be promised: without `find` a report that may have arrived
is never sent again by itself, and without `files` nothing is proved.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from snapper.custom import Custom, Files, Request, read_custom
from snapper.custom.whereabouts import compiled, content_of
from snapper.delivery.endpoints import Ticket
from snapper.delivery.endpoints.adapter import Adapter, Landed, Remote
from snapper.delivery.endpoints.api import ASKED, Api
from snapper.delivery.endpoints.custom_reading import files_in, page_address
from snapper.delivery.endpoints.custom_requests import (
    Sent,
    body_of,
    name_for,
    path_of,
    sent,
    words_of,
)
from snapper.delivery.http import Answer
from snapper.delivery.letter import Letter, Part
from snapper.destinations import Destination
from snapper.errors import NeedsAttention, Refused
from snapper.language import Sentence, _
from snapper.systems import System

_MADE = "made"  # the step of having made or added to a ticket: its number
_TICKET = re.compile(r"(?!\.+$)\S{1,100}")  # dots alone would lead elsewhere in an address
_CANDIDATES = 10  # tickets that a search may name and that are looked at
_PAGES = 50  # of a list of files


@dataclass(frozen=True)
class _Described(Destination):
    """A destination of which the description says what it takes and proves."""

    @cached_property
    def about(self) -> System:  # read once: what it is asked for often
        return read_custom(self.options).described(super().about)


@dataclass
class _Uploads:
    """How many files are named by what their upload gave, and how many of them were uploaded just now."""

    all: int = 0
    new: int = 0

    @property
    def old(self) -> bool:
        """Whether some are from an earlier attempt."""
        return self.new < self.all


class CustomSystem(Adapter):
    """One ticket system out of the settings."""

    def __init__(self, destination: Destination, token: str) -> None:
        given = {each.name: getattr(destination, each.name) for each in fields(destination)}
        super().__init__(_Described(**given), token)
        self._system: Custom = read_custom(destination.options)
        self._named = name_for(
            self._system.names, tagged=self._system.files is not None and self._system.attach is not None
        )
        self.in_steps = self._system.uploads_after
        self.check_path = path_of(self._system.check.path, self._own)

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of the description; the only place for a token."""
        basic, key = (_base64(f"{login}:{word}") for login, word in self._logins)
        words = {**self._own, "token": self.token, "basic": basic, "basic_key": key}
        usual = {"Accept": "application/json", "User-Agent": "snapper"}
        return usual | {name: value.fill(words) for name, value in self._system.headers.items()}

    def spoke(self, answer: Answer) -> bool:
        """JSON, whatever it is called, or what the description says of its other answers."""
        system = self._system
        if system.own_header and system.own_header in answer.headers:
            return True
        if not answer.body.strip():
            return answer.status in system.own_empty
        if isinstance(content_of(answer.body), dict | list):
            return True
        text = answer.body.decode("utf-8", "replace")
        return bool(system.own_text and compiled(system.own_text).search(text))

    def says(self, answer: Answer) -> str:
        """What an error in JSON says."""
        return super().says(answer) if content_of(answer.body) is not None else ""

    def sent_as(self, name: str, tag: str) -> str:
        """A name that it leaves alone, and that no other report in the ticket uses."""
        return self._named(name, tag)

    # --- asking -------------------------------------------------------------------------------------------

    def probe(self, api: Api) -> str:
        """Whether it answers as the description says, and to whom."""
        answer = api.ask("GET", self.check_path)
        good = answer.status // 100 == 2 or answer.status in self._system.check.statuses
        if not good or not self.spoke(answer):
            raise api.problem(answer)
        who = self._system.check.says.one(answer) if self._system.check.says else ""
        name = self.destination.name
        # Translators: the name of a ticket system, and whose token it knows.
        return _("{system}, as {who}").format(system=name, who=who) if who else name

    def ticket(self, api: Api, number: str) -> Ticket | None:
        """What the description lets one see of a ticket; nothing without it."""
        look = self._system.ticket
        if look.path is None:
            return Ticket(number)
        answer = self._read(api, path_of(look.path, self._own | {"ticket": number}), *look.missing)
        if answer is None:
            return None
        state = look.state.one(answer) if look.state else ""
        title = look.title.one(answer) if look.title else ""
        return Ticket(number, title, state.casefold() not in {each.casefold() for each in look.closed})

    def find(self, api: Api, letter: Letter) -> Landed | None:
        """The report where an earlier attempt said it put it, or where it can be looked up.

        Raises NeedsAttention when it was asked for and nothing can tell whether it is there.
        """
        there = self._there(api, letter)
        if there and self.in_steps and not self._begun(api, letter, there):
            return None  # the ticket is made, and no file of it is there: `post` goes on with it
        return there

    def _there(self, api: Api, letter: Letter) -> Landed | None:
        if made := api.steps.get(_MADE):
            return self._landed(api, letter, made)
        if letter.ticket:
            known, found = self._added(api, letter, letter.ticket)
        else:
            known, found = self._search(api, letter)
        if found is None and not known and api.steps.get(ASKED):
            raise self._unknown(letter)
        return found

    def _begun(self, api: Api, letter: Letter, there: Landed) -> bool:
        """Whether files that follow their ticket are there: the first, or, where no list tells, all."""
        if there.files is not None:
            return self._has_manifest(there, letter)
        return all(api.steps.get(_step_of(part)) is not None for part in letter.parts)

    def _unknown(self, letter: Letter) -> NeedsAttention:
        name = self.destination.name
        sentence = _(
            "The report was sent to {destination}, but no good answer came back, and {destination} cannot be "
            "asked whether it is there."
        )
        remedy = _(
            "Look there for {tag}, or ask support. If it is not there, send it once more: "
            "“snapper outbox resend”."
        )
        return NeedsAttention(sentence.format(destination=name), remedy.format(tag=letter.tag))

    def _added(self, api: Api, letter: Letter, ticket: str) -> tuple[bool, Landed | None]:
        """Whether it can be known that it was added to a ticket, and what is there."""
        find, words = self._system.find, self._words(letter)
        if self._system.files and not self.in_steps:
            landed = self._landed(api, letter, ticket)
            return True, landed if self._has_manifest(landed, letter) else None
        if find and find.attached:
            answer = self._read(api, path_of(find.attached, words))
            there = answer is not None and letter.tag.encode() in answer.body
            return True, self._landed(api, letter, ticket) if there else None
        if self._system.files:
            landed = self._landed(api, letter, ticket)
            return False, landed if self._has_manifest(landed, letter) else None
        return False, None

    def _search(self, api: Api, letter: Letter) -> tuple[bool, Landed | None]:
        """Whether it can be known that a ticket was made, and what is there: some searches find too much."""
        find = self._system.find
        if find is None or find.path is None or find.id is None:
            return False, None
        answer = self._read(api, path_of(find.path, self._words(letter)))
        found = list(find.id.all(answer))[:_CANDIDATES] if answer else []
        tickets = {each.text: each.item for each in found if _TICKET.fullmatch(each.text)}
        for ticket, item in tickets.items():
            landed = self._landed(api, letter, ticket)
            if self._has_manifest(landed, letter):
                return True, landed
            if (self.in_steps or landed.files is None) and self._names_tag(api, letter, ticket, item):
                return True, landed
        decided = self._system.files is not None and not self.in_steps
        return decided or not tickets, None

    def _names_tag(self, api: Api, letter: Letter, ticket: str, item: Any) -> bool:
        if letter.tag in str(item):
            return True
        look = self._system.ticket.path
        answer = self._read(api, path_of(look, self._own | {"ticket": ticket})) if look else None
        return answer is not None and letter.tag.encode() in answer.body

    # --- handing over -------------------------------------------------------------------------------------

    def post(self, api: Api, letter: Letter) -> Landed:
        """Upload what wants to be uploaded before, make the ticket or add to it, upload the rest."""
        asked = api.steps.get(ASKED) or api.steps.get(_MADE)
        if asked and (there := self._there(api, letter)):  # where nothing can tell, that is said
            return self.add(api, letter, there) if self.in_steps else there
        uploads = _Uploads()
        try:
            answer = self._commit(api, letter, uploads)
        except Refused:
            if not uploads.old:
                raise
            if there := self._there(api, letter):  # an earlier attempt has spent them after all
                return there
            api.forget_staged(letter.parts)
            answer = self._commit(api, letter, _Uploads())
        return self._made(api, letter, answer)

    def _made(self, api: Api, letter: Letter, answer: Answer) -> Landed:
        """What a good answer to the one request tells; from here on its ticket is known."""
        if not self.spoke(answer):
            sentence = _(
                "The report was sent to {destination}, but what came back is not an answer that the settings "
                "describe (status {status})."
            )
            remedy = _("Say in the settings, under “answers” of {destination}, what marks them.")
            raise NeedsAttention(
                sentence.format(destination=api.name, status=answer.status),
                remedy.format(destination=self.destination.quoted),
            )
        ticket, link = self._taken(api, letter, answer)
        api.steps.put(_MADE, ticket)
        api.steps.drop(ASKED)
        landed = self._landed(api, letter, ticket, link)
        return self.add(api, letter, landed) if self.in_steps else landed

    def add(self, api: Api, letter: Letter, landed: Landed) -> Landed:
        """The files that are not there yet, each in a request of its own."""
        upload = self._system.upload
        assert upload
        there = {remote.name for remote in landed.files or ()}
        words = self._words(letter) | {"ticket": landed.ticket}
        for number, part in enumerate(letter.parts, 1):
            if part.sent_as not in there:
                file = sent(part, number)
                again = landed.files is not None  # the list knows better than we do
                if again or api.steps.get(_step_of(part)) is None:
                    self._stage(api, upload, words, file)
                    api.steps.put(_step_of(part), "")
        return self._landed(api, letter, landed.ticket, landed.url)

    def _commit(self, api: Api, letter: Letter, uploads: _Uploads) -> Answer:
        request, words = self._request(letter), self._words(letter)
        files = [
            sent(
                part, number, self._uploaded(api, words, sent(part, number), uploads) if self._before else ""
            )
            for number, part in enumerate(letter.parts, 1)
        ]
        return api.commit(request.method, path_of(request.path, words), body_of(request, words, files))

    def _uploaded(self, api: Api, words: Mapping[str, str], file: Sent, uploads: _Uploads) -> str:
        upload = self._before
        assert upload and upload.id
        where = upload.id

        def stage() -> str:
            uploads.new += 1
            if name := where.one(self._stage(api, upload, words, file)):
                return name
            stands = _(
                "{destination} answered, but what stands for the file is not where the settings say ({key})."
            )
            raise self._not_there(api, "upload.id", stands)

        uploads.all += 1
        return api.staged(file.part, stage)

    def _stage(self, api: Api, upload: Request, words: Mapping[str, str], file: Sent) -> Answer:
        known = {**words, **file.words}
        answer = api.stage(upload.method, path_of(upload.path, known), body_of(upload, known, (file,)))
        if not self.spoke(answer):
            raise api.problem(answer)
        return answer

    def _taken(self, api: Api, letter: Letter, answer: Answer) -> tuple[str, str]:
        """The ticket and its address, out of the answer; the tag where tickets have no numbers to us."""
        request = self._request(letter)
        found = request.id.one(answer) if request.id else ""
        link = request.link.one(answer) if request.link else ""
        if request.id is None:
            return letter.ticket or letter.tag, link
        if letter.ticket:
            if not found:
                shows = _(
                    "{destination} answered, but what shows that it was added is not where the settings say "
                    "({key})."
                )
                raise self._not_there(api, "attach.id", shows)
            return letter.ticket, link
        if not _TICKET.fullmatch(found):
            if not (known := self._search(api, letter)[1]):
                number = _(
                    "{destination} answered, but the number of the ticket is not where the settings say "
                    "({key})."
                )
                raise self._not_there(api, "create.id", number)
            found = known.ticket
        return found, link

    def _not_there(self, api: Api, key: str, said: Sentence) -> NeedsAttention:
        remedy = _("Correct {key} in the section of {destination} in the settings.")
        return NeedsAttention(
            said.format(destination=api.name, key=key),
            remedy.format(key=key, destination=self.destination.quoted),
        )

    # --- what is there ------------------------------------------------------------------------------------

    def _landed(self, api: Api, letter: Letter, ticket: str, link: str = "") -> Landed:
        files, numbered = self._system.files, ticket != letter.tag
        there = tuple(self._remotes(api, files, ticket)) if files and numbered else None
        page = self._system.ticket.page if numbered else None
        return Landed(ticket, page_address(page, ticket, link, self.destination.url), there)

    def _has_manifest(self, landed: Landed, letter: Letter) -> bool:
        return any(remote.name == letter.manifest.sent_as for remote in landed.files or ())

    def _remotes(self, api: Api, files: Files, ticket: str) -> Iterator[Remote]:
        """The files of a ticket, page by page until one brings nothing new."""
        seen: set[Remote] = set()
        for page in range(1, _PAGES + 1):
            words = {"ticket": ticket, "page": str(page)}
            answer = self._read(api, path_of(files.path, words))
            found = list(files_in(files, answer, ticket, self.destination.url)) if answer else []
            new = [remote for remote in found if remote not in seen]
            yield from new
            seen.update(new)
            if not new or "page" not in files.path.names:
                return

    # --- helpers ------------------------------------------------------------------------------------------

    def _read(self, api: Api, path: str, *missing: int) -> Answer | None:
        """A good answer of its own; None for 404 and the statuses in `missing`. Raises DeliveryError."""
        answer = api.ask("GET", path)
        if answer.status in (404, *missing) and self.spoke(answer):
            return None
        if answer.status // 100 != 2 or not self.spoke(answer):
            raise api.problem(answer)
        return answer

    def _request(self, letter: Letter) -> Request:
        if letter.ticket is None:
            return self._system.create
        assert self._system.attach  # nothing else is asked to add
        return self._system.attach

    @property
    def _before(self) -> Request | None:
        """The upload of each file that goes before the ticket."""
        return None if self.in_steps else self._system.upload

    def _words(self, letter: Letter) -> dict[str, str]:
        return words_of(letter, self.destination.login, self._system.text_characters)

    @property
    def _own(self) -> dict[str, str]:
        return {"login": self.destination.login}

    @property
    def _logins(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """User and password: the login and the token; or the token, and a word that counts for nothing."""
        return (self.destination.login, self.token), (self.token, "x")


def _step_of(part: Part) -> str:
    """The step of having added a file to a ticket that is there."""
    return f"added {part.sent_as} {part.size}"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ADAPTER = CustomSystem
