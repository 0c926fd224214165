"""What names a proxy, all mechanisms together; the desktop's portal on a D-Bus of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snapper.delivery import proxies
from snapper.delivery.causes import Cause
from snapper.delivery.proxies import Named, named
from snapper.delivery.proxies.answer import WPAD, Answer, CannotAsk, Target
from snapper.delivery.proxies.environment import Environment
from snapper.delivery.proxies.portal import Portal
from snapper.delivery.route import Login, Route, Scheme, Source

DESK = "https://desk.example.com/api"
TARGET = Target.of(DESK)
CANARY = "c4nary-Pa55"


def ask(
    setting: str = "auto", pac: str = "", url: str = DESK, platform: str = "linux", **environ: str
) -> Named:
    return named(url, setting=setting, pac=pac, environ=environ, platform=platform)


class Says:
    """A mechanism that says what it is told."""

    def __init__(self, name: str, answer: Callable[[], Answer]) -> None:
        self.name = name
        self._answer = answer

    def ask(self, target: Target) -> Answer:
        return self._answer()


def of_system(monkeypatch: pytest.MonkeyPatch, *mechanisms: Says) -> None:
    monkeypatch.setattr(proxies, "_of_system", lambda platform, environ: mechanisms)


def system(label: str, source: Source = Source.SYSTEM, name: str = "desk settings") -> Says:
    host, _, port = label.partition(":")
    return Says(name, lambda: Answer((Route(Scheme.HTTP, host, int(port), source, name),)))


# --- settings ----------------------------------------------------------------------------------------------


def test_a_proxy_by_setting_is_the_only_one() -> None:
    found = ask("socks5://proxy.example:1", "http://pac/x", HTTPS_PROXY="other:1", NO_PROXY="*")
    assert [(route.label, route.source) for route in found.routes] == [
        ("socks5://proxy.example:1", Source.SETTING)
    ]
    assert found.pac is None


def test_direct_by_setting_is_direct_and_nothing_else() -> None:
    found = ask("direct", HTTPS_PROXY="other:1")
    assert [(route.scheme, route.source) for route in found.routes] == [(Scheme.DIRECT, Source.SETTING)]


def test_a_setting_that_cannot_be_read_is_told() -> None:
    found = ask("socks4://proxy.example:1")
    assert found.routes == ()
    assert found.troubles[0].cause is Cause.PROXY_WRONG_KIND
    assert "snapper's settings" in found.troubles[0].sentence


@pytest.mark.parametrize(("pac", "source"), [("http://pac/x.pac", Source.PAC), (WPAD, Source.WPAD)])
def test_a_proxy_file_by_setting_goes_before_that_of_the_system(
    monkeypatch: pytest.MonkeyPatch, pac: str, source: Source
) -> None:
    other = proxies.PacAddress("http://other/", Source.PAC, "the system")
    of_system(monkeypatch, Says("system", lambda: Answer(pac=other)))
    found = ask(pac=pac).pac
    assert found
    assert (found.address, found.source) == (pac, source)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "https://localhost/", "http://[::1]:1/"])
def test_this_computer_is_never_reached_through_a_proxy(url: str) -> None:
    assert ask("http://proxy:1", WPAD, url, HTTP_PROXY="a:1", ALL_PROXY="a:1") == Named()


# --- all together ------------------------------------------------------------------------------------------


def test_variables_do_not_hide_the_settings_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    of_system(monkeypatch, system("os:1"))
    found = ask(HTTPS_PROXY="env:2", NO_PROXY="other.org")
    assert [route.label for route in found.routes] == ["http://os:1", "http://env:2"]
    assert [route.label for route in ask(NO_PROXY="*").routes] == ["http://os:1"]


def test_a_proxy_that_two_name_is_the_trusted_ones_with_the_others_login(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of_system(monkeypatch, system("proxy:1"))
    [route] = ask(HTTPS_PROXY=f"http://jo:{CANARY}@proxy:1").routes
    assert (route.source, route.login) == (Source.SYSTEM, Login("jo", CANARY))


def test_no_answer_shows_a_password() -> None:
    environ = {
        "HTTPS_PROXY": f"http://jo:{CANARY}@proxy:1",
        "ALL_PROXY": f"socks4://jo:{CANARY}@proxy:1",
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path=/{CANARY}",
    }
    assert CANARY not in repr(ask(**environ))
    assert CANARY not in repr(ask(f"http://jo:{CANARY}@proxy:1"))
    assert CANARY not in repr(ask(f"socks4://jo:{CANARY}@proxy:1"))
    assert CANARY not in repr(ask(pac=f"http://jo:{CANARY}@pac/x.pac"))


def test_every_mechanism_says_what_it_said_or_why_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot() -> Answer:
        raise CannotAsk("there is none")

    def breaks() -> Answer:
        raise KeyError(CANARY)

    of_system(monkeypatch, Says("one", cannot), Says("two", breaks))
    one, two, variables = ask(HTTPS_PROXY="env:2", ALL_PROXY="socks4://x").asked
    assert (one.can, one.said) == (False, "there is none")
    assert (two.can, CANARY in two.said) == (False, False)
    assert variables.can
    assert variables.said.startswith(
        "names http://env:2. The proxy address in the environment variable ALL_PROXY"
    )


def test_a_mechanism_that_hangs_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hangs() -> Answer:
        released.wait(60)
        return Answer()

    of_system(monkeypatch, Says("slow", hangs))
    found = ask(HTTPS_PROXY="env:2")
    assert not released.is_set()
    released.set()
    assert [route.label for route in found.routes] == ["http://env:2"]
    assert (found.asked[0].can, "no answer" in found.asked[0].said) == (False, True)


def test_a_file_named_by_an_address_goes_before_detection(monkeypatch: pytest.MonkeyPatch) -> None:
    detected = proxies.PacAddress(WPAD, Source.WPAD, "one")
    written = proxies.PacAddress("http://pac/", Source.PAC, "two")
    of_system(
        monkeypatch, Says("one", lambda: Answer(pac=detected)), Says("two", lambda: Answer(pac=written))
    )
    assert ask().pac == written


@pytest.mark.parametrize(
    ("platform", "desktop", "names"),
    [
        ("win32", "", ["Windows proxy settings"]),
        ("darwin", "", ["macOS proxy settings"]),
        ("linux", "", ["GNOME proxy settings", "desktop portal"]),
        ("linux", "ubuntu:GNOME", ["GNOME proxy settings", "desktop portal"]),
        ("linux", "KDE", ["KDE proxy settings", "desktop portal"]),
    ],
)
def test_each_system_has_its_own_mechanisms(platform: str, desktop: str, names: list[str]) -> None:
    chosen = proxies._mechanisms(platform, {"XDG_CURRENT_DESKTOP": desktop})
    assert [each.name for each in chosen] == [*names, Environment.name]


# --- the portal --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def portal(*answers: str) -> Iterator[dict[str, str]]:
    """The variables of a session whose portal answers so; no answers mean a session without a portal."""
    if not shutil.which("dbus-daemon"):
        pytest.skip("dbus-daemon is missing: Debian package dbus")
    with contextlib.ExitStack() as stack:
        config = f"--config-file={Path(__file__).with_name('bus.conf')}"
        bus = stack.enter_context(_started("dbus-daemon", config, "--nofork", "--print-address=1"))
        assert bus.stdout
        environ = {"DBUS_SESSION_BUS_ADDRESS": bus.stdout.readline().strip()}
        if answers:
            script = str(Path(__file__).with_name("proxy_portal.py"))
            served = stack.enter_context(_started(sys.executable, script, *answers, environ=environ))
            assert served.stdout
            assert served.stdout.readline() == "ready\n"
        yield environ


@contextlib.contextmanager
def _started(*command: str, environ: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environ or {})}
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_portal_is_asked_and_told_no_path() -> None:
    with portal("http://proxy:3128", "socks://other:1080", "direct://", "socks4://old") as environ:
        answer = Portal(environ).ask(Target.of("https://u:p@desk.example.com/secret"))
    assert [route.label for route in answer.routes] == ["http://proxy:3128", "socks5://other:1080"]
    assert [trouble.cause for trouble in answer.troubles] == [Cause.PROXY_WRONG_KIND]


@pytest.mark.parametrize(
    ("answers", "why"), [((), "no portal"), (("refuse",), "no portal"), (("never",), "no answer")]
)
def test_a_portal_that_says_nothing_cannot_be_asked(answers: tuple[str, ...], why: str) -> None:
    with portal(*answers) as environ, pytest.raises(CannotAsk, match=why):
        Portal(environ).ask(TARGET)


@pytest.mark.parametrize("address", ["", "unix:path=/nowhere", "tcp:host=a", "nonsense", ";"])
def test_without_a_session_there_is_no_portal(address: str) -> None:
    with pytest.raises(CannotAsk):
        Portal({"DBUS_SESSION_BUS_ADDRESS": address}).ask(TARGET)


@pytest.mark.parametrize(
    ("settings", "source"),
    [
        (Answer(), Source.WPAD),
        (Answer(pac=proxies.PacAddress(WPAD, Source.WPAD, "x")), Source.WPAD),
        (Answer(pac=proxies.PacAddress("http://pac/", Source.PAC, "x")), Source.PAC),
        (Answer((Route(Scheme.HTTP, "b", 1, Source.SYSTEM, "x"),)), Source.SYSTEM),
        (
            Answer(
                (Route(Scheme.HTTP, "b", 1, Source.SYSTEM, "x"),),
                proxies.PacAddress(WPAD, Source.WPAD, "x"),
            ),
            Source.WPAD,
        ),
    ],
)
def test_what_the_portal_names_is_trusted_only_where_settings_name_it(
    monkeypatch: pytest.MonkeyPatch, settings: Answer, source: Source
) -> None:
    """It follows detection without saying so: the user's own sign-in must not go to whoever answered."""
    of_system(monkeypatch, Says("settings", lambda: settings), system("a:1", Source.WPAD, Portal.name))
    route = next(route for route in ask().routes if route.host == "a")
    assert (route.source, route.single_sign_on) == (source, source is not Source.WPAD)


def test_without_any_settings_the_portal_is_not_trusted() -> None:
    with portal("http://proxy:3128") as environ:
        environ = {**environ, "PATH": "/nowhere"}
        [route] = named(DESK, setting="auto", pac="", environ=environ, platform="linux").routes
    assert (route.label, route.single_sign_on) == ("http://proxy:3128", False)


def test_a_portal_that_hangs_is_given_up_within_the_time_of_all() -> None:
    with portal("never") as environ:
        begun = time.monotonic()
        found = ask(**environ, HTTPS_PROXY="env:1", PATH=os.environ["PATH"])
        assert time.monotonic() - begun < 10  # for a machine that is busy; the limit itself is 0.9 s
    assert [route.label for route in found.routes] == ["http://env:1"]
