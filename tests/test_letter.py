"""A report as it is written into a ticket: its tag is always there, nothing is lost, nothing is markup."""

from __future__ import annotations

import hashlib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.bundle import Bundle
from snapper.delivery.letter import Letter, Part, tag_of, write
from snapper.report import Attachment, Finding, Kind, Report
from snapper.systems import SYSTEMS, Limits

ID = "01a1ff28-6900-74b2-8aa3-4f186cc2b6cc"


def report_of(note: str = "It froze", files: tuple[Attachment, ...] = ()) -> Report:
    """A report with something in every field."""
    finding = Finding("ssl", "The certificate expired", "tws.log", "SSLHandshakeException")
    return Report(
        ID, "2026-11-20T14:00:00.000Z", note, None, files, {"system": "Windows 11"}, ("One log vanished.",),
        "0.5.0", "joe", (finding,),
    )  # fmt: skip


def written(report: Report, limits: Limits | None = None, folder: Path = Path()) -> Letter:
    """It as a letter, under the names it has."""
    bundle = Bundle(folder, report, report.to_json())
    return write(bundle, limits or Limits(), lambda name, tag: name)


def file_of(folder: Path, name: str, data: bytes, media_type: str = "text/plain") -> Attachment:
    """A file of a report, in its folder."""
    (folder / name).write_bytes(data)
    return Attachment(name, len(data), hashlib.sha256(data).hexdigest(), Kind.FILE, media_type)


def read(part: Part) -> bytes:
    """What is sent of a part."""
    with part.open() as file:
        return file.read(part.size)


def test_the_tag_is_one_word_and_the_manifest_names_the_whole_id() -> None:
    letter = written(report_of())
    assert tag_of(ID) == letter.tag == "snp4f186cc2b6cc"
    assert letter.subject == "It froze [snp4f186cc2b6cc]"
    assert letter.manifest.sent_as == f"snapper-{ID}.json"
    assert letter.tag in letter.text


@given(note=st.text(max_size=400), most=st.integers(60, 300))
@settings(max_examples=150, deadline=None)
def test_a_subject_keeps_its_tag_however_it_is_cut(note: str, most: int) -> None:
    """RT counts the bytes of a subject, and a tag that is cut off means a second ticket."""
    subject = written(report_of(note), Limits(subject_bytes=most)).subject
    assert subject.endswith(" [snp4f186cc2b6cc]")
    assert len(subject.encode()) <= most
    assert subject.isprintable() or not any(char in subject for char in "\r\n\t\x00\u2028")
    assert not subject.startswith(" ")


@given(note=st.text(max_size=3000), most=st.integers(1500, 4000))
@settings(max_examples=150, deadline=None)
def test_a_text_is_cut_in_the_note_and_says_so(note: str, most: int) -> None:
    text = written(report_of(note), Limits(text_chars=most)).text
    assert len(text) <= most
    assert tag_of(ID) in text and "Windows 11" in text and "The certificate expired" in text
    if len(note) > most:
        assert f"The whole note is in the file snapper-{ID}.json." in text


def test_what_cannot_be_shown_does_not_stop_a_ticket() -> None:
    text = written(report_of("a\x00b\x1bc\ufffed\tä\n✓")).text
    assert text.startswith("a�b�c�d\tä\n✓")


class _Shown(HTMLParser):
    """What a browser shows of a text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self.text += "\n" if tag == "br" else f"<{tag}>"

    def handle_data(self, data: str) -> None:
        self.text += data.replace("\n", "").replace("\xa0", " ")


@given(note=st.text(alphabet="ab <>&\"'/=!-\n;x", max_size=200))
@settings(max_examples=150, deadline=None)
def test_in_html_the_text_stays_what_it_is(note: str) -> None:
    letter = written(report_of(f".{note}."))
    shown = _Shown()
    shown.feed(letter.html)
    shown.close()
    assert shown.tags <= {"br"}
    assert shown.text == letter.text


def test_a_large_file_goes_in_pieces_that_make_the_whole(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10
    letter = written(report_of(files=(file_of(tmp_path, "l.log", data),)), Limits(file_bytes=1000), tmp_path)
    pieces = letter.pieces("l.log")
    assert [piece.sent_as for piece in pieces] == ["l.log.001", "l.log.002", "l.log.003"]
    assert b"".join(map(read, pieces)) == data
    assert max(piece.size for piece in pieces) == 1000
    assert "cat l.log.??? > l.log" in letter.text
    assert "copy /b l.log.001+l.log.002+l.log.003 l.log" in letter.text


def test_a_file_of_exactly_the_limit_goes_whole(tmp_path: Path) -> None:
    letter = written(
        report_of(files=(file_of(tmp_path, "l", bytes(1000)),)), Limits(file_bytes=1000), tmp_path
    )
    assert [part.sent_as for part in letter.pieces("l")] == ["l"]


def test_an_empty_file_is_left_out_where_it_would_be_refused(tmp_path: Path) -> None:
    report = report_of(files=(file_of(tmp_path, "e.log", b""),))
    assert [part.name for part in written(report, Limits(), tmp_path).parts] == ["report.json", "e.log"]
    letter = written(report, Limits(empty_files=False), tmp_path)
    assert [part.name for part in letter.parts] == ["report.json"]
    assert "takes no empty files" in letter.text
    assert [file.name for file in letter.files] == ["report.json", "e.log"]


@pytest.mark.parametrize(
    ("name", "kind", "sent"),
    [
        ("tws.log", "text/plain", "application/octet-stream"),
        ("a.html", "text/html", "application/octet-stream"),
        ("screenshot.png", "image/png", "image/png"),
        ("logs.zip", "application/zip", "application/zip"),
    ],
)
def test_text_goes_as_octets(tmp_path: Path, name: str, kind: str, sent: str) -> None:
    """RT stores what is called text in another encoding."""
    letter = written(report_of(files=(file_of(tmp_path, name, b"x", kind),)), folder=tmp_path)
    assert letter.pieces(name)[0].media_type == sent


def test_a_file_that_is_called_otherwise_there_is_named_in_the_text(tmp_path: Path) -> None:
    report = report_of(files=(file_of(tmp_path, "logs.zip", b"x"),))
    letter = write(
        Bundle(tmp_path, report, report.to_json()), Limits(), lambda name, tag: name.replace(".", f"-{tag}.")
    )
    assert letter.pieces("logs.zip")[0].sent_as == f"logs-{letter.tag}.zip"
    assert f"It is called logs-{letter.tag}.zip here." in letter.text


def test_the_room_of_a_system_follows_from_its_limits() -> None:
    assert Limits().room is None
    assert Limits(file_bytes=10).room == 200
    assert Limits(file_bytes=10, splits=False).room == 10
    assert Limits(file_bytes=10, report_bytes=50).room == 50


def test_every_system_is_told_in_words() -> None:
    for name, system in SYSTEMS.items():
        assert system.title and system.address.startswith("https://"), name
        assert all(option.about for option in system.options), name
