"""Nothing private is left of a text; what support needs is; the look through it misses nothing."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.privacy.classes import Private
from snapper.privacy.redact import Redactor
from snapper.privacy.rescan import Part, first_leak
from snapper.privacy.seeds import Known, Seed, seeds_of

KNOWN = Known(
    users=("jgruenwald", "root"),
    hosts=("WKS-LON-0042",),
    homes=("C:\\Users\\Jürgen Grünwald",),
    accounts=("U1234567",),
    secrets=("Tr0ub4dor&3",),
    addresses=("10.20.30.40",),
    macs=("00:15:5d:01:a2:b3",),
)
SEEDS = seeds_of(KNOWN)
LINE = "2026-08-31 22:21:58.473 INFO  [JTS-Main] - "
CANARIES = (
    "jgruenwald", "wks-lon-0042", "U1234567", "Tr0ub4dor&3", "10.20.30.40", "00-15-5D-01-A2-B3",
    "C:\\Users\\Jürgen Grünwald\\Jts", "c:/users/jürgen grünwald/Jts", "C:\\\\Users\\\\Jürgen Grünwald",
    "DU7654321", "someone@firm.example", "203.0.113.9", "::ffff:203.0.113.9", "2001:db8::17",
)  # fmt: skip


def redactor(*keep: Private) -> Redactor:
    return Redactor(SEEDS, b"key of the report", keep)


def through(text: bytes) -> bytes:
    return b"".join(redactor().stream([text]))


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("canary", CANARIES)
def test_a_private_value_is_gone_in_every_encoding(canary: str, encoding: str) -> None:
    clean = through(f"{LINE}seen {canary}\n{LINE}next\n".encode(encoding)).decode(encoding)
    assert canary not in clean and clean.endswith(f"{LINE}next\n")


@pytest.mark.parametrize(
    "seed", [seed for seed in SEEDS if len(seed.value) > 7], ids=lambda seed: seed.private
)
def test_a_known_value_is_met_across_the_end_of_a_line(seed: Seed) -> None:
    wrapped = f"{LINE}{seed.value[:4]}\n{seed.value[4:]}\n"
    assert through(wrapped.encode()).decode() != wrapped
    assert first_leak([part(wrapped.encode())], [seed])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(CANARIES), max_size=5), st.integers(1, 40))
def test_how_a_stream_arrives_changes_nothing(canaries: list[str], size: int) -> None:
    text = "".join(f"{LINE}{canary} was here\n" for canary in canaries).encode()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert b"".join(redactor().stream(pieces)) == through(text)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(CANARIES), st.integers(-60, 60), st.sampled_from([1 << 20, (1 << 20) - (1 << 14)]))
def test_a_value_at_a_blocks_border_is_gone(canary: str, shift: int, border: int) -> None:
    filler = (LINE.encode() + b"filler\n") * (border // 49 + 1)
    text = filler[: border + shift] + b" " + canary.encode() + b"\n" + filler
    clean = through(text)
    assert canary.encode() not in clean and clean.startswith(filler[: border + shift - 1])


@pytest.mark.parametrize(
    "text",
    [
        'password="two words"', "IbPassword=my pass word", '"api_key": "s3cr3tvalue"', "TWS_PWD: s3cr3tvalue",
        "Password:\n   s3cr3tvalue", "Authorization: Bearer s3cr3tvalue", "http://me:s3cr3tvalue@proxy:8080",
        "<password>s3cr3tvalue</password>", "/PW:s3cr3tvalue", "otpauth://totp/x?secret=s3cr3tvalue",
    ],
)  # fmt: skip
def test_secrets_are_erased(text: str) -> None:
    clean = redactor(*Private).text(text)
    assert "[secret]" in clean and not any(word in clean for word in ("s3cr3tvalue", "words", "pass word"))


@pytest.mark.parametrize(
    "line",
    [
        LINE + "Contacting server.example:4001 as user NOT PRINTED",
        LINE + "Build 10.50.1e, Aug 25, 2026 4:05:30 PM",
        LINE + "Passed pwd authentication.",
        LINE + "Soft token=0 received instead of expected permanent",
        LINE + "[2147483647:142:142:1:0:0:0:SYS] Starting new conversation with client on 127.0.0.1",
        LINE + "Memory:total=786,432KB free=748,188KB HeapUsage: Max=786,432KB used=37,946KB",
        LINE + "Authorization failed: SUPPRESS_MESSAGE_BOX. MessageType: null. FailReason: 2147483647",
        LINE + "Model is not valid: Active:true SPY/20260731/742.0/Put TOP/PACED",
        LINE + "Started on 20260831-16:51:59",
        "at com.ib.Foo::bar(Foo.java:12)",
        "06:17:03:611 JTS-CCPPingS925-91462: Warning: sending test request at 2359542000",
    ],
)
def test_what_support_needs_stays(line: str) -> None:
    assert redactor().text(line) == line


def test_only_the_order_number_of_an_api_line_goes() -> None:
    clean = redactor().text("<- [3;16246;4815747;NVDA;STK;LMT;187.39;;IOC")
    assert clean.startswith("<- [3;ORDER-") and clean.endswith(";4815747;NVDA;STK;LMT;187.39;;IOC")


def test_an_account_before_an_amount_goes_too() -> None:
    clean = redactor().text("-> [63;1;9;U7777777;NetLiquidation;123.5;USD")
    assert "U7777777" not in clean and "123.5" not in clean and clean.endswith("NetLiquidation;[amount];USD")


def test_one_value_has_one_pseudonym_and_another_key_another() -> None:
    one, mapped = redactor().text("203.0.113.9 ::ffff:203.0.113.9").split()
    assert one == mapped != Redactor((), b"other").text("203.0.113.9")


@pytest.mark.parametrize("canary", CANARIES)
def test_redacting_twice_changes_nothing_more(canary: str) -> None:
    once = redactor().text(f"user={canary} token={canary} {canary}")
    assert redactor().text(once) == once


def test_a_kept_class_stays_and_is_not_looked_for() -> None:
    kept = redactor(Private.ORDER)
    assert kept.text("orderId=16246") == "orderId=16246"
    assert not [seed for seed in kept.seeds() if seed.private is Private.ORDER]


def test_generic_names_are_no_seeds() -> None:
    assert "root" not in {seed.value for seed in SEEDS}


# --- the look through everything ----------------------------------------------------------------------------


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
