"""A window that looks like TWS, for demonstrations and tests: quotes, a frame counter, the keys it got.

A strip of squares at the top left shows, after a magenta and a cyan one, the time of the frame: milliseconds
of the Unix clock modulo 2**32 in binary, a white square for 1. `read_counter` reads it back from a picture.
Every key the window gets is printed as a JSON line.
"""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

BITS = 32
SQUARE = 6  # pixels
MARKS = ((255, 0, 255), (0, 255, 255))  # what the strip starts with
TITLE = "DU1234567 Trader Workstation (Simulated Trading)"
ROWS = (
    ("AAPL", 187.39), ("MSFT", 415.10), ("NVDA", 121.40), ("SPY", 545.21), ("QQQ", 470.02), ("TSLA", 248.50),
    ("EUR.USD", 1.0934), ("USD.JPY", 151.22), ("ESZ6", 5610.25), ("CLZ6", 71.18), ("GCZ6", 2688.40),
)  # fmt: skip


def read_counter(picture: Image) -> int | None:
    """The time in a picture of the window: milliseconds modulo 2**32, or None when the strip is not in it."""
    pixels = picture.convert("RGB")
    width, height = pixels.size
    first = bytes(MARKS[0]) * SQUARE + bytes(MARKS[1]) * SQUARE
    place = pixels.tobytes().find(first)
    if place < 0:
        return None
    top, left = divmod(place // 3, width)
    row = top + SQUARE // 2
    if row >= height or left + (BITS + 2) * SQUARE > width:
        return None
    value = 0
    for bit in range(BITS):
        square = pixels.getpixel((left + (bit + 2) * SQUARE + SQUARE // 2, row))
        value = value << 1 | (isinstance(square, tuple) and square[0] > 127)
    return value


def main() -> None:
    """Show the window until it is closed or told to end."""
    from PySide6.QtCore import QRect, Qt, QTimer
    from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent
    from PySide6.QtWidgets import QApplication, QWidget

    class Window(QWidget):
        def __init__(self) -> None:
            super().__init__()
            self.setWindowTitle(TITLE)
            self.resize(760, 430)
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.random = random.Random(1)
            self.prices = dict(ROWS)
            self.shown = False

        def keyPressEvent(self, event: QKeyEvent) -> None:
            _say(key=event.text() or Qt.Key(event.key()).name, modifiers=event.modifiers().value)

        def focusInEvent(self, event: object) -> None:
            _say(focus=True)

        def paintEvent(self, event: QPaintEvent) -> None:
            painter = QPainter(self)
            painter.fillRect(self.rect(), QColor(24, 26, 32))
            self.paint_quotes(painter)
            self.paint_counter(painter)
            painter.end()
            if not self.shown:
                self.shown = True
                _say(shown=int(self.winId()))

        def paint_counter(self, painter: QPainter) -> None:
            now = int(time.time() * 1000) % (1 << BITS)
            colours = [
                *MARKS,
                *((255,) * 3 if now >> bit & 1 else (0,) * 3 for bit in range(BITS - 1, -1, -1)),
            ]
            for place, colour in enumerate(colours):
                painter.fillRect(QRect(place * SQUARE, 0, SQUARE, SQUARE), QColor(*colour))

        def paint_quotes(self, painter: QPainter) -> None:
            painter.setFont(QFont("DejaVu Sans Mono", 10))
            for column, head in enumerate(("Symbol", "Last", "Bid", "Ask", "Change")):
                painter.setPen(QColor(140, 150, 170))
                painter.drawText(20 + column * 145, 36, head)
            for line, (symbol, price) in enumerate(self.prices.items()):
                change = price - dict(ROWS)[symbol]
                painter.fillRect(QRect(10, 46 + line * 30, 740, 28), QColor(32 + 4 * (line % 2), 35, 44))
                cells = (
                    symbol,
                    f"{price:.2f}",
                    f"{price - 0.01:.2f}",
                    f"{price + 0.01:.2f}",
                    f"{change:+.2f}",
                )
                for column, text in enumerate(cells):
                    colour = (
                        QColor(225, 228, 235)
                        if column < 4
                        else QColor(*((90, 200, 120) if change >= 0 else (235, 95, 95)))
                    )
                    painter.setPen(colour)
                    painter.drawText(20 + column * 145, 65 + line * 30, text)

        def tick(self) -> None:
            symbol = self.random.choice(ROWS)[0]
            self.prices[symbol] *= 1 + self.random.uniform(-0.0005, 0.0005)
            self.update()

    application = QApplication(sys.argv[:1])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    window = Window()
    window.show()
    timer = QTimer()
    timer.timeout.connect(window.tick)
    timer.start(15)
    application.exec()


def _say(**fact: object) -> None:
    print(json.dumps(fact), flush=True)


if __name__ == "__main__":
    main()
