"""The fake Zendesk bites where Zendesk's documentation says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.ticket_fakes import start
from tests.ticket_fakes.zendesk import COMMENT_CHARS, IDEMPOTENCY_SECONDS, TOKEN_SECONDS, System

COMMENT = {"body": "The chart froze."}


@dataclass
class Client:
    """Requests as the documentation shows them."""

    fake: System
    token: str = ""

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Accept": "application/json"} | options.pop("headers", {})
        login = (f"{self.fake.login}/token", self.token or self.fake.token)
        address = path if path.startswith("http") else f"{self.fake.peer.url}/api/v2{path}"
        return requests.request(
            method, address, auth=options.pop("auth", login), headers=headers, timeout=60, **options
        )

    def create(self, key: str = "", **ticket: Any) -> requests.Response:
        headers = {"Idempotency-Key": key} if key else {}
        wanted = {"ticket": {"subject": "s", "comment": COMMENT} | ticket}
        return self.ask("POST", "/tickets.json", json=wanted, headers=headers)

    def upload(self, data: bytes = b"data", name: str = "a.log", token: str = "") -> requests.Response:
        query = {"filename": name} | ({"token": token} if token else {})
        kind = {"Content-Type": "application/octet-stream"}
        return self.ask("POST", "/uploads.json", params=query, data=data, headers=kind)

    def uploaded(self, data: bytes = b"data") -> str:
        return str(self.upload(data).json()["upload"]["token"])

    def ticket(self, **ticket: Any) -> int:
        return int(self.create(**ticket).json()["ticket"]["id"])

    def comment(self, ticket: int, **comment: Any) -> requests.Response:
        wanted = {"ticket": {"comment": COMMENT | comment}}
        return self.ask("PUT", f"/tickets/{ticket}.json", json=wanted)

    def files(self, ticket: int) -> list[dict[str, Any]]:
        comments = self.ask("GET", f"/tickets/{ticket}/comments.json").json()["comments"]
        return [file for comment in comments for file in comment["attachments"]]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with start("zendesk", tmp_path) as fake:
        yield Client(fake)


def _error(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


@pytest.mark.parametrize("auth", [("agent@example.com", "zendesk-key"), ("agent@example.com/token", "x")])
def test_a_login_other_than_email_slash_token_and_key_is_refused(
    client: Client, auth: tuple[str, str]
) -> None:
    assert _error(client.ask("GET", "/users/me.json", auth=auth)) == (401, "Couldn't authenticate you")


def test_nobody_is_an_anonymous_user_with_200(client: Client) -> None:
    answer = requests.get(
        f"{client.fake.peer.url}/api/v2/users/me.json", headers={"Accept": "application/json"}, timeout=60
    )
    assert (answer.status_code, answer.json()["user"]["id"]) == (200, None)


def test_a_request_must_accept_json(client: Client) -> None:
    assert client.ask("GET", "/users/me", headers={"Accept": "text/html"}).status_code == 406


def test_a_body_must_be_said_to_be_json(client: Client) -> None:
    answer = client.ask("POST", "/tickets", data='{"ticket":{}}', headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


def test_an_address_that_does_not_exist(client: Client) -> None:
    assert _error(client.ask("GET", "/tickets/1/attachments")) == (404, "InvalidEndpoint")


def test_a_light_agent_reads_and_does_not_write(client: Client) -> None:
    ticket = client.ticket()
    reader = Client(client.fake, client.fake.reader_token())
    assert reader.ask("GET", f"/tickets/{ticket}").status_code == 200
    assert reader.create().status_code == 403
    assert reader.comment(ticket).status_code == 403
    assert reader.upload().status_code == 403


def test_names_in_json_are_case_sensitive(client: Client) -> None:
    answer = client.create(comment={"Body": "text"})
    assert _error(answer) == (422, "RecordInvalid")


def test_a_comment_has_a_limit(client: Client) -> None:
    assert client.create(comment={"body": "x" * COMMENT_CHARS}).status_code == 201
    assert client.create(comment={"body": "x" * (COMMENT_CHARS + 1)}).status_code == 422


def test_an_unknown_group_is_refused(client: Client) -> None:
    group = client.ask("GET", "/groups.json").json()["groups"][0]["id"]
    assert client.create(group_id=group).status_code == 201
    assert list(client.create(group_id=7).json()["details"]) == ["group"]


def test_the_markup_of_an_html_comment_is_markup(client: Client) -> None:
    ticket = client.ticket(comment={"html_body": "a &lt;b&gt;<br>c"})
    comment = client.ask("GET", f"/tickets/{ticket}/comments").json()["comments"][0]
    assert comment["plain_body"] == "a <b>\nc"


def test_a_plain_comment_is_markdown_and_no_html(client: Client) -> None:
    ticket = client.ticket(comment={"body": "<b> **x** *y*\n\nz"})
    comment = client.ask("GET", f"/tickets/{ticket}/comments").json()["comments"][0]
    assert "<p>&lt;b&gt; <strong>x</strong> <em>y</em></p><p>z</p>" in comment["html_body"]


def test_an_account_may_require_a_field(tmp_path: Path) -> None:
    with start("zendesk", tmp_path, required="Type") as fake:
        assert Client(fake).create().status_code == 422


# --- files ------------------------------------------------------------------------------------------------


def test_a_file_comes_back_byte_for_byte_from_another_host(client: Client) -> None:
    data = bytes(range(256))
    ticket = client.ticket(comment=COMMENT | {"uploads": [client.uploaded(data)]})
    (file,) = client.files(ticket)
    assert (file["file_name"], file["size"]) == ("a.log", 256)
    away = client.ask("GET", file["content_url"], allow_redirects=False)
    assert away.status_code == 302
    assert not away.headers["Location"].startswith(client.fake.peer.url)
    assert requests.get(away.headers["Location"], timeout=60).content == data


def test_a_file_wants_our_login_and_its_storage_does_not(client: Client) -> None:
    (file,) = client.files(client.ticket(comment=COMMENT | {"uploads": [client.uploaded()]}))
    assert requests.get(file["content_url"], timeout=60).status_code == 401
    away = client.ask("GET", file["content_url"], allow_redirects=False).headers["Location"]
    assert client.ask("GET", away).status_code == 400
    assert client.fake.storage.seen


def test_several_files_go_to_one_token(client: Client) -> None:
    token = client.uploaded()
    assert client.upload(name="ü b.png", token=token).status_code == 201
    ticket = client.ticket(comment=COMMENT | {"uploads": [token]})
    assert [file["file_name"] for file in client.files(ticket)] == ["a.log", "ü b.png"]


def test_a_file_needs_a_name(client: Client) -> None:
    answer = client.ask("POST", "/uploads", data=b"x", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 400


def test_a_file_needs_a_type(client: Client) -> None:
    assert client.ask("POST", "/uploads?filename=a", data=b"x").status_code == 415


def test_a_token_serves_once(client: Client) -> None:
    token = client.uploaded()
    assert client.create(comment=COMMENT | {"uploads": [token]}).status_code == 201
    assert client.create(comment=COMMENT | {"uploads": [token]}).status_code == 422
    assert len(client.fake.tickets()) == 1


def test_a_token_expires(client: Client) -> None:
    token = client.uploaded()
    client.fake.clock.advance(TOKEN_SECONDS + 1)
    assert client.upload(token=token).status_code == 404
    assert client.create(comment=COMMENT | {"uploads": [token]}).status_code == 422


def test_lost_uploads_may_be_ignored_instead(tmp_path: Path) -> None:
    with start("zendesk", tmp_path, lost_uploads="ignored") as fake:
        client = Client(fake)
        ticket = client.ticket(comment=COMMENT | {"uploads": ["nonsense"]})
        assert client.files(ticket) == []


def test_a_file_has_a_limit(tmp_path: Path) -> None:
    with start("zendesk", tmp_path, file_bytes=1000) as fake:
        assert Client(fake).upload(bytes(1000)).status_code == 201
        assert Client(fake).upload(bytes(1001)).status_code == 413


# --- once and once only -----------------------------------------------------------------------------------


def test_the_same_create_with_the_same_key_is_one_ticket(client: Client) -> None:
    first, again = client.create("key"), client.create("key")
    assert first.headers["x-idempotency-lookup"] == "miss"
    assert again.headers["x-idempotency-lookup"] == "hit"
    assert first.json() == again.json()
    assert len(client.fake.tickets()) == 1


def test_another_body_with_the_same_key_is_an_error(client: Client) -> None:
    client.create("key")
    assert _error(client.create("key", subject="other")) == (400, "IdempotentRequestError")


def test_a_key_is_forgotten_after_two_hours(client: Client) -> None:
    client.create("key")
    client.fake.clock.advance(IDEMPOTENCY_SECONDS + 1)
    assert client.create("key").headers["x-idempotency-lookup"] == "miss"


def test_a_refused_create_uses_up_no_key(client: Client) -> None:
    assert client.create("key", comment={}).status_code == 422
    assert client.create("key").headers["x-idempotency-lookup"] == "miss"


# --- finding, closing, limits -----------------------------------------------------------------------------


def test_a_ticket_is_listed_by_its_external_id_at_once(client: Client) -> None:
    ticket = client.ticket(external_id="report-1")
    client.ticket(external_id="report-2")
    found = client.ask("GET", "/tickets.json", params={"external_id": "report-1"}).json()["tickets"]
    assert [each["id"] for each in found] == [ticket]


def test_search_finds_a_ticket_only_when_it_was_indexed(client: Client) -> None:
    ticket = client.ticket(comment={"body": "report-1"})
    query = {"query": 'type:ticket "report-1"'}
    assert client.ask("GET", "/search.json", params=query).json()["results"] == []
    client.fake.settle()
    assert [each["id"] for each in client.ask("GET", "/search", params=query).json()["results"]] == [ticket]


def test_a_closed_ticket_takes_nothing_and_a_solved_one_does(client: Client) -> None:
    closed, solved = client.ticket(), client.ticket()
    client.fake.close(str(closed))
    client.fake.solve(str(solved))
    refused = client.comment(closed)
    assert refused.status_code == 422
    assert refused.json()["details"]["status"][0]["description"] == "Status: closed prevents ticket update"
    assert client.comment(solved).json()["ticket"]["status"] == "open"


def test_a_ticket_that_is_not_there(client: Client) -> None:
    assert _error(client.comment(99)) == (404, "RecordNotFound")


@pytest.mark.parametrize("by", ["cursor", "number"])
def test_comments_come_in_pages(client: Client, by: str) -> None:
    ticket = client.ticket()
    for _ in range(3):
        client.comment(ticket)
    size = "page[size]" if by == "cursor" else "per_page"
    seen, address = [], f"/tickets/{ticket}/comments.json?{size}=2"
    while address:
        page = client.ask("GET", address).json()
        seen += [comment["id"] for comment in page["comments"]]
        address = page["links"]["next"] if by == "cursor" else page["next_page"]
    assert len(set(seen)) == len(seen) == 4


def test_too_many_requests_are_told_how_long_to_wait(tmp_path: Path) -> None:
    with start("zendesk", tmp_path, requests_a_minute=1) as fake:
        client = Client(fake)
        assert client.ask("GET", "/users/me").headers["X-Rate-Limit-Remaining"] == "0"
        refused = client.ask("GET", "/users/me")
        assert refused.status_code == 429
        fake.clock.advance(int(refused.headers["Retry-After"]))
        assert client.ask("GET", "/users/me").status_code == 200
