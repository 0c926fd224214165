"""How much the desk takes. Each limit stands here once, with its reason."""

from __future__ import annotations

from dataclasses import dataclass

HEALTH_BYTES = 512 * 1024  # what a probe of the way here may send
MANIFEST_BYTES = 1 << 20  # a note of 100,000 characters and a thousand logs take half of it
HAND_OVER_BYTES = 7 * MANIFEST_BYTES  # a manifest as a JSON string can be six times as long (\u0000)
METADATA_CHARS = 2000  # of an upload; a file name of 200 bytes takes 268
UPLOADS_MAX = 1000  # unfinished, of one token, which a whole office may share
UPLOAD_SECONDS = 7 * 24 * 60 * 60.0  # that an upload is kept after its last byte: a weekend and holidays
PENDING_BYTES = 16 << 30  # announced in unfinished uploads of one token: sixteen of the largest reports


@dataclass(frozen=True)
class Limits:
    """What the desk takes, in bytes: one request, one report (manifest and files); the longest silence of a
    client in seconds; and in bytes what a token may have announced in uploads that are not finished."""

    request_bytes: int = 1 << 30
    report_bytes: int = 1 << 30
    idle_seconds: float = 60.0
    pending_bytes: int = PENDING_BYTES
