"""Fetching a PAC file: from a web address, directly and never through a proxy, or from a disk."""

from __future__ import annotations

import http.client
import re
import ssl
import stat
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit
from urllib.request import url2pathname

from snapper.delivery.causes import Cause
from snapper.delivery.proxies.answer import PacAddress
from snapper.delivery.route import PacFailed
from snapper.delivery.waiting import within
from snapper.hosts import ascii_host, is_host
from snapper.language import Sentence, _, together

FETCH_SECONDS = 2.0
_SIZE_MAX = 1 << 20  # Chromium's limit too
_REDIRECTS_MAX = 3
_MOVED = (301, 302, 303, 307, 308)
_ENTRY = "FindProxyForURL"  # also the beginning of FindProxyForURLEx
_CHARSET = re.compile(r"charset=[\"']?([\w-]+)", re.IGNORECASE)
_ASK = _("Ask your IT department for the right address of the proxy script.")
# Translators: “The file proxy.pac, set in the Windows proxy settings, …”.
_NOT_FETCHED = _("{file}, set in {named_by}, cannot be fetched.")
# Translators: “The file proxy.pac, set in the Windows proxy settings, …”.
_NOT_IN_TIME = _("{file}, set in {named_by}, could not be fetched in time.")
# Translators: “The file proxy.pac, set in the Windows proxy settings, …”.
_MISSING = _("{file}, set in {named_by}, does not exist.")
# Translators: “The file proxy.pac, set in the Windows proxy settings, …”.
_NOT_TRUSTED = _("{file}, set in {named_by}, is on a server whose certificate is not trusted here.")
# Translators: “The file proxy.pac, set in the Windows proxy settings, …”.
_NO_FILE = _("{file}, set in {named_by}, is no file.")
# Translators: “The file proxy.pac, set in the Windows proxy settings, …”.
_NOT_THERE = _("{file}, set in {named_by}, is not there (the server answers {status}).")
# Translators: “The file proxy.pac, set in the Windows proxy settings, …”.
_NEITHER_WEB_NOR_DISK = _("{file}, set in {named_by}, has an address that is not of the web or of a disk.")
# Translators: “The file proxy.pac, set in the Windows proxy settings, …”.
_WITHOUT_COMPUTER = _("{file}, set in {named_by}, has an address without a computer in it.")
# Translators: “The file proxy.pac, set in the Windows proxy settings, …”.
_WITHOUT_END = _("{file}, set in {named_by}, is sent from one address to the next without end.")
# Translators: “The file proxy.pac, set in the Windows proxy settings, …”.
_NOT_SAFE = _("{file}, set in {named_by}, is sent to an address that is not safe.")
# Translators: “The file proxy.pac, set in the Windows proxy settings, …”.
_TOO_LARGE = _("{file}, set in {named_by}, is too large to be a list of proxies.")
# Translators: “The file proxy.pac, set in the Windows proxy settings, …”.
_NO_LIST = _("{file}, set in {named_by}, is not a list of proxies.")
_PATH_SAFE = "%/:=&?~+!$,;'@()*[]-._"
_HEADERS = {
    "Accept": "application/x-ns-proxy-autoconfig, */*;q=0.8",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class PacUnreachable(PacFailed):
    """The file could not be fetched; the text says why, for a person."""

    cause = Cause.PAC_UNREACHABLE

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, broken=False)


class PacBroken(PacFailed):
    """The file was fetched and names no proxy that could be used; the text says why, for a person."""

    cause = Cause.PAC_BROKEN

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, broken=True)


def fetch(pac: PacAddress, *, context: ssl.SSLContext | None = None, seconds: float = FETCH_SECONDS) -> str:
    """The text of a PAC file; `context` is for https, and trusts what the system trusts where it is missing.

    Raises PacUnreachable, PacBroken when it is no PAC file.
    """
    try:
        content, charset = within(seconds, _reader(pac.address, context, time.monotonic() + seconds))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PacUnreachable(_said(_why(error), pac)) from error
    if len(content) > _SIZE_MAX:
        raise PacBroken(_said(_TOO_LARGE, pac))
    text = decode(content, charset)
    if _ENTRY not in text:
        raise PacBroken(_said(_NO_LIST, pac))
    return text


