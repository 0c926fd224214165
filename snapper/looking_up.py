"""What the note window shows a moment after the press, looked up while the trader already writes.

Logs, the TWS that was in front, what should be covered, known problems, sizes: each is shown as soon as it is
there. Nothing here is needed for Submit, and nothing here may delay the press.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from snapper import covers
from snapper.answer import Answer, LogChoice, Picture
from snapper.capture.frame import Frame, Rect
from snapper.capture.png import encode
from snapper.capture.windows import Windows, with_windows
from snapper.language import _
from snapper.logs.found import TodaysLogs, instance_of
from snapper.making import shown_in
from snapper.sources import ThisMachine
from snapper.ticket_look import look_at, unknown
from snapper.ui.loop import Loop
from snapper.ui.note_window import NoteWindow

if TYPE_CHECKING:
    from snapper.logs.known_problems import Match

EXPORT_SECONDS = 1.5  # how often it is looked for a log that the trader is just exporting from TWS


class LookUp:
    """The looking up that belongs to one press; what it finds is shown until end()."""

    def __init__(
        self,
        loop: Loop,
        note: NoteWindow,
        windows: Windows,
        sources: ThisMachine,
        frame: Frame | None,
        days: int,
        memory: Path,
    ) -> None:
        self._loop = loop
        self._note = note
        self._windows = windows
        self._sources = sources
        self._frame = frame
        self._days = days
        self._memory = memory / covers.FILE_NAME  # of what was covered before
        self._remembered: covers.Remembered = {}
        self._words = sources.words  # that must not be seen in a title either
        self._over = threading.Event()
        self._lock = threading.Lock()  # one search for logs at a time
        self._found: TodaysLogs | None = None
        self._matches: Sequence[Match] = ()  # what the logs look like
        self._written = ""
        self._shown: tuple[Rect, ...] = ()  # the covers that were offered

    def begin(self) -> None:
        """Look everything up, in the background; from the thread of the windows."""
        destination = self._note.destination
        if self._frame:
            self._remembered = covers.load(self._memory)
            self._shown = covers.offered(self._frame, self._remembered, self._words)
            self._note.offer_covers(self._shown)
        self._in_background(lambda: self._look(destination))

    def end(self) -> None:
        """The window is closed: show nothing more."""
        self._over.set()

    def _in_background(self, action: Callable[[], None]) -> None:
        threading.Thread(target=action, name="look-up", daemon=True).start()

    def _show(self, action: Callable[[], None]) -> None:
        self._loop.post(lambda: None if self._over.is_set() else action())

    def _look(self, destination: str) -> None:
        self._offer_covers()
        self._find_logs()
        self._weigh()
        self._ask_for_room(destination)
        self._await_export()

    # --- the picture --------------------------------------------------------------------------------------

    def _offer_covers(self) -> None:
        """Titles of TWS show the account: cover them before anybody has looked. The window in front is
        covered at once; the others need to be asked for first."""
        if self._frame is None:
            return
        frame = with_windows(self._frame, self._windows)
        found = covers.offered(frame, self._remembered, self._words)

        def show() -> None:
            # Only what a person could see can have been removed by them.
            self._frame, self._shown = frame, found
            self._note.offer_covers(found)

        self._show(show)

    def remember(self, answer: Answer) -> None:
        """Keep what was covered for the next press; in the background, as it is only a help."""
        if (frame := self._frame) and answer.picture is not Picture.NONE:
            shown, words = self._shown, self._words
            self._in_background(lambda: covers.remember(self._memory, frame, shown, answer.covers, words))

    def _weigh(self) -> None:
        """Show how large the pictures are as files."""
        if frame := self._frame:
            choices = (Picture.SCREEN, Picture.WINDOW)
            sizes = {picture: len(encode(shown_in(frame, picture))) for picture in choices}
            self._show(lambda: self._note.set_picture_sizes(sizes))

    # --- the logs -----------------------------------------------------------------------------------------

    def look_again(self, choice: LogChoice) -> None:
        """Other days were asked for."""
        self._days = choice.days
        self._in_background(self._find_logs)

    def measure(self, choice: LogChoice) -> None:
        """Say how large the logs of a shorter time are."""
        self._in_background(lambda: self._measure(choice))

    def _measure(self, choice: LogChoice) -> None:
        found = self._sources.logs(datetime.now().astimezone(), choice)
        size = sum(log.size for log in found.files)
        self._show(lambda: self._note.set_cut_size(choice, size))

    def _find_logs(self) -> None:
        with self._lock:
            found = self._sources.logs(datetime.now().astimezone(), LogChoice(self._days))
            if found == self._found:
                return
            self._found = found
        active = self._frame.active if self._frame else None
        in_front = instance_of(found, active.pid) if active else None
        keys = [in_front] if in_front else [instance.key for instance in found.instances]
        self._show(lambda: self._note.set_logs(found, keys))
        self._recognise(found)

    def _await_export(self) -> None:
        """Where all logs are sealed the trader may be exporting one right now: pick it up when it appears."""
        while self._found and self._found.only_sealed and not self._over.wait(EXPORT_SECONDS):
            self._find_logs()

    # --- the destination ----------------------------------------------------------------------------------

    def ask_for_room(self, destination: str) -> None:
        """Another destination was chosen, which may take more or less."""
        self._in_background(lambda: self._ask_for_room(destination))

    def _ask_for_room(self, destination: str) -> None:
        room = self._sources.room(destination)
        self._show(lambda: self._note.set_limit(destination, room))

    def look_at_ticket(self, destination: str, number: str) -> None:
        """Show what the ticket that was typed is, or that there is none."""
        self._in_background(lambda: self._look_at_ticket(destination, number))

    def _look_at_ticket(self, destination: str, number: str) -> None:
        look = unknown(destination, number, _("Something went wrong inside snapper."))
        try:
            look = look_at(self._sources.ticket, destination, number)
        finally:  # a mistake of ours is reported, and does not leave the person waiting
            self._show(lambda: self._note.set_ticket(look))

    # --- known problems -----------------------------------------------------------------------------------

    def _recognise(self, found: TodaysLogs) -> None:
        """Show what the logs look like, and the note as far as it is written."""
        self._matches = self._sources.known_problems("", found)
        self._check_note()

    def check_note(self, note: str) -> None:
        """Show what the note looks like, and whether a password stands in it; whenever typing pauses."""
        self._written = note
        self._in_background(self._check_note)

    def _check_note(self) -> None:
        from snapper.logs.known_problems import asks_for_secrets

        note = self._written
        matches = self._sources.ranked([*self._matches, *self._sources.known_problems(note, None)])
        warning = asks_for_secrets(note) or ""
        self._show(lambda: self._note.set_findings(matches))
        self._show(lambda: self._note.set_note_warning(warning))
