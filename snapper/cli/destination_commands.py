"""A destination's token, and whether it answers: `config token` and `config check`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snapper.cli.speaking import EXIT_FAILED, json_option, say, settings_of, show
from snapper.errors import Unavailable, UsageError

if TYPE_CHECKING:
    from snapper.config import Settings
    from snapper.destinations import Destination
    from snapper.setting_up import Trial

KEYRING = "this computer's keyring"
_CHECK_SECONDS = 30.0  # a slow proxy in front of a slow ticket system


def origin(settings: Settings, destination: Destination) -> str:
    """Where the token of a destination comes from; “” where there is none."""
    from snapper import connect

    found = connect.token(settings, destination)
    return found.origin if found else ""


def welcome(destination: Destination, said: str) -> list[str]:
    """What a destination answered that knows us, as lines."""
    knows = " and knows the token" if destination.about.token else ""
    return [f"{said} answers{knows}."] if said else []


def no_token(destination: Destination, put_in: bool) -> str:
    """What to do about a token that is not kept; `put_in` tells whether somebody put one in just now."""
    variable = f"the environment variable {destination.token_variable}"
    if put_in:
        return f"Before you start snapper, set {variable} to the token."
    return f"It has no token yet: “snapper config token {destination.quoted}”, or {variable}."


# --- tokens -----------------------------------------------------------------------------------------------


@click.command("token")
@click.argument("name")
@click.option("--forget", is_flag=True, help="Remove it from the keyring.")
@click.option("--no-probe", is_flag=True, help="Do not try it out.")
@json_option
@click.pass_obj
def config_token(config_file: Path | None, name: str, forget: bool, no_probe: bool, as_json: bool) -> int:
    """Put in the token of the destination NAME: asked for unseen, or read from the input.

    It is kept in this computer's keyring; one that is refused is not.
    """
    settings = settings_of(config_file)
    destination = settings.destination(name)
    if not destination.about.token:
        raise UsageError(f"{destination.about.title} takes no token.", "There is nothing to put in.")
    if forget:
        return _forget(destination, as_json)
    token, said = _right_token(settings, destination, no_probe)
    return _keep_token(settings, destination, token, said, as_json)


def _forget(destination: Destination, as_json: bool) -> int:
    from snapper.delivery import tokens

    there = tokens.forget(destination)
    words = "The token of {} is forgotten." if there else "There was no token of {} in the keyring."
    show({"name": destination.name, "forgotten": there}, as_json, words.format(destination.name))
    if os.environ.get(destination.token_variable):
        say(f"The environment variable {destination.token_variable} still holds one.")
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
            raise UsageError("No token was put in.", "Nothing was changed.")
        if no_probe:
            return token, ""
        say(f"Asking {destination.title}…")
        trial = setting_up.try_out(settings, destination, token)
        if not trial.token_refused:
            if trial.problem:
                say(f"{trial.problem} {trial.remedy}".strip())
            return token, trial.said
        if not person:
            raise UsageError(trial.problem, "It was not kept.")
        say(f"{trial.problem} {trial.remedy}")


def _keep_token(settings: Settings, destination: Destination, token: str, said: str, as_json: bool) -> int:
    from snapper import settings_file
    from snapper.delivery import tokens

    try:
        tokens.keep(destination, token)
    except Unavailable as error:
        raise Unavailable(error.sentence, no_token(destination, True)) from error
    lines = welcome(destination, said)
    lines.append(f"The token of {destination.name} is kept in this computer's keyring.")
    first = _goes_first(settings, destination)
    if first.startswith(str(settings.file)):
        settings_file.edit(settings.file, settings_file.without_token)
        lines.append(f"The old one is no longer in {settings.file}.")
    show(
        {"name": destination.name, "said": said, "token": KEYRING},
        as_json,
        "\n".join(lines),
    )
    if first.startswith("environment"):
        say(f"The {first} holds one too, and goes first.")
    return 0


def _goes_first(settings: Settings, destination: Destination) -> str:
    """Where a token is that would be taken before the one in the keyring."""
    found = origin(settings, destination)
    return "" if found == KEYRING else found


# --- checking ---------------------------------------------------------------------------------------------


@click.command("check")
@click.argument("name", required=False)
@json_option
@click.pass_obj
def config_check(config_file: Path | None, name: str | None, as_json: bool) -> int:
    """Ask the destination NAME, or every one: whether it answers, knows the token, and has what it needs."""
    import time
    from functools import partial

    from snapper.delivery.waiting import side_by_side
    from snapper.setting_up import Trial, check, in_use

    settings = settings_of(config_file)
    chosen = (settings.destination(name),) if name else in_use(settings)
    asked = {each.name: partial(check, settings, each) for each in chosen}
    found = side_by_side(asked, time.monotonic() + _CHECK_SECONDS)
    late = Trial(problem="No answer in time.", remedy="Try again; “snapper doctor” looks closer.")
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
    words = {name: trial.said or f"{trial.problem} {trial.remedy}".strip() for name, trial in trials.items()}
    return [f"{'✗' if trials[name].problem else '✓'}  {name:<{width}}  {words[name]}" for name in trials]
