"""The server's own programs, in one process: a desk, and servers beside it that take everything, say nothing,
talk nonsense, or hand on what holds nothing confidential.

Started as `python -m tests.network.programs.desk FOLDER`; all listen on 127.0.0.1.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from snapper.desk import Store, serve
from tests.network.programs.accepting import in_background, rude, silent, watchful
from tests.network.programs.marker import MARKER

DESK_PORT, SINK_PORT, SILENT_PORT, RUDE_PORT, WATCHFUL_PORT = 8765, 8766, 8767, 8768, 8769
URL = "https://desk.snapper.test"


class Sink(BaseHTTPRequestHandler):
    """Takes any body and tells how much came and its hash, so that nothing else can pass for it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read the body, answer with its size and hash."""
        left, sha256 = int(self.headers["Content-Length"]), hashlib.sha256()
        while left and (piece := self.rfile.read(min(left, 65536))):
            left -= len(piece)
            sha256.update(piece)
        answer = json.dumps({"sha256": sha256.hexdigest()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main(folder: Path) -> None:
    """Serve until killed."""
    sink = ThreadingHTTPServer(("127.0.0.1", SINK_PORT), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    in_background("127.0.0.1", SILENT_PORT, silent)
    in_background("127.0.0.1", RUDE_PORT, rude)
    in_background("127.0.0.1", WATCHFUL_PORT, watchful(("127.0.0.1", 80), MARKER))
    with contextlib.closing(Store(folder)) as store:
        serve(store, "127.0.0.1", DESK_PORT, public_url=URL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
