"""Which part of the frozen desktop somebody asked for by name or number. Pure: no screen, no files."""

from __future__ import annotations

from snapper.capture.frame import Frame, crop, window_area, window_only
from snapper.errors import UsageError
from snapper.language import _, number, plural


def part_of(frame: Frame, window: bool, monitor: int | None) -> Frame:
    """The active window, the monitor of this number (from 1), or all of it. Raises UsageError."""
    if window:
        if window_area(frame) is None:
            raise UsageError(
                _("No window is active."), _("Click into the window first, or capture the whole screen.")
            )
        return window_only(frame)
    if monitor is not None:
        if not 1 <= monitor <= len(frame.monitors):
            there = plural("There is {count}.", "There are {count}, counted from 1.", len(frame.monitors))
            raise UsageError(
                _("There is no monitor {number}.").format(number=monitor),
                there.format(count=number(len(frame.monitors))),
            )
        return crop(frame, frame.monitors[monitor - 1].area)
    return frame
