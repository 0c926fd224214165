"""Stages for tests: a bus of its own, portals on it, and a sway without a monitor around all that.

sway refuses to run as root: there it runs in a user namespace, where it is somebody else, and the rest is
as it would be. Everything has folders of its own and ends with the block.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.screen import wait_until
from tests.wayland.backend import NAME

_LIBEXEC = ("/usr/libexec", "/usr/lib")
_ROOT = Path(__file__).parents[2]
_WLR = "org.freedesktop.impl.portal.desktop.wlr"
_LEFT_OUT = ("DISPLAY", "WAYLAND_DISPLAY", "SWAYSOCK", "DBUS_SESSION_BUS_ADDRESS", "XDG_CURRENT_DESKTOP")

_BUS = """<busconfig>
<type>session</type>
<listen>unix:tmpdir=/tmp</listen>
%s
<policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy>
</busconfig>
"""

Environ = dict[str, str]


class Running:
    """A process and the JSON lines it has said."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if line.endswith("\n"):  # else it was ended in the middle of a line
                self.said.append(json.loads(line))

    def end(self) -> None:
        """End it, and read what it had still to say."""
        self.process.kill()
        self._reader.join(20)

    def events(self, name: str) -> list[dict[str, Any]]:
        """All that was said under this name."""
        return [line for line in list(self.said) if line["event"] == name]

    def wait_for(self, name: str, count: int = 1) -> dict[str, Any]:
        """The latest said under this name, once it was said so often."""
        return wait_until(lambda: self.events(name)[count - 1 :], f"it says {name}")[-1]

    def command(self, line: str) -> None:
        """Give a command on its standard input."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


@contextlib.contextmanager
def started(command: list[str], environ: Mapping[str, str], **how: Any) -> Iterator[subprocess.Popen[str]]:
    """A process for the time of the block."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    alone = {"env": dict(environ), "cwd": _ROOT, "text": True, "start_new_session": True}
    # sway has Xwayland dump its memory into the working directory when it ends badly.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    process = subprocess.Popen(command, **{**quiet, **alone, **how})
    try:
        yield process
    finally:
        process.terminate()  # sway ends what it has started only when it is asked to end
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


@contextlib.contextmanager
def speaking(command: list[str], environ: Mapping[str, str]) -> Iterator[Running]:
    """A process of ours that says `ready` and what happens then."""
    with started(command, environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None) as process:
        running = Running(process)
        try:
            running.wait_for("ready")
            yield running
        finally:
            running.end()


