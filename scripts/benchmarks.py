"""Measures snapper against its targets and prints a table; each group of figures is a function of its own."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from scripts.bench_capture import capture
from scripts.bench_known_problems import known_problems
from scripts.bench_listener import commands, listener
from scripts.bench_packing import packing
from scripts.bench_privacy import privacy
from scripts.bench_tools import Figure

GROUPS: dict[str, Callable[[bool], Iterable[Figure]]] = {
    "listener": listener,
    "commands": commands,
    "capture": capture,
    "packing": packing,
    "privacy": privacy,
    "known problems": known_problems,
}


def main() -> None:
    """Measure and print; ends with 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--only", choices=GROUPS, action="append", help="measure this group (repeatable)")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller, to see whether it works")
    options = parser.parse_args()
    figures: dict[str, list[Figure]] = {}
    for group in options.only or GROUPS:
        print(f"Measuring {group} …", file=sys.stderr)
        figures[group] = list(GROUPS[group](options.quick))
    print(as_json(figures) if options.json else as_table(figures))
    sys.exit(any(figure.met is False for group in figures.values() for figure in group))


def machine() -> str:
    """The machine in one line."""
    model = next(
        (line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")),
        platform.machine(),
    )
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, {system}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def as_json(figures: dict[str, list[Figure]]) -> str:
    """The figures for scripts."""
    groups = {name: [asdict(figure) for figure in group] for name, group in figures.items()}
    return json.dumps({"machine": machine(), "figures": groups}, ensure_ascii=False, indent=1)


def as_table(figures: dict[str, list[Figure]]) -> str:
    """The figures for people."""
    lines = [machine()]
    for name, group in figures.items():
        lines += ["", f"{name:<44} {'measured':>12}  target"]
        lines += [_row(figure) for figure in group]
    return "\n".join(lines)


def _row(figure: Figure) -> str:
    digits = 1 if figure.value < 1000 else 0
    verdict = {None: "", True: "met", False: "MISSED"}[figure.met]
    measured = f"{figure.value:.{digits}f} {figure.unit}".strip()
    return f"  {figure.name:<42} {measured:>12}  {figure.target:<10} {verdict}".rstrip()


if __name__ == "__main__":
    main()
