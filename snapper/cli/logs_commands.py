"""Today's TWS logs: `logs`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from snapper.cli.speaking import EXIT_FAILED, Progress, json_option, path_type, say, settings_of, show
from snapper.errors import SnapperError, UsageError

if TYPE_CHECKING:
    from snapper.logs.today import TodaysLogs


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def logs(context: click.Context, as_json: bool) -> int:
    """Today's TWS logs."""
    return 0 if context.invoked_subcommand else int(context.invoke(logs_list, as_json=as_json))


@logs.command("list")
@json_option
@click.pass_obj
def logs_list(config_file: Path | None, as_json: bool) -> int:
    """List today's logs: where they are and how large."""
    from snapper.present import logs_data, logs_text

    found = _todays_logs(config_file)
    if found.sentence:
        say(found.sentence)
    if as_json or found.files:
        show(logs_data(found), as_json, logs_text(found))
    return 0 if found.files else EXIT_FAILED


@logs.command("export")
@click.option("-o", "--output", type=path_type, default=Path("logs.zip"), help="The name of the zip.")
@json_option
@click.pass_obj
def logs_export(config_file: Path | None, output: Path, as_json: bool) -> int:
    """Pack today's logs into one zip file."""
    from snapper.logs.pack import pack

    found = _todays_logs(config_file)
    if not found.files:
        raise SnapperError(found.sentence or "No log of today was found.")
    if output.exists():
        raise UsageError(f"{output} exists already.", "Choose another name with -o.")
    with Progress("Packing today's logs") as progress:
        packed = pack(found.files, output, progress.to)
    for remark in packed.remarks:
        say(remark)
    show({"file": str(output), "size": packed.size, "sha256": packed.sha256}, as_json, output)
    return 0


def _todays_logs(config_file: Path | None) -> TodaysLogs:
    from datetime import datetime

    from snapper.connect import find_logs

    return find_logs(settings_of(config_file), datetime.now().astimezone())
