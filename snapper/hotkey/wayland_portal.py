"""The chord through the portal (org.freedesktop.portal.GlobalShortcuts): the desktop takes it, and tells.

The desktop asks the person once and keeps the answer under snapper's name, and the person may choose other
keys there: what they are then, `notes` say, and `on_told` hears it where that is later than `start`. What it
kept is asked for first, because some desktops (KDE) put the question again whenever they are told to bind. It
is put outside `start`, since a person may take their time; a refusal then, or a portal that ends, is told
through `on_lost`. Nothing is held back: letters typed right after the press go to the program in front, until
the note window is there.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from snapper import menu_entry
from snapper.errors import Unavailable
from snapper.hotkey.chord import Chord
from snapper.hotkey.keys import Modifier
from snapper.hotkey.presses import OnPress, Press, Presses
from snapper.language import _, in_english
from snapper.portal import Portal, PortalFailed, Signal, Trouble, results

OnLost = Callable[[Unavailable], None]
OnTold = Callable[[str], None]

_INTERFACE = "org.freedesktop.portal.GlobalShortcuts"
_SESSION = "org.freedesktop.portal.Session"
_ID = "report"  # of the shortcut: what the desktop keeps the keys under
_TOKEN = "snapper"  # of the session: KDE keeps shortcuts by it
_DESCRIPTION = _("Report what you see to support")
_SECONDS = 5.0  # for answers that no person has to give

# XDG Shortcuts Specification: modifiers by these names, the key by its xkb name.
_MODIFIERS = {
    Modifier.CTRL: "CTRL",
    Modifier.ALT: "ALT",
    Modifier.SHIFT: "SHIFT",
    Modifier.SUPER: "LOGO",
}
_XKB_NAMES = {
    "PrintScreen": "Print", "ScrollLock": "Scroll_Lock", "PageUp": "Page_Up", "PageDown": "Page_Down",
    "Space": "space", "Minus": "minus", "Equal": "equal", "Comma": "comma", "Period": "period",
    "Slash": "slash",
}  # fmt: skip

log = logging.getLogger(__name__)


def xkb_name(chord: Chord) -> str:
    """The name of the chord's key in xkb: `h`, `F9`, `Page_Up`."""
    name = chord.key.name
    return name.lower() if len(name) == 1 else _XKB_NAMES.get(name, name)


def trigger(chord: Chord) -> str:
    """The chord as the portal writes it: `CTRL+ALT+h`."""
    return "+".join(
        [*(name for item, name in _MODIFIERS.items() if item in chord.modifiers), xkb_name(chord)]
    )


