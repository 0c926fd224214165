"""A check box for each TWS whose logs were found. It knows nothing of the logs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from snapper.language import _
from snapper.logs.found import Instance
from snapper.ui.look import ElidedCheckBox

_LETTERS = 9  # the digits that choose a box


class InstanceBoxes(QWidget):
    """Nothing for a single TWS, a box each for several; what a person clicked stays as it is.

    `decided` says that a box was clicked, `made` that there are other boxes than before.
    """

    decided = Signal()
    made = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.boxes: dict[str, ElidedCheckBox] = {}
        self._clicked: dict[str, bool] = {}
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(20, 0, 0, 0)
        self._rows.setSpacing(2)
        self.hide()

    def show_instances(self, found: Sequence[Instance], keys: Collection[str] | None) -> None:
        """A box for each of several, those of these keys checked (None: all) unless a person decided."""
        several = found if len(found) > 1 else ()
        before = list(self.boxes)
        for key in set(self.boxes) - {one.key for one in several}:
            box = self.boxes.pop(key)
            self._rows.removeWidget(box)
            box.hide()
            box.deleteLater()
        for number, one in enumerate(several, 1):
            box = self.boxes.get(one.key) or self._add(one.key)
            title = one.title.replace("&", "&&")
            box.setText(f"&{number}  {title}" if number <= _LETTERS else title)
            box.setAccessibleName(_("Logs of {program}").format(program=one.title))
            box.setToolTip(one.title)
            box.setChecked(self._clicked.get(one.key, keys is None or one.key in keys))
        self.setVisible(bool(self.boxes))
        if before != list(self.boxes):
            self.made.emit()

    def keys(self) -> tuple[str, ...] | None:
        """The keys that are checked: none at all for every instance, None when each is unchecked."""
        checked = tuple(key for key, box in self.boxes.items() if box.isChecked())
        if len(checked) == len(self.boxes):
            return ()
        return checked or None

    def forget(self) -> None:
        """Let go of the boxes and of what was clicked."""
        self._clicked.clear()
        self.show_instances((), None)

    def _add(self, key: str) -> ElidedCheckBox:
        self.boxes[key] = box = ElidedCheckBox()
        box.clicked.connect(lambda checked: self._decide(key, checked))
        self._rows.addWidget(box)
        return box

    def _decide(self, key: str, checked: bool) -> None:
        self._clicked[key] = checked
        self.decided.emit()
