"""How a program with windows ends while threads of it are still at work."""

from __future__ import annotations

import subprocess
import sys

SEARCHING = """
import sys, threading, re2
from snapper.cli.speaking import leave

begun, text = threading.Event(), "x" * 100_000

def search():
    while True:
        re2.search("(a|b)+c", text)
        begun.set()

threading.Thread(target=search, daemon=True).start()
begun.wait()
print("a result", end="")
print("a sentence", end="", file=sys.stderr)
"""


def ended(by: str) -> subprocess.CompletedProcess[str]:
    """A program whose thread searches in C++ code for all of its time, ended in this way."""
    return subprocess.run(
        [sys.executable, "-c", f"{SEARCHING}{by}(7)"], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_exit_code_and_all_that_was_said_arrive_though_a_thread_is_inside_a_library() -> None:
    done = ended("leave")
    assert (done.returncode, done.stdout, done.stderr) == (7, "a result", "a sentence")


def test_without_a_terminal_it_leaves_too() -> None:
    done = ended("sys.stdout = sys.stderr = None\nleave")
    assert done.returncode == 7
