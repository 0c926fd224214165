"""Signing in to a proxy: Negotiate (Kerberos), NTLM, Digest and Basic, by the strength of what it offers.

The user's own sign-in goes only to a proxy that the system or its PAC file named: any other might be there to
harvest it. A login is tried once, with the strongest scheme, and never again once it was refused: three wrong
tries lock accounts.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol
from urllib.request import parse_http_list, parse_keqv_list

from snapper.delivery.route import Login, Route

_CHALLENGE = re.compile(r"^([A-Za-z][\w-]*)(?:\s+(.*))?$", re.DOTALL)
_STRONGEST_FIRST = ("negotiate", "ntlm", "digest", "basic")
_HASHES: dict[str, Callable[[bytes], Any]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False),
    "sha-256": hashlib.sha256,
}

log = logging.getLogger(__name__)


class Handshake(Protocol):
    """One scheme under way: header values until the proxy is content or there is nothing more to say."""

    own_login: bool  # whether it used a login that a person typed

    def answer(self, challenge: str) -> str | None:
        """The next Proxy-Authorization for what the proxy said after the scheme's name."""


class Challenges:
    """What a 407 offers: scheme (lower case) → its parameters; of a scheme that comes twice, the first that
    can be answered."""

    def __init__(self, headers: Sequence[str]) -> None:
        self._found: dict[str, str] = {}
        for header in headers:
            if found := _CHALLENGE.match(header.strip()):
                scheme, rest = found[1].lower(), (found[2] or "").strip()
                if scheme == "digest" and not _digest_usable(rest):
                    continue
                self._found.setdefault(scheme, rest)

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes on offer."""
        return tuple(self._found)

    def of(self, scheme: str) -> str | None:
        """What follows the scheme's name; None when it is not offered."""
        return self._found.get(scheme)


def handshakes(
    route: Route, offered: Challenges, login: Login | None, host: str, port: int
) -> Iterator[tuple[str, Handshake]]:
    """What to try for a proxy that wants a login, in order, with the scheme's name."""
    schemes = [scheme for scheme in _STRONGEST_FIRST if scheme in offered.schemes]
    if route.single_sign_on:
        for scheme in [scheme for scheme in schemes if scheme in ("negotiate", "ntlm")]:
            if tokens := _tokens(scheme, route.host, None):
                yield scheme, tokens
    if login:
        for scheme in schemes:
            if handshake := _with_login(scheme, route, login, f"{host}:{port}"):
                yield scheme, handshake
                return  # one try: the others would be asked with the same login


def _with_login(scheme: str, route: Route, login: Login, target: str) -> Handshake | None:
    if scheme == "basic":
        return _Basic(login)
    if scheme == "digest":
        return _Digest(login, target)
    return _tokens(scheme, route.host, login)


class _Basic:
    own_login = True

    def __init__(self, login: Login) -> None:
        self._value: str | None = (
            "Basic " + base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
        )

    def answer(self, challenge: str) -> str | None:
        value, self._value = self._value, None
        return value


class _Digest:
    """RFC 7616 for the method CONNECT; qop auth or none (RFC 2069), MD5 and SHA-256, also as -sess."""

    own_login = True

    def __init__(self, login: Login, target: str) -> None:
        self._login = login
        self._target = target
        self._answered = False

    def answer(self, challenge: str) -> str | None:
        said = parse_keqv_list(parse_http_list(challenge))
        if self._answered and said.get("stale", "").lower() != "true":
            return None
        self._answered = True
        return digest_header(self._login, self._target, said, os.urandom(16).hex())


def digest_header(login: Login, target: str, said: dict[str, str], cnonce: str) -> str:
    """The Proxy-Authorization for a challenge's parameters (RFC 7616, 3.4). KeyError without a nonce."""
    name = said.get("algorithm", "MD5").lower()
    algorithm = _HASHES[name.removesuffix("-sess")]

    def hashed(*parts: str) -> str:
        return str(algorithm(":".join(parts).encode()).hexdigest())

    realm, nonce = said.get("realm", ""), said["nonce"]
    secret = hashed(login.user, realm, login.password)
    if name.endswith("-sess"):
        secret = hashed(secret, nonce, cnonce)
    qop = "auth" in [each.strip() for each in said.get("qop", "").split(",")]
    middle = [nonce, "00000001", cnonce, "auth"] if qop else [nonce]
    fields = {
        "username": login.user, "realm": realm, "nonce": nonce, "uri": target,
        "response": hashed(secret, *middle, hashed("CONNECT", target)),
    }  # fmt: skip
    if "opaque" in said:
        fields["opaque"] = said["opaque"]
    text = ", ".join(f'{key}="{_escaped(value)}"' for key, value in fields.items())
    if "algorithm" in said:
        text += f", algorithm={said['algorithm']}"
    return f'Digest {text}, qop=auth, nc=00000001, cnonce="{cnonce}"' if qop else f"Digest {text}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _digest_usable(rest: str) -> bool:
    said = parse_keqv_list(parse_http_list(rest)) if "=" in rest else {}
    return "nonce" in said and said.get("algorithm", "MD5").lower().removesuffix("-sess") in _HASHES


class _Tokens:
    """Negotiate and NTLM: tokens go to and fro until the security library has no more to say."""

    def __init__(self, scheme: str, context: Any, *, own_login: bool) -> None:
        self.own_login = own_login
        self._name = {"negotiate": "Negotiate", "ntlm": "NTLM"}[scheme]
        self._context = context

    def answer(self, challenge: str) -> str | None:
        try:
            token = self._context.step(base64.b64decode(challenge) if challenge else None)
        except Exception as error:  # noqa: BLE001 - a security library may raise anything
            log.debug("%s did not go on: %s", self._name, type(error).__name__)
            return None
        return f"{self._name} {base64.b64encode(token).decode()}" if token else None


def _tokens(scheme: str, proxy: str, login: Login | None) -> _Tokens | None:
    """A token exchange, with a login or with the user's own sign-in; None where this computer cannot."""
    try:
        import spnego  # imports cryptography: only for proxies that want it

        context = spnego.client(
            login.user if login else None, login.password if login else None,
            hostname=proxy, service="HTTP", protocol=scheme,
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001 - no ticket, no library, no domain: not this way
        log.debug("%s cannot be used: %s", scheme, type(error).__name__)
        return None
    return _Tokens(scheme, context, own_login=login is not None)
