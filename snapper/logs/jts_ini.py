"""What TWS's own settings file says: its clock, its users, the server it connects to. Read, never written."""

from __future__ import annotations

import re
from pathlib import Path

_MAX_BYTES = 1 << 20
_ZONE_CHARS = 64


def _setting(name: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*{name}[ \t]*=[ \t]*(\S.*?)\s*$", re.MULTILINE | re.IGNORECASE)


_TIME_ZONE, _USERS, _PEER = _setting("TimeZone"), _setting("UserNameToDirectory"), _setting("Peer")


def time_zone(home: Path) -> str | None:
    """The time zone that TWS's clock is set to, as its settings call it; None where they say nothing."""
    said = _TIME_ZONE.search(_text(home))
    return said[1].replace("\\:", ":")[:_ZONE_CHARS] if said else None


def user_names(home: Path) -> list[str]:
    """The names of users, in the form TWS keeps them."""
    parts = [part.strip() for line in _USERS.findall(_text(home)) for part in line.split(",")]
    return [name for name in parts if name]


def server(home: Path) -> str | None:
    """The host of the server that TWS connects to (`Peer=host:port`); None where the settings name none."""
    said = _PEER.search(_text(home))
    return said[1].replace("\\:", ":").rpartition(":")[0] or said[1] if said else None


def _text(home: Path) -> str:
    """The settings of a folder; “” where there are none: one named by a person may have none."""
    try:
        with (home / "jts.ini").open("rb") as file:
            return file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
