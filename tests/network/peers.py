"""What curl and requests, as they come, make of a condition: measured, in one word each.

ok            the server's own word that the whole body arrived
http N        somebody answered with this status
foreign N     a success that is not the server's
exit N        curl's exit code
Name: Name    requests' exception, and the first of its chain
no answer     still waiting after CAP_SECONDS, and ended
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.network.lab import Lab, Ran, Running
from tests.network.programs.desk import URL

SINK = f"{URL}/sink"
CAP_SECONDS = 8.0
CURL_CAP = 28  # its exit code for a time that ran out
_POST = str(Path(__file__).parent / "programs" / "post.py")


@dataclass(frozen=True)
class Measured:
    """How each went with a small body (600 bytes) and a large one (20 MB)."""

    curl: tuple[str, str]
    requests: tuple[str, str]


def measure(lab: Lab, env: Mapping[str, str], bodies: Sequence[Path], *, side_by_side: bool) -> Measured:
    """Send both bodies with both programs."""
    if side_by_side:
        started = [(_curl(lab, env, body), _requests(lab, env, body)) for body in bodies]
        ended = [_words(pair, body) for pair, body in zip(started, bodies, strict=True)]
    else:
        ended = [_words((_curl(lab, env, body), _requests(lab, env, body)), body) for body in bodies]
    (curl_small, requests_small), (curl_large, requests_large) = ended
    return Measured((curl_small, curl_large), (requests_small, requests_large))


def curl(lab: Lab, env: Mapping[str, str], body: Path, *options: str) -> str:
    """How sending one body goes with curl and further options."""
    return _curl_words(_curl(lab, env, body, *options).result(CAP_SECONDS + 20), body)


def _curl(lab: Lab, env: Mapping[str, str], body: Path, *options: str) -> Running:
    shape = ("-sS", "-m", str(CAP_SECONDS), "-w", "\n%{http_code}", "--data-binary", f"@{body}")
    return lab.start(["curl", *shape, *options, SINK], env)


def _requests(lab: Lab, env: Mapping[str, str], body: Path) -> Running:
    return lab.start([sys.executable, _POST, SINK, str(body)], env)


def _words(pair: tuple[Running, Running], body: Path) -> tuple[str, str]:
    by_curl, by_requests = pair
    return (
        _curl_words(by_curl.result(CAP_SECONDS + 20), body),
        _requests_words(by_requests.result(CAP_SECONDS)),
    )


def _curl_words(ran: Ran, body: Path) -> str:
    if ran.code == CURL_CAP:
        return "no answer"
    if ran.code:
        return f"exit {ran.code}"
    said, _, status = ran.stdout.rpartition("\n")
    if not status.startswith("2"):
        return f"http {status}"
    return "ok" if hashlib.sha256(body.read_bytes()).hexdigest() in said else f"foreign {status}"


def _requests_words(ran: Ran) -> str:
    if ran.code is None:
        return "no answer"
    if ran.code:
        raise RuntimeError(f"the program that uses requests is broken: {ran.stderr[-500:]}")
    return ran.stdout.strip()
