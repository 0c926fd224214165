"""Asking a program of the system, with a time limit; what it cannot say is said as CannotAsk."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

from snapper.delivery.proxies.answer import CannotAsk
from snapper.language import _

TOOL_SECONDS = 0.8
_OUTPUT_MAX = 1 << 20


def output_of(command: Sequence[str], environ: Mapping[str, str], seconds: float = TOOL_SECONDS) -> str:
    """What a program prints, in English where it translates. Raises CannotAsk."""
    name = command[0]
    try:
        done = subprocess.run(
            command, env={**environ, "LC_ALL": "C.UTF-8"}, stdin=subprocess.DEVNULL,
            capture_output=True, check=True, timeout=seconds,
        )  # fmt: skip
    except FileNotFoundError as error:
        # Translators: why a place where proxies are set says nothing; after its name and a colon.
        raise CannotAsk(_("the program {program} is not installed").format(program=name)) from error
    except subprocess.TimeoutExpired as error:
        # Translators: why a place where proxies are set says nothing; after its name and a colon.
        raise CannotAsk(_("{program} gave no answer").format(program=name)) from error
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        # Translators: why a place where proxies are set says nothing; after its name and a colon.
        raise CannotAsk(_("{program} could not be asked").format(program=name)) from error
    return done.stdout[:_OUTPUT_MAX].decode("utf-8", "replace")
