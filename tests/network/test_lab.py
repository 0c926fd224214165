"""The lab is what it says: curl and requests prove every condition, and that it is gone when it is lifted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from scripts.screen import wait_until
from tests.network import firewall, proxies
from tests.network import lab as labs
from tests.network.condition import Condition
from tests.network.conditions import CONDITIONS
from tests.network.conftest import LARGE_BYTES, SMALL_BYTES
from tests.network.lab import Lab
from tests.network.namespaces import CLIENT, PROXY_IP, ROUTER, SERVER_IP, SERVER_IP6, run
from tests.network.peers import Measured, curl, measure
from tests.network.programs.desk import URL
from tests.network.proxies import DOMAIN, HTTP_PORT, USER
from tests.network.table import record

Body = Callable[..., Path]
BY_NAME = {condition.name: condition for condition in CONDITIONS}
PROXY = f"http://{PROXY_IP}:{HTTP_PORT}"


@pytest.mark.parametrize("condition", [each for each in CONDITIONS if each.peers], ids=lambda each: each.name)
def test_a_condition_is_what_it_says_and_is_lifted(
    lab: Lab, condition: Condition, body: Body, record_property: Callable[[str, object], None]
) -> None:
    """curl and requests fare as the table says, each time; afterwards the way is free again."""
    bodies = [body(size, condition.marker) for size in (SMALL_BYTES, LARGE_BYTES)]
    with condition.made(lab) as client:
        measured = measure(lab, client.env, bodies, side_by_side=not condition.slow)
        by_the_way = curl(lab, client.env, bodies[0], *condition.way)
    _record(record_property, condition, measured)
    assert condition.peers
    assert condition.peers.allows("curl", measured.curl), measured
    assert condition.peers.allows("requests", measured.requests), measured
    assert by_the_way == ("ok" if condition.way else measured.curl[0])
    assert curl(lab, {}, bodies[0]) == "ok"


def _record(record_property: Callable[[str, object], None], condition: Condition, measured: Measured) -> None:
    for program, (small, large) in (("curl", measured.curl), ("requests", measured.requests)):
        text = small if small == large else f"{small}; 20 MB: {large}"
        record(record_property, condition.name, program, text)


def test_every_condition_has_a_name_of_its_own() -> None:
    """The table is told apart by names."""
    assert len(BY_NAME) == len(CONDITIONS)


# --- the lab itself ---------------------------------------------------------------------------------------


def test_two_labs_do_not_meet_and_leave_nothing(lab: Lab, body: Body) -> None:
    """A second one has its own desk and its own names, and is gone afterwards, with all it started."""
    small = body(SMALL_BYTES)
    with labs.lab() as second, firewall.rules(second.net, "drop"):
        started = second.net.started
        pids = [each.pid for process in started for each in psutil.Process(process.pid).children(True)]
        folder, prefix = second.net.folder, second.net.prefix
        assert curl(second, {}, small) == "no answer"
        assert curl(lab, {}, small) == "ok"
    assert pids and not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not folder.exists()
    assert prefix not in run("ip", "netns", "list")
    assert lab.net.prefix in run("ip", "netns", "list")


_KILLED = """
import psutil, sys
from tests.network.lab import lab
with lab() as built:
    families = [psutil.Process(each.pid).children(True) for each in built.net.started]
    pids = [each.pid for family in families for each in family]
    print(built.net.prefix, built.net.folder, *pids, flush=True)
    sys.stdin.read()
