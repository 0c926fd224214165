"""The icon in the Mac's menu bar and the Dock that is left alone, as far as no Mac is needed for it."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

IN_QT = """
import sys
from PySide6.QtGui import QGuiApplication
from snapper.ui import look, mac_menu_bar
from snapper.ui.look import Badge
from tests.mac_fakes import AppKit
appkit = sys.modules["AppKit"] = AppKit()
look.application()
"""


def in_qt(code: str) -> list[str]:
    """What a program with an application object prints, line by line."""
    done = subprocess.run(
        [sys.executable, "-c", IN_QT + code], cwd=ROOT, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_an_icon_for_macos_to_colour_tells_every_state_by_its_shape() -> None:
    lines = in_qt("""
states = [*((badge, 0) for badge in Badge), (Badge.SENDING, 50), (Badge.SENDING, 100)]
for state in states:
    icon = mac_menu_bar.template(*state)
    image = icon.pixmap(18, 18).toImage()
    assert icon.isMask()
    assert [size.width() for size in icon.availableSizes()] == [18, 36, 54]
    pixels = [image.pixelColor(x, y) for x in range(18) for y in range(18)]
    assert not any(each.red() or each.green() or each.blue() for each in pixels), "opacity is all that counts"
    print("".join(f"{each.alpha() // 86}" for each in pixels))
""")
    assert len(lines) == 7
    for one, other in combinations(lines, 2):
        assert sum(a != b for a, b in zip(one, other, strict=True)) >= 6  # seen at a glance


def test_only_macos_gets_it_and_keeps_the_program_out_of_the_dock() -> None:
    assert in_qt("""
print(mac_menu_bar.tray_icon(Badge.PAUSED).isMask(), appkit.policy)
mac_menu_bar.stay_out_of_the_dock()
print(appkit.policy)
QGuiApplication.platformName = staticmethod(lambda: "cocoa")
print(mac_menu_bar.tray_icon(Badge.PAUSED).isMask())
mac_menu_bar.stay_out_of_the_dock()
print(appkit.policy == appkit.ACCESSORY)
""") == ["False 0", "0", "True", "True"]


def test_where_the_bridge_to_macos_is_missing_nothing_fails() -> None:
    assert in_qt("""
sys.modules["AppKit"] = None
QGuiApplication.platformName = staticmethod(lambda: "cocoa")
mac_menu_bar.stay_out_of_the_dock()
print("ready")
""") == ["ready"]
