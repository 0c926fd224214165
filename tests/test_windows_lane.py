"""What the Windows lane is made of: the right packages for Windows, and reasons where it cannot be made."""

from __future__ import annotations

import subprocess
import sys
import threading
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import pytest
from packaging.requirements import Requirement

from scripts.windows_lane import interpreter, packages, wine
from scripts.windows_lane.lane import SHARES, Lane

ROOT = Path(__file__).resolve().parents[1]


def test_the_project_needs_on_windows_what_it_says_for_windows() -> None:
    names = {each.name for each in packages.required(ROOT / "pyproject.toml")}
    assert {"tzdata", "requests", "PySide6-Essentials", "pytest", "pip"} <= names
    assert not {"jeepney", "secretstorage", "python-xlib", "mypy", "ruff"} & names
    qt = [each for each in packages.required(ROOT / "pyproject.toml") if each.name == "PySide6-Essentials"]
    assert len(qt) == 1  # the one for this Python
    assert not qt[0].specifier.contains("6.12.0")


def wheel(folder: Path, name: str, *needs: str) -> None:
    """A wheel that is all metadata."""
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        lines = ["Metadata-Version: 2.1", f"Name: {name}", *(f"Requires-Dist: {need}" for need in needs), ""]
        archive.writestr(f"{name}-1.0.dist-info/METADATA", "\n".join(lines))


def test_what_packages_need_on_windows_is_fetched_in_turn_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = {
        "first": ('second; os_name == "nt"', 'never; os_name == "posix"', 'asked; extra == "more"'),
        "second": ("first>=1", "third", 'old; python_version < "3.11"', 'unasked; extra == "other"'),
        "third": ('deep; platform_system == "Windows" and os_name == "nt"',),
        "asked": (), "deep": ("second",),
    }  # fmt: skip
    fetched: list[str] = []

    def download(*what: str, into: Path) -> None:
        for each in what:
            name = Requirement(each).name
            fetched.append(name)
            wheel(into, name, *shop[name])

    monkeypatch.setattr(packages, "download", download)
    packages.fetch([Requirement("first[more]")], tmp_path)
    assert sorted(fetched) == ["asked", "deep", "first", "second", "third"]


@pytest.mark.parametrize(
    ("reason", "missing"), [(interpreter.why_not, "gcc-mingw-w64-x86-64"), (wine.why_not, "wine wine64")]
)
def test_where_something_is_missing_it_is_said_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, reason: object, missing: str
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert missing in reason()  # type: ignore[operator]


def test_the_command_ends_with_the_reason(tmp_path: Path) -> None:
    """A computer without Wine: its programs are not in PATH."""
    code = (
        "import sys; from scripts.windows_lane import wine; wine._PLACES = '/nowhere'\n"
        "from scripts.windows_lane.__main__ import main; sys.argv = ['x', 'build']; sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "There is no Windows lane here. Wine is missing: sudo apt-get install wine wine64\n"


def test_a_copy_of_a_prefix_shares_what_windows_never_changes_and_nothing_else(tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    dll, registry = prefix / "drive_c/windows/system32/x.dll", prefix / "user.reg"
    dll.parent.mkdir(parents=True)
    for file in (dll, registry):
        file.write_text("made once")
    (prefix / "dosdevices").mkdir()
    (prefix / "dosdevices/c:").symlink_to("../drive_c")
    with wine.copy_of(prefix) as copy:
        assert (copy / "dosdevices/c:").readlink() == Path("../drive_c")
        assert (copy / "drive_c/windows/system32/x.dll").read_text() == "made once"
        (copy / "user.reg").write_text("changed by a test")
    assert registry.read_text() == "made once"
    assert not copy.exists()


def test_settings_of_this_computers_snapper_do_not_reach_the_lane(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SNAPPER_DELIVERY_TOKEN", "WINEPREFIX", "LC_ALL"):
        monkeypatch.setenv(name, "mine")
    environment = wine.Wine(tmp_path, ":7").environment({"OTHER": "x"})
    assert "SNAPPER_DELIVERY_TOKEN" not in environment
    assert environment["WINEPREFIX"] == str(tmp_path)
    assert "LC_ALL" not in environment
    assert (environment["DISPLAY"], environment["OTHER"]) == (":7", "x")


class Rehearsed(Lane):
    """A lane whose tests end as they are told to, each share once all of them have begun."""

    def __init__(self, folder: Path, codes: Sequence[int]) -> None:
        super().__init__(folder)
        self.runs: dict[str, list[str]] = {}
        self._codes = codes
        self._together = threading.Barrier(len(codes))

    def _test(self, arguments: Sequence[str], extra: Mapping[str, str], out: BinaryIO | None = None) -> int:
        share = extra.get("LANE_SHARE", "")
        self.runs[share] = [*arguments]
        self._together.wait(20)
        if out:
            out.write(f"<{share}>".encode())
        return self._codes[int(share.partition("/")[0] or 0)]


@pytest.mark.parametrize(("codes", "code"), [((0, 5, 0), 0), ((0, 0, 1), 1), ((2, 1, 5), 2)])
def test_all_tests_run_in_shares_side_by_side_and_the_worst_counts(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], codes: tuple[int, ...], code: int
) -> None:
    lane = Rehearsed(tmp_path, codes)
    assert lane.test(["-k", "scripts"]) == code
    shares = [f"{number}/{SHARES}" for number in range(SHARES)]
    assert lane.runs == {share: ["-k", "scripts", "tests/windows"] for share in shares}
    said = capfdbinary.readouterr().out
    assert all(f"<{share}>".encode() in said for share in shares)


@pytest.mark.parametrize(
    "named", ["tests/windows/test_files.py", "tests/windows/test_files.py::test_one", "tests/test_outbox.py"]
)
def test_tests_that_are_named_run_by_themselves(tmp_path: Path, named: str) -> None:
    lane = Rehearsed(tmp_path, (1,))
    assert lane.test(["--durations", "5", named]) == 1
    assert lane.runs == {"": ["--durations", "5", named]}
