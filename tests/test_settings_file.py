"""The settings file is changed as a careful person would: what is to change does, all else stays."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper import disk, settings_file
from snapper.config import load, template
from snapper.destinations import Destination
from snapper.errors import ConfigError, UsageError
from snapper.settings_file import changed, edit, with_destination, with_usual, without_token

RT = Destination("our RT", "rt", "https://rt.example.com", options={"queue": "Support", "public": "no"})
WRITTEN = """\
# my settings

[hotkey]
chord = "Ctrl+Alt+J"  # the other one is taken

[delivery]
# the token the desk gave you
token = "s3cr3t"
url = "https://desk.example.com"

[destinations."Our rt"]
# asked Anna for this
system = "redmine"
url = "https://old.example.com"
project = "support"
file_megabytes = 3

[outbox]
keep_days = 7
"""


def without_it(text: str, name: str) -> dict[str, object]:
    """What a file says, without one destination."""
    sections = tomllib.loads(text)
    sections.get("destinations", {}).pop(name, None)
    return {key: table for key, table in sections.items() if table}


def test_a_new_file_is_the_template_with_the_section(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "config.toml"
    edit(path, with_destination(RT), with_usual("our RT"))
    assert path.stat().st_mode & 0o777 == 0o600
    read = load(path, {})
    assert read.destination() == Destination("our RT", "rt", RT.url, options={"queue": "Support"})
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in template().splitlines() if line not in lines] == []


def test_everything_else_stays_as_it_is_written() -> None:
    text = WRITTEN.replace('"Our rt"', "another")
    new = changed(text, with_destination(RT))
    assert [line for line in difflib.ndiff(text.splitlines(), new.splitlines()) if line[0] == "-"] == []
    assert '"Support"\n\n[outbox]' in new
    assert without_it(new, "our RT") == without_it(text, "")


def test_a_section_of_that_name_is_replaced_with_its_comments_and_limits_kept() -> None:
    new = changed(WRITTEN, with_destination(RT))
    assert tomllib.loads(new)["destinations"] == {
        "Our rt": {"system": "rt", "url": RT.url, "queue": "Support", "file_megabytes": 3}
    }
    assert "# asked Anna for this" in new and "# the other one is taken" in new


def test_the_usual_one_is_named_once_and_a_remark_beside_it_stays() -> None:
    new = changed('[delivery]\nto = "desk"  # for now\n', with_destination(RT), with_usual("our RT"))
    assert tomllib.loads(new)["delivery"] == {"to": "our RT"}
    assert "# for now" in new


def test_the_desks_token_leaves_the_file_and_nothing_else_does() -> None:
    new = changed(WRITTEN, without_token)
    assert new == WRITTEN.replace('token = "s3cr3t"\n', "")
    assert changed("[hotkey]\n", without_token) == "[hotkey]\n"


@pytest.mark.parametrize(
    "text", ["[delivery]\r\nproxy = 'direct'\r\n", "\ufeff[delivery]\r\nproxy = 'direct'"]
)
def test_the_lines_of_a_windows_editor_stay_such_lines(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode())
    edit(path, with_destination(RT))
    written = path.read_bytes()
    assert written.count(b"\n") == written.count(b"\r\n") > 5
    assert load(path, {}).destination("our RT").system == "rt"


def test_a_file_of_inline_tables_is_changed_or_left_alone_with_what_to_write() -> None:
    inline = 'destinations = {a = {system = "desk", url = "https://a.example"}}\n'
    assert set(tomllib.loads(changed(inline, with_destination(RT)))["destinations"]) == {"a", "our RT"}
    dotted = 'delivery.token = "s3cr3t"\ndestinations.a.system = "desk"\ndestinations = 1\n'
    with pytest.raises(ConfigError, match="cannot be read"):
        changed(dotted, with_destination(RT))
    with pytest.raises(ConfigError) as caught:
        changed('destinations = "x"\ndelivery.token = "s3cr3t"\n', with_destination(RT))
    assert "cannot change" in caught.value.sentence and "s3cr3t" not in str(caught.value)


def test_a_change_that_goes_wrong_is_told_with_the_lines_and_without_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings_file.tomlkit, "dumps", lambda tables, dumps=settings_file.tomlkit.dumps: (
        "[elsewhere]\n" if not isinstance(tables, dict) or "hotkey" in tables else dumps(tables)
    ))  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        changed(WRITTEN, with_destination(RT), with_usual("our RT"))
    assert 'queue = "Support"' in caught.value.remedy and 'to = "our RT"' in caught.value.remedy
    assert "s3cr3t" not in caught.value.remedy


def test_a_file_elsewhere_behind_a_link_is_changed_there(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles" / "snapper.toml", tmp_path / "config.toml"
    real.parent.mkdir()
    real.write_text(WRITTEN, encoding="utf-8")
    link.symlink_to(real)
    edit(link, with_usual("desk"))
    assert link.is_symlink() and 'to = "desk"' in real.read_text(encoding="utf-8")


def test_a_disk_that_does_not_take_it_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN, encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(UsageError, match="cannot be written"):
        edit(path, with_destination(RT))
    assert path.read_text(encoding="utf-8") == WRITTEN
    assert {each.name for each in tmp_path.iterdir()} == {"config.toml", ".config.toml.lock"}


def test_two_at_a_time_do_not_undo_each_other(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    with disk.locked(tmp_path / ".config.toml.lock"), pytest.raises(UsageError, match="Another snapper"):
        edit(path, with_destination(RT))
    assert not path.exists()


def test_a_file_that_is_no_utf8_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'[delivery]\nurl = "\xff"\n')
    with pytest.raises(ConfigError, match="not UTF-8"):
        edit(path, with_destination(RT))
    assert path.read_bytes() == b'[delivery]\nurl = "\xff"\n'


NAMES = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=60).filter(
    str.strip
)


@settings(max_examples=60)
@given(
    NAMES,
    NAMES,
    st.sampled_from([WRITTEN, template(), "", '[destinations.x]\nsystem = "desk"\n[desk]\nport = 1']),
)
def test_any_name_and_queue_are_read_back_as_they_were(name: str, queue: str, text: str) -> None:
    there = Destination(name, "rt", "https://rt.example.com", options={"queue": queue})
    new = changed(text, with_destination(there), with_usual(name))
    sections = tomllib.loads(new)
    own = {each.casefold(): table for each, table in sections["destinations"].items()}[name.casefold()]
    assert (own["queue"], sections["delivery"]["to"]) == (queue, name)
    assert changed(new, with_destination(there), with_usual(name)) == new
