"""From the press to the outbox: freeze, ask in the note window, keep. No hotkeys, tray or delivery here.

Two threads matter. The one that sees the press freezes the screen itself, so that no window can delay it; the
thread of the windows shows and asks. Slow work (finding and packing logs) has threads of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from snapper import flow
from snapper.answer import Answer, Picture
from snapper.capture import Screen
from snapper.capture.frame import Frame, flaw
from snapper.capture.png import encode
from snapper.capture.windows import Windows
from snapper.errors import SnapperError
from snapper.logs.today import TodaysLogs
from snapper.outbox import Outbox
from snapper.state import Entry
from snapper.ui.loop import Loop
from snapper.ui.note_window import NoteWindow
from snapper.unsent import Unsent, UnsentNote
from snapper.words import moment_text


@dataclass(frozen=True)
class Wish:
    """What the note window offers first."""

    picture: Picture
    logs: bool = True
    to_ticket: bool = False


@dataclass
class Moment:
    """What belongs to one press: the frozen frame or why there is none, and the logs once they are found."""

    frame: Frame | None
    trouble: str | None = None
    wish: Wish | None = None
    server_time: int = 0
    logs: TodaysLogs | None = None
    logs_looked_for: threading.Event = field(default_factory=threading.Event)


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
        find_logs: flow.FindLogs,
        note: NoteWindow,
        usual: Wish,
        told: Told,
    ) -> None:
        self._loop = loop
        self._screen = screen
        self._windows = windows
        self._outbox = outbox
        self._find_logs = find_logs
        self._usual = usual
        self._told = told
        self._open = threading.Event()  # from the press until the window is closed
        self._moment = Moment(None)
        self._unsent = UnsentNote(outbox.folder)
        self._pen = ThreadPoolExecutor(1, "unsent-note")  # one after the other, and never in the windows' way
        self._note = note
        note.edited.connect(self._save)
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
        remark = moment.trouble or (flaw(moment.frame) if moment.frame else None)
        self._note.present(moment.frame, remark=remark)
        wish = moment.wish or self._usual
        self._note.preset(wish.picture, logs=wish.logs, to_ticket=wish.to_ticket)
        self._windows.activate(self._note.handle, moment.server_time)
        self._offer_unsent()
        threading.Thread(target=lambda: self._look_up(moment), name="look-up", daemon=True).start()

    def _offer_unsent(self) -> None:
        if unsent := self._unsent.load():
            when = moment_text(datetime.fromtimestamp(unsent.at, UTC), datetime.now(UTC))
            said = f"You wrote this at {when}, and snapper ended before it was sent."
            self._note.restore(unsent.note, unsent.ticket, said)

    def _save(self, note: str, ticket: str) -> Future[None]:
        return self._pen.submit(self._unsent.save, Unsent(note, ticket, self._outbox.clock()))

    def _raise(self) -> None:
        self._note.present(self._moment.frame)
        self._windows.activate(self._note.handle, 0)

    def _look_up(self, moment: Moment) -> None:
        """Find what the window shows a moment later: the logs, and how large the pictures are as files."""
        try:
            moment.logs = found = self._find_logs(datetime.now().astimezone())
        finally:
            moment.logs_looked_for.set()
        self._show(moment, lambda: self._note.set_logs(found))
        if frame := moment.frame:
            choices = (Picture.SCREEN, Picture.WINDOW)
            sizes = {picture: len(encode(flow.shown_in(frame, picture))) for picture in choices}
            self._show(moment, lambda: self._note.set_picture_sizes(sizes))

    def _show(self, moment: Moment, action: Callable[[], None]) -> None:
        self._loop.post(lambda: action() if moment is self._moment else None)

    def _on_submitted(self, answer: Answer) -> None:
        moment = self._moment
        threading.Thread(target=lambda: self._keep(answer, moment), name="keep").start()

    def _keep(self, answer: Answer, moment: Moment) -> None:
        """In a thread of its own: the window closes as soon as the report is safe, the logs follow."""
        accepted: list[str] = []

        def accept(report_id: str) -> None:
            accepted.append(report_id)
            self._loop.post(self._close)

        def logs_of_the_press(day: datetime) -> TodaysLogs:
            moment.logs_looked_for.wait()
            return moment.logs or self._find_logs(day)

        try:
            self._save(answer.note, answer.ticket or "").result()
            entry = flow.keep(
                self._outbox, answer, frame=moment.frame, find_logs=logs_of_the_press, accepted=accept
            )
            self._loop.post(lambda: self._told.kept(entry))
        except SnapperError as error:
            self._loop.post(self._not_kept(error, bool(accepted)))
        except Exception:
            # A mistake of ours must not take the text with it: the window comes back before it is reported.
            mistake = SnapperError("Something went wrong inside snapper.", "Please try again.")
            self._loop.post(self._not_kept(mistake, bool(accepted)))
            raise

    def _not_kept(self, error: SnapperError, accepted: bool) -> Callable[[], None]:
        if accepted:
            return lambda: self._told.not_kept(f"Your note and picture are kept. {error}")
        return lambda: self._note.keep_open(error.sentence, error.remedy)

    def _close(self) -> None:
        before = self._moment.frame.active if self._moment.frame else None
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
