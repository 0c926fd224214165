"""The whole desktop through grim, the photographer of sway and its relatives, which asks nobody.

grim speaks a protocol of these compositors (wlr-screencopy) that others do not have.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping

from snapper.capture.wayland_portal import decoded
from snapper.capture.wayland_screen import Photograph
from snapper.errors import CaptureFailed, Unavailable
from snapper.language import _
from snapper.portal import PortalFailed

NAME = "grim"

_SECONDS = 10.0


class GrimCamera:
    """Takes pictures with grim; raises Unavailable, CaptureFailed where it is not there or brings none."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self.photograph()  # whether it can shows only when it does

    def photograph(self) -> Photograph:
        """A picture of all monitors, and when it was taken. Raises Unavailable, CaptureFailed."""
        taken_at = time.time()
        try:
            # ppm: nothing is compressed, and no file is left
            done = subprocess.run(
                ["grim", "-t", "ppm", "-"],
                env=self._environ, stdin=subprocess.DEVNULL, capture_output=True, check=True,
                timeout=_SECONDS,
            )  # fmt: skip
            return decoded(done.stdout), taken_at
        except FileNotFoundError as error:
            raise Unavailable(
                _("grim, which takes pictures on sway and its relatives, is not installed."),
                _("On sway and its relatives: ask whoever looks after this computer to install grim."),
            ) from error
        except (OSError, subprocess.SubprocessError, PortalFailed) as error:
            raise CaptureFailed(
                _("grim brings no picture of this desktop."),
                _("Try again; if it stays so, “snapper doctor” says what else there is."),
            ) from error
