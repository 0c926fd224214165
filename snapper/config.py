"""The settings: defaults < file (TOML) < environment < flags; each value knows where it came from.

A setting is a field of Settings: `hotkey_chord` is `chord` under `[hotkey]` in the file, `hotkey.chord` in
messages and SNAPPER_HOTKEY_CHORD in the environment. Nothing else is said about it anywhere else.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from snapper import checks
from snapper.destinations import DESK, TOKEN_PREFIX, Destination, choose, read_destination
from snapper.errors import ConfigError, UsageError
from snapper.logs.window import EARLIER_DAYS_MAX
from snapper.privacy.classes import OPTIONAL

ENVIRONMENT_PREFIX = "SNAPPER_"
FILE_VARIABLE = "SNAPPER_CONFIG"  # names another settings file; not a setting itself
_DESTINATIONS = "destinations"
_LOGIN = re.compile(r"//[^/]*@")
_TWS_HOSTS = tuple(f"{region}dc1{spare}.ibllc.com" for spare in ("", "-hb1") for region in "zncghs")
_WEB_HOSTS = (
    "www.interactivebrokers.com", "gdcdyn.interactivebrokers.com", "cdcdyn.interactivebrokers.com",
    "download2.interactivebrokers.com",
)  # fmt: skip


def _setting(default: object, check: Callable[[object], Any], about: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"check": check, "about": about, "secret": secret})


def _data_folder(name: str) -> Path:
    return platformdirs.user_data_path("snapper", appauthor=False) / name


def default_file() -> Path:
    """Where the settings file is looked for when neither a flag nor SNAPPER_CONFIG names one."""
    return platformdirs.user_config_path("snapper", appauthor=False) / "config.toml"


@dataclass(frozen=True)
class Settings:
    """Every setting with its value; `origins` tells where each that is not a default came from."""

    hotkey_chord: str = _setting(
        "auto", checks.chord, "the keys that freeze the screen; auto: by the machine's maker"
    )
    hotkey_backend: str = _setting(
        "auto",
        checks.one_of(
            "auto", "x11_grab", "wayland_portal", "win32_register", "mac_carbon", "pynput_listener"
        ),
        "how the keys are listened for",
    )
    capture_picture: str = _setting(
        "screen",
        checks.one_of("screen", "window", "none"),
        "what the note window offers first: screen, window or none",
    )
    logs_include: bool = _setting(
        True, checks.switch, "whether today's logs go with a report unless you say otherwise"
    )
    logs_folders: tuple[Path, ...] = _setting(
        (), checks.paths, "TWS settings folders to look in before the usual ones"
    )
    logs_known_problems: tuple[Path, ...] = _setting(
        (), checks.paths, "further tables of known problems, in the form of known_problems.toml"
    )
    logs_days: int = _setting(
        0, checks.number(0, EARLIER_DAYS_MAX), "how many days before today are sent as well"
    )
    privacy_keep: tuple[str, ...] = _setting(
        (), checks.private_classes, f"private values sent as they are; any of: {', '.join(sorted(OPTIONAL))}"
    )
    privacy_words: tuple[str, ...] = _setting(
        (), checks.texts, "further words that must never leave: names, account numbers, project names"
    )
    delivery_url: str = _setting(
        "http://127.0.0.1:8765", checks.web_address, "address of the ticket desk that takes the reports"
    )
    delivery_token: str = _setting("", checks.token, "the token the desk gave you", secret=True)
    delivery_to: str = _setting(
        DESK, checks.plain_text, "which destination reports go to unless you say otherwise"
    )
    delivery_idle_seconds: int = _setting(
        60, checks.number(5, 3600), "how long the desk may be silent before an attempt ends"
    )
    delivery_proxy: str = _setting(
        "auto",
        checks.proxy,
        "auto: as the environment and the system say; direct: none; or a proxy: http://host:port",
    )
    delivery_pac: str = _setting(
        "", checks.plain_text, "a proxy script (PAC): its web address or file; wpad: as the network says"
    )
    delivery_ca_file: Path | None = _setting(
        None,
        checks.path_or_nothing,
        "a file (PEM) with further authorities to trust, such as an inspecting proxy's",
    )
    outbox_folder: Path = _setting(None, checks.path, "where reports are kept until they are delivered")
    outbox_keep_days: int = _setting(30, checks.number(0, 3650), "days a delivered report stays here")
    outbox_keep_megabytes: int = _setting(
        1024, checks.number(0, 1 << 30), "room for delivered reports in MB, the oldest go first"
    )
    desk_folder: Path = _setting(None, checks.path, "where the desk keeps tickets and files")
    desk_host: str = _setting("127.0.0.1", checks.plain_text, "address the desk listens on")
    desk_port: int = _setting(8765, checks.number(0, 65535), "port the desk listens on; 0: a free one")
    desk_public_url: str = _setting(
        "", checks.address_or_nothing, "how people reach the desk, when a web server stands in front of it"
    )
    desk_report_megabytes: int = _setting(
        1024, checks.number(1, 1 << 30), "the largest report the desk takes, in MB"
    )
    doctor_tws_hosts: tuple[str, ...] = _setting(
        _TWS_HOSTS, checks.hosts, "hosts that TWS connects to on ports 4000 and 4001, for “snapper doctor”"
    )
    doctor_web_hosts: tuple[str, ...] = _setting(
        _WEB_HOSTS, checks.hosts, "IBKR's hosts on port 443, for “snapper doctor”"
    )
    # The tables [destinations.NAME], beside the desk of the section [delivery].
    others: tuple[Destination, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    file: Path = field(default_factory=default_file)

    def __post_init__(self) -> None:
        # Folders depend on who runs the program, so they are looked up when asked for, not at import.
        for name in ("outbox", "desk"):
            if getattr(self, f"{name}_folder") is None:
                object.__setattr__(self, f"{name}_folder", _data_folder(name))

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Everywhere that reports can go; the desk first."""
        if any(each.name.casefold() == DESK for each in self.others):
            return self.others
        return (Destination(DESK, DESK, self.delivery_url), *self.others)

    def destination(self, name: str = "") -> Destination:
        """One of them by its name, or the usual one. Raises UsageError."""
        return choose(self.destinations, name or self.delivery_to)

    def origin(self, name: str) -> str:
        """Where a setting (`hotkey.chord`) came from, in words."""
        return self.origins.get(name, "default")


