"""The part of a panel that programs tell of their icons: org.kde.StatusNotifierWatcher."""

from __future__ import annotations

from typing import Any

from tests.wayland.service import Refusal, Service

_NAME = "org.kde.StatusNotifierWatcher"


class TrayWatcher(Service):
    """Says `item` for every icon."""

    def __init__(self) -> None:
        super().__init__(_NAME)
        self._items: list[str] = []

    def StatusNotifierWatcher_RegisterStatusNotifierItem(self, sender: str, service: str) -> Any:
        """A program has an icon."""
        self._items.append(service)
        body = (service,)
        self.after.append(
            lambda: self.signal("/StatusNotifierWatcher", _NAME, "StatusNotifierItemRegistered", "s", body)
        )
        self.say("item", service=service)
        return "", ()

    def Properties_Get(self, sender: str, interface: str, name: str) -> Any:
        """Who there is."""
        known = {
            "IsStatusNotifierHostRegistered": ("b", True),
            "ProtocolVersion": ("i", 0),
            "RegisteredStatusNotifierItems": ("as", self._items),
        }
        if interface != _NAME or name not in known:
            raise Refusal("org.freedesktop.DBus.Error.UnknownProperty")
        return "v", (known[name],)


if __name__ == "__main__":
    TrayWatcher().serve()
