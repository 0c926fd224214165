"""Whether files fit into what a destination takes, and in how many pieces they go, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from snapper.destinations import Destination
from snapper.errors import UsageError
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
    said = [f"{name} goes in {count} pieces" for name, count in several]
    return f"{', '.join(said)}: {destination.name} takes at most {size_text(limits.file_bytes)} in one file."


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
        raise _too_large(f"{biggest} has", size, f"{name} takes at most {size_text(largest)} in one file")
    if room is None or sum(size for _, size in each) <= room:
        return
    takes = f"{name} takes at most {size_text(room)} in one report"
    if size > room:
        raise _too_large(f"{biggest} has", size, takes)
    raise _too_large("All files together have", sum(size for _, size in each), takes)


def _too_large(what: str, size: int, takes: str) -> UsageError:
    return UsageError(
        f"{what} {size_text(size)}, but {takes}.",
        "Send it to another destination, or make it smaller: leave something out, or cut it.",
    )
