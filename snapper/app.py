"""The resident program: hotkey, windows, tray, outbox and delivery, built and connected here only."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from snapper import by_hand, flow, starting
from snapper.answer import Picture
from snapper.asking import Asking, Told, Wish
from snapper.capture import choose_screen
from snapper.capture.frame import Frame
from snapper.config import Settings
from snapper.connect import chord_and_reason, endpoint_of, open_outbox, sources
from snapper.delivery import credentials
from snapper.delivery.network import Watch
from snapper.delivery.worker import Listener, Worker
from snapper.errors import NoSuchReport, SnapperError, Unavailable
from snapper.examining import Examining
from snapper.hotkey import Hotkey, take
from snapper.language import _, together
from snapper.notices import Notice
from snapper.pausing import Pausing
from snapper.privacy.classes import Private
from snapper.second_start import LISTENING, OneNote, SecondStart, how_it_listens
from snapper.signing_in import SigningIn, Then
from snapper.state import RULES, Entry, State
from snapper.telling import TROUBLE, Telling
from snapper.ui.loop import Loop
from snapper.ui.note_window import NoteWindow
from snapper.ui.notifying import Notifying
from snapper.ui.outbox_window import OutboxWindow
from snapper.ui.receipt_window import ReceiptWindow
from snapper.ui.tray import Tray

TRAY_SECONDS = 10.0  # a desktop that is just starting brings its tray along by then
MENU_GONE_SECONDS = 0.3  # the tray's own menu must not be in the picture
RESUME_SECONDS = 60.0  # between attempts to finish a report that a crash or a full disk interrupted

Say = Callable[[str], None]


class App:
    """snapper with windows; `say` takes a sentence for the person who started it.

    Raises Unavailable where there is no screen.
    """

    def __init__(self, settings: Settings, say: Say) -> None:
        self._settings = settings
        self._say = say
        self._outbox = open_outbox(settings)
        self._sources = sources(settings)
        chosen = choose_screen(sys.platform, os.environ)
        self._screen = chosen.screen
        self._windows = chosen.windows
        self._loop = Loop()
        self._receipts = ReceiptWindow()
        self._tray: Tray | None = None
        self._hotkey: Hotkey | None = None
        self._no_chord = ""  # why the keys are not listened for
        self._second_start: SecondStart | None = None
        self._note_over: Callable[[], None] = lambda: None  # another snapper may ask for a note
        self._submitted = ""  # the report that was made last
        self._stopping = threading.Event()
        self._asking = self._build_asking()
        listener = Listener(
            self._going_out,
            self._posting(self._on_outcome),
            self._posting(self._on_trouble),
            self._posting(self._on_slow),
        )
        self._worker = Worker(self._outbox, lambda report: endpoint_of(settings, report), listener)
        self._receipts.export.connect(lambda report, into: self._export(report, into, self._receipts))
        self._pausing = Pausing(self._outbox, self._worker)
        self._signing_in = SigningIn(self._loop, self._outbox, Then(self._retry, self._left_for_later, say))
        self._telling = Telling(
            self._outbox, self._receipts, self._signing_in.wanted, self._asked_to_sign_in, self._show_outbox
        )
        self._notifying: Notifying | None = None
        self._doctor = Examining(self._loop, settings, self._outbox, self._report_findings)

    def _build_asking(self) -> Asking:
        note = NoteWindow(self._sources.destinations)
        told = Told(self._on_submitted, self._on_not_kept, self._on_cancelled, self._let_keys_go)
        return Asking(
            self._loop, self._screen, self._windows, self._outbox, self._sources, note, self._wish(), told
        )

    def _wish(self, **changes: Any) -> Wish:
        """What the note window offers first, by the settings."""
        usual = Wish(
            Picture(self._settings.capture_picture),
            self._settings.logs_include,
            days=self._settings.logs_days,
            keep=frozenset(map(Private, self._settings.privacy_keep)),
        )
        return replace(usual, **changes)

    # --- running ------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Listen for the chord until told to quit; only for who holds the outbox's LISTEN_LOCK."""
        self._build_tray()
        self._second_start = SecondStart(
            self._loop, self._asking, self._outbox, self._show_itself, lambda: self._pausing.on
        )
        with self._second_start.serving():
            self._take_chord()
            self._loop.later(TRAY_SECONDS, self._say_where_it_is)
            return self._run()

    def ask(self, frame: Frame, note_over: Callable[[], None]) -> State | None:
        """Ask for a note on one frame, deliver it, and end when its windows are closed.

        Only for who holds the outbox's ASK_LOCK, which `note_over` lets go of.

        Returns how the report stands then; None when there is none.
        """
        self._receipts.closed.connect(self._loop.quit)
        self._asking.ask_about(frame)
        with contextlib.ExitStack() as asking:
            asking.callback(note_over)
            asking.enter_context(OneNote(self._loop, self._asking, self._outbox.folder).serving())
            self._note_over = asking.close
            self._run()
        try:
            return self._outbox.entry(self._submitted).state if self._submitted else None
        except NoSuchReport:  # discarded by another snapper
            return None

    def _run(self) -> int:
        self._worker.start()
        network = Watch(self._worker.network_changed)
        network.start()
        threading.Thread(target=self._finish_interrupted, name="resume", daemon=True).start()
        try:
            return self._loop.run()
        finally:
            self._stopping.set()
            network.stop()
            if self._hotkey:
                self._hotkey.stop()
            self._asking.end()
            self._worker.stop()
            self._screen.close()
            self._doctor.end()
            if self._notifying:
                self._notifying.close()

    def _finish_interrupted(self) -> None:
        while not self._stopping.is_set():
            try:
                for entry in flow.resume(self._outbox, self._sources):
                    self._posting(self._on_kept)(entry)
            except SnapperError as error:
                self._posting(self._on_trouble)(str(error))
            self._stopping.wait(RESUME_SECONDS)

    def _posting(self, action: Callable[..., None]) -> Callable[..., None]:
        """The action, done in the thread of the windows whoever calls it."""
        return lambda *arguments: self._loop.post(lambda: action(*arguments))

    # --- the chord ----------------------------------------------------------------------------------------

    def _take_chord(self) -> None:
        chord, reason = chord_and_reason(self._settings)
        try:
            chosen = take(
                chord,
                sys.platform,
                os.environ,
                lambda press: self._asking.press(press.server_time),
                self._settings.hotkey_backend,
                on_lost=self._posting(self._chord_lost),
                on_told=self._posting(self._say),
            )
            hotkey = chosen.backend
        except Unavailable as refusal:
            sentence = self._no_chord = str(refusal)
            self._say(sentence)
            self._tell_tray(lambda tray: tray.set_problem(sentence))
            return
        self._hotkey = hotkey
        self._tell_tray(lambda tray: tray.set_problem(""))
        self._tell_tray(lambda tray: tray.set_chord(chord.display(sys.platform)))
        for note in (*hotkey.notes, *filter(None, [chosen.by_hand])):
            self._say(note)
        press = _("Press {chord} to report what you see.").format(chord=chord.display(sys.platform))
        self._say(together((press, reason)))

    def _chord_lost(self, refusal: Unavailable) -> None:
        """The desktop took the chord back, or never gave it."""
        self._no_chord = str(refusal)
        self._say(str(refusal))
        self._tell_tray(lambda tray: tray.set_problem(str(refusal)))

    def _let_keys_go(self) -> None:
        if self._hotkey:
            self._hotkey.release_keys()

    # --- the tray -----------------------------------------------------------------------------------------

    def _build_tray(self) -> None:
        tray, self._list = Tray(), OutboxWindow([each.name for each in self._sources.destinations])
        tray.capture_screen.connect(lambda: self._press_from_menu(picture=Picture.SCREEN))
        tray.capture_window.connect(lambda: self._press_from_menu(picture=Picture.WINDOW))
        tray.attach.connect(lambda: self._press_from_menu(to_ticket=True))
        tray.outbox.connect(self._show_outbox)
        tray.doctor.connect(self._doctor.show)
        tray.paused.connect(self._pause)
        tray.opening.connect(lambda: self._show_autostart(starting.standing()))
        tray.autostart_chosen.connect(self._switch_autostart)
        tray.quit.connect(self._loop.quit)
        self._receipts.outbox_asked.connect(self._show_outbox)
        self._list.refresh.connect(self._refresh_outbox)
        self._list.retry.connect(self._retry)
        self._list.export.connect(lambda report, into: self._export(report, into, self._list))
        self._list.sign_in.connect(self._sign_in)
        self._list.discard.connect(self._discard)
        self._tray = tray
        self._notifying = Notifying(self._loop, tray, os.environ, sys.platform)
        self._telling.by_notifications(self._notifying)
        self._update_tray()

    def _tell_tray(self, action: Callable[[Tray], None]) -> None:
        if self._tray:
            action(self._tray)

    def _update_tray(self) -> None:
        states = [entry.state for entry in self._outbox.entries() if not RULES[entry.state].finished]
        attention = sum(RULES[state].attention for state in states)
        self._tell_tray(lambda tray: tray.set_reports(len(states), attention))

    def _report_findings(self, file: Path) -> None:
        self._asking.press(wish=self._wish(picture=Picture.NONE, files=(file,)))

    def _press_from_menu(self, **changes: Any) -> None:
        wish = self._wish(**changes)
        self._loop.later(MENU_GONE_SECONDS, lambda: self._asking.press(wish=wish))

    def _say_where_it_is(self) -> None:
        """For a desktop without a tray, or with one that has not come."""
        if self._tray and not self._tray.is_seen():
            self._say(
                _(
                    "There is no tray here for snapper's icon. Everything else works: the keys, and “snapper "
                    "outbox” shows what was sent and what is waiting."
                )
            )

    def _switch_autostart(self, on: bool) -> None:
        standing = starting.switched(self._settings, on)
        self._show_autostart(standing)
        if standing.problem:
            self._say(standing.problem)
            self._telling.say(_("snapper cannot be started by itself"), standing.problem)

    def _show_autostart(self, standing: starting.Standing) -> None:
        self._tell_tray(lambda tray: tray.set_autostart(standing.on, standing.problem))

    def _pause(self, paused: bool) -> None:
        self._pausing.set(paused)
        if paused:
            sentence = _(
                "The keys are free, and nothing is sent. This lasts until you choose Pause again, or start "
                "snapper anew."
            )
            self._telling.say(_("snapper is paused"), sentence)
        if paused and self._hotkey:
            self._hotkey.stop()
            self._hotkey = None
        elif not paused and not self._hotkey:
            self._take_chord()

    def _show_itself(self) -> str:
        """For a person who starts snapper once more: that it runs, and how it is used."""
        chord = chord_and_reason(self._settings)[0].display(sys.platform) if self._hotkey else ""
        sentence = how_it_listens(chord, self._pausing.on, self._no_chord)

        def instead() -> None:
            self._show_outbox()
            self._list.say(sentence)

        if self._notifying:
            self._notifying.show(Notice(LISTENING, _("snapper is running"), sentence), instead)
        return sentence

    # --- the outbox window --------------------------------------------------------------------------------

    def _show_outbox(self) -> None:
        self._receipts.close()  # it never takes the keyboard; the list has all of it, by keys too
        self._refresh_outbox()
        self._list.present()

    def _refresh_outbox(self) -> None:
        self._list.set_entries(self._outbox.entries())

    def _retry(self, report_id: str) -> None:
        self._telling.asked_for(report_id)
        self._worker.deliver_now(report_id)
        if self._pausing.on:
            self._list.say(_("snapper is paused: it is sent when the pause ends."))

    def _export(self, report_id: str, folder: Path, window: OutboxWindow | ReceiptWindow) -> None:
        def save() -> None:
            try:
                saved = by_hand.save(self._outbox, report_id, folder)
                self._posting(window.saved)(saved.sentence, saved.files[0])
            except SnapperError as error:
                self._posting(window.say)(str(error))

        window.say(_("Saving…"))
        threading.Thread(target=save, name="by hand", daemon=True).start()  # a gigabyte takes its time

    def _sign_in(self, report_id: str) -> None:
        with contextlib.suppress(NoSuchReport):  # discarded a moment ago
            self._signing_in.open(self._outbox.entry(report_id))

    def _discard(self, report_id: str) -> None:
        def discard() -> str:
            self._outbox.discard(report_id)
            return _("The report is gone.")

        self._from_list(discard)

    def _from_list(self, action: Callable[[], str]) -> None:
        try:
            self._list.say(action())
        except SnapperError as error:
            self._list.say(str(error))
        self._refresh_outbox()
        self._update_tray()

    # --- what happened ------------------------------------------------------------------------------------

    def _on_submitted(self, entry: Entry) -> None:
        self._submitted = entry.id
        self._note_over()
        self._on_kept(entry)

    def _on_kept(self, entry: Entry) -> None:
        if entry.state is State.HELD:
            self._on_outcome(entry)  # nobody delivers it, so nobody else would say why
        elif self._pausing.on:
            kept = _("Your report is kept on this computer, and sent when the pause ends.")
            self._receipts.show_problem(_("snapper is paused."), kept, entry.id)
        self._update_tray()
        self._worker.wake()

    def _on_cancelled(self) -> None:
        if not self._tray:  # one question was asked, and this was the answer
            self._loop.quit()

    def _on_not_kept(self, sentence: str) -> None:
        self._note_over()
        self._telling.asked_for(TROUBLE)
        self._on_trouble(sentence)

    def _going_out(self, entry: Entry, sent: int) -> None:
        """In the thread of the delivery, which a pause breaks off here."""
        self._pausing.check(entry, sent)
        self._posting(self._on_progress)(entry, sent)

    def _on_progress(self, entry: Entry, sent: int) -> None:
        self._tell_tray(lambda tray: tray.set_sending(sent, entry.size))

    def _on_outcome(self, entry: Entry) -> None:
        self._tell_tray(lambda tray: tray.set_sending(0, 0))
        self._update_tray()
        self._signing_in.review()
        if self._second_start:
            self._second_start.outcome(entry)
        if not self._pausing.broke_off(entry):
            self._telling.outcome(entry)

    def _on_slow(self, entry: Entry, sentence: str) -> None:
        self._tell_tray(lambda tray: tray.set_slow(sentence))
        self._telling.slow(entry, sentence)

    def _left_for_later(self, entry: Entry) -> None:
        with contextlib.suppress(NoSuchReport):  # discarded meanwhile
            self._telling.show(self._outbox.entry(entry.id))

    def _asked_to_sign_in(self, entry: Entry) -> bool:
        """Ask for a proxy's password because the person wants to be asked, if a report waits for one."""
        wanted = credentials.wanted(entry.delivery.obstacle) and not RULES[entry.state].finished
        if wanted:
            self._signing_in.open(entry)
        return wanted

    def _on_trouble(self, sentence: str) -> None:
        if self._telling.trouble(sentence):  # tried again every few seconds: said once is enough
            self._say(sentence)
