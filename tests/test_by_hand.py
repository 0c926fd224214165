"""Saving a report for sending by hand: whole or not at all, nothing overwritten, with steps to follow."""

from __future__ import annotations

import errno
import hashlib
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from snapper import by_hand, disk
from snapper.answer import Todo
from snapper.bundle import attach_bytes
from snapper.errors import NoSuchReport, Obstacle, UsageError
from snapper.outbox import Outbox
from snapper.report import Kind, Receipt, Report, Retry, timestamp
from snapper.state import Delivery, Entry, State
from snapper.web_ticket import steps_text

PICTURE = b"\x89PNG pixels"
FOR_IT = "Please allow connections from this computer to desk.example:443."


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty outbox."""
    return Outbox(tmp_path / "outbox", clock=lambda: 1000.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a person wants the files."""
    folder = tmp_path / "My Désktop 漢字"
    folder.mkdir()
    return folder


def kept(outbox: Outbox, pictures: int = 1, note: str = "Orders hang – ü 漢字") -> Entry:
    """A waiting report with pictures and logs."""
    with outbox.prepare() as preparation:
        parts = [
            attach_bytes(preparation.folder, f"screenshot{number}.png", PICTURE, Kind.SCREENSHOT, "image/png")
            for number in range(pictures)
        ]
        parts.append(
            attach_bytes(preparation.folder, "logs.zip", b"logs" * 1000, Kind.LOGS, "application/zip")
        )
        report = Report(preparation.id, timestamp(1000.0), note, "1042", tuple(parts))
        preparation.accept(report, Todo())
        preparation.seal(report)
        entry = preparation.publish()
    return blocked(outbox, entry)


def blocked(outbox: Outbox, entry: Entry) -> Entry:
    """The same report after an attempt that a firewall stopped."""
    obstacle = Obstacle("connection-dropped", "desk.example:443", FOR_IT)
    outcome = Retry("A firewall silently drops the connection to desk.example:443.", obstacle=obstacle)
    return recorded(outbox, entry, Delivery().after(outcome, 1000.0, 2000.0))


def recorded(outbox: Outbox, entry: Entry, delivery: Delivery) -> Entry:
    with outbox.hold(entry.id) as held:
        assert held
        held.record(delivery)
    return outbox.entry(entry.id)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_zip_picture_and_steps_are_saved_and_the_report_stays(outbox: Outbox, folder: Path) -> None:
    entry = kept(outbox)
    saved = by_hand.save(outbox, entry.id, folder)
    stem = f"snapper-{entry.id[-8:]}"
    assert [path.name for path in saved.files] == [f"{stem}.zip", f"{stem}.png", "how-to-send.txt"]
    assert names(folder) == sorted(path.name for path in saved.files)
    with zipfile.ZipFile(saved.files[0]) as archive:
        assert sorted(archive.namelist()) == ["logs.zip", "report.json", "screenshot0.png"]
        assert Report.from_json(archive.read("report.json")) == entry.report
        assert hashlib.sha256(archive.read("logs.zip")).hexdigest() == entry.report.attachments[1].sha256
        assert archive.testzip() is None
    assert saved.files[1].read_bytes() == PICTURE
    assert saved.flaws == ()
    assert saved.sentence == (
        f"Saved in the folder {folder}: {stem}.zip, {stem}.png, how-to-send.txt. "
        "The report stays in the outbox and goes on being tried."
    )
    assert outbox.entry(entry.id) == entry


def test_nothing_is_overwritten_and_a_number_is_added(outbox: Outbox, folder: Path) -> None:
    entry = kept(outbox)
    first = by_hand.save(outbox, entry.id, folder)
    before = {path: path.read_bytes() for path in first.files}
    second = by_hand.save(outbox, entry.id, folder)
    stem = f"snapper-{entry.id[-8:]}-2"
    assert [path.name for path in second.files] == [f"{stem}.zip", f"{stem}.png", "how-to-send-2.txt"]
    assert f"{stem}.zip" in second.files[2].read_text("utf-8")
    assert {path: path.read_bytes() for path in first.files} == before


def test_a_zip_and_its_picture_have_the_same_number(outbox: Outbox, folder: Path) -> None:
    entry = kept(outbox)
    (folder / f"snapper-{entry.id[-8:]}.png").symlink_to("nowhere")
    saved = by_hand.save(outbox, entry.id, folder)
    assert [path.name[-6:] for path in saved.files[:2]] == ["-2.zip", "-2.png"]


def test_a_receipt_code_names_the_files_but_only_if_it_is_one(outbox: Outbox, folder: Path) -> None:
    entry = kept(outbox)
    for code, stem in (("SNP-0000-00", "snapper-SNP-0000-00"), ("../../evil", f"snapper-{entry.id[-8:]}")):
        receipt = Receipt(entry.id, "1042", code, "https://desk.example/1042", timestamp(1000.0))
        recorded(outbox, entry, Delivery(State.DELIVERED, receipt=receipt))
        saved = by_hand.save(outbox, entry.id, folder)
        assert saved.files[0].name == f"{stem}.zip"
        assert "has this report already" in saved.files[2].read_text("utf-8")
        assert saved.stays == "The report stays in the outbox."


