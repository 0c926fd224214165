"""The settings of Windows, the Mac, GNOME and KDE, from what those systems were seen to say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.delivery.proxies import gnome, kde, mac, windows
from snapper.delivery.proxies.answer import WPAD, Answer, CannotAsk, Target
from snapper.delivery.route import Login, Scheme, Source

DESK = Target("https", "desk.example.com", 443)
PLAIN = Target("http", "desk.example.com", 80)


def labels(answer: Answer) -> list[str]:
    return [route.label for route in answer.routes]


# --- Windows -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxy", "found"),
    [
        ("", []),
        ("proxy:8080", ["http://proxy:8080"]),
        ("proxy", ["http://proxy:80"]),
        ("http=a:1;https=b:2;ftp=c:3;socks=d:4", ["http://b:2", "socks5://d:4"]),
        ("HTTPS=https://b:2 http=a:1", ["https://b:2"]),
        ("http=a:1", []),
        ("socks=d", ["socks5://d:1080"]),
        ("other:1;https=b:2", ["http://b:2", "http://other:1"]),
        (";; =", []),
    ],
)
def test_windows_names_a_proxy_for_each_scheme_or_one_for_all(proxy: str, found: list[str]) -> None:
    assert labels(windows.read(windows.Settings(proxy), DESK)) == found


def test_windows_knows_exceptions() -> None:
    for exceptions in ("*.example.com;<local>", "desk.*", "https://desk.example.com"):
        assert labels(windows.read(windows.Settings("proxy:1", exceptions), DESK)) == []
    assert labels(windows.read(windows.Settings("proxy:1", "example.com;<local>"), DESK)) == [
        "http://proxy:1"
    ]
    assert labels(windows.read(windows.Settings("proxy:1", "<local>"), Target("https", "desk", 443))) == []


def test_a_script_of_windows_goes_before_detection_and_knows_its_own_exceptions() -> None:
    both = windows.read(windows.Settings("", "*", "http://pac/proxy.pac", True), DESK)
    assert both.pac
    assert (both.pac.address, both.pac.source) == ("http://pac/proxy.pac", Source.PAC)
    only = windows.read(windows.Settings(detect=True), DESK)
    assert only.pac
    assert (only.pac.address, only.pac.source) == (WPAD, Source.WPAD)


def test_a_setting_of_windows_that_cannot_be_read_is_a_trouble() -> None:
    answer = windows.read(windows.Settings("https=proxy:x"), DESK)
    assert "the Windows proxy settings" in answer.troubles[0].sentence


@pytest.mark.skipif(sys.platform == "win32", reason="says what holds elsewhere")
def test_windows_cannot_be_asked_elsewhere() -> None:
    with pytest.raises(CannotAsk, match="not Windows"):
        windows.Windows().ask(DESK)


# --- the Mac -----------------------------------------------------------------------------------------------

SCUTIL = """<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
    2 : intranet.example.com
  }
  ExcludeSimpleHostnames : 1
  FTPPassive : 1
  HTTPEnable : 1
  HTTPPort : 3128
  HTTPProxy : web.example.com
  HTTPSEnable : 1
  HTTPSPort : 8443
  HTTPSProxy : proxy.example.com
  ProxyAutoConfigEnable : 1
  ProxyAutoConfigURLString : http://pac.example.com/proxy.pac
  ProxyAutoDiscoveryEnable : 1
  SOCKSEnable : 1
  SOCKSPort : 1080
  SOCKSProxy : socks.example.com
  __SCOPED__ : <dictionary> {
    en0 : <dictionary> {
      HTTPSEnable : 0
      HTTPSProxy : inner.example.com
    }
  }
}
"""


def test_the_mac_names_proxies_a_script_and_exceptions() -> None:
    said = mac.parse(SCUTIL)
    answer = mac.read(said, DESK)
    assert labels(answer) == ["http://proxy.example.com:8443", "socks5://socks.example.com:1080"]
    assert answer.pac
    assert answer.pac.address == "http://pac.example.com/proxy.pac"
    assert labels(mac.read(said, PLAIN))[0] == "http://web.example.com:3128"
    for host in ("a.local", "169.254.3.4", "intranet.example.com", "desk"):
        assert labels(mac.read(said, Target("https", host, 443))) == []


def test_what_the_mac_has_switched_off_is_not_used() -> None:
    off = SCUTIL.replace("HTTPSEnable : 1", "HTTPSEnable : 0").replace("SOCKSEnable : 1", "SOCKSEnable : 0")
    off = off.replace("ProxyAutoConfigEnable : 1", "ProxyAutoConfigEnable : 0")
    answer = mac.read(mac.parse(off), DESK)
    assert labels(answer) == []
    assert answer.pac
    assert answer.pac.source is Source.WPAD
    assert mac.read(mac.parse("<dictionary> {\n}\n"), DESK) == Answer()


def test_a_proxy_of_the_mac_may_be_an_address_of_version_6() -> None:
    text = "<dictionary> {\n HTTPSEnable : 1\n HTTPSProxy : fd00::1\n HTTPSPort : 8080\n}"
    assert labels(mac.read(mac.parse(text), DESK)) == ["http://[fd00::1]:8080"]


def test_without_scutil_the_mac_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(CannotAsk, match="scutil is not installed"):
        mac.Mac({"PATH": str(tmp_path)}).ask(DESK)


def test_scutil_is_asked(tmp_path: Path) -> None:
    tool = tmp_path / "scutil"
    tool.write_text(f"#!/bin/sh\n[ $1 = --proxy ] && cat <<'END'\n{SCUTIL}END\n")
    tool.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert labels(mac.Mac(environ).ask(DESK))[0] == "http://proxy.example.com:8443"


@given(st.text(alphabet="ab:{}<>arydictonary \n01HTPSEnableProxy", max_size=200) | st.text(max_size=100))
@settings(max_examples=150)
def test_whatever_scutil_prints_is_read(text: str) -> None:
    mac.read(mac.parse(text), DESK)


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z]{1,12}", fullmatch=True), st.from_regex(r"\S{1,20}", fullmatch=True)
    )
)
@settings(max_examples=60)
def test_a_dictionary_is_read_as_it_was_printed(values: dict[str, str]) -> None:
    lines = "".join(f"  {name} : {value}\n" for name, value in values.items())
    assert mac.parse(f"<dictionary> {{\n{lines}}}\n") == values


# --- GNOME -------------------------------------------------------------------------------------------------

GSETTINGS = """org.gnome.system.proxy autoconfig-url 'http://pac.example.com/proxy.pac'
org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '::1', '*.intra.org']
org.gnome.system.proxy mode 'manual'
org.gnome.system.proxy use-same-proxy true
org.gnome.system.proxy.ftp host ''
org.gnome.system.proxy.ftp port 0
org.gnome.system.proxy.http authentication-password "it's@c4nary"
org.gnome.system.proxy.http authentication-user 'jo'
org.gnome.system.proxy.http enabled false
org.gnome.system.proxy.http host 'web.example.com'
org.gnome.system.proxy.http port 3128
org.gnome.system.proxy.http use-authentication true
org.gnome.system.proxy.https host 'proxy.example.com'
org.gnome.system.proxy.https port 8443
org.gnome.system.proxy.socks host 'socks.example.com'
org.gnome.system.proxy.socks port 1081
"""


def gnome_said(text: str, target: Target = DESK) -> Answer:
    return gnome.read(gnome.parse(text), target)


def test_gnome_names_a_proxy_for_each_scheme() -> None:
    assert labels(gnome_said(GSETTINGS)) == [
        "http://proxy.example.com:8443",
        "socks5://socks.example.com:1081",
    ]
    http = gnome_said(GSETTINGS, PLAIN).routes[0]
    assert (http.label, http.login) == ("http://web.example.com:3128", Login("jo", "it's@c4nary"))
    assert "c4nary" not in repr(gnome_said(GSETTINGS, PLAIN))


def test_the_http_proxy_of_gnome_serves_all_where_it_is_the_only_one() -> None:
    alone = GSETTINGS.replace("'proxy.example.com'", "''").replace("'socks.example.com'", "''")
    assert labels(gnome_said(alone)) == ["http://web.example.com:3128"]
    assert labels(gnome_said(alone.replace("use-same-proxy true", "use-same-proxy false"))) == []


def test_gnome_knows_exceptions() -> None:
    for host in ("a.intra.org", "127.3.3.3"):
        assert labels(gnome_said(GSETTINGS, Target("https", host, 443))) == []
    emptied = GSETTINGS.replace("['localhost', '127.0.0.0/8', '::1', '*.intra.org']", "@as []")
    assert len(labels(gnome_said(emptied, Target("https", "a.intra.org", 443)))) == 2


def test_gnome_follows_a_script_or_detects_or_does_nothing() -> None:
    script = gnome_said(GSETTINGS.replace("'manual'", "'auto'"))
    assert script.pac
    assert (script.routes, script.pac.address) == ((), "http://pac.example.com/proxy.pac")
    detects = gnome_said(
        GSETTINGS.replace("'manual'", "'auto'").replace("'http://pac.example.com/proxy.pac'", "''")
    )
    assert detects.pac
    assert detects.pac.source is Source.WPAD
    nothing = gnome_said(GSETTINGS.replace("'manual'", "'none'"))
    assert (nothing.routes, nothing.pac, nothing.said) == ((), None, "is switched off")


@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # which gsettings never prints
@given(st.text(alphabet="'\"[]\\,()@as1 x", max_size=60))
@settings(max_examples=150)
def test_whatever_gsettings_prints_is_read(value: str) -> None:
    gnome_said(f"org.gnome.system.proxy mode 'manual'\norg.gnome.system.proxy.https host {value}\n")
    gnome_said(f"org.gnome.system.proxy mode 'manual'\norg.gnome.system.proxy ignore-hosts {value}\n")


@pytest.fixture
def desktop(tmp_path: Path) -> dict[str, str]:
    """Settings of a desktop in a file of its own, and the variables that lead there."""
    if not shutil.which("gsettings"):
        pytest.skip("gsettings is missing: Debian package libglib2.0-bin")
    environ = {**os.environ, "GSETTINGS_BACKEND": "keyfile", "XDG_CONFIG_HOME": str(tmp_path)}
    tried = subprocess.run(
        ["gsettings", "get", "org.gnome.system.proxy", "mode"], env=environ, capture_output=True, check=False
    )
    if tried.returncode:
        pytest.skip("the settings of GNOME are missing: Debian package gsettings-desktop-schemas")
    return environ


def test_the_settings_of_the_desktop_are_asked_for(desktop: dict[str, str]) -> None:
    assert gnome.Gnome(desktop).ask(DESK).said == "is switched off"
    for schema, key, value in (
        ("", "mode", "manual"),
        (".https", "host", "proxy.example.com"),
        (".https", "port", "8443"),
        ("", "ignore-hosts", "['10.0.0.0/8']"),
    ):
        command = ["gsettings", "set", f"org.gnome.system.proxy{schema}", key, value]
        subprocess.run(command, env=desktop, check=True)
    assert labels(gnome.Gnome(desktop).ask(DESK)) == ["http://proxy.example.com:8443"]
    assert labels(gnome.Gnome(desktop).ask(Target("https", "10.1.1.1", 443))) == []


def test_without_gsettings_gnome_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(CannotAsk, match="gsettings is not installed"):
        gnome.Gnome({"PATH": str(tmp_path)}).ask(DESK)


def test_a_desktop_without_these_settings_says_so(tmp_path: Path) -> None:
    tool = tmp_path / "gsettings"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    with pytest.raises(CannotAsk, match="keeps no proxy settings"):
        gnome.Gnome({"PATH": str(tmp_path)}).ask(DESK)


# --- KDE ---------------------------------------------------------------------------------------------------

KIOSLAVERC = """# KDE
[$Version]
update_info=kioslave.upd:kde2.2/r1

