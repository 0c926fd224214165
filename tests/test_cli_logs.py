"""`logs check`, and the choice of logs by time: what is printed, what scripts get, and the exit code."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.journeys.stage import SNAPPER

BAD = "2026-08-31 11:00:04.000 ERROR [AWT-EventQueue-0] - BAD CHARACTER\n"


class Trader:
    """A computer with one settings folder of TWS."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "Jts"
        self.home.mkdir()
        (self.home / "jts.ini").write_text("[Logon]\n")
        self.environment = {
            **{
                name: text for name, text in os.environ.items() if not name.startswith(("DISPLAY", "SNAPPER"))
            },
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "SNAPPER_LOGS_FOLDERS": str(self.home),
        }

    def log(self, content: str, name: str = "launcher.log", days_ago: int = 0) -> Path:
        path = self.home / name
        path.write_text(content)
        at = (datetime.now() - timedelta(days=days_ago)).timestamp()
        os.utime(path, (at, at))
        return path

    def snapper(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*SNAPPER, "logs", *map(str, arguments)],
            env=self.environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip


@pytest.fixture
def trader(tmp_path: Path) -> Trader:
    """A trader at a computer."""
    return Trader(tmp_path)


def test_a_known_problem_in_todays_logs_is_told_with_what_helps(trader: Trader) -> None:
    trader.log(BAD)
    done = trader.snapper("check")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "This looks like: a character in the user name that cannot be in one"
    assert lines[1] == f"  launcher.log: {BAD.strip()}"
    assert "  A user name holds letters and digits only." in lines
    assert any(line.startswith("  1. Type the user name again") for line in lines)
    assert "  Telephone Client Services: this help is given by telephone alone." in lines
    assert "  Source: Troubleshooting Client Portal Login Failures, 11" in lines


def test_scripts_get_everything_as_data(trader: Trader, tmp_path: Path) -> None:
    path = tmp_path / "other.txt"
    path.write_text(BAD)
    done = trader.snapper("check", path, "--json", "-m", "login: my password is hunter2")
    assert done.returncode == 0
    data = json.loads(done.stdout)
    first, second = data["findings"]
    assert (first["id"], first["where"], first["line"]) == ("bad-character", str(path), BAD.strip())
    assert first["do"]
    assert first["contact"] == "client_services"
    assert second["id"] == "login-help-by-telephone"
    assert data["searched"] == [str(path)]
    assert "take it out" in data["credentials"]
    assert "take it out" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_nothing_known_is_said_and_is_no_failure(trader: Trader) -> None:
    trader.log("all is well\n")
    done = trader.snapper("check")
    assert (done.returncode, done.stdout) == (0, "Nothing known was found in launcher.log.\n")
    assert json.loads(trader.snapper("check", "--json").stdout)["findings"] == []


def test_a_note_alone_is_checked_where_there_are_no_logs(trader: Trader) -> None:
    done = trader.snapper("check", "-m", "Ich habe mein Sicherheitsgerät verloren")
    assert done.returncode == 0
    assert "This looks like: a security device that is lost or broken" in done.stdout


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_cannot_be_read_is_named_and_ends_with_2(trader: Trader, tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    done = trader.snapper("check", path)
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_sealed_log_is_called_so_and_not_searched(trader: Trader, tmp_path: Path) -> None:
    sealed = tmp_path / "tws.20260831.111111.ibgzenc"
    sealed.write_text(BAD)
    done = trader.snapper("check", sealed)
    assert done.returncode == 0
    assert "only IBKR can read it" in done.stderr
    assert "BAD" not in done.stdout


def test_a_further_table_is_used_and_a_wrong_one_refused(trader: Trader, tmp_path: Path) -> None:
    table = tmp_path / "own.toml"
    table.write_text(
        "[[problem]]\nid='own'\ntitle='our trouble'\nlevel='blocking'\nlog=['well']\nanswer='Ours.'\n"
        "do=[]\ncontact='none'\nsource='us'\nmatches=[]\nnear_misses=[]\n"
    )
    trader.log("all is well\n")
    assert "This looks like: our trouble" in trader.snapper("check", "--table", table).stdout
    table.write_text("[[problem]]\nid='own'\n")
    refused = trader.snapper("check", "--table", table)
    assert refused.returncode == 2
    assert "own.toml, own: title is missing" in refused.stderr


def test_earlier_days_are_a_choice_of_each_command(trader: Trader, tmp_path: Path) -> None:
    trader.log("all is well\n")
    trader.log(BAD, "launcher.20200101.log", days_ago=2)
    assert "BAD" not in trader.snapper("check").stdout
    assert "BAD CHARACTER" in trader.snapper("check", "--days", "3").stdout
    assert len(json.loads(trader.snapper("list", "--json").stdout)["files"]) == 1
    assert len(json.loads(trader.snapper("list", "--days", "3", "--json").stdout)["files"]) == 2
    small, large = tmp_path / "1.zip", tmp_path / "2.zip"
    assert trader.snapper("export", "-o", small).returncode == 0
    assert trader.snapper("export", "-o", large, "--days", "3").returncode == 0
    assert large.stat().st_size > small.stat().st_size
    assert trader.snapper("list", "--days", "8").returncode == 2


def test_a_time_cuts_the_logs(trader: Trader) -> None:
    now = datetime.now()
    lines = [
        f"{now - timedelta(minutes=ago):%Y-%m-%d %H:%M:%S}.000 INFO  [A] - {ago}\n" for ago in (50, 40, 5)
    ]
    whole = trader.log("".join(lines)).stat().st_size
    (file,) = json.loads(trader.snapper("list", "--json").stdout)["files"]
    assert file["size"] == whole
    (file,) = json.loads(trader.snapper("list", "--last", "15m", "--json").stdout)["files"]
    assert file["size"] == len(lines[-1])


@pytest.mark.parametrize(
    "options",
    [
        ("list", "--last", "soon"),
        ("check", "--between", "9"),
        ("list", "--last", "1h", "--between", "1:00-2:00"),
    ],
)
def test_a_time_that_is_none_is_refused(trader: Trader, options: tuple[str, ...]) -> None:
    trader.log("x\n")
    done = trader.snapper(*options)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_files_and_a_time_exclude_each_other(trader: Trader) -> None:
    done = trader.snapper("check", trader.log(BAD), "--last", "15m")
    assert done.returncode == 2
    assert "Leave the files out." in done.stderr
