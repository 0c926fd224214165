"""What a mechanism is asked about proxies, and what it answers. Pure data; nothing here shows a password."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from snapper.delivery.causes import Cause
from snapper.delivery.route import Route, Source
from snapper.hosts import ascii_host, loopback

WPAD = "wpad"  # in place of an address: whatever this network offers
_PORTS = {"http": 80, "https": 443}


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
    def label(self) -> str:
        """The file in words: `the file proxy.pac`."""
        if self.source is Source.WPAD:
            return "the proxy file that this network offers (WPAD)"
        _, web, rest = self.address.partition("://")
        path = re.split("[?#]", rest.partition("/")[2])[0] if web else self.address
        name = re.split(r"[\\/@]", path)[-1]
        return f"the file {name}" if name else "the proxy file of this computer"


@dataclass(frozen=True)
class Answer:
    """What one mechanism said: proxies in order, a file that names them, what is wrong, and all in words."""

    routes: tuple[Route, ...] = ()
    pac: PacAddress | None = None
    troubles: tuple[Trouble, ...] = ()
    said: str = "names no proxy"


class CannotAsk(Exception):
    """A mechanism does not exist here or gave no answer; the text says why, without an end stop."""


def detected(named_by: str) -> PacAddress:
    """What `automatically detect settings` means."""
    return PacAddress(WPAD, Source.WPAD, named_by)


def in_words(routes: tuple[Route, ...], pac: PacAddress | None = None) -> str:
    """What was named, for the doctor."""
    named = [route.label for route in routes]
    if pac:
        named.append("automatic detection (WPAD)" if pac.source is Source.WPAD else pac.label)
    return f"names {', '.join(named)}" if named else "names no proxy"


def join(answers: Iterable[Answer]) -> Answer:
    """Several answers of one mechanism as one, in their order."""
    several = tuple(answers)
    routes = tuple(route for answer in several for route in answer.routes)
    troubles = tuple(trouble for answer in several for trouble in answer.troubles)
    return Answer(routes, None, troubles, in_words(routes))


def excepted(target: Target, pac: PacAddress | None = None, where: str = "the list of exceptions") -> Answer:
    """The answer for a host that is to be reached without the proxy; a file decides on that by itself."""
    return Answer(pac=pac, said=f"{in_words((), pac)}; {target.host} is on {where}")
