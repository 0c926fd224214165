"""What GitLab does to texts and names (docs.gitlab.com/user/project/quick_actions; file names: CarrierWave).

A line that starts with /close, /label … is a command: done, and taken out of the text; in a code block it is
text like any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ACTIONS = "close|reopen|title|label|unlabel|assign|unassign|confidential|due|lock|todo|shrug|move|duplicate"
_QUICK_ACTION = re.compile(rf"^/({_ACTIONS})\b[^\n]*\n?", re.MULTILINE)
_CODE = re.compile(r"^(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(^(?P=fence)`*~*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_IMAGE = re.compile(r"\.(png|jpe?g|gif|bmp|tiff|ico|webp)$", re.IGNORECASE)


@dataclass
class Issue:
    """An issue and its notes, oldest first; people's and the system's own."""

    iid: int
    title: str
    description: str
    state: str = "opened"
    confidential: bool = False
    notes: list[str] = field(default_factory=list)

    def texts(self) -> list[str]:
        """All that people see, as it is stored."""
        return [self.title, self.description, *self.notes]


def stored_name(name: str) -> str:
    """The name under which an upload is kept: letters, digits and . - + _ only (CarrierWave)."""
    leaf = re.sub(r"[^\w.+-]", "_", name.replace("\\", "/").rpartition("/")[2])
    if not leaf:
        return "unnamed"
    return f"_{leaf}" if not leaf.strip(".") else leaf


def is_image(name: str) -> bool:
    """Whether a link to the file shows it."""
    return _IMAGE.search(name) is not None


def is_photo(name: str) -> bool:
    """Whether what its camera wrote into the file is taken out."""
    return re.search(r"\.(jpe?g|tiff?)$", name, re.IGNORECASE) is not None


def obeyed(issue: Issue, text: str) -> str:
    """The text without its quick actions, which are done; code blocks stay as they are."""
    left, at = "", 0
    for code in [*_CODE.finditer(text), None]:
        plain = text[at : code.start() if code else len(text)]
        for action in _QUICK_ACTION.finditer(plain):
            issue.state = {"close": "closed", "reopen": "opened"}.get(action[1], issue.state)
        left += _QUICK_ACTION.sub("", plain) + (code[0] if code else "")
        at = code.end() if code else len(text)
    return left
