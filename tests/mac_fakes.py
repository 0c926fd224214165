"""macOS as its headers describe it, for tests elsewhere: each call checks what it may rely on.

The functions are real C functions (closures of libffi) with the signatures of the headers, so that what a
caller declares and passes goes the way it would go there. Whatever breaks a rule is kept in `broken`.
"""

from __future__ import annotations

import ctypes
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from snapper.hotkey.mac_frameworks import Frameworks

CARBON = "/System/Library/Frameworks/Carbon.framework/Carbon"
FOUNDATION = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"
SYSTEM = "/usr/lib/libSystem.B.dylib"

CONTROL_OPTION, COMMAND, OPTION_SHIFT = 0x1800, 0x100, 0xA00
H = 4

NOT_HANDLED, INTERNAL, TIMED_OUT, EXISTS, NO_MEMORY, NO_PARAMETER = -9874, -9868, -9875, -9878, -108, -9870
KEYBOARD, PRESSED, RELEASED = 0x6B657962, 5, 6
DIRECT_OBJECT, HOT_KEY_ID = 0x2D2D2D2D, 0x686B6964


class HotKeyID(ctypes.Structure):
    """EventHotKeyID of CarbonEvents.h."""

    _fields_ = (("signature", ctypes.c_uint32), ("id", ctypes.c_uint32))


S, U, P, L, N, D, B = (  # OSStatus, UInt32, any pointer, CFIndex, ItemCount, EventTimeout, Boolean
    ctypes.c_int32, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_long, ctypes.c_ulong, ctypes.c_double,
    ctypes.c_ubyte,
)  # fmt: skip

HEADERS: dict[str, tuple[str, Any, tuple[Any, ...]]] = {
    "GetEventDispatcherTarget": (CARBON, P, ()),
    "InstallEventHandler": (CARBON, S, (P, P, N, P, P, P)),
    "RemoveEventHandler": (CARBON, S, (P,)),
    "RegisterEventHotKey": (CARBON, S, (U, U, HotKeyID, P, U, P)),
    "UnregisterEventHotKey": (CARBON, S, (P,)),
    "GetEventParameter": (CARBON, S, (P, U, U, P, N, P, P)),
    "ReceiveNextEvent": (CARBON, S, (N, P, D, B, P)),
    "SendEventToEventTarget": (CARBON, S, (P, P)),
    "ReleaseEvent": (CARBON, None, (P,)),
    "CopySymbolicHotKeys": (CARBON, S, (P,)),
    "CFArrayGetCount": (FOUNDATION, L, (P,)),
    "CFArrayGetValueAtIndex": (FOUNDATION, P, (P, L)),
    "CFDictionaryGetValue": (FOUNDATION, P, (P, P)),
    "CFStringCreateWithCString": (FOUNDATION, P, (P, P, U)),
    "CFGetTypeID": (FOUNDATION, N, (P,)),
    "CFNumberGetTypeID": (FOUNDATION, N, ()),
    "CFBooleanGetTypeID": (FOUNDATION, N, ()),
    "CFNumberGetValue": (FOUNDATION, B, (P, L, P)),
    "CFBooleanGetValue": (FOUNDATION, B, (P,)),
    "CFRelease": (FOUNDATION, None, (P,)),
    "dispatch_async_f": (SYSTEM, None, (P, P, P)),
}

_HandlerUPP = ctypes.CFUNCTYPE(S, P, P, P)
_Work = ctypes.CFUNCTYPE(None, P)
_TYPE_IDS = {list: 19, dict: 18, str: 7, int: 22, bool: 21, float: 22, bytes: 20}
_addresses = itertools.count(0x10000, 16)


def kind(declared: Any) -> object:
    """What a C type is to a caller: a pointer, a number of a width and a sign, or a struct of such."""
    if declared is None:
        return "nothing"
    if issubclass(declared, ctypes.Structure):
        return [kind(part) for _, part in declared._fields_]
    if issubclass(declared, ctypes.c_void_p | ctypes.c_char_p | ctypes._Pointer | ctypes._CFuncPtr):  # type: ignore[attr-defined,misc,unused-ignore]
        return "pointer"
    return declared._type_ if issubclass(declared, D) else (ctypes.sizeof(declared), declared(-1).value < 0)


@dataclass
class WindowServer:
    """What macOS keeps for all programs: who has which key, and its own shortcuts."""

    keys: list[tuple[int, int, Program, HotKeyID, bool]] = field(default_factory=list)
    shortcuts: list[dict[str, Any]] = field(default_factory=list)

    def taken(self) -> set[tuple[int, int]]:
        """Key code and modifiers of every hot key."""
        return {(code, flags) for code, flags, *_ in self.keys}

    def press(self, code: int, flags: int) -> None:
        """A person presses a chord, and lets go: one event each, whoever is in front and however long."""
        asked = [key for key in self.keys if key[:2] == (code, flags)]
        for _, _, program, identity, _ in [key for key in asked if key[4]] or asked:
            program.queue_up(KEYBOARD, PRESSED, identity)
            program.queue_up(KEYBOARD, RELEASED, identity)


