"""What all fakes share: requests that break at a chosen moment, restarts, storage, large files."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import threading
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from urllib3 import encode_multipart_formdata

from scripts.screen import wait_until
from tests.ticket_fakes import Fake, Refusal, big_json, start
from tests.ticket_fakes.asking import RateLimit
from tests.ticket_fakes.bodies import Shelf, TooLarge
from tests.ticket_fakes.storage import Storage


class Plain(Fake):
    """A system that keeps what it is sent."""

    system = "plain"
    commits = re.compile("POST /(kept|no)")
    token = "t"

    def __init__(self, folder: Path) -> None:
        self.kept: list[str] = []
        super().__init__(folder)

    def tickets(self) -> list[str]:
        return [str(number) for number, _ in enumerate(self.kept)]

    def close(self, ticket: str) -> None:
        del self.kept[int(ticket)]

    def reader_token(self) -> str:
        return ""

    def unknown(self, request: Request) -> Response:
        return JSONResponse({"unknown": request.url.path}, 404)

    def broken(self, status: int) -> Response:
        return JSONResponse({"broken": status}, status)

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/kept", self._keep, methods=["POST"]), Route("/no", self._no, methods=["POST"])]

    async def _keep(self, request: Request) -> Response:
        self.kept.append((await self.shelf.body(request)).sha256)
        return JSONResponse({}, 201)

    async def _no(self, request: Request) -> Response:
        raise Refusal(JSONResponse({}, 413))


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Plain]:
    fake = Plain(tmp_path)
    with fake.running():
        yield fake


def _post(fake: Fake, path: str = "/kept", data: bytes = b"x", timeout: float = 60) -> int:
    return requests.post(fake.peer.url + path, data=data, timeout=timeout).status_code


def test_a_request_cut_before_its_work_stores_nothing(plain: Plain) -> None:
    plain.before_commit("cut")
    with pytest.raises(requests.ConnectionError):
        _post(plain)
    assert plain.tickets() == []
    assert _post(plain) == 201


@pytest.mark.parametrize("how", ["503", "429"])
def test_a_request_refused_before_its_work_stores_nothing(plain: Plain, how: Any) -> None:
    plain.before_commit(how)
    assert _post(plain, data=bytes(3 << 20)) == int(how)
    assert plain.tickets() == []
    assert _post(plain) == 201


def test_a_request_cut_after_its_work_has_stored_it(plain: Plain) -> None:
    plain.after_commit("cut")
    with pytest.raises(requests.ConnectionError):
        _post(plain)
    assert plain.tickets() == ["0"]
    assert _post(plain) == 201


def test_a_silent_answer_never_comes_though_the_work_is_done(plain: Plain) -> None:
    plain.after_commit("silent")
    with pytest.raises(requests.ReadTimeout):
        _post(plain, timeout=0.5)
    assert plain.tickets() == ["0"]


def test_a_500_after_the_work_says_nothing_of_what_was_stored(plain: Plain) -> None:
    plain.after_commit("500")
    assert _post(plain) == 500
    assert plain.tickets() == ["0"]


def test_only_a_request_that_stores_something_is_broken(plain: Plain) -> None:
    plain.after_commit("cut")
    assert _post(plain, "/no") == 413
    with pytest.raises(requests.ConnectionError):
        _post(plain)


def test_a_refusal_arrives_though_the_body_was_not_wanted(plain: Plain) -> None:
    sent: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(16):
            yield bytes(1 << 20)
            sent.append(number)

    answer = requests.post(f"{plain.peer.url}/no", data=pieces(), timeout=60)
    assert (answer.status_code, len(sent)) == (413, 16)


def test_an_unknown_address_is_answered_as_the_vendor_does(plain: Plain) -> None:
    answer = requests.get(f"{plain.peer.url}/nothing", timeout=60)
    assert (answer.status_code, answer.json()) == (404, {"unknown": "/nothing"})


def test_a_restart_keeps_address_and_data_and_ends_what_was_under_way(plain: Plain) -> None:
    plain.after_commit("silent")
    ended: list[Exception] = []

    def wait_for_nothing() -> None:
        try:
            _post(plain)
        except requests.ConnectionError as error:
            ended.append(error)

    waiting = threading.Thread(target=wait_for_nothing)
    waiting.start()
    wait_until(lambda: plain.tickets() == ["0"], "the request has done its work")
    before = plain.peer
    plain.restart()
    waiting.join(30)
    assert ended
    assert plain.peer == before
    assert _post(plain) == 201
    assert plain.tickets() == ["0", "1"]


def test_while_it_is_stopped_nobody_answers(plain: Plain) -> None:
    plain.stop()
    with pytest.raises(requests.ConnectionError):
        _post(plain)
    plain.restart()
    assert _post(plain) == 201


def test_what_was_asked_is_on_record(plain: Plain) -> None:
    _post(plain)
    requests.get(f"{plain.peer.url}/nothing", timeout=60)
    assert plain.heard == ["POST /kept", "GET /nothing"]


def test_two_of_the_same_run_side_by_side(tmp_path: Path) -> None:
    with start("zammad", tmp_path / "a") as one, start("zammad", tmp_path / "b") as other:
        assert one.peer.url != other.peer.url


# --- storage ----------------------------------------------------------------------------------------------


@pytest.fixture
def stored(plain: Plain) -> Iterator[tuple[Storage, str]]:
    storage = Storage(plain.clock.now, 60)
    storage.serving.start()
    try:
        yield storage, storage.sign(_blob(plain.shelf, b"bytes"), "ä b.txt", "text/plain")
    finally:
        storage.serving.stop()


def _blob(shelf: Shelf, data: bytes) -> Any:
    return asyncio.run(shelf.keep(_pieces([data])))


async def _pieces(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def test_storage_gives_a_signed_file(stored: tuple[Storage, str]) -> None:
    assert requests.get(stored[1], timeout=60).content == b"bytes"


def test_storage_refuses_a_login_and_remembers_it(stored: tuple[Storage, str]) -> None:
    storage, address = stored
    assert requests.get(address, headers={"Authorization": "Basic eA=="}, timeout=60).status_code == 400
    assert storage.seen == ["Basic eA=="]


def test_storage_refuses_a_wrong_signature(stored: tuple[Storage, str]) -> None:
    assert requests.get(stored[1] + "0", timeout=60).status_code == 403


def test_storage_addresses_expire(plain: Plain, stored: tuple[Storage, str]) -> None:
    plain.clock.advance(61)
    assert requests.get(stored[1], timeout=60).status_code == 403


# --- bodies -----------------------------------------------------------------------------------------------


def test_fifty_megabytes_pass_in_little_memory(plain: Plain) -> None:
    size, piece = 50 << 20, bytes(1 << 20)
    digest = hashlib.sha256(bytes(size)).hexdigest()
    tracemalloc.start()
    try:
        data = (piece for _ in range(size // len(piece)))
        assert requests.post(f"{plain.peer.url}/kept", data=data, timeout=120).status_code == 201
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert plain.kept == [digest]
    assert most < 16 << 20


def test_nothing_stays_of_a_body_that_is_too_large(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    with pytest.raises(TooLarge):
        asyncio.run(shelf.keep(_pieces([b"12", b"34"]), at_most=3))
    assert list((tmp_path / "files").iterdir()) == []


def test_a_form_has_texts_as_long_as_notes_and_files_of_any_name(tmp_path: Path) -> None:
    text, shelf = "ä" * 1_500_000, Shelf(tmp_path)
    body, kind = encode_multipart_formdata([("note", text), ("file", ('"a" ü.log', b"data"))])
    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    form = asyncio.run(shelf.form(Request(scope, receive)))
    assert form.one("note") == text
    assert [(file.field, file.blob.read()) for file in form.files] == [("file", b"data")]


def _read(tmp_path: Path, text: bytes, cut: int) -> tuple[Any, Shelf]:
    shelf = Shelf(tmp_path)
    pieces = [text[at : at + cut] for at in range(0, len(text), cut)]
    return asyncio.run(big_json.read(_pieces(pieces), shelf, "data")), shelf


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@settings(max_examples=60)
@given(value=_JSON, cut=st.integers(1, 9))
def test_json_in_pieces_is_the_same_json(
    tmp_path_factory: pytest.TempPathFactory, value: Any, cut: int
) -> None:
    text = json.dumps(value).encode()
    assert _read(tmp_path_factory.mktemp("shelf"), text, cut)[0] == value


@pytest.mark.parametrize("change", [str, lambda text: text.replace("/", "\\/"), lambda text: text + "\\n"])
def test_a_large_file_inside_json_goes_to_disk(tmp_path: Path, change: Callable[[str], str]) -> None:
    data = hashlib.shake_256(b"seed").digest(1_000_001)
    text = f'[{{"data":"{change(base64.b64encode(data).decode())}","name":"a"}}]'.encode()
    value, shelf = _read(tmp_path, text, 99_991)
    assert isinstance(value[0]["data"], big_json.Long)
    assert asyncio.run(big_json.decoded(value[0]["data"], shelf)).read() == data


def test_a_long_text_elsewhere_stays_a_text(tmp_path: Path) -> None:
    note = 'ä"\\\n' * 200_000
    assert _read(tmp_path, json.dumps({"body": note}).encode(), 65_536)[0] == {"body": note}


@pytest.mark.parametrize("text", ["AAA", "AA=A", "AA A", "AA-_", "=" * 4])
@pytest.mark.parametrize("long", [False, True])
def test_what_is_not_base64_is_refused(tmp_path: Path, text: str, long: bool) -> None:
    whole = "AAAA" * (big_json.LONG // 2 if long else 0) + text
    value, shelf = _read(tmp_path, json.dumps({"data": whole}).encode(), 65_536)
    assert isinstance(value["data"], big_json.Long) is long
    with pytest.raises(ValueError):
        asyncio.run(big_json.decoded(value["data"], shelf))


def test_a_rate_limit_counts_the_last_seconds() -> None:
    now = [100.0]
    rate = RateLimit(2, 60, lambda: now[0])
    assert [rate.take(), rate.take(), rate.take()] == [None, None, 60]
    now[0] += 59.5
    assert rate.take() == 1
    now[0] += 0.5
    assert rate.take() is None
