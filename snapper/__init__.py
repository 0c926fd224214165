"""snapper: the screen as it was, today's TWS logs and a note, under one receipt number."""

__version__ = "0.5.0"
