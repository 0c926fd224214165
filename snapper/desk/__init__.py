"""The embedded ticket desk: the `snapper-report/1` contract over SQLite and a folder, with a web inbox.

problem · limits · passwords · throttle     pure rules
database · access · uploads · store         tickets, reports, files in pieces, tokens, staff on disk
ingest · hand_over · logview                reports in, as a stream or as uploads; streams out of logs.zip
edge · wire · turns                         the network's edge, what all requests share, who writes
api · tus · inbox                           the contract, its uploads, the pages
server                                      put together and running
"""

from snapper.desk.limits import Limits
from snapper.desk.server import create_app, running, serve
from snapper.desk.store import Store

__all__ = ["Limits", "Store", "create_app", "running", "serve"]
