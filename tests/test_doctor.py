"""The doctor's checks on real sockets, folders and screens; a blocked network is in tests/network."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from scripts.demo_tws import make_jts
from scripts.screen import VirtualScreen
from snapper import doctor
from snapper.config import load
from snapper.connect import open_outbox
from snapper.delivery.network import Card, Link
from snapper.doctor import Verdict, examine, here, keys_and_screen, tws_ports, way_out
from snapper.doctor.findings import Finding, failed, ok, warning, worst_first
from snapper.doctor.table import data, for_it, summary, table
from snapper.doctor.tws_ports import Port, Reach
from snapper.hotkey.chord import parse_chord
from tests.desks import desk_at, refused_url
from tests.middlemen import listening


def within(seconds: float = 8) -> float:
    """A deadline."""
    return time.monotonic() + seconds


@contextlib.contextmanager
def on(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port of this computer where every connection is served so."""
    with listening(serve) as (_, port):
        yield port


# --- TWS's ports ------------------------------------------------------------------------------------------


def test_a_port_that_listens_quietly_is_open() -> None:
    with on(lambda connection: connection.recv(1) and None) as port:
        assert tws_ports.reach("127.0.0.1", port, ssl.create_default_context(), within()) is Reach.OPEN


def test_what_speaks_first_is_not_tws() -> None:
    with on(lambda connection: connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")) as port:
        reach = tws_ports.reach("127.0.0.1", port, ssl.create_default_context(), within())
    assert reach is Reach.INTERCEPTED


def test_a_closed_port_and_an_unknown_name_are_told_apart() -> None:
    closed = int(refused_url().rpartition(":")[2])
    trust = ssl.create_default_context()
    assert tws_ports.reach("127.0.0.1", closed, trust, within()) is Reach.REFUSED
    assert tws_ports.reach("no-such-host.invalid", 4000, trust, within()) is Reach.UNKNOWN_NAME


@pytest.mark.parametrize("trusted", [True, False])
def test_a_web_host_must_prove_who_it_is(trusted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    if trusted:
        authority.configure_trust(client)
    with on(lambda connection: server.wrap_socket(connection, server_side=True).close()) as port:
        monkeypatch.setattr(tws_ports, "WEB_PORT", port)
        reach = tws_ports.reach("127.0.0.1", port, client, within())
    assert reach is (Reach.OPEN if trusted else Reach.INTERCEPTED)


def test_a_port_is_summed_up() -> None:
    def summed(*reaches: Reach) -> Finding:
        return tws_ports.summary(4001, [Port(f"host{n}", 4001, reach) for n, reach in enumerate(reaches)])

    assert summed(Reach.OPEN, Reach.OPEN).verdict is Verdict.OK
    assert summed(Reach.OPEN, Reach.DROPPED).verdict is Verdict.WARNING
    blocked = summed(Reach.DROPPED, Reach.DROPPED, Reach.REFUSED)
    assert blocked.verdict is Verdict.FAILED
    assert "dropped on 2, refused on 1 of 3 hosts" in blocked.sentence
    assert "TWS cannot connect here" in blocked.sentence and "Public networks" in blocked.remedy
    assert summed().verdict is Verdict.UNKNOWN


def test_local_api_ports_are_seen() -> None:
    with on(lambda connection: None) as port:
        assert str(port) in tws_ports.local_api([port]).sentence
    assert "Nothing listens" in tws_ports.local_api([port]).sentence


# --- the way out ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cards", "verdict"),
    [
        ((), Verdict.FAILED),
        ((Card("eth0", False, ()),), Verdict.FAILED),
        ((Card("eth0", True, ("192.0.2.1",)),), Verdict.WARNING),
    ],
)
def test_a_network_without_a_way_out(cards: tuple[Card, ...], verdict: Verdict) -> None:
    assert way_out.link(Link(cards, None)).verdict is verdict


def test_a_name_is_looked_up() -> None:
    assert way_out.name("localhost", 3).verdict is Verdict.OK
    assert way_out.name("no-such-host.invalid", 3).verdict is Verdict.FAILED


# --- this computer ----------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert here.folder(tmp_path / "file" / "outbox")[0].verdict is Verdict.FAILED
    assert here.folder(tmp_path / "outbox")[0].verdict in (Verdict.OK, Verdict.WARNING)


def test_the_chord_and_the_screen_on_a_desktop(
    screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", screen.display)
    chord = parse_chord("ctrl+alt+h")
    free = keys_and_screen.chord(chord, "By rule.", "auto", False)
    assert (free.verdict, free.facts["backend"]) == (Verdict.OK, "x11_grab")
    assert "snapper is listening" in keys_and_screen.chord(chord, "By rule.", "auto", True).sentence
    assert "1280×800" in keys_and_screen.screen()[0].facts["size"]


def test_without_a_desktop_only_the_command_line_works(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    chord = keys_and_screen.chord(parse_chord("ctrl+alt+h"), "By rule.", "auto", False)
    assert [chord.verdict, *(each.verdict for each in keys_and_screen.screen())] == [Verdict.WARNING] * 2
    assert "snapper send" in chord.sentence


# --- all of it --------------------------------------------------------------------------------------------


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Settings of a computer with a TWS and hosts of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    make_jts(tmp_path / "Jts", datetime.now().astimezone())
    return {
        "outbox.folder": str(tmp_path / "outbox"), "logs.folders": [str(tmp_path / "Jts")],
        "doctor.tws_hosts": ["127.0.0.1"], "doctor.web_hosts": ["127.0.0.1"],
    }  # fmt: skip


def test_every_check_is_made(tmp_path: Path, computer: dict[str, object]) -> None:
    with desk_at(tmp_path / "desk") as desk:
        flags = {**computer, "delivery.url": desk.url, "delivery.token": desk.token}
        settings = load(flags=flags, environment={})
        findings = examine(settings, open_outbox(settings), listening=False)
    by_name = {f"{each.about}: {each.name}": each for each in findings}
    assert by_name["Ticket desk: desk"].verdict is Verdict.OK
    assert by_name["TWS: installation"].verdict is Verdict.OK
    assert by_name["TWS: logs"].facts["files"] > 0
    assert by_name["TWS: port 4000"].verdict is Verdict.FAILED
    assert {"Network: connection", "This computer: disk space", "This computer: keyring"} <= set(by_name)
    assert [each.verdict for each in findings] == [each.verdict for each in worst_first(findings)]
    assert desk.token not in json.dumps(data(findings))


def test_a_desk_that_is_off_is_said_with_what_to_do(computer: dict[str, object]) -> None:
    settings = load(flags={**computer, "delivery.url": refused_url()}, environment={})
    findings = examine(settings, open_outbox(settings), listening=True)
    desk = next(each for each in findings if each.name == "desk")
    assert desk.verdict is Verdict.FAILED and "refuses" in desk.sentence and desk.remedy
    assert desk.facts["cause"] == "connection-refused"


SECTION = '[destinations."{}"]\nsystem = "desk"\nurl = "{}"\n'


def test_every_destination_is_looked_at_and_one_that_is_off_hides_none(
    tmp_path: Path, computer: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk_at(tmp_path / "desk") as desk:
        file = tmp_path / "config.toml"
        file.write_text(
            SECTION.format("good", desk.url) + SECTION.format("off", refused_url())
            + '[destinations."no token"]\nsystem = "rt"\nurl = "https://rt.example.com"\nqueue = "S"\n'
            + '[delivery]\nto = "good"\n',
            encoding="utf-8",
        )  # fmt: skip
        for name in ("GOOD", "OFF"):
            monkeypatch.setenv(f"SNAPPER_TOKEN_{name}", desk.token)
        settings = load(file, {}, computer)
        findings = examine(settings, open_outbox(settings), listening=True)
    by_name = {f"{each.about}: {each.name}": each for each in findings}
    assert by_name["good: answer"].verdict is Verdict.OK and by_name["good: limits"].facts["report_bytes"]
    assert by_name["off: answer"].facts["cause"] == "connection-refused"
    missing = by_name["no token: answer"]
    assert missing.verdict is Verdict.FAILED and 'snapper config token "no token"' in missing.remedy
    assert "Ticket desk: desk" not in by_name  # nobody set up the desk of the defaults
    assert desk.token not in json.dumps(data(findings))


def test_a_destination_that_never_answers_is_said_in_time_under_its_name(
    tmp_path: Path, computer: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "WHOLE_SECONDS", 2.0)
    ended = threading.Event()
    with on(lambda connection: ended.wait(30) and None) as port, desk_at(tmp_path / "desk") as desk:
        file = tmp_path / "config.toml"
        text = SECTION.format("good", desk.url) + SECTION.format("silent", f"http://127.0.0.1:{port}")
        file.write_text(f'{text}[delivery]\nto = "good"\n', encoding="utf-8")
        monkeypatch.setenv("SNAPPER_TOKEN_GOOD", desk.token)
        settings = load(file, {}, computer)
        findings = examine(settings, open_outbox(settings), listening=True)
        ended.set()
    by_name = {f"{each.about}: {each.name}": each for each in findings}
    assert by_name["good: answer"].verdict is Verdict.OK
    assert by_name["silent: answer"].sentence == "No answer in time."


def test_settings_that_are_wrong_are_said_where_they_matter(
    tmp_path: Path, computer: dict[str, object]
) -> None:
    wrong = {**computer, "delivery.ca_file": str(tmp_path / "none.pem"), "delivery.url": refused_url()}
    settings = load(flags=wrong, environment={})
    findings = examine(settings, open_outbox(settings), listening=True)
    desk = next(each for each in findings if each.name == "desk")
    assert desk.verdict is Verdict.FAILED and "none.pem" in desk.sentence


def test_a_check_that_breaks_hides_no_other(
    computer: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Finding:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(here, "keyring", broken)
    settings = load(flags={**computer, "delivery.url": refused_url()}, environment={})
    findings = examine(settings, open_outbox(settings), listening=True)
    keyring = next(each for each in findings if each.name == "keyring")
    assert keyring.verdict is Verdict.UNKNOWN and "secret" not in keyring.sentence
    assert len(findings) > 5


# --- the table --------------------------------------------------------------------------------------------

FINDINGS = [
    ok("Network", "DNS", "desk.example is 192.0.2.7."),
    failed("TWS", "port 4000", "Dropped " * 20 + ".", "Use another network."),
    warning("This computer", "disk space", "1 MB free.", "Free some space."),
]


def test_the_table_has_the_worst_first_and_every_remedy() -> None:
    text = table(worst_first(FINDINGS), 80)
    lines = text.splitlines()
    assert lines[0] == "1 of 3 checks failed, 1 needs a look."
    assert [line[0] for line in lines[2:] if line[:1].strip()] == ["✗", "!", "✓"]
    assert "→ Use another network." in text and "→ Free some space." in text
    assert max(map(len, lines)) <= 80


def test_the_it_department_is_asked_once_for_each_host() -> None:
    asked = [failed("a", "answer", "x", for_it="Allow a."), failed("b", "answer", "x", for_it="Allow b.")]
    assert for_it([*asked, *FINDINGS, asked[0]]) == "Allow a.\n\nAllow b."


def test_when_all_is_well_it_says_so() -> None:
    assert summary(FINDINGS[:1]) == "All is well: 1 check."


@given(
    st.lists(st.builds(ok, st.text(max_size=50), st.text(max_size=50), st.text(max_size=200))),
    st.integers(1, 300),
)
def test_any_finding_can_be_shown(findings: list[Finding], width: int) -> None:
    assert table(findings, width)
    assert json.dumps(data(findings))
