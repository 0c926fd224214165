"""Secrets at rest: tokens as SHA-256 (they are random), passwords as scrypt (they are not). Pure."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets

# RFC 7914 and OWASP's password storage sheet: 16 MiB and some 50 ms for one try.
_COST = {"n": 2**14, "r": 8, "p": 1}
_SALT_BYTES = 16


def new_token() -> str:
    """A random upload token of 256 bits."""
    return f"snp_{secrets.token_urlsafe(32)}"


def token_hash(token: str) -> str:
    """What is stored of a token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def password_hash(password: str, salt: bytes | None = None) -> bytes:
    """What is stored of a password: salt and scrypt digest in one."""
    salt = os.urandom(_SALT_BYTES) if salt is None else salt
    return salt + hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **_COST)


def password_matches(password: str, stored: bytes) -> bool:
    """Whether this is the password, in a time that does not depend on how wrong it is."""
    return hmac.compare_digest(password_hash(password, stored[:_SALT_BYTES]), stored)
