"""Ways to do a thing on this computer, in a trader's words: which one is used, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from snapper.language import Sentence, _, in_english

# Backends by the names that they have in the settings and in JSON.
KEYS: Mapping[str, str] = {
    "wayland_portal": _("keys that the desktop gives to snapper"),
    "x11_grab": _("keys taken from the X11 screen"),
    "win32_register": _("keys that Windows gives to snapper"),
    "mac_carbon": _("keys that macOS gives to snapper"),
    "pynput_listener": _("listening to the keyboard"),
}
PICTURES: Mapping[str, str] = {
    "mss": _("reading the screen"),
    "wayland_portal": _("a picture that the desktop takes"),
    "grim": _("a picture that the program grim takes"),
    "xwayland_window": _("a picture of the window in front alone"),
}
TRAYS: Mapping[str, str] = {
    "taskbar": _("the notification area of the Windows taskbar"),
    "menu_bar": _("the menu bar of the Mac"),
    "status_notifier": _("the desktop's own place for icons"),
    "xembed": _("a tray for X11 programs"),
}
KEYRINGS: Mapping[str, str] = {
    "SecretService": _("the desktop's keyring"),
    "libsecret": _("the desktop's keyring, through libsecret"),
    "kwallet": _("KDE's wallet"),
    "macOS": _("the keychain of macOS"),
    "Windows": _("the Credential Manager of Windows"),
}


def way(name: str, words: Mapping[str, str]) -> Sentence:
    """The sentence that names the way that is used."""
    return _("Used: {way}.").format(way=words.get(name, name))


def not_used(refused: Iterable[str], words: Mapping[str, str]) -> Iterator[Sentence]:
    """A sentence for each way that is not: `refused` as choices keep them (`x11_grab: because …`)."""
    for each in refused:
        name, _colon, because = each.partition(": ")
        english = in_english(each).partition(": ")[2]
        text = _("Not used: {way}. {because}")
        yield text.format(way=words.get(name, name), because=Sentence(because, english))


def facts(backend: str, refused: Iterable[str] = ()) -> dict[str, Any]:
    """The same for programs and for support, in English."""
    parts = (in_english(each).partition(": ") for each in refused)
    return {
        "backend": backend,
        "refused": [{"backend": name, "because": because} for name, _colon, because in parts],
    }
