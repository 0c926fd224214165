"""Which language is spoken, how numbers and times are written there, and what support reads."""

from __future__ import annotations

import gettext
import json
import os
import pickle
import plistlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper import language
from snapper.language import LANGUAGES, Sentence, in_english
from snapper.system_language import Wanted, wanted

KNOWN = tuple(LANGUAGES)


def of_linux(**environ: str) -> Wanted:
    return wanted("linux", environ, Path("/nowhere"), KNOWN)


@pytest.mark.parametrize(
    ("environ", "spoken", "place"),
    [
        ({}, "en", ""),
        ({"LANG": "C"}, "en", ""),
        ({"LANG": "C.UTF-8"}, "en", ""),
        ({"LANG": "POSIX", "LANGUAGE": "de"}, "en", ""),
        ({"LANG": ""}, "en", ""),
        ({"LANG": "en_GB.UTF-8"}, "en", "en_GB"),
        ({"LANG": "de_DE.UTF-8"}, "de", "de_DE"),
        ({"LANG": "de_CH.UTF-8@euro"}, "de", "de_CH"),
        ({"LANG": "es_419"}, "es", "es"),
        ({"LANG": "it"}, "it", "it"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN", "zh_CN"),
        ({"LANG": "zh_SG"}, "zh_CN", "zh_SG"),
        ({"LANG": "fr_FR.UTF-8"}, "en", "en"),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "fr:it:de"}, "it", "it"),
        ({"LANG": "de_DE", "LC_ALL": "es_ES"}, "es", "es_ES"),
        ({"LANG": "de_DE", "LC_MESSAGES": "en_US.UTF-8", "LC_TIME": "en_IE"}, "en", "en_IE"),
        ({"LANG": "de_DE", "LC_MESSAGES": "C"}, "en", ""),
        ({"LANG": "en_US.UTF-8", "LC_TIME": "de_DE.UTF-8"}, "en", "en_US"),
        ({"LANG": "de_DE", "SNAPPER_LANGUAGE": "en"}, "en", "en"),
        ({"LANG": "de_DE", "SNAPPER_LANGUAGE": "zh-Hans-CN"}, "zh_CN", "zh_CN"),
        ({"SNAPPER_LANGUAGE": "klingon"}, "en", ""),
        ({"LANG": "../../etc"}, "en", ""),
    ],
)
def test_linux_says_it_in_the_environment(environ: dict[str, str], spoken: str, place: str) -> None:
    assert of_linux(**environ) == Wanted(spoken, place)


@pytest.mark.parametrize(
    ("said", "spoken", "place"),
    [
        ({"AppleLanguages": ["it-IT", "en-US"], "AppleLocale": "it_IT"}, "it", "it_IT"),
        ({"AppleLanguages": ["zh-Hans-CN"], "AppleLocale": "zh_CN"}, "zh_CN", "zh_CN"),
        ({"AppleLanguages": ["fr-FR", "de-AT"], "AppleLocale": "fr_FR"}, "de", "de_AT"),
        ({"AppleLanguages": "de"}, "en", ""),
        ({"AppleLanguages": [7, "es"], "AppleLocale": 3}, "es", "es"),
        ({}, "en", ""),
    ],
)
def test_the_mac_says_it_in_its_preferences(
    tmp_path: Path, said: dict[str, object], spoken: str, place: str
) -> None:
    file = tmp_path / "Library/Preferences/.GlobalPreferences.plist"
    file.parent.mkdir(parents=True)
    file.write_bytes(plistlib.dumps(said, fmt=plistlib.FMT_BINARY))
    assert wanted("darwin", {"LANG": "C"}, tmp_path, KNOWN) == Wanted(spoken, place)


