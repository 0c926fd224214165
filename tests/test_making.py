"""A report being made: what is written, what is replaced, what holds it back."""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from snapper import flow, machine
from snapper.answer import Answer, LogChoice, Picture, Todo
from snapper.bundle import Bundle
from snapper.capture.frame import Frame, Monitor, Rect, Window
from snapper.config import Settings
from snapper.contents import part_called, parts_of
from snapper.errors import UsageError
from snapper.making import LOGS_NAME, SMALL_BYTES
from snapper.outbox import Outbox
from snapper.privacy.classes import Private
from snapper.privacy.seeds import Known
from snapper.report import LogKind
from snapper.sources import ThisMachine
from snapper.state import Entry, State

ACCOUNT, USER = "U1234567", "jgruenwald"
NOW = datetime.now().astimezone()


class Computer(ThisMachine):
    """This machine with a TWS folder of its own, and a ticket system that takes so many bytes."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "Jts"
        self.home.mkdir()
        (self.home / "jts.ini").write_text("[Logon]\n")
        self.takes: int | None = None
        found = Settings(logs_folders=(self.home,), outbox_folder=folder / "outbox")
        super().__init__(found, connect=self._no_endpoint)
        self.outbox = Outbox(found.outbox_folder)

    @staticmethod
    def _no_endpoint() -> flow.Endpoint:  # type: ignore[name-defined]
        raise AssertionError("nobody is asked")

    def room(self, destination: str) -> int | None:
        return self.takes

    def log(self, name: str, lines: list[str], modified: datetime = NOW) -> Path:
        """Write a log of today."""
        path = self.home / name
        path.write_text("".join(f"{line}\n" for line in lines))
        os.utime(path, (modified.timestamp(), modified.timestamp()))
        return path

    def keep(self, note: str = "It hangs.", files: list[Path] | None = None, **decided: object) -> Entry:
        """Submit; without a picture and with the logs unless decided otherwise."""
        answer = replace(Answer(note, None, Picture.NONE, LogChoice()), **decided)  # type: ignore[arg-type]
        return flow.keep(self.outbox, answer, self, files=files or [])

    def logs(self, *arguments: object) -> object:  # type: ignore[override]
        return super().logs(*arguments)  # type: ignore[arg-type]

    def text(self, entry: Entry, name: str) -> str:
        """A text of a kept report, as it will leave."""
        with part_called(self.outbox.bundle(entry.id), name).open() as file:
            return file.read().decode()


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    """A computer of a known user."""
    monkeypatch.setattr(machine, "identity", lambda: Known(users=(USER,), homes=(f"/home/{USER}",)))
    return Computer(tmp_path)


def line(text: str, at: datetime = NOW) -> str:
    """A line of a TWS log."""
    return f"{at:%Y-%m-%d %H:%M:%S}.123 INFO  [JTS-Main] - {text}"


def test_the_same_value_has_the_same_name_all_over_a_report(computer: Computer, tmp_path: Path) -> None:
    computer.log("launcher.log", [line(f"account {ACCOUNT}")])
    trace = tmp_path / f"trace of {ACCOUNT}.txt"
    trace.write_text(f"<{ACCOUNT}>")
    entry = computer.keep(f"{ACCOUNT} is stuck", [trace])
    pseudonym = entry.report.note.partition(" ")[0]
    assert pseudonym.startswith("ACCT-LIVE-")
    assert pseudonym in computer.text(entry, "logs.zip/launcher.log")
    assert computer.text(entry, f"trace of {pseudonym}.txt") == f"<{pseudonym}>"
    assert entry.report.replaced["accounts"] == 4


def test_two_reports_cannot_be_joined_by_their_pseudonyms(computer: Computer) -> None:
    first, second = (computer.keep(f"{ACCOUNT} is stuck", logs=None) for _ in range(2))
    assert first.report.note != second.report.note


def test_the_key_never_leaves(computer: Computer) -> None:
    entry = computer.keep(ACCOUNT)
    key = computer.outbox.key()
    sent = b"".join(
        path.read_bytes() for path in (computer.outbox.folder / entry.id).iterdir() if path.is_file()
    )
    assert len(key) == 32 and key not in sent and key.hex().encode() not in sent
    assert computer.outbox.key() == key


def test_a_damaged_key_is_made_anew(computer: Computer) -> None:
    first = computer.outbox.key()
    (computer.outbox.folder / "pseudonyms.key").write_bytes(b"short")
    assert len(computer.outbox.key()) == len(first)


def test_a_class_that_was_kept_is_sent_as_it_is_and_said(computer: Computer) -> None:
    entry = computer.keep(f"{ACCOUNT} of {USER}", logs=None, keep=frozenset({Private.ACCOUNT}))
    assert ACCOUNT in entry.report.note and USER not in entry.report.note
    assert (entry.report.kept, entry.state) == (("accounts",), State.WAITING)


def test_what_the_sender_tells_of_themselves_is_sent_as_written(computer: Computer) -> None:
    entry = computer.keep(f"{ACCOUNT} hangs", logs=None, account=ACCOUNT)
    assert entry.report.account == ACCOUNT
    assert ACCOUNT not in entry.report.note
    assert entry.state is State.WAITING


def test_remarks_and_facts_hold_no_private_value(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "facts", lambda: {"folder": f"/home/{USER}/Jts"})
    entry = computer.keep("note")
    assert USER not in entry.report.to_json().decode()
    assert entry.report.machine["folder"].endswith("/Jts")


def test_a_binary_file_is_sent_as_it_is_and_said(computer: Computer, tmp_path: Path) -> None:
    picture = tmp_path / "chart.png"
    content = b"\x89PNG\r\n\x1a\n\x00\x01\x02" + bytes(range(256)) * 10
    picture.write_bytes(content)
    entry = computer.keep("note", [picture], logs=None)
    with part_called(computer.outbox.bundle(entry.id), "chart.png").open() as file:
        assert file.read() == content
    assert any("chart.png is sent as it is" in remark for remark in entry.report.remarks)


def test_a_password_is_found_bare_where_only_another_file_calls_it_one(
    computer: Computer, tmp_path: Path
) -> None:
    trace = tmp_path / "trace.txt"
    trace.write_text("then Tr0ub4dor9x was sent")
    computer.log("launcher.log", [line("password=Tr0ub4dor9x")])
    entry = computer.keep("I typed Tr0ub4dor9x", [trace])
    assert entry.state is State.WAITING
    bundle = computer.outbox.bundle(entry.id)
    for part in parts_of(bundle):
        with part.open() as file:
            assert b"Tr0ub4dor9x" not in file.read(), part.name
    with part_called(bundle, "trace.txt").open() as file:
        assert file.read() == b"then [secret] was sent"


def test_random_bytes_hold_nobody_back(
    computer: Computer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short name stands in megabytes of random bytes by chance."""
    monkeypatch.setattr(machine, "identity", lambda: Known(users=("jo", "ada"), hosts=("pc7",)))
    noise = tmp_path / "dump.bin"
    noise.write_bytes(random.Random(1).randbytes(3_000_000) + b" ada /jo pc7 ")
    assert computer.keep("note", [noise], logs=None).state is State.WAITING


