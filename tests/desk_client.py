"""A client of the desk for its tests: reports made of bytes, sent as multipart, and a browser's session."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from requests_toolbelt import MultipartEncoder

from snapper.desk import Limits, Store, running
from snapper.report import Attachment, Kind, LogEntry, Report, new_report_id, timestamp

Files = Mapping[str, bytes]
UPLOADS = "/api/v1/uploads"
PIECE = "application/offset+octet-stream"


def make_report(
    files: Files | None = None,
    *,
    note: str = "The chart froze.",
    ticket: str | None = None,
    logs: tuple[LogEntry, ...] = (),
) -> Report:
    """A new report about these files; `logs` are said to be inside `logs.zip`."""
    parts = tuple(_attachment(name, data, logs) for name, data in (files or {}).items())
    now = time.time()
    return Report(new_report_id(now), timestamp(now), note, ticket, parts, {"OS": "Debian 12"})


def _attachment(name: str, data: bytes, logs: tuple[LogEntry, ...]) -> Attachment:
    digest = hashlib.sha256(data).hexdigest()
    if name == "logs.zip":
        return Attachment(name, len(data), digest, Kind.LOGS, "application/zip", logs)
    return Attachment(name, len(data), digest, Kind.FILE)


def body_of(manifest: bytes, files: Files | list[tuple[str, bytes]]) -> MultipartEncoder:
    """The multipart body of a report; `files` may differ from what the manifest says."""
    pairs = files if isinstance(files, list) else list(files.items())
    fields: list[tuple[str, Any]] = [("report", ("report.json", manifest, "application/json"))]
    fields += [("file", (name, data, "application/octet-stream")) for name, data in pairs]
    return MultipartEncoder(fields, boundary="the-boundary")


def upload_metadata(**pairs: str) -> str:
    """An Upload-Metadata header."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def checksum(data: bytes, kind: str = "sha256") -> str:
    """An Upload-Checksum header."""
    return f"{kind} {base64.b64encode(hashlib.new(kind, data).digest()).decode()}"


