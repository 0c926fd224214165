"""Who names a proxy: one mechanism per file, and what all of them say about one target.

Nothing is fetched from a network here but by `pac_routes`; no answer holds a password that would show.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from snapper.delivery.proxies.answer import WPAD, Answer, CannotAsk, PacAddress, Target, Trouble, detected
from snapper.delivery.route import Route, Scheme, Source
from snapper.delivery.waiting import side_by_side
from snapper.language import _, together

__all__ = ["Asked", "Named", "PacAddress", "Trouble", "named", "pac_routes"]

AUTO, DIRECT = "auto", "direct"
_SECONDS = 0.9  # for all mechanisms, side by side
# Translators: a place where a proxy is set.
_SETTING = _("snapper's settings")
_KDE_DESKTOP = "KDE"


class Mechanism(Protocol):
    """One place where proxies are named."""

    @property
    def name(self) -> str:
        """The place in words, for a table: `GNOME proxy settings`."""

    def ask(self, target: Target) -> Answer:
        """What it says about a target. Raises CannotAsk where it does not exist or does not answer."""


@dataclass(frozen=True)
class Asked:
    """One mechanism: whether it can say anything here, and what it said, or why it cannot."""

    name: str
    can: bool
    said: str


@dataclass(frozen=True)
class Named:
    """All that was named: proxies in the order of trust, a file that names more, what cannot be followed."""

    routes: tuple[Route, ...] = ()
    pac: PacAddress | None = None
    troubles: tuple[Trouble, ...] = ()
    asked: tuple[Asked, ...] = ()


def named(target_url: str, *, setting: str, pac: str, environ: Mapping[str, str], platform: str) -> Named:
    """What names proxies for a web address; within a second, whatever hangs.

    `setting` is `auto`, `direct` or the address of a proxy; `pac` the address of a PAC file, `wpad` or "";
    `platform` is `sys.platform`. Raises ValueError when `target_url` is no web address.
    """
    target = Target.of(target_url)
    if target.loopback:
        return Named()
    if setting != AUTO:
        return _by_setting(setting)
    mechanisms = _mechanisms(platform, environ)
    answers = _ask(mechanisms, target)
    told = {name: answer for name, answer in answers.items() if isinstance(answer, Answer)}
    told = _without_doubt(told)
    return Named(
        _in_order([route for answer in told.values() for route in answer.routes]),
        _pac_of(pac) if pac else _most_trusted([answer.pac for answer in told.values() if answer.pac]),
        _each([trouble for answer in told.values() for trouble in answer.troubles]),
        tuple(_asked(mechanism.name, answers[mechanism.name]) for mechanism in mechanisms),
    )


def pac_routes(pac: PacAddress, target_url: str) -> tuple[Route, ...]:
    """The ways that a PAC file names for a web address, in its order; none where this network offers no file.

    Takes up to 6 s. Raises PacFailed.
    """
    from snapper.delivery.proxies.pac import routes

    return routes(pac, target_url)


def _by_setting(setting: str) -> Named:
    from snapper.delivery.proxies.address import answer_from

    if setting == DIRECT:
        return Named((Route(Scheme.DIRECT, source=Source.SETTING, named_by=_SETTING),))
    answer = answer_from([(Scheme.HTTP, setting)], Source.SETTING, _SETTING)
    return Named(answer.routes, None, answer.troubles, (Asked(_SETTING, True, answer.said),))


def _pac_of(setting: str) -> PacAddress:
    return detected(_SETTING) if setting == WPAD else PacAddress(setting, Source.PAC, _SETTING)


def _mechanisms(platform: str, environ: Mapping[str, str]) -> Sequence[Mechanism]:
    """Those of a system, the most trusted first."""
    from snapper.delivery.proxies.environment import Environment

    return [*_of_system(platform, environ), Environment(environ)]


def _of_system(platform: str, environ: Mapping[str, str]) -> Sequence[Mechanism]:
    if platform == "win32":
        from snapper.delivery.proxies.windows import Windows

        return [Windows()]
    if platform == "darwin":
        from snapper.delivery.proxies.mac import Mac

        return [Mac(environ)]
    from snapper.delivery.proxies.gnome import Gnome
    from snapper.delivery.proxies.kde import Kde
    from snapper.delivery.proxies.portal import Portal

    # A desktop's settings stay when another one takes its place.
    kde = _KDE_DESKTOP in environ.get("XDG_CURRENT_DESKTOP", "").upper().split(":")
    return [Kde(environ) if kde else Gnome(environ), Portal(environ)]


def _ask(mechanisms: Sequence[Mechanism], target: Target) -> dict[str, Answer | str]:
    """What each says, or why it says nothing; all side by side, none waited for longer than _SECONDS."""
    end = time.monotonic() + _SECONDS
    told = side_by_side({each.name: partial(_asked_one, each, target) for each in mechanisms}, end)
    # Translators: after the name of a place where proxies are set, and a colon.
    silent = _("it gave no answer within a second")
    return {each.name: told.get(each.name, silent) for each in mechanisms}


def _asked_one(mechanism: Mechanism, target: Target) -> Answer | str:
    try:
        return mechanism.ask(target)
    except CannotAsk as error:
        return error.why
    except Exception as error:  # noqa: BLE001 - settings are whatever anybody wrote; the doctor shows it
        # Translators: after the name of a place where proxies are set, and a colon.
        return _("what it says cannot be read ({error})").format(error=type(error).__name__)


def _without_doubt(told: dict[str, Answer]) -> dict[str, Answer]:
    """The portal does not say where it found a proxy: it counts as the system's word only where the settings
    name proxies or a file themselves. What detection finds comes from anybody."""
    from snapper.delivery.proxies.portal import Portal

    if Portal.name not in told:
        return told
    settings = [answer for name, answer in told.items() if name != Portal.name]
    own = {route.source for answer in settings for route in answer.routes}
    own |= {answer.pac.source for answer in settings if answer.pac}
    source = next(
        (each for each in (Source.PAC, Source.SYSTEM) if each in own and Source.WPAD not in own), None
    )
    if source is None:
        return told
    routes = tuple(replace(route, source=source) for route in told[Portal.name].routes)
    return {**told, Portal.name: replace(told[Portal.name], routes=routes)}


def _in_order(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Each proxy once, by the trust in who named it, with a login that anybody knew for it."""
    order = list(Source)
    each: dict[tuple[Scheme, str, int], Route] = {}
    for route in sorted(routes, key=lambda one: order.index(one.source)):
        place = (route.scheme, route.host, route.port)
        known = each.setdefault(place, route)
        if known.login is None and route.login:
            each[place] = replace(known, login=route.login)
    return tuple(each.values())


def _most_trusted(files: Sequence[PacAddress]) -> PacAddress | None:
    return min(files, key=lambda one: list(Source).index(one.source), default=None)


def _each(troubles: Sequence[Trouble]) -> tuple[Trouble, ...]:
    return tuple(dict.fromkeys(troubles))


def _asked(name: str, answer: Answer | str) -> Asked:
    if isinstance(answer, str):
        return Asked(name, False, answer)
    if not answer.troubles:
        return Asked(name, True, answer.said)
    troubles = together(trouble.sentence for trouble in answer.troubles)
    return Asked(name, True, together([answer.said, troubles], ". "))
