"""The look through what would leave misses nothing, stops at nothing, and tells nothing."""

from __future__ import annotations

import io
import random
import zipfile
from urllib.parse import quote

import pytest

from snapper.privacy.classes import Private
from snapper.privacy.rescan import Part, first_leak
from snapper.privacy.seeds import Seed
from tests.test_privacy_redact import CANARIES, LINE, SEEDS, redactor


def part(content: bytes, name: str = "a.log") -> Part:
    return Part(name, lambda: io.BytesIO(content))


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed.private}")
def test_every_seed_is_found_in_what_is_not_redacted(seed: Seed, encoding: str) -> None:
    before = "C:/" if len(seed.value) < 4 else ""
    assert first_leak([part(f"{LINE}{before}{seed.value}\n".encode(encoding))], [seed])


@pytest.mark.parametrize("canary", CANARIES)
def test_nothing_is_found_in_what_is_redacted(canary: str) -> None:
    made = redactor()
    clean = b"".join(made.stream([f"{LINE}{canary}\n".encode()]))
    assert first_leak([part(clean)], made.seeds()) is None


def test_a_zip_is_opened_and_the_place_named() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("launcher.log", "one\ntwo jgruenwald\n")
    leak = first_leak([part(made.getvalue(), "logs.zip")], SEEDS)
    assert leak and (leak.file, leak.place, leak.private) == ("logs.zip/launcher.log", "line 2", Private.USER)


def test_a_broken_zip_is_looked_through_as_bytes() -> None:
    assert first_leak([part(b"PK\3\4 broken jgruenwald", "logs.zip")], SEEDS)


def test_a_private_file_name_is_found_and_not_repeated() -> None:
    leak = first_leak([part(b"", "jgruenwald.log")], SEEDS)
    assert leak and "jgruenwald" not in repr(leak)


def test_an_order_number_is_not_looked_for_where_it_is_any_number() -> None:
    made = redactor()
    clean = made.text("orderId=748188\nMemory:free=748188KB")
    assert "free=748188KB" in clean and first_leak([part(clean.encode())], made.seeds()) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "escaped", [quote, lambda text: text.replace("ü", "\\u00fc")], ids=["percent", "json"]
)
def test_what_is_escaped_is_found_in_every_encoding(escaped: object, encoding: str) -> None:
    name = escaped("Jürgen Grünwald")  # type: ignore[operator]
    assert first_leak([part(f"x {name} y".encode(encoding))], [Seed("Jürgen Grünwald", Private.USER)])


def test_a_value_across_the_end_of_a_line_is_found() -> None:
    for seed in SEEDS:
        if len(seed.value) > 7:
            assert first_leak([part(f"{seed.value[:4]}\n{seed.value[4:]}\n".encode())], [seed])


def test_the_line_is_right_after_many_blocks() -> None:
    text = (LINE + "filler\n") * 60_000 + "jgruenwald\n"
    leak = first_leak([part(text.encode())], SEEDS)
    assert leak and leak.place == "line 60001"


def test_random_bytes_hide_only_long_values() -> None:
    assert first_leak([part(b"\x89PNG U123456 x", "a.png")], [Seed("U123456", Private.ACCOUNT)]) is None
    leak = first_leak([part(b"\x89PNG jgruenwald", "a.png")], SEEDS)
    assert leak and leak.place.startswith("byte ")


def zipped(method: int, name: str = "a.log") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr(name, "one jgruenwald\n" * 200)
    return made.getvalue()


def test_a_private_name_in_a_zip_is_found() -> None:
    leak = first_leak([part(zipped(zipfile.ZIP_STORED, "WKS-LON-0042.log"), "l.zip")], SEEDS)
    assert leak and leak.place == "the name of a file in it" and "LON" not in repr(leak)


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_no_broken_zip_stops_the_look(method: int) -> None:
    chance, whole = random.Random(method), zipped(method)
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(3):
            broken[chance.randrange(4, len(broken))] = chance.randrange(256)
        after = Part("next.log", lambda: io.BytesIO(b"x U1234567 y"))
        assert first_leak([part(bytes(broken), "l.zip"), after], SEEDS)


def test_an_encrypted_zip_is_looked_through_as_bytes() -> None:
    sealed = bytearray(zipped(zipfile.ZIP_STORED))
    sealed[6] |= 1
    sealed[sealed.index(b"PK\1\2") + 8] |= 1
    assert first_leak([part(bytes(sealed), "l.zip")], SEEDS)


def test_a_disk_that_fails_is_not_taken_for_a_broken_zip() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if size == 30:  # bytes: the header before a member
                raise OSError(5, "Input/output error")
            return super().read(size)

    with pytest.raises(OSError, match="Input/output"):
        first_leak([Part("l.zip", lambda: Failing(zipped(zipfile.ZIP_STORED)))], SEEDS)


@pytest.mark.parametrize("value", ["bobby", "U12345"])
def test_a_stray_control_character_hides_no_short_value(value: str) -> None:
    seed = Seed(value, Private.USER)
    log = b"\x01" + (LINE.strip() + "\n").encode() * 9000 + f"by {value} now\n".encode()
    leak = first_leak([part(log)], [seed])
    assert leak and leak.place == "line 9001"
    cyrillic = f"Лог Московской биржи: {value} вошёл\n".encode("utf-16")
    assert first_leak([part(cyrillic)], [seed])


def test_short_values_do_not_count_in_random_bytes() -> None:
    noise = random.Random(7).randbytes(2_000_000)
    assert first_leak([part(noise + b" bobby ", "dump.bin")], [Seed("bobby", Private.USER)]) is None
    assert first_leak([part(noise + b" jgruenwald ", "dump.bin")], [Seed("jgruenwald", Private.USER)])
