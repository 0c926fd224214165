"""The chord on a Mac that keeps to its headers: taken, told, refused in words, always given back."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.screen import wait_until
from snapper.errors import ChordTaken, Unavailable
from snapper.hotkey import mac_frameworks
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.mac_carbon import MacCarbon, system_shortcuts
from snapper.hotkey.mac_frameworks import SIGNATURES, Frameworks
from snapper.hotkey.presses import Press
from tests.mac_fakes import (
    CARBON,
    COMMAND,
    CONTROL_OPTION,
    FOUNDATION,
    HEADERS,
    INTERNAL,
    KEYBOARD,
    NO_MEMORY,
    NO_PARAMETER,
    NOT_HANDLED,
    OPTION_SHIFT,
    PRESSED,
    FakeFrameworks,
    H,
    HotKeyID,
    Program,
    WindowServer,
    kind,
    macs,
)

CHORD = parse_chord("Control-Option-H")
CODE, MODIFIERS, ENABLED = "kHISymbolicHotKeyCode", "kHISymbolicHotKeyModifiers", "kHISymbolicHotKeyEnabled"


@pytest.fixture
def mac() -> Iterator[Program]:
    yield from macs()


def hotkey(mac: Program, chord: str = "Control-Option-H") -> MacCarbon:
    return MacCarbon(parse_chord(chord), FakeFrameworks(mac), voice_over=lambda: False)


def ignore(press: Press) -> None:
    pass


def shortcut(code: Any, flags: Any, enabled: Any) -> dict[str, Any]:
    """One of macOS's own, as CopySymbolicHotKeys describes it."""
    return {CODE: code, MODIFIERS: flags, ENABLED: enabled}


def in_a_thread(mac: Program, action: Callable[[], object], turning: bool = True) -> list[BaseException]:
    """Do something in another thread, while the main one runs its loop or is too busy to; what it raised."""
    raised: list[BaseException] = []

    def act() -> None:
        try:
            action()
        except Unavailable as problem:
            raised.append(problem)

    thread = threading.Thread(target=act)
    thread.start()
    if turning:
        wait_until(lambda: (mac.turn(), not thread.is_alive())[1], "the other thread has done it")
    thread.join(20)
    assert not thread.is_alive()
    return raised


# --- taking it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HEADERS)
def test_every_function_is_declared_as_its_header_has_it(name: str) -> None:
    where, result, arguments = HEADERS[name]
    declared = SIGNATURES[name]
    assert (declared[0], kind(declared[1])) == (where, kind(result))
    assert list(map(kind, declared[2])) == list(map(kind, arguments))


def test_no_function_is_used_that_was_not_looked_up() -> None:
    assert set(SIGNATURES) == set(HEADERS)


def test_the_chord_is_told_and_no_other_is(mac: Program) -> None:
    presses: list[Press] = []
    taken = hotkey(mac)
    taken.start(presses.append)
    assert mac.server.taken() == {(H, CONTROL_OPTION)}
    for code, flags in ((H, CONTROL_OPTION | COMMAND), (5, CONTROL_OPTION), (H, CONTROL_OPTION)):
        mac.server.press(code, flags)
    assert mac.turn() == [0, NOT_HANDLED]  # the press is ours; letting go was not asked for
    mac.server.press(H, CONTROL_OPTION)
    mac.turn()
    taken.stop()
    assert len(presses) == 2


@pytest.mark.parametrize(
    ("chord", "code", "flags"),
    [("Cmd+Shift+F5", 0x60, 0x300), ("Ctrl+Option+Shift+Cmd+7", 0x1A, 0x1B00), ("Pause", 0x71, 0)],
)
def test_a_chord_is_a_key_code_and_carbons_own_modifiers(
    mac: Program, chord: str, code: int, flags: int
) -> None:
    taken = hotkey(mac, chord)
    taken.start(ignore)
    assert mac.server.taken() == {(code, flags)}
    taken.stop()


@pytest.mark.parametrize(("signature", "next_id"), [(0x534E4150, 1), (0x51745F5F, 0)])
def test_the_hot_keys_of_others_in_this_process_are_left_to_them(
    mac: Program, signature: int, next_id: int
) -> None:
    presses: list[Press] = []
    taken = hotkey(mac)
    taken.start(presses.append)
    mac.queue_up(KEYBOARD, PRESSED, HotKeyID(signature, taken._id + next_id))
    assert mac.turn() == [NOT_HANDLED]
    taken.stop()
    assert presses == []


