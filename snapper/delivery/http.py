"""HTTP over one line to one server, as uploads need it: no redirects followed, nothing picked up from the
environment, limits on silence instead of limits on the whole, and an answer that comes early is read.

requests and urllib3 do the protocol; the connection is ours (dial.py), because theirs cannot sign in to most
proxies, take the time-out for connecting as the time for sending, and lose what a proxy said while a body was
on its way (psf/requests #5263, urllib3 #857).
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import select
import socket
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from snapper.delivery.evidence import Phase, Stop, Stopped, Symptom, symptom_of
from snapper.delivery.route import DIRECT, Route

ANSWER_BYTES = 1 << 20  # no answer of a desk is longer
LIST_BYTES = 64 << 20  # all that was ever written into one ticket, where a ticket system gives no less
STALL_SECONDS = 4.0  # nothing of a body got away for so long: look for the reason, the rest can be sent later
_READ_BYTES = 256 * 1024
_PIECE = 16 * 1024  # small enough that 64 kbit/s sends one in two seconds
_TICK = 0.5  # s; how often a silent connection is looked at
_LAST_WORDS_SECONDS = 2.0  # how long after a reset an answer may still be read
_NOT_SENT_QUEUE = {"linux": 0x5411, "darwin": 0x1024}  # SIOCOUTQ; SO_NWRITE

Open = Callable[[], Any]


Take = Callable[[bytes], None]


class Answer:
    """A whole answer: status, headers and at most `most` bytes of body; the body of a good one goes to `take`
    instead, however long it is."""

    def __init__(
        self, response: requests.Response, take: Take | None = None, most: int = ANSWER_BYTES
    ) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.body = b""
        with response:
            if take and self.status == 200:
                for piece in response.raw.stream(_READ_BYTES, decode_content=True):
                    take(piece)
            else:
                self.body = response.raw.read(most, decode_content=True) or b""

    @property
    def media_type(self) -> str:
        """The Content-Type without parameters, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def retry_after(self) -> float | None:
        """Seconds the server asks us to wait (RFC 9110, 10.2.3), None where it does not."""
        return retry_after_seconds(self.headers.get("Retry-After", ""), time.time())


def retry_after_seconds(value: str, now: float) -> float | None:
    """Retry-After as seconds from `now` (Unix time): a number or an HTTP date; None when it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


class Http:
    """A session with one server over one line; `open_` gives a connected socket and raises Stopped.

    `idle_seconds` is how long the server may be silent, `stall_seconds` how long a body may stand still.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        open_: Open,
        *,
        route: Route = DIRECT,
        idle_seconds: float = 60.0,
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._blank = Stop(Phase.ANSWER, Symptom.CLOSED, route, *server_of(base_url))
        self._idle_seconds = idle_seconds
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(headers)
        adapter = _OwnConnections(self._blank, open_, idle_seconds, stall_seconds)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def request(self, method: str, path: str, *, answer_bytes: int = ANSWER_BYTES, **options: Any) -> Answer:
        """Send one request and read the answer whole, or its first bytes. Raises Stopped.

        `path` follows the base address, or is a whole address on the same server.
        """
        return self._request(method, path, lambda response: Answer(response, most=answer_bytes), options)

    def download(self, path: str, take: Take) -> Answer:
        """Ask for a file; what a good answer (200) holds goes to `take`, piece by piece. Raises Stopped."""
        # What is packed on its way is unpacked here, and must not hide how much was stored.
        options = {"headers": {"Accept-Encoding": "identity"}}
        return self._request("GET", path, lambda response: Answer(response, take), options)

    def _request(
        self, method: str, path: str, read: Callable[[requests.Response], Answer], options: dict[str, Any]
    ) -> Answer:
        options |= {"timeout": self._idle_seconds, "allow_redirects": False, "stream": True}
        try:
            url = path if path.startswith(("http://", "https://")) else self.base_url + path
            return read(self._session.request(method, url, **options))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise Stopped(_stop_of(error, self._blank)) from error

    def close(self) -> None:
        """Close all connections."""
        self._session.close()


