"""This computer: the chord, the screen, the folders, the keyring, TWS and its logs."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from snapper import disk
from snapper.answer import LogChoice
from snapper.capture import ScreenChoice, choose_screen
from snapper.capture.frame import Frame, flaw
from snapper.delivery import vault
from snapper.doctor.findings import Finding, failed, ok, warning
from snapper.errors import SnapperError, Unavailable
from snapper.hotkey import choose
from snapper.hotkey.chord import Chord
from snapper.report import LogKind
from snapper.sources import ThisMachine
from snapper.words import size_text

LITTLE_SPACE = 500 << 20  # bytes; a day's logs and a picture need less, and TWS needs the rest
_HERE, _TWS = "This computer", "TWS"


def chord(wanted: Chord, reason: str, backend: str, listening: bool) -> Finding:
    """Whether the chord can be taken, by which mechanism, and why not by the others."""
    shown = wanted.display(sys.platform)
    if listening:
        return ok(_HERE, "chord", f"snapper is listening for {shown}. {reason}")
    try:
        chosen = choose(wanted, sys.platform, os.environ, backend)
        if chosen.backend.name != "wayland_portal":  # there the desktop would ask the person
            chosen.backend.start(lambda press: None)
            chosen.backend.stop()
    except Unavailable as error:
        return _no_desktop("chord") or failed(_HERE, "chord", error.sentence, error.remedy)
    notes = " ".join((*chosen.backend.notes, *chosen.refused, chosen.by_hand)).strip()
    sentence = f"{shown} can be taken ({chosen.backend.name}). {reason} {notes}".strip()
    return ok(_HERE, "chord", sentence, backend=chosen.backend.name, refused=list(chosen.refused))


def _no_desktop(name: str) -> Finding | None:
    """On a computer without a screen, a chord and a picture are not missed."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return None
    return warning(
        _HERE, name, "There is no desktop here: “snapper send” works, the chord and pictures do not."
    )


def screen() -> Finding:
    """Whether the screen can be frozen, and whether it is not simply black."""
    try:
        chosen = choose_screen(sys.platform, os.environ)
        with contextlib.closing(chosen.screen) as opened:
            frame = opened.grab()
    except SnapperError as error:
        return _no_desktop("screen") or failed(_HERE, "screen", error.sentence, error.remedy)
    return _seen(frame, chosen)


def _seen(frame: Frame, chosen: ScreenChoice) -> Finding:
    size = f"{frame.area.width}×{frame.area.height}"
    if remark := flaw(frame):
        return warning(_HERE, "screen", remark, "Unlock the screen, or allow screen recording.", size=size)
    notes = " ".join((*chosen.notes, *chosen.refused))
    sentence = f"Can be frozen by {chosen.name}: {size} pixels. {notes}".strip()
    return ok(_HERE, "screen", sentence, size=size, backend=chosen.name, refused=list(chosen.refused))


def folder(path: Path) -> list[Finding]:
    """Whether reports can be kept, and whether there is room."""
    try:
        disk.make_private(path)
        with tempfile.NamedTemporaryFile(dir=path, prefix=".doctor-") as file:
            file.write(b"x")
            file.flush()
        free = shutil.disk_usage(path).free
    except OSError:
        return [
            failed(
                _HERE,
                "outbox folder",
                f"Reports cannot be kept in {path}.",
                "Allow writing there, or set outbox.folder.",
            )
        ]
    room = f"{size_text(free)} free."
    if free < LITTLE_SPACE:
        return [warning(_HERE, "disk space", room, "Free some space: reports may not fit.", free_bytes=free)]
    return [ok(_HERE, "disk space", f"Reports can be kept; {room}", free_bytes=free)]


def keyring() -> Finding:
    """Whether tokens and passwords of proxies could be kept."""
    if problem := vault.problem():
        sentence = (
            f"{problem} Tokens are taken from the environment, and a proxy's password is asked for again "
            "after every start."
        )
        return ok(_HERE, "keyring", sentence)
    return ok(_HERE, "keyring", "Tokens and passwords of proxies can be kept safely.")


def tws(machine: ThisMachine, now: Callable[[], datetime]) -> list[Finding]:
    """Whether a TWS or Gateway is found, and what its logs of today are."""
    homes = machine.places().homes
    if not homes:
        return [
            warning(
                _TWS,
                "installation",
                "No TWS or IB Gateway was found here.",
                "If there is one, name its settings folder in logs.folders.",
            )
        ]
    count = len(homes)
    logs = machine.logs(now(), LogChoice())
    found = [
        ok(_TWS, "installation", f"{count} settings folder{'s' if count > 1 else ''} found.", folders=count)
    ]
    if not logs.files:
        return [*found, warning(_TWS, "logs", "None of today.", "Start TWS, or export today's log from it.")]
    plain = [file for file in logs.files if file.kind is LogKind.PLAIN]
    size = size_text(sum(file.size for file in logs.files))
    sentence = f"{len(logs.files)} of today, {size}; {len(plain)} can be read, the others are sealed by TWS."
    return [*found, ok(_TWS, "logs", sentence, files=len(logs.files), readable=len(plain))]
