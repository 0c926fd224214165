"""The inbox as support staff use it, and as somebody would who wants to abuse it."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from snapper.desk import Store, running
from snapper.desk.inbox import TICKETS_PER_PAGE, local_path, readable_size
from snapper.desk.throttle import TRIES
from snapper.report import Finding, LogEntry, LogKind, Report
from tests.desk_client import Browser, Desk, make_report, running_desk

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
EVIL = b"<html><script>alert(1)</script></html>"
PLAIN = b"".join(b"line %d <i>\n" % number for number in range(50_000))
LOGS = {"jts/api.today.log": PLAIN, "jts/tws.ibgzenc": b"\x00\x01sealed"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all: tests add reports of their own and touch no others."""
    with running_desk(tmp_path_factory.mktemp("inbox")) as running_one:
        yield running_one


def zipped(logs: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in logs.items():
            archive.writestr(name, text)
    return data.getvalue()


def entry(name: str, data: bytes) -> LogEntry:
    kind = LogKind.SEALED if name.endswith("enc") else LogKind.PLAIN
    return LogEntry(name, len(data), hashlib.sha256(data).hexdigest(), "2026-08-31T16:51:59Z", kind)


def log_report(desk: Desk, archive: bytes, *entries: LogEntry) -> str:
    """Send a report with this logs.zip; returns the address of its logs."""
    report = make_report({"logs.zip": archive}, logs=entries)
    assert desk.post(report, {"logs.zip": archive}).status_code == 201
    return f"/reports/{report.id}/files/1/logs"


def sent(desk: Desk, report: Report, files: dict[str, bytes] | None = None) -> int:
    """Send a report; returns its ticket."""
    return int(desk.post(report, files or {}).json()["ticket"])


# --- signing in -------------------------------------------------------------------------------------------


def test_every_page_needs_a_sign_in_and_leads_back(desk: Desk) -> None:
    files = {"logs.zip": zipped(LOGS)}
    report = make_report(files, logs=(entry("jts/api.today.log", PLAIN),))
    ticket = sent(desk, report, files)
    file = f"/reports/{report.id}/files/1"
    for path in (
        "/",
        f"/tickets/{ticket}",
        file,
        f"{file}/picture",
        f"{file}/logs/1",
        f"{file}/logs/1/download",
    ):
        answer = requests.get(desk.url + path, allow_redirects=False, timeout=60)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")
    for path in ("/sign-out", f"/tickets/{ticket}/state"):
        answer = requests.post(desk.url + path, {"state": "closed"}, allow_redirects=False, timeout=60)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    found = desk.store.ticket(ticket)
    assert found is not None
    assert found.state == "open"


def test_signing_in_leads_to_the_page_that_was_asked_for(desk: Desk) -> None:
    ticket = sent(desk, make_report(note="Back to me"))
    browser = Browser(desk.url)
    page = browser.submit(
        "/sign-in", "/sign-in", name="ada", password="correct horse", next=f"/tickets/{ticket}"
    )
    assert page.url == f"{desk.url}/tickets/{ticket}"
    assert "Back to me" in page.text


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("bob", "correct horse"), ("", "")])
def test_a_wrong_name_or_password_is_said_and_lets_nobody_in(desk: Desk, name: str, password: str) -> None:
    browser = Browser(desk.url)
    answer = browser.submit("/sign-in", "/sign-in", name=name, password=password)
    assert (answer.status_code, "name or the password is wrong" in answer.text) == (403, True)
    assert "/sign-in" in browser.get("/").url
    desk.staff()  # a success lets others try on


def test_guessing_passwords_is_slowed_down(tmp_path: Path) -> None:
    with running_desk(tmp_path) as desk:
        browser = Browser(desk.url)
        answers = [
            browser.submit("/sign-in", "/sign-in", name="x", password="y").status_code
            for _ in range(TRIES + 1)
        ]
    assert answers == [403] * TRIES + [429]


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(desk: Desk) -> None:
    cookie = requests.get(f"{desk.url}/sign-in", timeout=60).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_a_cookie_made_up_or_changed_is_worthless(desk: Desk) -> None:
    browser = desk.staff()
    value = browser.session.cookies["snapper_desk"]
    flipped = ("B" if value[5] == "A" else "A").join((value[:5], value[6:]))
    answer = requests.get(
        f"{desk.url}/", cookies={"snapper_desk": flipped}, allow_redirects=False, timeout=60
    )
    assert answer.status_code == 303


def test_signing_out_ends_the_session(desk: Desk) -> None:
    browser = desk.staff()
    assert browser.get("/").url == f"{desk.url}/"
    browser.submit("/", "/sign-out")
    assert "/sign-in" in browser.get("/").url


