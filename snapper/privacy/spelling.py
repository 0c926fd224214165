"""One value and its many spellings: what they have in common, and an expression that meets them all."""

from __future__ import annotations

import ipaddress
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

from snapper.privacy.classes import Private
from snapper.privacy.seeds import Seed

WHOLE_WORD_MAX = 7  # letters: a longer value is private inside a word, too
WRAPPED_MIN = 6  # characters: a shorter value is not looked for across the end of a line
IN_PATHS_MAX = 3  # letters: such a name may be any word, unless it stands where only names stand
_WRAP = rb"(?:\r?\n[ \t]*)?"
_SEPARATOR = rb"(?:[\\/]+|(?i:%5C|%2F))+"


def normal(value: str, private: Private) -> str:
    """What all spellings of a value have in common."""
    if private is Private.IP and (address := address_of(value)):
        return str(address)
    if private is Private.MAC:
        return re.sub(r"[^0-9a-f]", "", value.lower())
    text = unquote(value) if "%" in value else value
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    text = re.sub(r"\r?\n[ \t]*", "", text)
    return re.sub(r"[\\/]+", "/", unicodedata.normalize("NFC", text).casefold()).rstrip("/")


def address_of(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a text is, an IPv4 address mapped into IPv6 as itself; None: it is none."""
    try:
        address = ipaddress.ip_address(value.partition("%")[0].strip("[]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def expressions(seeds: Iterable[Seed]) -> list[tuple[Private, bytes]]:
    """RE2 expressions with one group each that meet these seeds in all their spellings."""
    alike: dict[tuple[Private, bytes, bytes], dict[bytes, None]] = {}
    for seed in seeds:
        spelled = alike.setdefault((seed.private, *_surroundings(seed)), {})
        spelled.update((_spelled(form, seed), None) for form in forms_of(seed.value, seed.private))
    return [
        (private, b"(?i)" + before + b"(" + b"|".join(spelled) + b")" + after)
        for (private, before, after), spelled in alike.items()
    ]


def _surroundings(seed: Seed) -> tuple[bytes, bytes]:
    """What must stand before and after a value, so that it is this value and not a part of a word."""
    letters = weight(seed.value)
    if seed.private is Private.USER and letters <= IN_PATHS_MAX:
        return rb"(?:[\\/~=@]|user )", rb"\b"
    if letters <= WHOLE_WORD_MAX and seed.private is not Private.SECRET:
        return rb"(?:\b|_)", rb"(?:\b|_)"
    return b"", b""


def weight(value: str) -> int:
    """How telling a value is, in letters of English: three of Chinese are a name, three of those any word."""
    return sum(len(char.encode("utf-8", "surrogatepass")) for char in value if char.isalnum())


def forms_of(value: str, private: Private) -> Iterator[str]:
    """A value as people and programs write it: capitals, accents apart, an address in full."""
    if private is Private.MAC and len(digits := normal(value, private)) == 12:
        pairs = [digits[at : at + 2] for at in range(0, 12, 2)]
        yield from (mark.join(pairs) for mark in ("", ":", "-"))
        yield ".".join(digits[at : at + 4] for at in (0, 4, 8))
    if private is Private.IP and (address := address_of(value)):
        yield from (str(address), address.exploded)
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, value)
        yield from (text, text.upper(), text.lower())


def _spelled(text: str, seed: Seed) -> bytes:
    wrap = _WRAP if len(seed.value) >= WRAPPED_MIN else b""
    if any(char > "\xff" for char in text):
        wrap += rb"\x00?"  # in UTF-16, whose runs of other letters are looked through elsewhere
    return wrap.join(_character(char) for char in text)


def _character(char: str) -> bytes:
    """One character in every encoding that a log may have."""
    if char in "\\/":
        return _SEPARATOR
    if char.isascii() and char.isalnum():
        return char.encode()
    if char == " ":
        return rb"(?: |%20|\+)"
    ways = {char.encode("utf-8", "surrogatepass"), quote(char, safe="", errors="replace").encode()}
    ways.add(json.dumps(char)[1:-1].encode())
    ways.add(char.encode("cp1252", "ignore") or char.encode())
    if not char.isascii():
        ways |= {char.encode("utf-16-le", "surrogatepass"), char.encode("utf-16-be", "surrogatepass")}
    return b"(?:" + b"|".join(b"".join(b"\\x%02x" % byte for byte in way) for way in sorted(ways)) + b")"
