"""What the desktop remembers about snapper and pictures of the screen: allowed, refused, or to be asked.

The desktop asks once and keeps the answer in its permission store; a refusal is kept as well, and from then
on every picture is refused without a word. The answer is the person's: snapper only reads it, or has the
question asked anew when the person wants that.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from snapper.language import _
from snapper.portal import APP_ID, Portal, PortalFailed

_STORE = "org.freedesktop.impl.portal.PermissionStore"
_OBJECT = "/org/freedesktop/impl/portal/PermissionStore"
_TABLE = _ID = "screenshot"


class Permission(StrEnum):
    """The answer that is kept."""

    YES = "yes"
    NO = "no"
    ASK = "ask"
    UNSET = "unset"  # not asked yet, or nothing is kept here


def kept(portal: Portal) -> Permission:
    """What is kept for snapper, by the name the portal knows it by. Desktops without a store: UNSET."""
    try:
        found = portal.call(_STORE, _OBJECT, _STORE, "Lookup", "ss", (_TABLE, _ID))
    except PortalFailed:
        return Permission.UNSET  # no store, or nothing in it: both are told as an error
    match found:
        case (dict(answers), *_):
            return _read(answers.get(portal.app_id))
    return Permission.UNSET


def _read(answer: object) -> Permission:
    told = str(answer[0]) if isinstance(answer, list) and answer else ""
    return Permission(told) if told in [*Permission] else Permission.UNSET


def ask_again(environ: Mapping[str, str]) -> None:
    """Have the desktop forget the answer, so that it asks anew at the next picture. Raises Unavailable.

    For a person who wants it: never by itself.
    """
    try:
        with Portal(environ, register=False) as portal:
            for name in (APP_ID, ""):
                _forget(portal, name)
    except PortalFailed as error:
        raise error.unavailable(_("The permission cannot be changed.")) from error


def _forget(portal: Portal, app_id: str) -> None:
    try:
        found = portal.call(_STORE, _OBJECT, _STORE, "Lookup", "ss", (_TABLE, _ID))
    except PortalFailed:
        return  # nothing is kept
    match found:
        case (dict(answers), *_) if app_id in answers:
            portal.call(_STORE, _OBJECT, _STORE, "DeletePermission", "sss", (_TABLE, _ID, app_id))
