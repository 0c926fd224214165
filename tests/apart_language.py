"""A language that has a sign around every message, but not around what is filled into it: so that shows, too,
where it is no message itself."""

from __future__ import annotations

import gettext
import re

_PLACE = re.compile(r"(\{\w+\})")
_INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")


class Apart(gettext.NullTranslations):
    """Every message with the sign around the words between its places."""

    def gettext(self, message: str) -> str:
        """One message."""
        pieces = _PLACE.split(message)
        return "".join(each if not each or _PLACE.fullmatch(each) else f"⟦{each}⟧" for each in pieces)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """One message with a count."""
        return self.gettext(msgid1 if n == 1 else msgid2)


def in_no_message(text: str) -> set[str]:
    """The words that are in no message."""
    while (rest := _INNERMOST.sub(" ", text)) != text:
        text = rest
    return set(re.findall(r"\w*[a-z]\w*", text))
