"""Settings, ticket systems, logs in another language: a person reads all of it in theirs, support in English.

The languages here have a sign around every message.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import snapper
from scripts.catalogues import SPOKEN
from snapper import language
from snapper.delivery.causes import Cause
from snapper.delivery.endpoints.adapter import NoneOfThese
from snapper.delivery.endpoints.api import error_of
from snapper.destinations import Destination
from snapper.errors import NeedsAttention, NotReached, Obstacle
from snapper.language import Sentence, in_english
from snapper.logs.found import LogFile, TodaysLogs, chosen
from snapper.logs.locate import LogHome, Places
from snapper.logs.pack import pack
from snapper.logs.today import written_today
from snapper.privacy.classes import OPTIONAL
from snapper.report import LogKind
from snapper.setting_up import ADDRESS, TOKEN, trial_of
from snapper.systems import SYSTEMS
from tests.apart_language import Apart, in_no_message
from tests.marked_language import Marked, unmarked

NOON = datetime(2026, 8, 31, 12, tzinfo=UTC)
RT = Destination("rt", "rt", "https://rt.example", options={"queue": "Support"})
JIRA = Destination("p", "jira_sm", "https://p.example", options={"desk": "OPS", "request_type": "Help"})

# The words that are left of what is said: what a person wrote, and names in the settings file.
MISTAKES = {
    "[hotkey\n": {"hotkey"},
    '[hotkey]\nchrod = "x"\n': {"hotkey", "chrod", "chord"},
    '[hotkey]\nchord = "H"\n': {"hotkey", "chord"},
    "[desk]\nport = 70000\n": {"desk", "port"},
    '[delivery]\ntoken = "x y"\n': {"delivery", "token"},
    '[delivery]\nto = "elsewhere"\n': {"delivery", "to", "elsewhere", "desk"},
    "destinations = 7\n": set(),
    "[destinations]\nrt = 7\n": {"rt"},
    '[destinations.rt]\nsystem = "rtt"\nurl = "https://x.example"\n': {"rt", "rtt", *SYSTEMS},
    '[destinations.rt]\nsystem = "rt"\nurl = "http://x.example"\nqueue = "a"\n': {"rt", "url"},
    '[destinations.rt]\nsystem = "rt"\nurl = "https://x.example"\nquene = "a"\n':
        {"rt", "quene", "queue", "Request", "Tracker"},
    '[destinations.c]\nsystem = "custom"\nurl = "https://x.example"\n': {"c"},
    '[destinations.c]\nsystem = "custom"\nurl = "https://x.example"\ncheck.path = "/"\n'
    'create.path = "/{txt}"\ncreate.json = {a = "{text}"}\n':
        {"c", "create", "path", "txt", "tag", "report", "login"},
}  # fmt: skip

_PROGRAM = """
import json, sys
from pathlib import Path
from snapper import language
from tests.apart_language import Apart
language._catalogue = Apart
from snapper import config
from snapper.errors import ConfigError
from snapper.logs.found import HOW_TO_EXPORT
from snapper.logs.known_problems import IN_NOTE, load
from snapper.privacy.classes import RULES
from snapper.systems import SYSTEMS
file = Path(sys.argv[1])
def mistake(text):
    file.write_text(text)
    try:
        config.load(file, {})
    except ConfigError as error:
        return [str(error.sentence).replace(str(file), ""), str(error.remedy)]
problems = load().problems
print(json.dumps({
    "mistakes": [mistake(text) for text in json.load(sys.stdin)],
    "settings": [config.about(name) for name in config.names()],
    "systems": [
        text for each in SYSTEMS.values()
        for text in (each.token, each.login, *(option.about for option in each.options))
    ],
    "classes": [rule.words for rule in RULES.values()],
    "logs": [*HOW_TO_EXPORT, IN_NOTE],
    "problems": [text for each in problems for text in (each.title, each.answer, *each.do, each.whom)],
    "titles": [each.title.english for each in problems],
}))
"""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process that speaks the language says."""
    file = tmp_path_factory.mktemp("settings") / "config.toml"
    root = Path(snapper.__file__).parent.parent
    told = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(file)],
        input=json.dumps(list(MISTAKES)), capture_output=True, text=True, encoding="utf-8", cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    said: dict[str, Any] = json.loads(told.stdout)
    return said


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that are read from now on have the sign."""
    monkeypatch.setattr(language, "_catalogue", Marked)


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, and what is filled in shows."""
    monkeypatch.setattr(language, "_catalogue", Apart)
    yield


def test_every_mistake_in_the_settings_is_told_in_the_language(read: dict[str, Any]) -> None:
    for (text, own), said in zip(MISTAKES.items(), read["mistakes"], strict=True):
        assert said, text
        sentence, remedy = said
        assert in_no_message(f"{sentence} {remedy}") == own, (text, said)
        assert "⟦" in sentence and "⟦" in remedy


