"""The chord on a Mac: RegisterEventHotKey takes it, needs no permission, and sees no other keystroke.

A key code is a physical key: that Option makes another character of H does not matter. The key is taken
exclusively, so that other programs are not told of it and one that holds it is noticed; macOS takes its own
shortcuts before any program, so these are looked up first. Holding the chord is one event. macOS itself gives
the key back when the program ends, however that comes about (CarbonEvents.h, UnregisterEventHotKey).

The events come through the main thread: Qt's loop brings them, and serve() where no loop runs. While a menu
of snapper's own is open they wait until it is closed (github.com/cocoabits/MASShortcut, issue 46).
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

from snapper.errors import ChordTaken, Unavailable
from snapper.hotkey.chord import REMEDY, Chord, already_taken, choose_another, no_such_key, other_than
from snapper.hotkey.keys import Modifier
from snapper.hotkey.mac_frameworks import EventHotKeyID, EventTypeSpec, Frameworks, Handler
from snapper.hotkey.presses import OnPress, Press, Presses
from snapper.language import _

# HIToolbox/Events.h
_FLAGS = {Modifier.SUPER: 1 << 8, Modifier.SHIFT: 1 << 9, Modifier.ALT: 1 << 11, Modifier.CTRL: 1 << 12}
_EVERY_FLAG = sum(_FLAGS.values())

# CarbonEvents.h, CarbonEventsCore.h
_SIGNATURE = int.from_bytes(b"SNAP")
_PRESSED = EventTypeSpec(int.from_bytes(b"keyb"), 5)  # kEventClassKeyboard, kEventHotKeyPressed
_DIRECT_OBJECT, _HOT_KEY_ID = int.from_bytes(b"----"), int.from_bytes(b"hkid")
_EXCLUSIVE = 1
_NOT_HANDLED, _INTERNAL, _EXISTS = -9874, -9868, -9878

# CFNumber.h, CFString.h
_SINT64, _UTF8 = 4, 0x08000100

_ids = itertools.count(1)  # two hot keys of one process must not be taken for each other


class MacCarbon:
    """Takes the chord from macOS; raises Unavailable on other systems, and for a key that no Mac has.

    `voice_over` tells whether the screen reader is on, which has Control-Option to itself.
    """

    name = "mac_carbon"

    def __init__(
        self, chord: Chord, mac: Frameworks | None = None, voice_over: Callable[[], bool] | None = None
    ) -> None:
        self._code = _key_code(chord)
        self._mac = mac or Frameworks()
        self._chord = chord
        self._id = next(_ids)
        self._presses: Presses | None = None
        self._handler: Any = None  # the system knows only its address
        self._handler_ref, self._key_ref = ctypes.c_void_p(), ctypes.c_void_p()
        note = voice_over_note(chord) if (voice_over or _voice_over_is_on)() else None
        self.notes: tuple[str, ...] = (note,) if note else ()

    def start(self, on_press: OnPress) -> None:
        """Take the chord; raises ChordTaken, Unavailable. Another thread has the main one do it."""
        self._mac.on_main(lambda: self._take(on_press))

    def release_keys(self) -> None:
        """Nothing is held back here."""

    def stop(self) -> None:
        """Give the chord back. May be called again, and from anywhere; from another thread it is free when
        this returns or, if the main thread is busy for long, as soon as that has time."""
        try:
            self._mac.on_main(self._give_back)
        except Unavailable:
            self._mac.post(self._give_back)
        presses, self._presses = self._presses, None
        if presses:
            presses.close()

    def serve(self, seconds: float) -> None:
        """Bring events for so many seconds where no toolkit's loop does; in the main thread."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            event = ctypes.c_void_p()
            if self._mac.ReceiveNextEvent(0, None, left, True, ctypes.byref(event)):
                return  # the time is over, or somebody ended the loop
            try:
                self._mac.SendEventToEventTarget(event, self._mac.GetEventDispatcherTarget())
            finally:
                self._mac.ReleaseEvent(event)

    # --- in the main thread -------------------------------------------------------------------------------

    def _take(self, on_press: OnPress) -> None:
        if (self._code, _flags(self._chord)) in system_shortcuts(self._mac):
            raise _held_by_the_system(self._chord)
        self._presses = Presses(on_press, on_failure=lambda: self._mac.post(self._give_back))
        if status := self._install() or self._register():
            self.stop()
            raise _refusal(self._chord, status)

    def _install(self) -> int:
        self._handler = Handler(self._on_event)
        target = self._mac.GetEventDispatcherTarget()
        out = ctypes.byref(self._handler_ref)
        return int(self._mac.InstallEventHandler(target, self._handler, 1, ctypes.byref(_PRESSED), None, out))

    def _register(self) -> int:
        target, identity = self._mac.GetEventDispatcherTarget(), EventHotKeyID(_SIGNATURE, self._id)
        flags, out = _flags(self._chord), ctypes.byref(self._key_ref)
        return int(self._mac.RegisterEventHotKey(self._code, flags, identity, target, _EXCLUSIVE, out))

    def _give_back(self) -> None:
        key, self._key_ref = self._key_ref, ctypes.c_void_p()
        handler, self._handler_ref = self._handler_ref, ctypes.c_void_p()
        if key:
            self._mac.UnregisterEventHotKey(key)
        if handler:
            self._mac.RemoveEventHandler(handler)

    def _on_event(self, call: int | None, event: int | None, data: int | None) -> int:
        """The dispatcher's handlers see the hot keys of the whole process: this one's is told."""
        which = EventHotKeyID()
        size, out = ctypes.sizeof(which), ctypes.byref(which)
        self._mac.GetEventParameter(event, _DIRECT_OBJECT, _HOT_KEY_ID, None, size, None, out)
        if (which.signature, which.id) != (_SIGNATURE, self._id):
            return _NOT_HANDLED
        if self._presses:
            self._presses.tell(Press(time.monotonic()))
        return 0


