"""File names that work on every system: what is wrong with one, and the nearest one that is right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from snapper.errors import UsageError
from snapper.language import _

NAME_MAX_BYTES = 200  # below the 255 of every file system, with room for a suffix

# Device names of Windows, with any extension (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_FORBIDDEN = frozenset('<>:"/\\|?*')
_JOINERS = "\u200c\u200d"  # needed inside words of some scripts


def name_problem(name: str) -> str | None:
    """Why a file name cannot be used on every system (None: it can)."""
    if not name or name in (".", ".."):
        return "is empty"
    if len(name.encode("utf-8", "surrogatepass")) > NAME_MAX_BYTES:
        return f"is longer than {NAME_MAX_BYTES} bytes"
    if any(map(_forbidden, name)):
        return "has a character that file names cannot have"
    if name[-1] in ". " or name[0] == " " or _RESERVED.fullmatch(name):
        return "is not allowed on Windows"
    return None


def safe_name(name: str, taken: Iterable[str] = ()) -> str:
    """The nearest name that is usable everywhere and not in `taken` (compared without case)."""
    name = unicodedata.normalize("NFC", name)
    kept = "".join("_" if _forbidden(char) else char for char in name).strip(" ").rstrip(". ")
    if not kept or _RESERVED.fullmatch(kept):
        kept = f"_{kept}"
    stem, dot, extension = kept.rpartition(".")
    if not stem or len(extension.encode()) > 20:
        stem, dot, extension = kept, "", ""
    used = {other.casefold() for other in taken}
    for number in range(1, 10**6):
        suffix = f"{f'-{number}' if number > 1 else ''}{dot}{extension}"
        short = stem.encode()[: NAME_MAX_BYTES - len(suffix.encode())].decode(errors="ignore")
        if (candidate := f"{short}{suffix}").casefold() not in used:
            return candidate
    raise UsageError(_("Too many files have the same name."))


def _forbidden(char: str) -> bool:
    # Cf holds the direction overrides that make "exe.txt" of "txt.exe".
    category = unicodedata.category(char)
    return (
        char in _FORBIDDEN
        or category in ("Cc", "Cs", "Zl", "Zp")
        or (category == "Cf" and char not in _JOINERS)
    )
