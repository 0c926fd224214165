"""One way out of this computer to a server: direct, or through one proxy; and who named it. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from snapper.language import _


class Scheme(StrEnum):
    """How a connection leaves: at once, by CONNECT to a proxy (plain or over TLS), or by SOCKS 5."""

    DIRECT = "direct"
    HTTP = "http"
    HTTPS = "https"
    SOCKS5 = "socks5"


class PacFailed(Exception):
    """A proxy script could not be fetched or run; the text says why, for a person."""

    def __init__(self, sentence: str, *, broken: bool) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.broken = broken


class Source(StrEnum):
    """Who named a route; the order is the order of trust when several work."""

    SETTING = "setting"
    PAC = "pac"
    SYSTEM = "system"
    ENVIRONMENT = "environment"
    WPAD = "wpad"
    DIRECT = "direct"


# Proxies that the system's own settings name; a name found by WPAD may come from anybody on the network.
SINGLE_SIGN_ON = frozenset({Source.SYSTEM, Source.PAC})


@dataclass(frozen=True)
class Login:
    """A user name and a password for a proxy; never shown, never written to a file or a log."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Route:
    """One way out. `named_by` says in words where it was found: `the environment variable HTTPS_PROXY`;
    `login` is what came with the address, if anything did."""

    scheme: Scheme
    host: str = ""
    port: int = 0
    source: Source = Source.DIRECT
    named_by: str = ""
    login: Login | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """The proxy as people write it, `proxy.example:3128`; “” for a direct route."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.host else ""

    @property
    def label(self) -> str:
        """The route in a few words: `direct`, `http://proxy.example:3128`."""
        return f"{self.scheme}://{self.address}" if self.host else "direct"

    @property
    def single_sign_on(self) -> bool:
        """Whether the user's own sign-in may be offered to this proxy."""
        return self.source in SINGLE_SIGN_ON


# Translators: who named a direct way.
DIRECT = Route(Scheme.DIRECT, named_by=_("no proxy"))
