"""Options that several commands have in common: which logs, and which private values are sent as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from snapper.errors import UsageError
from snapper.language import _
from snapper.logs.window import EARLIER_DAYS_MAX

if TYPE_CHECKING:
    from snapper.answer import LogChoice
    from snapper.config import Settings
    from snapper.destinations import Destination
    from snapper.privacy.classes import Private

Command = Callable[..., int]


def log_options(command: Command) -> Command:
    """Add --days, --last and --between."""
    for option in reversed(
        (
            click.option(
                "--days",
                type=click.IntRange(0, EARLIER_DAYS_MAX),
                help=_("Logs of so many earlier days as well."),
            ),
            click.option("--last", metavar="TIME", help=_("Only the last while of the logs: 15m, 2h.")),
            click.option("--between", metavar="TIMES", help=_("Only a part of the logs: 14:00-14:30.")),
        )
    ):
        command = option(command)
    return command


def log_choice(settings: Settings, days: int | None, last: str | None, between: str | None) -> LogChoice:
    """What was chosen with these options. Raises UsageError."""
    from datetime import datetime

    from snapper.answer import LogChoice
    from snapper.logs.window import parse_window

    if last and between:
        raise UsageError(_("--last and --between exclude each other."), _("Choose one of them."))
    text = last or between
    window = parse_window(text, datetime.now().astimezone()) if text else None
    return LogChoice(settings.logs_days if days is None else days, window)


def addressed(
    settings: Settings, ticket: str | None, to: str | None, usual: str = ""
) -> tuple[str | None, Destination]:
    """Where a report goes: the ticket's number as it stands there (None: a new one), and the destination.

    `to` is what was asked for; without it the ticket's web address may lead elsewhere than to `usual` (“”:
    the one of the settings). The ticket is looked up, so that a slip of the pen is told before anything is
    packed. Raises UsageError.
    """
    from snapper.cli.speaking import say
    from snapper.connect import endpoint
    from snapper.delivery.causes import Cause
    from snapper.destinations import ticket_of
    from snapper.errors import DeliveryError, Refused

    destination = settings.destination(to or usual)
    if ticket is None:
        return None, destination
    number, destination = ticket_of(ticket, destination, () if to else settings.destinations)
    try:
        endpoint(settings, destination.name).ticket(number)
    except Refused as error:
        remedy = _("Choose another ticket, or a new one: “snapper send”. Nothing was sent or kept.")
        if error.obstacle.cause == Cause.TICKET_MISSING:
            remedy = _("Check the number. Nothing was sent or kept.")
        raise UsageError(error.sentence, remedy) from error
    except DeliveryError as error:
        told = _("The ticket cannot be looked up now: {reason} The report is kept and sent later.")
        say(told.format(reason=error.sentence))
    return number, destination


def kept_classes(settings: Settings, names: Sequence[str]) -> frozenset[Private]:
    """The private classes that are sent as they are, by the settings and by --keep. Raises UsageError."""
    from snapper.privacy.classes import OPTIONAL, Private

    if unknown := [name for name in names if name not in OPTIONAL]:
        raise UsageError(
            _("--keep: “{name}” is not a class of private values.").format(name=unknown[0][:60]),
            _("Choose from: {names}.").format(names=", ".join(sorted(OPTIONAL))),
        )
    return frozenset(map(Private, (*settings.privacy_keep, *names)))
