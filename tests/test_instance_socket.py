"""The socket of the resident program: who may talk to it, and what nobody can do to it."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scripts.screen import wait_until
from snapper.instance import Caller, serve, unix_socket
from snapper.instance.messages import LINE_MAX, Do, Reply, Request, Said, Why
from snapper.instance.talking import Nobody, Silent, asked
from snapper.instance.unix_socket import MOST_CALLERS, SocketServer, file_name, folders, peer

SHOW, CAPTURE = Request(Do.SHOW), Request(Do.CAPTURE, monitor=2)
NOBODY = 65534  # the user of that name


@dataclass
class Resident:
    """A program that answers `show` at once, and leaves everybody else waiting."""

    outbox: Path
    environ: dict[str, str]
    requests: list[Request] = field(default_factory=list)
    waiting: list[Caller] = field(default_factory=list)
    server: SocketServer | None = None
    state: str | None = None  # of the report of who wants a capture, if that is known at once

    def handle(self, request: Request, caller: Caller) -> None:
        """In the server's thread."""
        self.requests.append(request)
        if request.do is Do.SHOW:
            caller.tell(Reply(Said.DONE, sentence="here"))
        elif self.state is not None:
            caller.tell(Reply(Said.ACCEPTED))
            caller.tell(Reply(Said.ENDED, self.state))
        else:
            self.waiting.append(caller)

    def start(self) -> None:
        """Serve."""
        made = serve(self.outbox, self.handle, "linux", self.environ)
        assert isinstance(made, SocketServer)
        self.server = made

    @property
    def path(self) -> Path:
        """Where the socket is."""
        assert self.server
        return self.server.path

    def answers(self) -> bool:
        """Whether a well-behaved second start gets its answer."""
        with asked(self.outbox, SHOW, "linux", self.environ) as conversation:
            return conversation.next() == Reply(Said.DONE, sentence="here")

    @contextlib.contextmanager
    def called(self) -> Iterator[socket.socket]:
        """A connection by somebody who need not know the language."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(self.path))
            yield connection


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path: that of a socket has no room for more."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def resident(tmp_path: Path) -> Iterator[Resident]:
    """A resident program, serving."""
    (tmp_path / "outbox").mkdir(mode=0o700)
    with tempfile.TemporaryDirectory() as runtime:  # a socket's path is short
        made = Resident(tmp_path / "outbox", {"XDG_RUNTIME_DIR": runtime})
        made.start()
        assert made.server
        yield made
        made.server.stop()


def open_files() -> int:
    """How many files this process has open."""
    return len([*Path("/proc/self/fd").iterdir()])


# --- talking ----------------------------------------------------------------------------------------------


def test_a_request_is_answered_bit_by_bit_until_the_last_word(resident: Resident) -> None:
    with asked(resident.outbox, CAPTURE, "linux", resident.environ) as conversation:
        (caller,) = wait_until(lambda: resident.waiting, "the request")
        for reply in (
            Reply(Said.ACCEPTED),
            Reply(Said.KEPT, report="r"),
            Reply(Said.ENDED, "delivered", "r"),
        ):
            assert caller.tell(reply)
        assert [conversation.next().said for _ in range(3)] == [Said.ACCEPTED, Said.KEPT, Said.ENDED]
        with pytest.raises(Nobody):
            conversation.next()
    assert not caller.tell(Reply(Said.KEPT))
    assert resident.requests == [CAPTURE]


def test_it_is_known_at_once_that_somebody_has_hung_up(resident: Resident) -> None:
    with asked(resident.outbox, CAPTURE, "linux", resident.environ):
        (caller,) = wait_until(lambda: resident.waiting, "the request")
        assert not caller.gone()
    assert caller.gone()
    assert not caller.tell(Reply(Said.ACCEPTED))


def test_who_waits_learns_of_the_end_of_the_program(resident: Resident) -> None:
    with asked(resident.outbox, CAPTURE, "linux", resident.environ) as conversation:
        wait_until(lambda: resident.waiting, "the request")
        assert resident.server
        resident.server.stop()
        with pytest.raises(Nobody):
            conversation.next()
    assert not resident.path.exists()


def test_a_silent_program_is_given_up_on(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snapper.instance.talking.PATIENCE_SECONDS", 0.05)
    with asked(resident.outbox, CAPTURE, "linux", resident.environ) as conversation, pytest.raises(Silent):
        conversation.next()


def test_after_the_first_answer_a_person_may_take_any_time(
    resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snapper.instance.talking.PATIENCE_SECONDS", 0.5)
    with asked(resident.outbox, CAPTURE, "linux", resident.environ) as conversation:
        (caller,) = wait_until(lambda: resident.waiting, "the request")
        caller.tell(Reply(Said.ACCEPTED))
        assert conversation.next().said is Said.ACCEPTED
        threading.Timer(0.8, lambda: caller.tell(Reply(Said.ENDED))).start()
        assert conversation.next().said is Said.ENDED


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\n\r\n", b"{}\n", b"x" * 5 * LINE_MAX])
def test_whoever_answers_in_another_language_is_as_good_as_silent(short: Path, answer: bytes) -> None:
    environ = {"XDG_RUNTIME_DIR": str(short)}
    path = next(folders(short / "outbox", environ)) / file_name(short / "outbox")
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen()

        def serve_once() -> None:
            connection, _ = door.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(answer)
                connection.recv(1 << 16)
                connection.recv(1)

        thread = threading.Thread(target=serve_once)
        thread.start()
        with asked(short / "outbox", SHOW, "linux", environ) as conversation, pytest.raises(Silent):
            conversation.next()
        thread.join()


# --- where it is ------------------------------------------------------------------------------------------


def test_folder_and_socket_are_this_users_alone(resident: Resident) -> None:
    assert resident.path.parent == Path(resident.environ["XDG_RUNTIME_DIR"], "snapper")
    assert stat.S_IMODE(resident.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(resident.path.stat().st_mode) == 0o600


def test_what_a_killed_program_left_is_refused_at_once_and_replaced(resident: Resident) -> None:
    assert resident.server
    resident.server.stop()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(resident.path))
    assert resident.path.exists()
    with pytest.raises(Nobody), asked(resident.outbox, SHOW, "linux", resident.environ):
        pass
    resident.start()
    assert resident.answers()


def test_every_way_to_an_outbox_leads_to_its_program_and_another_outbox_has_another(
    resident: Resident, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(resident.outbox)
    with asked(tmp_path / "link" / ".." / "outbox", SHOW, "linux", resident.environ) as conversation:
        assert conversation.next().said is Said.DONE
    with pytest.raises(Nobody), asked(tmp_path / "other", SHOW, "linux", resident.environ):
        pass


def test_without_a_runtime_folder_it_is_beside_the_reports(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does a folder count that others may enter."""
    (short / "outbox").mkdir(mode=0o700)
    (short / "open").mkdir(mode=0o755)
    (short / "open").chmod(0o755)
    monkeypatch.setattr(unix_socket.os, "geteuid", lambda: own)
    own = os.getuid()
    made = Resident(short / "outbox", {"XDG_RUNTIME_DIR": str(short / "open")})
    made.start()
    assert made.server
    try:
        usual = Path(f"/run/user/{own}/snapper")
        assert made.path.parent in (usual, short / "outbox")
        assert made.answers()
        made.environ = {}  # as a program has that another service starts
        assert made.answers()
    finally:
        made.server.stop()


