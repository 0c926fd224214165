"""Being the resident program of an outbox folder, or talking to the one that is there. No toolkit here."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from snapper.cli.speaking import EXIT_FAILED, EXIT_KEPT, EXIT_USAGE, exit_code, say
from snapper.errors import CannotKeep, SnapperError, UsageError
from snapper.instance import ASK_LOCK, LISTEN_LOCK
from snapper.instance.messages import Do, Reply, Request, Said, Why
from snapper.instance.talking import Conversation, Nobody, Silent, asked, request_from_here
from snapper.language import _, together

STARTING_SECONDS = 20.0  # a slow computer needs so long from the lock to the first answer
_PAUSE_SECONDS = 0.05


@contextlib.contextmanager
def the_only_listener(outbox: Path) -> Iterator[bool]:
    """Hold what one process per outbox folder can have; False: another one has it, and was shown.

    Raises UsageError, SnapperError where that one is out of reach, CannotKeep.
    """
    deadline, told = time.monotonic() + STARTING_SECONDS, False
    while time.monotonic() < deadline:
        try:
            shown = _shown(outbox)  # most second starts end here, before anything is locked
        except Silent:
            if not told:
                say(_("snapper is listening already, but it does not answer yet."))
            told = True
            continue
        if shown:
            yield False
            return
        with _locked(outbox, LISTEN_LOCK) as alone:
            if alone:
                yield True
                return
        time.sleep(_PAUSE_SECONDS)  # the one that has the lock answers as soon as it has started
    raise SnapperError(
        _("snapper is listening already, but it does not answer."),
        _("If its icon does not react either, end that snapper (signing out does it) and start it again."),
    )


@contextlib.contextmanager
def _locked(outbox: Path, name: str) -> Iterator[bool]:
    from snapper import disk

    with contextlib.ExitStack() as held:
        with disk.keeping("the outbox", outbox):
            disk.make_private(outbox)
            alone = held.enter_context(disk.locked(outbox / name))
        yield alone


def take_turn(turn: contextlib.ExitStack, outbox: Path) -> int | None:
    """Be the one that asks for a note until `turn` is closed: of two, each would forget the other's text.

    Returns the exit code instead where another one has begun meanwhile, and came to the front.
    """
    deadline = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < deadline:
        with contextlib.ExitStack() as attempt:
            try:
                if attempt.enter_context(_locked(outbox, ASK_LOCK)):
                    turn.push(attempt.pop_all())
                    return None
            except CannotKeep:
                return None  # the window says so at Submit, and has the text until the disk can take it
        try:
            return _ask(outbox / ASK_LOCK, request_from_here(Do.CAPTURE))
        except (Nobody, Silent):
            time.sleep(_PAUSE_SECONDS)
    return None  # the other one hangs: two windows are better than none


def _shown(outbox: Path) -> bool:
    """Whether a resident program is there; it has shown itself then, and its sentence was said.

    Raises Silent, UsageError.
    """
    try:
        with asked(outbox, request_from_here(Do.SHOW)) as conversation:
            reply = conversation.next()
    except Nobody:
        return False
    if reply.why == Why.ELSEWHERE:
        raise UsageError(
            _("snapper is listening already, at another screen of this computer."),
            _("End it there first, or give this one a folder of its own: {setting} in the settings.").format(
                setting="outbox.folder"
            ),
        )
    say(reply.sentence or _("snapper is listening already."))
    return True


def ask_another(outbox: Path, window: bool, monitor: int | None) -> int | None:
    """Have the resident program take a picture and ask for a note, or one that asks already come forward.

    Returns the exit code, from the resident program once a person has answered. None: there is no such
    program, or none that can do this. Raises UsageError.
    """
    request = request_from_here(Do.CAPTURE, window=window, monitor=monitor)
    for whom in (outbox, outbox / ASK_LOCK):
        with contextlib.suppress(Nobody, Silent):
            if (code := _ask(whom, request)) is not None:
                return code
    return None


def _ask(whom: Path, request: Request) -> int | None:
    with asked(whom, request) as conversation:
        return _follow(conversation)


def _follow(conversation: Conversation) -> int | None:
    """From the first answer on the work is the resident program's."""
    reply = conversation.next()
    if reply.said is Said.REFUSED:
        return _refused(reply)
    if reply.said is Said.DONE:
        _say_it_was_open()
        return 0
    report = ""
    try:
        while not reply.last:
            if reply.said is Said.JOINED:
                _say_it_was_open()
            report = reply.report or report
            reply = conversation.next()
    except (Nobody, Silent):
        return _ended_early(report)
    return _refused(reply) if reply.said is Said.REFUSED else _code(reply)


def _say_it_was_open() -> None:
    say(_("The note window was open already: it is in front now, with the picture it has."))


def _refused(reply: Reply) -> int | None:
    if reply.why != Why.IMPOSSIBLE:
        return None
    say(together((reply.sentence, reply.remedy)))
    return EXIT_USAGE


def _ended_early(report: str) -> int:
    if report:
        said = _("snapper has ended. Your report {report} is kept, and sent when it is started again.")
        say(said.format(report=report))
        return EXIT_KEPT
    say(_("snapper has ended before the report was kept. What was written is offered with the next one."))
    return EXIT_FAILED


def _code(reply: Reply) -> int:
    from snapper.state import State

    if not reply.state:
        return exit_code(None)
    try:
        return exit_code(State(reply.state))
    except ValueError:  # a state of a later version: there is a report, and more is not known
        return EXIT_KEPT
