"""Tickets in the web browser: which addresses may be opened, and opening one."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def is_web_address(text: str) -> bool:
    """Whether this may be opened: a ticket system must not be able to open files or programs here."""
    url = QUrl(text, QUrl.ParsingMode.StrictMode)
    return url.isValid() and url.scheme() in ("http", "https") and bool(url.host())


def open_in_browser(address: str) -> None:
    """Show a page, if it is one of the web."""
    if is_web_address(address):
        QDesktopServices.openUrl(QUrl(address))
