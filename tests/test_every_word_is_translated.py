"""Every word that a person reads in a window is in their language; what goes to support is English."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from snapper.ui.spoken import without_letter
from tests.words_seen import marked, unmarked

ROOT = Path(__file__).parents[1]
MARKED_BY = ("_", "plural")
WORDS_OF_THE_TOOLKIT = {"de": "Abbrechen", "es": "Cancelar", "it": "Annulla", "zh_CN": "取消"}

# What only programs read, although it has a blank.
NO_SENTENCES = (
    r"^by hand$",  # a thread
    r"[{}]",  # a style sheet
    r"^(Receipt|Report id|Written|Ticket|Account|Looks like|\(UTC\)|\(no note\))",  # pasted into a ticket
    r"^apt install",
    r"^(the outbox|your report)$",  # keys of disk.py's table
    r"^there is always another number$",  # of an AssertionError
)


def seen(*windows: str, **environ: str) -> dict[str, Any]:
    """What words_seen prints."""
    return _run("-m", "tests.words_seen", *windows, **environ)


def _run(*arguments: str, **environ: str) -> dict[str, Any]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    ran = subprocess.run(
        [sys.executable, *arguments],
        env={**plain, "QT_QPA_PLATFORM": "offscreen", "LC_ALL": "C.UTF-8", **environ},
        cwd=ROOT, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def test_every_word_in_every_window_is_translated() -> None:
    found = seen()
    assert len(found) > 20
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_a_text_of_any_kind_that_is_not_marked_is_found() -> None:
    """Or the test above would prove nothing."""
    assert seen("trial")["trial"] == [
        "plain action", "plain child", "plain choice", "plain header", "plain item", "plain name",
        "plain placeholder", "plain text", "plain tip", "plain title", "⟦half ⟧plain",
    ]  # fmt: skip


def test_what_goes_to_support_is_english() -> None:
    said = seen("support")
    assert said["desk"] == "Receipt SNP-7K3F-Q2\nTicket 1042\nhttps://desk.example/tickets/1042"
    assert said["ticket"].splitlines()[0] == "Ticket 88213 at our RT"
    assert said["tag"].startswith("Search at our RT for snp")
    assert "Report id" in said["pasted"]
    assert "⟦" not in said["desk"] + said["ticket"] + said["tag"] + said["pasted"].partition("\n")[2]
    assert "⟦HOW TO SEND THIS REPORT BY HAND⟧" in said["steps"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("⟦Ticket ⟧1042⟦ is there.⟧", False),
        ("⟦Ticket ⟧1042⟦: ⟧Chart freezes", True),
        ("⟦Sends to ⟧our RT⟦, with ⟧facts", True),
        ("our RT", False),
        ("our RT:", False),
        ("four RTs", True),
        ("12.3", False),
        ("日志", True),
        ("<qt>⟦said⟧</qt>", False),
    ],
)
def test_what_is_marked(text: str, wrong: bool) -> None:
    assert unmarked(text, ["our RT"]) is wrong


def test_placeholders_are_filled_in_outside_of_the_brackets() -> None:
    assert marked("{count} files, {size}").format(count=3, size="1 MB") == "3⟦ files, ⟧1 MB"


# --- sentences that no window shows while it is tried -----------------------------------------------------

FILES = sorted(
    [*(ROOT / "snapper/ui").glob("*.py")]
    + [
        ROOT / f"snapper/{name}.py"
        for name in (
            "asking",
            "examining",
            "signing_in",
            "by_hand",
            "app",
            "web_ticket",
            "looking_up",
            "rehearsing",
        )
    ]
)


def sentences(source: str) -> Iterator[str]:
    """Every literal with a blank and a word that is neither marked nor a docstring."""
    tree = ast.parse(source)
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKED_BY:
            passed |= {id(each) for each in node.args}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            spoken = " " in node.value and re.search(r"[^\W\d_]{2}", node.value)
            if spoken and not any(re.search(pattern, node.value.strip()) for pattern in NO_SENTENCES):
                yield node.value


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_sentence_is_unmarked(file: Path) -> None:
    assert list(sentences(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('say("Not marked.")', ["Not marked."]),
        ('say(f"{name} is gone.")', [" is gone."]),
        ('say(f"{first} {second}")', []),
        ('name = "key-of-a-table"', []),
        ('say(_("Marked all right."))', []),
        ('say(plural("{count} old file", "{count} old files", 3))', []),
        ('"""A docstring, not a sentence."""', []),
    ],
)
def test_sentences_in_a_source(source: str, found: list[str]) -> None:
    assert list(sentences(source)) == found


# --- the toolkit's own words ------------------------------------------------------------------------------

ASK = """
import json
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialogButtonBox, QDoubleSpinBox
from snapper.ui.look import application
made = application()
box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
spin = QDoubleSpinBox()
spin.setValue(0.5)
key, held = Qt.Key, Qt.KeyboardModifier.ControlModifier
same = [
    QKeySequence(text) == QKeySequence(meant)
    for text, meant in (
        ("Ctrl+Return", held | key.Key_Return), ("Ctrl+Enter", held | key.Key_Enter),
        ("Ctrl+Z", held | key.Key_Z), ("Ctrl+Y", held | key.Key_Y),
        ("Esc", key.Key_Escape), ("F5", key.Key_F5),
    )
]
cancel = box.buttons()[0].text().replace("&", "")
print(json.dumps({"cancel": cancel, "half": spin.text(), "same": all(same)}))
"""


@pytest.mark.parametrize(("language", "cancel"), WORDS_OF_THE_TOOLKIT.items())
def test_the_toolkit_speaks_the_language(language: str, cancel: str) -> None:
    said = _run("-c", ASK, SNAPPER_LANGUAGE=language)
    assert cancel in said["cancel"]
    assert said["half"] == ("0.50" if language == "zh_CN" else "0,50")
    assert said["same"], "shortcuts are the same keys in every language"


def test_without_a_language_the_toolkit_speaks_english() -> None:
    assert _run("-c", ASK) == {"cancel": "Cancel", "half": "0.50", "same": True}


@pytest.mark.parametrize(
    ("label", "read"),
    [
        ("&Send", "Send"),
        ("Include today's lo&g (3 files)", "Include today's log (3 files)"),
        ("发送(&S)", "发送"),
        ("发送 (&S)…", "发送…"),
        ("Smith && Co (&C)", "Smith & Co"),
        ("nothing", "nothing"),
        ("100 &%", "100 %"),
    ],
)
def test_a_label_is_read_out_without_its_letter(label: str, read: str) -> None:
    assert without_letter(label) == read
