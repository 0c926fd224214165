"""Asking Windows for real pixels: the newest way that it knows, and before anything looks at the screen."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from snapper.capture.dpi_win32 import be_aware

ORDER = ["SetProcessDpiAwarenessContext", "SetProcessDpiAwareness", "SetProcessDPIAware"]
_DONE = dict(zip(ORDER, (1, 0, 1), strict=True))
_REFUSED = {
    "SetProcessDpiAwarenessContext": 0,
    "SetProcessDpiAwareness": -2147024891,
    "SetProcessDPIAware": 0,
}


class Call:
    """One function of a DLL: takes what it is declared to take, answers, and notes that it was called."""

    def __init__(self, name: str, answer: int, calls: list[tuple[str, Any]]) -> None:
        self.argtypes: list[Any] = []
        self._name, self._answer, self._calls = name, answer, calls

    def __call__(self, *arguments: Any) -> int:
        assert len(arguments) == len(self.argtypes)
        self._calls.append((self._name, getattr(arguments[0], "value", arguments[0]) if arguments else None))
        return self._answer


class Dll:
    """A DLL with these functions and no other."""

    def __init__(self, functions: dict[str, Call]) -> None:
        vars(self).update(functions)


def windows(
    known: list[str], refuses: tuple[str, ...] = (), without: str = ""
) -> tuple[Callable[[str], Dll], list[Any]]:
    """The DLLs of a Windows that knows some of the calls, and those that were made."""
    calls: list[Any] = []
    answers = {name: (_REFUSED if name in refuses else _DONE)[name] for name in known}
    functions = {name: Call(name, answer, calls) for name, answer in answers.items()}

    def load(name: str) -> Dll:
        if name == without:
            raise OSError("no such DLL")
        return Dll(functions)

    return load, calls


def test_windows_10_is_asked_for_both_kinds_of_true_pixels() -> None:
    load, calls = windows(ORDER)
    assert be_aware(load) == ORDER[0]
    assert [(name, value & 0xFFFF_FFFF_FFFF_FFFF) for name, value in calls] == [(ORDER[0], 2**64 - 4)]


@pytest.mark.parametrize(("known", "obeyed"), [(ORDER[1:], ORDER[1]), (ORDER[2:], ORDER[2]), ([], "")])
def test_an_older_windows_is_asked_as_it_knows(known: list[str], obeyed: str) -> None:
    load, _ = windows(known)
    assert be_aware(load) == obeyed


def test_a_windows_10_that_knows_the_call_but_not_the_kind_is_asked_the_older_way() -> None:
    load, calls = windows(ORDER, refuses=(ORDER[0],))
    assert be_aware(load) == ORDER[1]
    assert calls[-1] == (ORDER[1], 2)


def test_a_missing_dll_is_an_older_windows() -> None:
    load, _ = windows([ORDER[2]], without="shcore")
    assert be_aware(load) == ORDER[2]


def test_what_was_decided_before_stays() -> None:
    load, _ = windows(ORDER, refuses=tuple(ORDER))
    assert be_aware(load) == ""


@pytest.mark.skipif(sys.platform == "win32", reason="there it does something")
def test_elsewhere_nothing_is_done() -> None:
    assert be_aware() == ""
