"""Changes to the settings file that a person wrote: only what is to change does, comments and order stay.

What a setting may be is in `config`; here is only the text of the file and how it gets to the disk.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.container import OutOfOrderTableProxy
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from snapper import disk
from snapper.config import template
from snapper.destinations import Destination
from snapper.errors import ConfigError, UsageError
from snapper.language import _

Change = Callable[[dict[str, Any]], None]  # made to the file's tables, and the same to plain ones

_DESTINATIONS, _DELIVERY = "destinations", "delivery"


def section(destination: Destination) -> dict[str, Any]:
    """A destination as the keys of its section: what is not as usual."""
    found: dict[str, Any] = {"system": destination.system, "url": destination.url}
    if destination.login:
        found["login"] = destination.login
    for key, size in (
        ("file_megabytes", destination.file_bytes),
        ("report_megabytes", destination.report_bytes),
    ):
        if size:
            found[key] = size // 1_000_000
    usual = {option.key: option.default for option in destination.about.options}
    return found | {
        key: value for key, value in destination.options.items() if value and value != usual.get(key)
    }


def with_destination(destination: Destination) -> Change:
    """A destination's section is there, and holds this; the limits that stood in it stay."""

    def change(tables: dict[str, Any]) -> None:
        there = _table(tables, _DESTINATIONS)
        name = next((each for each in there if each.casefold() == destination.name.casefold()), "")
        wanted = section(destination)
        if not name:
            own_lines = isinstance(there, Table | OutOfOrderTableProxy)
            there[destination.name] = _with_space(wanted) if own_lines else wanted
            return
        kept = ("file_megabytes", "report_megabytes")
        own = there[name]
        for key in [key for key in own if key not in wanted and key not in kept]:
            del own[key]
        own.update(wanted)

    return change


def with_usual(name: str) -> Change:
    """Reports go to this destination unless somebody says otherwise."""

    def change(tables: dict[str, Any]) -> None:
        _table(tables, _DELIVERY)["to"] = name

    return change


def without_token(tables: dict[str, Any]) -> None:
    """The desk's token does not stand in the file any more."""
    if isinstance(tables.get(_DELIVERY), dict):
        tables[_DELIVERY].pop("token", None)


def edit(path: Path, *changes: Change) -> None:
    """Change the settings file, which is made from the template where there is none; the file is the old one
    or the new one at any moment.

    Raises ConfigError where the file is no TOML or is written in a way that cannot be changed, UsageError
    where the disk does not take it.
    """
    target = path.resolve()  # whoever keeps the file elsewhere, behind a link, finds it there afterwards
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with disk.locked(target.with_name(f".{target.name}.lock")) as free:
            if not free:
                raise UsageError(_("Another snapper is changing the settings right now."), _("Try again."))
            text = target.read_bytes().decode("utf-8-sig") if target.exists() else template()
            disk.replace(target, changed(text, *changes).encode())
    except UnicodeDecodeError as error:
        raise ConfigError(
            _("{file} is not UTF-8 text.").format(file=path), _("Save the file as UTF-8.")
        ) from error
    except OSError as error:
        raise UsageError(
            _("{file} cannot be written.").format(file=path), _("Choose another place with --config.")
        ) from error


def changed(text: str, *changes: Change) -> str:
    """The text of a settings file after some changes. Raises ConfigError."""
    wanted = _plain(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    document: Any = tomlkit.parse(text if text.endswith("\n") else f"{text}\n")
    try:
        for change in changes:
            change(wanted)
            change(document)
        new = str(tomlkit.dumps(document))
        exact = tomllib.loads(new) == wanted
    except (TOMLKitError, tomllib.TOMLDecodeError, KeyError, AttributeError, TypeError, ValueError):
        exact = False
    if not exact:
        raise ConfigError(
            _("The settings file is written in a way that snapper cannot change."),
            _("Write into it yourself: {lines}").format(lines=_by_hand(text, wanted)),
        )
    return f"{new.rstrip()}\n".replace("\n", newline)


def _plain(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            _("The settings file cannot be read."), _("“snapper config show” names the line.")
        ) from error


def _by_hand(text: str, wanted: Mapping[str, Any]) -> str:
    """What is new in it, as lines to write."""
    old = _plain(text)
    new = {
        name: {key: value for key, value in table.items() if old.get(name, {}).get(key) != value}
        for name, table in wanted.items()
        if old.get(name) != table
    }
    return "\n" + tomlkit.dumps(new)  # and nothing that stood there before: it may be a token


def _with_space(wanted: Mapping[str, Any]) -> Any:
    """A section with an empty line below it."""
    table = tomlkit.table()
    table.update(wanted)
    table.add(tomlkit.nl())
    return table


def _table(tables: dict[str, Any], name: str) -> Any:
    if name not in tables:
        super_table = isinstance(tables, tomlkit.TOMLDocument) and name == _DESTINATIONS
        tables[name] = tomlkit.table(is_super_table=True) if super_table else {}
    return tables[name]
