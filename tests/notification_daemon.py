"""A notification service that keeps to the Desktop Notifications Specification 1.2, and has others do so.

Run as `python -m tests.notification_daemon CAPABILITIES`, in JSON. What breaks the specification is refused
and said as `wrong`. On stdin: `click ID`, `dismiss ID`, `expire ID`, `hang`, `end`; `spoof ID` has another
program claim a click. Reasons of closing: 1 run out, 2 by the person, 3 by the program.
"""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from typing import Any

from jeepney import DBusAddress, HeaderFields, new_signal
from jeepney.io.blocking import open_dbus_connection

from tests.wayland.service import Refusal, Service

_NAME = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_SIGNATURES = {"Notify": "susssasa{sv}i", "CloseNotification": "u"}
_HINTS = {"urgency": "y", "category": "s", "desktop-entry": "s", "transient": "b", "resident": "b"}
_TAGS = {"text", "b", "i", "u", "a", "img"}


class NotificationDaemon(Service):
    """The service as programs see it."""

    def __init__(self, able: list[str]) -> None:
        super().__init__(_NAME)
        self._able = able
        self._open: dict[int, list[str]] = {}  # the actions of each notification on the screen
        self._last = 0
        self._hangs = False

    def _handle(self, message: Any) -> None:
        fields = message.header.fields
        wanted = _SIGNATURES.get(fields.get(HeaderFields.member, ""))
        if wanted and fields.get(HeaderFields.signature) != wanted:
            self.say("wrong", what=f"signature {fields.get(HeaderFields.signature)}")
        if fields.get(HeaderFields.path) not in (_PATH, "/org/freedesktop/DBus"):
            self.say("wrong", what="path")
        super()._handle(message)

    def Notifications_GetCapabilities(self, sender: str) -> Any:
        """What it can do."""
        return None if self._hangs else ("as", (self._able,))

    def Notifications_Notify(
        self, sender: str, app: str, replaces: int, icon: str, title: str, body: str,
        actions: list[str], hints: dict[str, tuple[str, Any]], expires: int,
    ) -> Any:  # fmt: skip
        """Show something, in the place of what it replaces if that is still there."""
        if self._hangs:
            return None
        self._check(title, body, actions, hints, expires)
        number = replaces if replaces in self._open else self._last + 1
        self._last = max(self._last, number)
        self._open[number] = actions
        self.say("shown", id=number, replaces=replaces, title=title, body=body, actions=actions,
                 hints={name: value for name, (_kind, value) in hints.items()}, expires=expires)  # fmt: skip
        return "u", (number,)

    def _check(
        self, title: str, body: str, actions: list[str], hints: dict[str, tuple[str, Any]], expires: int
    ) -> None:
        wrong = [f"hint {name}" for name, (kind, _value) in hints.items() if _HINTS.get(name) != kind]
        wrong += ["no title"] if not title or "\n" in title else []
        wrong += ["half an action"] if len(actions) % 2 else []
        wrong += ["actions"] if actions and "actions" not in self._able else []
        wrong += ["body"] if body and "body" not in self._able else []
        wrong += ["time"] if expires < -1 else []
        if "body-markup" in self._able:
            try:
                tags = {each.tag for each in ET.fromstring(f"<text>{body}</text>").iter()}
                wrong += [f"tags {tags - _TAGS}"] if tags - _TAGS else []
            except ET.ParseError:
                wrong.append("markup")
        if wrong:
            self.say("wrong", what=", ".join(wrong))
            raise Refusal("org.freedesktop.DBus.Error.InvalidArgs")

    def Notifications_CloseNotification(self, sender: str, number: int) -> Any:
        """Take one off the screen; it is an error if it is not there."""
        if number not in self._open:
            self.say("wrong", what="close")
            raise Refusal("org.freedesktop.Notifications.Error")
        self.after.append(lambda: self._close(number, 3))
        return "", ()

    def _close(self, number: int, reason: int) -> None:
        if self._open.pop(number, None) is not None:
            self.signal(_PATH, _NAME, "NotificationClosed", "uu", (number, reason))
            self.say("closed", id=number, reason=reason)

    def do_click(self, number: str) -> None:
        """The person clicks on it."""
        if "default" in self._open.get(int(number), [])[::2]:
            self.signal(_PATH, _NAME, "ActionInvoked", "us", (int(number), "default"))
        self._close(int(number), 2)

    def do_dismiss(self, number: str) -> None:
        """The person sends it away."""
        self._close(int(number), 2)

    def do_expire(self, number: str) -> None:
        """Its time is over."""
        self._close(int(number), 1)

    def do_spoof(self, number: str) -> None:
        """Another program says that it was clicked."""
        with open_dbus_connection("SESSION") as other:
            address = DBusAddress(_PATH, interface=_NAME)
            other.send(new_signal(address, "ActionInvoked", "us", (int(number), "default")))
        self.say("spoofed")

    def do_hang(self) -> None:
        """Answer nothing more."""
        self._hangs = True
        self.say("hangs")

    def do_end(self) -> None:
        """Crash."""
        sys.exit(0)


if __name__ == "__main__":
    NotificationDaemon(json.loads(sys.argv[1])).serve()
