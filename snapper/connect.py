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
from snapper.destinations import DESK, Destination
from snapper.hotkey.chord import Chord, default_chord, parse_chord
from snapper.language import _
from snapper.outbox import Outbox
from snapper.report import Report
from snapper.sources import ThisMachine

if TYPE_CHECKING:
    from snapper.delivery.looks import Server
    from snapper.delivery.tokens import Token
    from snapper.delivery.ways import Ways


def open_outbox(settings: Settings) -> Outbox:
    """The outbox the settings name."""
    return Outbox(
        settings.outbox_folder,
        keep_days=settings.outbox_keep_days,
        keep_bytes=settings.outbox_keep_megabytes << 20,
    )


def endpoint(settings: Settings, name: str = "") -> Endpoint:
    """The ticket system that the settings know by this name, or the usual one. Raises UsageError."""
    destination = settings.destination(name)
    found = token(settings, destination)
    return _endpoint(settings, destination, found.value if found else "")


def endpoint_of(settings: Settings, report: Report) -> Endpoint:
    """The ticket system that a report is for. Raises UsageError when the settings no longer know it."""
    return endpoint(settings, report.destination or DESK)


def token(settings: Settings, destination: Destination) -> Token | None:
    """The token for a destination: from the environment, the settings (the desk's only) or the keyring."""
    from snapper.delivery import tokens

    if destination.name == DESK and destination.url == settings.delivery_url and settings.delivery_token:
        return tokens.Token(settings.delivery_token, settings.origin("delivery.token"))
    return tokens.find(destination, os.environ)


@lru_cache(maxsize=8)  # one for all who ask: what one finds out about the network, the others know
def _endpoint(settings: Settings, destination: Destination, token: str) -> Endpoint:
    # Here, and not above: what it imports takes 15 MB, and a listener may wait for weeks.
    from snapper.delivery.endpoints import desk, kinds, ticket_system

    seconds = settings.delivery_idle_seconds
    if destination.system == DESK:
        server = desk.server(destination.url, token, seconds)
        return desk.DeskEndpoint(ways(settings, server), destination.quoted)
    adapter = kinds.adapter(destination, token)
    return ticket_system.TicketSystem(adapter, ways(settings, ticket_system.server(adapter, seconds)))


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
    return ThisMachine(settings, lambda name: endpoint(settings, name))


def grab_once() -> Frame:
    """Freeze the screen as it is now. Raises Unavailable, CaptureFailed."""
    with open_screen(sys.platform, os.environ) as screen:
        return screen.grab()


def chord_and_reason(settings: Settings) -> tuple[Chord, str]:
    """The chord that is listened for, and why that one."""
    if settings.hotkey_chord != "auto":
        # Translators: {origin} is a file with a line, an environment variable or “command line”.
        why = _("Set by: {origin}.").format(origin=settings.origin("hotkey.chord"))
        return parse_chord(settings.hotkey_chord), why
    return default_chord(sys.platform, machine.vendor()[0])