def test_an_event_that_does_not_say_which_hot_key_it_is_about_is_left_alone(mac: Program) -> None:
    taken = hotkey(mac)
    taken.start(ignore)
    mac.answers["GetEventParameter"] = NO_PARAMETER
    mac.server.press(H, CONTROL_OPTION)
    assert mac.turn() == [NOT_HANDLED, NOT_HANDLED]
    taken.stop()


def test_two_chords_in_one_process_are_told_apart(mac: Program) -> None:
    first, second = hotkey(mac), hotkey(mac, "Control-Option-J")
    told: list[str] = []
    first.start(lambda press: told.append("H"))
    second.start(lambda press: told.append("J"))
    for code in (H, 0x26, H):
        mac.server.press(code, CONTROL_OPTION)
    mac.turn()
    first.stop()
    second.stop()
    assert sorted(told) == ["H", "H", "J"]


# --- giving it back ---------------------------------------------------------------------------------------


def test_after_stop_the_chord_is_free_and_events_still_under_way_are_nobodys(mac: Program) -> None:
    presses: list[Press] = []
    taken = hotkey(mac)
    taken.start(presses.append)
    mac.server.press(H, CONTROL_OPTION)
    taken.stop()
    taken.stop()
    assert mac.turn() == [NOT_HANDLED, NOT_HANDLED]
    assert presses == []
    again = hotkey(mac)
    again.start(ignore)
    again.stop()


