"""The functions of macOS that a hot key needs, with their C signatures; what is done with them is elsewhere.

Signatures and rules: `CarbonEvents.h`, `CarbonEventsCore.h` and the Carbon Event Manager Reference
(developer.apple.com/legacy/library/documentation/Carbon/Reference/Carbon_Event_Manager_Ref), CoreFoundation
`CFArray.h`, `CFDictionary.h`, `CFNumber.h`, `CFString.h`, `CFBase.h`, libdispatch `queue.h`. The Carbon
functions are not thread safe: they are called in the main thread only.
"""

from __future__ import annotations

import ctypes
import functools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from snapper.errors import Unavailable
from snapper.language import _

PATIENCE_SECONDS = 2.0  # for the main thread to do what another one asks of it

_CARBON = "/System/Library/Frameworks/Carbon.framework/Carbon"
_FOUNDATION = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"
_SYSTEM = "/usr/lib/libSystem.B.dylib"


class EventHotKeyID(ctypes.Structure):
    """Names a hot key in the events that tell of it."""

    _fields_ = (("signature", ctypes.c_uint32), ("id", ctypes.c_uint32))


class EventTypeSpec(ctypes.Structure):
    """A class and a kind of events."""

    _fields_ = (("event_class", ctypes.c_uint32), ("kind", ctypes.c_uint32))


_status, _number, _boolean = ctypes.c_int32, ctypes.c_uint32, ctypes.c_ubyte
_ref, _index, _count = ctypes.c_void_p, ctypes.c_long, ctypes.c_ulong
_ref_out = ctypes.POINTER(ctypes.c_void_p)
_specs = ctypes.POINTER(EventTypeSpec)

Handler = ctypes.CFUNCTYPE(_status, _ref, _ref, _ref)  # EventHandlerUPP: call ref, event, user data
_Work = ctypes.CFUNCTYPE(None, _ref)  # dispatch_function_t

SIGNATURES: dict[str, tuple[str, Any, list[Any]]] = {
    "GetEventDispatcherTarget": (_CARBON, _ref, []),
    "InstallEventHandler": (_CARBON, _status, [_ref, Handler, _count, _specs, _ref, _ref_out]),
    "RemoveEventHandler": (_CARBON, _status, [_ref]),
    "RegisterEventHotKey": (_CARBON, _status, [_number, _number, EventHotKeyID, _ref, _number, _ref_out]),
    "UnregisterEventHotKey": (_CARBON, _status, [_ref]),
    "GetEventParameter": (_CARBON, _status, [_ref, _number, _number, _ref, _count, _ref, _ref]),
    "ReceiveNextEvent": (_CARBON, _status, [_count, _specs, ctypes.c_double, _boolean, _ref_out]),
    "SendEventToEventTarget": (_CARBON, _status, [_ref, _ref]),
    "ReleaseEvent": (_CARBON, None, [_ref]),
    "CopySymbolicHotKeys": (_CARBON, _status, [_ref_out]),
    "CFArrayGetCount": (_FOUNDATION, _index, [_ref]),
    "CFArrayGetValueAtIndex": (_FOUNDATION, _ref, [_ref, _index]),
    "CFDictionaryGetValue": (_FOUNDATION, _ref, [_ref, _ref]),
    "CFStringCreateWithCString": (_FOUNDATION, _ref, [_ref, ctypes.c_char_p, _number]),
    "CFGetTypeID": (_FOUNDATION, _count, [_ref]),
    "CFNumberGetTypeID": (_FOUNDATION, _count, []),
    "CFBooleanGetTypeID": (_FOUNDATION, _count, []),
    "CFNumberGetValue": (_FOUNDATION, _boolean, [_ref, _index, ctypes.c_void_p]),
    "CFBooleanGetValue": (_FOUNDATION, _boolean, [_ref]),
    "CFRelease": (_FOUNDATION, None, [_ref]),
    "dispatch_async_f": (_SYSTEM, None, [_ref, _ref, _Work]),
}

Answer = TypeVar("Answer")
Loader = Callable[[str], Any]

# One entry for each time the main queue was given the worker below.
_calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()


class Frameworks:
    """The functions by their names; raises Unavailable on other systems. `load` opens a library by path."""

    def __init__(self, load: Loader = ctypes.CDLL) -> None:
        self._load = load
        libraries: dict[str, Any] = {}
        for name, (path, result, arguments) in SIGNATURES.items():
            try:
                libraries[path] = libraries.get(path) or load(path)
                function = getattr(libraries[path], name)
            except OSError as problem:
                raise Unavailable(_("This is not a Mac.")) from problem
            except AttributeError as problem:
                raise Unavailable(_("This macOS has no part that gives out keys.")) from problem
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)  # tells the type checker that the functions are found by name

    def on_main(self, call: Callable[[], Answer]) -> Answer:
        """Do something in the main thread and return its answer.

        From another thread it takes a loop in the main thread (Qt's will do); raises Unavailable where the
        main thread has no time, and then it is not done later either.
        """
        if threading.current_thread() is threading.main_thread():
            return call()
        future: Future[Answer] = Future()
        self.post(lambda: _do(future, call))
        try:
            return future.result(PATIENCE_SECONDS)
        except TimeoutError:
            if not future.cancel():
                return future.result()  # it has just begun
            raise Unavailable(
                _("macOS gives keys to the main part of a program only, and that one is busy."),
                _("Start “snapper listen”: it says whether it has the keys."),
            ) from None

    def post(self, call: Callable[[], None]) -> None:
        """Have something done in the main thread when it has time; returns at once. It must not raise."""
        _calls.put(call)
        self.dispatch_async_f(self.main_queue(), None, _worker())

    def main_queue(self) -> int:
        """The address of libdispatch's queue of the main thread; queue.h has no function for it."""
        return ctypes.addressof(ctypes.c_char.in_dll(self._load(_SYSTEM), "_dispatch_main_q"))


def _do(future: Future[Answer], call: Callable[[], Answer]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call())
    except BaseException as problem:  # noqa: BLE001 (whoever waits for the answer gets it)
        future.set_exception(problem)


@functools.cache
def _worker() -> Any:
    """What the main queue calls; never freed, because the queue knows only its address."""
    return _Work(lambda context: _calls.get_nowait()())
