"""The system's keyring. Nothing here writes a file.

A keyring may hang, or wait for a person: every call to one has a thread of its own and three seconds. Nothing
that a keyring says in an exception is passed on.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from snapper.desktop import refusal
from snapper.errors import Unavailable
from snapper.language import _

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

PATIENCE_SECONDS = 3.0  # a route to the desk is looked for meanwhile, and has ten in all

# Keyrings that encrypt, by module and class; others that Python programs may be set to use write plain files.
_SAFE = (
    ("SecretService", "Keyring"),
    ("libsecret", "Keyring"),
    ("kwallet", "DBusKeyring"),
    ("macOS", "Keyring"),
    ("Windows", "WinVaultKeyring"),
)
_NONE = _("This computer has no keyring that snapper can use.")
_SILENT = _("This computer's keyring does not answer.")
_REFUSED = _("This computer's keyring did not take it.")
_LOCKED = _("This computer's keyring is locked.")

log = logging.getLogger(__name__)

_lock = threading.Lock()
_stuck: list[threading.Thread] = []  # a call that outlived its three seconds, until it ends


class NoKeyring(Unavailable):
    """There is none that snapper uses."""


def read(service: str, name: str) -> str | None:
    """A secret, None where there is none. Raises Unavailable.

    Never has the system ask the person to unlock the keyring: that question would take the keyboard from the
    trading program.
    """

    def stored() -> str | None:
        keyring = _keyring()
        return keyring.get_password(service, name) if _readable(keyring) else None

    return _within(stored)


def write(service: str, name: str, secret: str) -> None:
    """Keep a secret; the system may ask the person to unlock the keyring. Raises Unavailable."""
    _within(lambda: _keyring().set_password(service, name, secret))


def remove(service: str, name: str) -> bool:
    """Remove a secret; whether there was one. Raises Unavailable."""

    def delete() -> bool:
        keyring = _keyring()
        if not _readable(keyring) or keyring.get_password(service, name) is None:
            return False
        keyring.delete_password(service, name)
        return True

    return _within(delete)


def problem() -> str:
    """Why nothing can be kept in a keyring here, in a sentence; “” where it can."""
    try:
        _within(_keyring)
    except Unavailable as error:
        return error.sentence
    return ""


def choice() -> tuple[str, tuple[str, ...]]:
    """The keyring that is used, "" where none can be, and why each one tried before it is not
    (`SecretService: because …`). Raises Unavailable where one does not answer."""
    refused: list[str] = []
    try:
        used = _within(lambda: type(_keyring(refused)).__module__.rpartition(".")[2])
    except NoKeyring:
        used = ""
    return used, tuple(refused)


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


def _keyring(refused: list[str] | None = None) -> KeyringBackend:
    """A keyring that works here; `refused` gets why others do not. Raises Unavailable."""
    for module, name in _SAFE:
        try:  # each looks for libraries, some ask the message bus: not before a secret is wanted
            kind = getattr(importlib.import_module(f"keyring.backends.{module}"), name)
            if kind.viable:
                keyring: KeyringBackend = kind()
                return keyring
        except Exception as error:  # noqa: BLE001 - a broken backend may raise anything, and is one that does not work
            log.debug("keyring %s: %s", module, type(error).__name__)
        if refused is not None:
            refused.append(refusal(module, _("It is not there, or does not answer.")))
    raise NoKeyring(_NONE)


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
            raise Unavailable(_LOCKED, _("Unlock it, then try again."))
        return True
