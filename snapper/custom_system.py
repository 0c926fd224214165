"""How a destination of the kind “custom” describes its ticket system in the settings file. Pure."""

from __future__ import annotations

from typing import Any


def check_custom(raw: object) -> dict[str, Any]:
    """Check the tables of a custom destination; raises ValueError."""
    if not isinstance(raw, dict):
        raise ValueError("must be tables")
    return raw
