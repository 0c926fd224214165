"""The reports kept on this computer: `outbox`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from snapper.cli.speaking import (
    EXIT_FAILED,
    Group,
    copy_parts,
    deliver,
    json_option,
    outbox_of,
    paragraphs,
    path_type,
    say,
    settings_of,
    show,
    show_result,
)
from snapper.errors import UsageError
from snapper.language import _, together

if TYPE_CHECKING:
    from snapper.bundle import Bundle
    from snapper.state import Entry


@click.group(cls=Group, invoke_without_command=True, help=_("The reports kept on this computer."))
@json_option
@click.pass_context
def outbox(context: click.Context, as_json: bool) -> int:
    """List them, unless a command of its own is named."""
    return 0 if context.invoked_subcommand else int(context.invoke(outbox_list, as_json=as_json))


@outbox.command("list", help=_("List every report, the newest first."))
@json_option
@click.pass_obj
def outbox_list(config_file: Path | None, as_json: bool) -> int:
    """Show what is kept."""
    from snapper.present import entry_data, entry_line

    entries = outbox_of(config_file).entries()
    if as_json:
        show([entry_data(entry) for entry in entries], True)
    for entry in [] if as_json else entries:
        click.echo(entry_line(entry))
    if not entries and not as_json:
        say(_("The outbox is empty."))
    return 0


@outbox.command("show", help=_("Show one report: its note, its files and how delivery stands."))
@click.argument("report")
@click.option("--files", is_flag=True, help=_("List exactly what leaves, with size and hash."))
@click.option("--read", "name", metavar="FILE", help=_("Print one of these files as it leaves."))
@click.option("--into", type=path_type, help=_("Put these files into a folder, logs unpacked."))
@click.option("--for-it", is_flag=True, help=_("Print the text for the IT department."))
@json_option
@click.pass_obj
def outbox_show(
    config_file: Path | None,
    report: str,
    files: bool,
    name: str | None,
    into: Path | None,
    for_it: bool,
    as_json: bool,
) -> int:
    """Show one report, or what leaves with it."""
    from snapper.present import entry_data, entry_text

    box = outbox_of(config_file)
    entry = box.find(report)
    if for_it:
        return _show_for_it(entry, as_json)
    if files or name or into:
        return _show_files(box.bundle(entry.id), name, into, as_json)
    show(entry_data(entry), as_json, entry_text(entry))
    return 0


def _show_for_it(entry: Entry, as_json: bool) -> int:
    from snapper.present import what_happened

    text = entry.delivery.obstacle.for_it
    if not text:
        raise UsageError(
            _("There is nothing to ask the IT department about this report."), what_happened(entry)
        )
    show({"for_it": text}, as_json, text)
    return 0


def _show_files(bundle: Bundle, name: str | None, into: Path | None, as_json: bool) -> int:
    import shutil
    import sys

    from snapper.contents import part_called, parts_of
    from snapper.present import contents_data, contents_text

    if name:
        with part_called(bundle, name).open() as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        return 0
    if into:
        copy_parts(bundle, into)
    parts = parts_of(bundle)
    show(contents_data(parts), as_json, contents_text(parts))
    return 0


@outbox.command("retry", help=_("Try to deliver one REPORT now, or everything that is not delivered."))
@click.argument("report", required=False)
@json_option
@click.pass_obj
def outbox_retry(config_file: Path | None, report: str | None, as_json: bool) -> int:
    """Deliver what waits."""
    from snapper import flow
    from snapper.connect import open_outbox, sources
    from snapper.state import RULES

    settings = settings_of(config_file)
    box = open_outbox(settings)
    flow.resume(box, sources(settings))
    chosen = (
        [box.find(report)]
        if report
        else [entry for entry in box.entries() if not RULES[entry.state].finished]
    )
    if not chosen:
        say(_("Nothing is waiting."))
    codes = [show_result(deliver(settings, box, entry), as_json) for entry in reversed(chosen)]
    return max(codes, default=0)


@outbox.command(
    "resend",
    help=_("Send a REPORT that was not taken to another ticket, to a new one, or to another destination."),
)
@click.argument("report")
@click.option("--ticket", help=_("The ticket to send it to; without it, a new one."))
@click.option("--to", metavar="NAME", help=_("The destination, as the settings call it."))
@json_option
@click.pass_obj
def outbox_resend(
    config_file: Path | None, report: str, ticket: str | None, to: str | None, as_json: bool
) -> int:
    """Deliver a report elsewhere."""
    from snapper import flow
    from snapper.cli.choosing import addressed
    from snapper.connect import open_outbox
    from snapper.destinations import DESK

    settings = settings_of(config_file)
    box = open_outbox(settings)
    kept = box.find(report)
    number, destination = addressed(settings, ticket, to, kept.report.destination or DESK)
    entry = flow.resend(box, kept.id, number, destination.name)
    return show_result(deliver(settings, box, entry), as_json)


@outbox.command(
    "release",
    help=_("Send a REPORT that was held back because something private is in it, as it is."),
)
@click.argument("report")
@click.option("--yes", is_flag=True, help=_("Do not ask."))
@json_option
@click.pass_obj
def outbox_release(config_file: Path | None, report: str, yes: bool, as_json: bool) -> int:
    """Deliver a report that was held back."""
    from snapper.connect import open_outbox
    from snapper.state import State

    settings = settings_of(config_file)
    box = open_outbox(settings)
    entry = box.find(report)
    if entry.state is State.HELD and not yes:
        question = _("Send it all the same?")
        click.confirm(together((entry.delivery.sentence, question)), abort=True, err=True)
    return show_result(deliver(settings, box, box.release(entry.id)), as_json)


@outbox.command(
    "export",
    help=paragraphs(
        _("Save a REPORT for sending by hand: a zip and the picture, with the steps for a web ticket."),
        _("With the name of a zip, only that."),
    ),
)
@click.argument("report")
@click.option("-o", "--output", type=path_type, default=Path(), help=_("A folder, or the name of a zip."))
@json_option
@click.pass_obj
def outbox_export(config_file: Path | None, report: str, output: Path, as_json: bool) -> int:
    """Save a report."""
    from snapper import by_hand

    box = outbox_of(config_file)
    save = by_hand.save if output.is_dir() else by_hand.save_zip
    saved = save(box, box.find(report).id, output)
    files = [str(path) for path in saved.files]
    show({"file": files[0], "files": files, "flaws": saved.flaws}, as_json, "\n".join(files))
    for sentence in (*saved.flaws, saved.stays):
        say(sentence)
    return EXIT_FAILED if saved.flaws else 0


@outbox.command("discard", help=_("Remove a REPORT for good, delivered or not."))
@click.argument("report")
@click.option("--yes", is_flag=True, help=_("Do not ask."))
@json_option
@click.pass_obj
def outbox_discard(config_file: Path | None, report: str, yes: bool, as_json: bool) -> int:
    """Remove a report."""
    box = outbox_of(config_file)
    entry = box.find(report)
    if not yes:
        click.confirm(_("Remove report {report} for good?").format(report=entry.id), abort=True, err=True)
    box.discard(entry.id)
    show({"discarded": entry.id}, as_json, _("Report {report} is gone.").format(report=entry.id))
    return 0
