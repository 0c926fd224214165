"""Where a chord lies on keyboards, given the mappings that X servers report."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.errors import Unavailable
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.keys import Modifier
from snapper.hotkey.x11_keys import Keyboard, place

CHORD = parse_chord("Ctrl+Alt+H")
FIRST = 8
CONTROL_L, ALT_L, ALT_R, NUM_LOCK, CAPS_LOCK, LEVEL3, SHIFT_L = (
    0xFFE3,
    0xFFE9,
    0xFFEA,
    0xFF7F,
    0xFFE5,
    0xFE03,
    0xFFE1,
)
CYRILLIC_ER, CYRILLIC_ER_CAPITAL = 0x6D2, 0x6F2  # what the key H writes under a Russian layout


def keyboard(rows: dict[int, tuple[int, ...]], map_: dict[int, tuple[int, ...]]) -> Keyboard:
    """A keyboard of 248 keys with these rows, and modifier rows by index."""
    usual = {37: (CONTROL_L,), 64: (ALT_L,), 77: (NUM_LOCK,), 66: (CAPS_LOCK,), 50: (SHIFT_L,)}
    keysyms = [(usual | rows).get(code, (0, 0, 0, 0)) for code in range(FIRST, 256)]
    return Keyboard(FIRST, keysyms, [map_.get(index, (0, 0)) for index in range(8)])


USUAL_MAP = {0: (50,), 1: (66,), 2: (37,), 3: (64, 0), 4: (77,)}


def test_a_latin_layout_has_the_key_where_it_says() -> None:
    """On a Dvorak keyboard, H is where a PC keyboard has J."""
    found = place(CHORD, keyboard({44: (ord("h"), ord("H"))}, USUAL_MAP))
    assert found.key == 44
    assert found.state == 0b1100
    assert found.modifiers == {50: Modifier.SHIFT, 37: Modifier.CTRL, 64: Modifier.ALT}


def test_the_first_layout_that_has_the_letter_decides() -> None:
    rows = {43: (CYRILLIC_ER, CYRILLIC_ER_CAPITAL, ord("h"), ord("H")), 44: (ord("h"), ord("H"))}
    assert place(CHORD, keyboard(rows, USUAL_MAP)).key == 44


def test_a_layout_without_latin_letters_has_the_key_where_every_pc_has_it() -> None:
    assert place(CHORD, keyboard({43: (CYRILLIC_ER, CYRILLIC_ER_CAPITAL)}, USUAL_MAP)).key == 43


def test_the_latin_layout_behind_a_russian_one_is_found() -> None:
    rows = {43: (CYRILLIC_ER, CYRILLIC_ER_CAPITAL), 44: (0x6CF, 0x6EF, ord("h"), ord("H"))}
    assert place(CHORD, keyboard(rows, USUAL_MAP)).key == 44


def test_the_locks_may_be_on_or_off_in_every_combination() -> None:
    found = place(CHORD, keyboard({}, USUAL_MAP))
    assert found.locks == 0b10010
    assert sorted(found.states()) == [0b1100, 0b1110, 0b11100, 0b11110]
    assert found.fits(0b11110 | 0x2000 | 0x100)
    assert not found.fits(0b1101)


def test_alt_is_where_the_modifier_map_has_it() -> None:
    found = place(CHORD, keyboard({}, {2: (37,), 3: (77,), 5: (64,)}))
    assert found.state == 0b100100
    assert found.locks == 0b1010


def test_the_right_alt_of_a_german_keyboard_is_altgr() -> None:
    found = place(CHORD, keyboard({108: (LEVEL3,)}, {**USUAL_MAP, 7: (108,)}))
    assert found.modifiers[108] is Modifier.ALTGR
    assert not found.fits(0b10001100)


def test_a_keyboard_without_the_key_is_said_to_lack_it() -> None:
    with pytest.raises(Unavailable, match="no key F24"):
        place(parse_chord("F24"), Keyboard(FIRST, [(0,)] * 20, [()] * 8))


@given(st.sets(st.integers(0, 7)), st.integers(0, 0xFF))
def test_a_state_fits_exactly_when_it_is_one_of_those_grabbed(lock_rows: set[int], state: int) -> None:
    rows = {100 + index: (NUM_LOCK,) for index in lock_rows}
    found = place(CHORD, keyboard(rows, {index: (100 + index,) for index in lock_rows}))
    assert found.fits(state) == (state in set(found.states()))