_FIELDS = {
    item.name.replace("_", ".", 1): item for item in dataclasses.fields(Settings) if "check" in item.metadata
}


def names() -> tuple[str, ...]:
    """Every setting's name, in the order of the file."""
    return tuple(_FIELDS)


def about(name: str) -> str:
    """What a setting is for, in one line."""
    return str(_FIELDS[name].metadata["about"])


def is_secret(name: str) -> bool:
    """Whether a setting's value must not be shown."""
    return bool(_FIELDS[name].metadata["secret"])


def value(settings: Settings, name: str) -> Any:
    """The value of a setting by its name."""
    return getattr(settings, _FIELDS[name].name)


def load(
    file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """Read the settings; `flags` are setting names with raw values. Raises ConfigError.

    A file that was asked for must exist; the default one may be missing.
    """
    asked = file or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
    path = asked or default_file()
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    text = _text_of(path, must_exist=asked is not None)
    sections = _sections(path, text)
    others = _destinations(sections.pop(_DESTINATIONS, {}), path, text)
    for name, raw, origin in (
        *_from_file(sections, path, text),
        *_from_environment(environment),
        *((name, raw, "command line") for name, raw in (flags or {}).items()),
    ):
        values[_FIELDS[name].name] = _checked(name, raw, origin)
        origins[name] = origin
    settings = Settings(**values, others=others, origins=origins, file=path)  # type: ignore[arg-type]
    return _with_usual(settings)


def _with_usual(settings: Settings) -> Settings:
    try:
        settings.destination()
    except UsageError as error:
        raise ConfigError(
            f"{settings.origin('delivery.to')}: delivery.to: {error.sentence}", error.remedy
        ) from error
    return settings


def _destinations(tables: object, path: Path, text: str) -> tuple[Destination, ...]:
    if not isinstance(tables, dict):
        raise ConfigError(
            f"{path}: destinations must be sections.", 'Begin each with a line [destinations."its name"].'
        )
    found: list[Destination] = []
    for name, table in tables.items():
        line = _line_of(f"{_DESTINATIONS}.{name}", text)
        try:
            if any(each.name.casefold() == name.casefold() for each in found):
                raise ValueError("is there twice")
            found.append(read_destination(name, table))
            if others := [
                each.name for each in found[:-1] if each.token_variable == found[-1].token_variable
            ]:
                raise ValueError(f"shares {found[-1].token_variable} with “{others[0]}”; call one otherwise")
        except ValueError as error:
            raise ConfigError(
                f"{path}, line {line}: destination “{name[:60]}”: {error}.",
                "Correct it and start snapper again.",
            ) from error
    return tuple(found)


def _checked(name: str, raw: object, origin: str) -> object:
    try:
        return _FIELDS[name].metadata["check"](raw)
    except ValueError as error:
        # A web address may hold a password, before its last @.
        shown = "its value" if is_secret(name) else f"“{_LOGIN.sub('//…@', str(raw))[:80]}”"
        raise ConfigError(
            f"{origin}: {name}: {shown} {error}.", "Correct it and start snapper again."
        ) from error


def _text_of(path: Path, *, must_exist: bool) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # Windows' editor puts a mark before it
    except FileNotFoundError as error:
        if not must_exist:
            return ""
        raise ConfigError(f"The settings file {path} does not exist.", "Check its name.") from error
    except OSError as error:
        raise ConfigError(
            f"The settings file {path} cannot be read.", "Check that you may open it."
        ) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}, line {line}: not UTF-8 text.", "Save the file as UTF-8.") from error


