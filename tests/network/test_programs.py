"""The servers that behave in one exact way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.network.programs.accepting import accept_for_ever, rude, silent, watchful

MARKER = b"SECRET-1"


@pytest.fixture
def upstream() -> Iterator[socket.socket]:
    """Where a watchful server hands on to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        yield listener


def _connect(behave: object) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept_for_ever, args=(listener, behave), daemon=True).start()
    return socket.create_connection(listener.getsockname(), timeout=20)


def test_what_holds_no_marker_is_handed_on_and_back(upstream: socket.socket) -> None:
    """Both ways, as it comes."""
    with _connect(watchful(upstream.getsockname(), MARKER)) as client:
        client.sendall(b"SECRET-2")
        server, _ = upstream.accept()
        with server:
            assert server.recv(100) == b"SECRET-2"
            server.sendall(b"fine")
            assert client.recv(100) == b"fine"


def test_a_marker_in_two_pieces_is_seen(upstream: socket.socket) -> None:
    """The second half does not reach the server, and the connection is cut."""
    with _connect(watchful(upstream.getsockname(), MARKER)) as client:
        client.sendall(b"xx" + MARKER[:4])
        server, _ = upstream.accept()
        with server:
            server.settimeout(20)
            assert server.recv(100) == b"xx" + MARKER[:4]
            client.sendall(MARKER[4:])
            assert server.recv(100) == b""
            assert client.recv(100) == b""


def test_a_silent_server_takes_everything_and_says_nothing() -> None:
    """The connection stays."""
    with _connect(silent) as client:
        client.sendall(b"x" * 1_000_000)
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)


def test_a_rude_server_talks_nonsense() -> None:
    """And goes on listening."""
    with _connect(rude) as client:
        client.sendall(b"POST / HTTP/1.1\r\n")
        assert client.recv(100) == b"nonsense\r\n\r\n"
        client.sendall(b"x" * 100_000)
