"""A connection to an X server for the backends that need one, and the keyboard it describes."""

from __future__ import annotations

import logging
from typing import Any

from snapper.errors import Unavailable
from snapper.hotkey.x11_keys import Keyboard
from snapper.language import _

_REMEDY = _("Start snapper inside the desktop.")

log = logging.getLogger(__name__)


def connect(name: str) -> Any:
    """A connection of its own to the X server of this name (`DISPLAY`); raises Unavailable."""
    if not name:
        raise Unavailable(_("There is no X11 screen here (DISPLAY is not set)."), _REMEDY)
    try:
        from Xlib import display, error
    except ImportError as problem:
        raise Unavailable(
            _("The part for X11 screens is not installed."), "pip install python-xlib"
        ) from problem
    try:
        connection = display.Display(name)
    except (error.DisplayError, OSError) as problem:
        raise Unavailable(
            _("The X11 screen {screen} does not answer.").format(screen=name), _REMEDY
        ) from problem
    connection.set_error_handler(lambda failure, request: log.debug("X11: %s", failure))
    return connection


def keyboard(connection: Any) -> Keyboard:
    """The keyboard as the server maps it now."""
    info = connection.display.info
    keysyms = connection.get_keyboard_mapping(info.min_keycode, info.max_keycode - info.min_keycode + 1)
    return Keyboard(info.min_keycode, keysyms, connection.get_modifier_mapping())
