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
from snapper.checks import Wrong
from snapper.custom.placeholders import Template, template, unknown
from snapper.custom.whereabouts import Where, compiled
from snapper.language import Sentence, _

URL_PLACES = ("tag", "report", "login")
FILE_PLACES = ("file", "name", "type", "size", "number", "base64", "uploaded")
SECRET_PLACES = ("token", "basic", "basic_key")
RAW_TYPES = ("text/plain", "text/html", "text/xml", "application/xml", "application/x-www-form-urlencoded")

FILE_ALONE = _("{value} must be {place} and nothing else: the file as it is.")
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


def wrong(key: str, value: object, problem: Sentence | Wrong, **named: object) -> ValueError:
    """A mistake: the key, the value and what it must be; `named` are what else the sentence holds."""
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    shown = shown if len(shown) <= _SHOWN_CHARS else f"{shown[: _SHOWN_CHARS - 1]}…"
    mistake = problem if isinstance(problem, Wrong) else Wrong(problem, **named)
    return ValueError(mistake.of(f"{key} “{' '.join(shown.split())}”"))


class Table:
    """A table by its name in the description; `keys`, separated by spaces, are those it may have."""

    def __init__(self, name: str, raw: object, keys: str) -> None:
        self.name = name
        if not isinstance(raw, dict):
            own = _("{value} must be a section of its own.")
            raise wrong(name, raw, own) if name else ValueError(_("it must be tables."))
        allowed = keys.split()
        if strange := [key for key in raw if key not in allowed]:
            near = difflib.get_close_matches(strange[0], allowed, 1, 0.6)
            key = self._key(strange[0])[:_SHOWN_CHARS]
            if near:
                slip = _("{key} is not a key of a custom system (did you mean {near}?).")
                raise ValueError(slip.format(key=key, near=near[0]))
            told = _("{key} is not a key of a custom system (it may have: {keys}).")
            raise ValueError(told.format(key=key, keys=", ".join(allowed)))
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
            raise wrong(self._key(key), value, _("{value} must be text in quotes."))
        return value

    def one_of(self, key: str, allowed: Sequence[str]) -> str:
        """One of these texts; the first where there is none."""
        value = self._raw.get(key, allowed[0])
        if value not in allowed:
            choice = _("{value} must be one of: {values}.")
            raise wrong(self._key(key), value, choice, values=", ".join(allowed))
        return str(value)

    def switch(self, key: str) -> bool:
        """Yes or no; yes where nothing is said."""
        value = self._raw.get(key, True)
        if not isinstance(value, bool):
            raise wrong(self._key(key), value, _("{value} must be true or false, without quotes."))
        return value

    def number(self, key: str, low: int, high: int) -> int | None:
        """A whole number between two bounds; None where there is none."""
        value = self._raw.get(key)
        if value is None:
            return None
        if type(value) is not int or not low <= value <= high:
            whole = _("{value} must be a whole number from {low} to {high}.")
            raise wrong(self._key(key), value, whole, low=low, high=high)
        return value

    def statuses(self, key: str) -> tuple[int, ...]:
        """A list of HTTP statuses."""
        value = self._raw.get(key, [])
        if not isinstance(value, list) or any(
            type(each) is not int or not 200 <= each < 600 for each in value
        ):
            listed = _("{value} must be a list of HTTP statuses, such as [204, 404].")
            raise wrong(self._key(key), value, listed)
        return tuple(value)

    def values(self, key: str) -> tuple[str, ...]:
        """A list of texts, numbers, true and false, as JSON writes them."""
        value = self._raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str | int | float) for each in value):
            listed = _('{value} must be a list of values, such as ["closed", "solved"].')
            raise wrong(self._key(key), value, listed)
        return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in value)

    # --- where things stand in an answer ------------------------------------------------------------------

    def pattern(self, key: str) -> str:
        """A regular expression; “” where there is none."""
        value = self.text(key)
        if value:
            try:
                compiled(value)
            except Wrong as error:
                raise wrong(self._key(key), value, error) from error
        return value

    def path_in_answer(self, key: str) -> str:
        """A path to a value, `data.items.0.id`."""
        value = self.text(key)
        if not _PATH_IN_ANSWER.fullmatch(value):
            dotted = _("{value} must be names with dots between them, such as data.items.0.id.")
            raise wrong(self._key(key), value, dotted)
        return value

    def paths_in_answer(self, key: str) -> tuple[str, ...]:
        """One such path, or a list of them."""
        value = self._raw.get(key)
        paths = value if isinstance(value, list) and value else [value]
        found = [Table(self.name, {key: path}, key).path_in_answer(key) for path in paths if path is not None]
        if not found:
            missing = _("{key} is missing: where the list of files stands in the answer.")
            raise ValueError(missing.format(key=self._key(key)))
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
            where = _("{value} must say where: path, or header, or match, or one of both and match.")
            raise wrong(self._key(key), value, where)
        match = table.pattern("match")
        if match and compiled(match).groups != 1:
            group = _("{value} must have one group in ( ) around what is taken.")
            raise wrong(f"{table.name}.match", match, group)
        return Where(table.path_in_answer("path") if "path" in table else "", table.text("header"), match)

    # --- texts with places --------------------------------------------------------------------------------

    def template(self, key: str, places: Sequence[str]) -> Template:
        """A text with places of these names."""
        return _template(self._key(key), self.text(key), places)

    def path(self, key: str, places: Sequence[str], *, required: bool = False) -> Template:
        """The rest of an address, behind the `url` of the destination: what fills it in is encoded."""
        value, name = self._raw.get(key, ""), self._key(key)
        if key not in self._raw and required:
            missing = _("{key} is missing: the address behind the url of the destination, such as /tickets.")
            raise ValueError(missing.format(key=name))
        if not isinstance(value, str) or (value and value[0] not in "/?"):
            begins = _("{value} must begin with /: what stands before it is in the url of the destination.")
            raise wrong(name, value, begins)
        if re.search(r"[\s\\#\x00-\x1f\x7f]", value):
            raise wrong(name, value, _("{value} must be an address, without spaces, \\ and #."))
        for parameter in re.findall(r"[?&]([^=&]+)=", value):
            if _SECRET_NAME.search(parameter):
                secret = _("{key} holds {parameter}=…: secrets may stand in headers only, as {place}.")
                raise ValueError(secret.format(key=name, parameter=parameter[:40], place="{token}"))
        return _template(name, value, places)

    def address(self, key: str) -> Template:
        """Like `path`, with places for whatever each item of an answer holds."""
        names = template_of(self._key(key), self.text(key)).names
        return self.path(key, sorted(names.difference(SECRET_PLACES)))

    def check_place(self, key: str, found: Template, place: str) -> None:
        """Raise ValueError unless the text under a key has this place."""
        if place not in found.names:
            must = _("{value} must hold {place}.")
            raise wrong(self._key(key), self._raw.get(key), must, place=f"{{{place}}}")

    def content_type(self) -> str:
        """A media type; “” where there is none."""
        value = self.text("content_type")
        if value and not _MEDIA_TYPE.fullmatch(value):
            media = _("{value} must be a media type, such as text/plain.")
            raise wrong(self._key("content_type"), value, media)
        return value

    def text_type(self) -> str:
        """The media type of a text whose places can be filled in safely; plain text where there is none."""
        value = self.content_type() or "text/plain; charset=utf-8"
        if value.partition(";")[0] not in RAW_TYPES:
            kinds = _("{value} must be one of: {kinds} (for JSON and multipart forms, use json and form).")
            raise wrong(self._key("content_type"), value, kinds, kinds=", ".join(RAW_TYPES))
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
            such = '{ subject = "{subject}" }'
            raise wrong(name, raw, _("{value} must be fields and texts, such as {example}."), example=such)
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
                said = _("{key} is not JSON: it is nested too deep.").format(key=name)
                if isinstance(error, json.JSONDecodeError):
                    mistake = _("{key} is not JSON: there is a mistake in its line {line}.")
                    said = mistake.format(key=name, line=error.lineno)
                raise ValueError(said) from error
        if not isinstance(raw, dict | list) or not raw:
            raise wrong(name, raw, _("{value} must be a table, or JSON in quotes."))
        return raw

    def _key(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key


# --- places ------------------------------------------------------------------------------------------------


def template_of(key: str, value: str) -> Template:
    """A text with places. Raises ValueError in the words of its key."""
    try:
        return template(value)
    except Wrong as error:
        raise wrong(key, value, error) from error


def _template(key: str, value: str, places: Sequence[str]) -> Template:
    found = template_of(key, value)
    if secret := sorted(found.names.intersection(SECRET_PLACES).difference(places)):
        raise _misplaced(key, value, secret[0])
    if problem := unknown(found.names, places):
        raise wrong(key, value, problem)
    return found


def _misplaced(key: str, value: str, secret: str) -> ValueError:
    told = _("{value} holds {place}: a token may stand in headers only, where nothing writes it down.")
    return wrong(key, value, told, place=f"{{{secret}}}")


def _field(key: str, value: object, places: Sequence[str]) -> Template:
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str):
        flat = _("{value} must be text; a form has no tables, write its field as in ticket[subject].")
        raise wrong(key, value, flat)
    found = _template(key, value, places)
    if "file" in found.names and not found.only:
        raise wrong(key, value, FILE_ALONE, place="{file}")
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
        known = _("{value} must be something that JSON has: text, a number, true, false, a list or a table.")
        raise wrong(key, value, known)
    found = (_json_places(name, item, places, file_places, inside=deep) for name, item, deep in each)
    return frozenset().union(*found)


