"""A line to a web server that breaks at the worst moment: one request is cut, swallowed or refused."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.desks import server_that

HEAD_END = b"\r\n\r\n"


@dataclass(repr=False)
class Line:
    """The way to a server; `commits` matches “METHOD /path” of the requests that can be broken."""

    target: str
    commits: re.Pattern[str]
    url: str = ""
    heard: list[str] = field(default_factory=list)  # “METHOD /path” of every request
    body_bytes: int = 0  # of all requests
    _breaks: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _silent: threading.Event = field(default_factory=threading.Event)

    def break_next(self, how: str) -> None:
        """Break the next request that commits: `cut` in its body, `lose` its answer, `silence` instead of an
        answer, or answer `429` or `503` before it gets there."""
        self._breaks.append(how)

    @property
    def commits_heard(self) -> list[str]:
        """The requests that commit, in order."""
        return [each for each in self.heard if self.commits.fullmatch(each)]

    # --- one connection -----------------------------------------------------------------------------------

    def serve(self, client: socket.socket) -> None:
        """Hand one request on, or break it."""
        head = _head(client)
        if not head:
            return
        method, path = head.split(b" ", 2)[:2]
        what = f"{method.decode()} {path.decode().partition('?')[0]}"
        with self._lock:
            self.heard.append(what)
            how = self._breaks.pop(0) if self._breaks and self.commits.fullmatch(what) else ""
        begun, _, body = head.partition(HEAD_END)
        if how == "cut":
            _reset(client)
            return
        if how in ("429", "503"):
            _read_body(client, begun, body)
            client.sendall(_refusal(how))
            return
        self._hand_on(client, begun, body, how)

    def _hand_on(self, client: socket.socket, head: bytes, body: bytes, how: str) -> None:
        whole = self._body(client, head, body)
        target, own = urlsplit(self.target).netloc.encode(), urlsplit(self.url).netloc.encode()
        with contextlib.closing(_connect(self.target)) as server:
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
            asked = b"\r\n".join([*lines, b"Connection: close"]).replace(own, target) + HEAD_END
            server.sendall(asked + whole)
            if how == "silence":
                _drain(server)
                self._silent.wait(30)
                return
            answer = _drain(server)
        if how != "lose":
            client.sendall(answer)

    def _body(self, client: socket.socket, head: bytes, body: bytes) -> bytes:
        whole = _read_body(client, head, body)
        self.body_bytes += len(whole)
        return whole


@contextlib.contextmanager
def line_to(target: str, commits: re.Pattern[str]) -> Iterator[Line]:
    """A line to a server for the time of the block."""
    line = Line(target, commits)

    def answer(connection: socket.socket) -> None:
        threading.Thread(target=_served, args=(line, connection.dup()), daemon=True).start()

    with server_that(answer) as url:
        line.url = url + urlsplit(target).path
        try:
            yield line
        finally:
            line._silent.set()


def _served(line: Line, connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        line.serve(connection)


def _connect(target: str) -> socket.socket:
    parts = urlsplit(target)
    return socket.create_connection((parts.hostname or "", parts.port or 80), timeout=60)


def _head(client: socket.socket) -> bytes:
    data = b""
    while HEAD_END not in data:
        if not (piece := client.recv(65536)):
            return b""
        data += piece
    return data


def _read_body(client: socket.socket, head: bytes, body: bytes) -> bytes:
    found = re.search(rb"\r\ncontent-length:\s*(\d+)", head, re.IGNORECASE)
    length, pieces = int(found[1]) if found else 0, [body]
    left = length - len(body)
    while left > 0 and (piece := client.recv(min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _drain(server: socket.socket) -> bytes:
    pieces = []
    while piece := server.recv(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def _reset(client: socket.socket) -> None:
    client.recv(1000)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _refusal(status: str) -> bytes:
    words = {"429": b"Too Many Requests", "503": b"Service Unavailable"}[status]
    head = b"HTTP/1.1 %s %s\r\nRetry-After: 7\r\nContent-Type: application/json\r\nConnection: close\r\n"
    body = b'{"message": "not now"}'
    return head % (status.encode(), words) + b"Content-Length: %d\r\n\r\n" % len(body) + body
