"""The last look: whether anything private is left in what would leave. Nothing here replaces anything.

It works otherwise than redaction does, so that a mistake there is no mistake here: the bytes are brought into
one spelling (small letters, one kind of slash, no zeros, nothing escaped) in which every value, brought into
the same, is searched for as plain text. Only what that meets is looked at closely.
"""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from snapper.language import _
from snapper.privacy.classes import Private
from snapper.privacy.seeds import Seed
from snapper.privacy.spelling import IN_PATHS_MAX, WHOLE_WORD_MAX, WRAPPED_MIN, forms_of, weight

_BLOCK = 1 << 20
_OVERLAP = 1 << 13  # bytes of a block that are looked at again: a value in any spelling fits in
_UNPACKED_MAX = 1 << 34  # bytes in one zip: more is a trap, and its bytes are looked through as they are
_SAMPLES = 4096  # bytes of a block that are looked at
_OPAQUE_MIN = 8  # bytes: what is shorter stands in random bytes by chance
_CONTROLS = frozenset((*range(1, 9), *range(14, 27)))  # bytes of which a text has one or two kinds at most
_CONTROLS_IN_TEXTS = 8
_OPAQUE_NAMES = (".ibgzenc", ".png", ".gz", ".jpg", ".jpeg", ".7z")
_BROKEN = (zipfile.BadZipFile, RuntimeError, EOFError, ValueError, zlib.error, lzma.LZMAError)
_ENCODINGS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be")

_ONE_SPELLING = bytes(
    ord("/") if byte == ord("\\") else byte + 32 if 65 <= byte <= 90 else byte for byte in range(256)
)
_BLANKS = b"\t\n\r \0"
_SLASHES = re.compile(rb"/{2,}")
_ESCAPED = re.compile(rb"\\u([0-9A-Fa-f]{4})")
_LINE_END = rb"(?:[\r\0]*\n[\0 \t]*)?"


@dataclass(frozen=True)
class Part:
    """One file that would leave."""

    name: str
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True)
class Leak:
    """A private value that was left in a file: where, and never the value itself."""

    file: str
    place: str
    private: Private


@dataclass(frozen=True)
class _Needle:
    """One spelling of one value in one encoding, and how it may stand."""

    private: Private
    plain: bytes
    close: re.Pattern[bytes] = field(compare=False)

    def stands_in(self, view: bytes) -> bool:
        """Whether the value really stands in a text of one spelling, not only its letters."""
        return self.close.search(view) is not None


class _Needles:
    """All values, found together: the long ones across the ends of lines too, the short ones as words."""

    def __init__(self, needles: Sequence[_Needle]) -> None:
        self._long = [needle for needle in needles if len(needle.plain) >= WRAPPED_MIN]
        self._short = [needle for needle in needles if len(needle.plain) < WRAPPED_MIN]
        self._any_long = _any_of(needle.plain.translate(None, _BLANKS) for needle in self._long)
        self._any_short = _any_of(needle.plain for needle in self._short)

    def first(self, data: bytes, opaque: bool = False) -> _Needle | None:
        """The first value in some bytes; in `opaque` ones only of those that no random bytes hold."""
        # What is escaped means something in texts only.
        for view in (_in_one_spelling(data),) if opaque else _views(data):
            likely: list[_Needle] = []
            if _met(self._any_long, view.translate(None, _BLANKS)):
                likely += self._long
            if not opaque and _met(self._any_short, view):
                likely += self._short
            for needle in likely:
                if len(needle.plain) >= _OPAQUE_MIN * opaque and needle.stands_in(view):
                    return needle
        return None


def first_leak(parts: Iterable[Part], seeds: Iterable[Seed]) -> Leak | None:
    """The first place where a value is left, in names and contents; None: there is none. Raises OSError."""
    needles = _Needles([needle for seed in seeds if seed.value.strip() for needle in _needles(seed)])
    for part in parts:
        if leak := _in_part(part, needles):
            return leak
    return None


# --- where to look ----------------------------------------------------------------------------------------


def _in_part(part: Part, needles: _Needles) -> Leak | None:
    if found := needles.first(part.name.encode(errors="replace")):
        # Translators: where something private was left
        return Leak("…", _("the name of a file"), found.private)
    with part.open() as file:
        zipped = file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
        file.seek(0)
        if zipped:
            try:
                return _in_zip(part.name, file, needles)
            except _BROKEN:
                file.seek(0)  # broken, encrypted or a trap: its bytes are what would leave
            except OSError as error:
                if error.errno is not None:
                    raise
                file.seek(0)  # bz2 says so that it is broken; the system's own errors have a number
        return _in_stream(part.name, file, needles)


