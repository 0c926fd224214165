"""Runs one PAC file in a process of its own: a question as JSON on stdin, `ready` and an answer on stdout.

Started by its path, so nothing of snapper is imported here. The script is a stranger's: it sees no variables
of this computer, loads no modules, and the process ends by itself even when nobody is left to end it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib.util
import json
import os
import socket
import sys
import threading
import time
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_LIFE_SECONDS = 10.0  # whoever asked waits for less
_NAME_SECONDS = 0.25  # for one name, all names together _NAMES_SECONDS: less than the script has
_NAMES_SECONDS = 0.6
_KEPT_VARIABLES = ("TZ", "SYSTEMROOT")  # for the hours of timeRange(); for the sockets of Windows
_ELSEWHERE = ("198.51.100.1", "2001:db8::1")  # RFC 5737, 3849: beyond the own network; nothing is sent there
_DISCARD = 9
_NOT_FOR_SCRIPTS = ("process", "require", "console")  # what dukpy adds; `process.env` holds every variable

Addresses = list[tuple[int, str]]


class Names:
    """Resolves names, and gives up early: behind a proxy nobody may know them, and a script has a second."""

    def __init__(self, seconds: float = _NAMES_SECONDS) -> None:
        self._left = seconds
        self._known: dict[str, Addresses] = {}

    def addresses(self, host: object) -> Addresses:
        """Family and address, in the order of the system; empty when nobody knows the name in time."""
        name = str(host or "")
        if name not in self._known:
            self._known[name] = self._resolve(name)
        return self._known[name]

    def _resolve(self, name: str) -> Addresses:
        found: list[Addresses] = []

        def ask() -> None:
            with contextlib.suppress(OSError, ValueError):
                told = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
                found.append([(int(each[0]), str(each[4][0])) for each in told])

        if not name or self._left <= 0:
            return []
        thread, begun = threading.Thread(target=ask, daemon=True), time.monotonic()
        thread.start()
        thread.join(min(_NAME_SECONDS, self._left))
        self._left -= time.monotonic() - begun
        return found[0] if found else []


def own_address(family: int, others: Sequence[str]) -> str:
    """The address of this computer that packets to the first reachable of `others` leave from; "" if none."""
    for other in others:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as one:
            one.connect((other, _DISCARD))
            address = str(one.getsockname()[0])
            if not address.startswith("127.") and address not in ("0.0.0.0", "::", "::1"):
                return address
    return ""


def functions(host: str, near: str) -> dict[str, Callable[..., object]]:
    """What a script may ask of the network, with time limits; `near` is where the script came from."""
    names = Names()

    def resolved(name: object, *families: int) -> list[str]:
        return [address for family, address in names.addresses(name) if family in families]

    def dns_resolve(name: object = None, *_: object) -> str | None:
        return next(iter(resolved(name, socket.AF_INET)), None)

    def own(family: int, elsewhere: str) -> str:
        return own_address(family, [*resolved(host, family)[:1], *resolved(near, family)[:1], elsewhere])

    def my_address(*_: object) -> str:
        return own(socket.AF_INET, _ELSEWHERE[0]) or "127.0.0.1"

    def my_addresses(*_: object) -> str:
        families = (socket.AF_INET6, socket.AF_INET)
        return ";".join(filter(None, map(own, families, reversed(_ELSEWHERE))))

    return {
        "dnsResolve": dns_resolve,
        "isResolvable": lambda name=None, *_: dns_resolve(name) is not None,
        "myIpAddress": my_address,
        "dnsResolveEx": lambda name=None, *_: ";".join(resolved(name, socket.AF_INET, socket.AF_INET6)),
        "isResolvableEx": lambda name=None, *_: bool(names.addresses(name)),
        "myIpAddressEx": my_addresses,
        "alert": lambda *_: None,
    }


def parser() -> Any:
    """The parser of pypac without the rest of it: that loads requests, which takes longer than all this."""
    found = importlib.util.find_spec("pypac")
    if found is None or found.submodule_search_locations is None:
        raise ImportError("pypac")
    package = types.ModuleType("pypac")
    package.__path__ = list(found.submodule_search_locations)
    sys.modules["pypac"] = package
    return importlib.import_module("pypac.parser")


def prepared(ours: dict[str, Callable[..., object]]) -> Any:
    """pypac's parser with our functions, and an interpreter that has nothing else of this computer."""
    import dukpy

    class Interpreter(dukpy.JSInterpreter):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._funcs.clear()
            for name in _NOT_FOR_SCRIPTS:
                self.evaljs(f"delete globalThis.{name}; void 0")

    dukpy.JSInterpreter = Interpreter
    pypac = parser()
    for table in ("parser_functions", "parser_functions_ex"):
        module = importlib.import_module(f"pypac.{table}")
        for name in set(ours) & set(module.function_injections):
            setattr(module, name, ours[name])  # isInNet() and its like call them by name
            module.function_injections[name] = ours[name]
    return pypac


def evaluate(pypac: Any, text: str, url: str, host: str) -> str:
    """What the script says about an address. Raises what its parser and JavaScript raise."""

    class Script(pypac.PACFile):  # type: ignore[misc]
        asked = False

        def find_proxy_for_url(self, url: str, host: str) -> object:
            """Nothing while loading: the parser tries the script with an address that it need not know."""
            return super().find_proxy_for_url(url, host) if self.asked else ""

    script = Script(text)
    script.asked = True
    found = script.find_proxy_for_url(url, host)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise TypeError("not a text")
    return found


def main() -> None:
    """Answer the question on stdin."""
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process
    faulthandler.dump_traceback_later(_LIFE_SECONDS, exit=True, file=nowhere)
    for variable in set(os.environ) - set(_KEPT_VARIABLES):
        del os.environ[variable]
    question = json.loads(sys.stdin.buffer.read())
    pypac = prepared(functions(question["host"], question["near"]))
    _say("ready")
    try:
        _say({"found": evaluate(pypac, question["text"], question["url"], question["host"])})
    except Exception as error:  # noqa: BLE001 - whatever a stranger's script makes of it
        _say({"broken": type(error).__name__})
    os._exit(0)  # a name server that hangs would be waited for


def _say(what: object) -> None:
    sys.stdout.buffer.write(json.dumps(what).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
