"""The doctor's findings as a table for people and as plain data for support. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from snapper.doctor.findings import MARKS, Finding, Verdict

_WIDTH = 110
_NAME_MAX = 26


def table(findings: Sequence[Finding], width: int = _WIDTH) -> str:
    """One finding on a line, more where its sentence is long: mark, what was checked, sentence, remedy."""
    names = [_name(finding) for finding in findings]
    column = min(max(map(len, names), default=0), _NAME_MAX)
    lines = [summary(findings), ""]
    for finding, name in zip(findings, names, strict=True):
        lines += _rows(finding, name, column, width)
    return "\n".join(lines)


def _rows(finding: Finding, name: str, column: int, width: int) -> list[str]:
    head = f"{MARKS[finding.verdict]}  {name:<{column}}  "
    indent = " " * (column + 5)
    text = [finding.sentence] if len(name) <= column else ["", finding.sentence]
    text += [f"→ {finding.remedy}"] if finding.remedy else []
    room = max(40, width - len(indent))
    lines = [line for part in text for line in textwrap.wrap(part, room, break_on_hyphens=False) or [""]]
    first, *rest = lines
    return [f"{head}{first}".rstrip(), *(f"{indent}{line}" for line in rest)]


def _name(finding: Finding) -> str:
    return f"{finding.about}: {finding.name}"


def for_it(findings: Sequence[Finding]) -> str:
    """What to ask the IT department for, “” where there is nothing to ask."""
    return "\n\n".join(dict.fromkeys(text for each in findings if (text := each.facts.get("for_it"))))


def rows(findings: Sequence[Finding]) -> list[tuple[str, str, str, str]]:
    """Mark, what was checked, sentence and remedy of each."""
    return [(MARKS[each.verdict], _name(each), each.sentence, each.remedy) for each in findings]


def summary(findings: Sequence[Finding]) -> str:
    """How many checks went how, in a sentence."""
    count = {verdict: sum(each.verdict is verdict for each in findings) for verdict in Verdict}
    if not count[Verdict.FAILED] and not count[Verdict.WARNING]:
        return f"All is well: {count[Verdict.OK]} checks."
    bad = f"{count[Verdict.FAILED]} of {len(findings)} checks failed"
    minor = f", {count[Verdict.WARNING]} need a look" if count[Verdict.WARNING] else ""
    return f"{bad}{minor}."


def file_text(findings: Sequence[Finding]) -> str:
    """The findings as a file of a report: the table for people, the facts below it for programs."""
    return f"{table(findings)}\n\n{json.dumps(data(findings), ensure_ascii=False, indent=1)}\n"


def data(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings for scripts and for support."""
    return {"summary": summary(findings), "findings": [asdict(finding) for finding in findings]}
