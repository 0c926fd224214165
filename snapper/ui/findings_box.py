"""The part of the note window that says what a log or the note looks like. It stands in nobody's way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from snapper.language import _
from snapper.ui.look import Badge, Banner, Card, badge_color, plain_label
from snapper.ui.read_aloud import announce

if TYPE_CHECKING:
    from snapper.logs.known_problems import Match

_LINE_CHARS = 300
_WORD_CHARS = 40


class FindingsBox(QWidget):
    """A warning about the note, and a card for every finding, a line each until it is opened.

    `opened` tells a card whose details were asked for, `parts_made` that tab_parts are others.
    """

    opened = Signal(QWidget)
    parts_made = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.warning = Banner(badge_color(Badge.WAITING))
        self.cards: dict[str, FindingCard] = {}
        self._wanted: dict[str, Match] = {}
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(6)
        self._rows.addWidget(self.warning)
        self.hide()

    def warn(self, sentence: str) -> None:
        """Say a sentence about the note; "" takes it back."""
        self.warning.say(sentence)
        self._show()

    def show_findings(self, matches: Sequence[Match]) -> None:
        """Show these and no others; a card that is there already stays as it was left.

        A card whose button has the focus stays until the focus leaves it, which would be moved otherwise.
        """
        self._wanted = {match.problem.title: match for match in matches}
        self._drop_unwanted()
        for place, (title, match) in enumerate(self._wanted.items(), 1):
            new, card = title not in self.cards, self.cards.get(title) or self._add(title)
            card.show_match(match)
            self._rows.insertWidget(place, card)
            if new:
                announce(card, card.title.text())
        self._show()
        self.parts_made.emit()

    def forget(self) -> None:
        """Let go of all findings and the warning, whatever has the focus."""
        self._wanted = {}
        self._drop_unwanted(even_focused=True)
        self.warn("")

    def tab_parts(self) -> list[QWidget]:
        """What Tab stops at, from top to bottom."""
        return [self.cards[title].more for title in self._wanted if title in self.cards]

    def _add(self, title: str) -> FindingCard:
        self.cards[title] = card = FindingCard()
        card.more.toggled.connect(lambda shown: self.opened.emit(card) if shown else None)
        card.more.left.connect(self._drop_unwanted)
        return card

    def _drop_unwanted(self, *, even_focused: bool = False) -> None:
        for title in self.cards.keys() - self._wanted.keys():
            if even_focused or not self.cards[title].has_focus():
                card = self.cards.pop(title)
                self._rows.removeWidget(card)
                card.hide()
                card.deleteLater()
        self._show()

    def _show(self) -> None:
        self.setVisible(bool(self.cards) or bool(self.warning.text()))


class _Details(QPushButton):
    """Shows and hides the details; `left` says, a moment later, that the focus has gone elsewhere."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__(_("Details"))
        self.setCheckable(True)
        self.setAutoDefault(False)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell of it."""
        super().focusOutEvent(event)
        QTimer.singleShot(0, self.left.emit)


class FindingCard(Card):
    """“This looks like …”, with the answer below once it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.title = plain_label(bold=True)
        self.more = _Details()
        self.details = plain_label()
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details.hide()
        self.more.toggled.connect(self.details.setVisible)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.more)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(14, 3, 4, 3)
        rows.addLayout(head)
        rows.addWidget(self.details)

    def has_focus(self) -> bool:
        """Whether keys come here, or would if the window were in front."""
        return self.window().focusWidget() in (self.more, self.details)

    def show_match(self, match: Match) -> None:
        """Fill the card in."""
        problem = match.problem
        self.title.setText(_("This looks like: {problem}").format(problem=problem.title))
        self.more.setAccessibleName(_("Details: {problem}").format(problem=problem.title))
        steps = [f"• {step}" for step in problem.do]
        line = _in_words(match.line[:_LINE_CHARS])
        # Translators: {where} is the name of a log, or the word for the note; {line} is a line of it.
        seen = _("Seen in {where}: {line}").format(where=match.where, line=line)
        self.details.setText("\n".join(filter(None, [problem.answer, *steps, problem.whom, seen])))


def _in_words(line: str) -> str:
    """A line that can be broken anywhere, as a log's may be one long word."""
    return "\u200b".join(line[at : at + _WORD_CHARS] for at in range(0, len(line), _WORD_CHARS))
