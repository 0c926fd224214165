"""One HTTP session as uploads need it: explicit time-outs, no proxies or passwords picked up from the
environment, no redirects followed, the system's own trust store; and what its failures mean in words.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import truststore
import urllib3
from requests.adapters import HTTPAdapter

from snapper.errors import NotReached

# Also the limit for each piece of 16 KB while sending (psf/requests #5263): far above what 64 kbit/s needs.
CONNECT_SECONDS = 10.0
ANSWER_BYTES = 1 << 20  # no answer of a desk is longer


class _SystemTrust(HTTPAdapter):
    """Verify servers as the operating system does, so that a company's own authority counts."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        super().init_poolmanager(*arguments, ssl_context=context, **options)


class Answer:
    """A whole answer: status, headers and at most ANSWER_BYTES of body."""

    def __init__(self, response: requests.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        with response:
            self.body: bytes = response.raw.read(ANSWER_BYTES, decode_content=True) or b""

    @property
    def media_type(self) -> str:
        """The Content-Type without parameters, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def retry_after(self) -> float | None:
        """Seconds the server asks us to wait (RFC 9110, 10.2.3), None where it does not."""
        return retry_after_seconds(self.headers.get("Retry-After", ""), time.time())


def retry_after_seconds(value: str, now: float) -> float | None:
    """Retry-After as seconds from `now` (Unix time): a number or an HTTP date; None when it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


class Http:
    """A session with one server; `idle_seconds` is how long the server may be silent."""

    def __init__(self, base_url: str, headers: Mapping[str, str], idle_seconds: float = 60.0) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout = (CONNECT_SECONDS, idle_seconds)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(headers)
        self._session.mount("https://", _SystemTrust())

    def request(self, method: str, path: str, **options: Any) -> Answer:
        """Send one request and read the answer whole.

        Raises NotReached with what stood in the way; a caller that sends a body decides for itself
        whether it may have arrived all the same.
        """
        try:
            return Answer(
                self._session.request(
                    method,
                    self.base_url + path,
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                    **options,
                )
            )
        except (requests.RequestException, OSError, ValueError) as error:
            raise NotReached(*words_for(error, self.base_url)) from error
        # urllib3 lets some of its own errors through while a body is read.
        except urllib3.exceptions.HTTPError as error:
            raise NotReached(*words_for(error, self.base_url)) from error

    def close(self) -> None:
        """Close all connections."""
        self._session.close()


# The first row whose type is in the chain of an exception is what is said.
_WORDS: tuple[tuple[str, str, str], ...] = (
    (
        "SSLCertVerificationError",
        "The connection to {host} is not trusted.",
        "Ask your IT department about {host}.",
    ),
    ("SSLError", "The secure connection to {host} broke.", "Ask your IT department about {host}."),
    (
        "NameResolutionError",
        "The address {host} is not known on this network.",
        "Check the connection and the address.",
    ),
    (
        "ConnectTimeout",
        "{host} does not answer; a firewall may be in the way.",
        "Check the network connection.",
    ),
    (
        "ConnectionRefusedError",
        "{host} refuses the connection; it may be switched off.",
        "If it stays so, check delivery.url in the settings.",
    ),
    ("ReadTimeout", "{host} took the connection but stopped answering.", ""),
    ("TimeoutError", "{host} took the connection but stopped answering.", ""),
    ("IncompleteRead", "The connection to {host} was cut.", ""),
    ("RemoteDisconnected", "The connection to {host} was cut.", ""),
    ("BadStatusLine", "What answers at {host} is not a ticket desk.", "Check the address and the network."),
    ("ConnectionResetError", "The connection to {host} was cut.", ""),
    ("BrokenPipeError", "The connection to {host} was cut.", ""),
    ("", "{host} could not be reached.", "Check the network connection."),
)


def words_for(error: BaseException, url: str) -> tuple[str, str]:
    """What a failed request means: a sentence and a remedy."""
    host = url.partition("://")[2]
    kinds = {kind.__name__ for cause in _chain(error) for kind in type(cause).__mro__}
    sentence, remedy = next((row[1], row[2]) for row in _WORDS if not row[0] or row[0] in kinds)
    return sentence.format(host=host), remedy.format(host=host)


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    todo: list[object] = [error]
    while todo:
        item = todo.pop()
        if isinstance(item, BaseException) and item not in found:
            found.append(item)
            todo += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
    return found
