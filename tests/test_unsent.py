"""The note being written: kept, read back, forgotten, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapper.unsent import FILE_NAME, Unsent, UnsentNote

WRITTEN = Unsent("ä 漢字\nmore", "1042", 1_800_000_000.5, "our RT")


def test_it_is_private_and_read_back_until_it_is_forgotten(tmp_path: Path) -> None:
    unsent = UnsentNote(tmp_path / "outbox")
    assert unsent.load() is None
    unsent.save(WRITTEN)
    assert (tmp_path / "outbox" / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert UnsentNote(tmp_path / "outbox").load() == WRITTEN
    unsent.clear()
    assert unsent.load() is None


def test_what_an_earlier_version_kept_is_for_the_desk(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('{"note": "x", "ticket": "12", "at": 1.0}')
    assert UnsentNote(tmp_path).load() == Unsent("x", "12", 1.0, "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"note": 1, "ticket": "", "at": 1.0}',
        '{"note": "x"}',
        '{"note": "x", "ticket": "", "at": 1.0, "destination": 7}',
    ],
)
def test_a_broken_file_is_no_note(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert UnsentNote(tmp_path).load() is None


def test_blanks_are_not_offered_again(tmp_path: Path) -> None:
    UnsentNote(tmp_path).save(Unsent(" \n", "", 1.0))
    assert UnsentNote(tmp_path).load() is None


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    UnsentNote(tmp_path / "file").save(WRITTEN)
    assert UnsentNote(tmp_path / "file").load() is None
