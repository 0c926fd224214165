"""A destination's token, and whether it answers: `config token` and `config check`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snapper.cli.speaking import EXIT_FAILED, Command, json_option, paragraphs, say, settings_of, show
from snapper.errors import Unavailable, UsageError
from snapper.language import _, in_english, together

if TYPE_CHECKING:
    from snapper.config import Settings
    from snapper.destinations import Destination
    from snapper.setting_up import Trial

KEYRING = _("this computer's keyring")
_DESK_TOKEN = "SNAPPER_DELIVERY_TOKEN"  # delivery.token from the environment
_CHECK_SECONDS = 30.0  # a slow proxy in front of a slow ticket system


def origin(settings: Settings, destination: Destination) -> str:
    """Where the token of a destination comes from; “” where there is none."""
    from snapper import connect

    found = connect.token(settings, destination)
    return found.origin if found else ""


def welcome(destination: Destination, said: str) -> list[str]:
    """What a destination answered that knows us, as lines."""
    # Translators: {system} is what a ticket system calls itself, such as “Zammad 6.4”.
    told = _("{system} answers and knows the token.") if destination.about.token else _("{system} answers.")
    return [told.format(system=said)] if said else []


def no_token(destination: Destination, put_in: bool) -> str:
    """What to do about a token that is not kept; `put_in` tells whether somebody put one in just now."""
    told = _("It has no token yet: “snapper config token {name}”, or the environment variable {variable}.")
    if put_in:
        told = _("Before you start snapper, set the environment variable {variable} to the token.")
    return told.format(name=destination.quoted, variable=destination.token_variable)


# --- tokens -----------------------------------------------------------------------------------------------


@click.command(
    "token",
    cls=Command,
    help=paragraphs(
        _("Put in the token of the destination NAME: asked for unseen, or read from the input."),
        _("It is kept in this computer's keyring; one that is refused is not."),
    ),
)
@click.argument("name")
@click.option("--forget", is_flag=True, help=_("Remove it from the keyring."))
@click.option("--no-probe", is_flag=True, help=_("Do not try it out."))
@json_option
@click.pass_obj
def config_token(config_file: Path | None, name: str, forget: bool, no_probe: bool, as_json: bool) -> int:
    """Keep a destination's token, or forget it."""
    settings = settings_of(config_file)
    destination = settings.destination(name)
    if not destination.about.token:
        raise UsageError(
            _("{system} takes no token.").format(system=destination.about.title),
            _("There is nothing to put in."),
        )
    if forget:
        return _forget(destination, as_json)
    token, said = _right_token(settings, destination, no_probe)
    return _keep_token(settings, destination, token, said, as_json)


def _forget(destination: Destination, as_json: bool) -> int:
    from snapper.delivery import tokens

    there = tokens.forget(destination)
    gone, none = _("The token of {name} is forgotten."), _("There was no token of {name} in the keyring.")
    words = (gone if there else none).format(name=destination.name)
    show({"name": destination.name, "forgotten": there}, as_json, words)
    if os.environ.get(variable := destination.token_variable):
        say(_("The environment variable {variable} still holds one.").format(variable=variable))
    return 0


def _right_token(settings: Settings, destination: Destination, no_probe: bool) -> tuple[str, str]:
    """A token that is not refused, and what the destination said of itself. Raises UsageError."""
    from snapper import setting_up
    from snapper.cli.interview import ask_token

    person = sys.stdin.isatty()
    while True:
        text = ask_token(destination) if person else sys.stdin.readline()
        token = setting_up.token(destination.about, text)
        if not token:
            raise UsageError(_("No token was put in."), _("Nothing was changed."))
        if no_probe:
            return token, ""
        say(_("Asking {system}…").format(system=destination.title))
        trial = setting_up.try_out(settings, destination, token)
        if not trial.token_refused:
            if trial.problem:
                say(together((trial.problem, trial.remedy)))
            return token, trial.said
        if not person:
            raise UsageError(trial.problem, _("It was not kept."))
        say(together((trial.problem, trial.remedy)))


def _keep_token(settings: Settings, destination: Destination, token: str, said: str, as_json: bool) -> int:
    from snapper import settings_file
    from snapper.delivery import tokens

    try:
        tokens.keep(destination, token)
    except Unavailable as error:
        raise Unavailable(error.sentence, no_token(destination, True)) from error
    lines = welcome(destination, said)
    told = _("The token of {name} is kept in this computer's keyring.")
    lines.append(told.format(name=destination.name))
    if _in_the_file(settings, destination):
        settings_file.edit(settings.file, settings_file.without_token)
        lines.append(_("The old one is no longer in {file}.").format(file=settings.file))
    data = {"name": destination.name, "said": said, "token": in_english(KEYRING)}
    show(data, as_json, "\n".join(lines))
    if variable := token_in_environment(destination):
        told = _("The environment variable {variable} holds one too, and goes first.")
        say(told.format(variable=variable))
    return 0


def _in_the_file(settings: Settings, destination: Destination) -> bool:
    """Whether the settings file holds a token, which would be taken before the one in the keyring."""
    from snapper.destinations import DESK

    return destination.name == DESK and bool(settings.delivery_token) and not os.environ.get(_DESK_TOKEN)


def token_in_environment(destination: Destination) -> str:
    """The environment variable that holds a token of a destination; “” for none."""
    from snapper.destinations import DESK

    variables = [*([_DESK_TOKEN] if destination.name == DESK else []), destination.token_variable]
    return next((name for name in variables if os.environ.get(name, "").strip()), "")


# --- checking ---------------------------------------------------------------------------------------------


@click.command(
    "check",
    cls=Command,
    help=_(
        "Ask the destination NAME, or every one: whether it answers, knows the token, and has what it needs."
    ),
)
@click.argument("name", required=False)
@json_option
@click.pass_obj
def config_check(config_file: Path | None, name: str | None, as_json: bool) -> int:
    """Try destinations out."""
    import time
    from functools import partial

    from snapper.delivery.waiting import side_by_side
    from snapper.setting_up import Trial, check, in_use

    settings = settings_of(config_file)
    chosen = (settings.destination(name),) if name else in_use(settings)
    asked = {each.name: partial(check, settings, each) for each in chosen}
    found = side_by_side(asked, time.monotonic() + _CHECK_SECONDS)
    late = Trial(problem=_("No answer in time."), remedy=_("Try again; “snapper doctor” looks closer."))
    trials = {name: found.get(name, late) for name in asked}
    data = [
        {
            "name": name,
            "ok": not trial.problem,
            "said": trial.said,
            "problem": trial.problem,
            "remedy": trial.remedy,
        }
        for name, trial in trials.items()
    ]
    show(data, as_json, "\n".join(_trial_lines(trials)))
    return EXIT_FAILED if any(trial.problem for trial in trials.values()) else 0


def _trial_lines(trials: dict[str, Trial]) -> list[str]:
    width = max(map(len, trials))
    words = {name: trial.said or together((trial.problem, trial.remedy)) for name, trial in trials.items()}
    return [f"{'✗' if trials[name].problem else '✓'}  {name:<{width}}  {words[name]}" for name in trials]
