"""Signing in to a proxy: `proxy`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snapper.cli.speaking import (
    Group,
    deliver,
    exit_code,
    json_option,
    paragraphs,
    say,
    settings_of,
    show,
)
from snapper.errors import Unavailable, UsageError
from snapper.language import _, together

if TYPE_CHECKING:
    from snapper.delivery.credentials import Kept
    from snapper.outbox import Outbox
    from snapper.state import Entry


@click.group(cls=Group, help=_("The logins for proxies, kept in this computer's keyring."))
def proxy() -> None:
    """Everything about proxies."""


@proxy.command(
    "login",
    help=paragraphs(
        _("Keep the login for the proxy at ADDRESS, such as proxy.example:3128, and try what waits for it."),
        _("Without ADDRESS, it is the proxy that a waiting report names."),
    ),
)
@click.argument("address", required=False)
@click.option("--user", help=_("The user name; asked for without it."))
@click.option("--password-stdin", is_flag=True, help=_("Read the password from the input, for scripts."))
@json_option
@click.pass_obj
def proxy_login(
    config_file: Path | None, address: str | None, user: str | None, password_stdin: bool, as_json: bool
) -> int:
    """Keep a login, and deliver what waits for it."""
    from snapper.connect import open_outbox
    from snapper.delivery import credentials
    from snapper.delivery.route import Login

    settings = settings_of(config_file)
    box = open_outbox(settings)
    where = proxy_address(address) if address else _named_by_reports(box)
    if not as_json:
        say(_("Your login for the proxy {proxy}, not the one for TWS.").format(proxy=where))
    login = Login(*_ask(user, password_stdin))
    kept = credentials.keep(where, login, remember=True)
    waiting = [entry for entry in _waiting(box) if entry.delivery.obstacle.at.casefold() == where.casefold()]
    if kept.reason and not waiting:
        raise Unavailable(
            kept.reason, _("Start snapper: when the proxy wants it, it asks for the login in a window.")
        )
    if kept.reason:
        used_now = _("The login is used now and then forgotten.")
        say(together((kept.reason, used_now)))
    ended = [deliver(settings, box, entry) for entry in reversed(waiting)]
    return _show_login(where, kept, ended, as_json)


def _show_login(where: str, kept: Kept, ended: list[Entry], as_json: bool) -> int:
    from snapper.delivery.credentials import Place
    from snapper.present import entry_data, result_text

    in_keyring = kept.place is Place.KEYRING
    data = {"proxy": where, "kept": kept.place, "reports": [entry_data(entry) for entry in ended]}
    told = _("The login for {proxy} is kept in this computer's keyring.").format(proxy=where)
    show(data, as_json, "\n\n".join([*([told] if in_keyring else []), *map(result_text, ended)]))
    return max((exit_code(entry.state) for entry in ended), default=0)


@proxy.command("forget", help=_("Remove the login for the proxy at ADDRESS from the keyring."))
@click.argument("address")
@json_option
@click.pass_obj
def proxy_forget(config_file: Path | None, address: str, as_json: bool) -> int:
    """Forget a login."""
    from snapper.delivery import credentials

    where = proxy_address(address)
    there = credentials.forget(where)
    words = _("The login for {proxy} is forgotten.") if there else _("There was no login for {proxy}.")
    show({"proxy": where, "forgotten": there}, as_json, words.format(proxy=where))
    return 0


def proxy_address(text: str) -> str:
    """A proxy as people write it (`proxy.example:3128`, `http://proxy.example:3128/`) as host and port.

    Raises UsageError, which does not repeat the text: there may be a password in it.
    """
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text.strip() if "://" in text else f"//{text.strip()}")
        host, port, login = parts.hostname, parts.port, parts.username is not None
    except ValueError:
        host, port, login = None, None, False
    if login:
        raise UsageError(_("The address must not hold a user name or a password."), _("They are asked for."))
    if not host or not port:
        raise UsageError(
            _("The proxy's address needs its host and port."), _("Write it so: proxy.example:3128.")
        )
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _waiting(box: Outbox) -> list[Entry]:
    """The reports that go out once somebody has signed in to a proxy."""
    from snapper.delivery import credentials
    from snapper.state import RULES

    return [
        entry
        for entry in box.entries()
        if RULES[entry.state].automatic and credentials.wanted(entry.delivery.obstacle)
    ]


def _named_by_reports(box: Outbox) -> str:
    named = {entry.delivery.obstacle.at for entry in _waiting(box)}
    if len(named) == 1:
        return named.pop()
    if named:
        raise UsageError(
            _("Several proxies want a login."),
            _("Choose one: {proxies}.").format(proxies=", ".join(sorted(named))),
        )
    raise UsageError(
        _("No waiting report names a proxy that wants a login."),
        _("Name the proxy: “snapper proxy login proxy.example:3128”."),
    )


def _ask(user: str | None, password_stdin: bool) -> tuple[str, str]:
    if password_stdin:
        if not user:
            raise UsageError(_("--password-stdin needs the user name."), _("Add --user NAME."))
        return user, sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError(
            _("There is nobody to ask for the password."), _("Use --user NAME --password-stdin.")
        )
    return (
        user or click.prompt(_("User name"), err=True),
        click.prompt(_("Password"), err=True, hide_input=True),
    )
