"""What the windows of `windows_shown.py` show of a computer and its reports: neutral, the same everywhere.

`given` marks a text that comes from outside and is the same in every language; DATA holds all of these.
"""

from __future__ import annotations

import hashlib
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPainter, QPolygon

from snapper import bundle
from snapper.bundle import Bundle
from snapper.capture.frame import Frame, Monitor, Rect, Window
from snapper.capture.png import encode
from snapper.delivery.causes import Cause
from snapper.delivery.wording import WORDING
from snapper.destinations import Destination
from snapper.errors import NO_OBSTACLE, Obstacle
from snapper.logs.found import Instance, LogFile, TodaysLogs
from snapper.report import Attachment, Finding, Kind, LogEntry, LogKind, Receipt, Report
from snapper.state import Delivery, Entry, State

DATA: set[str] = set()


def given(text: str) -> str:
    """A text that comes from outside; it is in DATA from now on."""
    DATA.add(text)
    return text


NOTE = given("Orders hang since 14:02, the chart has frozen.")
CHORD = given("Ctrl+Alt+J")
PROXY = given("proxy.example:3128")
TITLE = given("DU1234567 TWS (paper)")
SIGNED_AS = given("jsmith")
DESK = Destination(given("desk"), "desk", given("https://desk.example"))
PLACES = (
    Destination(given("our desk"), "desk", given("https://desk.example")),
    Destination(given("our RT"), "rt", given("https://rt.example"), file_bytes=10_000_000),
    Destination(given("shake"), "rageshake", given("https://shake.example/api/submit")),
)
_PLAIN, _SEALED = LogKind.PLAIN, LogKind.SEALED
_INSTANCES = (Instance("tws", given("TWS jsmith")), Instance("gateway", given("IB Gateway 10.37")))
_LOGS = (
    (given("launcher.log"), 48_211, _PLAIN, "tws"),
    (given("djgblkjyvm/tws.20261121.081502.ibgzenc"), 8_400_000, _SEALED, "tws"),
    (given("djgblkjyvm/api.7.20261121.081640.ibgzenc"), 31_220_100, _SEALED, "tws"),
    (given("ibgateway.20261121.080001.log"), 2_310_000, _PLAIN, "gateway"),
)
_NOTES = (
    NOTE, given("No market data for EUR.USD"), given("Order 4711 was rejected"),
    given("Login fails since noon"),
)  # fmt: skip
_MORE = (
    "desk.example",
    "rt.example",
    "shake.example",
    "screenshot.png",
    "logs.zip",
    "report.json",
    "how-to-send.txt",
)
for _text in (*_MORE, "SHA-256", "SNP-7K3F-Q2", "snapper", "TWS", "eth0"):
    given(_text)


