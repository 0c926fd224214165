"""Every window of snapper in a full, typical state: for pictures of them, and for tests that walk them all.

`WINDOWS[name]()` makes a window and shows it. The data in it are neutral (`windows_data.py`), the sentences
are taken from where snapper takes them. The application object must be there: `look.application()`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from shiboken6 import delete, isValid

from scripts.windows_data import (
    CHORD,
    DESK,
    NOTE,
    PLACES,
    PROXY,
    SIGNED_AS,
    bundle_in,
    desktop,
    entry,
    given,
    obstacle,
    receipt,
    report,
    todays_logs,
)
from snapper.answer import Picture
from snapper.capture.frame import Rect
from snapper.contents import parts_of
from snapper.delivery.causes import Cause
from snapper.delivery.endpoints import Ticket
from snapper.delivery.gateways import Gateway
from snapper.delivery.letter import tag_of
from snapper.delivery.network import Card, Link
from snapper.doctor import tws_ports, way_out
from snapper.doctor.findings import worst_first
from snapper.doctor.table import rows, summary
from snapper.errors import NotReached
from snapper.logs.known_problems import asks_for_secrets, load
from snapper.present import next_step, what_happened
from snapper.privacy.classes import RULES, Private
from snapper.report import LogKind
from snapper.state import State
from snapper.ticket_look import look_at
from snapper.ui.contents_window import ContentsWindow
from snapper.ui.doctor_window import DoctorWindow
from snapper.ui.note_window import NoteWindow
from snapper.ui.outbox_window import OutboxWindow
from snapper.ui.preview import Preview
from snapper.ui.privacy_box import PrivacyPanel
from snapper.ui.proxy_login_window import ProxyLoginWindow
from snapper.ui.receipt_window import ReceiptWindow
from snapper.ui.saving import ask_folder
from snapper.ui.tray import Tray

_WAIT_SECONDS = 20.0
KEPT: list[object] = []  # what is shown, and what it needs as long as that


def _until(condition: Callable[[], bool]) -> None:
    """Handle events until something is so, as a file is read in the background."""
    end = time.monotonic() + _WAIT_SECONDS
    while not condition():
        QApplication.processEvents()
        if time.monotonic() > end:
            raise TimeoutError


def _kept(window: QWidget) -> QWidget:
    """A window that belongs to another one stays only as long as that does."""
    KEPT.append(window)
    return window


# --- the note window ----------------------------------------------------------------------------------------


def _note(*destinations: object) -> NoteWindow:
    window = NoteWindow(destinations or (DESK,))  # type: ignore[arg-type]
    _kept(window)
    return window


def note() -> QWidget:
    """As it is most of the time: a picture, logs of two programs, something that was recognised."""
    window = _note()
    window.present(desktop())
    window.set_logs(todays_logs())
    window.set_picture_sizes({Picture.SCREEN: 1_260_345, Picture.WINDOW: 640_120})
    window.offer_covers([Rect(140, 70, 980, 28)])
    window._note.setPlainText(NOTE)
    window.set_findings(load().in_note("locked out, existing session"))
    return window


def note_addressed() -> QWidget:
    """Several destinations, a ticket that is there, logs that are too large, some private values sent."""
    window = _note(*PLACES)
    window.present(desktop())
    window.preset_logs(2)
    window.set_logs(todays_logs())
    window.set_picture_sizes({Picture.SCREEN: 31_260_345, Picture.WINDOW: 640_120})
    window.preset_privacy([Private.EMAIL, Private.MONEY])
    window._address.choose(PLACES[1].name)
    window.set_limit(PLACES[1].name, 15_000_000)
    window._address.fill("1042")
    window._address._consider()
    there = look_at(lambda name, number: Ticket(number, given("Chart freezes")), PLACES[1].name, "1042")
    window.set_ticket(there)
    window._note.setPlainText(NOTE)
    return window


def note_times() -> QWidget:
    """Logs of a time that is chosen, a destination that takes no additions."""
    window = _note(*PLACES)
    window.present(desktop())
    window.preset(Picture.WINDOW, logs=True)
    window.set_logs(todays_logs())
    amount = window._logs.amount
    amount.amount.setCurrentIndex(amount.amount.count() - 1)
    amount._pause.stop()
    amount.changed.emit()
    window._address.choose(PLACES[2].name)
    window._findings.cards.clear()
    window.set_findings(load().in_note(given("locked out")))
    for card in window._findings.cards.values():
        card.more.setChecked(True)
    return window


def note_refused() -> QWidget:
    """What stands in the way of Submit, a warning, no picture, and logs that only the vendor can read."""
    window = _note()
    window.present(desktop(active=False), ticket="twelve")
    window.preset(Picture.NONE, logs=True, to_ticket=True)
    window.set_logs(todays_logs(kinds=(LogKind.SEALED,)))
    window.set_note_warning(asks_for_secrets("my password is hunter2") or "")
    window._address.fill("")
    window.submit()
    return window


def note_saving() -> QWidget:
    """After Submit, for a moment."""
    window = _note()
    window.present(None, remark=given("The screen could not be read."))
    window._note.setPlainText(NOTE)
    window.submit()
    return window


def privacy() -> QWidget:
    """What is replaced before sending."""
    for rule in RULES.values():
        given(rule.label)
    given("7K3QF")
    panel = PrivacyPanel([Private.EMAIL], _note())
    panel.show()
    return _kept(panel)


# --- what will be sent --------------------------------------------------------------------------------------


def _contents(row: int) -> ContentsWindow:
    folder = tempfile.TemporaryDirectory()
    KEPT.append(folder)
    window = ContentsWindow(_note())
    _kept(window)
    window.prepare()
    window.show_contents(parts_of(bundle_in(Path(folder.name))), PLACES[1])
    window.files.setCurrentItem(window.files.topLevelItem(row))
    return window


def contents() -> QWidget:
    """Exactly what will be sent: the list of files, and what is in the report."""
    return _contents(0)


def contents_text() -> QWidget:
    """One page of a long log."""
    window = _contents(4)
    _until(lambda: window.viewer.next.isEnabled() and window.viewer.next.isVisible())
    return window


def contents_picture() -> QWidget:
    """The picture, as it is sent."""
    window = _contents(2)
    _until(lambda: window.viewer.full.isVisible())
    return window


def covers() -> QWidget:
    """The picture in full size, one of two covers selected."""
    window = _note()
    window.present(desktop())
    window.offer_covers([Rect(140, 70, 980, 28), Rect(500, 300, 240, 120)])
    window._pictures.look_closer()
    preview = window._pictures._preview
    assert isinstance(preview, Preview)
    return _kept(preview)


# --- receipts and the outbox --------------------------------------------------------------------------------


def receipt_delivered() -> QWidget:
    """A desk has stored a report; others came before."""
    window = ReceiptWindow()
    window.show_delivered(receipt(ticket="1041"), report(1))
    window.show_delivered(receipt(), report())
    return _kept(window)


def receipt_ticket() -> QWidget:
    """Another ticket system has: its ticket is what counts."""
    window = ReceiptWindow()
    tag = given(tag_of(report().id))
    window.show_delivered(receipt(tag, "88213", "rt.example"), report(destination=PLACES[1].name))
    return _kept(window)


def receipt_unconfirmed() -> QWidget:
    """It was sent, and nobody proved that it is there."""
    window = ReceiptWindow()
    unconfirmed = entry(State.UNCONFIRMED, 0)
    assert unconfirmed.delivery.receipt
    window.show_unconfirmed(unconfirmed.delivery.receipt, unconfirmed.report, what_happened(unconfirmed))
    return _kept(window)


def receipt_problem() -> QWidget:
    """It was not sent yet."""
    window = ReceiptWindow()
    blocked = entry(State.WAITING, 0)
    text = blocked.delivery.obstacle.for_it
    window.show_problem(what_happened(blocked), next_step(blocked), blocked.id, text)
    return _kept(window)


def outbox() -> QWidget:
    """A report in every state there is; one that waits for a person is chosen."""
    window = OutboxWindow([each.name for each in PLACES])
    states = [State.BLOCKED, *(state for state in State if state is not State.BLOCKED)]
    # The newest comes first.
    window.set_entries([entry(state, number) for number, state in enumerate(reversed(states))])
    window.present()
    return _kept(window)


def outbox_discard() -> QWidget:
    """The question before a report is thrown away."""
    window = OutboxWindow()
    window.set_entries([entry(State.WAITING, 0), entry(State.DELIVERED, 1)])
    window.present()
    window._ask_discard()
    return _kept(window)


def outbox_empty() -> QWidget:
    """Nothing is there."""
    window = OutboxWindow()
    window.present()
    return _kept(window)


# --- the others ---------------------------------------------------------------------------------------------


def doctor() -> QWidget:
    """What was found on this computer."""
    sentence, remedy, stands = obstacle(Cause.PROXY_WANTS_PASSWORD)
    hosts = [given(f"{name}1.ibllc.com") for name in ("ndc", "cdc", "zdc")]
    reached = [tws_ports.Port(host, 4001, tws_ports.Reach.OPEN) for host in hosts]
    dropped = [tws_ports.Port(host, 4000, tws_ports.Reach.DROPPED) for host in hosts]
    findings = worst_first(
        [
            *way_out.no_answer(DESK, NotReached(sentence, remedy, obstacle=stands)),
            way_out.link(Link((Card("eth0", True, ("192.0.2.7",)),), Gateway("192.0.2.1", "", "eth0"))),
            way_out.waiting(["waiting", "blocked"]),
            tws_ports.summary(4000, dropped),
            tws_ports.summary(4001, reached),
        ]
    )
    window = DoctorWindow()
    window.present()
    window.set_findings(summary(findings), rows(findings), "")
    return _kept(window)


def doctor_busy() -> QWidget:
    """While it looks."""
    window = DoctorWindow()
    window.present()
    return _kept(window)


def sign_in() -> QWidget:
    """A proxy wants a login; the last one was refused."""
    window = ProxyLoginWindow()
    window.ask(PROXY, SIGNED_AS, wrong=True)
    return _kept(window)


def folder() -> QWidget:
    """Where a report is to be saved: the toolkit's own dialog."""
    made = tempfile.TemporaryDirectory(prefix="snapper-")
    KEPT.append(made)
    for name in ("Documents", "Reports"):
        (Path(made.name) / given(name)).mkdir()
    parent = ReceiptWindow()
    _kept(parent)
    ask_folder(parent, lambda chosen: None)
    [dialog] = parent.findChildren(QFileDialog)
    dialog.setDirectory(made.name)
    dialog.setSidebarUrls([])
    for part in Path(made.name).parts:
        given(part)
    return _kept(dialog)


def tray_menu() -> QWidget:
    """The menu of the icon, with something wrong."""
    tray = Tray()
    KEPT.append(tray)
    tray.set_chord(CHORD)
    tray.set_reports(3, 1)
    tray.set_sending(31, 100)
    tray.set_problem(given("The keys are taken by another program."))
    tray._menu.popup(QPoint(40, 40))
    return _kept(tray._menu)


WINDOWS: dict[str, Callable[[], QWidget]] = {
    builder.__name__: builder
    for builder in (
        note, note_addressed, note_times, note_refused, note_saving, privacy, contents, contents_text,
        contents_picture, covers, receipt_delivered, receipt_ticket, receipt_unconfirmed, receipt_problem,
        outbox, outbox_discard, outbox_empty, doctor, doctor_busy, sign_in, folder, tray_menu,
    )
}  # fmt: skip


def clear() -> None:
    """Close every window that was made, and let go of it."""
    for each in reversed(KEPT):
        if isinstance(each, QWidget) and isValid(each):
            each.close()
    QApplication.processEvents()  # some delete themselves once they are closed
    for each in KEPT:
        if isinstance(each, QWidget) and isValid(each):
            delete(each)
    KEPT.clear()
