"""Known problems: each entry by its own samples; conditions, order, credentials, logs of every kind."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.errors import UsageError
from snapper.logs.found import LogFile
from snapper.logs.known_problems import _BLOCK_BYTES, LINE_CHARS, Known, Match, asks_for_secrets, load
from snapper.logs.problem_table import NORMAL_EVENTS, Contact, Level, Problem, wrong_patterns
from snapper.report import LogKind

ENTRIES: list[dict[str, Any]] = tomllib.loads(
    resources.files("snapper.logs").joinpath("known_problems.toml").read_text(encoding="utf-8")
)["problem"]
KNOWN = load()
SAMPLES = [(entry["id"], sample, True) for entry in ENTRIES for sample in entry["matches"]]
SAMPLES += [(entry["id"], sample, False) for entry in ENTRIES for sample in entry["near_misses"]]

WRONG_PASSWORD = "2026-08-31 11:00:04.000 INFO  [JTS-A] - AUTH_RESULT indicates wrong password"
CHALLENGE = "2026-08-31 11:00:01.000 INFO  [JTS-A] - Received CHALLENGE"
SUPPRESSED = "2026-08-31 11:04:00.000 INFO  [JTS-F] - Authorization failed: SUPPRESS_MESSAGE_BOX."
RESTART = (
    "2026-08-31 11:02:00.000 INFO  [JTS-Main] - ---------------------- TWS RESTART ----------------------"
)
FILLER = "2026-08-31 11:00:05.000 INFO  [JTS-B] - Setting time offset to -870 diff -128"

Write = Callable[..., LogFile]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a plain log."""

    def plain_log(
        content: str | bytes, name: str = "tws.log", modified: float = 1e9, kind: LogKind = LogKind.PLAIN
    ) -> LogFile:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return LogFile(path, name, path.stat().st_size, modified, kind)

    return plain_log


def ids(matches: list[Match]) -> list[str]:
    return [match.problem.id for match in matches]


def problem(**given: Any) -> Problem:
    facts: dict[str, Any] = {
        "id": "x", "title": "x", "level": Level.BLOCKING, "answer": "x", "do": (),
        "contact": Contact.NONE, "source": "x",
    }  # fmt: skip
    return Problem(**facts | given)


# --- the table ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("id", "sample", "expected"), SAMPLES)
def test_an_entry_matches_its_samples_and_none_of_its_near_misses(
    write: Write, id: str, sample: dict[str, str], expected: bool
) -> None:
    ((where, text),) = sample.items()
    matches = KNOWN.in_logs([write(text.strip("\n") + "\n")]) if where == "log" else KNOWN.in_note(text)
    assert (id in ids(matches)) is expected


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_an_entry_has_samples_of_each_kind_it_is_recognised_by(entry: dict[str, Any]) -> None:
    kinds = {kind for sample in entry["matches"] for kind in sample}
    assert kinds >= {"log"} if entry.get("log") or entry.get("events") else "note" in kinds
    assert not entry.get("note") or "note" in kinds
    assert entry["near_misses"]


@pytest.mark.parametrize("one", KNOWN.problems, ids=lambda one: one.id)
def test_an_entry_reads_well_and_its_patterns_can_be_used(one: Problem) -> None:
    assert wrong_patterns(one) == ""
    assert not one.title.endswith(".")
    assert one.answer.endswith(".")
    assert all(step.endswith((".", "?")) for step in one.do)
    assert one.do or one.level is Level.INFORMATION
    assert set(one.instead_of) <= {other.id for other in KNOWN.problems}


