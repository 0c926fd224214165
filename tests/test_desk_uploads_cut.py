"""Uploads that are cut off, hang, compete or are killed: what arrived stays, who comes back goes on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from scripts.screen import wait_until
from snapper.desk import Limits, Store, running
from snapper.desk.hand_over import alone_with
from snapper.desk.problem import Problem
from snapper.desk.turns import Turns
from snapper.report import new_report_id
from tests.desk_client import Desk, announced, answer_of, cut_off, kept, make_report, running_desk

DATA = bytes(range(256)) * 1000


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all: each test uploads for a report of its own."""
    with running_desk(tmp_path_factory.mktemp("uploads")) as running_one:
        yield running_one


# --- cut off ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arrived", [0, 1, 2, 16_383, 65_536, 65_537, 200_000, len(DATA) - 1])
def test_what_arrived_stays_when_the_connection_is_cut_at_any_byte(desk: Desk, arrived: int) -> None:
    place = announced(desk, len(DATA))
    with cut_off(desk, place, 0, DATA[:arrived], len(DATA)):
        pass
    wait_until(lambda: len(kept(desk, place)) == arrived, "everything that arrived is kept")
    assert desk.offset(place) == arrived
    assert desk.append(place, arrived, DATA[arrived:]).status_code == 204
    assert kept(desk, place) == DATA


def test_who_is_cut_off_again_and_again_gets_there(desk: Desk) -> None:
    """Each time after a few bytes, which come together with the end of the connection."""
    report, size = new_report_id(time.time()), 20_000

    def is_at(offset: int) -> bool:
        return desk.announce(report, "a.bin", len(DATA)).headers["upload-offset"] == str(offset)

    place = desk.announce(report, "a.bin", len(DATA)).headers["Location"]
    for start in range(0, len(DATA), size):
        with cut_off(desk, place, start, DATA[start : start + size], len(DATA) - start):
            pass
        wait_until(partial(is_at, min(start + size, len(DATA))), "the piece counts")
    assert kept(desk, place) == DATA


@pytest.mark.parametrize("comes_back", ["HEAD", "announce", "PATCH", "DELETE"])
def test_who_comes_back_takes_over_from_the_connection_that_hangs(desk: Desk, comes_back: str) -> None:
    """The desk would wait for a minute of silence otherwise."""
    report = new_report_id(time.time())
    place = desk.announce(report, "a.bin", len(DATA)).headers["Location"]
    with cut_off(desk, place, 0, DATA[:1000], len(DATA)) as hanging:
        wait_until(lambda: len(kept(desk, place)) == 1000, "the first bytes are there")
        if comes_back == "HEAD":
            assert desk.offset(place) == 1000
        elif comes_back == "announce":
            assert desk.announce(report, "a.bin", len(DATA)).headers["upload-offset"] == "1000"
        elif comes_back == "PATCH":
            assert desk.append(place, 1000, DATA[1000:]).headers["upload-offset"] == str(len(DATA))
        else:
            assert desk.tus("DELETE", place).status_code == 204
        told = answer_of(hanging)
        assert told.startswith("HTTP/1.1 409")
        assert "/problems/taken-over" in told
        hanging.sendall(DATA[1000:2000])  # too late: it is somebody else's turn
        if comes_back in ("HEAD", "announce"):
            assert desk.append(place, 1000, DATA[1000:]).status_code == 204
    if comes_back != "DELETE":
        assert kept(desk, place) == DATA


def test_handing_an_upload_over_ends_who_still_writes_to_it(desk: Desk) -> None:
    report = make_report({"a.bin": DATA})
    place = desk.announce(report.id, "a.bin", len(DATA)).headers["Location"]
    with cut_off(desk, place, 0, DATA[:1000], len(DATA)) as hanging:
        wait_until(lambda: len(kept(desk, place)) == 1000, "the first bytes are there")
        assert desk.hand_over(report, {"a.bin": place}).status_code == 422
        assert "/problems/taken-over" in answer_of(hanging)
    assert desk.offset(place) == 1000


