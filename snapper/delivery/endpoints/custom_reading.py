"""What a custom ticket system's answers say of a ticket: its files and its web address. Pure.

Whatever is read here was written by somebody else: an address counts only if it leads to the web.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from snapper.custom import Files
from snapper.custom.placeholders import Template
from snapper.custom.whereabouts import content_of, text_of, walk
from snapper.delivery.endpoints.adapter import Remote
from snapper.delivery.endpoints.custom_requests import path_of
from snapper.delivery.http import Answer
from snapper.hosts import loopback

_ADDRESS_CHARS = 2000  # what a receipt holds


def files_in(files: Files, answer: Answer, ticket: str, url: str) -> Iterator[Remote]:
    """The files that an answer lists, with where each can be read; `url` is that of the destination."""
    content = content_of(answer.body)
    for path in files.lists:
        for value, _ in walk(content, path):
            for item in value if isinstance(value, list) else [value]:
                name, address = _value(item, files.name), _address(files, item, ticket, url)
                if name and address:
                    yield Remote(name, address)


def _address(files: Files, item: Any, ticket: str, url: str) -> str:
    if isinstance(files.address, Template):
        words = {name: _value(item, name) for name in files.address.names}
        words |= {"ticket": ticket} if "ticket" in words else {}
        return path_of(files.address, words) if all(words.values()) else ""
    return _absolute(_value(item, files.address), url)


def page_address(page: Template | None, ticket: str, link: str, url: str) -> str:
    """The web address of a ticket: as it was told, where a browser may be sent there, else as the settings
    say; “” when they do not."""
    told = _absolute(link, url)
    if told and len(told) <= _ADDRESS_CHARS and _safe(told):
        return told
    if page is None or not ticket:
        return ""
    address = path_of(page, {"ticket": ticket})
    return f"{url}{address}" if address.startswith("/") else address


def _absolute(address: str, url: str) -> str:
    """An address as a page at `url` would mean it; “” when it does not lead to the web."""
    if not address:
        return ""
    try:
        whole = urljoin(f"{url}/", address)
        parts = urlsplit(whole)
    except ValueError:
        return ""
    return whole if parts.scheme in ("http", "https") and parts.hostname else ""


def _safe(address: str) -> bool:
    parts = urlsplit(address)
    return not parts.username and (parts.scheme == "https" or loopback(parts.hostname or ""))


def _value(item: Any, path: str) -> str:
    return next((text for value, _ in walk(item, path) if (text := text_of(value))), "")