def test_more_pictures_lie_beside_it_and_none_is_no_trouble(outbox: Outbox, folder: Path) -> None:
    entry = kept(outbox, pictures=3)
    stem = f"snapper-{entry.id[-8:]}"
    assert [path.name for path in by_hand.save(outbox, entry.id, folder).files] == [
        f"{stem}.zip", f"{stem}.png", f"{stem}-picture-2.png", f"{stem}-picture-3.png", "how-to-send.txt",
    ]  # fmt: skip
    assert len(by_hand.save(outbox, kept(outbox, pictures=0).id, folder).files) == 2


# --- damage -------------------------------------------------------------------------------------------------


def test_of_a_damaged_report_what_is_there_is_saved_and_the_rest_is_named(
    outbox: Outbox, folder: Path
) -> None:
    entry = kept(outbox, pictures=2)
    (outbox.folder / entry.id / "screenshot0.png").unlink()
    (outbox.folder / entry.id / "logs.zip").write_bytes(b"logs")
    saved = by_hand.save(outbox, entry.id, folder)
    assert saved.flaws == (
        "screenshot0.png is missing or could not be read to its end.",
        "logs.zip is not as it was when the report was made.",
    )
    with zipfile.ZipFile(saved.files[0]) as archive:
        assert sorted(archive.namelist()) == ["logs.zip", "report.json", "screenshot1.png"]
        assert archive.read("logs.zip") == b"logs"
    assert [path.suffix for path in saved.files] == [".zip", ".png", ".txt"]
    text = " ".join(saved.files[-1].read_text("utf-8").split())
    assert all(flaw in text for flaw in saved.flaws)
    assert all(flaw in saved.sentence for flaw in saved.flaws)


