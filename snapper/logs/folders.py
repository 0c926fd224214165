"""The usual folders of each system: of TWS's settings, of IBC's logs, and where people save what they export.

Only tables and the listing of folders; whether one counts is decided in locate.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

_VERSION = re.compile(r"\d{3,4}[a-z]?")
_BY_MODE = ("", "_live", "_paper")  # images that run both accounts at once keep a folder for each

_Folders = Callable[[Path, Path], tuple[Path, ...]]

# Docker images: gnzsnz/ib-gateway-docker (/home/ibgateway, /opt/ibkr, /config), UnusualAlpha's of that name
# (/root), KIC/ibgateway (/home/ibg), and images that give the program a folder of its own below /opt.
_HOMES: Mapping[str, _Folders] = {
    "win32": lambda home, root: (
        *(Path(f"{drive}:/{name}") for drive in "CD" for name in ("Jts", "IBKR", "ibgateway")),
        home / "Jts",
    ),
    "darwin": lambda home, root: (home / "Jts",),
    "linux": lambda home, root: (
        home / "Jts",
        home / "tws_settings",
        *(root / name for name in ("root/Jts", "home/ibgateway/Jts", "home/ibgateway/tws_settings")),
        *(root / name for name in ("home/ibg/Jts", "config/tws_settings", "opt/ibgateway", "opt/ibkr")),
    ),
}
_IBC: Mapping[str, _Folders] = {
    "win32": lambda home, root: (
        *(Path(f"C:/{name}") for name in ("IBC", "IBController")),
        *(home / "Documents" / name for name in ("IBC", "IBController")),
    ),
    "darwin": lambda home, root: (home / "ibc", root / "opt/ibc"),
    "linux": lambda home, root: (
        home / "ibc",
        *(root / place / "ibc" for place in ("opt", "root", "home/ibgateway")),
        *(place / "IBController" for place in (home, root / "opt")),
    ),
}
_SAVED = ("", "Desktop", "Documents", "Downloads")
# Unlike its own folders, those that Windows keeps in OneDrive are called as the user's language calls them.
_IN_ONEDRIVE = (
    *("Desktop", "Documents", "Dokumente", "Documenti", "Documentos", "Escritorio"),
    *("文档", "桌面"),
)
_USER_DIR = re.compile(r'^\s*XDG_(?:DESKTOP|DOCUMENTS|DOWNLOAD)_DIR\s*=\s*"(.+)"\s*$', re.MULTILINE)
_USER_DIRS_MAX_BYTES = 1 << 16


def usual_homes(platform: str, home: Path, root: Path) -> Iterator[Path]:
    """Where TWS keeps its settings unless told otherwise; where versions have folders, the newest first."""
    for usual in _of(_HOMES, platform, home, root):
        for mode in _BY_MODE:
            folder = usual.with_name(usual.name + mode)
            if mode and not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir fails on what may not be entered
                continue
            for place in (folder, folder / "ibgateway"):
                yield place
                yield from (entry for entry in _newest_first(place) if _VERSION.fullmatch(entry.name))


def usual_ibc_logs(platform: str, home: Path, root: Path) -> tuple[Path, ...]:
    """Where IBC's own start scripts put its logs."""
    return tuple(logs for folder in _of(_IBC, platform, home, root) for logs in log_folders(folder))


def log_folders(folder: Path) -> list[Path]:
    """The folders of logs in one of IBC's folders, as they are really spelled."""
    return [entry for entry in _newest_first(folder) if entry.name.lower() == "logs"]


def saving_folders(platform: str, home: Path) -> tuple[Path, ...]:
    """Where people save files: the home folder, desktop, documents and downloads, in any language."""
    folders = [home / name for name in _SAVED]
    if platform == "win32":
        drives = [entry for entry in _newest_first(home) if entry.name.startswith("OneDrive")]
        folders += [drive / name for drive in drives for name in _IN_ONEDRIVE]
    elif platform != "darwin":
        folders += _named_by_the_desktop(home)
    return tuple(dict.fromkeys(folders))


def _named_by_the_desktop(home: Path) -> Iterator[Path]:
    """The folders that xdg-user-dirs made: ~/Schreibtisch, ~/Descargas."""
    try:
        with (home / ".config/user-dirs.dirs").open("rb") as file:
            text = file.read(_USER_DIRS_MAX_BYTES).decode(errors="replace")
    except OSError:
        return
    for said in _USER_DIR.findall(text):
        folder = said.replace("$HOME", str(home), 1)
        if folder.startswith("/"):
            yield Path(folder)


def _of(table: Mapping[str, _Folders], platform: str, home: Path, root: Path) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(table.get(platform, table["linux"])(home, root)))


def _newest_first(folder: Path) -> Iterable[Path]:
    try:
        return sorted(folder.iterdir(), reverse=True)
    except OSError:
        return ()  # most usual places do not exist here