@pytest.mark.parametrize("csrf", [None, "", "guess", "é"])
def test_a_form_from_elsewhere_changes_nothing(desk: Desk, csrf: str | None) -> None:
    ticket = sent(desk, make_report())
    browser = desk.staff()
    fields = {"state": "closed"} | ({} if csrf is None else {"csrf": csrf})
    answer = browser.session.post(f"{desk.url}/tickets/{ticket}/state", data=fields, timeout=60)
    found = desk.store.ticket(ticket)
    assert found is not None
    assert (answer.status_code, found.state) == (403, "open")


def test_an_endless_form_is_refused(desk: Desk) -> None:
    answer = requests.post(f"{desk.url}/sign-in", data=b"a" * 100_000, timeout=60)
    assert answer.status_code == 413


# --- tickets ----------------------------------------------------------------------------------------------


def test_tickets_are_listed_newest_first_page_by_page(tmp_path: Path) -> None:
    with running_desk(tmp_path) as desk:
        for number in range(TICKETS_PER_PAGE + 1):
            sent(desk, make_report(note=f"Title {number} of it"))
        browser = desk.staff()
        first, second = browser.get("/").text, browser.get("/?page=2").text
    assert 0 < first.index(f"Title {TICKETS_PER_PAGE} of it") < first.index("Title 1 of it")
    assert "Title 0 of it" not in first
    assert "Title 0 of it" in second


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "9" * 50, ""])
def test_a_page_that_does_not_exist_is_no_mistake(desk: Desk, page: str) -> None:
    assert desk.staff().get("/", params={"page": page}).status_code == 200


def test_a_ticket_is_found_by_number_and_by_receipt_code_as_people_write_them(desk: Desk) -> None:
    receipt = desk.post(make_report()).json()
    browser = desk.staff()
    code = receipt["code"]
    for wanted in (
        receipt["ticket"],
        f"#{receipt['ticket']}",
        code,
        code.lower().replace("-", " "),
        code[4:],
    ):
        assert browser.get("/", params={"q": wanted}).url == receipt["url"]
    assert "There is no ticket or receipt “&lt;b&gt;”" in browser.get("/", params={"q": "<b>"}).text


def test_a_ticket_shows_its_reports_with_everything_in_them_escaped(desk: Desk) -> None:
    markup = "<b>bold</b>\n ä ß 漢字 ✓ & \"quotes'"
    name = "Müller's & <copy>.txt".replace("<", "‹").replace(">", "›")
    report = dataclasses.replace(
        make_report({name: b"x"}, note=markup),
        remarks=("<u>remark</u>",),
        machine={"<i>OS": "<i>HP"},
        account="<i>DU1",
        findings=(Finding("two-sessions", "<u>two sessions", "<i>launcher.log", "<b>Competition detected"),),
        replaced={"accounts": 12},
        kept=("orders",),
    )
    page = desk.staff().get(f"/tickets/{sent(desk, report, {name: b'x'})}").text
    assert "<b>" not in page and "<u>" not in page and "<i>" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;\n ä ß 漢字 ✓ &amp; &#34;quotes&#39;" in page
    assert "&lt;u&gt;remark&lt;/u&gt;" in page
    assert "&lt;i&gt;HP" in page
    for said in ("&lt;i&gt;DU1", "&lt;u&gt;two sessions", "&lt;i&gt;launcher.log", "&lt;b&gt;Competition"):
        assert said in page
    assert "12 accounts" in page and "Sent as they are: orders." in page
    assert "Müller&#39;s &amp; ‹copy›.txt" in page
    assert hashlib.sha256(b"x").hexdigest() in page


def test_a_ticket_is_closed_and_reopened(desk: Desk) -> None:
    ticket = sent(desk, make_report())
    browser = desk.staff()
    here = f"/tickets/{ticket}"
    assert "Reopen ticket" in browser.submit(here, f"{here}/state", state="closed").text
    assert desk.post(make_report(ticket=str(ticket))).status_code == 422
    assert "Close ticket" in browser.submit(here, f"{here}/state", state="open").text
    assert browser.submit(here, f"{here}/state", state="on fire").status_code == 400
    assert desk.post(make_report(ticket=str(ticket))).status_code == 201


@pytest.mark.parametrize("path", ["/tickets/1", f"/tickets/{9**30}", "/nowhere", "/reports/x/files/1"])
def test_what_is_not_there_is_a_page_that_says_so(desk: Desk, path: str) -> None:
    answer = desk.staff().get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "script" not in answer.headers["content-security-policy"]


