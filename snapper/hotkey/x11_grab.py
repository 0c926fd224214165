"""The chord on X11: XGrabKey takes it, RECORD sees it where a menu holds the keyboard.

The grab is synchronous: from the press on, the server holds every key back until `release_keys`, so that
what is typed next reaches the window that is about to appear and not the program underneath. The keys are
let go one by one until they are no longer the chord's own, and then all at once and in order. If nobody asks,
they go after HELD_SECONDS; if the process dies, the server lets them go by itself.

A passive grab does not fire while another program holds an active one, as menus do. There the press is seen
through RECORD only; the keys are the menu's then, and nothing is held back. Whichever of the two sees a press
first tells of it; the server's timestamp makes sure that it is told once.
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections.abc import Mapping
from itertools import product
from typing import Any

from snapper.errors import ChordTaken, Unavailable
from snapper.hotkey.chord import Chord, already_taken, choose_another
from snapper.hotkey.presses import OnPress, Press, Presses
from snapper.hotkey.streams import X11Stream
from snapper.hotkey.x11_display import connect, keyboard
from snapper.hotkey.x11_keys import Place, place
from snapper.hotkey.x11_record import KeyEvent, Recorder, later
from snapper.language import _

HELD_SECONDS = 1.5  # a keyboard that answers no sooner seems broken

_RELEASE, _STOP = b"r", b"s"

log = logging.getLogger(__name__)


class X11Grab:
    """Takes the chord from an X server (`DISPLAY`); raises Unavailable where there is none."""

    name = "x11_grab"

    def __init__(self, chord: Chord, environ: Mapping[str, str]) -> None:
        self._chord = chord
        self._display_name = environ.get("DISPLAY", "")
        self._display = connect(self._display_name)
        self._recorder: Recorder | None = None
        self._thread: threading.Thread | None = None
        self._running = False
        self._wake_reader, self._wake_writer = os.pipe()
        self._lock = threading.Lock()
        self._told: int | None = None  # server time of the last press that was told
        self._held_at: int | None = None  # server time of the press that holds the keyboard
        self._deadline: float | None = None
        self._released_at: int | None = None  # of the chord's key, while letting go
        self.notes = _notes(self._display, environ)

    def start(self, on_press: OnPress) -> None:
        """Take the chord and listen; raises ChordTaken, Unavailable."""
        try:
            self._take_chord()
            if Recorder.possible(self._display):
                self._recorder = Recorder(connect(self._display_name), self._recorded)
        except Unavailable:
            self._close()
            raise
        self._running = True
        self._presses = Presses(on_press, on_failure=lambda: self._wake(_STOP))
        self._thread = threading.Thread(target=self._run, name="snapper-hotkey", daemon=True)
        self._thread.start()

    def release_keys(self) -> None:
        """Let the keys that were held back go to whatever window has the focus now; any thread."""
        self._wake(_RELEASE)

    def stop(self) -> None:
        """Give the chord back; the keyboard is free when this returns. May be called again, from anywhere."""
        if self._thread is None:
            self._close()
            return
        self._wake(_STOP)
        self._thread.join()
        self._presses.close()

    # --- the thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        from Xlib.error import ConnectionClosedError

        try:
            while self._running:
                self._read()
                self._wait()
            self._give_back()
        except ConnectionClosedError:
            log.warning("The X server has gone; %s is not listened for any more.", self._chord)
        finally:
            self._close()

    def _read(self) -> None:
        """Take all that has arrived; a select() would not see what is already in the client's memory."""
        if self._recorder:
            self._recorder.read()
        while count := self._display.pending_events():
            events = [self._display.next_event() for _ in range(count)]
            remapped = [self._take(event) for event in events]
            if any(remapped):
                self._follow_mapping()

    def _wait(self) -> None:
        sources = [self._display, self._wake_reader, *([self._recorder] if self._recorder else [])]
        left = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        ready, _, _ = select.select(sources, [], [], left)
        if self._wake_reader in ready:
            self._obey(os.read(self._wake_reader, 64))
        elif self._deadline is not None and time.monotonic() >= self._deadline:
            self._release()

    def _obey(self, words: bytes) -> None:
        if _STOP in words:
            self._running = False
        elif _RELEASE in words:
            self._release()

    # --- events -------------------------------------------------------------------------------------------

    def _recorded(self, event: KeyEvent) -> None:
        if self._stream.take(event.code, event.down, event.state):
            self._tell(event.time)

    def _take(self, event: Any) -> bool:
        """Handle an event of the grabbing connection; True when the keyboard was mapped anew."""
        from Xlib import X

        if event.type == X.KeyPress:
            self._pressed(event)
        elif event.type == X.KeyRelease:
            self._released(event)
        return bool(event.type == X.MappingNotify)

    def _pressed(self, event: Any) -> None:
        if event.detail != self._place.key:
            self._replay(event.time)
        elif event.time == self._released_at:
            self._step(event.time)  # a held key repeats as release and press of the same time
        else:
            self._caught(event.time)

    def _caught(self, at: int) -> None:
        """The grab has caught the chord, and the keyboard is held back."""
        self._tell(at)
        self._held_at, self._deadline = at, time.monotonic() + HELD_SECONDS

    def _released(self, event: Any) -> None:
        if event.detail == self._place.key:
            self._released_at = event.time
        if event.detail == self._place.key or event.detail in self._place.modifiers:
            self._step(event.time)
        else:
            self._replay(event.time)

    def _tell(self, at: int) -> None:
        if self._told is None or later(at, self._told):
            self._told = at
            self._presses.tell(Press(time.monotonic(), at))

    # --- letting go ---------------------------------------------------------------------------------------

    def _release(self) -> None:
        self._deadline = None
        if self._held_at is not None:
            self._step(self._held_at)
            self._held_at = None

    def _step(self, at: int) -> None:
        """Take one more event out of the queue: repeats and releases of the chord itself are nobody's.

        The release of the chord's key ends the grab in the server, and the rest flows. A time from before a
        newer press makes this a no-op, as it should be.
        """
        from Xlib import X

        self._display.allow_events(X.SyncKeyboard, at)
        self._display.flush()

    def _replay(self, at: int) -> None:
        """Let this event and all that follow go where they would have gone."""
        from Xlib import X

        self._display.allow_events(X.ReplayKeyboard, at)
        self._display.flush()

    # --- taking the chord ---------------------------------------------------------------------------------

    def _take_chord(self) -> None:
        chosen = place(self._chord, keyboard(self._display))
        if not self._grab(chosen):
            raise ChordTaken(already_taken(str(self._chord)), choose_another(self._chord))
        self._settle(chosen)

    def _settle(self, chosen: Place) -> None:
        self._place = chosen
        self._stream = X11Stream(self._chord, chosen)

    def _grab(self, chosen: Place) -> bool:
        """Whether no other program holds the chord in any of its states."""
        from Xlib import X
        from Xlib.error import BadAccess, CatchError

        refused = CatchError(BadAccess)
        for root, state in product(self._roots(), chosen.states()):
            root.grab_key(chosen.key, state, False, X.GrabModeAsync, X.GrabModeSync, onerror=refused)
        self._display.sync()
        return refused.get_error() is None

    def _ungrab(self, chosen: Place) -> None:
        for root, state in product(self._roots(), chosen.states()):
            root.ungrab_key(chosen.key, state)
        self._display.sync()

    def _roots(self) -> list[Any]:
        return [self._display.screen(number).root for number in range(self._display.screen_count())]

    def _follow_mapping(self) -> None:
        """The keyboard has changed (another layout, another keyboard): the chord may lie elsewhere now."""
        before = self._place
        try:
            after = place(self._chord, keyboard(self._display))
        except Unavailable as problem:
            log.warning("After a change of keyboard: %s", problem)
            return
        if after == before:
            return
        self._ungrab(before)
        if not self._grab(after):
            log.warning("After a change of keyboard, another program holds %s there.", self._chord)
        self._settle(after)

    def _give_back(self) -> None:
        from Xlib import X

        self._display.ungrab_keyboard(X.CurrentTime)
        self._ungrab(self._place)

    # --- ends ---------------------------------------------------------------------------------------------

    def _wake(self, word: bytes) -> None:
        with self._lock:
            if self._wake_writer >= 0:
                os.write(self._wake_writer, word)

    def _close(self) -> None:
        from Xlib.error import ConnectionClosedError

        with self._lock:
            if self._wake_writer < 0:
                return
            os.close(self._wake_reader)
            os.close(self._wake_writer)
            self._wake_writer = -1
        for connection in (self._recorder, self._display):
            try:
                if connection:
                    connection.close()
            except ConnectionClosedError:
                log.debug("The X server had gone before.")


def _notes(display: Any, environ: Mapping[str, str]) -> tuple[str, ...]:
    notes = []
    if environ.get("WAYLAND_DISPLAY"):
        notes.append(
            _("Under Wayland the chord is only seen while an X11 program, such as TWS, has the focus.")
        )
    if not Recorder.possible(display):
        notes.append(_("This screen has no RECORD extension: while a menu is open, the chord is not seen."))
    return tuple(notes)
