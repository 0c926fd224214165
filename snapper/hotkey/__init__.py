"""Taking the chord: one mechanism per backend file, and the choice between them.

`config` reads chords and needs no backend: they are imported when one is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from snapper.desktop import Session, desktop_of, refusal, session_of
from snapper.errors import ChordTaken, Unavailable
from snapper.hotkey.chord import Chord
from snapper.hotkey.presses import OnPress, Press
from snapper.language import _, together

__all__ = ["Choice", "Hotkey", "OnPress", "Press", "choose", "last_taken", "take", "wants_main_thread"]

AUTO = "auto"

OnLost = Callable[[Unavailable], None]
OnTold = Callable[[str], None]


class Hotkey(Protocol):
    """Something that tells of the chord. `notes` are sentences about what it cannot do here, and once it has
    started also what the desktop says of the keys."""

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
    """The backend chosen, and why each one before it was not (`x11_grab: because …`).

    `by_hand` says how to bind the chord in this desktop's own settings, where the backend does not see it
    everywhere; else it is "".
    """

    backend: Hotkey
    refused: tuple[str, ...] = ()
    by_hand: str = ""


def choose(chord: Chord, platform: str, environ: Mapping[str, str], backend: str = AUTO) -> Choice:
    """The first backend that can work here, or the one named; `platform` is `sys.platform`. It is not
    started: nobody is asked, and nothing is taken.

    Raises Unavailable with every refusal. A chord that another program holds shows at its start.
    """
    return _first(chord, platform, environ, backend, _every(chord, platform, environ))


def take(
    chord: Chord,
    platform: str,
    environ: Mapping[str, str],
    on_press: OnPress,
    backend: str = AUTO,
    on_lost: OnLost | None = None,
    on_told: OnTold | None = None,
) -> Choice:
    """Choose, and listen: a backend that refuses when it starts gives way to the next.

    Raises ChordTaken, since another way would leave the chord to two programs; Unavailable with every
    refusal. From a thread of the backend's, `on_lost` is called when a desktop that was asked says no only
    later, or ends, and `on_told` with what it says of the keys later than this.
    """
    global _last_taken
    every = _every(chord, platform, environ, on_lost, on_told)
    try:
        chosen = _first(chord, platform, environ, backend, every, lambda hotkey: hotkey.start(on_press))
    except Unavailable as problem:
        _last_taken = problem
        raise
    _last_taken = chosen
    return chosen


_last_taken: Choice | Unavailable | None = None


def last_taken() -> Choice | Unavailable | None:
    """What the last take() of this process came to, or why it failed; None before the first."""
    return _last_taken


def wants_main_thread(platform: str) -> bool:
    """Whether a backend of this system is to be started in the main thread, where no loop runs there."""
    return platform == "darwin"  # Carbon


def _first(
    chord: Chord,
    platform: str,
    environ: Mapping[str, str],
    backend: str,
    every: Mapping[str, Callable[[], Hotkey]],
    begin: Callable[[Hotkey], None] = lambda hotkey: None,
) -> Choice:
    session = _session(platform, environ)
    refused: list[str] = []
    remedies: list[str] = []
    names = _order(platform, session) if backend == AUTO else (backend,)
    by_hand = _by_hand(chord, environ) if session is Session.WAYLAND else ""
    for name in names:
        try:
            hotkey = every[name]()
            begin(hotkey)
            return Choice(hotkey, tuple(refused), "" if name == "wayland_portal" else by_hand)
        except ChordTaken:
            raise
        except Unavailable as problem:
            refused.append(refusal(name, problem.sentence))
            remedies.append(problem.remedy)

    unheard = _("{chord} cannot be listened for.").format(chord=chord.display(platform))
    sentence = together([unheard, *refused])
    usual = _('Set hotkey.backend = "auto" in the settings.') if backend != AUTO else ""
    raise Unavailable(sentence, by_hand or next(filter(None, remedies), usual))


def _session(platform: str, environ: Mapping[str, str]) -> Session:
    """How the screen is reached, where there is more than one way."""
    if platform in ("win32", "darwin"):
        return Session.NONE
    from snapper.capture.xwayland import is_xwayland

    return session_of(environ, is_xwayland)


def _order(platform: str, session: Session) -> tuple[str, ...]:
    """What to try, in order. A grab in XWayland sees the chord while an X11 program (TWS) is in front."""
    if platform in ("win32", "darwin"):
        return ("win32_register" if platform == "win32" else "mac_carbon", "pynput_listener")
    first = ("wayland_portal",) if session is Session.WAYLAND else ()
    return (*first, "x11_grab", "pynput_listener")


def _by_hand(chord: Chord, environ: Mapping[str, str]) -> str:
    from snapper.binding import steps

    return steps(chord, desktop_of(environ))


def _every(
    chord: Chord,
    platform: str,
    environ: Mapping[str, str],
    on_lost: OnLost | None = None,
    on_told: OnTold | None = None,
) -> dict[str, Callable[[], Hotkey]]:
    """Every backend by name; a named one is tried wherever it is."""

    def x11_grab() -> Hotkey:
        from snapper.hotkey.x11_grab import X11Grab

        return X11Grab(chord, environ)

    def mac_carbon() -> Hotkey:
        from snapper.hotkey.mac_carbon import MacCarbon

        return MacCarbon(chord)

    def win32_register() -> Hotkey:
        from snapper.hotkey.win32_register import Win32Register

        return Win32Register(chord)

    def pynput_listener() -> Hotkey:
        from snapper.hotkey.pynput_listener import PynputListener

        return PynputListener(chord, platform, environ)

    def wayland_portal() -> Hotkey:
        from snapper.hotkey.wayland_portal import PortalShortcut

        return PortalShortcut(chord, environ, on_lost, on_told)

    return {
        "wayland_portal": wayland_portal,
        "x11_grab": x11_grab,
        "win32_register": win32_register,
        "mac_carbon": mac_carbon,
        "pynput_listener": pynput_listener,
    }
