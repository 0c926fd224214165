"""The table of known problems: what an entry is, and its form in TOML. Nothing here reads logs or notes."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from snapper.errors import UsageError
from snapper.language import Sentence, _, translated

NORMAL_EVENTS = frozenset({2104, 2106, 2107, 2108, 2158})  # TWS's good news about its data farms
_TABLE = "known_problems.toml"
_BYTES_MAX = 1 << 20
_TIMES_MAX = 1000
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "ß": "ss"})


class Level(StrEnum):
    """How bad a problem is, the worst first."""

    BLOCKING = "blocking"
    HAMPERING = "hampering"
    INFORMATION = "information"


class Contact(StrEnum):
    """Who helps."""

    CLIENT_SERVICES = "client_services"
    TECHNICAL_ASSISTANCE = "technical_assistance"
    NONE = "none"


@dataclass(frozen=True)
class Problem:
    """One known problem, as known_problems.toml explains it; `title` fits after “This looks like”. What
    people read is in their language as far as snapper's catalogues have it, and in English for support."""

    id: str
    title: Sentence
    level: Level
    answer: Sentence
    do: tuple[Sentence, ...]
    contact: Contact
    source: str
    log: tuple[str, ...] = ()
    note: tuple[str, ...] = ()
    events: tuple[int, ...] = ()
    after: str = ""
    unless: str = ""
    times: int = 1
    instead_of: tuple[str, ...] = ()
    telephone_only: bool = False
    urgent: bool = False

    @property
    def whom(self) -> str:
        """Whom to contact and how, as a sentence; empty where nobody need be."""
        if self.contact is Contact.NONE:
            return ""
        if self.telephone_only:
            return _WHOM[self.contact].by_telephone
        return _WHOM[self.contact].urgent if self.urgent else _WHOM[self.contact].later

    @property
    def log_patterns(self) -> tuple[str, ...]:
        """What is searched for in the lines of logs: the patterns, and the events in all forms."""
        return (*self.log, *(_events_in_logs(self.events) if self.events else ()))

    @property
    def note_patterns(self) -> tuple[str, ...]:
        """What is searched for in a note that went through plain()."""
        return (*map(_bare, self.note), *(_events_in_notes(self.events) if self.events else ()))


class _Whom(NamedTuple):
    """How to ask somebody for help: where it is given by telephone alone, while a problem is there, later."""

    by_telephone: Sentence
    urgent: Sentence
    later: Sentence


# Translators: “Client Services” and “Technical Assistance Center” are called so by Interactive Brokers.
_WHOM = {
    Contact.CLIENT_SERVICES: _Whom(
        _("Telephone Client Services: this help is given by telephone alone."),
        _("If it is urgent, telephone Client Services while the problem is there."),
        _("If it stays, contact Client Services."),
    ),
    Contact.TECHNICAL_ASSISTANCE: _Whom(
        _("Telephone the Technical Assistance Center: this help is given by telephone alone."),
        _("If it is urgent, telephone the Technical Assistance Center while the problem is there."),
        _("If it stays, contact the Technical Assistance Center."),
    ),
}

_Choice = TypeVar("_Choice", Level, Contact)

_FIELDS: dict[str, tuple[type, bool]] = {  # name → type, whether it must be there
    "id": (str, True), "title": (str, True), "level": (str, True), "answer": (str, True), "do": (list, True),
    "contact": (str, True), "source": (str, True), "log": (list, False), "note": (list, False),
    "events": (list, False), "after": (str, False), "unless": (str, False), "times": (int, False),
    "instead_of": (list, False), "telephone_only": (bool, False), "urgent": (bool, False),
    "matches": (list, True), "near_misses": (list, True),
}  # fmt: skip
_FOR_TESTS = ("matches", "near_misses")
_MUST_BE = {
    str: _("{key} must be text in quotes."),
    list: _("{key} must be a list."),
    int: _("{key} must be a whole number."),
    bool: _("{key} must be true or false."),
}