@pytest.mark.parametrize(
    ("row", "id"),
    [
        ("AUTH_RESULT indicates wrong password", "wrong-password"),
        ("Invalid username or password", "wrong-password"),
        ("FailReason: 1", "wrong-password"),
        ("initialTokenType=SOFT Running in auto-restart mode\nAUTH_RESULT indicates wrong password", ""),
        ("Soft token=0 received instead of expected permanent", "weekly-login"),
        ("Too many failed login attempts", "too-many-attempts"),
        ("Received CHALLENGE\nSUPPRESS_MESSAGE_BOX", "second-factor-unanswered"),
        ("AuthTimeoutMonitor-CCP: Timeout!", "login-not-answered"),
        ("Attempt 1: network error\n" * 3, "network-errors"),
        ("SSLHandshakeException on server.example:4000", "wrong-server"),
        ("Competition detected", "other-session"),
        ("Existing session", "other-session"),
        ("Re-login is required", "relogin-required"),
        ("OutOfMemoryError", "out-of-memory"),
        ("Could not create the Java Virtual Machine", "memory-setting-too-high"),
        ("Download settings from server failed", "settings-download-failed"),
        ("Update failed, Retry? Cancel?", "update-failed"),
        ("Ddedll.dll file missing or out of date", "ddedll"),
        ("The signature of the file is corrupt or invalid", "signature-invalid"),
        ("BAD CHARACTER", "bad-character"),
        ("write beyond end of stream", "log-not-written"),
        ("instance of control is not created yet\n" * 3, "stuck-before-login"),
        ("Error 1100, reqId -1", "connection-lost"),
        ("Error 1101, reqId -1", "data-lost-on-reconnect"),
        ("Error 1102, reqId -1", "connection-restored"),
        ("Error 2103, reqId -1", "data-farm-down"),
        ("Error 2105, reqId -1", "data-farm-down"),
        ("502 Couldn't connect to TWS", "api-not-connected"),
        ("API in Read-Only mode: true\nThe API interface is in Read-Only mode", "api-read-only"),
        ("Server version is 157", "api-version"),
        ("minimum supported version", "api-version"),
        ("will be desupported", "api-version"),
    ],
)  # fmt: skip
def test_every_known_signature_of_a_log_is_covered(write: Write, row: str, id: str) -> None:
    assert ids(KNOWN.in_logs([write(row)])) == [id or "saved-session-refused"]


@pytest.mark.parametrize(
    ("note", "id"),
    [
        ("Receiving “Invalid user name password combination” message", "wrong-password"),
        ("“Login failed” message upon entering security device values", "login-failed-after-device"),
        ("Login failed after the values of my device", "login-failed-after-device"),
        ("I’ve forgotten my user name and/or password", "forgotten-password"),
        ("I’m temporarily without possession of my security device", "device-not-at-hand"),
        ("My security device has been lost or damaged", "device-lost"),
        ("I’ve been issued a temporary passcode which has expired", "passcode-expired"),
        ("I’ve been issued an online security card which has expired", "security-card-expired"),
        ("I’m awaiting delivery of my physical security device", "device-on-its-way"),
        ("I can log into Client Portal with my code, but not the platform", "portal-but-not-platform"),
        ("I wish to reactivate my security device", "device-activation"),
        ("Receiving “BAD CHARACTER” message", "bad-character"),
        ("My account has been closed", "account-not-open"),
        ("I cannot log into my paper trading account, login says no", "paper-or-live"),
        ("IPv6 has priority over IPv4 here", "ipv6-first"),
        ("the installer tells me that it cannot write a file", "installer-cannot-write"),
        ("My TWS platform freezes or crashes often", "out-of-memory"),
        ("TWS installer is damaged and can't be opened", "installer-damaged-mac"),
        ("On my Mac machine I cannot launch two instances of the TWS", "two-on-a-mac"),
        ("TWS from a corporate machine: reconnection attempts", "corporate-network"),
        ("How can I close my open positions without Internet?", "close-a-position-by-telephone"),
        ("How do I create a screen shot to send to IBKR?", "upload-by-tws"),
    ],
)  # fmt: skip
def test_every_topic_of_the_vendors_pages_is_covered(note: str, id: str) -> None:
    assert id in ids(KNOWN.in_note(note))


@pytest.mark.parametrize("event", sorted(NORMAL_EVENTS))
def test_good_news_is_no_problem(write: Write, event: int) -> None:
    log = write(f"Warning {event}, reqId -1: x\nERROR -1 {event} x\n12:00:00:000 -> [4;2;-1;{event};x\n")
    assert KNOWN.in_logs([log]) == []
    assert KNOWN.in_note(f"error {event}") == []


