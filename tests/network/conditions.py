"""Every condition of the matrix, once, in the order of the table."""

from __future__ import annotations

from tests.network import rows_network, rows_proxies, rows_servers
from tests.network.condition import Condition

CONDITIONS: tuple[Condition, ...] = (*rows_network.ROWS, *rows_proxies.ROWS, *rows_servers.ROWS)
