"""Roundup from PyPI: its classic tracker with SQLite, waitress, no mail.

A tracker is one place, so the place has no name. Options are those of section `web` of Roundup's settings
(`api_calls_per_interval=5`, `api_interval_in_sec=60`, `api_failed_login_limit=0`), and the web server's
`max_request_body_size` (bytes), as Roundup itself takes a file of any size.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from filelock import FileLock

from scripts.ticket_systems import Peer, servers

NAME = "Roundup"
_VERSION = "2.6.0"
_DISTRIBUTIONS = (f"roundup=={_VERSION}", "waitress==3.0.2")
_PROGRAMS = Path(__file__).parent / "programs"
_SETUP, _SERVER = _PROGRAMS / "roundup_setup.py", _PROGRAMS / "roundup_server.py"
RECIPE = (Path(__file__), _SETUP, _SERVER)

_PYTHON = "/usr/bin/python3"  # the one that any user can reach
_PACKAGES = "packages"  # in the instance's folder: where no other Python looks
_LARGEST_BYTES = "1_073_741_824"  # the web server's own limit
_PATIENCE_SECONDS = 20
_TRACKER, _CONFIG, _DATABASE = "tracker", "tracker/config.ini", "tracker/db/db"


def why_not() -> str:
    """Why it cannot run here, with the next step; "" when it can."""
    if _packages().exists() and Path(_PYTHON).exists():
        return ""
    return f"{NAME} is not installed here: scripts/peers install installs it."


def version() -> str:
    """The version that `install` installs."""
    return _VERSION


def install() -> None:
    """Get Roundup and its web server from PyPI, apart from every other Python here."""
    packages = _packages()
    with FileLock(f"{packages}.lock"):
        if packages.exists():
            return
        partial = packages.with_name(f".{packages.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        command = [*pip, "install", "--no-compile", "--target", str(partial), *_DISTRIBUTIONS]
        subprocess.run(command, check=True, stdout=sys.stderr)
        partial.rename(packages)


def make_template(folder: Path) -> None:
    """Create the tracker, its database, the users and their passwords."""
    shutil.copytree(_packages(), folder / _PACKAGES)
    for program in (_SETUP, _SERVER):
        shutil.copyfile(program, folder / program.name)
    servers.give(folder)
    servers.run([_PYTHON, "-m", "compileall", "-q", _PACKAGES], folder)
    passwords = servers.run([_PYTHON, _SETUP.name], folder, _environment(folder))
    (folder / "passwords.json").write_text(passwords)


@contextlib.contextmanager
def run(folder: Path, log: Path, options: Mapping[str, str]) -> Iterator[_Running]:
    """Run the instance in `folder`; `options` are of section `web` of its settings, or the web server's."""
    passwords = json.loads((folder / "passwords.json").read_text())
    web = dict(options)
    largest = web.pop("max_request_body_size", _LARGEST_BYTES)
    with servers.port_of_its_own() as port:
        peer = Peer("roundup", f"http://127.0.0.1:{port}", passwords["reporter"], "reporter", "")
        _configure(folder, web, f"{peer.url}/")  # it takes changes from its own address only, by Origin
        command = [_PYTHON, _SERVER.name, str(port), largest]
        with servers.Server(command, folder, log, f"{peer.url}/rest", _environment(folder)) as server:
            yield _Running(peer, server, folder, passwords)


class _Running(servers.Instance):
    """See `scripts.ticket_systems.Running`."""

    def tickets(self) -> list[str]:
        # Not read only: its database writes ahead, and whoever reads one takes part in that.
        with contextlib.closing(sqlite3.connect(self.folder / _DATABASE, _PATIENCE_SECONDS)) as database:
            return [str(number) for (number,) in database.execute("SELECT id FROM _issue ORDER BY id")]

    def close(self, ticket: str) -> None:
        """Past the API, which counts calls and would have to be asked twice."""
        admin = [_PYTHON, f"{_PACKAGES}/bin/roundup-admin", "-i", _TRACKER]
        change = [*admin, "set", f"issue{ticket}", "status=resolved"]
        servers.run(change, self.folder, _environment(self.folder))


def _packages() -> Path:
    return servers.cache() / f"roundup-packages-{_VERSION}"


def _environment(folder: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(folder / _PACKAGES)}


def _configure(folder: Path, web: Mapping[str, str], url: str) -> None:
    """Set the tracker's address and settings of section `web`; ValueError when it has none of that name."""
    config = configparser.RawConfigParser()
    config.read(folder / _CONFIG)
    config.set("tracker", "web", url)
    for name, value in web.items():
        if not config.has_option("web", name):
            raise ValueError(f"{NAME} has no such setting: {name}")
        config.set("web", name, value)
    with (folder / _CONFIG).open("w") as file:
        config.write(file)
