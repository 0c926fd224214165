"""What keeps a report from its ticket system, and how it stands, in another language: every word of it.

The language here has a sign around every message; a whole process speaks it.
"""

from __future__ import annotations

import json
import os
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import snapper
from snapper.delivery.causes import Cause
from snapper.delivery.wording import ON_THIS_COMPUTER, WORDING
from snapper.language import Sentence
from snapper.state import State
from tests.marked_language import untranslated

_PROGRAM = """
import contextlib, json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from snapper import language
from tests.marked_language import Marked
language._catalogue = Marked
from snapper.delivery.causes import Cause
from snapper.delivery.diagnose import Seen, in_words
from snapper.delivery.evidence import Phase, Stop, Symptom
from snapper.delivery.proxies import address, answer, pac, pac_file
from snapper.delivery.route import DIRECT, Route, Scheme, Source
from snapper.delivery.tls import Certificate
from snapper.errors import Obstacle
from snapper.labels import LABELS
from snapper.language import in_english
from snapper.present import entry_line, entry_text, next_step, result_text
from snapper.report import Receipt, Report, StoredFile
from snapper.state import Delivery, Entry, State

now = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
proxy = Route(Scheme.HTTP, "192.0.2.8", 3128, Source.ENVIRONMENT, answer.OF_THE_DESKTOP)
page = {"Via": "1.1 192.0.2.9"}
stops = [
    Stop(Phase.TCP, Symptom.REFUSED, DIRECT, "192.0.2.7", 443),
    Stop(Phase.ANSWER, Symptom.STATUS, proxy, "192.0.2.7", 443, ("192.0.2.7",), 403, page, sent=10**6),
    Stop(Phase.CONNECT, Symptom.LOGIN, proxy, "192.0.2.7", 8443, offered=("ntlm", "password")),
    Stop(Phase.TCP, Symptom.REFUSED, DIRECT, "127.0.0.1", 8765),
]
certificate = Certificate("1", "2", now - timedelta(days=9), now - timedelta(days=1))
causes = {}
for cause in Cause:
    for stop in stops:
        for seen in (Seen(), Seen(certificate=certificate, clock_ahead=timedelta(hours=3))):
            told = in_words(cause, stop, seen, now, incident="", time="")
            said = [told.sentence, told.remedy, told.obstacle.for_it]
            causes.setdefault(cause, []).append([said, [in_english(each) for each in said]])

troubles = []
for text in ("", "http://", "socks4://a:1", "gopher://a:1", "http://%00:a@b"):
    try:
        address.read_route(text, Source.SYSTEM, "")
    except address.NoProxyAddress as error:
        troubles.append(error.trouble(answer.OF_THE_DESKTOP).sentence)
for where in ("/1/2", "/", "ftp://1/2", "http:///2", "https://127.0.0.1:1/2"):
    file = answer.PacAddress(where, Source.PAC, answer.OF_THE_DESKTOP)
    try:
        pac_file.fetch(file)
    except pac_file.PacUnreachable as error:
        troubles.append(error.sentence)
for found in ("SOCKS4 1:1", "PROXY :"):
    try:
        pac.parse(found, file)
    except pac_file.PacBroken as error:
        troubles.append(error.sentence)

receipt = Receipt("0", "7", "snp000000000000", "", "2026-11-21T10:00:00Z", (StoredFile("1.2", 9, "0"),))
report = Report("0", "2026-11-21T10:00:00Z", "", destination="1", kept=("2",), remarks=("3",))
entries = {}
for state in State:
    for kept in (None, receipt, replace(receipt, ticket="")):
        for when in (None, 1.0):
            obstacle = Obstacle("", "", "4")
            delivery = Delivery(state, receipt=kept, next_attempt=when, obstacle=obstacle)
            for each in (report, replace(report, ticket="5")):
                each = Entry("12345678", each, delivery, 9)
                entries.setdefault(state, []).extend(
                    [next_step(each), entry_line(each), entry_text(each), result_text(each)]
                )
labels = list(LABELS.values())
print(json.dumps({"causes": causes, "troubles": troubles, "entries": entries, "labels": labels}))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process says of every cause, of proxies and of reports."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=Path(snapper.__file__).parent.parent,
        env={**os.environ, "HOME": str(tmp_path_factory.mktemp("home")), "SNAPPER_LANGUAGE": "de"},
        capture_output=True, text=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("cause", [cause for cause in Cause if WORDING[cause].sentence])
def test_a_cause_is_told_in_one_language_to_people_and_in_english_to_support(
    cause: Cause, said: dict[str, Any]
) -> None:
    for shown, english in said["causes"][cause]:
        for text in shown:
            assert not untranslated(text), text
        assert all(text.startswith("⟦") for text in shown[:2])
        assert not any("⟦" in text or "{" in text for text in english)


def test_what_is_wrong_with_a_proxy_is_told_in_one_language(said: dict[str, Any]) -> None:
    assert len(said["troubles"]) == 12
    for text in said["troubles"]:
        assert text.startswith("⟦") and not untranslated(text), text


@pytest.mark.parametrize("state", State)
def test_a_report_is_told_in_one_language(state: State, said: dict[str, Any]) -> None:
    for text in said["entries"][state]:
        assert untranslated(text) <= {"snp"}, text  # the receipt's number


def test_every_label_is_a_message(said: dict[str, Any]) -> None:
    assert all(label.startswith("⟦") for label in said["labels"])


# --- the table of causes ----------------------------------------------------------------------------------

_FILLED_IN = {
    "host", "server", "proxy", "named_by", "addresses", "schemes", "status", "who", "who_first", "issuer",
    "begins", "ends", "subject", "clock", "network_clock", "sent", "pac", "way", "incident", "time",
}  # fmt: skip


@pytest.mark.parametrize("cause", Cause)
def test_the_words_of_a_cause_are_whole_sentences(cause: Cause) -> None:
    for words in [WORDING[cause], *([ON_THIS_COMPUTER[cause]] if cause in ON_THIS_COMPUTER else [])]:
        for text in (words.sentence, words.remedy, words.for_it):
            assert isinstance(text, Sentence)
            assert not text or text.endswith((".", "{pac}"))  # that one is a sentence itself
            assert {name for _text, name, _spec, _how in string.Formatter().parse(text) if name} <= _FILLED_IN
        assert not words.for_it or words.for_it.startswith("Please: ")
