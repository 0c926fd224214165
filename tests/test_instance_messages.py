"""What a second start and the resident program say to each other, and what neither takes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.instance import place
from snapper.instance.messages import LINE_MAX, Do, NotUnderstood, Reply, Request, Said, Why

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=200)
REQUEST = Request(Do.CAPTURE, place={"x11": ":0"})


@settings(max_examples=50)
@given(
    st.sampled_from(Do),
    st.booleans(),
    st.none() | st.integers(-5, 99),
    st.dictionaries(st.sampled_from(["x11", "wayland", "session"]), WORDS),
    WORDS,
    WORDS,
)
def test_a_request_arrives_as_it_was_made(
    do: Do, window: bool, monitor: int | None, where: dict[str, str], activation: str, startup: str
) -> None:
    request = Request(do, window, monitor, where, activation, startup)
    line = request.line()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert Request.read(line) == request


@settings(max_examples=50)
@given(st.sampled_from(Said), WORDS, WORDS, st.text(max_size=5000))
def test_a_reply_arrives_in_one_line_and_its_words_drive_no_terminal(
    said: Said, state: str, report: str, sentence: str
) -> None:
    line = Reply(said, state, report, sentence=sentence).line()
    assert line.count(b"\n") == 1
    read = Reply.read(line)
    assert (read.said, read.state, read.report) == (said, state, report)
    assert read.sentence == "".join(char if char.isprintable() else " " for char in sentence[:500])


def test_the_longest_reply_fits_into_what_is_read() -> None:
    """Characters beyond the first 65,536 take JSON twelve bytes each."""
    texts = {"sentence": "😀" * 5000, "remedy": "😀" * 5000}
    line = Reply(Said.REFUSED, "x" * 20, "x" * 36, Why.IMPOSSIBLE, **texts).line()
    assert len(line) < LINE_MAX
    assert Reply.read(line).sentence.startswith("😀" * 200)


@settings(max_examples=200)
@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_garbage_is_not_understood(line: bytes) -> None:
    for read in (Request.read, Reply.read):
        with pytest.raises(NotUnderstood):
            read(line)


@pytest.mark.parametrize(
    "changed",
    [
        {"snapper": 2},
        {"snapper": None},
        {"do": "format the disk"},
        {"window": "yes"},
        {"monitor": 1.5},
        {"monitor": True},
        {"place": [":0"]},
        {"place": {"x11": 0}},
        {"activation": 7},
        {"startup": None},
    ],
)
def test_a_request_that_is_wrong_in_one_thing_is_not_understood(changed: dict[str, object]) -> None:
    data = json.loads(REQUEST.line())
    assert Request.read(json.dumps(data).encode()) == REQUEST
    with pytest.raises(NotUnderstood):
        Request.read(json.dumps({**data, **changed}).encode())


def test_what_a_later_version_adds_is_passed_over() -> None:
    data = json.loads(REQUEST.line())
    assert Request.read(json.dumps({**data, "colour": "blue"}).encode()) == REQUEST


@pytest.mark.parametrize("line", [b"[" * 16000, b"9" * 16000, b'{"snapper":' + b"[" * 9000])
def test_what_would_overrun_the_reader_is_not_understood(line: bytes) -> None:
    with pytest.raises(NotUnderstood):
        Request.read(line)


def test_the_refusal_of_another_version_is_understood_and_nothing_else_of_it() -> None:
    refused = Reply.read(b'{"snapper": 9, "said": "refused", "why": "unknown", "news": 1}')
    assert (refused.said, refused.why) == (Said.REFUSED, Why.UNKNOWN)
    with pytest.raises(NotUnderstood):
        Reply.read(b'{"snapper": 9, "said": "ended"}')


def test_what_goes_into_the_environment_is_one_plain_word() -> None:
    data = json.loads(REQUEST.line())
    for word in ("two words", "a\nb", "ü", "a\0b"):
        assert Request.read(json.dumps({**data, "activation": word}).encode()).activation == ""


@pytest.mark.parametrize(
    ("startup", "milliseconds"),
    [
        ("sway/12-3-host_TIME12345", 12345),
        ("host_TIME4294967295", 4294967295),
        ("host_TIME9999999999", 9999999999 & 0xFFFFFFFF),  # 32 bits of it are told to the X server
        ("host_TIME12345678901", 0),
        ("host_TIME5x", 0),
        ("", 0),
    ],
)
def test_the_time_of_the_act_is_read_from_the_startup_id(startup: str, milliseconds: int) -> None:
    assert Request(Do.SHOW, startup=startup).pressed_at == milliseconds


@pytest.mark.parametrize(
    ("there", "here", "elsewhere"),
    [
        ({"x11": ":0"}, {"x11": ":0"}, False),
        ({"x11": ":1"}, {"x11": ":0"}, True),
        ({}, {"x11": ":0"}, False),  # a key binding without a DISPLAY
        ({"x11": ":0"}, {"x11": ":0", "wayland": "wayland-0"}, False),  # started from an xterm
        ({"x11": ":0", "wayland": "wayland-1"}, {"x11": ":0", "wayland": "wayland-0"}, True),
        ({"session": "2"}, {"session": "1"}, True),
    ],
)
def test_another_screen_is_elsewhere(there: dict[str, str], here: dict[str, str], elsewhere: bool) -> None:
    assert Request(Do.SHOW, place=there).is_elsewhere(here) is elsewhere


def test_the_screens_number_does_not_make_another_place() -> None:
    assert place("linux", {"DISPLAY": ":0.0"}) == place("linux", {"DISPLAY": ":0"}) == {"x11": ":0"}
    assert place("linux", {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"})["wayland"] == "wayland-0"
    assert place("darwin", {"DISPLAY": ":0"}) == {}