def _sections(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, text, error) from error


def _from_file(sections: Mapping[str, Any], path: Path, text: str) -> list[tuple[str, object, str]]:
    return [
        (_known(name, f"{path}, line {line}"), raw, f"{path}, line {line}")
        for name, raw in _flattened(sections)
        for line in [_line_of(name, text)]
    ]


def _not_toml(path: Path, text: str, error: tomllib.TOMLDecodeError) -> ConfigError:
    found = re.search(r"at line (\d+)", str(error))
    line = int(found[1]) if found else text.count("\n") + 1
    lines = text.splitlines()
    shown = (
        f" “{lines[line - 1].strip()[:60]}”"
        if line <= len(lines) and not re.search("token|@", lines[line - 1])
        else ""
    )
    return ConfigError(
        f"{path}, line {line}: this line cannot be read as a setting{shown}.",
        'Write settings as name = "value", below their [section].',
    )


def _flattened(sections: Mapping[str, Any]) -> list[tuple[str, object]]:
    return [
        (f"{section}.{key}", raw)
        for section, keys in sections.items()
        for key, raw in (keys.items() if isinstance(keys, dict) else [("", keys)])
    ]


def _line_of(name: str, text: str) -> int:
    """The line (from 1) that sets a name, or its section's, or the first."""
    section, _, key = name.partition(".")
    current, section_line = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            current = re.sub("[\"']", "", header[1])
            if current == name:
                return number
            section_line = number if current == section else section_line
        elif re.match(rf"\s*[\"']?{re.escape(key if current == section else name)}[\"']?\s*=", line):
            return number
    return section_line


def _from_environment(environment: Mapping[str, str]) -> list[tuple[str, object, str]]:
    found: list[tuple[str, object, str]] = []
    for variable, raw in environment.items():
        if variable.startswith(TOKEN_PREFIX):
            continue  # the token of a destination: whoever needs it looks there
        if variable.startswith(ENVIRONMENT_PREFIX) and variable != FILE_VARIABLE:
            section, _, key = variable.removeprefix(ENVIRONMENT_PREFIX).lower().partition("_")
            origin = f"environment variable {variable}"
            found.append((_known(f"{section}.{key}", origin), raw, origin))
    return found


def _known(name: str, origin: str) -> str:
    if name in _FIELDS:
        return name
    name = name.rstrip(".")
    near = difflib.get_close_matches(name, _FIELDS, 1, 0.6)
    remedy = f"Did you mean “{near[0]}”?" if near else "“snapper config show” lists every setting."
    raise ConfigError(f"{origin}: “{name}” is not a setting.", remedy)


def template() -> str:
    """A settings file with every setting at its default, commented out."""
    defaults, lines, last = (
        Settings(),
        ["# Settings of snapper. Remove the # in front of what you change.\n"],
        "",
    )
    for name in names():
        section, _, key = name.partition(".")
        if section != last:
            lines.append(f"\n[{section}]\n")
            last = section
        lines.append(f"# {about(name)}\n# {key} = {_as_toml(value(defaults, name))}\n")
    return "".join(lines)


def _as_toml(setting: object) -> str:
    if isinstance(setting, bool):
        return str(setting).lower()
    if isinstance(setting, tuple):
        return f"[{', '.join(_as_toml(item) for item in setting)}]"
    if isinstance(setting, int):
        return str(setting)
    if setting is None:
        return '""'
    escaped = str(setting).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
