"""From settings to working parts, for the resident program and the command line alike."""

from __future__ import annotations

import os
import sys

from snapper import machine
from snapper.capture import open_screen
from snapper.capture.frame import Frame
from snapper.config import Settings
from snapper.delivery.endpoints import Endpoint
from snapper.hotkey.chord import Chord, default_chord, parse_chord
from snapper.outbox import Outbox
from snapper.sources import ThisMachine


def open_outbox(settings: Settings) -> Outbox:
    """The outbox the settings name."""
    return Outbox(
        settings.outbox_folder,
        keep_days=settings.outbox_keep_days,
        keep_bytes=settings.outbox_keep_megabytes << 20,
    )


def endpoint(settings: Settings) -> Endpoint:
    """The ticket system the settings name."""
    # Here, and not above: what it imports takes 15 MB, and a listener may wait for weeks.
    from snapper.delivery.endpoints.desk import DeskEndpoint

    return DeskEndpoint(
        settings.delivery_url, settings.delivery_token, idle_seconds=settings.delivery_idle_seconds
    )


def sources(settings: Settings) -> ThisMachine:
    """What this machine adds to a report."""
    return ThisMachine(settings, lambda: endpoint(settings))


def grab_once() -> Frame:
    """Freeze the screen as it is now. Raises Unavailable, CaptureFailed."""
    with open_screen(sys.platform, os.environ) as screen:
        return screen.grab()


def chord_and_reason(settings: Settings) -> tuple[Chord, str]:
    """The chord that is listened for, and why that one."""
    if settings.hotkey_chord != "auto":
        return parse_chord(settings.hotkey_chord), f"Set by: {settings.origin('hotkey.chord')}."
    return default_chord(sys.platform, machine.vendor()[0])
