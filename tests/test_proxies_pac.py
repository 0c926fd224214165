"""PAC files: fetched from real servers, run in a real process, and found by WPAD."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.delivery.causes import Cause
from snapper.delivery.proxies import pac, pac_file, pac_routes, pac_runner, wpad
from snapper.delivery.proxies.answer import PacAddress, Target
from snapper.delivery.proxies.pac import parse
from snapper.delivery.proxies.pac_file import PacBroken, PacUnreachable, decode, fetch
from snapper.delivery.route import PacFailed, Route, Scheme, Source

DESK = "https://desk.example.com/api?token=s3cret"
SCRIPT = 'function FindProxyForURL(url, host) { return "PROXY proxy:8080"; }'
BY = "the file proxy.pac"


def address(text: str, source: Source = Source.PAC) -> PacAddress:
    return PacAddress(text, source, "the test")


def run(body: str, url: str = DESK) -> list[str]:
    """The labels of what a script with this body names."""
    text = f"function FindProxyForURL(url, host) {{ {body} }}"
    return [route.label for route in pac.evaluate(text, address("/proxy.pac"), Target.of(url))]


# --- the answer --------------------------------------------------------------------------------------------


def labels(found: str) -> list[str]:
    return [route.label for route in parse(found, address("proxy.pac"))]


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ("PROXY a:1", ["http://a:1"]),
        ("PROXY a:1; HTTP b:2; HTTPS c:3", ["http://a:1", "http://b:2", "https://c:3"]),
        ("SOCKS a:1; SOCKS5 b; DIRECT", ["socks5://a:1", "socks5://b:1080", "direct"]),
        ("proxy  a ;; direct;", ["http://a:80", "direct"]),
        ("HTTPS a", ["https://a:443"]),
        ("PROXY a:1; DIRECT; PROXY a:1; DIRECT", ["http://a:1", "direct"]),
        ("SOCKS4 a:1; PROXY b:2", ["http://b:2"]),
        ("QUIC a:1; PROXY b:x; PROXY; PROXY c:3", ["http://c:3"]),
        ("PROXY [fd00::1]:8080", ["http://[fd00::1]:8080"]),
        ("", ["direct"]),
        (" ; ", ["direct"]),
    ],
)
def test_an_answer_names_ways_in_its_order_each_once(found: str, named: list[str]) -> None:
    assert labels(found) == named


@pytest.mark.parametrize(
    ("found", "word"), [("SOCKS4 a:1", "SOCKS 4"), ("nonsense", "no proxy"), ("PROXY :", "no proxy")]
)
def test_an_answer_without_a_way_is_told_in_words(found: str, word: str) -> None:
    with pytest.raises(PacBroken, match=word) as broken:
        labels(found)
    assert (broken.value.cause, broken.value.broken) == (Cause.PAC_BROKEN, True)
    assert str(broken.value).startswith("The file proxy.pac")


@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from(["PROXY a:1", "SOCKS4 b", ";", "DIRECT", "x"])).map(";".join)
)
@settings(max_examples=200)
def test_any_answer_is_ways_or_a_sentence(found: str) -> None:
    with contextlib.suppress(PacBroken):
        assert labels(found)


WAYS = st.builds(
    Route,
    st.sampled_from([Scheme.HTTP, Scheme.HTTPS, Scheme.SOCKS5]),
    st.from_regex(r"[a-z]{1,9}(\.[a-z]{1,9})?", fullmatch=True),
    st.integers(1, 65535),
    st.just(Source.PAC),
    st.just(BY),
)


@given(st.lists(WAYS, min_size=1, max_size=6, unique_by=lambda way: (way.scheme, way.host, way.port)))
@settings(max_examples=60)
def test_ways_come_back_from_the_answer_that_names_them(ways: list[Route]) -> None:
    words = {Scheme.HTTP: "PROXY", Scheme.HTTPS: "HTTPS", Scheme.SOCKS5: "SOCKS5"}
    assert parse(
        "; ".join(f"{words[way.scheme]} {way.address}" for way in ways), address("proxy.pac")
    ) == tuple(ways)


# --- running -----------------------------------------------------------------------------------------------


def test_a_script_is_told_the_host_and_no_path() -> None:
    seen = 'url === "https://desk.example.com/" && host === "desk.example.com"'
    assert run(f'return {seen} ? "PROXY right:1" : "PROXY wrong:1"') == ["http://right:1"]


def test_the_address_of_this_computer_is_the_one_towards_the_target() -> None:
    """Not what DNS says of its name: on Debian that is 127.0.1.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("198.51.100.1", 9))
        except OSError:
            pytest.skip("this computer has no way out")
        own = one.getsockname()[0]
    assert run('return "PROXY " + myIpAddress() + ":1"') == [f"http://{own}:1"]


