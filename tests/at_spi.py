"""What a screen reader is told: a session bus and an accessibility bus of a test's own, and a reader on them.

The reader asks the window's process over D-Bus, as Orca does; it knows nothing of the toolkit.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, MatchRule, Message, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from scripts.screen import wait_until

_LAUNCHERS = ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher")
_REGISTRY, _ROOT = "org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root"
_ACCESSIBLE = "org.a11y.atspi.Accessible"

# atspi-constants.h: the numbers of states and of relations.
_STATES = {
    4: "checked", 7: "editable", 8: "enabled", 11: "focusable", 12: "focused", 16: "modal", 23: "selected",
    24: "sensitive", 25: "showing", 30: "visible", 33: "required", 36: "default", 41: "checkable",
    43: "read-only",
}  # fmt: skip
_RELATIONS = {1: "label for", 2: "labelled by"}


class Gone(Exception):
    """An object that was told of is not there any more."""


@dataclass(frozen=True)
class Heard:
    """One object of the tree, as a screen reader would say it."""

    role: str
    name: str
    description: str
    states: frozenset[str]
    relations: tuple[tuple[str, str], ...]  # how it is related, and the name of the other one
    text: str  # what is written in it, "" where it is no text
    value: float | None  # of a bar or a spin box
    actions: tuple[str, ...]
    place: tuple[int, int, int, int]
    children: tuple[Heard, ...]

    def all(self) -> list[Heard]:
        """This one and everything below it, in the order of the tree."""
        return [self, *(each for child in self.children for each in child.all())]

    def find(self, role: str, name: str) -> Heard:
        """The only one of this role and name."""
        found = [each for each in self.all() if (each.role, each.name) == (role, name)]
        assert len(found) == 1, f"{role} “{name}” × {len(found)}"
        return found[0]


class Reader:
    """A client of the accessibility bus; `environ` is what a program to be read is started with."""

    def __init__(self, bus: DBusConnection, environ: dict[str, str]) -> None:
        self._bus = bus
        self.environ = environ
        # Before any program starts: one that runs already hears of it at some later time.
        self._registry("RegisterEvent", "s", ("object:announcement",))

    def window(self, title: str) -> Heard:
        """The tree of the window of this title, once it is there and shows."""
        return wait_until(lambda: self._read(title), f"a window called “{title}” is told of")

    def titles(self) -> list[str]:
        """What the windows of all programs are called."""
        try:
            return [self._property(*window, "Name") for window in self._windows()]
        except Gone:
            return self.titles()

    def announced(self, act: Callable[[], object], count: int = 1) -> list[tuple[str, int]]:
        """What is announced, and how urgently (1 waits for a pause, 2 interrupts), when something is done."""
        rule = MatchRule(type="signal", interface="org.a11y.atspi.Event.Object", member="Announcement")
        self._bus.send_and_get_reply(message_bus.AddMatch(rule))
        with self._bus.filter(rule, bufsize=100) as heard:
            act()
            signals = [self._bus.recv_until_filtered(heard, timeout=20) for _ in range(count)]
        return [(signal.body[3][1], signal.body[1]) for signal in signals]

    # --- how ----------------------------------------------------------------------------------------------

    def _registry(self, member: str, signature: str, body: tuple[Any, ...]) -> None:
        address = DBusAddress("/org/a11y/atspi/registry", _REGISTRY, _REGISTRY)
        self._bus.send_and_get_reply(new_method_call(address, member, signature, body), timeout=20)

    def _windows(self) -> list[tuple[str, str]]:
        programs = self._children(_REGISTRY, _ROOT)
        return [window for program in programs for window in self._children(*program)]

    def _read(self, title: str) -> Heard | None:
        """The tree; None while it changes under the reader's eyes."""
        try:
            window = self._find(title)
            return self._heard(*window) if window else None
        except Gone:
            return None

    def _find(self, title: str) -> tuple[str, str] | None:
        for window in self._windows():
            if self._property(*window, "Name") == title and "showing" in self._states(*window):
                return window
        return None

    def _call(self, bus: str, path: str, member: str, interface: str = _ACCESSIBLE, *body: Any) -> Any:
        signature = {"GetText": "ii", "GetExtents": "u"}.get(member) if body else None
        message = new_method_call(DBusAddress(path, bus, interface), member, signature, body)
        return _body(self._bus.send_and_get_reply(message, timeout=20))

    def _property(self, bus: str, path: str, name: str, interface: str = _ACCESSIBLE) -> Any:
        address = DBusAddress(path, bus, "org.freedesktop.DBus.Properties")
        message = new_method_call(address, "Get", "ss", (interface, name))
        return _body(self._bus.send_and_get_reply(message, timeout=20))[1]

    def _children(self, bus: str, path: str) -> list[tuple[str, str]]:
        return list(self._call(bus, path, "GetChildren"))

    def _states(self, bus: str, path: str) -> frozenset[str]:
        low, high = self._call(bus, path, "GetState")
        bits = low | high << 32
        return frozenset(name for bit, name in _STATES.items() if bits >> bit & 1)

    def _relations(self, bus: str, path: str) -> tuple[tuple[str, str], ...]:
        return tuple(
            (_RELATIONS.get(kind, str(kind)), self._property(*other, "Name"))
            for kind, others in self._call(bus, path, "GetRelationSet")
            for other in others
        )

    def _heard(self, bus: str, path: str) -> Heard:
        interfaces = {name.rpartition(".")[2] for name in self._call(bus, path, "GetInterfaces")}
        text, value, actions = "", None, ()
        if "Text" in interfaces:
            text = self._call(bus, path, "GetText", "org.a11y.atspi.Text", 0, -1)
        if "Value" in interfaces:
            value = self._property(bus, path, "CurrentValue", "org.a11y.atspi.Value")
        if "Action" in interfaces:
            told = self._call(bus, path, "GetActions", "org.a11y.atspi.Action")
            actions = tuple(name for name, *_ in told)
        return Heard(
            self._call(bus, path, "GetRoleName"),
            self._property(bus, path, "Name"),
            self._property(bus, path, "Description"),
            self._states(bus, path),
            self._relations(bus, path),
            text, value, actions,
            tuple(self._call(bus, path, "GetExtents", "org.a11y.atspi.Component", 0)),
            tuple(self._heard(*child) for child in self._children(bus, path)),
        )  # fmt: skip