def test_a_report_that_is_held_back_can_be_looked_at_and_released(computer: Computer, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.xlsx"
    with zipfile.ZipFile(sheet, "w") as archive:
        archive.writestr("a.xml", f"<t>{USER}</t>\x01")
    entry = computer.keep("note", [sheet], logs=None)
    assert entry.state is State.HELD
    assert "sheet.xlsx" in entry.delivery.sentence and USER not in str(entry.delivery)
    with pytest.raises(UsageError, match=r"sheet\.xlsx"):
        flow.resend(computer.outbox, entry.id, "7", "desk")
    assert computer.outbox.release(entry.id).state is State.WAITING
    with pytest.raises(UsageError, match="not held back"):
        computer.outbox.release(entry.id)


def test_covers_are_burnt_into_the_picture_before_it_is_written(computer: Computer) -> None:
    area = Rect(-10, 0, 40, 20)
    frame = Frame(bytearray(b"\xff" * 40 * 20 * 4), area, (Monitor(area),), None, 1.0)
    answer = Answer("note", None, Picture.SCREEN, None, covers=(Rect(0, 5, 8, 6),))
    entry = flow.keep(computer.outbox, answer, computer, frame=frame)
    with part_called(computer.outbox.bundle(entry.id), "screenshot.png").open() as file:
        picture = Image.open(io.BytesIO(file.read())).convert("RGB")
    dark = {(x, y) for x in range(40) for y in range(20) if picture.getpixel((x, y)) != (255, 255, 255)}
    assert dark == {(x, y) for x in range(10, 18) for y in range(5, 11)}
    assert "Parts of the picture were covered by the sender." in entry.report.remarks


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "No window was active at the press: the picture shows the whole screen."),
        (
            {"only_x11": True},
            "this desktop (Wayland) tells of no others: the picture shows the whole screen.",
        ),
        ({"active": Window(1, Rect(0, 0, 4, 5))}, None),
        (
            {"active": Window(1, Rect(0, 0, 4, 5)), "own": b"\0\xff\0\0" * 20},
            "Other windows lay above this one",
        ),
    ],
    ids=["none", "wayland", "in sight", "covered"],
)
def test_of_the_window_in_front_it_is_said_what_the_picture_is(
    computer: Computer, changes: dict[str, object], said: str | None
) -> None:
    area = Rect(0, 0, 6, 5)
    frame = Frame(bytes(range(120)), area, (Monitor(area),), None, 1.0)
    frame = replace(frame, **changes)  # type: ignore[arg-type]
    entry = flow.keep(computer.outbox, Answer("note", None, Picture.WINDOW, None), computer, frame=frame)
    remarks = " ".join(entry.report.remarks)
    assert (said in remarks) if said else "window" not in remarks.casefold()
    with part_called(computer.outbox.bundle(entry.id), "screenshot.png").open() as file:
        picture = Image.open(io.BytesIO(file.read())).convert("RGB")
    assert picture.size == ((4, 5) if "active" in changes else (6, 5))
    assert (picture.getcolors() == [(20, (0, 255, 0))]) is ("own" in changes)


