"""The outbox: whole or not at all, shared by processes, nothing undelivered ever removed."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from snapper import bundle
from snapper.answer import LogChoice, Todo
from snapper.errors import CannotKeep, NoSuchReport, ReportDamaged, UsageError
from snapper.outbox import Outbox
from snapper.report import Attachment, Delivered, Kind, Receipt, Report, Retry, timestamp
from snapper.state import Delivery, Entry, State


def kept(outbox: Outbox, note: str = "It froze.", data: bytes = b"pixels") -> Entry:
    """Put one report into the outbox."""
    with outbox.prepare() as preparation:
        part = bundle.attach_bytes(preparation.folder, "screenshot.png", data, Kind.SCREENSHOT, "image/png")
        draft = Report(preparation.id, timestamp(outbox.clock()), note, attachments=(part,))
        preparation.accept(draft, Todo())
        preparation.seal(draft)
        return preparation.publish()


def receipt_for(entry: Entry) -> Receipt:
    """Any receipt."""
    return Receipt(entry.id, "1001", "SNP-0000-00", "http://desk/tickets/1001", "2026-08-31T16:51:59.012Z")


def delivered(outbox: Outbox, entry: Entry) -> None:
    """Mark a report as delivered now."""
    with outbox.hold(entry.id) as held:
        assert held
        held.record(entry.delivery.after(Delivered(receipt_for(entry)), outbox.clock(), None))


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An outbox that does not exist on disk yet."""
    return Outbox(tmp_path / "outbox")


def test_a_kept_report_is_whole_private_and_waiting(outbox: Outbox) -> None:
    entry = kept(outbox, "ä ß 漢字 ✓\nsecond line")
    assert outbox.entries() == [entry]
    assert entry.state is State.WAITING
    assert entry.report.note == "ä ß 漢字 ✓\nsecond line"
    bundle.verify(bundle.read(outbox.folder / entry.id))
    modes = {path.name: path.stat().st_mode & 0o777 for path in (outbox.folder / entry.id).iterdir()}
    assert modes == {"report.json": 0o600, "screenshot.png": 0o600}
    assert outbox.folder.stat().st_mode & 0o777 == 0o700
    assert (outbox.folder / entry.id).stat().st_mode & 0o777 == 0o700


def test_what_was_never_accepted_leaves_nothing_behind(outbox: Outbox) -> None:
    with contextlib.suppress(RuntimeError), outbox.prepare() as preparation:
        (preparation.folder / "half").write_bytes(b"x")
        raise RuntimeError
    assert outbox.entries() == []
    assert list(outbox.folder.iterdir()) == []


def test_an_accepted_report_survives_a_crash_and_is_resumed_without_leftovers(outbox: Outbox) -> None:
    with contextlib.suppress(RuntimeError), outbox.prepare() as preparation:
        part = bundle.attach_bytes(preparation.folder, "a.png", b"a", Kind.SCREENSHOT, "image/png")
        draft = Report(preparation.id, timestamp(0), "note", attachments=(part,))
        preparation.accept(draft, Todo(LogChoice(days=1)))
        (preparation.folder / "logs.zip").write_bytes(b"half a zip")
        raise RuntimeError
    assert [entry.state for entry in outbox.entries()] == [State.PREPARING]
    assert outbox.interrupted() == [draft.id]
    with outbox.resume(draft.id) as resumed:
        assert resumed
        assert (resumed.draft, resumed.todo) == (draft, Todo(LogChoice(days=1)))
        assert sorted(path.name for path in resumed.folder.iterdir()) == ["a.png", "draft.json"]
        resumed.seal(draft)
        resumed.publish()
    assert [entry.state for entry in outbox.entries()] == [State.WAITING]
    assert outbox.interrupted() == []


def test_a_sealed_report_that_missed_its_rename_is_published(outbox: Outbox) -> None:
    entry = kept(outbox)
    (outbox.folder / entry.id).rename(outbox.partial(entry.id))
    assert [found.state for found in outbox.entries()] == [State.PREPARING]
    assert outbox.interrupted() == [entry.id]
    with outbox.resume(entry.id) as resumed:
        assert resumed is None
    assert outbox.entries() == [entry]


def test_a_lock_without_a_report_is_removed(outbox: Outbox) -> None:
    entry = kept(outbox)
    (outbox.folder / "01a1fbdd-4ce6-75cd-b0ec-48561e46e59e.lock").touch()
    outbox.interrupted()
    assert [path.name for path in outbox.folder.glob("*.lock")] == [f"{entry.id}.lock"]


def test_a_leftover_that_nobody_was_promised_is_removed(outbox: Outbox) -> None:
    entry = kept(outbox)
    folder = outbox.partial("01a1fbdd-4ce6-75cd-b0ec-48561e46e59e")
    folder.mkdir()
    (folder / "screenshot.png").write_bytes(b"half")
    assert outbox.interrupted() == []
    assert not folder.exists()
    assert outbox.entries() == [entry]