@pytest.mark.parametrize(
    "line",
    [
        "12:00:00:000 -> [4;2;-1;1100;Connectivity",
        "12:00:00:000 -> [4;-1;1100;Connectivity",
        "4\x002\x00-1\x001100\x00Connectivity",
        "Error 1100, reqId -1: Connectivity",
        "ERROR -1 1100 Connectivity",
        "Error. Id: -1, Code: 1100, Msg: Connectivity",
        "errorCode=1100",
        "error code: 1100.",
        "12:00:00:000 Error 1100",
    ],
)
def test_an_event_is_found_in_every_form(write: Write, line: str) -> None:
    assert ids(KNOWN.in_logs([write(line)])) == ["connection-lost"]


# --- conditions ---------------------------------------------------------------------------------------


def test_what_must_come_before_counts_only_before_and_in_the_same_run_of_tws(write: Write) -> None:
    def found(*lines: str) -> bool:
        return "second-factor-unanswered" in ids(KNOWN.in_logs([write("\n".join(lines) + "\n")]))

    assert found(CHALLENGE, *[FILLER] * 9000, SUPPRESSED)
    assert found(RESTART, CHALLENGE, SUPPRESSED, RESTART, FILLER)
    assert not found(SUPPRESSED, CHALLENGE)
    assert not found(CHALLENGE, RESTART, SUPPRESSED)


def test_one_line_is_not_before_itself(write: Write) -> None:
    known = Known([problem(log=("b",), after="a")])
    assert known.in_logs([write("a and b\n")]) == []
    assert known.in_logs([write("a\na and b\n")]) != []


def test_an_exception_anywhere_in_the_run_rules_a_problem_out(write: Write) -> None:
    known = Known([problem(log=("sign",), unless="fine")])
    restart = f"{RESTART}\n"
    assert known.in_logs([write("sign\nother\n")]) != []
    for text in ("fine\nsign\n", "sign\nfine\n", "sign\n" + f"{FILLER}\n" * 9000 + "fine\n", "sign fine\n"):
        assert known.in_logs([write(text)]) == []
    assert known.in_logs([write("fine\n" + restart + "sign\n")]) != []
    assert known.in_logs([write("sign\n" + restart + "fine\n")]) != []


def test_so_many_lines_are_counted_within_one_run(write: Write) -> None:
    known = Known([problem(log=("sign",), times=3)])
    assert known.in_logs([write("sign\n" * 2)]) == []
    assert known.in_logs([write("sign\n" + f"{FILLER}\n" * 9000 + "sign\nsign\n")]) != []
    assert known.in_logs([write(f"sign\nsign\n{RESTART}\nsign\n")]) == []


def test_a_log_full_of_starts_and_undecided_lines_is_given_up(write: Write) -> None:
    calm = f"{RESTART}\nsign\n" * 60_000
    known = Known([problem(log=("sign",), after="never"), problem(id="y", log=("first",))])
    assert known.in_logs([write("first\n" + calm)]) == []
    assert ids(known.in_logs([write("first\n" + "sign\n" * 60_000)])) == ["y"]


def test_a_line_that_is_too_frequent_is_no_longer_looked_for(write: Write) -> None:
    known = Known([problem(log=("sign",), after="cause")])
    before = f"cause\nsign\n{RESTART}\n"
    assert known.in_logs([write(before + "sign\n" * 60_000)]) == []
    assert known.in_logs([write(before + "sign\n" * 100 + f"{FILLER}\n" * 9000)]) != []


def test_what_rules_out_still_does_where_it_is_too_frequent_to_be_looked_for(write: Write) -> None:
    known = Known([problem(log=("sign",), unless="fine")])
    text = "fine\nsign\n" + f"{RESTART}\n" + f"{FILLER}\n" * 9000 + "fine\n" * 60_000
    assert known.in_logs([write(text)]) == []


# --- what is told -------------------------------------------------------------------------------------


def test_a_problem_is_told_once_with_its_newest_line(write: Write) -> None:
    lines = [f"{number} BAD CHARACTER" for number in range(20_000)]
    (match,) = KNOWN.in_logs([write("\n".join(lines) + "\n")])
    assert match.line == "19999 BAD CHARACTER"


