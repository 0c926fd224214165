"""Chords as people write them, and which one suits a machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.errors import SnapperError, UsageError
from snapper.hotkey.chord import Chord, altgr_warning, default_chord, other_than, parse_chord
from snapper.hotkey.keys import EVDEV_TO_X11, KEYS, Modifier

CTRL, ALT, SHIFT, SUPER = Modifier.CTRL, Modifier.ALT, Modifier.SHIFT, Modifier.SUPER

modifier_sets = st.sets(st.sampled_from([CTRL, ALT, SHIFT, SUPER]), min_size=2).map(frozenset)
letters = st.sampled_from([key for name, key in KEYS.items() if len(name) == 1])


@pytest.mark.parametrize(
    "text",
    ["Ctrl+Alt+H", "ctrl-option-h", "ALT + control + H", "Strg+Alt+h", "control option h", "opt-ctl-H"],
)
def test_every_usual_spelling_is_the_same_chord(text: str) -> None:
    assert parse_chord(text) == Chord(frozenset({CTRL, ALT}), KEYS["h"])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("pause", "Pause"),
        ("F13", "F13"),
        ("shift+f9", "Shift+F9"),
        ("cmd-shift-4", "Shift+Super+4"),
        ("ctrl+prtsc", "Ctrl+PrintScreen"),
        ("win+alt+space", "Alt+Super+Space"),
    ],
)
def test_named_keys_are_written_in_one_way(text: str, written: str) -> None:
    assert str(parse_chord(text)) == written


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "names no key"),
        ("Ctrl+Alt", "only modifiers"),
        ("h", "no modifier"),
        ("F5", "no modifier"),
        ("Ctrl+C", "only one modifier"),
        ("Shift+a", "only one modifier"),
        ("Super+Left", "only one modifier"),
        ("Ctrl+Alt+Hyper7", "not known: “hyper7”"),
        ("Ctrl+Alt+H+J", "more than one key"),
        ("AltGr+Q", "writes characters"),
        ("Alt+F4", "closes windows"),
        ("Ctrl+Alt+Del", "belongs to the system"),
        ("Ctrl+Alt+F2", "another console"),
    ],
)
def test_an_impossible_chord_is_named_with_the_reason_and_a_remedy(text: str, why: str) -> None:
    with pytest.raises(UsageError) as failure:
        parse_chord(text)
    assert f"“{text}”" in failure.value.sentence
    assert why in failure.value.sentence
    assert "Ctrl+Alt+J" in failure.value.remedy
    assert failure.value.exit_code == 2


@given(modifier_sets, letters)
def test_what_is_written_can_be_read_again(modifiers: frozenset[Modifier], key: object) -> None:
    chord = Chord(modifiers, key)  # type: ignore[arg-type]
    for platform in ("linux", "win32", "darwin"):
        assert parse_chord(chord.display(platform)) == chord
    assert parse_chord(str(chord)) == chord


@given(st.text(max_size=60))
def test_any_text_is_a_chord_or_a_sentence(text: str) -> None:
    try:
        chord = parse_chord(text)
    except SnapperError as error:
        assert error.sentence
        assert error.remedy
    else:
        assert parse_chord(str(chord)) == chord


def test_a_chord_is_shown_with_the_labels_of_the_keyboard() -> None:
    assert parse_chord("ctrl+alt+h").display("darwin") == "Control-Option-H"
    assert parse_chord("ctrl+super+h").display("win32") == "Ctrl+Win+H"
    assert parse_chord("ctrl+super+h").display("linux") == "Ctrl+Super+H"


@pytest.mark.parametrize(
    ("platform", "vendor", "chord"),
    [
        ("linux", "LENOVO", "Ctrl+Alt+H"),
        ("linux", "", "Ctrl+Alt+H"),
        ("win32", "HP", "Ctrl+Alt+Q"),
        ("win32", " hp inc. ", "Ctrl+Alt+Q"),
        ("linux", "Hewlett-Packard", "Ctrl+Alt+Q"),
        ("win32", "Hewlett Packard Company", "Ctrl+Alt+Q"),
        ("linux", "HPE", "Ctrl+Alt+H"),
        ("linux", "Hewlett Packard Enterprise", "Ctrl+Alt+H"),
        ("darwin", "Apple", "Ctrl+Alt+H"),
        ("darwin", "HP", "Ctrl+Alt+H"),
    ],
)
def test_the_makers_of_machines_decide_the_chord(platform: str, vendor: str, chord: str) -> None:
    chosen, reason = default_chord(platform, vendor)
    assert str(chosen) == chord
    assert chosen.display(platform) in reason


def test_the_reason_for_another_chord_names_the_maker() -> None:
    assert "“HP Inc.”" in default_chord("win32", "HP Inc.")[1]


def test_keyboards_are_warned_of_a_chord_that_altgr_writes_a_character_with() -> None:
    warning = altgr_warning(parse_chord("Ctrl+Alt+Q"), "@")
    assert warning
    assert "AltGr+Q writes @" in warning
    assert "takes it for Ctrl+Alt+Q" in warning
    assert 'hotkey.chord = "Ctrl+Alt+J"' in warning
    assert altgr_warning(parse_chord("Ctrl+Alt+Q"), "") is None
    assert altgr_warning(parse_chord("Ctrl+Alt+Shift+Q"), "@") is None


@given(
    modifier_sets | st.just(frozenset({CTRL})) | st.just(frozenset[Modifier]()),
    st.sampled_from(list(KEYS.values())),
)
def test_the_chord_offered_instead_is_another_one_and_usable(
    modifiers: frozenset[Modifier], key: object
) -> None:
    taken = Chord(modifiers, key)  # type: ignore[arg-type]
    offered = other_than(taken)
    assert offered != taken
    assert parse_chord(str(offered)) == offered


def test_no_two_keys_share_a_number() -> None:
    for numbers in (
        [key.keysym for key in KEYS.values()],
        [key.windows for key in KEYS.values()],
        [key.evdev for key in KEYS.values()],
    ):
        assert len(set(numbers)) == len(numbers)


def test_the_table_agrees_with_a_pc_keyboard() -> None:
    """Key codes as any Linux desktop reports them (`xev`)."""
    known = {
        "h": 43,
        "q": 24,
        "a": 38,
        "1": 10,
        "f1": 67,
        "f12": 96,
        "pause": 127,
        "printscreen": 107,
        "space": 65,
    }
    assert {name: KEYS[name].evdev + EVDEV_TO_X11 for name in known} == known
