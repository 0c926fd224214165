"""Notifications of a Linux desktop: org.freedesktop.Notifications on the session's bus.

A thread of its own asks and listens; it starts with the first notification, and a service that hangs delays
nobody else. What is said, and what a click opens, is decided elsewhere.
(specifications.freedesktop.org/notification-spec)
"""

from __future__ import annotations

import contextlib
import html
import os
import select
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from snapper.language import _
from snapper.portal import APP_ID, bus_address

NAME = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_BUS = "org.freedesktop.DBus"
_OPEN = "default"  # the action of a click on the notification itself
_BUS_SECONDS = 2.0
_CALL_SECONDS = 5.0  # the first call may have to start the service
_STAYS = 0  # milliseconds: until the person has seen it
_REMEMBERED = 200  # notifications whose click still opens something
_MOST_CHARS = 2000  # a ticket system's words may be endless

Refused = Callable[[], None]


@dataclass(frozen=True)
class Notice:
    """Something to tell; `key` is what it is about: a later notice about the same takes its place."""

    key: str
    title: str
    text: str


def are_shown(environ: Mapping[str, str]) -> bool:
    """Whether something on this desktop shows notifications; asked now, which may start it."""
    try:
        with contextlib.closing(_Service(environ)) as service:
            return service.is_there()
    except _Gone:
        return False


class DesktopNotices:
    """The notifications of this session; `chosen` is called with the key of one that was clicked.

    `chosen` and what is given to `show` run in the thread of the notifications, and must not raise.
    """

    def __init__(self, environ: Mapping[str, str], chosen: Callable[[str], None]) -> None:
        self._environ = environ
        self._chosen = chosen
        self._lock = threading.Lock()
        self._orders: deque[tuple[Notice | str, Refused | None]] = deque()  # show one, or withdraw one by key
        self._thread: threading.Thread | None = None
        self._reader = self._writer = -1
        self._closing = False

    def show(self, notice: Notice, refused: Refused) -> None:
        """Show a notification soon; `refused` is called when nothing here shows any. From any thread."""
        self._order(notice, refused)

    def withdraw(self, key: str) -> None:
        """Take back what is still shown about this. From any thread."""
        if self._thread:
            self._order(key, None)

    def close(self) -> None:
        """End the thread; what is shown stays. May be called again."""
        with self._lock:
            self._closing = True
            thread = self._thread
            self._wake()
        if thread:
            thread.join(_CALL_SECONDS)

    def _order(self, order: Notice | str, refused: Refused | None) -> None:
        with self._lock:
            self._orders.append((order, refused))
            if self._thread is None:
                self._reader, self._writer = os.pipe()
                self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
                self._thread.start()
            else:
                self._wake()

    def _wake(self) -> None:
        if self._writer >= 0:
            os.write(self._writer, b"o")

    # --- the thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            with contextlib.closing(_Service(self._environ)) as service:
                while not self._closing:
                    self._carry_out(service)
                    for key in service.clicks(self._reader):
                        self._chosen(key)
        except _Gone:
            pass  # what was to be shown is refused below; the next notification tries anew
        finally:
            self._end()

    def _carry_out(self, service: _Service) -> None:
        while True:
            with self._lock:
                if not self._orders:
                    return
                order, refused = self._orders[0]
            if isinstance(order, str):
                service.withdraw(order)
            elif not service.show(order) and refused:
                refused()
            with self._lock:
                self._orders.popleft()

    def _end(self) -> None:
        with self._lock:
            left, self._orders, self._thread = self._orders, deque(), None
            for end in (self._reader, self._writer):
                os.close(end)
            self._reader = self._writer = -1
        for _order, refused in left:
            if refused:
                refused()


class _Gone(Exception):
    """There is no bus, or not any more."""


