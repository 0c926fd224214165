"""A data-protection server as inspecting proxies ask it (ICAP, RFC 3507, REQMOD), on a port.

It reads the whole body of every request. One that holds the marker is answered with a page (403); everything
else is handed back as it came.
"""

from __future__ import annotations

import socketserver
import sys
from io import BufferedIOBase

from tests.network.programs.marker import MARKER

INCIDENT = "DLP-2024-0815"
_TITLE = "Blocked by Example DLP"
_PAGE = f"<html><head><title>{_TITLE}</title></head><body>Incident {INCIDENT}</body></html>".encode()
_OK = b'ICAP/1.0 200 OK\r\nISTag: "lab-1"\r\nConnection: close\r\nEncapsulated: %s=0, %s=%d\r\n\r\n'
_SERVICE = (
    b'ICAP/1.0 200 OK\r\nISTag: "lab-1"\r\nMethods: REQMOD\r\nService: Example DLP\r\n'
    b"Encapsulated: null-body=0\r\nConnection: close\r\n\r\n"
)


class Dlp(socketserver.StreamRequestHandler):
    """One question of the proxy: its headers, the HTTP headers in it, and the body in chunks."""

    def handle(self) -> None:
        """Read the question, answer it, close."""
        head = _until_blank_line(self.rfile)
        if head.startswith(b"OPTIONS"):
            self.wfile.write(_SERVICE)
            return
        parts = _encapsulated(head)
        request = self.rfile.read(parts[-1][1])
        has_body = parts[-1][0] == b"req-body"
        body = _chunks(self.rfile) if has_body else b""
        if MARKER in body:
            self.wfile.write(_page())
        else:
            self.wfile.write(_adapted(request, body if has_body else None))


def _until_blank_line(file: BufferedIOBase) -> bytes:
    lines = []
    while (line := file.readline()).strip():
        lines.append(line)
    return b"".join(lines)


def _encapsulated(head: bytes) -> list[tuple[bytes, int]]:
    """The parts that follow, with their offsets: `req-hdr=0, req-body=412`."""
    [line] = [line for line in head.splitlines() if line.lower().startswith(b"encapsulated:")]
    pairs = (part.strip().split(b"=") for part in line.partition(b":")[2].split(b","))
    return [(name, int(offset)) for name, offset in pairs]


def _chunks(file: BufferedIOBase) -> bytes:
    pieces = []
    while size := int(file.readline().split(b";")[0], 16):
        pieces.append(file.read(size))
        file.readline()
    _until_blank_line(file)
    return b"".join(pieces)


def _chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"


def _adapted(request: bytes, body: bytes | None) -> bytes:
    kind = b"null-body" if body is None else b"req-body"
    return _OK % (b"req-hdr", kind, len(request)) + request + (b"" if body is None else _chunked(body))


def _page() -> bytes:
    answer = (
        b"HTTP/1.1 403 Forbidden\r\nServer: Example DLP\r\nX-Incident: %s\r\nContent-Type: text/html\r\n"
        b"Content-Length: %d\r\n\r\n" % (INCIDENT.encode(), len(_PAGE))
    )
    return _OK % (b"res-hdr", b"res-body", len(answer)) + answer + _chunked(_PAGE)


class Server(socketserver.ThreadingTCPServer):
    """Many questions at once."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


if __name__ == "__main__":
    with Server(("127.0.0.1", int(sys.argv[1])), Dlp) as server:
        server.serve_forever()
