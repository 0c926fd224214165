"""The fake Freshdesk bites where Freshdesk's reference says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.ticket_fakes import start
from tests.ticket_fakes.freshdesk import System

TICKET = {"email": "trader@example.com", "subject": "s", "description": "d"}


@dataclass
class Client:
    """Requests as the reference shows them."""

    fake: System
    token: str = ""

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        auth = options.pop("auth", (self.token or self.fake.token, "X"))
        return requests.request(
            method, f"{self.fake.peer.url}/api/v2{path}", auth=auth, timeout=60, **options
        )

    def create(self, *files: tuple[str, bytes], **ticket: Any) -> requests.Response:
        parts = [("attachments[]", (name, data, "application/octet-stream")) for name, data in files]
        fields = {name: value for name, value in (TICKET | ticket).items() if value is not None}
        if files:
            return self.ask("POST", "/tickets", data=fields, files=parts)
        return self.ask("POST", "/tickets", json=fields)

    def ticket(self, *files: tuple[str, bytes], **ticket: Any) -> int:
        return int(self.create(*files, **ticket).json()["id"])

    def note(self, ticket: int, *files: tuple[str, bytes], **note: Any) -> requests.Response:
        parts = [("attachments[]", (name, data, "text/plain")) for name, data in files]
        return self.ask("POST", f"/tickets/{ticket}/notes", data={"body": "n"} | note, files=parts or None)

    def listed(self, **query: str) -> list[int]:
        return [each["id"] for each in self.ask("GET", "/tickets", params=query).json()]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with start("freshdesk", tmp_path) as fake:
        yield Client(fake)


def _errors(answer: requests.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 400
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


def test_a_wrong_key_is_refused(client: Client) -> None:
    answer = client.ask("GET", "/agents/me", auth=("wrong", "X"))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


def test_the_password_does_not_matter(client: Client) -> None:
    assert client.ask("GET", "/agents/me", auth=(client.fake.token, "anything")).status_code == 200


def test_who_may_only_view_creates_nothing(client: Client) -> None:
    ticket, reader = client.ticket(), Client(client.fake, client.fake.reader_token())
    assert reader.ask("GET", f"/tickets/{ticket}").status_code == 200
    assert (reader.create().status_code, reader.create().json()["code"]) == (403, "access_denied")


def test_what_is_not_there_is_404_without_a_body_but_from_freshdesk(client: Client) -> None:
    for answer in (client.ask("GET", "/tickets/99"), client.note(99), client.ask("GET", "/nothing")):
        assert (answer.status_code, answer.content) == (404, b"")
        assert answer.headers["X-Freshdesk-Api-Version"] == "latest=v2; requested=v2"


def test_a_wrong_method_is_405(client: Client) -> None:
    assert client.ask("PUT", "/tickets", json={}).status_code == 405


def test_only_json_is_given(client: Client) -> None:
    assert client.ask("GET", "/agents/me", headers={"Accept": "text/html"}).status_code == 406


def test_only_json_and_multipart_are_taken(client: Client) -> None:
    assert client.ask("POST", "/tickets", data=TICKET).status_code == 415


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"email": None}, ("requester_id", "missing_field")),
        ({"email": "nobody"}, ("email", "invalid_value")),
        ({"subject": None}, ("subject", "missing_field")),
        ({"description": " "}, ("description", "missing_field")),
        ({"status": 9}, ("status", "invalid_value")),
        ({"priority": "2"}, ("priority", "invalid_value")),
        ({"group_id": 1}, ("group_id", "invalid_value")),
        ({"external_id": "x"}, ("external_id", "invalid_field")),
        ({"tags": ["x" * 33]}, ("tags", "invalid_value")),
    ],
)
def test_each_field_is_checked(client: Client, change: dict[str, Any], error: tuple[str, str]) -> None:
    assert _errors(client.create(**change)) == [error]
    assert client.fake.tickets() == []


def test_an_account_may_require_more(tmp_path: Path) -> None:
    with start("freshdesk", tmp_path, required=("subject", "type")) as fake:
        assert _errors(Client(fake).create()) == [("type", "missing_field")]


def test_a_form_has_lists_and_numbers(client: Client) -> None:
    created = client.create(("a", b"x"), **{"tags[]": ["one", "two"], "priority": "3", "status": "2"}).json()
    assert (created["tags"], created["priority"]) == (["one", "two"], 3)


def test_the_description_is_html(client: Client) -> None:
    created = client.create(description="a\nb <b>c</b> &lt;d&gt;<br>e<script>f</script>").json()
    assert created["description_text"] == "a b c <d>\ne"


def test_files_come_back_byte_for_byte_from_another_host_without_our_login(client: Client) -> None:
    data = bytes(range(256))
    created = client.create(('ä "b" c.log', data))
    (file,) = created.json()["attachments"]
    assert created.headers["Location"].endswith(f"/api/v2/tickets/{created.json()['id']}")
    assert (file["name"], file["file_size"]) == ('ä "b" c.log', 256)
    assert not file["attachment_url"].startswith(client.fake.peer.url)
    assert requests.get(file["attachment_url"], timeout=60).content == data
    assert requests.get(file["attachment_url"], auth=("k", "X"), timeout=60).status_code == 400
    client.fake.clock.advance(301)
    assert requests.get(file["attachment_url"], timeout=60).status_code == 403


def test_files_are_a_list(client: Client) -> None:
    answer = client.ask("POST", "/tickets", data=TICKET, files={"attachments": ("a", b"x")})
    assert _errors(answer) == [("attachments", "datatype_mismatch")]


def test_all_files_of_a_ticket_share_one_limit(tmp_path: Path) -> None:
    with start("freshdesk", tmp_path, ticket_bytes=1000) as fake:
        client = Client(fake)
        ticket = client.ticket(("a", bytes(600)))
        assert client.note(ticket, ("b", bytes(400))).status_code == 201
        assert _errors(client.note(ticket, ("c", b"1"))) == [("attachments", "invalid_value")]
        assert client.note(ticket).status_code == 415  # a plain form is no multipart


def test_a_note_is_private_unless_said(client: Client) -> None:
    ticket = client.ticket()
    assert client.note(ticket, ("a", b"x")).json()["private"] is True
    assert client.note(ticket, ("a", b"x"), private="false").json()["private"] is False
    assert _errors(client.note(ticket, ("a", b"x"), private="no")) == [("private", "datatype_mismatch")]
    assert _errors(client.note(ticket, ("a", b"x"), body=" ")) == [("body", "missing_field")]


def test_a_closed_ticket_says_so_and_still_takes_a_note(client: Client) -> None:
    ticket = client.ticket()
    client.fake.close(str(ticket))
    assert client.ask("GET", f"/tickets/{ticket}").json()["status"] == 5
    assert client.note(ticket, ("a", b"x")).status_code == 201


def test_a_ticket_among_the_spam_is_seen_and_takes_nothing(client: Client) -> None:
    ticket = client.ticket()
    client.fake.mark_as_spam(str(ticket))
    assert client.ask("GET", f"/tickets/{ticket}").json()["spam"] is True
    assert client.note(ticket, ("a", b"x")).status_code == 405


def test_a_ticket_embeds_ten_conversations_and_pages_have_the_rest(client: Client) -> None:
    ticket = client.ticket()
    for _ in range(12):
        client.note(ticket, ("a", b"x"))
    embedded = client.ask("GET", f"/tickets/{ticket}?include=conversations").json()["conversations"]
    assert len(embedded) == 10
    assert "conversations" not in client.ask("GET", f"/tickets/{ticket}").json()
    first = client.ask("GET", f"/tickets/{ticket}/conversations?per_page=7")
    rest = requests.get(first.links["next"]["url"], auth=(client.fake.token, "X"), timeout=60)
    assert (len(first.json()), len(rest.json()), rest.links) == (7, 5, {})


def test_pages_have_a_hundred_at_most(client: Client) -> None:
    assert _errors(client.ask("GET", "/tickets?per_page=101")) == [("per_page", "invalid_value")]


def test_a_list_is_of_thirty_days_unless_it_says_since_when(client: Client) -> None:
    old = client.ticket()
    client.fake.clock.advance(31 * 24 * 3600)
    new = client.ticket()
    assert client.listed() == [new]
    assert client.listed(updated_since="2020-01-01T00:00:00Z") == [new, old]
    assert client.listed(email="else@example.com") == []


def test_a_listed_ticket_has_its_description_only_if_asked(client: Client) -> None:
    client.ticket()
    assert "description" not in client.ask("GET", "/tickets").json()[0]
    assert client.ask("GET", "/tickets?include=description").json()[0]["description_text"] == "d"


def test_search_finds_a_ticket_only_when_it_was_indexed(client: Client) -> None:
    ticket = client.ticket(tags=["snapper"])
    query = {"query": "\"tag:'snapper' AND status:2\""}
    assert client.ask("GET", "/search/tickets", params=query).json() == {"total": 0, "results": []}
    client.fake.settle()
    found = client.ask("GET", "/search/tickets", params=query).json()
    assert (found["total"], found["results"][0]["id"]) == (1, ticket)


@pytest.mark.parametrize("query", ["tag:'a'", "\"subject:'a'\"", '""', "\"tag:'" + "a" * 512 + "'\""])
def test_a_query_has_quotes_known_fields_and_a_limit(client: Client, query: str) -> None:
    assert _errors(client.ask("GET", "/search/tickets", params={"query": query})) == [
        ("query", "invalid_value")
    ]


def test_search_ends_at_page_ten(client: Client) -> None:
    answer = client.ask("GET", "/search/tickets", params={"query": '"status:2"', "page": "11"})
    assert _errors(answer) == [("page", "invalid_value")]


def test_too_many_requests_are_told_how_long_to_wait_wrong_ones_too(tmp_path: Path) -> None:
    with start("freshdesk", tmp_path, requests_a_minute=2) as fake:
        client = Client(fake)
        assert client.ask("GET", "/agents/me").headers["X-RateLimit-Remaining"] == "1"
        assert client.ask("GET", "/agents/me", auth=("wrong", "X")).status_code == 401
        refused = client.ask("GET", "/agents/me")
        assert refused.status_code == 429
        fake.clock.advance(int(refused.headers["Retry-After"]))
        assert client.ask("GET", "/agents/me").status_code == 200
