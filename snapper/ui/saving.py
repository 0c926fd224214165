"""What windows share for handing things to a person: the question for a folder, the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from snapper.language import _

ON_CLIPBOARD = _("The path of the zip is on the clipboard.")


def ask_folder(parent: QWidget, chosen: Callable[[Path], None]) -> None:
    """Ask for a folder to save a report in; `chosen` is called with it, unless none is chosen."""
    desktop = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DesktopLocation)
    # Else it begins in the folder the program was started in, on Windows often one of the system's.
    start = desktop if desktop and Path(desktop).is_dir() else str(Path.home())
    dialog = QFileDialog(parent, _("Folder to save the report in"), start)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    # Qt has these two in fewer languages than the rest of its dialog.
    dialog.setLabelText(QFileDialog.DialogLabel.LookIn, _("Look in:"))
    dialog.setLabelText(QFileDialog.DialogLabel.FileType, _("Files of type:"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda folder: chosen(Path(folder)))
    dialog.open()


def to_clipboard(text: object) -> None:
    """Put a text on the clipboard."""
    QGuiApplication.clipboard().setText(str(text))
