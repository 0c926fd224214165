"""The sentences of the catalogues in `snapper/locale/`: collected from the code, merged, compiled.

    python -m scripts.catalogues update [LANGUAGE…]   new sentences into them, those not said any more out
    python -m scripts.catalogues compile              the .mo files snapper reads, where a catalogue is newer

Building a package compiles, too: the build system calls `Compile`.
"""

from __future__ import annotations

import io
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "snapper" / "locale"
CALLS = {"_": None, "plural": (1, 2)}


class Compile(BuildHookInterface):  # type: ignore[type-arg]  # of its builder's settings, which are not used
    """Hatch's hook: no package without its compiled catalogues."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files of the package are collected."""
        compile_all()


def said() -> Catalog:
    """Every sentence the code says, with the files that say it and the notes for translators."""
    found = Catalog()
    for file, _line, message, comments, context in extract_from_dir(
        ROOT / "snapper", SPOKEN, keywords=CALLS, comment_tags=("Translators:",),
        strip_comment_tags=True,
    ):  # fmt: skip
        # Lines would change with every edit of the code.
        found.add(message, locations=[(f"snapper/{file}", 0)], auto_comments=comments, context=context)
    return found


def known_problems(file: IO[bytes], *_how: Any, **_more: Any) -> Iterator[tuple[int, None, str, list[str]]]:
    """What people read of a table of known problems, as Babel wants to be told of it."""
    for problem in tomllib.load(file)["problem"]:
        yield 1, None, problem["title"], [f"Fits after “This looks like: ”. Problem: {problem['id']}"]
        yield 1, None, problem["answer"], [f"What the problem is: {problem['id']}"]
        for step in problem["do"]:
            yield 1, None, step, [f"A step that helps: {problem['id']}"]


SPOKEN = [("**.py", "python"), ("logs/known_problems.toml", known_problems)]


def catalogues() -> Iterator[tuple[str, Path]]:
    """The languages there are, and their files."""
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/snapper.po")):
        yield path.parent.parent.name, path


def read(language: str, path: Path) -> Catalog:
    """One catalogue. Raises PoFileError where the file is broken."""
    with path.open("rb") as file:
        return read_po(file, locale=language, domain="snapper", abort_invalid=True)


def update(*only: str) -> None:
    """Bring the catalogues up to what the code says; no translation is guessed from a similar sentence."""
    template = said()
    for language, path in catalogues():
        if only and language not in only:
            continue
        catalogue = read(language, path)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        written = io.BytesIO()
        write_po(written, catalogue, width=110, sort_output=True, omit_header=False, include_lineno=False)
        path.write_bytes(_plain(written.getvalue()))
        missing = sum(not _translated(message.string) for message in catalogue if message.id)
        print(f"{language}: {len(catalogue)} sentences, {missing} to translate")


def compile_all() -> None:
    """Write the .mo of every catalogue that is newer than it."""
    for language, path in catalogues():
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime_ns < path.stat().st_mtime_ns:
            with compiled.open("wb") as file:
                write_mo(file, read(language, path))


def _translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """A message that has just come has None."""
    return bool(string) and all([string] if isinstance(string, str) else string)


def _plain(text: bytes) -> bytes:
    """Without who wrote it, when and by which tool: two people's changes shall not be at odds over that."""
    unwanted = (b"-Date: ", b"Project-Id-", b"Report-Msgid-", b"Last-Tr", b"Language-Team", b"Generated-By")
    return b"".join(
        line for line in text.splitlines(keepends=True) if not any(word in line for word in unwanted)
    )


if __name__ == "__main__":
    what, *languages = sys.argv[1:]
    update(*languages) if what == "update" else compile_all()
