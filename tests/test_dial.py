"""Connecting, step by step, through proxies that behave in one exact way; and what each failure is called."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme

from snapper.delivery import addresses
from snapper.delivery.dial import Caps, Dialler, Line, Logins
from snapper.delivery.evidence import Phase, Stop, Stopped, Symptom
from snapper.delivery.route import Login, Route, Scheme, Source
from snapper.delivery.waiting import within
from tests.desks import refused_url
from tests.middlemen import LOGIN, Proxy, listening, socks_server

HOST = "desk.invalid"  # only proxies that always lead to the test's server know it
CAPS = Caps(dns=3, tcp=3, connect=3, tls=3, answer=3)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who signs the test's certificates."""
    return trustme.CA()


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[tuple[str, int]]:
    """A server of TLS as HOST that says hello."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.sendall(b"hello")
            secured.recv(1)

    with listening(serve) as address:
        yield address


def dialler(
    authority: trustme.CA | None = None, find: Callable[[str], Login | None] = lambda address: None
) -> Dialler:
    """A dialler that trusts the test's authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority:
        authority.configure_trust(context)
    return Dialler(context, Logins(find))


def through(address: tuple[str, int], scheme: Scheme = Scheme.HTTP, **more: Any) -> Line:
    """A line through a proxy that the environment names."""
    more.setdefault("source", Source.ENVIRONMENT)
    return Line(Route(scheme, *address, **more))


def dialled(by: Dialler, line: Line, host: str = HOST, port: int = 443) -> bytes:
    """What the server says first."""
    with contextlib.closing(by.dial(line, host, port, CAPS, time.monotonic() + 10)) as connected:
        return bytes(connected.recv(5))


def stopped(by: Dialler, line: Line, host: str = HOST, port: int = 443, **more: Any) -> Stop:
    """Where an attempt ended."""
    with pytest.raises(Stopped) as caught:
        by.dial(line, host, port, CAPS, time.monotonic() + 10, **more)
    return caught.value.stop


# --- ways through -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("keeps_open", [True, False])
@pytest.mark.parametrize("wants", ["", "basic", "digest"])
def test_a_proxy_is_signed_in_to(
    authority: trustme.CA, server: tuple[str, int], wants: str, keeps_open: bool
) -> None:
    proxy = Proxy(server, wants, keeps_open=keeps_open)
    with listening(proxy.serve) as address:
        assert dialled(dialler(authority, lambda address: LOGIN), through(address)) == b"hello"
    assert proxy.heard[0].startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n")