def test_functions_of_scripts_work() -> None:
    body = (
        'if (isPlainHostName("a") && dnsDomainIs(host, ".example.com") && shExpMatch(host, "desk.*")'
        ' && isInNet("10.1.2.3", "10.0.0.0", "255.0.0.0") && weekdayRange("SUN", "SAT")'
        ' && dnsResolve("nobody.invalid") == null && !isResolvable("nobody.invalid")'
        ' && dnsResolve("127.0.0.1") === "127.0.0.1") return "PROXY all:1"; return "DIRECT";'
    )
    assert run(body) == ["http://all:1"]


def test_a_script_of_the_other_name_is_run_too() -> None:
    text = 'function FindProxyForURLEx(url, host) { return "PROXY ex:1"; }'
    [route] = pac.evaluate(text, address("/proxy.pac"), Target.of(DESK))
    assert route.label == "http://ex:1"


def test_a_script_is_not_tried_with_an_address_that_is_none() -> None:
    assert run('return "PROXY " + url.match(/^https:..(.*).$/)[1] + ":1"') == ["http://desk.example.com:1"]


def test_a_script_sees_nothing_of_this_computer() -> None:
    body = (
        "var seen = typeof process + typeof require;"
        ' try { call_python("dukpy.load_module", "os"); seen += "loaded"; } catch (e) {}'
        ' return "PROXY " + seen + ":1"'
    )
    assert run(body) == ["http://undefinedundefined:1"]


def runner(tmp_path: Path, text: str, **changed: str) -> subprocess.CompletedProcess[bytes]:
    """What a runner does with a script when some of its constants are others."""
    source = Path(pac_runner.__file__).read_text()
    for name, value in changed.items():
        assert f"\n{name} = " in source
        source = re.sub(rf"\n{name} = .*", f"\n{name} = {value}", source)
    file = tmp_path / "runner.py"
    file.write_text(source)
    question = json.dumps({"text": text, "url": "https://a/", "host": "a", "near": ""}).encode()
    command = [sys.executable, "-P", str(file)]
    environ = {**os.environ, "TZ": "UTC", "HTTPS_PROXY": "http://jo:c4nary@proxy:1"}
    return subprocess.run(command, input=question, env=environ, capture_output=True, timeout=60, check=False)


def test_not_even_a_script_that_finds_the_variables_finds_any(tmp_path: Path) -> None:
    """What dukpy gives to scripts may change: there must be nothing to find."""
    text = "function FindProxyForURL() { return Object.keys(process.env).join(); }"
    done = runner(tmp_path, text, _NOT_FOR_SCRIPTS="()")
    assert done.stdout.splitlines() == [b'"ready"', b'{"found": "TZ"}']


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("while (true) {}", "too long"),
        ('var a = ["x"]; while (true) a.push(a.join("y"));', "fault|too long"),
        ("return f(f); function f(x) { return x(x); }", "fault|too long"),
        ("throw 1", "fault"),
        ("return 7", "fault"),
        ("return nothing.here", "fault"),
        ("}}}", "fault"),
    ],
)
def test_a_script_that_breaks_or_never_ends_is_told_in_words(body: str, word: str) -> None:
    with pytest.raises(PacBroken, match=word) as broken:
        run(body)
    assert "IT department" in str(broken.value)


def test_no_answer_of_a_script_means_direct() -> None:
    assert run("return null") == ["direct"]
    assert run("") == ["direct"]