@pytest.mark.parametrize(
    "content",
    [None, b"", b"garbage", b"bplist00garbage", b"<?xml version='1.0'?><plist>", plistlib.dumps(["a list"])],
    ids=["missing", "empty", "garbage", "broken", "cut", "list"],
)
def test_a_mac_without_readable_preferences_speaks_english(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "Library/Preferences/.GlobalPreferences.plist"
    file.parent.mkdir(parents=True)
    if content is not None:
        file.write_bytes(content)
    assert wanted("darwin", {}, tmp_path, KNOWN) == Wanted("en", "")


@given(
    st.dictionaries(st.sampled_from(["LANG", "LC_ALL", "LC_TIME", "LANGUAGE", "SNAPPER_LANGUAGE"]), st.text())
)
def test_whatever_the_environment_says_a_language_is_spoken(environ: dict[str, str]) -> None:
    told = of_linux(**environ)
    assert told.language in LANGUAGES


def spoken(code: str, **environ: str) -> str:
    """What a process prints whose system speaks a language."""
    environment = {
        name: value for name, value in os.environ.items()
        if not name.startswith(("LC_", "LANG", "SNAPPER_"))
    }  # fmt: skip
    code = f"from datetime import datetime\nfrom snapper.language import *\n{code}"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], env={**environment, **environ},
        check=True, capture_output=True, text=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("C", "12,345.7|12,346|14:05|2026-08-31 14:05"),
        ("en_US.UTF-8", "12,345.7|12,346|2:05 PM|Aug 31, 2026 2:05 PM"),
        ("en_GB.UTF-8", "12,345.7|12,346|14:05|31 Aug 2026 14:05"),
        ("de_DE.UTF-8", "12.345,7|12.346|14:05|31.08.2026 14:05"),
        ("de_CH.UTF-8", "12’345.7|12’346|14:05|31.08.2026 14:05"),
        ("de_XX.UTF-8", "12.345,7|12.346|14:05|31.08.2026 14:05"),
        ("it_IT.UTF-8", "12.345,7|12.346|14:05|31 ago 2026 14:05"),
        ("zh_CN.UTF-8", "12,345.7|12,346|14:05|2026年8月31日 14:05"),
    ],
)
def test_numbers_and_times_are_written_as_people_there_do(locale: str, written: str) -> None:
    code = (
        "at = datetime(2026, 8, 31, 14, 5)\n"
        "print(number(12345.67, 1), number(12345.67), time_of_day(at), moment(at), sep='|')"
    )
    # Babel writes a narrow no-break space before PM.
    assert spoken(code, LANG=locale).replace("\u202f", " ") == written


def test_no_locale_is_loaded_where_none_is_said() -> None:
    code = "import sys; number(1.5, 1); moment(datetime(2026, 1, 1)); print('babel' in sys.modules)"
    assert spoken(code, LANG="C") == "False"


def test_the_language_chosen_here_overrules_the_system() -> None:
    assert spoken("print(language())", LANG="de_DE.UTF-8", SNAPPER_LANGUAGE="it") == "it"


# --- sentences ---------------------------------------------------------------------------------------------


class _Marks(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language in which every sentence stands in brackets."""
    monkeypatch.setattr(language, "_catalogue", _Marks)


@pytest.mark.usefixtures("marked")
def test_a_sentence_knows_how_support_reads_it() -> None:
    inner = language.plural("{count} file", "{count} files", 2).format(count=2)
    said = language._("It has {files}, {name}.").format(files=inner, name="a.log")
    assert said == "⟦It has ⟦2 files⟧, a.log.⟧"
    assert in_english(said) == "It has 2 files, a.log."
    assert in_english("as it is") == "as it is" and in_english(None) is None


@pytest.mark.usefixtures("marked")
def test_a_sentence_is_a_string_wherever_it_goes() -> None:
    said = language._("Stopped.")
    assert json.loads(json.dumps({"said": said})) == {"said": "⟦Stopped.⟧"}
    again = pickle.loads(pickle.dumps(said))
    assert isinstance(again, Sentence) and (again, again.english) == (said, "Stopped.")
    with pytest.raises(KeyError):
        language._("{missing}").format(other=1)
