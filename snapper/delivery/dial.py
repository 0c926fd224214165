"""A connection to a server through one route, step by step, each step with a time limit of its own.

What ends it is raised as Stopped: the step, the symptom and what was seen, so that its cause can be named.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from urllib3.util.ssltransport import SSLTransport

from snapper.delivery import addresses
from snapper.delivery.evidence import Phase, Stop, Stopped, Symptom, beginning, symptom_of
from snapper.delivery.proxy_auth import Challenges, handshakes
from snapper.delivery.route import Login, Route, Scheme
from snapper.delivery.socks import NotSocks, SocksLogin, SocksRefused, socks5
from snapper.delivery.tls import verify_code

_BODY_MAX = 1 << 16  # of a proxy's page; what is longer is not read, and its connection not used again


@dataclass(frozen=True)
class Caps:
    """How long each step may take, in seconds (measured on 59 kinds of broken network)."""

    dns: float = 3.0
    tcp: float = 2.5
    connect: float = 5.0
    tls: float = 3.5
    answer: float = 3.0

    def times(self, factor: float) -> Caps:
        """Longer limits, for a try that nobody waits for."""
        return Caps(*(value * factor for value in (self.dns, self.tcp, self.connect, self.tls, self.answer)))


@dataclass(frozen=True)
class Line:
    """How to connect: a route, and the largest TCP segment where the network loses larger ones (0: any)."""

    route: Route
    segment: int = 0


LoginFinder = Callable[[str], Login | None]


class Logins:
    """Logins for proxies: asked from `find` by address, and never offered again once refused.

    `forget` is told the address when the login that was kept is refused: a program that is started again and
    again must not lock somebody's account with it.
    """

    def __init__(self, find: LoginFinder, forget: Callable[[str], object] = lambda address: None) -> None:
        self._find = find
        self._forget = forget
        self._refused: set[tuple[str, Login]] = set()

    def of(self, route: Route) -> Login | None:
        """The login for a proxy: the one kept, else the one in its address; never one that was refused."""
        kept = self._find(route.address)
        usable = [each for each in (kept, route.login) if each and (route.address, each) not in self._refused]
        return usable[0] if usable else None

    def refused(self, route: Route, login: Login) -> None:
        """The proxy did not take it."""
        self._refused.add((route.address, login))
        if login == self._find(route.address):
            self._forget(route.address)

    def was_refused(self, route: Route) -> bool:
        """Whether a login for this proxy was refused."""
        return any(address == route.address for address, _ in self._refused)


class Dialler:
    """Connects to servers; one per process, as it remembers which logins were refused."""

    def __init__(self, trust: ssl.SSLContext, logins: Logins) -> None:
        self.trust = trust
        self.logins = logins

    def dial(
        self,
        line: Line,
        host: str,
        port: int,
        caps: Caps,
        end: float,
        *,
        tls: bool = True,
        name: str | None = "",
    ) -> Any:
        """A connected socket, over TLS unless said otherwise; every step ends by `end` (time.monotonic).

        `name` replaces the server name in the handshake (None: none), for finding out who minds it. Raises
        Stopped.
        """
        call = _Call(self, line, host, port, caps, end)
        connected = call.connected()
        try:
            return call.secured(connected, host if name == "" else name) if tls else connected
        except BaseException:
            connected.close()
            raise


class _Call:
    def __init__(self, dialler: Dialler, line: Line, host: str, port: int, caps: Caps, end: float) -> None:
        self._dialler = dialler
        self._route = line.route
        self._segment = line.segment
        self._host, self._port = host, port
        self._caps = caps
        self._end = end
        self._began = time.monotonic()
        self._so_far = Stop(Phase.DNS, Symptom.TIMEOUT, line.route, host, port)

    # --- the steps ----------------------------------------------------------------------------------------

    def connected(self) -> Any:
        """A socket whose other end is the server."""
        if self._route.scheme is Scheme.DIRECT:
            return self._tcp(self._host, self._port, Phase.DNS, Phase.TCP)
        if self._route.scheme is Scheme.SOCKS5:
            return self._through_socks()
        return self._through_http()

    def secured(self, connected: Any, name: str | None) -> Any:
        """The same with TLS."""
        with self._step(Phase.TLS, self._caps.tls) as seconds:
            return self._wrapped(connected, name, seconds)

    def _wrapped(self, connected: Any, name: str | None, seconds: float) -> Any:
        connected.settimeout(seconds)
        trust = self._dialler.trust
        if name != self._host:  # finding out who minds the name: nothing is sent over it
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        if isinstance(connected, ssl.SSLSocket):  # TLS to the proxy, and TLS to the server inside it
            return SSLTransport(connected, trust, name)
        return trust.wrap_socket(connected, server_hostname=name)

    def _tcp(self, host: str, port: int, dns: Phase, tcp: Phase) -> socket.socket:
        with self._step(dns, self._caps.dns) as seconds:
            found = addresses.resolve(host, port, seconds)
        self._so_far = replace(self._so_far, addresses=tuple(str(where[0]) for _, where in found))
        with self._step(tcp, self._caps.tcp) as seconds:
            return addresses.connect(found, seconds, self._segment)

    def _proxy(self) -> Any:
        connected: Any = self._tcp(self._route.host, self._route.port, Phase.PROXY_DNS, Phase.PROXY_TCP)
        if self._route.scheme is Scheme.HTTPS:
            with self._step(Phase.PROXY_TLS, self._caps.tls, connected) as seconds:
                connected.settimeout(seconds)
                connected = self._dialler.trust.wrap_socket(connected, server_hostname=self._route.host)
        return connected

    # --- SOCKS --------------------------------------------------------------------------------------------

    def _through_socks(self) -> Any:
        connected, login = self._proxy(), self._dialler.logins.of(self._route)
        with self._step(Phase.CONNECT, self._caps.connect, connected) as seconds:
            connected.settimeout(seconds)
            try:
                socks5(connected, self._host, self._port, login)
            except SocksLogin as error:
                raise self._login_wanted(("password",), login if error.wrong else None) from error
            except SocksRefused as error:
                raise self._stopped(Symptom.SOCKS, status=error.reply) from error
            except NotSocks as error:
                raise self._stopped(Symptom.NOT_HTTP) from error
        return connected

    # --- CONNECT ------------------------------------------------------------------------------------------

    def _through_http(self) -> Any:
        connected = self._proxy()
        with self._step(Phase.CONNECT, self._caps.connect, connected) as seconds:
            end = time.monotonic() + seconds
            answer = self._ask(connected, "", end)
            if answer.status == 407:
                connected.close()
                return self._signed_in(Challenges(answer.challenges), end)
            self._must_be_open(answer)
        return connected

    def _signed_in(self, offered: Challenges, end: float) -> Any:
        login = self._dialler.logins.of(self._route)
        used: Login | None = None
        for scheme, handshake in handshakes(self._route, offered, login, self._host, self._port):
            used = login if handshake.own_login else used
            header = handshake.answer(offered.of(scheme) or "")
            connected = self._proxy() if header else None
            while header and connected:
                answer = self._ask(connected, header, end)
                if answer.status != 407:
                    with _closing_on_error(connected):
                        self._must_be_open(answer)
                    return connected
                header = handshake.answer(Challenges(answer.challenges).of(scheme) or "")
                if header and answer.closes:
                    connected.close()
                    connected = self._proxy()
            if connected:
                connected.close()
        raise self._login_wanted(offered.schemes, used)

    def _ask(self, connected: Any, authorization: str, end: float) -> _Answer:
        target = f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"
        lines = [
            f"CONNECT {target} HTTP/1.1",
            f"Host: {target}",
            "User-Agent: snapper",
            "Proxy-Connection: keep-alive",
        ]
        lines += [f"Proxy-Authorization: {authorization}"] if authorization else []
        self._so_far = replace(self._so_far, phase=Phase.CONNECT)  # it may have been dialled again
        connected.settimeout(max(0.001, end - time.monotonic()))
        connected.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        return _Answer(connected)

    def _must_be_open(self, answer: _Answer) -> None:
        if not 200 <= answer.status < 300:
            raise self._stopped(
                Symptom.STATUS, status=answer.status, headers=answer.headers, body=beginning(answer.body)
            )

    def _login_wanted(self, offered: tuple[str, ...], used: Login | None) -> Stopped:
        if used:
            self._dialler.logins.refused(self._route, used)
        wrong = used is not None or self._dialler.logins.was_refused(self._route)
        return self._stopped(Symptom.WRONG_LOGIN if wrong else Symptom.LOGIN, offered=offered, status=407)

    # --- what ends a step ---------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _step(self, phase: Phase, cap: float, connected: Any = None) -> Iterator[float]:
        """One step: yields its seconds; what goes wrong becomes Stopped, and closes what was connected."""
        self._so_far = replace(self._so_far, phase=phase)
        seconds = min(cap, self._end - time.monotonic())
        try:
            if seconds <= 0:
                raise TimeoutError
            yield seconds
        except Stopped:
            if connected:
                connected.close()
            raise
        except (OSError, EOFError, http.client.HTTPException, ValueError) as error:
            if connected:
                connected.close()
            verify = verify_code(error) if isinstance(error, ssl.SSLCertVerificationError) else 0
            raise self._stopped(symptom_of(error), verify=verify, words=str(error)) from error

    def _stopped(self, symptom: Symptom, **seen: Any) -> Stopped:
        seconds = time.monotonic() - self._began
        return Stopped(replace(self._so_far, symptom=symptom, seconds=seconds, **seen))


class _Answer:
    """A proxy's answer to CONNECT; a page that refuses is read, so that its connection can be used again."""

    def __init__(self, connected: Any) -> None:
        response = http.client.HTTPResponse(connected, method="CONNECT")
        response.begin()
        self.status = response.status
        self.headers = dict(response.headers.items())
        self.challenges = response.headers.get_all("Proxy-Authenticate") or []
        self.body = b""
        self.closes = bool(response.will_close)
        if not 200 <= self.status < 300:
            self.body = response.read(_BODY_MAX) if response.length is not None or self.closes else b""
            self.closes = self.closes or not response.isclosed()


@contextlib.contextmanager
def _closing_on_error(connected: Any) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connected.close()
        raise
