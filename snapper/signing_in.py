"""Has a person sign in to a proxy that wants it: asks once for each, keeps the answer, tries what waits.

Its methods are called in the thread of the windows; keyrings are asked in threads of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from snapper.delivery import credentials, vault
from snapper.delivery.causes import Cause
from snapper.delivery.route import Login
from snapper.language import _, together
from snapper.outbox import Outbox
from snapper.state import RULES, Entry
from snapper.ui.loop import Loop
from snapper.ui.proxy_login_window import ProxyLoginWindow

T = TypeVar("T")


@dataclass(frozen=True)
class Then:
    """What follows: a report is tried now (by its id), a report is left for later, a sentence is said."""

    deliver: Callable[[str], None]
    later: Callable[[Entry], None]
    say: Callable[[str], None]


class SigningIn:
    """One window, one question at a time; a proxy is asked about again only once it was answered."""

    def __init__(self, loop: Loop, outbox: Outbox, then: Then) -> None:
        self._loop = loop
        self._outbox = outbox
        self._then = then
        self._window: ProxyLoginWindow | None = None
        self._asked: dict[str, Entry] = {}  # proxies that were asked about and not answered
        self._waiting: list[Entry] = []  # for the question that is open to be closed

    def wanted(self, entry: Entry) -> bool:
        """Ask, if a report waits for a sign-in that was not asked for yet; whether it is being asked for."""
        at = entry.delivery.obstacle.at
        if not credentials.wanted(entry.delivery.obstacle):
            return False
        open_now = self._window.address if self._window else ""
        if at in self._asked:
            return at == open_now
        self._asked[at] = entry
        if open_now:
            self._waiting.append(entry)
        else:
            self._ask(entry, asked_for=False)
        return True

    def open(self, entry: Entry) -> None:
        """Ask because a person wants to be asked."""
        open_now = self._window.address if self._window else ""
        if open_now and open_now != entry.delivery.obstacle.at:
            self._waiting.append(self._asked[open_now])
        self._asked[entry.delivery.obstacle.at] = entry
        self._ask(entry, asked_for=True)

    def review(self) -> None:
        """Take back the questions that no report waits for any more."""
        still = {
            entry.delivery.obstacle.at
            for entry in self._outbox.entries()
            if credentials.wanted(entry.delivery.obstacle) and not RULES[entry.state].finished
        }
        self._asked = {at: entry for at, entry in self._asked.items() if at in still}
        self._waiting = [entry for entry in self._waiting if entry.delivery.obstacle.at in still]
        if self._window and self._window.address and self._window.address not in still:
            self._window.withdraw()
            self._ask_next()

    def _ask(self, entry: Entry, *, asked_for: bool) -> None:
        obstacle = entry.delivery.obstacle
        window = self._window or self._make_window()
        wrong = obstacle.cause == Cause.PROXY_WRONG_PASSWORD
        window.ask(obstacle.at, credentials.last_user(obstacle.at), wrong=wrong, asked_for=asked_for)
        self._aside(vault.problem, window.set_keyring)

    def _make_window(self) -> ProxyLoginWindow:
        self._window = ProxyLoginWindow()
        self._window.signed_in.connect(self._signed_in)
        self._window.later.connect(self._put_off)
        return self._window

    def _signed_in(self, address: str, login: Login, remember: bool) -> None:
        self._asked.pop(address, None)
        self._aside(lambda: credentials.keep(address, login, remember), self._kept)
        self._ask_next()

    def _kept(self, kept: credentials.Kept) -> None:
        if kept.reason:
            forgotten = _("The proxy's login is forgotten when snapper ends.")
            self._then.say(together((kept.reason, forgotten)))
        for entry in self._outbox.entries():
            if RULES[entry.state].automatic:
                self._then.deliver(entry.id)

    def _put_off(self, address: str) -> None:
        if entry := self._asked.get(address):
            self._then.later(entry)
        self._ask_next()

    def _ask_next(self) -> None:
        if self._waiting:
            self._ask(self._waiting.pop(0), asked_for=False)

    def _aside(self, action: Callable[[], T], then: Callable[[T], None]) -> None:
        """Do something slow in a thread, and go on with its result here."""

        def run() -> None:
            result = action()
            self._loop.post(lambda: then(result))

        threading.Thread(target=run, name="keyring", daemon=True).start()
