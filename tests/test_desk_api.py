"""The contract over a real socket: right status, right receipt, nothing half stored."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from scripts.screen import wait_until
from snapper import disk
from snapper.desk import Limits, Store, running, serve
from snapper.errors import SnapperError
from snapper.report import Receipt, StoredFile, read_code
from tests.desk_client import Desk, body_of, make_report, running_desk

FILES = {"screenshot.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300, "Müller's 漢字.txt": b"text"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with running_desk(tmp_path / "desk") as running_one:
        yield running_one


@pytest.fixture
def small_desk(tmp_path: Path) -> Iterator[Desk]:
    """Takes little, and does not wait long."""
    with running_desk(tmp_path / "desk", Limits(100_000, 50_000, idle_seconds=0.3)) as running_one:
        yield running_one


def assert_problem(response: requests.Response, status: int, kind: str, said: str = "") -> None:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    problem = response.json()
    assert problem["type"].endswith(f"/{kind}")
    assert problem["status"] == status
    assert said in problem["detail"]
    assert problem["title"]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- storing ----------------------------------------------------------------------------------------------


def test_a_new_report_gets_a_receipt_that_names_every_stored_byte(desk: Desk) -> None:
    report = make_report(FILES)
    response = desk.post(report, FILES, {"Idempotency-Key": f'"{report.id}"'})
    receipt = Receipt.from_dict(response.json())
    manifest = report.to_json()
    own = StoredFile("report.json", len(manifest), sha256(manifest))
    assert response.status_code == 201
    assert receipt.stored == (own, *(StoredFile(n, len(d), sha256(d)) for n, d in FILES.items()))
    assert (receipt.report_id, receipt.ticket) == (report.id, "1001")
    assert receipt.url == f"{desk.url}/tickets/1001"
    assert read_code(receipt.code) == receipt.code
    home = desk.store.folder / "files" / report.id
    assert {file: disk.digest(home / file.name) for file in receipt.stored} == {
        file: (file.size, file.sha256) for file in receipt.stored
    }


def test_the_same_report_again_gets_the_same_receipt(desk: Desk) -> None:
    report = make_report(FILES)
    first, second = desk.post(report, FILES), desk.post(report, FILES)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json() == desk.get(f"reports/{report.id}").json()
    assert len(desk.store.reports_of(1001, 10)) == 1


def test_other_content_under_a_known_id_is_a_conflict(desk: Desk) -> None:
    report = make_report(FILES)
    desk.post(report, FILES)
    before = desk.files()
    assert_problem(desk.post(dataclasses.replace(report, note="Other."), FILES), 409, "other-content")
    assert desk.files() == before
    assert [kept.report.note for kept in desk.store.reports_of(1001, 10)] == [report.note]


def test_fifty_submissions_at_once_are_each_stored_once(desk: Desk) -> None:
    reports = [make_report({"a.txt": bytes([n])}, note=f"n{n}") for n in range(25)]
    with ThreadPoolExecutor(50) as threads:
        pairs = [(report, {"a.txt": bytes([n])}) for n, report in enumerate(reports)] * 2
        answers = list(threads.map(lambda pair: desk.post(*pair), pairs))
    assert sorted(answer.status_code for answer in answers) == [200] * 25 + [201] * 25
    receipts = {json.dumps(answer.json()) for answer in answers}
    assert len(receipts) == len(desk.store.tickets()) == 25
    assert sum(path.endswith("/a.txt") for path in desk.files()) == 25


def test_a_report_joins_an_open_ticket(desk: Desk) -> None:
    number = desk.post(make_report()).json()["ticket"]
    again = desk.post(make_report(note="Again.", ticket=number)).json()
    assert again["ticket"] == number
    assert desk.store.reports_of(int(number), 10)[0].report.note == "Again."


@pytest.mark.parametrize("ticket", ["999", "OPS-12", "9" * 60])
def test_an_unknown_ticket_is_a_problem(desk: Desk, ticket: str) -> None:
    assert_problem(desk.post(make_report(ticket=ticket)), 404, "no-such-ticket", ticket)
    assert desk.is_empty()


def test_a_closed_ticket_takes_nothing_but_a_known_report_keeps_its_receipt(desk: Desk) -> None:
    known = make_report()
    number = desk.post(known).json()["ticket"]
    desk.store.set_state(int(number), "closed")
    answer = desk.post(make_report(FILES, ticket=number), FILES)
    assert_problem(answer, 422, "ticket-closed", f"Ticket {number} is closed")
    assert answer.json()["title"] == "Ticket closed"
    assert desk.post(known).status_code == 200
    assert desk.files() == [known.id, f"{known.id}/report.json"]


# --- what is wrong with it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", "Basic {token}", "Bearer {token}x", "Bearer é"]
)
def test_only_a_known_token_may_send_or_ask(desk: Desk, header: str) -> None:
    headers = {"Authorization": header.format(token=desk.token).encode().decode("latin-1")}
    refused = desk.post(make_report(FILES), FILES, headers)
    assert_problem(refused, 401, "unauthorized")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    asked = requests.get(f"{desk.url}/api/v1/reports/x", headers=headers, timeout=60)
    assert_problem(asked, 401, "unauthorized")
    assert desk.is_empty()


def test_a_removed_token_is_worthless(desk: Desk) -> None:
    desk.store.remove_token("office")
    assert_problem(desk.post(make_report()), 401, "unauthorized")


FIRST = {"a.txt": b"first", "b.txt": b"second"}


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ([("a.txt", b"FIRST"), ("b.txt", b"second")], "a.txt"),  # same size, other bytes
        ([("a.txt", b"first, longer"), ("b.txt", b"second")], "a.txt"),
        ([("a.txt", b"first"), ("b.txt", b"sec")], "b.txt"),
        ([("a.txt", b"first")], "b.txt"),
        ([], "a.txt"),
        ([("a.txt", b"first"), ("b.txt", b"second"), ("c.txt", b"")], "c.txt"),
        ([("a.txt", b"first"), ("a.txt", b"first"), ("b.txt", b"second")], "a.txt"),
        ([("a.txt", b"first"), ("../b.txt", b"second")], "../b.txt"),
    ],
)
def test_files_that_are_not_what_the_manifest_says(
    desk: Desk, sent: list[tuple[str, bytes]], named: str
) -> None:
    assert_problem(desk.post(make_report(FIRST), sent), 422, "wrong-content", named)
    assert desk.is_empty()


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a\\b", "..", "nul.txt", "report.json", "a\0b"])
def test_an_unsafe_name_in_the_manifest_is_refused(desk: Desk, name: str) -> None:
    manifest = make_report({"evil": b"x"}).to_json().replace(b'"evil"', json.dumps(name).encode())
    assert_problem(desk.post(manifest, [(name.replace("\0", ""), b"x")]), 422, "malformed-report")
    assert desk.is_empty()
    assert not list(desk.store.folder.parent.glob("evil*"))


@pytest.mark.parametrize(
    "manifest",
    [b"", b"{}", b"[" * 100_000, b"\xff\xfe", b"x" * (1 << 20)],
    ids=["empty", "blank", "deep", "no text", "long"],
)
def test_a_manifest_that_is_none_is_refused(desk: Desk, manifest: bytes) -> None:
    assert_problem(desk.post(manifest), 422, "malformed-report")
    assert desk.is_empty()


def test_a_manifest_without_end_is_refused(desk: Desk) -> None:
    assert_problem(desk.post(b" " * ((1 << 20) + 1)), 413, "too-large")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("malformed-report", b"not multipart at all"),
        ("malformed-report", b"--the-boundary\r\n" + b"x" * 100_000),
        ("malformed-report", b"--the-boundary--\r\n"),
        ("malformed-report", body_of(make_report().to_json(), {}).read()[:-20]),
        ("malformed-report", body_of(b"", {}).read().replace(b'"report"', b'"file"')),
        ("wrong-content", body_of(make_report(FIRST).to_json(), FIRST).read()[:-30]),
    ],
    ids=["no form", "no end of the head", "empty", "cut in the report", "no report", "cut in a file"],
)
def test_a_body_in_the_wrong_form_is_refused(desk: Desk, kind: str, body: bytes) -> None:
    headers = {
        "Authorization": f"Bearer {desk.token}",
        "Content-Type": "multipart/form-data; boundary=the-boundary",
    }
    answer = requests.post(f"{desk.url}/api/v1/reports", data=body, headers=headers, timeout=60)
    assert_problem(answer, 422, "malformed-report" if b"b.txt" in body else kind)
    assert desk.is_empty()


def test_anything_but_multipart_is_refused(desk: Desk) -> None:
    assert_problem(desk.post(make_report(), headers={"Content-Type": "text/plain"}), 415, "not-multipart")


def test_the_key_must_be_the_id_of_the_report(desk: Desk) -> None:
    wrong = {"Idempotency-Key": f'"{make_report().id}"'}
    assert_problem(desk.post(make_report(), headers=wrong), 422, "malformed-report", "Idempotency-Key")
    assert desk.is_empty()


def test_a_digest_is_verified_over_the_whole_body(desk: Desk) -> None:
    report = make_report(FILES)
    body = body_of(report.to_json(), FILES).read()
    right = base64.b64encode(hashlib.sha256(body).digest()).decode()
    wrong = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    refused = desk.post(report, FILES, {"Content-Digest": f"sha-256=:{wrong}:"})
    assert_problem(refused, 422, "wrong-content", "changed on the way")
    assert desk.is_empty()
    assert (
        desk.post(report, FILES, {"Content-Digest": f"sha-512=:AA==:, sha-256=:{right}:"}).status_code == 201
    )


def test_a_digest_that_is_not_base64_is_refused(desk: Desk) -> None:
    assert_problem(desk.post(make_report(), headers={"Content-Digest": "sha-256=:A:"}), 400, "bad-request")


# --- size, speed and silence ------------------------------------------------------------------------------


def test_an_oversize_request_is_refused(small_desk: Desk) -> None:
    files = {"big.bin": bytes(8 << 20)}
    answer = small_desk.post(make_report(files), files)
    assert_problem(answer, 413, "too-large")
    assert answer.headers["connection"] == "close"
    assert small_desk.is_empty()


def test_a_client_that_sends_everything_before_it_reads_learns_why_it_is_refused(small_desk: Desk) -> None:
    with socket.create_connection(small_desk.address, timeout=60) as connection:
        connection.sendall(post_head(small_desk, 32 << 20) + bytes(32 << 20))
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 413")


def test_an_oversize_report_is_refused_by_its_manifest(small_desk: Desk) -> None:
    files = {"big.bin": bytes(60_000)}
    assert_problem(small_desk.post(make_report(files), files), 413, "too-large")
    assert small_desk.is_empty()


def test_a_length_must_be_announced(desk: Desk) -> None:
    body = body_of(make_report().to_json(), {})
    headers = {"Authorization": f"Bearer {desk.token}", "Content-Type": body.content_type}
    pieces = iter([body.read()])
    answer = requests.post(f"{desk.url}/api/v1/reports", data=pieces, headers=headers, timeout=60)
    assert_problem(answer, 411, "length-required")


def test_a_length_beside_chunks_does_not_count(desk: Desk) -> None:
    """The two contradict each other (RFC 9112, 6.1)."""
    with socket.create_connection(desk.address, timeout=60) as connection:
        connection.sendall(post_head(desk, 5, "Transfer-Encoding: chunked") + b"0\r\n\r\n")
        answer = connection.makefile("rb").readline()
    assert answer.startswith(b"HTTP/1.1 411")


def post_head(desk: Desk, length: int, *more: str) -> bytes:
    lines = [
        "POST /api/v1/reports HTTP/1.1", "Host: desk", f"Authorization: Bearer {desk.token}",
        "Content-Type: multipart/form-data; boundary=the-boundary", f"Content-Length: {length}", *more,
    ]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_an_upload_that_breaks_off_leaves_nothing(desk: Desk) -> None:
    body = body_of(make_report(FILES).to_json(), FILES).read()
    with socket.create_connection(desk.address) as connection:
        connection.sendall(post_head(desk, len(body)) + body[:50_000])
        wait_until(lambda: any("screenshot" in path for path in desk.files()), "the file is being taken")
    wait_until(desk.is_empty, "the staged file is gone")


def test_an_upload_that_falls_silent_is_told_so_and_leaves_nothing(small_desk: Desk) -> None:
    with socket.create_connection(small_desk.address, timeout=60) as connection:
        connection.sendall(post_head(small_desk, 5000) + b"--the-boundary\r\n")
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 408")
    assert small_desk.is_empty()


def test_who_waits_to_be_asked_for_the_body_gets_the_refusal_at_once(desk: Desk) -> None:
    with socket.create_connection(desk.address, timeout=30) as connection:
        connection.sendall(post_head(desk, 10**12, "Expect: 100-continue"))
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("filler", ["a: b", "x-long-header-name: " + "v" * 60])
def test_ten_thousand_headers_are_refused(desk: Desk, filler: str) -> None:
    with socket.create_connection(desk.address, timeout=60) as connection:
        connection.sendall(post_head(desk, 0, *[filler] * 10_000))
        answer = connection.makefile("rb").read(1000)
    assert answer.startswith(b"HTTP/1.1 431")
    assert b"application/problem+json" in answer
    assert b"too-many-headers" in answer


def test_bytes_that_are_not_http_get_a_problem(desk: Desk) -> None:
    with socket.create_connection(desk.address, timeout=60) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in answer


def test_a_full_disk_stores_nothing_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "sync_folder", no_space)
    assert_problem(desk.post(make_report(FILES), FILES), 507, "disk-full", "no space left")
    assert desk.is_empty()


def test_a_full_database_stores_nothing_and_says_so(desk: Desk) -> None:
    pages = desk.store._database.execute("PRAGMA page_count").fetchone()[0]
    desk.store._database.execute(f"PRAGMA max_page_count = {pages}")
    report = make_report(note="x" * 90_000)
    assert_problem(desk.post(report), 507, "disk-full", "no space left")
    assert desk.is_empty()


# --- around it --------------------------------------------------------------------------------------------


def test_the_desk_says_what_it_takes(small_desk: Desk) -> None:
    about = requests.get(f"{small_desk.url}/api/v1", timeout=60).json()
    assert about["contract"] == "snapper-report/1"
    assert about["limits"] == {"request_bytes": 100_000, "report_bytes": 50_000}
    assert about["uploads"] == "tus-1.0.0"
    assert {"name", "version"} < set(about)


def test_health_answers_with_the_nonce(desk: Desk) -> None:
    health = f"{desk.url}/api/v1/health?nonce=n-42"
    for answer in (
        requests.get(health, timeout=60),
        requests.post(health, data=bytes(512 * 1024), timeout=60),
    ):
        assert (answer.status_code, answer.json()["nonce"]) == (200, "n-42")
    assert_problem(requests.post(health, data=bytes(512 * 1024 + 1), timeout=60), 413, "too-large")


def test_generate_204(desk: Desk) -> None:
    answer = requests.get(f"{desk.url}/generate_204", timeout=60)
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nowhere", 404), ("GET", "v1/nowhere", 404), ("GET", "v1/", 404), ("GET", "v1/reports", 405),
        ("DELETE", "v1/reports/x", 405), ("POST", "v1", 405), ("PUT", "v1/health", 405),
    ],
)  # fmt: skip
def test_what_the_contract_does_not_know_is_a_problem_too(
    desk: Desk, method: str, path: str, status: int
) -> None:
    answer = requests.request(method, f"{desk.url}/api/{path}", timeout=60)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_unknown_report_is_a_problem(desk: Desk) -> None:
    assert_problem(desk.get(f"reports/{make_report().id}"), 404, "no-such-report")


def test_a_port_in_use_is_said_in_words(desk: Desk, tmp_path: Path) -> None:
    host, port = desk.address
    store = Store(tmp_path / "other")
    with pytest.raises(SnapperError, match=f"already uses port {port}") as caught:
        serve(store, host, port)
    store.close()
    assert caught.value.remedy


def test_one_desk_serves_a_folder(desk: Desk) -> None:
    other = Store(desk.store.folder)
    with pytest.raises(SnapperError, match="already running"), running(other):
        pass
    other.close()


def test_a_public_address_goes_into_receipts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with running(store, public_url="https://desk.example.com/") as url:
        answer = Desk(url, store, store.add_token("t")).post(make_report())
    store.close()
    assert answer.json()["url"] == "https://desk.example.com/tickets/1001"
