"""What the real ticket systems have in common, tried with servers and templates that are quickly made."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

import scripts.ticket_systems as ticket_systems
from scripts.screen import wait_until
from scripts.ticket_systems import servers

_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
_PYTHON = "/usr/bin/python3"  # every user can reach it
_ANSWERS = """
import http.server, os, signal, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(404)
{before}
print("pid", os.getpid(), flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
_DEAF_AND_TWO = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if not os.fork():
    print("pid", os.getpid(), flush=True)
    time.sleep(300)
"""

pytestmark = pytest.mark.skipif(bool(servers.why_not()), reason=servers.why_not() or "none")


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Iterator[Path]:
    """A folder of the unprivileged user."""
    with servers.ground(tmp_path, "place") as (place, _):
        yield place


@pytest.fixture(name="port")
def _port() -> Iterator[int]:
    with servers.port_of_its_own() as port:
        yield port


def _server(place: Path, log: Path, port: int, program: str) -> servers.Server:
    return servers.Server([_PYTHON, "-c", program, str(port)], place, log, f"http://127.0.0.1:{port}/", {})


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _pids(log: Path) -> list[int]:
    return [int(pid) for pid in re.findall(r"^pid (\d+)$", log.read_text(), re.MULTILINE)]


def test_a_server_answers_while_it_is_wanted_and_no_longer(place: Path, tmp_path: Path, port: int) -> None:
    with _server(place, tmp_path / "log", port, _ANSWERS.format(before="")):
        assert servers.answers(f"http://127.0.0.1:{port}/")
    assert not servers.answers(f"http://127.0.0.1:{port}/")


def test_a_server_that_ends_at_once_says_its_last_words(place: Path, tmp_path: Path, port: int) -> None:
    server = _server(place, tmp_path / "log", port, "import sys; sys.exit('no such database')")
    with pytest.raises(RuntimeError, match="no such database"):
        server.start()


def test_a_server_that_never_answers_is_ended(
    place: Path, tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "_START_SECONDS", 0.2)
    with pytest.raises(AssertionError, match="it answers"):
        _server(place, tmp_path / "log", port, "import time; time.sleep(300)").start()
    assert not [child for child in psutil.Process().children() if str(port) in child.cmdline()]


def test_a_server_that_will_not_end_is_killed_with_what_it_started(
    place: Path, tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    with _server(place, log, port, _ANSWERS.format(before=_DEAF_AND_TWO)):
        wait_until(lambda: len(_pids(log)) == 2, "both have started")
        pids = _pids(log)
        assert all(map(_runs, pids))
        monkeypatch.setattr(servers, "_STOP_SECONDS", 0.5)
    wait_until(lambda: not any(map(_runs, pids)), "both are gone")


def test_a_server_outlives_the_thread_that_started_it(place: Path, tmp_path: Path, port: int) -> None:
    server = _server(place, tmp_path / "log", port, _ANSWERS.format(before=""))
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    [pid] = _pids(tmp_path / "log")
    try:
        with pytest.raises(psutil.TimeoutExpired):
            psutil.Process(pid).wait(1)
    finally:
        server.stop()


def test_a_server_ends_with_the_process_that_started_it(place: Path, tmp_path: Path, port: int) -> None:
    log, command = tmp_path / "log", [_PYTHON, "-c", _ANSWERS.format(before=""), str(port)]
    program = (
        "import signal; from pathlib import Path; from scripts.ticket_systems import servers\n"
        f"servers.Server({command!r}, Path({str(place)!r}), Path({str(log)!r}),"
        f" 'http://127.0.0.1:{port}/', {{}}).start(); print('ready', flush=True); signal.pause()"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    with starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"ready\n"
        starter.send_signal(signal.SIGKILL)
    wait_until(lambda: not servers.answers(f"http://127.0.0.1:{port}/"), "the server has ended too")


@pytest.mark.skipif(not _ROOT, reason="runs as nobody special anyway")
def test_programs_are_not_run_by_root_and_cannot_become_it(place: Path) -> None:
    uid, gids, bound = servers.run(
        ["sh", "-c", "id -u; id -G; grep NoNewPrivs /proc/self/status"], place
    ).splitlines()
    assert uid != "0"
    assert "0" not in gids.split()
    assert bound.split() == ["NoNewPrivs:", "1"]


def test_programs_find_home_and_temporary_files_in_their_folder(place: Path) -> None:
    said = servers.run(["sh", "-c", 'touch "$HOME/a" "$TMPDIR/b" && pwd && env'], place)
    assert said.startswith(f"{place}\n")
    assert (place / "a").exists()
    assert (place / "tmp" / "b").exists()
    assert "XDG_CACHE_HOME" not in said


def test_a_program_that_fails_says_its_last_words(place: Path) -> None:
    with pytest.raises(RuntimeError, match=r"^sh: one\ntwo$"):
        servers.run(["sh", "-c", "echo one; echo two >&2; exit 3"], place)


def test_what_is_written_to_a_program_reaches_it(place: Path) -> None:
    assert servers.run(["cat"], place, text="text") == "text"


@pytest.mark.skipif(not _ROOT, reason="reaches its own folders")
def test_where_the_user_cannot_reach_it_is_elsewhere_for_the_time(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with servers.ground(tmp_path, "rt") as (place, log):
        assert tmp_path not in place.parents
        assert log.parent == tmp_path
        servers.run(["touch", "here"], place)
    assert not place.exists()
    assert not list(tmp_path.glob("rt-*"))


def test_where_the_user_can_reach_it_stays_in_the_folder() -> None:
    with tempfile.TemporaryDirectory() as name:
        (folder := Path(name)).chmod(0o755)
        with servers.ground(folder, "rt") as (place, log):
            assert place.parent == log.parent == folder
            servers.run(["touch", "here"], place)
        assert (place / "here").exists()


def test_a_copy_belongs_to_the_user_links_included(place: Path, tmp_path: Path) -> None:
    template = tmp_path / "template"
    (template / "folder").mkdir(parents=True)
    (template / "folder" / "file").write_text("data")
    (template / "link").symlink_to("folder/file")
    servers.copy(template, place)
    assert (place / "link").is_symlink()
    servers.run(["sh", "-c", "echo more >>folder/file && touch folder/new"], place)
    assert (place / "folder" / "file").read_text() == "datamore\n"
    assert (template / "folder" / "file").read_text() == "data"


def test_a_port_is_given_once(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(servers, "_PORTS", [port] * 500)
    with pytest.raises(RuntimeError, match="No port is free"), servers.port_of_its_own():
        pass


def test_a_port_on_which_somebody_listens_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(servers, "_PORTS", [taken.getsockname()[1]] * 500)
        with pytest.raises(RuntimeError, match="No port is free"), servers.port_of_its_own():
            pass


def test_a_port_that_was_given_back_is_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with servers.port_of_its_own() as port:
        pass
    monkeypatch.setattr(servers, "_PORTS", [port] * 500)
    with servers.port_of_its_own() as again:
        assert again == port


class _Toy(types.ModuleType):
    """A system whose instance is one file."""

    NAME = "Toy"

    def __init__(self, recipe: Path) -> None:
        super().__init__("toy")
        self.RECIPE, self.made, self.broken, self.missing = (recipe,), 0, False, ""

    def why_not(self) -> str:
        return self.missing

    def version(self) -> str:
        return "1.0"

    def install(self) -> None:
        pass

    def make_template(self, folder: Path) -> None:
        self.made += 1
        (folder / "data").write_text("as new")
        servers.give(folder)
        if self.broken:
            raise RuntimeError("no")

    @contextlib.contextmanager
    def run(self, folder: Path, log: Path, options: Mapping[str, str]) -> Iterator[Path]:
        log.write_text(repr(dict(options)))
        yield folder / "data"


@pytest.fixture(name="toy")
def _toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Toy:
    recipe = tmp_path / "recipe"
    recipe.write_text("one")
    toy = _Toy(recipe)
    monkeypatch.setitem(ticket_systems.SYSTEMS, "toy", "toy_system")
    monkeypatch.setitem(sys.modules, "toy_system", toy)
    return toy


def test_the_template_is_made_once_and_copied_for_each(toy: _Toy, tmp_path: Path) -> None:
    for _ in range(2):
        with ticket_systems.start("toy", tmp_path) as data:
            assert isinstance(data, Path)
            assert data.read_text() == "as new"
            data.write_text("changed")
    assert toy.made == 1


def test_the_template_is_made_anew_when_its_recipe_changes(toy: _Toy) -> None:
    ticket_systems.install("toy")
    toy.RECIPE[0].write_text("two")
    ticket_systems.install("toy")
    assert toy.made == 2


def test_half_a_template_is_none(toy: _Toy, tmp_path: Path) -> None:
    toy.broken = True
    with pytest.raises(RuntimeError, match="no"):
        ticket_systems.install("toy")
    toy.broken = False
    with ticket_systems.start("toy", tmp_path) as data:
        assert isinstance(data, Path)
        assert data.read_text() == "as new"
    assert toy.made == 2


def test_a_template_nobody_uses_is_forgotten_and_others_are_kept(toy: _Toy) -> None:
    made = []
    for recipe in ("one", "two", "three"):
        toy.RECIPE[0].write_text(recipe)
        before = set((servers.cache()).rglob("toy-*"))
        ticket_systems.install("toy")
        made += sorted(set(servers.cache().rglob("toy-*")) - before)
        if recipe == "one":
            long_ago = time.time() - ticket_systems._KEPT_SECONDS - 60
            os.utime(made[0], (long_ago, long_ago))
    assert [template.exists() for template in made] == [False, True, True]


def test_an_old_template_in_use_is_kept(toy: _Toy) -> None:
    ticket_systems.install("toy")
    [template] = servers.cache().rglob("toy-*")
    long_ago = time.time() - ticket_systems._KEPT_SECONDS - 60
    os.utime(template, (long_ago, long_ago))
    ticket_systems.install("toy")
    assert template.exists()
    assert toy.made == 1


def test_options_reach_the_system(toy: _Toy, tmp_path: Path) -> None:
    with ticket_systems.start("toy", tmp_path, options={"limit": "5"}):
        [log] = tmp_path.glob("toy-*.log")
        assert log.read_text() == "{'limit': '5'}"


def test_what_cannot_run_says_why_and_is_not_started(toy: _Toy, tmp_path: Path) -> None:
    toy.missing = "Toy is not installed here: buy one."
    assert ticket_systems.why_not("toy") == toy.missing
    with pytest.raises(RuntimeError, match="buy one"), ticket_systems.start("toy", tmp_path):
        pass
    assert toy.made == 0


def test_without_its_tool_nothing_runs_here(toy: _Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert "Debian" in ticket_systems.why_not("toy")
