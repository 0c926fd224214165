"""The doctor's findings as a table for people and as plain data for support. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from snapper.doctor.findings import MARKS, Finding, Verdict
from snapper.language import Sentence, in_english, plural
from snapper.words import cells, lines_of, number_text, padded

Row = tuple[str, str, str, str]

_WIDTH = 110
_NAME_MAX = 34


def table(findings: Sequence[Finding], width: int = _WIDTH) -> str:
    """One finding on a line, more where its sentence is long: mark, what was checked, sentence, remedy."""
    return _table(summary(findings), rows(findings), width)


def _table(first_line: str, rows: Sequence[Row], width: int) -> str:
    column = min(max((cells(name) for _mark, name, _sentence, _remedy in rows), default=0), _NAME_MAX)
    return "\n".join([first_line, "", *(line for row in rows for line in _lines(row, column, width))])


def _lines(row: Row, column: int, width: int) -> list[str]:
    mark, name, sentence, remedy = row
    head = f"{mark}  {padded(name, column)}  "
    indent = " " * (column + 5)
    text = [sentence] if cells(name) <= column else ["", sentence]
    text += [f"→ {remedy}"] if remedy else []
    room = max(40, width - len(indent))
    lines = [line for part in text for line in lines_of(part, room)]
    first, *rest = lines
    return [f"{head}{first}".rstrip(), *(f"{indent}{line}" for line in rest)]


def for_it(findings: Sequence[Finding]) -> str:
    """What to ask the IT department for, “” where there is nothing to ask."""
    return "\n\n".join(dict.fromkeys(text for each in findings if (text := each.facts.get("for_it"))))


def rows(findings: Sequence[Finding]) -> list[Row]:
    """Mark, what was checked, sentence and remedy of each."""
    return [(MARKS[each.verdict], each.heading, each.sentence, each.remedy) for each in findings]


def summary(findings: Sequence[Finding]) -> Sentence:
    """How many checks went how, in a sentence."""
    count = {verdict: sum(each.verdict is verdict for each in findings) for verdict in Verdict}
    bad, minor, well = count[Verdict.FAILED], count[Verdict.WARNING], count[Verdict.OK]
    if not bad and not minor:
        text = plural("All is well: {count} check.", "All is well: {count} checks.", well)
        return text.format(count=number_text(well))
    if not minor:
        text = plural(
            "{failed} of {count} check failed.", "{failed} of {count} checks failed.", len(findings)
        )
        return text.format(failed=number_text(bad), count=number_text(len(findings)))
    # Translators: {failed} checks failed of {count}; {minor} others work, but not as well as they should.
    text = plural(
        "{failed} of {count} checks failed, {minor} needs a look.",
        "{failed} of {count} checks failed, {minor} need a look.",
        minor,
    )
    return text.format(failed=number_text(bad), count=number_text(len(findings)), minor=number_text(minor))


def file_text(findings: Sequence[Finding]) -> str:
    """The findings as a file of a report, in English: the table for people, the facts below for programs."""
    shown = _table(in_english(summary(findings)), _in_english(rows(findings)), _WIDTH)
    return f"{shown}\n\n{json.dumps(data(findings), ensure_ascii=False, indent=1)}\n"


def data(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings for scripts and for support, in English."""
    told = [_in_english(asdict(finding)) for finding in findings]
    return {"summary": in_english(summary(findings)), "findings": told}


def _in_english(value: Any) -> Any:
    """Plain data with every sentence in it in English."""
    if isinstance(value, Mapping):
        return {in_english(name): _in_english(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_in_english, value))
    return in_english(value)