@dataclass
class _Event:
    event_class: int
    kind: int
    parameters: dict[tuple[int, int], bytes]


@dataclass
class _Object:
    value: Any
    owned: bool
    inside: list[int] = field(default_factory=list)


class Program:
    """The frameworks as one program finds them."""

    TARGET, MAIN_QUEUE = 0x77, 0x99

    def __init__(self, server: WindowServer) -> None:
        self.server = server
        self.broken: list[str] = []
        self.calls: list[str] = []
        self.answers: dict[str, int] = {}  # a status that a function is to give, instead of doing anything
        self.missing: set[str] = set()
        self._functions = {name: self._function(name) for name in HEADERS}
        self._objects: dict[int, _Object] = {}
        self._events: dict[int, _Event] = {}
        self._queue: list[int] = []
        self._handlers: dict[int, tuple[int, set[tuple[int, int]], int | None]] = {}
        self._refs: dict[int, tuple[int, int, Program, HotKeyID, bool]] = {}
        self._work: list[tuple[int, int | None]] = []

    def load(self, path: str) -> Any:
        """A library by its path, with the functions that are in it."""
        names = [
            name for name, (where, _, _) in HEADERS.items() if where == path and name not in self.missing
        ]
        if not names and path not in (CARBON, FOUNDATION, SYSTEM):
            raise OSError(f"dlopen({path}): image not found")
        return type("Library", (), {name: self._functions[name] for name in names})()

    def left_over(self) -> dict[str, int]:
        """What was given to the program, or taken by it, and is not given back."""
        owned = sum(each.owned for each in self._objects.values())
        counts = {"objects": owned, "events": len(self._events) - len(self._queue)}
        counts |= {"handlers": len(self._handlers), "keys": len(self._refs)}
        return {name: count for name, count in counts.items() if count}

    def queue_up(self, event_class: int, event_kind: int, identity: HotKeyID) -> None:
        """Post an event to the queue of the main thread."""
        event = next(_addresses)
        self._events[event] = _Event(event_class, event_kind, {(DIRECT_OBJECT, HOT_KEY_ID): bytes(identity)})
        self._queue.append(event)

    def turn(self) -> list[int]:
        """What Qt's loop does in the main thread: work of others, then events; what handlers answered."""
        assert threading.current_thread() is threading.main_thread()
        while self._work:
            work, context = self._work.pop(0)
            _Work(work)(context)
        answers = []
        while self._queue:
            event = self._queue.pop(0)
            answers.append(self._dispatch(event))
            del self._events[event]
        return answers

    # --- how calls get here -------------------------------------------------------------------------------

    def _function(self, name: str) -> Any:
        where, result, arguments = HEADERS[name]
        called: Callable[..., Any] = getattr(self, f"_{name}")

        def call(*values: Any) -> Any:
            self.calls.append(name)
            try:
                if where == CARBON and threading.current_thread() is not threading.main_thread():
                    raise AssertionError("not thread safe")
                return self.answers[name] if name in self.answers else called(*values)
            except Exception as problem:  # noqa: BLE001 (it must not go through the C side)
                self.broken.append(f"{name}: {problem!r}")
                return None if result is None else 0

        return ctypes.CFUNCTYPE(result, *arguments)(call)

    def _dispatch(self, event: int) -> int:
        about = self._events[event]
        for upp, kinds, data in reversed(list(self._handlers.values())):
            if (about.event_class, about.kind) in kinds:
                status = int(_HandlerUPP(upp)(0x55, event, data))
                if status != NOT_HANDLED:
                    return status
        return NOT_HANDLED

    # --- CarbonEvents.h, CarbonEventsCore.h ---------------------------------------------------------------

    def _GetEventDispatcherTarget(self) -> int:
        return self.TARGET

    def _InstallEventHandler(
        self, target: int, upp: int, count: int, specs: int, data: int | None, out: int | None
    ) -> int:
        assert target == self.TARGET
        assert upp
        listed = (U * (2 * count)).from_address(specs)
        kinds = {(listed[2 * each], listed[2 * each + 1]) for each in range(count)}
        reference = next(_addresses)
        self._handlers[reference] = (upp, kinds, data)
        if out:
            P.from_address(out).value = reference
        return 0

    def _RemoveEventHandler(self, reference: int) -> int:
        del self._handlers[reference]
        return 0

    def _RegisterEventHotKey(
        self, code: int, flags: int, identity: HotKeyID, target: int, options: int, out: int
    ) -> int:
        assert target == self.TARGET
        assert out
        assert options in (0, 1)
        for key in self.server.keys:
            if key[:2] == (code, flags) and (key[2] is self or (options and key[4])):
                return EXISTS
        kept = HotKeyID(identity.signature, identity.id)
        reference = next(_addresses)
        self._refs[reference] = (code, flags, self, kept, bool(options))
        self.server.keys.append(self._refs[reference])
        P.from_address(out).value = reference
        return 0

    def _UnregisterEventHotKey(self, reference: int) -> int:
        self.server.keys.remove(self._refs.pop(reference))
        return 0

    def _GetEventParameter(
        self,
        event: int,
        name: int,
        wanted: int,
        actual: int | None,
        size: int,
        actual_size: int | None,
        out: int,
    ) -> int:
        value = self._events[event].parameters.get((name, wanted))
        if value is None:
            return NO_PARAMETER
        assert size >= len(value)
        ctypes.memmove(out, value, len(value))
        return 0

    def _ReceiveNextEvent(self, count: int, specs: int | None, timeout: float, pull: int, out: int) -> int:
        assert (count, specs) == (0, None)
        assert timeout >= 0
        assert pull
        if not self._queue:
            return TIMED_OUT
        P.from_address(out).value = self._queue.pop(0)
        return 0

    def _SendEventToEventTarget(self, event: int, target: int) -> int:
        assert target == self.TARGET
        return self._dispatch(event)

    def _ReleaseEvent(self, event: int) -> None:
        assert event not in self._queue
        del self._events[event]

    def _CopySymbolicHotKeys(self, out: int) -> int:
        P.from_address(out).value = self._put(self.server.shortcuts, owned=True)
        return 0

    # --- CoreFoundation: what is made or copied is the caller's, what is got is not -----------------------

    def _put(self, value: Any, owned: bool) -> int:
        address = next(_addresses)
        inside = [self._put(each, owned=False) for each in value] if isinstance(value, list) else []
        if isinstance(value, dict):
            inside = [self._put(each, owned=False) for each in value.values()]
        self._objects[address] = _Object(value, owned, inside)
        return address

    def _forget(self, address: int) -> None:
        for each in self._objects.pop(address).inside:
            self._forget(each)

    def _CFArrayGetCount(self, array: int) -> int:
        assert isinstance(self._objects[array].value, list)
        return len(self._objects[array].inside)

    def _CFArrayGetValueAtIndex(self, array: int, index: int) -> int:
        assert 0 <= index < len(self._objects[array].inside)
        return self._objects[array].inside[index]

    def _CFDictionaryGetValue(self, dictionary: int, key: int) -> int | None:
        held, name = self._objects[dictionary], self._objects[key].value
        assert isinstance(held.value, dict)
        return held.inside[list(held.value).index(name)] if name in held.value else None

    def _CFStringCreateWithCString(self, allocator: int | None, text: int, encoding: int) -> int:
        assert allocator is None
        assert encoding == 0x08000100
        return self._put(ctypes.string_at(text).decode(), owned=True)

    def _CFGetTypeID(self, address: int) -> int:
        return _TYPE_IDS[type(self._objects[address].value)]

    def _CFNumberGetTypeID(self) -> int:
        return _TYPE_IDS[int]

    def _CFBooleanGetTypeID(self) -> int:
        return _TYPE_IDS[bool]

    def _CFNumberGetValue(self, address: int, wanted: int, out: int) -> int:
        value = self._objects[address].value
        assert type(value) in (int, float)
        assert wanted == 4
        ctypes.c_int64.from_address(out).value = int(value)
        return int(value == int(value))

    def _CFBooleanGetValue(self, address: int) -> int:
        assert isinstance(self._objects[address].value, bool)
        return int(self._objects[address].value)

    def _CFRelease(self, address: int) -> None:
        assert self._objects[address].owned
        self._forget(address)

    # --- libdispatch --------------------------------------------------------------------------------------

    def _dispatch_async_f(self, queue: int, context: int | None, work: int) -> None:
        assert queue == self.MAIN_QUEUE
        self._work.append((work, context))


class FakeFrameworks(Frameworks):
    """The real declarations over a program's fake functions."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.load)

    def main_queue(self) -> int:
        return Program.MAIN_QUEUE


def macs(server: WindowServer | None = None) -> Iterator[Program]:
    """A program on a Mac; at the end nothing may be broken and nothing left over."""
    program = Program(server or WindowServer())
    yield program
    program.turn()
    assert program.broken == []
    assert program.left_over() == {}


class AppKit:
    """NSApplication: one object, for the main thread only; the policies of NSRunningApplication.h."""

    REGULAR, ACCESSORY, PROHIBITED = range(3)

    def __init__(self) -> None:
        self.policy = self.REGULAR  # which Qt asks for when its application object is made
        self.NSApplication = self

    def sharedApplication(self) -> AppKit:
        """The one application object."""
        assert threading.current_thread() is threading.main_thread()
        return self

    def setActivationPolicy_(self, policy: int) -> bool:
        """Whether the policy was taken."""
        assert threading.current_thread() is threading.main_thread()
        if policy not in (self.REGULAR, self.ACCESSORY, self.PROHIBITED):
            return False
        self.policy = policy
        return True