def _key_code(chord: Chord) -> int:
    if chord.key.mac is None:
        raise Unavailable(no_such_key(chord), REMEDY)
    return chord.key.mac


def _flags(chord: Chord) -> int:
    return sum(_FLAGS[modifier] for modifier in chord.modifiers)


# --- what stands in the way -------------------------------------------------------------------------------


def _held_by_the_system(chord: Chord) -> ChordTaken:
    return ChordTaken(
        _("{chord} is a keyboard shortcut of macOS itself.").format(chord=_shown(chord)),
        _(
            "Switch that one off in System Settings, Keyboard, Keyboard Shortcuts, or choose another chord "
            'in the settings: hotkey.chord = "{other}" (snapper config path shows the file).'
        ).format(other=other_than(chord)),
    )


def _refusal(chord: Chord, status: int) -> Unavailable:
    if status == _EXISTS:
        return ChordTaken(already_taken(_shown(chord)), choose_another(chord))
    if status == _INTERNAL and chord.modifiers <= {Modifier.ALT, Modifier.SHIFT}:
        # macOS 15.0 and 15.1 (github.com/feedback-assistant/reports, issue 552)
        with_control = Chord(frozenset({Modifier.CTRL, Modifier.ALT}), chord.key)
        return Unavailable(
            _("This macOS gives no program {chord}: Option and Shift alone write characters.").format(
                chord=_shown(chord)
            ),
            _(
                'Choose one with Control or Command in the settings: hotkey.chord = "{other}" '
                "(snapper config path shows the file)."
            ).format(other=with_control),
        )
    sentence = _("macOS does not give out {chord} (error {code}).").format(chord=_shown(chord), code=status)
    return Unavailable(sentence, choose_another(chord))


def voice_over_note(chord: Chord) -> str | None:
    """What is said of the chord while VoiceOver is on; its commands are Control-Option and a key, and
    Control-Option-H is its help (VoiceOver Guide, general commands). None for other chords."""
    if chord.modifiers != {Modifier.CTRL, Modifier.ALT}:
        return None
    other = Chord(frozenset({Modifier.CTRL, Modifier.SHIFT}), chord.key)
    return _(
        "VoiceOver is on and has Control-Option for its commands: {chord} may not reach snapper. "
        'Choose another chord in the settings: hotkey.chord = "{other}" (snapper config path shows the file).'
    ).format(chord=_shown(chord), other=other)


def _shown(chord: Chord) -> str:
    return chord.display("darwin")


def _voice_over_is_on() -> bool:
    """NSWorkspace.isVoiceOverEnabled, since macOS 10.13; False where nobody can be asked."""
    with contextlib.suppress(ImportError, AttributeError):
        return bool(importlib.import_module("AppKit").NSWorkspace.sharedWorkspace().isVoiceOverEnabled())
    return False


# --- macOS's own shortcuts --------------------------------------------------------------------------------


def system_shortcuts(mac: Frameworks) -> set[tuple[int, int]]:
    """Key code and modifiers of every shortcut of macOS itself that is switched on; in the main thread.

    Empty where macOS does not tell. The list is ours to release, what is in it is not.
    """
    listed = ctypes.c_void_p()
    if mac.CopySymbolicHotKeys(ctypes.byref(listed)) or not listed:
        return set()
    try:
        with contextlib.ExitStack() as owned:
            names = [owned.enter_context(_text(mac, name)) for name in ("Enabled", "Code", "Modifiers")]
            places = range(mac.CFArrayGetCount(listed))
            entries = (mac.CFArrayGetValueAtIndex(listed, place) for place in places)
            return {shortcut for entry in entries if (shortcut := _shortcut(mac, entry, names))}
    finally:
        mac.CFRelease(listed)


def _shortcut(mac: Frameworks, entry: int, names: list[int]) -> tuple[int, int] | None:
    enabled, code, flags = (_value(mac, mac.CFDictionaryGetValue(entry, name)) for name in names)
    return (code, flags & _EVERY_FLAG) if enabled and code is not None and flags is not None else None


def _value(mac: Frameworks, value: int | None) -> int | None:
    """A number or a truth value; None for anything else."""
    kind = mac.CFGetTypeID(value) if value else None
    if kind == mac.CFBooleanGetTypeID():
        return int(mac.CFBooleanGetValue(value))
    number = ctypes.c_int64()
    whole = kind == mac.CFNumberGetTypeID() and mac.CFNumberGetValue(value, _SINT64, ctypes.byref(number))
    return number.value if whole else None


@contextlib.contextmanager
def _text(mac: Frameworks, name: str) -> Iterator[int]:
    """A key of the dictionaries (kHISymbolicHotKeyCode and its like), released afterwards."""
    text = mac.CFStringCreateWithCString(None, f"kHISymbolicHotKey{name}".encode(), _UTF8)
    if not text:
        raise MemoryError
    try:
        yield text
    finally:
        mac.CFRelease(text)
