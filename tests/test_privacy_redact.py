"""Nothing private is left of a text, what support needs is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.errors import NotPrivate
from snapper.privacy import dense
from snapper.privacy.classes import Private
from snapper.privacy.redact import Redactor
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
        '"api_key": "s3cr3tvalue', "password='two words", 'token=\\"s3cr3tvalue',
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


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("%20U7654321", "U7654321"), ("\\u0022U7654321", "U7654321"), ("x\\nDU7654321", "DU7654321"),
        ("accountU7654321", "U7654321"), ("o'neil@firm.example", "o'neil"), ("a&b@firm.example", "a&b"),
        ("ip-192-0-2-7.ec2.internal", "192-0-2-7"), ("_192.0.2.7_", "192.0.2.7"),
        ("IPv6:2001:db8::17", "2001:db8"), ("src:fe80::1ff:fe23:4567:890a", "fe80"),
        ("[2001:db8::17]:4001", "2001:db8"), ("::ffff:c000:201", "c000"),
        ("MAC_00:1A:2B:3C:4D:5E", "1A:2B"), ("+49 89 1234567", "1234567"), ("+498912345678", "8912345678"),
        ("212-555-0123", "555"), ("BuyingPower: € 12345", "12345"), ("NetLiquidation 12345.67", "12345"),
        ("-Duser.name=bob77", "bob77"), ("LOGNAME=bob77", "bob77"), ("Benutzer: bob77", "bob77"),
        ("C:\\Dokumente und Einstellungen\\bob77\\x", "bob77"), ("Authorization: Token tok77", "tok77"),
        ('Authorization: Digest x="y", response="tok77"', "tok77"),
        ("Set-Cookie: session=tok77; Path=/", "tok77"),
        ("Cookie: a=one; b=tok77", "tok77"),
        ("http://me:p@tok77@proxy:80/", "tok77"), ("-u me:tok77", "tok77"),
        ("password%3Dtok77", "tok77"), ('\\"password\\":\\"tok77\\"', "tok77"),
        ("--password tok77", "tok77"),
        ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"), ("my PIN is 4711", "4711"), ("pw: tok77", "tok77"),
        ("my password is tok77", "tok77"), ("password was changed to tok77", "tok77"),
        ("Mein Passwort ist tok77", "tok77"), ("la contraseña es tok77", "tok77"),
        ("la password è tok77", "tok77"), ("mot de passe : tok77", "tok77"), ("пароль: tok77", "tok77"),
        ("密码是tok77", "tok77"), ("password：tok77", "tok77"),
    ],
)  # fmt: skip
def test_a_value_nobody_knew_of_is_gone(text: str, private: str) -> None:
    assert private not in Redactor((), b"key").text(f"{LINE}{text}\n")


@pytest.mark.parametrize(
    "line",
    [
        "1.2.3.4.5", "java.version = 17.0.10.0.101", "[61:176:176:1:0:0:0:ERR] Message type -1",
        "The password is incorrect", "Password expired", "login: successful", "Basic authentication failed",
        "550e8400-e29b-41d4-a716-446655440000", "2026-08-28T22:27:52.000+0530", "a::b 12::34 Foo::bar",
        "00000000: 89 50 4e 47 0d 0a", "-> [1;6;1001;1;187.39;100;0", "JTS-CCPListenerS29-329: 1234567890123",
        "user:\n2026-08-31 22:21:58.473 next", "order\n201 next", "BuyingPower:\n2026-08-31 next",
    ],
)  # fmt: skip
def test_what_only_looks_private_stays(line: str) -> None:
    assert Redactor((), b"key").text(line) == line


def test_messages_in_utf_16_are_replaced_like_others() -> None:
    text = "<- [3;16246;1\r\n-> [6;2;NetLiquidation;12345.67;USD;\r\n"
    clean = through(text.encode("utf-16")).decode("utf-16")
    assert clean == redactor().text(text)
    assert "16246" not in clean and "12345" not in clean


def test_a_value_met_often_is_replaced_as_one_met_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"{LINE}a U7654321{mark}U7654321\n" for mark in "x;,) |].-" * 3000)
    more = "".join(f"{LINE}at 203.0.113.4 or 203.0.113.4{digit}\n" for digit in range(10)) * 3000
    log = (more + text).encode()
    quick = through(log)
    monkeypatch.setattr(dense, "_OFTEN", len(log))
    assert quick == through(log) and b"7654321" not in re.sub(rb"U7654321x", b"", quick)


def test_what_was_met_in_one_place_is_learnt_for_all() -> None:
    made = Redactor((), b"key")
    assert "Tr0ub4dor9" in made.text("Tr0ub4dor9 alone")
    made.text("password=Tr0ub4dor9")
    assert made.learn() and "Tr0ub4dor9" not in made.text("Tr0ub4dor9 alone")
    assert not made.learn()


def test_zeros_of_a_power_cut_stay_and_hide_nothing() -> None:
    clean = through(b"\0" * 18_000_000 + b"U1234567" + b"\0" * 9 + b"\nx U1234567\n")
    assert clean.count(b"\0") == 18_000_009 and b"1234567" not in clean


@pytest.mark.parametrize("size", [1 << 16, 1 << 30])
def test_a_line_too_long_to_look_through_fails_however_it_comes(size: int) -> None:
    line = b"x" * (18 << 20) + b"\n"
    with pytest.raises(NotPrivate) as caught:
        list(redactor().stream(line[at : at + size] for at in range(0, len(line), size)))
    assert "U1234567" not in str(caught.value)


def test_a_name_of_three_chinese_letters_is_private_anywhere() -> None:
    made = Redactor(seeds_of(Known(users=("王小明", "bo"))), b"key")
    assert "王" not in made.text("王小明 logged in") and made.text("bo logged in") == "bo logged in"
    assert "王" not in b"".join(made.stream(["x 王小明 y".encode("utf-16-le")])).decode(
        "utf-16-le", "replace"
    )


def test_a_name_with_accents_apart_is_met_in_utf_16() -> None:
    name = "Ju\u0308rgen Gru\u0308nwald"
    assert name not in through(f"{LINE}{name}\n".encode("utf-16-le")).decode("utf-16-le", "replace")
