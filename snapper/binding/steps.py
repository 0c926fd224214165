"""How a person binds the chord in the settings of each desktop that is known by name. Pure."""

from __future__ import annotations

from snapper.desktop import Desktop
from snapper.hotkey.chord import Chord
from snapper.hotkey.keys import EVDEV_TO_X11, Modifier
from snapper.language import Sentence, _

COMMAND = "snapper capture --ask"

_STEPS = {
    # Translators: the names of menus and buttons as GNOME has them.
    Desktop.GNOME: _(
        "To have {chord} everywhere on GNOME: open Settings, Keyboard, View and Customise Shortcuts, Custom "
        "Shortcuts; add one with the name “snapper” and the command “{command}”, choose Set Shortcut, press "
        "{chord}, then Add."
    ),
    # Translators: the names of menus and buttons as KDE has them.
    Desktop.KDE: _(
        "To have {chord} everywhere on KDE Plasma: open System Settings, Shortcuts, Add New, Command or "
        "Script; enter “{command}”, choose Add custom shortcut, press {chord}, then Apply."
    ),
    Desktop.SWAY: _(
        "To have {chord} everywhere on sway: add this line to ~/.config/sway/config and run "
        "“swaymsg reload”: bindcode --no-repeat {keys} exec {command}"
    ),
    Desktop.HYPRLAND: _(
        "To have {chord} everywhere on Hyprland: add this line to ~/.config/hypr/hyprland.conf: "
        "bind = {keys}, exec, {command}"
    ),
    Desktop.OTHER: _(
        "To have {chord} everywhere on this desktop: open the keyboard shortcuts in the desktop's settings, "
        "add one with the command “{command}”, and press {chord} for it."
    ),
}

_SWAY = {
    Modifier.CTRL: "Ctrl",
    Modifier.ALT: "Mod1",
    Modifier.SHIFT: "Shift",
    Modifier.SUPER: "Mod4",
}
_HYPRLAND = {
    Modifier.CTRL: "CTRL",
    Modifier.ALT: "ALT",
    Modifier.SHIFT: "SHIFT",
    Modifier.SUPER: "SUPER",
}


def steps(chord: Chord, desktop: Desktop, command: str = COMMAND) -> Sentence:
    """What a person does to have this desktop run a command at the chord, in one or two sentences."""
    keys = _hyprland_keys(chord) if desktop is Desktop.HYPRLAND else sway_keys(chord)
    return _STEPS[desktop].format(chord=chord, command=command, keys=keys)


def sway_keys(chord: Chord) -> str:
    """The chord as sway's bindcode wants it: by the physical key, so that it works under every layout."""
    held = [name for modifier, name in _SWAY.items() if modifier in chord.modifiers]
    return "+".join([*held, str(chord.key.evdev + EVDEV_TO_X11)])


def _hyprland_keys(chord: Chord) -> str:
    held = [name for modifier, name in _HYPRLAND.items() if modifier in chord.modifiers]
    return f"{' '.join(held)}, code:{chord.key.evdev + EVDEV_TO_X11}"