class _Service:
    """A connection to the bus and what the service on it has shown for us. For one thread."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._signals: deque[Any] = deque()
        self._owner = ""  # who shows them: signals of others are not believed
        self._able: frozenset[str] | None = None
        self._keys: OrderedDict[int, str] = OrderedDict()  # by the service's number
        self._shown: dict[str, int] = {}  # what is on the screen, as far as we were told
        self._bus = _connected(environ)
        try:
            with self._at_the_edge():
                self._listen("", NAME, path=_PATH, interface=NAME)
                self._listen(NAME, _BUS, path="/org/freedesktop/DBus", member="NameOwnerChanged")
        except _Gone:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            self._bus.close()

    def is_there(self) -> bool:
        """Whether it answers as such a service does. Raises _Gone."""
        return self._capabilities() is not None

    def show(self, notice: Notice) -> bool:
        """Whether the service took it. Raises _Gone."""
        able = self._capabilities()
        if able is None:
            return False
        hints = {"desktop-entry": ("s", APP_ID), "category": ("s", "transfer"), "urgency": ("y", 1)}
        actions = [_OPEN, str(_("Open"))] if "actions" in able else []
        title, text = _worded(notice, able)
        body = ("snapper", self._shown.get(notice.key, 0), "", title, text, actions, hints, _STAYS)
        match self._call("Notify", "susssasa{sv}i", body):
            case (int(number),) if number > 0:
                self._remember(number, notice.key)
                return True
        return False

    def withdraw(self, key: str) -> None:
        """Close what is shown about this, if anything is. Raises _Gone."""
        if number := self._shown.pop(key, 0):
            self._call("CloseNotification", "u", (number,))

    def clicks(self, wake: int) -> list[str]:
        """Wait for a signal, or for something to read from `wake`; what was clicked, by key. Raises _Gone."""
        if not self._signals:
            with self._at_the_edge():
                # What came along with an answer is in the queue, or in the buffer that this reads first.
                with contextlib.suppress(TimeoutError):
                    self._bus.recv_messages(timeout=0)
                    return self._heard()
                ready, _writers, _others = select.select([self._bus.sock, wake], [], [])
            if wake in ready:
                os.read(wake, 4096)
                return []
        return self._heard()

    # --- what the service says ----------------------------------------------------------------------------

    def _heard(self) -> list[str]:
        found = []
        while self._signals:
            message = self._signals.popleft()
            sender, member = _header(message, "sender"), _header(message, "member")
            if sender == _BUS:
                if message.body[1:2] == (self._owner,):
                    self._forget()  # whoever comes next knows nothing of what this one showed
            elif sender == self._owner:
                found += self._said(member, message.body)
        return found

    def _said(self, member: str, body: tuple[Any, ...]) -> list[str]:
        match member, body:
            case "NotificationClosed", (int(number), *_reason):
                self._gone(number)
            case "ActionInvoked", (int(number), str(action)) if action == _OPEN and number in self._keys:
                self._gone(number)  # a click closes it
                return [self._keys[number]]
        return []

    def _gone(self, number: int) -> None:
        key = self._keys.get(number, "")
        if self._shown.get(key) == number:
            del self._shown[key]

    def _remember(self, number: int, key: str) -> None:
        self._shown[key] = number
        self._keys[number] = key
        self._keys.move_to_end(number)
        while len(self._keys) > _REMEMBERED:
            old, about = self._keys.popitem(last=False)
            if self._shown.get(about) == old:
                del self._shown[about]

    def _forget(self) -> None:
        self._owner, self._able = "", None
        self._keys.clear()
        self._shown.clear()

    def _capabilities(self) -> frozenset[str] | None:
        """What the service can do; None where there is none, or it is no such service."""
        if self._able is None:
            match self._call("GetCapabilities", "", ()):
                case (list(able),):
                    self._able = frozenset(filter(lambda each: isinstance(each, str), able))
        return self._able

    # --- the bus ------------------------------------------------------------------------------------------

    def _listen(self, about: str, sender: str, **where: str) -> None:
        from jeepney import MatchRule
        from jeepney.bus_messages import message_bus

        asked, kept = MatchRule(type="signal", sender=sender, **where), MatchRule(type="signal", **where)
        if about:
            asked.add_arg_condition(0, about)
            kept.add_arg_condition(0, about)
        self._bus.filter(kept, queue=self._signals)
        self._bus.send_and_get_reply(message_bus.AddMatch(asked), timeout=_BUS_SECONDS)

    def _call(self, member: str, signature: str, body: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """What the service answers; None where it refuses, hangs or is not there. Raises _Gone."""
        from jeepney import DBusAddress, MessageType, new_method_call

        call = new_method_call(DBusAddress(_PATH, NAME, NAME), member, signature or None, body)
        with self._at_the_edge():
            try:
                reply = self._bus.send_and_get_reply(call, timeout=_CALL_SECONDS)
            except TimeoutError:
                return None
        if reply.header.message_type is MessageType.error:
            return None
        if (sender := _header(reply, "sender")) != self._owner:
            self._forget()
            self._owner = sender
        return tuple(reply.body)

    @contextlib.contextmanager
    def _at_the_edge(self) -> Any:
        try:
            yield
        except Exception as error:  # a bus that ends, and what jeepney makes of a broken one
            raise _Gone from error


def _connected(environ: Mapping[str, str]) -> Any:
    from jeepney.io.blocking import open_dbus_connection

    address = bus_address(environ)
    if not address:
        raise _Gone
    try:
        return open_dbus_connection(address, auth_timeout=_BUS_SECONDS)
    except Exception as error:  # no bus there, or a broken one
        raise _Gone from error


def _header(message: Any, name: str) -> str:
    from jeepney import HeaderFields

    return str(message.header.fields.get(HeaderFields[name], ""))


def _worded(notice: Notice, able: frozenset[str]) -> tuple[str, str]:
    """Title and text as a service takes them that is able to do this."""
    title, text = " ".join(_clean(notice.title).split()), _clean(notice.text)
    if "actions" not in able:
        text += "\n" + _("“snapper outbox” tells more.")
    if "body" not in able:
        return " ".join(f"{title}: {text}".split()), ""
    return title, html.escape(text, quote=False) if "body-markup" in able else text


def _clean(text: str) -> str:
    """A text that D-Bus carries: no half characters, no NUL."""
    return text[:_MOST_CHARS].replace("\0", "").encode("utf-8", "replace").decode()
