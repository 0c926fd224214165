"""The desktop's portal over the session's D-Bus: one connection, requests with a limit, signals.

A request is answered twice: at once with a handle, and with a signal from that handle once the person or the
desktop has decided (org.freedesktop.portal.Request). Every answer is read as something anybody may have
written. What is asked for is none of this module's business; see capture/ and hotkey/.
"""

from __future__ import annotations

import contextlib
import secrets
import select
import time
from collections import deque
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from snapper.errors import Unavailable
from snapper.language import Sentence, _

APP_ID = "desk.snapper.Snapper"  # what the desktop's settings keep permissions and keys under
NAME = "org.freedesktop.portal.Desktop"
OBJECT = "/org/freedesktop/portal/desktop"

_REGISTRY = "org.freedesktop.host.portal.Registry"
_REQUEST = "org.freedesktop.portal.Request"
_BUS_SECONDS = 2.0
_CALL_SECONDS = 8.0  # the first question starts the portal, which looks for its own parts first
_SUCCESS, _CANCELLED = 0, 1


class Trouble(StrEnum):
    """Why the portal is of no help."""

    NO_BUS = "no bus"
    NO_PORTAL = "no portal"
    NOT_OFFERED = "not offered"
    SILENT = "silent"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    NONSENSE = "nonsense"
    GONE = "gone"


_INSTALL = _(
    "Ask whoever looks after this computer to install xdg-desktop-portal, xdg-desktop-portal-gtk and the one "
    "for this desktop (xdg-desktop-portal-gnome, -kde, -wlr or -hyprland); then sign in again."
)
_AGAIN = _("Sign out and in again; if it stays so, tell whoever looks after this computer.")

# The reason, which stands after what cannot be done (“it”), and the remedy.
_WORDS: Mapping[Trouble, tuple[Sentence, Sentence]] = {
    Trouble.NO_BUS: (
        _("The desktop cannot be asked from here."),
        _("Start snapper on the desktop itself, as the person who is signed in there."),
    ),
    Trouble.NO_PORTAL: (
        _("The desktop's portal, which would have to allow it, is not installed."),
        _INSTALL,
    ),
    Trouble.NOT_OFFERED: (_("The desktop's portal does not offer it."), _INSTALL),
    Trouble.SILENT: (_("The desktop did not answer in time."), _AGAIN),
    Trouble.CANCELLED: (
        _("The desktop's question was answered with no."),
        _("Try again, and allow it."),
    ),
    Trouble.REFUSED: (
        _("The desktop does not allow it."),
        _(
            "Allow it for snapper in the desktop's settings, under applications or privacy; if snapper is "
            "not named there, start it from the menu of applications and allow it when asked."
        ),
    ),
    Trouble.NONSENSE: (_("The desktop gave an answer that makes no sense."), _AGAIN),
    Trouble.GONE: (_("The desktop's portal has ended."), _AGAIN),
}
_TWO_SENTENCES = Sentence("{what} {reason}", "{what} {reason}")


