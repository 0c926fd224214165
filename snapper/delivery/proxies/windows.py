"""The proxy settings of Windows: those of the user as WinHTTP tells them, or those of the computer where a
policy says that they hold for everybody. Asking is apart from reading what was said."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from snapper.delivery.proxies.address import answer_from
from snapper.delivery.proxies.answer import Answer, CannotAsk, PacAddress, Target, detected, excepted
from snapper.delivery.proxies.exceptions import Exceptions
from snapper.delivery.route import Scheme, Source
from snapper.language import _

_POLICY = r"SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings"
_SETTINGS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings"
_NO_SETTINGS = 2  # ERROR_FILE_NOT_FOUND
_BETWEEN = re.compile(r"[;\s]+")
_KIND = re.compile(r"([a-z]+)=(.*)", re.IGNORECASE)
# Translators: a place where a proxy is set.
_USER = _("the Windows proxy settings")
# Translators: a place where a proxy is set.
_COMPUTER = _("the Windows proxy settings of this computer")


@dataclass(frozen=True)
class Settings:
    """The settings as Windows keeps them; `proxy` is empty where it is switched off."""

    proxy: str = ""
    exceptions: str = ""
    pac: str = ""
    detect: bool = False
    named_by: str = _USER


class Windows:
    """Asks the system each time: settings change with the network."""

    # Translators: a place where proxies are set; a colon follows.
    name = _("Windows proxy settings")

    def ask(self, target: Target) -> Answer:
        """What the settings say about a target. Raises CannotAsk."""
        return read(of_computer() or of_user(), target)


def read(settings: Settings, target: Target) -> Answer:
    """What settings say about a target; a script goes before detection, as an address cannot be forged."""
    pac = None
    if settings.pac:
        pac = PacAddress(settings.pac, Source.PAC, settings.named_by)
    elif settings.detect:
        pac = detected(settings.named_by)
    if Exceptions.of(settings.exceptions, domains=False).cover(target):
        return excepted(target, pac)
    addresses = _addresses(settings.proxy, target.scheme)
    return answer_from(addresses, Source.SYSTEM, settings.named_by, pac)


def _addresses(proxy: str, scheme: str) -> Iterator[tuple[Scheme, str]]:
    """The addresses for a scheme in `proxy:80` or `http=proxy:80;https=proxy:81;socks=proxy:1080`, the
    closest first. A proxy for http only is none for https."""
    found: dict[str, str] = {}
    for part in filter(None, _BETWEEN.split(proxy)):
        pair = _KIND.fullmatch(part)
        found.setdefault(pair[1].lower() if pair else "", pair[2] if pair else part)
    for kind in (scheme, "", "socks"):
        if found.get(kind):
            yield Scheme.SOCKS5 if kind == "socks" else Scheme.HTTP, found[kind]


class _Said(ctypes.Structure):
    """WINHTTP_CURRENT_USER_IE_PROXY_CONFIG; the texts must be freed."""

    _fields_ = (
        ("detect", ctypes.c_int),
        ("pac", ctypes.c_void_p),
        ("proxy", ctypes.c_void_p),
        ("exceptions", ctypes.c_void_p),
    )


def of_user() -> Settings:
    """The settings of who runs this; the default ones where nobody made any. Raises CannotAsk."""
    load = getattr(ctypes, "WinDLL", None)
    if load is None:
        # Translators: why a place where proxies are set says nothing; after its name and a colon.
        raise CannotAsk(_("this is not Windows"))
    said = _Said()
    ask = load("winhttp", use_last_error=True).WinHttpGetIEProxyConfigForCurrentUser
    ask.argtypes, ask.restype = [ctypes.POINTER(_Said)], ctypes.c_int
    if not ask(ctypes.byref(said)):
        if ctypes.get_last_error() == _NO_SETTINGS:  # type: ignore[attr-defined,unused-ignore]
            return Settings(detect=True)  # what holds until somebody decides otherwise
        # Translators: why a place where proxies are set says nothing; after its name and a colon.
        raise CannotAsk(_("Windows does not tell its proxy settings"))
    free = load("kernel32").GlobalFree
    free.argtypes, free.restype = [ctypes.c_void_p], ctypes.c_void_p

    def taken(pointer: int | None) -> str:
        if not pointer:
            return ""
        text = ctypes.wstring_at(pointer)
        free(pointer)
        return text.strip()

    return Settings(taken(said.proxy), taken(said.exceptions), taken(said.pac), bool(said.detect))


def of_computer() -> Settings | None:
    """The settings for everybody; None unless a policy (ProxySettingsPerUser = 0) puts them in force."""
    if _value(_POLICY, "ProxySettingsPerUser") != 0:
        return None
    return Settings(
        _text(_SETTINGS, "ProxyServer") if _value(_SETTINGS, "ProxyEnable") == 1 else "",
        _text(_SETTINGS, "ProxyOverride"),
        _text(_SETTINGS, "AutoConfigURL"),
        _value(_SETTINGS, "AutoDetect") == 1,
        _COMPUTER,
    )


def _text(path: str, name: str) -> str:
    value = _value(path, name)
    return value.strip() if isinstance(value, str) else ""


def _value(path: str, name: str) -> object:
    """A value of the computer's registry, of its 64-bit half; None where there is none."""
    try:
        import winreg
    except ImportError:
        return None
    registry: Any = winreg
    access = registry.KEY_READ | registry.KEY_WOW64_64KEY
    try:
        with registry.OpenKey(registry.HKEY_LOCAL_MACHINE, path, 0, access) as key:
            return registry.QueryValueEx(key, name)[0]
    except OSError:
        return None
