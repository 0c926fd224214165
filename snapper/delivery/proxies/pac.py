"""From a PAC file to routes: fetched, run in a process that is ended when it takes too long, its answer read.

Nothing is kept here: whoever asks knows how long an answer holds.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from snapper.delivery.proxies import pac_runner, wpad
from snapper.delivery.proxies.address import NoProxyAddress, read_route
from snapper.delivery.proxies.answer import PacAddress, Target
from snapper.delivery.proxies.pac_file import PacBroken, fetch
from snapper.delivery.route import Route, Scheme, Source
from snapper.delivery.waiting import within
from snapper.language import _

_START_SECONDS = 3.0  # for Python itself: a virus scanner may look at it first
_RUN_SECONDS = 1.0
_ANSWER_MAX = 1 << 16
_ROUTES_MAX = 20
_KEYWORDS = {
    "PROXY": Scheme.HTTP, "HTTP": Scheme.HTTP, "HTTPS": Scheme.HTTPS,
    "SOCKS": Scheme.SOCKS5, "SOCKS5": Scheme.SOCKS5,
}  # fmt: skip

# Translators: {file} is “The file proxy.pac”, at the beginning of the sentence.
_TOO_LONG = _("{file} took too long to say which proxy to use. Ask your IT department to look at it.")
# Translators: {file} is “The file proxy.pac”, at the beginning of the sentence.
_NOT_HERE = _("{file} cannot be run on this computer. Ask your IT department to look at it.")
# Translators: {file} is “The file proxy.pac”, at the beginning of the sentence.
_FAULT = _("{file} has a fault and names no proxy. Ask your IT department to look at it.")
# Translators: {file} is “The file proxy.pac”, at the beginning of the sentence.
_NOT_USABLE = _("{file} names no proxy that can be used. Ask your IT department to look at it.")
# Translators: {file} is “The file proxy.pac”, at the beginning of the sentence.
_ONLY_SOCKS_4 = _(
    "{file} names only proxies for SOCKS 4, which snapper does not speak. "
    "Ask your IT department to look at it."
)


def routes(pac: PacAddress, target_url: str, *, context: ssl.SSLContext | None = None) -> tuple[Route, ...]:
    """The ways that a PAC file names for a web address, in its order; none where this network offers no file.

    Takes up to 6 s. Raises PacUnreachable, PacBroken (PacFailed both); ValueError when it is no web address.
    """
    target = Target.of(target_url)
    if pac.source is not Source.WPAD:
        return evaluate(fetch(pac, context=context), pac, target)
    found = wpad.find()
    return evaluate(found.text, pac, target, near=found.host) if found else ()


def evaluate(text: str, pac: PacAddress, target: Target, near: str = "") -> tuple[Route, ...]:
    """The ways that the text of a PAC file names; `near` is the host it came from unless the address says so.

    Raises PacBroken.
    """
    host = near or (urlsplit(pac.address).hostname if "://" in pac.address else "") or ""
    question = {"text": text, "url": target.origin, "host": target.host, "near": host}
    file = pac.label_first
    try:
        answer = json.loads(_run(json.dumps(question).encode("utf-8", "replace")))
        found = answer["found"]
    except TimeoutError as error:
        raise PacBroken(_TOO_LONG.format(file=file)) from error
    except OSError as error:
        raise PacBroken(_NOT_HERE.format(file=file)) from error
    except (ValueError, TypeError, KeyError) as error:
        raise PacBroken(_FAULT.format(file=file)) from error
    return parse(found, pac)


def parse(found: str, pac: PacAddress) -> tuple[Route, ...]:
    """The ways in an answer like `PROXY a:8080; SOCKS b; DIRECT`, each once; an empty answer means direct.

    Raises PacBroken when it has entries and none can be used.
    """
    entries = [entry.strip() for entry in found.split(";") if entry.strip()] or ["DIRECT"]
    named: dict[tuple[Scheme, str, int], Route] = {}
    named_by, socks4 = pac.label, False
    for entry in entries:
        keyword, _, address = entry.partition(" ")
        socks4 = socks4 or keyword.upper() == "SOCKS4"
        route = _route(keyword.upper(), address, pac.source, named_by)
        if route:
            named.setdefault((route.scheme, route.host, route.port), route)
    if not named:
        raise PacBroken((_ONLY_SOCKS_4 if socks4 else _NOT_USABLE).format(file=pac.label_first))
    return tuple(named.values())[:_ROUTES_MAX]


def _route(keyword: str, address: str, source: Source, named_by: str) -> Route | None:
    if keyword == "DIRECT":
        return Route(Scheme.DIRECT, source=source, named_by=named_by)
    if keyword not in _KEYWORDS:
        return None
    try:
        return read_route(address, source, named_by, scheme=_KEYWORDS[keyword])
    except NoProxyAddress:
        return None


def _run(question: bytes) -> bytes:
    """The answer of the runner. Raises TimeoutError, OSError; it has ended when this returns."""
    command = [sys.executable, "-P", "-X", "utf8", str(Path(pac_runner.__file__))]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    stdin, stdout = process.stdin, process.stdout

    def begin() -> bytes:
        stdin.write(question)
        stdin.close()
        return stdout.readline(_ANSWER_MAX)

    try:
        if not within(_START_SECONDS, begin):
            raise OSError("the runner ended at once")
        return within(_RUN_SECONDS, lambda: stdout.read(_ANSWER_MAX))
    finally:
        process.kill()
        process.wait()
        with contextlib.suppress(OSError):
            stdin.close()
        stdout.close()
