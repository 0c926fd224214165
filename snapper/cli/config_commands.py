"""The settings and the destinations in them: `config`."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from snapper.cli.destination_commands import KEYRING, config_check, config_token, no_token, origin, welcome
from snapper.cli.speaking import (
    EXIT_FAILED,
    Group,
    json_option,
    paragraphs,
    path_type,
    say,
    settings_of,
    show,
)
from snapper.errors import Unavailable, UsageError
from snapper.language import _, in_english

if TYPE_CHECKING:
    from snapper.cli.interview import Answers, Given
    from snapper.config import Settings
    from snapper.destinations import Destination
    from snapper.setting_up import Trial


@click.group(cls=Group, help=_("The settings, where they come from, and where reports go."))
def config() -> None:
    """Everything about settings."""


for _command in (config_token, config_check):
    config.add_command(_command)


@config.command(
    "show",
    help=_("Show every setting, where it comes from, the chord with its reason, and every destination."),
)
@json_option
@click.pass_obj
def config_show(config_file: Path | None, as_json: bool) -> int:
    """Show the settings."""
    from snapper import connect, present

    settings = settings_of(config_file)
    chord, reason = connect.chord_and_reason(settings)
    origins = {each.name: origin(settings, each) for each in settings.destinations}
    data = present.settings_data(settings, chord, reason)
    data["destinations"] = present.destinations_data(settings, origins)
    text = (
        present.settings_text(settings, chord, reason),
        present.destinations_text(settings, origins),
    )
    show(data, as_json, "\n\n".join(text))
    return 0


@config.command("path", help=_("Show where the settings file is."))
@json_option
@click.pass_obj
def config_path(config_file: Path | None, as_json: bool) -> int:
    """Show the file's path."""
    path = settings_of(config_file).file
    show({"file": str(path), "exists": path.exists()}, as_json, path)
    return 0


# --- setting up -------------------------------------------------------------------------------------------


@config.command(
    "init",
    help=paragraphs(
        _(
            "Set up a destination for reports: asks which ticket system, where, and for a token, and tries "
            "it out."
        ),
        _(
            "With options nobody is asked for what they say. Without a terminal and without options, as with "
            "--template, a settings file is written in which everything is explained."
        ),
    ),
)
@click.option(
    "--template", "only_template", is_flag=True, help=_("Only write a file with every setting explained.")
)
@click.option("--system", default="", help=_("The ticket system: rt, redmine, zendesk …"))
@click.option("--url", default="", help=_("Its address, or that of any page there."))
@click.option("--name", default="", help=_("What to call it; one of that name is replaced."))
@click.option("--login", help=_("The user name, where the system wants one."))
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help=_("What else the system asks for.")
)
@click.option(
    "--token-file", type=path_type, help=_("A file that holds the token; - reads it from the input.")
)
@click.option("--default", "usual", is_flag=True, help=_("Reports go there unless you say otherwise."))
@click.option("--no-probe", is_flag=True, help=_("Do not try it out."))
@json_option
@click.pass_obj
def config_init(
    config_file: Path | None, /, only_template: bool, token_file: Path | None, usual: bool, no_probe: bool,
    as_json: bool, **flags: Any,
) -> int:  # fmt: skip
    """Set up a destination, or write the settings file."""
    path = _settings_path(config_file)
    nothing = not (token_file or usual or no_probe or any(flags.values()))
    if only_template or (nothing and not sys.stdin.isatty()):
        return _write_template(path, as_json)
    given = _given(token_file, nothing, **flags)
    settings = _settings_before(path)
    return _set_up(path, settings, given, usual, no_probe, as_json)


def _given(token_file: Path | None, nothing: bool, options: tuple[str, ...], **flags: Any) -> Given:
    from snapper.cli.interview import Given

    pairs = dict(_pair(text) for text in options)
    person = sys.stdin.isatty() and str(token_file) != "-"
    return Given(options=pairs, token=_token_in(token_file), person=person, all=person and nothing, **flags)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(
            _("--option {option}: it needs a value.").format(option=text[:40]),
            _("Write it so: --option queue=Support"),
        )
    return key.strip(), value


def _token_in(file: Path | None) -> str | None:
    if file is None:
        return None
    if str(file) == "-":
        return sys.stdin.readline().strip("\r\n")
    try:
        return file.read_text(encoding="utf-8-sig").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            _("{file} cannot be read.").format(file=file), _("Name the file that holds the token.")
        ) from error


