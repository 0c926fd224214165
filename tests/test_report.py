"""Reports, receipts, ids and codes: the rules of the contract."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.errors import ReportMalformed
from snapper.report import (
    CODE_VALUES,
    CROCKFORD,
    Attachment,
    Finding,
    Kind,
    LogEntry,
    LogKind,
    Receipt,
    Report,
    StoredFile,
    is_report_id,
    new_report_id,
    read_code,
    receipt_code,
    timestamp,
)

ID = "01a1fbdd-4ce6-75cd-b0ec-48561e46e59e"
HASH = "ab" * 32
LOG = LogEntry("tws.20260831.log", 7, HASH, "2026-08-31T16:51:59.012Z", LogKind.PLAIN)
PART = Attachment("logs.zip", 5, HASH, Kind.LOGS, "application/zip", (LOG,))
REPORT = Report(
    ID, "2026-08-31T16:51:59.012Z", "It froze.\n", "1042", (PART,), {"memory": "8 GB"}, ("black",), "1"
)


def changed(**fields: Any) -> bytes:
    """The manifest of REPORT with some fields replaced."""
    return json.dumps({**json.loads(REPORT.to_json()), **fields}).encode()


def changed_part(**fields: Any) -> bytes:
    """The manifest of REPORT with fields of its attachment replaced."""
    return changed(attachments=[{**json.loads(REPORT.to_json())["attachments"][0], **fields}])


@given(st.text(max_size=200), st.dictionaries(st.text(max_size=9), st.text(max_size=9)))
def test_a_manifest_reads_back_as_it_was(note: str, machine: dict[str, str]) -> None:
    finding = Finding("two-sessions", "Two sessions", "launcher.log", note[:100])
    report = Report(
        ID, "2026-08-31T16:51:59.012Z", note, None, (PART,), machine, (), "1",
        account="jo", findings=(finding,), replaced={"accounts": 3}, kept=("orders",),
    )  # fmt: skip
    assert Report.from_json(report.to_json()) == report


def test_a_manifest_of_an_older_snapper_has_no_findings() -> None:
    older = {
        name: value
        for name, value in json.loads(REPORT.to_json()).items()
        if name not in ("account", "findings", "replaced", "kept")
    }
    assert Report.from_json(json.dumps(older).encode()) == REPORT


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b"\xff",
        changed(contract="snapper-report/2"),
        changed(id="1"),
        changed(id=ID.replace("-75cd-", "-45cd-")),
        changed(created_at="yesterday"),
        changed(note=None),
        changed(note="x" * 100_001),
        changed(note="\ud800"),
        changed(ticket=7),
        changed(ticket="../7"),
        changed(attachments={}),
        changed(attachments=[1]),
        changed(attachments=json.loads(REPORT.to_json())["attachments"] * 2),
        changed(machine=[]),
        changed(machine={"a": 1}),
        changed(account="x" * 101),
        changed(account=None),
        changed(findings=[{"id": "a"}]),
        changed(findings=["a"]),
        changed(replaced={"accounts": -1}),
        changed(replaced={"accounts": True}),
        changed(replaced=[]),
        changed(kept=[1]),
        changed(kept="orders"),
        changed_part(name="../../etc/passwd"),
        changed_part(name="C:\\evil"),
        changed_part(name="a/b"),
        changed_part(name=".."),
        changed_part(name="nul.txt"),
        changed_part(name="Report.json"),
        changed_part(name="x" * 201),
        changed_part(size=-1),
        changed_part(size=True),
        changed_part(size=1.0),
        changed_part(sha256="AB" * 32),
        changed_part(kind="virus"),
        changed_part(media_type="text/html\r\nX: y"),
    ],
)
def test_a_manifest_that_breaks_a_rule_is_refused_in_words(text: bytes) -> None:
    with pytest.raises(ReportMalformed) as refusal:
        Report.from_json(text)
    assert refusal.value.sentence.endswith(".")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_manifest_or_refused(text: bytes) -> None:
    with pytest.raises(ReportMalformed):
        Report.from_json(text)


def test_a_receipt_reads_back_and_names_what_it_does_not_prove() -> None:
    good, other = StoredFile("a", 1, HASH), StoredFile("b", 2, HASH)
    receipt = Receipt(ID, "1042", "SNP-0000-00", "http://d/tickets/1042", "2026-08-31T16:51:59.012Z", (good,))
    assert Receipt.from_dict(json.loads(json.dumps(receipt.to_dict()))) == receipt
    assert receipt.unproven([good]) == ()
    assert receipt.unproven([good, other]) == ("b",)
    assert receipt.unproven([StoredFile("a", 1, "00" * 32)]) == ("a",)


@pytest.mark.parametrize("value", [None, [], {}, {"report_id": ID}, "receipt"])
def test_what_is_not_a_receipt_is_refused(value: object) -> None:
    with pytest.raises(ReportMalformed):
        Receipt.from_dict(value)


@given(st.floats(0, 2**40 / 1000), st.binary(min_size=10, max_size=10))
def test_ids_are_version_7_and_carry_their_time(seconds: float, entropy: bytes) -> None:
    report_id = new_report_id(seconds, entropy)
    assert is_report_id(report_id)
    assert int(report_id[:8] + report_id[9:13], 16) == int(seconds * 1000)


def test_ids_of_the_same_moment_differ_and_sort_by_time() -> None:
    assert new_report_id(1.0) != new_report_id(1.0)
    assert new_report_id(1.0) < new_report_id(1.5) < new_report_id(2.0)


@given(st.integers(0, CODE_VALUES - 1))
def test_a_code_is_read_back_however_it_is_written(number: int) -> None:
    code = receipt_code(number)
    spoken = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert read_code(code) == read_code(spoken) == code


@given(st.integers(0, CODE_VALUES - 1), st.integers(0, 5), st.sampled_from(CROCKFORD))
def test_one_wrong_character_in_a_code_is_noticed(number: int, place: int, wrong: str) -> None:
    compact = receipt_code(number)[4:].replace("-", "")
    slipped = compact[:place] + wrong + compact[place + 1 :]
    assert slipped == compact or read_code(slipped) is None


@given(st.integers(0, CODE_VALUES - 1), st.integers(0, 4))
def test_two_swapped_neighbours_in_a_code_are_noticed(number: int, place: int) -> None:
    compact = receipt_code(number)[4:].replace("-", "")
    swapped = compact[:place] + compact[place + 1] + compact[place] + compact[place + 2 :]
    assert swapped == compact or read_code(swapped) is None


@pytest.mark.parametrize("text", ["", "SNP", "SNP-7K3F", "SNP-7K3F-Q2X", "SNP-UUUU-UU", "✓"])
def test_what_is_not_a_code_is_not_read(text: str) -> None:
    assert read_code(text) is None


@given(st.floats(0, 4e9))
def test_timestamps_are_utc_to_the_millisecond(seconds: float) -> None:
    text = timestamp(seconds)
    assert text.endswith("Z")
    assert len(text) == 24
    assert abs(datetime.fromisoformat(text).astimezone(UTC).timestamp() - seconds) < 0.0015
