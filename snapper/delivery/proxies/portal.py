"""What the desktop's portal says about proxies: the only way to the settings from within a sandbox."""

from __future__ import annotations

from collections.abc import Mapping

from snapper.delivery.proxies.address import answer_from
from snapper.delivery.proxies.answer import OF_THE_DESKTOP, Answer, CannotAsk, Target
from snapper.delivery.route import Scheme, Source
from snapper.language import _

_SECONDS = 0.8
_BUS = "DBUS_SESSION_BUS_ADDRESS"
_DIRECT = "direct:"
_NAMED_BY = OF_THE_DESKTOP
_PROXIES_MAX = 20


class Portal:
    """org.freedesktop.portal.ProxyResolver.

    It follows scripts and detection by itself and does not say so: what it names may come from anybody on the
    network, so it is Source.WPAD until other settings show that it cannot be.
    """

    # Translators: a place where proxies are set (xdg-desktop-portal); a colon follows.
    name = _("desktop portal")

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def ask(self, target: Target) -> Answer:
        """What the portal says about a target. Raises CannotAsk."""
        address = self._environ.get(_BUS, "")
        if not address:
            # Translators: why a place where proxies are set says nothing; after its name and a colon.
            raise CannotAsk(_("there is no desktop session"))
        proxies = [each for each in _lookup(address, target.origin) if not each.startswith(_DIRECT)]
        return answer_from([(Scheme.HTTP, each) for each in proxies[:_PROXIES_MAX]], Source.WPAD, _NAMED_BY)


def _lookup(bus: str, url: str) -> list[str]:
    """What Lookup returns for a web address. Raises CannotAsk."""
    from jeepney import DBusAddress, MessageType, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    portal = DBusAddress(
        "/org/freedesktop/portal/desktop",
        "org.freedesktop.portal.Desktop",
        "org.freedesktop.portal.ProxyResolver",
    )
    try:
        with open_dbus_connection(bus, auth_timeout=_SECONDS) as connection:
            question = new_method_call(portal, "Lookup", "s", (url,))
            reply = connection.send_and_get_reply(question, timeout=_SECONDS)
    except TimeoutError as error:
        # Translators: why a place where proxies are set says nothing; after its name and a colon.
        raise CannotAsk(_("the portal gave no answer")) from error
    except Exception as error:  # what a broken bus makes of it, jeepney's own errors among it
        # Translators: why a place where proxies are set says nothing; after its name and a colon.
        raise CannotAsk(_("the desktop session could not be asked")) from error
    if reply.header.message_type is not MessageType.method_return or not reply.body:
        # Translators: why a place where proxies are set says nothing; after its name and a colon.
        raise CannotAsk(_("this desktop has no portal for proxies"))
    proxies = reply.body[0]
    return [each for each in proxies if isinstance(each, str)] if isinstance(proxies, list) else []
