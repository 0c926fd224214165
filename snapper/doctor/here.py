"""This computer: the folders, the keyring, TWS and its logs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from snapper import disk
from snapper.answer import LogChoice
from snapper.delivery import vault
from snapper.doctor.findings import Finding, failed, ok, warning
from snapper.doctor.ways import KEYRINGS, facts, way
from snapper.errors import Unavailable
from snapper.language import _, plural, together
from snapper.report import LogKind
from snapper.sources import ThisMachine
from snapper.words import number_text, size_text

LITTLE_SPACE = 500 << 20  # bytes; a day's logs and a picture need less, and TWS needs the rest
_HERE, _TWS = "This computer", "TWS"


def folder(path: Path) -> list[Finding]:
    """Whether reports can be kept, and whether there is room."""
    try:
        disk.make_private(path)
        with tempfile.NamedTemporaryFile(dir=path, prefix=".doctor-") as file:
            file.write(b"x")
            file.flush()
        free = shutil.disk_usage(path).free
    except OSError:
        sentence = _("Reports cannot be kept in {folder}.").format(folder=path)
        return [failed(_HERE, "outbox folder", sentence, _("Allow writing there, or set outbox.folder."))]
    if free < LITTLE_SPACE:
        # Translators: of a disk: “12.3 MB free.”
        little, remedy = _("{size} free."), _("Free some space: reports may not fit.")
        sentence = little.format(size=size_text(free))
        return [warning(_HERE, "disk space", sentence, remedy, free_bytes=free)]
    enough = _("Reports can be kept; {size} free.").format(size=size_text(free))
    return [ok(_HERE, "disk space", enough, free_bytes=free)]


def keyring() -> Finding:
    """Whether tokens and passwords of proxies could be kept, and by whom."""
    try:
        used, refused = vault.choice()
        problem = "" if used else vault.problem()
    except Unavailable as error:
        used, refused, problem = "", (), error.sentence
    told = facts(used, refused)
    if problem:
        sentence = _(
            "Tokens are taken from the environment, and a proxy's password is asked for again after every "
            "start."
        )
        return ok(_HERE, "keyring", together([problem, sentence]), **told)
    kept = _("Tokens and passwords of proxies can be kept safely.")
    return ok(_HERE, "keyring", together([kept, way(used, KEYRINGS)]), **told)


def tws(machine: ThisMachine, now: Callable[[], datetime]) -> list[Finding]:
    """Whether a TWS or Gateway is found, and what its logs of today are."""
    homes = machine.places().homes
    if not homes:
        nothing = _("No TWS or IB Gateway was found here.")
        remedy = _("If there is one, name its settings folder in logs.folders.")
        return [warning(_TWS, "installation", nothing, remedy)]
    count = len(homes)
    logs = machine.logs(now(), LogChoice())
    folders = plural("{count} settings folder found.", "{count} settings folders found.", count)
    found = [ok(_TWS, "installation", folders.format(count=number_text(count)), folders=count)]
    if not logs.files:
        # Translators: of logs.
        none, remedy = _("None of today."), _("Start TWS, or export today's log from it.")
        return [*found, warning(_TWS, "logs", none, remedy)]
    plain = [file for file in logs.files if file.kind is LogKind.PLAIN]
    # Translators: {count} logs of today; {readable} of them can be read by anybody.
    text = plural(
        "{count} of today, {size}; {readable} can be read, the others are sealed by TWS.",
        "{count} of today, {size}; {readable} can be read, the others are sealed by TWS.",
        len(logs.files),
    )
    sentence = text.format(
        count=number_text(len(logs.files)),
        size=size_text(sum(file.size for file in logs.files)),
        readable=number_text(len(plain)),
    )
    return [*found, ok(_TWS, "logs", sentence, files=len(logs.files), readable=len(plain))]