def test_a_proxy_is_signed_in_to_with_ntlm(
    authority: trustme.CA, server: tuple[str, int], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = tmp_path / "users"
    known.write_text(f"OFFICE:{LOGIN.user}:{LOGIN.password}\n", encoding="utf-8")
    monkeypatch.setenv("NTLM_USER_FILE", str(known))
    login = Login(f"OFFICE\\{LOGIN.user}", LOGIN.password)
    with listening(Proxy(server, "ntlm").serve) as address:
        assert dialled(dialler(authority, lambda address: login), through(address)) == b"hello"


def test_a_login_in_the_address_is_used_unless_one_is_kept(
    authority: trustme.CA, server: tuple[str, int]
) -> None:
    with listening(Proxy(server, "basic").serve) as address:
        assert dialled(dialler(authority), through(address, login=LOGIN)) == b"hello"
        kept = dialler(authority, lambda address: LOGIN)
        assert dialled(kept, through(address, login=Login("other", "wrong"))) == b"hello"


@pytest.mark.parametrize("login", [None, LOGIN])
def test_socks_resolves_names_at_the_proxy(
    authority: trustme.CA, server: tuple[str, int], login: Login | None
) -> None:
    heard: list[bytes] = []
    with listening(socks_server(server, login, heard=heard)) as address:
        line = through(address, Scheme.SOCKS5)
        assert dialled(dialler(authority, lambda address: login), line) == b"hello"
    assert heard == [HOST.encode()]


def test_a_proxy_over_tls_carries_tls(authority: trustme.CA, server: tuple[str, int]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    proxy = Proxy(server)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            proxy.serve(secured)

    with listening(serve) as address:
        assert dialled(dialler(authority), through(address, Scheme.HTTPS)) == b"hello"


# --- logins are careful -----------------------------------------------------------------------------------


def test_a_wrong_login_is_tried_once_and_never_again(server: tuple[str, int]) -> None:
    proxy = Proxy(server, "basic")
    by = dialler(None, lambda address: Login("trader", "wrong"))
    with listening(proxy.serve) as address:
        first, second = (stopped(by, through(address)) for _ in range(2))
    assert (first.symptom, second.symptom) == (Symptom.WRONG_LOGIN, Symptom.WRONG_LOGIN)
    assert sum("Proxy-Authorization" in head for head in proxy.heard) == 1


def test_a_kept_login_that_is_refused_is_forgotten(server: tuple[str, int]) -> None:
    """Else a program that is started every minute would lock the account."""
    forgotten: list[str] = []
    by = Dialler(
        ssl.create_default_context(), Logins(lambda address: Login("trader", "wrong"), forgotten.append)
    )
    with listening(Proxy(server, "basic").serve) as address:
        stopped(by, through(address, login=LOGIN))
    assert forgotten == [f"{address[0]}:{address[1]}"]


def test_without_a_login_the_schemes_are_told(server: tuple[str, int]) -> None:
    proxy = Proxy(server, "digest")
    with listening(proxy.serve) as address:
        stop = stopped(dialler(), through(address))
    assert (stop.phase, stop.symptom, stop.offered) == (Phase.CONNECT, Symptom.LOGIN, ("digest",))
    assert not any("Authorization" in head for head in proxy.heard)


@pytest.mark.parametrize("source", [Source.ENVIRONMENT, Source.WPAD, Source.SETTING])
def test_the_users_own_sign_in_goes_to_no_proxy_the_system_did_not_name(
    server: tuple[str, int], source: Source, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "users"
    own.write_text("OFFICE:trader:own\n", encoding="utf-8")
    monkeypatch.setenv("NTLM_USER_FILE", str(own))  # what pyspnego takes for the user's own sign-in
    proxy = Proxy(server, "ntlm")
    with listening(proxy.serve) as address:
        stop = stopped(dialler(), through(address, source=source))
    assert stop.symptom is Symptom.LOGIN
    assert not any("Authorization" in head for head in proxy.heard)


def test_no_password_shows_in_what_is_raised(server: tuple[str, int]) -> None:
    login = Login("trader", "hunter2-canary")
    with listening(Proxy(server, "basic").serve) as address:
        stop = stopped(dialler(None, lambda address: login), through(address, login=login))
    assert "hunter2" not in f"{stop!r} {stop.route!r} {login!r}"


# --- where it ends ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "symptom", "status"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", Symptom.STATUS, 403),
        (b"HTTP/1.0 503 Unavailable\r\n\r\n<title>gone</title>", Symptom.STATUS, 503),
        (b"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n", Symptom.STATUS, 501),
        (b"\x05\xff", Symptom.NOT_HTTP, 0),
        (b"", Symptom.NOT_HTTP, 0),
    ],
)
def test_what_a_proxy_answers_is_kept(answer: bytes, symptom: Symptom, status: int) -> None:
    with listening(Proxy(answers=answer).serve) as address:
        stop = stopped(dialler(), through(address))
    assert (stop.phase, stop.status) == (Phase.CONNECT, status)
    assert stop.symptom in (symptom, Symptom.CLOSED)
    if status == 503:
        assert b"gone" in stop.body


@pytest.mark.parametrize("reply", [1, 2, 4, 5])
def test_a_socks_proxys_reply_is_kept(reply: int) -> None:
    with listening(socks_server(("", 0), reply=reply)) as address:
        stop = stopped(dialler(), through(address, Scheme.SOCKS5))
    assert (stop.phase, stop.symptom, stop.status) == (Phase.CONNECT, Symptom.SOCKS, reply)


def test_a_socks_proxy_with_a_password_says_so() -> None:
    with listening(socks_server(("", 0), LOGIN)) as address:
        stop = stopped(dialler(), through(address, Scheme.SOCKS5))
        wrong = dialler(None, lambda address: Login("trader", "wrong"))
        again = stopped(wrong, through(address, Scheme.SOCKS5))
    assert (stop.symptom, again.symptom) == (Symptom.LOGIN, Symptom.WRONG_LOGIN)


def test_a_web_server_is_no_socks_proxy() -> None:
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")) as address:
        assert stopped(dialler(), through(address, Scheme.SOCKS5)).symptom is Symptom.NOT_HTTP


def test_a_silent_proxy_ends_in_time() -> None:
    over = threading.Event()
    with listening(lambda connection: bool(over.wait(20)) and None) as address:
        with pytest.raises(Stopped) as caught:
            dialler().dial(through(address), HOST, 443, Caps(connect=0.3), time.monotonic() + 10)
        over.set()
    assert (caught.value.stop.phase, caught.value.stop.symptom) == (Phase.CONNECT, Symptom.TIMEOUT)


def test_nobody_at_the_address() -> None:
    port = int(refused_url().rpartition(":")[2])
    direct = stopped(dialler(), Line(Route(Scheme.DIRECT)), "127.0.0.1", port)
    proxied = stopped(dialler(), through(("127.0.0.1", port)))
    assert (direct.phase, direct.symptom) == (Phase.TCP, Symptom.REFUSED)
    assert (proxied.phase, proxied.symptom) == (Phase.PROXY_TCP, Symptom.REFUSED)
    assert direct.addresses == ("127.0.0.1",)


def test_a_name_that_is_none() -> None:
    stop = stopped(dialler(), Line(Route(Scheme.DIRECT)), f"{'x' * 64}.invalid")
    assert (stop.phase, stop.symptom) == (Phase.DNS, Symptom.UNKNOWN_NAME)


def test_certificates_are_told_apart(authority: trustme.CA, server: tuple[str, int]) -> None:
    direct = Line(Route(Scheme.DIRECT))
    unknown = stopped(dialler(), direct, *server)
    other_host = stopped(dialler(authority), direct, *server)
    assert (unknown.phase, unknown.symptom, unknown.verify) == (Phase.TLS, Symptom.CERTIFICATE, 0)
    assert other_host.verify in (62, 64)


def test_what_is_no_tls() -> None:
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" * 5)) as address:
        stop = stopped(dialler(), Line(Route(Scheme.DIRECT)), *address)
    assert (stop.phase, stop.symptom) == (Phase.TLS, Symptom.NOT_TLS)


# --- addresses --------------------------------------------------------------------------------------------


def test_an_address_that_leads_nowhere_costs_a_moment(server: tuple[str, int]) -> None:
    """192.0.2.1 is nobody's (RFC 5737): whatever becomes of it, the other address is tried beside."""
    nowhere = (socket.AF_INET, ("192.0.2.1", server[1]))
    with addresses.connect([nowhere, (socket.AF_INET, server)], 5) as connected:
        assert connected.getpeername() == server


def test_the_most_telling_failure_is_raised() -> None:
    port = int(refused_url().rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        addresses.connect([(socket.AF_INET6, ("::1", port)), (socket.AF_INET, ("127.0.0.1", port))], 5)


def test_what_hangs_is_left_behind() -> None:
    over = threading.Event()
    with pytest.raises(TimeoutError):
        within(0.05, lambda: over.wait(20))
    over.set()
    assert within(5, lambda: 7) == 7


@pytest.mark.parametrize(
    ("found", "sunk"),
    [
        (["0.0.0.0"], True), (["127.0.0.53", "::1"], True), (["::"], True), (["10.1.1.1", "0.0.0.0"], False),
        ([], False),
    ],
)  # fmt: skip
def test_a_sinkhole_is_noticed(found: list[str], sunk: bool) -> None:
    assert addresses.sinkhole(found) is sunk
