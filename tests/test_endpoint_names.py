"""Names and texts that ticket systems leave alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.delivery.endpoints.literal import calling_nobody, fenced, unformatted, without_code_tags
from snapper.delivery.endpoints.names import marked, replaced


def test_a_mark_goes_before_the_type() -> None:
    assert marked("tws.log", "x") == "tws-x.log"
    assert marked("large.log.001", "x") == "large.log-x.001"
    assert marked("README", "x") == "README-x"
    assert marked(".profile", "x") == ".profile-x"
    assert marked("a.what is no type", "x") == "a.what is no type-x"


def test_what_is_allowed_stays_and_two_names_never_become_one() -> None:
    assert replaced("a_b.log", str.isascii) == "a_b.log"
    names = {
        replaced(name, lambda char: char.isalnum() or char in "._") for name in ("a b.c", "a-b.c", "a_b.c")
    }
    assert len(names) == 3
    assert all(re.fullmatch(r"a_b(-[0-9a-f]{8})?\.c", name) for name in names)


@settings(max_examples=60)
@given(st.text(alphabet="`~\n ab/", max_size=40))
def test_no_line_of_a_text_ends_its_fence(text: str) -> None:
    first, *lines, last = fenced(text).split("\n")
    assert first == f"{last}text"
    assert "\n".join(lines) == text
    assert not any(line.strip(" ").startswith(last) for line in lines)


@pytest.mark.parametrize(
    "text", ["{noformat}*a*", "{NoFormat:title=x}", "{{noformat}}", "plain {code} h1. a"]
)
def test_no_text_ends_its_block_in_jira(text: str) -> None:
    inside = unformatted(text).removeprefix("{noformat}\n").removesuffix("\n{noformat}")
    assert "{noformat" not in inside.casefold()
    assert inside.replace("\u2060", "") == text


def test_a_text_without_commands_stays_as_it_is() -> None:
    assert without_code_tags("[coda] a[0] code") == "[coda] a[0] code"
    assert calling_nobody("no name") == "no name"
    assert re.search(r"\[/?code\]", without_code_tags("[CODE]<b>x</b>[/code]"), re.IGNORECASE) is None
    assert "@all" not in calling_nobody("@all: help")
