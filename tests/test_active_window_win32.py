"""Windows on Windows: the refusal elsewhere; see tests/windows."""

from __future__ import annotations

import sys

import pytest

from snapper.capture.active_window_win32 import Win32Windows
from snapper.capture.print_window_win32 import PrintWindow
from snapper.errors import Unavailable


@pytest.mark.skipif(sys.platform == "win32", reason="there it works")
@pytest.mark.parametrize("backend", [Win32Windows, PrintWindow])
def test_elsewhere_it_is_refused(backend: type) -> None:
    with pytest.raises(Unavailable, match="not Windows"):
        backend()
