"""Each rule of the fake rageshake bites."""

from __future__ import annotations

import base64
import gzip
import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import ticket_fakes
from tests.ticket_fakes.rageshake import System

MIB = 1 << 20


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[System]:
    with ticket_fakes.start("rageshake", tmp_path) as running:
        yield running


def post(fake: System, *files: tuple[str, tuple[str, bytes]], **fields: str) -> requests.Response:
    text = {"text": "It froze", "app": "snapper", **fields}
    parts: list[Any] = [(name, (None, value)) for name, value in text.items()]
    return requests.post(f"{fake.peer.url}/api/submit", files=[*parts, *files], timeout=30)


def listing(fake: System, path: str = "", **more: Any) -> requests.Response:
    return requests.get(f"{fake.peer.url}/api/listing/{path}", auth=fake.listing_login, timeout=30, **more)


def test_a_report_is_taken_from_anybody(fake: System) -> None:
    answer = post(fake, ("file", ("screen.png", b"\x89PNG")), label="tws", machine="Debian")
    assert (answer.status_code, answer.json()) == (200, {})
    (ticket,) = fake.tickets()
    kept = fake.details(ticket)
    assert (kept.user_text, kept.app, kept.labels, kept.data) == (
        "It froze", "snapper", ["tws"], {"machine": "Debian"},
    )  # fmt: skip
    assert fake.stored(ticket) == {"screen.png": b"\x89PNG"}


def test_where_there_is_a_tracker_its_address_is_told(tmp_path: Path) -> None:
    with ticket_fakes.start("rageshake", tmp_path, tracker="https://git.example/issues") as fake:
        assert post(fake).json() == {"report_url": "https://git.example/issues/1"}


@pytest.mark.parametrize(
    "name", ["a.zip", "a.b.png", "ä.png", "a b.png", ".png", "a.PNG", "a.log", "a.txt\n"]
)
def test_a_file_whose_name_it_dislikes_is_dropped_with_a_yes(fake: System, name: str) -> None:
    assert post(fake, ("file", (name, b"x"))).status_code == 200
    (ticket,) = fake.tickets()
    assert fake.stored(ticket) == {}
    assert len(fake.details(ticket).fileErrors) == 1


@pytest.mark.parametrize("name", ["a.jpg", "A-b_1.png", "a.txt", "a.json", "a.txt.gz", "a.json.gz"])
def test_a_file_whose_name_it_likes_is_kept_as_it_is(fake: System, name: str) -> None:
    post(fake, ("file", (name, b"\x1f\x00x")))
    assert fake.stored(fake.tickets()[0]) == {name: b"\x1f\x00x"}


def test_of_two_files_with_one_name_the_second_stays(fake: System) -> None:
    post(fake, ("file", ("a.txt", b"1")), ("file", ("a.txt", b"2")))
    assert fake.stored(fake.tickets()[0]) == {"a.txt": b"2"}


def test_logs_are_gzipped_and_renamed_where_their_names_displease(fake: System) -> None:
    data = b"\x00\xe4\r\nlast"
    logs = [("log", ("a.b.log", data)), ("log", ("a b.log", data))]
    post(fake, *logs, ("compressed-log", ("c.txt.gz", gzip.compress(data, mtime=0))))
    stored = fake.stored(fake.tickets()[0])
    assert list(stored) == ["a.b.log.gz", "c.txt.gz", "logs-0001.log.gz"]
    assert {gzip.decompress(each) for each in stored.values()} == {data}


@pytest.mark.parametrize(
    ("field", "data", "kept"),
    [
        ("log", b"a" * 65_536 + b"\n", False), ("log", b"a" * 65_535 + b"\n", True),
        ("log", b"a" * 65_536, False), ("log", b"a" * 65_535, True),
        ("compressed-log", b"no gzip", False),
        ("compressed-log", gzip.compress(b"a" * 999, mtime=0)[:-9], False),
    ],
)  # fmt: skip
def test_a_log_it_cannot_read_is_dropped_with_a_yes(
    fake: System, field: str, data: bytes, kept: bool
) -> None:
    assert post(fake, (field, ("a.log", data))).status_code == 200
    details = fake.details(fake.tickets()[0])
    assert (details.logs == ["a.log.gz"], details.logErrors == []) == (kept, kept)


