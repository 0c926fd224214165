"""Redmine and Roundup as peers: the limits a test can ask them for, their rights, many requests at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from scripts.ticket_systems import Running, start, why_not

_AT_ONCE = 8


def _skip_if_missing(system: str) -> None:
    if reason := why_not(system):
        pytest.skip(reason)


def _session(running: Running, token: str = "", login: str = "") -> requests.Session:
    """What a system wants with every request, past any proxy; as the reporter if nobody else is named."""
    session = requests.Session()
    session.trust_env = False
    peer = running.peer
    if peer.system == "redmine":
        session.headers["X-Redmine-API-Key"] = token or peer.token
    else:
        session.auth = (login or peer.login, token or peer.token)
        session.headers.update({"Origin": peer.url, "X-Requested-With": "rest"})
    return session


def _upload(running: Running, size: int, name: str = "tws.log") -> requests.Response:
    """One file sent to Redmine."""
    kind = {"Content-Type": "application/octet-stream"}
    address = f"{running.peer.url}/uploads.json"
    return _session(running).post(address, params={"filename": name}, data=b"x" * size, headers=kind)


def _redmine_issue(running: Running, place: str, **parts: object) -> requests.Response:
    body = {"issue": {"subject": "It froze", **parts}}
    return _session(running).post(f"{running.peer.url}/projects/{place}/issues.json", json=body)


@pytest.fixture(scope="module", name="redmine")
def _redmine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Redmine that takes little: PNG and log files of at most 2 KB."""
    _skip_if_missing("redmine")
    options = {"attachment_max_size": "2", "attachment_extensions_allowed": "png,log"}
    with start("redmine", tmp_path_factory.mktemp("peer"), options) as running:
        yield running


@pytest.fixture(name="roundup")
def _roundup(tmp_path: Path) -> Iterator[Running]:
    """A Roundup that answers each user three times a minute, to requests of at most 10,000 bytes."""
    _skip_if_missing("roundup")
    limits = {"api_calls_per_interval": "3", "api_interval_in_sec": "60", "max_request_body_size": "10000"}
    with start("roundup", tmp_path, limits) as running:
        yield running


def test_redmine_takes_files_up_to_the_size_that_was_asked_for(redmine: Running) -> None:
    assert _upload(redmine, 2048).status_code == 201
    refused = _upload(redmine, 2049)
    assert refused.status_code == 422
    assert "(2048)" in refused.json()["errors"][0]


def test_redmine_takes_only_the_kinds_of_file_that_were_asked_for(redmine: Running) -> None:
    assert _upload(redmine, 1, "screen.PNG").status_code == 201
    assert _upload(redmine, 1, "logs.log.gz").status_code == 422


def test_redmine_takes_reports_in_one_project_and_lets_look_into_another(redmine: Running) -> None:
    assert _redmine_issue(redmine, redmine.peer.place).status_code == 201
    assert _redmine_issue(redmine, "closed-shop").status_code == 403
    assert _session(redmine).get(f"{redmine.peer.url}/projects/closed-shop.json").status_code == 200


def test_a_fresh_redmine_answers_many_at_once(tmp_path: Path) -> None:
    """Nothing is loaded yet, and all of them write into one database."""
    _skip_if_missing("redmine")
    with start("redmine", tmp_path) as running, ThreadPoolExecutor(_AT_ONCE) as threads:

        def report(number: int) -> int:
            token = _upload(running, number).json()["upload"]["token"]
            uploads = [{"token": token, "filename": "tws.log"}]
            return _redmine_issue(running, running.peer.place, uploads=uploads).status_code

        assert list(threads.map(report, range(_AT_ONCE))) == [201] * _AT_ONCE
        assert len(running.tickets()) == _AT_ONCE


def test_roundup_counts_the_calls_of_each_user(roundup: Running) -> None:
    mine, theirs = _session(roundup), _session(roundup, roundup.reader_token(), "reader")
    address = f"{roundup.peer.url}/rest/data/issue"
    assert [mine.get(address).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert int(mine.get(address).headers["Retry-After"]) in range(1, 61)
    assert theirs.get(address).status_code == 200


def test_roundups_web_server_takes_requests_up_to_the_size_that_was_asked_for(roundup: Running) -> None:
    session, address = _session(roundup), f"{roundup.peer.url}/rest/data/msg"
    small, large = ({"content": "x" * size, "author": "reporter"} for size in (9_000, 11_000))
    assert session.post(address, json=small).status_code == 201
    assert session.post(address, json=large).status_code == 413


def test_roundups_reporter_adds_to_an_issue_and_changes_nothing_else(tmp_path: Path) -> None:
    _skip_if_missing("roundup")
    with start("roundup", tmp_path) as running:
        session, data = _session(running), f"{running.peer.url}/rest/data"
        session.post(f"{data}/issue", json={"title": "It froze"})
        message = session.post(f"{data}/msg", json={"content": "Again.", "author": "reporter"}).json()

        def change(**parts: object) -> int:
            known = {"If-Match": session.get(f"{data}/issue/1").headers["ETag"]}
            return session.patch(f"{data}/issue/1", json=parts, headers=known).status_code

        assert change(**{"@op": "add", "messages": [message["data"]["id"]]}) == 200
        assert change(**{"@op": "replace", "title": "Something else"}) == 403


@pytest.mark.parametrize("system", ["redmine", "roundup"])
def test_a_setting_it_does_not_have_is_not_taken_in_silence(system: str, tmp_path: Path) -> None:
    if reason := why_not(system):
        pytest.skip(reason)
    with (
        pytest.raises(ValueError, match="no_such_setting"),
        start(system, tmp_path, {"no_such_setting": "1"}),
    ):
        pass
