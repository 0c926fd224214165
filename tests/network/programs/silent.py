"""A server that takes connections and never says a word: `python -m tests.network.programs.silent PORT`."""

from __future__ import annotations

import socket
import sys

from tests.network.programs.accepting import accept_for_ever, silent

if __name__ == "__main__":
    accept_for_ever(socket.create_server(("", int(sys.argv[1])), backlog=64), silent)