@dataclass
class Desk:
    """A running desk, its store and a token for it."""

    url: str
    store: Store
    token: str

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, for raw sockets."""
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    def post(
        self,
        report: Report | bytes,
        files: Files | list[tuple[str, bytes]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a report."""
        manifest = report if isinstance(report, bytes) else report.to_json()
        body = body_of(manifest, files or {})
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": body.content_type, **(headers or {})}
        return requests.post(f"{self.url}/api/v1/reports", data=body, headers=sent, timeout=60)

    def tus(self, method: str, path: str, data: bytes | None = None, **headers: str) -> requests.Response:
        """A request of tus; `Upload_Offset="5"` becomes a header."""
        sent = {"Authorization": f"Bearer {self.token}", "Tus-Resumable": "1.0.0"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(method, self.url + path, data=data, headers=sent, timeout=60)

    def announce(self, report_id: str, name: str, size: int) -> requests.Response:
        """Create an upload, or find it again."""
        metadata = upload_metadata(report=report_id, filename=name)
        return self.tus("POST", UPLOADS, Upload_Length=str(size), Upload_Metadata=metadata)

    def append(self, place: str, offset: int, data: bytes, **headers: str) -> requests.Response:
        """Send a piece of an upload."""
        return self.tus("PATCH", place, data, Upload_Offset=str(offset), Content_Type=PIECE, **headers)

    def offset(self, place: str) -> int:
        """How far an upload is."""
        return int(self.tus("HEAD", place).headers["Upload-Offset"])

    def upload(self, report: Report, name: str, data: bytes, *, proven: bool = False) -> str:
        """Upload a whole file, or what is left of it, with a checksum if `proven`; returns where it is."""
        answer = self.announce(report.id, name, len(data))
        place, offset = answer.headers["Location"], int(answer.headers["Upload-Offset"])
        if offset < len(data):
            headers = {"Upload_Checksum": checksum(data[offset:])} if proven else {}
            assert self.append(place, offset, data[offset:], **headers).status_code == 204
        return place

    def hand_over(
        self, report: Report | bytes, uploads: Mapping[str, object], headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Send a report whose files were uploaded."""
        manifest = report if isinstance(report, bytes) else report.to_json()
        body = json.dumps({"report": manifest.decode(), "uploads": uploads}).encode()
        return self.post_json(body, headers)

    def post_json(self, body: bytes, headers: Mapping[str, str] | None = None) -> requests.Response:
        """Send any body as a report in JSON."""
        sent = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        return requests.post(f"{self.url}/api/v1/reports", data=body, headers=sent, timeout=60)

    def get(self, path: str) -> requests.Response:
        """Ask the contract something."""
        return requests.get(
            f"{self.url}/api/v1/{path}", headers={"Authorization": f"Bearer {self.token}"}, timeout=60
        )

    def files(self) -> list[str]:
        """Everything below `files/`, `staging/` and `uploads/`, by path."""
        found = []
        for part in ("files", "staging", "uploads"):
            # os.walk passes over what vanishes while it looks; Path.rglob fails on it.
            for folder, folders, files in os.walk(self.store.folder / part):
                inside = Path(folder).relative_to(self.store.folder / part)
                found += [str(inside / name) for name in (*folders, *files)]
        return sorted(found)

    def is_empty(self) -> bool:
        """Whether nothing at all is stored, neither visible nor half."""
        return not self.files() and not self.store.tickets()

    def staff(self) -> Browser:
        """A browser that signed in as ada."""
        browser = Browser(self.url)
        browser.submit("/sign-in", "/sign-in", name="ada", password="correct horse")
        return browser


class Browser:
    """A session with cookies that posts forms as a person would: from the page that holds them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, **options: Any) -> requests.Response:
        """Open a page."""
        return self.session.get(self.url + path, timeout=60, **options)

    def submit(self, page: str, action: str, **fields: str) -> requests.Response:
        """Open a page and send a form on it."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(page).text)
        assert found, f"no form on {page}"
        return self.session.post(self.url + action, data={"csrf": found[1], **fields}, timeout=60)


@contextmanager
def running_desk(folder: Path, limits: Limits | None = None) -> Iterator[Desk]:
    """A desk on a free port with one token and one member of staff, ada."""
    store = Store(folder)
    token = store.add_token("office")
    store.add_user("ada", "correct horse")
    try:
        with running(store, limits=limits) as url:
            yield Desk(url, store, token)
    finally:
        store.close()


def announced(desk: Desk, size: int) -> str:
    """A new upload's place."""
    return desk.announce(new_report_id(time.time()), "a.bin", size).headers["Location"]


def kept(desk: Desk, place: str) -> bytes:
    """What is on disk of an upload; asking for it in this way ends nobody's turn."""
    return (desk.store.folder / "uploads" / place.rpartition("/")[2]).read_bytes()


@contextmanager
def cut_off(
    desk: Desk, place: str, offset: int, data: bytes, length: int, *more: str
) -> Iterator[socket.socket]:
    """A connection that sends a part of a PATCH of `length` bytes and then no more."""
    lines = [
        f"PATCH {place} HTTP/1.1", "Host: desk", f"Authorization: Bearer {desk.token}",
        "Tus-Resumable: 1.0.0", f"Content-Type: {PIECE}", f"Upload-Offset: {offset}",
        f"Content-Length: {length}", *more, "", "",
    ]  # fmt: skip
    with socket.create_connection(desk.address, timeout=30) as connection:
        connection.sendall("\r\n".join(lines).encode() + data)
        yield connection


def answer_of(connection: socket.socket) -> str:
    """The head and body of the answer that a connection gets."""
    with connection.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        length = int(head.lower().partition(b"content-length: ")[2].split()[0])
        return (head + stream.read(length)).decode()
