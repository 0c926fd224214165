"""What the resident program does when a second snapper is started: it shows itself, or asks for a note.

The second one waits until it is told how it ended. Requests come in a thread that must not wait for anything.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from snapper.asking import Asking
from snapper.capture.frame import Frame
from snapper.capture.part import part_of
from snapper.errors import NoSuchReport, SnapperError
from snapper.instance import ASK_LOCK, Caller, Handler, place, serve
from snapper.instance.messages import Do, Reply, Request, Said, Why
from snapper.language import _, together
from snapper.outbox import Outbox
from snapper.state import Entry, State
from snapper.ui.loop import Loop

LOOK_SECONDS = 2.0  # how often it is looked what became of a report that another process may have sent
LISTENING = "listening"  # what a notice of this is about
_TOKEN = "XDG_ACTIVATION_TOKEN"

log = logging.getLogger(__name__)


def how_it_listens(chord: str, paused: bool, problem: str) -> str:
    """What a person is told who starts snapper once more; without a chord a problem says why."""
    if paused:
        return _(
            "snapper is running already, but it is paused: its keys do nothing until you choose Pause in the "
            "menu of its icon once more."
        )
    if not chord:
        running = _("snapper is running already.")
        return together((running, problem))
    return _("snapper is listening already. Press {chord} to report what you see.").format(chord=chord)


class SecondStart:
    """Answers second starts. `show_self` shows the resident program and returns the sentence that says how it
    listens; `paused` tells whether nothing is delivered now."""

    def __init__(
        self,
        loop: Loop,
        asking: Asking,
        outbox: Outbox,
        show_self: Callable[[], str],
        paused: Callable[[], bool],
    ) -> None:
        self._loop = loop
        self._asking = asking
        self._outbox = outbox
        self._here = place(sys.platform, os.environ)
        self._show_self = show_self
        self._paused = paused
        self._waiting: list[tuple[str, _Waiting]] = []  # report ids, and who waits for how they end
        self._looking = False
        self._started = threading.Event()

    def serving(self) -> contextlib.AbstractContextManager[None]:
        """Second starts can talk to this program for the time of the block; its windows come alive in it."""
        self._loop.post(self._started.set)
        return _serving(self._outbox.folder, self.on_request)

    def on_request(self, request: Request, caller: Caller) -> None:
        """Do what a second start wants; in the server's thread."""
        if request.is_elsewhere(self._here):
            caller.tell(Reply(Said.REFUSED, why=Why.ELSEWHERE))
        elif request.do is Do.SHOW and not self._started.is_set():
            caller.tell(Reply(Said.DONE, sentence=_("snapper is being started already.")))
        elif request.do is Do.SHOW:
            self._loop.post(lambda: self._show(request, caller))
        else:
            guest = _Waiting(self, request, caller)
            self._loop.post(guest.accept)  # by the windows' thread: if that hangs, nobody waits for it
            press = (request.pressed_at, None, guest)
            threading.Thread(target=self._asking.press, args=press, name="press", daemon=True).start()

    def outcome(self, entry: Entry) -> None:
        """An attempt to deliver a report has ended."""
        for waiting in self._taken(entry.id):
            waiting.over(entry.state)

    def _show(self, request: Request, caller: Caller) -> None:
        if not caller.gone():  # it has given up on a program that hung
            with coming_forward(request.activation):
                sentence = self._show_self()
            caller.tell(Reply(Said.DONE, sentence=sentence))

    # --- who waits ----------------------------------------------------------------------------------------

    def wait_for(self, entry: Entry, waiting: _Waiting) -> None:
        """Tell somebody how a report that is now kept ends, once it is known."""
        self._waiting.append((entry.id, waiting))
        self._settle(entry)
        if self._waiting and not self._looking:
            self._looking = True
            self._loop.later(LOOK_SECONDS, self._look)

    def _settle(self, entry: Entry) -> None:
        """Nobody waits for what does not happen: it was tried, it is held back, or nothing is sent now."""
        tried = entry.delivery.attempts > 0 or entry.state is not State.WAITING
        if tried or self._paused():
            self.outcome(entry)

    def _look(self) -> None:
        for report_id in {each for each, _who in self._waiting}:
            try:
                self._settle(self._outbox.entry(report_id))
            except NoSuchReport:  # discarded meanwhile
                for waiting in self._taken(report_id):
                    waiting.over(None)
        self._looking = bool(self._waiting)
        if self._looking:
            self._loop.later(LOOK_SECONDS, self._look)

    def _taken(self, report_id: str) -> list[_Waiting]:
        taken = [waiting for each, waiting in self._waiting if each == report_id]
        self._waiting = [each for each in self._waiting if each[0] != report_id]
        return taken