"""


def test_a_killed_owner_leaves_no_program_and_its_network_is_removed_next_time(lab: Lab) -> None:
    """kill -9 of the tests must not leave servers running."""
    owner = subprocess.Popen(
        [sys.executable, "-c", _KILLED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=labs.TREE,
    )
    assert owner.stdin and owner.stdout
    prefix, folder, *pids = owner.stdout.readline().split()
    assert len(pids) >= 8  # each server and the first of its family
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait(10)
    for stream in (owner.stdin, owner.stdout):
        stream.close()
    wait_until(lambda: not any(_alive(pid) for pid in pids), "all its programs have ended")
    with labs.lab():
        assert prefix not in run("ip", "netns", "list") and not Path(folder).exists()
        assert lab.net.prefix in run("ip", "netns", "list") and lab.net.folder.exists()


def _family(pid: int, name: str) -> list[str]:
    """What a program has started, once one of it has this name."""
    children = psutil.Process(pid).children(recursive=True)
    return [str(child.pid) for child in children] if name in [child.name() for child in children] else []


def _alive(pid: str) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_only_the_client_has_the_lab_s_names(lab: Lab) -> None:
    """The name servers of this machine are not touched."""
    outside = Path("/etc/resolv.conf").read_text()
    inside = lab.run(["cat", "/etc/resolv.conf"]).stdout
    assert inside == "nameserver 10.77.1.1\n"
    assert Path("/etc/resolv.conf").read_text() == outside != inside


def test_a_program_that_hangs_is_ended_with_what_it_started(lab: Lab) -> None:
    """Its time is up, and its children do not stay."""
    running = lab.start(["sh", "-c", "setsid sleep 1000 & wait"])
    family = wait_until(lambda: _family(running.pid, "sleep"), "the child has begun")
    assert running.result(0).code is None
    assert not any(_alive(pid) for pid in family)


def test_a_server_that_does_not_start_says_why(lab: Lab) -> None:
    """Its last words are in the error."""
    with pytest.raises(RuntimeError, match="no such file"), lab.net.daemon(
        CLIENT, "sh", "-c", "echo no such file; exit 3", ports=[1]
    ):  # fmt: skip
        raise AssertionError("must not begin")


def test_why_not_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A skipped test says what to install."""
    monkeypatch.setattr(labs, "PROGRAMS", ("sh", "no-such-middlebox"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "no-such-middlebox" in labs.why_not()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "root" in labs.why_not()


# --- conditions, looked at in other ways ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [("open", "204"), ("portal-redirect", "302"), ("portal-page", "200"), ("portal-tls", "302")],
)
def test_a_portal_answers_for_every_web_server(lab: Lab, name: str, expected: str) -> None:
    """Plain HTTP shows it; without one, the desk says 204."""
    with BY_NAME[name].made(lab) as client:
        asked = lab.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://{SERVER_IP}/generate_204"],
            client.env,
        )
    assert asked.stdout == expected


def test_loss_loses(lab: Lab, body: Body) -> None:
    """The rule drops packets, and the body arrives nevertheless."""
    with firewall.rules(lab.net, "numgen random mod 100 < 5 counter drop"):
        assert curl(lab, {}, body(LARGE_BYTES)) == "ok"
        listed = lab.net.do(ROUTER, "nft", "list", "ruleset")
    [packets] = [line.split("packets ")[1].split()[0] for line in listed.splitlines() if "numgen" in line]
    assert int(packets) > 100


def test_everybody_who_is_refused_hears_so_at_once(lab: Lab) -> None:
    """The kernel's limit on such answers would let some wait for seconds."""
    with BY_NAME["port-unreachable"].made(lab):
        asking = [lab.start(["curl", "-s", "--connect-timeout", "2", URL]) for _ in range(16)]
        assert [each.result(20).code for each in asking] == [7] * 16


@pytest.mark.parametrize("name", ["cut-300k", "stall-300k"])
def test_the_limit_is_one_of_each_connection(lab: Lab, body: Body, name: str) -> None:
    """Three times 200 KB pass where 600 KB do not."""
    with BY_NAME[name].made(lab):
        assert [curl(lab, {}, body(200_000)) for _ in range(3)] == ["ok"] * 3
        assert curl(lab, {}, body(600_000)) != "ok"


@pytest.mark.parametrize("name", ["dlp-page", "dlp-cut"])
def test_data_protection_lets_everything_else_pass(lab: Lab, body: Body, name: str) -> None:
    """Random bytes of the same size go through."""
    with BY_NAME[name].made(lab) as client:
        sent = [curl(lab, client.env, body(size)) for size in (SMALL_BYTES, LARGE_BYTES)]
    assert sent == ["ok", "ok"]


