"""Where reports can go: the `[destinations.NAME]` tables of the settings file, read and checked. Pure."""

from __future__ import annotations

import difflib
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from snapper import checks
from snapper.errors import UsageError
from snapper.language import _
from snapper.systems import SYSTEMS, Limits, System

DESK, CUSTOM = "desk", "custom"
TOKEN_PREFIX = "SNAPPER_TOKEN_"  # an environment variable that holds a token
_NAME_CHARS = 60
_COMMON = ("system", "url", "login", "file_megabytes", "report_megabytes")


@dataclass(frozen=True)
class Destination:
    """One place that takes reports: what people call it, which ticket system it is, where, and what else that
    system has to know. `file_bytes` and `report_bytes` replace the system's usual limits (None: as usual)."""

    name: str
    system: str
    url: str
    login: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    file_bytes: int | None = None
    report_bytes: int | None = None

    @property
    def about(self) -> System:
        """What is known of its kind, or what the settings say of it where they describe one."""
        usual = SYSTEMS[self.system]
        if self.system != CUSTOM:
            return usual
        from snapper.custom import (
            read_custom,  # not before it is needed: every start reads the settings
        )

        return read_custom(self.options).described(usual)

    def option(self, key: str) -> str:
        """What it says about its system, or the default."""
        if key in self.options:
            return str(self.options[key])
        return next((option.default for option in self.about.options if option.key == key), "")

    @property
    def title(self) -> str:
        """Its name and where it is, for people: “our RT (rt.example.com)”."""
        return f"{self.name} ({urlsplit(self.url).netloc})"

    @property
    def limits(self) -> Limits:
        """What it takes: as its kind usually does, or as the settings say."""
        usual = self.about.limits
        return replace(
            usual,
            file_bytes=self.file_bytes or usual.file_bytes,
            report_bytes=self.report_bytes or usual.report_bytes,
        )

    @property
    def quoted(self) -> str:
        """Its name as a command line wants it."""
        return _quoted(self.name)

    @property
    def token_variable(self) -> str:
        """The environment variable that may hold its token."""
        letters = re.sub("[^A-Z0-9]+", "_", self.name.upper()).strip("_")
        return f"{TOKEN_PREFIX}{letters or f'{zlib.crc32(self.name.encode()):08X}'}"


def read_destination(name: str, table: object) -> Destination:
    """Read one table; raises ValueError with the key that is wrong and what it must be, as a sentence."""
    if not isinstance(table, dict):
        raise ValueError(_('it must be a section of its own: [destinations."{name}"].').format(name=name))
    if not name.strip() or len(name) > _NAME_CHARS or not name.isprintable():
        raise ValueError(_("it must have a name of up to {most} characters.").format(most=_NAME_CHARS))
    system = _system(table.get("system"))
    if "token" in table:
        refused = _(
            "token must not stand in the file: “snapper config token {name}” puts it into the keyring, and "
            "the environment may hold it."
        )
        raise ValueError(refused.format(name=_quoted(name)))
    about = SYSTEMS[system]
    own = {key: value for key, value in table.items() if key not in _COMMON}
    return Destination(
        name=name,
        system=system,
        url=_checked("url", checks.web_address, table.get("url", "")),
        login=_checked("login", checks.plain_text, table.get("login", "")),
        options=_described(own) if system == CUSTOM else _options(about, own),
        file_bytes=_bytes("file_megabytes", table),
        report_bytes=_bytes("report_megabytes", table),
    )


def _system(raw: object) -> str:
    if isinstance(raw, str) and raw in SYSTEMS:
        return raw
    known = ", ".join(SYSTEMS)
    if not raw:
        raise ValueError(_("system is missing; it may be: {systems}.").format(systems=known))
    unknown = _("system “{system}” is not known; it may be: {systems}.")
    raise ValueError(unknown.format(system=str(raw)[:60], systems=known))


def _described(own: Mapping[str, object]) -> dict[str, Any]:
    from snapper.custom import check_custom

    return check_custom(own)


