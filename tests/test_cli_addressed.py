"""Where a report goes, through the real command line: `--to`, tickets however written, slips told early."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desks import Desk, desk_at, refused_url
from tests.test_cli_proxy import Computer
from tests.ticket_rigs import Rig, rig_of, why_not

SECTION = '[destinations."our RT"]\nsystem = "rt"\nurl = "{}"\nqueue = "{}"\n'


@pytest.fixture(scope="module")
def rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A real Request Tracker."""
    if reason := why_not("rt"):
        pytest.skip(reason)
    with rig_of("rt", tmp_path_factory.mktemp("rt")) as rig:
        yield rig


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk."""
    with desk_at(tmp_path / "desk") as running:
        yield running


@pytest.fixture
def computer(tmp_path: Path, desk: Desk) -> Computer:
    """A computer whose reports go to the desk."""
    made = Computer(tmp_path)
    made.environment |= desk.environment
    return made


@pytest.fixture
def both(computer: Computer, rt: Rig) -> Computer:
    """A computer that knows the desk and RT, the desk being the usual one."""
    peer = rt.running.peer
    file = computer.folder / "config" / "snapper" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(SECTION.format(peer.url, peer.place), encoding="utf-8")
    computer.environment["SNAPPER_TOKEN_OUR_RT"] = peer.token
    return computer


def send(computer: Computer, *arguments: str) -> str:
    """Send a report, which arrives; its ticket."""
    code, out, err = computer.snapper(*arguments, "--no-logs", "--json")
    assert code == 0, out + err
    return str(json.loads(out)["receipt"]["ticket"])


# --- the desk ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}", "#{}", " # {} ", "{url}/tickets/{}", "{url}/tickets/{}?a=b#c"])
def test_a_ticket_is_understood_however_it_is_written(computer: Computer, desk: Desk, form: str) -> None:
    ticket = send(computer, "send", "-m", "1")
    assert send(computer, "attach", form.format(ticket, url=desk.url), "-m", "2") == ticket
    assert sorted(desk.notes()) == ["1", "2"]


@pytest.mark.parametrize(
    ("ticket", "words"),
    [
        ("7777", "has no ticket 7777. Check the number. Nothing was sent or kept."),
        ("a b", "“a b” is not a ticket of desk."),
        ("https://rt.example.com/Ticket/Display.html?id=7", "leads to rt.example.com, which is none of the"),
    ],
)
def test_a_slip_is_told_before_anything_is_kept(computer: Computer, ticket: str, words: str) -> None:
    large = computer.folder / "large.bin"
    large.write_bytes(bytes(5_000_000))
    code, out, err = computer.snapper("attach", ticket, str(large), "--no-logs")
    assert (code, out) == (2, "") and words in err
    assert computer.outbox.entries() == []


def test_a_closed_ticket_is_told_with_what_else_to_do(computer: Computer, desk: Desk) -> None:
    ticket = send(computer, "send", "-m", "1")
    desk.store.set_state(int(ticket), "closed")
    code, _, err = computer.snapper("attach", ticket, "-m", "2", "--no-logs")
    assert code == 2 and "is closed. Choose another ticket, or a new one: “snapper send”." in err
    assert desk.notes() == ["1"]


def test_offline_it_is_kept_and_said(computer: Computer) -> None:
    computer.environment["SNAPPER_DELIVERY_URL"] = refused_url()
    code, out, err = computer.snapper("attach", "12", "-m", "2", "--no-logs", "--json")
    assert code == 3 and json.loads(out)["report"]["ticket"] == "12"
    assert "The ticket cannot be looked up now: " in err and "The report is kept and sent later." in err


def test_a_destination_that_is_not_there_is_told(computer: Computer) -> None:
    code, _, err = computer.snapper("send", "--to", "our RT", "-m", "x", "--no-logs")
    assert code == 2 and "“our RT” is none of the destinations in the settings. There are: “desk”." in err
    assert computer.outbox.entries() == []


# --- a real RT beside it ----------------------------------------------------------------------------------


def test_a_report_goes_where_it_is_told_to_and_says_so(both: Computer, rt: Rig, desk: Desk) -> None:
    code, out, err = both.snapper("send", "--to", "OUR rt", "-m", "to RT", "--no-logs")
    assert code == 0, err
    tag = re.match(
        r"receipt  (snp[0-9a-f]{12})  \(the search of our RT finds it\)\nticket   (\d+) of our RT\n", out
    )
    assert tag and tag[2] in rt.running.tickets()
    assert f"our RT: ticket {tag[2]}" not in both.snapper("outbox")[1]  # it was a new one
    assert "our RT: new ticket" in both.snapper("outbox")[1]
    assert "to       our RT\n" in both.snapper("outbox", "show", tag[1])[1]
    assert desk.notes() == []


def test_the_address_of_a_ticket_leads_to_its_system(both: Computer, rt: Rig, desk: Desk) -> None:
    ticket = send(both, "send", "--to", "our RT", "-m", "1")
    address = f"{rt.running.peer.url}/Ticket/Display.html?id={ticket}"
    before = rt.running.tickets()
    assert send(both, "attach", address, "-m", "2") == ticket
    assert send(both, "attach", f"#{ticket}", "--to", "our RT", "-m", "3") == ticket
    assert (rt.running.tickets(), desk.notes()) == (before, [])
    code, _, err = both.snapper("attach", address, "--to", "desk", "-m", "4", "--no-logs")
    assert code == 2 and "none of the destinations" in err


def test_rt_says_what_is_missing_and_what_is_closed(both: Computer, rt: Rig) -> None:
    code, _, err = both.snapper("attach", "7777", "--to", "our RT", "-m", "x", "--no-logs")
    assert code == 2 and "our RT has no ticket 7777 that you may see. Check the number." in err
    ticket = send(both, "send", "--to", "our RT", "-m", "1")
    rt.running.close(ticket)
    code, _, err = both.snapper("attach", ticket, "--to", "our RT", "-m", "x", "--no-logs")
    assert code == 2 and f"Ticket {ticket} of our RT is closed. Choose another ticket" in err
    both.environment["SNAPPER_TOKEN_OUR_RT"] = rt.running.reader_token()
    code, _, err = both.snapper("attach", "1", "--to", "our RT", "-m", "x", "--no-logs")
    assert code == 2 and "but not add to it. Choose another ticket" in err


def test_what_one_did_not_take_is_sent_to_the_other(both: Computer, rt: Rig, desk: Desk) -> None:
    token = both.environment["SNAPPER_TOKEN_OUR_RT"]
    both.environment["SNAPPER_TOKEN_OUR_RT"] = "1-2-wrong"
    code, out, _ = both.snapper("send", "--to", "our RT", "-m", "back and forth", "--no-logs", "--json")
    report = json.loads(out)["id"]
    assert code == 3
    assert "to       our RT" in both.snapper("outbox", "show", report)[1]
    code, out, err = both.snapper("outbox", "resend", report, "--to", "desk", "--json")
    assert code == 0, err
    assert desk.notes() == ["back and forth"]
    both.environment["SNAPPER_TOKEN_OUR_RT"] = token
    ticket = send(both, "send", "--to", "our RT", "-m", "1")
    address = f"{rt.running.peer.url}/Ticket/Display.html?id={ticket}"
    code, out, err = both.snapper("outbox", "resend", json.loads(out)["id"], "--ticket", address, "--json")
    assert code == 0 and json.loads(out)["receipt"]["ticket"] == ticket, err
