"""Addresses of proxies, and lists of hosts that are reached without one."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.delivery.causes import Cause
from snapper.delivery.proxies.address import CURL_PORTS, NoProxyAddress, read_route
from snapper.delivery.proxies.answer import PacAddress, Target
from snapper.delivery.proxies.exceptions import Exceptions
from snapper.delivery.route import Login, Route, Scheme, Source

CANARY = "c4nary-Pa55"


def read(text: str) -> Route:
    return read_route(text, Source.ENVIRONMENT, "the test", ports=CURL_PORTS)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("  'HTTP://Proxy.Example.:3128/path?x'  ", "http://proxy.example:3128"),
        ("https://proxy.example", "https://proxy.example:443"),
        ("proxy.example", "http://proxy.example:1080"),
        ("proxy.example:", "http://proxy.example:1080"),
        ("socks://proxy.example", "socks5://proxy.example:1080"),
        ("socks5h://proxy.example:9", "socks5://proxy.example:9"),
        ("[fd00::1]:3128", "http://[fd00::1]:3128"),
        ("fd00::1", "http://[fd00::1]:1080"),
        ("http://bücher.example:80", "http://xn--bcher-kva.example:80"),
    ],
)
def test_an_address_is_read_however_it_is_written(text: str, label: str) -> None:
    assert read(text).label == label


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ("http://user:pass@proxy:1", Login("user", "pass")),
        ("http://user@proxy:1", Login("user", "")),
        ("http://DOM%5Cuser:p%40ss%3A@proxy:1", Login("DOM\\user", "p@ss:")),
        ("http://user:p@ss/w#rd@proxy:1", Login("user", "p@ss/w#rd")),
        ("http://@proxy:1", None),
        ("http://proxy:1", None),
    ],
)
def test_a_login_is_taken_from_the_address(text: str, login: Login | None) -> None:
    route = read(text)
    assert (route.login, route.host) == (login, "proxy")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", Cause.PROXY_UNREACHABLE),
        ("http://", Cause.PROXY_UNREACHABLE),
        ("http://proxy:99999", Cause.PROXY_UNREACHABLE),
        ("http://proxy:0", Cause.PROXY_UNREACHABLE),
        ("http://proxy:٣", Cause.PROXY_UNREACHABLE),
        ("http://[::1:3128", Cause.PROXY_UNREACHABLE),
        ("http://two words:1", Cause.PROXY_UNREACHABLE),
        ("http://proxy:1\r\nX: y", Cause.PROXY_UNREACHABLE),
        ("http://u:a%0d%0ab@proxy:1", Cause.PROXY_UNREACHABLE),
        ("http://\udcff:1", Cause.PROXY_UNREACHABLE),
        ("x" * 3000, Cause.PROXY_UNREACHABLE),
        ("socks4://proxy:1080", Cause.PROXY_WRONG_KIND),
        ("socks4a://proxy:1080", Cause.PROXY_WRONG_KIND),
        ("ftp://proxy:21", Cause.PROXY_WRONG_KIND),
    ],
)
def test_what_names_no_proxy_is_told_in_words_with_the_next_step(text: str, cause: Cause) -> None:
    with pytest.raises(NoProxyAddress) as refusal:
        read(text)
    trouble = refusal.value.trouble("the test")
    assert trouble.cause is cause
    assert trouble.sentence.startswith("The proxy address in the test ")
    assert "should" in trouble.sentence or "Ask" in trouble.sentence or "Write" in trouble.sentence


@given(st.text(max_size=80))
@settings(max_examples=150)
def test_any_text_is_a_route_or_a_sentence_that_does_not_repeat_it(text: str) -> None:
    try:
        route = read(f"u:{CANARY}{text}@{text}")
    except NoProxyAddress as problem:
        assert CANARY not in problem.trouble("x").sentence
    else:
        assert 0 < route.port < 65536
        assert route.host
        assert CANARY not in repr(route)


@given(
    st.sampled_from(list(Scheme)[1:]),
    st.from_regex(r"[a-z]{1,9}(\.[a-z]{1,9}){0,2}", fullmatch=True),
    st.integers(1, 65535),
)
@settings(max_examples=50)
def test_a_label_is_read_as_the_route_it_is_of(scheme: Scheme, host: str, port: int) -> None:
    route = Route(scheme, host, port, Source.ENVIRONMENT, "the test")
    assert read(route.label) == route


# --- exceptions --------------------------------------------------------------------------------------------


def covered(entries: str, host: str, port: int = 443, *, domains: bool = True) -> bool:
    return Exceptions.of(entries, domains=domains).cover(Target("https", host, port))


@pytest.mark.parametrize(
    ("entries", "host"),
    [
        ("*", "desk.example.com"),
        ("other.org, *", "desk.example.com"),
        ("example.com", "desk.example.com"),
        (".example.com", "desk.example.com"),
        ("*.example.com", "desk.example.com"),
        ("EXAMPLE.com.", "desk.example.com"),
        ("a  b\texample.com;c", "desk.example.com"),
        ("desk.example.com:443", "desk.example.com"),
        ("example.com", "example.com"),
        (".example.com", "example.com"),
        ("desk.*.com", "desk.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("10.0.0.0/8", "10.1.2.3"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.*", "10.1.2.3"),
        ("10.1.2.3", "::ffff:10.1.2.3"),
        ("fd00::/8", "fd00::5"),
        ("[fd00::5]:443", "fd00::5"),
        ("[fd00::5]", "fd00:0::5"),
        ("FD00::5", "fd00::5"),
        ("https://example.com/", "desk.example.com"),
    ],
)
def test_an_entry_covers_a_host(entries: str, host: str) -> None:
    assert covered(entries, host)


@pytest.mark.parametrize(
    ("entries", "host"),
    [
        ("", "desk.example.com"),
        (",, ;", "desk.example.com"),
        ("ample.com", "desk.example.com"),
        ("desk.example.com:444", "desk.example.com"),
        ("desk.example.com:x", "desk.example.com"),
        ("http://example.com", "desk.example.com"),
        ("example.com.evil.org", "desk.example.com"),
        ("10.0.0.0/8", "11.1.2.3"),
        ("10.0.0.0/99", "10.1.2.3"),
        ("2.3", "10.1.2.3"),
        ("fd00::/8", "10.1.2.3"),
        ("10.0.0.0/8", "desk.example.com"),
        ("[", "desk.example.com"),
        ("[a-z]*.example.com", "desk.example.com"),
    ],
)
def test_an_entry_leaves_other_hosts_alone(entries: str, host: str) -> None:
    assert not covered(entries, host)


@pytest.mark.parametrize(
    ("entries", "host", "found"),
    [
        ("example.com", "desk.example.com", False),
        ("*.example.com", "desk.example.com", True),
        (".example.com", "desk.example.com", True),
        ("*.example.com", "example.com", False),
        ("<local>", "desk", True),
        ("<local>", "desk.example.com", False),
        ("<local>", "fd00::1", False),
        ("192.168.*", "192.168.3.4", True),
        ("169.254/16", "169.254.9.9", True),
        ("desk*", "desk.example.com", True),
    ],
)
def test_on_windows_and_the_mac_a_name_is_itself_alone(entries: str, host: str, found: bool) -> None:
    assert covered(entries, host, domains=False) is found


@given(st.text(max_size=60), st.text(max_size=30), st.booleans())
@settings(max_examples=200)
def test_no_list_is_too_broken_to_read(entries: str, host: str, domains: bool) -> None:
    covered(entries, host, domains=domains)


@given(st.ip_addresses(), st.integers(0, 32))
@settings(max_examples=60)
def test_a_network_covers_its_addresses(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, length: int
) -> None:
    network = ipaddress.ip_network(f"{address}/{length}", strict=False)
    mapped = getattr(address, "ipv4_mapped", None)
    assert covered(str(network), str(address)) or mapped


# --- targets and files -------------------------------------------------------------------------------------


def test_a_target_is_in_one_spelling() -> None:
    assert Target.of("https://Desk.Example.:8443/a?b") == Target("https", "desk.example", 8443)
    assert Target.of("https://[FD00::1]/").origin == "https://[fd00::1]/"
    assert Target.of("https://u:p@desk.example:8443/secret").origin == "https://desk.example:8443/"


@pytest.mark.parametrize("url", ["", "desk.example", "ftp://desk.example", "https://", "https://x:y/"])
def test_what_is_no_web_address_is_no_target(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Target.of(url)


@pytest.mark.parametrize(
    "host", ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]
)
def test_this_computer_is_known_by_all_its_names(host: str) -> None:
    assert Target("https", host, 443).loopback
    assert not Target("https", f"{host}.example".replace(":", "-"), 443).loopback


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("http://pac.example/files/proxy.pac?user=x", "the file proxy.pac"),
        (r"C:\Windows\proxy.pac", "the file proxy.pac"),
        ("file:///etc/proxy.pac", "the file proxy.pac"),
        (f"http://u:{CANARY}@pac.example", "the proxy file of this computer"),
        (f"http://u:{CANARY}@pac.example/a.pac", "the file a.pac"),
        (f"http://u:x/{CANARY}@pac.example", "the file pac.example"),
    ],
)
def test_a_proxy_file_is_called_by_its_name_without_a_password(address: str, label: str) -> None:
    pac = PacAddress(address, Source.PAC, "the test")
    assert pac.label == label
    assert CANARY not in repr(pac)
