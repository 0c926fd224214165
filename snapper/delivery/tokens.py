"""Tokens of ticket systems: from the environment, where no person is, or from the system's keyring.

In the keyring a token belongs to an address and a user there, not to the name that the settings give it: a
settings file that points elsewhere does not take it along.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from snapper.delivery import vault
from snapper.destinations import Destination
from snapper.errors import Unavailable
from snapper.language import _

SERVICE = "snapper ticket system"


@dataclass(frozen=True)
class Token:
    """A token, and where it comes from, in words."""

    value: str
    origin: str


_lock = threading.Lock()
_seen: dict[str, str] = {}  # last read from the keyring, for when it is locked; and for what leaves
_tried: dict[str, str] = {}  # put in just now, and not kept yet


def find(destination: Destination, environ: Mapping[str, str]) -> Token | None:
    """The token for a destination; None where there is none. Waits at most three seconds."""
    with _lock:
        if (tried := _tried.get(_key(destination))) is not None:
            # Translators: where a token comes from.
            return Token(tried, _("put in just now")) if tried else None
    if value := environ.get(destination.token_variable, "").strip():
        # Translators: where a token comes from.
        return Token(value, _("environment variable {name}").format(name=destination.token_variable))
    key = _key(destination)
    try:
        stored = vault.read(SERVICE, key)
    except Unavailable:
        with _lock:
            stored = _seen.get(key)
    with _lock:
        if stored:
            _seen[key] = stored
        else:
            _seen.pop(key, None)
    # Translators: where a token comes from.
    return Token(stored, _("this computer's keyring")) if stored else None


@contextlib.contextmanager
def trying(destination: Destination, value: str) -> Iterator[None]:
    """For the time of the block a destination's token is this one (“”: it has none), whatever is kept."""
    key = _key(destination)
    with _lock:
        _tried[key] = value
    try:
        yield
    finally:
        with _lock:
            _tried.pop(key, None)


def keep(destination: Destination, value: str) -> None:
    """Put a token into the keyring. Raises Unavailable with the reason where that cannot be."""
    vault.write(SERVICE, _key(destination), value)


def forget(destination: Destination) -> bool:
    """Remove the token of a destination from the keyring; whether there was one. Raises Unavailable."""
    with _lock:
        _seen.pop(_key(destination), None)
    return vault.remove(SERVICE, _key(destination))


def in_use(destinations: tuple[Destination, ...], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Every token this process knows: nothing that leaves may hold one. No keyring is asked."""
    found = [environ.get(each.token_variable, "").strip() for each in destinations]
    with _lock:
        found += [*_seen.values(), *_tried.values()]
    return tuple(token for token in found if token)


def _key(destination: Destination) -> str:
    return f"{destination.login}@{destination.url}".casefold()