def _body(answer: Message) -> Any:
    """The only value of an answer. Raises Gone for a refusal."""
    if answer.header.message_type is not MessageType.method_return:
        raise Gone(answer.body)
    return answer.body[0]


@contextlib.contextmanager
def reader() -> Iterator[Reader]:
    """Both buses for the time of the block, and a reader."""
    launcher = next(filter(os.path.exists, _LAUNCHERS), "")
    if not launcher or not shutil.which("dbus-daemon"):
        pytest.skip("Debian package at-spi2-core or dbus is missing")
    with contextlib.ExitStack() as stack:
        # Not tmp_path: the name of a socket has 107 characters at most.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="at-spi-"))
        config = f"--config-file={Path(__file__).with_name('bus.conf')}"
        session = stack.enter_context(_running("dbus-daemon", config, "--nofork", "--print-address=1"))
        assert session.stdout
        environ = {
            "DBUS_SESSION_BUS_ADDRESS": session.stdout.readline().strip(),
            "XDG_RUNTIME_DIR": folder, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
        }  # fmt: skip
        stack.enter_context(_running(launcher, environ=environ))
        address = _accessibility_bus(environ["DBUS_SESSION_BUS_ADDRESS"])
        yield Reader(stack.enter_context(open_dbus_connection(address)), environ)


def _accessibility_bus(session: str) -> str:
    message = new_method_call(DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus"), "GetAddress")
    with open_dbus_connection(session) as bus:

        def address() -> str:
            answer = bus.send_and_get_reply(message, timeout=20)
            returned = answer.header.message_type is MessageType.method_return
            return str(answer.body[0]) if returned else ""

        return wait_until(address, "the accessibility bus answers")


@contextlib.contextmanager
def _running(*command: str, environ: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, **(environ or {})}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    with process:
        try:
            yield process
        finally:
            process.terminate()
