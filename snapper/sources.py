"""What this machine adds to a report: its logs, its facts, and what must not leave it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from snapper import machine
from snapper.answer import LogChoice
from snapper.capture.frame import Frame
from snapper.config import Settings
from snapper.delivery import credentials, tokens
from snapper.destinations import Destination
from snapper.errors import DeliveryError, UsageError
from snapper.fitting import largest_whole
from snapper.logs.cut import cut
from snapper.logs.facts import log_facts
from snapper.logs.found import TodaysLogs, chosen
from snapper.logs.jts_ini import user_names
from snapper.logs.locate import Places, find_homes, running_java, user_folders
from snapper.logs.today import written_today
from snapper.privacy.classes import ACCOUNT_NUMBER
from snapper.privacy.seeds import Seed, seeds_of

if TYPE_CHECKING:
    from snapper.delivery.endpoints import Endpoint, Ticket
    from snapper.logs.known_problems import Known, Match

ROOM_KNOWN_SECONDS, ROOM_UNKNOWN_SECONDS = 3600, 60


class ThisMachine:
    """The sources of a report on the machine this runs on; `connect` gives the ticket system."""

    def __init__(self, settings: Settings, connect: Callable[[str], Endpoint]) -> None:
        self._settings = settings
        self._connect = connect
        self._rooms: dict[str, tuple[int | None, float]] = {}  # and until when it is not asked again

    @property
    def words(self) -> tuple[str, ...]:
        """What the settings say must never leave."""
        return self._settings.privacy_words

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Everywhere that a report can go, the usual one first; not a desk that nobody has set up."""
        usual = self._settings.destination()
        others = (each for each in self._settings.destinations if each != usual)
        return (usual, *(each for each in others if self._is_set_up(each)))

    def _is_set_up(self, destination: Destination) -> bool:
        """Whether somebody named it: a desk on this computer is in all settings, and mostly nowhere else."""
        settings = self._settings
        named = destination in settings.others or settings.delivery_url != Settings.delivery_url
        return named or bool(settings.delivery_token)

    def places(self) -> Places:
        """Where TWS keeps its logs here, as things stand now."""
        return find_homes(
            self._settings.logs_folders, platform=sys.platform, home=Path.home(), processes=running_java()
        )

    def logs(self, day: datetime, choice: LogChoice) -> TodaysLogs:
        """The logs that were chosen, of that day (local time) and as many before as wanted."""
        found = written_today(self.places(), day, choice.days)
        if choice.instances:
            found = chosen(found, choice.instances)
        return cut(found, choice.window) if choice.window else found

    def private_values(self, frame: Frame | None) -> tuple[Seed, ...]:
        """What must not leave, as far as the machine, the settings and the windows' titles tell."""
        homes = [home.path for home in self.places().homes]
        folders = [folder.name for home in homes for folder in user_folders(home)]
        return known_here(
            users=(*folders, *(name for home in homes for name in user_names(home))),
            accounts=_accounts(frame),
            secrets=(
                *filter(None, [self._settings.delivery_token]),
                *credentials.passwords_in_use(),
                *tokens.in_use(self._settings.destinations, os.environ),
            ),
            words=self._settings.privacy_words,
        )

    def facts(self, logs: TodaysLogs | None) -> Mapping[str, str]:
        """What support asks about the machine and its TWS, by name."""
        return {**machine.facts(), **(log_facts(logs) if logs else {})}

    def known_problems(self, note: str, logs: TodaysLogs | None) -> Sequence[Match]:
        """What the note and the logs look like, the most important first."""
        return self._known.check(note, logs.files if logs else ())

    def ranked(self, matches: Sequence[Match]) -> list[Match]:
        """The most important first, each problem once."""
        return self._known.ranked(matches)

    @cached_property
    def _known(self) -> Known:
        from snapper.logs.known_problems import load

        try:
            return load(self._settings.logs_known_problems)
        except UsageError:
            return load()  # a table that is wrong must not keep a report; “snapper logs check” names it

    def room(self, destination: str = "") -> int | None:
        """The bytes that a destination takes in one report; None where it says no limit or cannot be asked.

        Asked again only after a while: a network that swallows everything must not hold up the next report.
        """
        room, until = self._rooms.get(destination, (None, 0.0))
        if time.monotonic() >= until:
            try:
                room, known_for = self._connect(destination).room(), ROOM_KNOWN_SECONDS
            except (DeliveryError, UsageError):  # not reached, or no longer in the settings
                room, known_for = None, ROOM_UNKNOWN_SECONDS
            self._rooms[destination] = room, time.monotonic() + known_for
        return room

    def largest(self, destination: str) -> int | None:
        """The bytes of the largest file that a destination takes; None where larger ones go in pieces, where
        all are taken, or where the settings do not know it."""
        try:
            return largest_whole(self._settings.destination(destination).limits)
        except UsageError:
            return None

    def ticket(self, destination: str, number: str) -> Ticket:
        """An existing ticket that can be added to. Raises DeliveryError, UsageError."""
        return self._connect(destination).ticket(number)


def known_here(
    users: Sequence[str] = (),
    accounts: Sequence[str] = (),
    secrets: Sequence[str] = (),
    words: Sequence[str] = (),
) -> tuple[Seed, ...]:
    """What names this machine and its owner, and what else is known to be private."""
    own = machine.identity()
    return seeds_of(
        replace(
            own,
            users=(*own.users, *users),
            accounts=tuple(accounts),
            secrets=(*own.secrets, *secrets),
            words=tuple(words),
        )
    )


def _accounts(frame: Frame | None) -> tuple[str, ...]:
    if frame is None:
        return ()
    titles = [window.title for window in (*frame.windows, frame.active) if window]
    return tuple(account for title in titles for account in ACCOUNT_NUMBER.findall(title))