@pytest.mark.parametrize("name", ["name-filter-reset", "name-filter-drop"])
def test_a_name_filter_lets_other_names_pass(lab: Lab, name: str) -> None:
    """The same host by another name finishes its handshake."""
    command = [
        "curl",
        "-sk",
        "-m",
        "5",
        "--resolve",
        f"other.test:443:{SERVER_IP}",
        "https://other.test/api/v1",
    ]
    with BY_NAME[name].made(lab) as client:
        assert lab.run(command, client.env).code == 0


_SMALL_SEGMENTS = """
import socket, ssl, sys
plain = socket.socket()
plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, int(sys.argv[2]))
plain.settimeout(3)
plain.connect((sys.argv[1], 443))
with ssl.create_default_context().wrap_socket(plain, server_hostname="desk.snapper.test") as secure:
    secure.sendall(b"POST /sink HTTP/1.0\\r\\nContent-Length: 100000\\r\\n\\r\\n" + bytes(100_000))
    print(secure.recv(12).decode())
"""


@pytest.mark.parametrize("name", ["mtu-up", "mtu-down"])
@pytest.mark.parametrize(("segment", "passes"), [(1200, True), (1400, False)])
def test_small_segments_pass_where_large_ones_are_lost(
    lab: Lab, name: str, segment: int, passes: bool
) -> None:
    """It is the size of packets that matters."""
    with BY_NAME[name].made(lab):
        ran = lab.run([sys.executable, "-c", _SMALL_SEGMENTS, SERVER_IP, str(segment)])
    assert (ran.stdout.strip() == "HTTP/1.0 200" or ran.stdout.strip() == "HTTP/1.1 200") is passes, (
        ran.stderr
    )


def test_ipv6_works_where_nobody_drops_it(lab: Lab, body: Body) -> None:
    """The hole is the firewall's, not the lab's."""
    by_v6 = ("-6", "--resolve", f"desk.snapper.test:443:[{SERVER_IP6}]")
    small = body(SMALL_BYTES)
    assert curl(lab, {}, small, *by_v6) == "ok"
    with BY_NAME["ipv6-hole"].made(lab) as client:
        assert curl(lab, client.env, small, "-6") == "no answer"


def test_the_ntlm_proxy_checks_the_password(lab: Lab, body: Body) -> None:
    """Another password than the user's does not get through."""
    options = ("--proxy", PROXY, "--proxy-ntlm", "--proxy-user")
    with proxies.squid_ntlm(lab.net):
        assert curl(lab, {}, body(SMALL_BYTES), *options, f"{DOMAIN}\\{USER}:{proxies.PASSWORD}") == "ok"
        assert curl(lab, {}, body(SMALL_BYTES), *options, f"{DOMAIN}\\{USER}:wrong") == "exit 56"


def test_the_kerberos_proxy_wants_a_ticket(lab: Lab, body: Body) -> None:
    """Without one, its challenge cannot be met."""
    host = f"http://proxy.snapper.test:{HTTP_PORT}"
    options = ("--proxy", host, "--proxy-negotiate", "--proxy-user", ":")
    with proxies.squid_kerberos(lab.net) as user:
        nobody = {**user, "KRB5CCNAME": "FILE:/nonexistent"}
        assert curl(lab, user, body(SMALL_BYTES), *options) == "ok"
        assert curl(lab, nobody, body(SMALL_BYTES), *options) == "exit 56"


def test_a_busy_desk_says_when_to_come_again(lab: Lab) -> None:
    """Retry-After is there to be read."""
    with BY_NAME["desk-busy"].made(lab):
        head = lab.run(["curl", "-sI", f"{URL}/api/v1"]).stdout.lower()
    assert "429" in head.splitlines()[0] and "retry-after: 7" in head


def test_the_desk_itself_refuses_a_token_it_does_not_know(lab: Lab) -> None:
    """Not a middlebox: its word is signed as a problem."""
    token = BY_NAME["wrong-token"]
    with token.made(lab) as client:
        header = f"Authorization: Bearer {client.env['SNAPPER_DELIVERY_TOKEN']}"
        answer = lab.run(["curl", "-si", "-H", header, f"{URL}/api/v1/reports/x"]).stdout
    assert answer.startswith("HTTP/1.1 401") and "application/problem+json" in answer