def _said(sentence: Sentence, pac: PacAddress) -> Sentence:
    return together([sentence.format(file=pac.label_first, named_by=pac.named_by), _ASK])


def _why(error: Exception) -> Sentence:
    if isinstance(error, TimeoutError):
        return _NOT_IN_TIME
    if isinstance(error, FileNotFoundError):
        return _MISSING
    if isinstance(error, ssl.SSLError):
        return _NOT_TRUSTED
    return error.sentence if isinstance(error, _NoFile) else _NOT_FETCHED


class _NoFile(ValueError):
    """There is no such file there; `{file}` and `{named_by}` of the sentence are to be filled in."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def _reader(address: str, context: ssl.SSLContext | None, end: float) -> Callable[[], tuple[bytes, str]]:
    scheme = urlsplit(address).scheme.lower()
    if scheme in ("http", "https"):
        return lambda: _from_web(address, context, end)
    if scheme and len(scheme) > 1 and scheme != "file":  # one letter is a drive
        raise _NoFile(_NEITHER_WEB_NOR_DISK)
    return lambda: (_from_disk(_path(address)), "")


def _path(address: str) -> Path:
    """The path of a file address as well as Windows, browsers and people write it."""
    if not address.lower().startswith("file:"):
        return Path(address).expanduser()
    rest = address[len("file:") :].replace("\\", "/")
    parts = urlsplit(f"file:{rest}")
    host = parts.netloc if parts.netloc.lower() != "localhost" else ""
    if re.fullmatch("[A-Za-z]:", host):  # file://C:/proxy.pac
        return Path(host + unquote(parts.path))
    return Path(f"//{host}{unquote(parts.path)}" if host else url2pathname(parts.path))


def _from_disk(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        raise _NoFile(_NO_FILE)
    with path.open("rb") as opened:
        return opened.read(_SIZE_MAX + 1)


def _from_web(address: str, context: ssl.SSLContext | None, end: float) -> tuple[bytes, str]:
    for _redirect in range(_REDIRECTS_MAX + 1):
        connection, path = _connection(address, context, max(0.1, end - time.monotonic()))
        try:
            connection.request("GET", path, headers=_HEADERS)
            answer = connection.getresponse()
            if answer.status == 200:
                found = _CHARSET.search(answer.headers.get("Content-Type", ""))
                return answer.read(_SIZE_MAX + 1), found[1] if found else ""
            address = _next(address, answer)
        finally:
            connection.close()
    raise _NoFile(_WITHOUT_END)


def _next(address: str, answer: http.client.HTTPResponse) -> str:
    """Where a redirect leads: never to a disk, and never from an encrypted address to an open one."""
    place = answer.headers.get("Location", "")
    if answer.status not in _MOVED or not place:
        raise _NoFile(_NOT_THERE.format(file="{file}", named_by="{named_by}", status=answer.status))
    moved = urljoin(address, place)
    allowed = ("https",) if urlsplit(address).scheme == "https" else ("http", "https")
    if urlsplit(moved).scheme not in allowed:
        raise _NoFile(_NOT_SAFE)
    return moved


def _connection(
    address: str, context: ssl.SSLContext | None, seconds: float
) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(address)
    host = ascii_host(parts.hostname or "")
    if not is_host(host):
        raise _NoFile(_WITHOUT_COMPUTER)
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_PATH_SAFE)
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=seconds), path
    if context is None:
        from snapper.delivery.tls import trust

        context = trust(None)
    return http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=context), path


def decode(content: bytes, charset: str = "") -> str:
    """The text of a file by its byte order mark, by what the server said, as UTF-8, or byte by byte."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        charset = "utf-16"
    for encoding in (charset, "utf-8-sig"):
        try:
            return content.decode(encoding or "utf-8-sig").removeprefix("\ufeff")
        except (LookupError, ValueError):
            continue
    return content.decode("latin-1")