[Proxy Settings][$i]
[Proxy Settings]
AuthMode=0
NoProxyFor=.intra.org,10.0.0.0/8
Proxy Config Script=http://pac.example.com/proxy.pac
ProxyType=1
ReversedException=false
ftpProxy=
httpProxy=http://web.example.com 3128
httpsProxy[$e]=http://proxy.example.com 8443
socksProxy=socks://socks.example.com:1081

[Other]
ProxyType=0
httpsProxy=http://wrong.example.com 1
"""


def kde_said(text: str, target: Target = DESK, **environ: str) -> Answer:
    return kde.read(kde.parse(text), target, environ)


def test_kde_names_a_proxy_for_each_scheme_with_the_port_apart() -> None:
    assert labels(kde_said(KIOSLAVERC)) == [
        "http://proxy.example.com:8443",
        "socks5://socks.example.com:1081",
    ]
    assert labels(kde_said(KIOSLAVERC, PLAIN))[0] == "http://web.example.com:3128"


def test_kde_knows_exceptions_and_their_reverse() -> None:
    inside = Target("https", "a.intra.org", 443)
    assert labels(kde_said(KIOSLAVERC, inside)) == []
    reverse = KIOSLAVERC.replace("ReversedException=false", "ReversedException=true")
    assert labels(kde_said(reverse)) == []
    assert len(labels(kde_said(reverse, inside))) == 2


@pytest.mark.parametrize(
    ("kind", "source"), [("0", None), ("2", Source.PAC), ("3", Source.WPAD), ("9", None)]
)
def test_kde_follows_a_script_or_detects_or_does_nothing(kind: str, source: Source | None) -> None:
    answer = kde_said(KIOSLAVERC.replace("ProxyType=1", f"ProxyType={kind}"))
    assert answer.routes == ()
    assert (answer.pac.source if answer.pac else None) is source


def test_kde_may_name_variables_instead_of_addresses() -> None:
    text = "[Proxy Settings]\nProxyType=4\nhttpsProxy=MY_PROXY\nNoProxyFor=MY_LIST\n"
    assert labels(kde_said(text, MY_PROXY="http://proxy:1")) == ["http://proxy:1"]
    assert labels(kde_said(text, MY_PROXY="http://proxy:1", MY_LIST="example.com")) == []
    assert labels(kde_said(text)) == []


def test_the_user_overrides_the_system_of_kde(tmp_path: Path) -> None:
    system, user = tmp_path / "xdg", tmp_path / "home" / ".config"
    for folder, text in ((system, KIOSLAVERC), (user, "[Proxy Settings]\nhttpsProxy=http://mine 1\n")):
        folder.mkdir(parents=True)
        (folder / "kioslaverc").write_text(text)
    environ = {"XDG_CONFIG_DIRS": str(system), "HOME": str(tmp_path / "home")}
    assert labels(kde.Kde(environ).ask(DESK)) == ["http://mine:1", "socks5://socks.example.com:1081"]


def test_without_its_file_kde_cannot_be_asked(tmp_path: Path) -> None:
    (tmp_path / "kioslaverc").mkdir()
    with pytest.raises(CannotAsk, match="no KDE proxy settings"):
        kde.Kde({"XDG_CONFIG_DIRS": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}).ask(DESK)


@given(st.text(max_size=120), st.text(alphabet="[]$e=:/# \nab1", max_size=80))
@settings(max_examples=150)
def test_whatever_a_kioslaverc_holds_is_read(text: str, more: str) -> None:
    kde_said(f"[Proxy Settings]\nProxyType=1\nhttpsProxy={text}\n{more}\n")


@given(
    st.sampled_from(["http", "https", "socks5"]),
    st.from_regex(r"[a-z]{1,9}\.[a-z]{1,9}", fullmatch=True),
    st.integers(1, 65535),
)
@settings(max_examples=40)
def test_a_proxy_of_kde_is_read_as_it_was_written(scheme: str, host: str, port: int) -> None:
    text = f"[Proxy Settings]\nProxyType=1\nhttpsProxy={scheme}://{host} {port}\n"
    [route] = kde_said(text).routes
    assert (route.scheme, route.host, route.port) == (Scheme(scheme), host, port)
