"""Logins for proxies: kept in a real keyring or in memory only, never written down, never waited for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapper.delivery import credentials, vault
from snapper.delivery.credentials import Kept, Place
from snapper.delivery.route import Login
from snapper.errors import Unavailable

PROXY = "proxy.example:3128"
CANARY = "c4n4ry-p4ssw0rd"
LOGIN = Login("anna", CANARY)

needs_keyring = pytest.mark.skipif(
    not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")),
    reason="needs a real keyring: Debian packages gnome-keyring and dbus",
)


def forget_all() -> None:
    """What the end of the process forgets."""
    for kept in (credentials._memory, credentials._seen, credentials._users, vault._stuck):
        kept.clear()


@pytest.fixture(autouse=True)
def nothing_in_memory() -> Iterator[None]:
    """Each test begins with an empty memory."""
    forget_all()
    yield
    forget_all()


class FakeKeyring:
    """A keyring in the place of the system's."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        return self.held.get((service, name))

    def set_password(self, service: str, name: str, secret: str) -> None:
        self.held[service, name] = secret

    def delete_password(self, service: str, name: str) -> None:
        del self.held[service, name]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> FakeKeyring:
    """A keyring that works."""
    made = FakeKeyring()
    monkeypatch.setattr(vault, "_keyring", lambda: made)
    return made


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """No keyring at all."""
    monkeypatch.setattr(vault, "_SAFE", ())


def test_a_login_that_is_not_to_be_remembered_stays_in_memory(keyring: FakeKeyring) -> None:
    assert credentials.keep(PROXY, LOGIN, remember=False) == Kept(Place.MEMORY)
    assert credentials.find(PROXY.upper()) == LOGIN
    assert keyring.held == {}


def test_a_remembered_login_outlives_the_process(keyring: FakeKeyring) -> None:
    assert credentials.keep(PROXY, LOGIN, remember=True) == Kept(Place.KEYRING)
    forget_all()
    assert credentials.find(PROXY) == LOGIN
    assert credentials.last_user(PROXY) == "anna"
    assert credentials.find("other.example:3128") is None
    assert [service for service, _ in keyring.held] == [credentials.SERVICE]


def test_a_login_not_remembered_replaces_an_older_one_that_was(keyring: FakeKeyring) -> None:
    credentials.keep(PROXY, Login("anna", "old"), remember=True)
    credentials.keep(PROXY, LOGIN, remember=False)
    assert keyring.held == {}


def test_a_forgotten_login_is_nowhere(keyring: FakeKeyring) -> None:
    credentials.keep(PROXY, LOGIN, remember=True)
    assert credentials.forget(PROXY)
    assert credentials.find(PROXY) is None
    assert (keyring.held, credentials.last_user(PROXY)) == ({}, "")
    assert not credentials.forget(PROXY)


def test_a_refused_login_is_gone_but_for_the_user_name(keyring: FakeKeyring) -> None:
    credentials.keep(PROXY, LOGIN, remember=True)
    credentials.refused(PROXY)
    assert credentials.find(PROXY) is None
    assert credentials.last_user(PROXY) == LOGIN.user


def test_passwords_in_use_are_told_for_taking_them_out_of_what_leaves(keyring: FakeKeyring) -> None:
    credentials.keep(PROXY, LOGIN, remember=True)
    credentials.keep("other.example:3128", Login("ben", "second"), remember=False)
    assert {LOGIN.password, "second"} <= set(credentials.passwords_in_use())
    forget_all()
    assert credentials.passwords_in_use() == ()


def test_what_another_process_puts_in_or_removes_is_noticed(keyring: FakeKeyring) -> None:
    credentials.keep(PROXY, Login("anna", "old"), remember=True)
    keyring.held[credentials.SERVICE, PROXY] = json.dumps({"user": "anna", "password": CANARY})
    assert credentials.find(PROXY) == LOGIN
    keyring.held.clear()
    assert credentials.find(PROXY) is None


