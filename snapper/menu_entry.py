"""snapper's entry in the menu of a Linux desktop, which is also what the desktop knows it by.

The portal takes a program's name only where an entry of that name is installed.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path

from snapper import disk
from snapper.autostart import listen_command
from snapper.autostart.linux_desktop import entry
from snapper.portal import APP_ID

log = logging.getLogger(__name__)


def ensure(environ: Mapping[str, str], home: Path | None = None) -> Path | None:
    """Write the entry unless it is there as it should be; None where it cannot be kept.

    Nothing fails for want of it: the desktop then asks on behalf of an unnamed program.
    """
    place = path(environ, home)
    wanted = entry(listen_command("linux", sys.executable)).encode()
    try:
        if place.read_bytes() == wanted:
            return place
    except OSError:
        pass  # not there yet, or not to be read: writing shows which
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        disk.replace(place, wanted)
        place.chmod(0o644)
    except OSError as error:
        log.debug("The menu entry %s cannot be written: %s", place, error)
        return None
    return place


def path(environ: Mapping[str, str], home: Path | None = None) -> Path:
    """Where the entry belongs (XDG Base Directory Specification; only absolute paths count)."""
    told = environ.get("XDG_DATA_HOME", "")
    data = Path(told) if told.startswith("/") else (home or Path.home()) / ".local" / "share"
    return data / "applications" / f"{APP_ID}.desktop"
