"""The PNG writer, read back by another library."""

from __future__ import annotations

import io
import random
import struct

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from snapper.capture.frame import Frame, Rect
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


def test_the_file_holds_the_picture_and_nothing_else() -> None:
    """No metadata chunk can tell more than the pixels do."""
    data, chunks, at = encode(frame_of(3, 2, bytes(24))), [], 8
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunks.append(kind)
        at += length + 12
    assert chunks == [b"IHDR", b"IDAT", b"IEND"]


def test_text_on_plain_ground_becomes_small() -> None:
    """Rows like the one above cost next to nothing: without the filter this picture is 25 times as large."""
    row = random.Random(3).randbytes(2000 * 4)
    assert len(encode(frame_of(2000, 100, row * 100))) < len(row) * 2
