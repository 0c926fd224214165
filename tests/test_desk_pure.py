"""The pure parts of the desk: headers of a part, tries at a password, secrets at rest, the end of a log."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.desk import logview, passwords
from snapper.desk.ingest import Ingest, disposition
from snapper.desk.problem import Kind, Problem, of_status, problem_json
from snapper.desk.store import TITLE_MAX_CHARS, _title
from snapper.desk.throttle import TRIES, WINDOW_SECONDS, Throttle
from tests.desk_client import body_of, make_report

# --- parts ------------------------------------------------------------------------------------------------

printable = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=50)


@given(printable)
def test_a_quoted_name_comes_out_as_it_went_in(name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    found = disposition(f'form-data; name="file"; filename="{escaped}"'.encode())
    assert found == {"name": "file", "filename": name}


@given(printable)
def test_an_extended_name_comes_out_as_it_went_in_and_wins(name: str) -> None:
    header = f"form-data; name=file; filename=\"x\"; filename*=utf-8''{quote(name, safe='')}"
    assert disposition(header.encode()) == {"name": "file", "filename": name}


def test_percent_signs_in_a_plain_name_stay() -> None:
    assert disposition(b'form-data; name="file"; filename="100%41; x=y.txt"')["filename"] == "100%41; x=y.txt"


@given(st.binary(max_size=200))
def test_any_header_can_be_read(header: bytes) -> None:
    assert all(isinstance(value, str) for value in disposition(header).values())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 4000), min_size=1, max_size=60))
def test_a_body_may_come_in_any_pieces(sizes: list[int]) -> None:
    files = {"a.bin": bytes(range(256)) * 9 + b"\r\n--the-boundar", "b.txt": b""}
    report = make_report(files)
    body = body_of(report.to_json(), files).read()
    with tempfile.TemporaryDirectory() as place:
        with Ingest("the-boundary", Path(place), lambda *_: None) as ingest:
            for size in sizes:
                ingest.feed(body[:size])
                body = body[size:]
            ingest.feed(body)
            arrival = ingest.finish()
        assert (arrival.report, arrival.manifest) == (report, report.to_json())
        assert {name: (Path(place) / name).read_bytes() for name in files} == files


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_one_wrong_bit_anywhere_is_noticed_or_harmless(position: int, bits: int) -> None:
    """Either the report is refused, or it is still the same report with the same files."""
    files = {"a.bin": bytes(range(256))}
    report = make_report(files)
    body = bytearray(body_of(report.to_json(), files).read())
    body[position % len(body)] ^= bits
    with tempfile.TemporaryDirectory() as place:
        try:
            with Ingest("the-boundary", Path(place), lambda *_: None) as ingest:
                ingest.feed(bytes(body))
                arrival = ingest.finish()
        except Problem:
            return
        stored = {file.name: file.sha256 for file in arrival.files}
        for name in ("report.json", *(part.name for part in arrival.report.attachments)):
            assert hashlib.sha256((Path(place) / name).read_bytes()).hexdigest() == stored[name]


def test_the_manifest_is_judged_before_any_file_is_taken(tmp_path: Path) -> None:
    files = {"a.bin": b"x"}

    def refuse(*_: object) -> None:
        raise Problem(Kind.TICKET_CLOSED, "Closed.")

    with pytest.raises(Problem, match="Closed"), Ingest("the-boundary", tmp_path, refuse) as ingest:
        ingest.feed(body_of(make_report(files).to_json(), files).read())
    assert not list(tmp_path.iterdir())


def test_a_file_longer_than_announced_is_stopped_at_once(tmp_path: Path) -> None:
    """An endless one would fill the disk."""
    report = make_report({"a.bin": b"xx"})
    body = body_of(report.to_json(), {"a.bin": b"x" * 5000}).read()
    with pytest.raises(Problem, match=r"a\.bin"), Ingest("the-boundary", tmp_path, lambda *_: None) as ingest:
        ingest.feed(body[:-1000])
    assert (tmp_path / "a.bin").stat().st_size <= 2


# --- who may --------------------------------------------------------------------------------------------


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_tries_are_counted_per_key_and_forgotten_in_time() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    assert [throttle.wait("a") for _ in range(TRIES)] == [0.0] * TRIES
    assert throttle.wait("a") == WINDOW_SECONDS
    assert throttle.wait("b") == 0.0
    clock.now += WINDOW_SECONDS
    assert throttle.wait("a") == 0.0


def test_a_success_forgets_the_failures() -> None:
    throttle = Throttle(Clock())
    for _ in range(TRIES):
        throttle.wait("a")
    throttle.succeeded("a")
    assert throttle.wait("a") == 0.0


@given(st.lists(st.floats(0, 100), max_size=80))
def test_never_more_tries_than_allowed_in_any_window(gaps: list[float]) -> None:
    clock, allowed = Clock(), []
    throttle = Throttle(clock)
    for gap in gaps:
        clock.now += gap
        if throttle.wait("a") == 0.0:
            allowed.append(clock.now)
    assert all(
        later - first >= WINDOW_SECONDS for first, later in zip(allowed, allowed[TRIES:], strict=False)
    )


@settings(max_examples=4, deadline=None)
@given(st.text(st.characters(), max_size=30), st.text(st.characters(), max_size=30))
def test_only_the_password_matches_what_is_stored_of_it(password: str, other: str) -> None:
    stored = passwords.password_hash(password)
    assert passwords.password_matches(password, stored)
    assert passwords.password_matches(other, stored) == (other == password)
    assert stored != passwords.password_hash(password)  # salted


# --- words ------------------------------------------------------------------------------------------------


@given(st.text())
def test_a_title_is_one_short_printable_line(note: str) -> None:
    title = _title(note)
    assert len(title) <= TITLE_MAX_CHARS
    assert title.isprintable()


def test_a_title_is_the_first_line_that_says_something() -> None:
    assert _title("\n  \n  The chart froze. \nMore") == "The chart froze."
    assert _title("x" * 100) == "x" * (TITLE_MAX_CHARS - 1) + "…"


def test_every_kind_of_problem_has_its_own_type() -> None:
    types = {problem_json(kind, "")["type"] for kind in Kind}
    assert len(types) == len(Kind)
    assert all(400 <= kind.status < 600 for kind in Kind)
    assert of_status(405)["title"] == "Method Not Allowed"


# --- logs inside a zip ------------------------------------------------------------------------------------


def archive_of(folder: Path, data: bytes) -> Path:
    path = folder / "logs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.log", data)
    return path


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3 * logview.TAIL_BYTES), st.sampled_from([b"line\n", b"\xff\n", b"no newline ", b"\n"]))
def test_a_tail_is_the_end_of_the_log_within_bounds(size: int, line: bytes) -> None:
    data = (line * (size // len(line) + 1))[:size]
    with tempfile.TemporaryDirectory() as place:
        tail = logview.tail(archive_of(Path(place), data), "a.log")
    kept = len(data) - tail.skipped
    assert kept <= logview.TAIL_BYTES
    assert tail.text == data[tail.skipped :].decode("utf-8", "replace")
    assert tail.skipped == 0 or size > logview.TAIL_BYTES


def test_a_log_that_would_unpack_beyond_all_bounds_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logview, "READ_BYTES", 1_000_000)
    path = archive_of(tmp_path, bytes(1_000_001))
    assert path.stat().st_size < 2000
    with pytest.raises(Problem, match="too long"):
        logview.tail(path, "a.log")


def test_a_table_of_contents_without_end_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(200):
            info = zipfile.ZipInfo(f"{number}.log")
            info.comment = bytes(60_000)
            archive.writestr(info, b"")
    with pytest.raises(Problem) as caught:
        logview.tail(path, "1.log")
    assert caught.value.kind is Kind.UNREADABLE


def test_an_encrypted_log_is_said_to_be_unreadable(tmp_path: Path) -> None:
    path = archive_of(tmp_path, b"data")
    data = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + offset] |= 1  # the flag "encrypted"
    path.write_bytes(data)
    with pytest.raises(Problem) as caught:
        logview.tail(path, "a.log")
    assert caught.value.kind is Kind.UNREADABLE
