"""The PNG writer, read back by another library."""

from __future__ import annotations

import io
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from snapper.capture.frame import Frame, Rect, cover, crop
from snapper.capture.png import encode


def frame_of(width: int, height: int, pixels: bytes | bytearray) -> Frame:
    return Frame(pixels, Rect(0, 0, width, height), (), None, 0.0)


def assert_reads_back(frame: Frame) -> None:
    """Pillow checks every checksum while it decodes; the pixels must be the very same."""
    size = (frame.area.width, frame.area.height)
    with Image.open(io.BytesIO(encode(frame))) as image:
        image.load()
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", size)
        assert image.tobytes() == Image.frombytes("RGB", size, bytes(frame.pixels), "raw", "BGRX").tobytes()


@given(st.integers(1, 9), st.integers(1, 150), st.randoms(use_true_random=False))
def test_pixels_come_back_unchanged_at_every_small_size(
    width: int, height: int, chance: random.Random
) -> None:
    assert_reads_back(frame_of(width, height, chance.randbytes(width * height * 4)))


def test_pixels_come_back_unchanged_across_bands() -> None:
    """Wide rows, and a height that is no multiple of a band."""
    chance = random.Random(7)
    assert_reads_back(frame_of(1283, 197, bytearray(chance.randbytes(1283 * 197 * 4))))


def chunks_of(data: bytes) -> list[bytes]:
    """The kinds of a PNG's chunks, up to its last byte."""
    chunks, at = [], 8
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunks.append(kind)
        at += length + 12
    assert at == len(data)
    return chunks


def test_the_file_holds_the_picture_and_nothing_else() -> None:
    """No metadata chunk can tell more than the pixels do."""
    assert chunks_of(encode(frame_of(3, 2, bytes(24)))) == [b"IHDR", b"IDAT", b"IEND"]


@pytest.mark.parametrize(
    ("area", "rect"),
    [
        (Rect(0, 0, 7, 5), Rect(2, 1, 3, 2)),
        (Rect(0, 0, 640, 400), Rect(100, 60, 333, 77)),
        (Rect(-1280, -200, 1801, 301), Rect(-1300, -250, 700, 90)),  # a monitor at the left, off its edge
        (Rect(0, 0, 129, 130), Rect(128, 129, 500, 500)),  # the last pixel only
        (Rect(0, 0, 64, 64), Rect(-5, -5, 1000, 1000)),
    ],
)
def test_nothing_of_a_covered_part_is_in_the_file(area: Rect, rect: Rect) -> None:
    """No other pixel of the picture is black, and none of the covered ones was."""
    secret = bytes((200, 150, 100, 0))
    pixels = random.Random(5).randbytes(area.width * area.height * 4).replace(b"\0", b"\1")
    frame = Frame(bytearray(pixels), area, (), None, 0.0)
    shown = crop(frame, rect)
    _fill(frame, shown.area, secret)
    data = encode(cover(frame, [rect]))
    assert chunks_of(data) == [b"IHDR", b"IDAT", b"IEND"]
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert not image.info
        left, top = shown.area.left - area.left, shown.area.top - area.top
        box = (left, top, left + shown.area.width, top + shown.area.height)
        assert image.crop(box).getcolors() == [(shown.area.width * shown.area.height, (0, 0, 0))]
        black = sum(count for count, colour in image.getcolors(1 << 24) or [] if colour == (0, 0, 0))
        assert black == shown.area.width * shown.area.height


def _fill(frame: Frame, area: Rect, pixel: bytes) -> None:
    assert isinstance(frame.pixels, bytearray)
    for row in range(area.height):
        at = ((area.top - frame.area.top + row) * frame.area.width + area.left - frame.area.left) * 4
        frame.pixels[at : at + area.width * 4] = pixel * area.width


def test_text_on_plain_ground_becomes_small() -> None:
    """Rows like the one above cost next to nothing: without the filter this picture is 25 times as large."""
    row = random.Random(3).randbytes(2000 * 4)
    assert len(encode(frame_of(2000, 100, row * 100))) < len(row) * 2