def test_the_newest_of_several_lines_is_told_and_no_pattern_goes_beyond_its_line(write: Write) -> None:
    known = Known([problem(log=("sign",), times=2), problem(id="y", log=("a[^x]*b",))])
    (match,) = known.in_logs([write("1 sign\n2 sign\n3 sign\na\nb\n")])
    assert match.line == "3 sign"


def test_a_line_over_the_border_of_two_blocks_is_found(write: Write) -> None:
    after = b"x" * 60 + b"\n"
    content = WRONG_PASSWORD.encode() + b"\n" + after * (_BLOCK_BYTES // len(after))
    assert len(content) - _BLOCK_BYTES in range(1, len(WRONG_PASSWORD))
    for first in (b"", b"\n", FILLER.encode() + b"\n"):
        (match,) = KNOWN.in_logs([write(first + content)])
        assert match.line == WRONG_PASSWORD


def test_of_two_logs_the_one_that_was_changed_last_tells(write: Write) -> None:
    old = write("old BAD CHARACTER\n", "old.log", modified=1.0)
    new = write("new BAD CHARACTER\n", "new.log", modified=2.0)
    (match,) = KNOWN.in_logs([old, new])
    assert (match.where, match.line) == ("new.log", "new BAD CHARACTER")


def test_what_blocks_comes_first_and_the_specific_stands_for_the_general(write: Write) -> None:
    log = write(
        f"write beyond end of stream\ninitialTokenType=SOFT auto-restart\n{WRONG_PASSWORD}\nError 1102\n"
    )
    assert ids(KNOWN.in_logs([log])) == ["saved-session-refused", "connection-restored", "log-not-written"]


def test_note_and_log_are_told_together_once(write: Write) -> None:
    matches = KNOWN.check("BAD CHARACTER, I cannot log in", [write("1 BAD CHARACTER\n")])
    assert [(match.problem.id, match.where) for match in matches] == [
        ("bad-character", "tws.log"),
        ("login-help-by-telephone", "note"),
    ]


def test_a_line_is_cut_near_what_matched_and_holds_nothing_a_terminal_obeys(write: Write) -> None:
    (match,) = KNOWN.in_logs([write("a" * 5000 + "\x1b[31m BAD CHARACTER " + "b" * 5000)])
    assert "BAD CHARACTER" in match.line
    assert len(match.line) == LINE_CHARS
    assert match.line.isprintable()


# --- logs of every kind -------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_every_coding_is_read(write: Write, coding: str) -> None:
    text = f"{FILLER}\n" * 9000 + "Zürich: BAD CHARACTER\n" + f"{FILLER}\n" * 9000
    mark = b"\xfe\xff" if coding == "utf-16-be" else b""
    (match,) = KNOWN.in_logs([write(mark + text.encode(coding))])
    assert match.line == "Zürich: BAD CHARACTER"


def test_a_log_that_is_gone_or_sealed_or_no_file_does_not_disturb(write: Write, tmp_path: Path) -> None:
    gone = write(WRONG_PASSWORD, "gone.log")
    gone.path.unlink()
    sealed = write(WRONG_PASSWORD, "tws.ibgzenc", kind=LogKind.SEALED)
    folder = LogFile(tmp_path, "folder", 10, 0.0, LogKind.PLAIN)
    assert ids(KNOWN.in_logs([gone, sealed, folder, write("BAD CHARACTER\n")])) == ["bad-character"]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff", b"\xff\xfe", b"\0" * 700_000, b"x" * 700_000])
def test_empty_and_broken_logs_say_nothing(write: Write, content: bytes) -> None:
    assert KNOWN.in_logs([write(content)]) == []


def test_a_huge_line_is_searched_to_its_end(write: Write) -> None:
    text = "x" * 300_000 + "BAD" + "x" * 300_000 + " BAD CHARACTER " + "x" * 500_000
    assert ids(KNOWN.in_logs([write(text)])) == ["bad-character"]


def test_only_the_chosen_part_of_a_log_is_searched(write: Write) -> None:
    log = write(f"{WRONG_PASSWORD}\n{FILLER}\nBAD CHARACTER\n")
    start = len(WRONG_PASSWORD) + 1
    part = LogFile(log.path, "x", len(FILLER) + 1, 0.0, LogKind.PLAIN, span=(start, start + len(FILLER) + 1))
    assert KNOWN.in_logs([part]) == []


def test_no_more_is_read_than_allowed_and_the_newest_first_and_every_log_gets_a_share(write: Write) -> None:
    body = f"{FILLER}\n" * 2000
    large = write(f"{WRONG_PASSWORD}\n{body}BAD CHARACTER\n", "large.log", modified=2.0)
    small = write("OutOfMemoryError\n", "small.log", modified=1.0)
    assert ids(KNOWN.in_logs([large, small], byte_budget=10_000)) == ["bad-character", "out-of-memory"]


def test_large_logs_share_what_may_be_read(write: Write) -> None:
    body = f"{FILLER}\n" * 2000
    large = write(f"{body}BAD CHARACTER\n", "1.log", modified=2.0)
    larger = write(f"{body}{body}OutOfMemoryError\n", "2.log", modified=1.0)
    assert ids(KNOWN.in_logs([large, larger], byte_budget=10_000)) == ["bad-character", "out-of-memory"]


def test_in_utf_16_half_a_newline_is_none(write: Write) -> None:
    filler = ("ਕĀ" * 100 + "\n") * 2000  # U+0A15 U+0100: the bytes of a newline in the middle
    text = f"\ufeff{filler}BAD CHARACTER\n{filler}"
    assert ids(KNOWN.in_logs([write(text.encode("utf-16-le"))])) == ["bad-character"]


def test_a_log_that_grew_or_shrank_since_it_was_listed_is_read_as_it_is(write: Write) -> None:
    log = write("BAD CHARACTER\n")
    with log.path.open("a") as file:
        file.write(f"{FILLER}\n" * 10)
    assert (
        ids(KNOWN.in_logs([log], byte_budget=10_000_000)) == []
    )  # listed with 14 bytes: the newest are read
    os.truncate(log.path, 14)
    assert ids(KNOWN.in_logs([log])) == ["bad-character"]


@settings(max_examples=60, deadline=None)
@given(before=st.integers(0, 6000), after=st.integers(0, 6000), ending=st.sampled_from(["\n", "\r\n"]))
def test_a_line_is_found_wherever_the_blocks_end(
    tmp_path_factory: pytest.TempPathFactory, before: int, after: int, ending: str
) -> None:
    path = tmp_path_factory.mktemp("logs") / "tws.log"
    lines = [FILLER] * before + [SUPPRESSED.replace("SUPPRESS", "x"), WRONG_PASSWORD] + [FILLER] * after
    path.write_text(ending.join(lines), newline="")
    (match,) = KNOWN.in_logs([LogFile(path, "x", path.stat().st_size, 0.0, LogKind.PLAIN)])
    assert match.line == WRONG_PASSWORD


# --- notes --------------------------------------------------------------------------------------------


def test_a_note_is_understood_without_accents_and_over_line_ends() -> None:
    assert "device-lost" in ids(KNOWN.in_note("MEIN SICHERHEITSGERÄT\n  wurde verloren"))
    assert "out-of-memory" in ids(KNOWN.in_note("TWS stürzt\tab"))
    assert "out-of-memory" in ids(KNOWN.in_note("C:\\Jts: TWS\nstu\u0308rzt\nab"))


@pytest.mark.parametrize(
    "note",
    ["a question about my password", "Frage zu meinem Passwort", "pregunta sobre mi contraseña",
     "ho un problema con il nome utente", "密码的问题"],
)  # fmt: skip
def test_a_note_about_the_login_is_told_that_such_help_is_given_by_telephone(note: str) -> None:
    (match,) = KNOWN.in_note(note)
    assert match.problem.telephone_only
    assert "telephone" in match.problem.whom
    assert any("out of the note" in step for step in match.problem.do)


def test_an_everyday_note_is_no_problem() -> None:
    assert KNOWN.in_note("The AAPL order 1100 was filled at 1102, but I wanted 1101.") == []
    assert KNOWN.in_note("") == KNOWN.in_note(" \n") == []


def test_what_matched_in_a_note_with_a_password_is_not_repeated() -> None:
    matches = KNOWN.in_note("password hunter2 is wrong: my password is hunter2")
    assert "wrong-password" in ids(matches)
    assert all("hunter2" not in match.line for match in matches)


@pytest.mark.parametrize(
    "note",
    ["my password is hunter2", "Password: swordfish", "PASSWORD=“Swordfish”", "Mein Passwort lautet geheim99",
     "La contraseña es perro77", "la password è gatto1", "密码是abc123", "密码：abc123", "PIN 1234",
     "pw=xyz", "otpauth://totp/x?secret=A", "user bob password s3cret99", "security code: 991 122"],
)  # fmt: skip
def test_a_password_in_a_note_is_noticed_and_not_repeated(note: str) -> None:
    sentence = asks_for_secrets(note)
    assert sentence is not None
    assert "take it out" in sentence


@pytest.mark.parametrize(
    "note",
    ["my password is not accepted", "The password is wrong.", "Das Passwort ist falsch",
     "Passwort ist ungültig",
     "la contraseña es incorrecta", "la password non è valida", "密码是错误的", "password 2 times entered",
     "pin bar pattern at 14:30", "spinning: twice", "", "order 1234 at 5.6"],
)  # fmt: skip
def test_talking_about_a_password_is_not_telling_it(note: str) -> None:
    assert asks_for_secrets(note) is None


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=400))
def test_any_note_can_be_looked_at(note: str) -> None:
    for match in KNOWN.in_note(note):
        assert match.line.isprintable()
    asks_for_secrets(note)


