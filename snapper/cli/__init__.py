"""The command line: the only package that prints or exits. Every command imports what it needs when it runs.

Results go to stdout (`--json` everywhere), words to stderr.
Exit: 0 done or delivered, 1 failed, 2 usage, 3 kept in the outbox and tried again.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from snapper import __version__
from snapper.cli import click_words
from snapper.cli.config_commands import config
from snapper.cli.desk_commands import desk
from snapper.cli.desktop_commands import autostart, binding
from snapper.cli.doctor_commands import doctor
from snapper.cli.logs_commands import logs
from snapper.cli.outbox_commands import outbox
from snapper.cli.proxy_commands import proxy
from snapper.cli.report_commands import attach, capture, listen, send
from snapper.cli.speaking import EXIT_FAILED, EXIT_USAGE, Group, path_type, say
from snapper.errors import SnapperError
from snapper.language import _


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit; no exception reaches the user as such."""
    _write_utf8()
    click_words.speak()
    try:
        code = snapper.main(list(arguments) if arguments is not None else None, standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except click.Abort:
        say(_("Stopped."))
        sys.exit(130)
    except SnapperError as error:
        say(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(EXIT_FAILED)
    except Exception as error:  # noqa: BLE001 - the last resort: a trader must not see a traceback
        sentence = _("snapper made a mistake of its own. Please send this file to support: {file}")
        say(sentence.format(file=_own_log(error)))
        sys.exit(EXIT_FAILED)


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=_("The screen as it was, today's TWS logs and a note, under a receipt that support can find."),
)
@click.version_option(
    __version__,
    prog_name="snapper",
    message=_("%(prog)s, version %(version)s"),
    help=_("Show the version and exit."),
)
@click.option("--config", "config_file", type=path_type, help=_("Another settings file."))
@click.pass_context
def snapper(context: click.Context, config_file: Path | None) -> None:
    """The whole command line."""
    context.obj = config_file


for _command in (
    listen, send, attach, capture, outbox, logs, proxy, doctor, autostart, binding, desk, config,
):  # fmt: skip
    snapper.add_command(_command)


def _write_utf8() -> None:
    """What goes into a pipe or a file is UTF-8: Windows' old code page would lack most letters."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _own_log(error: Exception) -> Path:
    import tempfile
    import traceback

    path = Path(tempfile.gettempdir()) / f"snapper-error-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    path.write_text(_private("".join(traceback.format_exception(error))), encoding="utf-8")
    return path


def _private(text: str) -> str:
    """A text without what is private on this machine; nothing of it where that cannot be done."""
    try:
        import os

        from snapper.privacy.redact import Redactor
        from snapper.sources import known_here

        return Redactor(known_here(), os.urandom(32)).text(text)
    except Exception as error:  # noqa: BLE001 - whatever it was, a text that may hold private values must not leave
        return f"The trace could not be made private ({type(error).__name__}) and is left out."