def _in_zip(name: str, file: IO[bytes], needles: _Needles) -> Leak | None:
    with zipfile.ZipFile(file) as opened:
        members = opened.infolist()
        if sum(member.file_size for member in members) > _UNPACKED_MAX:
            raise ValueError("too large")
        for text in (opened.comment, *(member.filename.encode(errors="replace") for member in members)):
            if found := needles.first(text):
                # Translators: where something private was left: in an archive
                return Leak(name, _("the name of a file in it"), found.private)
        for member in members:
            with opened.open(member) as content:
                if leak := _in_stream(f"{name}/{member.filename}", content, needles):
                    return leak
    return None


def _in_stream(name: str, file: IO[bytes], needles: _Needles) -> Leak | None:
    before, line, offset = b"", 1, 0
    named_opaque = name.lower().endswith(_OPAQUE_NAMES)
    while block := file.read(_BLOCK):
        held = before + block
        opaque = named_opaque or _is_random(held)
        if found := needles.first(held, opaque):
            at = _place_in(held, found)
            lines = held.count(b"\n", 0, at)
            place = _("byte {number}").format(number=offset + at)
            if not opaque:
                place = _("line {number}").format(number=line + lines)
            return Leak(name, place, found.private)
        before = held[-_OVERLAP:]
        passed = len(held) - len(before)
        line, offset = line + held.count(b"\n", 0, passed), offset + passed
    return None


def _is_random(block: bytes) -> bool:
    """Whether bytes from all over a block are such that short values stand among them by chance. A stray
    control character makes no log one, nor do the high bytes of Cyrillic letters in UTF-16."""
    return len(_CONTROLS.intersection(block[:: len(block) // _SAMPLES + 1])) >= _CONTROLS_IN_TEXTS


def _place_in(held: bytes, needle: _Needle) -> int:
    """Where the line begins that a value stands in; the beginning where it is in no line whole."""
    at = 0
    for text in held.split(b"\n"):
        if any(needle.stands_in(view) for view in _views(text)):
            return at
        at += len(text) + 1
    return 0


# --- one spelling -----------------------------------------------------------------------------------------


def _views(data: bytes) -> Iterator[bytes]:
    """The same text in one spelling: as it stands, and with what is escaped in it as the characters meant."""
    if b"\0" in data:
        data = data.translate(None, b"\0")  # so that what is escaped in UTF-16 is seen, too
    yield _in_one_spelling(data)
    if b"%" in data:
        yield _in_one_spelling(unquote_to_bytes(data))
    if b"\\u" in data:
        yield _in_one_spelling(
            _ESCAPED.sub(lambda found: chr(int(found[1], 16)).encode("utf-8", "surrogatepass"), data)
        )


def _in_one_spelling(data: bytes) -> bytes:
    view = data.translate(_ONE_SPELLING, b"\0")
    return _SLASHES.sub(b"/", view) if b"//" in view else view


def _needles(seed: Seed) -> Iterator[_Needle]:
    """A value in every form and encoding, each once."""
    seen = set()
    for form in forms_of(seed.value, seed.private):
        for encoding in _ENCODINGS:
            try:
                plain = _in_one_spelling(form.encode(encoding)).strip(b"/")
            except UnicodeEncodeError:
                continue  # what an encoding cannot write does not stand in it
            if plain and plain not in seen:
                seen.add(plain)
                yield _needle(seed, plain)


def _needle(seed: Seed, plain: bytes) -> _Needle:
    letters = weight(seed.value)
    before, after = rb"(?<![a-z0-9])", rb"(?![a-z0-9])"
    if letters <= IN_PATHS_MAX and seed.private is Private.USER:
        before = rb"(?<=[/~=@])"
    elif letters > WHOLE_WORD_MAX or seed.private is Private.SECRET:
        before = after = b""
    between = _LINE_END if len(plain) >= WRAPPED_MIN else b""
    close = between.join(rb"\s+" if char == b" " else re.escape(char) for char in _characters(plain))
    return _Needle(seed.private, plain, re.compile(before + close + after))


def _characters(text: bytes) -> list[bytes]:
    return [text[at : at + 1] for at in range(len(text))]


def _any_of(values: Iterable[bytes]) -> Any:
    """An RE2 expression that meets one of these, None if there are none."""
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture, options.max_mem = True, 64 << 20
    escaped = [b"".join(b"\\x%02x" % byte for byte in value) for value in dict.fromkeys(values) if value]
    return re2.compile(b"|".join(escaped), options) if escaped else None


def _met(pattern: Any, data: bytes) -> bool:
    return pattern is not None and pattern.search(data) is not None
