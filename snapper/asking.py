"""From the press to the outbox: freeze, ask in the note window, keep. No hotkeys, tray or delivery here.

Two threads matter. The one that sees the press freezes the screen itself, so that no window can delay it; the
thread of the windows shows and asks. Slow work (looking up, packing logs) has threads of its own.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from snapper import flow
from snapper.answer import Answer, Picture
from snapper.capture import Screen
from snapper.capture.frame import Frame, flaw
from snapper.capture.windows import Windows
from snapper.destinations import DESK
from snapper.errors import SnapperError, UsageError
from snapper.language import _, together
from snapper.looking_up import LookUp
from snapper.outbox import Outbox
from snapper.privacy.classes import Private
from snapper.rehearsing import Rehearsed
from snapper.sources import ThisMachine
from snapper.state import Entry, State
from snapper.ui.loop import Loop
from snapper.ui.note_window import NoteWindow
from snapper.unsent import Unsent, UnsentNote
from snapper.words import moment_text, size_text

END_SECONDS = 5.0  # for packing what was submitted; what takes longer goes on at the next start


@dataclass(frozen=True)
class Wish:
    """What the note window offers first."""

    picture: Picture
    logs: bool = True
    to_ticket: bool = False
    days: int = 0
    keep: frozenset[Private] = frozenset()
    files: tuple[Path, ...] = ()


class Guest(Protocol):
    """Another process that asked, and waits for how it ends; called in the thread of the windows."""

    def part_of(self, frame: Frame) -> Frame:
        """As much of a picture as was asked for; in the thread of the press. Raises UsageError."""

    def refused(self, error: SnapperError) -> None:
        """No window was opened."""

    def gone(self) -> bool:
        """Whether nobody waits any more."""

    def coming_forward(self) -> AbstractContextManager[None]:
        """Within it, a window may come to the front by the guest's leave."""

    def joined(self) -> None:
        """The window was open already."""

    def kept(self, entry: Entry) -> None:
        """There is a report, and it is safe."""

    def over(self, state: State | None) -> None:
        """Nothing more will be told: there is no report (None), or not yet."""


@dataclass(frozen=True)
class _Press:
    """What a press brings along: see Asking.press."""

    server_time: int
    wish: Wish | None
    guest: Guest | None


