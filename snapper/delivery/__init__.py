"""Handing reports to a ticket system: when (retry), in which order (worker), over what (http), to whom."""
