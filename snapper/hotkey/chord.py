"""Chords: how people write them, which one suits a machine, and when a stream of key events completes one.

Pure: no system is asked, nothing is listened to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from snapper.errors import UsageError
from snapper.hotkey.keys import KEYS, Key, Modifier
from snapper.language import Sentence, _

_SPELLINGS = {
    **dict.fromkeys(("ctrl", "control", "ctl", "strg"), Modifier.CTRL),
    **dict.fromkeys(("alt", "option", "opt"), Modifier.ALT),
    **dict.fromkeys(("shift", "umschalt"), Modifier.SHIFT),
    **dict.fromkeys(("super", "win", "windows", "cmd", "command", "meta"), Modifier.SUPER),
}
_KEY_SPELLINGS = {
    "print": "printscreen", "prtsc": "printscreen", "prtscn": "printscreen", "break": "pause",
    "ins": "insert", "del": "delete", "pgup": "pageup", "pgdn": "pagedown", "pagedn": "pagedown",
}  # fmt: skip

_ORDER = (Modifier.CTRL, Modifier.ALT, Modifier.SHIFT, Modifier.SUPER)
_NAMES = {Modifier.CTRL: "Ctrl", Modifier.ALT: "Alt", Modifier.SHIFT: "Shift", Modifier.SUPER: "Super"}
_WINDOWS_NAMES = {**_NAMES, Modifier.SUPER: "Win"}
_MAC_NAMES = {
    Modifier.CTRL: "Control",
    Modifier.ALT: "Option",
    Modifier.SHIFT: "Shift",
    Modifier.SUPER: "Command",
}

REMEDY = _("Write it like Ctrl+Alt+J: two of Ctrl, Alt, Shift and Super, then a key.")


@dataclass(frozen=True)
class Chord:
    """Modifiers and one key, pressed together; `str()` writes it as the settings do."""

    modifiers: frozenset[Modifier]
    key: Key

    def __str__(self) -> str:
        return self._written(_NAMES, "+")

    def display(self, platform: str) -> str:
        """The chord as the keys of this system are labelled (`sys.platform`): `Control-Option-H` on a Mac."""
        if platform == "darwin":
            return self._written(_MAC_NAMES, "-")
        return self._written(_WINDOWS_NAMES if platform == "win32" else _NAMES, "+")

    def _written(self, names: Mapping[Modifier, str], separator: str) -> str:
        return separator.join([*(names[item] for item in _ORDER if item in self.modifiers), self.key.name])


def parse_chord(text: str) -> Chord:
    """Read a chord as people write it (`Ctrl+Alt+H`, `ctrl-option-h`, `Pause`).

    Raises UsageError, naming the value, when it cannot be one or belongs to other programs.
    """
    words = [word for word in re.split(r"[\s+-]+", text.casefold()) if word]
    modifiers = frozenset(_SPELLINGS[word] for word in words if word in _SPELLINGS)
    rest = [_KEY_SPELLINGS.get(word, word) for word in words if word not in _SPELLINGS]
    if problem := _unreadable(text[:80], words, modifiers, rest):
        raise UsageError(problem, REMEDY)
    chord = Chord(modifiers, KEYS[rest[0]])
    if problem := _unwise(chord):
        raise UsageError(problem.format(chord=text[:80]), REMEDY)
    return chord


def _unreadable(
    text: str, words: list[str], modifiers: frozenset[Modifier], rest: list[str]
) -> Sentence | None:
    if "altgr" in words:
        return _("“{chord}” uses AltGr, which writes characters.").format(chord=text)
    if not rest:
        none = _("“{chord}” has only modifiers and no key.") if modifiers else _("“{chord}” names no key.")
        return none.format(chord=text)
    if unknown := [word for word in rest if word not in KEYS]:
        told = _("“{chord}” has a key that is not known: “{key}”.")
        return told.format(chord=text, key=unknown[0][:40])
    return _("“{chord}” has more than one key.").format(chord=text) if len(rest) > 1 else None


_ALONE = frozenset({"Pause", "PrintScreen", "ScrollLock", *(f"F{number}" for number in range(13, 25))})
_FUNCTION = _ALONE | {f"F{number}" for number in range(1, 13)}
_CTRL_ALT = frozenset({Modifier.CTRL, Modifier.ALT})


def _unwise(chord: Chord) -> Sentence | None:
    """Why a chord that can be read must not be taken from other programs; `{chord}` is to be filled in."""
    key, count = chord.key.name, len(chord.modifiers)
    if key == "Delete" and chord.modifiers >= _CTRL_ALT:
        return _("“{chord}” belongs to the system.")
    if key == "F4" and chord.modifiers == {Modifier.ALT}:
        return _("“{chord}” closes windows.")
    if key in _FUNCTION - _ALONE and chord.modifiers == _CTRL_ALT:
        return _("“{chord}” switches to another console on Linux.")
    if key in _FUNCTION:
        alone = _("“{chord}” has no modifier; programs use that key by itself.")
        return None if count or key in _ALONE else alone
    if not count:
        return _("“{chord}” has no modifier; the key is needed for typing.")
    one = _("“{chord}” has only one modifier; programs use it for their own commands.")
    return one if count == 1 else None


# --- which chord for which machine ------------------------------------------------------------------------

_USUAL = parse_chord("Ctrl+Alt+H")
_ON_HP = parse_chord("Ctrl+Alt+Q")


def default_chord(platform: str, vendor: str) -> tuple[Chord, str]:
    """The chord for a machine (`sys.platform`, the vendor its firmware names), and a sentence why.

    Hewlett Packard Enterprise (HPE) makes servers, without the desk-top programs that hold Ctrl+Alt+H.
    """
    if platform == "darwin":
        return _USUAL, _("{chord}: the usual chord on a Mac.").format(chord=_USUAL.display(platform))
    if _is_hp(vendor):
        told = _("{chord}: on a machine made by HP (it says “{vendor}”), Ctrl+Alt+H is HP's own.")
        return _ON_HP, told.format(chord=_ON_HP, vendor=vendor.strip())
    return _USUAL, _("{chord}: the usual chord.").format(chord=_USUAL)


def _is_hp(vendor: str) -> bool:
    words = re.findall(r"[a-z]+", vendor.casefold())
    return words[:1] == ["hp"] or (words[:2] == ["hewlett", "packard"] and "enterprise" not in words)


def altgr_warning(chord: Chord, written: str) -> str | None:
    """What typing sets the chord off, and another choice; or None.

    `written` is the character that AltGr and the chord's key write on this keyboard, "" where there is none.
    Windows sends AltGr as Ctrl+Alt, so that on a German keyboard AltGr+Q, the @, is Ctrl+Alt+Q.
    """
    if chord.modifiers != _CTRL_ALT or not written:
        return None
    return _(
        "On this keyboard AltGr+{key} writes {character}, and the system takes it for {chord}. "
        'Choose another chord in the settings: hotkey.chord = "{other}" (snapper config path shows the file).'
    ).format(key=chord.key.name, character=written, chord=chord, other=other_than(chord))


def other_than(chord: Chord) -> Chord:
    """A chord to offer when this one cannot be used: its modifiers where they are enough, another key."""
    modifiers = chord.modifiers if len(chord.modifiers) > 1 else _CTRL_ALT
    return Chord(modifiers, KEYS["k" if chord.key.name == "J" else "j"])


def choose_another(chord: Chord) -> Sentence:
    """What to do where a chord cannot be had: another one, and the line that chooses it."""
    return _(
        'Choose another one in the settings: hotkey.chord = "{other}" (snapper config path shows the file).'
    ).format(other=other_than(chord))


def already_taken(chord: str) -> Sentence:
    """That another program holds a chord, which is written as its keys are labelled."""
    return _("{chord} is already taken by another program.").format(chord=chord)


def no_such_key(chord: Chord) -> Sentence:
    """That a Mac cannot have a chord."""
    return _("A Mac has no key {key}.").format(key=chord.key.name)


# --- matching ---------------------------------------------------------------------------------------------


class Matcher:
    """Tells from a stream of physical key events when the chord is pressed.

    `key` is the code of the chord's key, `modifiers` the codes of every modifier key, left and right; the
    codes are the system's own for physical keys, so that the layout does not matter. Exactly the chord's
    modifiers must be down. Holding the chord counts once.
    """

    def __init__(self, chord: Chord, key: int, modifiers: Mapping[int, Modifier]) -> None:
        self._wanted = chord.modifiers
        self._key = key
        self._codes = modifiers
        self._down: set[int] = set()
        self.key_held = False

    def feed(self, code: int, down: bool, held: frozenset[Modifier] | None = None) -> bool:
        """Take one event; True when it completes the chord.

        `held`: the modifiers that the system itself says are down, where it does. It outweighs what was
        seen, because releases get lost (Alt+Tab, a locked screen).
        """
        if code in self._codes:
            self._track(code, down)
            return False
        if held is not None:
            self._down = {other for other in self._down if self._codes[other] in held}
        if code != self._key:
            return False
        first, self.key_held = down and not self.key_held, down
        return first and (self._seen() if held is None else held) == self._wanted

    def _track(self, code: int, down: bool) -> None:
        if not down:
            self._down.discard(code)
        elif code not in self._down:
            self._down.add(code)
            # No key repeats across the press of another one: if its release was lost, this makes up for it.
            self.key_held = False

    def _seen(self) -> frozenset[Modifier]:
        return frozenset(self._codes[code] for code in self._down)
