"""What a custom ticket system is sent: a report's words and files, put into the places of its description.

Each word is written as the place wants it: encoded in an address, escaped in JSON, XML and HTML, as it is in
a form. Nothing in a note or a name can end the text that it stands in.
"""

from __future__ import annotations

import html
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from snapper.custom import Request
from snapper.custom.placeholders import Template, template
from snapper.custom.table import FILE_PLACES
from snapper.delivery.bodies import Body, InBase64, Segment, multipart
from snapper.delivery.endpoints.literal import fenced
from snapper.delivery.endpoints.names import marked, replaced
from snapper.delivery.letter import Letter, Part

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Sent:
    """A file that goes along: `words` are its name, type, size, number, and what its upload gave."""

    part: Part
    words: Mapping[str, str]


def sent(part: Part, number: int, uploaded: str = "") -> Sent:
    """A file as descriptions know it; `number` counts from 1."""
    words = {"name": part.sent_as, "type": part.media_type, "size": str(part.size), "number": str(number)}
    return Sent(part, words | {"uploaded": uploaded})


def words_of(letter: Letter, login: str, most: int | None) -> dict[str, str]:
    """A report's words, by the names of their places; of a note alone at most so many characters."""
    manifest = _manifest(letter)
    return {
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "markdown": fenced(letter.text),
        "pre": preformatted(letter.text),
        "note": _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", str(manifest.get("note", "")))[:most],
        "account": str(manifest.get("account", "")),
        "tag": letter.tag,
        "report": letter.report_id,
        "ticket": letter.ticket or "",
        "login": login,
    }


def _manifest(letter: Letter) -> Mapping[str, Any]:
    with letter.manifest.open() as file:
        content = json.load(file)
    return content if isinstance(content, dict) else {}


def preformatted(text: str) -> str:
    """A text that Textile shows letter by letter: in <pre>, which nothing in it can end."""
    kept = re.sub(r"<(?=\s*/\s*pre)", "<\N{ZERO WIDTH SPACE}", text, flags=re.IGNORECASE)
    return f"<pre>{kept}</pre>"


def path_of(path: Template, words: Mapping[str, str]) -> str:
    """An address behind the url of the destination."""
    return path.fill(words, lambda word: quote(word, safe="", errors="replace"))


def body_of(request: Request, words: Mapping[str, str], files: Sequence[Sent]) -> Body:
    """What a request carries."""
    if request.kind == "form":
        return multipart(list(_fields(request.body, words, files)))
    if request.kind == "json":
        return _json_body(request.body, words, files)
    if request.body.only and request.body.only.name == "file":
        return Body(request.content_type or files[0].part.media_type, (files[0].part,))
    return Body(request.content_type, (_raw(request, words).encode(errors="replace"),))


# --- forms and raw texts -----------------------------------------------------------------------------------


def _fields(
    fields: Sequence[tuple[Template, Template]], words: Mapping[str, str], files: Sequence[Sent]
) -> Iterator[tuple[str, str | Part]]:
    for name, value in fields:
        if not (name.names | value.names).intersection(FILE_PLACES):
            yield name.fill(words), value.fill(words)
            continue
        for file in files:
            known = {**words, **file.words}
            is_file = value.only is not None and value.only.name == "file"
            yield name.fill(known), file.part if is_file else value.fill(known)


def _raw(request: Request, words: Mapping[str, str]) -> str:
    kind = request.content_type.partition(";")[0]
    body: Template = request.body
    if kind == "application/x-www-form-urlencoded":
        return body.fill(words, lambda word: quote(word, safe="", errors="replace"))
    if kind == "text/plain":
        return body.fill(words)
    escaped = {name: html.escape(word) for name, word in words.items()}
    return body.fill(escaped | {"html": words["html"]} if kind == "text/html" else escaped)


# --- JSON --------------------------------------------------------------------------------------------------


def _json_body(content: Any, words: Mapping[str, str], files: Sequence[Sent]) -> Body:
    marks: dict[str, Part] = {}

    def base64_of(file: Sent) -> Mapping[str, str]:
        mark = secrets.token_hex(16)  # nobody can have written it into a note
        marks[mark] = file.part
        return {**words, **file.words, "base64": mark}

    known = [base64_of(file) for file in files]
    # A request for one file has its words everywhere.
    filled = _filled(content, known[0] if len(known) == 1 else words, known)
    text = json.dumps(filled, ensure_ascii=False)
    return Body("application/json", tuple(_segments(text, marks)))


def _segments(text: str, marks: Mapping[str, Part]) -> Iterator[Segment]:
    at = 0
    for found in re.finditer("|".join(marks) or "(?!)", text):
        yield text[at : found.start()].encode(errors="replace")
        yield InBase64(marks[found[0]])
        at = found.end()
    yield text[at:].encode(errors="replace")


def _filled(value: Any, words: Mapping[str, str], files: Sequence[Mapping[str, str]]) -> Any:
    if isinstance(value, dict):
        return {template(key).fill(words): _filled(item, words, files) for key, item in value.items()}
    if isinstance(value, list):
        return [each for item in value for each in _items(item, words, files)]
    return _word(value, words) if isinstance(value, str) else value


def _items(item: Any, words: Mapping[str, str], files: Sequence[Mapping[str, str]]) -> Iterator[Any]:
    if not _of_a_file(item):
        yield _filled(item, words, files)
        return
    for known in files:
        yield _filled(item, known, (known,))


def _of_a_file(item: Any) -> bool:
    """Whether an item of a list stands for a file: what lists in it stand for is theirs."""
    if isinstance(item, dict):
        return any(map(_of_a_file, (*item, *item.values())))
    return isinstance(item, str) and bool(template(item).names.intersection(FILE_PLACES))


def _word(text: str, words: Mapping[str, str]) -> Any:
    found = template(text)
    filled = found.fill(words)
    if found.only and found.only.number and _NUMBER.fullmatch(filled):
        return int(filled)
    return filled


Named = Callable[[str, str], str]


def name_for(names: str, *, tagged: bool) -> Named:
    """How files are called there: `names` says which characters it leaves alone (custom_system.NAMES); tagged
    where files of several reports lie in one ticket. The name of the manifest is like no other anyway."""

    def named(name: str, tag: str) -> str:
        found = _PIECE.fullmatch(name)  # pieces of one file keep one name
        base, piece = (found[1], found[2]) if found else (name, "")
        kept = replaced(base, _ALLOWED[names])
        return (marked(kept, tag) if tagged and tag.removeprefix("snp") not in kept else kept) + piece

    return named


_PIECE = re.compile(r"(.+)(\.\d{3})")
_ALLOWED: Mapping[str, Callable[[str], bool]] = {
    "any": lambda char: True,
    "letters": lambda char: char.isalnum() or char in "_ .()-",
    "ascii": lambda char: char.isascii() and (char.isalnum() or char in "_.-"),
}
