"""How each report ended, told once: in a window where the person waits for it, else by a notification.

A trader types orders. What comes soon after *Submit* appears in a corner, without the keyboard; what comes
later, or after a start of the computer, is a notification whose click opens the same window. Where there are
no notifications it is that window again. Nothing here takes the keyboard.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from snapper.delivery.causes import Cause
from snapper.delivery.wording import WORDING
from snapper.errors import NoSuchReport
from snapper.language import _
from snapper.notices import Notice
from snapper.outbox import Outbox
from snapper.present import next_step, what_happened
from snapper.state import Entry, State
from snapper.ui.notifying import Notifying
from snapper.ui.receipt_window import ReceiptWindow
from snapper.ui.receipts import words_of

JUST_NOW_SECONDS = 30.0  # a blocked way is named within ten, and a slow start of the desk takes as long again
TROUBLE = "trouble"  # what is not about one report
_OTHER = "snapper"

Ask = Callable[[Entry], bool]


class Telling:
    """Tells what became of reports; in the thread of the windows.

    `ask` asks for what a report waits for (a proxy's password), if that is what it needs, and says whether it
    does; `ask_now` the same because the person wants to be asked; `outbox` shows all reports.
    """

    def __init__(
        self, outbox: Outbox, window: ReceiptWindow, ask: Ask, ask_now: Ask, show_outbox: Callable[[], None]
    ) -> None:
        self._outbox = outbox
        self._window = window
        self._ask = ask
        self._ask_now = ask_now
        self._show_outbox = show_outbox
        self._notifying: Notifying | None = None
        self._told: dict[str, set[tuple[State, str]]] = {}  # states and obstacles told of each report
        self._wanted: dict[str, float] = {}  # when the person last asked for a report to be sent
        self._trouble = ""  # said last, and not over yet

    def by_notifications(self, notifying: Notifying) -> None:
        """From now on, what comes late is a notification; before, everything is a window."""
        self._notifying = notifying
        notifying.opened.connect(self._open)

    # --- what comes in ------------------------------------------------------------------------------------

    def asked_for(self, key: str) -> None:
        """The person waits for this report (or TROUBLE): whatever comes of it is news, and expected."""
        self._told.pop(key, None)
        self._wanted[key] = time.monotonic()

    def outcome(self, entry: Entry) -> None:
        """An attempt has ended; the same end of later ones is not told again."""
        self._trouble = ""
        if not self._known(entry, entry.delivery.obstacle.cause):
            self._tell(notice_of(entry), lambda: self._ask_or_show(entry), self._is_waited_for(entry))

    def slow(self, entry: Entry, sentence: str) -> None:
        """A report takes long; told once."""
        if not self._known(entry, Cause.SLOW_LINK):
            notice = Notice(entry.id, _("Your report has not been sent yet"), sentence)
            self._tell(notice, lambda: self._show_slow(entry, sentence), self._is_waited_for(entry))

    def trouble(self, sentence: str) -> bool:
        """Something else is wrong; False where it was told already, and is not over."""
        if sentence == self._trouble:
            return False
        self._trouble = sentence

        def show() -> None:
            self._window.show_problem(sentence, _("It is tried again by itself."))

        notice = Notice(TROUBLE, _("Your report has not been sent yet"), sentence)
        self._tell(notice, show, self._is_recent(TROUBLE))
        return True

    def say(self, title: str, sentence: str, instead: Callable[[], None] = lambda: None) -> None:
        """Tell of something that is about no report."""
        self._tell(Notice(_OTHER, title, sentence), instead, waited_for=False)

    def show(self, entry: Entry) -> None:
        """Open the window that tells how a report stands; without the keyboard."""
        if self._notifying:
            self._notifying.withdraw(entry.id)
        receipt = entry.delivery.receipt
        if entry.state is State.DELIVERED and receipt:
            self._window.show_delivered(receipt, entry.report)
        elif entry.state is State.UNCONFIRMED and receipt:
            self._window.show_unconfirmed(receipt, entry.report, entry.delivery.sentence)
        else:
            text_for_it = entry.delivery.obstacle.for_it
            self._window.show_problem(what_happened(entry), next_step(entry), entry.id, text_for_it)

    # --- how ----------------------------------------------------------------------------------------------

    def _known(self, entry: Entry, cause: str) -> bool:
        """Whether this was told of the report before; from now on it was."""
        told = self._told.setdefault(entry.id, set())
        known = (entry.state, cause) in told
        told.add((entry.state, cause))
        return known

    def _tell(self, notice: Notice, show: Callable[[], None], waited_for: bool) -> None:
        if self._notifying and not waited_for:
            self._notifying.show(notice, show)
        else:
            show()

    def _is_waited_for(self, entry: Entry) -> bool:
        """Whether the person has just asked for it, or has its window before them."""
        age = (datetime.now(UTC) - datetime.fromisoformat(entry.report.created_at)).total_seconds()
        return 0 <= age < JUST_NOW_SECONDS or self._is_recent(entry.id) or self._window.shows == entry.id

    def _is_recent(self, key: str) -> bool:
        return time.monotonic() - self._wanted.get(key, float("-inf")) < JUST_NOW_SECONDS

    def _ask_or_show(self, entry: Entry) -> None:
        if not self._ask(entry):
            self.show(entry)

    def _show_slow(self, entry: Entry, sentence: str) -> None:
        self._window.show_problem(sentence, WORDING[Cause.SLOW_LINK].remedy, entry.id)

    def _open(self, key: str) -> None:
        """A notification was clicked: how the report stands now."""
        try:
            entry = self._outbox.entry(key)
        except NoSuchReport:  # discarded meanwhile, or about no report
            self._show_outbox()
            return
        if not self._ask_now(entry):
            self.show(entry)


def notice_of(entry: Entry) -> Notice:
    """How a report ended, for a notification. Nothing of the note: others may look on."""
    receipt = entry.delivery.receipt
    if entry.state is State.DELIVERED and receipt:
        words = words_of(receipt, entry.report.destination).short
        text = _("{receipt}. Quote it to support: nobody watches uploads.").format(receipt=words)
        return Notice(entry.id, _("Your report has arrived"), text)
    if entry.state is State.UNCONFIRMED:
        return Notice(entry.id, _("Your report was sent, but is not confirmed"), next_step(entry))
    return Notice(entry.id, _("Your report has not been sent yet"), what_happened(entry))
