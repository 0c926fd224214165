"""A process with one window of snapper in it, driven by JSON lines on stdin, telling of signals on stdout.

Run as `python -m tests.ui_driver MODE` (one of COMMANDS). One application object per process is all the
toolkit allows, and real keys need a real window: so tests talk to this instead.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

from PySide6.QtCore import QEvent, QObject, QPoint, QSocketNotifier, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QColor, QDesktopServices, QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from snapper.answer import Answer, LogChoice, Picture
from snapper.capture.frame import Frame, Monitor, Rect, Window
from snapper.destinations import Destination
from snapper.errors import NO_OBSTACLE, Obstacle
from snapper.logs.found import Instance, LogFile, TodaysLogs
from snapper.privacy.classes import Private
from snapper.report import Attachment, Kind, LogEntry, LogKind, Receipt, Report
from snapper.state import Delivery, Entry, State
from snapper.ticket_look import TicketLook
from snapper.ui import look
from snapper.ui.doctor_window import DoctorWindow
from snapper.ui.note_window import NoteWindow
from snapper.ui.outbox_window import OutboxWindow
from snapper.ui.preview import Preview
from snapper.ui.proxy_login_window import ProxyLoginWindow
from snapper.ui.receipt_window import ReceiptWindow
from snapper.ui.tray import Tray
from tests import ui_looks
from tests.ui_shown import ShownCommands

FOR_IT = "Please let desk.example:443 pass through proxy.example:3128 without a sign-in."
ID = "0192f0c1-2345-7abc-8def-0123456789a{}"


def tell(event: str, **facts: Any) -> None:
    """Print one JSON line."""
    print(json.dumps({"event": event, **facts}), flush=True)


DESK = ["our desk", "desk", "https://desk.example", {}]


def plain(answer: Answer) -> dict[str, Any]:
    """What the newer parts of an answer say."""
    logs = answer.logs
    return {
        "account": answer.account,
        "destination": answer.destination,
        "keep": sorted(answer.keep),
        "days": logs.days if logs else None,
        "instances": list(logs.instances) if logs else None,
        "seconds": logs.window.end - logs.window.start if logs and logs.window else None,
    }


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
        "proxy": ("The proxy proxy.example:3128 wants a user name and a password (Basic).", "Sign in."),
    }
    obstacles = {"proxy": Obstacle("proxy-wants-password", "proxy.example:3128", FOR_IT)}
    made = []
    for number, state in enumerate(states):
        proven = receipt() if state in ("delivered", "unconfirmed") else None
        sentence, remedy = said.get(state, ("", ""))
        again = time.time() + 300 if state in ("waiting", "blocked", "proxy") else None
        obstacle = obstacles.get(state, NO_OBSTACLE)
        kept_as = State.BLOCKED if state in obstacles else State(state)
        delivery = Delivery(kept_as, 2, again, sentence, remedy, proven, obstacle=obstacle)
        made.append(Entry(ID.format(number), report(f"Note {number}", number=number), delivery, 40_400_000))
    return made


class NoteCommands:
    """The note window; `destinations` are JSON: name, system, address, and further fields."""

    def __init__(self, destinations: str = json.dumps([DESK])) -> None:
        places = [Destination(*about, **dict(limits)) for *about, limits in json.loads(destinations)]
        self._hear(NoteWindow(places))

    def _hear(self, window: NoteWindow) -> None:
        """Say each signal of the window."""
        self.window = window
        self._opened: list[IO[bytes]] = []
        self.window.edited.connect(
            lambda note, ticket, name: tell("edited", note=note, ticket=ticket, destination=name)
        )
        self.window.destination_chosen.connect(lambda name: tell("destination_chosen", name=name))
        self.window.ticket_asked.connect(lambda name, number: tell("ticket_asked", asked=[name, number]))
        self.window.submitted.connect(
            lambda answer: tell(
                "submitted",
                note=answer.note,
                ticket=answer.ticket,
                picture=str(answer.picture),
                logs=answer.logs is not None,
            )
        )
        self.window.submitted.connect(lambda answer: tell("answer", **plain(answer)))
        self.window.contents_asked.connect(lambda answer: tell("contents_asked", **plain(answer)))
        self.window.logs_wish_changed.connect(lambda wish: tell("wish", days=wish.days))
        self.window.sizes_asked.connect(self._size_asked)
        for name in ("contents_accepted", "contents_dropped"):
            getattr(self.window, name).connect(lambda name=name: tell(name, open_files=self._open_files()))
        for name in ("cancelled", "focused", "painted"):
            getattr(self.window, name).connect(lambda name=name: tell(name, at=time.monotonic()))

    def present(
        self, size: list[int] | None = None, active: list[int] | None = None, title: str = "TWS", **rest: Any
    ) -> None:
        shown = frame(*size, active=active, title=title) if size else None
        tell("presenting", at=time.monotonic())
        self.window.present(shown, **rest)

    def set_logs(
        self,
        files: list[list[Any]],
        sentence: str | None = None,
        instances: list[list[str]] = [],  # noqa: B006
        keys: list[str] | None = None,
    ) -> None:
        """Each file is a name, a size, a kind and the keys of its instances, which may be left out."""
        logs = [
            LogFile(Path(name), name, size, 0.0, LogKind(kind), tuple(of)) for name, size, kind, *of in files
        ]
        titles = tuple(Instance(key, title) for key, title in instances)
        self.window.set_logs(TodaysLogs(tuple(logs), (), sentence, titles), keys)

    def _size_asked(self, choice: LogChoice) -> None:
        self._wish = choice
        start, end = choice.window or (0, 0)
        tell("size_asked", seconds=end - start, instances=choice.instances)

    def set_cut_size(self, size: int) -> None:
        """Answer the last question."""
        self.window.set_cut_size(self._wish, size)

    def set_limit(self, limit: int | None, name: str = "") -> None:
        self.window.set_limit(name or self.window.destination, limit)

    def set_ticket(self, name: str, number: str, sentence: str, **rest: str) -> None:
        self.window.set_ticket(TicketLook(name, number, sentence, **rest))

    def restore(self, **written: str) -> None:
        self.window.restore(**written)

    def set_picture_size(self, size: int) -> None:
        self.window.set_picture_sizes({Picture.SCREEN: size, Picture.WINDOW: 1000})

    def address(self) -> None:
        """Where the report goes, as the window shows it."""
        address, footer = self.window._address, self.window._sends_to
        tell(
            "address",
            list=[address.list.itemText(row) for row in range(address.list.count())],
            shown=address.list.isVisible(),
            open=address.list.view().isVisible(),
            chosen=self.window.destination,
            ticket=address.ticket.text(),
            enabled=address.ticket.isEnabled(),
            said=address.said.text() if address.said.isVisible() else "",
            elided=address.said.shown_text(),
            footer=footer.text(),
            picture=self.window._pictures.include.text().replace("&", ""),
        )

    def preset_privacy(self, keep: list[str]) -> None:
        self.window.preset_privacy([Private(name) for name in keep])

    def set_findings(self, titles: list[str]) -> None:
        self.window.set_findings(
            [
                SimpleNamespace(
                    problem=SimpleNamespace(
                        title=title,
                        answer="Another program uses the port.",
                        do=("Close it.",),
                        whom="Telephone the desk.",
                    ),
                    where="launcher.log",
                    line="BindException <b>7496</b>",
                )
                for title in titles
            ]
        )

    def preset_logs(self, days: int) -> None:
        self.window.preset_logs(days)

    def pause(self, milliseconds: int) -> None:
        """How long nothing must have been typed before it is told."""
        self.window._pause.setInterval(milliseconds)

    def end(self) -> None:
        self.window.end()

    def guard(self, milliseconds: int) -> None:
        """How long no key must have been pressed before the contents can be sent."""
        self.window._exactly.dialog.guard.setInterval(milliseconds)

    def guarding(self) -> None:
        """The wait for Send that runs now: each has a number of its own."""
        tell("guarding", wait=self.window._exactly.dialog.guard.timerId())

    def held_enter(self) -> None:
        """What an Enter that is held down sends, to the part that has the focus."""
        key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True)
        QApplication.sendEvent(QApplication.focusWidget(), key)

    def accept_contents(self, times: int) -> None:
        """As the button does, so often, without waiting for anything."""
        for _ in range(times):
            self.window._exactly.dialog.accept()

    def contents_row(self, row: int) -> None:
        """Where a line of the list of contents is on the screen."""
        files = self.window._exactly.dialog.files
        there = files.viewport().mapToGlobal(files.visualItemRect(files.topLevelItem(row)).center())
        tell("contents_row", place=[there.x(), there.y()])

    def files(self) -> None:
        """How many files of the contents were opened, and are still open."""
        tell("files", opened=len(self._opened), open=self._open_files())

    def _open_files(self) -> int:
        return sum(not file.closed for file in self._opened)

    def looks(self) -> None:
        """What is cut off, and what the bottom of the body needs to be seen."""
        bar = self.window._scrolled.verticalScrollBar()
        tell("looks", cut_off=ui_looks.cut_off(self.window), to_scroll=bar.maximum(), scrolled=bar.value())

    def instance(self, key: str) -> None:
        """What is seen of an instance's box, and its tool tip."""
        box = self.window._logs.instances.boxes[key]
        tell("instance", told=[box.shown_text(), box.toolTip()])

    def focus(self) -> None:
        """The part that has the keyboard."""
        part = QApplication.focusWidget()
        tell("focus", name=part.accessibleName() if part else "")

    def set_note_warning(self, sentence: str) -> None:
        self.window.set_note_warning(sentence)

    def show_contents(self, folder: str, not_before: str = "") -> None:
        """Every file of a folder; those called .txt and .json are text, those called .png pictures. None can
        be opened before the file `not_before` is there."""

        def opened(path: Path) -> IO[bytes]:
            while not_before and not Path(not_before).exists():
                time.sleep(0.01)
            self._opened.append(path.open("rb"))
            return self._opened[-1]

        parts = [
            SimpleNamespace(
                name=path.relative_to(folder).as_posix(), size=path.stat().st_size, sha256="ab" * 32,
                about="a file", text=path.suffix in (".txt", ".json"), picture=path.suffix == ".png",
                open=lambda path=path: opened(path),
            )
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file()
        ]  # fmt: skip
        self.window.show_contents(parts)

    def contents_failed(self, sentence: str) -> None:
        self.window.contents_failed(sentence)

    def more(self) -> None:
        """The state of the parts below the note."""
        window, logs, contents = self.window, self.window._logs, self.window._exactly.dialog
        viewer, shown = contents.viewer, contents.isVisible()
        tell(
            "more",
            note_place=[*window._note.geometry().getRect()],
            instances={box.accessibleName(): box.isChecked() for box in logs.instances.boxes.values()},
            too_large=logs.limit.sentence.text() if logs.limit.isVisible() else "",
            offer=logs.limit.button.text().replace("&", "") if logs.limit.button.isVisible() else "",
            amount=logs.amount.amount.currentText(),
            times=[logs.amount.start.text(), logs.amount.end.text()],
            days=logs.amount.days.value(),
            privacy=window._privacy.line.text(),
            account=window._account.text(),
            panel=window._privacy._panel is not None,
            secrets=window._privacy._panel.boxes[Private.SECRET].isEnabled()
            if window._privacy._panel
            else None,
            warning=window._findings.warning.text() if window._findings.warning.isVisible() else "",
            findings=[card.title.text() for card in window._findings.cards.values() if card.isVisible()],
            details=[
                card.details.text() for card in window._findings.cards.values() if card.details.isVisible()
            ],
            exactly=window._exactly.button.text(),
            contents=shown,
            can_send=contents.send.isEnabled(),
            files=[
                contents.files.topLevelItem(row).text(0) for row in range(contents.files.topLevelItemCount())
            ],
            total=contents.total.text(),
            about=viewer.about.text(),
            text=viewer.text.toPlainText() if viewer.text.isVisible() else "",
            place=viewer.place.text() if viewer.place.isVisible() else "",
            picture=viewer.picture.label.pixmap().width() if viewer.picture.isVisible() else 0,
        )

    def preset(self, picture: str = "screen", to_ticket: bool = False) -> None:
        self.window.preset(Picture(picture), logs=True, to_ticket=to_ticket)

    def keep_open(self, sentence: str, remedy: str) -> None:
        self.window.keep_open(sentence, remedy)

    def finish(self) -> None:
        self.window.finish()

    def state(self) -> None:
        window = self.window
        tell(
            "state",
            note=window._note.text(),
            ticket=window._address.ticket.text(),
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
                [preview._canvas.image.width(), preview._canvas.image.height()]
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
        seen = [
            p for p in seen if p.focusProxy() is None
        ]  # the field inside a spin box is no stop of its own
        parts = [p for p in seen if p.isVisible() and p.focusPolicy().value & 1 and p.window() is self.window]
        tell("names", names=[[type(p).__name__, p.accessibleName()] for p in parts])


class AskingCommands(NoteCommands):
    """The note window of the real program, which looks things up and keeps reports; the settings are in the
    environment. Nothing is delivered."""

    def __init__(self) -> None:
        from snapper.app import App
        from snapper.config import load

        self._asking = App(load(), lambda sentence: None)._asking
        self._hear(self._asking._note)

    def ask(self) -> None:
        """As after a press."""
        self._asking.ask_about(frame())


# --- covers -----------------------------------------------------------------------------------------------


class CoverCommands(NoteCommands):
    """The note window with parts of its picture covered, and the editor of covers."""

    def __init__(self) -> None:
        super().__init__()
        self._last: Preview | None = None

    def begin(self, size: list[int], active: list[int] | None = None, covers: list[list[int]] = []) -> None:  # noqa: B006
        shown = frame(*size, active=active)
        self.window.present(shown)
        self.window._pictures.set_frame(shown, None, [Rect(*rect) for rect in covers])

    def offer(self, covers: list[list[int]]) -> None:
        self.window._pictures.offer([Rect(*rect) for rect in covers])

    def editor(self) -> None:
        pictures = self.window._pictures
        facts: dict[str, Any] = {
            "covers": [list(rect) for rect in pictures.covers()],
            "offered": [list(rect) for rect in pictures.offered()],
            "said": pictures._covered.text(),
            "can_cover": pictures.cover_button.isEnabled(),
            "open": pictures._preview is not None,
            "image_gone": self._last is None or self._last._canvas.image.isNull(),
        }
        if preview := pictures._preview:
            self._last = preview
            canvas, view, ratio = preview._canvas, preview._area.viewport(), preview.devicePixelRatioF()
            origin, corner = canvas.mapToGlobal(QPoint(0, 0)), view.mapToGlobal(QPoint(0, 0))
            facts |= {
                "selected": canvas.selected,
                "zoom": canvas.zoom,
                "percent": preview._percent.text(),
                "fit": preview._fit.isChecked(),
                "full": preview._full.isChecked(),
                "origin": [round(origin.x() * ratio), round(origin.y() * ratio)],
                "at": [round(number * ratio) for number in preview.mapToGlobal(QPoint(0, 0)).toTuple()],
                "viewport": [round(n * ratio) for n in (corner.x(), corner.y(), view.width(), view.height())],
                "focus": canvas.hasFocus(),
                "words": preview._said.text(),
                "described": canvas.accessibleDescription(),
                "buttons": {
                    each.accessibleName(): each.isEnabled() for each in preview.findChildren(QAbstractButton)
                },
            }
        tell("editor", **facts)

    def preview_button(self, name: str) -> None:
        """Where a button of the editor is on the screen."""
        preview = self.window._pictures._preview
        [button] = [each for each in preview.findChildren(QAbstractButton) if each.accessibleName() == name]
        place = button.mapToGlobal(button.rect().center())
        tell("preview_button", place=[place.x(), place.y()])

    def thumbnail(self, path: str) -> None:
        """Save what the thumbnail looks like now."""
        self.window._pictures.thumbnail.grab().save(path)
        tell("thumbnail")


# --- the others -------------------------------------------------------------------------------------------


def choose(folder: str) -> None:
    """Answer the question for a folder."""
    dialog = QApplication.activeModalWidget()
    dialog.fileSelected.emit(folder)
    dialog.reject()


class ReceiptCommands:
    """The acknowledgement."""

    def __init__(self) -> None:
        self.window = ReceiptWindow()
        self.window.closed.connect(lambda: tell("closed"))
        self.window.outbox_asked.connect(lambda: tell("outbox_asked"))
        self.window.export.connect(lambda report, folder: tell("export", id=report, folder=str(folder)))

    def delivered(self, to: str = "", **facts: str) -> None:
        self.window.show_delivered(receipt(**facts), replace(report(), destination=to))

    def unconfirmed(self, sentence: str, to: str = "", **facts: str) -> None:
        self.window.show_unconfirmed(receipt(**facts), replace(report(), destination=to), sentence)

    def problem(self, sentence: str, next_sentence: str, **rest: str) -> None:
        self.window.show_problem(sentence, next_sentence, **rest)

    def saved(self, sentence: str, path: str) -> None:
        self.window.saved(sentence, Path(path))

    def choose_folder(self, folder: str) -> None:
        self.window._ask_folder()
        choose(folder)

    def state(self) -> None:
        window = self.window
        buttons = [button.text() for button in window.findChildren(QPushButton) if button.isVisible()]
        tell(
            "state",
            said=window._said.text(),
            buttons=buttons,
            code=window._code.text() if window._code.isVisible() else "",
            problem=window._problem.text(),
            explain=window._explain.text(),
            beside=window._ticket.text() if window._ticket.isVisible() else "",
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

    def __init__(self, *destinations: str) -> None:
        self.window = OutboxWindow(destinations)
        self.window.retry.connect(lambda report_id: tell("retry", id=report_id))
        self.window.discard.connect(lambda report_id: tell("discard", id=report_id))
        self.window.export.connect(lambda report_id, folder: tell("export", id=report_id, folder=str(folder)))
        self.window.refresh.connect(lambda: tell("refresh"))
        self.window.sign_in.connect(lambda report_id: tell("sign_in", id=report_id))

    def show(self, states: list[str], to: str = "") -> None:
        """Reports of these states; the first one goes to `to`."""
        made = entries(states)
        made[:1] = [replace(each, report=replace(each.report, destination=to)) for each in made[:1]]
        self.window.set_entries(made)
        self.window.present()

    def set(self, states: list[str]) -> None:
        self.window.set_entries(entries(states))

    def select(self, row: int) -> None:
        self.window._list.setCurrentItem(self.window._list.topLevelItem(row))

    def say(self, sentence: str) -> None:
        self.window.say(sentence)

    def saved(self, sentence: str, path: str) -> None:
        self.window.saved(sentence, Path(path))

    def choose_folder(self, folder: str) -> None:
        self.window._ask_folder()
        choose(folder)

    def state(self) -> None:
        window = self.window
        rows = map(window._list.topLevelItem, range(window._list.topLevelItemCount()))
        shown = [n for n in range(window._list.columnCount()) if not window._list.isColumnHidden(n)]
        tell(
            "state",
            rows=[[row.text(column) for column in shown] for row in rows],
            columns=[window._list.headerItem().text(column) for column in shown],
            headline=window._headline.text(),
            status=window._status.text(),
            chosen=window._chosen(),
            said=window._said.text(),
            confirming=bool(window._actions.currentIndex()),
            retry=window._retry.isEnabled(),
            sign_in=window._sign_in.isVisible(),
            for_it=window._for_it.isVisible(),
            empty=window._empty.isVisible(),
        )


class DoctorCommands:
    """The doctor's window."""

    def __init__(self) -> None:
        self.window = DoctorWindow()
        self.window.check.connect(lambda: tell("check"))
        self.window.report.connect(lambda: tell("report"))

    def show(self) -> None:
        self.window.present()

    def findings(self, summary: str, rows: list[list[str]], text: str) -> None:
        self.window.set_findings(summary, [(row[0], row[1], row[2], row[3]) for row in rows], text)

    def state(self) -> None:
        table = self.window._list
        cells = [[table.item(row, column) for column in range(3)] for row in range(table.rowCount())]
        tell(
            "state",
            summary=self.window._summary.text(),
            rows=[[cell.text() for cell in row if cell] for row in cells],
            cut=[row for row in range(table.rowCount()) if table.rowHeight(row) < table.sizeHintForRow(row)],
            buttons={
                each.accessibleName(): each.isEnabled()
                for each in self._buttons()
                if each.accessibleName() != "Close"
            },
            visible=self.window.isVisible(),
        )

    def _buttons(self) -> list[QPushButton]:
        return self.window.findChildren(QPushButton)


class LoginCommands:
    """The question for a proxy's login."""

    def __init__(self) -> None:
        self.window = ProxyLoginWindow()
        self.window.later.connect(lambda address: tell("later", address=address))
        self.window.signed_in.connect(
            lambda address, login, keep: tell(
                "signed_in", address=address, user=login.user, password=login.password, keep=keep
            )
        )

    def ask(self, address: str = "proxy.example:3128", **rest: Any) -> None:
        self.window.ask(address, **rest)

    def keyring(self, problem: str | None) -> None:
        self.window.set_keyring(problem)

    def withdraw(self) -> None:
        self.window.withdraw()

    def state(self) -> None:
        window = self.window
        labels = [label for label in window.findChildren(QLabel) if label.isVisible()]
        tell(
            "state",
            title=window._title.text(),
            wrong=window._wrong.text(),
            user=window._user.text(),
            password=window._password.text(),
            shown=window._password.displayText(),
            keep=[window._keep.isEnabled(), window._keep.isChecked()],
            reason=window._reason.text() if window._reason.isVisible() else "",
            sign_in=window._sign_in.isEnabled(),
            visible=window.isVisible(),
            address=window.address,
            focus=window.focusWidget().accessibleName() if window.focusWidget() else "",
            cut_off=[
                label.text() for label in labels if label.height() < label.heightForWidth(label.width())
            ],
            place=[*window.frameGeometry().getRect()],
        )

    def names(self) -> None:
        """Every part that takes the focus by Tab, in its order."""
        part, seen = self.window._user, []
        while part not in seen:
            seen.append(part)
            part = part.nextInFocusChain()
        parts = [part for part in seen if part.isVisible() and part.focusPolicy().value & 1]
        tell("names", names=[part.accessibleName() for part in parts if part.window() is self.window])


class TrayCommands:
    """The tray icon."""

    def __init__(self, waits: str = "") -> None:
        self.window = None
        self.tray = Tray(waits=bool(waits))
        for name in ("capture_screen", "capture_window", "attach", "outbox", "doctor", "quit", "opening"):
            getattr(self.tray, name).connect(lambda name=name: tell(name))
        self.tray.autostart_chosen.connect(lambda on: tell("autostart_chosen", value=on))
        self.tray.paused.connect(lambda paused: tell("paused", value=paused))

    def call(self, name: str, args: list[Any]) -> None:
        getattr(self.tray, name)(*args)

    def choose(self, text: str) -> None:
        """Choose a line of the menu."""
        [action] = [a for a in self.tray._menu.actions() if a.text().replace("&", "") == text]
        action.trigger()

    def open(self) -> None:
        """Show the menu."""
        self.tray._menu.popup(QPoint(10, 10))

    def state(self) -> None:
        actions = [a for a in self.tray._menu.actions() if a.isVisible() and not a.isSeparator()]
        icon = self.tray._icon
        tell(
            "state",
            tooltip=self.tray.tooltip(),
            badge=str(self.tray._badge()),
            menu=[a.text() for a in actions],
            checked=[a.text().replace("&", "") for a in actions if a.isChecked()],
            seen=self.tray.is_seen(),
            area=[*icon.geometry().getRect()] if icon else [0, 0, 0, 0],
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


COMMANDS: dict[str, Callable[..., Any]] = {
    "note": NoteCommands,
    "asking": AskingCommands,
    "covers": CoverCommands,
    "receipt": ReceiptCommands,
    "outbox": OutboxCommands,
    "doctor": DoctorCommands,
    "login": LoginCommands,
    "tray": TrayCommands,
    "underneath": Underneath,
    "shown": ShownCommands,
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


def main(mode: str, dark: str = "", *arguments: str) -> None:
    application = look.application()
    if dark:
        application.setPalette(dark_palette())
    web = Web()
    QDesktopServices.setUrlHandler("https", web, "open")
    target = COMMANDS[mode](*arguments)

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
            application.sync()  # keys and clicks that came before this command are dealt with before it
            try:
                handle(json.loads(line))
            finally:
                tell("handled")

    def handle(command: dict[str, Any]) -> None:
        name = command.pop("do")
        if name == "click":
            button(**command)
        elif name == "place":
            tell("place", place=ui_looks.place_of(**command))
        elif name == "mnemonics":
            tell("mnemonics", found=ui_looks.mnemonics())
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
