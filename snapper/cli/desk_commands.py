"""The embedded ticket desk: `desk`."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snapper.cli.speaking import Group, json_option, path_type, settings_of, show
from snapper.errors import UsageError
from snapper.language import _

if TYPE_CHECKING:
    from snapper.config import Settings
    from snapper.desk import Store


@click.group(
    cls=Group,
    invoke_without_command=True,
    help=_("Run the ticket desk: takes reports, shows them to support in the browser."),
)
@click.option("--port", type=click.IntRange(0, 65535), help=_("Port to listen on; 0: a free one."))
@click.option("--folder", type=path_type, help=_("Where tickets and files are kept."))
@json_option
@click.pass_context
def desk(context: click.Context, port: int | None, folder: Path | None, as_json: bool) -> int:
    """Run the desk, unless a command of its own is named."""
    flags = {"desk.port": port, "desk.folder": str(folder.absolute()) if folder else None}
    context.obj = settings_of(context.obj, {name: raw for name, raw in flags.items() if raw is not None})
    return 0 if context.invoked_subcommand else _serve(context.obj, as_json)


def _serve(settings: Settings, as_json: bool) -> int:
    from snapper.desk import Limits, Store, serve

    store = Store(settings.desk_folder)
    first = _first_keys(store)

    def announce(url: str) -> None:
        words = [_("The desk listens at {url}").format(url=url)]
        words += [_FIRST_KEYS[what].format(key=key) for what, key in first.items()]
        show({"url": url, **first}, as_json, "\n".join(words))
        sys.stdout.flush()

    limit = settings.desk_report_megabytes << 20
    public_url = settings.desk_public_url or None
    serve(store, settings.desk_host, settings.desk_port, Limits(limit, limit), announce, public_url)
    return 0


_FIRST_KEYS = {"upload_token": _("upload token: {key}"), "support_password": _("support password: {key}")}


def _first_keys(store: Store) -> dict[str, str]:
    """A token and a sign-in for a new desk; shown once, as they are not kept."""
    if not store.is_new():
        return {}
    password = secrets.token_urlsafe(12)
    store.add_user("support", password)
    return {"upload_token": store.add_token("first"), "support_password": password}


@desk.command("token", help=_("Make an upload token called NAME, or take it back."))
@click.argument("name")
@click.option("--remove", is_flag=True, help=_("Take the token back."))
@json_option
@click.pass_obj
def desk_token(settings: Settings, name: str, remove: bool, as_json: bool) -> int:
    """Make a token or remove it."""
    from snapper.desk import Store

    store = Store(settings.desk_folder)
    if remove:
        store.remove_token(name)
        show({"removed": name}, as_json, _("The token {name} is no longer accepted.").format(name=name))
    else:
        token = store.add_token(name)
        show({"name": name, "token": token}, as_json, token)
    return 0


@desk.command("user", help=_("Let support staff NAME sign in; asks for the password."))
@click.argument("name")
@json_option
@click.pass_obj
def desk_user(settings: Settings, name: str, as_json: bool) -> int:
    """Keep a user and the password."""
    from snapper.desk import Store

    if sys.stdin.isatty():
        password = click.prompt(_("Password"), hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if len(password) < 8:
        raise UsageError(_("The password is shorter than 8 characters."), _("Choose a longer one."))
    Store(settings.desk_folder).add_user(name, password)
    show({"user": name}, as_json, _("{name} can sign in.").format(name=name))
    return 0
