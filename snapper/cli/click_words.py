"""The words of click, which prints usage, help and errors: in our catalogues, and given to it from there.

click asks gettext for them, which looks in the environment for the language, on every system; ours is settled
elsewhere (`snapper.language`). What no command of ours can make click say is not here.
"""

from __future__ import annotations

import click

from snapper.language import _, plural, translated

# The names of things in braces are click's; what stands in them is an option, a command or what was typed.
WORDS = (
    _("Usage:"),
    _("Options"),
    _("Commands"),
    _("Show this message and exit."),
    _("Error: {message}"),
    _("Try '{command} {option}' for help."),
    _("Invalid value: {message}"),
    _("Invalid value for {param_hint}: {message}"),
    # Translators: the name of the argument follows: Missing argument 'TICKET'.
    _("Missing argument"),
    # Translators: the name of the option follows: Missing option '--name'.
    _("Missing option"),
    _("Missing command."),
    _("No such option {name!r}."),
    _("No such command {name!r}."),
    _("Option {name!r} does not take a value."),
    _("Argument {name!r} takes {nargs} values."),
    # Translators: {range} is a range such as 1<=x<=9.
    _("{value} is not in the range {range}."),
    # Translators: said after “Missing argument”; a list of words to type follows.
    _("Choose from:\n\t{choices}"),
    # Translators: asked after a new password, which is put in twice.
    _("Repeat for confirmation"),
    _("Error: The two entered values do not match."),
    # Translators: said when a question that takes y or n was answered with something else.
    _("Error: invalid input"),
)
COUNTED = (
    plural("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})", 1),
    plural("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments.", 1),
    plural("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)", 1),
    plural("{value!r} is not {choice}.", "{value!r} is not one of {choices}.", 1),
)
# click says of what kind a number is by a word of its own that it does not have translated.
INSTEAD = {"{value!r} is not a valid {number_type}.": _("{value!r} is not a valid number.")}

MODULES = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")


def speak() -> None:
    """Have click say everything from now on in the language of this process."""
    for name in MODULES:
        module = getattr(click, name)
        for asked, answer in (("_", _word), ("ngettext", plural)):
            if hasattr(module, asked):
                setattr(module, asked, answer)


def _word(text: str) -> str:
    return INSTEAD.get(text) or translated(text)
