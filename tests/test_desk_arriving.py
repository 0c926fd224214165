"""Reports whose files come as uploads: kept at once, whole when the last file is there, exact all the way."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from snapper import disk
from snapper.desk import Store, database
from snapper.desk.inbox import readable_names
from snapper.report import Attachment, Kind, LogEntry, LogKind, Report
from tests.desk_client import UPLOADS, Desk, make_report, running_desk

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
LOGS = b"PK" * 1000
FILES = {"screenshot.png": PNG, "logs.zip": LOGS, "Müller's 漢字.txt": b"text"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with running_desk(tmp_path / "desk") as running_one:
        yield running_one


def uploaded(desk: Desk, report: Report, *names: str) -> dict[str, str]:
    """Upload these files of a report; where they are."""
    return {name: desk.upload(report, name, FILES[name]) for name in names}


def stored(answer: requests.Response) -> list[str]:
    return [file["name"] for file in answer.json()["stored"]]


def assert_whole(desk: Desk, report: Report, files: dict[str, bytes] = FILES) -> None:
    """Everything of a report is stored, byte for byte, and nothing else is left of its way here."""
    assert {name: desk.store.path(report, name).read_bytes() for name in files} == files
    assert desk.store.path(report, "report.json").read_bytes() == report.to_json()
    assert desk.files() == sorted([report.id, *(f"{report.id}/{name}" for name in (*files, "report.json"))])
    found = desk.store.find(report.id)
    assert found is not None
    assert (found.missing, found.files[0].name) == ((), "report.json")
    assert [file.name for file in found.files[1:]] == list(files)


def assert_refused(answer: requests.Response, status: int, kind: str, said: str = "") -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["type"] == f"/problems/{kind}"
    assert said in answer.json()["detail"]


# --- step by step -----------------------------------------------------------------------------------------


def test_the_ticket_is_there_before_any_file(desk: Desk) -> None:
    report = make_report(FILES, note="It froze")
    answer = desk.hand_over(report, {})
    assert (answer.status_code, stored(answer)) == (202, ["report.json"])
    assert answer.json()["stored"][0]["sha256"] == hashlib.sha256(report.to_json()).hexdigest()
    (ticket,) = desk.store.tickets()
    assert (ticket.title, [part.name for part in ticket.missing]) == ("It froze", list(FILES))


def test_files_are_added_until_it_is_whole(desk: Desk) -> None:
    report = make_report(FILES)
    first = desk.hand_over(report, uploaded(desk, report, "logs.zip"))
    second = desk.hand_over(report, uploaded(desk, report, "Müller's 漢字.txt"))
    assert [first.status_code, second.status_code] == [202, 202]
    assert stored(first) == ["report.json", "logs.zip"]
    assert stored(second) == stored(desk.get(f"reports/{report.id}")) == [*stored(first), "Müller's 漢字.txt"]
    last = desk.hand_over(report, uploaded(desk, report, "screenshot.png"))
    assert (last.status_code, stored(last)) == (200, ["report.json", *FILES])
    assert_whole(desk, report)
    same = {key: value for key, value in first.json().items() if key != "stored"}
    assert same.items() <= last.json().items()


def test_all_at_once_is_a_new_report(desk: Desk) -> None:
    report = make_report(FILES)
    places = uploaded(desk, report, *FILES)
    answer = desk.hand_over(report, places)
    assert (answer.status_code, stored(answer)) == (201, ["report.json", *FILES])
    assert_whole(desk, report)
    again = desk.hand_over(report, places)  # the uploads are gone; their files are stored
    assert (again.status_code, again.json()) == (200, answer.json())


def test_a_multipart_report_completes_it(desk: Desk) -> None:
    report = make_report(FILES)
    desk.hand_over(report, uploaded(desk, report, "logs.zip"))
    uploaded(desk, report, "screenshot.png")
    answer = desk.post(report, FILES)
    assert (answer.status_code, stored(answer)) == (200, ["report.json", *FILES])
    assert_whole(desk, report)


def test_names_that_are_stored_are_passed_over(desk: Desk) -> None:
    report = make_report(FILES)
    places = uploaded(desk, report, "logs.zip")
    assert [desk.hand_over(report, places).status_code for _ in range(3)] == [202] * 3
    assert desk.hand_over(report, {**places, **uploaded(desk, report, "screenshot.png")}).status_code == 202
    assert len(desk.store.reports_of(1001, 10)) == 1


def test_one_hand_over_from_many_threads_is_one_report(desk: Desk) -> None:
    report = make_report(FILES)
    places = uploaded(desk, report, *FILES)
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: desk.hand_over(report, places), range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert_whole(desk, report)


def test_a_ticket_closed_meanwhile_still_gets_the_rest(desk: Desk) -> None:
    number = desk.post(make_report()).json()["ticket"]
    report = make_report({"logs.zip": LOGS}, ticket=number)
    assert desk.hand_over(report, {}).json()["ticket"] == number
    desk.store.set_state(int(number), "closed")
    assert desk.hand_over(report, uploaded(desk, report, "logs.zip")).status_code == 200


def test_a_refused_report_keeps_its_uploads(desk: Desk) -> None:
    number = desk.post(make_report()).json()["ticket"]
    desk.store.set_state(int(number), "closed")
    report = make_report({"logs.zip": LOGS}, ticket=number)
    places = uploaded(desk, report, "logs.zip")
    assert_refused(desk.hand_over(report, places), 422, "ticket-closed")
    desk.store.set_state(int(number), "open")
    assert desk.hand_over(report, places).status_code == 201


@pytest.mark.parametrize("whole", [True, False])
def test_another_manifest_under_a_known_id_is_a_conflict(desk: Desk, whole: bool) -> None:
    report = make_report(FILES)
    places = uploaded(desk, report, *FILES)
    desk.hand_over(report, places if whole else {})
    before = desk.files()
    assert_refused(desk.hand_over(dataclasses.replace(report, note="Other."), places), 409, "other-content")
    assert desk.files() == before


# --- what is wrong with an upload -------------------------------------------------------------------------


def test_an_upload_that_is_not_whole_is_refused_and_goes_on(desk: Desk) -> None:
    report = make_report(FILES)
    place = desk.announce(report.id, "logs.zip", len(LOGS)).headers["Location"]
    desk.append(place, 0, LOGS[:500])
    assert_refused(desk.hand_over(report, {"logs.zip": place}), 422, "wrong-content", "logs.zip")
    assert not desk.store.tickets()
    assert desk.offset(place) == 500
    desk.append(place, 500, LOGS[500:])
    assert desk.hand_over(report, {"logs.zip": place}).status_code == 202


def test_other_bytes_are_refused_and_can_be_sent_anew(desk: Desk) -> None:
    report = make_report(FILES)
    place = desk.upload(report, "logs.zip", bytes(len(LOGS)))
    assert_refused(desk.hand_over(report, {"logs.zip": place}), 422, "wrong-content", "logs.zip")
    assert desk.is_empty()
    assert desk.hand_over(report, uploaded(desk, report, "logs.zip")).status_code == 202


def test_an_upload_of_another_size_name_report_or_token_is_refused(desk: Desk) -> None:
    report, other = make_report(FILES), make_report(FILES)
    stranger = Desk(desk.url, desk.store, desk.store.add_token("stranger"))
    places = (
        desk.upload(report, "logs.zip", LOGS[:-1]), desk.upload(report, "other.zip", LOGS),
        desk.upload(other, "logs.zip", LOGS), stranger.upload(report, "logs.zip", LOGS),
    )  # fmt: skip
    for place in places:
        assert_refused(desk.hand_over(report, {"logs.zip": place}), 422, "wrong-content", "logs.zip")
    assert not desk.store.tickets()
    assert [stranger.offset(places[3]), desk.offset(places[2])] == [len(LOGS)] * 2


@pytest.mark.parametrize(
    "place",
    ["", f"{UPLOADS}/", f"{UPLOADS}/0", f"{UPLOADS}/../reports", "https://evil.example/x", 7, None, ["x"]],
)  # fmt: skip
def test_a_place_that_is_no_upload_is_refused(desk: Desk, place: object) -> None:
    assert_refused(desk.hand_over(make_report(FILES), {"logs.zip": place}), 422, "wrong-content")
    assert desk.is_empty()


def test_a_file_that_is_not_in_the_report_is_refused(desk: Desk) -> None:
    report = make_report(FILES)
    for name in ("other.txt", "report.json", "../evil"):
        assert_refused(desk.hand_over(report, {name: f"{UPLOADS}/00"}), 422, "wrong-content")
    assert desk.is_empty()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"null", b"[" * 100_000, b"\xff", b'{"report": 5}', b'{"report": "{}"}',
        b'{"report": "\\ud800"}', b'{"report": "{}", "uploads": []}',
    ],
)  # fmt: skip
def test_a_body_that_is_none_is_refused(desk: Desk, body: bytes) -> None:
    assert_refused(desk.post_json(body), 422, "malformed-report")
    assert desk.is_empty()


def test_a_body_is_bounded(desk: Desk) -> None:
    assert_refused(desk.post_json(b" " * (7 * (1 << 20) + 1)), 413, "too-large")
    long = json.dumps({"report": "漢" * 500_000}, ensure_ascii=False).encode()
    assert_refused(desk.post_json(long), 413, "too-large")


def test_the_token_the_key_and_the_digest_are_looked_at(desk: Desk) -> None:
    report = make_report()
    body = json.dumps({"report": report.to_json().decode()}).encode()
    digests = [base64.b64encode(hashlib.sha256(data).digest()).decode() for data in (b"", body)]
    wrong, right = ({"Content-Digest": f"sha-256=:{digest}:"} for digest in digests)
    assert_refused(desk.post_json(body, wrong), 422, "wrong-content", "changed on the way")
    assert_refused(desk.post_json(body, {"Idempotency-Key": '"x"'}), 422, "malformed-report")
    assert_refused(desk.post_json(body, {"Authorization": "Bearer x"}), 401, "unauthorized")
    assert desk.is_empty()
    assert desk.post_json(body, {**right, "Idempotency-Key": f'"{report.id}"'}).status_code == 201


def test_a_report_larger_than_allowed_is_refused_by_its_manifest(desk: Desk) -> None:
    report = make_report({"a": b""})
    huge = dataclasses.replace(report.attachments[0], size=1 << 31)
    assert_refused(desk.hand_over(dataclasses.replace(report, attachments=(huge,)), {}), 413, "too-large")


# --- on disk ----------------------------------------------------------------------------------------------


def test_a_finished_file_is_on_disk_before_the_report_tells_of_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = make_report({"logs.zip": LOGS})
    places = uploaded(desk, report, "logs.zip")
    synced: list[int] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        really(descriptor)
        synced.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    inode = (desk.store.folder / "uploads" / places["logs.zip"].rpartition("/")[2]).stat().st_ino
    assert desk.hand_over(report, places).status_code == 201
    assert inode in synced


def test_a_disk_without_second_names_gets_a_copy(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    report = make_report(FILES)
    assert desk.hand_over(report, uploaded(desk, report, *FILES)).status_code == 201
    assert_whole(desk, report)


def test_a_full_disk_adds_nothing_and_loses_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    report = make_report(FILES)
    places = uploaded(desk, report, *FILES)
    desk.hand_over(report, {})

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(disk, "rename", no_space)
        assert_refused(desk.hand_over(report, places), 507, "disk-full")
    assert stored(desk.get(f"reports/{report.id}")) == ["report.json"]
    assert desk.hand_over(report, places).status_code == 200
    assert_whole(desk, report)


def test_serving_sweeps_files_that_were_moved_but_never_told_of(desk: Desk) -> None:
    report = make_report(FILES)
    desk.hand_over(report, uploaded(desk, report, "logs.zip"))
    home = desk.store.folder / "files" / report.id
    (home / "screenshot.png").write_bytes(b"left by a kill")
    desk.store._sweep()
    assert sorted(path.name for path in home.iterdir()) == ["logs.zip", "report.json"]


def test_a_folder_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    tmp_path.joinpath("files").mkdir()
    before = sqlite3.connect(tmp_path / "desk.sqlite3")
    before.executescript(f"{database._TABLES}; PRAGMA user_version = 1; INSERT INTO tokens VALUES ('t', 'x')")
    before.close()
    for _ in range(2):  # it is done once
        with contextlib.closing(Store(tmp_path)) as store, store.serving():
            assert not store.is_new()
            assert not store._database.rows("SELECT * FROM uploads")


# --- in the inbox -----------------------------------------------------------------------------------------


def test_the_inbox_tells_what_is_still_arriving_and_links_to_nothing_of_it(desk: Desk) -> None:
    entry = LogEntry("api.log", 5, hashlib.sha256(b"").hexdigest(), "2026-08-31T16:51:59Z", LogKind.PLAIN)
    report = make_report(FILES, logs=(entry,))
    browser = desk.staff()
    url = desk.hand_over(report, uploaded(desk, report, "Müller's 漢字.txt")).json()["url"]
    page = browser.get(url.removeprefix(desk.url)).text
    for text in (page, browser.get("/").text):
        assert "still arriving: screenshot.png, 108 bytes; logs.zip, 2.0 kB<" in text
    assert "api.log" in page and "<img" not in page
    links = [link for link in re.findall(r'(?:href|src)="([^"]+)"', page) if not link.startswith("#")]
    assert f"/reports/{report.id}/files/3" in links
    assert {browser.get(link).status_code for link in links} == {200}
    for file in ("1", "1/picture", "2", "2/logs/1", "2/logs/1/download"):
        missing = browser.get(f"/reports/{report.id}/files/{file}")
        assert (missing.status_code, "is still arriving" in missing.text) == (404, True)


def test_the_inbox_forgets_it_when_all_is_there(desk: Desk) -> None:
    report = make_report(FILES)
    browser = desk.staff()
    desk.hand_over(report, {})
    url = desk.hand_over(report, uploaded(desk, report, *FILES)).json()["url"]
    page = browser.get(url.removeprefix(desk.url)).text
    assert "still arriving" not in page + browser.get("/").text
    assert "<img" in page


def test_many_files_are_told_in_one_line() -> None:
    parts = [Attachment(f"{n}.bin", n * 1000, "0" * 64, Kind.FILE) for n in range(1, 6)]
    assert readable_names(parts[:1]) == "1.bin, 1.0 kB"
    assert readable_names(parts) == "1.bin, 1.0 kB; 2.bin, 2.0 kB; 3.bin, 3.0 kB and 2 more"
