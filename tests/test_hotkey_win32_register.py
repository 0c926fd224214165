"""The chord and the layouts of Windows: what is pure, and the refusal elsewhere; see tests/windows."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.errors import Unavailable
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.win32_layout import Scan, character, written_with_altgr
from snapper.hotkey.win32_register import Win32Register

Q = 0x51
ALTGR, SHIFT, NONE = 0x600, 0x100, -1

elsewhere = pytest.mark.skipif(sys.platform == "win32", reason="there it works")


def layout(keys: Mapping[str, int]) -> Scan:
    """A layout as VkKeyScanEx tells it: a signed number with modifiers above the key, -1 for no key."""
    return lambda one: keys.get(one, NONE)


GERMAN = layout({"q": Q, "Q": SHIFT | Q, "@": ALTGR | Q, "€": ALTGR | 0x45})
AMERICAN = layout({"q": Q, "Q": SHIFT | Q, "@": SHIFT | 0x32})


@elsewhere
def test_elsewhere_both_are_refused() -> None:
    with pytest.raises(Unavailable, match="not Windows"):
        Win32Register(parse_chord("Ctrl+Alt+H"))
    with pytest.raises(Unavailable, match="not Windows"):
        written_with_altgr(Q)


def test_the_at_sign_of_a_german_keyboard_is_found() -> None:
    assert character(Q, [GERMAN]) == "@"
    assert character(0x45, [GERMAN]) == "€"
    assert character(0x48, [GERMAN]) == ""


def test_a_character_with_another_modifier_is_none_of_altgr() -> None:
    assert character(0x32, [AMERICAN]) == ""
    assert character(Q, [layout({"@": ALTGR | SHIFT | Q})]) == ""


def test_every_layout_at_hand_counts() -> None:
    assert character(Q, [AMERICAN, GERMAN]) == "@"
    assert character(Q, []) == ""


def test_a_key_that_nothing_is_known_of_is_not_taken_for_one_with_every_modifier() -> None:
    assert character(0xFF, [layout({})]) == ""


@given(st.characters(min_codepoint=0x21, max_codepoint=0x52F, exclude_categories=["Cc", "Cn", "Zs", "Cf"]))
def test_whatever_letter_a_layout_writes_is_found(letter: str) -> None:
    assert character(Q, [layout({letter: ALTGR | Q})]) == letter
