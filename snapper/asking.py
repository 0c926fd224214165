"""From the press to the outbox: freeze, ask in the note window, keep. No hotkeys, tray or delivery here.

Two threads matter. The one that sees the press freezes the screen itself, so that no window can delay it; the
thread of the windows shows and asks. Slow work (looking up, packing logs) has threads of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from snapper import flow
from snapper.answer import Answer, Picture
from snapper.capture import Screen
from snapper.capture.frame import Frame, flaw
from snapper.capture.windows import Windows
from snapper.destinations import DESK
from snapper.errors import SnapperError
from snapper.looking_up import LookUp
from snapper.outbox import Outbox
from snapper.privacy.classes import Private
from snapper.rehearsing import Rehearsed
from snapper.sources import ThisMachine
from snapper.state import Entry
from snapper.ui.loop import Loop
from snapper.ui.note_window import NoteWindow
from snapper.unsent import Unsent, UnsentNote
from snapper.words import moment_text, size_text


@dataclass(frozen=True)
class Wish:
    """What the note window offers first."""

    picture: Picture
    logs: bool = True
    to_ticket: bool = False
    days: int = 0
    keep: frozenset[Private] = frozenset()
    files: tuple[Path, ...] = ()


@dataclass
class Moment:
    """What belongs to one press: the frozen frame or why there is none, and what is looked up for it."""

    frame: Frame | None
    trouble: str | None = None
    wish: Wish | None = None
    server_time: int = 0
    look_up: LookUp | None = None
    rehearsed: Rehearsed | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that go along."""
        return self.wish.files if self.wish else ()


@dataclass(frozen=True)
class Told:
    """Who hears how asking ended; called in the thread of the windows."""

    kept: Callable[[Entry], None]
    not_kept: Callable[[str], None]
    cancelled: Callable[[], None]
    has_keyboard: Callable[[], None]


