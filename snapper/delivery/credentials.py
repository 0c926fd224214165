"""Logins for proxies: in the system's keyring, or only in this process's memory. Nothing here writes a file.

A keyring may hang, or wait for a person: every call to one has a thread of its own and three seconds. Nothing
that a keyring says in an exception is passed on.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from snapper.delivery.causes import Cause
from snapper.delivery.route import Login
from snapper.errors import Obstacle, Unavailable

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

SERVICE = "snapper proxy"
PATIENCE_SECONDS = 3.0  # a route to the desk is looked for meanwhile, and has ten in all

# Keyrings that encrypt, by module and class; others that Python programs may be set to use write plain files.
_SAFE = (
    ("SecretService", "Keyring"),
    ("libsecret", "Keyring"),
    ("kwallet", "DBusKeyring"),
    ("macOS", "Keyring"),
    ("Windows", "WinVaultKeyring"),
)
_NONE = "This computer has no keyring that snapper can use."
_SILENT = "This computer's keyring does not answer."
_REFUSED = "This computer's keyring did not take it."
_LOCKED = "This computer's keyring is locked."


log = logging.getLogger(__name__)


class _NoKeyring(Unavailable):
    """There is none that snapper uses."""


class Place(StrEnum):
    """Where a login is kept."""

    KEYRING = "keyring"
    MEMORY = "memory"


@dataclass(frozen=True)
class Kept:
    """Where a login is kept now, and in a sentence why it is not in the keyring, though it was asked for."""

    place: Place
    reason: str = ""


def wanted(obstacle: Obstacle) -> bool:
    """Whether a person has to sign in to the proxy that the obstacle names."""
    return bool(obstacle.at) and obstacle.cause in (Cause.PROXY_WANTS_PASSWORD, Cause.PROXY_WRONG_PASSWORD)


def find(address: str) -> Login | None:
    """The login for a proxy (`proxy.example:3128`), None where there is none.

    Waits at most PATIENCE_SECONDS. Never has the system ask the person to unlock the keyring: that question
    would take the keyboard from the trading program.
    """
    key = _key(address)
    with _lock:
        if login := _memory.get(key):
            return login
    try:
        login = _read(_within(lambda: _stored(key)))
    except Unavailable:
        with _lock:
            return _seen.get(key)
    with _lock:  # another snapper may have put in a new one, or removed it
        _seen.pop(key, None)
        if login:
            _seen[key], _users[key] = login, login.user
    return login


def keep(address: str, login: Login, remember: bool) -> Kept:
    """Keep a login for a proxy; to be remembered means in the keyring, else until this process ends.

    Waits at most PATIENCE_SECONDS; the system may ask the person to unlock the keyring.
    """
    key = _key(address)
    with _lock:
        _memory[key], _users[key] = login, login.user
    try:
        if remember:
            secret = json.dumps({"user": login.user, "password": login.password})
            _within(lambda: _keyring().set_password(SERVICE, key, secret))
            with _lock:
                _seen[key] = _memory.pop(key, login)
            return Kept(Place.KEYRING)
        _within(lambda: _delete(key))  # an older login must not come back at the next start
    except Unavailable as error:
        return Kept(Place.MEMORY, error.sentence if remember else "")
    return Kept(Place.MEMORY)


def refused(address: str) -> None:
    """The proxy did not take the login that is kept: remove it, so that no later start locks the account by
    trying it again. The user name stays, for the next question."""
    user = last_user(address)
    with contextlib.suppress(Unavailable):
        forget(address)
    with _lock:
        _users[_key(address)] = user


def forget(address: str) -> bool:
    """Remove a login from memory and keyring; whether there was one. Raises Unavailable when the keyring is
    locked or does not answer."""
    with _lock:
        known = _memory.pop(_key(address), None) is not None
        _seen.pop(_key(address), None)
        _users.pop(_key(address), None)
    try:
        return _within(lambda: _delete(_key(address))) or known
    except _NoKeyring:
        return known


def passwords_in_use() -> tuple[str, ...]:
    """The passwords that this process has used for proxies: nothing that leaves may hold one."""
    with _lock:
        logins = {*_memory.values(), *filter(None, _seen.values())}
    return tuple(login.password for login in logins)


def last_user(address: str) -> str:
    """The user name last used for a proxy in this process, “” for none; no keyring is asked."""
    with _lock:
        return _users.get(_key(address), "")


def problem() -> str:
    """Why no login can be kept in a keyring here, in a sentence; “” where it can. Waits as find() does."""
    try:
        _within(_keyring)
    except Unavailable as error:
        return error.sentence
    return ""


# --- in this process ---------------------------------------------------------------------------------------

_lock = threading.Lock()
_memory: dict[str, Login] = {}  # not in the keyring
_seen: dict[str, Login] = {}  # last read from it: for when it is locked
_users: dict[str, str] = {}
_stuck: list[threading.Thread] = []  # a call that outlived its three seconds, until it ends


def _key(address: str) -> str:
    return address.strip().casefold()


def _within(action: Callable[[], T]) -> T:
    """What the action returns, or Unavailable after PATIENCE_SECONDS or an exception of the keyring."""
    with _lock:
        _stuck[:] = [thread for thread in _stuck if thread.is_alive()]
        if _stuck:
            raise Unavailable(_SILENT)
    results: list[T] = []
    failures: list[Unavailable] = []

    def call() -> None:
        try:
            results.append(action())
        except Unavailable as error:
            failures.append(error)
        except Exception:  # noqa: BLE001 - backends raise what they like, and its text might hold the secret
            failures.append(Unavailable(_REFUSED))

    thread = threading.Thread(target=call, name="keyring", daemon=True)
    thread.start()
    thread.join(PATIENCE_SECONDS)
    if results:
        return results[0]
    if failures:
        raise failures[0]
    with _lock:
        _stuck.append(thread)
    raise Unavailable(_SILENT)


# --- in the keyring (only ever within the time) -------------------------------------------------------------


def _keyring() -> KeyringBackend:
    """A keyring that works here. Raises Unavailable."""
    for module, name in _SAFE:
        try:  # each looks for libraries, some ask the message bus: not before a proxy wants a password
            kind = getattr(importlib.import_module(f"keyring.backends.{module}"), name)
            if kind.viable:
                keyring: KeyringBackend = kind()
                return keyring
        except Exception as error:  # noqa: BLE001 - a broken backend may raise anything, and is one that does not work
            log.debug("keyring %s: %s", module, type(error).__name__)
    raise _NoKeyring(_NONE)


def _stored(key: str) -> str | None:
    keyring = _keyring()
    return keyring.get_password(SERVICE, key) if _readable(keyring) else None


def _delete(key: str) -> bool:
    keyring = _keyring()
    if not _readable(keyring) or keyring.get_password(SERVICE, key) is None:
        return False
    keyring.delete_password(SERVICE, key)
    return True


def _readable(keyring: KeyringBackend) -> bool:
    """False where the keyring is still to be made. Raises Unavailable where the system would ask the person
    to unlock it."""
    if not type(keyring).__module__.endswith(".SecretService"):
        return True
    import secretstorage

    with contextlib.closing(secretstorage.dbus_init()) as bus:
        try:
            collection = secretstorage.collection.get_collection_by_alias(bus, "default")
        except secretstorage.exceptions.ItemNotFoundException:
            return False
        if collection.is_locked():
            raise Unavailable(_LOCKED, "Unlock it, then try again.")
        return True


def _read(secret: str | None) -> Login | None:
    """A login from what the keyring holds; None for anything that snapper has not written."""
    try:
        content = json.loads(secret or "null")
        return Login(str(content["user"]), str(content["password"]))
    except (ValueError, TypeError, KeyError):
        return None
