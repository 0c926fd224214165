"""Every key event of an X server, seen through its RECORD extension: also those that a menu has grabbed.

Nothing here takes a key away from anybody, and nothing here remembers one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

_EVENT = struct.Struct("=BBHIIIIhhhhHBx")  # xKeyEvent of the core protocol, 32 bytes
_KEY_PRESS, _KEY_RELEASE = 2, 3


class KeyEvent(NamedTuple):
    """A key going down or up: key code, server time in milliseconds, modifier state before it.

    The state is 0 while a grab holds the keyboard back: the server does not know it yet.
    """

    code: int
    down: bool
    time: int
    state: int


class Recorder:
    """Reads key events from a connection of its own, which it closes."""

    def __init__(self, display: Any, on_key: Callable[[KeyEvent], None]) -> None:
        self._display = display
        self._on_key = on_key
        self._enable()

    @staticmethod
    def possible(display: Any) -> bool:
        """Whether this X server has the extension."""
        return bool(display.has_extension("RECORD"))

    def fileno(self) -> int:
        """The socket to wait on."""
        return int(self._display.fileno())

    def read(self) -> None:
        """Hand on what has arrived; does not wait."""
        self._display.pending_events()

    def close(self) -> None:
        """End the connection."""
        self._display.close()

    def _enable(self) -> None:
        from Xlib.ext import record

        context = self._display.record_create_context(0, [record.AllClients], [_key_events()])
        # Deferred: the usual call waits for the end of the recording, here the socket is polled instead.
        record.EnableContext(
            callback=self._take,
            display=self._display.display,
            opcode=self._display.display.get_extension_major(record.extname),
            context=context,
            defer=True,
        )
        self._display.flush()

    def _take(self, reply: Any) -> None:
        from Xlib.ext import record

        if reply.category != record.FromServer:
            return
        data = bytes(reply.data)
        for kind, code, _, at, *_, state, _ in _EVENT.iter_unpack(data[: len(data) // 32 * 32]):
            if kind in (_KEY_PRESS, _KEY_RELEASE):
                self._on_key(KeyEvent(code, kind == _KEY_PRESS, at, state))


def later(one: int, other: int) -> bool:
    """Whether a server time comes after another one; they start again at 0 after 49.7 days."""
    return 0 < (one - other) % 2**32 < 2**31


def _key_events() -> dict[str, Any]:
    return {
        "core_requests": (0, 0), "core_replies": (0, 0), "ext_requests": (0, 0, 0, 0),
        "ext_replies": (0, 0, 0, 0), "delivered_events": (0, 0), "errors": (0, 0),
        "client_started": False, "client_died": False, "device_events": (_KEY_PRESS, _KEY_RELEASE),
    }  # fmt: skip