def test_a_press_that_fails_gives_the_chord_back(mac: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[object] = []
    monkeypatch.setattr("threading.excepthook", failures.append)
    taken = hotkey(mac)

    def fail(press: Press) -> None:
        raise ValueError("a fault of the program")

    taken.start(fail)
    mac.server.press(H, CONTROL_OPTION)
    wait_until(lambda: (mac.turn(), not mac.server.keys and failures)[1], "the chord is free")
    taken.stop()


def test_another_thread_has_the_main_one_take_the_chord_and_give_it_back(mac: Program) -> None:
    """The fake keeps a record of every Carbon call from another thread, as a breach."""
    taken = hotkey(mac)
    assert in_a_thread(mac, lambda: taken.start(ignore)) == []
    assert mac.server.taken() == {(H, CONTROL_OPTION)}
    assert in_a_thread(mac, taken.stop) == []
    assert mac.server.taken() == set()


def test_a_refusal_reaches_the_thread_that_asked(mac: Program) -> None:
    mac.server.shortcuts = [shortcut(H, CONTROL_OPTION, True)]
    (refusal,) = in_a_thread(mac, lambda: hotkey(mac).start(ignore))
    assert isinstance(refusal, ChordTaken)


def test_a_main_thread_without_time_is_told_of_and_takes_nothing_later(
    mac: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mac_frameworks, "PATIENCE_SECONDS", 0.02)
    (refusal,) = in_a_thread(mac, lambda: hotkey(mac).start(ignore), turning=False)
    assert "busy" in str(refusal)
    mac.turn()
    assert mac.server.taken() == set()


def test_what_a_busy_main_thread_holds_is_free_as_soon_as_it_has_time(
    mac: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mac_frameworks, "PATIENCE_SECONDS", 0.02)
    taken = hotkey(mac)
    taken.start(ignore)
    assert in_a_thread(mac, taken.stop, turning=False) == []
    assert mac.server.taken() == {(H, CONTROL_OPTION)}
    mac.turn()
    assert mac.server.taken() == set()


# --- without Qt -------------------------------------------------------------------------------------------


def test_where_no_loop_runs_serve_brings_the_events_and_frees_them(mac: Program) -> None:
    told = threading.Event()
    taken = hotkey(mac)
    taken.start(lambda press: told.set())
    mac.server.press(H, CONTROL_OPTION)
    taken.serve(20)  # the fake lets no time pass
    taken.stop()
    assert told.is_set()
    assert mac.calls.count("ReleaseEvent") == 2
    assert mac.calls.count("ReceiveNextEvent") == 3  # the last of which says that the time is over


def test_serving_for_no_time_asks_for_no_event(mac: Program) -> None:
    hotkey(mac).serve(0)
    assert "ReceiveNextEvent" not in mac.calls


# --- refusals ---------------------------------------------------------------------------------------------


def test_a_chord_that_another_program_has_is_refused_by_name(mac: Program) -> None:
    other = Program(mac.server)
    theirs = hotkey(other)
    theirs.start(ignore)
    with pytest.raises(ChordTaken, match="Control-Option-H is already taken by another program") as refusal:
        hotkey(mac).start(ignore)
    assert 'hotkey.chord = "Ctrl+Alt+J"' in refusal.value.remedy
    assert mac.left_over() == {}
    theirs.stop()
    assert other.broken == []


def test_a_program_that_shares_its_chord_goes_without_while_ours_is_taken(mac: Program) -> None:
    sharing = Program(mac.server)
    frameworks = FakeFrameworks(sharing)
    theirs: Any = mac_frameworks.ctypes.c_void_p()
    frameworks.RegisterEventHotKey(
        H, CONTROL_OPTION, mac_frameworks.EventHotKeyID(1, 1), Program.TARGET, 0,
        mac_frameworks.ctypes.byref(theirs),
    )  # fmt: skip
    taken = hotkey(mac)
    taken.start(ignore)
    mac.server.press(H, CONTROL_OPTION)
    assert (len(mac.turn()), len(sharing.turn())) == (2, 0)
    taken.stop()


def test_the_same_chord_twice_in_one_process_is_refused(mac: Program) -> None:
    first = hotkey(mac)
    first.start(ignore)
    with pytest.raises(ChordTaken):
        hotkey(mac).start(ignore)
    assert mac.server.taken() == {(H, CONTROL_OPTION)}
    first.stop()


@pytest.mark.parametrize("enabled", [True, 1])
@pytest.mark.parametrize("function_key_bit", [0, 1 << 17])
def test_a_shortcut_of_macos_itself_is_refused_with_where_to_switch_it_off(
    mac: Program, enabled: object, function_key_bit: int
) -> None:
    mac.server.shortcuts = [shortcut(H, CONTROL_OPTION | function_key_bit, enabled)]
    with pytest.raises(
        ChordTaken, match="Control-Option-H is a keyboard shortcut of macOS itself"
    ) as refusal:
        hotkey(mac).start(ignore)
    assert "Keyboard Shortcuts" in refusal.value.remedy
    assert "RegisterEventHotKey" not in mac.calls


@pytest.mark.parametrize(
    "entry",
    [
        shortcut(H, CONTROL_OPTION, False),
        shortcut(H, CONTROL_OPTION, 0),
        shortcut(H, COMMAND, True),
        shortcut(5, CONTROL_OPTION, True),
        shortcut(b"4", CONTROL_OPTION, True),
        shortcut(H, 6144.5, True),
        shortcut(H, CONTROL_OPTION, "yes"),
        {CODE: H, MODIFIERS: CONTROL_OPTION},
        {},
    ],
)
def test_what_is_no_shortcut_for_this_chord_does_not_stand_in_the_way(
    mac: Program, entry: dict[str, Any]
) -> None:
    mac.server.shortcuts = [entry]
    taken = hotkey(mac)
    taken.start(ignore)
    taken.stop()


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(-1, 70_000), st.sampled_from([0, COMMAND, CONTROL_OPTION]), st.booleans()))
)
def test_the_list_is_read_whole_and_all_of_it_is_released(listed: list[tuple[int, int, bool]]) -> None:
    for program in macs(WindowServer(shortcuts=[shortcut(*each) for each in listed])):
        found = system_shortcuts(FakeFrameworks(program))
        assert found == {(code, flags) for code, flags, enabled in listed if enabled}


@pytest.mark.parametrize("status", [NO_MEMORY, 0])
def test_where_macos_does_not_tell_its_shortcuts_the_chord_is_tried_all_the_same(
    mac: Program, status: int
) -> None:
    """With 0 it claims to have told them, and has not."""
    mac.answers["CopySymbolicHotKeys"] = status
    taken = hotkey(mac)
    taken.start(ignore)
    taken.stop()


