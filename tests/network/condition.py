"""What a condition of the matrix is, and the pieces from which rows are made. The rows are in rows_*.py; how
a piece is made in detail is firewall.py's, proxies.py's and web.py's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from snapper.delivery.causes import Cause
from tests.network import firewall, web
from tests.network.lab import Lab


@dataclass(frozen=True)
class Client:
    """What the client's computer needs meanwhile: its environment."""

    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Expected:
    """How a report ends: one of `causes`, or delivered where there are none; `arriving` with its large file
    still on the way."""

    causes: tuple[Cause, ...] = ()
    arriving: bool = False


DELIVERED = Expected()


def stopped_by(*causes: Cause) -> Expected:
    """Kept, with one of these causes."""
    return Expected(causes)


Both = str | tuple[str, str]


@dataclass(frozen=True)
class Peers:
    """How curl and requests go, as they come, in the words of peers.py: one word, or one for 600 bytes and
    one for 20 MB; ` | ` between words of which either may come."""

    curl: Both
    requests: Both

    def allows(self, program: str, measured: tuple[str, str]) -> bool:
        """Whether that is how it goes with `curl` or `requests`."""
        said: Both = getattr(self, program)
        pair = (said, said) if isinstance(said, str) else said
        return all(word in words.split(" | ") for words, word in zip(pair, measured, strict=True))


BOTH_THROUGH = Peers("ok", "ok")
NO_ANSWER = Peers("no answer", "no answer")
UNTRUSTED = "SSLError: CERTIFICATE_VERIFY_FAILED"
WANTS_LOGIN = "ProxyError: Tunnel connection failed: 407 Proxy Authentication Required"
NO_SOCKS = "InvalidSchema: Missing dependencies for SOCKS support."  # requests does it with a further package


@dataclass(frozen=True)
class Condition:
    """One row. `small` and `large` are what snapper does with a small report and with one of 20 MB.

    `marker` is in what is sent; `way` are options with which curl gets through, as a proof that a way is
    there; `slow`: transfers disturb each other. `peers` None: the network is open, only the desk minds.
    """

    name: str
    words: str
    made: Callable[[Lab], AbstractContextManager[Client]]
    small: Expected
    large: Expected
    peers: Peers | None
    marker: bytes = b""
    way: tuple[str, ...] = ()
    slow: bool = False


# --- pieces -----------------------------------------------------------------------------------------------

Made = Callable[[Lab], AbstractContextManager[Client]]
Part = Callable[[Lab], AbstractContextManager[object]]


def all_of(*parts: Part, **env: str) -> Made:
    """All these parts at once, and this environment."""

    @contextlib.contextmanager
    def made(lab: Lab) -> Iterator[Client]:
        with contextlib.ExitStack() as stack:
            for part in parts:
                stack.enter_context(part(lab))
            yield Client(dict(env))

    return made


def dropping(*rules: str) -> Made:
    """These rules on forwarded packets."""
    return all_of(lambda lab: firewall.rules(lab.net, *rules))


def naming(*options: str) -> Made:
    """The client's name server has these options."""
    return all_of(lambda lab: firewall.names(lab.net, *options))


def fronted_by(name: str) -> Made:
    """Another web server (a name in web.FRONTS) answers on port 443."""
    return all_of(lambda lab: firewall.led_to(lab.net, https=web.FRONTS[name].port))


def alone(lab: Lab) -> AbstractContextManager[None]:
    """The direct way is dropped."""
    return firewall.no_direct_way(lab.net)


def through(url: str, *parts: Part) -> Made:
    """The environment names a proxy; the direct way is dropped."""
    return all_of(alone, *parts, HTTPS_PROXY=url)


def by_script(address: str, *parts: Part) -> Made:
    """The settings name a proxy script."""
    return all_of(*parts, SNAPPER_DELIVERY_PAC=address)


def trusting_company(make: Made) -> Made:
    """The same on a computer that trusts the company's inspection."""

    @contextlib.contextmanager
    def made(lab: Lab) -> Iterator[Client]:
        with make(lab) as client:
            yield Client({**client.env, "SSL_CERT_FILE": str(lab.certificates.company)})

    return made
