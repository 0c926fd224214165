"""Requests over sockets of ours, against servers that behave in one exact way."""

from __future__ import annotations

import contextlib
import io
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest
import trustme

from scripts.screen import wait_until
from snapper.delivery.evidence import Phase, Stop, Stopped, Symptom
from snapper.delivery.http import Http, server_of, unconfirmed
from tests.desks import read_request
from tests.middlemen import listening

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BODY = bytes(8 << 20)  # more than all buffers on the way hold


@contextlib.contextmanager
def session(
    serve: Callable[[socket.socket], None], *, idle: float = 10, stall: float = 10, tls: bool = False
) -> Iterator[Http]:
    """A session with a server that serves each connection so."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)

    def accept(connection: socket.socket) -> None:
        serve(server.wrap_socket(connection, server_side=True) if tls else connection)

    with listening(accept) as address:

        def open_() -> socket.socket:
            connected = socket.create_connection(address)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)
            return client.wrap_socket(connected, server_hostname="127.0.0.1") if tls else connected

        url = f"http{'s' if tls else ''}://127.0.0.1:{address[1]}"
        with contextlib.closing(Http(url, {}, open_, idle_seconds=idle, stall_seconds=stall)) as http:
            yield http


def stopped(http: Http, **options: object) -> Stop:
    """Where a POST ended."""
    with pytest.raises(Stopped) as caught:
        http.request("POST", "/", **options)
    return caught.value.stop


def refuse_early(connection: socket.socket) -> None:
    """Answer after the first bytes of a body, and hang up.

    Once the answer has arrived: what is not confirmed yet is dropped by the reset, and nobody could read it.
    """
    connection.recv(70_000)
    connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge")
    wait_until(lambda: not unconfirmed(connection), "the answer has arrived")


@pytest.mark.parametrize("tls", [False, True])
def test_an_answer_that_comes_early_is_read(tls: bool) -> None:
    with session(refuse_early, tls=tls) as http:
        answer = http.request("POST", "/", data=io.BytesIO(BODY))
        assert (answer.status, answer.body) == (413, b"large")


@pytest.mark.parametrize("tls", [False, True])
def test_a_connection_that_is_cut_tells_how_much_had_gone(tls: bool) -> None:
    def cut(connection: socket.socket) -> None:
        taken = 0
        while taken < 300_000:
            taken += len(connection.recv(65536))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close by reset
        connection.close()

    with session(cut, tls=tls) as http:
        stop = stopped(http, data=io.BytesIO(BODY))
    assert (stop.phase, stop.symptom) in {(Phase.SEND, Symptom.RESET), (Phase.SEND, Symptom.CLOSED)}
    assert 300_000 <= stop.sent < len(BODY)


@pytest.mark.parametrize("tls", [False, True])
def test_a_body_that_stands_still_is_noticed(tls: bool) -> None:
    over = threading.Event()
    with session(lambda connection: (over.wait(30) and None) or None, stall=1, tls=tls) as http:
        stop = stopped(http, data=io.BytesIO(BODY))
        over.set()
    assert (stop.phase, stop.symptom) == (Phase.SEND, Symptom.TIMEOUT)
    assert stop.sent < len(BODY)


def test_a_slow_body_is_never_cut_off() -> None:
    """Far longer on its way than it may stand still."""

    def slowly(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        taken = 0
        while taken < 600_000:
            taken += len(connection.recv(20_000))
            threading.Event().wait(0.1)
        connection.sendall(OK)

    with session(slowly, stall=0.6) as http:
        assert http.request("POST", "/", data=io.BytesIO(bytes(600_000))).status == 200


def test_a_silent_server_ends_the_request() -> None:
    over = threading.Event()
    with session(lambda connection: (read_request(connection), over.wait(30))[0] and None, idle=0.5) as http:
        stop = stopped(http, data=b"x")
        over.set()
    assert (stop.phase, stop.symptom) == (Phase.ANSWER, Symptom.TIMEOUT)


@pytest.mark.parametrize(
    ("answer", "symptom"),
    [
        (b"", Symptom.CLOSED),
        (b"\x05\xff\r\n\r\n", Symptom.NOT_HTTP),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", Symptom.CLOSED),
    ],
)
def test_what_is_no_answer(answer: bytes, symptom: Symptom) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)

    with session(serve) as http:
        stop = stopped(http, data=b"x")
    assert (stop.phase, stop.symptom) == (Phase.ANSWER, symptom)


def test_redirects_are_not_followed_and_nothing_is_taken_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    heard: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        heard.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")

    with session(serve) as http:
        assert http.request("POST", "/here", data=b"x").status == 302
    assert [request.split()[1] for request in heard] == [b"/here"]


def test_one_connection_serves_many_requests() -> None:
    connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        connections.append(connection)
        while read_request(connection):
            connection.sendall(OK)

    with session(serve, tls=True) as http:
        assert [http.request("POST", "/", data=bytes(50_000)).status for _ in range(5)] == [200] * 5
    assert len(connections) == 1


def test_bytes_the_other_end_has_not_confirmed_are_counted() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert unconfirmed(one) == 0


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("https://desk.example", ("desk.example", 443)), ("http://[::1]:8765/x", ("::1", 8765)),
        ("http://a", ("a", 80)),
    ],
)  # fmt: skip
def test_host_and_port_of_an_address(url: str, where: tuple[str, int]) -> None:
    assert server_of(url) == where