def read_table(extra: Sequence[Path] = ()) -> tuple[Problem, ...]:
    """All known problems: snapper's own, then those of further files, each in its order.

    An entry with the id of an earlier one takes its place. Raises UsageError, naming file, entry and mistake.
    """
    own = resources.files("snapper.logs").joinpath(_TABLE).read_bytes()
    # Its patterns are checked by a test, and not again at every start: that takes longer than all the rest.
    problems = {problem.id: problem for problem in _parsed(own, _TABLE)}
    for path in extra:
        for problem in _parsed(_content(path), str(path)):
            if why := wrong_patterns(problem):
                raise _wrong(str(path), problem.id, why)
            problems[problem.id] = problem
    return tuple(problems.values())


def plain(text: str) -> str:
    """A note without accents, with simple quotation marks, and with one space for each run of white space."""
    return " ".join(_bare(text).split())


def _bare(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.translate(_QUOTES))
    return "".join(part for part in parts if not unicodedata.combining(part))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_BYTES_MAX + 1)
    except OSError as error:
        raise UsageError(
            _("{file} cannot be read.").format(file=path), _("Name a table of known problems.")
        ) from error
    if len(content) > _BYTES_MAX:
        too_large = _("{file} is too large for a table of known problems.")
        raise UsageError(too_large.format(file=path), _("Name another file."))
    return content


def _parsed(content: bytes, name: str) -> list[Problem]:
    try:
        data = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(name, "", _("it is no TOML: {mistake}.").format(mistake=error)) from error
    entries = data.get("problem")
    if not isinstance(entries, list) or set(data) != {"problem"}:
        raise _wrong(name, "", _("it must hold entries that begin with [[problem]], and nothing else."))
    problems = [_problem(entry, name, number) for number, entry in enumerate(entries, 1)]
    seen: set[str] = set()
    for problem in problems:
        if problem.id in seen:
            raise _wrong(name, problem.id, _("the id is there twice."))
        seen.add(problem.id)
    return problems


def _problem(entry: object, name: str, number: int) -> Problem:
    # Translators: of a table
    which: str = _("entry {number}").format(number=number)
    if not isinstance(entry, dict):
        raise _wrong(name, which, _("it must be a table."))
    which = entry["id"] if isinstance(entry.get("id"), str) and entry["id"] else which
    try:
        return _built(entry)
    except ValueError as error:
        raise _wrong(name, which, error.args[0]) from error


def _built(entry: Mapping[str, Any]) -> Problem:
    _check_fields(entry)
    values = {key: value for key, value in entry.items() if key not in _FOR_TESTS}
    for key in ("do", "log", "note", "instead_of"):
        if not all(isinstance(item, str) and item for item in entry.get(key, [])):
            raise ValueError(_("{key} must be a list of texts.").format(key=key))
    for key, item in values.items():
        if isinstance(item, list):
            values[key] = tuple(item)
    values |= _in_our_language(entry)
    values["level"] = _one_of(Level, entry["level"], "level")
    values["contact"] = _one_of(Contact, entry["contact"], "contact")
    problem = Problem(**values)
    _check_meaning(problem)
    return problem


