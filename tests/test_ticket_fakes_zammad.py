"""The fake Zammad bites where Zammad's documentation and source say so."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.ticket_fakes import start
from tests.ticket_fakes.zammad import System

NOTE = {"body": "The chart froze.", "type": "note", "internal": True}


@dataclass
class Client:
    """Requests as the documentation shows them."""

    fake: System
    token: str = ""

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        login = {"Authorization": f"Token token={self.token or self.fake.token}"}
        headers = login | options.pop("headers", {})
        return requests.request(
            method, f"{self.fake.peer.url}/api/v1{path}", headers=headers, timeout=60, **options
        )

    def create(self, **ticket: Any) -> requests.Response:
        wanted = {
            "title": "t",
            "group": "Support",
            "customer_id": "guess:trader@example.com",
            "article": NOTE,
        }
        return self.ask("POST", "/tickets", json=wanted | ticket)

    def ticket(self, **ticket: Any) -> int:
        return int(self.create(**ticket).json()["id"])

    def add(self, ticket: int, **article: Any) -> requests.Response:
        return self.ask("POST", "/ticket_articles", json={"ticket_id": ticket} | NOTE | article)

    def articles(self, ticket: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", f"/ticket_articles/by_ticket/{ticket}").json()
        return found

    def found(self, **wanted: Any) -> list[int]:
        answer = self.ask("POST", "/tickets/search?expand=true", json=wanted).json()
        return [each["id"] for each in answer]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with start("zammad", tmp_path) as fake:
        yield Client(fake)


def _file(data: bytes, name: str = "a.log") -> dict[str, str]:
    encoded = base64.b64encode(data).decode()
    return {"filename": name, "data": encoded, "mime-type": "application/octet-stream"}


def _error(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_human"]


@pytest.mark.parametrize(
    ("login", "error"),
    [
        ({"Authorization": "Token token=wrong"}, (401, "Can't find User for Token")),
        ({"Authorization": "Bearer zammad-agent-token"}, (401, "Authentication required")),
        ({"Authorization": None}, (403, "Authentication required")),
    ],
)
def test_a_wrong_login_is_401_and_none_is_403(
    client: Client, login: dict[str, str], error: tuple[int, str]
) -> None:
    assert _error(client.ask("GET", "/users/me", headers=login)) == error


def test_who_may_only_read_writes_nothing(client: Client) -> None:
    ticket, reader = client.ticket(), Client(client.fake, client.fake.reader_token())
    assert reader.ask("GET", f"/tickets/{ticket}").status_code == 200
    assert _error(reader.create()) == (403, "Not authorized")
    assert _error(reader.add(ticket)) == (403, "Not authorized")


def test_an_address_that_does_not_exist(client: Client) -> None:
    assert _error(client.ask("GET", "/nothing")) == (404, "No route matches [GET] /api/v1/nothing")


def test_the_number_of_a_ticket_is_not_its_id(client: Client) -> None:
    created = client.create().json()
    assert client.fake.tickets() == [created["number"]] != [str(created["id"])]
    assert client.ask("GET", f"/tickets/{created['number']}").status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"group": None}, 422),
        ({"group": "Nobody"}, 422),
        ({"customer_id": None}, 422),
        ({"customer_id": "unknown@example.com"}, 422),
        ({"customer_id": "guess:nobody"}, 422),
        ({"title": None}, 422),
        ({"article": {}}, 422),
        ({"article": {"body": "x", "type": "carrier pigeon"}}, 422),
        ({"article": {"body": "x" * 1_500_001}}, 422),
        ({"article": {"body": "x" * 1_500_000}}, 201),
    ],
)
def test_each_field_is_checked(client: Client, change: dict[str, Any], status: int) -> None:
    assert client.create(**change).status_code == status
    assert len(client.fake.tickets()) == (status == 201)


def test_reasons_for_administrators_are_hidden(client: Client) -> None:
    assert client.create(group="Nobody").json()["error"].startswith("Error ID ")


def test_a_body_that_is_not_said_to_be_json_is_not_read(client: Client) -> None:
    assert client.ask("POST", "/tickets", data='{"title":"t"}').status_code == 422


def test_a_body_that_is_not_json(client: Client) -> None:
    kind = {"Content-Type": "application/json"}
    assert client.ask("POST", "/tickets", data="{", headers=kind).status_code == 400


def test_files_come_back_byte_for_byte(client: Client) -> None:
    small, large = bytes(range(256)), bytes(range(256)) * 8000
    ticket = client.ticket(
        article=NOTE | {"attachments": [_file(small), _file(large, "ä.log"), _file(b"", "e")]}
    )
    (article,) = client.articles(ticket)
    files = article["attachments"]
    assert [(file["filename"], file["size"]) for file in files] == [
        ("a.log", "256"), ("ä.log", "2048000"), ("e", "0"),
    ]  # fmt: skip
    for file, data in zip(files, (small, large, b""), strict=True):
        place = f"/ticket_attachment/{ticket}/{article['id']}/{file['id']}"
        assert client.ask("GET", place).content == data


def test_a_file_is_found_only_under_its_own_ticket_and_article(client: Client) -> None:
    first, other = (client.ticket(article=NOTE | {"attachments": [_file(b"x")]}) for _ in range(2))
    mine, theirs = client.articles(first)[0], client.articles(other)[0]
    my_file, their_file = mine["attachments"][0]["id"], theirs["attachments"][0]["id"]
    assert client.ask("GET", f"/ticket_attachment/{first}/{theirs['id']}/{their_file}").status_code == 403
    assert client.ask("GET", f"/ticket_attachment/{other}/{theirs['id']}/{my_file}").status_code == 403


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"mime-type": None}, "Attachment needs 'mime-type' param for attachment with index '0'"),
        ({"data": "no base64!"}, "Invalid base64 for attachment with index '0'"),
    ],
)
def test_a_file_is_checked(client: Client, change: dict[str, Any], error: str) -> None:
    answer = client.create(article=NOTE | {"attachments": [_file(b"x") | change]})
    assert _error(answer) == (422, error)
    assert client.fake.tickets() == []


def test_names_are_cut_and_texts_lose_nul(client: Client) -> None:
    created = client.create(
        title="t" * 300, article=NOTE | {"body": "a\0b", "attachments": [_file(b"x", "n" * 300)]}
    )
    assert len(created.json()["title"]) == 250
    (article,) = client.articles(created.json()["id"])
    assert article["body"] == "ab"
    assert len(article["attachments"][0]["filename"]) == 250


def test_nginx_refuses_what_is_too_large_in_html(tmp_path: Path) -> None:
    with start("zammad", tmp_path, request_bytes=100_000) as fake:
        refused = Client(fake).create(article=NOTE | {"attachments": [_file(bytes(80_000))]})
        assert (refused.status_code, refused.headers["Content-Type"][:9]) == (413, "text/html")
        assert "nginx" in refused.text
        assert fake.tickets() == []


def test_an_agent_adds_to_a_closed_ticket(client: Client) -> None:
    created = client.create().json()
    client.fake.close(created["number"])
    assert client.ask("GET", f"/tickets/{created['id']}?expand=true").json()["state"] == "closed"
    assert client.add(created["id"]).status_code == 201


def test_a_customer_may_not_add_to_a_closed_ticket(tmp_path: Path) -> None:
    with start("zammad", tmp_path, role="customer", follow_up="new_ticket") as fake:
        client = Client(fake)
        created = client.create().json()
        assert client.add(created["id"]).status_code == 201
        fake.close(created["number"])
        text = "Cannot follow-up on a closed ticket. Please create a new ticket."
        assert _error(client.add(created["id"])) == (422, text)


def test_a_customer_writes_nothing_internal_and_sees_only_their_own(tmp_path: Path) -> None:
    with start("zammad", tmp_path, role="customer") as fake:
        customer, agent = Client(fake), Client(fake, "zammad-agent-token")
        mine = customer.ticket(customer_id="guess:agent@example.com")
        other = agent.ticket(customer_id="guess:else@example.com")
        assert customer.articles(mine)[0]["internal"] is False
        assert customer.ask("GET", f"/tickets/{other}").status_code == 403
        agent.add(mine)
        assert len(customer.articles(mine)) == 1


def test_a_ticket_that_is_not_there(client: Client) -> None:
    assert _error(client.add(99)) == (404, "Couldn't find Ticket with 'id'=99")


def test_a_query_asks_an_index_that_lags(client: Client) -> None:
    ticket = client.ticket(article=NOTE | {"body": "report 0190-abcd"})
    assert client.found(query="0190-abcd") == []
    client.fake.settle()
    assert client.found(query="0190-abcd") == [ticket]
    assert client.found(query="abcd-0190") == [ticket]  # words, not their order
    assert client.found(query="0190-abce") == []


def test_without_an_index_a_query_is_taken_literally(tmp_path: Path) -> None:
    with start("zammad", tmp_path, elasticsearch=False) as fake:
        client = Client(fake)
        ticket = client.ticket(title="report 0190-abcd")
        assert client.found(query="0190-ABCD") == [ticket]
        assert client.found(query="title:0190-abcd") == []


def test_a_condition_asks_the_database(client: Client) -> None:
    created = client.create(title="[0190-abcd] t").json()
    title = {"ticket.title": {"operator": "contains", "value": "0190-abcd"}}
    number = {"ticket.number": {"operator": "is", "value": created["number"]}}
    assert client.found(condition=title) == client.found(condition=number) == [created["id"]]
    assert client.found(condition={"ticket.number": {"operator": "is", "value": "1"}}) == []
    unknown = {"ticket.nonsense": {"operator": "is", "value": "1"}}
    assert client.ask("POST", "/tickets/search", json={"condition": unknown}).status_code == 422


def test_lists_come_in_pages(client: Client) -> None:
    tickets = [client.ticket() for _ in range(3)]
    pages = [client.ask("GET", f"/tickets?per_page=2&page={page}").json() for page in (1, 2, 3)]
    assert [[each["id"] for each in page] for page in pages] == [tickets[:2], tickets[2:], []]
