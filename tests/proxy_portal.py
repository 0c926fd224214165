"""A desktop portal for proxies on a real D-Bus: answers Lookup with what it was started with, or never;
and with `http://no-address` when the question holds a path.

Started as `python proxy_portal.py ANSWER…`; prints `ready` once it has its name on the bus.
"""

from __future__ import annotations

import sys

from jeepney import DBusAddress, MessageType, new_error, new_method_call, new_method_return
from jeepney.io.blocking import open_dbus_connection

BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
PORTAL = "org.freedesktop.portal.Desktop"


def main(answers: list[str]) -> None:
    """Serve until the bus ends. `never` takes questions and is silent, `refuse` is an error."""
    with open_dbus_connection("SESSION") as bus:
        bus.send_and_get_reply(new_method_call(BUS, "RequestName", "su", (PORTAL, 0)))
        print("ready", flush=True)
        while True:
            message = bus.receive()
            if message.header.message_type is not MessageType.method_call or answers == ["never"]:
                continue
            if answers == ["refuse"]:
                bus.send(new_error(message, "org.freedesktop.portal.Error.NotAllowed", "s", ("no",)))
            else:
                told = ["http://no-address"] if "secret" in message.body[0] else answers
                bus.send(new_method_return(message, "as", (told,)))


if __name__ == "__main__":
    main(sys.argv[1:])
