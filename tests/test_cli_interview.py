"""The answers of a person on their way to the disk: a token stays with its address, nothing is half kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from snapper.cli import config_commands, destination_commands, interview
from snapper.cli.interview import Answers
from snapper.config import Settings, load
from snapper.delivery import tokens
from snapper.destinations import Destination
from snapper.errors import UsageError
from snapper.setting_up import ADDRESS, LOGIN, Trial
from tests.test_credentials import FakeKeyring
from tests.test_tokens import keyring, no_keyring, nothing_in_memory

__all__ = ["keyring", "no_keyring", "nothing_in_memory"]

THERE = Destination("mine", "roundup", "https://old.example.com/t", "anna")
KEYRING = "this computer's keyring"


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a person answers to the next questions."""
    texts: list[str] = []

    def prompt(question: str, *, type: Any = None, **_: Any) -> Any:
        text = texts.pop(0)
        return int(text) if type else text

    monkeypatch.setattr(click, "prompt", prompt)
    return texts


@pytest.mark.parametrize(
    ("what", "answer", "changes"),
    [
        (ADDRESS, "https://new.example.com/t", {"url": "https://new.example.com/t"}),
        (LOGIN, "eve", {"login": "eve"}),
    ],
)
def test_what_the_keyring_held_for_one_address_is_not_shown_to_another(
    answering: list[str], what: str, answer: str, changes: dict[str, str]
) -> None:
    answering += [answer, "typed"]
    corrected = interview._corrected(Answers(THERE, "kept", KEYRING), what)
    assert corrected == Answers(replace(THERE, **changes), "typed", "")  # type: ignore[arg-type]
    answering += [answer]
    assert interview._corrected(Answers(THERE, "typed before"), what).token == "typed before"


def test_a_person_may_leave_the_token_that_is_there(answering: list[str], keyring: FakeKeyring) -> None:
    tokens.keep(THERE, "kept")
    given = interview.Given(person=True, all=True)
    answering += [""]
    assert interview._with_token(Settings(), given, Answers(THERE)) == Answers(THERE, "kept", KEYRING)
    answering += ["new"]
    assert interview._with_token(Settings(), given, Answers(THERE)) == Answers(THERE, "new", "")


def test_each_answer_can_be_corrected_and_the_doubtful_one_is_offered(
    answering: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = [Trial(problem="No.", suspect=LOGIN), Trial(problem="No.", suspect="queue"), Trial("Good")]
    monkeypatch.setattr("snapper.setting_up.try_out", lambda *_: trials.pop(0))
    offered: list[int] = []
    prompt = click.prompt

    def noting(question: str, **options: Any) -> Any:
        if question == "What now?":
            offered.append(options["default"])
        return prompt(question, **options)

    monkeypatch.setattr(click, "prompt", noting)
    again = 4 + len(THERE.about.options)
    answering += ["2", "eve", str(again)]
    answers, trial = interview.until_right(Settings(), interview.Given(person=True), Answers(THERE, "t"))
    assert (answers.destination.login, trial.said, offered) == ("eve", "Good", [2, again])


def fails() -> None:
    """A file that cannot be written."""
    raise UsageError("The file cannot be written.")


@pytest.mark.parametrize("before", [None, "of before"])
def test_where_the_file_cannot_be_written_the_keyring_is_as_before(
    keyring: FakeKeyring, before: str | None
) -> None:
    if before:
        tokens.keep(THERE, before)
    held = dict(keyring.held)
    with pytest.raises(UsageError):
        config_commands._keep(Answers(THERE, "new"), fails)
    assert keyring.held == held


def test_what_is_kept_already_is_not_kept_twice(keyring: FakeKeyring) -> None:
    written: list[str] = []
    origin = "environment variable SNAPPER_TOKEN_MINE"
    assert config_commands._keep(Answers(THERE, "t", origin), lambda: written.append("")) == ""
    assert (keyring.held, written) == ({}, [""])
    assert config_commands._keep(Answers(THERE, "t"), lambda: written.append("")) == ""
    assert (list(keyring.held.values()), len(written)) == (["t"], 2)


def test_without_a_keyring_the_file_is_written_and_the_reason_told(no_keyring: None) -> None:
    written: list[str] = []
    assert "no keyring" in config_commands._keep(Answers(THERE, "t"), lambda: written.append(""))
    assert written


def test_a_token_is_in_no_representation() -> None:
    assert "c4n4ry" not in repr(Answers(THERE, "c4n4ry")) + repr(interview.Given(token="c4n4ry"))


def test_a_new_token_of_the_desk_takes_the_one_in_the_file_along(
    keyring: FakeKeyring, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[delivery]\n# as support said\ntoken = "old"\nurl = "https://desk.example.com"\n')
    settings = load(file, {})
    assert destination_commands._keep_token(settings, settings.destination(), "new", "", False) == 0
    assert file.read_text() == '[delivery]\n# as support said\nurl = "https://desk.example.com"\n'
    assert list(keyring.held.values()) == ["new"]
    assert f"The old one is no longer in {file}." in capsys.readouterr().out


def test_a_token_in_the_environment_goes_first_and_that_is_said(
    keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SNAPPER_TOKEN_MINE", "old")
    destination_commands._keep_token(Settings(others=(THERE,)), THERE, "new", "", False)
    said = capsys.readouterr().err
    assert "The environment variable SNAPPER_TOKEN_MINE holds one too, and goes first." in said
