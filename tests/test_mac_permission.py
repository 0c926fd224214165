"""The permission to record the screen: asked for in the right order, and told in words when it is missing."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import pytest

from snapper.capture.mac_permission import MacPermission, macos_version, missing
from snapper.errors import Unavailable
from tests.mac_fakes import kind

CORE_GRAPHICS = "/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics"
PREFLIGHT, REQUEST = "CGPreflightScreenCaptureAccess", "CGRequestScreenCaptureAccess"


class CoreGraphics:
    """Both functions as CGWindow.h declares them, `bool name(void)`; there is no third answer."""

    def __init__(self, granted: bool) -> None:
        self.granted = granted
        self.asked: list[str] = []
        self.functions = {name: self._function(name) for name in (PREFLIGHT, REQUEST)}

    def load(self, path: str) -> Any:
        if path != CORE_GRAPHICS:
            raise OSError(f"dlopen({path}): image not found")
        return type("Library", (), self.functions)()

    def _function(self, name: str) -> Any:
        def answer() -> bool:
            self.asked.append(name)
            return self.granted

        return ctypes.CFUNCTYPE(ctypes.c_bool)(answer)


def never() -> bool:
    raise AssertionError("need not be asked")


@pytest.mark.parametrize("granted", [True, False])
def test_macos_is_asked_without_asking_the_person(granted: bool) -> None:
    core = CoreGraphics(granted)
    assert MacPermission(core.load).granted(lambda: False) == granted
    assert core.asked == [PREFLIGHT]


def test_where_macos_says_yes_nothing_else_is_looked_at() -> None:
    assert MacPermission(CoreGraphics(True).load).granted(never)


def test_a_stale_no_is_outweighed_by_titles_that_only_the_permitted_are_told() -> None:
    assert MacPermission(CoreGraphics(False).load).granted(lambda: True)


def test_asking_is_one_request_and_waits_for_nobody() -> None:
    core = CoreGraphics(False)
    MacPermission(core.load).ask()
    assert core.asked == [REQUEST]


@pytest.mark.parametrize("name", [PREFLIGHT, REQUEST])
def test_the_functions_are_declared_as_the_header_has_them(name: str) -> None:
    core = CoreGraphics(True)
    core.functions[name].restype, core.functions[name].argtypes = ctypes.c_int, [ctypes.c_int]
    MacPermission(core.load)
    assert kind(core.functions[name].restype) == kind(ctypes.c_bool)
    assert list(core.functions[name].argtypes) == []


def test_before_there_was_such_a_permission_everything_is_permitted() -> None:
    old = CoreGraphics(False)
    old.functions = {}
    permission = MacPermission(old.load)
    permission.ask()
    assert permission.granted(never)


@pytest.mark.skipif(sys.platform == "darwin", reason="there it works")
def test_elsewhere_it_is_refused() -> None:
    with pytest.raises(Unavailable, match="not a Mac"):
        MacPermission()


# --- the words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "place"),
    [
        ("26.1", "System Settings, Privacy & Security, Screen & System Audio Recording"),
        ("15.0", "System Settings, Privacy & Security, Screen & System Audio Recording"),
        ("14.7.1", "System Settings, Privacy & Security, Screen Recording,"),
        ("13.0", "System Settings, Privacy & Security, Screen Recording,"),
        ("12.6", "System Preferences, Security & Privacy, Privacy, Screen Recording,"),
        ("10.15.7", "System Preferences, Security & Privacy, Privacy, Screen Recording,"),
        ("10.16", "the system's settings, Privacy & Security, Screen Recording,"),
        ("", "System Settings, Privacy & Security, Screen & System Audio Recording"),
        ("unheard of", "System Settings, Privacy & Security, Screen & System Audio Recording"),
    ],
)
def test_the_switch_is_named_as_this_version_has_it(version: str, place: str) -> None:
    assert f" in {place}" in missing(version, {}).remedy


@pytest.mark.parametrize(
    ("terminal", "named"),
    [
        ("Apple_Terminal", "“Terminal”"),
        ("iTerm.app", "“iTerm”"),
        ("tmux", "the program from which snapper was started"),
        ("<b>rogue</b>", "the program from which snapper was started"),
        ("", "“Python”"),
    ],
)
def test_the_program_that_macos_lists_is_named(terminal: str, named: str) -> None:
    told = missing("15.6", {"TERM_PROGRAM": terminal})
    assert f"Switch on {named}" in told.remedy
    assert "rogue" not in str(told)


def test_the_words_say_what_happened_and_what_to_do_when_it_is_on_already() -> None:
    told = missing("15.6", {})
    assert "there is no picture" in told.sentence
    assert "start it again" in told.remedy
    assert "switch it off and on" in told.remedy


def test_the_version_is_told_on_a_mac_only() -> None:
    assert bool(macos_version()) == (sys.platform == "darwin")
