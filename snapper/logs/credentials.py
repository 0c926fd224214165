"""Passwords and codes in a note: whether one seems to stand there. Nothing is removed here."""

from __future__ import annotations

import re

from snapper.language import _
from snapper.logs.problem_table import plain

_NOTE_CHARS = 20_000

# As plain() leaves them: without accents.
_SECRET = (
    r"(?:\bpass ?words?|\bpass ?codes?|\bpasswd|\bpwd|\bpw|\bpass ?phrase|\bpin|\bpasswort|\bkennwort|"
    r"\bcontrasena|\bclave|\b(?:security|login|access|sms|authenticat(?:or|ion)) codes?|"
    r"\b(?:sicherheits|zugangs)code|\bcodice (?:di )?(?:accesso|sicurezza|temporaneo)|"
    r"\bcodigo de (?:acceso|seguridad)|密码|口令|验证码|安全代码)"
)
_IS = r"(?:is\b|was\b|ist\b|lautet\b|war\b|es\b|era\b|e\b|=|:|是|为)"
_TOLD = re.compile(
    rf"{_SECRET}\s*{_IS}\s*[\"'(]?(?P<value>[^\s\"',;)]{{3,}})|"
    rf"{_SECRET}\s+[\"']?(?P<bare>(?=\S*\d)(?=\S*[a-z])[\x21-\x7e]{{6,}}|\d{{4,8}}\b)",
    re.IGNORECASE,
)
_SURE = re.compile(r"otpauth://|/pw[:=]\S|\bIbPassword=\S|-----BEGIN [A-Z ]*PRIVATE KEY", re.IGNORECASE)
_SIGNS = re.compile(r"[\W_]+")
# What is said about a password, and is none.
_ORDINARY = re.compile(
    r"a|about|again|all|already|also|always|an|and|asked|being|blocked|broken|case|changed|completely|"
    r"correct(?:ly)?|denied|different|entered|even|expired|failing|false|fine|for|forgotten|gone|good|ignored|"
    r"incorrect|invalid|just|known|locked|longer|lost|missing|my|never|new|not|now|okay|old|only|accepted|"
    r"refused|rejected|required|reset|right|saved|still|stolen|strong|taken|that|the|there|this|too|typed|"
    r"unchanged|unknown|unrecogni[sz]ed|used|valid|very|what|why|working|wrong|your|"
    r"abgelaufen|abgelehnt|akzeptiert|auch|das|der|die|eine?|falsch|gesperrt|gestohlen|immer|kein|korrekt|"
    r"nicht|noch|richtig|schon|unguel?tig|ungultig|vergessen|verloren|weg|wird|"
    r"bloccat[ao]|corrett[ao]|dimenticat[ao]|errat[ao]|giust[ao]|non|pers[ao]|scadut[ao]|sbagliat[ao]|"
    r"smarrit[ao]|stat[ao]|valid[ao]|"
    r"bloquead[ao]|caducad[ao]|correct[ao]|incorrect[ao]|invalid[ao]|olvidad[ao]|perdid[ao]|rechazad[ao]|"
    r"siempre|todavia"
)


def asks_for_secrets(note: str) -> str | None:
    """A sentence that asks to take a password or code out of the note, if one seems to stand in it."""
    text = plain(note[:_NOTE_CHARS])
    if _SURE.search(text) or any(map(_tells, _TOLD.finditer(text))):
        return _(
            "Your note seems to hold a password or a code. Please take it out: support never needs it, and "
            "gives help with the login by telephone only."
        )
    return None


def _tells(found: re.Match[str]) -> bool:
    """Whether it is a value, and not a word about one: “is hunter2”, but “is wrong” not."""
    value = found["value"]
    if value is None:
        return True
    word = _SIGNS.sub("", value.lower())
    return value.isascii() and (not word or not _ORDINARY.fullmatch(word))
