"""Making reports: `listen`, `capture`, `send` and `attach`."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from snapper.cli.choosing import addressed, kept_classes, log_choice, log_options
from snapper.cli.speaking import (
    EXIT_KEPT,
    Command,
    Progress,
    copy_parts,
    deliver,
    exit_code,
    json_option,
    leave,
    path_type,
    say,
    settings_of,
    show,
    show_result,
)
from snapper.errors import SnapperError, UsageError
from snapper.language import _, number, together

if TYPE_CHECKING:
    from snapper.answer import Answer
    from snapper.capture.frame import Frame, Rect
    from snapper.config import Settings
    from snapper.privacy.classes import Private


@click.command(cls=Command, help=_("Wait for the chord, in the background, with an icon in the tray."))
@click.pass_obj
def listen(config_file: Path | None) -> int:
    """Run until it is told to end, or show the one that runs already."""
    from snapper.cli.resident import the_only_listener

    settings = settings_of(config_file)
    with the_only_listener(settings.outbox_folder) as alone:
        if not alone:
            return 0
        from snapper.app import App

        app = App(settings, say=say)
        code = app.run()
    return leave(code)


def _report_options(command: Callable[..., int]) -> Callable[..., int]:
    for option in reversed(
        (
            click.option("-m", "--message", "note", help=_("What happened; - reads it from the input.")),
            click.argument("files", nargs=-1, type=path_type),
            click.option("--screenshot", is_flag=True, help=_("Add a picture of the whole screen.")),
            click.option("--window", is_flag=True, help=_("Add a picture of the active window.")),
            click.option("--no-logs", is_flag=True, help=_("Leave today's logs out.")),
            log_options,
            click.option(
                "--keep",
                multiple=True,
                metavar="CLASS",
                help=_("Send such private values as they are."),
            ),
            click.option("--to", metavar="NAME", help=_("The destination, as the settings call it.")),
            click.option(
                "--account", default="", help=_("Your user name or account number, if you tell it.")
            ),
            click.option("--doctor", is_flag=True, help=_("Add what “snapper doctor” finds.")),
            click.option("--dry-run", is_flag=True, help=_("Send nothing: list exactly what would be sent.")),
            click.option("--into", type=path_type, help=_("With --dry-run: put the files into a folder.")),
            json_option,
            click.pass_obj,
        )
    ):
        command = option(command)
    return command


@click.command(cls=Command, help=_("Send a note, FILES and today's logs to a new ticket."))
@_report_options
def send(config_file: Path | None, **options: Any) -> int:
    """Make a report for a new ticket."""
    return _submit(config_file, None, **options)


@click.command(cls=Command, help=_("Send a note, FILES and today's logs to an existing TICKET."))
@click.argument("ticket")
@_report_options
def attach(config_file: Path | None, ticket: str, **options: Any) -> int:
    """Make a report for a ticket that is there."""
    return _submit(config_file, ticket, **options)


def _submit(
    config_file: Path | None,
    ticket: str | None,
    *,
    to: str | None,
    note: str | None,
    files: tuple[Path, ...],
    screenshot: bool,
    window: bool,
    no_logs: bool,
    days: int | None,
    last: str | None,
    between: str | None,
    keep: tuple[str, ...],
    account: str,
    doctor: bool,
    dry_run: bool,
    into: Path | None,
    as_json: bool,
) -> int:
    from snapper.answer import Answer, Picture

    if into and not dry_run:
        raise UsageError(_("--into goes with --dry-run."), _("Add --dry-run, or leave --into out."))
    settings = settings_of(config_file)
    logs = log_choice(settings, days, last, between) if settings.logs_include and not no_logs else None
    kept = kept_classes(settings, keep)
    picture = Picture.WINDOW if window else Picture.SCREEN if screenshot else Picture.NONE
    frame = None if picture is Picture.NONE else _grab()
    number, destination = addressed(settings, ticket, to)
    hidden = _covers(settings, frame, kept)
    answer = Answer(
        _read_note(note), number, picture, logs, _account(account), hidden, kept, destination.name
    )
    if not (answer.note.strip() or files or frame or answer.logs or doctor):
        raise UsageError(_("There is nothing to send."), _("Give a note with -m, a file, or --screenshot."))
    with _examined(settings) if doctor else contextlib.nullcontext(()) as found:
        if dry_run:
            return _rehearse(settings, answer, frame, (*files, *found), into, as_json)
        return _keep_and_deliver(settings, answer, frame, (*files, *found), as_json)


@contextlib.contextmanager
def _examined(settings: Settings) -> Iterator[tuple[Path, ...]]:
    """What the doctor finds now, as a file to attach, for the time of the block."""
    import tempfile

    from snapper.connect import open_outbox
    from snapper.doctor import FILE_NAME, examine, somebody_listens
    from snapper.doctor.table import file_text

    say(_("Looking at this computer and its network…"))
    outbox = open_outbox(settings)
    findings = examine(settings, outbox, listening=somebody_listens(outbox.folder))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        path.write_text(file_text(findings), encoding="utf-8")
        yield (path,)


def _read_note(note: str | None) -> str:
    if note == "-":
        return sys.stdin.read()
    if note is None and sys.stdin.isatty():
        return str(click.prompt(_("What happened?"), err=True, default="", show_default=False))
    return note or ""


def _account(text: str) -> str:
    from snapper.report import ACCOUNT_MAX_CHARS

    if len(text) > ACCOUNT_MAX_CHARS:
        raise UsageError(
            _("--account is longer than {count} characters.").format(count=number(ACCOUNT_MAX_CHARS)),
            _("Give a user name or a number."),
        )
    return text.strip()


def _covers(settings: Settings, frame: Frame | None, kept: frozenset[Private]) -> tuple[Rect, ...]:
    """Nobody sees this picture before it goes: what the note window would offer to cover is covered."""
    from snapper import covers
    from snapper.capture.windows import windows_for, with_windows
    from snapper.privacy.classes import Private

    if frame is None or Private.ACCOUNT in kept:
        return ()
    with contextlib.closing(windows_for(sys.platform, os.environ)) as windows:
        frame = with_windows(frame, windows)
    memory = covers.load(settings.outbox_folder / covers.FILE_NAME)
    return covers.offered(frame, memory, settings.privacy_words)


def _rehearse(
    settings: Settings,
    answer: Answer,
    frame: Frame | None,
    files: Sequence[Path],
    into: Path | None,
    as_json: bool,
) -> int:
    from snapper import flow
    from snapper.connect import open_outbox, sources
    from snapper.contents import parts_of
    from snapper.present import contents_data, contents_text

    with (
        Progress(_("Packing today's logs")) as progress,
        flow.rehearse(
            open_outbox(settings), answer, sources(settings), frame=frame, files=files, progress=progress.to
        ) as rehearsal,
    ):
        if into:
            copy_parts(rehearsal.bundle, into)
        parts = parts_of(rehearsal.bundle)
        show(contents_data(parts), as_json, contents_text(parts))
    say(_("Nothing was sent."))
    return 0


def _keep_and_deliver(
    settings: Settings, answer: Answer, frame: Frame | None, files: Sequence[Path], as_json: bool
) -> int:
    from snapper import flow
    from snapper.connect import open_outbox, sources

    outbox = open_outbox(settings)
    kept: list[str] = []
    try:
        with Progress(_("Packing today's logs")) as progress:
            entry = flow.keep(
                outbox,
                answer,
                sources(settings),
                frame=frame,
                files=files,
                accepted=kept.append,
                progress=progress.to,
            )
        for remark in entry.report.remarks:
            say(remark)
        for finding in entry.report.findings:
            told = _("This looks like: {problem} (“snapper logs check” tells more).")
            say(told.format(problem=finding.title))
        entry = deliver(settings, outbox, entry)
    except (SnapperError, KeyboardInterrupt) as error:
        if not kept:
            raise
        said = str(error) if isinstance(error, SnapperError) else _("Stopped.")
        stays = _("Your report {report} is kept and tried again.").format(report=kept[0])
        say(together((said, stays)))
        return EXIT_KEPT
    return show_result(entry, as_json)


@click.command(cls=Command, help=_("Freeze the screen into a PNG file, or into a report."))
@click.option("--window", is_flag=True, help=_("Only the active window."))
@click.option("--monitor", type=int, help=_("Only this monitor, from 1."))
@click.option("--delay", type=click.FloatRange(0, 3600), default=0, help=_("Seconds to wait first."))
@click.option("-o", "--output", type=path_type, help=_("Where to put the PNG file."))
# Translators: “it” is the picture of the screen.
@click.option("--ask", is_flag=True, help=_("Open the note window with it."))
@click.option("--send", "send_it", is_flag=True, help=_("Send it to a new ticket, without a note."))
@json_option
@click.pass_obj
def capture(
    config_file: Path | None,
    window: bool,
    monitor: int | None,
    delay: float,
    output: Path | None,
    ask: bool,
    send_it: bool,
    as_json: bool,
) -> int:
    """Take a picture, and do with it what is asked for."""
    if window and monitor is not None:
        raise UsageError(_("--window and --monitor exclude each other."), _("Choose one of them."))
    if ask + send_it + (output is not None) > 1:
        raise UsageError(_("--ask, --send and -o exclude each other."), _("Choose one of them."))
    settings = settings_of(config_file)
    time.sleep(delay)
    if ask:
        return _ask(settings, window, monitor)
    from snapper.answer import Answer, LogChoice, Picture

    frame = _part(_grab(), window, monitor)
    if send_it:
        logs, kept = LogChoice(settings.logs_days), kept_classes(settings, ())
        hidden = _covers(settings, frame, kept)
        answer = Answer(
            "", None, Picture.SCREEN, logs if settings.logs_include else None, "", hidden, kept,
            settings.destination().name,
        )  # fmt: skip
        return _keep_and_deliver(settings, answer, frame, (), as_json)
    return _save_picture(frame, output or Path(time.strftime("snapper-%Y%m%d-%H%M%S.png")), as_json)


def _grab() -> Frame:
    from snapper.connect import grab_once

    return grab_once()


def _ask(settings: Settings, window: bool, monitor: int | None) -> int:
    """By the snapper that listens, which has everything ready, or one that asks already; else by this one."""
    from snapper.cli.resident import ask_another, take_turn

    outbox = settings.outbox_folder
    if (code := ask_another(outbox, window, monitor)) is not None:
        return code
    frame = _part(_grab(), window, monitor)  # now, however long the rest takes
    with contextlib.ExitStack() as turn:
        if (code := take_turn(turn, outbox)) is not None:
            return code
        from snapper.app import App

        app = App(settings, say=say)
        code = exit_code(app.ask(frame, turn.close))
    return leave(code)


def _part(frame: Frame, window: bool, monitor: int | None) -> Frame:
    from snapper.capture.part import part_of

    return part_of(frame, window, monitor)


def _save_picture(frame: Frame, path: Path, as_json: bool) -> int:
    from snapper.capture.frame import flaw
    from snapper.capture.png import encode

    try:
        with path.open("xb") as file:
            file.write(encode(frame))
    except FileExistsError as error:
        raise UsageError(
            _("{file} exists already.").format(file=path), _("Choose another name with -o.")
        ) from error
    except OSError as error:
        raise UsageError(
            _("{file} cannot be written.").format(file=path), _("Choose another place with -o.")
        ) from error
    said = flaw(frame)
    if said:
        say(said)
    show(
        {"file": str(path), "width": frame.area.width, "height": frame.area.height, "remark": said},
        as_json,
        path,
    )
    return 0