class PortalFailed(Exception):
    """The portal did not do what it was asked. For callers, who say it in words."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble

    def unavailable(self, what: str) -> Unavailable:
        """The failure for people; `what` is the sentence that says what cannot be done."""
        reason, remedy = _WORDS[self.trouble]
        return Unavailable(_TWO_SENTENCES.format(what=what, reason=reason), remedy)


class Signal(NamedTuple):
    """One signal from the portal, or from the bus about it."""

    path: str
    interface: str
    member: str
    body: tuple[Any, ...]


_ERRORS = {
    "org.freedesktop.DBus.Error.ServiceUnknown": Trouble.NO_PORTAL,
    "org.freedesktop.DBus.Error.NameHasNoOwner": Trouble.NO_PORTAL,
    "org.freedesktop.DBus.Error.UnknownInterface": Trouble.NOT_OFFERED,
    "org.freedesktop.DBus.Error.UnknownMethod": Trouble.NOT_OFFERED,
    "org.freedesktop.DBus.Error.UnknownObject": Trouble.NOT_OFFERED,
    "org.freedesktop.DBus.Error.InvalidArgs": Trouble.NOT_OFFERED,  # GLib: no such interface
    "org.freedesktop.DBus.Error.NoReply": Trouble.GONE,  # it ended while it was asked
    "org.freedesktop.DBus.Error.TimedOut": Trouble.SILENT,
    "org.freedesktop.DBus.Error.Timeout": Trouble.SILENT,
    "org.freedesktop.portal.Error.Cancelled": Trouble.CANCELLED,
}
_SPAWN = "org.freedesktop.DBus.Error.Spawn"


class Portal:
    """A connection to the portal, in the name of snapper where it takes names. For one thread at a time.

    Raises PortalFailed when there is no bus. Whether a portal is there shows with `version`.
    """

    def __init__(self, environ: Mapping[str, str], register: bool = True) -> None:
        self._environ = environ
        self._heard: deque[Any] = deque()
        self._owner = ""
        self._bus = _connected(environ)
        try:
            self.app_id = APP_ID if register and self._registered() else ""
            self._listen(path_namespace=OBJECT, sender=NAME)
            self._listen(path="/org/freedesktop/DBus", sender="org.freedesktop.DBus", about=NAME)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection, and with it every session and question. May be called again."""
        with contextlib.suppress(OSError):
            self._bus.close()

    def __enter__(self) -> Portal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- asking -------------------------------------------------------------------------------------------

    def version(self, interface: str) -> int:
        """The version of a part of the portal. Raises PortalFailed when it is not there."""
        body = self._call("org.freedesktop.DBus.Properties", "Get", "ss", (interface, "version"))
        value = body[0] if body else None
        if not (isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], int)):
            raise PortalFailed(Trouble.NONSENSE)
        return value[1]

    def begin(
        self,
        interface: str,
        member: str,
        signature: str,
        body: tuple[Any, ...],
        options: Mapping[str, tuple[str, Any]],
    ) -> str:
        """Start a request, whose last argument is its options; returns its handle. Raises PortalFailed."""
        token = f"snapper_{secrets.token_hex(8)}"
        every = {**options, "handle_token": ("s", token)}
        answer = self._call(interface, member, f"{signature}a{{sv}}", (*body, every))
        if not answer or not isinstance(answer[0], str):
            raise PortalFailed(Trouble.NONSENSE)
        return answer[0]

    def wait(self, handle: str, seconds: float) -> Mapping[str, Any]:
        """The results of a request. Raises PortalFailed; a question still open after `seconds` is closed."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            signal = self.next_signal(seconds=left)
            if signal and self.ended(signal):
                raise PortalFailed(Trouble.GONE)
            if signal and signal.path == handle and signal.interface == _REQUEST:
                return results(signal)
        self.abandon(handle)
        raise PortalFailed(Trouble.SILENT)

    def abandon(self, handle: str) -> None:
        """Take a question back: its dialog goes."""
        with contextlib.suppress(PortalFailed):
            self._call(_REQUEST, "Close", "", (), path=handle, seconds=1)

    # --- listening ----------------------------------------------------------------------------------------

    def next_signal(self, wake: int | None = None, seconds: float | None = None) -> Signal | None:
        """The next signal; None when there is something to read from `wake`, or after `seconds`.

        Raises PortalFailed when the bus has gone.
        """
        while True:
            if self._heard:
                message = self._heard.popleft()
                if signal := self._signal(message):
                    return signal
                continue
            with _at_the_edge():
                try:
                    self._bus.recv_messages(timeout=0)
                    continue
                except TimeoutError:
                    sources = [self._bus.sock] if wake is None else [self._bus.sock, wake]
                    ready = select.select(sources, [], [], seconds)[0]
            if not ready or wake in ready:
                return None

    def ended(self, signal: Signal) -> bool:
        """Whether this tells that the portal which was asked has ended, or another has taken its place."""
        return signal.member == "NameOwnerChanged" and signal.body[:2] == (NAME, self._owner)

    def _signal(self, message: Any) -> Signal | None:
        """What a message says; None where it is from neither the portal nor the bus."""
        from jeepney import HeaderFields

        fields = message.header.fields
        if fields.get(HeaderFields.sender) not in (self._owner, "org.freedesktop.DBus"):
            return None
        names = (HeaderFields.path, HeaderFields.interface, HeaderFields.member)
        path, interface, member = (str(fields.get(name, "")) for name in names)
        return Signal(path, interface, member, tuple(message.body))

    def _listen(self, sender: str, about: str = "", **where: str) -> None:
        """Have the bus pass signals on; `about` is what they name first."""
        from jeepney import MatchRule
        from jeepney.bus_messages import message_bus

        asked, kept = MatchRule(type="signal", sender=sender, **where), MatchRule(type="signal", **where)
        if about:
            asked.add_arg_condition(0, about)
        with _at_the_edge():
            # Signals come from the unique name of their sender: see _signal.
            self._bus.filter(kept, queue=self._heard)
            self._bus.send_and_get_reply(message_bus.AddMatch(asked), timeout=_BUS_SECONDS)

    # --- calls --------------------------------------------------------------------------------------------

    def call(
        self, name: str, path: str, interface: str, member: str, signature: str, body: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """What another service of the session answers. Raises PortalFailed."""
        return self._ask(name, path, interface, member, signature, body, _CALL_SECONDS)[0]

    def _call(
        self,
        interface: str,
        member: str,
        signature: str,
        body: tuple[Any, ...],
        path: str = OBJECT,
        seconds: float = _CALL_SECONDS,
    ) -> tuple[Any, ...]:
        answer, self._owner = self._ask(NAME, path, interface, member, signature, body, seconds)
        return answer

    def _ask(
        self,
        name: str,
        path: str,
        interface: str,
        member: str,
        signature: str,
        body: tuple[Any, ...],
        seconds: float,
    ) -> tuple[tuple[Any, ...], str]:
        """The answer, and who gave it."""
        from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call

        question = new_method_call(DBusAddress(path, name, interface), member, signature or None, body)
        with _at_the_edge():
            reply = self._bus.send_and_get_reply(question, timeout=seconds)
            kind, fields = reply.header.message_type, reply.header.fields
        if kind is MessageType.error:
            raise PortalFailed(_trouble(str(fields.get(HeaderFields.error_name, ""))))
        return tuple(reply.body), str(fields.get(HeaderFields.sender, ""))

    def _registered(self) -> bool:
        """Whether the portal now knows this connection by the name of snapper.

        It takes a name only before any other question, and spoils the connection where it does not take it;
        portals before 1.21 know no names and need none.
        """
        try:
            self._call(_REGISTRY, "Register", "sa{sv}", (APP_ID, {}))
        except PortalFailed as error:
            if error.trouble in (Trouble.SILENT, Trouble.GONE):
                raise
            if error.trouble is Trouble.REFUSED:
                self.close()
                self._bus = _connected(self._environ)
            return False
        return True


def results(signal: Signal) -> Mapping[str, Any]:
    """What a request came to, by name and without the types that D-Bus adds. Raises PortalFailed."""
    match signal.body:
        case (int(code), dict(found)) if all(_is_variant(value) for value in found.values()):
            if code == _SUCCESS:
                return {name: value[1] for name, value in found.items()}
            raise PortalFailed(Trouble.CANCELLED if code == _CANCELLED else Trouble.REFUSED)
    raise PortalFailed(Trouble.NONSENSE)


def _is_variant(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2


def _trouble(error: str) -> Trouble:
    return _ERRORS.get(error, Trouble.NO_PORTAL if error.startswith(_SPAWN) else Trouble.REFUSED)


def bus_address(environ: Mapping[str, str]) -> str:
    """Where the session's bus is; "" where none is told of and none is in its usual place."""
    usual = Path(environ.get("XDG_RUNTIME_DIR") or "/nonexistent") / "bus"
    return environ.get("DBUS_SESSION_BUS_ADDRESS") or (f"unix:path={usual}" if usual.exists() else "")


def _connected(environ: Mapping[str, str]) -> Any:
    from jeepney.io.blocking import open_dbus_connection

    address = bus_address(environ)
    if not address:
        raise PortalFailed(Trouble.NO_BUS)
    try:
        return open_dbus_connection(address, auth_timeout=_BUS_SECONDS)
    except Exception as error:  # what a broken bus makes of it, jeepney's own errors among it
        raise PortalFailed(Trouble.NO_BUS) from error


@contextlib.contextmanager
def _at_the_edge() -> Any:
    """What the bus and jeepney raise, as PortalFailed."""
    try:
        yield
    except PortalFailed:
        raise
    except TimeoutError as error:
        raise PortalFailed(Trouble.SILENT) from error
    except OSError as error:
        raise PortalFailed(Trouble.GONE) from error
    except Exception as error:  # a message that jeepney cannot read
        raise PortalFailed(Trouble.NONSENSE) from error
