"""`scripts/run` without a display: the whole main job on a virtual screen, and one result on stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from snapper.report import read_code

REPOSITORY = Path(__file__).parents[2]


def test_the_main_job_ends_with_a_receipt_and_the_stored_picture(tmp_path: Path) -> None:
    environment = {
        name: text for name, text in os.environ.items() if not name.startswith(("DISPLAY", "SNAPPER"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "scripts.main_job", "--json", "--pictures", str(tmp_path / "pictures")],
        env={**environment, "PYTHONPATH": str(REPOSITORY)}, cwd=tmp_path,
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    result = json.loads(line)
    assert read_code(result["receipt"]["code"]) == result["receipt"]["code"]
    assert {file["name"] for file in result["receipt"]["stored"]} == {
        "report.json",
        "screenshot.png",
        "logs.zip",
    }
    assert Image.open(result["screenshot"]).size == (1280, 800)
    for name in ("note-window.png", "acknowledgement.png"):
        assert Image.open(tmp_path / "pictures" / name).size == (1280, 800)