def test_an_outbox_deep_down_has_a_socket_too(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unix_socket.tempfile, "gettempdir", lambda: str(short))
    monkeypatch.setattr(unix_socket, "_is_ours", lambda folder: "run" not in folder.parts)
    deep = short / ("x" * 100) / "outbox"
    deep.mkdir(parents=True)
    made = Resident(deep, {})
    made.start()
    assert made.server
    try:
        assert made.path.parent == short / f"snapper-{os.geteuid()}"
        assert made.answers()
    finally:
        made.server.stop()


def test_a_folder_that_others_can_enter_gets_no_socket(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(PermissionError):
        SocketServer(folder / "x.sock", lambda request, caller: None)


# --- who --------------------------------------------------------------------------------------------------


def test_the_kernel_says_who_is_at_the_other_end() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert peer(one) == os.geteuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize("opened", [False, True])
def test_another_user_is_refused_even_where_the_folder_is_open(resident: Resident, opened: bool) -> None:
    way = [resident.path, *resident.path.parents][: 1 + len(resident.path.parents) - 1]
    before = [(each, each.stat().st_mode) for each in way]
    code = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(sys.argv[1]);"
        "s.sendall(bytes.fromhex(sys.argv[2])); print(s.recv(999))"
    )
    try:
        if opened:
            for each in way:
                with contextlib.suppress(PermissionError):
                    each.chmod(0o777 if each == resident.path else each.stat().st_mode | 0o055)
        done = subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "/usr/bin/python3", "-c",
             code, str(resident.path), SHOW.line().hex()],
            capture_output=True, text=True, timeout=60, cwd="/",
        )  # fmt: skip
    finally:
        for each, mode in before:
            with contextlib.suppress(OSError):
                each.chmod(stat.S_IMODE(mode))
    if opened:
        assert done.stdout == "b''\n" or "ConnectionResetError" in done.stderr or "BrokenPipe" in done.stderr
    else:
        assert "PermissionError" in done.stderr
    assert resident.requests == []
    assert resident.answers()


def test_a_program_of_another_user_is_not_believed(
    resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unix_socket, "peer", lambda connection: os.geteuid() + 1)
    with pytest.raises(Nobody):
        resident.answers()


