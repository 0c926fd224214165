"""One table of a custom ticket system's description, key by key: each read, checked, and in the words of its
mistake. What the tables mean together is in the package. Pure."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from snapper import checks
from snapper.custom.placeholders import Template, template, unknown
from snapper.custom.whereabouts import Where, compiled

URL_PLACES = ("tag", "report", "login")
FILE_PLACES = ("file", "name", "type", "size", "number", "base64", "uploaded")
SECRET_PLACES = ("token", "basic", "basic_key")
RAW_TYPES = ("text/plain", "text/html", "text/xml", "application/xml", "application/x-www-form-urlencoded")

_SHOWN_CHARS = 80
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_TAKEN_HEADERS = ("content-type", "content-length", "transfer-encoding", "host", "connection", "expect", "te")
_SECRET_NAME = re.compile(  # X-Atlassian-Token is none: it says “no-check”
    r"authorization|cookie|secret|password|(api|auth|access|private|bearer|app).?(key|token)|^(key|token)$",
    re.I,
)
_STEP = r"[^.\s{}]+"
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+(; ?[a-z0-9_-]+=[A-Za-z0-9_.-]+)*")
_PATH_IN_ANSWER = re.compile(rf"{_STEP}(\.{_STEP})*")


def wrong(key: str, value: object, problem: str) -> ValueError:
    """A mistake: the key, the value and what it must be."""
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    shown = shown if len(shown) <= _SHOWN_CHARS else f"{shown[: _SHOWN_CHARS - 1]}…"
    return ValueError(f"{key} “{' '.join(shown.split())}” {problem}")


class Table:
    """A table by its name in the description; `keys`, separated by spaces, are those it may have."""

    def __init__(self, name: str, raw: object, keys: str) -> None:
        self.name = name
        if not isinstance(raw, dict):
            raise wrong(name, raw, "must be a section of its own") if name else ValueError("must be tables")
        allowed = keys.split()
        if strange := [key for key in raw if key not in allowed]:
            near = difflib.get_close_matches(strange[0], allowed, 1, 0.6)
            hint = f"(did you mean {near[0]}?)" if near else f"(it may have: {', '.join(allowed)})"
            raise ValueError(f"{self._key(strange[0])[:_SHOWN_CHARS]} is not a key of a custom system {hint}")
        self._raw = raw

    def __contains__(self, key: str) -> bool:
        return key in self._raw

    def get(self, key: str, default: Any = None) -> Any:
        """What stands under a key, as it is."""
        return self._raw.get(key, default)

    def table(self, key: str, keys: str) -> Table:
        """A table in this one; an empty one where there is none."""
        return Table(self._key(key), self._raw.get(key, {}), keys)

    # --- plain values -------------------------------------------------------------------------------------

    def text(self, key: str) -> str:
        """A text; “” where there is none."""
        value = self._raw.get(key, "")
        if not isinstance(value, str) or (key in self._raw and not value.strip()):
            raise wrong(self._key(key), value, "must be text in quotes")
        return value

    def one_of(self, key: str, allowed: Sequence[str]) -> str:
        """One of these texts; the first where there is none."""
        value = self._raw.get(key, allowed[0])
        if value not in allowed:
            raise wrong(self._key(key), value, f"must be one of: {', '.join(allowed)}")
        return str(value)

    def switch(self, key: str) -> bool:
        """Yes or no; yes where nothing is said."""
        value = self._raw.get(key, True)
        if not isinstance(value, bool):
            raise wrong(self._key(key), value, "must be true or false, without quotes")
        return value

    def number(self, key: str, low: int, high: int) -> int | None:
        """A whole number between two bounds; None where there is none."""
        value = self._raw.get(key)
        if value is None:
            return None
        if type(value) is not int or not low <= value <= high:
            raise wrong(self._key(key), value, f"must be a whole number from {low} to {high}")
        return value

    def statuses(self, key: str) -> tuple[int, ...]:
        """A list of HTTP statuses."""
        value = self._raw.get(key, [])
        if not isinstance(value, list) or any(
            type(each) is not int or not 200 <= each < 600 for each in value
        ):
            raise wrong(self._key(key), value, "must be a list of HTTP statuses, such as [204, 404]")
        return tuple(value)

    def values(self, key: str) -> tuple[str, ...]:
        """A list of texts, numbers, true and false, as JSON writes them."""
        value = self._raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str | int | float) for each in value):
            raise wrong(self._key(key), value, 'must be a list of values, such as ["closed", "solved"]')
        return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in value)

    # --- where things stand in an answer ------------------------------------------------------------------

    def pattern(self, key: str) -> str:
        """A regular expression; “” where there is none."""
        value = self.text(key)
        if value:
            try:
                compiled(value)
            except ValueError as error:
                raise wrong(self._key(key), value, str(error)) from error
        return value

    def path_in_answer(self, key: str) -> str:
        """A path to a value, `data.items.0.id`."""
        value = self.text(key)
        if not _PATH_IN_ANSWER.fullmatch(value):
            raise wrong(
                self._key(key), value, "must be names with dots between them, such as data.items.0.id"
            )
        return value

    def paths_in_answer(self, key: str) -> tuple[str, ...]:
        """One such path, or a list of them."""
        value = self._raw.get(key)
        paths = value if isinstance(value, list) and value else [value]
        found = [Table(self.name, {key: path}, key).path_in_answer(key) for path in paths if path is not None]
        if not found:
            raise ValueError(f"{self._key(key)} is missing: where the list of files stands in the answer")
        return tuple(found)

    def where(self, key: str) -> Where | None:
        """Where something stands: a path, or a table with path or header, and match."""
        if key not in self._raw:
            return None
        value = self._raw[key]
        if isinstance(value, str):
            return Where(self.path_in_answer(key))
        table = self.table(key, "path header match")
        if not value or ("path" in table and "header" in table):
            raise wrong(
                self._key(key), value, "must say where: path, or header, or match, or one of both and match"
            )
        match = table.pattern("match")
        if match and compiled(match).groups != 1:
            raise wrong(f"{table.name}.match", match, "must have one group in ( ) around what is taken")
        return Where(table.path_in_answer("path") if "path" in table else "", table.text("header"), match)

    # --- texts with places --------------------------------------------------------------------------------

    def template(self, key: str, places: Sequence[str]) -> Template:
        """A text with places of these names."""
        return _template(self._key(key), self.text(key), places)

    def path(self, key: str, places: Sequence[str], *, required: bool = False) -> Template:
        """The rest of an address, behind the `url` of the destination: what fills it in is encoded."""
        value, name = self._raw.get(key, ""), self._key(key)
        if key not in self._raw and required:
            raise ValueError(
                f"{name} is missing: the address behind the url of the destination, such as /tickets"
            )
        if not isinstance(value, str) or (value and value[0] not in "/?"):
            raise wrong(
                name, value, "must begin with /: what stands before it is in the url of the destination"
            )
        if re.search(r"[\s\\#\x00-\x1f\x7f]", value):
            raise wrong(name, value, "must be an address, without spaces, \\ and #")
        for parameter in re.findall(r"[?&]([^=&]+)=", value):
            if _SECRET_NAME.search(parameter):
                raise ValueError(
                    f"{name} holds {parameter[:40]}=…: secrets may stand in headers only, as {{token}}"
                )
        return _template(name, value, places)

    def address(self, key: str) -> Template:
        """Like `path`, with places for whatever each item of an answer holds."""
        names = template_of(self._key(key), self.text(key)).names
        return self.path(key, sorted(names.difference(SECRET_PLACES)))

    def content_type(self) -> str:
        """A media type; “” where there is none."""
        value = self.text("content_type")
        if value and not _MEDIA_TYPE.fullmatch(value):
            raise wrong(self._key("content_type"), value, "must be a media type, such as text/plain")
        return value

    def text_type(self) -> str:
        """The media type of a text whose places can be filled in safely; plain text where there is none."""
        value = self.content_type() or "text/plain; charset=utf-8"
        if value.partition(";")[0] not in RAW_TYPES:
            kinds = f"one of: {', '.join(RAW_TYPES)} (for JSON and multipart forms, use json and form)"
            raise wrong(self._key("content_type"), value, f"must be {kinds}")
        return value

    def body(
        self, kind: str, places: Sequence[str], file_places: Sequence[str], *, single: bool = False
    ) -> tuple[Any, frozenset[str]]:
        """A form or JSON, and the places it has. Places of a file repeat a field of a form or an item of a
        list for every file, and may stand nowhere else, unless the request is for a `single` file."""
        if kind == "form":
            return self._form([*places, *file_places])
        value = self._json()
        return value, _json_places(self._key(kind), value, places, file_places, inside=single)

    def _form(self, places: Sequence[str]) -> tuple[Any, frozenset[str]]:
        raw, name = self._raw["form"], self._key("form")
        if not isinstance(raw, dict) or not raw:
            raise wrong(name, raw, 'must be fields and texts, such as { subject = "{subject}" }')
        fields: list[tuple[Template, Template]] = []
        used: set[str] = set()
        for key, values in raw.items():
            for value in values if isinstance(values, list) else [values]:
                found = _field(f"{name}.{key}", value, [place for place in places if place != "base64"])
                fields.append((_template(f"{name}.{key}", key, ("number",)), found))
                used |= found.names
        return tuple(fields), frozenset(used)

    def _json(self) -> Any:
        raw, name = self._raw["json"], self._key("json")
        if isinstance(raw, str):
            try:
                raw = json.loads(raw)
            except (ValueError, RecursionError) as error:
                at = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "somewhere"
                raise ValueError(f"{name} is not JSON: there is a mistake in its {at}") from error
        if not isinstance(raw, dict | list) or not raw:
            raise wrong(name, raw, "must be a table, or JSON in quotes")
        return raw

    def _key(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key


# --- places ------------------------------------------------------------------------------------------------


def template_of(key: str, value: str) -> Template:
    """A text with places. Raises ValueError in the words of its key."""
    try:
        return template(value)
    except ValueError as error:
        raise wrong(key, value, str(error)) from error


def _template(key: str, value: str, places: Sequence[str]) -> Template:
    found = template_of(key, value)
    if secret := sorted(found.names.intersection(SECRET_PLACES).difference(places)):
        raise _misplaced(key, value, secret[0])
    if problem := unknown(found.names, places):
        raise wrong(key, value, problem)
    return found


def _misplaced(key: str, value: str, secret: str) -> ValueError:
    return wrong(
        key, value, f"holds {{{secret}}}: a token may stand in headers only, where nothing writes it down"
    )


def _field(key: str, value: object, places: Sequence[str]) -> Template:
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str):
        raise wrong(key, value, "must be text; a form has no tables, write its field as in ticket[subject]")
    found = _template(key, value, places)
    if "file" in found.names and not found.only:
        raise wrong(key, value, "must be {file} and nothing else: the file as it is")
    return found


def _json_places(
    key: str, value: Any, places: Sequence[str], file_places: Sequence[str], *, inside: bool
) -> frozenset[str]:
    """Every place in a piece of JSON; `inside` an item of a list those of a file are allowed."""
    if isinstance(value, dict):
        each = [(f"{key}.{name}", item, inside) for name, item in value.items()]
        each += [(f"{key}.{name}", name, inside) for name in value]
    elif isinstance(value, list):
        each = [(f"{key}.{number}", item, True) for number, item in enumerate(value)]
    elif isinstance(value, str):
        return _json_text(key, value, places, file_places, inside=inside)
    elif (
        value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))
    ):
        return frozenset()
    else:
        raise wrong(
            key, value, "must be something that JSON has: text, a number, true, false, a list or a table"
        )
    found = (_json_places(name, item, places, file_places, inside=deep) for name, item, deep in each)
    return frozenset().union(*found)


def _json_text(
    key: str, value: str, places: Sequence[str], file_places: Sequence[str], *, inside: bool
) -> frozenset[str]:
    allowed = [place for place in (*places, *file_places) if place != "file"]
    names = template_of(key, value).names
    if "file" in names:
        raise wrong(key, value, "holds {file}; JSON holds files as {base64}")
    if not inside and (outside := sorted(names.intersection(file_places))):
        raise wrong(key, value, f"holds {{{outside[0]}}} outside a list; a list gets one item for every file")
    return _template(key, value, allowed).names


# --- headers and web addresses for people ------------------------------------------------------------------


def header_templates(raw: object, places: Sequence[str]) -> Mapping[str, Template]:
    """The headers that go with every request."""
    if not isinstance(raw, dict):
        raise wrong("headers", raw, 'must be names and texts, such as { Authorization = "Bearer {token}" }')
    return {name: _header(f"headers.{name}", name, value, places) for name, value in raw.items()}


def _header(key: str, name: str, value: object, places: Sequence[str]) -> Template:
    if not _HEADER.fullmatch(name) or name.lower() in _TAKEN_HEADERS:
        raise ValueError(f"{key[:_SHOWN_CHARS]} cannot be set: it is no name of a header, or snapper's own")
    if not isinstance(value, str) or not re.fullmatch(r"[\x20-\x7e]+", value):
        raise ValueError(f"{key} must be text in quotes, of plain letters, digits and signs")
    found = _template(key, value, places) if "{" in value else Template((value,))
    if _SECRET_NAME.search(name) and not found.names.intersection(SECRET_PLACES):
        raise ValueError(  # its value is not shown: it may be a secret
            f"{key} must hold {{token}}, {{basic}} or {{basic_key}}: the secret itself belongs into the "
            "keyring (“snapper config token”), not into the file"
        )
    return found


def page_template(table: Table, key: str) -> Template | None:
    """The web address of a ticket, whole or behind the `url` of the destination."""
    if key not in table:
        return None
    value, name = table.text(key), f"{table.name}.{key}"
    if not value.startswith("/"):
        try:
            checks.web_address(value.partition("{")[0].partition("?")[0].partition("#")[0])
        except ValueError as error:
            raise wrong(name, value, f"must begin with /, or {str(error).removeprefix('must ')}") from error
    found = _template(name, value, ("ticket",))
    if "ticket" not in found.names:
        raise wrong(name, value, "must hold {ticket}")
    return found
