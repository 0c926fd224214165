"""Checks of this computer and its network: `doctor`."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from snapper.cli.speaking import EXIT_FAILED, Command, json_option, settings_of, show
from snapper.language import _


@click.command(
    cls=Command,
    help=_("Check this computer and its network: what works, what does not, and what to do about it."),
)
@click.option(
    "--for-it", "only_for_it", is_flag=True, help=_("Print only what to ask the IT department for.")
)
@json_option
@click.pass_obj
def doctor(config_file: Path | None, only_for_it: bool, as_json: bool) -> int:
    """Examine this computer and its network."""
    from snapper.connect import open_outbox
    from snapper.doctor import Verdict, examine, somebody_listens
    from snapper.doctor.table import data, for_it, table

    settings = settings_of(config_file)
    outbox = open_outbox(settings)
    findings = examine(settings, outbox, listening=somebody_listens(outbox.folder))
    if only_for_it:
        click.echo(for_it(findings) or _("There is nothing to ask the IT department for."))
        return 0
    show(data(findings), as_json, table(findings, shutil.get_terminal_size((110, 24)).columns))
    return EXIT_FAILED if any(finding.verdict is Verdict.FAILED for finding in findings) else 0
