"""Desks that kill themselves with SIGKILL just before their n-th step of storing.

Each line on stdin, `<step> <folder>`, forks one; its first line on stdout is the address and its process id,
its last one how many steps it made (when it was not killed). A step is a call that changes the disk.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from snapper.desk import Store, serve
from tests.kill_at import Killer

STEPS = frozenset(
    {
        "mkdir",
        "open",
        "write",
        "fsync",
        "replace",
        "rename",
        "execute",
        "unlink",
        "rmdir",
        "close",
        "truncate",
        "link",
    }
)


def desk(folder: Path, last: int) -> None:
    """Serve until told to end; steps count once the desk listens, and the process dies before step `last`."""
    listens = threading.Event()
    killer = Killer(last, lambda called: listens.is_set() and getattr(called, "__name__", "") in STEPS)
    killer.watch()
    store = Store(folder)

    def announce(url: str) -> None:
        print(url, os.getpid(), flush=True)
        listens.set()

    serve(store, "127.0.0.1", 0, announce=announce)
    listens.clear()
    print(killer.count, flush=True)


def main() -> None:
    for line in sys.stdin:
        last, _, folder = line.rstrip("\n").partition(" ")
        child = os.fork()
        if not child:
            desk(Path(folder), int(last))
            os._exit(0)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
