"""Redmine from Debian's packages: SQLite, puma, no mail.

Project “support” takes reports; in “closed-shop” the reporter may only look. Options are settings of the
administration of Redmine by their names: `attachment_max_size=100` (KB), `text_formatting=common_mark`,
`attachment_extensions_allowed=png,log`, …
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.ticket_systems import Peer, servers

NAME = "Redmine"
_PROGRAMS = Path(__file__).parent / "programs"
_FILES = {  # name in the instance's folder → what it comes from
    "Gemfile": _PROGRAMS / "redmine_gemfile.rb",
    "config.ru": _PROGRAMS / "redmine_config.ru",
    "redmine_application.rb": _PROGRAMS / "redmine_application.rb",
    "redmine_setup.rb": _PROGRAMS / "redmine_setup.rb",
}
RECIPE = (Path(__file__), *_FILES.values())

_REDMINE = Path("/usr/share/redmine")
_DATABASE = "redmine.sqlite3"
_PROJECT = "support"
_THREADS = 8  # as many requests at once as the tests make
_PATIENCE_SECONDS = 20
_ROOT = "../" * 12  # from any folder: the one above “/” is “/”


def why_not() -> str:
    """Why it cannot run here, with the next step; "" when it can."""
    if _REDMINE.exists() and all(shutil.which(program, path=servers.PATH) for program in ("puma", "bundle")):
        return ""
    return f"{NAME} is not installed here: scripts/peers install installs it."


def version() -> str:
    """The version of the installed package."""
    command = ["dpkg-query", "-W", "-f", "${Version}", "redmine"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.replace("/", "-")


def install() -> None:
    """Nothing: Debian's packages bring all."""


def make_template(folder: Path) -> None:
    """Create the database, the projects, the users and their keys."""
    for name, source in _FILES.items():
        shutil.copyfile(source, folder / name)
    for name in ("config", "files"):
        (folder / name).mkdir()
    (folder / "config" / "secret_key.txt").write_text(secrets.token_hex())
    env = _configure(folder)
    servers.give(folder)
    servers.run(["bundle", "install", "--local", "--quiet"], folder, env)
    (folder / "keys.json").write_text(servers.run(["ruby", "redmine_setup.rb"], folder, env))
    shutil.rmtree(folder / "log")


@contextlib.contextmanager
def run(folder: Path, log: Path, options: Mapping[str, str]) -> Iterator[_Running]:
    """Run the instance in `folder`; `options` are settings of Redmine's administration."""
    env = {**_configure(folder), "RAILS_LOG_TO_STDOUT": "1"}
    _choose(folder, options)
    keys = json.loads((folder / "keys.json").read_text())
    with servers.port_of_its_own() as port:
        peer = Peer("redmine", f"http://127.0.0.1:{port}", keys["reporter"], "", _PROJECT)
        threads = f"{_THREADS}:{_THREADS}"  # at least and at most
        command = ["puma", "--bind", f"tcp://127.0.0.1:{port}", "--threads", threads, "config.ru"]
        with servers.Server(command, folder, log, f"{peer.url}/users/current.json", env) as server:
            yield _Running(peer, server, folder, keys)


class _Running(servers.Instance):
    """See `scripts.ticket_systems.Running`."""

    def tickets(self) -> list[str]:
        # Not read only: after a server that was killed, the first to look has to put its database in order.
        with contextlib.closing(sqlite3.connect(self.folder / _DATABASE, _PATIENCE_SECONDS)) as database:
            return [str(number) for (number,) in database.execute("SELECT id FROM issues ORDER BY id")]

    def close(self, ticket: str) -> None:
        request = urllib.request.Request(
            f"{self.peer.url}/issues/{ticket}.json",
            data=json.dumps({"issue": {"status_id": self.secrets["closed"]}}).encode(), method="PUT",
            headers={"X-Redmine-API-Key": self.secrets["lead"], "Content-Type": "application/json"},
        )  # fmt: skip
        servers.DIRECT.open(request, timeout=_PATIENCE_SECONDS).close()


def _configure(folder: Path) -> dict[str, str]:
    """Write where the database is; gives the environment in which Redmine has all its data in `folder`.

    Debian looks for an instance by its name in a folder of the system's; this “name” leads out of there.
    """
    settings = {"adapter": "sqlite3", "database": str(folder / _DATABASE), "pool": _THREADS + 1}
    (folder / "config" / "database.yml").write_text(json.dumps({"production": settings}))  # JSON is YAML
    return {
        "BUNDLE_GEMFILE": str(folder / "Gemfile"),
        "REDMINE_INSTANCE": _ROOT + str(folder).lstrip("/"),
        "RAILS_ENV": "production",
    }


def _choose(folder: Path, options: Mapping[str, str]) -> None:
    """Store settings as its administration does; ValueError when Redmine has none of that name."""
    known = re.findall(r"^(\w+):", (_REDMINE / "config" / "settings.yml").read_text(), re.MULTILINE)
    if unknown := options.keys() - known:
        raise ValueError(f"{NAME} has no such settings: {', '.join(sorted(unknown))}")
    with contextlib.closing(sqlite3.connect(folder / _DATABASE)) as database, database:
        database.executemany("DELETE FROM settings WHERE name = ?", [(name,) for name in options])
        added = "INSERT INTO settings (name, value, updated_on) VALUES (?, ?, CURRENT_TIMESTAMP)"
        database.executemany(added, options.items())
