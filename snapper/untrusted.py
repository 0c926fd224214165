"""Reading JSON that anybody may have written: each value is checked for what it must be. Pure.

Every function raises ReportMalformed with a sentence that names the value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from snapper.errors import ReportMalformed

_Choice = TypeVar("_Choice", bound=StrEnum)


def parsed(text: bytes) -> object:
    """What a text in JSON says; raises ReportMalformed when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReportMalformed("The manifest is not JSON.") from error


def an_object(value: object, what: str) -> dict[str, Any]:
    """The value as a JSON object; `what` names it."""
    if not isinstance(value, dict):
        raise ReportMalformed(f"{what[0].upper()}{what[1:]} is not a JSON object.")
    return value


def a_list(data: Mapping[str, Any], key: str, limit: int) -> list[Any]:
    """The list under a key, empty when it is not there."""
    value = data.get(key, [])
    if not isinstance(value, list) or len(value) > limit:
        raise ReportMalformed(f"“{key}” must be a list of at most {limit}.")
    return value


def a_string(value: object, key: str, limit: int) -> str:
    """The value as text of limited length, whole characters only."""
    if not isinstance(value, str) or len(value) > limit:
        raise ReportMalformed(f"“{key}” must be text of at most {limit} characters.")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise ReportMalformed(f"“{key}” holds half a character.")
    return value


def text_of(data: Mapping[str, Any], key: str, limit: int) -> str:
    """The text under a key."""
    return a_string(data.get(key), key, limit)


def matching(data: Mapping[str, Any], key: str, pattern: re.Pattern[str]) -> str:
    """The text under a key, in the form wanted."""
    value = text_of(data, key, 200)
    if not pattern.fullmatch(value):
        raise ReportMalformed(f"“{key}” is not in the right form.")
    return value


def time_of(data: Mapping[str, Any], key: str) -> str:
    """The time in ISO 8601 under a key, as text."""
    value = text_of(data, key, 40)
    try:
        datetime.fromisoformat(value)
    except ValueError as error:
        raise ReportMalformed(f"“{key}” is not a time in ISO 8601.") from error
    return value


def choice_of(kinds: type[_Choice], data: Mapping[str, Any]) -> _Choice:
    """The “kind” of an object, one of those there are."""
    try:
        return kinds(str(data.get("kind")))
    except ValueError as error:
        raise ReportMalformed(f"“kind” must be one of: {', '.join(kinds)}.") from error
