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
from snapper.language import Sentence, _
from snapper.logs.window import EARLIER_DAYS_MAX
from snapper.privacy.classes import OPTIONAL
from snapper.system_language import OVERRULED_BY

ENVIRONMENT_PREFIX = "SNAPPER_"
FILE_VARIABLE = "SNAPPER_CONFIG"  # names another settings file; not a setting itself
_DESTINATIONS = "destinations"
_CORRECT_IT = _("Correct it and start snapper again.")
_SAVE_AS_UTF_8 = _("Save the file as UTF-8.")
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
        "auto", checks.chord, _("the keys that freeze the screen; auto: by the machine's maker")
    )
    hotkey_backend: str = _setting(
        "auto",
        checks.one_of(
            "auto", "x11_grab", "wayland_portal", "win32_register", "mac_carbon", "pynput_listener"
        ),
        _("how the keys are listened for"),
    )
    capture_picture: str = _setting(
        "screen",
        checks.one_of("screen", "window", "none"),
        _("what the note window offers first: screen, window or none"),
    )
    logs_include: bool = _setting(
        True, checks.switch, _("whether today's logs go with a report unless you say otherwise")
    )
    logs_folders: tuple[Path, ...] = _setting(
        (), checks.paths, _("TWS settings folders to look in before the usual ones")
    )
    logs_known_problems: tuple[Path, ...] = _setting(
        (), checks.paths, _("further tables of known problems, in the form of known_problems.toml")
    )
    logs_days: int = _setting(
        0, checks.number(0, EARLIER_DAYS_MAX), _("how many days before today are sent as well")
    )
    privacy_keep: tuple[str, ...] = _setting(
        (),
        checks.private_classes,
        _("private values sent as they are; any of: {classes}").format(classes=", ".join(sorted(OPTIONAL))),
    )
    privacy_words: tuple[str, ...] = _setting(
        (), checks.texts, _("further words that must never leave: names, account numbers, project names")
    )
    delivery_url: str = _setting(
        "http://127.0.0.1:8765", checks.web_address, _("address of the ticket desk that takes the reports")
    )
    delivery_token: str = _setting("", checks.token, _("the token the desk gave you"), secret=True)
    delivery_to: str = _setting(
        DESK, checks.plain_text, _("which destination reports go to unless you say otherwise")
    )
    delivery_idle_seconds: int = _setting(
        60, checks.number(5, 3600), _("how long the desk may be silent before an attempt ends")
    )
    delivery_proxy: str = _setting(
        "auto",
        checks.proxy,
        _("auto: as the environment and the system say; direct: none; or a proxy: http://host:port"),
    )
    delivery_pac: str = _setting(
        "", checks.plain_text, _("a proxy script (PAC): its web address or file; wpad: as the network says")
    )
    delivery_ca_file: Path | None = _setting(
        None,
        checks.path_or_nothing,
        _("a file (PEM) with further authorities to trust, such as an inspecting proxy's"),
    )
    outbox_folder: Path = _setting(None, checks.path, _("where reports are kept until they are delivered"))
    outbox_keep_days: int = _setting(30, checks.number(0, 3650), _("days a delivered report stays here"))
    outbox_keep_megabytes: int = _setting(
        1024, checks.number(0, 1 << 30), _("room for delivered reports in MB, the oldest go first")
    )
    desk_folder: Path = _setting(None, checks.path, _("where the desk keeps tickets and files"))
    desk_host: str = _setting("127.0.0.1", checks.plain_text, _("address the desk listens on"))
    desk_port: int = _setting(8765, checks.number(0, 65535), _("port the desk listens on; 0: a free one"))
    desk_public_url: str = _setting(
        "", checks.address_or_nothing, _("how people reach the desk, when a web server stands in front of it")
    )
    desk_report_megabytes: int = _setting(
        1024, checks.number(1, 1 << 30), _("the largest report the desk takes, in MB")
    )
    doctor_tws_hosts: tuple[str, ...] = _setting(
        _TWS_HOSTS, checks.hosts, _("hosts that TWS connects to on ports 4000 and 4001, for “snapper doctor”")
    )
    doctor_web_hosts: tuple[str, ...] = _setting(
        _WEB_HOSTS, checks.hosts, _("IBKR's hosts on port 443, for “snapper doctor”")
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
        return self.origins.get(name, _("default"))

    def is_said(self, name: str) -> bool:
        """Whether anything but the defaults says what a setting (`hotkey.chord`) is."""
        return name in self.origins


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
        *((name, raw, _("command line")) for name, raw in (flags or {}).items()),
    ):
        values[_FIELDS[name].name] = _checked(name, raw, origin)
        origins[name] = origin
    settings = Settings(**values, others=others, origins=origins, file=path)  # type: ignore[arg-type]
    return _with_usual(settings)


