"""Running Windows programs: a Wine prefix, the environment for it, and programs in it until they end.

Nothing here knows Python or snapper.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_PLACES = f"{os.environ.get('PATH', '')}:/usr/lib/wine"
_END_SECONDS = 60.0
_OWN = "SNAPPER_"  # settings of this computer's snapper are none of the tests'


def program(name: str = "wine64") -> str:
    """Where a program of Wine is, "" where it is not installed."""
    return shutil.which(name, path=_PLACES) or ""


def why_not() -> str:
    """Why nothing of Windows can be run here, in a sentence; "" when it can."""
    if not program():
        return "Wine is missing: sudo apt-get install wine wine64"
    if not shutil.which("Xvfb"):
        return "Xvfb is missing: sudo apt-get install xvfb"
    return ""


@dataclass(frozen=True)
class Wine:
    """A prefix (the drives and the registry of a Windows) and the screen that its programs appear on."""

    prefix: Path
    display: str

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """The environment of a Windows program; names that Wine would read otherwise are set for it."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith((_OWN, "WINE", "LC_"))
        }
        ours = {
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": os.environ.get("WINEDEBUG", "-all"),
            # No offers to install .NET or a browser; the mscms beside python.exe before Wine's own.
            "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=;mscms=n",
            "DISPLAY": self.display,
            "LANG": "C.UTF-8",  # Wine takes its code page from it: 1252
        }
        return {**kept, **ours, **extra}

    def run(
        self,
        *command: str,
        cwd: Path | None = None,
        extra: Mapping[str, str] | None = None,
        out: BinaryIO | None = None,
    ) -> int:
        """Run a Windows program to its end, its words to `out` or our stdout; returns its exit code.

        They go through a pipe: Wine 8 gives a program no file of this computer as its stdout. What it leaves
        running is ended.
        """
        started = subprocess.Popen(
            [program(), *command], cwd=cwd, env=self.environment(extra or {}),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        reader = threading.Thread(target=_pass_on, args=(started, out or sys.stdout.buffer), daemon=True)
        reader.start()
        try:
            return started.wait()
        finally:
            self.end()  # also the last that holds the pipe open
            reader.join(_END_SECONDS)

    def output(self, *command: str, cwd: Path | None = None) -> str:
        """Run a Windows program; returns what it printed. Raises RuntimeError with its last words."""
        done = subprocess.run(
            [program(), *command], cwd=cwd, env=self.environment({}), check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        said = done.stdout.decode("utf-8", "replace")
        if done.returncode:
            raise RuntimeError(
                f"{' '.join(command)[:200]} failed under Wine:\n{said.strip()[:1000]}\n{said[-1000:]}"
            )
        return said

    def end(self) -> None:
        """End everything that runs in this prefix."""
        for option in ("-k", "-w"):
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run(
                    [program("wineserver"), option],
                    env=self.environment({}),
                    check=False,
                    timeout=_END_SECONDS,
                )


def _pass_on(started: subprocess.Popen[bytes], out: BinaryIO) -> None:
    assert started.stdout
    while piece := os.read(started.stdout.fileno(), 1 << 16):
        out.write(piece)
        out.flush()


def boot(prefix: Path, display: str) -> None:
    """Make a prefix. Raises RuntimeError."""
    wine = Wine(prefix, display)
    wine.output("wineboot", "-i")
    wine.end()


@contextlib.contextmanager
def copy_of(prefix: Path) -> Iterator[Path]:
    """A prefix of one's own for the time of the block: what Wine never writes to again is shared by links."""
    with tempfile.TemporaryDirectory(prefix="snapper-wine-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "prefix"
        windows = str(prefix / "drive_c/windows")

        def take(source: str, target: str) -> None:
            if source.startswith(windows):
                try:
                    os.link(source, target)
                    return
                except OSError:  # the cache is on another disk
                    pass
            shutil.copy2(source, target)

        shutil.copytree(prefix, copy, symlinks=True, copy_function=take)
        yield copy
