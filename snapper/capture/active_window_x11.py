"""The windows on X11, through the properties that window managers keep (EWMH 1.5), or without one."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from snapper.capture.frame import TITLE_BAR_GUESS, Rect, Window

_SOURCE_PAGER = 2  # EWMH: acting for the user, which window managers do not refuse
_NO_BORDER = (0, 0, 0, 0)
_EVERY_DESKTOP = 0xFFFFFFFF
_OPAQUE = 0xFFFFFFFF
_DEPTH_WITH_ALPHA = 32

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


class X11Windows:
    """Windows of an X server, over a connection of its own that is opened when first needed; any thread."""

    def __init__(self, display_name: str) -> None:
        self._name = display_name
        self._display: Any = None
        self._lock = threading.Lock()

    def active(self) -> Window | None:
        """The window that has the keyboard; None without one, or without a screen."""
        with self._lock:
            return self._asked(self._active)

    def visible(self) -> list[Window]:
        """The windows of other programs on this desktop, topmost first; empty without a screen."""
        with self._lock:
            questions = self._asked(self._stacked) or []
        return [window for question in questions if (window := self._answered(question))]

    def activate(self, handle: int, server_time: int = 0) -> None:
        """Give a window the keyboard, through the window manager where there is one."""
        with self._lock:
            self._asked(lambda: self._activate(handle, server_time))

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._disconnect()

    def _answered(self, question: Callable[[], Window | None]) -> Window | None:
        with self._lock:  # not for all of them at once: somebody may want to activate a window meanwhile
            return self._asked(question)

    def _asked(self, question: Callable[[], Answer]) -> Answer | None:
        """The answer; None if the window has gone, or the screen, which is then asked anew next time."""
        from Xlib import error

        try:
            if self._display is None:
                self._display = _connect(self._name)
            return question()
        except error.XError as problem:
            log.debug("The window has gone: %s", problem)
        except (error.DisplayError, error.ConnectionClosedError, OSError) as problem:
            log.debug("The screen %s does not answer: %s", self._name, problem)
            self._disconnect()
        return None

    def _disconnect(self) -> None:
        from Xlib import error

        connection, self._display = self._display, None
        if connection is None:
            return
        try:
            connection.close()
        except (error.ConnectionClosedError, OSError) as problem:
            log.debug("The screen %s had gone before: %s", self._name, problem)

    # --- active ---------------------------------------------------------------------------------------

    def _active(self) -> Window | None:
        window = self._told() if self._managed() else self._focused()
        if window is None:
            return None
        return self._described(window)

    def _described(self, window: Any) -> Window:
        """What is known about a window, in as few questions as can be: a press waits for the answers."""
        pid, frame = self._cardinals(window, "_NET_WM_PID"), self._cardinals(window, "_NET_FRAME_EXTENTS")
        left, right, top, bottom = frame[:4] if len(frame) >= 4 else _NO_BORDER
        return Window(
            window.id,
            self._bounds(window, (left, right, top, bottom)),
            self._title(window),
            pid[0] if pid else None,
            # No decoration: the title, if it is shown at all, is where the program draws it.
            top or TITLE_BAR_GUESS,
        )

    def _managed(self) -> bool:
        """Whether a window manager says which window is active."""
        return self._display.get_atom("_NET_ACTIVE_WINDOW") in self._cardinals(self._root(), "_NET_SUPPORTED")

    def _told(self) -> Any:
        """The window that the window manager calls active."""
        found = self._cardinals(self._root(), "_NET_ACTIVE_WINDOW")
        return self._window(found[0]) if found else None

    def _window(self, handle: int) -> Any:
        return self._display.create_resource_object("window", handle) if handle else None

    def _focused(self) -> Any:
        """The top-level window around the input focus: what there is without a window manager."""
        window, root = self._display.get_input_focus().focus, self._root()
        if isinstance(window, int) or window == root:  # 0: nobody, 1: whatever is under the pointer
            return None
        while (parent := window.query_tree().parent) and parent != root:
            window = parent
        return window

    def _bounds(self, window: Any, border: tuple[int, int, int, int]) -> Rect:
        """The window with its frame, without the shadow that some toolkits draw inside it."""
        shape, origin = window.get_geometry(), self._root().translate_coords(window, 0, 0)
        left, right, top, bottom = border
        shadow = self._cardinals(window, "_GTK_FRAME_EXTENTS")[:4] or _NO_BORDER
        left, right, top, bottom = left - shadow[0], right - shadow[1], top - shadow[2], bottom - shadow[3]
        return Rect(
            origin.x - left,
            origin.y - top,
            shape.width + left + right,
            shape.height + top + bottom,
        )

    def _title(self, window: Any) -> str:
        for name in ("_NET_WM_NAME", "WM_NAME"):
            value = self._property(window, name)
            if value is not None and value.format == 8 and value.value:
                return _decoded(value, self._display)
        return ""

    # --- visible --------------------------------------------------------------------------------------

    def _stacked(self) -> list[Callable[[], Window | None]]:
        """A question for each window, topmost first: one that goes meanwhile takes only its answer along."""
        windows = self._managed_windows() if self._managed() else self._root().query_tree().children
        desktop = next(iter(self._cardinals(self._root(), "_NET_CURRENT_DESKTOP")), None)
        return [partial(self._seen, window, desktop) for window in reversed(windows)]

    def _managed_windows(self) -> list[Any]:
        stacked = self._cardinals(self._root(), "_NET_CLIENT_LIST_STACKING")
        return [
            self._window(handle) for handle in stacked or self._cardinals(self._root(), "_NET_CLIENT_LIST")
        ]

    def _seen(self, window: Any, desktop: int | None) -> Window | None:
        from Xlib import X

        if window.get_attributes().map_state != X.IsViewable:
            return None
        # Compositing managers keep what is minimised or on another desktop mapped.
        if self._display.get_atom("_NET_WM_STATE_HIDDEN") in self._cardinals(window, "_NET_WM_STATE"):
            return None
        own = self._cardinals(window, "_NET_WM_DESKTOP")
        if desktop is not None and own and own[0] not in (desktop, _EVERY_DESKTOP):
            return None
        seen = self._described(window)
        return replace(seen, see_through=self._see_through(window)) if seen.pid != os.getpid() else None

    def _see_through(self, window: Any) -> bool:
        """Whether something below may be seen: a colour map with alpha, an opacity, or holes in its shape."""
        opacity = self._cardinals(window, "_NET_WM_WINDOW_OPACITY")
        if (opacity and opacity[0] < _OPAQUE) or window.get_geometry().depth == _DEPTH_WITH_ALPHA:
            return True
        shaped = self._display.has_extension("SHAPE") and window.shape_query_extents()
        return bool(shaped and shaped.bounding_shaped)

    # --- activate -------------------------------------------------------------------------------------

    def _activate(self, handle: int, server_time: int) -> None:
        from Xlib import X

        window = self._window(handle)
        if self._managed():
            self._ask_manager(window, server_time)
        else:
            window.configure(stack_mode=X.Above)
            window.set_input_focus(X.RevertToParent, server_time)
        self._display.sync()

    def _ask_manager(self, window: Any, server_time: int) -> None:
        from Xlib import X
        from Xlib.protocol import event

        message = event.ClientMessage(
            window=window,
            client_type=self._display.get_atom("_NET_ACTIVE_WINDOW"),
            data=(32, [_SOURCE_PAGER, server_time, 0, 0, 0]),
        )
        self._root().send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)

    # --- properties -----------------------------------------------------------------------------------

    def _root(self) -> Any:
        return self._display.screen().root

    def _property(self, window: Any, name: str) -> Any:
        from Xlib import X

        return window.get_full_property(self._display.get_atom(name), X.AnyPropertyType)

    def _cardinals(self, window: Any, name: str) -> list[int]:
        found = self._property(window, name)
        return list(found.value) if found is not None and found.format == 32 else []


def _connect(name: str) -> Any:
    from Xlib import display

    connection = display.Display(name)
    connection.set_error_handler(lambda problem, request: log.debug("X11: %s", problem))
    return connection


def _decoded(value: Any, display: Any) -> str:
    text = bytes(value.value)
    encoding = "utf-8" if value.property_type == display.get_atom("UTF8_STRING") else "latin-1"
    return text.decode(encoding, "replace")
