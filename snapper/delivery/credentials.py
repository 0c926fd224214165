"""Logins for proxies: in the system's keyring, or only in this process's memory; never in a file."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass
from enum import StrEnum

from snapper.delivery import vault
from snapper.delivery.causes import Cause
from snapper.delivery.route import Login
from snapper.errors import Obstacle, Unavailable

SERVICE = "snapper proxy"


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

    Waits at most three seconds. Never has the system ask the person to unlock the keyring: that question
    would take the keyboard from the trading program.
    """
    key = _key(address)
    with _lock:
        if login := _memory.get(key):
            return login
    try:
        login = _read(vault.read(SERVICE, key))
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

    Waits at most three seconds; the system may ask the person to unlock the keyring.
    """
    key = _key(address)
    with _lock:
        _memory[key], _users[key] = login, login.user
    try:
        if remember:
            secret = json.dumps({"user": login.user, "password": login.password})
            vault.write(SERVICE, key, secret)
            with _lock:
                _seen[key] = _memory.pop(key, login)
            return Kept(Place.KEYRING)
        vault.remove(SERVICE, key)  # an older login must not come back at the next start
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
        return vault.remove(SERVICE, _key(address)) or known
    except vault.NoKeyring:
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


# --- in this process ---------------------------------------------------------------------------------------

_lock = threading.Lock()
_memory: dict[str, Login] = {}  # not in the keyring
_seen: dict[str, Login] = {}  # last read from it: for when it is locked
_users: dict[str, str] = {}


def _key(address: str) -> str:
    return address.strip().casefold()


def _read(secret: str | None) -> Login | None:
    """A login from what the keyring holds; None for anything that snapper has not written."""
    try:
        content = json.loads(secret or "null")
        return Login(str(content["user"]), str(content["password"]))
    except (ValueError, TypeError, KeyError):
        return None