def _settings_path(config_file: Path | None) -> Path:
    from snapper.config import FILE_VARIABLE, default_file

    named = os.environ.get(FILE_VARIABLE)
    return config_file or (Path(named) if named else default_file())


def _settings_before(path: Path) -> Settings:
    """The settings as they are, or as they are without a file. Raises ConfigError."""
    from snapper.config import load

    # It may name what is only being set up.
    environment = {name: text for name, text in os.environ.items() if name != "SNAPPER_DELIVERY_TO"}
    return load(path if path.exists() else Path(os.devnull), environment)


def _write_template(path: Path, as_json: bool) -> int:
    from snapper import disk
    from snapper.config import template

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.write_new(path, template().encode())
    except FileExistsError as error:
        raise UsageError(
            _("{file} exists already.").format(file=path), _("Edit it, or move it away first.")
        ) from error
    except OSError as error:
        raise UsageError(
            _("{file} cannot be written.").format(file=path), _("Choose another place with --config.")
        ) from error
    show({"file": str(path)}, as_json, path)
    return 0


def _set_up(path: Path, settings: Settings, given: Given, usual: bool, no_probe: bool, as_json: bool) -> int:
    from snapper import settings_file
    from snapper.cli.interview import interview, until_right
    from snapper.destinations import DESK
    from snapper.setting_up import Trial, in_use

    answers, trial = interview(settings, given), Trial()
    later = given.person and answers.destination.about.token and not answers.token
    if not no_probe and not later:
        answers, trial = until_right(settings, given, answers)
    destination = _readable(answers.destination)
    if given.all:
        alone = not settings.others and all(each.name == DESK for each in in_use(settings))
        question = _("Do reports go there unless you say otherwise?")
        usual = click.confirm(question, default=alone and not _desk_is_set(settings), err=True)
    changes = [settings_file.with_destination(destination)]
    changes += [settings_file.with_usual(destination.name)] if usual else []
    changes += [settings_file.without_token] if destination.name == DESK and answers.token else []
    kept = _keep(answers, lambda: settings_file.edit(path, *changes))
    return _show_set_up(path, answers, trial, kept, usual, as_json)


def _desk_is_set(settings: Settings) -> bool:
    return any(settings.is_said(f"delivery.{key}") for key in ("url", "token"))


def _readable(destination: Destination) -> Destination:
    """A destination as the settings file will give it back. Raises UsageError."""
    from snapper.destinations import read_destination
    from snapper.settings_file import section

    try:
        return read_destination(destination.name, section(destination))
    except ValueError as error:
        raise UsageError(str(error)) from error


def _keep(answers: Answers, write: Any) -> str:
    """Keep the token and write the file, or neither; why the token could not be kept, “” where it is."""
    from snapper.delivery import tokens

    if not answers.token or answers.origin:
        write()
        return ""
    before = tokens.find(answers.destination, {})
    reason = ""
    try:
        tokens.keep(answers.destination, answers.token)
    except Unavailable as error:
        reason = error.sentence
    try:
        write()
    except BaseException:
        with contextlib.suppress(Unavailable):
            if before is None:
                tokens.forget(answers.destination)
            else:
                tokens.keep(answers.destination, before.value)
        raise
    return reason


def _show_set_up(path: Path, answers: Answers, trial: Trial, unkept: str, usual: bool, as_json: bool) -> int:
    there = answers.destination
    where = "" if unkept or not answers.token else answers.origin or KEYRING
    data = {
        "file": str(path), "name": there.name, "system": there.system, "url": there.url,
        "said": trial.said, "problem": trial.problem, "token": in_english(where), "default": usual,
    }  # fmt: skip
    lines = welcome(there, trial.said)
    # Translators: a new destination is in the settings file now.
    lines.append(_("“{name}” is in {file}.").format(name=there.name, file=path))
    if where:
        lines.append(_("Its token is in: {place}.").format(place=where))
    elif there.about.token:
        lines.append(f"{unkept} {no_token(there, bool(answers.token))}".strip())
    command = f"snapper send {'' if usual else f'--to {there.quoted} '}--no-logs"
    lines.append(_('Try it: {command} -m "A test"').format(command=command))
    show(data, as_json, "\n".join(lines))
    if (name := os.environ.get("SNAPPER_DELIVERY_TO", "")) and usual:
        told = _("The environment variable {variable} says “{name}”, and goes first.")
        say(told.format(variable="SNAPPER_DELIVERY_TO", name=name))
    return EXIT_FAILED if unkept else 0
