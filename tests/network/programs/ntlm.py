"""Who answers squid's questions about NTLM; pyspnego checks every message, users are in NTLM_USER_FILE.

A connection to it is one helper of squid: it says `YR` (begin, with the first message) and `KK`
(the last message) with base64 after it, and wants `TT challenge`, `AF user`, `NA reason` or `BH reason`.
squid's own user may not read this Python's folders, hence a server that squid's helper only talks to.
"""

from __future__ import annotations

import base64
import socketserver
import sys

import spnego


class Helper(socketserver.StreamRequestHandler):
    """One helper: one sign-in after the other."""

    def handle(self) -> None:
        """Answer line by line until squid hangs up."""
        context: spnego.ContextProxy | None = None
        for line in self.rfile:
            kind, _, rest = line.decode().strip().partition(" ")
            if kind == "YR":
                context = spnego.server(protocol="ntlm")
            answer = "BH out of turn" if context is None else _step(context, rest.partition(" ")[0])
            self.wfile.write(f"{answer}\n".encode())


def _step(context: spnego.ContextProxy, message: str) -> str:
    try:
        reply = context.step(base64.b64decode(message))
    except Exception as error:  # noqa: BLE001 - whatever a client sends that is not right is a refusal
        return f"NA {type(error).__name__}"
    if context.complete:
        return f"AF {str(context.client_principal).replace(' ', '_')}"
    return f"TT {base64.b64encode(reply or b'').decode()}"


class Server(socketserver.ThreadingTCPServer):
    """As many helpers as squid starts."""

    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    with Server(("127.0.0.1", int(sys.argv[1])), Helper) as server:
        server.serve_forever()
