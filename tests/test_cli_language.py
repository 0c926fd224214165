"""The command line in another language: every word of it, click's own among them.

The language here has a sign around every message, so that what is not a message shows.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import click
import pytest

import snapper
from snapper import cli, disk, language
from snapper.cli import click_words, destination_commands, speaking
from snapper.cli.speaking import Command, Group
from snapper.destinations import Destination
from snapper.errors import SnapperError, UsageError
from snapper.hotkey.chord import altgr_warning, default_chord, parse_chord
from snapper.language import Sentence, in_english
from snapper.portal import PortalFailed, Trouble
from tests.marked_language import MISUSE, Marked, untranslated


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on everything is said in that language."""
    monkeypatch.setattr(language, "_catalogue", Marked)


def said_by_a_process(what: str, home: Path) -> dict[str, str]:
    """What the command line says in that language."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.marked_language", what],
        cwd=Path(snapper.__file__).parent.parent, env={**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8"},
        capture_output=True, text=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


# --- click ------------------------------------------------------------------------------------------------

# By the place in click, or by the message: what our commands cannot make it say.
_NOT_OURS = {
    "core": {
        "Option._parse_decls", "Argument._parse_decls",  # for programmers
        "_format_deprecated_label", "Command.invoke", "Parameter.handle_parse_result",  # none is deprecated
        "Command.format_arguments",  # arguments are explained in the help of their command
        "Option.get_help_record", "Option.get_help_extra",  # defaults and variables are not shown
        "Parameter.type_cast_value.check_iter", "Parameter.type_cast_value.convert",  # none has two values
        "_echo_aborted",  # ours is “Stopped.”
    },
    "decorators": {"confirmation_option", "version_option", "custom_version_option"},  # told what to say
    "exceptions": {
        "FileError.__init__", "FileError.format_message",  # files are opened by us
        "Missing parameter", "Missing {param_type}", "MissingParameter.__str__",  # for programmers
    },
    "parser": {"_Option.__init__"},  # for programmers
    "termui": {"pause", "_interpret_color"},
    "types": {
        "Choice.__repr__", "Path.__init__", "Path.convert", "DateTime.convert", "BoolParamType.convert",
        "Tuple.convert", "UUIDParameterType.convert",
    },
}  # fmt: skip


def _asked_for(module: str) -> dict[tuple[str, ...], str]:
    """The messages for which a module of click asks gettext, and where."""
    tree = ast.parse(Path(str(importlib.import_module(f"click.{module}").__file__)).read_text("utf-8"))
    found: dict[tuple[str, ...], str] = {}

    def visit(node: ast.AST, place: tuple[str, ...]) -> None:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            place = (*place, node.name)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            words = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if node.func.id in ("_", "ngettext") and words:
                found[tuple(words)] = ".".join(place)
        for child in ast.iter_child_nodes(node):
            visit(child, place)

    visit(tree, ())
    return found


@pytest.mark.parametrize("module", click_words.MODULES)
def test_every_message_of_click_that_our_commands_can_show_is_in_the_catalogues(module: str) -> None:
    listed = {str(word) for word in click_words.WORDS} | {*click_words.INSTEAD}
    counted = {str(word) for word in click_words.COUNTED}
    asked = _asked_for(module)
    assert asked
    known = listed | counted | _NOT_OURS.get(module, set())
    assert not {words: place for words, place in asked.items() if not {words[0], place} & known}


def test_no_message_is_listed_that_click_does_not_have() -> None:
    asked = {words[0] for module in click_words.MODULES for words in _asked_for(module)}
    ours = {str(word) for word in (*click_words.WORDS, *click_words.COUNTED)} | {*click_words.INSTEAD}
    assert ours <= asked


# --- help -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def helps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The help of every command."""
    return said_by_a_process("helps", tmp_path_factory.mktemp("home"))


def test_no_help_has_a_word_that_is_not_translated(helps: dict[str, str]) -> None:
    names = {name for path in helps for name in path.split()}
    assert len(helps) > 25
    assert not {path: words for path, text in helps.items() if (words := untranslated(text) - names)}
    assert all("⟦Usage:⟧" in text and "⟦Options⟧" in text for text in helps.values())


def test_a_word_that_is_not_translated_would_be_seen() -> None:
    assert untranslated("⟦Usage:⟧ snapper [OPTIONS]\n  --json  Print it.") == {"snapper", "Print", "it"}
    assert untranslated("Options:") == {"Options"}
    assert untranslated("  --to NAME  ⟦The ⟦“x”⟧ thing.⟧ [0<=x<=9] [on|off] 'typed'") == set()


def test_every_command_explains_itself_and_each_of_its_options(helps: dict[str, str]) -> None:
    for path, text in helps.items():
        assert "\n  ⟦" in text.partition("⟦Options⟧")[0], path
        options = [line for line in text.partition("⟦Options⟧")[2].splitlines() if line.startswith("  -")]
        assert options and all("⟦" in line for line in options), path


def test_a_list_of_commands_shows_the_first_paragraph_whole_in_a_language_without_blanks_or_dots() -> None:
    first = "把便条、文件和今天的日志发送到一张新工单" * 5 + "。"
    group = Group("all", help="x", commands=[Command("one", help=f"{first}\n\n更多")])
    listed = group.get_help(click.Context(group, terminal_width=80)).partition("one")[2]
    assert re.sub(r"\s", "", listed) == first