def server_of(url: str) -> tuple[str, int]:
    """Host and port of a web address."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)


def _stop_of(error: BaseException, blank: Stop) -> Stop:
    """What a failure of the libraries means; the one at the root of it says most."""
    kinds = (OSError, http.client.HTTPException)
    roots = [each for each in _chain(error) if isinstance(each, kinds)]
    plain = [each for each in roots if not isinstance(each, requests.RequestException)]
    cause: BaseException = [error, *roots, *plain][-1]
    symptom = symptom_of(cause)
    if isinstance(cause, http.client.RemoteDisconnected | http.client.IncompleteRead | ConnectionError):
        symptom = Symptom.CLOSED
    return Stop(
        blank.phase, symptom, blank.route, blank.host, blank.port, words=f"{type(cause).__name__}: {cause}"
    )


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    todo: list[object] = [error]
    while todo:
        item = todo.pop(0)
        if isinstance(item, BaseException) and item not in found:
            found.append(item)
            todo += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
    return found


class _OwnConnections(HTTPAdapter):
    """Connections opened by us, whatever the libraries think of certificates and proxies."""

    def __init__(self, *connection: Any) -> None:
        super().__init__()
        self._connection = connection
        self._pool: HTTPConnectionPool | None = None

    def get_connection_with_tls_context(self, request: Any, *_: Any, **__: Any) -> Any:
        if self._pool is None:
            host, port = server_of(request.url)
            self._pool = HTTPConnectionPool(host, port, maxsize=1, retries=False)
            kind = _SecureConnection if request.url.startswith("https:") else _Connection
            self._pool.ConnectionCls = functools.partial(kind, *self._connection)  # type: ignore[assignment]
        return self._pool

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """The socket comes verified."""

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None


class _Connection(HTTPConnection):
    """A connection whose socket somebody else opened, that watches how a body gets away."""

    def __init__(
        self, blank: Stop, open_: Open, idle: float, stall: float, *arguments: Any, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self._blank = blank
        self._open = open_
        self._idle = idle
        self._stall = stall
        self._sent = 0
        self._broken: Symptom | None = None

    def connect(self) -> None:
        self._broken = None
        self.sock = self._open()

    @property
    def is_connected(self) -> bool:
        return self._broken is None and super().is_connected

    def endheaders(self, *arguments: Any, **options: Any) -> None:
        super().endheaders(*arguments, **options)
        self._sent = 0  # from here on it is the body that is counted

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        view = memoryview(data)
        for at in range(0, len(view), _PIECE):
            self._send_piece(view[at : at + _PIECE])

    def _send_piece(self, piece: memoryview) -> None:
        watch = _Watch(self.sock, self._stall)
        # TLS inside TLS cannot take up a write that was interrupted.
        tick = _TICK if isinstance(self.sock, socket.socket) else self._stall
        while piece:
            self.sock.settimeout(tick)
            try:
                gone = self.sock.send(piece)
            except (TimeoutError, ssl.SSLWantWriteError) as error:
                if watch.stands_still() or tick == self._stall:
                    raise self._stopped(Phase.SEND, Symptom.TIMEOUT) from error
                continue
            except OSError as error:
                self._broken = symptom_of(error)
                raise BrokenPipeError from error  # urllib3 then reads what was answered
            piece = piece[gone:]
            self._sent += gone
            watch.moved()

    def getresponse(self) -> Any:
        if self._broken is None:
            self._await_answer()
        self.timeout = self._idle if self._broken is None else _LAST_WORDS_SECONDS
        try:
            return super().getresponse()
        except (OSError, http.client.HTTPException) as error:
            if self._broken is not None:
                raise self._stopped(Phase.SEND, self._broken) from error
            foreign = isinstance(error, http.client.BadStatusLine) and not isinstance(error, ConnectionError)
            symptom = Symptom.NOT_HTTP if foreign else symptom_of(error)
            raise self._stopped(Phase.ANSWER, symptom) from error

    def _await_answer(self) -> None:
        """Wait until something comes: while a body still leaves the queue, the server cannot be late."""
        watch, quiet_since = _Watch(self.sock, self._stall), time.monotonic()
        while not _readable(self.sock, _TICK):
            if watch.queue:
                quiet_since = time.monotonic()
                if watch.stands_still():
                    raise self._stopped(Phase.SEND, Symptom.TIMEOUT)
            elif time.monotonic() - quiet_since > self._idle:
                raise self._stopped(Phase.ANSWER, Symptom.TIMEOUT)

    def _stopped(self, phase: Phase, symptom: Symptom) -> Stopped:
        route, host, port = self._blank.route, self._blank.host, self._blank.port
        return Stopped(Stop(phase, symptom, route, host, port, sent=self._sent))


class _SecureConnection(_Connection):
    default_port = 443  # type: ignore[misc]  # what the Host header leaves out


class _Watch:
    """Whether bytes still get away: the system's queue of what the other end has not confirmed shrinks."""

    def __init__(self, connected: Any, seconds: float) -> None:
        self._connected = connected
        self._seconds = seconds
        self._moved_at = time.monotonic()
        self._queue = self.queue

    @property
    def queue(self) -> int:
        """Bytes not confirmed yet; 0 also where the system does not tell."""
        return unconfirmed(self._connected)

    def moved(self) -> None:
        """Something got away."""
        self._moved_at = time.monotonic()

    def stands_still(self) -> bool:
        """Whether nothing has got away for too long."""
        queue, before = self.queue, self._queue
        self._queue = queue
        if queue < before:
            self.moved()
        return time.monotonic() - self._moved_at > self._seconds


def unconfirmed(connected: Any) -> int:
    """How many bytes were sent and not yet confirmed by the other end of a socket; 0 where nothing tells."""
    try:
        if sys.platform == "linux":
            import fcntl

            found = fcntl.ioctl(connected.fileno(), _NOT_SENT_QUEUE["linux"], b"\0\0\0\0")
            return int.from_bytes(found, sys.byteorder)
        if sys.platform == "darwin":
            return int(connected.getsockopt(socket.SOL_SOCKET, _NOT_SENT_QUEUE["darwin"]))
    except (OSError, ValueError, AttributeError):
        pass
    return 0


def _readable(connected: Any, seconds: float) -> bool:
    with contextlib.suppress(AttributeError):
        if connected.pending():
            return True
    with contextlib.suppress(OSError, ValueError):
        return bool(select.select([connected], [], [], seconds)[0])
    return True  # closed meanwhile: reading will say how