def _json_text(
    key: str, value: str, places: Sequence[str], file_places: Sequence[str], *, inside: bool
) -> frozenset[str]:
    allowed = [place for place in (*places, *file_places) if place != "file"]
    names = template_of(key, value).names
    if "file" in names:
        in_base64 = _("{value} holds {file}; JSON holds files as {base64}.")
        raise wrong(key, value, in_base64, file="{file}", base64="{base64}")
    if not inside and (outside := sorted(names.intersection(file_places))):
        listed = _("{value} holds {place} outside a list; a list gets one item for every file.")
        raise wrong(key, value, listed, place=f"{{{outside[0]}}}")
    return _template(key, value, allowed).names


# --- headers and web addresses for people ------------------------------------------------------------------


def header_templates(raw: object, places: Sequence[str]) -> Mapping[str, Template]:
    """The headers that go with every request."""
    if not isinstance(raw, dict):
        such = '{ Authorization = "Bearer {token}" }'
        raise wrong("headers", raw, _("{value} must be names and texts, such as {example}."), example=such)
    return {name: _header(f"headers.{name}", name, value, places) for name, value in raw.items()}


def _header(key: str, name: str, value: object, places: Sequence[str]) -> Template:
    if not _HEADER.fullmatch(name) or name.lower() in _TAKEN_HEADERS:
        taken = _("{key} cannot be set: it is no name of a header, or snapper's own.")
        raise ValueError(taken.format(key=key[:_SHOWN_CHARS]))
    if not isinstance(value, str) or not re.fullmatch(r"[\x20-\x7e]+", value):
        plain = _("{key} must be text in quotes, of plain letters, digits and signs.")
        raise ValueError(plain.format(key=key))
    found = _template(key, value, places) if "{" in value else Template((value,))
    if _SECRET_NAME.search(name) and not found.names.intersection(SECRET_PLACES):
        secret = _(
            "{key} must hold {token}, {basic} or {basic_key}: the secret itself belongs into the keyring "
            "(“snapper config token”), not into the file."
        )
        shown = {place: f"{{{place}}}" for place in SECRET_PLACES}
        raise ValueError(secret.format(key=key, **shown))  # its value is not shown: it may be a secret
    return found


def page_template(table: Table, key: str) -> Template | None:
    """The web address of a ticket, whole or behind the `url` of the destination."""
    if key not in table:
        return None
    value, name = table.text(key), f"{table.name}.{key}"
    if not value.startswith("/"):
        try:
            checks.web_address(value.partition("{")[0].partition("?")[0].partition("#")[0])
        except Wrong as error:
            page = _(
                "{value} must begin with /, or be a web address that begins with https://, such as "
                "https://desk.example.com/tickets."
            )
            raise wrong(name, value, page) from error
    found = _template(name, value, ("ticket",))
    table.check_place(key, found, "ticket")
    return found
