"""Replaces what is private in a text of any encoding by pseudonyms, in constant memory; fails closed.

A stream is cut into blocks at places of its own, so its output does not depend on how it arrives. What is
met near the end of a block waits for more. Whether anything was missed is not judged here, but by rescan.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import re2

from snapper.errors import NotPrivate
from snapper.language import _
from snapper.privacy.classes import ACCOUNT_NUMBER, ERASED, RULES, Private
from snapper.privacy.dense import NAMES_MAX, Frequent, Messages
from snapper.privacy.patterns import CONTEXTS, VALUES
from snapper.privacy.seeds import GENERIC, Seed
from snapper.privacy.spelling import address_of, expressions, normal
from snapper.report import CROCKFORD

MET_MAX = 200  # values remembered for the rescan, which takes time for each
_MET_MIN = 8  # characters: what is shorter may be a word or a number that is private nowhere else
_WRAPPED_MAX = 512  # bytes of the following lines that a value may reach into
_BLOCK = 1 << 20
_AHEAD = 1 << 14  # bytes looked at beyond what is given out: lines and wrapped values fit in
_BEFORE = 64  # bytes kept of what was given out: a value's boundary may be there
_MATCH_MAX = 1 << 24
_WIDE = re.compile(rb"(?:[\t\n\r -~\xa0-\xff]\x00){3,}[\t\n\r -~\xa0-\xff]?")
_LABELS = "|".join(rule.label for rule in RULES.values() if rule.label)
_OURS = re.compile(
    rf"(?:{_LABELS})-(?:LIVE-|PAPER-|LAN-)?[{CROCKFORD}]{{5}}|{'|'.join(map(re.escape, ERASED.values()))}"
)
_HARMLESS = frozenset(
    (
        "not", "true", "false", "null", "none", "nil", "0", "received", "printed", "[secret]", "***",
        "authentication", "authorization", "successful", "failed", "ok", "is", "was", "has", "the", "a", "no",
        "incorrect", "wrong", "invalid", "expired", "correct", "required", "empty", "missing", "too", "being",
        "now", "still", "right", "accepted", "rejected", "changed", "set", "to", "already", "case-sensitive",
        "falsch", "richtig", "nicht", "abgelaufen", "ungültig", "leer", "incorrecta", "correcta", "caducada",
        "inválida", "errata", "sbagliata", "corretta", "non", "scaduta", "pas", "expiré", "incorrecto",
    )
)  # fmt: skip
_NETWORKS = tuple(  # where IPv6 addresses are given out (IANA); elsewhere it is a number with colons
    map(ipaddress.IPv6Network, ("::/96", "64:ff9b::/96", "2000::/3", "fc00::/7", "fe80::/9", "ff00::/8"))
)
_PAIRS = [first + second for first in CROCKFORD for second in CROCKFORD]


class _Hit(NamedTuple):
    """A value from `start` to `end`, met by way of what begins at `way`."""

    way: int
    start: int
    end: int
    private: Private
    text: str
    evident: bool = False  # shows by itself what it is


class _Search:
    """Expressions with a group each as one RE2 alternation; without `groups`, only whether one is met."""

    def __init__(self, parts: Sequence[tuple[Private, bytes]], groups: bool = True) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem, options.log_errors, options.never_capture = 256 << 20, False, not groups
        self._classes = [private for private, _ in parts]
        joined = b"|".join(b"(?:" + part + b")" for _, part in parts)
        self._pattern: Any = re2.compile(joined, options) if parts else None

    def any(self, text: bytes, at: int) -> tuple[int, int] | None:
        """Where the first of them is met from `at` on."""
        found = self._pattern.search(text, at) if self._pattern else None
        return found.span() if found else None

    def hits(self, text: bytes) -> Iterator[tuple[int, int, int, Private]]:
        """Where the way to a value begins, the value's start and end, and its class."""
        at = 0
        while self._pattern and (found := self._pattern.search(text, at)):
            number = found.lastindex
            start, end = found.span(number)
            yield found.start(), start, end, self._classes[number - 1]
            at = max(end, at + 1)


