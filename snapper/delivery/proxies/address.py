"""A proxy's address as people and systems write it: `http://user:password@proxy.example:3128`. Pure.

What cannot be read is told without its text: it may hold a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from snapper.delivery.causes import Cause
from snapper.delivery.proxies.answer import Answer, PacAddress, Trouble, in_words
from snapper.delivery.route import Login, Route, Scheme, Source
from snapper.hosts import ascii_host, is_host, split_port
from snapper.language import Sentence, _

# The port of an address without one. In a variable it means what it means to curl, which brought
# the variables up: 1080, and 443 over TLS. Browsers and systems take the protocol's own.
CURL_PORTS = {Scheme.HTTP: 1080, Scheme.HTTPS: 443, Scheme.SOCKS5: 1080}
BROWSER_PORTS = {Scheme.HTTP: 80, Scheme.HTTPS: 443, Scheme.SOCKS5: 1080}

# By SOCKS the proxy always resolves the host: many networks behind one know no outside names.
_SCHEMES = {
    "http": Scheme.HTTP, "https": Scheme.HTTPS,
    "socks": Scheme.SOCKS5, "socks5": Scheme.SOCKS5, "socks5h": Scheme.SOCKS5,
}  # fmt: skip
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LENGTH_MAX = 2048
# Translators: {named_by} is a place in the settings, such as “the Windows proxy settings”.
_UNREADABLE = _(
    "The proxy address in {named_by} cannot be read. It should look like http://proxy.example:3128."
)
# Translators: {named_by} is a place in the settings, such as “the Windows proxy settings”.
_NO_COMPUTER = _(
    "The proxy address in {named_by} names no computer. It should look like http://proxy.example:3128."
)
# Translators: {named_by} is a place in the settings, such as “the Windows proxy settings”.
_SOCKS_4 = _(
    "The proxy address in {named_by} is for SOCKS 4, which snapper does not speak. "
    "Ask your IT department for a SOCKS 5 or HTTP proxy."
)
# Translators: {named_by} is a place in the settings, such as “the Windows proxy settings”.
_UNKNOWN_KIND = _(
    "The proxy address in {named_by} begins with a kind of proxy that snapper does not know. "
    "It should begin with http://, https:// or socks5://."
)
# Translators: {named_by} is a place in the settings, such as “the Windows proxy settings”.
_CONTROL_IN_LOGIN = _(
    "The proxy address in {named_by} has a user name or password with a control character. Write it anew."
)


class NoProxyAddress(Exception):
    """A text does not name a proxy that could be used; `sentence` says why, and lacks `{named_by}`."""

    def __init__(self, sentence: Sentence, cause: Cause = Cause.PROXY_UNREACHABLE) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.cause = cause

    def trouble(self, named_by: str) -> Trouble:
        """The same, with the place where the text stands."""
        return Trouble(self.sentence.format(named_by=named_by), self.cause)


def read_route(
    text: str,
    source: Source,
    named_by: str,
    *,
    scheme: Scheme = Scheme.HTTP,
    ports: Mapping[Scheme, int] = BROWSER_PORTS,
) -> Route:
    """The route through the proxy of an address; `scheme` is for one that has none. Raises NoProxyAddress."""
    text = text.strip().strip("\"'").strip()
    if not text or len(text) > _LENGTH_MAX or _CONTROL.search(text):
        raise NoProxyAddress(_UNREADABLE)
    if found := _SCHEME.match(text):
        scheme, text = _scheme(found[1].lower()), text[found.end() :]
    login, _, place = text.rpartition("@")  # a password may hold an @ or a slash
    try:
        host, port = split_port(re.split("[/?#]", place, maxsplit=1)[0])
    except ValueError as error:
        raise NoProxyAddress(_UNREADABLE) from error
    host = ascii_host(host)
    if not is_host(host):
        raise NoProxyAddress(_NO_COMPUTER)
    return Route(scheme, host, port or ports[scheme], source, named_by, _login(login))


def answer_from(
    addresses: Iterable[tuple[Scheme, str]],
    source: Source,
    named_by: str,
    pac: PacAddress | None = None,
    *,
    ports: Mapping[Scheme, int] = BROWSER_PORTS,
) -> Answer:
    """What settings say that hold these addresses, each with the scheme it has unless it says so itself."""
    routes: list[Route] = []
    troubles: list[Trouble] = []
    for scheme, address in addresses:
        try:
            routes.append(read_route(address, source, named_by, scheme=scheme, ports=ports))
        except NoProxyAddress as problem:
            troubles.append(problem.trouble(named_by))
    return Answer(tuple(routes), pac, tuple(troubles), in_words(tuple(routes), pac))


def _scheme(name: str) -> Scheme:
    if name.startswith("socks4"):
        raise NoProxyAddress(_SOCKS_4, Cause.PROXY_WRONG_KIND)
    if name not in _SCHEMES:
        raise NoProxyAddress(_UNKNOWN_KIND, Cause.PROXY_WRONG_KIND)
    return _SCHEMES[name]


def _login(text: str) -> Login | None:
    user, _, password = (unquote(part) for part in text.partition(":"))
    if _CONTROL.search(user + password):
        raise NoProxyAddress(_CONTROL_IN_LOGIN)
    return Login(user, password) if user or password else None
