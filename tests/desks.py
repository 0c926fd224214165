"""Desks for tests: a real one over a socket, and servers that misbehave in one exact way."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snapper.delivery.dial import Dialler, Logins
from snapper.delivery.endpoints.desk import DeskEndpoint, server
from snapper.delivery.looks import Server
from snapper.delivery.memory import Memory
from snapper.delivery.tls import trust
from snapper.delivery.ways import Surroundings, Ways
from snapper.desk import Limits, Store, running
from snapper.report import Report


@dataclass(frozen=True)
class Desk:
    """A running desk."""

    url: str
    token: str
    store: Store

    def reports(self) -> list[Report]:
        """Every report it stored, the newest ticket first."""
        return [
            kept.report
            for ticket in self.store.tickets()
            for kept in self.store.reports_of(ticket.number, 999)
        ]

    def notes(self) -> list[str]:
        """The notes of all reports it stored."""
        return [report.note for report in self.reports()]

    @property
    def environment(self) -> dict[str, str]:
        """The settings that point a snapper process at it."""
        return {"SNAPPER_DELIVERY_URL": self.url, "SNAPPER_DELIVERY_TOKEN": self.token}


@contextlib.contextmanager
def desk_at(folder: Path, port: int = 0, limits: Limits | None = None) -> Iterator[Desk]:
    """A desk on this folder for the time of the block, with a token of its own."""
    with contextlib.closing(Store(folder)) as store:
        name = f"test-{len(list(folder.iterdir()))}-{threading.get_ident()}"
        with running(store, port=port, limits=limits) as url:
            yield Desk(url, store.add_token(name), store)


def ways_to(url: str, token: str = "", idle_seconds: float = 5) -> Ways:
    """The ways from here to a desk on this computer."""
    return ways_along(server(url, token, idle_seconds))


def ways_along(server: Server) -> Ways:
    """The ways from here to a server on this computer: nobody is asked for proxies."""
    surroundings = Surroundings(_nobody, _nobody, _nobody)
    dialler = Dialler(trust(None), Logins(lambda address: None))
    return Ways(server, dialler, surroundings, Memory(None))


def _nobody(*_: object) -> Any:
    raise AssertionError


def endpoint_at(url: str, token: str = "", idle_seconds: float = 5) -> DeskEndpoint:
    """A desk as delivery sees it."""
    return DeskEndpoint(ways_to(url, token, idle_seconds))


@contextlib.contextmanager
def server_that(answers: Callable[[socket.socket], None]) -> Iterator[str]:
    """A TCP server that hands each connection to `answers` and closes it; gives its web address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    answers(connection)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def read_request(connection: socket.socket) -> bytes:
    """One whole request: its head and as much body as it announces."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := connection.recv(65536)):
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    ]
    while lengths and len(body) < lengths[0]:
        if not (piece := connection.recv(65536)):
            break
        body += piece
    return head + b"\r\n\r\n" + body


def answering(text: bytes) -> Callable[[socket.socket], None]:
    """Answers every request with these bytes."""

    def answer(connection: socket.socket) -> None:
        if read_request(connection):
            connection.sendall(text)

    return answer


def refused_url() -> str:
    """An address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def cutting_off_the_first_answer(url: str, opened: threading.Event) -> Iterator[str]:
    """A way to the desk that swallows the answer to the first report posted, and is shut from then on until
    it is opened."""
    host, port = url.removeprefix("http://").split(":")
    swallowed = threading.Event()

    def hand_on(connection: socket.socket) -> None:
        while request := read_request(connection):
            if swallowed.is_set() and not opened.is_set():
                return
            with socket.create_connection((host, int(port))) as desk:
                desk.sendall(request)
                answer = read_request(desk)
            if request.startswith(b"POST /api/v1/reports") and not swallowed.is_set():
                swallowed.set()
                return
            connection.sendall(answer)

    with server_that(hand_on) as address:
        yield address
