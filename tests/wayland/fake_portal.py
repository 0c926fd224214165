"""A portal that keeps to the documented contract, and breaks it where it is told to.

Contract: org.freedesktop.portal.Request, .Session, .GlobalShortcuts (version 2), .Screenshot (version 3) and
org.freedesktop.host.portal.Registry (version 1) of xdg-desktop-portal. Run with OPTIONS in JSON:

    registry     false: an old portal that takes no names
    parts        the interfaces there are (`["Screenshot"]`)
    keys         yes, no, later, empty, nonsense: how the person answers when keys are wanted; default yes
    remembered   true: the keys were given another time
    picture      the file to hand over; null: silence
    code         the response code of a picture
    results      handed over in the place of a picture's own results

On stdin: `press [ID]`, `answer CODE`, `change TEXT`, `close`, `spoof ID`, `end`.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from jeepney.io.blocking import open_dbus_connection

from tests.wayland.service import Refusal, Service

_NAME = "org.freedesktop.portal.Desktop"
_OBJECT = "/org/freedesktop/portal/desktop"
_KEYS = "org.freedesktop.portal.GlobalShortcuts"
_VERSIONS = {"GlobalShortcuts": 2, "Screenshot": 3}
_TOKEN = re.compile(r"[A-Za-z0-9_]+")
_TRIGGER = re.compile(r"((CTRL|ALT|SHIFT|LOGO|NUM)\+)*[A-Za-z0-9_]+")

Options = dict[str, tuple[str, Any]]


class FakePortal(Service):
    """The portal as programs see it."""

    def __init__(self, how: dict[str, Any]) -> None:
        super().__init__(_NAME)
        self._how = how
        self._names: dict[str, str] = {}  # of programs, by connection
        self._known: set[str] = set()  # connections that have called something
        self._spoilt: set[str] = (
            set()
        )  # connections whose name was not taken: the real one answers them no more
        self._session = self._owner = self._open_request = ""
        self._bound = False
        for part in how.get("parts", _VERSIONS):
            self.properties[f"org.freedesktop.portal.{part}"] = _VERSIONS[part]

    # --- names --------------------------------------------------------------------------------------------

    def Registry_Register(self, sender: str, app_id: str, options: Options) -> Any:
        """Once, before anything else, and only for programs that are installed."""
        if not self._how.get("registry", True):
            raise Refusal("org.freedesktop.DBus.Error.UnknownMethod")
        entry = Path(os.environ["XDG_DATA_HOME"], "applications", f"{app_id}.desktop")
        if sender in self._known or not entry.exists():
            self._spoilt.add(sender)
            raise Refusal("org.freedesktop.portal.Error.Failed")
        self._known.add(sender)
        self._names[sender] = app_id
        return "", ()

    def Properties_Get(self, sender: str, interface: str, name: str) -> Any:
        """Counts as a call."""
        self._known.add(sender)
        if sender in self._spoilt:
            raise Refusal("org.freedesktop.portal.Error.NotAllowed")
        return super().Properties_Get(sender, interface, name)

    def left(self, body: tuple[str, str, str]) -> None:
        """Sessions end with their connection."""
        if body[0] == self._owner and not body[2]:
            self.say("session ended")

    # --- requests -----------------------------------------------------------------------------------------

    def _request(self, sender: str, options: Options) -> str:
        self._known.add(sender)
        if sender in self._spoilt:
            raise Refusal("org.freedesktop.portal.Error.NotAllowed")
        token = options.get("handle_token", ("s", "t0"))
        if token[0] != "s" or not _TOKEN.fullmatch(token[1]):
            raise Refusal("org.freedesktop.portal.Error.InvalidArgument")
        return f"{_OBJECT}/request/{sender[1:].replace('.', '_')}/{token[1]}"

    def _respond(self, handle: str, code: int, found: Options) -> None:
        body = (code, found)
        self.after.append(
            lambda: self.signal(handle, "org.freedesktop.portal.Request", "Response", "ua{sv}", body)
        )

    def Request_Close(self, sender: str) -> Any:
        """The program takes its question back."""
        self.say("taken back")
        return "", ()

    # --- keys ---------------------------------------------------------------------------------------------

    def GlobalShortcuts_CreateSession(self, sender: str, options: Options) -> Any:
        """Only for programs that have a name."""
        handle = self._request(sender, options)
        if not self._names.get(sender) and self._how.get("registry", True):
            raise Refusal("org.freedesktop.portal.Error.NotAllowed")
        token = options["session_handle_token"]
        assert token[0] == "s" and _TOKEN.fullmatch(token[1])
        self._owner, self._bound = sender, False
        self._session = f"{_OBJECT}/session/{sender[1:].replace('.', '_')}/{token[1]}"
        self._respond(handle, 0, {"session_handle": ("s", self._session)})
        self.say("session", app=self._names.get(sender, ""))
        return "o", (handle,)

    def GlobalShortcuts_ListShortcuts(self, sender: str, session: str, options: Options) -> Any:
        """What the person gave another time."""
        handle = self._own(sender, session, options)
        kept = [self._given("report", "kept keys")] if self._how.get("remembered") else []
        self._respond(handle, 0, {"shortcuts": ("a(sa{sv})", kept)})
        return "o", (handle,)

    def GlobalShortcuts_BindShortcuts(
        self, sender: str, session: str, shortcuts: list[Any], parent: str, options: Options
    ) -> Any:
        """Once for each session."""
        handle = self._own(sender, session, options)
        if self._bound:
            raise Refusal("org.freedesktop.portal.Error.Failed")
        self._bound = True
        for name, wanted in shortcuts:
            assert name and set(wanted) <= {"description", "preferred_trigger"}
            assert _TRIGGER.fullmatch(wanted["preferred_trigger"][1])
            self.say("bind", id=name, trigger=wanted["preferred_trigger"][1])
        self._open_request = handle
        answer = self._how.get("keys", "yes")
        if answer == "nonsense":
            self.after.append(
                lambda: self.signal(handle, "org.freedesktop.portal.Request", "Response", "s", ("?",))
            )
        elif answer != "later":
            self._answer({"no": 1}.get(answer, 0), [] if answer == "empty" else ["report"])
        return "o", (handle,)

    def _own(self, sender: str, session: str, options: Options) -> str:
        if session != self._session or sender != self._owner:
            raise Refusal("org.freedesktop.DBus.Error.AccessDenied")
        return self._request(sender, options)

    def _answer(self, code: int, ids: list[str]) -> None:
        given = [self._given(name, "Ctrl+Alt+H") for name in ids] if not code else []
        self._respond(self._open_request, code, {"shortcuts": ("a(sa{sv})", given)})

    def _given(self, name: str, keys: str) -> tuple[str, Options]:
        return name, {"description": ("s", "…"), "trigger_description": ("s", keys)}

    # --- pictures -----------------------------------------------------------------------------------------

    def Screenshot_Screenshot(self, sender: str, parent: str, options: Options) -> Any:
        """Hands a file over."""
        handle = self._request(sender, options)
        self.say("picture wanted", app=self._names.get(sender, ""), interactive=options["interactive"][1])
        picture = self._how.get("picture")
        if "results" in self._how:
            found = {name: tuple(value) for name, value in self._how["results"].items()}
            self._respond(handle, self._how.get("code", 0), found)
        elif picture is not None:
            self._respond(handle, self._how.get("code", 0), {"uri": ("s", picture)})
        return "o", (handle,)

    # --- what happens on the desktop ----------------------------------------------------------------------

    def do_press(self, name: str = "report") -> None:
        """The keys are pressed and let go."""
        for member in ("Activated", "Deactivated"):
            self.signal(_OBJECT, _KEYS, member, "osta{sv}", (self._session, name, 7, {}))

    def do_spoof(self, name: str) -> None:
        """Another program claims that the keys were pressed, straight into the connection."""
        from jeepney import DBusAddress, HeaderFields, new_signal

        body = (self._session, name, 7, {})
        message = new_signal(DBusAddress(_OBJECT, interface=_KEYS), "Activated", "osta{sv}", body)
        message.header.fields[HeaderFields.destination] = self._owner
        with open_dbus_connection("SESSION") as other:
            other.send(message)
        self.say("spoofed")

    def do_answer(self, code: str) -> None:
        """The person answers."""
        self._answer(int(code), ["report"])
        while self.after:
            self.after.pop(0)()

    def do_change(self, keys: str) -> None:
        """The person chooses other keys in the settings."""
        body = (self._session, [self._given("report", keys)])
        self.signal(_OBJECT, _KEYS, "ShortcutsChanged", "oa(sa{sv})", body)

    def do_close(self) -> None:
        """The desktop ends the session."""
        self.signal(self._session, "org.freedesktop.portal.Session", "Closed", "a{sv}", ({},))

    def do_end(self) -> None:
        """The portal crashes."""
        os._exit(1)


if __name__ == "__main__":
    FakePortal(json.loads(sys.argv[1])).serve()
