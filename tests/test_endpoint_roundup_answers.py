"""What the Roundup adapter makes of answers that no tracker of Roundup's own template gives: other trackers,
other rights, and servers that are no Roundup."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from snapper.delivery.endpoints import kinds
from snapper.delivery.endpoints.adapter import Adapter
from snapper.delivery.endpoints.ticket_system import TicketSystem, server
from snapper.destinations import Destination
from snapper.errors import DeliveryError, NeedsAttention, Refused
from tests.desks import read_request, server_that, ways_along


def adapter_at(url: str) -> Adapter:
    """Roundup as if it were there."""
    return kinds.adapter(Destination("our desk", "roundup", url, login="reporter"), "secret")


def endpoint_at(url: str) -> TicketSystem:
    """It as delivery sees it."""
    adapter = adapter_at(url)
    return TicketSystem(adapter, ways_along(server(adapter, 5)))


@contextlib.contextmanager
def answering(answers: Mapping[str, tuple[int, str, str]]) -> Iterator[str]:
    """A server with these answers (status, media type, body), by how “METHOD /path?query” begins."""

    def serve(connection: socket.socket) -> None:
        asked = read_request(connection).decode(errors="replace")
        status, kind, body = next((known for what, known in answers.items() if asked.startswith(what)))
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nConnection: close\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    with server_that(serve) as url:
        yield url


def said(status: int, **content: Any) -> tuple[int, str, str]:
    """An answer in JSON."""
    return status, "application/json", json.dumps(content)


ROOT = said(200, data={"links": [{"rel": "self", "uri": "http://x.example/rest"}]})


def test_a_tracker_without_statuses_has_open_issues() -> None:
    issue = {"id": "7", "link": "http://x.example/rest/data/issue/7", "title": "It froze"}
    answers = {
        "GET /rest/data/issue?id=7&@fields=title,status": said(400, error={"msg": "Unknown property"}),
        "GET /rest/data/issue?id=7&@fields=title&": said(200, data={"collection": [issue]}),
        "PATCH /rest/data/issue/7": said(412, error={"msg": "If-Match is missing"}),
    }
    with answering(answers) as url:
        assert endpoint_at(url).ticket("7").title == "It froze"


def test_a_tracker_that_lets_only_its_messages_be_added_to_is_told() -> None:
    issue = {"id": "7", "link": "http://x.example/rest/data/issue/7", "title": "It froze", "status": None}
    answers = {
        "GET /rest/data/issue?id=7": said(200, data={"collection": [issue]}),
        "PATCH /rest/data/issue/7/messages": said(412, error={"msg": "If-Match is missing"}),
        "PATCH /rest/data/issue/7/files": said(403, error={"msg": "denied"}),
    }
    with answering(answers) as url, pytest.raises(Refused, match="but not add to it"):
        endpoint_at(url).ticket("7")


def test_a_tracker_without_issues_is_told() -> None:
    answers = {"GET /rest ": ROOT, "POST /rest/data/issue": said(404, error={"msg": "Class issue not found"})}
    with answering(answers) as url, pytest.raises(NeedsAttention, match="has no issues"):
        endpoint_at(url).probe()


MAY_MAKE = said(400, error={"msg": "Property may_snapper_do_this not found in class"})


@pytest.mark.parametrize("kind", ["issue", "msg", "file"])
def test_who_may_make_reports_but_not_look_for_them_is_told(kind: str) -> None:
    answers = {
        "GET /rest ": ROOT,
        "POST /rest/data/": MAY_MAKE,
        f"GET /rest/data/{kind}?": said(403, error={"msg": "Permission to view denied"}),
        "GET /rest/data/": said(200, data={"collection": []}),
    }
    with answering(answers) as url, pytest.raises(NeedsAttention, match="Permission to view denied"):
        endpoint_at(url).probe()


def test_changes_that_are_not_taken_from_here_are_told() -> None:
    answers = {
        "GET /rest ": ROOT,
        "POST /rest/data/": said(400, error={"msg": "Client is not allowed to use Rest Interface."}),
        "GET /rest/data/": said(200, data={"collection": []}),
    }
    with answering(answers) as url, pytest.raises(Refused, match="Client is not allowed"):
        endpoint_at(url).probe()


@pytest.mark.parametrize(
    ("status", "words", "its"),
    [
        (401, "Invalid Login - Invalid login", True),
        (429, "Logins occurring too fast. Please wait: 150 seconds.", True),
        (401, "Please sign in to the proxy", False),
        (200, "Invalid Login - Invalid login", False),
    ],
)
def test_what_roundup_says_about_logins_is_its_own_word(status: int, words: str, its: bool) -> None:
    """Else a password that is refused would look like a network that is in the way."""
    with answering({"": (status, "text/plain", words)}) as url:
        adapter = adapter_at(url)
        answer = ways_along(server(adapter)).http().request("GET", adapter.check_path)
    assert adapter.spoke(answer) is its


@pytest.mark.parametrize(
    "answer",
    [
        said(200, message="hello"),
        said(200, data=[]),
        said(200, error={"msg": "x"}),
        said(404, data={}),
        (200, "application/json", "[1]"),
        (200, "text/html", "<html>Welcome</html>"),
        (429, "text/plain", "Slow down"),
    ],
)
def test_what_is_no_roundup_is_not_taken_for_one(answer: tuple[int, str, str]) -> None:
    with answering({"": answer}) as url, pytest.raises(DeliveryError) as told:
        endpoint_at(url).probe()
    assert "password" not in str(told.value) and "hello" not in str(told.value)
