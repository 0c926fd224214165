"""Texts that a ticket system's markup leaves as they are. Pure."""

from __future__ import annotations

import re

_JOINER = "\u2060"  # WORD JOINER: not seen, and no letter of any command


def fenced(text: str) -> str:
    """A block of code in Markdown (GitLab, GitHub): its fence is longer than any in the text."""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 3)
    return f"{fence}text\n{text}\n{fence}"


def unformatted(text: str) -> str:
    """A block that Jira's wiki markup does not look into, and that the text cannot end."""
    text = re.sub(r"\{(?=noformat)", f"{{{_JOINER}", text, flags=re.IGNORECASE)
    return f"{{noformat}}\n{text}\n{{noformat}}"


def without_code_tags(text: str) -> str:
    """A text of ServiceNow's journals, which take what stands between [code] and [/code] for HTML."""
    return re.sub(r"\[(?=/?code\])", f"[{_JOINER}", text, flags=re.IGNORECASE)


def calling_nobody(text: str) -> str:
    """A line in which no @name sends anybody a mail."""
    return text.replace("@", f"@{_JOINER}")
