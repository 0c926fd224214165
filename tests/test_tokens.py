"""Tokens of ticket systems: the environment first, then the keyring; and never for another address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from snapper.delivery import tokens, vault
from snapper.delivery.tokens import Token
from snapper.destinations import Destination
from snapper.errors import Unavailable
from tests.test_credentials import FakeKeyring

RT = Destination("our RT", "rt", "https://rt.example.com")
TOKEN = "1-2-c4n4ry"


@pytest.fixture(autouse=True)
def nothing_in_memory() -> Iterator[None]:
    """Each test begins with an empty memory."""
    tokens._seen.clear()
    yield
    assert tokens._tried == {}
    tokens._seen.clear()


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> FakeKeyring:
    """A keyring that works."""
    made = FakeKeyring()
    monkeypatch.setattr(vault, "_keyring", lambda: made)
    return made


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """No keyring at all."""
    monkeypatch.setattr(vault, "_SAFE", ())


def test_what_is_kept_is_found_and_forgotten(keyring: FakeKeyring) -> None:
    assert tokens.find(RT, {}) is None
    tokens.keep(RT, TOKEN)
    assert tokens.find(RT, {}) == Token(TOKEN, "this computer's keyring")
    assert tokens.forget(RT) and not tokens.forget(RT)
    assert tokens.find(RT, {}) is None


def test_the_environment_goes_first_without_spaces_around(keyring: FakeKeyring) -> None:
    tokens.keep(RT, "kept")
    found = tokens.find(RT, {"SNAPPER_TOKEN_OUR_RT": f" {TOKEN}\n"})
    assert found == Token(TOKEN, "environment variable SNAPPER_TOKEN_OUR_RT")
    assert tokens.find(RT, {"SNAPPER_TOKEN_OUR_RT": "  "}) == Token("kept", "this computer's keyring")


@pytest.mark.parametrize("elsewhere", [{"url": "https://evil.example"}, {"login": "eve"}])
def test_a_token_stays_with_its_address_and_user(keyring: FakeKeyring, elsewhere: dict[str, str]) -> None:
    tokens.keep(RT, TOKEN)
    assert tokens.find(replace(RT, **elsewhere), {}) is None  # type: ignore[arg-type]
    assert tokens.find(replace(RT, name="another name"), {})


def test_a_keyring_that_is_locked_later_does_not_lose_what_was_read(
    keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.keep(RT, TOKEN)
    tokens.find(RT, {})

    def locked() -> None:
        raise Unavailable("locked")

    monkeypatch.setattr(vault, "_keyring", locked)
    assert tokens.find(RT, {}) == Token(TOKEN, "this computer's keyring")


def test_without_a_keyring_nothing_is_kept_and_that_is_said(no_keyring: None) -> None:
    assert tokens.find(RT, {}) is None
    with pytest.raises(Unavailable, match="no keyring"):
        tokens.keep(RT, TOKEN)
    assert tokens.find(RT, {}) is None


def test_a_token_is_tried_before_all_others_and_only_for_the_time_of_the_block(keyring: FakeKeyring) -> None:
    tokens.keep(RT, "kept")
    environment = {"SNAPPER_TOKEN_OUR_RT": "of the environment"}
    with tokens.trying(RT, TOKEN):
        assert tokens.find(RT, environment) == Token(TOKEN, "put in just now")
        assert tokens.find(replace(RT, url="https://evil.example"), {}) is None
    with tokens.trying(RT, ""):
        assert tokens.find(RT, environment) is None
    with pytest.raises(ZeroDivisionError), tokens.trying(RT, TOKEN):
        raise ZeroDivisionError
    assert tokens.find(RT, {}) == Token("kept", "this computer's keyring")


def test_every_token_that_is_known_is_known_for_what_leaves(keyring: FakeKeyring) -> None:
    other = Destination("Zendesk", "zendesk", "https://example.zendesk.com", "anna@example.com")
    tokens.keep(RT, "kept")
    tokens.find(RT, {})
    with tokens.trying(other, TOKEN):
        known = tokens.in_use((RT, other), {"SNAPPER_TOKEN_ZENDESK": "of the environment", "X": "y"})
    assert set(known) == {"kept", TOKEN, "of the environment"}
    tokens.forget(RT)
    assert tokens.in_use((RT, other), {}) == ()