# --- misuse -----------------------------------------------------------------------------------------------


def test_every_misuse_is_told_in_the_language_spoken(tmp_path: Path) -> None:
    said = said_by_a_process("misuse", tmp_path)
    assert said.keys() == MISUSE.keys()
    for name, text in said.items():
        typed = {word for argument in MISUSE[name] for word in re.findall("[a-z]+", argument)}
        program = {"snapper", "python", "tests", "marked", "language"}
        assert "⟦" in text and not untranslated(text) - typed - program, (name, text)


def test_click_speaks_plain_english_where_nothing_is_translated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["send", "--days", "many"])
    assert ended.value.code == 2
    usage, hint, _blank, error = capsys.readouterr().err.splitlines()
    assert usage.startswith("Usage: ") and usage.endswith(" send [OPTIONS] [FILES]...")
    assert hint.startswith("Try '") and hint.endswith(" send --help' for help.")
    assert error == "Error: Invalid value for '--days': 'many' is not a valid number."


# --- what was glued ---------------------------------------------------------------------------------------


def test_every_thing_that_could_not_be_kept_has_its_sentence(tmp_path: Path) -> None:
    assert set(disk._NOT_KEPT) == {*get_args(disk.What)}
    for what in get_args(disk.What):
        for number in (28, 13, 5, 0):
            problem = disk.cannot_keep(OSError(number, "x") if number else OSError(), what, tmp_path)
            sentences = re.split(r"(?<=\.) (?=[A-Z])", problem.sentence)
            assert len(sentences) == 2 and all(each[0].isupper() for each in sentences)
            assert str(tmp_path) in problem.sentence and problem.remedy


@pytest.mark.parametrize("text", ["Ctrl+{x}", "{chord}", "{", "{}"])
def test_braces_in_a_chord_are_only_letters(text: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"“{text}” has a key that is not known")):
        parse_chord(text)


def test_why_this_chord_is_kept_in_english_for_support(marked: None) -> None:
    chord, reason = default_chord("linux", "HP")
    assert reason == f"⟦{chord}: on a machine made by HP (it says “HP”), Ctrl+Alt+H is HP's own.⟧"
    assert in_english(reason) == reason.strip("⟦⟧")
    warning = altgr_warning(chord, "@")
    assert warning and in_english(warning) == warning.strip("⟦⟧")


def test_why_the_desktop_says_no_is_kept_in_english_for_support() -> None:
    refusal = PortalFailed(Trouble.SILENT).unavailable(Sentence("⟦No picture.⟧", "No picture."))
    assert refusal.sentence == "⟦No picture.⟧ The desktop did not answer in time."
    assert in_english(refusal.sentence) == "No picture. The desktop did not answer in time."


def test_where_a_token_is_does_not_hang_on_the_words_for_it(
    marked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Destination("mine", "roundup", "https://tracker.example.com", "anna")
    desk = Destination("desk", "desk", "http://127.0.0.1:8765")
    monkeypatch.delenv("SNAPPER_DELIVERY_TOKEN", raising=False)
    assert destination_commands.token_in_environment(there) == ""
    monkeypatch.setenv("SNAPPER_TOKEN_MINE", "x")
    monkeypatch.setenv("SNAPPER_DELIVERY_TOKEN", "y")
    assert destination_commands.token_in_environment(there) == "SNAPPER_TOKEN_MINE"
    assert destination_commands.token_in_environment(desk) == "SNAPPER_DELIVERY_TOKEN"
    monkeypatch.setenv("SNAPPER_TOKEN_MINE", "  ")
    assert destination_commands.token_in_environment(there) == ""


def test_how_far_sending_is_stands_in_the_language_spoken(marked: None) -> None:
    for speed in (None, 2_500_000.0):
        told = speaking._how_far(1_500_000, 12_000_000, speed)
        assert "1.5 MB" in told and "12.0 MB" in told and ("2.5 MB" in told) == bool(speed)
        assert not untranslated(told)


# --- nothing unmarked -------------------------------------------------------------------------------------

_TOLD_TO_NOBODY = {"ReportMalformed"}  # what a desk answers to a program; people read other words


def _errors(kind: type[SnapperError] = SnapperError) -> set[str]:
    return {kind.__name__}.union(*map(_errors, kind.__subclasses__())) - _TOLD_TO_NOBODY


def _is_sentence(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.Constant) and re.search("[a-z]", part.value) for part in node.values)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value


@pytest.mark.parametrize("folder", ["cli", "hotkey", "capture", "binding", "autostart"])
def test_no_error_and_no_help_of_these_packages_is_unmarked(folder: str) -> None:
    errors = _errors()
    unmarked = []
    for path in sorted((Path(snapper.__file__).parent / folder).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func).rpartition(".")[2]
            shown = [*node.args] if name in {*errors, "say", "prompt", "confirm", "Progress"} else []
            shown += [each.value for each in node.keywords if each.arg == "help"]
            unmarked += [
                f"{path.name}:{each.lineno}"
                for each in shown
                if _is_sentence(each) and "pip install" not in ast.unparse(each)
            ]
    assert not unmarked