@pytest.mark.parametrize("what", ["settings", "systems", "classes", "logs", "problems"])
def test_whatever_is_in_a_table_is_in_the_language(read: dict[str, Any], what: str) -> None:
    known = {"token"} | set(OPTIONAL) if what in ("settings", "systems") else set()
    assert read[what] and not [text for text in read[what] if in_no_message(text) - known]


def test_a_known_problem_has_its_english_title_for_support(read: dict[str, Any]) -> None:
    table = tomllib.loads((Path(snapper.__file__).parent / "logs/known_problems.toml").read_text("utf-8"))
    assert read["titles"] == [problem["title"] for problem in table["problem"]]


def test_translators_get_the_table_of_known_problems() -> None:
    path = Path(snapper.__file__).parent / "logs/known_problems.toml"
    (extract,) = [how for pattern, how in SPOKEN if pattern == "logs/known_problems.toml" and callable(how)]
    with path.open("rb") as file:
        found = [message for _line, _name, message, notes in extract(file, (), (), {}) if notes]
    problems = tomllib.loads(path.read_text("utf-8"))["problem"]
    assert found == [text for each in problems for text in (each["title"], each["answer"], *each["do"])]


# --- logs -------------------------------------------------------------------------------------------------


def log(path: Path) -> LogFile:
    path.write_bytes(b"1\n")
    return LogFile(path, path.name, 2, path.stat().st_mtime, LogKind.PLAIN)


@pytest.mark.parametrize("days", [0, 1, 3])
def test_what_is_said_of_logs_is_in_the_language_and_english_for_support(
    marked: None, tmp_path: Path, days: int
) -> None:
    folders = [tmp_path / name for name in "abcde"]
    for places in (Places((), tuple(folders)), Places((LogHome(tmp_path, "TWS", ""),), ())):
        sentence = written_today(places, NOON, days).sentence
        assert isinstance(sentence, Sentence) and sentence.startswith("⟦No ")
        english = in_english(sentence)
        assert "⟦" not in english and english.startswith("No ") and str(tmp_path)[-30:] in english


def test_a_choice_of_logs_keeps_what_was_said_before(marked: None, tmp_path: Path) -> None:
    found = TodaysLogs((log(tmp_path / "a.log"),), (), Sentence("⟦before⟧", "Before."))
    sentence = chosen(found, ["none"]).sentence
    assert in_english(sentence) == "Before. The chosen TWS or IB Gateway wrote no log."


def test_a_remark_about_a_log_is_english_for_support(marked: None, tmp_path: Path) -> None:
    kept, gone = log(tmp_path / "a.log"), log(tmp_path / "b.log")
    gone.path.unlink()
    (remark,) = pack([kept, gone], tmp_path / "logs.zip").remarks
    assert remark == "⟦b.log vanished before it could be packed.⟧"
    assert in_english(remark) == "b.log vanished before it could be packed."


# --- ticket systems ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 413, 429, 500])
@pytest.mark.parametrize("said", ["", "Nobody knows you."])
def test_every_refusal_is_in_the_language(apart: None, status: int, said: str) -> None:
    error = error_of(status, RT, said, None)
    assert unmarked(error.sentence).replace(str(status), "") == f"rt{said}"
    assert in_english(error.sentence).startswith("rt") and in_english(error.sentence).endswith(said or ".")
    assert unmarked(error.remedy) in ("", "rt")


def test_setting_up_knows_what_is_wrong_in_any_language(marked: None) -> None:
    refused = error_of(401, RT, "", None)
    assert (trial_of(refused, RT).suspect, trial_of(refused, RT).token_refused) == (TOKEN, True)
    assert not trial_of(error_of(403, RT, "", None), RT).token_refused
    english = "Something that calls itself “nginx” answers in place of the ticket system at rt.example."
    elsewhere = NotReached(Sentence("Etwas", english), obstacle=Obstacle(str(Cause.MIDDLEBOX), "rt.example"))
    trial = trial_of(elsewhere, RT)
    assert trial.suspect == ADDRESS and "“nginx” answers at rt.example, not Request" in trial.problem
    missing = NoneOfThese(Sentence("Kein „Help“", "p has no request type “Help”."), ["Other"])
    trial = trial_of(missing, JIRA)
    assert (trial.suspect, trial.remedy) == ("request_type", "⟦There are: Other.⟧")


def test_where_there_is_nothing_to_choose_from_somebody_else_must_help() -> None:
    assert NoneOfThese(Sentence("x", "x"), []).remedy == "There are none: ask whoever runs it."
    assert isinstance(NoneOfThese(Sentence("x", "x"), []), NeedsAttention)
