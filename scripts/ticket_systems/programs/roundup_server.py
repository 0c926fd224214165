"""Serves the tracker in the folder it is run in, on a port of 127.0.0.1, to requests of at most so many bytes."""

import sys

import waitress
from roundup.cgi.wsgi_handler import RequestDispatcher

THREADS = 8  # as many requests at once as the tests make

port, largest = map(int, sys.argv[1:])
waitress.serve(
    RequestDispatcher("tracker"), host="127.0.0.1", port=port, threads=THREADS, max_request_body_size=largest
)
