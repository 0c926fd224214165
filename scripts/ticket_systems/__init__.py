"""Real ticket systems to test against: private instances on this computer, made from a template.

    prepare peers (Debian's packages) → template (initialised once, cached) → start (a copy of it, running)

Here live the table of systems and what they have in common; how each one is made and run is in its own
module. Tests and `scripts/peers` use only this one. Nothing here knows of snapper.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from filelock import FileLock

from scripts.ticket_systems import servers

SYSTEMS = {
    "rt": "scripts.ticket_systems.rt",
    "redmine": "scripts.ticket_systems.redmine",
    "roundup": "scripts.ticket_systems.roundup",
}
_KEPT_SECONDS = 30 * 24 * 3600  # a template that is not used


@dataclass(frozen=True)
class Peer:
    """Where a ticket system is and who may report there."""

    system: str  # a name of SYSTEMS
    url: str  # without a slash at its end
    token: str  # of a user with the rights a reporter needs and no more
    login: str  # the user's name or address where the token alone is not enough, else ""
    place: str  # the queue, project, … that takes the reports


class Running(Protocol):
    """A ticket system that runs, and what a test may do to it past the API it tests."""

    @property
    def peer(self) -> Peer:
        """Where it is; stays the same for as long as it runs."""

    def restart(self) -> None:
        """End its processes, and start them again on the same port with the same data."""

    def stop(self) -> None:
        """End its processes; `restart` starts it again."""

    def tickets(self) -> list[str]:
        """The numbers of all tickets there are, oldest first, as its database has them."""

    def close(self, ticket: str) -> None:
        """Put a ticket into the state that means closed, resolved, done."""

    def reader_token(self) -> str:
        """A token of a user who may see the tickets of the place and write nothing."""


class System(Protocol):
    """What each system's module has."""

    NAME: str  # for people
    RECIPE: tuple[Path, ...]  # the files the template is made by; a change of theirs makes it anew

    def why_not(self) -> str:
        """Why it cannot run here, with the next step; "" when it can."""

    def version(self) -> str:
        """The installed version; called only when nothing speaks against running."""

    def install(self) -> None:
        """Install into `cache()` what Debian's packages do not bring, if anything, and if it is missing."""

    def make_template(self, folder: Path) -> None:
        """Fill an empty folder of the unprivileged user with an initialised instance."""

    def run(self, folder: Path, log: Path, options: Mapping[str, str]) -> AbstractContextManager[Running]:
        """Run the instance in a folder that is a copy of the template; its output goes to `log`."""


def why_not(system: str) -> str:
    """Why a system cannot run here, in a sentence with the next step; "" when it can."""
    return servers.why_not() or _module(system).why_not()


def install(system: str) -> None:
    """Install what Debian's packages do not bring, and make the template, unless that was done."""
    _module(system).install()
    _template(system)


@contextlib.contextmanager
def start(system: str, folder: Path, options: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run a fresh private instance for the time of the block; its log stays in `folder`.

    `options` are settings of the system that differ from its defaults; each system's module says which there
    are. Where the unprivileged user cannot reach `folder`, the data are in a folder of their own under the
    system's one for temporary files until the block ends.
    """
    if reason := why_not(system):
        raise RuntimeError(reason)
    with servers.ground(folder, system) as (place, log):
        servers.copy(_template(system), place)
        with _module(system).run(place, log, options or {}) as running:
            yield running


def _module(system: str) -> System:
    return cast(System, importlib.import_module(SYSTEMS[system]))


def _template(system: str) -> Path:
    """The initialised instance of the installed version; made if there is none."""
    module = _module(system)
    recipe = hashlib.sha256(b"\0".join(file.read_bytes() for file in module.RECIPE)).hexdigest()[:12]
    templates = servers.cache() / "templates"
    templates.mkdir(exist_ok=True)
    template = templates / f"{system}-{module.version()}-{recipe}"
    with FileLock(templates / f"{system}.lock"):
        if not template.exists():
            _make(module, template)
        os.utime(template)
        _forget_unused(templates.glob(f"{system}-*"))
    return template


def _make(module: System, template: Path) -> None:
    partial = template.with_name(f".{template.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder, servers.ground(Path(folder), "template") as (place, _):
        module.make_template(place)
        shutil.copytree(place, partial, symlinks=True)
    partial.rename(template)


def _forget_unused(templates: Iterable[Path]) -> None:
    """Delete those that nobody has used for long: checkouts of several versions share the cache."""
    for template in templates:
        if time.time() - template.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(template)
