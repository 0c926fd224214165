"""Freezing and encoding a desktop of 3840×2160 full of text, alone and against other screenshot programs."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from Xlib import X
from Xlib.display import Display

from scripts.bench_tools import MEGABYTE, Figure, Run, at_most, milliseconds, percentile, run
from scripts.demo_tws import plain_log
from scripts.screen import VirtualScreen, virtual_screen
from snapper.capture import open_screen
from snapper.capture.png import encode

SIZE = (3840, 2160)
_PAUSE = 0.2  # seconds between grabs: presses come cold, not in a row
_BAND = 16  # rows sent to the X server at once: more does not fit into one request
_PANELS = 3, 2
_GROUND = ("#101418", "#f4f4f0", "#0b1d2a", "#fdfdfd", "#1a1a1a", "#eef2f7")
_INK = ("#b8d8a8", "#202020", "#9fc5e8", "#333366", "#e8a0a0", "#303030")


def capture(quick: bool = False) -> Iterator[Figure]:
    """Grab and encode in this process, memory of a waiting process, and whole processes against peers."""
    with (
        virtual_screen("x".join(map(str, SIZE)), window_manager=False) as screen,
        shown(screen, text_desktop()),
    ):
        yield from in_process(screen, 10 if quick else 50)
        yield from waiting(screen)
        yield from whole_processes(screen, 2 if quick else 7)


def text_desktop() -> Image.Image:
    """Panels of small text on grounds of several colours, as a trader's desktop has them."""
    image = Image.new("RGB", SIZE)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    lines = plain_log(datetime(2026, 8, 31), 200_000).decode().splitlines()
    columns, rows = _PANELS
    width, height = SIZE[0] // columns, SIZE[1] // rows
    for number, (ground, ink) in enumerate(zip(_GROUND, _INK, strict=True)):
        left, top = number % columns * width, number // columns * height
        panel = Image.new("RGB", (width - 4, height - 4), ground)
        text = "\n".join(lines[number * 70 : number * 70 + 70])
        ImageDraw.Draw(panel).multiline_text((6, 6), text, ink, font, spacing=2)
        image.paste(panel, (left + 2, top + 2))
        draw.rectangle((left, top, left + width - 1, top + height - 1), outline="#5577aa", width=2)
    return image


@contextlib.contextmanager
def shown(screen: VirtualScreen, image: Image.Image) -> Iterator[None]:
    """The picture as a window that fills the screen."""
    display = Display(screen.display)
    target = display.screen()
    pixmap = target.root.create_pixmap(*image.size, target.root_depth)
    context = pixmap.create_gc()
    for top in range(0, image.height, _BAND):
        band = image.crop((0, top, image.width, min(top + _BAND, image.height)))
        pixmap.put_image(
            context, 0, top, *band.size, X.ZPixmap, target.root_depth, 0, band.tobytes("raw", "BGRX")
        )
    window = target.root.create_window(
        0, 0, *image.size, 0, X.CopyFromParent, background_pixmap=pixmap, override_redirect=True
    )
    window.map()
    display.sync()
    yield
    display.close()


def in_process(screen: VirtualScreen, times: int) -> Iterator[Figure]:
    """What happens at the press, and what happens at Submit."""
    with open_screen("linux", screen.environment) as desktop:
        grabs = milliseconds(desktop.grab, times, _PAUSE)
        frame = desktop.grab()
    yield Figure("screen frozen, p50", percentile(grabs, 50), "ms")
    yield at_most("screen frozen, p95", percentile(grabs, 95), "ms", 50)
    encodings = milliseconds(lambda: encode(frame), times)
    yield Figure("PNG encoded, p50", percentile(encodings, 50), "ms")
    yield Figure("PNG encoded, p95", percentile(encodings, 95), "ms")
    yield Figure("PNG size", len(encode(frame)) / MEGABYTE, "MB")


_WAITING = """
import os, re, psutil
from pathlib import Path
from snapper.capture import open_screen
process = psutil.Process()
shared = lambda: int(re.search(r"Shmem:\\s*(\\d+)", Path("/proc/meminfo").read_text())[1]) * 1024
before, shared_before = process.memory_full_info(), shared()
with open_screen("linux", os.environ) as desktop:
    for _ in range(3):
        desktop.grab()
    after, shared_after = process.memory_full_info(), shared()
print(after.rss - before.rss, after.uss - before.uss, shared_after - shared_before)
"""


def waiting(screen: VirtualScreen) -> Iterator[Figure]:
    """What an open screen adds to the memory of a process that waits, after presses.

    The segment shared with the X server is told apart: it stays allocated while no process has it in view,
    and is in no process's own count then.
    """
    done = subprocess.run(
        [sys.executable, "-c", _WAITING], env=screen.environment, check=True, capture_output=True, text=True
    )
    resident, own, shared = (int(number) / MEGABYTE for number in done.stdout.split())
    yield Figure("waiting screen: resident (RSS)", resident, "MB")
    yield Figure("waiting screen: its own (USS)", own, "MB")
    yield Figure("waiting screen: shared memory kept besides", shared, "MB")


def whole_processes(screen: VirtualScreen, times: int) -> Iterator[Figure]:
    """From starting a program to a PNG file on disk."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "screen.png"
        commands: dict[str, list[str | Path]] = {
            "snapper capture": [sys.executable, "-m", "snapper", "capture", "-o", file],
            "maim": ["maim", "-u", file],
            "scrot": ["scrot", "-o", file],
        }
        for name, command in commands.items():
            runs = [_shoot(command, file, screen) for _ in range(times)]
            seconds = percentile([run.seconds for run in runs], 50)
            yield Figure(f"{name}: start to PNG file, p50", seconds * 1000, "ms")
            yield Figure(f"{name}: size", file.stat().st_size / MEGABYTE, "MB")
            yield Figure(f"{name}: peak memory", max(run.peak for run in runs) / MEGABYTE, "MB")


def _shoot(command: list[str | Path], file: Path, screen: VirtualScreen) -> Run:
    file.unlink(missing_ok=True)
    return run(command, screen.environment)
