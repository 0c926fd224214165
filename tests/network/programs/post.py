"""What a program does that uses requests as it comes: `post.py URL FILE`; says in one word how it went.

`ok`: the sink's own word that the whole body came; `foreign 200`: a success that is not the sink's.
"""

from __future__ import annotations

import errno
import hashlib
import socket
import ssl
import sys
from pathlib import Path

import requests


def main(url: str, body: bytes) -> str:
    """Send the body; gives how it went."""
    try:
        answer = requests.post(url, data=body)
    except requests.RequestException as error:
        return f"{type(error).__name__}: {_innermost(error)}"
    if not answer.ok:
        return f"http {answer.status_code}"
    return "ok" if hashlib.sha256(body).hexdigest() in answer.text else f"foreign {answer.status_code}"


def _innermost(error: BaseException) -> str:
    """What began it, in a word: the system's name of an error, OpenSSL's, or the exception's."""
    chain = [error]
    while (inner := _inner(chain[-1])) is not None and inner not in chain:
        chain.append(inner)
    first = chain[-1]
    if isinstance(first, socket.gaierror):
        return next(
            name for name in dir(socket) if name.startswith("EAI_") and getattr(socket, name) == first.errno
        )
    if isinstance(first, ssl.SSLError):
        return first.reason or type(first).__name__
    if isinstance(first, OSError):
        return errno.errorcode.get(first.errno, "") if first.errno else str(first)
    return type(first).__name__


def _inner(error: BaseException) -> BaseException | None:
    inside = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
    return next((each for each in inside if isinstance(each, BaseException)), None)


if __name__ == "__main__":
    print(main(sys.argv[1], Path(sys.argv[2]).read_bytes()))
