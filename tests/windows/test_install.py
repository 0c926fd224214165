"""What pip installs from the wheel and the sdist is a snapper that runs, away from any checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from snapper import __version__
from tests.windows.hands import ON_WINE

WHEELS, OWN = os.environ.get("LANE_WHEELS", ""), os.environ.get("LANE_SNAPPER", "")
in_lane = pytest.mark.skipif(not OWN, reason="scripts/windows-lane says where the wheels are")


def windows_path(said: str) -> Path:
    """A folder of the computer below Wine, as Windows programs find it."""
    return Path(f"Z:{said}") if ON_WINE else Path(said)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a program in an empty folder, so that nothing is imported from here."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=300)


def installed_program() -> str:
    """The snapper.exe beside this Python."""
    return str(Path(sys.executable).parent / "Scripts/snapper.exe")


def test_the_installed_program_says_its_version(tmp_path: Path) -> None:
    done = run([installed_program(), "--version"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().strip() == f"snapper, version {__version__}"


def test_the_installed_program_examines_this_machine(tmp_path: Path) -> None:
    done = run([installed_program(), "doctor", "--json"], tmp_path)
    assert done.returncode in (0, 1), done.stderr
    findings = {each["name"]: each for each in json.loads(done.stdout.decode("utf-8", "replace"))["findings"]}
    assert findings["chord"]["verdict"] == "ok"
    assert findings["keyring"]["verdict"] == "ok"
    assert findings["outbox"]["verdict"] == "ok"


def test_every_module_can_be_imported_with_no_desktop(tmp_path: Path) -> None:
    code = (
        "import importlib, pkgutil, snapper\n"
        "names = [each.name for each in pkgutil.walk_packages(snapper.__path__, 'snapper.')]\n"
        "for name in names:\n"
        "    if not name.endswith('__main__'): importlib.import_module(name)\n"
        "import cryptography.x509, spnego  # which are imported late\n"
        "print(len(names), snapper.__file__)"
    )
    done = run([sys.executable, "-c", code], tmp_path)
    assert done.returncode == 0, done.stderr
    count, file = done.stdout.decode().split(" ", 1)
    assert int(count) > 150
    assert "site-packages" in file


@in_lane
@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
def test_a_clean_environment_gets_a_snapper_that_runs(tmp_path: Path, kind: str) -> None:
    (package,) = windows_path(OWN).glob(kind)
    venv = tmp_path / "a clean environment"
    python = str(venv / "Scripts/python.exe")
    assert run([sys.executable, "-m", "venv", "--without-pip", str(venv)], tmp_path).returncode == 0
    pip = [sys.executable, "-m", "pip", "--python", python, "--quiet", "install", "--no-compile"]
    found = ["--disable-pip-version-check", "--no-index", "--find-links", str(windows_path(WHEELS))]
    # Whether all it needs fits together was checked when the lane was made; --version needs little.
    needed = ["click", "platformdirs", "filelock"]
    for what in (["--no-deps", str(package)], needed):
        done = run([*pip, *found, *what], tmp_path)
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    version = run([str(venv / "Scripts/snapper.exe"), "--version"], tmp_path)
    assert version.returncode == 0, version.stderr
    assert version.stdout.decode().strip() == f"snapper, version {__version__}"
    where = run([python, "-c", "import snapper, sys; print(snapper.__file__, sys.prefix)"], tmp_path)
    assert where.stdout.decode().count("a clean environment") == 2
