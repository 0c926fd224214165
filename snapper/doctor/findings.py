"""What a check finds, and the order in which people read it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from snapper.language import Sentence, _


class Verdict(StrEnum):
    """How a check went; the order is the order of reading."""

    FAILED = "failed"
    WARNING = "warning"
    OK = "ok"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's table: what was checked, how it went, a sentence, a remedy where one is
    needed, and facts for support. No user's name, account or password is in it.

    `about` and `name` are what programs and support know it by, in English; people read `heading`."""

    about: str
    name: str
    verdict: Verdict
    sentence: str
    remedy: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def heading(self) -> Sentence:
        """What was checked, as people read it: `Network: clock`."""
        # Translators: what the doctor checked: “Network: clock”.
        text = _("{about}: {name}")
        return text.format(about=_SHOWN.get(self.about, self.about), name=_SHOWN.get(self.name, self.name))


# By what `about` and `name` hold; the name of a ticket system is shown as it is.
_SHOWN = {
    # Translators: what the doctor's checks are about, before a colon.
    "Network": _("Network"),
    # Translators: what the doctor's checks are about, before a colon.
    "Ticket desk": _("Ticket desk"),
    # Translators: what the doctor's checks are about, before a colon.
    "This computer": _("This computer"),
    # Translators: what the doctor checked: the network connection.
    "connection": _("connection"),
    # Translators: what the doctor checked.
    "DNS": _("DNS"),
    # Translators: what the doctor checked: the certificate of the ticket system.
    "certificate": _("certificate"),
    # Translators: what the doctor checked: this computer's clock.
    "clock": _("clock"),
    # Translators: what the doctor checked: the ticket desk.
    "desk": _("desk"),
    # Translators: what the doctor checked: whether a ticket system answers.
    "answer": _("answer"),
    # Translators: what the doctor checked: how much a ticket system takes.
    "limits": _("limits"),
    # Translators: what the doctor checked: the ways to the ticket system.
    "routes": _("routes"),
    # Translators: what the doctor checked: a way to the ticket system.
    "proxy": _("proxy"),
    # Translators: what the doctor checked: a way to the ticket system without a proxy.
    "direct way": _("direct way"),
    # Translators: what the doctor checked: the file that names proxies (PAC).
    "proxy script": _("proxy script"),
    # Translators: what the doctor checked: one setting of a proxy, which is wrong.
    "proxy setting": _("proxy setting"),
    # Translators: what the doctor checked: all places where proxies are set.
    "proxy settings": _("proxy settings"),
    # Translators: what the doctor checked: TWS's ports on the network.
    "ports": _("ports"),
    **{f"port {port}": _("port {port}").format(port=port) for port in (4000, 4001, 443)},
    # Translators: what the doctor checked: TWS's interface for trading programs (API).
    "API on this computer": _("API on this computer"),
    # Translators: what the doctor checked: whether a TWS is installed.
    "installation": _("installation"),
    # Translators: what the doctor checked: TWS's logs.
    "logs": _("logs"),
    # Translators: what the doctor checked: the keys that freeze the screen.
    "chord": _("chord"),
    # Translators: what the doctor checked: whether the screen can be frozen.
    "screen": _("screen"),
    # Translators: what the doctor checked: whether the window in front is known.
    "active window": _("active window"),
    # Translators: what the doctor checked: the place of snapper's icon.
    "tray": _("tray"),
    # Translators: what the doctor checked: where snapper's messages appear.
    "notifications": _("notifications"),
    # Translators: what the doctor checked: services of a Linux desktop (xdg-desktop-portal).
    "portals": _("portals"),
    # Translators: what the doctor checked: whether snapper starts when the person signs in.
    "autostart": _("autostart"),
    # Translators: what the doctor checked: keys set in the desktop's own settings.
    "keys of the desktop": _("keys of the desktop"),
    # Translators: what the doctor checked: free room on the disk.
    "disk space": _("disk space"),
    # Translators: what the doctor checked: the folder where reports are kept.
    "outbox folder": _("outbox folder"),
    # Translators: what the doctor checked: where passwords are kept.
    "keyring": _("keyring"),
    # Translators: what the doctor checked: the reports that wait.
    "outbox": _("outbox"),
}
MARKS = {Verdict.FAILED: "✗", Verdict.WARNING: "!", Verdict.OK: "✓", Verdict.UNKNOWN: "?"}


def ok(about: str, name: str, sentence: str, **facts: Any) -> Finding:
    """All is well."""
    return Finding(about, name, Verdict.OK, sentence, "", facts)


def warning(about: str, name: str, sentence: str, remedy: str = "", **facts: Any) -> Finding:
    """It works, but not as well as it should."""
    return Finding(about, name, Verdict.WARNING, sentence, remedy, facts)


def failed(about: str, name: str, sentence: str, remedy: str = "", **facts: Any) -> Finding:
    """It does not work."""
    return Finding(about, name, Verdict.FAILED, sentence, remedy, facts)


def unknown(about: str, name: str, sentence: str, **facts: Any) -> Finding:
    """It could not be found out."""
    return Finding(about, name, Verdict.UNKNOWN, sentence, "", facts)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """In the order of reading; what went equally stays in the order of checking."""
    order = list(Verdict)
    return sorted(findings, key=lambda finding: order.index(finding.verdict))
