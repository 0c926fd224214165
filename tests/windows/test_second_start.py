"""snapper is started once more on Windows: the pipe, who may open it, and the journey through it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from ctypes import wintypes
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scripts.screen import wait_until
from snapper.instance import Caller, place, win32_calls, win32_pipe
from snapper.instance.messages import LINE_MAX, Do, Reply, Request, Said, Why
from snapper.instance.talking import Nobody, Silent, asked
from snapper.instance.win32_calls import dll
from snapper.instance.win32_pipe import MOST_CALLERS, PipeLine, PipeServer, pipe_name
from tests.journeys.stage import SNAPPER, running
from tests.windows.hands import CTRL, ENTER, press, type_text, wait_for_front, wine_differs
from tests.windows.test_journey import ESCAPE, PATIENCE, Stage, finished, stage

__all__ = ["stage"]

ALREADY = "snapper is listening already. Press Ctrl+Alt+H to report what you see."
OPEN = "snapper: The note window was open already: it is in front now, with the picture it has."
SHOW, CAPTURE = Request(Do.SHOW), Request(Do.CAPTURE)


@dataclass
class Resident:
    """A program that answers `show` at once, and leaves everybody else waiting."""

    outbox: Path
    requests: list[Request] = field(default_factory=list)
    waiting: list[Caller] = field(default_factory=list)

    def handle(self, request: Request, caller: Caller) -> None:
        """In the server's thread."""
        self.requests.append(request)
        if request.do is Do.SHOW:
            caller.tell(Reply(Said.DONE, sentence="here"))
        else:
            self.waiting.append(caller)

    def answers(self) -> bool:
        """Whether a well-behaved second start gets its answer."""
        with asked(self.outbox, SHOW, "win32") as conversation:
            return conversation.next() == Reply(Said.DONE, sentence="here")

    @contextlib.contextmanager
    def called(self) -> Iterator[PipeLine]:
        """A connection by somebody who need not know the language."""
        with contextlib.closing(win32_pipe.call(self.outbox, 20)) as line:
            yield line


@pytest.fixture
def resident(tmp_path: Path) -> Iterator[Resident]:
    """A resident program, serving."""
    made = Resident(tmp_path)
    server = PipeServer(tmp_path, made.handle)
    yield made
    server.stop()


# --- the pipe ----------------------------------------------------------------------------------------------


def test_a_request_is_answered_bit_by_bit_until_the_last_word(resident: Resident) -> None:
    with asked(resident.outbox, CAPTURE, "win32") as conversation:
        (caller,) = wait_until(lambda: resident.waiting, "the request")
        assert not caller.gone()
        for reply in (Reply(Said.ACCEPTED), Reply(Said.KEPT, report="r"), Reply(Said.ENDED, "delivered")):
            assert caller.tell(reply)
        assert [conversation.next().said for _ in range(3)] == [Said.ACCEPTED, Said.KEPT, Said.ENDED]
    assert not caller.tell(Reply(Said.KEPT))


def test_it_is_known_at_once_that_somebody_has_hung_up(resident: Resident) -> None:
    with asked(resident.outbox, CAPTURE, "win32"):
        (caller,) = wait_until(lambda: resident.waiting, "the request")
        assert not caller.gone()
    assert caller.gone()
    assert not caller.tell(Reply(Said.ACCEPTED))


def test_who_waits_learns_of_the_end_of_the_program_and_the_next_one_takes_its_place(tmp_path: Path) -> None:
    made = Resident(tmp_path)
    server = PipeServer(tmp_path, made.handle)
    with asked(tmp_path, CAPTURE, "win32") as conversation:
        wait_until(lambda: made.waiting, "the request")
        server.stop()
        with pytest.raises(Nobody):
            conversation.next()
    with pytest.raises(Nobody):
        made.answers()
    server = PipeServer(tmp_path, made.handle)
    try:
        assert made.answers()
    finally:
        server.stop()


