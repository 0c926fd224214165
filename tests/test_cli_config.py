"""`snapper config` as people and scripts meet it: setting up, tokens, checking; and no token anywhere."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from snapper.config import template
from tests.desks import Desk, answering, desk_at, refused_url, server_that
from tests.journeys.stage import SNAPPER
from tests.terminal import Terminal, at_a_terminal
from tests.test_cli_proxy import Computer
from tests.test_credentials import KEYRING_SESSION, needs_keyring
from tests.ticket_rigs import Rig, rig_of, why_not

NO_KEYRING = "This computer has no keyring that snapper can use."


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk, in a folder that is not the computer's."""
    with desk_at(tmp_path_factory.mktemp("desk")) as running:
        yield running


@pytest.fixture
def computer(tmp_path: Path, desk: Desk) -> Iterator[Computer]:
    """A computer without settings and keyring, on which no file holds the desk's token at the end."""
    made = Computer(tmp_path)
    del made.environment["SNAPPER_DELIVERY_URL"]
    yield made
    for path in tmp_path.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert desk.token.encode() not in path.read_bytes(), path


@pytest.fixture(scope="module")
def rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A real Request Tracker."""
    if reason := why_not("rt"):
        pytest.skip(reason)
    with rig_of("rt", tmp_path_factory.mktemp("rt")) as rig:
        yield rig


def file_of(computer: Computer) -> Path:
    """The settings file."""
    return computer.folder / "config" / "snapper" / "config.toml"


def settings_of(computer: Computer) -> dict[str, Any]:
    """What the settings file says."""
    return tomllib.loads(file_of(computer).read_text(encoding="utf-8"))


def at_terminal(computer: Computer, *arguments: str) -> contextlib.AbstractContextManager[Terminal]:
    """A command with a person in front of it."""
    return at_a_terminal([*SNAPPER, *arguments], computer.environment)


def given(computer: Computer, desk: Desk, *more: str, token: str | None = None) -> tuple[int, str, str]:
    """`config init` without a person, for a desk."""
    flags = ("--system", "desk", "--url", f"{desk.url}/tickets/3", "--token-file", "-")
    return computer.snapper(
        "config", "init", *flags, *more, text=f"{desk.token if token is None else token}\n"
    )


# --- the template -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [(), ("--template",)])
def test_without_a_person_and_flags_the_explained_file_is_written_once(
    computer: Computer, flags: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", computer.environment["XDG_DATA_HOME"])  # the folders are in it
    code, out, _ = computer.snapper("config", "init", *flags)
    assert (code, out) == (0, f"{file_of(computer)}\n")
    assert file_of(computer).read_text(encoding="utf-8") == template()
    assert file_of(computer).stat().st_mode & 0o777 == 0o600
    code, _, err = computer.snapper("config", "init", *flags)
    assert code == 2 and "exists already" in err


# --- a person ---------------------------------------------------------------------------------------------


def test_a_person_is_asked_and_corrects_what_was_wrong(computer: Computer, desk: Desk) -> None:
    with at_terminal(computer, "config", "init") as terminal:
        terminal.answer("Its number", "nonsense")
        terminal.answer("Its number", "1")
        terminal.answer("Address", "http://desk.example.com")
        terminal.wait_for("must begin with https://")
        terminal.answer("Address", refused_url())
        terminal.answer("A name for it, as you will see it [desk]", "my desk")
        terminal.answer("Token: ", "with space")
        terminal.answer("Token: ", desk.token)
        terminal.wait_for("Nothing answers at 127.0.0.1:")
        terminal.answer("What now? [1]", "")
        terminal.answer("Address", f"{desk.url}/tickets/12")
        terminal.answer("Do reports go there unless you say otherwise? [Y/n]", "")
        assert terminal.end() == 1  # there is no keyring, and that is said
        seen = terminal.seen
    assert "answers and knows the token." in seen and NO_KEYRING in seen
    assert "SNAPPER_TOKEN_MY_DESK" in seen and desk.token not in seen
    told = settings_of(computer)
    assert told["destinations"] == {"my desk": {"system": "desk", "url": desk.url}}
    assert told["delivery"] == {"to": "my desk"}
    computer.environment["SNAPPER_TOKEN_MY_DESK"] = desk.token
    assert computer.snapper("send", "-m", "first", "--no-logs")[0] == 0
    assert desk.notes() == ["first"]


def test_a_real_rt_names_its_queues_and_the_token_that_is_wrong(computer: Computer, rt: Rig) -> None:
    peer = rt.running.peer
    with at_terminal(computer, "config", "init") as terminal:
        terminal.answer("Its number", "2")
        terminal.answer("Address", f"{peer.url}/Ticket/Display.html?id=1")
        terminal.answer("A name", "our RT")
        terminal.answer("Queue", "Suport")
        terminal.answer("Public", "perhaps")
        terminal.wait_for("The answer is yes or no.")
        terminal.answer("yes or no [no]", "yes")
        terminal.answer("Token: ", "1-2-wrong")
        terminal.wait_for("our RT does not accept the token")
        terminal.answer("What now? [2]", "")
        terminal.answer("Token: ", peer.token)
        terminal.wait_for("our RT has no queue “Suport” that you may see. There are: ")
        terminal.answer("What now? [3]", "")
        terminal.answer("Queue: the queue that new tickets go to [Suport]", peer.place)
        terminal.answer("Do reports go there", "n")
        terminal.wait_for(f"queue {peer.place} at")
        terminal.end()
        assert peer.token not in terminal.seen
    assert settings_of(computer)["destinations"] == {
        "our RT": {"system": "rt", "url": peer.url, "queue": peer.place, "public": "yes"}
    }
    assert peer.token not in file_of(computer).read_text(encoding="utf-8")


def test_what_cannot_be_put_right_now_is_kept_as_it_is(computer: Computer) -> None:
    with at_terminal(computer, "config", "init", "--system", "rt", "--option", "queue=Support") as terminal:
        terminal.answer("Address", refused_url())
        terminal.answer("Token: ", "1-2-3")
        terminal.wait_for("   5  try again\r\n   6  keep it as it is")
        terminal.answer("What now?", "5")
        terminal.answer("What now?", "6")
        terminal.end()
        assert terminal.seen.count("Nothing answers") == 2
    assert settings_of(computer)["destinations"]["rt"]["queue"] == "Support"


def test_a_token_may_come_later(computer: Computer, desk: Desk) -> None:
    with at_terminal(computer, "config", "init", "--system", "desk", "--url", desk.url) as terminal:
        terminal.answer("Token: ", "")
        assert terminal.end() == 0
        assert "It has no token yet: “snapper config token desk”, or the environment" in terminal.seen
    assert "Asking" not in terminal.seen


def test_a_token_in_the_environment_is_taken_and_not_asked_for(computer: Computer, desk: Desk) -> None:
    computer.environment["SNAPPER_TOKEN_DESK"] = desk.token
    with at_terminal(computer, "config", "init", "--system", "desk", "--url", desk.url) as terminal:
        assert terminal.end() == 0
        assert "Its token is in: environment variable SNAPPER_TOKEN_DESK." in terminal.seen


def test_a_name_that_is_there_is_replaced_only_when_said(computer: Computer, desk: Desk) -> None:
    assert given(computer, desk, "--name", "mine")[0] == 1
    with at_terminal(computer, "config", "init") as terminal:
        terminal.answer("Its number", "snapper desk")
        terminal.answer("Address", refused_url())
        terminal.answer("A name", "Mine")
        terminal.answer("“mine” is there already. Replace it?", "n")
        terminal.answer("A name", "other")
        terminal.answer("Token: ", "")
        terminal.answer("Do reports go there", "n")
        assert terminal.end() == 0
    assert settings_of(computer)["destinations"]["mine"]["url"] == desk.url
    assert set(settings_of(computer)["destinations"]) == {"mine", "other"}


@pytest.mark.parametrize("at", ["Its number", "Address", "A name", "Token: ", "Do reports go there"])
def test_whoever_leaves_in_the_middle_has_changed_nothing(computer: Computer, desk: Desk, at: str) -> None:
    answers = {"Its number": "1", "Address": desk.url, "A name": "", "Token: ": desk.token}
    with at_terminal(computer, "config", "init") as terminal:
        for question, answer in answers.items():
            if question == at:
                break
            terminal.answer(question, answer)
        terminal.wait_for(at)
        terminal.interrupt("Stopped.")
        assert terminal.end() == 130
        assert desk.token not in terminal.seen
    assert not (computer.folder / "config").exists()


def test_a_system_that_is_described_by_hand_says_how(computer: Computer) -> None:
    code, out, err = computer.snapper("config", "init", "--system", "custom", "--url", "https://x.example")
    assert (code, out) == (2, "") and "described in the settings file by hand" in err


# --- a script ---------------------------------------------------------------------------------------------


def test_a_script_gives_everything_and_gets_data(computer: Computer, desk: Desk) -> None:
    file_of(computer).parent.mkdir(parents=True)
    file_of(computer).write_text("# mine\n[outbox]\nkeep_days = 3  # days\n", encoding="utf-8")
    computer.environment["SNAPPER_TOKEN_DESK"] = desk.token
    flags = ("--system", "desk", "--url", desk.url, "--default", "--json")
    code, out, err = computer.snapper("config", "init", *flags)
    data = json.loads(out)
    assert (code, data["name"], data["token"]) == (0, "desk", "environment variable SNAPPER_TOKEN_DESK")
    assert data["said"] and data["default"] is True and data["file"] == str(file_of(computer))
    assert (
        file_of(computer).read_text(encoding="utf-8").startswith("# mine\n[outbox]\nkeep_days = 3  # days\n")
    )
    assert desk.token not in out + err
    again = json.loads(computer.snapper("config", "init", *flags)[1])
    assert again["name"] == "desk" and list(settings_of(computer)["destinations"]) == ["desk"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--url", "https://x.example"), "--system is missing."),
        (("--system", "rt"), "--url is missing."),
        (("--system", "rtt", "--url", "https://x.example"), "“rtt” is none of them. There are: desk, rt"),
        (("--system", "rt", "--url", "https://x.example"), "needs this: the queue that new tickets go to."),
        (
            ("--system", "rt", "--url", "x", "--option", "colour=red"),
            "has no “colour”. It may be: queue, public.",
        ),
        (("--system", "rt", "--url", "x", "--option", "queue"), "it needs a value"),
        (("--system", "rt", "--url", "x", "--name", "desk"), "is the name of the snapper desk"),
        (("--system", "desk", "--url", "x", "--token-file", "/nowhere"), "/nowhere cannot be read"),
        (("--default",), "--system is missing."),
    ],
)
def test_what_a_script_leaves_out_or_gets_wrong_is_one_sentence(
    computer: Computer, arguments: tuple[str, ...], words: str
) -> None:
    code, out, err = computer.snapper("config", "init", *arguments)
    assert (code, out) == (2, "") and words in err
    assert not (computer.folder / "config").exists()


def test_what_is_wrong_stops_a_script_unless_it_says_otherwise(computer: Computer, desk: Desk) -> None:
    code, out, err = given(computer, desk, token="wrong")
    assert (code, out) == (2, "") and "does not accept the token." in err
    assert "Nothing was changed; --no-probe sets it up all the same." in err
    assert not (computer.folder / "config").exists()
    code, out, _ = given(computer, desk, "--no-probe", token="wrong")
    assert code == 1 and NO_KEYRING in out
    assert settings_of(computer)["destinations"]["desk"]["url"] == desk.url


def test_a_script_without_a_token_is_told_where_to_put_it(computer: Computer) -> None:
    flags = ("--system", "rt", "--url", "https://rt.example.com", "--option", "queue=S")
    code, _, err = computer.snapper("config", "init", *flags)
    assert code == 2 and "There is no token for rt on this computer." in err


def test_a_page_in_its_place_is_named_and_nothing_is_changed(computer: Computer) -> None:
    page = b"<title>Our wiki</title>"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n"
    with server_that(answering(head.encode() + page)) as url:
        flags = ("--system", "rt", "--url", url, "--option", "queue=S", "--token-file", "-")
        code, _, err = computer.snapper("config", "init", *flags, text="1-2-3\n")
    assert code == 2 and "“Our wiki” answers at" in err and "not Request Tracker (RT 5)." in err


def test_settings_that_cannot_be_read_are_left_as_they_are(computer: Computer, desk: Desk) -> None:
    file_of(computer).parent.mkdir(parents=True)
    file_of(computer).write_text("[outbox\n", encoding="utf-8")
    code, _, err = given(computer, desk)
    assert code == 2 and f"{file_of(computer)}, line 1: " in err
    assert file_of(computer).read_text(encoding="utf-8") == "[outbox\n"


def test_another_settings_file_is_made_where_it_is_named(computer: Computer, desk: Desk) -> None:
    there = computer.folder / "elsewhere" / "my.toml"
    flags = ("--system", "desk", "--url", desk.url, "--token-file", "-")
    computer.snapper("--config", str(there), "config", "init", *flags, text=f"{desk.token}\n")
    assert tomllib.loads(there.read_text(encoding="utf-8"))["destinations"]
    computer.environment["SNAPPER_CONFIG"] = str(there)
    computer.environment["SNAPPER_DELIVERY_TO"] = "second"  # what is only being set up may be named already
    computer.snapper("config", "init", *flags, "--name", "second", text=f"{desk.token}\n")
    assert list(tomllib.loads(there.read_text(encoding="utf-8"))["destinations"]) == ["desk", "second"]
    assert not (computer.folder / "config").exists()


# --- tokens, with a real keyring --------------------------------------------------------------------------


@needs_keyring
def test_a_token_is_kept_in_a_real_keyring_tried_and_forgotten(computer: Computer, desk: Desk) -> None:
    file_of(computer).parent.mkdir(parents=True)
    file_of(computer).write_text('[delivery]\n# the desk\ntoken = "an-old-one"\n', encoding="utf-8")
    computer.environment |= {
        "KEYRING_PASSWORD": "of the keyring itself", "SNAPPER": " ".join(SNAPPER), "TOKEN": desk.token,
        "URL": desk.url,
    }  # fmt: skip
    script = (
        "printf '%s\\n' \"$TOKEN\" | $SNAPPER config init --system desk --url $URL --token-file - >&2;"
        " echo $?;"
        " $SNAPPER config show --json; $SNAPPER config check; echo $?;"
        " echo wrong | $SNAPPER config token desk; echo $?; $SNAPPER config check; echo $?;"
        " echo wrong | $SNAPPER config token desk --no-probe; $SNAPPER config check; echo $?;"
        " printf '%s\\n' \"$TOKEN\" | $SNAPPER config token DESK --json; $SNAPPER config check --json;"
        " $SNAPPER config token desk --forget; $SNAPPER config token desk --forget --json"
    )
    command = (*KEYRING_SESSION, "sh", "-c", script)
    done = subprocess.run(
        command, env=computer.environment, capture_output=True, text=True, timeout=120,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert desk.token not in done.stdout + done.stderr
    lines = done.stdout.splitlines()
    shown = json.loads(lines[1])
    assert lines[0] == "0", done.stderr
    assert [each["token"] for each in shown["destinations"]] == ["this computer's keyring"]
    assert lines[2].startswith("✓  desk  ") and lines[3] == "0"
    assert lines[4] == "2" and "It was not kept." in done.stderr
    assert lines[5].startswith("✓  desk  ") and lines[6] == "0"
    assert lines[7] == "The token of desk is kept in this computer's keyring."
    assert lines[8].startswith("✗  desk  ") and "snapper config token desk" in lines[8] and lines[9] == "1"
    assert json.loads(lines[10])["said"] and json.loads(lines[11])[0]["ok"] is True
    assert lines[12] == "The token of desk is forgotten."
    assert json.loads(lines[13]) == {"name": "desk", "forgotten": False}
    assert "an-old-one" not in file_of(computer).read_text(encoding="utf-8")
    assert "# the desk" in file_of(computer).read_text(encoding="utf-8")


def test_without_a_keyring_the_environment_variable_is_named(computer: Computer, desk: Desk) -> None:
    given(computer, desk, "--name", "my desk")
    code, out, err = computer.snapper("config", "token", "my desk", text=f"{desk.token}\n")
    assert (code, out) == (1, "")
    assert f"{NO_KEYRING} Before you start snapper, set the environment variable SNAPPER_TOKEN_MY_DESK" in err


def test_a_token_that_is_none_is_told(computer: Computer, desk: Desk) -> None:
    assert "No token was put in." in computer.snapper("config", "token", "desk", text="\n")[2]
    assert "none of the destinations" in computer.snapper("config", "token", "dask", text="x\n")[2]
    file_of(computer).parent.mkdir(parents=True)
    file_of(computer).write_text('[destinations.r]\nsystem = "rageshake"\nurl = "https://x.example"\n')
    assert "rageshake takes no token." in computer.snapper("config", "token", "r", text="x\n")[2]


def test_a_person_puts_in_a_token_again_when_it_is_refused(computer: Computer, desk: Desk) -> None:
    computer.environment["SNAPPER_DELIVERY_URL"] = desk.url
    with at_terminal(computer, "config", "token", "desk") as terminal:
        terminal.answer("Token: ", "wrong")
        terminal.wait_for("does not accept the token")
        terminal.answer("Token: ", desk.token)
        assert terminal.end() == 1
        assert NO_KEYRING in terminal.seen and desk.token not in terminal.seen


# --- looking ----------------------------------------------------------------------------------------------


def test_all_are_checked_side_by_side_and_one_that_is_off_hides_none(computer: Computer, desk: Desk) -> None:
    given(computer, desk, "--name", "good")
    computer.environment["SNAPPER_TOKEN_GOOD"] = desk.token
    computer.environment["SNAPPER_DELIVERY_URL"] = refused_url()
    code, out, _ = computer.snapper("config", "check")
    assert code == 1
    off, good = out.splitlines()
    assert off.startswith("✗  desk  Nothing answers at") and good.startswith("✓  good  ")
    code, out, _ = computer.snapper("config", "check", "GOOD", "--json")
    assert code == 0
    assert [(each["name"], each["ok"], each["problem"]) for each in json.loads(out)] == [("good", True, "")]


def test_show_tells_where_reports_go_with_which_token_and_what_is_taken(computer: Computer) -> None:
    file_of(computer).parent.mkdir(parents=True)
    file_of(computer).write_text(
        '[delivery]\nto = "our RT"\n[destinations."our RT"]\nsystem = "rt"\nurl = "https://rt.example.com"\n'
        'queue = "Support"\nfile_megabytes = 3\n[destinations.shake]\nsystem = "rageshake"\n'
        'url = "https://shake.example.com"\n[destinations.desk]\nsystem = "desk"\nurl = "https://d.example.com"\n',
        encoding="utf-8",
    )  # fmt: skip
    computer.environment["SNAPPER_TOKEN_OUR_RT"] = "c4n4ry-t0k3n"
    text = computer.snapper("config", "show")[1]
    below = text.partition("\ndestinations")[2].splitlines()
    assert below[1:5] == [
        "  our RT",
        "      Request Tracker (RT 5) at https://rt.example.com",
        "      public = no, queue = Support",
        "      token: environment variable SNAPPER_TOKEN_OUR_RT",
    ]
    assert "files up to 3.0 MB, larger ones in pieces; up to 60.0 MB in one report" in text
    assert "token: it takes none" in text and "takes: as much as the desk says" in text
    assert "none; “snapper config token desk” puts it in, or SNAPPER_TOKEN_DESK" in text
    assert "not used: “desk” has a section of its own" in text
    data = computer.snapper("config", "show", "--json")[1]
    first, shake, _ = json.loads(data)["destinations"]
    assert (first["name"], first["usual"], first["file_bytes"]) == ("our RT", True, 3_000_000)
    assert first["options"] == {"public": "no", "queue": "Support"}
    assert (shake["verifies"], shake["attaches"], shake["token"]) == (False, False, "")
    assert "c4n4ry-t0k3n" not in text + data


def test_a_system_described_by_hand_is_shown_without_its_tables(computer: Computer) -> None:
    file_of(computer).parent.mkdir(parents=True)
    file_of(computer).write_text(
        '[destinations.help]\nsystem = "custom"\nurl = "https://help.example.com"\n'
        '[destinations.help.check]\npath = "/me"\n'
        '[destinations.help.create]\npath = "/tickets"\nform = { text = "{text}", file = "{file}" }\n'
        'id = "id"\n',
        encoding="utf-8",
    )
    code, out, err = computer.snapper("config", "show", "--json")
    assert code == 0, err
    assert [each["options"] for each in json.loads(out)["destinations"]] == [{}, {}]
    assert "  help\n" in computer.snapper("config", "show")[1]
