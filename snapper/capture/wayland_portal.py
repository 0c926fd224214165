"""The whole desktop through the portal (org.freedesktop.portal.Screenshot), which asks the person once.

The portal leaves a file and says where; it is read and deleted. Nothing else is ever deleted: what the portal
names must be a picture, this person's own, and made since it was asked for.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from PIL import Image

from snapper import menu_entry
from snapper.capture.wayland_screen import Photograph
from snapper.errors import CaptureFailed
from snapper.language import _
from snapper.portal import Portal, PortalFailed, Trouble
from snapper.portal_permission import Permission, kept

NAME = "wayland_portal"

_INTERFACE = "org.freedesktop.portal.Screenshot"
_SECONDS = 15.0  # for a desktop that need not ask
_ASKING_SECONDS = 60.0  # for a person to read a question and answer it
_CLOCK_SECONDS = 2.0  # by which a file's time may lie before ours: file systems count in coarse steps
_FILE_MAX = 512 << 20

_NOT_SEEN = _("The screen cannot be frozen.")
_NOTES = {
    Permission.NO: (
        _(
            "The desktop was told not to let snapper see the screen. Allow it in the desktop's settings, "
            "under applications or privacy."
        ),
    ),
    Permission.ASK: (_("The desktop asks before every picture."),),
}


class PortalCamera:
    """Takes pictures through the portal; raises Unavailable where it does not offer them.

    Each picture has a connection of its own: the portal may be started anew at any time.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        menu_entry.ensure(environ)
        try:
            with Portal(environ) as portal:
                portal.version(_INTERFACE)
                permission = kept(portal)
        except PortalFailed as error:
            raise error.unavailable(_NOT_SEEN) from error
        self.notes: tuple[str, ...] = _NOTES.get(permission, ())

    def photograph(self) -> Photograph:
        """A picture of all monitors, and when it was taken. Raises CaptureFailed."""
        asked_at = time.time()
        try:
            with Portal(self._environ) as portal:
                seconds = _SECONDS if kept(portal) in (Permission.YES, Permission.NO) else _ASKING_SECONDS
                wishes = {"interactive": ("b", False), "modal": ("b", False)}
                handle = portal.begin(_INTERFACE, "Screenshot", "s", ("",), wishes)
                uri = portal.wait(handle, seconds).get("uri")
            return _developed(_place(uri), asked_at)
        except PortalFailed as error:
            refusal = error.unavailable(_NOT_SEEN)
            raise CaptureFailed(refusal.sentence, refusal.remedy) from error


def _place(uri: object) -> Path:
    """The file a URI names, on this computer. Raises PortalFailed."""
    try:
        parts = urlsplit(uri if isinstance(uri, str) else "")
        place = unquote(parts.path, errors="surrogateescape")
    except ValueError as error:
        raise PortalFailed(Trouble.NONSENSE) from error
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or "\0" in place:
        raise PortalFailed(Trouble.NONSENSE)
    return Path(place)


def _developed(place: Path, asked_at: float) -> Photograph:
    """The picture in a file that was made for us; the file is gone afterwards. Raises PortalFailed."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            about = os.fstat(descriptor)
            if not _ours(about, asked_at):
                raise PortalFailed(Trouble.NONSENSE)
            picture = decoded(file.read())
    except OSError as error:  # no such file, not to be read
        raise PortalFailed(Trouble.NONSENSE) from error
    with contextlib.suppress(OSError):  # somebody was faster
        place.unlink()
    return picture, min(max(about.st_mtime, asked_at), time.time())


def _ours(about: os.stat_result, asked_at: float) -> bool:
    fresh = about.st_mtime >= asked_at - _CLOCK_SECONDS
    return (
        stat.S_ISREG(about.st_mode)
        and about.st_uid == os.getuid()
        and fresh
        and 0 < about.st_size <= _FILE_MAX
    )


def decoded(data: bytes) -> Image.Image:
    """A PNG, JPEG or PPM as a picture. Raises PortalFailed when it is none."""
    try:
        picture = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "PPM"))
        picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PortalFailed(Trouble.NONSENSE) from error
    return picture
