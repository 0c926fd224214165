"""From a destination to what speaks to it: each kind is a module of its name, imported when it is needed."""

from __future__ import annotations

import importlib

from snapper.delivery.endpoints.adapter import Adapter
from snapper.destinations import Destination


def adapter(destination: Destination, token: str) -> Adapter:
    """What speaks to a destination (any but a desk)."""
    module = importlib.import_module(f"snapper.delivery.endpoints.{destination.system}")
    made: Adapter = module.ADAPTER(destination, token)
    return made
