"""Names of files as a ticket system leaves them alone, no two of one report alike. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Callable

_SUFFIX_CHARS = 12  # what is longer after a dot is no type of file


def marked(name: str, mark: str) -> str:
    """The name with a mark before its type: `tws.log` → `tws-mark.log`."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > _SUFFIX_CHARS:
        return f"{name}-{mark}"
    return f"{stem}-{mark}{dot}{suffix}"


def replaced(name: str, allowed: Callable[[str], bool]) -> str:
    """The name with `_` for every character that is not allowed; where there was one, a mark of the whole
    name too, as two names may differ in nothing else."""
    clean = "".join(char if allowed(char) else "_" for char in name)
    return name if clean == name else marked(clean, mark_of(name))


def mark_of(name: str) -> str:
    """Eight hexadecimal digits that stand for a name."""
    return f"{zlib.crc32(name.encode()):08x}"
