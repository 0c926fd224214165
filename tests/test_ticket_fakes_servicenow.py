"""Each rule of the fake ServiceNow bites."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import ticket_fakes
from tests.ticket_fakes.servicenow import System

TABLE, FILES = "/api/now/table/incident", "/api/now/attachment"


class Client:
    """Plain requests with a login."""

    def __init__(self, fake: System, token: str | None = None) -> None:
        self.url = fake.peer.url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (fake.login, fake.token if token is None else token)

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=30, **more)

    def create(self, **values: str) -> requests.Response:
        return self("POST", TABLE, json={"short_description": "A report", **values})

    def attach(self, sys_id: str, name: str = "a.log", data: bytes = b"x", **more: Any) -> requests.Response:
        asked = {"table_name": "incident", "table_sys_id": sys_id, "file_name": name}
        headers = {"Content-Type": "application/octet-stream"} | more.pop("headers", {})
        return self("POST", f"{FILES}/file", params=asked | more, data=data, headers=headers)

    def found(self, query: str) -> list[dict[str, str]]:
        result: list[dict[str, str]] = self("GET", TABLE, params={"sysparm_query": query}).json()["result"]
        return result


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[System]:
    with ticket_fakes.start("servicenow", tmp_path, file_bytes=1000, extensions="txt, LOG,png") as running:
        yield running


@pytest.fixture
def client(fake: System) -> Client:
    return Client(fake)


def made(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 201, answer.text
    result: dict[str, str] = answer.json()["result"]
    return result


def detail(answer: requests.Response) -> str:
    assert answer.json()["status"] == "failure"
    return str(answer.json()["error"]["detail"])


def test_a_wrong_password_is_not_let_in_and_a_reader_cannot_write(fake: System, client: Client) -> None:
    wrong, reader = Client(fake, "wrong"), Client(fake, fake.reader_token())
    refused = wrong("GET", TABLE)
    assert (refused.status_code, detail(refused)) == (401, "Required to provide Auth information")
    ours = made(client.create())
    assert reader("GET", f"{TABLE}/{ours['sys_id']}").status_code == 200
    refused = reader.create()
    assert (refused.status_code, detail(refused)[:13]) == (403, "ACL Exception")
    assert reader.attach(ours["sys_id"]).status_code == 403
    assert len(fake.tickets()) == 1


def test_a_bearer_token_is_a_login_too(fake: System) -> None:
    for token, status in ((fake.oauth_token, 200), ("other", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        assert requests.get(fake.peer.url + TABLE, headers=headers, timeout=30).status_code == status


def test_numbers_are_not_ids_and_values_are_text(client: Client) -> None:
    ours = made(client.create(correlation_id="0192-ab"))
    assert ours["number"].startswith("INC")
    assert (ours["state"], ours["active"], ours["correlation_id"]) == ("1", "true", "0192-ab")
    assert client("GET", f"{TABLE}/{ours['sys_id']}").json()["result"]["number"] == ours["number"]
    missing = client("GET", f"{TABLE}/{ours['number']}")
    assert (missing.status_code, detail(missing)[:20]) == (404, "Record doesn't exist")


def test_what_is_longer_than_its_column_is_cut_off_without_a_word(client: Client) -> None:
    ours = made(client.create(short_description="a" * 200, description="b" * 5000))
    assert (len(ours["short_description"]), len(ours["description"])) == (160, 4000)


def test_what_one_may_not_write_is_left_out_without_a_word(tmp_path: Path) -> None:
    with ticket_fakes.start("servicenow", tmp_path, unwritable=["correlation_id"]) as fake:
        ours = made(Client(fake).create(correlation_id="0192-ab", u_unknown="x"))
        assert ours["correlation_id"] == ""
        assert "u_unknown" not in ours


def test_a_query_finds_and_its_unknown_part_counts_for_nothing(client: Client) -> None:
    for name in ("one", "two"):
        client.create(correlation_id=name)
    assert [each["correlation_id"] for each in client.found("correlation_id=two")] == ["two"]
    assert client.found("correlation_id=three") == []
    assert len(client.found("corelation_id=two")) == 2
    assert [each["correlation_id"] for each in client.found("active=true^correlation_idSTARTSWITHon")] == [
        "one"
    ]


def test_users_are_found_by_name(client: Client) -> None:
    found = client("GET", "/api/now/table/sys_user", params={"sysparm_query": "user_name=abel.tuter"})
    assert [user["user_name"] for user in found.json()["result"]] == ["abel.tuter"]


def test_lists_come_in_pages(client: Client) -> None:
    for _ in range(3):
        client.create()
    page = client("GET", TABLE, params={"sysparm_limit": 2, "sysparm_offset": 2, "sysparm_fields": "number"})
    assert (page.json()["result"], page.headers["X-Total-Count"]) == ([{"number": "INC0010003"}], "3")


def test_journals_are_shown_only_as_display_values(fake: System, client: Client) -> None:
    path = f"{TABLE}/{made(client.create())['sys_id']}"
    for text in ("first", "second"):
        assert client("PATCH", path, json={"work_notes": text}).json()["result"]["work_notes"] == ""
    shown = client("GET", path, params={"sysparm_display_value": "true"}).json()["result"]["work_notes"]
    assert shown.index("second") < shown.index("first")
    assert fake.record("INC0010001").journals["work_notes"] == ["first", "second"]


def test_a_file_is_kept_byte_for_byte(client: Client) -> None:
    ours = made(client.create())["sys_id"]
    data = b"\x00\xe4\r\n"
    kept = made(client.attach(ours, "Überblick 2.log", data))
    assert (kept["file_name"], kept["size_bytes"]) == ("Überblick 2.log", "4")
    assert kept["hash"] == hashlib.sha256(data).hexdigest()
    listed = client("GET", FILES, params={"sysparm_query": f"table_sys_id={ours}"}).json()["result"]
    assert [each["sys_id"] for each in listed] == [kept["sys_id"]]
    read = client("GET", f"{FILES}/{kept['sys_id']}/file")
    assert (read.content, read.headers["X-Attachment-Metadata"][0]) == (data, "{")
    assert client("GET", f"{FILES}/{'0' * 32}/file").status_code == 404


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"name": "a.zip"}, 403), ({"name": "noextension"}, 403), ({"data": b""}, 400), ({"name": ""}, 400),
        ({"data": bytes(1001)}, 413), ({"data": bytes(1000)}, 201), ({"table_name": "problem"}, 404),
        ({"headers": {"Content-Type": None}}, 400),
    ],
)  # fmt: skip
def test_which_files_are_refused(fake: System, client: Client, more: dict[str, Any], status: int) -> None:
    assert client.attach(made(client.create())["sys_id"], **more).status_code == status
    assert len(fake.attachments("INC0010001")) == (status == 201)


def test_a_closed_incident_takes_nothing(fake: System, client: Client) -> None:
    ours = made(client.create())
    fake.close(ours["number"])
    path = f"{TABLE}/{ours['sys_id']}"
    closed = client("GET", path).json()["result"]
    assert (closed["state"], closed["active"]) == ("7", "false")
    assert client("PATCH", path, json={"work_notes": "late"}).status_code == 403
    assert client.attach(ours["sys_id"]).status_code == 403
    assert client.attach("0" * 32).status_code == 404


def test_formats_must_be_said(client: Client) -> None:
    assert client("GET", TABLE, headers={"Accept": None}).status_code == 400
    assert client("GET", TABLE, headers={"Accept": "text/html"}).status_code == 406
    assert client("POST", TABLE, data="short_description=a").status_code == 415
    json = {"Content-Type": "application/json"}
    assert client("POST", TABLE, data="{", headers=json).status_code == 400


def test_too_many_requests_are_told_when_to_come_back(tmp_path: Path) -> None:
    with ticket_fakes.start("servicenow", tmp_path, requests_an_hour=1) as fake:
        answers = [Client(fake)("GET", TABLE) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert detail(answers[1]) == "Rate limit of 1 requests per hour for Table API exceeded"
        assert 0 < int(answers[1].headers["Retry-After"]) <= 3600
        fake.clock.advance(3601)
        assert Client(fake)("GET", TABLE).status_code == 200


def test_it_can_refuse_before_it_works(fake: System, client: Client) -> None:
    fake.before_commit("429")
    refused = client.create()
    assert (refused.status_code, refused.headers["Retry-After"], fake.tickets()) == (429, "7", [])
    fake.before_commit("503")
    assert (client.create().status_code, fake.tickets()) == (503, [])


def test_it_can_fail_once_the_work_is_done(fake: System, client: Client) -> None:
    fake.after_commit("500")
    assert (client.create().status_code, len(fake.tickets())) == (500, 1)
    fake.after_commit("cut")
    with pytest.raises(requests.ConnectionError):
        client.attach(client.found("active=true")[0]["sys_id"])
    assert len(fake.attachments("INC0010001")) == 1


def test_unknown_addresses(client: Client) -> None:
    assert client("GET", "/api/now/nothing").status_code == 400
    assert client("DELETE", TABLE).status_code == 405
    assert client("GET", "/api/now/table/nothing").json()["error"]["message"] == "Invalid table nothing"
