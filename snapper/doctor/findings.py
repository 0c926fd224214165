"""What a check finds, and the order in which people read it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """How a check went; the order is the order of reading."""

    FAILED = "failed"
    WARNING = "warning"
    OK = "ok"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's table: what was checked, how it went, a sentence, a remedy where one is
    needed, and facts for support. No user's name, account or password is in it."""

    about: str
    name: str
    verdict: Verdict
    sentence: str
    remedy: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


MARKS = {Verdict.FAILED: "✗", Verdict.WARNING: "!", Verdict.OK: "✓", Verdict.UNKNOWN: "?"}


def ok(about: str, name: str, sentence: str, **facts: Any) -> Finding:
    """All is well."""
    return Finding(about, name, Verdict.OK, sentence, "", facts)


def warning(about: str, name: str, sentence: str, remedy: str = "", **facts: Any) -> Finding:
    """It works, but not as well as it should."""
    return Finding(about, name, Verdict.WARNING, sentence, remedy, facts)


def failed(about: str, name: str, sentence: str, remedy: str = "", **facts: Any) -> Finding:
    """It does not work."""
    return Finding(about, name, Verdict.FAILED, sentence, remedy, facts)


def unknown(about: str, name: str, sentence: str, **facts: Any) -> Finding:
    """It could not be found out."""
    return Finding(about, name, Verdict.UNKNOWN, sentence, "", facts)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """In the order of reading; what went equally stays in the order of checking."""
    order = list(Verdict)
    return sorted(findings, key=lambda finding: order.index(finding.verdict))
