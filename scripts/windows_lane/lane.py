"""The lane: what is built when, where it lies, and how tests are run in it.

Each step leaves a stamp of what it was made from and is done again when that has changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import platformdirs
from filelock import FileLock

from scripts.screen import virtual_screen
from scripts.windows_lane import interpreter, packages, wine
from scripts.windows_lane.wine import Wine

ROOT = Path(__file__).resolve().parents[2]
_SIZE = "1280x800"
_QUIET = ("--quiet", "--disable-pip-version-check", "--no-warn-script-location", "--no-index", "--no-compile")
_UNUSED = shutil.ignore_patterns("__pycache__", "*.pyc")
SHARES = 3  # of the tests, side by side; with more they wait for the two cores of the CI
_NO_TESTS = 5  # pytest's exit code for a share with none of the tests that were asked for
_one_speaks = threading.Lock()

Say = Callable[[str], None]


class Lane:
    """The Windows Python in the cache folder; one process at a time builds, many may run."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or platformdirs.user_cache_path("snapper-windows")
        self._python, self._prefix = self.folder / "python", self.folder / "prefix"
        self._wheels, self._own = self.folder / "wheels", self.folder / "snapper"

    def build(self, say: Say) -> None:
        """Make what is missing or out of date. Raises RuntimeError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "building.lock"):
            made_from = _digest(*sorted(interpreter.SOURCES.iterdir()), Path(interpreter.__file__))
            self._step("interpreter", made_from, say, self._make_interpreter)
            made_from += _digest(ROOT / "pyproject.toml", Path(packages.__file__))
            self._step("packages", made_from, say, self._make_packages)
            made_from += _digest(*_project())
            self._step("snapper", made_from, say, self._make_snapper)

    def test(self, arguments: Sequence[str]) -> int:
        """Run pytest; returns its exit code, the worst of several.

        Where no tests are named, all of tests/windows run in shares side by side, each in a Windows of its
        own: they need its screen and its keyboard for themselves, and mostly wait.
        """
        if any(_names_tests(each) for each in arguments):
            return self._test(arguments, {})
        with ThreadPoolExecutor(SHARES) as pool:
            shares = [f"{number}/{SHARES}" for number in range(SHARES)]
            running = [pool.submit(self._share, [*arguments, "tests/windows"], each) for each in shares]
            return max(each.result() for each in running)

    def _share(self, arguments: Sequence[str], share: str) -> int:
        """One share of the tests; what it says is shown when it has ended."""
        with tempfile.TemporaryFile() as said:
            code = self._test(arguments, {"LANE_SHARE": share}, said)
            said.seek(0)
            with _one_speaks:
                shutil.copyfileobj(said, sys.stdout.buffer)
                sys.stdout.flush()
        return 0 if code == _NO_TESTS else code

    def _test(self, arguments: Sequence[str], extra: Mapping[str, str], out: BinaryIO | None = None) -> int:
        """pytest on a copy of the tests beside which there is no snapper: the installed one is tested."""
        with self._running() as running, self._copy_of_tests(running.prefix) as folder:
            command = (self._exe, "-m", "pytest", "-p", "no:cacheprovider", *arguments)
            return running.run(*command, cwd=folder, extra={**self._extra, **extra}, out=out)

    def python(self, arguments: Sequence[str]) -> int:
        """Run the Windows Python; returns its exit code."""
        with self._running() as running:
            return running.run(self._exe, *arguments, extra=self._extra)

    def snapper(self, arguments: Sequence[str]) -> int:
        """Run the snapper.exe that pip made."""
        with self._running() as running:
            return running.run(str(self._python / "Scripts/snapper.exe"), *arguments, extra=self._extra)

    # --- steps --------------------------------------------------------------------------------------------

    def _step(self, name: str, made_from: str, say: Say, make: Callable[[], None]) -> None:
        stamp = self.folder / f"{name}.made-from"
        if stamp.exists() and stamp.read_text() == made_from:
            return
        stamp.unlink(missing_ok=True)
        began = time.monotonic()
        make()
        stamp.write_text(made_from)
        say(f"{name}: built ({time.monotonic() - began:.0f} s)")

    def _make_interpreter(self) -> None:
        for folder in (self._python, self._prefix):
            shutil.rmtree(folder, ignore_errors=True)
        interpreter.build(self._python)
        with virtual_screen(_SIZE, window_manager=False) as screen:
            wine.boot(self._prefix, screen.display)

    def _make_packages(self) -> None:
        shutil.rmtree(self._wheels, ignore_errors=True)
        self._wheels.mkdir()
        packages.fetch(packages.required(ROOT / "pyproject.toml"), self._wheels)
        for folder in ("Lib/site-packages", "Scripts"):
            shutil.rmtree(self._python / folder, ignore_errors=True)
        with zipfile.ZipFile(next(self._wheels.glob("pip-*.whl"))) as pip:
            pip.extractall(self._python / "Lib/site-packages")
        with self._running() as running:
            names = sorted(wheel.name for wheel in self._wheels.glob("*.whl"))
            running.output(self._exe, "-m", "pip", "install", *_QUIET, *names, cwd=self._wheels)

    def _make_snapper(self) -> None:
        shutil.rmtree(self._own, ignore_errors=True)
        interpreter.run([str(ROOT / "scripts/build"), str(self._own)])
        with self._running() as running:
            wheel = str(next(self._own.glob("*.whl")))
            running.output(
                self._exe, "-m", "pip", "install", *_QUIET, "--no-deps", "--force-reinstall", wheel
            )
            running.output(self._exe, "-m", "pip", "check")

    # --- running ------------------------------------------------------------------------------------------

    @property
    def _exe(self) -> str:
        return str(self._python / "python.exe")

    @property
    def _extra(self) -> dict[str, str]:
        """Where tests find what only a build knows."""
        return {"LANE_WHEELS": str(self._wheels), "LANE_SNAPPER": str(self._own)}

    @contextmanager
    def _running(self) -> Iterator[Wine]:
        with virtual_screen(_SIZE, window_manager=False) as screen, wine.copy_of(self._prefix) as prefix:
            running = Wine(prefix, screen.display)
            try:
                yield running
            finally:
                running.end()

    @contextmanager
    def _copy_of_tests(self, prefix: Path) -> Iterator[Path]:
        folder = prefix / "drive_c/snapper tests"
        for part in ("tests", "scripts"):
            shutil.copytree(ROOT / part, folder / part, ignore=_UNUSED)
        shutil.copy2(ROOT / "pyproject.toml", folder)
        yield folder


def _names_tests(argument: str) -> bool:
    """Whether an argument of pytest is a path to tests, and no option or value of one (`-k scripts`)."""
    path = argument.partition("::")[0]
    return "/" in path and not path.startswith("-") and (ROOT / path).exists()


def _project() -> list[Path]:
    """The files that the wheel is made of."""
    inside = (
        path
        for path in sorted((ROOT / "snapper").rglob("*"))
        if path.is_file() and path.suffix not in (".pyc", ".mo")
    )
    return [
        *inside,
        *(ROOT / name for name in ("README.md", "LICENSE", "scripts/build", "scripts/catalogues.py")),
    ]


def _digest(*files: Path) -> str:
    sha256 = hashlib.sha256()
    for file in files:
        sha256.update(f"{os.path.relpath(file, ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return sha256.hexdigest()
