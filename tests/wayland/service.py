"""A D-Bus service for tests: it answers calls by methods of a class, takes commands on stdin, and tells what
happens on stdout, one JSON line each."""

from __future__ import annotations

import json
import os
import selectors
import sys
from typing import Any

from jeepney import (
    DBusAddress,
    DBusErrorResponse,
    HeaderFields,
    MatchRule,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection


class Refusal(Exception):
    """Answered as an error of this name."""


class Service:
    """A name on the session's bus; `Interface_Member` answers calls, by the last word of the interface."""

    def __init__(self, name: str) -> None:
        self.bus = open_dbus_connection("SESSION")
        self.properties: dict[str, int] = {}
        self.after: list[Any] = []  # sent once the answer is out
        self._name = name
        self._commands = b""

    def say(self, event: str, **facts: object) -> None:
        """Tell the test."""
        print(json.dumps({"event": event, **facts}), flush=True)

    def serve(self) -> None:
        """Answer until stdin ends or the bus does."""
        self.bus.send_and_get_reply(message_bus.AddMatch(MatchRule(type="signal", member="NameOwnerChanged")))
        self.bus.send_and_get_reply(
            new_method_call(
                DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus"),
                "RequestName", "su", (self._name, 0),
            )
        )  # fmt: skip
        self.say("ready")
        selector = selectors.DefaultSelector()
        selector.register(self.bus.sock, selectors.EVENT_READ)
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        while self._drained():
            for key, _ in selector.select():
                if key.fd == sys.stdin.fileno() and not self._commanded():
                    return

    def _drained(self) -> bool:
        while True:
            try:
                self._handle(self.bus.receive(timeout=0))
            except TimeoutError:
                return True
            except (OSError, DBusErrorResponse):
                return False

    def _commanded(self) -> bool:
        data = os.read(sys.stdin.fileno(), 4096)
        *lines, self._commands = (self._commands + data).split(b"\n")
        for line in lines:
            word, *rest = line.decode().split(" ")
            getattr(self, f"do_{word}")(*rest)
        return bool(data)

    def _handle(self, message: Any) -> None:
        fields = message.header.fields
        if message.header.message_type is MessageType.signal:
            if fields.get(HeaderFields.member) == "NameOwnerChanged":
                self.left(message.body)
            return
        if message.header.message_type is not MessageType.method_call:
            return
        interface = fields.get(HeaderFields.interface, "").rpartition(".")[2]
        handler = getattr(self, f"{interface}_{fields[HeaderFields.member]}", None)
        try:
            if handler is None:
                raise Refusal("org.freedesktop.DBus.Error.UnknownMethod")
            answer = handler(fields[HeaderFields.sender], *message.body)
        except Refusal as refusal:
            self.bus.send(new_error(message, str(refusal)))
            return
        if answer is not None:
            self.bus.send(new_method_return(message, *answer))
        while self.after:
            self.after.pop(0)()

    def signal(self, path: str, interface: str, member: str, signature: str, body: tuple[Any, ...]) -> None:
        """Emit a signal."""
        self.bus.send(new_signal(DBusAddress(path, interface=interface), member, signature, body))

    def left(self, body: tuple[str, str, str]) -> None:
        """A name has changed hands."""

    def Properties_Get(self, sender: str, interface: str, name: str) -> Any:
        """The version of what there is."""
        if interface not in self.properties:
            raise Refusal("org.freedesktop.DBus.Error.InvalidArgs")
        return "v", (("u", self.properties[interface]),)

    def Properties_GetAll(self, sender: str, interface: str) -> Any:
        """The same, as GLib asks."""
        version = self.properties.get(interface)
        return "a{sv}", ({"version": ("u", version)} if version else {},)
