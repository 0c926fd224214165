"""The chord as a custom shortcut of GNOME, through gsettings: counts at once, shown in its Settings."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence

from snapper.binding.steps import steps
from snapper.desktop import Desktop
from snapper.errors import ChordTaken, Unavailable
from snapper.hotkey.chord import Chord, choose_another
from snapper.hotkey.keys import Modifier
from snapper.hotkey.wayland_portal import xkb_name
from snapper.language import _

_KEYS = "org.gnome.settings-daemon.plugins.media-keys"
_LIST = "custom-keybindings"
_ROOT = "/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings"
_OWN = f"{_ROOT}/snapper/"
_SCHEMAS = (  # where GNOME keeps keys of its own
    _KEYS,
    "org.gnome.desktop.wm.keybindings",
    "org.gnome.shell.keybindings",
    "org.gnome.mutter.keybindings",
    "org.gnome.mutter.wayland.keybindings",
)
_SECONDS = 5.0

_MODIFIERS = {
    Modifier.CTRL: "<Control>",
    Modifier.ALT: "<Alt>",
    Modifier.SHIFT: "<Shift>",
    Modifier.SUPER: "<Super>",
}
_SPELLINGS = {"primary": "control", "ctrl": "control", "ctl": "control", "mod1": "alt", "mod4": "super"}


class GnomeBinding:
    """The custom shortcut of this person."""

    place = _("GNOME Settings, Keyboard, Custom Shortcuts ({path})").format(path=_OWN)

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = {**environ, "LC_ALL": "C.UTF-8"}

    def line(self) -> str:
        """What is bound by snapper now: keys and command; "" where nothing is. Raises Unavailable."""
        if _OWN not in self._paths():
            return ""
        keys, command = (
            _text(self._get(f"{_KEYS}.custom-keybinding:{_OWN}", key)) for key in ("binding", "command")
        )
        return f"{keys} {command}" if keys and command else ""

    def bind(self, chord: Chord, command: Sequence[str]) -> None:
        """Run a command at the chord from now on. Raises ChordTaken, Unavailable."""
        try:
            paths = self._paths()
            wanted = accelerator(chord)
            if other := self._other(wanted, paths):
                raise ChordTaken(
                    _("In GNOME's settings, {chord} does something else: {what}.").format(
                        chord=chord, what=other
                    ),
                    choose_another(chord),
                )
            own = f"{_KEYS}.custom-keybinding:{_OWN}"
            for key, value in (("name", "snapper"), ("command", shlex.join(command)), ("binding", wanted)):
                self._set(own, key, _quoted(value))
            if _OWN not in paths:
                self._set(_KEYS, _LIST, _listed([*paths, _OWN]))
        except ChordTaken:
            raise
        except Unavailable as refusal:
            raise Unavailable(refusal.sentence, steps(chord, Desktop.GNOME, shlex.join(command))) from refusal

    def unbind(self) -> None:
        """Leave everything as it was before. Raises Unavailable."""
        paths = self._paths()
        if _OWN in paths:
            self._set(_KEYS, _LIST, _listed([path for path in paths if path != _OWN]))
        self._run("reset-recursively", f"{_KEYS}.custom-keybinding:{_OWN}")

    # --- reading and writing ------------------------------------------------------------------------------

    def _paths(self) -> list[str]:
        """The custom shortcuts there are, in order."""
        return _texts(self._get(_KEYS, _LIST))

    def _other(self, wanted: str, paths: Sequence[str]) -> str:
        """What GNOME does at these keys, by the name it gives it; "" for nothing."""
        for path in paths:
            own = f"{_KEYS}.custom-keybinding:{path}"
            if path != _OWN and normal(_text(self._get(own, "binding"))) == normal(wanted):
                return _text(self._get(own, "name")) or path
        for schema in _SCHEMAS:
            for line in self._listing(schema):
                name, _blank, value = line.removeprefix(f"{schema} ").partition(" ")
                if normal(wanted) in map(normal, [*_texts(value), _text(value)]):
                    return name.replace("-", " ")
        return ""

    def _listing(self, schema: str) -> list[str]:
        try:
            return self._run("list-recursively", schema).splitlines()
        except Unavailable:
            return []  # not every GNOME has every schema

    def _get(self, schema: str, key: str) -> str:
        return self._run("get", schema, key)

    def _set(self, schema: str, key: str, value: str) -> None:
        self._run("set", schema, key, value)

    def _run(self, *words: str) -> str:
        try:
            done = subprocess.run(
                ["gsettings", *words], env=self._environ, stdin=subprocess.DEVNULL,
                capture_output=True, check=True, timeout=_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            raise Unavailable(
                _("GNOME's settings cannot be read or written from here."),
                _("Start snapper on the GNOME desktop, as the person who is signed in there."),
            ) from error
        return done.stdout.decode("utf-8", "replace").strip()


def accelerator(chord: Chord) -> str:
    """The chord as GNOME writes it: `<Control><Alt>h`."""
    return "".join(name for item, name in _MODIFIERS.items() if item in chord.modifiers) + xkb_name(chord)


def normal(written: str) -> tuple[frozenset[str], str]:
    """Keys as GNOME writes them, so that two spellings of the same compare equal."""
    words = re.findall(r"<([^<>]+)>", written.casefold())
    key = re.sub(r"<[^<>]*>", "", written.casefold())
    return frozenset(_SPELLINGS.get(word, word) for word in words), key


def _texts(value: str) -> list[str]:
    """A list of strings as GVariant writes it: `['a', 'b']`, and `@as []` when it is empty."""
    found = _literal(value.removeprefix("@as "))
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _text(value: str) -> str:
    found = _literal(value)
    return found if isinstance(found, str) else ""


def _literal(value: str) -> object:
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return None


def _listed(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, values))}]" if values else "@as []"


def _quoted(value: str) -> str:
    """A string as GVariant reads it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
