"""Signing in to a proxy: `proxy`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snapper.cli.speaking import (
    deliver,
    exit_code,
    json_option,
    say,
    settings_of,
    show,
)
from snapper.errors import Unavailable, UsageError

if TYPE_CHECKING:
    from snapper.delivery.credentials import Kept
    from snapper.outbox import Outbox
    from snapper.state import Entry


@click.group()
def proxy() -> None:
    """The logins for proxies, kept in this computer's keyring."""


@proxy.command("login")
@click.argument("address", required=False)
@click.option("--user", help="The user name; asked for without it.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the input, for scripts.")
@json_option
@click.pass_obj
def proxy_login(
    config_file: Path | None, address: str | None, user: str | None, password_stdin: bool, as_json: bool
) -> int:
    """Keep the login for the proxy at ADDRESS, such as proxy.example:3128, and try what waits for it.

    Without ADDRESS, it is the proxy that a waiting report names.
    """
    from snapper.connect import open_outbox
    from snapper.delivery import credentials
    from snapper.delivery.route import Login

    settings = settings_of(config_file)
    box = open_outbox(settings)
    where = proxy_address(address) if address else _named_by_reports(box)
    if not as_json:
        say(f"Your login for the proxy {where}, not the one for TWS.")
    login = Login(*_ask(user, password_stdin))
    kept = credentials.keep(where, login, remember=True)
    waiting = [entry for entry in _waiting(box) if entry.delivery.obstacle.at.casefold() == where.casefold()]
    if kept.reason and not waiting:
        raise Unavailable(
            kept.reason, "Start snapper: when the proxy wants it, it asks for the login in a window."
        )
    if kept.reason:
        say(f"{kept.reason} The login is used now and then forgotten.")
    ended = [deliver(settings, box, entry) for entry in reversed(waiting)]
    return _show_login(where, kept, ended, as_json)


def _show_login(where: str, kept: Kept, ended: list[Entry], as_json: bool) -> int:
    from snapper.delivery.credentials import Place
    from snapper.present import entry_data, result_text

    in_keyring = kept.place is Place.KEYRING
    data = {"proxy": where, "kept": kept.place, "reports": [entry_data(entry) for entry in ended]}
    words = [f"The login for {where} is kept in this computer's keyring."] if in_keyring else []
    show(data, as_json, "\n\n".join([*words, *map(result_text, ended)]))
    return max((exit_code(entry.state) for entry in ended), default=0)


@proxy.command("forget")
@click.argument("address")
@json_option
@click.pass_obj
def proxy_forget(config_file: Path | None, address: str, as_json: bool) -> int:
    """Remove the login for the proxy at ADDRESS from the keyring."""
    from snapper.delivery import credentials

    where = proxy_address(address)
    there = credentials.forget(where)
    words = f"The login for {where} is forgotten." if there else f"There was no login for {where}."
    show({"proxy": where, "forgotten": there}, as_json, words)
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
        raise UsageError("The address must not hold a user name or a password.", "They are asked for.")
    if not host or not port:
        raise UsageError("The proxy's address needs its host and port.", "Write it so: proxy.example:3128.")
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
        raise UsageError("Several proxies want a login.", f"Choose one: {', '.join(sorted(named))}.")
    raise UsageError(
        "No waiting report names a proxy that wants a login.",
        "Name the proxy: “snapper proxy login proxy.example:3128”.",
    )


def _ask(user: str | None, password_stdin: bool) -> tuple[str, str]:
    if password_stdin:
        if not user:
            raise UsageError("--password-stdin needs the user name.", "Add --user NAME.")
        return user, sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError("There is nobody to ask for the password.", "Use --user NAME --password-stdin.")
    return (
        user or click.prompt("User name", err=True),
        click.prompt("Password", err=True, hide_input=True),
    )
