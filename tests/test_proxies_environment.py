"""Proxies in environment variables."""

from __future__ import annotations

import pytest

from snapper.delivery.causes import Cause
from snapper.delivery.proxies.answer import Target
from snapper.delivery.proxies.environment import Environment, routes
from snapper.delivery.route import Source

DESK = "https://desk.example.com/api"


def labels(url: str = DESK, **environ: str) -> list[str]:
    return [route.label for route in routes(url, environ)]


def test_no_variable_names_no_proxy() -> None:
    assert labels() == []


def test_the_variable_of_the_scheme_goes_before_the_one_for_all() -> None:
    environ = {"HTTPS_PROXY": "a:1", "ALL_PROXY": "socks5://b:2", "http_proxy": "c:3"}
    assert labels(**environ) == ["http://a:1", "socks5://b:2"]
    assert labels("http://desk.example.com", **environ) == ["http://c:3", "socks5://b:2"]


def test_lower_case_wins_unless_it_is_empty() -> None:
    assert labels(HTTPS_PROXY="upper:1", https_proxy="lower:1") == ["http://lower:1"]
    assert labels(HTTPS_PROXY="upper:1", https_proxy=" ") == ["http://upper:1"]


def test_each_route_says_which_variable_named_it() -> None:
    [route] = routes(DESK, {"ALL_PROXY": "proxy:1"})
    assert (route.source, route.named_by) == (Source.ENVIRONMENT, "the environment variable ALL_PROXY")


def test_a_host_on_the_list_is_reached_without_a_proxy() -> None:
    assert labels(HTTPS_PROXY="a:1", NO_PROXY="*.example.com") == []
    assert labels(HTTPS_PROXY="a:1", NO_PROXY="example.com", no_proxy="other.org") == ["http://a:1"]
    assert labels(HTTPS_PROXY="a:1", NO_PROXY="example.com", no_proxy="") == []


def test_the_header_of_a_request_is_no_variable() -> None:
    """Behind a web server, HTTP_PROXY is what a stranger sent as `Proxy:`."""
    url = "http://desk.example.com"
    assert labels(url, HTTP_PROXY="a:1") == ["http://a:1"]
    assert labels(url, HTTP_PROXY="a:1", REQUEST_METHOD="GET") == []


def test_a_variable_that_cannot_be_read_is_a_trouble_and_hides_no_other() -> None:
    answer = Environment({"https_proxy": "http://u:c4nary@:x", "all_proxy": "b:2"}).ask(Target.of(DESK))
    assert [route.label for route in answer.routes] == ["http://b:2"]
    [trouble] = answer.troubles
    assert "https_proxy" in trouble.sentence
    assert "c4nary" not in repr(answer)


def test_socks_4_is_refused_in_words() -> None:
    answer = Environment({"all_proxy": "socks4://b:2"}).ask(Target.of(DESK))
    assert answer.troubles[0].cause is Cause.PROXY_WRONG_KIND
    assert "SOCKS 4" in answer.troubles[0].sentence


@pytest.mark.parametrize("value", ["\x00", "\udcff", "%", "@", "://", "http://[", "a" * 9999, "http://u:p@"])
def test_hostile_values_raise_nothing(value: str) -> None:
    answer = Environment({"HTTPS_PROXY": value, "NO_PROXY": value}).ask(Target.of(DESK))
    assert answer.routes == ()
