"""Proxies in environment variables, as curl reads them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from snapper.delivery.proxies.address import CURL_PORTS, answer_from
from snapper.delivery.proxies.answer import Answer, Target, excepted, join
from snapper.delivery.proxies.exceptions import Exceptions
from snapper.delivery.route import Route, Scheme, Source
from snapper.language import _

# Behind a web server HTTP_PROXY may be the header `Proxy:` of a stranger's request.
_WEB_SERVER = "REQUEST_METHOD"


class Environment:
    """`HTTPS_PROXY` (`HTTP_PROXY` for http), then `ALL_PROXY`, unless `NO_PROXY` lists the host."""

    # Translators: a place where proxies are set; a colon follows.
    name = _("environment variables")

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def ask(self, target: Target) -> Answer:
        """What the variables say about a target."""
        exceptions = self._variable("no_proxy")
        if exceptions and Exceptions.of(self._environ[exceptions], domains=True).cover(target):
            return excepted(target, variable=exceptions)
        variables = filter(None, map(self._variable, (f"{target.scheme}_proxy", "all_proxy")))
        return join(self._answer(variable) for variable in variables)

    def _answer(self, variable: str) -> Answer:
        # Translators: a place where a proxy is set.
        named_by = _("the environment variable {name}").format(name=variable)
        address = (Scheme.HTTP, self._environ[variable])
        return answer_from([address], Source.ENVIRONMENT, named_by, ports=CURL_PORTS)

    def _variable(self, name: str) -> str:
        """Which spelling of a variable counts: lower case unless it is empty; "" when there is neither."""
        upper = name.upper()
        spellings = [name] if upper == "HTTP_PROXY" and _WEB_SERVER in self._environ else [name, upper]
        return next((each for each in spellings if self._environ.get(each, "").strip()), "")


def routes(target_url: str, environ: Mapping[str, str]) -> tuple[Route, ...]:
    """The proxies that variables name for a web address, in order. Raises ValueError when it is none."""
    return Environment(environ).ask(Target.of(target_url)).routes