def _in_our_language(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What people read of an entry; `scripts/catalogues.py` collects it as translators get it."""
    said = {key: translated(entry[key]) for key in ("title", "answer")}
    return {**said, "do": tuple(map(translated, entry["do"]))}


def _check_fields(entry: Mapping[str, Any]) -> None:
    for key, value in entry.items():
        if key not in _FIELDS:
            raise ValueError(_("“{key}” is not known.").format(key=key[:60]))
        if type(value) is not _FIELDS[key][0]:
            raise ValueError(_MUST_BE[_FIELDS[key][0]].format(key=key))
    for key, (_kind, needed) in _FIELDS.items():
        if needed and (key not in entry or entry[key] == ""):
            raise ValueError(_("{key} is missing.").format(key=key))


def _check_meaning(problem: Problem) -> None:
    if not all(part.isalnum() and part.isascii() for part in problem.id.split("-")) or len(problem.id) > 100:
        raise ValueError(_("id must be letters, digits and single hyphens."))
    if len(problem.title) > 200:
        raise ValueError(_("title must not be longer than 200 characters."))
    if not (problem.log or problem.note or problem.events):
        raise ValueError(_("it needs log, note or events to be recognised by."))
    if not all(type(event) is int and 0 < event < 100_000 for event in problem.events):
        raise ValueError(_("events must be numbers of API messages."))
    if normal := NORMAL_EVENTS.intersection(problem.events):
        raise ValueError(_("event {number} says that all is well.").format(number=min(normal)))
    if not 1 <= problem.times <= _TIMES_MAX:
        raise ValueError(_("times must be from 1 to {most}.").format(most=_TIMES_MAX))


def wrong_patterns(problem: Problem) -> str:
    """Which pattern of an entry cannot be used, and why; empty if all can."""
    for_logs = [pattern for pattern in (*problem.log, problem.after, problem.unless) if pattern]
    for pattern in for_logs:
        if not pattern.isascii():
            only_ascii = _("“{pattern}”: a pattern for logs must be ASCII, with . for other letters.")
            return only_ascii.format(pattern=pattern[:60])
    for pattern in (*for_logs, *map(_bare, problem.note)):
        if why := _unusable(pattern):
            return why
    return ""


def _unusable(pattern: str) -> str:
    """Why a pattern cannot be used; “” if it can."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        words = reason.decode() if isinstance(reason, bytes) else str(reason)
        none = _("“{pattern}” is no pattern: {reason}.")
        return none.format(pattern=pattern[:60], reason=words)
    return _("“{pattern}” matches everything.").format(pattern=pattern[:60]) if compiled.search("") else ""


def _one_of(kind: type[_Choice], value: str, key: str) -> _Choice:
    try:
        return kind(value)
    except ValueError:
        choice = _("{key} must be one of: {values}.")
        raise ValueError(choice.format(key=key, values=", ".join(kind))) from None


def _wrong(name: str, which: str, what: str) -> UsageError:
    place = f"{name}, {which}" if which else name
    # Translators: a place in a file, and the mistake there
    said = _("{place}: {mistake}").format(place=place, mistake=what)
    return UsageError(said, _("The head of known_problems.toml explains the form."))


def _events_in_logs(events: Sequence[int]) -> tuple[str, ...]:
    """The forms of API messages: in TWS's API log, in programs' logs, and as words with a number."""
    number = f"(?:{'|'.join(map(str, events))})"
    end = r"(?:[^\w.]|\.(?:\D|$)|$)"
    return (
        rf"(?:^|[ \[;\x00])4[;\x00](?:\d[;\x00])?-?\d{{1,10}}[;\x00]{number}[;\x00]",
        rf"(?i)\b(?:error|warning|err|code)[ _-]?(?:code|no\.?|number)?[\"']?[ :=#]{{1,3}}{number}{end}",
        rf"(?i)\b(?:error|warning):? -?\d{{1,10}}[ ,:]{{1,2}}{number}{end}",
    )


def _events_in_notes(events: Sequence[int]) -> tuple[str, ...]:
    """The forms in which people name a message, in the languages of the table."""
    number = f"(?:{'|'.join(map(str, events))})"
    words = (
        r"\b(?:error|err|code|event|warning|message|msg|fehler\w{0,5}|meldung|errore|codice|avviso|messaggio|"
        r"codigo|aviso|mensaje)|错误代码|错误|代码|消息|警告"
    )
    return (rf"(?:{words})[ :=#.]{{0,3}}(?:no\.? ?|nr\.? ?|code )?{number}(?:[^\w.]|\.(?:\D|$)|$)",)
