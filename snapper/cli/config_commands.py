"""The settings: `config`."""

from __future__ import annotations

from pathlib import Path

import click

from snapper.cli.speaking import json_option, settings_of, show
from snapper.errors import UsageError


@click.group()
def config() -> None:
    """The settings and where they come from."""


@config.command("show")
@json_option
@click.pass_obj
def config_show(config_file: Path | None, as_json: bool) -> int:
    """Show every setting, its value and where it comes from, and the chord with its reason."""
    from snapper.connect import chord_and_reason
    from snapper.present import settings_data, settings_text

    settings = settings_of(config_file)
    chord, reason = chord_and_reason(settings)
    show(settings_data(settings, chord, reason), as_json, settings_text(settings, chord, reason))
    return 0


@config.command("path")
@json_option
@click.pass_obj
def config_path(config_file: Path | None, as_json: bool) -> int:
    """Show where the settings file is."""
    path = settings_of(config_file).file
    show({"file": str(path), "exists": path.exists()}, as_json, path)
    return 0


@config.command("init")
@json_option
@click.pass_obj
def config_init(config_file: Path | None, as_json: bool) -> int:
    """Write a settings file with every setting explained."""
    from snapper import disk
    from snapper.config import default_file, template

    path = config_file or default_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.write_new(path, template().encode())
    except FileExistsError as error:
        raise UsageError(f"{path} exists already.", "Edit it, or move it away first.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written.", "Choose another place with --config.") from error
    show({"file": str(path)}, as_json, path)
    return 0
