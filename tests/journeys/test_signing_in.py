"""A proxy wants a password: snapper asks for it without taking the keys, and what waits goes out with it."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from scripts.screen import wait_until
from snapper.delivery.causes import Cause
from snapper.state import State
from tests.desks import Desk, desk_at
from tests.journeys.stage import Stage, stage
from tests.journeys.test_by_hand import place, submit
from tests.middlemen import LOGIN, Proxy, listening, pump

TITLE = "Sign in to the proxy – snapper"
RECEIPT = "Receipt – snapper"


@dataclass
class Behind:
    """A computer whose only way out is a proxy that wants a login."""

    stage: Stage
    desk: Desk
    proxy: Proxy
    address: str


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Behind]:
    """The desk is `desk.example`, over TLS, behind a proxy with Basic authentication; there is no keyring."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("desk.example").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with contextlib.ExitStack() as parts:
        desk = parts.enter_context(desk_at(tmp_path / "desk"))
        host, port = desk.url.removeprefix("http://").split(":")

        def without_tls(connection: socket.socket) -> None:
            with (
                context.wrap_socket(connection, server_side=True) as tls,
                socket.create_connection((host, int(port))) as plain,
            ):
                pump(tls, plain)

        proxy = Proxy(target=parts.enter_context(listening(without_tls)), wants="basic")
        address = "{}:{}".format(*parts.enter_context(listening(proxy.serve)))
        settings = {
            **desk.environment,
            "SNAPPER_DELIVERY_URL": "https://desk.example",
            "SNAPPER_DELIVERY_PROXY": f"http://{address}",
            "SNAPPER_DELIVERY_CA_FILE": str(tmp_path / "ca.pem"),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/nothing",
        }
        yield Behind(parts.enter_context(stage(tmp_path, settings)), desk, proxy, address)


def question(ready: Stage) -> None:
    """Wait for the question."""
    wait_until(lambda: ready.screen.window(TITLE), "the question")


def answer(ready: Stage, *, user: str, password: str) -> None:
    """Click into the window and sign in; the focus is in the password's field where the user is known."""
    left, top, width, _ = place(ready, TITLE)
    ready.screen.xdotool("mousemove", str(left + width // 2), str(top + 20), "click", "1")
    wait_until(lambda: ready.screen.focused_title() == TITLE, "the focus in the question")
    if user:
        ready.screen.type(user)
        ready.screen.press("Return")
    ready.screen.paste(password)
    ready.screen.press("Return")


def tries(proxy: Proxy) -> int:
    """How often a login was offered to the proxy."""
    return sum("proxy-authorization" in head.lower() for head in proxy.heard)


def test_what_waits_goes_out_once_the_proxy_is_signed_in_to(behind: Behind, tmp_path: Path) -> None:
    ready = behind.stage
    with ready.listener() as listener:
        submit(ready, "through the proxy")
        question(ready)
        assert ready.screen.focused_title() != TITLE
        ready.screen.type("b")
        wait_until(lambda: ready.typed_underneath().endswith("b"), "the key went to TWS")
        [blocked] = ready.outbox.entries()
        obstacle = blocked.delivery.obstacle
        assert (blocked.state, obstacle.cause) == (State.BLOCKED, Cause.PROXY_WANTS_PASSWORD)
        assert obstacle.at == behind.address

        answer(ready, user=LOGIN.user, password="wrong")
        wait_until(lambda: tries(behind.proxy), "the wrong one is tried")
        question(ready)
        [blocked] = ready.outbox.entries()
        assert blocked.delivery.obstacle.cause == Cause.PROXY_WRONG_PASSWORD
        answer(ready, user="", password=LOGIN.password)
        ready.wait_for_state(State.DELIVERED)
        assert behind.desk.notes() == ["through the proxy"]
        wait_until(lambda: not ready.screen.window(TITLE), "the question is gone")
        said = "\n".join(listener.lines)
    written = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()]
    assert LOGIN.password not in said
    assert not [path for path in written if LOGIN.password.encode() in path.read_bytes()]


def test_later_is_no_answer_and_what_happens_next_is_said(behind: Behind) -> None:
    ready = behind.stage
    with ready.listener():
        submit(ready, "later")
        question(ready)
        ready.screen.xdotool("windowactivate", "--sync", ready.screen.window(TITLE))
        ready.screen.press("Escape")
        wait_until(lambda: ready.screen.window(RECEIPT), "what happens next is said")
        assert not ready.screen.window(TITLE)
        assert tries(behind.proxy) == 0
        [blocked] = ready.outbox.entries()
        assert blocked.state is State.BLOCKED
