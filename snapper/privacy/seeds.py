"""Values known to be private before anything is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from snapper.privacy.classes import Private


@dataclass(frozen=True)
class Seed:
    """One private value as it is, and what it is. Its text must not get into a message."""

    value: str = field(repr=False)
    private: Private
