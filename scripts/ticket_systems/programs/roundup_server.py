"""Serves the tracker in the folder it is run in.

Arguments: a port of 127.0.0.1, and how many bytes the largest request may have. Runs in a Python of its own,
with Roundup and without the rest of this project.
"""

import sys

import waitress
from roundup.cgi.wsgi_handler import RequestDispatcher

THREADS = 8  # as many requests at once as the tests make

port, largest = map(int, sys.argv[1:])
waitress.serve(
    RequestDispatcher("tracker"), host="127.0.0.1", port=port, threads=THREADS, max_request_body_size=largest
)
