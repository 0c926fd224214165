"""Which packages Windows needs, and their wheels from PyPI.

pip's own resolver reads the conditions of packages (`sys_platform == "win32"`) for the system it runs on, so
the requirements are followed here, for Windows. Whether they fit together is for the pip inside Wine to say.
"""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from email.parser import Parser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.windows_lane.interpreter import VERSION, download

# Of the packages for development, those that tests import.
_FOR_TESTS = frozenset({"hypothesis", "pytest", "pytest-xdist", "trustme"})
_WINDOWS = {
    "implementation_name": "cpython", "platform_python_implementation": "CPython",
    "os_name": "nt", "sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64",
    "python_version": VERSION, "python_full_version": f"{VERSION}.9",
}  # fmt: skip


def required(pyproject: Path) -> list[Requirement]:
    """What the project and its tests need on Windows."""
    written = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    project, to_build = written["project"], written["build-system"]["requires"]
    tests = [Requirement(line) for line in project["optional-dependencies"]["dev"]]
    told = [Requirement(line) for line in (*project["dependencies"], "pip", *to_build)]
    return [each for each in (*told, *(test for test in tests if test.name in _FOR_TESTS)) if _holds(each)]


def fetch(wanted: Iterable[Requirement], into: Path) -> None:
    """Download the wheels of these and of all they need in turn into an empty folder."""
    known: set[str] = set()
    waiting = list(wanted)
    while fresh := [each for each in waiting if canonicalize_name(each.name) not in known]:
        before = set(into.glob("*.whl"))
        download(*(f"{each.name}{each.specifier}" for each in fresh), into=into)
        known.update(canonicalize_name(each.name) for each in fresh)
        extras = {canonicalize_name(each.name): each.extras for each in fresh}
        waiting = [
            need
            for wheel in set(into.glob("*.whl")) - before
            for need in _needs(wheel, extras.get(canonicalize_name(wheel.name.partition("-")[0]), set()))
        ]


def _needs(wheel: Path, extras: Iterable[str]) -> Iterator[Requirement]:
    with zipfile.ZipFile(wheel) as opened:
        name = next(member for member in opened.namelist() if member.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(opened.read(name).decode("utf-8"))
    needs = map(Requirement, metadata.get_all("Requires-Dist") or [])
    return (need for need in needs if any(_holds(need, extra) for extra in ("", *extras)))


def _holds(need: Requirement, extra: str = "") -> bool:
    return need.marker is None or need.marker.evaluate({**_WINDOWS, "extra": extra})