class OneNote:
    """Answers second starts for a snapper that asks for a single note: its window comes to the front.

    What it serves is its own lock, so that a listener can be started beside it.
    """

    def __init__(self, loop: Loop, asking: Asking, outbox: Path) -> None:
        self._loop = loop
        self._asking = asking
        self._lock = outbox / ASK_LOCK
        self._here = place(sys.platform, os.environ)

    def serving(self) -> contextlib.AbstractContextManager[None]:
        """Second starts can talk to this program for the time of the block."""
        return _serving(self._lock, self.on_request)

    def on_request(self, request: Request, caller: Caller) -> None:
        """Show the note; in the server's thread."""
        if request.is_elsewhere(self._here):
            caller.tell(Reply(Said.REFUSED, why=Why.ELSEWHERE))
        else:
            self._loop.post(lambda: self._show(request, caller))

    def _show(self, request: Request, caller: Caller) -> None:
        if caller.gone():
            return
        with coming_forward(request.activation):
            shown = self._asking.bring_back(request.pressed_at)
        caller.tell(Reply(Said.DONE) if shown else Reply(Said.REFUSED, why=Why.BUSY))


@contextlib.contextmanager
def _serving(whom: Path, handler: Handler) -> Iterator[None]:
    try:
        server = serve(whom, handler, sys.platform, os.environ)
    except OSError as error:  # the chord, the tray and the delivery need none of it
        log.debug("Second starts cannot talk to this program: %s", error)
        yield
        return
    try:
        yield
    finally:
        server.stop()


class _Waiting:
    """A second `snapper capture --ask`: a Guest of Asking."""

    def __init__(self, owner: SecondStart, request: Request, caller: Caller) -> None:
        self._owner = owner
        self._request = request
        self._caller = caller
        self._accepted = False
        self._report = ""

    def accept(self) -> None:
        """Tell it that it need not do the work by itself."""
        self._accepted = not self._caller.gone() and self._caller.tell(Reply(Said.ACCEPTED))

    def part_of(self, frame: Frame) -> Frame:
        """The window or the monitor it asked for."""
        return part_of(frame, self._request.window, self._request.monitor)

    def refused(self, error: SnapperError) -> None:
        """Its wish cannot be fulfilled."""
        words = {"sentence": error.sentence, "remedy": error.remedy}
        self._caller.tell(Reply(Said.REFUSED, why=Why.IMPOSSIBLE, **words))

    def gone(self) -> bool:
        """Whether it has given up, and does the work by itself."""
        return not self._accepted or self._caller.gone()

    def coming_forward(self) -> contextlib.AbstractContextManager[None]:
        """With what the desktop gave it."""
        return coming_forward(self._request.activation)

    def joined(self) -> None:
        """The picture that goes is an earlier one."""
        self._caller.tell(Reply(Said.JOINED))

    def kept(self, entry: Entry) -> None:
        """The report is safe, whatever becomes of this program."""
        self._report = entry.id
        self._caller.tell(Reply(Said.KEPT, state=entry.state, report=entry.id))
        self._owner.wait_for(entry, self)

    def over(self, state: State | None) -> None:
        """How it ended."""
        self._caller.tell(Reply(Said.ENDED, state=state or "", report=self._report))


@contextlib.contextmanager
def coming_forward(token: str) -> Iterator[None]:
    """Within it a window may come to the front by this token of a Wayland desktop; the toolkit reads it."""
    if not token:
        yield
        return
    os.environ[_TOKEN] = token
    try:
        yield
    finally:
        os.environ.pop(_TOKEN, None)