@contextlib.contextmanager
def home() -> Iterator[Environ]:
    """The environment of somebody who has just signed in to nothing: folders of their own, no desktop."""
    # In the usual place for such folders: names of sockets must be short.
    folder = Path(tempfile.mkdtemp(prefix="snp-"))
    (folder / "run").mkdir(mode=0o700)
    try:
        yield {
            **{name: value for name, value in os.environ.items() if name not in _LEFT_OUT},
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_SESSION_TYPE": "tty",
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def bus(environ: Environ, services: bool = False) -> Iterator[Environ]:
    """The same with a message bus, which starts the services of this machine only where they are wanted."""
    if not shutil.which("dbus-daemon"):
        pytest.skip("dbus-daemon is missing: Debian package dbus-daemon")
    config = Path(environ["HOME"], "bus.conf")
    config.write_text(_BUS % ("<standard_session_servicedirs/>" if services else ""))
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"]
    with started(command, environ, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout
        yield {**environ, "DBUS_SESSION_BUS_ADDRESS": daemon.stdout.readline().strip()}


@contextlib.contextmanager
def fake_portal(environ: Environ, **how: object) -> Iterator[Running]:
    """A portal that behaves as it is told: see fake_portal.py."""
    with speaking([sys.executable, "-m", "tests.wayland.fake_portal", json.dumps(how)], environ) as portal:
        yield portal


# --- sway -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sway:
    """A running sway: its environment, and what stands in for its person."""

    environ: Environ
    backend: Running | None = None

    def message(self, *words: str) -> Any:
        """What `swaymsg` answers."""
        done = subprocess.run(
            ["swaymsg", "-r", *words],
            env=self.environ,
            check=True,
            capture_output=True,
            text=True,
            timeout=20,
        )
        return json.loads(done.stdout) if done.stdout.strip() else None


def _libexec(program: str) -> str:
    places = [Path(folder, program) for folder in _LIBEXEC]
    return str(next((place for place in places if place.exists()), ""))


def missing() -> str:
    """Why there can be no sway here, as the name of what is missing; "" where there can."""
    for program in ("sway", "swaymsg", "swaybg", "Xwayland", "dbus-daemon", "pipewire", "grim"):
        if not shutil.which(program):
            return f"{program} is missing: scripts/prepare wayland"
    for program in ("xdg-desktop-portal", "xdg-desktop-portal-wlr"):
        if not _libexec(program):
            return f"{program} is missing: scripts/prepare wayland"
    if (
        os.geteuid() == 0
        and subprocess.run([*_not_root(), "true"], check=False, capture_output=True).returncode
    ):
        return "sway does not run as root, and there are no user namespaces here"
    return ""


def _not_root() -> list[str]:
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []


@contextlib.contextmanager
def sway(config: str = "", xwayland: bool = True, user_config: bool = False) -> Iterator[Sway]:
    """A sway of 1280×800 on blue ground; `config` is added to its configuration.

    With `user_config` that is where sway looks by itself.
    """
    if reason := missing():
        pytest.skip(reason)
    with home() as environ:
        folder = Path(environ["HOME"])
        file = Path(environ["XDG_CONFIG_HOME"], "sway", "config") if user_config else folder / "sway.conf"
        told = folder / "told"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            "output HEADLESS-1 mode 1280x800 position 0 0\noutput HEADLESS-1 bg #336699 solid_color\n"
            f"xwayland {'force' if xwayland else 'disable'}\ndefault_border none\n{config}\n"
            f"exec sh -c 'env > {told}.new && mv {told}.new {told}'\n"
        )
        headless = {
            **environ,
            "WLR_BACKENDS": "headless",
            "WLR_RENDERER": "pixman",
            "WLR_LIBINPUT_NO_DEVICES": "1",
        }
        choice = [] if user_config else ["-c", str(file)]
        with started([*_not_root(), "sway", *choice], headless):
            wait_until(told.exists, "sway runs what it is told to")
            lines = dict(line.split("=", 1) for line in told.read_text().splitlines() if "=" in line)
            own = {name: lines[name] for name in ("WAYLAND_DISPLAY", "SWAYSOCK", "DISPLAY") if name in lines}
            if not xwayland:
                own.pop("DISPLAY", None)
            running = Sway({**environ, **own, "XDG_CURRENT_DESKTOP": "sway", "XDG_SESSION_TYPE": "wayland"})
            wait_until(lambda: _painted(running), "the ground is painted")
            yield running


def _painted(running: Sway) -> bool:
    command = ["grim", "-t", "ppm", "-g", "300,200 1x1", "-"]
    done = subprocess.run(command, env=running.environ, check=False, capture_output=True)
    return done.stdout[-3:] == b"\x33\x66\x99"


@contextlib.contextmanager
def portals(
    running: Sway, answer: str = "yes", wlr: bool = False, without: tuple[str, ...] = ()
) -> Iterator[Sway]:
    """The real portal; ours answers for the person, takes pictures and gives keys.

    With `wlr` sway's own part takes the pictures, always into the same file: for one test at a time.
    """
    folder = Path(running.environ["HOME"], "portals")
    folder.mkdir()
    ours = {"Access", "GlobalShortcuts", "Screenshot"} - set(without) - ({"Screenshot"} if wlr else set())
    for service, parts in ((NAME, ours), (_WLR, {"Screenshot"} if wlr else set())):
        interfaces = "".join(f"org.freedesktop.impl.portal.{part};" for part in sorted(parts))
        text = f"[portal]\nDBusName={service}\nInterfaces={interfaces}\nUseIn=sway;\n"
        (folder / f"{service.rpartition('.')[2]}.portal").write_text(text)
    with contextlib.ExitStack() as stack:
        told = stack.enter_context(
            bus({**running.environ, "XDG_DESKTOP_PORTAL_DIR": str(folder)}, services=True)
        )
        stack.enter_context(started(["pipewire"], told))
        wait_until(Path(told["XDG_RUNTIME_DIR"], "pipewire-0").exists, "pipewire listens")
        backend = stack.enter_context(speaking([sys.executable, "-m", "tests.wayland.backend", answer], told))
        programs = {_WLR: "xdg-desktop-portal-wlr"} if wlr else {}
        for name, program in {**programs, "org.freedesktop.portal.Desktop": "xdg-desktop-portal"}.items():
            stack.enter_context(started([_libexec(program)], told))
            wait_until(lambda name=name: _on_bus(told, name), f"{name} is on the bus")
        yield Sway(told, backend)


def _on_bus(environ: Environ, name: str) -> bool:
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import open_dbus_connection

    with open_dbus_connection(environ["DBUS_SESSION_BUS_ADDRESS"]) as connection:
        return bool(connection.send_and_get_reply(message_bus.NameHasOwner(name)).body[0])