def desktop(active: bool = True) -> Frame:
    """A desktop with a trading program in front."""
    area, window = Rect(0, 0, 1280, 800), Rect(140, 70, 980, 640)
    image = QImage(area.width, area.height, QImage.Format.Format_RGB32)
    image.fill(QColor("#35506b"))
    painter = QPainter(image)
    painter.fillRect(QRect(*window), QColor("#14181d"))
    painter.fillRect(QRect(window.left, window.top, window.width, 28), QColor("#d9dce0"))
    for row in range(12):
        painter.fillRect(QRect(160, 120 + row * 44, 320, 30), QColor("#23303c" if row % 2 else "#1b2630"))
        painter.fillRect(QRect(420, 128 + row * 44, 44, 14), QColor("#2e9e62" if row % 3 else "#c14545"))
    painter.setPen(QColor("#58a6ff"))
    painter.drawPolyline(QPolygon([QPoint(520 + x, 380 + (x * 37) % 90 - x // 6) for x in range(0, 570, 15)]))
    painter.end()
    front = Window(7, window, TITLE) if active else None
    return Frame(bytes(image.constBits()), area, (Monitor(area),), front, time.time())


def todays_logs(sentence: str | None = None, kinds: tuple[LogKind, ...] = (_PLAIN, _SEALED)) -> TodaysLogs:
    """Logs of two programs, as far as they are of these kinds."""
    files = [
        LogFile(Path(name), name, size, 0.0, kind, (of,)) for name, size, kind, of in _LOGS if kind in kinds
    ]
    several = _INSTANCES if len(kinds) > 1 else ()
    return TodaysLogs(tuple(files), (), sentence, several)


def number_of(report: int) -> str:
    """The id of a report."""
    return given(f"0192f0c1-2345-7abc-8def-0123456789{report:02x}")


def report(number: int = 0, destination: str = "", note: str = NOTE, ticket: str | None = None) -> Report:
    """A report with a picture and logs."""
    entries = tuple(
        LogEntry(name, size, "0" * 64, "2026-11-21T13:00:00.000Z", kind)
        for name, size, kind, _of in _LOGS[:3]
    )
    files = (
        Attachment("screenshot.png", 1_260_345, "0" * 64, Kind.SCREENSHOT, "image/png"),
        Attachment("logs.zip", 39_120_000, "0" * 64, Kind.LOGS, "application/zip", entries),
    )
    written = (datetime(2026, 11, 16, 13, 2, 11, tzinfo=UTC) + timedelta(hours=7 * number)).isoformat()
    return Report(number_of(number), written, note, ticket, files, destination=destination)


def receipt(code: str = "SNP-7K3F-Q2", ticket: str = "1042", host: str = "desk.example") -> Receipt:
    """What a ticket system answered."""
    at = "2026-11-21T13:02:14.000Z"
    return Receipt(number_of(0), given(ticket), given(code), given(f"https://{host}/tickets/{ticket}"), at)


def obstacle(cause: Cause) -> tuple[str, str, Obstacle]:
    """The sentence, the remedy and the text for IT of a cause."""
    facts = {
        "server": given("desk.example:443"),
        "host": "desk.example",
        "proxy": PROXY,
        "schemes": given("Basic"),
    }
    said = WORDING[cause]
    # Sentences may name more than is known here; such causes are not asked for.
    for_it = said.for_it.format(**facts)
    return said.sentence.format(**facts), said.remedy.format(**facts), Obstacle(str(cause), PROXY, for_it)


_CAUSES = {
    State.WAITING: Cause.DROPPED,
    State.BLOCKED: Cause.PROXY_WANTS_PASSWORD,
    State.STOPPED: Cause.PROHIBITED,
}


def entry(state: State, number: int) -> Entry:
    """A report in this state, with the words it would have."""
    sentence, remedy, stands = "", "", NO_OBSTACLE
    if state in _CAUSES:
        sentence, remedy, stands = obstacle(_CAUSES[state])
    proven = receipt() if state in (State.DELIVERED, State.UNCONFIRMED) else None
    again = time.time() + 300 if state is State.WAITING else None
    where = PLACES[1].name if number % 3 == 2 else ""
    kept = report(number, where, _NOTES[number % len(_NOTES)])
    return Entry(
        kept.id, kept, Delivery(state, 2, again, sentence, remedy, proven, obstacle=stands), 40_400_000
    )


def bundle_in(folder: Path, findings: tuple[Finding, ...] = ()) -> Bundle:
    """A report with real files in a folder, for what shows them."""
    picture = bundle.attach_bytes(folder, "screenshot.png", encode(desktop()), Kind.SCREENSHOT, "image/png")
    lines = given("2026-11-21 14:02:11.120 [JTS-Main] INFO  Connecting to server").encode() + b"\n"
    entries = []
    with zipfile.ZipFile(folder / "logs.zip", "w") as archive:
        for name, _size, kind, _of in _LOGS[:3]:
            content = lines * 6000
            archive.writestr(name, content)
            sha256 = hashlib.sha256(content).hexdigest()
            given(sha256)
            entries.append(LogEntry(name, len(content), sha256, "2026-11-21T13:00:00.000Z", kind))
    packed = (folder / "logs.zip").read_bytes()
    logs = Attachment(
        "logs.zip",
        len(packed),
        hashlib.sha256(packed).hexdigest(),
        Kind.LOGS,
        "application/zip",
        tuple(entries),
    )
    made = Report(
        number_of(0), "2026-11-21T13:02:11.000Z", NOTE, None, (picture, logs),
        machine={given("system"): given("Windows 11 (64 bit)"), given("memory"): given("32 GB, 11 GB free")},
        remarks=(given("The picture shows one of two monitors."),), account=SIGNED_AS, findings=findings,
        replaced={"accounts": 14, "users": 3}, kept=("amounts",),
    )  # fmt: skip
    bundle.seal(folder, made)
    read = bundle.read(folder)
    for file in read.files:
        given(file.sha256)
    return read
