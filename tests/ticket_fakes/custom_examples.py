"""The examples of the README's section “Any other system”, as the settings file has them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snapper.destinations import _COMMON

_README = Path(__file__).parents[2] / "README.md"
HELP_DESK, TRACKER, INBOX = "help desk", "our tracker", "our inbox"


def settings_text(name: str) -> str:
    """The text of an example, by the name of its destination."""
    blocks = re.findall(r"^```toml\n(.*?)^```", _README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if block.startswith(f'[destinations."{name}"]'))


def example(name: str) -> dict[str, Any]:
    """Its table, as it is."""
    table: dict[str, Any] = tomllib.loads(settings_text(name))["destinations"][name]
    return table


def options(name: str) -> dict[str, Any]:
    """What of its table describes the system."""
    return {key: value for key, value in example(name).items() if key not in _COMMON}


def described(name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """An example with some of its sections replaced; None leaves one out."""
    table = {**options(name), **changes}
    return {key: value for key, value in table.items() if value is not None}
