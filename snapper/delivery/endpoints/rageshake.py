"""rageshake (docs/api.md of github.com/matrix-org/rageshake).

One form takes everything, and says yes to it: what it dislikes is dropped without a word. What is sent as a
`file` is kept as it is if its name is of a few letters and types, so all files get such names. Nothing can be
looked up and nothing read back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from snapper.delivery.bodies import multipart
from snapper.delivery.endpoints import Ticket
from snapper.delivery.endpoints.adapter import Adapter, Landed
from snapper.delivery.endpoints.api import Api
from snapper.delivery.endpoints.literal import calling_nobody, fenced
from snapper.delivery.endpoints.names import mark_of
from snapper.delivery.http import Answer
from snapper.delivery.letter import Letter, Part
from snapper.language import _

_TYPE = re.compile(r"\.(jpg|png|txt|json|txt\.gz|json\.gz)$", re.IGNORECASE)
_STEM_CHARS = 180  # names of files on disk end at 255
_ALIVE = b"ok"


class Rageshake(Adapter):
    """One rageshake server, for the app that the settings name."""

    check_path = "/health"
    searches = False

    @property
    def headers(self) -> Mapping[str, str]:
        """It asks nobody who they are."""
        return {"Accept": "application/json"}

    def spoke(self, answer: Answer) -> bool:
        """JSON, or the one word of its health address."""
        return super().spoke(answer) or answer.body.strip() == _ALIVE

    def sent_as(self, name: str, tag: str) -> str:
        """Letters, digits, - and _, then one of its types; `.txt` for what is of another."""
        found = _TYPE.search(name)
        stem, kind = (name[: found.start()], found[0].lower()) if found else (name, ".txt")
        clean = re.sub(r"[^A-Za-z0-9_-]", "_", stem)[:_STEM_CHARS]
        return name if clean + kind == name else f"{clean}-{mark_of(name)}{kind}"

    def probe(self, api: Api) -> str:
        """Whether it is alive; it tells no more."""
        self._check_alive(api)
        return _("rageshake, app {app}").format(app=self.option("app"))

    def _check_alive(self, api: Api) -> None:
        answer = api.ask("GET", self.check_path)
        if answer.body.strip() != _ALIVE:
            raise api.problem(answer)

    def ticket(self, api: Api, number: str) -> Ticket | None:
        """There are none."""
        return None

    def find(self, api: Api, letter: Letter) -> Landed | None:
        """Nobody can look there."""
        return None

    def post(self, api: Api, letter: Letter) -> Landed:
        """One form, whose first line is the title where rageshake makes an issue of it; then it tells that
        issue's address. Whether it is there is asked first: nothing else tells a lost report from a kept one.
        """
        self._check_alive(api)
        fields: list[tuple[str, str | Part]] = [
            ("text", f"{calling_nobody(letter.subject)}\n\n{fenced(letter.text)}"),
            ("app", self.option("app")),
            ("report", letter.tag),
        ]
        files: list[tuple[str, str | Part]] = [("file", part) for part in letter.parts]
        made = api.content(api.commit("POST", "/api/submit", multipart([*fields, *files])))
        return Landed(letter.tag, str(made.get("report_url") or ""))


ADAPTER = Rageshake
