"""Request Tracker 5 from Debian's packages: SQLite, a few workers, no mail.

Queue “Support” takes reports; in “Closed shop” the reporter may create nothing. Options are RT's own settings
(`MaxAttachmentSize=5_000_000`, `DropLongAttachments=1`: without the second the first limits nothing).
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.ticket_systems import Peer, servers

NAME = "Request Tracker 5"
_PROGRAMS = Path(__file__).parent / "programs"
_SETUP = _PROGRAMS / "rt_setup.pl"
RECIPE = (Path(__file__), _SETUP)

_SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
_SETUP_DATABASE = "rt-setup-database-5"
_QUEUE = "Support"
_WORKERS = 4  # one that is busy with an upload must not keep the others waiting

# At RT's cost of bcrypt every request takes 250 ms to look at its token, and tests make thousands.
# RT's paths of its own are variables, not settings: what it compiles belongs in the folder too.
_SETTINGS = """\
Set($rtname, 'peer');
Set($Organization, 'peer.example.com');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/rt.sqlite');
Set($MailCommand, 'sendmailpipe');
Set($SendmailPath, '/bin/true');
Set($BcryptCost, 4);
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'info');
{options}
$RT::VarPath = '{folder}';
$RT::MasonDataDir = '{folder}/mason';
$RT::MasonSessionDir = '{folder}/sessions';
1;
"""


def why_not() -> str:
    """Why it cannot run here, with the next step; "" when it can."""
    if _SERVER.exists() and shutil.which(_SETUP_DATABASE, path=servers.PATH):
        return ""
    return f"{NAME} is not installed here: scripts/peers install installs it."


def version() -> str:
    """The version of the installed package."""
    command = ["dpkg-query", "-W", "-f", "${Version}", "request-tracker5"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.replace("/", "-")


def install() -> None:
    """Nothing: Debian's packages bring all."""


def make_template(folder: Path) -> None:
    """Create the database, the queues, the users and their tokens."""
    env = _configure(folder, 80, {})
    for name in ("mason", "sessions"):
        (folder / name).mkdir()
    servers.give(folder)
    servers.run([_SETUP_DATABASE, "--action", "init", "--skip-create"], folder, env)
    tokens = servers.run(["perl", "-"], folder, env, _SETUP.read_text())
    (folder / "tokens.json").write_text(tokens)


@contextlib.contextmanager
def run(folder: Path, log: Path, options: Mapping[str, str]) -> Iterator[_Running]:
    """Run the instance in `folder`; `options` are settings of RT."""
    with servers.port_of_its_own() as port:
        env = _configure(folder, port, options)
        tokens = json.loads((folder / "tokens.json").read_text())
        peer = Peer("rt", f"http://127.0.0.1:{port}", tokens["reporter"], "", _QUEUE)
        command = [str(_SERVER), "--server", "Starlet", "--max-workers", str(_WORKERS)]
        listening = ["--host", "127.0.0.1", "--port", str(port)]
        with servers.Server([*command, *listening], folder, log, f"{peer.url}/REST/2.0/rt", env) as server:
            yield _Running(peer, server, folder, tokens)


class _Running(servers.Instance):
    """See `scripts.ticket_systems.Running`."""

    def tickets(self) -> list[str]:
        database = sqlite3.connect(f"file:{self.folder}/rt.sqlite?mode=ro", uri=True)
        with contextlib.closing(database):
            return [str(number) for (number,) in database.execute("SELECT id FROM Tickets ORDER BY id")]

    def close(self, ticket: str) -> None:
        request = urllib.request.Request(
            f"{self.peer.url}/REST/2.0/ticket/{ticket}",
            data=b'{"Status": "resolved"}', method="PUT",
            headers={"Authorization": f"token {self.secrets['root']}", "Content-Type": "application/json"},
        )  # fmt: skip
        servers.DIRECT.open(request, timeout=30).close()


def _configure(folder: Path, port: int, options: Mapping[str, str]) -> dict[str, str]:
    """Write RT's settings; gives the environment in which RT reads these and no others."""
    chosen = "\n".join(f"Set(${name}, {_literal(value)});" for name, value in options.items())
    settings, none = folder / "RT_SiteConfig.pm", folder / "RT_SiteConfig.d"
    settings.write_text(_SETTINGS.format(folder=folder, port=port, options=chosen))
    none.mkdir(exist_ok=True)
    return {"RT_SITE_CONFIG": str(settings), "RT_SITE_CONFIG_DIR": str(none)}


def _literal(value: str) -> str:
    """A value as Perl writes it; a quoted `5_000_000` would count as 5."""
    if re.fullmatch(r"[0-9_]+", value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