@dataclass
class Moment:
    """What belongs to one press: the frozen frame or why there is none, and what is looked up for it."""

    frame: Frame | None
    trouble: str | None = None
    wish: Wish | None = None
    server_time: int = 0
    look_up: LookUp | None = None
    rehearsed: Rehearsed | None = None
    guests: list[Guest] = field(default_factory=list)

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
        self._pressing = threading.Lock()
        self._early: list[_Press] = []  # while the picture is being taken
        self._moment = Moment(None)
        self._unsent = UnsentNote(outbox.folder)
        self._busy: list[threading.Thread] = []  # that make or keep a report
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

    def press(self, server_time: int = 0, wish: Wish | None = None, guest: Guest | None = None) -> None:
        """Freeze now and ask; from any thread. A second press raises the window that is open.

        A `guest` is told how it ends, whether the window is opened for it or was open already.
        """
        press = _Press(server_time, wish, guest)
        with self._pressing:
            was_open = self._open.is_set()
            self._open.set()
        if was_open:
            self._loop.post(lambda: self._raise(press))
            return
        try:
            moment = self._freeze(guest)
        except UsageError as error:
            refusal = error  # an except clause forgets its name
            self._loop.post(lambda: self._not_asked(press, refusal))
            return
        moment.server_time, moment.wish = server_time, wish
        self._loop.post(lambda: self._ask(moment))

    def ask_about(self, frame: Frame) -> None:
        """Ask for a note on a frame frozen before; from the thread of the windows."""
        self._open.set()
        self._ask(Moment(frame))

    def bring_back(self, server_time: int) -> bool:
        """Put the note window in front again, with the picture it has; False when none is open.

        From the thread of the windows.
        """
        if not self._open.is_set() or self._moment.look_up is None:
            return False
        self._note.present(self._moment.frame)
        self._windows.activate(self._note.handle, server_time)
        return True

    def _freeze(self, guest: Guest | None) -> Moment:
        guests = [guest] if guest else []
        try:
            frame = self._screen.grab()
        except SnapperError as error:
            return Moment(None, str(error), guests=guests)
        return Moment(guest.part_of(frame) if guest else frame, guests=guests)

    def _not_asked(self, press: _Press, error: SnapperError) -> None:
        if press.guest:
            press.guest.refused(error)
        self._not_opened()

    def _not_opened(self) -> None:
        """No window after all; who pressed meanwhile counted on one."""
        self._open.clear()
        early, self._early = self._early, []
        for press in early:
            self.press(press.server_time, press.wish, press.guest)

    def _ask(self, moment: Moment) -> None:
        if moment.guests and moment.guests[0].gone():
            self._not_opened()
            return
        moment.guests += [press.guest for press in self._early if press.guest]
        self._early = []
        self._moment = moment
        with moment.guests[0].coming_forward() if moment.guests else contextlib.nullcontext():
            self._open_note(moment)

    def _open_note(self, moment: Moment) -> None:
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
            said = _("You wrote this at {time}, and snapper ended before it was sent.").format(time=when)
            to = unsent.destination or DESK
            if to not in {each.name for each in self._sources.destinations}:
                # A number means another ticket elsewhere.
                gone = _("“{destination}” is no longer in the settings.").format(destination=to)
                self._note.restore(unsent.note, "", to, together((said, gone)))
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

    def _raise(self, press: _Press) -> None:
        if not self._open.is_set():  # closed in this very moment
            self.press(press.server_time, press.wish, press.guest)
        elif self._moment.look_up is None:  # it opens by itself
            self._early.append(press)
        elif press.guest and press.guest.gone():
            pass
        else:
            self._bring_back(press)

    def _bring_back(self, press: _Press) -> None:
        with press.guest.coming_forward() if press.guest else contextlib.nullcontext():
            self.bring_back(press.server_time)
        if press.guest:
            self._moment.guests.append(press.guest)
            press.guest.joined()

    def _on_submitted(self, answer: Answer) -> None:
        moment = self._moment
        self._in_background(lambda: self._keep(answer, moment))

    def _in_background(self, action: Callable[[], None]) -> None:
        thread = threading.Thread(target=action, name="report", daemon=True)
        self._busy = [each for each in self._busy if each.is_alive()] + [thread]
        thread.start()

    def _keep(self, answer: Answer, moment: Moment) -> None:
        """In a thread of its own: the window closes as soon as the report is safe, the logs follow."""
        accepted: list[str] = []

        def accept(report_id: str) -> None:
            accepted.append(report_id)
            self._is_safe()

        def keep() -> Entry:
            self._save(answer.note, answer.ticket or "", answer.destination).result()
            return flow.keep(
                self._outbox, answer, self._sources, frame=moment.frame, files=moment.files, accepted=accept
            )

        if moment.look_up:
            moment.look_up.remember(answer)
        self._keeping(keep, lambda: bool(accepted), moment)

    def _is_safe(self) -> None:
        """There is a report of what was written; this program may end before its window is closed."""
        self._pen.submit(self._unsent.clear)
        self._loop.post(self._close)

    def _keeping(self, keep: Callable[[], Entry], accepted: Callable[[], bool], moment: Moment) -> None:
        try:
            entry = keep()
            self._loop.post(lambda: self._tell_kept(entry, moment))
        except SnapperError as error:
            self._loop.post(self._not_kept(error, accepted(), moment))
        except Exception:
            # A mistake of ours must not take the text with it: the window comes back before it is reported.
            mistake = SnapperError(_("Something went wrong inside snapper."), _("Please try again."))
            self._loop.post(self._not_kept(mistake, accepted(), moment))
            raise

    def _tell_kept(self, entry: Entry, moment: Moment) -> None:
        for guest in moment.guests:
            guest.kept(entry)
        self._told.kept(entry)

    # --- exactly what will be sent ------------------------------------------------------------------------

    def _rehearse(self, answer: Answer) -> None:
        """Make the report as if it were submitted, and show it."""
        self._drop_rehearsal()
        moment = self._moment
        rehearsed = Rehearsed(self._outbox, answer, self._sources, moment.frame, moment.files)
        moment.rehearsed = rehearsed
        self._in_background(
            lambda: rehearsed.run(
                ready=lambda parts: self._show(moment, lambda: self._note.show_contents(parts)),
                failed=lambda sentence: self._show(moment, lambda: self._note.contents_failed(sentence)),
            )
        )

    def _on_rehearsal_accepted(self) -> None:
        """What was shown is what is kept, byte for byte."""
        moment = self._moment
        rehearsed, moment.rehearsed = moment.rehearsed, None
        if rehearsed:
            self._looking(lambda look: look.remember(rehearsed.answer))
            keep = lambda: rehearsed.submit(then=self._is_safe)  # noqa: E731
            self._in_background(lambda: self._keeping(keep, lambda: False, moment))

    def _drop_rehearsal(self) -> None:
        rehearsed, self._moment.rehearsed = self._moment.rehearsed, None
        if rehearsed:
            rehearsed.drop()

    def _show(self, moment: Moment, action: Callable[[], None]) -> None:
        self._loop.post(lambda: action() if moment is self._moment else None)

    # --- the end ------------------------------------------------------------------------------------------

    def _not_kept(self, error: SnapperError, accepted: bool, moment: Moment) -> Callable[[], None]:
        if accepted:
            kept = _("Your note and picture are kept.")
            return lambda: self._tell_unfinished(together((kept, str(error))), moment)
        return lambda: self._note.keep_open(error.sentence, error.remedy)

    def _tell_unfinished(self, sentence: str, moment: Moment) -> None:
        for guest in moment.guests:
            guest.over(State.PREPARING)
        self._told.not_kept(sentence)

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

    def end(self) -> None:
        """The program ends: what was submitted is kept, and of the rest only the text."""
        self._note.end()
        self._looking(LookUp.end)
        self._drop_rehearsal()
        deadline = time.monotonic() + END_SECONDS
        for thread in self._busy:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._pen.shutdown()

    def _on_cancelled(self) -> None:
        guests = self._moment.guests
        self._close()
        for guest in guests:
            guest.over(None)
        self._told.cancelled()


def _with_files(remark: str | None, files: Sequence[Path]) -> str | None:
    """What the note window says of files that go along, after what there is to say of the picture."""
    goes = _("{file} goes along ({size}).")
    said = [goes.format(file=file.name, size=size_text(file.stat().st_size)) for file in files]
    return together([remark or "", *said]) or None
