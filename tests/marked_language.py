"""A language that has a sign around every message, so that what is not a message shows.

    python -m tests.marked_language helps | misuse     what the command line says in it, as JSON

Sentences are translated when they are read in: a whole process speaks it from its first word on.
"""

from __future__ import annotations

import contextlib
import gettext
import io
import json
import re
import sys

from snapper import language

_INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
# What every language has alike: options, choices, ranges, what was typed.
_ALIKE = re.compile(r"(?<!\S)-{1,2}[a-z-]+|\[[a-z|]+\]|\d<=x(?:<=\d+)?|'[^']*'")
_WORD = re.compile(r"[^\W\d_]*[a-z][^\W\d_]*")

MISUSE = {
    "a missing argument": ["attach"],
    "a missing option's value": ["send", "-m"],
    "a missing command": ["--config", "x"],
    "an unknown option": ["send", "--wrong"],
    "an unknown option like a known one": ["send", "--screenshots"],
    "an unknown command": ["nothing"],
    "a value for a switch": ["send", "--json=1"],
    "no number": ["send", "--days", "many"],
    "a number out of range": ["send", "--days", "-1"],
    "too many arguments": ["listen", "a", "b"],
    "neither on nor off": ["autostart", "perhaps"],
    "two that exclude each other": ["send", "--last", "15m", "--between", "14:00-14:30"],
    "a class that is none": ["send", "--keep", "wrong"],
    "a folder without a rehearsal": ["send", "--into", "x"],
    "a file that is not there": ["logs", "check", "missing"],
    "an option without a value": ["config", "init", "--option", "queue"],
}


class Marked(gettext.NullTranslations):
    """Every message with the sign."""

    def gettext(self, message: str) -> str:
        """One message."""
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """One message with a count."""
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


def unmarked(text: str) -> str:
    """What of a text is in no message; messages may be within others."""
    while (rest := _INNERMOST.sub("", text)) != text:
        text = rest
    return text


def untranslated(text: str) -> set[str]:
    """Words in no message, other than options and what was typed."""
    return {*_WORD.findall(_ALIKE.sub("", unmarked(text)))}


def helps() -> dict[str, str]:
    """The help of every command, a paragraph in one line."""
    import click

    from snapper import cli

    cli.click_words.speak()

    def of(command: click.Command, path: str, above: click.Context | None) -> dict[str, str]:
        settings = command.context_settings
        context = click.Context(command, above, path.split()[-1], terminal_width=10_000, **settings)
        found = {path: command.get_help(context)}
        for name, below in getattr(command, "commands", {}).items():
            found |= of(below, f"{path} {name}", context)
        return found

    return of(cli.snapper, "snapper", None)


def misuse() -> dict[str, str]:
    """What is said about each misuse."""
    from snapper import cli

    said = {}
    for name, arguments in MISUSE.items():
        caught = io.StringIO()
        with contextlib.redirect_stderr(caught), contextlib.suppress(SystemExit):
            cli.main(arguments)
        said[name] = caught.getvalue()
    return said


if __name__ == "__main__":
    language._catalogue = Marked  # type: ignore[assignment]
    print(json.dumps({"helps": helps, "misuse": misuse}[sys.argv[1]]()))
