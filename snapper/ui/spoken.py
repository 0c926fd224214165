"""The toolkit's own words and numbers in the language of this process, and labels as they are read out.

Qt has words of its own in menus of text fields, in the dialog for folders and on the buttons of questions.
"""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from snapper.language import language

# `&Send`, and `发送(&S)` where the script has no such letters.
_LETTER = re.compile(r"\s*\(&[^&]\)|&(.)", re.DOTALL)


def speak(application: QCoreApplication) -> None:
    """Have Qt speak the language of this process, as far as it knows it; before any window is made."""
    QLocale.setDefault(_locale())
    words = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if words.load(f"qtbase_{language()}", folder):
        application.installTranslator(words)


def without_letter(label: str) -> str:
    """A label without the mark of the letter that chooses it, as a screen reader or a tool tip says it."""
    return _LETTER.sub(lambda match: match[1] or "", label)


def _locale() -> QLocale:
    """The system's way of writing numbers, unless it is that of another language."""
    here, spoken = QLocale.system(), QLocale(language())
    nowhere = here.language() == QLocale.Language.C and language() == "en"
    return here if nowhere or here.language() == spoken.language() else spoken