def hours_of_noise(hours: int) -> list[str]:
    """Lines that cannot be packed well, about 60 kB for each of the last hours."""
    chance = random.Random(1)
    begin = NOW - timedelta(hours=hours)
    return [
        line(chance.randbytes(300).hex(), begin + timedelta(seconds=18 * number))
        for number in range(hours * 200)
    ]


@pytest.mark.parametrize(
    ("room", "remark"),
    [
        (450_000, "only the last 4 hours"),
        (150_000, "only the last 1 hour"),
        (90_000, "only the last 15 minutes"),
        (68_000, "left out"),
    ],
)
def test_logs_that_are_too_large_are_cut_instead_of_failing(
    computer: Computer, room: int, remark: str
) -> None:
    computer.log("tws-exported-logs.txt", hours_of_noise(9))
    computer.takes = room
    entry = computer.keep("note")
    assert entry.size <= room
    assert any(remark in said and "kB" in said for said in entry.report.remarks)
    assert any(part.name == LOGS_NAME for part in entry.report.attachments) is (remark != "left out")


def test_logs_that_fit_are_sent_whole(computer: Computer) -> None:
    computer.log("tws-exported-logs.txt", hours_of_noise(9))
    computer.takes = 100_000_000
    entry = computer.keep("note")
    assert entry.report.remarks == ()
    assert len(computer.text(entry, "logs.zip/tws-exported-logs.txt").splitlines()) == 9 * 200


def test_only_the_chosen_time_is_sent(computer: Computer) -> None:
    from snapper.logs.window import TimeWindow

    computer.log("tws-exported-logs.txt", hours_of_noise(3))
    window = TimeWindow((NOW - timedelta(minutes=30)).timestamp(), NOW.timestamp())
    entry = computer.keep("note", logs=LogChoice(window=window))
    assert 95 <= len(computer.text(entry, "logs.zip/tws-exported-logs.txt").splitlines()) <= 101


def large(folder: Path, size: int = SMALL_BYTES + 1) -> Path:
    """A file about which a destination is asked."""
    path = folder / "video.mp4"
    path.write_bytes(b"\0" * size)
    return path


def test_a_file_that_cannot_arrive_is_told_before_anything_is_kept(
    computer: Computer, tmp_path: Path
) -> None:
    computer.takes = SMALL_BYTES
    with pytest.raises(UsageError, match=r"video.mp4 has 1.0 MB, but desk takes at most 1.0 MB"):
        computer.keep(files=[large(tmp_path)])
    assert computer.outbox.entries() == []
    computer.takes = SMALL_BYTES + 100_000
    assert computer.keep(files=[large(tmp_path)]).report.attachments[0].size == SMALL_BYTES + 1


def test_a_file_that_does_not_go_in_pieces_must_go_whole(computer: Computer, tmp_path: Path) -> None:
    computer.largest = lambda destination: SMALL_BYTES  # type: ignore[method-assign]
    with pytest.raises(UsageError, match="in one file"):
        computer.keep(files=[large(tmp_path)])


