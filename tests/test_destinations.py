"""Destinations: read from the settings with one clear sentence for every mistake, chosen by name, and their
tickets understood however people write them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.config import load
from snapper.destinations import Destination, choose, read_destination, ticket_of
from snapper.errors import ConfigError, UsageError
from snapper.systems import MB, PIECES_MAX, SYSTEMS, Limits

RT = Destination("our RT", "rt", "https://rt.example.com/rt", options={"queue": "Support"})
DESK = Destination("desk", "desk", "https://desk.example.com")
JIRA = Destination("Jira", "jira_sm", "https://example.atlassian.net")


def settings_in(folder: Path, text: str, **environment: str) -> Any:
    """The settings of a file with this text."""
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environment)


# --- reading ----------------------------------------------------------------------------------------------


def test_a_section_is_a_destination(tmp_path: Path) -> None:
    read = settings_in(
        tmp_path,
        '[destinations."our RT"]\nsystem = "rt"\nurl = "https://rt.example.com/rt/"\nqueue = "Support"\n'
        'public = true\nfile_megabytes = 3\n[delivery]\nto = "OUR rt"\n',
    )
    there = read.destination()
    assert (there.name, there.url, there.option("queue")) == ("our RT", RT.url, "Support")
    assert (there.option("public"), there.option("nothing")) == ("yes", "")
    assert (there.limits.file_bytes, there.title) == (3 * MB, "our RT (rt.example.com)")
    assert [each.name for each in read.destinations] == ["desk", "our RT"]


def test_without_sections_there_is_the_desk_of_the_settings(tmp_path: Path) -> None:
    read = settings_in(tmp_path, '[delivery]\nurl = "https://desk.example.com"\n')
    assert read.destinations == (DESK,)


def test_a_section_called_desk_is_instead_of_that_desk(tmp_path: Path) -> None:
    read = settings_in(tmp_path, '[destinations.desk]\nsystem = "desk"\nurl = "https://other.example.com"\n')
    assert [each.url for each in read.destinations] == ["https://other.example.com"]


GOOD = 'system = "rt"\nurl = "https://rt.example.com"\nqueue = "Support"\n'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('system = "rtt"\n', 1, "system “rtt” is not known; it may be: desk, rt"),
        ('url = "https://x.example"\n', 1, "system is missing"),
        (
            'system = "rt"\nurl = "https://rt.example.com"\n',
            1,
            "queue is missing: the queue that new tickets",
        ),
        (GOOD.replace("https", "http"), 1, "url must begin with https://"),
        (GOOD + 'quene = "x"\n', 1, "quene is not a key of Request Tracker (RT 5); did you mean queue?"),
        (GOOD + 'colour = "red"\n', 1, "colour is not a key of Request Tracker (RT 5); it may have: system"),
        (GOOD + 'public = "perhaps"\n', 1, "public must be yes or no"),
        (GOOD + 'token = "c4n4ry"\n', 1, "token must not stand in the file: “snapper config token"),
        (GOOD + "file_megabytes = 0\n", 1, "file_megabytes must be a whole number"),
        (GOOD + "login = 7\n", 1, "login must be text in quotes"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_in(tmp_path, f'[destinations."our RT"]\n{text}')
    assert f"line {line}: destination “our RT”: " in caught.value.sentence
    assert words in caught.value.sentence and "c4n4ry" not in str(caught.value)


def test_two_of_one_name_and_no_tables_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is there twice"):
        settings_in(tmp_path, f"[destinations.rt]\n{GOOD}[destinations.RT]\n{GOOD}")
    with pytest.raises(ConfigError, match="must be sections"):
        settings_in(tmp_path, "destinations = 7\n")
    with pytest.raises(ConfigError, match="must be a section of its own"):
        settings_in(tmp_path, "[destinations]\nrt = 7\n")


def test_a_usual_one_that_is_not_there_is_told_with_what_there_is(tmp_path: Path) -> None:
    text = f'[destinations."our RT"]\n{GOOD}[delivery]\nto = "our RRT"\n'
    with pytest.raises(ConfigError) as caught:
        settings_in(tmp_path, text)
    assert "config.toml, line 6: delivery.to: “our RRT”" in caught.value.sentence
    assert caught.value.remedy == "Did you mean “our RT”?"


def test_a_token_in_the_environment_is_no_setting(tmp_path: Path) -> None:
    read = settings_in(tmp_path, f'[destinations."our RT"]\n{GOOD}', SNAPPER_TOKEN_OUR_RT="c4n4ry")
    assert read.destination("our rt").token_variable == "SNAPPER_TOKEN_OUR_RT"
    assert "c4n4ry" not in repr(read)


@settings(max_examples=60)
@given(
    st.text(max_size=80),
    st.dictionaries(st.text(max_size=20), st.none() | st.text() | st.integers(), max_size=5),
)
def test_any_table_is_read_or_refused_in_words(name: str, table: dict[str, object]) -> None:
    for system in ("rt", "desk", "zendesk"):
        try:
            there = read_destination(name, {"system": system, "url": "https://x.example", **table})
        except ValueError as error:
            assert str(error)
        else:
            assert there.name == name


# --- limits -----------------------------------------------------------------------------------------------


def test_room_is_what_a_report_may_have_in_all() -> None:
    assert Limits().room is None
    assert Limits(report_bytes=5).room == 5
    assert Limits(file_bytes=3).room == 3 * PIECES_MAX
    assert Limits(file_bytes=3, splits=False).room == 3
    assert Limits(file_bytes=3, report_bytes=7).room == 7


# --- choosing ---------------------------------------------------------------------------------------------


def test_a_name_is_found_however_its_letters_are_written() -> None:
    assert choose((DESK, RT), " OUR rt ") is RT
    with pytest.raises(UsageError) as caught:
        choose((DESK, RT), "our TR")
    assert caught.value.remedy == "Did you mean “our RT”?"
    with pytest.raises(UsageError) as caught:
        choose((DESK, RT), "Zendesk of my broker")
    assert caught.value.remedy == "There are: “desk”, “our RT”."


# --- tickets ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "there", "ticket"),
    [
        ("123", RT, "123"),
        (" #123 ", RT, "123"),
        ("ops-12", JIRA, "OPS-12"),
        ("https://RT.example.com/rt/Ticket/Display.html?id=7", RT, "7"),
        ("https://rt.example.com/rt/Ticket/Display.html?a=b&id=7#txn-9", RT, "7"),
        ("https://rt.example.com/rt/REST/2.0/ticket/7", RT, "7"),
        ("https://example.atlassian.net/browse/OPS-12", JIRA, "OPS-12"),
        ("https://example.atlassian.net/servicedesk/customer/portal/3/OPS-12", JIRA, "OPS-12"),
        ("https://desk.example.com/tickets/42", RT, "42"),
    ],
)
def test_a_ticket_is_understood_as_people_write_it(text: str, there: Destination, ticket: str) -> None:
    number, where = ticket_of(text, there, (DESK, RT, JIRA))
    assert number == ticket
    assert where is (DESK if "desk.example.com" in text else there)


@pytest.mark.parametrize(
    ("text", "there", "words"),
    [
        ("12a", RT, "“12a” is not a ticket of our RT. Write it as it stands there (1042)"),
        ("", RT, "is not a ticket"),
        ("OPS12", JIRA, "(OPS-12)"),
        (
            "https://rt.example.com/rt/Search/Simple.html",
            RT,
            "This address is at our RT, but not that of a ticket",
        ),
        (
            "https://anna:c4n4ry@evil.example/Ticket/Display.html?id=7",
            RT,
            "leads to evil.example, which is none",
        ),
        ("https://rt.example.com/other/Ticket/Display.html?id=7", RT, "none of the destinations"),
    ],
)
def test_what_is_no_ticket_is_told_before_anything_is_packed(
    text: str, there: Destination, words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        ticket_of(text, there, (DESK, RT, JIRA))
    assert words in str(caught.value) and "c4n4ry" not in str(caught.value)


def test_with_a_destination_that_was_asked_for_an_address_leads_nowhere_else() -> None:
    with pytest.raises(UsageError, match="none of the destinations"):
        ticket_of("https://desk.example.com/tickets/42", RT)


# --- the table --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_row_of_the_table_holds_together(name: str) -> None:
    system = SYSTEMS[name]
    assert system.title and system.address.startswith("https://")
    assert len({option.key for option in system.options}) == len(system.options)
    assert not {"system", "url", "login", "token"} & {option.key for option in system.options}
    for option in system.options:
        assert not (option.required and option.default) and not option.about.endswith(".")
    text = f'[d."x"]\nsystem = "{name}"\nurl = "{system.address}"\n'
    table = tomllib.loads(text + "".join(f'{each.key} = "1"\n' for each in system.options if each.required))
    if name != "custom":  # its tables are its own
        assert read_destination("x", table["d"]["x"]).about is system


# --- the README -------------------------------------------------------------------------------------------


def test_the_settings_in_the_readme_can_be_read(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    text = readme.partition("## Configuration\n")[2].partition("```toml\n")[2].partition("```\n")[0]
    assert settings_in(tmp_path, text).destination().option("queue") == "Support"
