"""Recognising known problems in logs and notes: what was found is shown before a ticket is written.

Logs are read from their ends backwards, because what is newest is what the trader asks about: in blocks, in
constant memory, each block once through all patterns together (an RE2 set), and then through those alone that
are in it. Nothing is sent or shown from here; lines are raw, and whoever sends them redacts them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from snapper.language import _
from snapper.logs.credentials import asks_for_secrets
from snapper.logs.found import LogFile
from snapper.logs.problem_table import Contact, Level, Problem, plain, read_table
from snapper.logs.sharing import open_log
from snapper.report import LogKind

__all__ = ["BYTE_BUDGET", "Contact", "Known", "Level", "Match", "Problem", "asks_for_secrets", "load"]

BYTE_BUDGET = 64 << 20  # what is searched in all logs together: the newest part, in about a third of a second
LINE_CHARS = 300  # as much of a line as is shown
IN_NOTE = _("note")  # where it was recognised, in place of the name of a log

_BLOCK_BYTES = 1 << 18
_LONGEST_LINE = 1 << 16  # a longer one is searched in pieces
_NOTE_CHARS = 20_000
_BEFORE_CHARS = 40  # shown before what matched far along in a line
_HITS_MAX = 2000  # of one pattern in a log without a verdict: a log full of one line must not be slow
_SET_BYTES = 64 << 20  # RE2 builds its automaton while it searches, in no more than this
_RUN_BEGINS = r"-{5,} ?(?:[A-Z][A-Z ]*)?RESTART ?-{5,}"  # TWS starts: conditions hold from one to the next
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_LEVELS = tuple(Level)


@dataclass(frozen=True)
class Match:
    """A known problem and where it was recognised: a log's name or “note”, and the newest line that shows it,
    cut, and raw: it may hold private values. Of a note only what matched; nothing if it holds a secret."""

    problem: Problem
    where: str
    line: str


def load(extra: Sequence[Path] = ()) -> Known:
    """The known problems, with those of further tables. Raises UsageError for a table that is wrong."""
    return Known(read_table(extra))


class Known:
    """A table of known problems that logs and notes are compared with."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)

    def in_note(self, note: str) -> list[Match]:
        """What a note looks like, the most important first."""
        text = plain(note[:_NOTE_CHARS])
        secret = asks_for_secrets(note) is not None
        matches = []
        for problem, pattern in self._note_patterns if text else ():
            if found := pattern.search(text):
                matches.append(Match(problem, IN_NOTE, "…" if secret else _shown(found.group())))
        return self.ranked(matches)

    def in_logs(self, files: Iterable[LogFile], *, byte_budget: int = BYTE_BUDGET) -> list[Match]:
        """What plain logs look like, the most important first, each problem once, with its newest line.

        Of many or large logs the newest parts are read, `byte_budget` bytes together. A log that vanished or
        cannot be read is left out.
        """
        logs = [file for file in files if file.kind is LogKind.PLAIN]
        logs.sort(key=lambda file: file.modified, reverse=True)
        shares = _shares([max(0, file.size) for file in logs], byte_budget)
        found: dict[str, Match] = {}
        for file, share in zip(logs, shares, strict=True):
            wanted = [one for one in self._watches if one.problem.id not in found]
            for problem, line in self._in_log(file, share, wanted):
                found[problem.id] = Match(problem, file.name, line)
        return self.ranked(found.values())

    def check(self, note: str, files: Iterable[LogFile]) -> list[Match]:
        """What logs and note look like together; a problem that both show is told by the log's line."""
        return self.ranked([*self.in_logs(files), *self.in_note(note)])

    def ranked(self, matches: Iterable[Match]) -> list[Match]:
        """The most important first, each problem once, without those that a more specific one stands for."""
        first: dict[str, Match] = {}
        for match in matches:
            first.setdefault(match.problem.id, match)
        general = {id for match in first.values() for id in match.problem.instead_of}
        order = {problem.id: number for number, problem in enumerate(self.problems)}
        return sorted(
            (match for match in first.values() if match.problem.id not in general),
            key=lambda match: (_LEVELS.index(match.problem.level), order[match.problem.id]),
        )

    @cached_property
    def _note_patterns(self) -> list[tuple[Problem, Any]]:
        import re2

        return [
            (problem, re2.compile("(?i)" + _any_of(problem.note_patterns)))
            for problem in self.problems
            if problem.note_patterns
        ]

    @cached_property
    def _watches(self) -> list[_Patterns]:
        return [_Patterns(problem) for problem in self.problems if problem.log_patterns]

    @cached_property
    def _all_at_once(self) -> _AllAtOnce:
        return _AllAtOnce(self._watches)

    def _in_log(self, log: LogFile, share: int, wanted: list[_Patterns]) -> Iterator[tuple[Problem, str]]:
        search = _Search(self._all_at_once, wanted)
        try:
            with open_log(log.path) as file:
                for block in _backwards(file, log.span, share):
                    yield from search.through(block)
                    if search.over:
                        break
        except OSError:
            pass  # vanished or not ours to read; what was found so far counts, and packing it says why
        yield from search.end()