def _options(about: System, own: Mapping[str, object]) -> dict[str, str]:
    keys = [option.key for option in about.options]
    if unknown := [key for key in own if key not in keys]:
        near = difflib.get_close_matches(unknown[0], [*keys, *_COMMON], 1, 0.6)
        strange = {"key": unknown[0], "system": about.title}
        if near:
            slip = _("{key} is not a key of {system}; did you mean {near}?")
            raise ValueError(slip.format(near=near[0], **strange))
        told = _("{key} is not a key of {system}; it may have: {keys}.")
        raise ValueError(told.format(keys=", ".join([*_COMMON, *keys]), **strange))
    found = {key: _option_text(key, raw) for key, raw in own.items()}
    for option in about.options:
        if option.required and not found.get(option.key):
            # Translators: a key of the settings file, and what it is for
            raise ValueError(_("{key} is missing: {about}.").format(key=option.key, about=option.about))
        if option.default in ("yes", "no") and found.get(option.key, "no") not in ("yes", "no"):
            # Translators: “yes” and “no” are typed like this in every language.
            raise ValueError(_("{key} must be yes or no.").format(key=option.key))
    return found


def _option_text(key: str, raw: object) -> str:
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if isinstance(raw, int):
        return str(raw)
    return str(_checked(key, checks.plain_text, raw))


def _bytes(key: str, table: Mapping[str, object]) -> int | None:
    if key not in table:
        return None
    return int(_checked(key, checks.number(1, 1 << 20), table[key])) * 1_000_000


def _checked(key: str, check: Any, raw: object) -> Any:
    try:
        return check(raw)
    except checks.Wrong as error:
        raise ValueError(error.of(key)) from error


def _quoted(name: str) -> str:
    return f'"{name}"' if re.search(r"[^\w.-]", name) else name


# --- choosing one, and naming tickets ---------------------------------------------------------------------


def choose(destinations: Iterable[Destination], name: str) -> Destination:
    """The destination of that name, however its letters are written. Raises UsageError."""
    there = {each.name.casefold(): each for each in destinations}
    if found := there.get(name.strip().casefold()):
        return found
    near = difflib.get_close_matches(name.casefold(), there, 1, 0.6)
    names = ", ".join(f"“{each.name}”" for each in there.values())
    hint = (
        _("Did you mean “{name}”?").format(name=there[near[0]].name)
        if near
        else _("There are: {names}.").format(names=names)
    )
    raise UsageError(_("“{name}” is none of the destinations in the settings.").format(name=name[:60]), hint)


def ticket_of(
    text: str, destination: Destination, destinations: Iterable[Destination] = ()
) -> tuple[str, Destination]:
    """A ticket as people write it (`123`, `#123`, `OPS-12`, its web address) → its number and where it is.

    A web address may lead to another of the `destinations` than the one that was meant. Raises UsageError
    when it is no ticket there.
    """
    text = text.strip()
    if re.match(r"https?://", text, re.IGNORECASE):
        try:
            return _by_address(text, destination, destinations)
        except ValueError as error:  # such as http://[
            raise UsageError(
                _("This is not a web address."),
                _("Copy it from the browser, or give the ticket's number."),
            ) from error
    ticket = destination.about.ticket_key(text.removeprefix("#").strip())
    if ticket is None:
        raise UsageError(
            _("“{text}” is not a ticket of {destination}.").format(
                text=text[:80], destination=destination.name
            ),
            _("Write it as it stands there ({example}), or give its web address.").format(
                example=_example(destination)
            ),
        )
    return ticket, destination


def _by_address(
    text: str, destination: Destination, destinations: Iterable[Destination]
) -> tuple[str, Destination]:
    longest = sorted(
        (destination, *destinations), key=lambda each: -len(each.url)
    )  # one may lie under another
    for each in longest:
        if _leads_to(text, each):
            base = urlsplit(each.url)
            rest = unquote(text.split("://", 1)[1][len(base.netloc + base.path) :])
            if ticket := each.about.ticket_in(rest, each.option("project")):
                return ticket, each
            raise UsageError(
                _("This address is at {destination}, but not that of a ticket.").format(
                    destination=each.name
                ),
                _("Copy the address from the browser, or give the ticket's number ({example}).").format(
                    example=_example(each)
                ),
            )
    host = urlsplit(text).netloc.rpartition("@")[2][:80]
    raise UsageError(
        _("This address leads to {host}, which is none of the destinations in the settings.").format(
            host=host
        ),
        _("Give the ticket's number, or set the destination up with “snapper config init”."),
    )


def _leads_to(text: str, destination: Destination) -> bool:
    given, base = urlsplit(text), urlsplit(destination.url)
    same_host = given.netloc.casefold() == base.netloc.casefold()
    return same_host and (given.path + "/").startswith(base.path.rstrip("/") + "/")


def _example(destination: Destination) -> str:
    return {"jira_sm": "OPS-12", "servicenow": "INC0012345"}.get(destination.system, "1042")
