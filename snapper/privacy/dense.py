"""What fills whole logs, replaced quickly: API messages, and values that stand in almost every line.

What values are called instead is not decided here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection

from snapper.privacy.classes import ERASED, Private
from snapper.privacy.patterns import MESSAGES

_OFTEN, _OFTEN_MIN, _FREQUENT_MAX = 16, 5, 30  # times, characters, values
NAMES_MAX = 50_000  # pseudonyms kept, so as not to make them anew


class Messages:
    """Replaces in the messages between TWS and programs, which are so dense that nothing is done for each of
    them but a look into a dictionary."""

    def __init__(self, keep: Collection[Private]) -> None:
        self._patterns = [
            (private, re.compile(pattern)) for private, pattern in MESSAGES if private not in keep
        ]

    def replaced(self, block: bytes, instead: Callable[[Private, list[bytes]], list[bytes]]) -> bytes:
        """A block of whole lines with `instead` of the values of each class."""
        for private, pattern in self._patterns:
            if len(parts := pattern.split(block)) > 1:
                parts[2::3] = instead(private, parts[2::3])
                block = b"".join(parts)
        return block


class Frequent:
    """Replaces values that were met often, an account in every line for example, by plain search; where they
    stand among other characters than these, they are met again as before."""

    _AFTER, _UNTIL = rb"[ \t;,(\[|]", rb"[ \t\r\n;,)\]|]"

    def __init__(self) -> None:
        self._times: Counter[bytes] = Counter()
        self._patterns: dict[bytes, tuple[Private, re.Pattern[bytes], bytes]] = {}

    def met(self, raw: bytes, private: Private, name: bytes) -> None:
        """A value was replaced by this name the slow way."""
        if private in ERASED or len(raw) < _OFTEN_MIN or not raw.isascii() or b"\0" in raw:
            return
        if len(self._times) > NAMES_MAX:
            self._times.clear()
        self._times[raw] += 1
        if self._times[raw] >= _OFTEN and raw not in self._patterns and len(self._patterns) < _FREQUENT_MAX:
            value = re.escape(raw)  # first, so that it is found as fast as plain text is
            whole = value + b"(?<=" + self._AFTER + value + b")(?=" + self._UNTIL + b"|$)"
            self._patterns[raw] = private, re.compile(whole), name

    def replaced(self, block: bytes, counts: Counter[str]) -> bytes:
        """A block of whole lines without them."""
        for raw, (private, pattern, name) in self._patterns.items():
            if raw in block:
                block, times = pattern.subn(name, block)
                counts[str(private)] += times
        return block