def test_a_silent_program_is_given_up_on(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snapper.instance.talking.PATIENCE_SECONDS", 0.2)
    with asked(resident.outbox, CAPTURE, "win32") as conversation, pytest.raises(Silent):
        conversation.next()


def test_the_name_is_that_of_user_and_outbox(tmp_path: Path) -> None:
    assert pipe_name(Path(str(tmp_path).upper())) == pipe_name(tmp_path)
    assert pipe_name(tmp_path / "other") != pipe_name(tmp_path)
    assert win32_calls.own_sid().startswith("S-1-5-")


@wine_differs("FILE_FLAG_FIRST_PIPE_INSTANCE means nothing")
def test_the_name_can_be_had_once(resident: Resident, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        PipeServer(tmp_path, resident.handle)


# --- who may open it ---------------------------------------------------------------------------------------


def security_of(pipe: int) -> str:
    """Owner and rights of a pipe, as Windows writes them (SDDL)."""
    advapi32 = dll("advapi32")
    descriptor, text = ctypes.c_void_p(), ctypes.c_void_p()
    owner_and_dacl = 1 | 4
    assert not advapi32.GetSecurityInfo(
        pipe, 6, owner_and_dacl, None, None, None, None, ctypes.byref(descriptor)
    )
    convert = advapi32.ConvertSecurityDescriptorToStringSecurityDescriptorW
    convert.argtypes = [ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, ctypes.c_void_p]
    assert convert(descriptor, 1, owner_and_dacl, ctypes.byref(text), None)
    return ctypes.wstring_at(text.value or 0)


def test_this_user_owns_the_pipe_and_nobody_else_has_rights(resident: Resident) -> None:
    with resident.called() as line:
        said = security_of(line.pipe)
    sid = win32_calls.own_sid()
    assert said.startswith(f"O:{sid}")
    allowed = [each for each in said.partition("D:")[2].split("(")[1:] if each.startswith("A;")]
    assert [each.rstrip(")").rpartition(";")[2] for each in allowed] == [sid]
    assert "(D;" in said
    assert ";NU)" in said


def test_a_pipe_that_somebody_else_made_is_not_believed(
    resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(win32_calls, "owner", lambda pipe: "S-1-5-21-1-2-3-1001")
    with pytest.raises(Nobody):
        resident.answers()
    assert resident.requests == []


def test_it_cannot_be_opened_over_the_network(resident: Resident) -> None:
    name = pipe_name(resident.outbox).replace("\\\\.", f"\\\\{os.environ['COMPUTERNAME']}", 1)
    with pytest.raises(OSError):
        win32_calls.close(win32_calls.open_pipe(name))


# --- who behaves badly -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [b"\n", b"garbage\n", b"\xff\xfe\0\n", SHOW.line() * 2, b"x" * 2 * LINE_MAX],
    ids=["nothing", "garbage", "bytes", "twice", "endless"],
)
def test_what_is_not_understood_is_refused_clearly(resident: Resident, sent: bytes) -> None:
    with resident.called() as line:
        line.send(sent, 20)
        reply = Reply.read(line.receive(20))
        assert (reply.said, reply.why) == (Said.REFUSED, Why.UNKNOWN)
    assert resident.requests == []
    assert resident.answers()


def test_who_says_nothing_or_half_a_line_is_hung_up_on(resident: Resident) -> None:
    with resident.called() as half, resident.called() as nothing:
        half.send(SHOW.line()[:-5], 20)
        assert resident.answers()
        assert (half.receive(20), nothing.receive(20)) == (b"", b"")


def test_who_never_reads_holds_nobody_up_for_long_and_is_hung_up_on(resident: Resident) -> None:
    with resident.called() as line:
        line.send(CAPTURE.line(), 20)
        (caller,) = wait_until(lambda: resident.waiting, "the request")
        told = 0
        while caller.tell(Reply(Said.ACCEPTED)):
            told += 1
            assert told < 100_000
        assert resident.answers()


def test_who_got_the_last_word_and_does_not_hang_up_is_hung_up_on(resident: Resident) -> None:
    with resident.called() as line:
        line.send(SHOW.line(), 20)
        assert Reply.read(line.receive(20)).said is Said.DONE
        assert line.receive(20) == b""


def test_many_who_say_nothing_keep_nobody_out(resident: Resident) -> None:
    with contextlib.ExitStack() as crowd:
        for number in range(5 * MOST_CALLERS):
            crowd.enter_context(resident.called())
            if number % 10 == 0:
                assert resident.answers()
    assert resident.answers()


def test_it_sleeps_while_nobody_calls(resident: Resident) -> None:
    assert resident.answers()
    before = time.process_time()
    threading.Event().wait(0.5)
    assert time.process_time() - before < 0.2


# --- the journey -------------------------------------------------------------------------------------------


def test_the_second_start_opens_the_note_in_the_first(stage: Stage) -> None:
    with stage.listener() as first, running([*SNAPPER, "capture", "--ask"], stage.environment) as second:
        wait_until(lambda: wait_for_front("Report to support").pid == first._process.pid, "it is the first's")
        type_text("from the second")
        press(CTRL, ENTER)
        wait_until(stage.delivered, "the report is delivered", PATIENCE)
        assert second.wait() == 0
    assert stage.desk.notes() == ["from the second"]


def test_a_note_that_is_given_up_is_exit_1(stage: Stage) -> None:
    with stage.listener(), running([*SNAPPER, "capture", "--ask"], stage.environment) as second:
        wait_for_front("Report to support")
        press(ESCAPE)
        assert second.wait() == 1
    assert stage.outbox.entries() == []


def test_without_a_listener_the_note_that_is_open_comes_to_the_front(stage: Stage) -> None:
    with running([*SNAPPER, "capture", "--ask"], stage.environment) as first:
        wait_for_front("Report to support")
        second = finished([*SNAPPER, "capture", "--ask"], stage.environment)
        assert (second.returncode, second.stderr.splitlines()) == (0, [OPEN])
        assert wait_for_front("Report to support").pid == first._process.pid
        press(ESCAPE)
        assert first.wait() == 1


def test_a_second_listener_shows_the_first_and_is_content(stage: Stage) -> None:
    with stage.listener():
        second = finished([*SNAPPER, "listen"], stage.environment)
        assert (second.returncode, second.stderr.splitlines()) == (0, [f"snapper: {ALREADY}"])


def test_after_a_kill_the_next_start_listens_and_is_found(stage: Stage) -> None:
    with stage.listener() as first:
        first.kill()
    with stage.listener():
        assert ALREADY in finished([*SNAPPER, "listen"], stage.environment).stderr


def test_another_session_is_another_screen() -> None:
    assert place("win32", {}) == {"session": str(win32_calls.session())}
    code = "from snapper.instance.win32_calls import session; print(session())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == str(win32_calls.session())
