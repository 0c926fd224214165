"""The chord in sway's configuration: a file of snapper's own, which the person's configuration includes.

The configuration is the person's: one line goes in, marked, at its end, and comes out again as it was. Where
they have none, sway uses the system's; then one is made that includes the system's and ours.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from snapper import disk
from snapper.binding.steps import steps, sway_keys
from snapper.desktop import Desktop
from snapper.errors import ChordTaken, Unavailable
from snapper.hotkey.chord import Chord, choose_another
from snapper.hotkey.keys import EVDEV_TO_X11, KEYS, Modifier
from snapper.language import _

_SYSTEM = Path("/etc/sway/config")
_FILE = "snapper.conf"
_HEAD = "# Written by snapper; “snapper binding remove” takes it away again.\n"
_MARK = "# snapper's keys"
_SECONDS = 5.0

_MODIFIERS = {
    **dict.fromkeys(("ctrl", "control"), Modifier.CTRL),
    **dict.fromkeys(("mod1", "alt"), Modifier.ALT),
    "shift": Modifier.SHIFT,
    **dict.fromkeys(("mod4", "super", "logo"), Modifier.SUPER),
}
_SET = re.compile(r"^\s*set\s+(\$\S+)\s+(.+?)\s*$", re.MULTILINE)
_BIND = re.compile(r"^\s*bind(?:sym|code)\s+(?:--\S+\s+)*(\S+)\s+(.+?)\s*$", re.MULTILINE)
_INCLUDE = re.compile(r"^\s*include\s+(.+?)\s*$", re.MULTILINE)


class SwayBinding:
    """The binding of this person; `system` is the configuration of all who have none."""

    def __init__(self, environ: Mapping[str, str], home: Path, system: Path = _SYSTEM) -> None:
        self._environ = {**environ, "HOME": str(home)}
        told = environ.get("XDG_CONFIG_HOME", "")
        self._folder = (Path(told) if told.startswith("/") else home / ".config") / "sway"
        self._home, self._system = home, system
        self._file = self._folder / "config.d" / _FILE
        self.place = str(self._file)

    def line(self) -> str:
        """What is bound by snapper now; "" where nothing is, or nothing includes it. Raises Unavailable."""
        with self._in_words():
            found = _BIND.search(_text(self._file))
            return found.group().strip() if found and self._included(_text(self._main())) else ""

    def bind(self, chord: Chord, command: Sequence[str]) -> None:
        """Run a command at the chord from now on. Raises ChordTaken, Unavailable."""
        with self._in_words(chord, command):
            if other := self._other(chord):
                raise ChordTaken(
                    _("In your configuration of sway, {chord} does something else: {line}").format(
                        chord=chord, line=other[:80]
                    ),
                    choose_another(chord),
                )
            self._file.parent.mkdir(parents=True, exist_ok=True)
            line = f"bindcode --no-repeat {sway_keys(chord)} exec {_command(command)}\n"
            disk.replace(self._file, f"{_HEAD}{line}".encode(errors="surrogateescape"))
            self._include()
        self._reload()

    def unbind(self) -> None:
        """Leave everything as it was before. Raises Unavailable."""
        with self._in_words():
            main = self._main()
            if self._mark() in (before := _text(main)):
                self._restore(main, before.replace(self._mark(), ""))
            with contextlib.suppress(FileNotFoundError):
                self._file.unlink()
        self._reload()

    # --- the person's configuration -----------------------------------------------------------------------

    def _main(self) -> Path:
        """The configuration that the running sway read, else the one it would read (sway(1))."""
        config = self._folder.parent
        places = [
            self._home / ".sway" / "config",
            self._folder / "config",
            self._home / ".i3" / "config",
            config / "i3" / "config",
        ]
        loaded = self._loaded()
        if loaded and loaded != self._system and loaded.exists():
            return loaded
        return next((place for place in places if place.exists()), self._folder / "config")

    def _loaded(self) -> Path | None:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return Path(json.loads(self._swaymsg("-t", "get_version"))["loaded_config_file_name"])
        return None

    def _mark(self) -> str:
        """What goes into the configuration; sway takes comments on lines of their own only."""
        return f"\n{_MARK}\ninclude {self._file}\n"

    def _include(self) -> None:
        main = self._main()
        before = _text(main)
        if self._included(before):
            return
        if not main.exists():
            before = self._whole()
        _replace(main, before + self._mark())

    def _whole(self) -> str:
        """A configuration for somebody who had none: without one, sway would have read the system's."""
        return f"{_HEAD}include {self._system}\n" if self._system.exists() else _HEAD

    def _restore(self, main: Path, text: str) -> None:
        if text == self._whole():
            main.unlink()
        else:
            _replace(main, text)

    def _included(self, text: str) -> bool:
        """Whether a configuration includes our file, by its name or by a pattern (`config.d/*`)."""
        return any(fnmatch.fnmatch(str(self._file), pattern) for pattern in self._patterns(text))

    def _patterns(self, text: str) -> Iterator[str]:
        for found in _INCLUDE.finditer(text):
            pattern = found.group(1).strip("\"'")
            if pattern.startswith("~"):
                pattern = self._environ["HOME"] + pattern[1:]
            pattern = re.sub(r"\$\{?(\w+)\}?", lambda name: self._environ.get(name[1], ""), pattern)
            yield os.path.normpath(self._main().parent / pattern)

    def _other(self, chord: Chord) -> str:
        """The line that binds the chord to something else, "" where none does."""
        wanted = (chord.modifiers, chord.key.evdev + EVDEV_TO_X11)
        main = self._main()
        text = _text(main if main.exists() else self._system)
        names = dict(_SET.findall(text))
        for found in _BIND.finditer(text):
            keys = re.sub(r"\$\w+", lambda name: names.get(name[0], ""), found[1])
            if _keys(keys) == wanted:
                return found.group().strip()
        return ""

    # --- sway ---------------------------------------------------------------------------------------------

    def _reload(self) -> None:
        """Have a running sway read it; one that is not running reads it at its start."""
        if self._environ.get("SWAYSOCK"):
            self._swaymsg("reload")

    def _swaymsg(self, *words: str) -> str:
        if not self._environ.get("SWAYSOCK"):
            return ""
        try:
            done = subprocess.run(
                ["swaymsg", *words], env=self._environ, stdin=subprocess.DEVNULL,
                capture_output=True, check=True, timeout=_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return ""
        return done.stdout.decode("utf-8", "replace")

    @contextlib.contextmanager
    def _in_words(self, chord: Chord | None = None, command: Sequence[str] = ()) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            remedy = (
                steps(chord, Desktop.SWAY, _command(command))
                if chord
                else _("Allow it, or ask whoever looks after this computer.")
            )
            raise Unavailable(
                _("sway's configuration in {folder} cannot be read or written.").format(folder=self._folder),
                remedy,
            ) from error


def _keys(text: str) -> tuple[frozenset[Modifier], int] | None:
    """What a line binds: modifiers and the physical key; None where it is no chord of ours."""
    *held, key = text.casefold().split("+")
    modifiers = frozenset(_MODIFIERS[word] for word in held if word in _MODIFIERS)
    known = KEYS.get(key)
    code = int(key) if key.isdecimal() and len(key) > 1 else known.evdev + EVDEV_TO_X11 if known else 0
    return (modifiers, code) if len(modifiers) == len(held) and code else None


def _command(command: Sequence[str]) -> str:
    """For a shell, and for sway, which ends a command at a comma or a semicolon outside of quotes."""
    return " ".join(
        f"'{word}'" if word == shlex.quote(word) and "," in word else shlex.quote(word) for word in command
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""


def _replace(path: Path, text: str) -> None:
    """Write a person's file: through a link where it is one, and with the rights it had."""
    place = path.resolve()
    mode = place.stat().st_mode & 0o777 if place.exists() else 0o644
    place.parent.mkdir(parents=True, exist_ok=True)
    disk.replace(place, text.encode(errors="surrogateescape"))
    place.chmod(mode)
