"""kill -9 before every step on disk or wire from Submit to receipt: one report, never two, never none."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from scripts.demo_tws import make_jts
from snapper.delivery.endpoints.desk import WHOLE_BYTES
from snapper.outbox import Outbox
from snapper.state import State
from tests.desks import Desk, desk_at
from tests.journeys.stage import SNAPPER

SLICES = 4  # so that the steps can be tried side by side


def environment(folder: Path, desk: Desk, jts: Path) -> dict[str, str]:
    """Settings of a snapper with an outbox of its own."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SNAPPER_")},
        **desk.environment,
        "SNAPPER_OUTBOX_FOLDER": str(folder),
        "SNAPPER_LOGS_FOLDERS": str(jts),
        "XDG_CONFIG_HOME": str(folder / "none"),
    }


def send(step: int, settings: dict[str, str], note: str, file: Path) -> subprocess.CompletedProcess[str]:
    """Send a report and be killed before this step; 0: not at all."""
    command = [sys.executable, "-m", "tests.kill_at", str(step), "send", "-m", note, str(file)]
    return subprocess.run(command, env=settings, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def recover(settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What the next start of snapper does with what it finds."""
    return subprocess.run([*SNAPPER, "outbox", "retry"], env=settings, capture_output=True, text=True)


@pytest.mark.parametrize("part", range(SLICES))
@pytest.mark.parametrize(
    ("size", "stride"), [(50_000, 1), (WHOLE_BYTES + 50_000, 6)], ids=["whole", "by-file"]
)
def test_a_kill_at_any_step_loses_nothing_and_doubles_nothing(
    tmp_path: Path, part: int, size: int, stride: int
) -> None:
    """A large report goes file by file, in many pieces that are alike: every sixth step stands for them."""
    jts = make_jts(tmp_path / "Jts", datetime.now().astimezone()).home
    file = tmp_path / "extra.txt"
    file.write_bytes(b"extra" * (size // 5))
    with desk_at(tmp_path / "desk") as desk:
        whole = send(0, environment(tmp_path / "whole", desk, jts), "whole", file)
        assert whole.returncode == 0, whole.stderr
        steps = int(whole.stderr.split()[-1])
        assert steps > 40
        outcomes = {"promised": 0, "not promised": 0}
        for step in range(1 + part * stride, steps + 1, SLICES * stride):
            folder, note = tmp_path / f"outbox-{step}", f"killed before step {step}"
            settings = environment(folder, desk, jts)
            killed = send(step, settings, note, file)
            # The last step or two may differ from run to run (a socket closed late): then nothing was killed.
            assert killed.returncode in (-9, 0), killed.stderr
            promised = bool(Outbox(folder).entries()) or note in desk.notes()
            again = recover(settings)
            assert again.returncode == 0, f"{step}: {again.stderr}"
            count = desk.notes().count(note)
            assert count == (1 if promised else 0), f"step {step}: {count} on the desk, promised: {promised}"
            assert [entry.state for entry in Outbox(folder).entries()] == [State.DELIVERED] * count
            assert sorted(leftovers(folder)) == []
            outcomes["promised" if promised else "not promised"] += 1
        assert min(outcomes.values()) > 0, "both sides of Submit were met"
        assert outcomes["promised"] > outcomes["not promised"]


def leftovers(folder: Path) -> list[str]:
    """Unfinished things in an outbox."""
    if not folder.is_dir():
        return []
    return [path.name for path in folder.rglob("*") if ".partial" in path.name or path.suffix == ".tmp"]
