"""The embedded ticket desk: the `snapper-report/1` contract over SQLite and a folder, with a web inbox.

problem · passwords · throttle      pure rules
store                               tickets, reports, tokens, staff on disk
ingest · logview                    streams in, streams out of logs.zip
edge · api · inbox                  the network's edge, the contract, the pages
server                              put together and running
"""

from snapper.desk.api import Limits
from snapper.desk.server import create_app, running, serve
from snapper.desk.store import Store

__all__ = ["Limits", "Store", "create_app", "running", "serve"]
