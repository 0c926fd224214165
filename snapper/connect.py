"""From settings to working parts, for the resident program and the command line alike."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from snapper import machine
from snapper.capture import open_screen
from snapper.capture.frame import Frame
from snapper.config import Settings
from snapper.delivery.endpoints import Endpoint
from snapper.hotkey.chord import Chord, default_chord, parse_chord
from snapper.outbox import Outbox
from snapper.sources import ThisMachine

if TYPE_CHECKING:
    from snapper.delivery.looks import Server
    from snapper.delivery.ways import Ways


def open_outbox(settings: Settings) -> Outbox:
    """The outbox the settings name."""
    return Outbox(
        settings.outbox_folder,
        keep_days=settings.outbox_keep_days,
        keep_bytes=settings.outbox_keep_megabytes << 20,
    )


@lru_cache(maxsize=1)  # one for all who ask: what one finds out about the network, the others know
def endpoint(settings: Settings) -> Endpoint:
    """The ticket system the settings name, along the ways that lead there."""
    # Here, and not above: what it imports takes 15 MB, and a listener may wait for weeks.
    from snapper.delivery.endpoints.desk import DeskEndpoint, server

    return DeskEndpoint(
        ways(settings, server(settings.delivery_url, settings.delivery_token, settings.delivery_idle_seconds))
    )


def ways(settings: Settings, server: Server) -> Ways:
    """The ways from this computer to a server. Raises ConfigError when the file of authorities is none."""
    from snapper.delivery import credentials, network, proxies
    from snapper.delivery.dial import Dialler, Logins
    from snapper.delivery.memory import Memory
    from snapper.delivery.tls import trust
    from snapper.delivery.ways import Surroundings, Ways

    def named(url: str) -> proxies.Named:
        return proxies.named(
            url,
            setting=settings.delivery_proxy,
            pac=settings.delivery_pac,
            environ=os.environ,
            platform=sys.platform,
        )

    return Ways(
        server,
        Dialler(trust(settings.delivery_ca_file), Logins(credentials.find, credentials.refused)),
        Surroundings(named, proxies.pac_routes, network.fingerprint),
        Memory(settings.outbox_folder),
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
