"""Uploads in pieces over a real socket: tus 1.0.0 as the protocol has it, and everything that is wrong."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.screen import wait_until
from snapper.desk import Limits, Store, uploads
from snapper.desk.limits import METADATA_CHARS, UPLOAD_SECONDS
from snapper.desk.problem import Kind, Problem
from snapper.desk.tus import read_checksum, read_metadata
from snapper.report import new_report_id
from tests.desk_client import (
    PIECE,
    UPLOADS,
    Desk,
    announced,
    checksum,
    cut_off,
    kept,
    make_report,
    running_desk,
    upload_metadata,
)

DATA = bytes(range(256)) * 1000
REPORT = "01a1fea8-0615-7c6c-9e09-6a8e8b521494"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all: each test uploads for a report of its own."""
    with running_desk(tmp_path_factory.mktemp("uploads")) as running_one:
        yield running_one


@pytest.fixture
def small_desk(tmp_path: Path) -> Iterator[Desk]:
    """Takes little, and does not wait long."""
    limits = Limits(40_000, 50_000, idle_seconds=0.3, pending_bytes=80_000)
    with running_desk(tmp_path / "desk", limits) as running_one:
        yield running_one


def assert_problem(answer: requests.Response, status: int, kind: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.headers["tus-resumable"] == "1.0.0"
    if answer.request.method != "HEAD":
        assert answer.json()["type"] == f"/problems/{kind}"


# --- as the protocol has it -------------------------------------------------------------------------------


def test_anybody_may_ask_what_the_desk_can_do(desk: Desk) -> None:
    answer = requests.options(desk.url + UPLOADS, timeout=60)
    assert (answer.status_code, answer.content) == (204, b"")
    told = {name: answer.headers[name] for name in ("tus-version", "tus-extension", "tus-max-size")}
    assert told == {
        "tus-version": "1.0.0", "tus-extension": "creation,termination,checksum,expiration",
        "tus-max-size": str(1 << 30),
    }  # fmt: skip
    assert "sha256" in answer.headers["tus-checksum-algorithm"].split(",")


def test_a_file_goes_up_in_pieces(desk: Desk) -> None:
    place = announced(desk, len(DATA))
    for start in range(0, len(DATA), 100_000):
        answer = desk.append(place, start, DATA[start : start + 100_000])
        assert (answer.status_code, answer.content) == (204, b"")
        assert int(answer.headers["upload-offset"]) == min(start + 100_000, len(DATA))
    assert kept(desk, place) == DATA


def test_asking_tells_how_far_it_is_and_until_when_it_is_kept(desk: Desk) -> None:
    report = new_report_id(time.time())
    created = desk.announce(report, "Müller.txt", 10)
    desk.append(created.headers["Location"], 0, b"1234")
    answer = desk.tus("HEAD", created.headers["Location"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert (answer.headers["upload-offset"], answer.headers["upload-length"]) == ("4", "10")
    assert answer.headers["upload-metadata"] == upload_metadata(report=report, filename="Müller.txt")
    assert answer.headers["cache-control"] == "no-store"
    for told in (created, answer):
        left = parsedate_to_datetime(told.headers["upload-expires"]).timestamp() - time.time()
        assert UPLOAD_SECONDS - 120 < left <= UPLOAD_SECONDS + 1


def test_announcing_again_finds_the_same_upload(desk: Desk) -> None:
    report = new_report_id(time.time())
    first = desk.announce(report, "a.bin", 10)
    desk.append(first.headers["Location"], 0, b"123")
    again = desk.announce(report, "a.bin", 10)
    assert (again.status_code, again.headers["upload-offset"]) == (201, "3")
    assert again.headers["Location"] == first.headers["Location"]
    other = Desk(desk.url, desk.store, desk.store.add_token(report))
    others = (
        desk.announce(report, "b.bin", 10), desk.announce(report, "a.bin", 11),
        desk.announce(new_report_id(time.time()), "a.bin", 10), other.announce(report, "a.bin", 10),
    )  # fmt: skip
    assert len({answer.headers["Location"] for answer in (first, *others)}) == 5


def test_an_empty_file_is_whole_at_once(desk: Desk) -> None:
    report = make_report({"empty": b""})
    assert desk.hand_over(report, {"empty": desk.upload(report, "empty", b"")}).status_code == 201


def test_an_upload_is_ended_on_request(desk: Desk) -> None:
    place = announced(desk, len(DATA))
    assert desk.tus("DELETE", place).status_code == 204
    assert not (desk.store.folder / "uploads" / place.rpartition("/")[2]).exists()
    for answer in (desk.tus("HEAD", place), desk.append(place, 0, b"x"), desk.tus("DELETE", place)):
        assert_problem(answer, 404, "no-such-upload")
        assert "upload-offset" not in answer.headers


def test_the_method_may_come_in_a_header(desk: Desk) -> None:
    """Some networks let only GET and POST through."""
    place, override = announced(desk, 4), "X-HTTP-Method-Override"
    headers = {"Upload-Offset": "0", "Content-Type": PIECE, override: "PATCH"}
    assert desk.tus("POST", place, b"1234", **headers).headers["upload-offset"] == "4"
    assert desk.tus("POST", place, **{override: "HEAD"}).headers["upload-offset"] == "4"
    assert desk.tus("POST", place, **{override: "DELETE"}).status_code == 204
    assert_problem(desk.tus("HEAD", place), 404, "no-such-upload")


@pytest.mark.parametrize("version", ["", "0.2.2", "1.0"])
def test_another_version_is_refused_with_the_one_that_is_spoken(desk: Desk, version: str) -> None:
    place = announced(desk, len(DATA))
    answers = [desk.tus(method, place, Tus_Resumable=version) for method in ("HEAD", "PATCH", "DELETE")]
    for answer in (desk.tus("POST", UPLOADS, Tus_Resumable=version), *answers):
        assert_problem(answer, 412, "other-tus-version")
        assert answer.headers["tus-version"] == "1.0.0"
    assert desk.offset(place) == 0


def test_only_the_token_that_began_an_upload_may_touch_it(desk: Desk) -> None:
    place = announced(desk, len(DATA))
    stranger = Desk(desk.url, desk.store, desk.store.add_token(place))
    nobody = Desk(desk.url, desk.store, "wrong")
    for asking, status, kind in ((stranger, 404, "no-such-upload"), (nobody, 401, "unauthorized")):
        for answer in (
            asking.tus("HEAD", place), asking.append(place, 0, b"x"), asking.tus("DELETE", place),
        ):  # fmt: skip
            assert_problem(answer, status, kind)
    assert_problem(nobody.announce(REPORT, "a", 1), 401, "unauthorized")
    assert desk.offset(place) == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", UPLOADS), ("PUT", f"{UPLOADS}/x"), ("PATCH", UPLOADS), ("POST", f"{UPLOADS}/x")],
)
def test_other_methods_are_refused(desk: Desk, method: str, path: str) -> None:
    answer = desk.tus(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert "OPTIONS" in answer.headers["allow"]


# --- what is wrong ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0, 3, 5, 10, 99])
def test_a_piece_for_another_place_changes_nothing(desk: Desk, offset: int) -> None:
    place = announced(desk, 10)
    desk.append(place, 0, b"1234")
    answer = desk.append(place, offset, b"x")
    assert_problem(answer, 409, "wrong-offset")
    assert answer.headers["upload-offset"] == "4"
    assert kept(desk, place) == b"1234"


@pytest.mark.parametrize(
    ("status", "kind", "headers"),
    [
        (415, "not-an-upload", {"Content_Type": "application/octet-stream"}),
        (415, "not-an-upload", {"Content_Type": ""}),
        (400, "bad-request", {"Upload_Offset": ""}),
        (400, "bad-request", {"Upload_Offset": "-1"}),
        (400, "bad-request", {"Upload_Offset": "0x0"}),
        (400, "bad-request", {"Upload_Offset": "9" * 5000}),
        (400, "bad-request", {"Upload_Checksum": "crc32 AAAA"}),
        (400, "bad-request", {"Upload_Checksum": "sha256 ###"}),
    ],
)
def test_a_piece_that_cannot_be_understood_changes_nothing(
    desk: Desk, status: int, kind: str, headers: dict[str, str]
) -> None:
    place = announced(desk, len(DATA))
    sent = {"Upload_Offset": "0", "Content_Type": PIECE} | headers
    assert_problem(desk.tus("PATCH", place, b"1234", **sent), status, kind)
    assert kept(desk, place) == b""


def test_a_piece_without_a_length_is_refused(desk: Desk) -> None:
    place = announced(desk, len(DATA))
    headers = {"Authorization": f"Bearer {desk.token}", "Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    headers["Content-Type"] = PIECE
    answer = requests.patch(desk.url + place, data=iter([b"1234"]), headers=headers, timeout=60)
    assert_problem(answer, 411, "length-required")


def test_more_than_was_announced_is_refused(desk: Desk) -> None:
    place = announced(desk, 10)
    desk.append(place, 0, b"1234")
    assert_problem(desk.append(place, 4, b"1234567"), 413, "too-large")
    assert kept(desk, place) == b"1234"


@pytest.mark.parametrize("length", ["", "-1", "1.5", "²", "9" * 5000, "ten"])
def test_a_size_that_is_none_is_refused(desk: Desk, length: str) -> None:
    metadata = upload_metadata(report=REPORT, filename="a")
    answer = desk.tus(
        "POST", UPLOADS, Upload_Length=length.encode().decode("latin-1"), Upload_Metadata=metadata
    )
    assert_problem(answer, 400, "bad-request")


def test_an_announcement_has_no_body(desk: Desk) -> None:
    metadata = upload_metadata(report=REPORT, filename="a")
    answer = desk.tus("POST", UPLOADS, b"x", Upload_Length="5", Upload_Metadata=metadata)
    assert_problem(answer, 400, "bad-request")


@pytest.mark.parametrize(
    "metadata",
    [
        "", "report", ",", "report  ,", upload_metadata(filename="a"), upload_metadata(report=REPORT),
        upload_metadata(report=REPORT, filename=""), upload_metadata(report="x", filename="a"),
        *(
            upload_metadata(report=REPORT, filename=name)
            for name in ("../evil", "/etc/passwd", "a\\b", "..", "nul.txt", "report.json", "REPORT.json",
                         "a\0b", "a\nb", "gpj\u202eexe", "x" * 201)
        ),
        upload_metadata(report=f"../{REPORT}", filename="a"),
        upload_metadata(report=REPORT, filename="a") + ",filename Yg==",
        upload_metadata(report=REPORT) + ",filename ###",
        upload_metadata(report=REPORT) + ",filename /w==",  # not UTF-8
        upload_metadata(report=REPORT, filename="a", more="x" * METADATA_CHARS),
    ],
)  # fmt: skip
def test_hostile_metadata_begins_nothing(desk: Desk, metadata: str) -> None:
    before = desk.files()
    answer = desk.tus("POST", UPLOADS, Upload_Length="1", Upload_Metadata=metadata)
    assert_problem(answer, 400, "bad-request")
    assert desk.files() == before


@given(st.text(max_size=80))
def test_any_header_is_read_or_refused(text: str) -> None:
    for read in (read_metadata, read_checksum):
        with contextlib.suppress(Problem):
            read(text)


@given(st.dictionaries(st.text("abcdef-", min_size=1), st.binary(max_size=20), max_size=5))
def test_metadata_comes_out_as_it_went_in(pairs: dict[str, bytes]) -> None:
    text = ",".join(f"{key} {base64.b64encode(value).decode()}" for key, value in pairs.items())
    assert read_metadata(text) == pairs


# --- how much ---------------------------------------------------------------------------------------------


def test_a_file_larger_than_a_report_may_be_is_refused(small_desk: Desk) -> None:
    assert_problem(small_desk.announce(REPORT, "a.bin", 50_001), 413, "too-large")
    assert small_desk.is_empty()


def test_the_files_of_one_report_are_bounded_together(small_desk: Desk) -> None:
    assert small_desk.announce(REPORT, "a.bin", 30_000).status_code == 201
    assert_problem(small_desk.announce(REPORT, "b.bin", 20_001), 413, "too-large")
    assert small_desk.announce(REPORT, "b.bin", 20_000).status_code == 201


def test_what_a_token_has_under_way_is_bounded(small_desk: Desk) -> None:
    for _ in range(2):
        place = announced(small_desk, 40_000)
    refused = small_desk.announce(REPORT, "a.bin", 1)
    assert_problem(refused, 429, "too-many-uploads")
    assert int(refused.headers["retry-after"]) > 0
    other = Desk(small_desk.url, small_desk.store, small_desk.store.add_token("other"))
    assert other.announce(REPORT, "a.bin", 1).status_code == 201
    small_desk.tus("DELETE", place)
    assert small_desk.announce(REPORT, "a.bin", 1).status_code == 201


def test_the_number_of_uploads_under_way_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Desk(desk.url, desk.store, desk.store.add_token("many"))
    monkeypatch.setattr(uploads, "UPLOADS_MAX", 2)
    assert [other.announce(REPORT, name, 0).status_code for name in "abc"] == [201, 201, 429]


def test_one_request_is_bounded(small_desk: Desk) -> None:
    place = announced(small_desk, 45_000)
    assert_problem(small_desk.append(place, 0, bytes(40_001)), 413, "too-large")
    assert small_desk.append(place, 0, bytes(40_000)).status_code == 204


def test_uploads_expire(desk: Desk) -> None:
    report = new_report_id(time.time())
    place = desk.announce(report, "a.bin", 10).headers["Location"]
    path = desk.store.folder / "uploads" / place.rpartition("/")[2]
    long_ago = time.time() - UPLOAD_SECONDS - 1
    os.utime(path, (long_ago, long_ago))
    assert_problem(desk.tus("HEAD", place), 404, "no-such-upload")
    assert_problem(desk.append(place, 0, b"x"), 404, "no-such-upload")
    assert desk.announce(report, "a.bin", 10).headers["Location"] != place
    assert not path.exists()


def test_serving_sweeps_what_has_expired_or_belongs_to_nobody(tmp_path: Path) -> None:
    with running_desk(tmp_path) as desk:
        old, young = announced(desk, len(DATA)), announced(desk, len(DATA))
    folder = tmp_path / "uploads"
    os.utime(folder / old.rpartition("/")[2], (0, 0))
    (folder / "left").write_bytes(b"x")
    with contextlib.closing(Store(tmp_path)) as store, store.serving():
        assert [path.name for path in folder.iterdir()] == [young.rpartition("/")[2]]


def test_an_upload_whose_file_somebody_removed_begins_again(desk: Desk) -> None:
    report = new_report_id(time.time())
    place = desk.announce(report, "a.bin", 10).headers["Location"]
    (desk.store.folder / "uploads" / place.rpartition("/")[2]).unlink()
    assert_problem(desk.tus("HEAD", place), 404, "no-such-upload")
    again = desk.announce(report, "a.bin", 10)
    assert (again.status_code, again.headers["upload-offset"]) == (201, "0")
    assert desk.append(again.headers["Location"], 0, b"1234567890").status_code == 204


# --- checksums --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sha256", "sha1"])
def test_a_piece_with_the_right_checksum_counts(desk: Desk, kind: str) -> None:
    place = announced(desk, 8)
    assert desk.append(place, 0, b"1234", Upload_Checksum=checksum(b"1234", kind)).status_code == 204
    assert desk.append(place, 4, b"5678").headers["upload-offset"] == "8"
    assert kept(desk, place) == b"12345678"


def test_a_piece_with_a_wrong_checksum_does_not_count(desk: Desk) -> None:
    place = announced(desk, 8)
    desk.append(place, 0, b"12")
    assert_problem(
        desk.append(place, 2, b"34", Upload_Checksum=checksum(b"43")),
        Kind.WRONG_CHECKSUM.status,
        "wrong-checksum",
    )
    assert (desk.offset(place), kept(desk, place)) == (2, b"12")
    assert desk.append(place, 2, b"345678").headers["upload-offset"] == "8"


def test_half_a_piece_with_a_checksum_does_not_count(desk: Desk) -> None:
    place = announced(desk, 1000)
    desk.append(place, 0, b"12")
    proof = f"Upload-Checksum: {checksum(bytes(900))}"
    with cut_off(desk, place, 2, bytes(500), 900, proof):
        wait_until(lambda: len(kept(desk, place)) == 502, "half of it is written")
        assert desk.offset(place) == 2
    assert kept(desk, place) == b"12"


def test_a_kill_before_a_piece_was_proven_forgets_it(tmp_path: Path) -> None:
    """The bytes are in the file, the note that they do not count in the database."""
    with running_desk(tmp_path) as desk:
        place = announced(desk, 1000)
        desk.append(place, 0, b"12")
        upload = desk.store.uploads.find(place.rpartition("/")[2], "office")
        desk.store.uploads.open(upload, read_checksum(checksum(b"never"))).write(b"unproven")
        assert desk.offset(place) == 2
        assert desk.append(place, 2, b"34").headers["upload-offset"] == "4"
        assert kept(desk, place) == b"1234"


# --- the rule of offsets ----------------------------------------------------------------------------------

pieces = st.tuples(st.integers(-3, 3) | st.just(0), st.integers(0, 40), st.sampled_from([None, True, False]))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100), st.lists(pieces, max_size=8))
def test_any_pieces_follow_the_rule_of_offsets(
    desk: Desk, size: int, sent: list[tuple[int, int, bool | None]]
) -> None:
    """A piece counts when it begins where the upload is, fits in, and has no wrong checksum."""
    place, model = announced(desk, size), b""
    for number, (slip, length, proven) in enumerate(sent):
        data, offset = bytes([number]) * length, max(len(model) + slip, 0)
        headers = {} if proven is None else {"Upload_Checksum": checksum(data if proven else data + b"!")}
        answer = desk.append(place, offset, data, **headers)
        if offset != len(model):
            expected = 409
        elif offset + length > size:
            expected = 413
        else:
            expected = 460 if proven is False else 204
        assert answer.status_code == expected
        model += data if expected == 204 else b""
        assert (desk.offset(place), kept(desk, place)) == (len(model), model)


def test_the_desk_answers_json_for_what_it_refuses_to_head(desk: Desk) -> None:
    """A refusal without it would pass for a middlebox's."""
    answer = desk.tus("HEAD", f"{UPLOADS}/0")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    told = desk.tus("POST", f"{UPLOADS}/0", **{"X-HTTP-Method-Override": "HEAD"})
    assert json.loads(told.content)["status"] == 404
