"""The real ticket systems that other tests report to: each runs alone, unprivileged, and loses no ticket."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from scripts.ticket_systems import SYSTEMS, Peer, Running, servers, start, why_not

_TAKEN, _REFUSED = range(200, 300), range(400, 500)


def _ask(method: str, peer: Peer, path: str, body: dict[str, Any] | None = None) -> requests.Response:
    """One request the way each system wants it, past any proxy."""
    with requests.Session() as session:
        session.trust_env = False
        if peer.system == "rt":
            session.headers["Authorization"] = f"token {peer.token}"
        elif peer.system == "redmine":
            session.headers["X-Redmine-API-Key"] = peer.token
        else:
            session.auth = (peer.login, peer.token)
            session.headers.update(
                {"Origin": peer.url, "Referer": f"{peer.url}/", "X-Requested-With": "rest"}
            )
        return session.request(method, peer.url + path, json=body, timeout=60)


def _reader(running: Running) -> Peer:
    """The same place for the user who may only look."""
    login = "reader" if running.peer.login else ""
    return replace(running.peer, token=running.reader_token(), login=login)


def _create(peer: Peer) -> requests.Response:
    subject = "It froze"
    if peer.system == "rt":
        return _ask("POST", peer, "/REST/2.0/ticket", {"Queue": peer.place, "Subject": subject})
    if peer.system == "redmine":
        return _ask("POST", peer, "/issues.json", {"issue": {"project_id": peer.place, "subject": subject}})
    return _ask("POST", peer, "/rest/data/issue", {"title": subject})


def _look(peer: Peer, ticket: str) -> requests.Response:
    path = {"rt": "/REST/2.0/ticket/{}", "redmine": "/issues/{}.json", "roundup": "/rest/data/issue/{}"}
    return _ask("GET", peer, path[peer.system].format(ticket))


def _is_closed(peer: Peer, ticket: str) -> bool:
    said = _look(peer, ticket).json()
    if peer.system == "rt":
        return bool(said["Status"] == "resolved")
    if peer.system == "redmine":
        return bool(said["issue"]["status"]["is_closed"])
    status = said["data"]["attributes"]["status"]["id"]
    name = _ask("GET", peer, f"/rest/data/status/{status}").json()
    return bool(name["data"]["attributes"]["name"] == "resolved")


def _skip_if_missing(system: str) -> None:
    if reason := why_not(system):
        pytest.skip(reason)


@pytest.fixture(scope="module", params=SYSTEMS, name="running")
def _running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Each system in turn; one instance for the tests that do not change it for each other."""
    _skip_if_missing(request.param)
    with start(request.param, tmp_path_factory.mktemp("peer")) as running:
        yield running


def _ticket(running: Running) -> str:
    answer = _create(running.peer)
    assert answer.status_code in _TAKEN, answer.text
    return running.tickets()[-1]


def test_the_token_may_create_a_ticket_and_see_it(running: Running) -> None:
    before = running.tickets()
    ticket = _ticket(running)
    assert running.tickets() == [*before, ticket]
    seen = _look(running.peer, ticket)
    assert seen.status_code == 200
    assert "It froze" in seen.text


def test_another_token_may_not(running: Running) -> None:
    before = running.tickets()
    assert _create(replace(running.peer, token="1-2-wrong")).status_code in _REFUSED
    assert running.tickets() == before


def test_the_reader_sees_tickets_and_creates_none(running: Running) -> None:
    ticket = _ticket(running)
    before = running.tickets()
    assert _look(_reader(running), ticket).status_code == 200
    assert _create(_reader(running)).status_code in _REFUSED
    assert running.tickets() == before


def test_only_the_ticket_that_is_closed_is_closed(running: Running) -> None:
    closed, other = _ticket(running), _ticket(running)
    running.close(closed)
    assert _is_closed(running.peer, closed)
    assert not _is_closed(running.peer, other)


def test_stopped_it_answers_nobody_and_started_again_it_has_its_tickets(running: Running) -> None:
    ticket, before = _ticket(running), running.peer
    running.stop()
    assert not servers.answers(running.peer.url)
    running.restart()
    assert running.peer == before
    assert running.tickets()[-1] == ticket
    assert _look(running.peer, ticket).status_code == 200


def test_a_restart_is_of_other_processes(running: Running) -> None:
    before = _process(running.peer).pid
    running.restart()
    assert _process(running.peer).pid != before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="runs as nobody special anyway")
def test_it_is_not_run_by_root(running: Running) -> None:
    for process in (main := _process(running.peer), *main.children(recursive=True)):
        assert 0 not in (*process.uids(), *process.gids())


def test_it_listens_on_this_computer_only(running: Running) -> None:
    process = _process(running.peer)
    listening = [found for found in process.net_connections() if found.status == psutil.CONN_LISTEN]
    assert {found.laddr.ip for found in listening} == {"127.0.0.1"}


def _process(peer: Peer) -> psutil.Process:
    """The process that was started, among ours."""
    port = int(peer.url.rpartition(":")[2])
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if any(found.laddr.port == port for found in process.net_connections()):
                return process
    raise AssertionError(f"nothing of ours listens on {port}")


@pytest.mark.parametrize("system", SYSTEMS)
def test_two_at_once_have_nothing_in_common(system: str, tmp_path: Path) -> None:
    _skip_if_missing(system)
    with start(system, tmp_path) as one, start(system, tmp_path) as other:
        assert one.peer.url != other.peer.url
        empty = other.tickets()
        _ticket(one)
        assert other.tickets() == empty


def test_rt_drops_what_is_too_long_when_told_to(tmp_path: Path) -> None:
    _skip_if_missing("rt")
    with start("rt", tmp_path, options={"MaxAttachmentSize": "1_000", "DropLongAttachments": "1"}) as running:
        for size, stored in ((700, "AAAA"), (2000, "TGFyZ2UgYXR0YWNobWVudCBkcm9wcGVk")):
            file = {
                "FileName": "a",
                "FileType": "application/octet-stream",
                "FileContent": "AAAA" * (size // 3),
            }
            body = {"Queue": running.peer.place, "Subject": "s", "Attachments": [file]}
            taken = _ask("POST", running.peer, "/REST/2.0/ticket", body)
            assert taken.status_code == 201
            found = f"/REST/2.0/ticket/{taken.json()['id']}/attachments?per_page=100"
            last = _ask("GET", running.peer, found).json()["items"][-1]["id"]
            content = _ask("GET", running.peer, f"/REST/2.0/attachment/{last}").json()
            assert content["Content"].startswith(stored)


def test_in_rts_closed_shop_the_reporter_creates_nothing(tmp_path: Path) -> None:
    _skip_if_missing("rt")
    with start("rt", tmp_path) as running:
        body = {"Queue": "Closed shop", "Subject": "s"}
        assert _ask("POST", running.peer, "/REST/2.0/ticket", body).status_code == 403
        assert _ask("GET", running.peer, "/REST/2.0/queue/Closed%20shop").status_code == 200
