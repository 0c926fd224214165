"""The part of the note window that decides about logs: of which TWS, how much, and whether they are sent.

Nothing is looked up or measured here; what is not known is asked for by signals.
"""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from snapper.answer import LogChoice
from snapper.destinations import Destination
from snapper.errors import UsageError
from snapper.language import _
from snapper.logs.found import HOW_TO_EXPORT, LogFile, TodaysLogs, chosen
from snapper.report import LogKind
from snapper.ui.contents_list import FileList, Line
from snapper.ui.instance_boxes import InstanceBoxes
from snapper.ui.log_amount import LogAmount
from snapper.ui.log_limit import LimitNotice, Offer, packed_cut_size, packed_size
from snapper.ui.look import Card, ElidedCheckBox, plain_label
from snapper.ui.spoken import without_letter
from snapper.words import SEALED, files_text, size_text

_LOOKING = _("Looking for today's logs…")
_NONE_FOUND = TodaysLogs((), ())


class LogsBox(Card):
    """Check box with the total size, a box for each TWS, how much, and a list of names and sizes.

    `wish_changed` tells a LogChoice of other days; `sizes_asked` one whose size set_cut_size is to tell;
    `parts_made` says that tab_parts are others.
    """

    wish_changed = Signal(object)
    sizes_asked = Signal(object)
    parts_made = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._found = _NONE_FOUND
        self._wanted = True  # as a person or the settings have it, logs or not
        self._asked: LogChoice | None = None  # the cut that is chosen
        self._cut_size: int | None = None
        self.include = ElidedCheckBox()
        self.instances = InstanceBoxes()
        self.amount = LogAmount()
        self.limit = LimitNotice()
        self._sentence = plain_label()
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.list = _file_list()
        self._lay_out()
        self._connect()
        self.look()

    def look(self) -> None:
        """Say that the logs are being looked for; they are included if they are found."""
        self.forget()
        self._name(self.amount.words())
        self.include.setEnabled(True)
        self.want(True)
        self._tell(_LOOKING)

    def want(self, logs: bool) -> None:
        """Include the logs, as soon as there are any, or leave them out."""
        self._wanted = logs
        self.include.setChecked(logs)

    def set_logs(self, found: TodaysLogs, keys: Collection[str] | None = None) -> None:
        """Show what was found, the instances of these keys checked (None: all) unless a person decided."""
        self._found = found
        self.instances.show_instances(found.instances, keys)
        self.include.setEnabled(bool(found.files))
        self.include.setChecked(self._wanted and bool(found.files))
        self._enable()
        if not self.amount.whole():
            self._ask_size()
        self._refresh()

    def set_limit(self, limit: int | None, destination: Destination) -> None:
        """How many bytes the destination takes (None: not known)."""
        self.limit.set_limit(limit, destination)
        self._weigh()

    def set_cut_size(self, choice: LogChoice, size: int) -> None:
        """Say how large, in bytes, a cut is that was asked about; answers that come too late are dropped."""
        if choice == self._asked:
            self._cut_size = size
            self._label()
            self._tell(self._words())
            self._weigh()
        self.limit.set_offer_size(choice, packed_cut_size(self._files(), choice, size))

    def forget(self) -> None:
        """Let go of the logs and of every choice."""
        self._found = _NONE_FOUND
        self.instances.forget()
        self.amount.reset()
        self._asked = self._cut_size = None
        self.limit.set_limit(None)
        self._weigh()
        self.list.clear()

    def wanted(self) -> bool:
        """Whether logs are to be sent."""
        return self.include.isChecked() and self.instances.keys() is not None

    def choice(self) -> LogChoice | None:
        """What is to be sent. Raises UsageError when the times make no window."""
        keys = self.instances.keys()
        if not self.include.isChecked() or keys is None:
            return None
        return LogChoice(self.amount.days.value(), self.amount.wanted_window(), keys)

    def tab_parts(self) -> list[QWidget]:
        """What Tab stops at, from top to bottom."""
        amount = self.amount
        fields = (amount.amount, amount.days, amount.start, amount.end)
        return [self.include, *self.instances.boxes.values(), *fields, self.limit.button, self.list]

    # --- how ----------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        self.list.show_lines(_line(log) for log in self._files())
        self._label()
        self._tell(self._words())
        self._weigh()

    def _files(self) -> tuple[LogFile, ...]:
        keys = self.instances.keys()
        return () if keys is None else chosen(self._found, keys).files

    def _words(self) -> str:
        found = self._found
        if found.only_sealed:
            steps = (f"{number}. {step}" for number, step in enumerate(HOW_TO_EXPORT, 1))
            head = _("Only IBKR can read these logs. To let support read them, too:")
            said = [found.sentence or "", head, *steps, _("Waiting for the exported file…")]
            return "\n".join(filter(None, said))
        if found.files and self.instances.keys() is None:
            return _("No TWS is chosen: no logs will be sent.")
        if self._cut_size == 0:
            return _("No log was written in that time. Choose another one, or all of today.")
        return found.sentence or ("" if found.files else _("No log was written today."))

    def _label(self) -> None:
        files = self._files()
        size = files_text(log.size for log in files) if files else ""
        if not self.amount.whole():
            size = "" if self._cut_size is None else size_text(self._cut_size)
        words = self.amount.words()
        # Translators: {words} is “Include today's log”, {size} is “3 files, 12.3 MB”.
        self._name(_("{words} ({size})").format(words=words, size=size) if size else words)

    def _name(self, text: str) -> None:
        self.include.setText(text)
        self.include.setAccessibleName(without_letter(text))

    def _weigh(self) -> None:
        """Offer a shorter time where the logs are more than the receiver takes."""
        self.limit.weigh(self._packed(), self._offers())

    def _packed(self) -> int | None:
        """About how large the logs are in an archive; None while that is not known."""
        files = self._files()
        if not self.include.isChecked() or not files:
            return None
        if self.amount.whole():
            return packed_size(files)
        if self._asked is None or self._cut_size is None:
            return None
        return packed_cut_size(files, self._asked, self._cut_size)

    def _offers(self) -> list[Offer]:
        days, keys = self.amount.days.value(), self.instances.keys() or ()
        last = self.amount.last
        return [Offer(each, LogChoice(days, last(each), keys)) for each in self.amount.shorter()]

    def _ask_size(self) -> None:
        self._asked = self._cut_size = None
        try:
            wish = self.choice()
        except UsageError:
            return  # said at Submit; until then the times may still be being typed
        if wish and wish.window:
            self._asked = wish
            self.sizes_asked.emit(wish)

    def _changed(self) -> None:
        self._ask_size()
        self._refresh()

    def _tell_days(self) -> None:
        self.wish_changed.emit(LogChoice(self.amount.days.value(), None, self.instances.keys() or ()))

    def _clicked(self, wanted: bool) -> None:
        self._wanted = wanted
        self._enable()
        self._changed()

    def _enable(self) -> None:
        for part in (self.list, self.amount, self.instances):
            part.setEnabled(self.include.isChecked())

    def _tell(self, sentence: str) -> None:
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self.list.setVisible(self.list.topLevelItemCount() > 0)

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(14, 12, 14, 12)
        rows.addWidget(self.include)
        rows.addWidget(self.instances)
        rows.addWidget(self.amount)
        rows.addWidget(self.limit)
        rows.addWidget(self._sentence)
        rows.addWidget(self.list, 1)
        rows.addStretch()

    def _connect(self) -> None:
        self.include.toggled.connect(lambda: self._enable())
        self.include.clicked.connect(self._clicked)
        self.instances.decided.connect(self._changed)
        self.instances.made.connect(self.parts_made)
        self.amount.changed.connect(self._changed)
        self.amount.days_changed.connect(self._tell_days)
        self.limit.sizes_asked.connect(self.sizes_asked)
        self.limit.taken.connect(self.amount.take_last)


def _file_list() -> FileList:
    files = FileList(_("Logs of today, with sizes"))
    files.setUniformRowHeights(False)
    files.setFrameShape(FileList.Shape.NoFrame)
    files.setStyleSheet("QTreeView { background: transparent; } QTreeView::item { padding: 3px 0; }")
    files.setSelectionMode(FileList.SelectionMode.NoSelection)
    files.setMinimumHeight(files.fontMetrics().lineSpacing() * 4)
    return files


def _line(log: LogFile) -> Line:
    sealed = log.kind is LogKind.SEALED
    name = f"{log.name}\n    {SEALED}" if sealed else log.name
    return Line(name, size_text(log.size), f"{log.name}: {SEALED}" if sealed else log.name)
