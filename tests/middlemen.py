"""Proxies for tests that behave in one exact way; the real ones are in tests/network."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import select
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.request import parse_http_list, parse_keqv_list

import spnego

from snapper.delivery.route import Login

LOGIN = Login("trader", "geheim ä§")


@dataclass
class Proxy:
    """An HTTP proxy on this computer. `wants` is the scheme it asks for, `answers` a fixed answer instead;
    `heard` is every head it got; only CONNECT is served, to `target` whatever was asked for."""

    target: tuple[str, int] | None = None
    wants: str = ""
    answers: bytes | None = None
    keeps_open: bool = True
    heard: list[str] = field(default_factory=list)

    def serve(self, connection: socket.socket) -> None:
        """One connection."""
        ntlm = None
        while head := _head(connection):
            self.heard.append(head)
            if self.answers is not None:
                connection.sendall(self.answers)
                return
            scheme, _, value = _header(head, "Proxy-Authorization").partition(" ")
            if self.wants == "ntlm" and scheme in ("NTLM", "Negotiate"):
                ntlm = ntlm or spnego.server(protocol="ntlm")
                token = ntlm.step(base64.b64decode(value))
                if not ntlm.complete:
                    self._refuse(connection, f"{scheme} {base64.b64encode(token or b'').decode()}")
                    continue
            if self.wants and not ntlm and not self._content(scheme.lower(), value, head):
                self._refuse(connection, _CHALLENGES[self.wants])
                if not self.keeps_open:
                    return
                continue
            self._tunnel(connection)
            return

    def _content(self, scheme: str, value: str, head: str) -> bool:
        if scheme != self.wants:
            return False
        if scheme == "basic":
            return base64.b64decode(value).decode() == f"{LOGIN.user}:{LOGIN.password}"
        said = parse_keqv_list(parse_http_list(value))
        first = _hash(f"{LOGIN.user}:desk:{LOGIN.password}")
        second = _hash(f"CONNECT:{head.split()[1]}")
        middle = f"{said['nonce']}:{said['nc']}:{said['cnonce']}:{said['qop']}"
        return said["response"] == _hash(f"{first}:{middle}:{second}")

    def _refuse(self, connection: socket.socket, challenge: str) -> None:
        close = "" if self.keeps_open else "Connection: close\r\n"
        page = b"<title>Sign in</title>"
        connection.sendall(
            f"HTTP/1.1 407 Authenticate\r\nProxy-Authenticate: {challenge}\r\n{close}"
            f"Content-Length: {len(page)}\r\n\r\n".encode()
            + page
        )

    def _tunnel(self, connection: socket.socket) -> None:
        assert self.target
        with socket.create_connection(self.target) as server:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pump(connection, server)


_CHALLENGES = {
    "basic": 'Basic realm="desk"',
    "digest": 'Digest realm="desk", nonce="abc", qop="auth", algorithm=SHA-256',
    "ntlm": "NTLM",
}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _head(connection: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(1)
        if not piece:
            return ""
        data += piece
    return data.decode("latin-1")


def _header(head: str, name: str) -> str:
    lines = [line.partition(":") for line in head.split("\r\n")]
    return next((value.strip() for key, _, value in lines if key.lower() == name.lower()), "")


def pump(one: socket.socket, other: socket.socket) -> None:
    """Hand bytes to and fro until either side ends."""
    while True:
        for source in select.select([one, other], [], [])[0]:
            data = source.recv(65536)
            if not data:
                return
            (other if source is one else one).sendall(data)


def socks_server(
    target: tuple[str, int], login: Login | None = None, reply: int = 0, heard: list[bytes] | None = None
) -> Callable[[socket.socket], None]:
    """A SOCKS 5 proxy that always connects to `target`, or always replies with a code; `heard` gets the names
    it was asked for."""

    def serve(connection: socket.socket) -> None:
        _, count = connection.recv(2)
        methods = connection.recv(count)
        method = 2 if login else 0
        connection.sendall(bytes([5, method if method in methods else 255]))
        if login:
            if method not in methods:
                return
            user = connection.recv(connection.recv(2)[1])
            password = connection.recv(connection.recv(1)[0])
            right = (user.decode(), password.decode()) == (login.user, login.password)
            connection.sendall(bytes([1, not right]))
            if not right:
                return
        connection.recv(4)
        name = connection.recv(connection.recv(1)[0])
        connection.recv(2)
        if heard is not None:
            heard.append(name)
        connection.sendall(bytes([5, reply, 0, 1]) + bytes(6))
        if not reply:
            with socket.create_connection(target) as server:
                pump(connection, server)

    return serve


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], None], host: str = "127.0.0.1") -> Iterator[tuple[str, int]]:
    """Something that serves every connection in a thread of its own; gives host and port."""
    listener = socket.create_server((host, 0))
    open_: list[socket.socket] = []

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ValueError, IndexError):
            serve(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                open_.append(connection)
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for connection in open_:
            connection.close()