class _Role(IntEnum):
    """What a pattern stands for; of one line the lower is seen first: it is a condition of later lines."""

    UNLESS = 0
    AFTER = 1
    SIGN = 2
    RUN_BEGINS = 3


class _Hit(NamedTuple):
    line: int  # where its line begins in the block
    order: int
    role: _Role
    patterns: _Patterns | None
    at: int


class _Patterns:
    """The patterns of one problem by their roles, compiled when they are first needed."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.of: dict[_Role, str] = {_Role.SIGN: _any_of(problem.log_patterns)}
        if problem.after:
            self.of[_Role.AFTER] = problem.after
        if problem.unless:
            self.of[_Role.UNLESS] = problem.unless


class _AllAtOnce:
    """All patterns in one automaton, which says in one pass which of them are anywhere in a block."""

    def __init__(self, watches: Sequence[_Patterns]) -> None:
        import re2

        self._options = _options()
        self._rows: list[tuple[_Patterns | None, _Role, str]] = [(None, _Role.RUN_BEGINS, _RUN_BEGINS)]
        self._rows += [(patterns, role, text) for patterns in watches for role, text in patterns.of.items()]
        self._compiled: dict[int, Any] = {}
        self._set = re2.Set.SearchSet(self._options)
        for _role, _patterns, text in self._rows:
            self._set.Add(_lines(text))
        self._set.Compile()

    def found_in(self, block: bytes) -> Iterator[tuple[_Patterns | None, _Role, Any]]:
        """The patterns that are in a block, each compiled."""
        import re2

        for number in sorted(self._set.Match(block) or ()):
            patterns, role, text = self._rows[number]
            if number not in self._compiled:
                self._compiled[number] = re2.compile(_lines(text), self._options)
            yield patterns, role, self._compiled[number]


class _Search:
    """The search through one log, block by block from its end; what is found comes as problem and line."""

    def __init__(self, all_at_once: _AllAtOnce, wanted: Sequence[_Patterns]) -> None:
        self._all_at_once = all_at_once
        self._watches = {patterns.problem.id: _Watch(patterns) for patterns in wanted}
        self._runs = 0

    @property
    def over(self) -> bool:
        """Whether nothing more can be found; so many starts of TWS are no log."""
        return not self._watches or self._runs > _HITS_MAX

    def through(self, block: bytes) -> Iterator[tuple[Problem, str]]:
        """Search a block."""
        for hit in self._hits(block):
            if hit.patterns is None:
                self._runs += 1
                yield from self.end()
                if self.over:
                    return
            else:
                watch = self._watches.get(hit.patterns.problem.id)
                if watch and watch.sees(hit, block):
                    yield self._settled(watch)

    def end(self) -> Iterator[tuple[Problem, str]]:
        """The beginning of a run of TWS, or of the log, was reached."""
        for watch in list(self._watches.values()):
            if watch.run_ends():
                yield self._settled(watch)

    def _settled(self, watch: _Watch) -> tuple[Problem, str]:
        problem = watch.patterns.problem
        del self._watches[problem.id]
        return problem, watch.line

    def _hits(self, block: bytes) -> list[_Hit]:
        """What matched in a block, from its end to its start; in one line, conditions come first."""
        hits = []
        for patterns, role, pattern in self._all_at_once.found_in(block):
            watch = self._watches.get(patterns.problem.id) if patterns else None
            if patterns and not (watch and watch.wants(role)):
                continue
            for found in pattern.finditer(block):
                line = block.rfind(b"\n", 0, found.start()) + 1
                hits.append(_Hit(line, -role, role, patterns, found.start()))
        return sorted(hits, key=lambda hit: hit[:2], reverse=True)


@dataclass
class _Watch:
    """How far one problem has been recognised within one run of TWS in one log, read backwards."""

    patterns: _Patterns
    line: str = ""
    lines: int = 0
    was_after: bool = False
    ruled_out: bool = False
    hits: dict[_Role, int] = field(default_factory=dict)

    def wants(self, role: _Role) -> bool:
        """Whether it is still of use to look for a pattern."""
        return self.hits.get(role, 0) < _HITS_MAX

    def sees(self, hit: _Hit, block: bytes) -> bool:
        """Take in what matched; True if that settles it: the problem is there."""
        self.hits[hit.role] = self.hits.get(hit.role, 0) + 1
        if hit.role is _Role.UNLESS:
            self.ruled_out = True
        elif hit.role is _Role.AFTER:
            self.was_after = self.was_after or self._enough
        else:
            self.line = self.line or _line_at(block, hit.line, hit.at)
            self.lines += 1
        return not self.patterns.problem.unless and self._complete

    def run_ends(self) -> bool:
        """The beginning of a run of TWS was reached: True if the problem was there; else begin anew."""
        if self._complete and not self.ruled_out:
            return True
        self.line, self.lines, self.was_after = "", 0, False
        self.ruled_out = not self.wants(_Role.UNLESS)  # it is no longer looked for, so nobody knows
        return False

    @property
    def _enough(self) -> bool:
        return self.lines >= self.patterns.problem.times

    @property
    def _complete(self) -> bool:
        return self._enough and (self.was_after or not self.patterns.problem.after)


def _backwards(file: BinaryIO, span: tuple[int, int] | None, share: int) -> Iterator[bytes]:
    """Whole lines of a log in blocks, the newest first, `share` bytes at most; UTF-16 comes as UTF-8."""
    size = os.fstat(file.fileno()).st_size
    mark = file.read(2)
    coding = _UTF_16.get(mark)
    start, end = span or (0, size)
    end = min(end, size)
    start = max(start, end - share)
    if coding:
        start, end = start + start % 2, end - end % 2
    newline = "\n".encode(coding) if coding else b"\n"
    while end > start:
        begin = max(start, end - _BLOCK_BYTES)
        file.seek(begin)
        block = file.read(end - begin)
        if begin > start:
            cut = _first_line(block, newline)
            begin, block = begin + cut, block[cut:]
        yield block.decode(coding, "replace").encode() if coding else block
        end = begin


def _first_line(block: bytes, newline: bytes) -> int:
    """Where the first line begins that is whole in a block; 0 if the block is within one huge line."""
    found = -1
    while (found := block.find(newline, found + 1, _LONGEST_LINE)) >= 0:
        if found % len(newline) == 0:
            return found + len(newline)
    return 0


def _shares(sizes: Sequence[int], budget: int) -> list[int]:
    """How many bytes of each log are read: small ones whole, what then remains is shared among the others."""
    shares = [0] * len(sizes)
    left, logs = budget, sorted(range(len(sizes)), key=lambda number: sizes[number])
    for done, number in enumerate(logs):
        shares[number] = min(sizes[number], left // (len(logs) - done))
        left -= shares[number]
    return shares


def _line_at(block: bytes, start: int, at: int) -> str:
    """The line that begins there, cut, as text; from near what matched if that is far along."""
    end = block.find(b"\n", at)
    begin = start if at - start < LINE_CHARS else at - _BEFORE_CHARS
    line = block[begin : len(block) if end < 0 else end][: 4 * LINE_CHARS]
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    return _shown(text)


def _shown(text: str) -> str:
    """A piece of text on one line and without what a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text).strip()[:LINE_CHARS]


def _any_of(patterns: Sequence[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


def _lines(pattern: str) -> bytes:
    """^ and $ stand for the ends of a line."""
    return f"(?m:{pattern})".encode()


def _options() -> Any:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_nl = True  # a pattern is about one line
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _SET_BYTES
    return options
