"""`scripts/windows-lane`: builds a Windows Python with snapper under Wine, and runs tests in it."""

from __future__ import annotations

import argparse
import signal
import sys
import time

from scripts.windows_lane import interpreter, wine
from scripts.windows_lane.lane import Lane

_CANNOT = 2


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="scripts/windows-lane", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="build what is missing")
    for name, help_text in (
        ("test", "run pytest (tests/windows unless told otherwise)"),
        ("python", "run the Windows Python"),
        ("snapper", "run the installed snapper.exe"),
    ):
        commands.add_parser(name, help=help_text, add_help=False, prefix_chars="\0")
    chosen, rest = parser.parse_known_args()
    if reason := wine.why_not() or interpreter.why_not():
        print(f"There is no Windows lane here. {reason}", file=sys.stderr)
        return _CANNOT
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended
    lane = Lane()
    lane.build(_say)
    if chosen.command == "build":
        return 0
    began = time.monotonic()
    code = {"test": lane.test, "python": lane.python, "snapper": lane.snapper}[chosen.command](rest)
    _say(f"{chosen.command}: {time.monotonic() - began:.0f} s")
    return code


def _say(sentence: str) -> None:
    print(f"windows-lane: {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
