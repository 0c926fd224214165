"""The questions of `config init`: asked one by one, tried out, and asked again where an answer was wrong.

Nothing is written here: whoever leaves in the middle has changed nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import click

from snapper.cli.destination_commands import token_in_environment
from snapper.cli.speaking import say
from snapper.errors import SnapperError, UsageError
from snapper.language import _, together

if TYPE_CHECKING:
    from snapper.config import Settings
    from snapper.destinations import Destination
    from snapper.setting_up import Trial

T = TypeVar("T")

_BY_HAND = "custom"


class DescribedByHand(SnapperError):
    """A system that no questions can describe."""

    exit_code = 2


@dataclass(frozen=True)
class Given:
    """What was given on the command line; `token` is None where it was not, `person` tells whether somebody
    can be asked for the rest, `all` whether for everything."""

    system: str = ""
    url: str = ""
    name: str = ""
    login: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    token: str | None = field(default=None, repr=False)
    person: bool = False
    all: bool = False


@dataclass(frozen=True)
class Answers:
    """A destination and its token; `origin` is where the token is kept already, “” where it is new."""

    destination: Destination
    token: str = field(default="", repr=False)
    origin: str = ""


def interview(settings: Settings, given: Given) -> Answers:
    """Everything about a new destination, asked for where it was not given. Raises UsageError."""
    from snapper import setting_up
    from snapper.destinations import Destination
    from snapper.systems import SYSTEMS

    system = _system(given)
    about = SYSTEMS[system]
    url = _given(
        given.url, lambda text: setting_up.address(system, text), given,
        _("Address, or that of any page there (such as {example})").format(example=about.address), "--url",
    )  # fmt: skip
    name = _name(settings, given, system, url)
    login = _login(given, about.login)
    destination = Destination(name, system, url, login, options=_options(given, system))
    answers = Answers(destination)
    return answers if not about.token else _with_token(settings, given, answers)


def ask(question: str, read: Callable[[str], T], usual: str = "", *, hidden: bool = False) -> T:
    """Ask until the answer can be used."""
    while True:
        text = click.prompt(question, default=usual, show_default=bool(usual), err=True, hide_input=hidden)
        try:
            return read(str(text))
        except UsageError as error:
            say(str(error))


def _given(text: str, read: Callable[[str], T], given: Given, question: str, flag: str, usual: str = "") -> T:
    """An answer from the command line, or from the person."""
    if text:
        return read(text)
    if not given.person:
        raise UsageError(_("{option} is missing.").format(option=flag), _("There is nobody to ask."))
    return ask(question, read, usual)


# --- the single questions ---------------------------------------------------------------------------------


def _system(given: Given) -> str:
    from snapper.systems import SYSTEMS

    if not given.system and given.person:
        click.echo(_("Which ticket system takes the reports?"), err=True)
        for number, system in enumerate(SYSTEMS.values(), 1):
            click.echo(f"  {number:>2}  {system.title}", err=True)
    return _given(given.system, _known_system, given, _("Its number"), "--system")


def _known_system(text: str) -> str:
    from snapper.systems import SYSTEMS

    names, text = list(SYSTEMS), text.strip()
    titles = {system.title.casefold(): name for name, system in SYSTEMS.items()}
    if text.isascii() and text.isdigit() and 0 < int(text[:4]) <= len(names):
        text = names[int(text) - 1]
    found = titles.get(text.casefold(), text.casefold())
    if found not in names:
        raise UsageError(
            _("“{system}” is none of them.").format(system=text[:40]),
            _("There are: {names}.").format(names=", ".join(names)),
        )
    if found == _BY_HAND:
        raise DescribedByHand(
            _("Such a system is described in the settings file by hand: README, “Any other system”."),
            _("Then “snapper config token NAME” takes its token, and “snapper config check NAME” tries it."),
        )
    return found


def _name(settings: Settings, given: Given, system: str, url: str) -> str:
    from snapper import setting_up

    taken = [each.name for each in settings.others]
    same = [each.name for each in settings.others if (each.system, each.url) == (system, url)]
    usual = same[0] if same else setting_up.usual_name(system, taken)
    if given.name or not given.all:
        return setting_up.name(given.name or usual, system)
    while True:
        question = _("A name for it, as you will see it")
        name = ask(question, lambda text: setting_up.name(text, system), usual)
        there = next((each for each in taken if each.casefold() == name.casefold()), None)
        question = _("“{name}” is there already. Replace it?").format(name=there)
        if there is None or click.confirm(question, err=True):
            return there or name


def _login(given: Given, about: str) -> str:
    if given.login is not None or not about:
        return (given.login or "").strip()
    return ask(about[:1].upper() + about[1:], str.strip) if given.person else ""


def _options(given: Given, system: str) -> dict[str, str]:
    from snapper import setting_up
    from snapper.systems import SYSTEMS

    options = SYSTEMS[system].options
    keys = [each.key for each in options]
    if unknown := [key for key in given.options if key not in keys]:
        told = _("It may be: {names}.").format(names=", ".join(keys)) if keys else _("It has none.")
        sentence = _("--option: {system} has no “{name}”.")
        raise UsageError(sentence.format(system=SYSTEMS[system].title, name=unknown[0][:40]), told)
    found: dict[str, str] = {}
    for each in options:
        if each.key in given.options or not (given.all or (given.person and each.required)):
            found[each.key] = setting_up.option(each, given.options.get(each.key, each.default))
        else:
            found[each.key] = _ask_option(system, each.key, each.default)
    return {key: value for key, value in found.items() if value}


def _ask_option(system: str, key: str, usual: str) -> str:
    from snapper import setting_up
    from snapper.systems import SYSTEMS

    wanted = next(each for each in SYSTEMS[system].options if each.key == key)
    question = f"{key.replace('_', ' ').capitalize()}: {wanted.about}"
    return ask(question, lambda text: setting_up.option(wanted, text), usual)


def _with_token(settings: Settings, given: Given, answers: Answers) -> Answers:
    from snapper.delivery import tokens
    from snapper.setting_up import token

    about = answers.destination.about
    if given.token is not None:
        return replace(answers, token=token(about, given.token))
    kept = tokens.find(answers.destination, os.environ)
    if kept and (not given.person or token_in_environment(answers.destination)):
        return replace(answers, token=kept.value, origin=kept.origin)
    if not given.person:
        return answers
    if kept:
        say(_("There is a token for this address in the keyring; Enter leaves it."))
    typed = ask_token(answers.destination)
    if kept and not typed:
        return replace(answers, token=kept.value, origin=kept.origin)
    return replace(answers, token=typed)


def ask_token(destination: Destination) -> str:
    """A token as it is put in, unseen; “” for none."""
    from snapper.setting_up import token

    about = destination.about
    unseen = _("What you put in is not shown; Enter alone: later.")
    say(together((about.token, unseen)))
    what = _("Password or token") if about.login else _("Token")
    return ask(what, lambda text: token(about, text), hidden=True)


# --- trying out -------------------------------------------------------------------------------------------


def until_right(settings: Settings, given: Given, answers: Answers) -> tuple[Answers, Trial]:
    """Try the answers out; a person corrects what is wrong and tries again, or keeps it as it is.

    Raises UsageError where nobody is there to correct it.
    """
    from snapper.setting_up import try_out

    while True:
        say(_("Asking {system}…").format(system=answers.destination.title))
        trial = try_out(settings, answers.destination, answers.token)
        if trial.said:
            return answers, trial
        if not given.person:
            unchanged = _("Nothing was changed; --no-probe sets it up all the same.")
            raise UsageError(trial.problem, together((trial.remedy, unchanged)))
        say(together((trial.problem, trial.remedy)))
        what = _what_now(answers.destination, trial.suspect)
        if what == _KEEP:
            return answers, trial
        if what != _AGAIN:
            answers = _corrected(answers, what)


_AGAIN, _KEEP = "again", "keep"  # what no answer is called


def _what_now(destination: Destination, suspect: str) -> str:
    """What the person wants to do: an answer to correct, `_AGAIN` or `_KEEP`."""
    from snapper import setting_up

    about = destination.about
    choices: dict[str, str] = {setting_up.ADDRESS: _("correct the address")}
    if about.login:
        choices[setting_up.LOGIN] = _("correct the user name")
    if about.token:
        choices[setting_up.TOKEN] = _("put in the token again")
    for each in about.options:
        choices[each.key] = _("correct: {option}").format(option=each.key.replace("_", " "))
    choices |= {_AGAIN: _("try again"), _KEEP: _("keep it as it is")}
    keys = list(choices)
    for number, words in enumerate(choices.values(), 1):
        click.echo(f"  {number:>2}  {words}", err=True)
    usual = keys.index(suspect if suspect in choices else _AGAIN) + 1
    number = click.prompt(_("What now?"), type=click.IntRange(1, len(keys)), default=usual, err=True)
    return keys[number - 1]


def _corrected(answers: Answers, what: str) -> Answers:
    from snapper import setting_up

    there = answers.destination
    if what == setting_up.TOKEN:
        return replace(answers, token=ask_token(there), origin="")
    if what == setting_up.ADDRESS:
        url = ask(_("Address"), lambda text: setting_up.address(there.system, text), there.url)
        return _moved(answers, replace(there, url=url))
    if what == setting_up.LOGIN:
        return _moved(answers, replace(there, login=ask(there.about.login, str.strip, there.login)))
    value = _ask_option(there.system, what, there.option(what))
    return replace(answers, destination=replace(there, options={**there.options, what: value}))


def _moved(answers: Answers, destination: Destination) -> Answers:
    """The answers for another address or user: what the keyring held for the first is not shown to it."""
    moved = replace(answers, destination=destination)
    if not answers.origin or token_in_environment(answers.destination):
        return moved
    return replace(moved, token=ask_token(destination), origin="")
