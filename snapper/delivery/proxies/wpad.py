"""Web Proxy Auto-Discovery by DNS: `http://wpad.<own domain>/wpad.dat`. Only where the system or a setting
asks for it: whoever can answer to that name sees the connections."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from snapper.delivery import network
from snapper.delivery.proxies.answer import PacAddress
from snapper.delivery.proxies.pac_file import fetch
from snapper.delivery.route import PacFailed, Source
from snapper.hosts import ascii_host, ip_of, is_host
from snapper.language import _

_SECONDS = 2.0
_CANDIDATES_MAX = 8
_PATH = "/wpad.dat"


@dataclass(frozen=True)
class Found:
    """A PAC file that the network offers, and the host it came from."""

    text: str
    host: str


def hosts(domains: Sequence[str]) -> list[str]:
    """Where a file may be, the closest first: from each search domain up to what somebody has registered,
    never at a public suffix (`wpad.com`, `wpad.co.uk`), which belongs to anybody."""
    found: dict[str, None] = {}
    for domain in map(ascii_host, domains):
        labels = domain.split(".")
        if not is_host(domain) or ip_of(domain):
            continue
        for level in range(len(labels) - _public_labels(domain)):
            found[".".join(["wpad", *labels[level:]])] = None
    return list(found)[:_CANDIDATES_MAX]


def _public_labels(domain: str) -> int:
    """How many labels at the end of a domain are nobody's own; one where the public list lacks its ending."""
    from publicsuffixlist import PublicSuffixList

    return len((PublicSuffixList(accept_unknown=False).publicsuffix(domain) or "-").split("."))


def find(domains: Sequence[str] | None = None, *, port: int = 80, seconds: float = _SECONDS) -> Found | None:
    """The file of the closest host that has one; None when none answers in time. `domains` are the search
    domains of this computer unless they are given."""
    end = time.monotonic() + seconds
    searches: list[tuple[threading.Thread, list[Found]]] = []
    for host in hosts(network.search_domains() if domains is None else domains):
        result: list[Found] = []
        thread = threading.Thread(target=_search(host, port, seconds, result), daemon=True)
        thread.start()
        searches.append((thread, result))
    for thread, result in searches:
        thread.join(max(0.0, end - time.monotonic()))
        if result:
            return result[0]
    return None


def _search(host: str, port: int, seconds: float, result: list[Found]) -> Callable[[], None]:
    def run() -> None:
        # Translators: who named a proxy file.
        named_by = _("automatic detection")
        pac = PacAddress(f"http://{host}:{port}{_PATH}", Source.WPAD, named_by)
        with contextlib.suppress(PacFailed):  # a page that is no PAC file answers to any name in a hotel
            result.append(Found(fetch(pac, seconds=seconds), host))

    return run
