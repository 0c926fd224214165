"""Checks of this computer and its network, side by side: what works, what does not, and what to do about it.

findings.py          what a check finds, in the order people read it (pure)
way_out.py           how reports get out: DNS, routes and proxies, certificate, clock, ticket systems
tws_ports.py         whether TWS itself gets through
keys_and_screen.py   chord, screen, window in front
desktop_services.py  tray, messages, portals, start at sign-in, keys by hand
tray_host.py         who shows icons of programs
ways.py              the ways to do each of these, in words
here.py              folders, keyring, TWS and its logs
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from snapper import connect, disk
from snapper.config import Settings
from snapper.delivery.endpoints import Endpoint
from snapper.delivery.endpoints.desk import DeskEndpoint
from snapper.delivery.endpoints.ticket_system import TicketSystem
from snapper.delivery.network import link
from snapper.delivery.tls import trust
from snapper.delivery.waiting import side_by_side
from snapper.delivery.ways import Ways
from snapper.destinations import Destination
from snapper.doctor import desktop_services, here, keys_and_screen, tws_ports, way_out
from snapper.doctor.findings import MARKS, Finding, Verdict, failed, unknown, worst_first
from snapper.errors import SnapperError
from snapper.hotkey import wants_main_thread
from snapper.instance import LISTEN_LOCK
from snapper.language import _
from snapper.logs import jts_ini
from snapper.outbox import Outbox
from snapper.setting_up import in_use
from snapper.state import RULES

__all__ = ["FILE_NAME", "MARKS", "WHOLE_SECONDS", "Finding", "Verdict", "examine", "somebody_listens"]

FILE_NAME = "doctor.txt"  # in a report
WHOLE_SECONDS = 9.5  # of the ten that a person waits
_SURVEY_SECONDS = 6.0
_DNS_SECONDS = 3.0
_TWS_SECONDS = 6.5
_HERE = "This computer"
_CHORD = (_HERE, "chord")
_API_PORTS = (7496, 7497, 4001, 4002)  # TWS live and paper, Gateway live and paper

Check = Callable[[], list[Finding]]


@dataclass(frozen=True)
class _Doctor:
    settings: Settings
    outbox: Outbox
    listening: bool

    def checks(self) -> dict[tuple[str, str], Check]:
        """Every check by what it is about and the name under which it is missed when it takes too long."""
        settings = self.settings
        usual, *others = in_use(settings)
        return {
            ("Network", "connection"): lambda: [way_out.link(link())],
            ("Network", "DNS"): lambda: self._name(usual),
            way_out.heading(usual): lambda: self._usual(usual),
            **{way_out.heading(each): partial(self._other, each) for each in others},
            ("TWS", "ports"): self._tws_ports,
            ("TWS", "API on this computer"): lambda: [tws_ports.local_api(_API_PORTS)],
            _CHORD: self._chord,
            (_HERE, "screen"): keys_and_screen.screen,
            (_HERE, "tray"): desktop_services.tray,
            (_HERE, "portals"): desktop_services.portals,
            (_HERE, "autostart"): lambda: [desktop_services.start_at_sign_in()],
            (_HERE, "keys of the desktop"): lambda: [
                desktop_services.binding(connect.chord_and_reason(settings)[0])
            ],
            (_HERE, "disk space"): lambda: here.folder(settings.outbox_folder),
            (_HERE, "keyring"): lambda: [here.keyring()],
            ("TWS", "installation"): lambda: here.tws(
                connect.sources(settings), lambda: datetime.now().astimezone()
            ),
            (_HERE, "outbox"): lambda: [way_out.waiting(self._waiting())],
        }

    def _chord(self) -> list[Finding]:
        wanted, reason = connect.chord_and_reason(self.settings)
        return [keys_and_screen.chord(wanted, reason, self.settings.hotkey_backend, self.listening)]

    def _name(self, usual: Destination) -> list[Finding]:
        server = self._ways(self._endpoint(usual)).server
        return [] if server.at_home else [way_out.name(server.where[0], _DNS_SECONDS)]

    def _usual(self, usual: Destination) -> list[Finding]:
        """The destination that most reports go to, and every way that leads there."""
        endpoint = self._endpoint(usual)
        ways = self._ways(endpoint)
        if ways.server.at_home:
            return self._other(usual)
        survey = ways.survey(_SURVEY_SECONDS)
        if survey.refusal or survey.best is None:
            return [*way_out.no_answer(usual, survey.refusal), *way_out.routes(survey, usual)]
        certificate = way_out.certificate(ways, survey.best.line.route)
        answers = way_out.answers(usual, endpoint)
        return [*answers, *way_out.routes(survey, usual), certificate, way_out.clock(ways)]

    def _other(self, destination: Destination) -> list[Finding]:
        return way_out.answers(destination, self._endpoint(destination))

    def _endpoint(self, destination: Destination) -> Endpoint:
        return connect.endpoint(self.settings, destination.name)

    def _ways(self, endpoint: Endpoint) -> Ways:
        """Ways of the doctor's own: delivery may be waiting in the others, and would be waited for."""
        assert isinstance(endpoint, DeskEndpoint | TicketSystem)
        return connect.ways(self.settings, endpoint.ways.server)

    def _tws_ports(self) -> list[Finding]:
        settings = self.settings
        homes = connect.sources(settings).places().homes
        own = [host for home in homes if (host := jts_ini.server(home.path))]
        hosts = tuple(dict.fromkeys((*own, *settings.doctor_tws_hosts)))  # the one that TWS itself uses first
        end = time.monotonic() + _TWS_SECONDS
        return tws_ports.check(hosts, settings.doctor_web_hosts, trust(settings.delivery_ca_file), end)

    def _waiting(self) -> list[str]:
        return [str(entry.state) for entry in self.outbox.entries() if not RULES[entry.state].finished]


def examine(settings: Settings, outbox: Outbox, *, listening: bool) -> list[Finding]:
    """Make every check, side by side, within WHOLE_SECONDS; the worst findings first.

    `listening` says that a snapper of this user holds the chord already.
    """
    checks = _Doctor(settings, outbox, listening).checks()

    def one(about: str, name: str, check: Check) -> list[Finding]:
        try:
            return check()
        except SnapperError as error:
            return [failed(about, name, error.sentence, error.remedy)]
        except Exception as error:  # noqa: BLE001 - one check that breaks must not hide the others
            # Translators: {error} is a technical name.
            sentence = _("Could not be checked ({error}).").format(error=type(error).__name__)
            return [unknown(about, name, sentence)]

    end = time.monotonic() + WHOLE_SECONDS
    actions = {each: partial(one, *each, check) for each, check in checks.items()}
    found = {each: actions.pop(each)() for each in _to_be_made_here()}
    found |= side_by_side(actions, end)
    missed = {each: [unknown(*each, _("No answer in time."))] for each in checks}
    return worst_first(finding for each in {**missed, **found}.values() for finding in each)


def _to_be_made_here() -> list[tuple[str, str]]:
    """The checks for which the main thread must not be waiting; a toolkit's loop there serves others."""
    main = threading.current_thread() is threading.main_thread()
    return [_CHORD] if main and wants_main_thread(sys.platform) else []


def somebody_listens(folder: Path) -> bool:
    """Whether a snapper that uses this outbox holds the chord."""
    try:
        with disk.locked(folder / LISTEN_LOCK) as free:
            return not free
    except OSError:  # there is no outbox yet
        return False
