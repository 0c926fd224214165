"""Every window in every language: no text is cut, each fits on the screen, each letter chooses one part."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.screen import VirtualScreen
from snapper.language import LANGUAGES

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_windows_have_room_for_the_language(screen: VirtualScreen, language: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.windows_spoken"],
        env={**screen.environment, "SNAPPER_LANGUAGE": language},
        cwd=ROOT, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {}