class PortalShortcut:
    """Has the desktop take the chord; raises Unavailable where its portal offers no keys."""

    name = "wayland_portal"

    def __init__(
        self,
        chord: Chord,
        environ: Mapping[str, str],
        on_lost: OnLost | None = None,
        on_told: OnTold | None = None,
    ) -> None:
        self._chord = chord
        self._environ = environ
        self._on_lost, self._on_told = on_lost, on_told
        self._thread: threading.Thread | None = None
        self._presses: Presses | None = None
        self._wake_reader = self._wake_writer = -1
        self._lock = threading.Lock()  # of the pipe that wakes
        self._binding = ""  # the handle of the question that is open
        self.notes: tuple[str, ...] = ()
        menu_entry.ensure(environ)
        try:
            with Portal(environ) as portal:
                portal.version(_INTERFACE)
        except PortalFailed as error:
            raise self._refusal(error) from error

    def start(self, on_press: OnPress) -> None:
        """Ask for the chord and listen; raises Unavailable. What a person has to decide is not waited for."""
        portal = None
        try:
            portal = Portal(self._environ)
            self._session = self._opened(portal)
            if not self._restored(portal):
                self._ask(portal)
        except PortalFailed as error:
            if portal:
                portal.close()
            raise self._refusal(error) from error
        self._wake_reader, self._wake_writer = os.pipe()
        self._presses = Presses(on_press, on_failure=self._wake)
        self._thread = threading.Thread(target=self._run, args=(portal,), name="snapper-hotkey", daemon=True)
        self._thread.start()

    def release_keys(self) -> None:
        """Nothing is held back here."""

    def stop(self) -> None:
        """Give the chord back: the desktop drops it with the connection. May be called again."""
        if self._thread is None or self._presses is None:
            return
        self._wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._presses.close()

    # --- asking for it ------------------------------------------------------------------------------------

    def _opened(self, portal: Portal) -> str:
        """A new session. Raises PortalFailed."""
        wishes = {"session_handle_token": ("s", _TOKEN)}
        handle = portal.begin(_INTERFACE, "CreateSession", "", (), wishes)
        session = portal.wait(handle, _SECONDS).get("session_handle")
        if not isinstance(session, str) or not session.startswith("/"):
            raise PortalFailed(Trouble.NONSENSE)
        return session

    def _restored(self, portal: Portal) -> bool:
        """Whether the desktop has kept the keys from another time, so that nobody need be asked."""
        try:
            handle = portal.begin(_INTERFACE, "ListShortcuts", "o", (self._session,), {})
            return self._taken(portal.wait(handle, _SECONDS))
        except PortalFailed as error:
            if error.trouble is Trouble.GONE:
                raise
            log.debug("The desktop does not tell what keys it has kept: %s", error)
            return False

    def _ask(self, portal: Portal) -> None:
        wanted = {"description": ("s", _DESCRIPTION), "preferred_trigger": ("s", trigger(self._chord))}
        body = (self._session, [(_ID, wanted)], "")
        self._binding = portal.begin(_INTERFACE, "BindShortcuts", "oa(sa{sv})s", body, {})

    def _taken(self, found: Mapping[str, Any]) -> bool:
        """Whether ours is among the shortcuts; how it is pressed goes into the notes."""
        for name, about in _shortcuts(found.get("shortcuts")):
            if name == _ID:
                keys = about.get("trigger_description")
                told = keys[1] if isinstance(keys, tuple) and len(keys) == 2 else ""
                note = _("The desktop calls the keys “{keys}”.").format(keys=told)
                self.notes = (note,) if told else ()
                return True
        return False

    # --- the thread ---------------------------------------------------------------------------------------

    def _run(self, portal: Portal) -> None:
        try:
            with portal:
                while signal := portal.next_signal(self._wake_reader):
                    self._take(portal, signal)
        except PortalFailed as error:
            self._lost(self._refusal(error))
        finally:
            with self._lock:
                os.close(self._wake_reader)
                os.close(self._wake_writer)
                self._wake_writer = -1

    def _take(self, portal: Portal, signal: Signal) -> None:
        """Handle one signal. Raises PortalFailed when the chord is not ours any more."""
        if portal.ended(signal) or (signal.path == self._session and signal.interface == _SESSION):
            raise PortalFailed(Trouble.GONE)
        if self._binding and signal.path == self._binding:
            self._binding = ""
            self._bound(results(signal))
        elif signal.interface == _INTERFACE and signal.member == "Activated":
            if signal.body[:2] == (self._session, _ID) and self._presses:
                self._presses.tell(Press(time.monotonic()))
        elif signal.member == "ShortcutsChanged" and signal.body[:1] == (self._session,):
            self._taken({"shortcuts": signal.body[-1]})
            self._tell_keys()

    def _bound(self, found: Mapping[str, Any]) -> None:
        """The person has answered. Some desktops bind and do not name what (GNOME 50): listening goes on."""
        if self._taken(found):
            self._tell_keys()
        else:
            self._lost(
                Unavailable(
                    _("The desktop did not say that it took {chord}.").format(chord=self._chord),
                    _(
                        "If nothing happens when you press it, choose the keys for snapper in the desktop's "
                        "settings, under keyboard or applications."
                    ),
                )
            )

    def _tell_keys(self) -> None:
        if self._on_told:
            for note in self.notes:
                self._on_told(note)

    def _lost(self, refusal: Unavailable) -> None:
        log.warning("%s %s", in_english(refusal.sentence), in_english(refusal.remedy))
        if self._on_lost:
            self._on_lost(refusal)

    def _wake(self) -> None:
        with self._lock:
            if self._wake_writer >= 0:
                os.write(self._wake_writer, b"s")

    def _refusal(self, error: PortalFailed) -> Unavailable:
        told = _("The desktop does not give {chord} to snapper.")
        return error.unavailable(told.format(chord=self._chord))


def _shortcuts(told: object) -> list[tuple[str, Mapping[str, Any]]]:
    """Shortcuts as the portal tells them, whatever else it may tell."""
    every = told if isinstance(told, list) else []
    return [(each[0], each[1]) for each in every if _is_shortcut(each)]


def _is_shortcut(each: object) -> bool:
    return (
        isinstance(each, tuple) and len(each) == 2 and isinstance(each[0], str) and isinstance(each[1], dict)
    )
