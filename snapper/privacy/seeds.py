"""Values known to be private before anything is read. Nothing is looked up here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from snapper.privacy.classes import Private

GENERIC = frozenset(
    (
        "root", "admin", "administrator", "user", "users", "guest", "test", "ubuntu", "trader", "trading",
        "tws", "ibgateway", "owner", "localhost", "localdomain", "local", "home", "desktop", "system",
        "default", "public", "java", "none", "null", "true", "false", "log", "logs", "launcher", "exports",
        "report", "screenshot", "note", "snapper", "api", "audit", "ibc", "demo", "live", "paper",
    )
)  # fmt: skip
SHORTEST = 2  # letters: a shorter name is in every line
_UNHELPFUL_ADDRESSES = frozenset(("127.0.0.1", "0.0.0.0", "::1", "::", "255.255.255.255"))


@dataclass(frozen=True)
class Seed:
    """One private value as it is, and what it is. Its text must not get into a message."""

    value: str = field(repr=False)
    private: Private


@dataclass(frozen=True, repr=False)
class Known:
    """What the machine, the settings and the windows tell: not to be shown, kept or sent."""

    users: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def seeds_of(known: Known) -> tuple[Seed, ...]:
    """What to look for: each value once with its derived forms, the longest first, no generic names."""
    found = {seed.value: seed for seed in _all(known) if _telling(seed)}
    return tuple(sorted(found.values(), key=lambda seed: (-len(seed.value), seed.value)))


def _all(known: Known) -> Iterator[Seed]:
    for private, values in (
        (Private.SECRET, known.secrets), (Private.ACCOUNT, known.accounts), (Private.EMAIL, known.emails),
        (Private.IP, known.addresses), (Private.MAC, known.macs), (Private.USER, known.words),
    ):  # fmt: skip
        yield from (Seed(value.strip(), private) for value in values)
    for host in known.hosts:
        yield Seed(host.strip(), Private.HOST)
        yield Seed(host.strip().split(".")[0], Private.HOST)
    for home in known.homes:
        path = home.strip().rstrip("\\/")
        name = re.split(r"[\\/]", path)[-1]
        if name.casefold() not in GENERIC:
            yield Seed(path, Private.PATH)
        yield from _user(name)
    for user in known.users:
        yield from _user(user.strip())


def _user(name: str) -> Iterator[Seed]:
    """A user name, its part after a domain, and its short (8.3) forms on Windows."""
    yield Seed(name, Private.USER)
    if "\\" in name:
        yield Seed(name.rpartition("\\")[2], Private.USER)
    if len(name) > 8 or not name.isascii() or " " in name:
        for letters in (re.sub(r"[^A-Za-z0-9_-]", "", name), re.sub(r"[^\w-]", "", name)):
            if len(letters) >= 3 and name.casefold() not in GENERIC:
                yield from (Seed(f"{letters[:6].upper()}~{number}", Private.USER) for number in range(1, 5))


def _telling(seed: Seed) -> bool:
    if seed.private is Private.SECRET:
        return len(seed.value) >= 4
    if seed.private is Private.IP:
        return seed.value not in _UNHELPFUL_ADDRESSES
    return len(seed.value) >= SHORTEST and seed.value.casefold() not in GENERIC