def test_delivery_state_is_kept_and_read_back(outbox: Outbox) -> None:
    entry = kept(outbox)
    with outbox.hold(entry.id) as held:
        assert held
        held.record(entry.delivery.after(Retry("The desk is off.", "Wait.", 5), 100.0, 200.0))
    after = Outbox(outbox.folder).entry(entry.id).delivery
    expected = Delivery(State.WAITING, 1, 200.0, "The desk is off.", "Wait.", None, 100.0)
    assert after == expected


@pytest.mark.parametrize("content", ["", "{", "[]", '{"state": "nonsense"}', '{"state": "delivered"}'])
def test_a_broken_delivery_file_counts_as_waiting(outbox: Outbox, content: str) -> None:
    entry = kept(outbox)
    (outbox.folder / entry.id / "delivery.json").write_text(content)
    assert outbox.entry(entry.id).state is State.WAITING


def test_two_holders_exclude_each_other(outbox: Outbox) -> None:
    entry = kept(outbox)
    with outbox.hold(entry.id) as first, Outbox(outbox.folder).hold(entry.id) as second:
        assert first is not None
        assert second is None
    with outbox.hold(entry.id) as third:
        assert third is not None


def test_a_killed_holder_lets_go_at_once(outbox: Outbox) -> None:
    entry = kept(outbox)
    code = (
        "import sys; from pathlib import Path; from snapper.outbox import Outbox\n"
        "with Outbox(Path(sys.argv[1])).hold(sys.argv[2]) as held:\n"
        "    print(bool(held), flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(outbox.folder), entry.id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout and holder.stdin
    assert holder.stdout.readline() == b"True\n"
    with outbox.hold(entry.id) as held:
        assert held is None
    holder.kill()
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    with outbox.hold(entry.id) as held:
        assert held is not None


def test_a_discarded_report_is_gone_and_a_held_one_stays(outbox: Outbox) -> None:
    entry, other = kept(outbox), kept(outbox)
    with outbox.hold(entry.id), pytest.raises(UsageError):
        outbox.discard(entry.id)
    outbox.discard(entry.id)
    assert outbox.entries() == [other]
    assert sorted(path.name for path in outbox.folder.iterdir()) == [other.id, f"{other.id}.lock"]
    with pytest.raises(NoSuchReport):
        outbox.discard(entry.id)


def test_only_delivered_reports_are_pruned_by_age_then_by_room(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    outbox = Outbox(tmp_path / "outbox", keep_days=30, keep_bytes=2500, clock=lambda: now[0])
    waiting = kept(outbox)
    old = kept(outbox)
    delivered(outbox, old)
    now[0] += 31 * 86_400
    recent = []
    for _ in range(3):
        now[0] += 1
        recent.append(kept(outbox, data=b"x" * 700))
        delivered(outbox, recent[-1])
    outbox.prune()
    left = {entry.id for entry in outbox.entries()}
    assert left == {waiting.id, recent[1].id, recent[2].id}


def test_a_report_is_found_by_the_ends_of_its_id_or_its_receipt_code(outbox: Outbox) -> None:
    entry = kept(outbox)
    kept(outbox)
    delivered(outbox, entry)
    assert outbox.find(entry.id).id == entry.id
    assert outbox.find(entry.id[-12:].upper()).id == entry.id
    assert outbox.find("snp 0000 00").id == entry.id
    with pytest.raises(NoSuchReport, match="More than one"):
        outbox.find(entry.id[:6])
    with pytest.raises(NoSuchReport, match="No report"):
        outbox.find("zzzz")


def test_a_changed_file_is_noticed_before_it_is_sent(outbox: Outbox) -> None:
    entry = kept(outbox)
    (outbox.folder / entry.id / "screenshot.png").write_bytes(b"PIXELS")
    with pytest.raises(ReportDamaged, match=r"screenshot\.png"):
        bundle.verify(bundle.read(outbox.folder / entry.id))


def test_a_broken_manifest_is_listed_as_damaged(outbox: Outbox) -> None:
    entry = kept(outbox)
    manifest = outbox.folder / entry.id / "report.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_bytes()), "created_at": "yesterday"}))
    assert [found.state for found in outbox.entries()] == [State.DAMAGED]


def test_a_folder_that_is_a_file_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("")
    with pytest.raises(CannotKeep, match="could not be kept in"):
        kept(Outbox(tmp_path / "outbox"))


def test_a_clock_set_back_makes_a_report_due_at_once(outbox: Outbox) -> None:
    entry = kept(outbox)
    tomorrow = Entry(entry.id, entry.report, Delivery(next_attempt=2000.0, changed_at=1000.0), 1)
    assert not tomorrow.due(1500.0)
    assert tomorrow.due(2000.0)
    assert tomorrow.due(900.0)


def test_attachment_names_are_never_taken_from_outside_the_folder() -> None:
    part = Attachment("../evil", 0, "0" * 64, Kind.FILE)
    report = Report("01a1fbdd-4ce6-75cd-b0ec-48561e46e59e", timestamp(0), "", attachments=(part,))
    with pytest.raises(Exception, match="file name"):
        Report.from_json(report.to_json())
