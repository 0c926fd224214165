"""A process with one window of snapper in it, driven by JSON lines on stdin, telling of signals on stdout.

Run as `python -m tests.ui_driver note|receipt|outbox|tray|underneath`. One application object per process is
all the toolkit allows, and real keys need a real window: so tests talk to this instead.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, QUrl, Slot
from PySide6.QtGui import QColor, QDesktopServices, QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QVBoxLayout, QWidget

from snapper.answer import Picture
from snapper.capture.frame import Frame, Monitor, Rect, Window
from snapper.report import Attachment, Kind, LogEntry, LogKind, Receipt, Report
from snapper.state import Delivery, Entry, State
from snapper.ui import look
from snapper.ui.note_window import NoteWindow
from snapper.ui.outbox_window import OutboxWindow
from snapper.ui.preview import Preview
from snapper.ui.receipt_window import ReceiptWindow
from snapper.ui.tray import Tray

ID = "0192f0c1-2345-7abc-8def-0123456789a{}"


def tell(event: str, **facts: Any) -> None:
    """Print one JSON line."""
    print(json.dumps({"event": event, **facts}), flush=True)


def frame(width: int = 640, height: int = 400, active: list[int] | None = None, title: str = "TWS") -> Frame:
    """A desktop with coloured stripes, and a window if its bounds are given."""
    row = b"".join(bytes((x * 255 // width, 90, 200 - x * 180 // width, 0)) for x in range(width))
    dark = bytes((60, 40, 30, 0)) * width
    pixels = b"".join(dark if y % 40 < 4 else row for y in range(height))
    area = Rect(0, 0, width, height)
    window = Window(7, Rect(*active), title) if active else None
    return Frame(bytearray(pixels), area, (Monitor(area),), window, time.time())


def report(note: str = "Orders hang since 14:02", ticket: str | None = None, number: int = 0) -> Report:
    """A report with a picture and logs."""
    entries = tuple(
        LogEntry(name, size, "0" * 64, "2026-11-21T13:00:00.000Z", kind)
        for name, size, kind in (
            ("launcher.log", 48_211, LogKind.PLAIN),
            ("djgblkjyvm/tws.20261121.081502.ibgzenc", 8_400_000, LogKind.SEALED),
            ("djgblkjyvm/api.7.20261121.081640.ibgzenc", 31_220_100, LogKind.SEALED),
        )
    )
    files = (
        Attachment("screenshot.png", 1_260_345, "0" * 64, Kind.SCREENSHOT, "image/png"),
        Attachment("logs.zip", 39_120_000, "0" * 64, Kind.LOGS, "application/zip", entries),
    )
    return Report(ID.format(number), "2026-11-21T13:02:11.000Z", note, ticket, files)


def receipt(code: str = "SNP-7K3F-Q2", ticket: str = "1042", url: str | None = None) -> Receipt:
    """A receipt of the desk."""
    address = url or f"https://desk.example/tickets/{ticket}"
    return Receipt(ID.format(0), ticket, code, address, "2026-11-21T13:02:14.000Z")


def entries(states: list[str]) -> list[Entry]:
    """Reports of these states, with the sentences they would have."""
    said = {
        "waiting": ("Your network did not let the report through.", ""),
        "blocked": ("Your proxy wants a password.", "Enter it in the settings."),
        "rejected": ("Ticket 123 is closed.", "Send it to another ticket."),
    }
    made = []
    for number, state in enumerate(states):
        proven = receipt() if state in ("delivered", "unconfirmed") else None
        sentence, remedy = said.get(state, ("", ""))
        again = time.time() + 300 if state in ("waiting", "blocked") else None
        delivery = Delivery(State(state), 2, again, sentence, remedy, proven)
        made.append(Entry(ID.format(number), report(f"Note {number}", number=number), delivery, 40_400_000))
    return made


class NoteCommands:
    """The note window; `hear` says each signal."""

    def __init__(self) -> None:
        self.window = NoteWindow()
        self.window.submitted.connect(
            lambda answer: tell(
                "submitted",
                note=answer.note,
                ticket=answer.ticket,
                picture=str(answer.picture),
                logs=answer.logs is not None,
            )
        )
        for name in ("cancelled", "focused", "painted"):
            getattr(self.window, name).connect(lambda name=name: tell(name, at=time.monotonic()))

    def present(
        self, size: list[int] | None = None, active: list[int] | None = None, title: str = "TWS", **rest: Any
    ) -> None:
        shown = frame(*size, active=active, title=title) if size else None
        tell("presenting", at=time.monotonic())
        self.window.present(shown, **rest)

    def set_logs(self, files: list[list[Any]], sentence: str | None = None) -> None:
        logs = [SimpleNamespace(name=name, size=size, kind=LogKind(kind)) for name, size, kind in files]
        self.window.set_logs(SimpleNamespace(files=logs, sentence=sentence))

    def preset(self, picture: str = "screen", to_ticket: bool = False) -> None:
        self.window.preset(Picture(picture), logs=True, to_ticket=to_ticket)

    def set_destination(self, text: str) -> None:
        self.window.set_destination(text)

    def keep_open(self, sentence: str, remedy: str) -> None:
        self.window.keep_open(sentence, remedy)

    def finish(self) -> None:
        self.window.finish()

    def state(self) -> None:
        window = self.window
        tell(
            "state",
            note=window._note.text(),
            ticket=window._ticket.text(),
            problem=window._problem.text(),
            picture=str(window._pictures.choice()),
            remark=window._pictures._remark.text(),
            window_choice=window._pictures.window_choice.isEnabled(),
            window_text=window._pictures.window_choice.toolTip(),
            include=window._pictures.include.isEnabled(),
            logs=window._logs.include.text(),
            logs_wanted=window._logs.wanted(),
            logs_enabled=window._logs.include.isEnabled(),
            logs_sentence=window._logs._sentence.text(),
            rows=[
                [row.text(0), row.text(1)]
                for row in map(window._logs.list.topLevelItem, range(window._logs.list.topLevelItemCount()))
            ],
            visible=window.isVisible(),
            frame=window._pictures._frame is not None,
            previews=[
                [preview._canvas._image.width(), preview._canvas._image.height()]
                for preview in window.findChildren(Preview)
                if preview.isVisible()
            ],
            place=[*window.frameGeometry().getRect()],
        )

    def names(self) -> None:
        """Every part that takes the focus, with its accessible name, in the order of Tab."""
        part, seen = self.window._note, []
        while part not in seen:
            seen.append(part)
            part = part.nextInFocusChain()
        parts = [p for p in seen if p.isVisible() and p.focusPolicy().value & 1 and p.window() is self.window]
        tell("names", names=[[type(p).__name__, p.accessibleName()] for p in parts])


class ReceiptCommands:
    """The acknowledgement."""

    def __init__(self) -> None:
        self.window = ReceiptWindow()
        self.window.closed.connect(lambda: tell("closed"))
        self.window.outbox_asked.connect(lambda: tell("outbox_asked"))

    def delivered(self, **facts: str) -> None:
        self.window.show_delivered(receipt(**facts), report())

    def unconfirmed(self, sentence: str) -> None:
        self.window.show_unconfirmed(receipt(), sentence)

    def problem(self, sentence: str, next_sentence: str) -> None:
        self.window.show_problem(sentence, next_sentence)

    def state(self) -> None:
        window = self.window
        tell(
            "state",
            code=window._code.text() if window._code.isVisible() else "",
            problem=window._problem.text(),
            explain=window._explain.text(),
            link=window._open.isVisible(),
            more=window._more.text() if window._more.isVisible() else "",
            place=[*window.frameGeometry().getRect()],
            rows=[
                [row.text(0).strip(), row.text(1)]
                for row in map(window._contents.topLevelItem, range(window._contents.topLevelItemCount()))
            ],
        )


class OutboxCommands:
    """The outbox window."""

    def __init__(self) -> None:
        self.window = OutboxWindow()
        self.window.retry.connect(lambda report_id: tell("retry", id=report_id))
        self.window.discard.connect(lambda report_id: tell("discard", id=report_id))
        self.window.export.connect(lambda report_id, folder: tell("export", id=report_id, folder=str(folder)))
        self.window.refresh.connect(lambda: tell("refresh"))

    def show(self, states: list[str]) -> None:
        self.window.set_entries(entries(states))
        self.window.present()

    def set(self, states: list[str]) -> None:
        self.window.set_entries(entries(states))

    def select(self, row: int) -> None:
        self.window._list.setCurrentItem(self.window._list.topLevelItem(row))

    def say(self, sentence: str) -> None:
        self.window.say(sentence)

    def choose_folder(self, folder: str) -> None:
        self.window._ask_folder()
        dialog = QApplication.activeModalWidget()
        dialog.fileSelected.emit(folder)
        dialog.reject()

    def state(self) -> None:
        window = self.window
        rows = map(window._list.topLevelItem, range(window._list.topLevelItemCount()))
        tell(
            "state",
            rows=[[row.text(column) for column in range(6)] for row in rows],
            headline=window._headline.text(),
            status=window._status.text(),
            chosen=window._chosen(),
            said=window._said.text(),
            confirming=bool(window._actions.currentIndex()),
            retry=window._retry.isEnabled(),
            empty=window._empty.isVisible(),
        )


class TrayCommands:
    """The tray icon."""

    def __init__(self) -> None:
        self.window = None
        self.tray = Tray()
        for name in ("capture_screen", "capture_window", "attach", "outbox", "quit"):
            getattr(self.tray, name).connect(lambda name=name: tell(name))
        self.tray.paused.connect(lambda paused: tell("paused", value=paused))

    def call(self, name: str, args: list[Any]) -> None:
        getattr(self.tray, name)(*args)

    def choose(self, text: str) -> None:
        """Choose a line of the menu."""
        [action] = [a for a in self.tray._menu.actions() if a.text().replace("&", "") == text]
        action.trigger()

    def state(self) -> None:
        tell(
            "state",
            tooltip=self.tray.tooltip(),
            badge=str(self.tray._badge()),
            menu=[a.text() for a in self.tray._menu.actions() if a.isVisible() and not a.isSeparator()],
            area=[*self.tray._icon.geometry().getRect()],
        )


class Underneath:
    """A program underneath that says every letter it gets."""

    def __init__(self) -> None:
        self.window = QWidget()
        self.window.setWindowTitle("underneath")
        field = QLineEdit()
        field.textChanged.connect(lambda text: tell("typed", text=text))
        QVBoxLayout(self.window).addWidget(field)
        self.window.resize(700, 300)
        self.window.move(40, 40)
        self.window.show()
        self.window.activateWindow()
        field.setFocus()

    def state(self) -> None:
        tell("state", active=self.window.isActiveWindow())


class Web(QObject):
    """Takes the links that would open a browser."""

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        tell("opened", url=url.toString())


COMMANDS: dict[str, Callable[[], Any]] = {
    "note": NoteCommands,
    "receipt": ReceiptCommands,
    "outbox": OutboxCommands,
    "tray": TrayCommands,
    "underneath": Underneath,
}


def dark_palette() -> QPalette:
    """The colours of a dark desktop."""
    palette, role, group = QPalette(), QPalette.ColorRole, QPalette.ColorGroup
    colors = {
        role.Window: "#2b2d31", role.WindowText: "#e8e8ea", role.Base: "#1f2124",
        role.AlternateBase: "#26282c",
        role.Text: "#e8e8ea", role.Button: "#3a3d42", role.ButtonText: "#e8e8ea", role.Mid: "#4a4d52",
        role.PlaceholderText: "#9a9ca1", role.Highlight: "#2f6fde", role.HighlightedText: "#ffffff",
        role.Light: "#55585e", role.Dark: "#17181a", role.ToolTipBase: "#3a3d42", role.ToolTipText: "#e8e8ea",
    }  # fmt: skip
    for each, color in colors.items():
        palette.setColor(each, QColor(color))
    for each in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, each, QColor("#7d8086"))
    return palette


def rss_megabytes() -> float:
    """Memory of this process that is in use now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def main(mode: str, dark: str = "") -> None:
    application = look.application()
    if dark:
        application.setPalette(dark_palette())
    web = Web()
    QDesktopServices.setUrlHandler("https", web, "open")
    target = COMMANDS[mode]()

    def button(name: str) -> None:
        """Click a button by its accessible name or text."""
        for each in target.window.findChildren(QAbstractButton):
            if name in (each.accessibleName(), each.text().replace("&", "")) and each.isVisible():
                each.click()
                return
        raise LookupError(name)

    unread = bytearray()

    def read() -> None:
        # Not sys.stdin: what it has buffered would not wake the loop.
        arrived = os.read(0, 65536)
        if not arrived:
            application.quit()
        unread.extend(arrived)
        while b"\n" in unread:
            line, _, rest = bytes(unread).partition(b"\n")
            unread[:] = rest
            handle(json.loads(line))

    def handle(command: dict[str, Any]) -> None:
        name = command.pop("do")
        if name == "click":
            button(**command)
        elif name == "rss":
            tell("rss", megabytes=rss_megabytes())
        else:
            getattr(target, name)(**command)

    notifier = QSocketNotifier(0, QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda *_: read())
    QTimer.singleShot(0, lambda: tell("ready"))
    application.exec()


if __name__ == "__main__":
    main(*sys.argv[1:])
