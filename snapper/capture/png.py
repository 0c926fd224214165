"""A frame as a PNG file, fast: row filter "Up" and the quick deflate of ISA-L. No screen, no files.

Several times as fast as Pillow's own writer, for a file a tenth larger: text on plain ground repeats the row
above it, which is what "Up" subtracts. Filter and chunks: PNG (Third Edition), 5 and 9.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from isal import isal_zlib
from PIL import Image, ImageChops

from snapper.capture.frame import PIXEL, Frame

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP = b"\x02"
_BAND = 64  # rows filtered at once: they stay in the processor's cache, and memory stays small


def encode(frame: Frame) -> bytes:
    """The frame as PNG, 24 bit RGB without any metadata."""
    width, height = frame.area.width, frame.area.height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits, RGB, deflate, no interlace
    deflate = isal_zlib.compressobj(level=1)
    data = [deflate.compress(rows) for rows in _filtered(frame)]
    data.append(deflate.flush())
    return b"".join(
        (_SIGNATURE, *_chunk(b"IHDR", header), *_chunk(b"IDAT", b"".join(data)), *_chunk(b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    checksum = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)


def _filtered(frame: Frame) -> Iterator[bytearray]:
    """Band after band of rows, each row being its filter's number and its difference to the row above."""
    for top in range(0, frame.area.height, _BAND):
        bottom = min(top + _BAND, frame.area.height)
        yield _with_filter_bytes(_difference_to_row_above(frame, top, bottom))


def _difference_to_row_above(frame: Frame, top: int, bottom: int) -> Image.Image:
    width = frame.area.width
    rows = _rgb(frame, top, bottom)
    above = Image.new("RGB", (width, bottom - top))  # above the first row of all there is black
    above.paste(rows, (0, 1))
    if top:
        above.paste(_rgb(frame, top - 1, top), (0, 0))
    return ImageChops.subtract_modulo(rows, above)


def _rgb(frame: Frame, top: int, bottom: int) -> Image.Image:
    width = frame.area.width
    pixels = frame.pixels[top * width * PIXEL : bottom * width * PIXEL]
    return Image.frombuffer("RGB", (width, bottom - top), pixels, "raw", "BGRX", 0, 1)


def _with_filter_bytes(difference: Image.Image) -> bytearray:
    stride = difference.width * 3 + 1
    # A stride one byte too long makes Pillow leave a free byte behind every row: before the next one.
    rows = bytearray(1)
    rows += difference.tobytes("raw", "RGB", stride, 1)
    del rows[-1]
    rows[::stride] = _UP * difference.height
    return rows