def _with_usual(settings: Settings) -> Settings:
    try:
        settings.destination()
    except UsageError as error:
        place = f"{settings.origin('delivery.to')}: delivery.to"
        raise ConfigError(_at(place, error.sentence), error.remedy) from error
    return settings


def _destinations(tables: object, path: Path, text: str) -> tuple[Destination, ...]:
    if not isinstance(tables, dict):
        raise ConfigError(
            _at(path, _("destinations must be sections.")),
            _('Begin each with a line [destinations."its name"].'),
        )
    found: list[Destination] = []
    for name, table in tables.items():
        line = _line_of(f"{_DESTINATIONS}.{name}", text)
        try:
            if any(each.name.casefold() == name.casefold() for each in found):
                raise ValueError(_("it is there twice."))
            found.append(read_destination(name, table))
            if others := [
                each.name for each in found[:-1] if each.token_variable == found[-1].token_variable
            ]:
                twice = _("it shares {variable} with “{other}”; call one otherwise.")
                raise ValueError(twice.format(variable=found[-1].token_variable, other=others[0]))
        except ValueError as error:
            which = _("destination “{name}”").format(name=name[:60])
            raise ConfigError(_at(f"{_line(path, line)}: {which}", error.args[0]), _CORRECT_IT) from error
    return tuple(found)


def _checked(name: str, raw: object, origin: str) -> object:
    try:
        return _FIELDS[name].metadata["check"](raw)
    except checks.Wrong as error:
        # A web address may hold a password, before its last @.
        shown = f"“{_LOGIN.sub('//…@', str(raw))[:80]}”"
        # Translators: of a setting that is not shown; it stands before “must be …”.
        what = error.of(_("its value") if is_secret(name) else shown)
        raise ConfigError(_at(f"{origin}: {name}", what), _CORRECT_IT) from error


def _text_of(path: Path, *, must_exist: bool) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # Windows' editor puts a mark before it
    except FileNotFoundError as error:
        if not must_exist:
            return ""
        raise ConfigError(
            _("The settings file {file} does not exist.").format(file=path), _("Check its name.")
        ) from error
    except OSError as error:
        raise ConfigError(
            _("The settings file {file} cannot be read.").format(file=path), _("Check that you may open it.")
        ) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError(_at(_line(path, line), _("not UTF-8 text.")), _SAVE_AS_UTF_8) from error


def _line(file: Path, line: int) -> Sentence:
    return _("{file}, line {line}").format(file=file, line=line)


def _at(place: object, what: Sentence | str) -> Sentence:
    """What is wrong, after where: a sentence that stands for itself."""
    # Translators: a place in a file, and the mistake there
    return _("{place}: {mistake}").format(place=place, mistake=what)


def _sections(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, text, error) from error


def _from_file(sections: Mapping[str, Any], path: Path, text: str) -> list[tuple[str, object, str]]:
    return [
        (_known(name, place), raw, place)
        for name, raw in _flattened(sections)
        for place in [_line(path, _line_of(name, text))]
    ]


def _not_toml(path: Path, text: str, error: tomllib.TOMLDecodeError) -> ConfigError:
    found = re.search(r"at line (\d+)", str(error))
    line = int(found[1]) if found else text.count("\n") + 1
    lines = text.splitlines()
    what = _("this line cannot be read as a setting.")
    if line <= len(lines) and not re.search("token|@", lines[line - 1]):
        shown = lines[line - 1].strip()[:60]
        what = _("this line cannot be read as a setting “{text}”.").format(text=shown)
    return ConfigError(
        _at(_line(path, line), what), _('Write settings as name = "value", below their [section].')
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
        if variable.startswith(ENVIRONMENT_PREFIX) and variable not in (FILE_VARIABLE, OVERRULED_BY):
            section, _dot, key = variable.removeprefix(ENVIRONMENT_PREFIX).lower().partition("_")
            origin = _("environment variable {name}").format(name=variable)
            found.append((_known(f"{section}.{key}", origin), raw, origin))
    return found


def _known(name: str, origin: str) -> str:
    if name in _FIELDS:
        return name
    name = name.rstrip(".")
    near = difflib.get_close_matches(name, _FIELDS, 1, 0.6)
    remedy = (
        _("Did you mean “{name}”?").format(name=near[0])
        if near
        else _("“snapper config show” lists every setting.")
    )
    raise ConfigError(_at(origin, _("“{name}” is not a setting.").format(name=name)), remedy)


def template() -> str:
    """A settings file with every setting at its default, commented out."""
    heading = _("Settings of snapper. Remove the # in front of what you change.")
    defaults, lines, last = Settings(), [f"# {heading}\n"], ""
    for name in names():
        section, key = name.split(".", 1)
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
