"""How often and how much Roundup takes: wrong passwords, requests, bytes. A real one for each test, as it is
spoiled by it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import wait_until
from scripts.ticket_systems import start, why_not
from snapper.delivery.worker import attempt
from snapper.errors import NeedsAttention
from snapper.outbox import Outbox
from snapper.report import Ambiguous, Blocked, Rejected, Retry
from tests.contract_endpoint import Kept
from tests.test_endpoint_roundup import ask, delivered, files_sent
from tests.ticket_rigs import Rig, report_in, rig_to

pytestmark = pytest.mark.skipif(bool(why_not("roundup")), reason=why_not("roundup") or "it can run")


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty outbox."""
    return Outbox(tmp_path / "outbox")


@contextlib.contextmanager
def own(folder: Path, **options: str) -> Iterator[Rig]:
    """A Roundup that a test can spoil."""
    with start("roundup", folder, options) as running, rig_to(running) as rig:
        yield rig


def test_a_wrong_password_is_told_as_such_and_tried_once(tmp_path: Path, outbox: Outbox) -> None:
    with own(tmp_path) as rig:
        endpoint = rig.endpoint("wrong")
        for _ in range(5):
            outcome = attempt(endpoint, report_in(outbox, {}))
            assert isinstance(outcome, Blocked)
            assert "the user name or the password is wrong." in outcome.sentence
        with pytest.raises(NeedsAttention, match="the settings have no user name"):
            rig.endpoint(login="").probe()
        assert len(rig.line.heard) == 2
        delivered(attempt(rig.endpoint(), report_in(outbox, {})))


def test_a_password_that_is_locked_out_is_waited_for(tmp_path: Path, outbox: Outbox) -> None:
    with own(tmp_path) as rig:
        answers = [ask(rig, "GET", "/rest", "wrong").status_code for _ in range(5)]
        assert answers == [401] * 4 + [429]
        outcome = attempt(rig.endpoint(), report_in(outbox, {}))
        assert isinstance(outcome, Retry), outcome
        assert "too many wrong passwords" in outcome.sentence
        assert outcome.after and 100 < outcome.after <= 150


def test_roundups_own_limit_on_requests_is_waited_for(tmp_path: Path, outbox: Outbox) -> None:
    seconds = 3
    with own(tmp_path, api_calls_per_interval="6", api_interval_in_sec=str(seconds)) as rig:
        report, steps, refusals = report_in(outbox, {"a.txt": b"a"}), Kept(), []
        while isinstance(outcome := attempt(rig.endpoint(), report, steps=steps.again()), Retry | Ambiguous):
            refusals.append(outcome.obstacle.cause)
            free = time.monotonic() + seconds
            wait_until(lambda free=free: time.monotonic() > free, "the limit is over", 10)
        delivered(outcome)
        assert refusals and set(refusals) == {"rate-limit"}
        assert len(rig.running.tickets()) == 1
        assert files_sent(rig) == 2


def test_what_the_server_in_front_finds_too_large_is_said_and_goes_in_pieces(
    tmp_path: Path, outbox: Outbox
) -> None:
    """It is not Roundup that says so, and hangs up at once: past the line, which reads on."""
    with own(tmp_path, max_request_body_size="100000") as rig:
        report = report_in(outbox, {"large.log": bytes(200_000)})
        outcome = attempt(rig.endpoint(url=rig.running.peer.url), report)
        assert isinstance(outcome, Rejected), outcome
        assert "too-large" in outcome.obstacle.cause and "file_megabytes" in outcome.remedy
        assert rig.running.tickets() == []
        delivered(attempt(rig.endpoint(file_bytes=90_000), report))
