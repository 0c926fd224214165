"""What the desktop does for snapper: starting it at sign-in (`autostart`), keys of its own (`binding`)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snapper.cli.speaking import EXIT_FAILED, Command, json_option, paragraphs, say, settings_of, show
from snapper.language import _

if TYPE_CHECKING:
    from snapper.binding import Binding
    from snapper.config import Settings
    from snapper.hotkey.chord import Chord
    from snapper.starting import Standing


@click.command(
    cls=Command,
    help=paragraphs(
        _("Start snapper when you sign in: on, off, or how it stands."),
        _("It then waits for the keys, with its icon in the tray, and opens no window."),
    ),
)
@click.argument("state", type=click.Choice(["on", "off"]), required=False)
@json_option
@click.pass_obj
def autostart(config_file: Path | None, state: str | None, as_json: bool) -> int:
    """Switch it, or show it."""
    from snapper import starting

    settings = settings_of(config_file)
    now = starting.switched(settings, state == "on") if state else starting.standing()
    data = {"on": now.on, "command": now.line, "place": now.place, "problem": now.problem}
    show(data, as_json, _autostart_text(now))
    if now.on and (caveat := starting.caveat(os.environ)):
        say(caveat)
    if now.problem:
        say(now.problem)
    return EXIT_FAILED if now.problem else 0


def _autostart_text(now: Standing) -> str:
    if now.problem and not now.on:
        return _("It is not known whether snapper starts when you sign in.")
    if not now.on:
        return _("snapper does not start when you sign in; “snapper autostart on” switches that on.")
    said = _("snapper starts when you sign in: {command}\nThat is kept in {place}.")
    return said.format(command=now.line, place=now.place)


@click.command(
    cls=Command,
    help=paragraphs(
        _("The keys in the desktop's own settings: show, write or remove them."),
        _(
            "For desktops that let no program take keys. snapper writes them into the settings of sway and "
            "GNOME; for others it tells the steps."
        ),
    ),
)
@click.argument("action", type=click.Choice(["show", "write", "remove"]), default="show")
@json_option
@click.pass_obj
def binding(config_file: Path | None, action: str, as_json: bool) -> int:
    """Show, write or remove them."""
    from snapper.connect import chord_and_reason
    from snapper.errors import Unavailable

    settings = settings_of(config_file)
    chord, _reason = chord_and_reason(settings)
    problem = ""
    bound: Binding | None = None
    try:
        bound = _binding_here(chord)
        _change(bound, action, chord, settings)
        line = bound.line()
    except Unavailable as refusal:
        line, problem = "", str(refusal)
    place = bound.place if bound else ""
    told = {"chord": str(chord), "bound": line, "place": place, "steps": _steps(chord), "problem": problem}
    show(told, as_json, _binding_text(line, place, chord))
    if problem:
        say(problem)
    elif not line:
        say(_("“snapper binding write” writes them into the desktop's settings."))
    return EXIT_FAILED if problem and action != "show" else 0


def _binding_here(chord: Chord) -> Binding:
    from snapper.binding import binding_for
    from snapper.errors import Unavailable

    if sys.platform in ("win32", "darwin"):
        raise Unavailable(
            _("The system has no such keys for programs."),
            _("“snapper listen” takes {chord} itself.").format(chord=chord.display(sys.platform)),
        )
    return binding_for(chord, os.environ, Path.home())


def _change(bound: Binding, action: str, chord: Chord, settings: Settings) -> None:
    """Do what was asked for. Raises ChordTaken, Unavailable."""
    from snapper.binding import ask_command
    from snapper.starting import own_file

    if action == "write":
        bound.bind(chord, ask_command(config=own_file(settings)))
        if not os.environ.get("WAYLAND_DISPLAY"):
            say(_("While “snapper listen” runs it takes these keys itself: one of the two is enough."))
    elif action == "remove":
        bound.unbind()


def _steps(chord: Chord) -> str:
    from snapper.binding import steps
    from snapper.desktop import desktop_of

    return "" if sys.platform in ("win32", "darwin") else str(steps(chord, desktop_of(os.environ)))


def _binding_text(line: str, place: str, chord: Chord) -> str:
    shown = chord.display(sys.platform)
    if not line:
        return _("No keys of the desktop open snapper.")
    said = _("The desktop opens snapper at {chord}: {line}\nThat is kept in {place}.")
    return said.format(chord=shown, line=line, place=place)