def test_a_file_that_breaks_off_while_it_is_read_is_saved_so_far(
    outbox: Outbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = kept(outbox)
    monkeypatch.setattr(disk, "CHUNK", 1000)
    pieces = by_hand._pieces

    def breaking(source: Path) -> object:
        for number, piece in enumerate(pieces(source)):
            if number == 2 and source.name == "logs.zip":
                raise by_hand._Unreadable
            yield piece

    monkeypatch.setattr(by_hand, "_pieces", breaking)
    saved = by_hand.save(outbox, entry.id, folder)
    assert saved.flaws == ("logs.zip is missing or could not be read to its end.",)
    with zipfile.ZipFile(saved.files[0]) as archive:
        assert len(archive.read("logs.zip")) == 2000
        assert archive.read("screenshot0.png") == PICTURE


@pytest.mark.parametrize("manifest", [b"", b"{}", b"\xff\x00", None])
def test_without_a_manifest_the_files_themselves_are_saved(
    outbox: Outbox, folder: Path, manifest: bytes | None
) -> None:
    entry = kept(outbox)
    path = outbox.folder / entry.id / "report.json"
    path.unlink() if manifest is None else path.write_bytes(manifest)
    (outbox.folder / entry.id / "leads away").symlink_to("/etc/passwd")
    saved = by_hand.save(outbox, entry.id, folder)
    assert saved.flaws == ("The list of what the report holds (report.json) was damaged.",)
    with zipfile.ZipFile(saved.files[0]) as archive:
        there = {"logs.zip", "screenshot0.png"} | ({"report.json"} if manifest is not None else set())
        assert set(archive.namelist()) == there
    assert saved.files[1].read_bytes() == PICTURE
    assert "1970" not in saved.files[2].read_text("utf-8")


# --- nothing, if not all ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "There is not enough room in the folder"),
        (errno.EROFS, "You may not write in the folder"),
        (errno.EIO, "does not take the files"),
    ],
)
@pytest.mark.parametrize("step", ["create", "write_new", "rename"])
def test_a_failure_leaves_nothing_behind_and_says_why(
    outbox: Outbox, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, sentence: str
) -> None:
    """In the middle of the zip, of the steps, or when the last file gets its name."""
    entry = kept(outbox)
    action, calls = getattr(disk, step), []

    def failing(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == {"create": 2, "write_new": 4, "rename": 3}[step]:
            raise OSError(number, "no")
        return action(*arguments)

    monkeypatch.setattr(disk, step, failing)
    with pytest.raises(UsageError, match=sentence) as caught:
        by_hand.save(outbox, entry.id, folder)
    assert caught.value.remedy == "Nothing was saved. Choose another folder."
    assert names(folder) == []
    assert outbox.entry(entry.id) == entry


def test_a_name_that_is_taken_at_the_last_moment_is_not_overwritten(
    outbox: Outbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = kept(outbox)
    monkeypatch.setattr(by_hand, "_free_names", lambda names, folder: list(names))
    theirs = folder / "how-to-send.txt"
    theirs.write_text("theirs")
    with pytest.raises(UsageError, match="exists already"):
        by_hand.save(outbox, entry.id, folder)
    assert names(folder) == ["how-to-send.txt"]
    assert theirs.read_text() == "theirs"


@pytest.mark.parametrize("place", ["gone", "file.txt"])
def test_a_folder_that_is_none_is_said(outbox: Outbox, folder: Path, place: str) -> None:
    (folder / "file.txt").write_text("")
    with pytest.raises(UsageError, match="There is no folder"):
        by_hand.save(outbox, kept(outbox).id, folder / place)


def test_a_folder_that_cannot_be_synced_is_no_reason_to_fail(
    outbox: Outbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = kept(outbox)

    def refuse(folder: Path) -> None:
        raise OSError(errno.EINVAL, "a network drive")

    monkeypatch.setattr(disk, "sync_folder", refuse)
    assert len(by_hand.save(outbox, entry.id, folder).files) == 3
    assert len(names(folder)) == 3


def test_only_reports_that_are_there_and_ready_are_saved(outbox: Outbox, folder: Path) -> None:
    with pytest.raises(NoSuchReport):
        by_hand.save(outbox, "01a1fbdd-4ce6-75cd-b0ec-48561e46e59e", folder)
    with outbox.prepare() as preparation:
        preparation.accept(Report(preparation.id, timestamp(1000.0), "x"), Todo())
        with pytest.raises(UsageError, match="still being put together"):
            by_hand.save(outbox, preparation.id, folder)
    assert names(folder) == []


# --- the zip alone ------------------------------------------------------------------------------------------


def test_a_zip_of_a_chosen_name_comes_alone_and_overwrites_nothing(outbox: Outbox, folder: Path) -> None:
    entry = kept(outbox)
    path = folder / "by hand"
    saved = by_hand.save_zip(outbox, entry.id, path)
    assert (saved.files, names(folder)) == ((path,), ["by hand"])
    with zipfile.ZipFile(path) as archive:
        assert archive.read("screenshot0.png") == PICTURE
    before = path.read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        by_hand.save_zip(outbox, entry.id, path)
    assert path.read_bytes() == before
    with pytest.raises(UsageError, match="There is no folder"):
        by_hand.save_zip(outbox, entry.id, folder / "gone" / "x.zip")


def test_saved_files_are_for_the_owner_only(outbox: Outbox, folder: Path) -> None:
    for path in by_hand.save(outbox, kept(outbox).id, folder).files:
        assert path.stat().st_mode & 0o777 == 0o600 or os.name == "nt"


# --- the steps ----------------------------------------------------------------------------------------------


def steps(entry: Entry, attached: dict[str, int] | None = None) -> str:
    """The steps on one line, so that it does not matter where they break."""
    return " ".join(steps_text(entry, attached or {"a.zip": 2_000_000, "a.png": 1_000_000}).split())


def test_the_steps_name_the_files_the_way_and_what_to_paste(outbox: Outbox) -> None:
    entry = kept(outbox)
    text = steps(entry)
    for part in (
        "a.zip (2.0 MB)", "A firewall silently drops the connection to desk.example:443.",
        "sign in to the Client Portal", "Help > Support Center > Message Center", "Open ticket 1042",
        "Attach a.zip and a.png: 3.0 MB in all.", f"Report id {entry.id}", "Orders hang – ü 漢字",
        "tried again at", FOR_IT,
    ):  # fmt: skip
        assert part in text, part


def test_the_lines_to_paste_are_as_they_were_written(outbox: Outbox) -> None:
    note = "one\n  two " + "long " * 40
    entry = kept(outbox, note=note)
    paste = steps_text(entry, {"a.zip": 1}).partition("paste from here -----\n")[2]
    assert paste.partition("\n----- to here")[0].endswith(note)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((24_000_000, 1_000_000), "Attach a.zip and a.png: 25.0 MB in all."),
        ((24_000_000, 1_000_001), "Attach a.zip; everything is in it. (A ticket takes 2 files and 25.0 MB"),
        ((1000, 1000, 1000), "Attach a.zip; everything is in it."),
        ((40_000_000, 1_000_000), "a.zip is too large: a ticket takes 2 files and 25.0 MB in all. Attach a."),
        ((40_000_000,), "a.zip is too large: a ticket takes 2 files and 25.0 MB in all. Ask in the ticket"),
    ],
)  # fmt: skip
def test_what_a_ticket_does_not_take_is_said(outbox: Outbox, sizes: tuple[int, ...], words: str) -> None:
    named = dict(zip(("a.zip", "a.png", "b.png"), sizes, strict=False))
    assert words in steps(kept(outbox), named)


@pytest.mark.parametrize(
    ("delivery", "words"),
    [
        (
            Delivery(State.HELD, sentence="A private value is in it."),
            "held this report back: A private value",
        ),
        (Delivery(State.UNKNOWN), "How it stands: may have arrived"),
        (
            Delivery(State.DAMAGED, sentence="It was changed."),
            "snapper cannot send this report itself: It was",
        ),
    ],
)
def test_how_it_stands_is_said_as_it_is(outbox: Outbox, delivery: Delivery, words: str) -> None:
    assert words in steps(replace(kept(outbox), delivery=delivery))
