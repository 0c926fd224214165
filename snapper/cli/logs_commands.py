"""TWS's logs: `logs list`, `logs export` and `logs check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from snapper.cli.choosing import log_choice, log_options
from snapper.cli.speaking import EXIT_FAILED, Group, Progress, json_option, path_type, say, settings_of, show
from snapper.errors import SnapperError, UsageError
from snapper.language import _, number, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snapper.logs.found import LogFile, TodaysLogs
    from snapper.logs.known_problems import Match

_NAMES_SAID = 3  # a sentence is no list


@click.group(cls=Group, invoke_without_command=True, help=_("TWS's logs, today's if nothing else is said."))
@json_option
@click.pass_context
def logs(context: click.Context, as_json: bool) -> int:
    """List them, unless a command of its own is named."""
    return 0 if context.invoked_subcommand else int(context.invoke(logs_list, as_json=as_json))


@logs.command("list", help=_("List the logs: where they are and how large."))
@log_options
@json_option
@click.pass_obj
def logs_list(
    config_file: Path | None, as_json: bool, days: int | None, last: str | None, between: str | None
) -> int:
    """Show what was found."""
    from snapper.present import logs_data, logs_text

    found = _chosen_logs(config_file, days, last, between)
    if found.sentence:
        say(found.sentence)
    if as_json or found.files:
        show(logs_data(found), as_json, logs_text(found))
    return 0 if found.files else EXIT_FAILED


@logs.command("export", help=_("Pack the logs, as they are, into one zip file."))
@click.option("-o", "--output", type=path_type, default=Path("logs.zip"), help=_("The name of the zip."))
@log_options
@json_option
@click.pass_obj
def logs_export(
    config_file: Path | None,
    output: Path,
    as_json: bool,
    days: int | None,
    last: str | None,
    between: str | None,
) -> int:
    """Write the zip file."""
    from snapper.logs.pack import pack

    found = _chosen_logs(config_file, days, last, between)
    if not found.files:
        raise SnapperError(found.sentence or _("No log of today was found."))
    if output.exists():
        raise UsageError(_("{file} exists already.").format(file=output), _("Choose another name with -o."))
    with Progress(_("Packing the logs")) as progress:
        packed = pack(found.files, output, progress.to)
    for remark in packed.remarks:
        say(remark)
    show({"file": str(output), "size": packed.size, "sha256": packed.sha256}, as_json, output)
    return 0


@logs.command("check", help=_("Look for known problems in today's logs, or in FILES, and say what helps."))
@click.argument("files", nargs=-1, type=path_type)
@click.option("-m", "--note", default="", help=_("What happened, in your words: it is compared as well."))
@click.option(
    "--table", "tables", type=path_type, multiple=True, help=_("A further table of known problems.")
)
@log_options
@json_option
@click.pass_obj
def logs_check(
    config_file: Path | None,
    files: tuple[Path, ...],
    note: str,
    tables: tuple[Path, ...],
    as_json: bool,
    days: int | None,
    last: str | None,
    between: str | None,
) -> int:
    """Show what was recognised."""
    from snapper.logs.known_problems import asks_for_secrets, load
    from snapper.report import LogKind

    if files and (days is not None or last or between):
        raise UsageError(
            _("--days, --last and --between choose among TWS's own logs."), _("Leave the files out.")
        )
    known = load((*settings_of(config_file).logs_known_problems, *tables))
    found = [_given(path) for path in files] or _own_logs(_chosen_logs(config_file, days, last, between))
    searched = [log.name for log in found if log.kind is LogKind.PLAIN]
    sealed = [log.name for log in found if log.kind is not LogKind.PLAIN]
    matches = known.check(note, found)
    secret = asks_for_secrets(note)
    if sealed:
        told = _("Not searched: {files}, encrypted by TWS, only IBKR can read it.")
        say(told.format(files=_listed(sealed)))
    if secret:
        say(secret)
    data = {
        "findings": [_as_data(match) for match in matches],
        "searched": searched, "sealed": sealed, "credentials": secret,
    }  # fmt: skip
    where = [*searched, *([_("the note")] if note.strip() else [])]
    show(data, as_json, "\n\n".join(map(_as_text, matches)) or _nothing(where))
    return 0


def _chosen_logs(
    config_file: Path | None, days: int | None, last: str | None, between: str | None
) -> TodaysLogs:
    from datetime import datetime

    from snapper.connect import sources

    settings = settings_of(config_file)
    now = datetime.now().astimezone()
    return sources(settings).logs(now, log_choice(settings, days, last, between))


def _own_logs(found: TodaysLogs) -> list[LogFile]:
    if found.sentence:
        say(found.sentence)
    return list(found.files)


def _given(path: Path) -> LogFile:
    """A log that was named. Raises UsageError when it cannot be read."""
    import stat

    from snapper.logs.found import LogFile
    from snapper.logs.names import log_kind
    from snapper.report import LogKind

    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):  # opening a pipe would wait for whoever writes to it
            raise UsageError(_("{file} is not a file.").format(file=path), _("Name a log file."))
        with path.open("rb"):
            pass
    except (OSError, ValueError) as error:
        raise UsageError(
            _("{file} cannot be read.").format(file=path), _("Name a log file that you may read.")
        ) from error
    kind = log_kind(path.name) or (LogKind.SEALED if path.suffix == ".ibgzenc" else LogKind.PLAIN)
    return LogFile(path, str(path), facts.st_size, facts.st_mtime, kind)


def _as_data(match: Match) -> dict[str, Any]:
    problem = match.problem
    return {
        "id": problem.id, "title": problem.title, "level": str(problem.level),
        "where": match.where, "line": match.line,
        "answer": problem.answer, "do": list(problem.do),
        "contact": str(problem.contact), "telephone_only": problem.telephone_only, "urgent": problem.urgent,
        "source": problem.source,
    }  # fmt: skip


def _as_text(match: Match) -> str:
    problem = match.problem
    title = _("This looks like: {problem}").format(problem=problem.title)
    rows = [title, f"  {match.where}: {match.line}", f"  {problem.answer}"]
    rows += [f"  {number}. {step}" for number, step in enumerate(problem.do, 1)]
    rows += [f"  {problem.whom}"] if problem.whom else []
    # Translators: where the advice comes from, such as a web page.
    source = _("Source: {place}").format(place=problem.source)
    return "\n".join([*rows, f"  {source}"])


def _nothing(where: Sequence[str]) -> str:
    if not where:
        return _("There was nothing to search.")
    return _("Nothing known was found in {files}.").format(files=_listed(where))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_SAID
    first = ", ".join(names[:_NAMES_SAID])
    if more <= 0:
        return first
    # Translators: {first} are names of files, as many as fit into a sentence.
    return plural("{first} and {count} more", "{first} and {count} more", more).format(
        first=first, count=number(more)
    )