# --- tables of one's own ------------------------------------------------------------------------------

OWN = """
[[problem]]
id = "own"
title = "our own trouble"
level = "hampering"
log = ['our trouble']
answer = "It is ours."
do = ["Ask us."]
contact = "none"
source = "us"
matches = []
near_misses = []
"""


def test_a_table_of_ones_own_adds_and_replaces(write: Write, tmp_path: Path) -> None:
    table = tmp_path / "own.toml"
    table.write_text(OWN + OWN.replace('"own"', '"bad-character"'))
    known = load([table])
    assert len(known.problems) == len(KNOWN.problems) + 1
    assert set(ids(known.in_logs([write("our trouble\n")]))) == {"own", "bad-character"}
    assert known.in_logs([write("BAD CHARACTER\n")]) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (('id = "own"', ""), "entry 1: id is missing"),
        (('"own"', '"o n"'), "id must be"),
        (('level = "hampering"', 'level = "bad"'), "own: level must be one of: blocking"),
        (("['our trouble']", "['(our']"), "own: “(our” is no pattern"),
        (("['our trouble']", "['(?=x)']"), "own: “(?=x)” is no pattern"),
        (("['our trouble']", "['x*']"), "own: “x*” matches everything"),
        (("['our trouble']", "['ü']"), "must be ASCII"),
        (("['our trouble']", "[7]"), "own: log must be a list of texts"),
        (("['our trouble']", "'our'"), "own: log must be a list"),
        (("log = ['our trouble']", ""), "own: it needs log, note or events"),
        (("log = ['our trouble']", "events = [2104]"), "own: event 2104 says that all is well"),
        (("log = ['our trouble']", "events = ['a']"), "own: events must be numbers"),
        (('contact = "none"', 'contact = "none"\ntimes = 0'), "own: times must be"),
        (('contact = "none"', 'contact = "none"\nrank = 1'), "own: “rank” is not known"),
        (("[[problem]]", "[[problems]]"), "it must hold entries"),
        (("[[problem]]", "[[problem"), "it is no TOML"),
    ],
)
def test_a_wrong_table_is_named_with_entry_and_mistake(
    tmp_path: Path, change: tuple[str, str], named: str
) -> None:
    table = tmp_path / "own.toml"
    table.write_text(OWN.replace(*change), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load([table])
    assert str(table) in caught.value.sentence
    assert named in caught.value.sentence


def test_an_id_that_is_there_twice_and_a_table_that_is_not_there_are_named(tmp_path: Path) -> None:
    table = tmp_path / "own.toml"
    table.write_text(OWN + OWN)
    with pytest.raises(UsageError, match="own: the id is there twice"):
        load([table])
    with pytest.raises(UsageError, match=r"none\.toml cannot be read"):
        load([tmp_path / "none.toml"])
