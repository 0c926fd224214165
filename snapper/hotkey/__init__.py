"""Taking the chord: one mechanism per backend file, and the choice between them.

`config` reads chords and needs no backend: they are imported when one is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from snapper.errors import Unavailable
from snapper.hotkey.chord import Chord
from snapper.hotkey.presses import OnPress, Press

__all__ = ["Choice", "Hotkey", "OnPress", "Press", "choose"]

AUTO = "auto"


class Hotkey(Protocol):
    """Something that tells of the chord. `notes` are sentences about what it cannot do here."""

    @property
    def name(self) -> str: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    def start(self, on_press: OnPress) -> None:
        """Take the chord; `on_press` runs at once, in a thread of the backend's own, press after press.

        Once per backend. Raises ChordTaken, Unavailable. `on_press` must not raise: the chord is given back
        if it does.
        """

    def release_keys(self) -> None:
        """The note window has the focus: let the keys that were held back since the press go to it.

        From any thread, after every press; does nothing where nothing is held back.
        """

    def stop(self) -> None:
        """Give the chord back; it is free when this returns. May be called again."""


@dataclass(frozen=True)
class Choice:
    """The backend chosen, and why each one before it was not (`x11_grab: because …`)."""

    backend: Hotkey
    refused: tuple[str, ...] = ()


def choose(chord: Chord, platform: str, environ: Mapping[str, str], backend: str = AUTO) -> Choice:
    """The first backend that can work here, or the one named; `platform` is `sys.platform`.

    Raises Unavailable with every refusal. A chord that another program holds shows at its start.
    """
    refused: list[str] = []
    remedies: list[str] = []
    for name, build in _candidates(chord, platform, environ, backend).items():
        try:
            return Choice(build(), tuple(refused))
        except Unavailable as problem:
            refused.append(f"{name}: {problem.sentence}")
            remedies.append(problem.remedy)
    sentence = f"{chord.display(platform)} cannot be listened for. {' '.join(refused)}"
    usual = 'Set hotkey.backend = "auto" in the settings.' if backend != AUTO else ""
    raise Unavailable(sentence, next(filter(None, remedies), usual))


def _candidates(
    chord: Chord, platform: str, environ: Mapping[str, str], wanted: str
) -> dict[str, Callable[[], Hotkey]]:
    """What to try, in order; a named backend is tried wherever it is."""

    def x11_grab() -> Hotkey:
        from snapper.hotkey.x11_grab import X11Grab

        return X11Grab(chord, environ)

    def win32_register() -> Hotkey:
        from snapper.hotkey.win32_register import Win32Register

        return Win32Register(chord)

    def pynput_listener() -> Hotkey:
        from snapper.hotkey.pynput_listener import PynputListener

        return PynputListener(chord, platform, environ)

    every = {"x11_grab": x11_grab, "win32_register": win32_register, "pynput_listener": pynput_listener}
    if wanted != AUTO:
        return {wanted: every[wanted]}
    first = {"win32": ["win32_register"], "darwin": []}.get(platform, ["x11_grab"])
    return {name: every[name] for name in (*first, "pynput_listener")}
