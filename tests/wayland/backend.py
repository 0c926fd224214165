"""The desktop's side of the real portal: it answers for the person, and presses the keys it was given.

Run as `backend.py ANSWER`: `yes` or `no` to the question whether pictures may be taken, `never` for none.
On stdin: `press`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.wayland.service import Service

NAME = "org.freedesktop.impl.portal.desktop.snapper_test"
_PICTURES = "org.freedesktop.impl.portal.Screenshot"
_KEYS = "org.freedesktop.impl.portal.GlobalShortcuts"
_OBJECT = "/org/freedesktop/portal/desktop"


class Backend(Service):
    """What a desktop brings along for the portal."""

    def __init__(self, answer: str) -> None:
        super().__init__(NAME)
        self.properties = {_KEYS: 1, _PICTURES: 2}  # from 2 on, the portal itself asks the person
        self._answer = answer
        self._session = self._shortcut = ""
        self._pictures = 0

    def Access_AccessDialog(self, *asked: Any) -> Any:
        """The question whether a program may do something."""
        self.say("asked", title=asked[4])
        return None if self._answer == "never" else ("ua{sv}", (self._answer == "no", {}))

    def Screenshot_Screenshot(self, *asked: Any) -> Any:
        """A picture, in a file that no other test has."""
        self._pictures += 1
        place = Path(os.environ["HOME"], f"picture {self._pictures}.png")
        subprocess.run(["grim", str(place)], check=True)
        return "ua{sv}", (0, {"uri": ("s", place.as_uri())})

    def GlobalShortcuts_CreateSession(self, sender: str, handle: str, session: str, *rest: Any) -> Any:
        """A program begins."""
        self._session = session
        return "ua{sv}", (0, {})

    def GlobalShortcuts_ListShortcuts(self, *asked: Any) -> Any:
        """Nothing was kept."""
        return "ua{sv}", (0, {"shortcuts": ("a(sa{sv})", [])})

    def GlobalShortcuts_BindShortcuts(self, sender: str, handle: str, session: str, *rest: Any) -> Any:
        """A program wants keys, and gets them."""
        self._shortcut, wanted = rest[0][0]
        self.say("bound", trigger=wanted["preferred_trigger"][1])
        given = {"description": wanted["description"], "trigger_description": ("s", "Ctrl+Alt+H")}
        return "ua{sv}", (0, {"shortcuts": ("a(sa{sv})", [(self._shortcut, given)])})

    def do_press(self) -> None:
        """The keys are pressed."""
        self.signal(_OBJECT, _KEYS, "Activated", "osta{sv}", (self._session, self._shortcut, 5, {}))


if __name__ == "__main__":
    Backend(sys.argv[1]).serve()
