"""Bodies with files: byte for byte what their length says, whatever the size of the reads."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from snapper.delivery import bodies
from snapper.delivery.bodies import Body, json_body, json_with_files, multipart, raw_body
from snapper.delivery.letter import Part


def part(data: bytes, name: str = "a.bin") -> Part:
    """A file to be sent."""
    return Part(name, name, 0, len(data), data)


def read(body: Body, size: int = -1) -> bytes:
    """All of a body, read so many bytes at a time."""
    stream = body.stream()
    return b"".join(iter(lambda: stream.read(size), b""))


@given(data=st.binary(max_size=300), size=st.integers(1, 70))
@settings(max_examples=100, deadline=None)
def test_every_body_is_as_long_as_it_says(data: bytes, size: int) -> None:
    made = (
        raw_body(part(data)), json_body({"a": "ä"}), multipart([("x", "ä"), ("f", part(data, "ä b.log"))]),
        json_with_files({"f": ["m"]}, {"m": part(data)}),
    )  # fmt: skip
    for body in made:
        assert len(read(body, size)) == body.size == len(body.stream())
        assert read(body) == read(body, size) == b"".join(body.stream())


@pytest.mark.parametrize("chunk", [3, 4, 5, 7, 1 << 20])
@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 11, 100])
def test_base64_is_whole_whatever_the_pieces(
    monkeypatch: pytest.MonkeyPatch, chunk: int, length: int
) -> None:
    monkeypatch.setattr(bodies, "_THREES", chunk - chunk % 3)
    body = json_with_files({"n": 'x"\\', "f": {"data": "mark"}}, {"mark": part(bytes(range(length)))})
    content = json.loads(read(body, 5))
    assert base64.b64decode(content["f"]["data"], validate=True) == bytes(range(length))
    assert content["n"] == 'x"\\'


def test_a_piece_of_a_file_is_sent_and_not_the_rest(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"0123456789")
    assert read(raw_body(Part("f", "f.002", 4, 3, tmp_path / "f"))) == b"456"


def test_who_asks_is_told_how_far_it_is() -> None:
    told: list[int] = []
    stream = raw_body(part(bytes(10))).stream(told.append)
    while stream.read(4):
        pass
    assert told == [4, 8, 10, 10]


async def _form(body: Body) -> dict[str, list[str]]:
    """What a server reads of a form: a text, or a name and what is in the file."""

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": read(body), "more_body": False}

    headers = [(b"content-type", body.media_type.encode())]
    form = await Request({"type": "http", "headers": headers}, receive).form()
    return {
        name: [value]
        if isinstance(value, str)
        else [str(value.filename), (await value.read()).decode("latin-1")]
        for name, value in form.items()
    }


def test_a_server_reads_the_form_as_it_was_meant() -> None:
    note, data, name = "ä\r\n--snapper-x\r\n漢字", b"\x00\r\n--\xff", "größe (1) 100%.log"
    fields = [("note", note), ("f", part(data, name)), ("json", json_body({"a": 1}))]
    read_back = asyncio.run(_form(multipart(fields)))
    assert read_back == {"note": [note], "f": [name, data.decode("latin-1")], "json": ['{"a": 1}']}


def test_a_name_cannot_end_its_header() -> None:
    body = read(multipart([("f", part(b"", 'a"\r\nX-Evil: 1'))]))
    assert b'filename="a%22%0D%0AX-Evil: 1"' in body
