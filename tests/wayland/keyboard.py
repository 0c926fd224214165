"""Physical keys on a Wayland desktop: a virtual keyboard, spoken to the compositor byte by byte.

Wayland protocol and its extension `virtual-keyboard-unstable-v1`, which sway has. Keys are named by their
number in `input-event-codes.h`; what they write is the layout's business.
"""

from __future__ import annotations

import array
import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

CTRL, ALT = 29, 56
_MASKS = {CTRL: 4, ALT: 8}
_KEYMAP = """xkb_keymap {
xkb_keycodes { include "evdev+aliases(qwerty)" };
xkb_types { include "complete" };
xkb_compat { include "complete" };
xkb_symbols { include "pc+%s+inet(evdev)" };
};"""


class Keyboard:
    """A keyboard of one layout (`us`, `ru`); plugged in until closed."""

    def __init__(self, environ: dict[str, str], layout: str = "us") -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(Path(environ["XDG_RUNTIME_DIR"]) / environ["WAYLAND_DISPLAY"]))
        self._time = 0
        self._last = 1  # objects are numbered without gaps; 1 is the display
        self._registry = self._new()
        self._send(1, 1, struct.pack("=I", self._registry))
        names = self._globals()
        seat = self._bind(names["wl_seat"], "wl_seat")
        manager = self._bind(names["zwp_virtual_keyboard_manager_v1"], "zwp_virtual_keyboard_manager_v1")
        self._keys = self._new()
        self._send(manager, 0, struct.pack("=II", seat, self._keys))
        self._send_layout((_KEYMAP % layout).encode() + b"\0")
        self._settle()

    def press(self, *keys: int) -> None:
        """Press keys together and let go of them in the other order."""
        held = 0
        for key in keys:
            self._key(key, True)
            held |= _MASKS.get(key, 0)
            self._modifiers(held)
        for key in reversed(keys):
            self._key(key, False)
            held &= ~_MASKS.get(key, 0)
            self._modifiers(held)
        self._settle()

    def close(self) -> None:
        """Unplug it."""
        self._socket.close()

    def _key(self, key: int, down: bool) -> None:
        self._time += 10
        self._send(self._keys, 1, struct.pack("=III", self._time, key, down))

    def _modifiers(self, mask: int) -> None:
        self._send(self._keys, 2, struct.pack("=IIII", mask, 0, 0, 0))

    def _send_layout(self, text: bytes) -> None:
        memory = os.memfd_create("keymap")
        os.write(memory, text)
        message = struct.pack("=IIII", self._keys, 16 << 16, 1, len(text))
        fds = array.array("i", [memory])
        self._socket.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        os.close(memory)

    def _new(self) -> int:
        self._last += 1
        return self._last

    def _bind(self, name: int, interface: str) -> int:
        into = self._new()
        text = _string(interface)
        self._send(self._registry, 0, struct.pack("=I", name) + text + struct.pack("=II", 1, into))
        return into

    def _send(self, target: int, opcode: int, body: bytes) -> None:
        self._socket.sendall(struct.pack("=II", target, (len(body) + 8) << 16 | opcode) + body)

    def _settle(self) -> None:
        """Wait until the compositor has done all that it was told."""
        for _ in self._events():
            pass

    def _globals(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for target, opcode, body in self._events():
            if (target, opcode) == (self._registry, 0):
                name, size = struct.unpack_from("=II", body)
                found[body[8 : 8 + size - 1].decode()] = name
        return found

    def _events(self) -> Iterator[tuple[int, int, bytes]]:
        """What it says until it answers to the question put now (wl_display.sync)."""
        answer = self._new()
        self._send(1, 0, struct.pack("=I", answer))
        while True:
            target, size_and_opcode = struct.unpack("=II", self._read(8))
            body = self._read((size_and_opcode >> 16) - 8)
            assert (target, size_and_opcode & 0xFFFF) != (1, 0), body
            if target == answer:
                return
            yield target, size_and_opcode & 0xFFFF, body

    def _read(self, size: int) -> bytes:
        self._socket.settimeout(20)
        found = b""
        while len(found) < size:
            part = self._socket.recv(size - len(found))
            assert part, "the compositor has ended"
            found += part
        return found


def _string(text: str) -> bytes:
    data = text.encode() + b"\0"
    return struct.pack("=I", len(data)) + data + bytes(-len(data) % 4)


@contextlib.contextmanager
def keyboard(environ: dict[str, str], layout: str = "us") -> Iterator[Keyboard]:
    """A keyboard for the time of the block."""
    plugged = Keyboard(environ, layout)
    try:
        yield plugged
    finally:
        plugged.close()
