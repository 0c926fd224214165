"""Pictures of the windows in every language, for the README and for eyes: `scripts/pictures/de/note.png`.

    python -m scripts.take_pictures [FOLDER]

Windows are built by `windows_shown.py`; each language is a process of its own, because a process speaks one.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from scripts.screen import virtual_screen
from snapper.language import LANGUAGES

FOLDER = Path(__file__).with_name("pictures")
_SHOWN = ("note", "contents", "outbox", "doctor", "receipt_delivered", "sign_in", "tray_menu")
_COLOURS = 256  # of windows, not of photographs: nobody sees the difference, and a repository stays small


def main() -> None:
    """Take all of them."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for language in LANGUAGES:
        with virtual_screen("1600x1200") as screen:
            subprocess.run(
                [sys.executable, "-m", "scripts.take_pictures", str(folder / language)],
                env={**screen.environment, "SNAPPER_LANGUAGE": language, "PICTURES_OF_ONE": "1"},
                check=True, timeout=300,
            )  # fmt: skip


def one_language(folder: Path) -> None:
    """Take the pictures of the windows in the language of this process."""
    from PySide6.QtCore import QBuffer, QCoreApplication
    from PySide6.QtTest import QTest

    from scripts.windows_shown import WINDOWS, clear
    from snapper.ui.look import application

    application()
    folder.mkdir(parents=True, exist_ok=True)
    for name in _SHOWN:
        window = WINDOWS[name]()
        window.show()
        QTest.qWaitForWindowExposed(window)
        QCoreApplication.sendPostedEvents()  # the layout of what has just come
        taken = window.grab().toImage()
        raw = QBuffer()
        raw.open(QBuffer.OpenModeFlag.ReadWrite)
        taken.save(raw, "PNG")  # type: ignore[call-overload]
        picture = Image.open(io.BytesIO(raw.data().data())).convert("RGB")
        small = picture.quantize(_COLOURS, dither=Image.Dither.NONE)
        small.save(folder / f"{name}.png", optimize=True)
        clear()


if __name__ == "__main__":
    one_language(Path(sys.argv[1])) if os.environ.get("PICTURES_OF_ONE") else main()
