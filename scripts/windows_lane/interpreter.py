"""A Windows CPython 3.11 that Wine runs, put together from parts that need no installer.

The interpreter's DLLs and extension modules are those of a wheel that brings an interpreter along (panda3d,
for programs that are shipped with it), checked by its hash; the library in Python is the local Python's; the
launchers and what Wine lacks are compiled here. Nothing here knows snapper.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).with_name("sources")
VERSION = "3.11"
COMPILER, RESOURCES, DUMP = (f"x86_64-w64-mingw32-{tool}" for tool in ("gcc", "windres", "objdump"))
CARRIER = "panda3d==1.10.16 --hash=sha256:37acfb92655c4226879f95c988e2ef1449a53c54486d6c1ebc00e2772429af82"
_PARTS = "deploy_libs/"  # where the carrier keeps the interpreter
_NOT_NEEDED = ("api-ms-", "tcl", "tk", "_tkinter")  # Wine has the C library; nobody here uses Tk
_BESIDE_PYTHON = ("python311.dll", "VCRUNTIME140.dll")
_LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", "site-packages", "dist-packages", "lib-dynload", "config-*", "test", "tests",
    "_sysconfigdata*", "EXTERNALLY-MANAGED", "*.so",
)  # fmt: skip
_MISSING_IN_WINE = ("bcryptprimitives", "icuuc", "mscms")
_DLL = ("-O2", "-s", "-shared", "-nostdlib", "-Wl,-e,DllMainCRTStartup")
_EXE = ("-O2", "-s", "-municode")
_EXPORTED = re.compile(
    r"^\s*\[\s*\d+\](?: \+base\[\s*\d+\])?\s+(?:[0-9a-f]+ )?([A-Za-z_]\w*)\s*$", re.MULTILINE
)


def why_not() -> str:
    """Why no interpreter can be put together here, in a sentence; "" when it can."""
    if not shutil.which(COMPILER):
        return f"{COMPILER} is missing: sudo apt-get install gcc-mingw-w64-x86-64"
    if not library():
        return f"The library of Python {VERSION} is missing (this is Python {sys.version.split()[0]})."
    return ""


def library() -> Path | None:
    """The folder of the local Python 3.11's library."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" == VERSION:
        return Path(sysconfig.get_path("stdlib"))
    other = shutil.which(f"python{VERSION}")
    if not other:
        return None
    ask = [other, "-c", "import sysconfig; print(sysconfig.get_path('stdlib'))"]
    return Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())


def build(python: Path) -> None:
    """Make the interpreter in a folder that is not there yet. Raises CalledProcessError."""
    found = library()
    if found is None:
        raise RuntimeError(why_not())
    shutil.copytree(found, python / "Lib", ignore=_LEFT_OUT)
    for folder in ("DLLs", "Lib/site-packages", "Lib/venv/scripts/nt"):
        (python / folder).mkdir(parents=True, exist_ok=True)
    _unpack(python)
    _compile(python)


def _unpack(python: Path) -> None:
    wanted = python / "carrier"
    wanted.mkdir()
    (wanted / "requirements.txt").write_text(CARRIER)
    download("--require-hashes", "-r", str(wanted / "requirements.txt"), into=wanted)
    with zipfile.ZipFile(next(wanted.glob("*.whl"))) as wheel:
        for member in wheel.namelist():
            name = member.removeprefix(_PARTS)
            if name != member and not name.startswith(_NOT_NEEDED):
                folder = python if name in _BESIDE_PYTHON else python / "DLLs"
                (folder / name).write_bytes(wheel.read(member))
    shutil.rmtree(wanted)


def download(*what: str, into: Path) -> None:
    """Fetch wheels for Windows from PyPI, without what they depend on. Raises CalledProcessError."""
    system = ["--platform", "win_amd64", "--python-version", VERSION, "--only-binary=:all:", "--no-deps"]
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
    run([*pip, *system, "--dest", str(into), *what])


def run(command: list[str], cwd: Path | None = None) -> str:
    """Run a program of this computer; returns what it printed. Raises RuntimeError with its last words."""
    done = subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)[:200]} failed:\n{(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


def _compile(python: Path) -> None:
    work = python / "compiled"
    shutil.copytree(SOURCES, work)
    run([RESOURCES, "python.rc", "resources.o"], work)
    core = str(python / "python311.dll")
    for windowed, suffix in (((), ""), (("-mwindows", "-DWINDOWED"), "w")):
        launcher, venv = python / f"python{suffix}.exe", python / f"Lib/venv/scripts/nt/python{suffix}.exe"
        run([COMPILER, *_EXE, *windowed, "-o", str(launcher), "python.c", "resources.o", core], work)
        run([COMPILER, *_EXE, *windowed, "-o", str(venv), "venv_launcher.c", "resources.o"], work)
    (work / "python3.def").write_text("\n".join(_forwarded(core)))
    run([COMPILER, *_DLL, "-o", str(python / "python3.dll"), "python3.c", "python3.def"], work)
    for name in _MISSING_IN_WINE:
        run([COMPILER, *_DLL, "-o", str(python / f"{name}.dll"), f"{name}.c", "-ladvapi32"], work)
    shutil.rmtree(work)


def _forwarded(core: str) -> Iterator[str]:
    yield from ("LIBRARY python3.dll", "EXPORTS")
    table = run([DUMP, "-p", core]).partition("[Ordinal/Name Pointer] Table")[2]
    yield from (f"{name}=python311.{name}" for name in _EXPORTED.findall(table))