def test_about_small_files_nobody_is_asked(computer: Computer, tmp_path: Path) -> None:
    """Nothing may come between Submit and the disk but what must."""

    def room(destination: str) -> int | None:
        raise AssertionError

    computer.room = room  # type: ignore[method-assign]
    entry = computer.keep(files=[large(tmp_path, SMALL_BYTES)], logs=None)
    assert entry.state is State.WAITING


def test_logs_that_do_not_go_in_pieces_are_cut_to_one_file(computer: Computer) -> None:
    computer.log("tws-exported-logs.txt", hours_of_noise(8))
    whole = computer.keep("note").report.attachments[0].size
    computer.largest = lambda destination: whole // 3  # type: ignore[method-assign]
    entry = computer.keep("note")
    assert entry.report.attachments[0].size <= whole // 3
    assert any("only the last" in remark for remark in entry.report.remarks)


def rehearsed(computer: Computer, act: Callable[[flow.Rehearsal], None]) -> Bundle:
    computer.log("launcher.log", [line(f"account {ACCOUNT}")])
    answer = Answer(f"{ACCOUNT} hangs", None, Picture.NONE, LogChoice())
    with flow.rehearse(computer.outbox, answer, computer) as rehearsal:
        seen = replace(rehearsal.bundle)
        act(rehearsal)
    return seen


def test_a_rehearsal_leaves_nothing_behind(computer: Computer) -> None:
    def look(rehearsal: flow.Rehearsal) -> None:
        names = [part.name for part in parts_of(rehearsal.bundle)]
        assert names == ["report.json", "logs.zip", "logs.zip/launcher.log"]
        assert computer.outbox.entries() == []

    rehearsed(computer, look)
    assert computer.outbox.entries() == []
    assert [path.name for path in computer.outbox.folder.iterdir()] == ["pseudonyms.key"]


def test_a_rehearsal_that_is_submitted_is_sent_byte_for_byte(computer: Computer) -> None:
    seen = rehearsed(computer, lambda rehearsal: print(rehearsal.submit().id))
    (entry,) = computer.outbox.entries()
    kept = computer.outbox.bundle(entry.id)
    assert (kept.manifest, kept.files, entry.state) == (seen.manifest, seen.files, State.WAITING)


def test_a_rehearsal_cut_off_by_a_crash_is_never_sent(computer: Computer, tmp_path: Path) -> None:
    def crash(rehearsal: flow.Rehearsal) -> None:
        left = tmp_path / "left"
        (computer.outbox.folder / f".{rehearsal.bundle.report.id}.rehearsal").rename(left)
        rehearsal.bundle.folder.parent.joinpath("moved").touch()

    seen = rehearsed(computer, crash)
    (tmp_path / "left").rename(computer.outbox.folder / f".{seen.report.id}.rehearsal")
    assert flow.resume(computer.outbox, computer) == []
    assert computer.outbox.entries() == []
    assert not list(computer.outbox.folder.glob(".*"))


def test_what_was_decided_survives_a_crash_after_submit(computer: Computer) -> None:
    computer.log("launcher.log", [line(f"{ACCOUNT} order id: 4711")])

    def power_cut(report_id: str) -> None:
        raise KeyboardInterrupt

    answer = Answer(
        f"{ACCOUNT} hangs", None, Picture.NONE, LogChoice(days=2), keep=frozenset({Private.ACCOUNT})
    )
    with pytest.raises(KeyboardInterrupt):
        flow.keep(computer.outbox, answer, computer, accepted=power_cut)
    (entry,) = flow.resume(computer.outbox, computer)
    assert ACCOUNT in computer.text(entry, "logs.zip/launcher.log")
    assert entry.report.replaced.get("orders") == 1
    assert entry.report.attachments[0].contains[0].kind is LogKind.PLAIN


@pytest.mark.parametrize(
    "todo",
    [
        Todo(),
        Todo(LogChoice(7, None, ("a", "b")), frozenset({Private.ORDER})),
        Todo(LogChoice(0, (1.5, 2.5))),  # type: ignore[arg-type]
    ],
)
def test_what_is_to_be_done_reads_back(todo: Todo) -> None:
    import json

    assert Todo.from_data(json.loads(json.dumps(todo.to_data()))) == todo