class Redactor:
    """One report's replacement of private values; the same value has the same pseudonym in all of it.

    Classes in `keep` stay as they are, but for secrets. `key` must not leave this machine.
    """

    def __init__(self, seeds: Iterable[Seed], key: bytes, keep: Collection[Private] = ()) -> None:
        self._given, self._key = tuple(seeds), key
        self._keep = frozenset(keep) - {Private.SECRET}
        self._counts: Counter[str] = Counter()
        self._met: dict[tuple[str, Private], None] = {}
        self._names: dict[tuple[str, Private], str] = {}
        self._raw_names: dict[bytes, bytes] = {}  # of numbers in messages
        self._messages, self._frequent = Messages(self._keep), Frequent()
        self._compile()

    def _compile(self) -> None:
        known = expressions(seed for seed in self._given if seed.private not in self._keep)
        contexts, values = (
            [part for part in parts if part[0] not in self._keep] for parts in (CONTEXTS, VALUES)
        )
        self._searches = (_Search(known), _Search(contexts), _Search(values))
        self._anything = _Search([*known, *contexts, *values], groups=False)

    def learn(self) -> bool:
        """Look for every value that was met as for those given, wherever it stands; whether there are any."""
        known = self.seeds()
        new = not set(known) <= set(self._given)
        if new:
            self._given = known
            self._compile()
        return new

    @property
    def replaced(self) -> Mapping[str, int]:
        """How many values of each class were replaced so far."""
        return dict(self._counts)

    def seeds(self) -> tuple[Seed, ...]:
        """Every value that must not be found in what leaves: those given and those met."""
        met = (Seed(value, private) for value, private in self._met)
        return tuple(seed for seed in dict.fromkeys((*self._given, *met)) if seed.private not in self._keep)

    def text(self, text: str) -> str:
        """A text without its private values; raises NotPrivate."""
        raw = text.encode("utf-8", "surrogatepass")
        return b"".join(self.stream([raw])).decode("utf-8", "replace")

    def stream(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The bytes of a log without its private values; raises NotPrivate."""
        source, held, given = _blocks(pieces), b"", 0
        ended = False
        while not ended:
            block = next(source, None)
            ended = block is None
            held += self._without_the_dense(block) if block else b""
            if not held:
                return
            out, used = self._clean(held, given, len(held) if ended else len(held) - _AHEAD, ended)
            if out:
                yield out
            given = min(used, _BEFORE)
            held = held[used - given :]
            if len(held) > _MATCH_MAX:
                raise NotPrivate(_("A value in it is too long to be replaced."), _("Leave this file out."))

    def _clean(self, held: bytes, given: int, until: int, ended: bool) -> tuple[bytes, int]:
        """What may be given out of `held`, of which `given` bytes were before; and up to where."""
        hits = _merged(hit for hit in self._hits(held) if hit.end > given)
        cut = max(given, held.rfind(b"\n", given, max(until, given)) + 1 or until) if not ended else len(held)
        for hit in hits:
            if min(hit.way, hit.start) < cut < hit.end or (hit.start >= cut > hit.way):
                cut = hit.end if hit.end < len(held) or ended else max(given, hit.way)
        if not hits:
            return held[given:cut], cut
        out, at = bytearray(), given
        for hit in hits:
            if hit.end <= cut:
                start = max(hit.start, at)
                out += held[at:start] + self._instead(hit, held[start : hit.end])
                at = hit.end
        out += held[at:cut]
        return bytes(out), cut

    def _hits(self, text: bytes) -> Iterator[_Hit]:
        yield from self._narrow(text)
        if b"\x00" in text:
            for run in _WIDE.finditer(text):
                for hit in self._narrow(run[0].replace(b"\x00", b"")):
                    base = run.start()
                    yield hit._replace(
                        way=base + 2 * hit.way, start=base + 2 * hit.start, end=base + 2 * hit.end - 1
                    )

    def _without_the_dense(self, block: bytes) -> bytes:
        block = self._messages.replaced(block, self._instead_of_all)
        if b"\x00" in block:
            block = _WIDE.sub(self._without_the_dense_wide, block)
        return self._frequent.replaced(block, self._counts)

    def _without_the_dense_wide(self, run: re.Match[bytes]) -> bytes:
        narrow = run[0].replace(b"\x00", b"")
        clean = self._messages.replaced(narrow, self._instead_of_all)
        return run[0] if clean == narrow else _widened(clean) + b"\x00" * (len(run[0]) % 2 == 0)

    def _narrow(self, text: bytes) -> Iterator[_Hit]:
        """Hits in a text of bytes: most lines hold nothing, which one look tells."""
        at = 0
        while there := self._anything.any(text, at):
            begin = max(at, text.rfind(b"\n", at, there[0]) + 1)
            end = text.find(b"\n", there[1]) + 1 or len(text)
            for hit in self._in_lines(text[begin : end + _WRAPPED_MAX]):
                if hit.way < end - begin:
                    yield _Hit(begin + hit.way, begin + hit.start, begin + hit.end, *hit[3:])
            at = end

    def _in_lines(self, text: bytes) -> Iterator[_Hit]:
        for number, search in enumerate(self._searches):
            for way, start, end, private in search.hits(text):
                value = _decoded(text[start:end])
                if private is Private.SECRET and value[:1] in ('"', "'"):
                    closed = int(len(value) > 1 and value[-1] == value[0])
                    start, end, value = start + 1, end - closed, value[1 : len(value) - closed]
                if end > start and (not number or _private(value, private)):
                    yield _Hit(way, start, end, _true_class(value, private), value, number == 2)

    def _instead(self, hit: _Hit, raw: bytes) -> bytes:
        self._counts[str(hit.private)] += 1
        self._remember(hit)
        name = (ERASED.get(hit.private) or self._pseudonym(hit)).encode()
        self._frequent.met(raw, hit.private, name)
        return _widened(name) if raw[1:2] == b"\x00" else name

    def _instead_of_all(self, private: Private, values: list[bytes]) -> list[bytes]:
        self._counts[str(private)] += len(values)
        if private in ERASED:
            return [ERASED[private].encode()] * len(values)
        names = self._raw_names
        if len(names) > NAMES_MAX:
            names.clear()
        label = RULES[private].label
        for value in set(values).difference(names):
            names[value] = f"{label}-{self._code(private, value.decode())}".encode()
        return [names[value] for value in values]

    def _remember(self, hit: _Hit) -> None:
        """Keep what is private wherever it stands: what shows that by itself, and what looks like a secret.
        The number of an order is any number elsewhere, and the value of `user=` may be any word."""
        everywhere = hit.evident or (hit.private is Private.SECRET and _looks_secret(hit.text))
        if everywhere and len(hit.text) >= _MET_MIN and len(self._met) < MET_MAX:
            self._met[hit.text, hit.private] = None

    def _pseudonym(self, hit: _Hit) -> str:
        value = normal(hit.text, hit.private)
        if made := self._names.get((value, hit.private)):
            return made
        made = f"{RULES[hit.private].label}-{_sort(value, hit.private)}{self._code(hit.private, value)}"
        if len(self._names) < NAMES_MAX:
            self._names[value, hit.private] = made
        return made

    def _code(self, private: Private, value: str) -> str:
        """Five characters that only this report's key makes of this value (BLAKE2 with a key, RFC 7693)."""
        digest = hashlib.blake2b(
            f"{private}\0{value}".encode("utf-8", "surrogatepass"), key=self._key, digest_size=4
        ).digest()
        number = int.from_bytes(digest, "big") >> 7
        return _PAIRS[number >> 15] + _PAIRS[number >> 5 & 1023] + CROCKFORD[number & 31]


def _widened(text: bytes) -> bytes:
    """A text with a zero between its letters, as UTF-16 has it."""
    return b"\x00".join(text[at : at + 1] for at in range(len(text)))


def _sort(value: str, private: Private) -> str:
    if private is Private.ACCOUNT:
        return "PAPER-" if value.startswith("d") else "LIVE-"
    if private is Private.IP and (address := address_of(value)) and address.is_private:
        return "LAN-"
    return ""


def _true_class(value: str, private: Private) -> Private:
    """What a value is that stands where a user name does: accounts log in, too."""
    return Private.ACCOUNT if private is Private.USER and ACCOUNT_NUMBER.fullmatch(value) else private


def _looks_secret(value: str) -> bool:
    """Whether a value is no word of a language: letters and digits in it, or marks, or capitals inside."""
    kinds = (str.islower, str.isupper, str.isdigit, lambda char: not char.isalnum())
    return sum(any(map(kind, value[1:])) for kind in kinds) > 1


def _private(value: str, private: Private) -> bool:
    """Whether what a pattern met is private indeed."""
    if _OURS.match(value):
        return False
    if private is Private.IP:
        return _telling_address(value)
    if private in (Private.SECRET, Private.USER):
        return value.strip("\"' ,;.\\").casefold() not in _HARMLESS | GENERIC
    return True


def _telling_address(value: str) -> bool:
    address = address_of(value)
    if not address or address.is_loopback or address.is_unspecified:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        digits = any(char.isdigit() for char in value) or value.count(":") > 2
        return digits and any(address in network for network in _NETWORKS)
    return not value.startswith("255.") and int(address) != 0xFFFFFFFF


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _merged(hits: Iterable[_Hit]) -> list[_Hit]:
    """Hits that do not overlap, in their order: of two that did, the erased one, else the longer."""
    merged: list[_Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if merged and hit.start < merged[-1].end:
            last = merged[-1]
            best = hit if hit.private in ERASED and last.private not in ERASED else last
            merged[-1] = best._replace(
                way=min(last.way, hit.way), start=last.start, end=max(last.end, hit.end)
            )
        else:
            merged.append(hit)
    return merged


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of whole lines, cut at the same places however they came.

    Raises NotPrivate for a line that is longer than any that a program writes.
    """
    held, searched = bytearray(), 0
    for piece in _small(pieces):
        held += piece
        while len(held) >= _BLOCK:
            end = held.rfind(b"\n", 0, _BLOCK) + 1 or _end_of_line(held, max(searched, _BLOCK))
            if not end:
                searched = len(held)
                if searched > _MATCH_MAX:
                    raise NotPrivate(
                        _("A line in it is too long to be looked through."), _("Leave this file out.")
                    )
                break
            with memoryview(held) as whole:
                lines = bytes(whole[:end])
            yield lines
            del held[:end]
            searched = 0
    if held:
        yield bytes(held)


def _small(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of at most a block: so the longest line is the same however they came."""
    for piece in pieces:
        for at in range(0, len(piece), _BLOCK):
            yield piece[at : at + _BLOCK]


def _end_of_line(held: bytearray, start: int) -> int:
    """Where the first line ends that ends after `start`, 0 where none does; zeros end a line, too: a power
    cut leaves megabytes of them."""
    ends = [end + 1 for mark in (b"\n", b"\0") if (end := held.find(mark, start)) >= 0]
    return min(ends, default=0)