def test_a_keyring_that_is_locked_later_on_does_not_lose_the_login(
    keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials.keep(PROXY, LOGIN, remember=True)

    def locked(keyring: object) -> bool:
        raise Unavailable("locked")

    monkeypatch.setattr(vault, "_readable", locked)
    assert credentials.find(PROXY) == LOGIN


def test_without_a_keyring_it_is_kept_in_memory_and_said(no_keyring: None) -> None:
    kept = credentials.keep(PROXY, LOGIN, remember=True)
    assert kept == Kept(Place.MEMORY, "This computer has no keyring that snapper can use.")
    assert vault.problem() == kept.reason
    assert credentials.find(PROXY) == LOGIN
    assert credentials.forget(PROXY)


@pytest.mark.parametrize("secret", ["", "not json", "[]", '{"user": "anna"}', "null", "3"])
def test_what_snapper_has_not_written_is_no_login(keyring: FakeKeyring, secret: str) -> None:
    keyring.held[credentials.SERVICE, PROXY] = secret
    assert credentials.find(PROXY) is None


def test_a_keyring_that_fails_says_nothing_of_the_password(
    keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(service: str, name: str, secret: str) -> None:
        raise RuntimeError(f"cannot write {secret}")

    monkeypatch.setattr(keyring, "set_password", fail)
    caplog.set_level(0)
    kept = credentials.keep(PROXY, LOGIN, remember=True)
    assert kept == Kept(Place.MEMORY, "This computer's keyring did not take it.")
    assert CANARY not in caplog.text + repr(kept) + repr(LOGIN)
    assert credentials.find(PROXY) == LOGIN


def test_a_keyring_that_hangs_is_waited_for_once(
    keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does that asks a person, who is not there."""
    answer, calls = threading.Event(), []

    def hang(service: str, name: str) -> str | None:
        calls.append(name)
        answer.wait(60)
        return json.dumps({"user": "anna", "password": CANARY})

    monkeypatch.setattr(vault, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(keyring, "get_password", hang)
    assert credentials.find(PROXY) is None
    assert credentials.find(PROXY) is None
    assert len(calls) == 1
    with pytest.raises(Unavailable, match="does not answer"):
        credentials.forget(PROXY)
    [stuck] = vault._stuck
    answer.set()
    stuck.join(20)
    monkeypatch.setattr(vault, "PATIENCE_SECONDS", 20.0)
    assert credentials.find(PROXY) == LOGIN


def test_only_keyrings_that_encrypt_are_used_whatever_python_is_set_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backend that writes plain files, named by the setting that Python programs share."""
    (tmp_path / "plain_files.py").write_text(
        "from pathlib import Path\n"
        "from keyring.backend import KeyringBackend\n"
        "class Keyring(KeyringBackend):\n"
        "    priority = 99\n"
        f"    file = Path({str(tmp_path / 'secrets')!r})\n"
        "    def get_password(self, service, name): return None\n"
        "    def set_password(self, service, name, secret): self.file.write_text(secret)\n"
        "    def delete_password(self, service, name): pass\n"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(tmp_path), str(Path(__file__).parents[1]))),
        "PYTHON_KEYRING_BACKEND": "plain_files.Keyring",
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/nothing",
    }
    code = f"""
import keyring
from snapper.delivery import credentials, vault
from snapper.delivery.route import Login
assert type(keyring.get_keyring()).__module__ == "plain_files"
print(credentials.keep({PROXY!r}, Login("anna", {CANARY!r}), remember=True).place)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == ("memory", "")
    assert not (tmp_path / "secrets").exists()


# --- a real Secret Service ----------------------------------------------------------------------------------

_STEPS = f"""
import json, sys
from contextlib import closing
import secretstorage
from snapper.delivery import credentials, vault
from snapper.delivery.route import Login

def lock():
    with closing(secretstorage.dbus_init()) as bus:
        secretstorage.get_default_collection(bus).lock()

def fresh():
    credentials._memory.clear()
    credentials._seen.clear()

said = {{"problem": vault.problem()}}
said["kept"] = credentials.keep({PROXY!r}, Login("anna ü", sys.stdin.readline()), remember=True)
fresh()
said["found"] = credentials.find({PROXY!r}).user
lock(); fresh()
said["locked"] = credentials.find({PROXY!r})
try:
    credentials.forget({PROXY!r})
except Exception as error:
    said["forget"] = str(error)
print(json.dumps(said, default=lambda kept: [kept.place, kept.reason]))
"""


# Runs a command with a message bus and an unlocked keyring of its own.
KEYRING_SESSION = (
    "dbus-run-session", "--", "sh", "-c",
    'printf %s "$KEYRING_PASSWORD" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1;'
    ' exec "$@"', "sh",
)  # fmt: skip


@needs_keyring
def test_a_real_keyring_keeps_a_login_and_no_file_holds_the_password(tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")},
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "KEYRING_PASSWORD": "of the keyring itself",
    }
    done = subprocess.run(
        [*KEYRING_SESSION, sys.executable, "-c", _STEPS],
        env=environment, cwd=Path(__file__).parents[1], input=CANARY,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "problem": "",
        "kept": ["keyring", ""],
        "found": "anna ü",
        "locked": None,
        "forget": "This computer's keyring is locked. Unlock it, then try again.",
    }
    files = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()]
    assert [path for path in files if path.suffix == ".keyring"], files
    for path in files:
        assert CANARY.encode() not in path.read_bytes(), path
    assert CANARY not in done.stdout + done.stderr
