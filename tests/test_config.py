"""Settings: where each comes from, and one clear sentence for every mistake in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper import config
from snapper.config import Settings, load, template
from snapper.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A place for a settings file."""
    return tmp_path / "config.toml"


def written(file: Path, text: str) -> Path:
    """The file with this text."""
    file.write_text(text, encoding="utf-8")
    return file


def test_flags_beat_environment_beats_file_beats_default(file: Path) -> None:
    written(file, "[desk]\nport = 1\n[outbox]\nkeep_days = 1\n[logs]\ninclude = false\n")
    environment = {"SNAPPER_DESK_PORT": "2", "SNAPPER_OUTBOX_KEEP_DAYS": "2", "HOME": "/"}
    settings = load(file, environment, {"desk.port": 3})
    assert (settings.desk_port, settings.outbox_keep_days, settings.logs_include) == (3, 2, False)
    assert settings.capture_picture == "screen"
    assert settings.origin("desk.port") == "command line"
    assert settings.origin("outbox.keep_days") == "environment variable SNAPPER_OUTBOX_KEEP_DAYS"
    assert settings.origin("logs.include") == f"{file}, line 6"
    assert settings.origin("capture.picture") == "default"


def test_folders_come_from_a_list_or_a_path_variable(file: Path) -> None:
    first, second = file.parent / "a", file.parent / "b"
    written(file, f"[logs]\nfolders = ['{first}']\n")
    assert load(file, {}).logs_folders == (first,)
    joined = f"{first}{os.pathsep}{second}"
    assert load(file, {"SNAPPER_LOGS_FOLDERS": joined}).logs_folders == (first, second)


def test_a_missing_default_file_is_no_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load(None, {}).desk_port == Settings().desk_port


def test_a_file_that_was_asked_for_must_exist(file: Path) -> None:
    for attempt in (lambda: load(file, {}), lambda: load(None, {"SNAPPER_CONFIG": str(file)})):
        with pytest.raises(ConfigError, match=r"config\.toml does not exist"):
            attempt()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[hotkey\n", 1, "cannot be read as a setting"),
        ('[hotkey]\n\nchord = "Ctrl+Alt\n', 3, "cannot be read as a setting"),
        ("[desk]\nport = 1\nport = 2\n", 3, "cannot be read as a setting"),
        ('[hotkey]\nchrod = "x"\n', 2, "Did you mean “hotkey.chord”?"),
        ('[hotkeys]\nchord = "x"\n', 2, "“hotkeys.chord” is not a setting"),
        ('chord = "x"\n', 1, "“chord” is not a setting"),
        ('[hotkey]\n# keys\nchord = "H"\n', 3, "hotkey.chord: “H” is not a usable chord"),
        ('[hotkey]\nchord = "Ctrl+Alt+Banana"\n', 2, "Banana"),
        ("[hotkey]\nchord = 7\n", 2, "must be text in quotes"),
        ("[desk]\nport = 70000\n", 2, "must be a whole number from 0 to 65535"),
        ("[desk]\nport = true\n", 2, "must be a whole number"),
        ('[logs]\ninclude = "perhaps"\n', 2, "must be true or false"),
        ('[logs]\nfolders = ["here"]\n', 2, "must be a whole path"),
        ('[delivery]\nurl = "desk.example.com"\n', 2, "must be a web address"),
        ('[delivery]\nurl = "http://desk.example.com"\n', 2, "must begin with https://"),
        ('[delivery]\nurl = "https://me:secret@desk.example.com"\n', 2, "must be a web address"),
        ('[capture]\npicture = "video"\n', 2, "must be one of: screen, window, none"),
        ('[delivery]\nproxy = "ftp://proxy:21"\n', 2, "must be auto, direct or an address"),
        ('[delivery]\nproxy = "http://proxy:3128/path"\n', 2, "must be auto, direct or an address"),
        ('[delivery]\nproxy = "http://me:secret@proxy:3128"\n', 2, "snapper proxy login"),
        ('[delivery]\nca_file = "company.pem"\n', 2, "must be a whole path"),
        ('[doctor]\ntws_hosts = ["zdc1.ibllc.com", "a b"]\n', 2, "“a b”, which is not the name of a host"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_remedy(file: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigError) as mistake:
        load(written(file, text), {})
    assert str(mistake.value).startswith(f"{file}, line {line}: ")
    assert words in str(mistake.value)
    assert mistake.value.remedy
    assert mistake.value.exit_code == 2


@pytest.mark.parametrize(
    "text",
    [
        '[delivery]\nproxy = "http://me:s3cr3t@proxy:3128"\n', '[delivery]\nproxy = "http://me:p@s3cr3t@proxy:1"\n',
        '[delivery]\nurl = "https://me:s3cr3t@desk.example"\n', '[delivery]\nproxy = http://me:s3cr3t@proxy:3128\n',
    ],
)  # fmt: skip
def test_a_password_in_an_address_is_never_repeated(file: Path, text: str) -> None:
    with pytest.raises(ConfigError) as mistake:
        load(written(file, text), {})
    assert "s3cr3t" not in str(mistake.value)


@pytest.mark.parametrize(
    "proxy", ["auto", "direct", "http://proxy:3128", "socks5h://10.0.0.1:1080", "https://p:443/"]
)
def test_a_proxy_may_be_named(file: Path, proxy: str) -> None:
    assert load(written(file, f'[delivery]\nproxy = "{proxy}"\n'), {}).delivery_proxy == proxy.rstrip("/")


def test_a_token_is_never_repeated_in_a_message(file: Path) -> None:
    with pytest.raises(ConfigError) as mistake:
        load(written(file, '[delivery]\ntoken = "sec ret"\n'), {})
    assert "sec ret" not in str(mistake.value)


def test_a_file_that_is_not_utf8_names_its_line(file: Path) -> None:
    file.write_bytes(b"[desk]\n# \xe4\n")
    with pytest.raises(ConfigError, match="line 2: not UTF-8"):
        load(file, {})


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(ConfigError, match="SNAPPER_DESK_PROT"):
        load(None, {"SNAPPER_DESK_PROT": "1"})


def test_the_template_says_every_setting_and_changes_nothing(file: Path) -> None:
    assert load(written(file, template()), {}) == Settings(file=file)
    uncommented = "\n".join(
        line.removeprefix("# ") for line in template().splitlines() if " = " in line or line[:1] == "["
    )
    settings = load(written(file, uncommented), {})
    assert len(settings.origins) == len(config.names())
    assert [config.value(settings, name) for name in config.names()] == [
        config.value(Settings(), name) for name in config.names()
    ]


@given(st.text())
def test_any_text_is_settings_or_one_sentence(text: str) -> None:
    file = Path(f"/tmp/snapper-config-{os.getpid()}.toml")
    file.write_text(text, encoding="utf-8", errors="replace")
    try:
        load(file, {})
    except ConfigError as mistake:
        assert "line" in str(mistake)
    finally:
        file.unlink()
