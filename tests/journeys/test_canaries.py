"""Private values planted everywhere a report comes from: none may be in the bytes on the wire."""

from __future__ import annotations

import email
import email.policy
import io
import random
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snapper import disk, flow, machine
from snapper.answer import Answer, LogChoice, Picture
from snapper.capture.frame import Frame, Monitor, Rect, Window
from snapper.config import Settings
from snapper.connect import endpoint, sources
from snapper.delivery.worker import deliver
from snapper.outbox import Outbox
from snapper.privacy.seeds import Known
from snapper.report import Report
from snapper.state import State
from tests.desks import Desk, desk_at, read_request, server_that

USER, FULL_NAME, HOST, TITLE_ACCOUNT = "jgruenwald", "Jürgen Grünwald", "WKS-LON-0042", "DU7654321"
PROXY_PASSWORD = "Tr0ub4dor&3"
FOLDER_USER = "djgblkjyvm"
IDENTITY = Known(
    users=(USER, FULL_NAME),
    hosts=(HOST, "wks-lon-0042.corp.example"),
    homes=(rf"C:\Users\{FULL_NAME}", f"/home/{USER}"),
    addresses=("10.20.30.40", "fd00:aa::15"),
    macs=("00:15:5d:01:a2:b3",),
    secrets=(PROXY_PASSWORD,),
)
KNOWN = (USER, FULL_NAME, HOST, TITLE_ACCOUNT, PROXY_PASSWORD, FOLDER_USER, *IDENTITY.addresses)
PATHS = (
    rf"C:\Users\{FULL_NAME}\Jts", f"C:/Users/{FULL_NAME}/Jts", rf"C:\\Users\\{FULL_NAME}\\Jts",
    "file:///C:/Users/J%C3%BCrgen%20Gr%C3%BCnwald/Jts", rf"\\?\C:\Users\{FULL_NAME}\Jts",
    f"/home/{USER}/Jts", rf"c:\users\{FULL_NAME.upper()}\jts", f"/mnt/c/Users/{FULL_NAME}/Jts",
)  # fmt: skip
ACCOUNT_KINDS = ("U", "DU", "DF", "F", "I")
SECRETS = ("password=", "Authorization: Bearer ", '"api_key": "', "IbPassword=", "token: ")
ENCODINGS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be")


@dataclass(frozen=True)
class Canary:
    """A private value, what it stands behind in a line, and whether a line may break inside it."""

    value: str
    before: str = ""
    breakable: bool = False


def canaries() -> st.SearchStrategy[Canary]:
    """Every class of private value, known beforehand or not."""
    digits = st.text("0123456789", min_size=6, max_size=9)
    name = st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=9)
    ipv4 = st.integers(0x0B000001, 0xDFFFFFFF).map(IPv4Address).filter(private_enough).map(str)
    token = st.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=12, max_size=30)
    return st.one_of(
        st.builds(lambda kind, number: Canary(kind + number), st.sampled_from(ACCOUNT_KINDS), digits),
        st.builds(lambda a, b, c: Canary(f"{a}.{b}@{c}.com"), name, name, name),
        ipv4.map(Canary),
        st.integers(0x20010DB8 << 96, 0x20010DB9 << 96).map(lambda at: Canary(str(IPv6Address(at)))),
        ipv4.map(lambda address: Canary(address, before="::ffff:")),
        st.lists(st.integers(16, 255), min_size=6, max_size=6, unique=True).map(
            lambda numbers: Canary(bytes(numbers).hex(":"))
        ),
        st.sampled_from(PATHS).map(lambda path: Canary(path, before="in ")),
        st.sampled_from(KNOWN).map(lambda value: Canary(value, breakable=len(value) >= 8)),
        st.builds(
            lambda before, value: Canary(value, before=before),
            st.sampled_from(SECRETS),
            token,
        ),
    )  # fmt: skip


def private_enough(address: IPv4Address) -> bool:
    """Loopback, masks and the like are nobody's secret."""
    return not (address.is_loopback or address.is_multicast or address.is_reserved)


@dataclass
class Machine:
    """A computer with a TWS folder, an outbox, and a way to a desk on which every byte is recorded."""

    folder: Path
    settings: Settings
    wire: list[bytes]
    desk: Desk

    @property
    def log(self) -> Path:
        """A plain log of today."""
        return self.folder / "Jts" / FOLDER_USER / f"tws.{datetime.now():%a}.log"

    def send(self, note: str, files: list[Path]) -> Report:
        """Send a report with everything; returns what the desk got."""
        self.wire.clear()
        outbox = Outbox(self.settings.outbox_folder)
        answer = Answer(note, None, Picture.SCREEN, LogChoice())
        entry = flow.keep(outbox, answer, sources(self.settings), frame=frame(), files=files)
        assert entry.state is State.WAITING, entry.delivery
        after = deliver(outbox, entry.id, lambda report: endpoint(self.settings))
        assert after and after.state is State.DELIVERED, after
        return after.report


