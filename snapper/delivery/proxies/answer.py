"""What a mechanism is asked about proxies, and what it answers. Pure data; nothing here shows a password."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from snapper.delivery.causes import Cause
from snapper.delivery.route import Route, Source
from snapper.hosts import ascii_host, loopback
from snapper.language import Sentence, _, together

WPAD = "wpad"  # in place of an address: whatever this network offers
_PORTS = {"http": 80, "https": 443}
# Translators: after the name of a place where proxies are set, and a colon.
_NO_PROXY = _("names no proxy")
# Translators: after the name of a place where proxies are set, and a colon.
SWITCHED_OFF = _("is switched off")
# Translators: a place where a proxy is set.
OF_THE_DESKTOP = _("the proxy settings of the desktop")


@dataclass(frozen=True)
class Target:
    """Where a connection is to go; the host in lower case and ASCII, without brackets."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Target:
        """The target of a web address. Raises ValueError when it is none."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("not a web address")
        return cls(parts.scheme, ascii_host(parts.hostname), parts.port or _PORTS[parts.scheme])

    @property
    def loopback(self) -> bool:
        """Whether it is this computer itself."""
        return loopback(self.host)

    @property
    def origin(self) -> str:
        """Scheme, host and port, with a slash: all that a PAC file may know of an encrypted request."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}/"


@dataclass(frozen=True)
class Trouble:
    """A setting that cannot be followed, and what to do about it."""

    sentence: str
    cause: Cause


@dataclass(frozen=True)
class PacAddress:
    """A file that names proxies: a web address, a path, or `wpad`; `named_by` says in words who named it."""

    address: str = field(repr=False)  # a web address may hold a password
    source: Source
    named_by: str

    @property
    def label(self) -> Sentence:
        """The file in words, within a sentence: `the file proxy.pac`."""
        if self.source is Source.WPAD:
            return _("the proxy file that this network offers (WPAD)")
        if name := self._file_name():
            # Translators: within a sentence; “The file …” is the same at its beginning.
            return _("the file {name}").format(name=name)
        return _("the proxy file of this computer")

    @property
    def label_first(self) -> Sentence:
        """The file in words, at the beginning of a sentence: `The file proxy.pac`."""
        if self.source is Source.WPAD:
            return _("The proxy file that this network offers (WPAD)")
        if name := self._file_name():
            return _("The file {name}").format(name=name)
        return _("The proxy file of this computer")

    def _file_name(self) -> str:
        before, web, rest = self.address.partition("://")
        path = re.split("[?#]", rest.partition("/")[2])[0] if web else before
        return re.split(r"[\\/@]", path)[-1]


@dataclass(frozen=True)
class Answer:
    """What one mechanism said: proxies in order, a file that names them, what is wrong, and all in words."""

    routes: tuple[Route, ...] = ()
    pac: PacAddress | None = None
    troubles: tuple[Trouble, ...] = ()
    said: Sentence = _NO_PROXY


class CannotAsk(Exception):
    """A mechanism does not exist here or gave no answer; `why` says it, without an end stop."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def detected(named_by: str) -> PacAddress:
    """What `automatically detect settings` means."""
    return PacAddress(WPAD, Source.WPAD, named_by)


def in_words(routes: tuple[Route, ...], pac: PacAddress | None = None) -> Sentence:
    """What was named, for the doctor."""
    named = [route.label for route in routes]
    if pac:
        named.append(_("automatic detection (WPAD)") if pac.source is Source.WPAD else pac.label)
    # Translators: after the name of a place where proxies are set, and a colon.
    return _("names {proxies}").format(proxies=together(named, ", ")) if named else _NO_PROXY


def join(answers: Iterable[Answer]) -> Answer:
    """Several answers of one mechanism as one, in their order."""
    several = tuple(answers)
    routes = tuple(route for answer in several for route in answer.routes)
    troubles = tuple(trouble for answer in several for trouble in answer.troubles)
    return Answer(routes, None, troubles, in_words(routes))


def excepted(target: Target, pac: PacAddress | None = None, variable: str = "") -> Answer:
    """The answer for a host that is to be reached without the proxy; a file decides on that by itself.
    `variable` is the name of the list, if it has one."""
    if variable:
        listed = _("{host} is on the list {variable}").format(host=target.host, variable=variable)
    else:
        listed = _("{host} is on the list of exceptions").format(host=target.host)
    return Answer(pac=pac, said=together([in_words((), pac), listed], "; "))
