"""What is known beforehand becomes what is looked for: every form, and no everyday word."""

from __future__ import annotations

import pytest

from snapper.privacy.classes import Private
from snapper.privacy.seeds import GENERIC, Known, Seed, seeds_of


def values(known: Known) -> set[str]:
    return {seed.value for seed in seeds_of(known)}


@pytest.mark.parametrize("name", sorted(GENERIC))
def test_no_generic_name_is_looked_for(name: str) -> None:
    assert not seeds_of(Known(users=(name, name.upper()), hosts=(name,), homes=(f"/home/{name}",)))


def test_a_long_name_has_its_short_forms() -> None:
    assert {"JRGENM~1", "JÜRGEN~1", "JRGENM~4"} <= values(Known(users=("Jürgen Meier",)))
    assert values(Known(users=("bobby",))) == {"bobby"}


def test_a_computer_is_known_with_and_without_its_domain() -> None:
    assert values(Known(hosts=("wks7.corp.example",))) == {"wks7.corp.example", "wks7"}


def test_a_home_tells_the_user() -> None:
    assert values(Known(homes=("C:\\Users\\bobby\\",))) == {"C:\\Users\\bobby", "bobby"}


def test_a_user_is_known_without_the_domain() -> None:
    assert "bobby" in values(Known(users=("CORP\\bobby",)))


def test_what_is_too_short_or_everybodys_is_not_looked_for() -> None:
    assert not seeds_of(Known(users=("x",), secrets=("abc",), addresses=("127.0.0.1", "::1")))


def test_the_longest_is_looked_for_first() -> None:
    lengths = [len(seed.value) for seed in seeds_of(Known(users=("bobby", "bo"), hosts=("wks-7.example",)))]
    assert lengths == sorted(lengths, reverse=True)


def test_a_seed_does_not_show_its_value() -> None:
    assert "bobby" not in repr(Seed("bobby", Private.USER))