# --- files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["page.html", "image.svg", "screenshot.png", "photo.jpg", "x.xhtml"])
def test_uploaded_markup_is_only_ever_a_download(desk: Desk, name: str) -> None:
    """Whatever its name claims."""
    report = make_report({name: EVIL})
    ticket = sent(desk, report, {name: EVIL})
    browser = desk.staff()
    answer = browser.get(f"/reports/{report.id}/files/1")
    assert answer.content == EVIL
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert browser.get(f"/reports/{report.id}/files/1/picture").status_code == 404
    assert "<img" not in browser.get(f"/tickets/{ticket}").text


@pytest.mark.parametrize(
    ("data", "media_type"), [(PNG, "image/png"), (b"\xff\xd8\xff\xe0jpeg", "image/jpeg")]
)
def test_a_picture_is_shown_in_the_page(desk: Desk, data: bytes, media_type: str) -> None:
    report = make_report({"screenshot": data})
    browser = desk.staff()
    page = browser.get(f"/tickets/{sent(desk, report, {'screenshot': data})}").text
    path = f"/reports/{report.id}/files/1/picture"
    assert f'<img src="{path}"' in page
    answer = browser.get(path)
    assert (answer.content, answer.headers["content-type"]) == (data, media_type)


@pytest.mark.parametrize(
    ("name", "plain", "extended"),
    [
        ("Müller's “note”.txt", "M_ller's _note_.txt", "M%C3%BCller%27s%20%E2%80%9Cnote%E2%80%9D.txt"),
        ("a;b=c%41.txt", "a;b=c_41.txt", "a%3Bb%3Dc%2541.txt"),
        ("漢字.log", "__.log", "%E6%BC%A2%E5%AD%97.log"),
    ],
)
def test_a_download_has_the_name_it_was_sent_with(desk: Desk, name: str, plain: str, extended: str) -> None:
    report = make_report({name: b"x"})
    sent(desk, report, {name: b"x"})
    answer = desk.staff().get(f"/reports/{report.id}/files/1")
    expected = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}"
    assert answer.headers["content-disposition"] == expected


def test_a_plain_log_can_be_read_from_its_end_and_downloaded_whole(desk: Desk) -> None:
    logs = log_report(desk, zipped(LOGS), *(entry(name, data) for name, data in LOGS.items()))
    browser = desk.staff()
    page = browser.get(f"{logs}/1").text
    assert "line 49999 &lt;i&gt;\n</pre>" in page
    assert "line 0 " not in page
    assert "before it are in the download" in page
    assert f'href="{logs}/1/download"' in page
    whole = browser.get(f"{logs}/1/download")
    assert whole.content == PLAIN
    assert whole.headers["content-disposition"].startswith('attachment; filename="api.today.log"')


def test_a_sealed_log_is_called_sealed_and_only_downloaded(desk: Desk) -> None:
    logs = log_report(desk, zipped(LOGS), *(entry(name, data) for name, data in LOGS.items()))
    browser = desk.staff()
    assert browser.get(f"{logs}/2").status_code == 422
    assert browser.get(f"{logs}/2/download").content == LOGS["jts/tws.ibgzenc"]


@pytest.mark.parametrize("action", ["", "/download"])
def test_an_archive_that_is_none_or_lacks_the_log_is_said_in_words(desk: Desk, action: str) -> None:
    browser = desk.staff()
    broken = log_report(desk, b"PK but no zip", entry("a.log", b""))
    assert "cannot be unpacked" in browser.get(f"{broken}/1{action}").text
    lacking = log_report(desk, zipped({"b.log": b""}), entry("a.log", b""))
    assert browser.get(f"{lacking}/1{action}").status_code == 404
    assert browser.get(f"{lacking}/2{action}").status_code == 404


def test_a_removed_password_ends_its_sessions(tmp_path: Path) -> None:
    with running_desk(tmp_path) as desk:
        browser = desk.staff()
        desk.store._database.execute("DELETE FROM users")
        desk.store.add_user("ada", "another one")
        assert "/sign-in" in browser.get("/").url


def test_over_https_the_cookie_is_kept_to_https(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with running(store, public_url="https://desk.example.com") as url:
        cookie = requests.get(f"{url}/sign-in", timeout=60).headers["set-cookie"]
    store.close()
    assert "secure" in cookie.lower()


# --- pure -------------------------------------------------------------------------------------------------


@given(st.text(alphabet="/\\:?#.@ahtps%\n\t é[]", max_size=12) | st.text())
def test_a_way_back_never_leads_to_another_site(target: str) -> None:
    path = local_path(target)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert path.isprintable()


def test_a_way_back_on_this_desk_is_kept() -> None:
    assert local_path("/tickets/1001?x=1") == "/tickets/1001?x=1"


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (3_440_000, "3.4 MB"),
        (10**9, "1.0 GB"),
    ],
)  # fmt: skip
def test_sizes_read_well(size: int, said: str) -> None:
    assert readable_size(size) == said