class Asking:
    """One note window, reused for every press."""

    def __init__(
        self,
        loop: Loop,
        screen: Screen,
        windows: Windows,
        outbox: Outbox,
        sources: ThisMachine,
        note: NoteWindow,
        usual: Wish,
        told: Told,
    ) -> None:
        self._loop = loop
        self._screen = screen
        self._windows = windows
        self._outbox = outbox
        self._sources = sources
        self._usual = usual
        self._told = told
        self._open = threading.Event()  # from the press until the window is closed
        self._moment = Moment(None)
        self._unsent = UnsentNote(outbox.folder)
        self._pen = ThreadPoolExecutor(1, "unsent-note")  # one after the other, and never in the windows' way
        self._note = note
        note.edited.connect(self._on_edited)
        note.destination_chosen.connect(lambda name: self._looking(lambda look: look.ask_for_room(name)))
        note.ticket_asked.connect(
            lambda name, number: self._looking(lambda look: look.look_at_ticket(name, number))
        )
        note.logs_wish_changed.connect(lambda choice: self._looking(lambda look: look.look_again(choice)))
        note.sizes_asked.connect(lambda choice: self._looking(lambda look: look.measure(choice)))
        note.contents_asked.connect(self._rehearse)
        note.contents_accepted.connect(self._on_rehearsal_accepted)
        note.contents_dropped.connect(self._drop_rehearsal)
        note.submitted.connect(self._on_submitted)
        note.cancelled.connect(self._on_cancelled)
        note.focused.connect(told.has_keyboard)

    def press(self, server_time: int = 0, wish: Wish | None = None) -> None:
        """Freeze now and ask; from any thread. A second press raises the window that is open."""
        if self._open.is_set():
            self._loop.post(self._raise)
            return
        self._open.set()
        moment = self._freeze()
        moment.server_time, moment.wish = server_time, wish
        self._loop.post(lambda: self._ask(moment))

    def ask_about(self, frame: Frame) -> None:
        """Ask for a note on a frame frozen before; from the thread of the windows."""
        self._open.set()
        self._ask(Moment(frame))

    def _freeze(self) -> Moment:
        try:
            frame = self._screen.grab()
        except SnapperError as error:
            return Moment(None, str(error))
        return Moment(frame)

    def _ask(self, moment: Moment) -> None:
        self._moment = moment
        wish = moment.wish or self._usual
        remark = moment.trouble or (flaw(moment.frame) if moment.frame else None)
        self._note.present(moment.frame, remark=_with_files(remark, wish.files))
        self._note.preset(wish.picture, logs=wish.logs, to_ticket=wish.to_ticket)
        self._note.preset_logs(wish.days)
        self._note.preset_privacy(wish.keep)
        self._windows.activate(self._note.handle, moment.server_time)
        self._offer_unsent()
        moment.look_up = LookUp(
            self._loop, self._note, self._windows, self._sources, moment.frame, wish.days, self._outbox.folder
        )
        moment.look_up.begin()

    def _offer_unsent(self) -> None:
        if unsent := self._unsent.load():
            when = moment_text(datetime.fromtimestamp(unsent.at, UTC), datetime.now(UTC))
            said = f"You wrote this at {when}, and snapper ended before it was sent."
            to = unsent.destination or DESK
            if to not in {each.name for each in self._sources.destinations}:
                # A number means another ticket elsewhere.
                self._note.restore(unsent.note, "", to, f"{said} “{to}” is no longer in the settings.")
                return
            self._note.restore(unsent.note, unsent.ticket, to, said)

    def _looking(self, action: Callable[[LookUp], None]) -> None:
        if self._moment.look_up:
            action(self._moment.look_up)

    def _on_edited(self, note: str, ticket: str, destination: str) -> None:
        self._save(note, ticket, destination)
        self._looking(lambda look: look.check_note(note))

    def _save(self, note: str, ticket: str, destination: str) -> Future[None]:
        return self._pen.submit(self._unsent.save, Unsent(note, ticket, self._outbox.clock(), destination))

    def _raise(self) -> None:
        self._note.present(self._moment.frame)
        self._windows.activate(self._note.handle, 0)

    def _on_submitted(self, answer: Answer) -> None:
        moment = self._moment
        threading.Thread(target=lambda: self._keep(answer, moment), name="keep").start()

    def _keep(self, answer: Answer, moment: Moment) -> None:
        """In a thread of its own: the window closes as soon as the report is safe, the logs follow."""
        accepted: list[str] = []

        def accept(report_id: str) -> None:
            accepted.append(report_id)
            self._loop.post(self._close)

        def keep() -> Entry:
            self._save(answer.note, answer.ticket or "", answer.destination).result()
            return flow.keep(
                self._outbox, answer, self._sources, frame=moment.frame, files=moment.files, accepted=accept
            )

        if moment.look_up:
            moment.look_up.remember(answer)
        self._keeping(keep, lambda: bool(accepted))

    def _keeping(self, keep: Callable[[], Entry], accepted: Callable[[], bool]) -> None:
        try:
            entry = keep()
            self._loop.post(lambda: self._told.kept(entry))
        except SnapperError as error:
            self._loop.post(self._not_kept(error, accepted()))
        except Exception:
            # A mistake of ours must not take the text with it: the window comes back before it is reported.
            mistake = SnapperError("Something went wrong inside snapper.", "Please try again.")
            self._loop.post(self._not_kept(mistake, accepted()))
            raise

    # --- exactly what will be sent ------------------------------------------------------------------------

    def _rehearse(self, answer: Answer) -> None:
        """Make the report as if it were submitted, and show it."""
        self._drop_rehearsal()
        moment = self._moment
        moment.rehearsed = Rehearsed(self._outbox, answer, self._sources, moment.frame, moment.files)
        moment.rehearsed.begin(
            ready=lambda parts: self._show(moment, lambda: self._note.show_contents(parts)),
            failed=lambda sentence: self._show(moment, lambda: self._note.contents_failed(sentence)),
        )

    def _on_rehearsal_accepted(self) -> None:
        """What was shown is what is kept, byte for byte."""
        rehearsed, self._moment.rehearsed = self._moment.rehearsed, None
        if rehearsed:
            self._looking(lambda look: look.remember(rehearsed.answer))
            keep = lambda: rehearsed.submit(then=lambda: self._loop.post(self._close))  # noqa: E731
            threading.Thread(target=lambda: self._keeping(keep, lambda: False), name="keep").start()

    def _drop_rehearsal(self) -> None:
        rehearsed, self._moment.rehearsed = self._moment.rehearsed, None
        if rehearsed:
            rehearsed.drop()

    def _show(self, moment: Moment, action: Callable[[], None]) -> None:
        self._loop.post(lambda: action() if moment is self._moment else None)

    # --- the end ------------------------------------------------------------------------------------------

    def _not_kept(self, error: SnapperError, accepted: bool) -> Callable[[], None]:
        if accepted:
            return lambda: self._told.not_kept(f"Your note and picture are kept. {error}")
        return lambda: self._note.keep_open(error.sentence, error.remedy)

    def _close(self) -> None:
        before = self._moment.frame.active if self._moment.frame else None
        self._looking(LookUp.end)
        self._drop_rehearsal()
        self._moment = Moment(None)
        self._note.finish()
        self._pen.submit(self._unsent.clear)
        if before:
            self._windows.activate(before.handle, 0)
        self._open.clear()
        self._told.has_keyboard()

    def _on_cancelled(self) -> None:
        self._close()
        self._told.cancelled()


def _with_files(remark: str | None, files: Sequence[Path]) -> str | None:
    """What the note window says of files that go along, after what there is to say of the picture."""
    said = [f"{file.name} goes along ({size_text(file.stat().st_size)})." for file in files]
    return " ".join([remark, *said] if remark else said) or None
