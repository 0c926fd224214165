"""Servers that behave in one exact way, without a protocol. Imports nothing that takes time."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable


def silent(connection: socket.socket) -> None:
    """Read whatever comes, never answer."""
    while connection.recv(65536):
        continue


def rude(connection: socket.socket) -> None:
    """Answer nonsense to whatever comes."""
    connection.recv(1)
    connection.sendall(b"nonsense\r\n\r\n")
    silent(connection)


def watchful(server: tuple[str, int], marker: bytes) -> Callable[[socket.socket], None]:
    """Hand everything on to the server and back, until the marker passes: then cut the connection."""

    def behave(client: socket.socket) -> None:
        with socket.create_connection(server) as upstream:
            threading.Thread(target=_hand_back, args=(upstream, client), daemon=True).start()
            last = b""
            while (piece := client.recv(65536)) and marker not in (seen := last + piece):
                upstream.sendall(piece)
                last = seen[-len(marker) :]
            for side in (client, upstream):
                with contextlib.suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)

    return behave


def _hand_back(upstream: socket.socket, client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := upstream.recv(65536):
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)


def accept_for_ever(listener: socket.socket, behave: Callable[[socket.socket], None]) -> None:
    """Hand every connection to `behave` in a thread of its own, then close it."""

    def handle(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            behave(connection)

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=handle, args=(connection,), daemon=True).start()


def in_background(host: str, port: int, behave: Callable[[socket.socket], None]) -> None:
    """Listen on a port in a thread."""
    listener = socket.create_server((host, port), backlog=64)
    threading.Thread(target=accept_for_ever, args=(listener, behave), daemon=True).start()
