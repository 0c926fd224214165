"""What the desktop does for snapper: a place for the icon, messages, portals, the start, keys by hand."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from snapper import autostart
from snapper.binding import binding_for
from snapper.desktop import Desktop, Session, desktop_of, refusal, session_of
from snapper.doctor import tray_host
from snapper.doctor.findings import Finding, ok, warning
from snapper.doctor.keys_and_screen import no_desktop
from snapper.doctor.tray_host import TrayHost
from snapper.doctor.ways import TRAYS, facts, not_used, way
from snapper.errors import Unavailable
from snapper.hotkey.chord import Chord
from snapper.language import _, together
from snapper.notices import are_shown
from snapper.portal import Portal, PortalFailed

_HERE = "This computer"
# What snapper uses of the portal.
_PARTS = ("GlobalShortcuts", "ProxyResolver", "Screenshot")
_SEEN_AND_HEARD = ("GlobalShortcuts", "Screenshot")  # without these a Wayland desktop shows and gives nothing


def session() -> Session:
    """How the screen is reached; NONE on Windows and the Mac, where there is one way."""
    if sys.platform in ("win32", "darwin"):
        return Session.NONE
    from snapper.capture.xwayland import is_xwayland

    return session_of(os.environ, is_xwayland)


# --- icon and messages ------------------------------------------------------------------------------------


def tray() -> list[Finding]:
    """Where snapper's icon is, and where its messages appear."""
    if missing := no_desktop("tray"):
        return [missing]
    host = tray_host.find(sys.platform, os.environ)
    return [_icon(host), _messages(host)]


def _icon(host: TrayHost) -> Finding:
    told, others = facts(host.name, host.refused), not_used(host.refused, TRAYS)
    if host.name:
        said = [_("snapper's icon has its place."), way(host.name, TRAYS), *others]
        return ok(_HERE, "tray", together(said), **told)
    said = [_("This desktop has no place for icons: snapper's icon is not seen, the keys and commands work.")]
    return warning(_HERE, "tray", together([*said, *others]), _tray_remedy(), **told)


def _messages(host: TrayHost) -> Finding:
    """Linux has a service of its own for them, with or without a place for icons."""
    if sys.platform == "linux":
        if are_shown(os.environ):
            said = _("Messages appear as notifications of the desktop; a click on one opens what it tells.")
            return ok(_HERE, "notifications", said, **facts("notifications"))
        because = _("This desktop shows no notifications.")
        own = _("Messages appear in small windows of snapper's own.")
        told = facts("own_windows", [refusal("notifications", because)])
        return ok(_HERE, "notifications", together([own, because]), **told)
    if host.name:
        said = _("Messages appear beside the icon; what needs an answer opens a window.")
        return ok(_HERE, "notifications", said, **facts(host.name))
    own = _("Messages appear in small windows of snapper's own.")
    return ok(_HERE, "notifications", own, **facts("own_windows", host.refused))


def _tray_remedy() -> str:
    if desktop_of(os.environ) is Desktop.GNOME:
        return _("Install the GNOME extension “AppIndicator and KStatusNotifierItem Support”.")
    return _("Switch the tray on in the desktop's panel, if it has one.")


# --- portals ----------------------------------------------------------------------------------------------


def portals() -> list[Finding]:
    """What the portal of a Linux desktop offers of what snapper uses; elsewhere there is none."""
    if sys.platform in ("win32", "darwin"):
        return []
    versions, missing = _portal_parts(os.environ)
    refused = [refusal(part, problem.sentence) for part, problem in missing.items()]
    told = {"versions": versions, **facts("xdg-desktop-portal" if versions else "", refused)}
    said = together([_offered(versions), *dict.fromkeys(each.sentence for each in missing.values())])
    remedies = [missing[part].remedy for part in _SEEN_AND_HEARD if part in missing]
    if remedies and session() is Session.WAYLAND:
        return [warning(_HERE, "portals", said, remedies[0], **told)]
    return [ok(_HERE, "portals", said, **told)]


_NOT_ALL = _("The desktop's portal does not do all that snapper could use.")
_PART_WORDS = {
    "GlobalShortcuts": _("keys for all programs"),
    "ProxyResolver": _("proxy settings"),
    "Screenshot": _("pictures of the screen"),
}


def _offered(versions: Mapping[str, int]) -> str:
    if not versions:
        return ""
    parts = together((_PART_WORDS[part] for part in versions), ", ")
    return _("The desktop's portal offers: {parts}.").format(parts=parts)


def _portal_parts(environ: Mapping[str, str]) -> tuple[dict[str, int], dict[str, Unavailable]]:
    """The versions of the parts that are there, and why the others are not."""
    versions: dict[str, int] = {}
    missing: dict[str, Unavailable] = {}
    for part in _PARTS:
        try:
            with Portal(environ, register=False) as portal:
                versions[part] = portal.version(f"org.freedesktop.portal.{part}")
        except PortalFailed as error:
            missing[part] = error.unavailable(_NOT_ALL)
    return versions, missing


# --- the start at sign-in, and keys by hand ---------------------------------------------------------------


def start_at_sign_in() -> Finding:
    """Whether snapper is started when the person signs in, and where that is kept."""
    backend = {"win32": "windows_run", "darwin": "mac_agent"}.get(sys.platform, "linux_desktop")
    try:
        kept = autostart.here()
        line = kept.line()
    except Unavailable as error:
        return warning(_HERE, "autostart", error.sentence, error.remedy, **facts(backend))
    told = {"on": bool(line), **facts(backend)}
    if line:
        return ok(_HERE, "autostart", _("snapper starts when you sign in."), **told)
    sentence = _("snapper does not start by itself: “Start when you sign in” in its menu switches that on.")
    return ok(_HERE, "autostart", sentence, **told)


def binding(wanted: Chord) -> Finding:
    """Whether the desktop's own settings have the chord, where snapper cannot take it everywhere."""
    if session() is not Session.WAYLAND:
        sentence = _("Not needed here: snapper takes the keys itself, whichever program is in front.")
        return ok(_HERE, "keys of the desktop", sentence, needed=False, **facts(""))
    backend = {Desktop.SWAY: "sway", Desktop.GNOME: "gnome"}.get(desktop_of(os.environ), "")
    try:
        line = binding_for(wanted, os.environ, Path.home()).line()
    except Unavailable as error:
        said = together([error.sentence, error.remedy])
        return ok(_HERE, "keys of the desktop", said, needed=True, **facts(backend))
    told = {"needed": True, "bound": bool(line), **facts(backend)}
    if line:
        sentence = _("The desktop runs snapper at {chord}.").format(chord=wanted.display(sys.platform))
        return ok(_HERE, "keys of the desktop", sentence, **told)
    sentence = _("The desktop itself has no keys for snapper; snapper can write them into its settings.")
    return ok(_HERE, "keys of the desktop", sentence, **told)
