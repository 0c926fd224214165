"""The part of the note window that says what is replaced before sending, and lets it be changed.

Nothing is replaced here.
"""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from snapper.language import _, listed, number, plural, together
from snapper.privacy.classes import OPTIONAL, RULES, Private, Rule
from snapper.ui.look import plain_label, put_in_middle
from snapper.ui.rooms import Scrolling

_NAMED_FIRST = (Private.SECRET, Private.ACCOUNT, Private.USER)  # the line has room for no more
_NOT_COVERED = _("Encrypted logs go as they are, and so does the picture: cover what nobody is to see in it.")
_EXAMPLE = "7K3QF"


class PrivacyBox(QWidget):
    """A sentence or two of what is replaced and what is not, and a button to change it."""

    def __init__(self) -> None:
        super().__init__()
        self._keep: frozenset[Private] = frozenset()
        self._panel: PrivacyPanel | None = None
        self.line = plain_label(scale=0.92)
        self.change = QPushButton(_("C&hange…"))
        self.change.setAccessibleName(_("Change what is replaced"))
        self._lay_out()
        self.change.clicked.connect(self._open)
        self.preset(frozenset())

    def preset(self, keep: Collection[Private]) -> None:
        """Choose the classes that are sent as they are, now and after every forget(); secrets never are."""
        self._usual = frozenset(keep)
        self._choose(self._usual)

    def forget(self) -> None:
        """Let go of what was changed."""
        self.close_panel()
        self._choose(self._usual)

    def _choose(self, keep: Collection[Private]) -> None:
        self._keep = frozenset(keep) & OPTIONAL
        self.line.setText(privacy_line(self._keep))
        self.line.setToolTip(_NOT_COVERED)

    def keep(self) -> frozenset[Private]:
        """The classes that are to be sent as they are."""
        return self._keep

    def close_panel(self) -> None:
        """Close the panel, if it is open, and change nothing."""
        if self._panel:
            self._panel.reject()

    def _open(self) -> None:
        self.close_panel()
        self._panel = panel = PrivacyPanel(self._keep, self)
        panel.accepted.connect(lambda: self._choose(panel.keep()))
        panel.finished.connect(lambda: self._closed(panel))
        panel.open()

    def _closed(self, panel: PrivacyPanel) -> None:
        panel.deleteLater()
        self._panel = None

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(self.change, 0, Qt.AlignmentFlag.AlignVCenter)


class PrivacyPanel(QDialog):
    """A check box for every class."""

    def __init__(self, keep: Collection[Private], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("What is replaced before sending – snapper"))
        self.boxes: dict[Private, QCheckBox] = {}
        body = QWidget()
        rows = QVBoxLayout(body)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(
            plain_label(_("Hidden in your note, in plain logs and in the facts about this computer:"))
        )
        for private, rule in RULES.items():
            box = QCheckBox(_hide(rule))
            box.setAccessibleName(_("Hide {kind}").format(kind=rule.words))
            box.setChecked(private not in keep)
            box.setEnabled(rule.optional)
            self.boxes[private] = box
            rows.addWidget(box)
        rows.addWidget(plain_label(_NOT_COVERED, scale=0.92))
        ok, cancel = QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel
        buttons = QDialogButtonBox(ok | cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(18, 16, 18, 14)
        whole.addWidget(Scrolling(body), 1)
        whole.addWidget(buttons)
        put_in_middle(self, self._wish(body), parent.screen())
        self.boxes[Private.ACCOUNT].setFocus()

    def _wish(self, body: QWidget) -> QSize:
        """The size at which nothing scrolls."""
        wish, least = self.sizeHint(), body.sizeHint()
        return wish + QSize(0, max(body.heightForWidth(least.width()) - least.height(), 0))

    def keep(self) -> frozenset[Private]:
        """The classes whose box is not checked."""
        return frozenset(private for private, box in self.boxes.items() if not box.isChecked())


def privacy_line(keep: Collection[Private]) -> str:
    """What is replaced and, when anything is switched off, what will be visible."""
    hidden = [private for private in RULES if private not in keep]
    first = [RULES[private].words for private in hidden if private in _NAMED_FIRST]
    more = len(hidden) - len(first)
    if more:
        sentence = plural(
            "Replaced before sending: {kinds} and {count} more kind; not in encrypted logs and the picture.",
            "Replaced before sending: {kinds} and {count} more kinds; not in encrypted logs and the picture.",
            more,
        )
    else:
        sentence = _("Replaced before sending: {kinds}; not in encrypted logs and the picture.")
    said = sentence.format(kinds=listed(first), count=number(more))
    if shown := [RULES[private].words for private in RULES if private in keep]:
        seen = _("Support will see: {kinds}.").format(kinds=listed(shown))
        return together((seen, said))
    return said


def _hide(rule: Rule) -> str:
    """The label of a class: what stands in place of its values."""
    if not rule.optional:
        # Translators: {kind} is “passwords, tokens and other secrets”.
        return _("Hide {kind} (removed), always").format(kind=rule.words)
    if not rule.label:
        return _("Hide {kind} (removed)").format(kind=rule.words)
    # Translators: {kind} is “account numbers”, {pseudonym} is “ACCT-7K3QF”.
    said = _("Hide {kind} ({pseudonym} instead)")
    return said.format(kind=rule.words, pseudonym=f"{rule.label}-{_EXAMPLE}")
