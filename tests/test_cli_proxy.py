"""`snapper proxy`, and what the command line says of an obstacle; with a keyring and without one."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import wait_until
from snapper.answer import Todo
from snapper.bundle import attach_bytes
from snapper.cli.proxy_commands import proxy_address
from snapper.delivery.causes import Cause
from snapper.errors import Obstacle, UsageError
from snapper.outbox import Outbox
from snapper.report import Kind, Report, timestamp
from snapper.state import Delivery, Entry, State
from tests.journeys.stage import SNAPPER
from tests.test_credentials import KEYRING_SESSION, needs_keyring

PROXY = "proxy.example:3128"
CANARY = "c4n4ry-p4ssw0rd"
FOR_IT = "Please tell the user how to sign in to the proxy proxy.example:3128."
WANTS = Obstacle(Cause.PROXY_WANTS_PASSWORD, PROXY, FOR_IT)


class Computer:
    """A computer without a screen, a desk or a keyring."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outbox = Outbox(folder / "outbox")
        kept_out = ("DISPLAY", "WAYLAND", "SNAPPER", "DBUS", "PYTHON_KEYRING", "HTTP", "http")
        self.environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith(kept_out)},
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/nothing",
            "SNAPPER_DELIVERY_URL": "http://127.0.0.1:9",
            "SNAPPER_OUTBOX_FOLDER": str(self.outbox.folder),
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_RUNTIME_DIR": str(folder),
        }

    def snapper(self, *arguments: str, text: str = "", before: tuple[str, ...] = ()) -> tuple[int, str, str]:
        """Run a command; its exit code and what it said on stdout and stderr."""
        done = subprocess.run(
            [*before, *SNAPPER, *arguments],
            env=self.environment, input=text, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert "mistake of its own" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    def kept(self, obstacle: Obstacle, state: State = State.BLOCKED) -> Entry:
        """A report that met an obstacle, and is due in an hour."""
        with self.outbox.prepare() as preparation:
            part = attach_bytes(preparation.folder, "screenshot.png", b"png", Kind.SCREENSHOT, "image/png")
            report = Report(preparation.id, timestamp(time.time()), "It froze.", attachments=(part,))
            preparation.accept(report, Todo())
            preparation.seal(report)
            entry = preparation.publish()
        sentence = "The proxy proxy.example:3128 wants a user name and a password (Basic)."
        with self.outbox.hold(entry.id) as held:
            assert held
            later = time.time() + 3600
            held.record(Delivery(state, 1, later, sentence, "Sign in.", obstacle=obstacle))
        return self.outbox.entry(entry.id)


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    """A computer on which no file holds the canary password at the end."""
    made = Computer(tmp_path)
    yield made
    for path in tmp_path.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert CANARY.encode() not in path.read_bytes(), path


# --- the obstacle -------------------------------------------------------------------------------------------


def test_the_obstacle_is_in_the_data_and_its_text_for_it_is_pointed_to(computer: Computer) -> None:
    entry = computer.kept(WANTS)
    [data] = json.loads(computer.snapper("outbox", "--json")[1])
    assert data["obstacle"] == {"cause": "proxy-wants-password", "at": PROXY, "for_it": FOR_IT}
    shown = computer.snapper("outbox", "show", entry.id)[1]
    assert "wants a user name and a password (Basic). Sign in." in shown
    assert "tried again at" in shown
    [line] = [line for line in shown.splitlines() if line.startswith("for IT")]
    assert line == f"for IT   “snapper outbox show {entry.id[-8:]} --for-it” prints a text to send them"
    assert computer.snapper("outbox", "show", entry.id[-8:], "--for-it") == (0, f"{FOR_IT}\n", "")
    as_data = computer.snapper("outbox", "show", entry.id, "--for-it", "--json")[1]
    assert json.loads(as_data) == {"for_it": FOR_IT}


def test_without_a_text_for_it_there_is_none_to_show(computer: Computer) -> None:
    entry = computer.kept(Obstacle(Cause.NO_NETWORK))
    assert "for IT" not in computer.snapper("outbox", "show", entry.id)[1]
    code, out, err = computer.snapper("outbox", "show", entry.id, "--for-it")
    assert (code, out) == (2, "")
    assert "nothing to ask the IT department" in err


def test_what_was_stopped_by_a_rule_is_sent_only_when_told_to(computer: Computer) -> None:
    entry = computer.kept(Obstacle(Cause.DATA_PROTECTION, "proxy"), State.STOPPED)
    assert "sent only when you say so" in computer.snapper("outbox", "show", entry.id)[1]


def test_a_report_that_is_not_held_back_is_released_without_a_question(computer: Computer) -> None:
    entry = computer.kept(WANTS)
    code, out, err = computer.snapper("outbox", "release", entry.id)
    assert (code, out) == (2, "")
    assert err == "snapper: This report is not held back. “snapper outbox” shows how it stands.\n"


def test_an_export_into_a_folder_names_all_files_and_says_that_it_goes_on(computer: Computer) -> None:
    entry, folder = computer.kept(WANTS), computer.folder / "stick"
    folder.mkdir()
    code, out, err = computer.snapper("outbox", "export", entry.id, "-o", str(folder), "--json")
    data = json.loads(out)
    stem = folder / f"snapper-{entry.id[-8:]}"
    assert data["file"] == f"{stem}.zip"
    assert data["files"] == [f"{stem}.zip", f"{stem}.png", str(folder / "how-to-send.txt")]
    assert (code, data["flaws"]) == (0, [])
    assert err == "snapper: The report stays in the outbox and goes on being tried.\n"
    (computer.outbox.folder / entry.id / "screenshot.png").unlink()
    code, out, err = computer.snapper("outbox", "export", entry.id, "-o", str(folder / "one.zip"))
    assert (code, out) == (1, f"{folder / 'one.zip'}\n")
    assert "screenshot.png is missing" in err


# --- signing in ---------------------------------------------------------------------------------------------


def login(computer: Computer, *arguments: str, before: tuple[str, ...] = ()) -> tuple[int, str, str]:
    command = ("proxy", "login", *arguments, "--user", "anna", "--password-stdin")
    return computer.snapper(*command, text=f"{CANARY}\n", before=before)


def test_without_a_keyring_and_a_waiting_report_there_is_nothing_to_keep_it_for(computer: Computer) -> None:
    code, out, err = login(computer, PROXY)
    assert (code, out) == (1, "")
    assert "This computer has no keyring that snapper can use. Start snapper: " in err


def test_without_a_keyring_what_waits_is_tried_and_the_login_forgotten(computer: Computer) -> None:
    entry = computer.kept(WANTS)
    computer.kept(Obstacle(Cause.DROPPED, "desk.example:443"))
    code, out, err = login(computer, "--json")
    data = json.loads(out)
    assert (data["proxy"], data["kept"]) == (PROXY, "memory")
    assert [(each["id"], each["attempts"]) for each in data["reports"]] == [(entry.id, 2)]
    assert code == 3
    assert "no keyring that snapper can use. The login is used now and then forgotten." in err
    assert CANARY not in out + err


def test_a_password_is_asked_for_without_showing_it(computer: Computer) -> None:
    computer.kept(WANTS)
    ours, theirs = pty.openpty()
    command = [*SNAPPER, "proxy", "login", "--user", "anna"]
    process = subprocess.Popen(
        command, env=computer.environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    seen = bytearray()

    def read_until(text: bytes) -> None:
        while text not in seen:
            seen.extend(os.read(ours, 1000))

    read_until(b"Password:")
    os.write(ours, f"{CANARY}\n".encode())
    read_until(b"forgotten")
    wait_until(lambda: process.poll() is not None, "it ends")
    os.close(ours)
    assert b"not the one for TWS" in seen
    assert CANARY.encode() not in seen


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "No waiting report names a proxy that wants a login. Name the proxy:"),
        (("proxy.example",), "needs its host and port"),
        ((f"http://anna:{CANARY}@proxy.example:3128",), "must not hold a user name or a password"),
    ],
)
def test_a_proxy_that_is_not_known_is_asked_for(
    computer: Computer, arguments: tuple[str, ...], words: str
) -> None:
    code, out, err = login(computer, *arguments)
    assert (code, out) == (2, "")
    assert words in err and CANARY not in err


