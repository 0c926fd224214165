"""Choosing a way: the best of those that lead there, remembered; and one verdict for all who ask at once.

The network is the test's own computer by an address that is not loopback, as only there ways are looked for.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from snapper.delivery.causes import Cause
from snapper.delivery.dial import Caps, Dialler, Logins
from snapper.delivery.endpoints.desk import server
from snapper.delivery.evidence import Phase, Stop, Symptom
from snapper.delivery.memory import FILE_NAME, LIMITS_SECONDS, Memory, Remembered
from snapper.delivery.proxies import Named, PacAddress
from snapper.delivery.route import DIRECT, Login, PacFailed, Route, Scheme, Source
from snapper.delivery.tls import trust
from snapper.delivery.ways import Surroundings, Ways
from snapper.errors import DeliveryError, NeedsAttention, NotReached
from tests.desks import desk_at, refused_url
from tests.middlemen import LOGIN, Proxy, listening


def own_address() -> str:
    """An address of this computer that others could reach; skips where there is none."""
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family == socket.AF_INET and not address.address.startswith("127."):
                return address.address
    pytest.skip("this computer has no address but its own loopback")


def nowhere() -> str:
    """A web address of this computer where nothing listens, reached as if it were another one."""
    return refused_url().replace("127.0.0.1", own_address())


def ways(
    url: str,
    *routes: Route,
    memory: Memory | None = None,
    network: Callable[[], str] = lambda: "office",
    pac: Callable[[PacAddress, str], tuple[Route, ...]] | None = None,
    find: Callable[[str], Login | None] = lambda address: None,
    caps: Caps | None = None,
) -> Ways:
    """The ways to a desk where these routes are named."""
    script = PacAddress("http://pac.example/", Source.PAC, "a setting") if pac else None
    surroundings = Surroundings(lambda url: Named(routes, script), pac or (lambda *_: ()), network)
    dialler = Dialler(trust(None), Logins(find))
    return Ways(server(url, "t", 5), dialler, surroundings, memory or Memory(None), caps=caps)


def proxy(address: tuple[str, int], source: Source = Source.ENVIRONMENT) -> Route:
    """An HTTP proxy that somebody named."""
    return Route(Scheme.HTTP, *address, source, f"the {source}")


@pytest.fixture
def there(tmp_path: Path) -> tuple[str, tuple[str, int]]:
    """A desk whose own address leads nowhere, and where it really is: only a proxy gets there."""
    with desk_at(tmp_path / "desk") as desk:
        host, port = desk.url.removeprefix("http://").split(":")
        yield nowhere(), (host, int(port))


def test_a_proxy_is_used_where_the_direct_way_is_shut(there: tuple[str, tuple[str, int]]) -> None:
    url, desk = there
    with listening(Proxy(desk).serve) as address:
        chosen = ways(url, proxy(address))
        assert chosen.http().request("GET", "/api/v1").status == 200
        assert chosen.line.route.address == f"{address[0]}:{address[1]}"


def test_the_route_that_is_trusted_most_is_taken_of_those_that_lead_there(
    there: tuple[str, tuple[str, int]],
) -> None:
    url, desk = there
    with listening(Proxy(desk).serve) as one, listening(Proxy(desk).serve) as other:
        routes = (proxy(one, Source.ENVIRONMENT), proxy(other, Source.SYSTEM))
        chosen = ways(url, *routes)
        chosen.http()
        assert chosen.line.route.source is Source.SYSTEM
        script = ways(url, routes[0], pac=lambda address, url: (proxy(other, Source.PAC),))
        script.http()
        assert script.line.route.source is Source.PAC


def test_a_stale_proxy_does_not_stand_in_the_way(tmp_path: Path) -> None:
    with desk_at(tmp_path / "desk") as desk:
        _, port = desk.url.removeprefix("http://").split(":")

        def hand_on(connection: socket.socket) -> None:
            from tests.middlemen import pump

            with socket.create_connection(("127.0.0.1", int(port))) as inner:
                pump(connection, inner)

        with listening(hand_on, own_address()) as (host, public):
            gone = Route(Scheme.HTTP, "127.0.0.1", int(refused_url().rpartition(":")[2]), Source.SYSTEM, "x")
            chosen = ways(f"http://{host}:{public}", gone)
            chosen.http()
            assert chosen.line.route == DIRECT


def test_what_worked_is_remembered_for_this_network(
    there: tuple[str, tuple[str, int]], tmp_path: Path
) -> None:
    url, desk = there
    memory = Memory(tmp_path)
    with listening(Proxy(desk).serve) as one, listening(Proxy(desk).serve) as other:
        last = proxy(one, Source.ENVIRONMENT)
        memory.keep("office", Remembered(last.label, piece=4096, fresh=True))
        both = (last, proxy(other, Source.SYSTEM))
        here = ways(url, *both, memory=memory)
        here.http()
        assert (here.line.route.address, here.limits.piece) == (last.address, 4096)
        elsewhere = ways(url, *both, memory=memory, network=lambda: "hotel")
        elsewhere.http()
        assert (elsewhere.line.route.source, elsewhere.limits.piece) == (Source.SYSTEM, 0)
    assert json.loads((tmp_path / FILE_NAME).read_bytes())["hotel"]["route"] == both[1].label


def test_another_network_is_looked_at_again(there: tuple[str, tuple[str, int]]) -> None:
    url, desk = there
    networks = ["office"]
    with listening(Proxy(desk).serve) as address:
        chosen = ways(url, proxy(address), network=lambda: networks[-1])
        first = chosen.http()
        assert chosen.http() is first
        networks.append("hotel")
        assert chosen.http() is not first


def test_no_password_is_written_down(there: tuple[str, tuple[str, int]], tmp_path: Path) -> None:
    url, desk = there
    with listening(Proxy(desk, "basic").serve) as address:
        chosen = ways(url, proxy(address), memory=Memory(tmp_path), find=lambda address: LOGIN)
        chosen.http()
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept and not any(LOGIN.password.encode() in data or LOGIN.user.encode() in data for data in kept)


def refusal(of: Ways) -> DeliveryError:
    """Why no way leads there."""
    with pytest.raises(DeliveryError) as caught:
        of.http()
    return caught.value


def test_the_cause_is_named_where_no_way_leads_there() -> None:
    with listening(Proxy(wants="digest").serve) as address:
        error = refusal(ways(nowhere(), proxy(address)))
    assert isinstance(error, NeedsAttention)
    assert error.obstacle.cause == Cause.PROXY_WANTS_PASSWORD
    assert error.obstacle.at == f"127.0.0.1:{address[1]}"
    assert "Digest" in error.sentence and "snapper proxy login" in error.remedy


def test_a_sign_in_counts_at_once(there: tuple[str, tuple[str, int]]) -> None:
    """The verdict of a moment ago is not the answer to somebody who has just signed in."""
    url, desk = there
    kept: list[Login] = []
    with listening(Proxy(desk, "basic").serve) as address:
        of = ways(url, proxy(address), find=lambda address: kept[-1] if kept else None)
        first = refusal(of)
        assert refusal(of) is first
        kept.append(LOGIN)
        assert of.http().request("GET", "/api/v1").status == 200


def test_a_broken_proxy_script_is_the_cause_where_nothing_else_leads_there() -> None:
    def broken(address: PacAddress, url: str) -> tuple[Route, ...]:
        raise PacFailed("The file x.pac has a fault.", broken=True)

    error = refusal(ways(nowhere(), pac=broken))
    assert isinstance(error, NotReached) and error.obstacle.cause == Cause.PAC_BROKEN
    assert error.sentence.startswith("The file x.pac has a fault.")


def test_offline_is_said_as_such() -> None:
    unknown = f"http://{'x' * 64}.invalid"
    assert refusal(ways(unknown, network=lambda: "")).obstacle.cause == Cause.NO_NETWORK


def test_who_asks_at_once_hears_the_same_verdict() -> None:
    connections: list[str] = []
    asked = threading.Event()

    def count(connection: socket.socket) -> None:
        connections.append("one")
        asked.set()

    with listening(count) as address:
        of = ways(nowhere(), proxy(address))
        first, second = refusal(of), refusal(of)
    assert second is first
    assert asked.is_set()


def test_a_proxy_that_is_slow_gets_its_time_when_nobody_waits(there: tuple[str, tuple[str, int]]) -> None:
    url, desk = there

    def slow(connection: socket.socket) -> None:
        threading.Event().wait(1.0)
        Proxy(desk).serve(connection)

    with listening(slow) as address:
        of = ways(url, proxy(address), caps=Caps(connect=0.5))
        assert refusal(of).obstacle.cause == Cause.PROXY_SILENT
        of.patient = True
        assert of.http(anew=True).request("GET", "/api/v1").status == 200


def test_the_doctors_survey_looks_along_every_route(there: tuple[str, tuple[str, int]]) -> None:
    url, desk = there
    with (
        listening(Proxy(desk).serve) as good,
        listening(Proxy(answers=b"HTTP/1.1 403 No\r\n\r\n").serve) as bad,
    ):
        survey = ways(url, proxy(good, Source.SYSTEM), proxy(bad)).survey(8)
    stops = [sight.stop and (sight.stop.phase, sight.stop.symptom) for sight in survey.sights]
    assert stops == [None, (Phase.CONNECT, Symptom.STATUS), (Phase.TCP, Symptom.REFUSED)]
    assert survey.best is survey.sights[0]


# --- memory -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"office": 7}', b'{"office": {"route": "x"}}', b"\xff"]
)
def test_a_broken_memory_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    memory = Memory(tmp_path)
    assert memory.recall("office") is None
    memory.keep("office", Remembered("direct", 536))
    assert Memory(tmp_path).recall("office") == Remembered("direct", 536)


def test_only_the_last_networks_are_remembered(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    for number in range(60):
        memory.keep(f"network {number}", Remembered("direct"))
    known = json.loads((tmp_path / FILE_NAME).read_bytes())
    assert len(known) == 50 and "network 59" in known and "network 0" not in known


def test_limits_are_found_out_anew_after_a_day(tmp_path: Path) -> None:
    now = 1_000_000.0
    memory = Memory(tmp_path, lambda: now)
    memory.keep("office", Remembered("direct", 536, 4096, True))
    now += LIMITS_SECONDS - 1
    assert memory.recall("office") == Remembered("direct", 536, 4096, True)
    now += 2
    assert memory.recall("office") == Remembered("direct")


def test_offline_is_no_network_to_remember(tmp_path: Path) -> None:
    Memory(tmp_path).keep("", Remembered("direct"))
    assert not (tmp_path / FILE_NAME).exists()


def test_a_stop_can_be_printed_without_secrets() -> None:
    route = Route(Scheme.HTTP, "proxy", 1, Source.SETTING, "x", LOGIN)
    assert LOGIN.password not in repr(Stop(Phase.DNS, Symptom.TIMEOUT, route))
