"""What is read back from a ticket system: hashed as it arrives, and never held."""

from __future__ import annotations

import hashlib


class Digest:
    """Size in bytes and SHA-256 in hex of all that it is called with."""

    def __init__(self) -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()

    def __call__(self, data: bytes) -> None:
        self.size += len(data)
        self._sha256.update(data)

    def copy(self) -> Digest:
        """The digest as it is now."""
        other = Digest()
        other.become(self)
        return other

    def become(self, other: Digest) -> None:
        """Go back to how another one is."""
        self.size, self._sha256 = other.size, other._sha256.copy()

    @property
    def sha256(self) -> str:
        """The SHA-256 so far, in hex."""
        return self._sha256.hexdigest()
