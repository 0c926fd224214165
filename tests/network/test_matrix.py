"""Every condition × a small and a large report: delivered by the way there is, or kept with the named cause
within ten seconds; and delivered exactly once, whole, when the condition is lifted.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.screen import wait_until
from snapper.delivery.causes import Cause
from snapper.desk.store import Kept
from tests.network.condition import Client, Condition, Expected
from tests.network.conditions import CONDITIONS
from tests.network.conftest import LARGE_BYTES
from tests.network.lab import Lab, Ran
from tests.network.proxies import PASSWORD
from tests.network.table import record

FILE_BYTES = 2000
VERDICT_SECONDS = 10.0  # from Submit to a named cause
START_SECONDS = 20.0  # for starting Python on a busy machine that runs six labs
PATIENCE_SECONDS = 180.0

ROWS = [(condition, size) for condition in CONDITIONS for size in ("small", "large")]


@dataclass(frozen=True)
class Submitted:
    """What is sent: a note nobody else writes, files, and where this trader's outbox is."""

    note: str
    files: tuple[Path, ...]
    home: Path

    def hashes(self) -> dict[str, str]:
        """SHA-256 of every file, by name."""
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in self.files}


@pytest.mark.parametrize(("condition", "size"), ROWS, ids=[f"{row.name}-{size}" for row, size in ROWS])
def test_gets_through_or_says_why(
    lab: Lab,
    condition: Condition,
    size: str,
    tmp_path: Path,
    body: Callable[..., Path],
    record_property: Callable[[str, object], None],
) -> None:
    """The promise, row by row."""
    expected: Expected = getattr(condition, size)
    submitted = _submission(condition, size, tmp_path, body)
    with condition.made(lab) as client:
        told = _arriving(lab, client, submitted) if expected.arriving else _ended(lab, client, submitted)
    column = "snapper, small" if size == "small" else "snapper, 20 MB"
    record(record_property, condition.name, column, told.cell)
    _check(lab, submitted, expected, told)
    _deliver_again(lab, submitted, told)
    _check_desk(lab, submitted)
    _check_secrets(submitted)


# --- submitting -------------------------------------------------------------------------------------------


def _submission(condition: Condition, size: str, tmp_path: Path, body: Callable[..., Path]) -> Submitted:
    files = [body(FILE_BYTES, condition.marker)]
    files += [body(LARGE_BYTES, condition.marker)] if size == "large" else []
    home = tmp_path / "home"
    home.mkdir()
    # Letters only: nothing that snapper could take for something private.
    name = "".join(secrets.choice("bdfghjkm") for _ in range(16))
    return Submitted(f"The chart stands still {name}", tuple(files), home)


@dataclass(frozen=True)
class Told:
    """What snapper said of a report, and after how many seconds."""

    state: str
    cause: str
    sentence: str
    remedy: str
    seconds: float
    report_id: str

    @property
    def cell(self) -> str:
        """For the table."""
        return f"{self.cause or self.state}, {self.seconds:.1f} s"


def _ended(lab: Lab, client: Client, submitted: Submitted) -> Told:
    return _told(_snapper(lab, client, submitted, *_sending(submitted)))


def _sending(submitted: Submitted) -> list[str]:
    files = [str(file) for file in submitted.files]
    return ["send", "--json", "--no-logs", "-m", submitted.note, *files]


def _snapper(lab: Lab, client: Client, submitted: Submitted, *arguments: str) -> Ran:
    return lab.snapper(*arguments, home=submitted.home, env=client.env, timeout=PATIENCE_SECONDS)


def _told(ran: Ran) -> Told:
    assert ran.code is not None, f"still running after {PATIENCE_SECONDS:g} s: {ran.stderr[-800:]}"
    try:
        said: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        pytest.fail(f"no JSON: {ran.stdout[-300:]} {ran.stderr[-800:]}")
    cause = (said.get("obstacle") or {}).get("cause", "")
    return Told(said["state"], cause, said["sentence"], said["remedy"], ran.seconds, said["id"])


def _arriving(lab: Lab, client: Client, submitted: Submitted) -> Told:
    """The line is too slow for the large file: wait until the desk has all the rest, then stop."""
    running = lab.start_snapper(*_sending(submitted), home=submitted.home, env=client.env)
    small, large = (file.name for file in submitted.files)

    def has_the_small_ones() -> Kept | None:
        kept = _kept(lab, submitted)
        return kept[0] if kept and small in {file.name for file in kept[0].files} else None

    def told() -> dict[str, Any] | None:
        """What the outbox says of it meanwhile."""
        for path in submitted.home.rglob("delivery.json"):
            said: dict[str, Any] = json.loads(path.read_bytes())
            return said if said["sentence"] else None
        return None

    try:
        kept = wait_until(has_the_small_ones, "note and small file are at the desk", PATIENCE_SECONDS)
        said = wait_until(told, "the outbox says that the line is slow", PATIENCE_SECONDS)
    finally:
        seconds = running.end()
    assert kept and said and large not in {file.name for file in kept.files}
    cause = said["obstacle"]["cause"]
    return Told("still arriving", cause, said["sentence"], said["remedy"], seconds, kept.report.id)


# --- judging ----------------------------------------------------------------------------------------------


def _check(lab: Lab, submitted: Submitted, expected: Expected, told: Told) -> None:
    if expected.arriving:
        assert told.cause == Cause.SLOW_LINK and "to go" in told.sentence, told
        return
    if not expected.causes:
        assert told.state == "delivered", told
        return
    assert told.cause in [str(cause) for cause in expected.causes], told
    assert told.state != "delivered" and told.sentence and told.remedy, told
    assert told.seconds <= VERDICT_SECONDS + START_SECONDS, told
    assert not [kept for kept in _kept(lab, submitted) if not kept.missing], "the desk has it all the same"


def _deliver_again(lab: Lab, submitted: Submitted, told: Told) -> None:
    """The condition is lifted: what waits goes out, what a person has to decide is decided."""
    if told.state == "delivered":
        return
    ran = _snapper(lab, Client(), submitted, "outbox", "retry", told.report_id, "--json")
    assert _told(ran).state == "delivered", ran


def _check_desk(lab: Lab, submitted: Submitted) -> None:
    """Exactly once, and byte for byte."""
    [kept] = _kept(lab, submitted)
    assert not kept.missing
    paths = {part.name: lab.store.path(kept.report, part.name) for part in kept.report.attachments}
    assert {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()
    } == submitted.hashes()


def _kept(lab: Lab, submitted: Submitted) -> list[Kept]:
    """Every report at the desk with this note."""
    tickets = [ticket for ticket in lab.store.tickets(limit=100_000) if ticket.title == submitted.note]
    return [kept for ticket in tickets for kept in lab.store.reports_of(ticket.number, 100_000)]


def _check_secrets(submitted: Submitted) -> None:
    """A proxy's password is in no file of this computer."""
    files = [path for path in submitted.home.rglob("*") if path.is_file()]
    assert files and not [path for path in files if PASSWORD.encode() in path.read_bytes()]