def test_option_and_shift_alone_are_refused_with_a_chord_that_is_not(mac: Program) -> None:
    mac.answers["RegisterEventHotKey"] = INTERNAL
    with pytest.raises(Unavailable, match="gives no program Option-Shift-K") as refusal:
        hotkey(mac, "Option-Shift-K").start(ignore)
    assert 'hotkey.chord = "Ctrl+Alt+K"' in refusal.value.remedy
    assert OPTION_SHIFT not in {flags for _, flags in mac.server.taken()}


def test_option_and_shift_alone_may_be_refused_for_another_reason(mac: Program) -> None:
    mac.answers["RegisterEventHotKey"] = -50
    with pytest.raises(Unavailable, match=r"error -50"):
        hotkey(mac, "Option-Shift-K").start(ignore)


@pytest.mark.parametrize("function", ["RegisterEventHotKey", "InstallEventHandler"])
def test_any_other_refusal_is_told_with_its_number(mac: Program, function: str) -> None:
    mac.answers[function] = INTERNAL
    before = set(threading.enumerate())
    with pytest.raises(Unavailable, match=r"does not give out Control-Option-H \(error -9868\)") as refusal:
        hotkey(mac).start(ignore)
    assert not isinstance(refusal.value, ChordTaken)
    assert mac.left_over() == {}
    assert set(threading.enumerate()) <= before


def test_without_a_handler_nothing_is_registered(mac: Program) -> None:
    mac.answers["InstallEventHandler"] = -50
    with pytest.raises(Unavailable):
        hotkey(mac).start(ignore)
    assert "RegisterEventHotKey" not in mac.calls


def test_a_key_that_no_mac_has_is_refused_by_name(mac: Program) -> None:
    with pytest.raises(Unavailable, match="A Mac has no key F21"):
        hotkey(mac, "F21")


@pytest.mark.parametrize("name", ["RegisterEventHotKey", "CFRelease", "dispatch_async_f"])
def test_a_macos_without_one_of_the_functions_is_refused(mac: Program, name: str) -> None:
    mac.missing = {name}
    with pytest.raises(Unavailable, match="no part that gives out keys"):
        FakeFrameworks(mac)


@pytest.mark.skipif(sys.platform == "darwin", reason="there it works")
def test_elsewhere_it_is_refused() -> None:
    with pytest.raises(Unavailable, match="not a Mac"):
        MacCarbon(CHORD)


def test_the_functions_are_looked_for_where_macos_has_them(mac: Program) -> None:
    paths: list[str] = []
    Frameworks(lambda path: (paths.append(path), mac.load(path))[1])
    assert paths == [CARBON, FOUNDATION, "/usr/lib/libSystem.B.dylib"]


# --- VoiceOver --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chord", "voice_over", "said"),
    [
        ("Control-Option-H", True, True),
        ("Control-Option-J", True, True),
        ("Control-Option-H", False, False),
        ("Control-Option-Command-H", True, False),
        ("Control-Shift-H", True, False),
    ],
)
def test_voice_over_has_control_option_to_itself_and_that_is_said(
    mac: Program, monkeypatch: pytest.MonkeyPatch, chord: str, voice_over: bool, said: bool
) -> None:
    workspace = SimpleNamespace(isVoiceOverEnabled=lambda: voice_over)
    appkit = SimpleNamespace(NSWorkspace=SimpleNamespace(sharedWorkspace=lambda: workspace))
    monkeypatch.setitem(sys.modules, "AppKit", appkit)
    notes = MacCarbon(parse_chord(chord), FakeFrameworks(mac)).notes
    assert [f"{chord} may not reach snapper" in note and "Ctrl+Shift+" in note for note in notes] == [
        True
    ] * said


@pytest.mark.parametrize("appkit", [None, SimpleNamespace()])
def test_where_nobody_can_say_whether_voice_over_is_on_nothing_is_said(
    mac: Program, monkeypatch: pytest.MonkeyPatch, appkit: object
) -> None:
    monkeypatch.setitem(sys.modules, "AppKit", appkit)
    assert MacCarbon(CHORD, FakeFrameworks(mac)).notes == ()