def test_a_runner_ends_by_itself_when_nobody_ends_it(tmp_path: Path) -> None:
    """A script may run for ever while snapper is killed."""
    done = runner(tmp_path, "for (;;) {}", _LIFE_SECONDS="0.5")
    assert (done.stdout.strip(), done.returncode) == (b'"ready"', 1)


# --- fetching ----------------------------------------------------------------------------------------------

Answers = Callable[[str], tuple[int, dict[str, str], bytes]]


@contextlib.contextmanager
def server(answer: Answers, certificate: trustme.LeafCert | None = None) -> Iterator[str]:
    """A web server; what it answers depends on the path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        scheme = "http"
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            certificate.configure_cert(context)
            running.socket = context.wrap_socket(running.socket, server_side=True)
            scheme = "https"
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield f"{scheme}://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_file_is_fetched_whatever_its_type_and_without_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with server(lambda path: (200, {"Content-Type": "text/html"}, SCRIPT.encode())) as place:
        [route] = pac_routes(address(f"{place}/a b/proxy.pac?ü"), DESK)
    assert (route.label, route.source, route.named_by) == ("http://proxy:8080", Source.PAC, BY)


def moved(path: str) -> tuple[int, dict[str, str], bytes]:
    """Three redirects and then the file; another path is one more away."""
    step = int(path.rpartition("/")[2])
    return (302, {"Location": str(step - 1)}, b"") if step else (200, {}, SCRIPT.encode())


def test_redirects_are_followed_three_times() -> None:
    with server(moved) as place:
        assert fetch(address(f"{place}/a/3")) == SCRIPT
        with pytest.raises(PacUnreachable, match="without end"):
            fetch(address(f"{place}/a/4"))


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://a/", "data:x", "/next"])
def test_a_redirect_leads_nowhere_but_to_the_web(to: str) -> None:
    with server(lambda path: (302, {"Location": to}, b"")) as place, pytest.raises(PacUnreachable):
        fetch(address(f"{place}/proxy.pac"))


def test_a_redirect_never_leaves_encryption() -> None:
    authority = trustme.CA()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with server(lambda path: (200, {}, SCRIPT.encode())) as plain:

        def answers(path: str) -> tuple[int, dict[str, str], bytes]:
            return (302, {"Location": f"{plain}/x"}, b"") if path == "/moved" else (200, {}, SCRIPT.encode())

        with server(answers, authority.issue_cert("127.0.0.1")) as place:
            assert fetch(address(f"{place}/here"), context=context) == SCRIPT
            with pytest.raises(PacUnreachable, match="not safe"):
                fetch(address(f"{place}/moved"), context=context)


def test_a_server_that_is_not_trusted_names_no_proxies() -> None:
    with (
        server(lambda path: (200, {}, SCRIPT.encode()), trustme.CA().issue_cert("127.0.0.1")) as place,
        pytest.raises(PacUnreachable, match="certificate"),
    ):
        fetch(address(f"{place}/proxy.pac"))


def test_a_file_that_trickles_in_is_given_up() -> None:
    released = threading.Event()

    def slow(path: str) -> tuple[int, dict[str, str], bytes]:
        released.wait(30)
        return 200, {}, SCRIPT.encode()

    with server(slow) as place:
        with pytest.raises(PacUnreachable, match="in time"):
            fetch(address(f"{place}/proxy.pac"), seconds=0.2)
        released.set()


@pytest.mark.parametrize(
    ("status", "body", "error", "word"),
    [
        (404, b"", PacUnreachable, "404"),
        (200, b"<html>Welcome to the hotel</html>", PacBroken, "not a list"),
        (200, b"", PacBroken, "not a list"),
        (200, SCRIPT.encode() + b" " * (1 << 20), PacBroken, "too large"),
    ],
)
def test_what_is_no_file_is_told_in_words(
    status: int, body: bytes, error: type[PacFailed], word: str
) -> None:
    with server(lambda path: (status, {}, body)) as place, pytest.raises(error, match=word) as failed:
        fetch(address(f"{place}/proxy.pac"))
    assert str(failed.value).startswith("The file proxy.pac, set in the test, ")


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:1/x.pac",
        "http://",
        "http://[",
        "http://a:x/",
        "ftp://a/x",
        "/nowhere/x.pac",
        "",
        "\x00",
    ],
)
def test_an_address_that_leads_nowhere_is_told_in_words(text: str) -> None:
    with pytest.raises(PacUnreachable) as failed:
        fetch(address(text))
    assert (failed.value.cause, failed.value.broken) == (Cause.PAC_UNREACHABLE, False)
    assert "IT department" in str(failed.value)


@pytest.mark.parametrize("form", ["{}", "file://{}", "file:{}", "file://localhost{}"])
def test_a_file_on_a_disk_is_read(tmp_path: Path, form: str) -> None:
    file = tmp_path / "my proxy.pac"
    file.write_text(SCRIPT)
    path = str(file) if form == "{}" else str(file).replace(" ", "%20")
    assert fetch(address(form.format(path))) == SCRIPT


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("file:///C:/a%20b/x.pac", None),
        (r"C:\x.pac", r"C:\x.pac"),
        ("file://server/share/x.pac", "//server/share/x.pac"),
        (r"file://C:\x.pac", "C:/x.pac"),
    ],
)
def test_file_addresses_of_windows_are_understood(text: str, path: str | None) -> None:
    found = pac_file._path(text)
    assert found == Path(path) if path else found.as_posix().endswith("C:/a b/x.pac")


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "proxy.pac")
    with pytest.raises(PacUnreachable, match="is no file"):
        fetch(address(str(tmp_path / "proxy.pac")))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_file_is_read_in_its_own_letters(encoding: str) -> None:
    assert decode("// für".encode(encoding)) == "// für"
    assert decode("// für".encode("cp1251", "ignore"), "no-such-charset")


# --- finding -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domains", "found"),
    [
        ([], []),
        (["corp.example.co.uk"], ["wpad.corp.example.co.uk", "wpad.example.co.uk"]),
        (["co.uk", "com", "local", "github.io"], []),
        (["me.github.io"], ["wpad.me.github.io"]),
        (["a.corp.local"], ["wpad.a.corp.local", "wpad.corp.local"]),
        (["Example.COM.", "example.com"], ["wpad.example.com"]),
        (["10.1.2.3", "a b", "", "."], []),
    ],
)
def test_a_file_is_looked_for_in_own_domains_only(domains: list[str], found: list[str]) -> None:
    assert wpad.hosts(domains) == found


def resolving(monkeypatch: pytest.MonkeyPatch, *known: str) -> None:
    """Names that lead to this computer; all others are unknown."""
    real = socket.getaddrinfo

    def resolve(host: str, *rest: object, **more: object) -> object:
        if str(host).startswith("wpad."):
            if host not in known:
                raise socket.gaierror(socket.EAI_NONAME, "unknown")
            host = "127.0.0.1"
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_the_closest_host_with_a_file_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "wpad.example.com")
    with server(lambda path: (200 if path == "/wpad.dat" else 404, {}, SCRIPT.encode())) as place:
        found = wpad.find(["a.corp.example.com"], port=int(place.rpartition(":")[2]))
    assert found == wpad.Found(SCRIPT, "wpad.example.com")


def test_a_page_that_answers_to_any_name_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "wpad.example.com")
    with server(lambda path: (200, {}, b"<html>hotel</html>")) as place:
        assert wpad.find(["example.com"], port=int(place.rpartition(":")[2])) is None


def test_what_detection_finds_gets_no_sign_in_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wpad, "find", lambda: wpad.Found(SCRIPT, "wpad.example.com"))
    [route] = pac_routes(address("wpad", Source.WPAD), DESK)
    assert (route.label, route.source, route.single_sign_on) == ("http://proxy:8080", Source.WPAD, False)


def test_a_network_that_offers_no_file_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wpad, "find", lambda: None)
    assert pac_routes(address("wpad", Source.WPAD), DESK) == ()
