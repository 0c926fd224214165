"""The question for a proxy's login: it never takes the keyboard unasked, and keeps nothing of the answer."""

from __future__ import annotations

import pytest

from scripts.screen import VirtualScreen, wait_until
from tests.ui_process import UiProcess, ui

TITLE = "Sign in to the proxy – snapper"


def focused_on_it(screen: VirtualScreen) -> None:
    wait_until(lambda: screen.focused_title() == TITLE, "the focus in the window")


def shown(screen: VirtualScreen, window: UiProcess) -> None:
    wait_until(lambda: bool(screen.window("Sign in to the proxy")), "the window is there")


def test_appears_without_taking_the_keys_and_takes_them_when_clicked(screen: VirtualScreen) -> None:
    with ui(screen, "underneath") as below, ui(screen, "login") as window:
        wait_until(lambda: screen.focused_title() == "underneath", "focus below")
        screen.type("a")
        window.do("ask")
        shown(screen, window)
        screen.type("b")
        window.do("keyring", problem="")
        window.ask()
        screen.type("c")
        wait_until(lambda: below.events[-1].get("text") == "abc", "all letters below")
        left, top, width, _ = window.ask()["place"]
        screen.xdotool("mousemove", str(left + width // 2), str(top + 50), "click", "1")
        focused_on_it(screen)
        screen.type("anna")
        assert wait_until(lambda: window.ask()["user"], "the user name") == "anna"
        assert below.events[-1].get("text") == "abc"


def test_is_answered_by_keys_alone(screen: VirtualScreen) -> None:
    with ui(screen, "login") as window:
        window.do("ask", asked_for=True)
        window.do("keyring", problem="")
        focused_on_it(screen)
        screen.type("anna")
        screen.press("Return")
        wait_until(lambda: window.ask()["focus"] == "Password for the proxy", "the password's field")
        screen.type("pass word")
        assert window.ask()["shown"] == "●" * 9
        screen.press("alt+k")
        wait_until(lambda: window.ask()["keep"] == [True, False], "it is not to be kept")
        screen.press("Return")
        assert window.wait("signed_in") == {
            "event": "signed_in", "address": "proxy.example:3128",
            "user": "anna", "password": "pass word", "keep": False,
        }  # fmt: skip
        state = window.ask()
        assert (state["visible"], state["password"], state["address"]) == (False, "", "")
        assert window.count("later") == 0


def test_the_tab_key_goes_through_every_part_and_each_has_a_name(screen: VirtualScreen) -> None:
    with ui(screen, "login") as window:
        window.do("ask", asked_for=True, user="anna")
        window.do("keyring", problem="")
        shown(screen, window)
        assert window.ask("names")["names"] == [
            "User name for the proxy", "Password for the proxy", "Keep it in this computer's keyring",
            "Sign in", "Later",
        ]  # fmt: skip
        focused_on_it(screen)
        letters = [keys for keys, _ in window.ask("mnemonics")["found"]]
        assert sorted(letters) == ["Alt+K", "Alt+L", "Alt+P", "Alt+S", "Alt+U"]


def test_without_a_user_name_there_is_nothing_to_sign_in_with(screen: VirtualScreen) -> None:
    with ui(screen, "login") as window:
        window.do("ask", asked_for=True)
        focused_on_it(screen)
        screen.press("alt+p")
        screen.type("x")
        screen.press("Return")
        assert wait_until(lambda: window.ask()["password"], "the password") == "x"
        assert not window.ask()["sign_in"]
        assert window.count("signed_in") == 0


@pytest.mark.parametrize("way", ["key", "button", "cross"])
def test_every_way_of_closing_means_later_and_forgets_the_password(screen: VirtualScreen, way: str) -> None:
    with ui(screen, "login") as window:
        window.do("ask", asked_for=True, user="anna")
        focused_on_it(screen)
        screen.type("secret")
        wait_until(lambda: window.ask()["password"] == "secret", "the password")
        if way == "button":
            window.do("click", name="Later")
        else:
            screen.press("Escape" if way == "key" else "alt+F4")
        assert window.wait("later")["address"] == "proxy.example:3128"
        state = window.ask()
        assert (state["visible"], state["password"]) == (False, "")


def test_a_question_that_is_taken_back_is_not_answered_with_later(screen: VirtualScreen) -> None:
    with ui(screen, "login") as window:
        window.do("ask")
        window.do("withdraw")
        assert not window.ask()["visible"]
        assert window.count("later") == 0


def test_a_wrong_password_is_said_and_the_user_name_stays(screen: VirtualScreen) -> None:
    with ui(screen, "login") as window:
        window.do("ask", asked_for=True, user="CORP\\anna", wrong=True)
        focused_on_it(screen)
        state = window.ask()
        assert state["wrong"].startswith("The proxy did not accept the last user name and password.")
        assert (state["user"], state["focus"]) == ("CORP\\anna", "Password for the proxy")
        window.do("ask")
        assert window.ask()["wrong"] == ""


def test_keeping_is_offered_only_where_there_is_a_keyring(screen: VirtualScreen) -> None:
    with ui(screen, "login") as window:
        window.do("ask")
        state = window.ask()
        assert (state["keep"], state["reason"]) == ([False, False], "Looking for a keyring…")
        window.do("keyring", problem="This computer has no keyring.")
        state = window.ask()
        assert state["keep"] == [False, False]
        assert state["reason"] == "This computer has no keyring. The login is forgotten when snapper ends."
        window.do("keyring", problem="")
        state = window.ask()
        assert (state["keep"], state["reason"]) == ([True, True], "")


@pytest.mark.parametrize("dpi", ["96", "170"])
def test_nothing_is_cut_off_and_it_stays_on_the_screen(
    screen: VirtualScreen, dpi: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_FONT_DPI", dpi)
    with ui(screen, "login") as window:
        window.do("ask", address=f"{'a-very-long-name.' * 5}example:3128", wrong=True)
        window.do("keyring", problem="This computer has no keyring that snapper can use.")
        shown(screen, window)
        state = window.ask()
        assert state["cut_off"] == []
        left, top, width, height = state["place"]
        assert left >= 0 and top >= 0
        assert left + width <= 1280 and top + height <= 800
