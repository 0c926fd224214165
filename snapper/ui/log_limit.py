"""Says when logs are more than a destination takes, whole or in one file, and offers a shorter time.

Nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from snapper.answer import LogChoice
from snapper.destinations import Destination
from snapper.fitting import largest_whole, pieces_text
from snapper.language import _, together
from snapper.logs.found import LogFile
from snapper.report import LogKind
from snapper.ui.log_amount import HOUR
from snapper.ui.look import plain_label
from snapper.ui.spoken import without_letter
from snapper.words import size_text

# Translators: the same letter in both; one takes the place of the other.
_INSTEAD = {HOUR: _("Send the &last hour instead"), 900: _("Send the &last 15 minutes instead")}
_PACKED_TO = 8  # a plain log packs to about an eighth, a sealed one not at all


class Offer(NamedTuple):
    """Logs of a shorter time: so many seconds before the press."""

    seconds: int
    choice: LogChoice


class LimitNotice(QWidget):
    """A sentence with both sizes, and a button that takes less; hidden while everything fits.

    `taken` says which length of time was taken, in seconds; `sizes_asked` tells a LogChoice whose packed size
    set_offer_size is to tell.
    """

    taken = Signal(int)
    sizes_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._limit: int | None = None
        self._destination: Destination | None = None
        self._said = ""
        self._offers: tuple[Offer, ...] = ()  # not yet found too large; the first one is the button's
        self.sentence = plain_label()
        self.button = QPushButton()
        self.button.setAutoDefault(False)
        self.button.clicked.connect(lambda: self._take())
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.sentence)
        rows.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def set_limit(self, limit: int | None, destination: Destination | None = None) -> None:
        """How many bytes are taken in all (None: not known), and by whom."""
        self._destination = destination
        limits = [limit, largest_whole(destination.limits) if destination else None]
        self._limit = min((each for each in limits if each is not None), default=None)

    def weigh(self, packed: int | None, offers: Sequence[Offer]) -> None:
        """Compare a packed size (None: not known yet) with the limit; `offers` are shorter times, the longest
        first."""
        if packed is None or self._limit is None or packed <= self._limit:
            self._say_pieces(packed or 0)
            return
        name = self._destination.title if self._destination else _("The ticket system")
        said = _("{destination} takes at most {limit}; these logs are about {size} packed.").format(
            destination=name, limit=size_text(self._limit), size=size_text(packed)
        )
        self.show()
        if said != self._said or _wishes(offers) != _wishes(self._offers):
            self._said, self._offers = said, tuple(offers)
            self.sentence.setText(said)
            self._ask()

    def set_offer_size(self, choice: LogChoice, packed: int) -> None:
        """Say how large, packed, the logs of an offer are; one that is too large itself is not made."""
        if not self._offers or self._offers[0].choice != choice or self._limit is None:
            return
        if packed > self._limit:
            self._offers = self._offers[1:]
            self._ask()
        else:
            self._show_offer(packed)

    def _say_pieces(self, packed: int) -> None:
        """It fits; say so only where it comes in pieces."""
        self._said, self._offers = "", ()
        to = self._destination
        archive = _("This archive (about {size} packed)").format(size=size_text(packed))
        in_pieces = pieces_text([(archive, packed)], to) if to else ""
        self.sentence.setText(in_pieces)
        self.button.hide()
        self.setVisible(bool(in_pieces))

    def _take(self) -> None:
        if self._offers:
            self.taken.emit(self._offers[0].seconds)

    def _ask(self) -> None:
        self.button.setVisible(bool(self._offers))
        if self._offers:
            self._show_offer()
            self.sizes_asked.emit(self._offers[0].choice)
        else:
            less = _("Choose a shorter time, or fewer logs.")
            self.sentence.setText(together((self._said, less)))

    def _show_offer(self, packed: int | None = None) -> None:
        offer: str = _INSTEAD[self._offers[0].seconds]
        if packed is not None:
            # Translators: {offer} is “Send the last hour instead”, {size} is “3.4 MB”.
            offer = _("{offer} (about {size} packed)").format(offer=offer, size=size_text(packed))
        self.button.setText(offer)
        self.button.setAccessibleName(without_letter(offer))
        self.button.setEnabled(packed is not None)


def packed_size(logs: Collection[LogFile]) -> int:
    """About how large whole logs are in an archive, in bytes."""
    return sum(log.size if log.kind is LogKind.SEALED else log.size // _PACKED_TO for log in logs)


def packed_cut_size(logs: Collection[LogFile], choice: LogChoice, size: int) -> int:
    """About how large a cut of these logs is in an archive, of which the size before packing is known.

    Sealed logs go whole if they were written in that time, and stay as large as they are.
    """
    start = choice.window.start if choice.window else 0.0
    written = [log.size for log in logs if log.kind is LogKind.SEALED and log.modified >= start]
    sealed = min(sum(written), size)
    return sealed + (size - sealed) // _PACKED_TO


def _wishes(offers: Sequence[Offer]) -> list[tuple[int, int, tuple[str, ...]]]:
    """What offers are about: their ends move on with the clock."""
    return [(offer.seconds, offer.choice.days, offer.choice.instances) for offer in offers]
