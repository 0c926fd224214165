"""The doctor in another language: a person reads all of it in theirs, support all of it in English.

The language here has a sign around every message, and German numbers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import snapper
from snapper.doctor import findings
from snapper.doctor.findings import failed, ok, warning
from snapper.doctor.table import data, file_text, table
from snapper.language import Sentence, _, in_english, together
from snapper.words import cells, lines_of
from tests.desks import refused_url
from tests.marked_language import untranslated

_PROGRAM = """
import json, sys
from datetime import datetime
from pathlib import Path
from snapper import language
from tests.marked_language import Marked
language._catalogue = Marked
from scripts.demo_tws import make_jts
from snapper.config import load
from snapper.connect import open_outbox
from snapper.doctor import examine
from snapper.doctor.table import data, file_text, for_it, rows, summary
home = Path(sys.argv[1])
make_jts(home / "Jts", datetime.now().astimezone())
settings = load(flags={
    "outbox.folder": str(home / "outbox"), "logs.folders": [str(home / "Jts")], "delivery.url": sys.argv[2],
    "doctor.tws_hosts": ["127.0.0.1"], "doctor.web_hosts": ["127.0.0.1"],
}, environment={})
found = examine(settings, open_outbox(settings), listening=True)
print(json.dumps({
    "summary": summary(found), "rows": rows(found), "for_it": for_it(found), "file": file_text(found),
    "data": data(found),
}))
"""


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the doctor says, with a desk that is off elsewhere and a proxy that does not exist."""
    home = tmp_path_factory.mktemp("home")
    (port,) = refused_url().rsplit(":", 1)[1:]
    environ = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environ |= {
        "HOME": str(home), "SNAPPER_LANGUAGE": "de", "LC_ALL": "C.UTF-8",
        "https_proxy": f"http://127.0.0.1:{port}", "all_proxy": "socks4://proxy.example:1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(home), "https://192.0.2.1"],
        cwd=Path(snapper.__file__).parent.parent, env=environ,
        capture_output=True, text=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_what_goes_to_support_is_in_english(examined: dict[str, Any]) -> None:
    assert "⟦" not in examined["file"] and "⟦" not in json.dumps(examined["data"], ensure_ascii=False)
    first, *_rest = examined["file"].splitlines()
    assert "checks failed" in first
    free = next(each for each in examined["data"]["findings"] if each["name"] == "disk space")
    assert free["sentence"].startswith("Reports can be kept; ") and "," not in free["sentence"]  # 12.3 GB


def test_programs_know_checks_by_the_same_names_in_every_language(examined: dict[str, Any]) -> None:
    named = {(each["about"], each["name"]) for each in examined["data"]["findings"]}
    assert {("Network", "connection"), ("TWS", "port 4000"), ("This computer", "outbox")} <= named
    assert {each["verdict"] for each in examined["data"]["findings"]} <= {
        "failed",
        "warning",
        "ok",
        "unknown",
    }


def test_every_name_of_a_check_has_words_of_its_own(examined: dict[str, Any]) -> None:
    names = {each["name"] for each in examined["data"]["findings"]}
    abouts = {each["about"] for each in examined["data"]["findings"]}
    assert names | abouts - {"TWS"} <= set(findings._SHOWN)


def test_what_a_person_reads_is_in_their_language(examined: dict[str, Any]) -> None:
    for _mark, _name, sentence, remedy in examined["rows"]:
        assert sentence.startswith("⟦"), sentence
        assert remedy.startswith("⟦") or not remedy
    assert examined["summary"].startswith("⟦")


def test_the_network_is_told_without_a_word_of_english(examined: dict[str, Any]) -> None:
    for _mark, name, sentence, remedy in examined["rows"]:
        if "⟦Network⟧" in name or "⟦Ticket desk⟧" in name or "TWS" in name:
            assert not untranslated(f"{name} {sentence} {remedy}"), sentence
    assert examined["for_it"].startswith("⟦snapper sends support reports")


# --- the table --------------------------------------------------------------------------------------------


def both(text: str, english: str) -> Sentence:
    """A sentence in two languages."""
    return Sentence(text, english)


def test_sentences_one_after_the_other_stay_english_for_support() -> None:
    said = together([both("Eins.", "One."), "", both("Zwei.", "Two."), "plain"])
    assert (said, said.english) == ("Eins. Zwei. plain", "One. Two. plain")
    assert in_english(said.format()) == "One. Two. plain"


def test_facts_are_english_however_deep_they_are() -> None:
    found = [
        ok("Network", "DNS", both("Gut.", "Good."), asked=[{"said": both("nein", "no")}], of=both("x", "y")),
        failed("TWS", "ports", both("Schlecht.", "Bad."), both("Tun.", "Act.")),
    ]  # fmt: skip
    facts = data(found)["findings"][0]["facts"]
    assert facts == {"asked": [{"said": "no"}], "of": "y"}
    text = file_text(found)
    assert "Good." in text and "→ Act." in text and "nein" not in text and "Gut." not in text
    assert "Gut." in table(found) and "Good." not in table(found)


def test_columns_stand_below_each_other_in_chinese() -> None:
    found = [
        warning("网络", "时钟", both("这台电脑的时钟快了三个小时，请设置日期、时间和时区。" * 4, "x")),
        ok("Network", "DNS", _("one two three ")),
    ]  # fmt: skip
    lines = table(found, 60).splitlines()[2:]
    assert all(cells(line) <= 60 for line in lines)
    starts = {
        cells(line[: line.index(word)]) for word in ("这台", "one") for line in lines if word in line[4:16]
    }
    assert len(starts) == 1


def test_chinese_is_broken_anywhere_but_before_a_comma() -> None:
    assert lines_of("网络不通，请检查。", 8) == ["网络不", "通，请检", "查。"]
    assert lines_of("one two three", 8) == ["one two", "three"]
    assert lines_of("请用 snapper doctor 检查", 12) == ["请用 snapper", "doctor 检查"]
    assert lines_of("", 8) == [""]
