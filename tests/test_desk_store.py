"""What the desk keeps survives a kill at every step, a full disk and other processes: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from snapper import disk
from snapper.desk import Store, running
from snapper.desk.database import FIRST_TICKET
from snapper.desk.problem import Kind, Problem
from snapper.desk.store import Arrival
from snapper.errors import SnapperError, UsageError
from snapper.report import Report, StoredFile
from tests.desk_client import Desk, announced, kept, make_report, running_desk

FILES = {"screenshot.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000, "logs.zip": b"PK" * 1000}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "desk")
    yield opened
    opened.close()


def arrival(folder: Path, report: Report) -> Arrival:
    manifest = report.to_json()
    disk.write_new(folder / "report.json", manifest)
    return Arrival(
        report, manifest, (StoredFile("report.json", *disk.digest(folder / "report.json")),), folder
    )


def keep(store: Store, report: Report) -> int:
    with store.staging() as folder:
        return store.keep(arrival(folder, report), "t")[0].ticket


# --- killed -----------------------------------------------------------------------------------------------


class Dying:
    """A process that forks desks which die at a step of our choice."""

    def __init__(self) -> None:
        self.tokens: dict[Path, str] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.desk_that_dies"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def close(self) -> None:
        self._process.communicate(timeout=60)

    def send(
        self, folder: Path, step: int, how: Callable[[Desk], requests.Response]
    ) -> tuple[int | None, int]:
        """Send a report to a desk that dies at `step`; its last answer, and how many steps it made alive."""
        assert self._process.stdin and self._process.stdout
        store = Store(folder)
        token = self.tokens.setdefault(folder, "") or store.add_token("t")
        self.tokens[folder] = token
        store.close()
        self._process.stdin.write(f"{step} {folder}\n")
        self._process.stdin.flush()
        url, pid = self._process.stdout.readline().split()
        try:
            status = how(Desk(url, store, token)).status_code
        except requests.ConnectionError:
            status = None
        else:
            with contextlib.suppress(ProcessLookupError):  # it died after it had answered
                os.kill(int(pid), signal.SIGTERM)
        said = self._process.stdout.readline().strip()
        if said == "ended":
            return status, 0
        assert self._process.stdout.readline() == "ended\n"
        return status, int(said)


@pytest.fixture(scope="module")
def dying() -> Iterator[Dying]:
    process = Dying()
    yield process
    process.close()


def reports_told_of(folder: Path) -> list[str]:
    """The reports a store shows, each with exactly the files it tells of, once it is served."""
    store = Store(folder)
    with store.serving():
        kept = [kept for ticket in store.tickets() for kept in store.reports_of(ticket.number, 10)]
        for one in kept:
            for file in one.files:
                assert disk.digest(store.path(one.report, file.name)) == (file.size, file.sha256)
            home = folder / "files" / one.report.id
            assert {path.name for path in home.iterdir()} == {file.name for file in one.files}
        assert sorted(path.name for path in (folder / "files").iterdir()) == sorted(k.report.id for k in kept)
        assert not list((folder / "staging").iterdir())
    store.close()
    return [one.report.id for one in kept]


PARTS = 4


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder where syncing costs nothing, if the system has one: a kill leaves the same there."""
    place = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=place if place.is_dir() else None) as folder:
        yield Path(folder)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("part", range(PARTS))
def test_a_kill_before_any_step_leaves_the_whole_report_or_none(
    dying: Dying, tmp_path: Path, part: int
) -> None:
    report = make_report(FILES)
    status, steps = dying.send(tmp_path / "alive", 0, lambda desk: desk.post(report, FILES))
    assert (status, reports_told_of(tmp_path / "alive")) == (201, [report.id])
    assert steps > 30
    outcomes = set()
    for step in range(1 + part, steps + 1, PARTS):
        folder = tmp_path / str(step)
        status, _ = dying.send(folder, step, lambda desk: desk.post(report, FILES))
        found = reports_told_of(folder)
        assert found in ([], [report.id])
        assert found or status is None, "said yes and lost it"
        outcomes.add(bool(found))
        shutil.rmtree(folder)
    assert False in outcomes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("part", range(PARTS))
