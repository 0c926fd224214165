"""Delivery against a real desk and against servers that fail in one exact way."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from scripts.screen import wait_until
from snapper import bundle
from snapper.answer import Todo
from snapper.delivery.endpoints import Endpoint
from snapper.delivery.http import retry_after_seconds
from snapper.delivery.worker import Listener, Worker, attempt, deliver
from snapper.desk import Limits
from snapper.errors import CannotKeep, NeedsAttention, NotReached
from snapper.outbox import Outbox
from snapper.report import (
    Ambiguous,
    Blocked,
    Delivered,
    Kind,
    Receipt,
    Rejected,
    Report,
    Retry,
    Unconfirmed,
    timestamp,
)
from snapper.state import Entry, State
from tests.desks import Desk, answering, desk_at, endpoint_at, read_request, refused_url, server_that

NAMES = ("screenshot.png", "Überblick 漢字 ✓.log", "it's (1) & 50%.txt", "n" * 196 + ".txt", "empty")


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty outbox."""
    return Outbox(tmp_path / "outbox")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk that takes at most 3 MB."""
    with desk_at(tmp_path / "desk", limits=Limits(3 << 20, 3 << 20)) as running:
        yield running


def kept(outbox: Outbox, ticket: str | None = None, **files: bytes) -> Entry:
    """A report in the outbox with these files."""
    with outbox.prepare() as preparation:
        parts = tuple(
            bundle.attach_bytes(preparation.folder, name, data, Kind.FILE, bundle.media_type(name))
            for name, data in files.items()
        )
        draft = Report(preparation.id, timestamp(outbox.clock()), "ä ß 漢字 ✓\n2", ticket, parts)
        preparation.accept(draft, Todo())
        preparation.seal(draft)
        return preparation.publish()


def endpoint(desk: Desk, token: str | None = None) -> Endpoint:
    """The desk as delivery sees it."""
    return endpoint_at(desk.url, desk.token if token is None else token, idle_seconds=5)


def opened(outbox: Outbox, entry: Entry) -> bundle.Bundle:
    """The bundle of an entry."""
    return bundle.read(outbox.folder / entry.id)


def test_every_byte_arrives_under_every_kind_of_name(outbox: Outbox, desk: Desk) -> None:
    files = {name: bytes([number]) * number * 99_991 for number, name in enumerate(reversed(NAMES))}
    entry = kept(outbox, **files)
    sent: list[int] = []
    after = deliver(outbox, entry.id, lambda report: endpoint(desk), sent.append)
    assert after and after.state is State.DELIVERED and after.delivery.receipt
    assert sent == sorted(sent)
    assert sent[-1] > sum(map(len, files.values()))
    stored = desk.store.find(entry.id)
    assert stored and stored.report == entry.report
    assert {name: desk.store.path(stored.report, name).read_bytes() for name in files} == files


def test_a_report_the_desk_has_is_not_sent_again(outbox: Outbox, desk: Desk) -> None:
    entry = kept(outbox, a=b"a")
    first = attempt(endpoint(desk), opened(outbox, entry))
    sent: list[int] = []
    second = attempt(endpoint(desk), opened(outbox, entry), sent.append)
    assert isinstance(first, Delivered)
    assert second == first
    assert sent == []
    assert len(desk.notes()) == 1


def test_reports_join_the_ticket_they_name(outbox: Outbox, desk: Desk) -> None:
    first = attempt(endpoint(desk), opened(outbox, kept(outbox)))
    assert isinstance(first, Delivered)
    second = attempt(endpoint(desk), opened(outbox, kept(outbox, ticket=first.receipt.ticket)))
    assert isinstance(second, Delivered)
    assert second.receipt.ticket == first.receipt.ticket
    assert second.receipt.code != first.receipt.code


def test_a_missing_ticket_is_rejected_with_the_way_out(outbox: Outbox, desk: Desk) -> None:
    outcome = attempt(endpoint(desk), opened(outbox, kept(outbox, ticket="9999")))
    assert isinstance(outcome, Rejected)
    assert "9999" in outcome.sentence
    assert "resend" in outcome.remedy


def test_a_closed_ticket_is_rejected(outbox: Outbox, desk: Desk) -> None:
    first = attempt(endpoint(desk), opened(outbox, kept(outbox)))
    assert isinstance(first, Delivered)
    desk.store.set_state(int(first.receipt.ticket), "closed")
    outcome = attempt(endpoint(desk), opened(outbox, kept(outbox, ticket=first.receipt.ticket)))
    assert isinstance(outcome, Rejected)
    assert "closed" in outcome.sentence


def test_a_wrong_token_needs_a_person(outbox: Outbox, desk: Desk) -> None:
    outcome = attempt(endpoint(desk, token="wrong"), opened(outbox, kept(outbox)))
    assert isinstance(outcome, Blocked)
    assert "token" in outcome.sentence
    assert desk.notes() == []


def test_a_report_above_the_limit_is_told_before_it_is_sent(outbox: Outbox, desk: Desk) -> None:
    entry = kept(outbox, big=b"x" * (4 << 20))
    sent: list[int] = []
    outcome = attempt(endpoint(desk), opened(outbox, entry), sent.append)
    assert isinstance(outcome, Rejected)
    assert "3 MB" in outcome.sentence
    assert sent == []


def test_a_changed_file_is_never_sent(outbox: Outbox, desk: Desk) -> None:
    entry = kept(outbox, a=b"a")
    (outbox.folder / entry.id / "a").write_bytes(b"b")
    assert isinstance(attempt(endpoint(desk), opened(outbox, entry)), Rejected)
    assert desk.notes() == []


def test_a_probe_names_the_desk_and_notices_a_wrong_token(desk: Desk) -> None:
    assert endpoint(desk).name in endpoint(desk).probe()
    with pytest.raises(NeedsAttention):
        endpoint(desk, token="wrong").probe()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "not a receipt"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://portal.invalid/\r\nContent-Length: 0\r\n\r\n",
            "status 302",
        ),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404"),
        (b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", "status 413"),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 77\r\nContent-Length: 0\r\n\r\n", "status 503"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", "was cut"),
        (b"", "was cut"),
        (b"\x05\xff", "in place of the ticket system"),
    ],
)
def test_only_the_desks_own_word_counts(outbox: Outbox, answer: bytes, words: str) -> None:
    with server_that(answering(answer)) as url:
        outcome = attempt(endpoint_at(url, "t", idle_seconds=5), opened(outbox, kept(outbox)))
    assert isinstance(outcome, Retry | Ambiguous)
    assert words in outcome.sentence
    assert getattr(outcome, "after", None) in (None, 77.0)


def test_a_desk_that_is_off_means_try_again(outbox: Outbox) -> None:
    outcome = attempt(endpoint_at(refused_url(), "t"), opened(outbox, kept(outbox)))
    assert isinstance(outcome, Retry)
    assert "refuses the connection" in outcome.sentence


def test_a_desk_that_falls_silent_ends_the_attempt(outbox: Outbox) -> None:
    silent = threading.Event()
    with server_that(lambda connection: (read_request(connection), silent.wait(20))[0] and None) as url:
        outcome = attempt(endpoint_at(url, "t", idle_seconds=0.3), opened(outbox, kept(outbox)))
        silent.set()
    assert isinstance(outcome, Retry)
    assert "does not answer" in outcome.sentence


def test_no_answer_after_the_whole_body_means_it_may_have_landed(outbox: Outbox) -> None:
    about = json.dumps({"contract": "snapper-report/1", "limits": {}}).encode()
    problem = b"HTTP/1.1 404 N\r\nContent-Type: application/problem+json\r\nContent-Length: 2\r\n\r\n{}"

    posted: list[bytes] = []

    def answer(connection: object) -> None:
        while (request := read_request(connection)) and not posted:  # type: ignore[arg-type]
            if request.startswith(b"GET /api/v1/reports"):
                connection.sendall(problem)  # type: ignore[attr-defined]
            elif request.startswith(b"GET"):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(about) + about)  # type: ignore[attr-defined]
            else:
                posted.append(request)

    with server_that(answer) as url:
        outcome = attempt(endpoint_at(url, "t", idle_seconds=5), opened(outbox, kept(outbox, a=b"a")))
    assert isinstance(outcome, Ambiguous)
    assert "was sent" in outcome.sentence


class _Claims:
    """A ticket system that claims to have a report already."""

    name = "claims"
    in_steps = False

    def __init__(self, receipt: Receipt) -> None:
        self.receipt = receipt

    def find(self, report: object, steps: object = None) -> Receipt:
        """Always this one."""
        return self.receipt

    def commit(self, report: object, steps: object, progress: object = None) -> Receipt:
        """Never asked."""
        raise AssertionError

    def probe(self) -> str:
        """Never asked."""
        raise AssertionError


def test_delivered_needs_the_hashes(outbox: Outbox) -> None:
    entry = kept(outbox, a=b"a")
    report = opened(outbox, entry)

    def receipt(*stored: object) -> Receipt:
        return Receipt(entry.id, "1", "c", "u", "t", stored)  # type: ignore[arg-type]

    assert isinstance(attempt(_Claims(receipt(*report.files)), report), Delivered)
    other = replace(report.files[1], sha256="0" * 64)
    assert isinstance(attempt(_Claims(receipt(report.files[0], other)), report), Rejected)
    assert isinstance(attempt(_Claims(receipt()), report), Unconfirmed)


def test_the_worker_delivers_once_the_desk_is_there(outbox: Outbox, desk: Desk) -> None:
    entry, told = kept(outbox, a=b"a"), []
    listener = Listener(lambda entry, sent: None, told.append, lambda sentence: None)
    addresses = [refused_url()]
    worker = Worker(outbox, lambda report: endpoint_at(addresses[-1], desk.token), listener)
    worker.start()
    wait_until(lambda: told, "the first attempt ended")
    assert told[0].state is State.WAITING
    addresses.append(desk.url)
    worker.deliver_now(entry.id)
    wait_until(lambda: told[-1].state is State.DELIVERED, "it was delivered")
    worker.stop()
    assert len(desk.notes()) == 1


def test_a_paused_worker_sends_nothing_until_it_goes_on(outbox: Outbox, desk: Desk) -> None:
    told: list[Entry] = []
    listener = Listener(lambda entry, sent: None, told.append, lambda sentence: None)
    worker = Worker(outbox, lambda report: endpoint(desk), listener)
    worker.pause(True)
    worker.start()
    kept(outbox)
    worker.wake()
    assert desk.notes() == []
    worker.pause(False)
    wait_until(lambda: told, "it was delivered")
    worker.stop()
    assert len(desk.notes()) == 1


def test_a_worker_leaves_alone_what_another_process_sends(outbox: Outbox, desk: Desk) -> None:
    entry = kept(outbox)
    with outbox.hold(entry.id):
        assert deliver(outbox, entry.id, lambda report: endpoint(desk)) is None
    assert desk.notes() == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120.0), ("Thu, 01 Jan 1970 00:16:40 GMT", 1000.0), ("Wed, 31 Dec 1969 00:00:00 GMT", 0.0)],
)
def test_retry_after_is_read_as_seconds_or_a_date(text: str, seconds: float) -> None:
    assert retry_after_seconds(text, 0.0) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "9" * 40, "Thu, 99 Foo"])
def test_a_retry_after_that_says_nothing_is_ignored(text: str) -> None:
    assert retry_after_seconds(text, 0.0) is None


def test_a_certificate_of_an_unknown_authority_is_not_trusted() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    def shake_hands(connection: socket.socket) -> None:
        with contextlib.suppress(ssl.SSLError):
            context.wrap_socket(connection, server_side=True).close()

    with server_that(shake_hands) as url, pytest.raises(NotReached, match="does not know it"):
        endpoint_at(url.replace("http:", "https:"), "t", idle_seconds=5).probe()


def test_what_speaks_no_tls_is_not_trusted() -> None:
    plain = b"HTTP/1.1 400 Bad\r\n\r\n"
    with (
        server_that(lambda connection: connection.sendall(plain)) as url,
        pytest.raises(NotReached, match="secure protocol"),
    ):
        endpoint_at(url.replace("http:", "https:"), "t", idle_seconds=5).probe()


def test_a_worker_that_starts_tries_what_waits_for_later(outbox: Outbox, desk: Desk) -> None:
    entry = kept(outbox)
    deliver(outbox, entry.id, lambda report: endpoint_at(refused_url(), "t"))
    assert not outbox.entry(entry.id).due(outbox.clock())
    told: list[Entry] = []
    worker = Worker(
        outbox,
        lambda report: endpoint(desk),
        Listener(lambda entry, sent: None, told.append, lambda sentence: None),
    )
    worker.start()
    wait_until(lambda: told, "it was tried")
    worker.stop()
    assert told[0].state is State.DELIVERED


def test_a_disk_that_fails_does_not_end_the_worker(
    outbox: Outbox, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be tidied up is said, and reports go on being delivered."""
    told, troubles = [], []
    full = CannotKeep("The disk is full.", "Free some space.")

    def refuse(self: Outbox) -> None:
        raise full

    monkeypatch.setattr(Outbox, "prune", refuse)
    worker = Worker(
        outbox,
        lambda report: endpoint(desk),
        Listener(lambda entry, sent: None, told.append, troubles.append),
    )
    worker.start()
    wait_until(lambda: troubles, "the trouble was said")
    kept(outbox)
    worker.wake()
    wait_until(lambda: told, "the report was delivered all the same")
    worker.stop()
    assert told[0].state is State.DELIVERED
    assert troubles[0] == str(full)
