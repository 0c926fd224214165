"""Each rule of the fake Jira Service Management bites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import ticket_fakes
from tests.ticket_fakes.jira_sm import System

API = "/rest/servicedeskapi"


class Client:
    """Plain requests with a login."""

    def __init__(self, fake: System, token: str | None = None) -> None:
        self.url = fake.peer.url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (fake.login, fake.token if token is None else token)

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        url = path if path.startswith("http") else self.url + path
        return self.session.request(method, url, timeout=30, allow_redirects=False, **more)

    def upload(self, name: str = "a.log", data: bytes = b"x", check: str = "no-check") -> requests.Response:
        headers = {"X-Atlassian-Token": check} if check else {}
        path = f"{API}/servicedesk/61/attachTemporaryFile"
        return self("POST", path, files={"file": (name, data)}, headers=headers)

    def temporary(self, **more: Any) -> str:
        answer = self.upload(**more).json()
        return str(answer["temporaryAttachments"][0]["temporaryAttachmentId"])

    def create(self, **fields: Any) -> requests.Response:
        values = {"summary": "A report", **fields}
        body = {"serviceDeskId": "61", "requestTypeId": "112", "requestFieldValues": values}
        return self("POST", f"{API}/request", json=body)

    def attach(self, key: str, *ids: str, public: bool = True) -> requests.Response:
        body = {"temporaryAttachmentIds": ids, "public": public, "additionalComment": {"body": "see *here*"}}
        return self("POST", f"{API}/request/{key}/attachment", json=body)


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[System]:
    with ticket_fakes.start("jira_sm", tmp_path, file_bytes=1000) as running:
        yield running


@pytest.fixture
def client(fake: System) -> Client:
    return Client(fake)


def key_of(answer: requests.Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["issueKey"])


def why(answer: requests.Response) -> str:
    return str(answer.json()["i18nErrorMessage"]["i18nKey"])


def test_a_wrong_token_is_not_let_in_and_a_reader_cannot_write(fake: System) -> None:
    wrong, reader = Client(fake, "wrong"), Client(fake, fake.reader_token())
    assert wrong("GET", f"{API}/servicedesk").status_code == 401
    assert reader("GET", f"{API}/servicedesk").status_code == 200
    assert reader.create().status_code == reader.upload().status_code == 403
    assert fake.tickets() == []


def test_our_desk_is_on_the_second_page(client: Client) -> None:
    first = client("GET", f"{API}/servicedesk?limit=100").json()
    second = client("GET", first["_links"]["next"]).json()
    assert (first["size"], first["isLastPage"], second["isLastPage"]) == (50, False, True)
    assert [desk["id"] for desk in second["values"] if desk["projectKey"] == "OPS"] == ["61"]


def test_uploads_need_the_header_against_forgery(client: Client) -> None:
    assert client.upload(check="").status_code == 403
    assert client.upload().status_code == 201


def test_a_file_above_the_limit_is_refused(client: Client) -> None:
    assert client("GET", "/rest/api/2/attachment/meta").json()["uploadLimit"] == 1000
    assert client.upload(data=bytes(1001)).status_code == 413
    assert client.upload(data=bytes(1000)).status_code == 201


def test_a_temporary_file_serves_once(fake: System, client: Client) -> None:
    key, file = key_of(client.create()), client.temporary()
    assert client.attach(key, file).status_code == 201
    again = client.attach(key, file)
    assert (again.status_code, why(again)) == (400, "sd.attachment.temporary.session.time.out.ids")
    assert len(fake.attachments(key)) == 1
    comments = client("GET", f"{API}/request/{key}/comment").json()["values"]
    assert [comment["body"] for comment in comments] == fake.ticket(key).comments == ["see *here*"]


def test_a_temporary_file_lives_for_an_hour(fake: System, client: Client) -> None:
    key, file = key_of(client.create()), client.temporary()
    fake.clock.advance(3601)
    assert why(client.attach(key, file)) == "sd.attachment.temporary.session.time.out.ids"


def test_nothing_is_attached_when_one_of_the_files_is_gone(fake: System, client: Client) -> None:
    key, file = key_of(client.create()), client.temporary()
    assert client.attach(key, file, "temp0").status_code == 400
    assert client.attach(key, file).status_code == 201


@pytest.mark.parametrize(
    "fields",
    [{"summary": ""}, {"summary": "a\nb"}, {"summary": "a" * 256}, {"description": "a" * 32_768}, {"x": "y"}],
)
def test_what_a_request_may_not_say(fake: System, client: Client, fields: dict[str, str]) -> None:
    assert client.create(**fields).status_code == 400
    assert fake.tickets() == []


def test_required_fields_are_required(tmp_path: Path) -> None:
    with ticket_fakes.start("jira_sm", tmp_path, required=["customfield_10040"]) as fake:
        assert Client(fake).create().status_code == 400
        assert Client(fake).create(customfield_10040="yes").status_code == 201


def test_files_can_come_with_the_request_where_it_has_such_a_field(tmp_path: Path, fake: System) -> None:
    client = Client(fake)
    key = key_of(client.create(attachment=[client.temporary(data=b"\x00\xff")]))
    assert [(name, blob.read()) for name, blob in fake.attachments(key)] == [("a.log", b"\x00\xff")]
    with ticket_fakes.start("jira_sm", tmp_path / "2", attachment_field=False) as without:
        assert Client(without).create(attachment=[Client(without).temporary()]).status_code == 400


def test_a_new_request_is_found_later_by_words_of_its_summary(fake: System, client: Client) -> None:
    key = key_of(client.create(summary="frozen chart 0192-ab"))
    path = f"{API}/request?searchTerm="
    assert client("GET", path + "0192-ab").json()["values"] == []
    fake.settle()
    assert [each["issueKey"] for each in client("GET", path + "0192-ab").json()["values"]] == [key]
    assert client("GET", path + "0193").json()["values"] == []


def test_a_missing_and_a_closed_request(fake: System, client: Client) -> None:
    key = key_of(client.create())
    assert "actions" not in client("GET", f"{API}/request/{key}").json()
    assert client("GET", f"{API}/request/{key}?expand=action").json()["actions"]["addAttachment"]["allowed"]
    fake.close(key)
    closed = client("GET", f"{API}/request/{key}?expand=action").json()
    assert (closed["currentStatus"]["statusCategory"], closed["actions"]["addAttachment"]["allowed"]) == (
        "DONE", False,
    )  # fmt: skip
    assert client.attach(key, client.temporary()).status_code == 403
    assert client.attach("OPS-99", client.temporary()).status_code == 404


def test_customers_cannot_attach_internally(fake: System, client: Client) -> None:
    assert client.attach(key_of(client.create()), client.temporary(), public=False).status_code == 403


def test_reading_back_leads_to_another_host_that_must_not_see_the_login(fake: System, client: Client) -> None:
    key = key_of(client.create())
    client.attach(key, client.temporary(name="ä b.log", data=b"\x00\r\n\xe4"))
    (file,) = client("GET", f"{API}/request/{key}/attachment").json()["values"]
    assert (file["filename"], file["size"]) == ("ä b.log", 4)
    moved = client("GET", file["_links"]["content"])
    assert moved.status_code == 303
    assert requests.get(moved.headers["Location"], timeout=30).content == b"\x00\r\n\xe4"
    assert client("GET", moved.headers["Location"]).status_code == 400


def test_too_many_requests_are_told_when_to_come_back(tmp_path: Path) -> None:
    with ticket_fakes.start("jira_sm", tmp_path, requests_a_minute=2) as fake:
        answers = [Client(fake)("GET", f"{API}/servicedesk") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert 0 < int(answers[2].headers["Retry-After"]) <= 60
        assert answers[2].headers["RateLimit-Reason"] == "jira-burst-based"
        fake.clock.advance(61)
        assert Client(fake)("GET", f"{API}/servicedesk").status_code == 200


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"serviceDeskId": "1"}, 404), ({"requestTypeId": "1"}, 400), ({"requestFieldValues": None}, 400),
        ({"requestFieldValues": {"summary": "a", "attachment": "temp1"}}, 400),
    ],
)  # fmt: skip
def test_a_request_belongs_to_a_desk_and_a_type(client: Client, more: dict[str, Any], status: int) -> None:
    body = {"serviceDeskId": "61", "requestTypeId": "112", "requestFieldValues": {"summary": "a"}}
    assert client("POST", f"{API}/request", json=body | more).status_code == status


def test_uploads_are_forms_with_files_for_a_desk(client: Client) -> None:
    check = {"X-Atlassian-Token": "no-check"}
    path = f"{API}/servicedesk/61/attachTemporaryFile"
    assert client("POST", path, data=b"x", headers=check).status_code == 415
    assert client("POST", path, files={"other": ("a", b"x")}, headers=check).status_code == 400
    elsewhere = path.replace("61", "7")
    assert client("POST", elsewhere, files={"file": ("a", b"x")}, headers=check).status_code == 404
    assert client.attach(key_of(client.create())).status_code == 400


@pytest.mark.parametrize(("how", "status", "kind"), [("429", 429, "text/plain"), ("503", 503, "text/html")])
def test_it_can_refuse_before_it_works(
    fake: System, client: Client, how: ticket_fakes.Before, status: int, kind: str
) -> None:
    fake.before_commit(how)
    refused = client.create()
    assert (refused.status_code, refused.headers["Content-Type"].split(";")[0]) == (status, kind)
    assert (refused.headers["Retry-After"], fake.tickets()) == ("7", [])


def test_it_can_fail_once_the_work_is_done(fake: System, client: Client) -> None:
    fake.after_commit("500")
    assert (client.create().status_code, fake.tickets()) == (500, ["OPS-1"])
    fake.after_commit("cut")
    with pytest.raises(requests.ConnectionError):
        client.attach("OPS-1", client.temporary())
    assert len(fake.attachments("OPS-1")) == 1


def test_unknown_addresses_and_bodies_that_are_no_json(client: Client) -> None:
    unknown = client("GET", f"{API}/requests")
    assert (unknown.status_code, unknown.json()["status-code"]) == (404, 404)
    assert "status-code" not in client("GET", "/browse/OPS-1").text
    assert client("GET", f"{API}/request/OPS-1/attachment/1").status_code == 404
    assert client("POST", f"{API}/request", data="{}").status_code == 415
    json = {"Content-Type": "application/json"}
    assert client("POST", f"{API}/request", data="{", headers=json).status_code == 400


@pytest.fixture
def datacenter(tmp_path: Path) -> Iterator[System]:
    with ticket_fakes.start("jira_sm", tmp_path / "dc", edition="datacenter", agent=True) as running:
        yield running


def test_data_center_lists_files_only_through_the_platform(datacenter: System) -> None:
    client = Client(datacenter)
    key = key_of(client.create())
    client.attach(key, client.temporary(name="ä b.log", data=b"\x00"))
    assert client("GET", f"{API}/request/{key}/attachment").status_code == 405
    assert "statusCategory" not in client("GET", f"{API}/request/{key}").json()["currentStatus"]
    (file,) = client("GET", f"/rest/api/2/issue/{key}?fields=attachment").json()["fields"]["attachment"]
    assert client("GET", file["content"]).content == b"\x00"


def test_customers_do_not_see_the_platform(fake: System, client: Client) -> None:
    assert client("GET", f"/rest/api/2/issue/{key_of(client.create())}").status_code == 404


def test_data_center_takes_personal_tokens_and_bars_a_login_after_three_wrong_ones(
    datacenter: System,
) -> None:
    bearer = {"Authorization": f"Bearer {datacenter.token}"}
    url = f"{datacenter.peer.url}{API}/servicedesk"
    assert requests.get(url, headers=bearer, timeout=30).status_code == 200
    for _ in range(3):
        assert Client(datacenter, "wrong")("GET", f"{API}/servicedesk").status_code == 401
    barred = Client(datacenter)("GET", f"{API}/servicedesk")
    assert barred.status_code == 403
    assert "CAPTCHA_CHALLENGE" in barred.headers["X-Authentication-Denied-Reason"]