def test_a_kill_before_any_step_of_uploads_loses_nothing_that_was_told(
    dying: Dying, in_memory: Path, part: int
) -> None:
    """And the same steps once more bring the report there, whatever was done before."""
    report = make_report(FILES)

    told: list[int] = []

    def in_steps(desk: Desk) -> requests.Response:
        told.clear()
        for name, data in FILES.items():
            answer = desk.get(f"reports/{report.id}")
            here = [file["name"] for file in answer.json()["stored"]] if answer.status_code == 200 else []
            if name not in here:
                place = desk.upload(report, name, data, proven=name == "logs.zip")
                answer = desk.hand_over(report, {name: place})
                told.append(len(answer.json()["stored"]))
        return answer

    status, steps = dying.send(in_memory / "alive", 0, in_steps)
    assert (status, reports_told_of(in_memory / "alive")) == (200, [report.id])
    assert steps > 60
    for step in range(1 + part, steps + 1, PARTS):
        folder = in_memory / str(step)
        dying.send(folder, step, in_steps)
        assert reports_told_of(folder) in ([], [report.id])
        with contextlib.closing(Store(folder)) as store, running(store) as url:
            found = store.find(report.id)
            assert (len(found.files) if found else 0) >= (told[-1] if told else 0), "said yes and lost it"
            assert in_steps(Desk(url, store, dying.tokens[folder])).status_code == 200
            found = store.find(report.id)
            assert found is not None and not found.missing
        assert reports_told_of(folder) == [report.id]
        assert not list((folder / "uploads").iterdir())
        shutil.rmtree(folder)


def test_a_report_cut_off_before_it_was_visible_can_be_sent_again(store: Store) -> None:
    """Its files were in place, the transaction was not made."""
    report = make_report()
    left = store.folder / "files" / report.id
    left.mkdir()
    (left / "half").write_bytes(b"x")
    assert keep(store, report) == FIRST_TICKET
    assert [path.name for path in left.iterdir()] == ["report.json"]


def test_serving_sweeps_what_is_not_visible_and_nothing_else(store: Store) -> None:
    report = make_report()
    keep(store, report)
    for stale in ("files/01900000-0000-7000-8000-000000000000", "staging/abc"):
        (store.folder / stale).mkdir()
        (store.folder / stale / "file").write_bytes(b"x")
    with store.serving():
        assert [path.name for path in (store.folder / "files").iterdir()] == [report.id]
        assert not list((store.folder / "staging").iterdir())


def test_opening_a_store_beside_a_running_desk_leaves_its_uploads_alone(store: Store) -> None:
    with store.serving(), store.staging() as folder:
        (folder / "coming in").write_bytes(b"x")
        Store(store.folder).close()
        assert (folder / "coming in").exists()


# --- full -------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if sys.platform != "linux" or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_up_while_a_file_comes_in_keeps_nothing_of_it(small_disk: Path) -> None:
    with running_desk(small_disk / "desk") as desk:
        first = make_report(FILES)
        desk.post(first, FILES)
        big = {"big.bin": bytes(8 << 20)}
        answer = desk.post(make_report(big), big)
        assert (answer.status_code, answer.headers["content-type"]) == (507, "application/problem+json")
        assert desk.files() == [first.id, *(f"{first.id}/{n}" for n in sorted([*FILES, "report.json"]))]
        assert desk.post(make_report(FILES), FILES).status_code == 201


def test_a_disk_that_fills_up_keeps_what_fitted_of_an_upload(small_disk: Path) -> None:
    with running_desk(small_disk / "desk") as desk:
        data = bytes(8 << 20)
        room, place = announced(desk, 1), announced(desk, len(data))
        answer = desk.append(place, 0, data)
        assert (answer.status_code, answer.headers["content-type"]) == (507, "application/problem+json")
        offset = desk.offset(place)
        assert 0 < offset == len(kept(desk, place))
        assert desk.append(room, 0, b"x").status_code == 507
        assert desk.tus("DELETE", place).status_code == 204
        assert desk.append(room, 0, b"x").status_code == 204