def test_several_proxies_have_to_be_chosen_from(computer: Computer) -> None:
    computer.kept(WANTS)
    computer.kept(Obstacle(Cause.PROXY_WRONG_PASSWORD, "other.example:8080"))
    code, _, err = login(computer)
    assert code == 2
    assert "Choose one: other.example:8080, proxy.example:3128." in err


@pytest.mark.parametrize("arguments", [("--password-stdin",), ("--user", "anna"), ()])
def test_a_script_has_to_give_both_parts(computer: Computer, arguments: tuple[str, ...]) -> None:
    code, _, err = computer.snapper("proxy", "login", PROXY, *arguments, text=f"{CANARY}\n")
    assert code == 2
    assert "--password-stdin" in err


@needs_keyring
def test_a_login_is_kept_in_a_real_keyring_and_forgotten_again(computer: Computer) -> None:
    computer.environment["KEYRING_PASSWORD"] = "of the keyring itself"
    find = (
        "from snapper.delivery import credentials;"
        f"login = credentials.find('{PROXY}'); print(login and [login.user, len(login.password)])"
    )
    script = (
        "printf '%s\\n' \"$CANARY\" |"
        " $SNAPPER proxy login http://PROXY.example:3128/ --user anna --password-stdin"
        f' && $PYTHON -c "{find}" && $SNAPPER proxy forget {PROXY} && $PYTHON -c "{find}"'
        f" && $SNAPPER proxy forget {PROXY} --json"
    )
    computer.environment |= {"CANARY": CANARY, "SNAPPER": " ".join(SNAPPER), "PYTHON": SNAPPER[0]}
    done = subprocess.run(
        [*KEYRING_SESSION, "sh", "-c", script],
        env=computer.environment, cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "The login for proxy.example:3128 is kept in this computer's keyring.",
        f"['anna', {len(CANARY)}]",
        "The login for proxy.example:3128 is forgotten.",
        "None",
        '{"proxy": "proxy.example:3128", "forgotten": false}',
    ], done.stderr


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("proxy.example:3128", PROXY),
        (" HTTP://Proxy.Example:3128/ ", PROXY),
        ("socks5://10.0.0.1:1080", "10.0.0.1:1080"),
        ("[fd00::1]:3128", "[fd00::1]:3128"),
    ],
)
def test_an_address_is_understood_as_people_write_it(text: str, address: str) -> None:
    assert proxy_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "proxy", ":3128", "proxy:", "proxy:x", "proxy:99999", "[fd00::1", "proxy:0"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        proxy_address(text)