# --- who behaves badly ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [b"\n", b"garbage\n", b"\xff\xfe\0\n", b"{}\n", b'{"snapper":99,"do":"show"}\n', SHOW.line() * 2],
)
def test_what_is_not_understood_is_refused_clearly(resident: Resident, sent: bytes) -> None:
    with resident.called() as connection:
        connection.sendall(sent)
        reply = Reply.read(connection.recv(LINE_MAX))
        assert (reply.said, reply.why) == (Said.REFUSED, Why.UNKNOWN)
        assert connection.recv(1) == b""
    assert resident.requests == []
    assert resident.answers()


def test_a_line_without_an_end_is_cut_off_and_costs_nothing(resident: Resident) -> None:
    piece, sent = b"x" * (1 << 20), 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with resident.called() as connection, contextlib.suppress(OSError):
        while sent < 1 << 30:
            sent += connection.send(piece)
    assert sent < 4 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB
    assert resident.answers()


def test_half_a_line_is_waited_for_a_moment_only(resident: Resident) -> None:
    with resident.called() as half, resident.called() as nothing:
        half.sendall(SHOW.line()[:-5])
        assert resident.answers()
        assert (half.recv(1), nothing.recv(1)) == (b"", b"")


def test_a_request_may_come_byte_by_byte(resident: Resident) -> None:
    with resident.called() as connection:
        for byte in SHOW.line():
            connection.sendall(bytes([byte]))
        assert Reply.read(connection.recv(LINE_MAX)).said is Said.DONE


def test_who_never_reads_holds_nobody_up_and_is_hung_up_on(resident: Resident) -> None:
    with resident.called() as connection:
        connection.sendall(CAPTURE.line())
        (caller,) = wait_until(lambda: resident.waiting, "the request")
        told = 0
        while caller.tell(Reply(Said.ACCEPTED)):
            told += 1
            assert told < 100_000
        assert caller.gone()
        assert resident.answers()


def test_who_goes_on_talking_is_hung_up_on(resident: Resident) -> None:
    with resident.called() as connection:
        connection.sendall(CAPTURE.line())
        wait_until(lambda: resident.waiting, "the request")
        connection.sendall(b"and another thing")
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    assert resident.waiting[0].gone()


def test_a_thousand_who_say_nothing_keep_nobody_out(resident: Resident) -> None:
    files = open_files()
    with contextlib.ExitStack() as crowd:
        for _ in range(1000):
            crowd.enter_context(resident.called())
            if _ % 10 == 0:
                assert resident.answers()
        assert resident.answers()
        # Ours, and as many at the other end as it lets in, with what came a moment ago.
        wait_until(lambda: open_files() - files <= 1000 + MOST_CALLERS + 1, "they were let go of")
    wait_until(lambda: open_files() <= files + 1, "everything is closed")


def test_who_waits_for_a_person_is_not_pushed_out(resident: Resident) -> None:
    with contextlib.ExitStack() as crowd:
        for _ in range(MOST_CALLERS):
            crowd.enter_context(asked(resident.outbox, CAPTURE, "linux", resident.environ))
        wait_until(lambda: len(resident.waiting) == MOST_CALLERS, "all of them wait")
        with resident.called() as one_too_many:
            reply = Reply.read(one_too_many.recv(LINE_MAX))
            assert (reply.said, reply.why) == (Said.REFUSED, Why.BUSY)
        assert not any(caller.gone() for caller in resident.waiting)
    assert resident.answers()


def test_when_there_are_no_more_open_files_it_waits_for_some(resident: Resident) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        highest = max(int(each.name) for each in Path("/proc/self/fd").iterdir())
        fillers: list[int] = []
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 20, hard))
            with contextlib.suppress(OSError):
                while True:
                    fillers.append(os.dup(0))
            connection.connect(str(resident.path))
            connection.sendall(SHOW.line())
            used = time.process_time()
            with pytest.raises(TimeoutError):
                connection.settimeout(0.5)
                connection.recv(1)
            assert time.process_time() - used < 0.3  # it does not go round and round
        finally:
            for each in fillers:
                os.close(each)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        connection.settimeout(20)
        assert Reply.read(connection.recv(LINE_MAX)).said is Said.DONE


def test_it_sleeps_while_nobody_calls(resident: Resident) -> None:
    assert resident.server
    assert resident.server._patience() is None


def test_the_second_start_needs_no_toolkit(resident: Resident) -> None:
    """A key that the desktop binds starts a process for every press."""
    code = (
        "import sys\n"
        "from snapper.cli import main\n"
        "try: main(['capture', '--ask', '--monitor', '2'])\n"
        "except SystemExit as end: print(end.code)\n"
        "heavy = {'PySide6', 'mss', 'PIL', 'requests', 'babel'}\n"
        "print({name.split('.')[0] for name in sys.modules} & heavy)\n"
    )
    resident.state = "waiting"
    environment = {**os.environ, **resident.environ, "SNAPPER_OUTBOX_FOLDER": str(resident.outbox)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "3\nset()\n"
    assert [(each.do, each.monitor) for each in resident.requests] == [(Do.CAPTURE, 2)]
