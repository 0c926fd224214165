"""scripts/build makes a wheel and an sdist that hold all of snapper and run from a clean environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_LEFT_OUT = (".pyc", ".po")  # compiled by Python; compiled for snapper


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and an sdist of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([ROOT / "scripts/build", folder], check=True, capture_output=True, timeout=600)
    return folder


def in_checkout() -> set[str]:
    """Every file that snapper runs from."""
    files = (path for path in (ROOT / "snapper").rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in files if path.suffix not in _LEFT_OUT}


def test_both_hold_every_file_of_the_package(built: Path) -> None:
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name for name in archive.namelist() if name.startswith("snapper/")}
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    assert in_wheel == in_checkout()
    assert in_checkout() | {"pyproject.toml", "README.md", "LICENSE"} <= in_sdist


@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
def test_a_clean_environment_gets_a_snapper_that_runs(built: Path, tmp_path: Path, kind: str) -> None:
    """The packages that snapper needs are those of this environment: snapper alone is installed anew."""
    (package,) = built.glob(kind)
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True, timeout=120)
    python = venv / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", package], check=True, timeout=300)
    (packages,) = (venv / "lib").glob("python3*/site-packages")
    (packages / "others.pth").write_text(f"{others_of_this_environment(tmp_path)}\n")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SNAPPER_"))
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [venv / "bin/snapper", *arguments],
            env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    where = subprocess.run(
        [python, "-c", "import snapper; print(snapper.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert where.stdout.startswith(str(venv)), where.stderr
    version = run("--version")
    assert version.returncode == 0, version.stderr
    doctor = run("doctor", "--json")
    assert doctor.returncode in (0, 1), doctor.stderr
    assert json.loads(doctor.stdout)["findings"]


def others_of_this_environment(folder: Path) -> Path:
    """The packages of this environment without snapper, which is installed here as a link to the checkout."""
    import sysconfig

    others = folder / "others"
    others.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "snapper" not in path.name.lower():
            (others / path.name).symlink_to(path)
    return others