def frame() -> Frame:
    """A desktop with TWS in front, its account in the title."""
    area = Rect(0, 0, 64, 48)
    window = Window(1, Rect(0, 0, 60, 40), f"{TITLE_ACCOUNT} Trader Workstation")
    return Frame(bytearray(64 * 48 * 4), area, (Monitor(area),), window, 1_787_000_000.0)


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """The machine, with known private values."""
    monkeypatch.setattr(machine, "identity", lambda: IDENTITY)
    home = tmp_path / "Jts"
    (home / FOLDER_USER).mkdir(parents=True)
    (home / "jts.ini").write_text(f"[Logon]\nUserNameToDirectory=ghbmadklx,{FOLDER_USER}\n")
    (home / "launcher.log").write_text("2026-08-31 08:14:59.012 INFO  [JTS-Main] - Build 10.50.1e\n")
    wire: list[bytes] = []
    with desk_at(tmp_path / "desk") as desk:
        host, port = desk.url.removeprefix("http://").split(":")

        def hand_on(connection: socket.socket) -> None:
            while request := read_request(connection):
                wire.append(request)
                with socket.create_connection((host, int(port))) as there:
                    there.sendall(request)
                    connection.sendall(read_request(there))

        with server_that(hand_on) as url:
            found = Settings(
                delivery_url=url,
                delivery_token=desk.token,
                logs_folders=(home,),
                outbox_folder=tmp_path / "outbox",
            )
            yield Machine(tmp_path, found, wire, desk)


def on_the_wire(requests: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """Every part of every upload, and every file inside an archive."""
    for request in requests:
        head, _, body = request.partition(b"\r\n\r\n")
        yield "the address", head.split(b"\r\n")[0]
        _, _, headers = head.partition(b"\r\n")
        message = email.message_from_bytes(headers + b"\r\n\r\n" + body, policy=email.policy.HTTP)
        for part in message.iter_parts() if message.is_multipart() else []:
            name, content = part.get_filename() or "?", part.get_payload(decode=True)
            assert isinstance(content, bytes)
            yield f"the name {name}", name.encode()
            yield name, content
            if name.endswith(".zip"):
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    for inside in archive.namelist():
                        yield f"the name {inside}", inside.encode()
                        yield inside, archive.read(inside)


def survivors(wire: list[bytes], values: list[str]) -> list[tuple[str, str]]:
    """The values that are still there, in whatever encoding, case, and with or without line breaks."""
    found = []
    for where, content in on_the_wire(wire):
        for variant in {content, content.replace(b"\r\n", b"").replace(b"\n", b"").replace(b"\n\0", b"")}:
            lower = variant.lower()
            for value in values:
                spellings = {
                    value,
                    value.lower(),
                    value.replace("\\", "/"),
                    value.encode("unicode_escape").decode(),
                }
                for spelling in spellings:
                    for encoding in ENCODINGS:
                        if spelling.lower().encode(encoding) in lower:
                            found.append((where, value))
    return found


def planted(canary: Canary, encoding: str, chance: random.Random) -> bytes:
    """A line of a log with the value in it."""
    value = canary.value
    if canary.breakable and chance.random() < 0.5:
        at = chance.randrange(2, len(value) - 2)
        value = f"{value[:at]}\n{value[at:]}"
    quote = '"' if canary.before.endswith('"') else ""
    line = f"2026-08-31 22:21:58.473 INFO  [JTS-Main] - seen {canary.before}{value}{quote} here\n"
    return line.encode(encoding, "replace")


def representable(canary: Canary, encoding: str) -> bool:
    """Whether the value can be written in that encoding at all."""
    return canary.value.encode(encoding, "replace").decode(encoding) == canary.value


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    planned=st.lists(st.tuples(canaries(), st.sampled_from(ENCODINGS)), min_size=1, max_size=12),
    seed=st.integers(0, 2**32),
)
def test_no_planted_value_is_on_the_wire(
    computer: Machine, planned: list[tuple[Canary, str]], seed: int
) -> None:
    chance = random.Random(seed)
    planned = [(canary, encoding) for canary, encoding in planned if representable(canary, encoding)]
    filler = b"2026-08-31 22:21:58.543 INFO  [JTS-Main] - Setting custom timezone: Asia/Kolkata\n"
    content = bytearray()
    for canary, encoding in planned:
        line = planted(canary, encoding, chance)
        if chance.random() < 0.3:  # across the border of what is read at once
            border = (len(content) // disk.CHUNK + 1) * disk.CHUNK - chance.randrange(1, len(line))
            content += filler * max(0, (border - len(content)) // len(filler))
            content += b" " * max(0, border - len(content) - 1) + b"\n"
        content += line
    computer.log.write_bytes(bytes(content))
    eight_bit = [canary for canary, encoding in planned if encoding in ("utf-8", "cp1252")]
    note = " / ".join(f"{canary.before}{canary.value}" for canary in eight_bit)
    attached = computer.folder / f"trace of {USER}.txt"
    attached.write_bytes(bytes(content[-4000:]))
    computer.send(note, [attached])
    assert survivors(computer.wire, [canary.value for canary, _ in planned] + [USER, TITLE_ACCOUNT]) == []


def test_what_is_left_in_a_file_that_cannot_be_changed_stops_the_report(computer: Machine) -> None:
    """The redactor cannot look into a spreadsheet; the last look can, and nothing is sent."""
    sheet = computer.folder / "orders.xlsx"
    with zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<t>{FULL_NAME}</t>" + "<t>AAPL</t>" * 1000)
    outbox = Outbox(computer.settings.outbox_folder)
    answer = Answer("see the sheet", None, Picture.NONE, None)
    entry = flow.keep(outbox, answer, sources(computer.settings), files=[sheet])
    assert entry.state is State.HELD
    assert "orders.xlsx" in entry.delivery.sentence
    assert FULL_NAME not in entry.delivery.sentence
    deliver(outbox, entry.id, lambda report: endpoint(computer.settings))
    assert (computer.wire, outbox.entry(entry.id).state) == ([], State.HELD)
    outbox.release(entry.id)
    after = deliver(outbox, entry.id, lambda report: endpoint(computer.settings))
    assert after and after.state is State.DELIVERED
