"""Whether files fit into what a destination takes, and in how many pieces they go, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from snapper.destinations import Destination
from snapper.errors import UsageError
from snapper.language import Sentence, _, listed, number, plural
from snapper.systems import Limits
from snapper.words import size_text


def pieces(size: int, limits: Limits) -> int:
    """In how many pieces a file of so many bytes goes."""
    most = limits.file_bytes
    if most is None or size <= most or not limits.splits:
        return 1
    return -(-size // most)


def pieces_text(files: Iterable[tuple[str, int]], destination: Destination) -> str:
    """Which of these files, by name and bytes, go in pieces, and why; “” when none does."""
    limits = destination.limits
    several = [(name, pieces(size, limits)) for name, size in files if pieces(size, limits) > 1]
    if not several or limits.file_bytes is None:
        return ""
    said = _("{files}: {destination} takes at most {size} in one file.")
    return said.format(
        files=listed(_in_pieces(name, count) for name, count in several),
        destination=destination.name,
        size=size_text(limits.file_bytes),
    )


def _in_pieces(name: str, count: int) -> Sentence:
    told = plural("{file} goes in {count} piece", "{file} goes in {count} pieces", count)
    return told.format(file=name, count=number(count))


def largest_whole(limits: Limits) -> int | None:
    """The bytes of the largest file that is taken; None where larger ones go in pieces, or all are taken."""
    return None if limits.splits else limits.file_bytes


def check_room(files: Iterable[tuple[str, int]], name: str, room: int | None, largest: int | None) -> None:
    """Raise UsageError where files, by name and bytes, are more than the destination of this name takes.

    `room` is what it takes in one report, `largest` in one file, in bytes (None: no limit is known).
    """
    each = list(files)
    biggest, size = max(each, key=lambda file: file[1], default=("", 0))
    if largest is not None and size > largest:
        too_large = _("{file} has {size}, but {destination} takes at most {most} in one file.")
        raise _too_large(too_large, biggest, size, name, largest)
    in_all = sum(size for _name, size in each)
    if room is None or in_all <= room:
        return
    if size > room:
        too_large = _("{file} has {size}, but {destination} takes at most {most} in one report.")
        raise _too_large(too_large, biggest, size, name, room)
    too_much = _("All files together have {size}, but {destination} takes at most {most} in one report.")
    raise _too_large(too_much, "", in_all, name, room)


def _too_large(said: Sentence, file: str, size: int, destination: str, most: int) -> UsageError:
    return UsageError(
        said.format(file=file, size=size_text(size), destination=destination, most=size_text(most)),
        _("Send it to another destination, or make it smaller: leave something out, or cut it."),
    )