def test_sizes_and_lengths(tmp_path: Path) -> None:
    with ticket_fakes.start("rageshake", tmp_path, request_bytes=MIB) as fake:
        large = post(fake, ("file", ("a.txt", bytes(MIB))))
        assert (large.status_code, large.json()["errcode"]) == (413, "CONTENT_TOO_LARGE")
        chunked = requests.post(f"{fake.peer.url}/api/submit", data=iter([b"x"]), timeout=30)
        assert (chunked.status_code, chunked.json()["errcode"]) == (400, "BAD_HEADER")
        assert fake.tickets() == []


def test_rules_of_the_one_who_runs_it(tmp_path: Path) -> None:
    with ticket_fakes.start(
        "rageshake", tmp_path, apps=["other", "mine"], rejects=re.compile("spam"), max_log_lines=2
    ) as fake:
        assert post(fake).json()["errcode"] == "DISALLOWED_APP"
        assert post(fake, app="mine", text="spam").json()["errcode"] == "REJECTED"
        assert post(fake, ("log", ("a.log", b"1\n2\n")), app="mine").status_code == 400
        assert post(fake, ("log", ("a.log", b"1\n")), app="mine").status_code == 200
        assert len(fake.tickets()) == 1


def test_other_methods_and_other_bodies(fake: System) -> None:
    submit = f"{fake.peer.url}/api/submit"
    assert requests.get(submit, timeout=30).json()["errcode"] == "METHOD_NOT_ALLOWED"
    assert requests.options(submit, timeout=30).json() == {}
    assert requests.post(submit, data=b"{", timeout=30).json()["errcode"] == "BAD_CONTENT"
    assert requests.post(submit, json={"text": "a", "logs": [{"id": "x", "lines": "1"}]}, timeout=30).ok
    assert list(fake.stored(fake.tickets()[0])) == ["logs-0000.log.gz"]
    unknown = requests.get(f"{fake.peer.url}/api/nothing", timeout=30)
    assert (unknown.status_code, unknown.text) == (404, "404 page not found\n")


def test_it_can_be_broken_before_and_after_its_work(fake: System) -> None:
    fake.before_commit("503")
    refused = post(fake)
    assert (refused.status_code, refused.headers["Content-Type"].split(";")[0]) == (503, "text/html")
    assert fake.tickets() == []
    fake.after_commit("500")
    assert (post(fake).json()["error"], len(fake.tickets())) == ("Could not save report", 1)


def test_the_listing_wants_a_login_and_shows_what_is_there(fake: System) -> None:
    post(fake, ("file", ("a.txt", b"1")), ("log", ("b.log", b"2\n")))
    (ticket,) = fake.tickets()
    assert requests.get(f"{fake.peer.url}/api/listing/{ticket}", timeout=30).status_code == 401
    assert 'href="b.log.gz"' in listing(fake, ticket).text
    assert listing(fake, f"{ticket}/a.txt").content == b"1"
    assert listing(fake, f"{ticket}/b.log.gz").content == b"2\n"
    plain = listing(fake, f"{ticket}/b.log.gz", headers={"Accept-Encoding": "identity"})
    assert (plain.content, plain.headers["Content-Type"]) == (b"2\n", "text/plain; charset=utf-8")
    assert listing(fake, f"{ticket}?format=tar.gz").content[:2] == b"\x1f\x8b"
    assert listing(fake, f"{ticket}/c.txt").status_code == 404


def test_the_listing_shows_nothing_else(fake: System) -> None:
    post(fake, ("file", ("a.txt", b"1")))
    connection = http.client.HTTPConnection(fake.peer.url.removeprefix("http://"), timeout=30)
    login = base64.b64encode(":".join(fake.listing_login).encode()).decode()
    connection.request("GET", "/api/listing/../files/1", headers={"Authorization": f"Basic {login}"})
    assert connection.getresponse().status == 404
    connection.close()
