"""Answers of people made into a destination, and what is wrong with it said so that they can correct it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper import connect, setting_up
from snapper.config import Settings, load
from snapper.delivery.endpoints.adapter import NoneOfThese
from snapper.destinations import Destination
from snapper.errors import NeedsAttention, Refused, UsageError
from snapper.language import _
from snapper.setting_up import ADDRESS, NOTHING, TOKEN, Trial, in_use, trial_of, try_out
from snapper.systems import SYSTEMS
from tests.desks import Desk, answering, desk_at, refused_url, server_that
from tests.test_tokens import no_keyring

__all__ = ["no_keyring"]

RT_OPTIONS = {"queue": "Support"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk."""
    with desk_at(tmp_path / "desk") as running:
        yield running


@pytest.fixture
def plain(tmp_path: Path, no_keyring: None) -> Settings:
    """Settings of a computer where nothing was set up."""
    return load(None, {"SNAPPER_CONFIG": "/dev/null"}, {"outbox.folder": str(tmp_path / "outbox")})


# --- answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "page", "address"),
    [
        ("desk", "https://desk.example.com/tickets/12", "https://desk.example.com"),
        ("rt", "rt.example.com", "https://rt.example.com"),
        ("rt", " https://rt.example.com/Ticket/Display.html?id=5#txn-9 ", "https://rt.example.com"),
        ("rt", "https://x.example/rt/SelfService/", "https://x.example/rt"),
        ("rt", "https://x.example/rt/", "https://x.example/rt"),
        ("rt", "https://x.example/Ticketing", "https://x.example/Ticketing"),
        ("redmine", "https://x.example/red/projects/support/issues", "https://x.example/red"),
        ("redmine", "https://x.example/issues.json?a=1", "https://x.example"),
        ("roundup", "https://x.example/tracker/issue12?ok=1", "https://x.example/tracker"),
        ("roundup", "https://x.example/tracker/", "https://x.example/tracker"),
        ("zammad", "https://example.zammad.com/#ticket/zoom/1", "https://example.zammad.com"),
        ("zendesk", "https://example.zendesk.com/agent/tickets/1", "https://example.zendesk.com"),
        ("jira_sm", "https://a.atlassian.net/jira/servicedesk/projects/OPS", "https://a.atlassian.net"),
        ("jira_sm", "https://x.example/jira/browse/OPS-1", "https://x.example/jira"),
        ("gitlab", "https://gitlab.example.com/a/b/-/issues/1", "https://gitlab.example.com"),
        ("servicenow", "https://x.service-now.com/nav_to.do?uri=incident.do", "https://x.service-now.com"),
        ("rageshake", "https://x.example/bugs/api/submit", "https://x.example/bugs"),
        ("rt", "http://127.0.0.1:8080/Ticket/Display.html?id=5", "http://127.0.0.1:8080"),
        ("rt", "https://[::1]:8080/Ticket/", "https://[::1]:8080"),
    ],
)
def test_any_page_tells_the_address(system: str, page: str, address: str) -> None:
    assert setting_up.address(system, page) == address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be a web address"),
        ("http://rt.example.com", "must begin with https://"),
        ("https://anna:c4n4ry@rt.example.com", "must be a web address"),
        ("https://[::1", "must be a web address"),
        ("ftp://rt.example.com", "must be a web address"),
    ],
)
def test_what_is_no_address_is_told_with_one_that_is(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        setting_up.address("rt", text)
    assert words in caught.value.sentence and "rt.example.com" in caught.value.remedy
    assert "c4n4ry" not in str(caught.value)


@settings(max_examples=60)
@given(st.sampled_from(list(SYSTEMS)), st.text() | st.text(st.sampled_from("ht ps:/.x?#@[]%é1-")))
def test_any_text_is_an_address_or_one_sentence(system: str, text: str) -> None:
    try:
        assert setting_up.address(system, text).startswith(("http://", "https://"))
    except UsageError as error:
        assert "must be" in error.sentence


def test_a_token_is_taken_without_what_was_copied_along() -> None:
    rt, roundup = SYSTEMS["rt"], SYSTEMS["roundup"]
    assert setting_up.token(rt, " 1-2-abc \r\n") == "1-2-abc"
    assert setting_up.token(roundup, " a pass wörd \n") == " a pass wörd "
    for about, wrong in ((rt, "1-2 abc"), (rt, "tökén"), (rt, "a\x1b[A"), (roundup, "a\x07b")):
        with pytest.raises(UsageError) as caught:
            setting_up.token(about, wrong)
        assert wrong not in str(caught.value)


def test_options_are_checked_as_they_are_answered() -> None:
    queue, public = SYSTEMS["rt"].options
    assert setting_up.option(queue, " Support ") == "Support"
    assert [setting_up.option(public, text) for text in ("Y", "no", "N")] == ["yes", "no", "no"]
    for wanted, text in ((queue, " "), (public, "perhaps")):
        with pytest.raises(UsageError):
            setting_up.option(wanted, text)


def test_a_name_is_found_that_is_short_and_free() -> None:
    assert setting_up.usual_name("jira_sm", ["rt"]) == "jira"
    assert setting_up.usual_name("rt", ["RT", "rt-2"]) == "rt-3"
    assert setting_up.name(" our RT ", "rt") == "our RT"
    assert setting_up.name("desk", "desk") == "desk"
    for wrong in ("", "x" * 61, "a\nb", "Desk"):
        with pytest.raises(UsageError):
            setting_up.name(wrong, "rt")


def test_the_desk_of_the_defaults_counts_only_where_somebody_means_it(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    section = '[destinations.rt]\nsystem = "rt"\nurl = "https://rt.example.com"\nqueue = "S"\n'

    def names(text: str, **environment: str) -> list[str]:
        file.write_text(text, encoding="utf-8")
        return [each.name for each in in_use(load(file, environment))]

    assert names("") == ["desk"]
    assert names(section) == ["desk", "rt"]
    assert names(f'{section}[delivery]\nto = "rt"\n') == ["rt"]
    assert names(f'{section}[delivery]\nto = "rt"\nurl = "https://desk.example.com"\n') == ["rt", "desk"]
    assert names(f'{section}[delivery]\nto = "rt"\n', SNAPPER_DELIVERY_TOKEN="t") == ["rt", "desk"]
    own = '[destinations.desk]\nsystem = "desk"\nurl = "https://desk.example.com"\n'
    assert names(f'{own}{section}[delivery]\nto = "rt"\n') == ["rt", "desk"]


# --- trying out -------------------------------------------------------------------------------------------


def test_a_desk_that_is_right_says_who_it_is(plain: Settings, desk: Desk) -> None:
    trial = try_out(plain, Destination("other desk", "desk", desk.url), desk.token)
    assert desk.url.partition("://")[2] in trial.said and not trial.problem


def test_a_wrong_token_is_the_token(plain: Settings, desk: Desk) -> None:
    trial = try_out(plain, Destination("desk", "desk", desk.url), "wrong")
    assert (trial.suspect, trial.token_refused) == (TOKEN, True)
    assert "does not accept the token." in trial.problem and "snapper desk token NAME" in trial.remedy


def test_a_token_in_the_settings_does_not_hide_that_the_new_one_is_wrong(tmp_path: Path, desk: Desk) -> None:
    old = load(None, {"SNAPPER_CONFIG": "/dev/null", **desk.environment})
    assert try_out(old, Destination("desk", "desk", desk.url), "wrong").token_refused


@pytest.mark.parametrize("system", ["desk", "rt"])
def test_where_nothing_answers_the_address_is_doubted(plain: Settings, system: str) -> None:
    there = Destination("there", system, refused_url(), options=RT_OPTIONS if system == "rt" else {})
    trial = try_out(plain, there, "t")
    assert trial.suspect == ADDRESS and trial.problem.startswith("Nothing answers at 127.0.0.1:")
    assert "desk" not in trial.problem + trial.remedy


PAGE = b"<html><title>Our wiki</title></html>"


@pytest.mark.parametrize(
    ("head", "body", "words"),
    [
        (b"200 OK\r\nContent-Type: text/html", PAGE, "“Our wiki” answers at"),
        (
            b"404 Not Found\r\nServer: nginx\r\nContent-Type: text/html",
            b"",
            "that calls itself “nginx” answers at",
        ),
        (b"200 OK\r\nContent-Type: application/json", b"[1]", "is not Request Tracker"),
        (b"404 Not Found\r\nContent-Type: application/json", b'{"error": "x"}', "is not Request Tracker"),
    ],
)
def test_what_is_another_system_is_said_as_such(
    plain: Settings, head: bytes, body: bytes, words: str
) -> None:
    answer = b"HTTP/1.1 " + head + f"\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    with server_that(answering(answer)) as url:
        trial = try_out(plain, Destination("there", "rt", url, options=RT_OPTIONS), "t")
    assert words in trial.problem and "Request Tracker (RT 5)" in trial.problem
    assert (trial.suspect, trial.remedy) == (
        ADDRESS,
        "Copy the address from a browser that shows one of its pages.",
    )


def test_a_setting_that_is_older_than_the_answers_is_named(tmp_path: Path, desk: Desk) -> None:
    wrong = load(None, {"SNAPPER_CONFIG": "/dev/null"}, {"delivery.ca_file": str(tmp_path / "none.pem")})
    trial = try_out(wrong, Destination("there", "desk", desk.url), desk.token)
    assert "none.pem" in trial.problem and trial.suspect == NOTHING


def test_what_is_missing_there_is_the_option_that_names_it() -> None:
    there = Destination("p", "jira_sm", "https://x.example", options={"desk": "OPS", "request_type": "Help"})
    said = NoneOfThese(_("p has no request type “Help”."), ["Other"])
    assert said.remedy == "Write one of these into the settings: Other."
    trial = trial_of(said, there)
    assert (trial.suspect, trial.remedy) == ("request_type", "There are: Other.")
    assert trial_of(NeedsAttention("Something is missing"), there) == Trial(
        problem="Something is missing.", suspect="desk"
    )
    assert trial_of(Refused("It did not take the report."), there).suspect == ADDRESS


def test_a_check_says_the_same_and_how_to_put_in_a_token(
    desk: Desk, no_keyring: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(None, {"SNAPPER_CONFIG": "/dev/null", **desk.environment})
    assert setting_up.check(settings, settings.destination()).said
    wrong = load(None, {"SNAPPER_CONFIG": "/dev/null", **desk.environment, "SNAPPER_DELIVERY_TOKEN": "x"})
    assert "snapper config token desk" in setting_up.check(wrong, wrong.destination()).remedy

    def trip(*_: Any) -> None:
        raise KeyError("Version")

    monkeypatch.setattr(connect, "endpoint", trip)
    assert setting_up.check(settings, settings.destination()).suspect == ADDRESS
