"""What the data protection of the lab looks for in bodies. Imports nothing."""

MARKER = b"CONFIDENTIAL-4711"