def test_two_hand_overs_of_the_same_uploads_never_wait_for_each_other() -> None:
    """Whatever order they name them in: both wait for busy uploads, and get them at the same moment."""

    async def both() -> None:
        turns = Turns()

        async def hand_over(*ids: str) -> None:
            async with alone_with(turns, {id: id for id in ids}):
                pass

        async with turns.turn("a"), turns.turn("b"):
            waiting = [asyncio.create_task(hand_over(*ids)) for ids in ("ab", "ba")]
            await asyncio.sleep(0)
        await asyncio.wait_for(asyncio.gather(*waiting), 30)

    asyncio.run(both())


def test_a_turn_that_ends_still_takes_what_is_there() -> None:
    """So that who is cut off after every few bytes gets on, however fast they come back."""

    async def body() -> AsyncIterator[bytes]:
        yield b"here"
        await asyncio.Event().wait()

    async def taken() -> list[bytes]:
        found = []
        async with Turns().turn("a") as turn:
            turn.end()
            with pytest.raises(Problem, match="another connection"):
                async for piece in turn.pieces(body()):
                    found.append(piece)
        return found

    assert asyncio.run(taken()) == [b"here"]


def test_many_who_come_back_at_once_end_each_other_and_one_gets_through(desk: Desk) -> None:
    place = announced(desk, 100_000)
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(cut_off(desk, place, 0, b"", 100_000))
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: desk.append(place, 0, DATA[:100_000]), range(8)))
    assert sorted({answer.status_code for answer in answers}) in ([204, 409], [204])
    assert sum(answer.status_code == 204 for answer in answers) == 1
    assert kept(desk, place) == DATA[:100_000]


def test_silence_ends_a_piece_and_keeps_it(tmp_path: Path) -> None:
    with running_desk(tmp_path, Limits(idle_seconds=0.3)) as desk:
        place = announced(desk, 5000)
        with cut_off(desk, place, 0, b"1234", 5000) as silent:
            told = answer_of(silent)
        assert told.startswith("HTTP/1.1 408")
        assert "/problems/too-slow" in told
        assert desk.offset(place) == 4


# --- side by side, and killed -----------------------------------------------------------------------------


def test_eight_uploads_go_side_by_side(desk: Desk) -> None:
    files = {f"{n}.bin": bytes([n]) * 1_000_000 for n in range(8)}
    report = make_report(files)
    with ThreadPoolExecutor(8) as threads:
        places = list(threads.map(lambda item: desk.upload(report, *item), files.items()))
    answer = desk.hand_over(report, dict(zip(files, places, strict=True)))
    assert answer.status_code == 201
    assert {name: desk.store.path(report, name).read_bytes() for name in files} == files


def test_announcing_from_many_threads_begins_one_upload(desk: Desk) -> None:
    report = new_report_id(time.time())
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: desk.announce(report, "a.bin", 5), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.headers["Location"] for answer in answers}) == 1


def test_an_upload_survives_a_restart(tmp_path: Path) -> None:
    with running_desk(tmp_path) as desk:
        place = announced(desk, len(DATA))
        desk.append(place, 0, DATA[:5000])
    with contextlib.closing(Store(tmp_path)) as store, running(store) as url:
        again = Desk(url, store, desk.token)
        assert again.offset(place) == 5000
        assert again.append(place, 5000, DATA[5000:]).status_code == 204
        assert kept(again, place) == DATA


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_an_upload_survives_a_kill_in_the_middle_of_a_piece(tmp_path: Path) -> None:
    files = {"a.bin": DATA}
    report = make_report(files)
    with contextlib.closing(Store(tmp_path)) as store:
        token = store.add_token("office")
        command = [sys.executable, "-m", "tests.desk_that_dies"]
        dying = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert dying.stdin and dying.stdout
        dying.stdin.write(f"0 {tmp_path}\n")
        dying.stdin.flush()
        url, pid = dying.stdout.readline().split()
        desk = Desk(url, store, token)
        place = desk.announce(report.id, "a.bin", len(DATA)).headers["Location"]
        with cut_off(desk, place, 0, DATA[:70_000], len(DATA)):
            wait_until(lambda: len(kept(desk, place)) == 70_000, "the first bytes are there")
            os.kill(int(pid), signal.SIGKILL)
        dying.communicate(timeout=60)
        with running(store) as url:
            desk = Desk(url, store, token)
            assert desk.offset(place) == 70_000
            assert desk.hand_over(report, {"a.bin": desk.upload(report, "a.bin", DATA)}).status_code == 201
        assert store.path(report, "a.bin").read_bytes() == DATA
