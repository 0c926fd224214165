"""What an answer of a ticket system means for a report, and what attempts remember."""

from __future__ import annotations

import pytest

from snapper.delivery.endpoints import Steps
from snapper.delivery.endpoints.adapter import said_in
from snapper.delivery.endpoints.api import error_of
from snapper.delivery.reading import Digest
from snapper.destinations import Destination
from snapper.errors import DeliveryError, NeedsAttention, NotReached, Refused

OURS = Destination("our RT", "rt", "https://rt.example.com", options={"queue": "Support"})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused), (401, NeedsAttention), (403, NeedsAttention), (404, Refused), (408, NotReached),
        (409, Refused), (413, Refused), (422, Refused), (425, NotReached), (429, NotReached),
        (500, NotReached), (502, NotReached), (503, NotReached),
    ],
)  # fmt: skip
def test_each_status_is_one_kind_of_end(status: int, kind: type[DeliveryError]) -> None:
    error = error_of(status, OURS, "Subject is missing", 7.0)
    assert isinstance(error, kind)
    assert getattr(error, "said", "Subject is missing") == "Subject is missing"
    assert "our RT" in error.sentence and "Subject is missing" in error.sentence
    assert error.remedy or kind is NotReached
    assert error.retry_after == (7.0 if kind is NotReached else None)


def test_a_refused_token_names_the_command_that_puts_in_another() -> None:
    assert 'snapper config token "our RT"' in error_of(401, OURS, "", None).remedy


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"message":"No such queue"}', "No such queue"),
        (
            b'{"errors":["Subject cannot be blank","Project is closed"]}',
            "Subject cannot be blank; Project is closed",
        ),
        (b'{"error":{"status":403,"msg":"You may not"}}', "You may not"),
        (b'{"error":"Couldn\'t find","error_human":"No such ticket"}', "No such ticket"),
        (b'{"errorMessage":"Bad","i18nErrorMessage":{"i18nKey":"x.y"}}', "Bad"),
        (b'{"details":{"base":[{"description":"Closed ticket"}]}}', "Closed ticket"),
        (b"<html>no</html>", ""),
        (b"", ""),
        (b"[1, 2]", ""),
        (b'{"message":"' + b"x" * 9000 + b'"}', "x" * 500),
    ],
)
def test_the_systems_own_sentence_is_found_wherever_it_stands(body: bytes, said: str) -> None:
    assert said_in(body).startswith(said)
    assert len(said_in(body)) <= 500


def test_a_step_is_kept_before_the_next_and_dropped_when_it_is_worth_nothing() -> None:
    kept: list[dict[str, str]] = []
    steps = Steps({"a": "1"}, lambda known: kept.append(dict(known)))
    assert (steps.get("a"), steps.get("b")) == ("1", None)
    steps.put("b", "2")
    steps.drop("a", "c")
    steps.drop("c")
    assert kept == [{"a": "1", "b": "2"}, {"b": "2"}]


def test_a_digest_begins_again_where_a_download_does() -> None:
    digest = Digest()
    digest(b"first")
    before = digest.copy()
    digest(b"broken off")
    digest.become(before)
    digest(b"second")
    whole = Digest()
    whole(b"firstsecond")
    assert (digest.size, digest.sha256) == (11, whole.sha256)
