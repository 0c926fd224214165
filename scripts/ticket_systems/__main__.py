"""`scripts/peers`: prepares the real ticket systems, or runs one for a person who wants to try it."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from scripts.ticket_systems import SYSTEMS, install, start, why_not


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="scripts/peers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("install", help="install what is missing and prepare a template of each system")
    starting = commands.add_parser("start", help="run a fresh private instance until Ctrl+C")
    starting.add_argument("system", choices=SYSTEMS)
    starting.add_argument("options", nargs="*", metavar="NAME=VALUE", help="settings of the system")
    arguments = parser.parse_args()
    if arguments.command == "install":
        return _install()
    return _run(arguments.system, dict(option.split("=", 1) for option in arguments.options))


def _install() -> int:
    for system in SYSTEMS:
        began = time.monotonic()
        install(system)
        print(f"{system}: ready ({time.monotonic() - began:.1f} s)", file=sys.stderr)
    return 0


def _run(system: str, options: dict[str, str]) -> int:
    if reason := why_not(system):
        print(reason, file=sys.stderr)
        return 1
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder, start(system, Path(folder), options) as running:
        for name, value in vars(running.peer).items():
            print(f"{name:7} {value}", flush=True)
        print(f"started in {time.monotonic() - began:.1f} s; Ctrl+C ends it", file=sys.stderr)
        try:
            signal.pause()
        except KeyboardInterrupt:
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