@pytest.mark.parametrize("failing", ["rename", "sync_folder"])
def test_a_disk_error_keeps_nothing(store: Store, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(disk, failing, broken)
    with pytest.raises(Problem) as caught:
        keep(store, make_report())
    assert caught.value.kind is Kind.CANNOT_STORE
    assert not store.tickets()
    assert not list((store.folder / "files").iterdir())
    assert not list((store.folder / "staging").iterdir())


# --- rules ------------------------------------------------------------------------------------------------


def test_tickets_are_numbered_from_the_first_on_and_titled_by_the_note(store: Store) -> None:
    assert keep(store, make_report(note="One\nmore")) == FIRST_TICKET
    assert keep(store, make_report(note=" ")) == FIRST_TICKET + 1
    second, first = store.tickets()
    assert (first.title, first.state, first.reports) == ("One", "open", 1)
    assert second.title == f"Report {second.newest_code}"
    assert store.ticket_of_code(second.newest_code or "") == second.number


def test_a_refused_report_uses_up_no_ticket_number(store: Store) -> None:
    with pytest.raises(Problem):
        keep(store, make_report(ticket="5000"))
    assert keep(store, make_report()) == FIRST_TICKET


def test_one_id_from_many_threads_is_one_report(store: Store) -> None:
    report = make_report()
    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(lambda _: keep(store, report), range(16))) == {FIRST_TICKET}
    assert [ticket.reports for ticket in store.tickets()] == [1]


def test_what_is_kept_is_there_after_reopening(store: Store) -> None:
    report, token = make_report(), store.add_token("t")
    keep(store, report)
    before = store.find(report.id)
    again = Store(store.folder)
    assert before is not None
    assert (again.find(report.id), again.token_name(token), again.secret) == (before, "t", store.secret)
    again.close()


def test_the_folder_is_private_and_durable(store: Store) -> None:
    for name in (".", "files", "staging"):
        assert stat.S_IMODE((store.folder / name).stat().st_mode) == 0o700
    for name in ("desk.sqlite3", "secret"):
        assert stat.S_IMODE((store.folder / name).stat().st_mode) == 0o600
    settings = [
        store._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    ]
    assert settings == ["wal", 2]


def test_secrets_are_not_stored_as_they_are(store: Store) -> None:
    token = store.add_token("office")
    store.add_user("ada", "correct horse")
    store._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    stored = (store.folder / "desk.sqlite3").read_bytes()
    assert b"office" in stored
    assert token.encode() not in stored
    assert b"correct horse" not in stored


def test_names_are_given_once_and_removed_once(store: Store) -> None:
    token = store.add_token("office")
    with pytest.raises(UsageError, match="already taken"):
        store.add_token("office")
    store.remove_token("office")
    assert store.token_name(token) is None
    with pytest.raises(UsageError, match="no upload token"):
        store.remove_token("office")


def test_users_are_known_by_their_password(store: Store) -> None:
    store.add_user("ada", "correct horse")
    assert store.check_user("ada", "correct horse")
    assert not store.check_user("ada", "wrong")
    assert not store.check_user("bob", "correct horse")
    mark = store.user_mark("ada")
    store.add_user("ada", "battery staple")
    assert store.check_user("ada", "battery staple")
    assert not store.check_user("ada", "correct horse")
    assert store.user_mark("ada") != mark


def test_a_desk_is_new_until_somebody_can_use_it(store: Store) -> None:
    assert store.is_new()
    store.add_token("office")
    assert not store.is_new()


def test_a_folder_that_cannot_be_used_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SnapperError, match="cannot be used"):
        Store(tmp_path / "file")
    (tmp_path / "desk.sqlite3").write_bytes(b"not a database" * 100)
    with pytest.raises(SnapperError, match="cannot be used"):
        Store(tmp_path)


def test_a_store_of_a_newer_snapper_is_left_alone(store: Store) -> None:
    store.close()
    database = sqlite3.connect(store.folder / "desk.sqlite3")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(SnapperError, match="newer snapper"):
        Store(store.folder)
