"""Each rule of the fake GitLab bites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import ticket_fakes
from tests.ticket_fakes.gitlab import System

PROJECT = "/api/v4/projects/support%2Ftrading-desk"


class Client:
    """Plain requests with a token."""

    def __init__(self, fake: System, token: str | None = None) -> None:
        self.url = fake.peer.url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["PRIVATE-TOKEN"] = fake.token if token is None else token

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=30, allow_redirects=False, **more)

    def upload(self, name: str = "a.log", data: bytes = b"x") -> requests.Response:
        return self("POST", f"{PROJECT}/uploads", files={"file": (name, data)})

    def create(self, title: str = "A report", description: str = "") -> requests.Response:
        return self("POST", f"{PROJECT}/issues", json={"title": title, "description": description})

    def note(self, iid: str, body: str) -> requests.Response:
        return self("POST", f"{PROJECT}/issues/{iid}/notes", json={"body": body})


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[System]:
    with ticket_fakes.start("gitlab", tmp_path, file_bytes=1000) as running:
        yield running


@pytest.fixture
def client(fake: System) -> Client:
    return Client(fake)


def iid_of(answer: requests.Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["iid"])


def test_a_wrong_token_is_not_let_in_and_a_reading_one_cannot_write(fake: System) -> None:
    wrong, reader = Client(fake, "wrong"), Client(fake, fake.reader_token())
    assert (wrong("GET", PROJECT).status_code, wrong("GET", PROJECT).json()) == (
        401, {"message": "401 Unauthorized"},
    )  # fmt: skip
    assert reader("GET", PROJECT).status_code == 200
    refused = reader.create()
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
    assert reader.upload().status_code == 403
    assert fake.tickets() == []


@pytest.mark.parametrize(
    ("path", "status"),
    [("77", 200), ("support%2Ftrading-desk", 200), ("support/trading-desk", 404), ("78", 404)],
)
def test_a_project_is_its_id_or_its_encoded_path(client: Client, path: str, status: int) -> None:
    assert client("GET", f"/api/v4/projects/{path}").status_code == status
    mine = client("GET", "/api/v4/projects?membership=true").json()
    assert [each["path_with_namespace"] for each in mine] == ["support/trading-desk"]


def test_uploads_are_renamed_and_read_back_by_their_secret(client: Client) -> None:
    answer = client.upload("Überblick 2 (neu).log", b"\x00\xe4\r\n").json()
    assert answer["url"].endswith("/Überblick_2__neu_.log")
    path = answer["url"].removeprefix("/uploads/")
    assert client("GET", f"{PROJECT}/uploads/{path}").content == b"\x00\xe4\r\n"
    secret, name = path.split("/")
    assert client("GET", f"{PROJECT}/uploads/{secret[:-1]}0/{name}x").status_code == 404
    assert client("GET", f"{PROJECT}/uploads").status_code == 403
    assert client("GET", f"{PROJECT}/uploads/1").status_code == 403
    assert client("GET", answer["full_path"]).status_code == 302


@pytest.mark.parametrize(("name", "kept"), [("a.JPG", b"photo"), ("a.tiff", b"photo"), ("a.png", b"photo!")])
def test_photos_are_not_kept_as_they_are(client: Client, name: str, kept: bytes) -> None:
    path = client.upload(name, b"photo!").json()["url"].removeprefix("/uploads/")
    assert client("GET", f"{PROJECT}/uploads/{path}").content == kept


def test_a_token_tells_what_it_may(fake: System) -> None:
    for token, scope in ((fake.token, "api"), (fake.reader_token(), "read_api")):
        assert Client(fake, token)("GET", "/api/v4/personal_access_tokens/self").json()["scopes"] == [scope]


def test_older_ones_cannot_read_back(tmp_path: Path) -> None:
    with ticket_fakes.start("gitlab", tmp_path, version="17.3.2") as fake:
        answer = Client(fake).upload().json()
        path = answer["url"].removeprefix("/uploads/")
        assert Client(fake)("GET", f"{PROJECT}/uploads/{path}").status_code == 404
        assert "id" in answer


def test_a_file_above_the_limit_is_refused_in_plain_words(client: Client) -> None:
    refused = client.upload(data=bytes(1001))
    assert (refused.status_code, refused.headers["Content-Type"].split(";")[0]) == (413, "text/plain")
    assert client.upload(data=bytes(1000)).status_code == 201


def test_an_upload_without_a_file_is_refused(client: Client) -> None:
    assert client("POST", f"{PROJECT}/uploads", files={"other": ("a", b"x")}).status_code == 400
    assert client("POST", f"{PROJECT}/uploads", data=b"x").status_code == 400


def test_a_file_is_on_an_issue_once_its_text_links_to_it(fake: System, client: Client) -> None:
    first, second = client.upload("a.log", b"1").json(), client.upload("b.png", b"2").json()
    assert second["markdown"].startswith("![b](")
    iid = iid_of(client.create(description=first["markdown"]))
    assert [name for name, _ in fake.attachments(iid)] == ["a.log"]
    client.note(iid, f"see {second['markdown']}")
    assert [(name, blob.read()) for name, blob in fake.attachments(iid)] == [("a.log", b"1"), ("b.png", b"2")]


@pytest.mark.parametrize(
    ("title", "description"), [("", ""), ("a" * 256, ""), ("a", "b" * 1_048_577)], ids=["no", "title", "text"]
)
def test_what_an_issue_may_not_say(fake: System, client: Client, title: str, description: str) -> None:
    assert client.create(title, description).status_code == 400
    assert fake.tickets() == []


def test_a_line_with_a_command_is_obeyed_unless_it_is_code(fake: System, client: Client) -> None:
    iid = iid_of(client.create(description="before\n/close\nafter"))
    assert (fake.issue(iid).state, fake.issue(iid).description) == ("closed", "before\nafter")
    code = "````\n/close\n```\n/close\n````\nend"
    iid = iid_of(client.create(description=code))
    assert (fake.issue(iid).state, fake.issue(iid).description) == ("opened", code)
    assert client.note(iid, "/close").status_code == 202
    assert (fake.issue(iid).state, fake.issue(iid).notes) == ("closed", [])


def test_a_closed_issue_takes_notes_all_the_same(fake: System, client: Client) -> None:
    iid = iid_of(client.create())
    fake.close(iid)
    assert client("GET", f"{PROJECT}/issues/{iid}").json()["state"] == "closed"
    assert client.note(iid, "too late").status_code == 201
    assert client.note("99", "nowhere").status_code == 404
    assert client.note(iid, "a" * 1_000_001).status_code == 400


def test_people_use_iids_and_ids_are_others(client: Client) -> None:
    issue = client.create().json()
    assert issue["id"] != issue["iid"]
    assert client("GET", f"{PROJECT}/issues/{issue['id']}").status_code == 404


def test_issues_are_found_by_words_and_listed_in_pages(client: Client) -> None:
    for number in range(25):
        client.create(f"Report {number}", "needle" if number == 7 else "")
    first = client("GET", f"{PROJECT}/issues?search=report&in=title")
    assert (len(first.json()), first.headers["X-Next-Page"]) == (20, "2")
    assert len(client("GET", f"{PROJECT}/issues?search=report&in=title&page=2").json()) == 5
    assert client("GET", f"{PROJECT}/issues?search=needle&in=title").json() == []
    assert [each["iid"] for each in client("GET", f"{PROJECT}/issues?search=needle").json()] == [8]


def test_notes_come_in_pages_newest_first(client: Client) -> None:
    iid = iid_of(client.create())
    for number in range(21):
        client.note(iid, f"note {number}")
    page = client("GET", f"{PROJECT}/issues/{iid}/notes")
    assert (page.json()[0]["body"], len(page.json()), page.headers["X-Next-Page"]) == ("note 20", 20, "2")
    assert client("GET", f"{PROJECT}/issues/{iid}/notes?sort=asc&per_page=100").json()[0]["body"] == "note 0"


def test_two_rate_limits_with_two_answers(tmp_path: Path) -> None:
    with ticket_fakes.start("gitlab", tmp_path / "1", requests_a_minute=1) as fake:
        answers = [Client(fake)("GET", PROJECT) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert answers[1].text == "Retry later\n"
        assert 0 < int(answers[1].headers["Retry-After"]) <= 60
    with ticket_fakes.start("gitlab", tmp_path / "2", issues_a_minute=1) as fake:
        answers = [Client(fake).create() for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 429]
        assert "Retry-After" not in answers[1].headers
        assert "too many times" in answers[1].json()["message"]["error"]


def test_projects_that_take_no_issues(tmp_path: Path) -> None:
    with ticket_fakes.start("gitlab", tmp_path / "1", archived=True) as fake:
        assert Client(fake)("GET", PROJECT).json()["archived"]
        assert Client(fake).create().status_code == Client(fake).upload().status_code == 403
    with ticket_fakes.start("gitlab", tmp_path / "2", no_issues=True) as fake:
        assert not Client(fake)("GET", PROJECT).json()["issues_enabled"]
        assert Client(fake).create().status_code == 403


@pytest.mark.parametrize(("how", "status", "kind"), [("429", 429, "text/plain"), ("503", 503, "text/html")])
def test_it_can_refuse_before_it_works(
    fake: System, client: Client, how: ticket_fakes.Before, status: int, kind: str
) -> None:
    fake.before_commit(how)
    refused = client.create()
    assert (refused.status_code, refused.headers["Content-Type"].split(";")[0]) == (status, kind)
    assert fake.tickets() == []


def test_it_can_fail_once_the_work_is_done(fake: System, client: Client) -> None:
    fake.after_commit("500")
    failed = client.create()
    assert (failed.json(), fake.tickets()) == ({"message": "500 Internal Server Error"}, ["1"])
    fake.after_commit("cut")
    with pytest.raises(requests.ConnectionError):
        client.note("1", "stored")
    assert fake.issue("1").notes == ["stored"]


def test_unknown_addresses(client: Client) -> None:
    assert client("GET", "/api/v4/nothing").json() == {"error": "404 Not Found"}
    assert client("GET", "/nothing").headers["Content-Type"].startswith("text/html")
    assert client("DELETE", f"{PROJECT}/issues").status_code == 405
    assert client("GET", "/api/v4/version").json()["version"] == "18.5.0"
