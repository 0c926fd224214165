"""What every command shares: its settings, its words, its results and its progress."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from snapper.errors import UsageError
from snapper.language import _

if TYPE_CHECKING:
    from snapper.bundle import Bundle
    from snapper.config import Settings
    from snapper.outbox import Outbox
    from snapper.state import Entry, State

EXIT_FAILED, EXIT_USAGE, EXIT_KEPT = 1, 2, 3

json_option = click.option("--json", "as_json", is_flag=True, help=_("Print the result as JSON."))
# What cannot be read is told by who reads it: click's own sentence has an English word in it.
path_type = click.Path(path_type=Path, readable=False)


def paragraphs(*texts: str) -> str:
    """A help text."""
    return "\n\n".join(texts)


class Command(click.Command):
    """A command that a list of commands shows with the first paragraph of its help, whole.

    click's own way ends it at a dot or a width, for which it takes words apart from each other by blanks: not
    every language does.
    """

    def get_short_help_str(self, limit: int = 45) -> str:
        """The line in a list of commands."""
        return (self.help or "").partition("\n\n")[0]


class Group(Command, click.Group):
    """A command with commands of its own, of that kind."""

    command_class = Command


def settings_of(config_file: Path | None, flags: dict[str, object] | None = None) -> Settings:
    """The settings of this run. Raises ConfigError."""
    from snapper.config import load

    return load(config_file, flags=flags)


def outbox_of(config_file: Path | None) -> Outbox:
    """The outbox of this run."""
    from snapper.connect import open_outbox

    return open_outbox(settings_of(config_file))


def show_result(entry: Entry, as_json: bool) -> int:
    """Print how submitting ended; returns the exit code that says the same."""
    from snapper.present import entry_data, result_text

    show(entry_data(entry), as_json, result_text(entry))
    return exit_code(entry.state)


def exit_code(state: State | None) -> int:
    """How a command ends that leaves a report in this state (None: there is no report)."""
    from snapper.state import RULES, State

    if state is not None and RULES[state].finished:
        return 0
    over = (None, State.REJECTED, State.STOPPED, State.DAMAGED, State.HELD)  # nothing more happens by itself
    return EXIT_FAILED if state in over else EXIT_KEPT


def show(data: object, as_json: bool, text: object = "") -> None:
    """Print a result: the data for scripts, or the text for people."""
    click.echo(json.dumps(data, ensure_ascii=False) if as_json else text)


def say(sentence: str) -> None:
    """Tell the person who is there, without disturbing the result."""
    click.echo(f"snapper: {sentence}", err=True)


def leave(code: int) -> NoReturn:
    """End a program that has shown windows, once all of its own is closed.

    The interpreter's own end would stop threads that still look something up wherever they are. Inside a C++
    library (RE2, Qt) that aborts the process, and the exit code is lost
    (https://github.com/python/cpython/issues/87135).
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # none, or nobody reads it
            stream.flush()
    os._exit(code)


class Progress:
    """A progress bar on stderr when that is a terminal; silent otherwise."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._bar: Any = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._bar:
            self._bar.stop()

    def to(self, done: int, total: int) -> None:
        """So many bytes of so many are done."""
        if not sys.stderr.isatty():
            return
        if self._bar is None:
            self._bar = _rich_progress()
            self._bar.start()
            self._bar.add_task(self._label, total=total, said="")
        (task,) = self._bar.tasks
        self._bar.update(task.id, completed=done, total=total, said=_how_far(done, total, task.speed))


def copy_parts(bundle: Bundle, folder: Path) -> None:
    """Put every file of a report, logs unpacked, into a folder to look at. Raises UsageError."""
    import shutil

    from snapper.contents import parts_of

    try:
        for part in parts_of(bundle):
            # The logs of an archive go beside it, into a folder of almost its name.
            path = folder / part.name.replace(".zip/", "/", 1)
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open() as source, path.open("xb") as target:
                shutil.copyfileobj(source, target)
    except FileExistsError as error:
        raise UsageError(
            _("{file} exists already.").format(file=error.filename), _("Choose an empty folder.")
        ) from error
    except OSError as error:
        raise UsageError(
            _("The folder {folder} cannot be written to.").format(folder=folder),
            # Translators: another folder.
            _("Choose another one."),
        ) from error


def _how_far(done: int, total: int, speed: float | None) -> str:
    """How much is done, and how fast it goes in bytes per second where that is known yet."""
    from snapper.words import size_text

    # Translators: sizes, as in “3 MB of 12 MB”.
    sizes = _("{done} of {total}").format(done=size_text(done), total=size_text(total))
    if not speed:
        return sizes
    # Translators: a size per second.
    pace = _("{size}/s").format(size=size_text(int(speed)))
    return f"{sizes}  {pace}"


def _rich_progress() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def deliver(settings: Settings, outbox: Outbox, entry: Entry) -> Entry:
    """Try once to deliver a kept report, with a progress bar; returns how it stands then."""
    from snapper.connect import endpoint_of
    from snapper.delivery.worker import deliver

    with Progress(_("Sending")) as progress:
        sent = deliver(
            outbox,
            entry.id,
            lambda report: endpoint_of(settings, report),
            lambda done: progress.to(min(done, entry.size), entry.size),
            say,
        )
    if sent is None:
        say(_("Another snapper is sending it right now."))
    return sent or outbox.entry(entry.id)
