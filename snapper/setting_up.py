"""Setting up a destination: what people paste as answers, the answers tried out, and what is wrong in words.

Nothing is asked, printed or written here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from snapper import checks, connect
from snapper.config import Settings
from snapper.delivery import tokens
from snapper.delivery.causes import Cause
from snapper.delivery.endpoints.adapter import NoneOfThese
from snapper.destinations import DESK, Destination
from snapper.errors import DeliveryError, NeedsAttention, Refused, SnapperError, UsageError
from snapper.language import Sentence, _, in_english, together
from snapper.systems import SYSTEMS, Option, System

ADDRESS, LOGIN, TOKEN, NOTHING = "url", "login", "token", ""  # what may be wrong, beside the keys of options

# Where a system's own pages begin behind its address; those that fill a whole host have nothing in front.
_PAGES = {
    "desk": r"/(?:tickets|sign-in|sign-out|api)(?:/|$)",
    "rt": r"/(?:Ticket|Search|SelfService|Prefs|Admin|Dashboards|Tools|Articles|Asset|User|Reports|REST|"
    r"NoAuth|m|index\.html)(?:/|$)",
    "redmine": r"/(?:issues|projects|my|login|users|news|activity|search|admin|settings|time_entries|roadmap|"
    r"account|attachments)(?:[/.]|$)",
    "roundup": r"/(?:(?:issue|user|msg|file|keyword|query)[0-9]*|home|index|rest)(?:/|$)",
    "jira_sm": r"/(?:browse|servicedesk|projects|secure|issues|plugins|rest|login\.jsp)(?:/|$)",
    "rageshake": r"/api(?:/|$)",
}
_WHOLE_HOST = ("zammad", "zendesk", "freshdesk", "gitlab", "servicenow")
_CLOUD = ".atlassian.net"  # there, what a server has behind its address are pages

_WRONG_ADDRESS = (
    Cause.DNS_UNKNOWN, Cause.REFUSED, Cause.WRONG_HOST, Cause.NOT_TLS, Cause.MIDDLEBOX, Cause.CAPTIVE_PORTAL,
    Cause.SERVER_SILENT, Cause.DROPPED,
)  # fmt: skip
_COPY = _("Copy the address from a browser that shows one of its pages.")


@dataclass(frozen=True)
class Trial:
    """How trying out a destination went: what it says of itself, or what is wrong, what to do about it, and
    which answer it is (`ADDRESS`, `LOGIN`, `TOKEN`, an option's key, or `NOTHING` that was answered)."""

    said: str = ""
    problem: str = ""
    remedy: str = ""
    suspect: str = NOTHING
    token_refused: bool = False


# --- answers ----------------------------------------------------------------------------------------------


def address(system: str, text: str) -> str:
    """A system's address out of that of any of its pages, as far as its kind of pages is known.

    Raises UsageError with what an address must be.
    """
    text = text.strip()
    if text and "://" not in text:
        text = f"https://{text}"
    whole = re.split(r"[?#]", text, maxsplit=1)[0].rstrip("/")
    try:
        host, path = (urlsplit(whole).hostname or ""), urlsplit(whole).path
        return checks.web_address(whole[: len(whole) - len(path)] + _above_pages(system, host, path))
    except ValueError as error:
        # Translators: “The address must be …”
        called = _("The address")
        wrong = _("The address must be a web address.")
        raise UsageError(
            error.of(called) if isinstance(error, checks.Wrong) else wrong,
            # Translators: an example of a web address
            _("Such as {address}").format(address=SYSTEMS[system].address),
        ) from error


def _above_pages(system: str, host: str, path: str) -> str:
    if system in _WHOLE_HOST or (system == "jira_sm" and host.endswith(_CLOUD)):
        return ""
    pages = _PAGES.get(system)
    found = re.search(pages, path) if pages else None
    return path[: found.start()] if found else path


def token(about: System, text: str) -> str:
    """A token as it was pasted, without what was pasted along. Raises UsageError."""
    text = text.strip("\r\n") if about.login else text.strip()
    if not text.isprintable():
        raise UsageError(_("There is a character in the token that cannot be seen."), _("Copy it once more."))
    if not about.login:
        try:
            return checks.token(text)
        except ValueError as error:
            raise UsageError(
                _("A token has no spaces and no accents."), _("Copy it as it is shown.")
            ) from error
    return text


def option(wanted: Option, text: str) -> str:
    """An answer to the question for an option. Raises UsageError."""
    text = text.strip()
    if wanted.required and not text:
        raise UsageError(_("It needs this: {about}.").format(about=wanted.about))
    if wanted.default in ("yes", "no"):
        text = {"y": "yes", "n": "no"}.get(text.casefold(), text.casefold())
        if text not in ("yes", "no"):
            # Translators: “yes” and “no” are typed like this in every language.
            raise UsageError(_("The answer is yes or no."))
    return text


def usual_name(system: str, taken: Iterable[str]) -> str:
    """A name for a destination that nobody named, and that is short on a command line."""
    usual = system.partition("_")[0]
    there = {name.casefold() for name in taken}
    numbered = (f"{usual}-{number}" for number in range(2, len(there) + 3))
    return next(name for name in (usual, *numbered) if name not in there)


def name(text: str, system: str) -> str:
    """A name as somebody gave it. Raises UsageError."""
    text = text.strip()
    if not 0 < len(text) <= 60 or not text.isprintable():
        raise UsageError(_("A name has 1 to 60 characters."))
    if text.casefold() == DESK and system != DESK:
        raise UsageError(_("“desk” is the name of the snapper desk."), _("Choose another one."))
    return text


def in_use(settings: Settings) -> tuple[Destination, ...]:
    """The destinations that somebody set up, the usual one first.

    The desk of the defaults is one of them only where reports go to it, or where a setting names it.
    """
    usual = settings.destination()
    named = any(settings.is_said(f"delivery.{key}") for key in ("url", "token"))
    others = [
        each
        for each in settings.destinations
        if each != usual and (named or each in settings.others or each.name != DESK)
    ]
    return (usual, *others)


# --- trying out -------------------------------------------------------------------------------------------


def try_out(settings: Settings, destination: Destination, token: str) -> Trial:
    """Ask a destination who it is, whether it knows the token, and whether what the answers name is there."""
    others = tuple(each for each in settings.others if each.name.casefold() != destination.name.casefold())
    # A token in the settings is the old one.
    tried = replace(settings, others=(*others, destination), delivery_to=destination.name, delivery_token="")
    try:
        with tokens.trying(destination, token):
            return Trial(connect.endpoint(tried, destination.name).probe())
    except DeliveryError as error:
        return trial_of(error, destination)
    except SnapperError as error:  # an authority's file, a proxy: settings that are older than the answers
        return Trial(problem=error.sentence, remedy=error.remedy)
    except Exception:  # noqa: BLE001 - an answer that is JSON, but not the system's, may trip its reader anywhere
        return Trial(problem=_another(destination), remedy=_COPY, suspect=ADDRESS)


def check(settings: Settings, destination: Destination) -> Trial:
    """Ask a destination of the settings the same."""
    try:
        return Trial(connect.endpoint(settings, destination.name).probe())
    except DeliveryError as error:
        trial = trial_of(error, destination)
        return replace(trial, remedy=error.remedy) if trial.suspect == TOKEN else trial
    except SnapperError as error:
        return Trial(problem=error.sentence, remedy=error.remedy)
    except Exception:  # noqa: BLE001 - as above: the others are to be heard all the same
        return Trial(problem=_another(destination), remedy=_COPY, suspect=ADDRESS)


def trial_of(error: DeliveryError, destination: Destination) -> Trial:
    """What is wrong, in the words of somebody who is just setting it up."""
    about, cause = destination.about, error.obstacle.cause
    if cause == Cause.TOKEN_REFUSED:
        refused = "config token" in in_english(error.remedy)
        again = _("Put it in once more.")
        remedy = together((about.token, again)) if refused else error.remedy
        return Trial(problem=_ended(error.sentence), remedy=remedy, suspect=TOKEN, token_refused=refused)
    if cause in (Cause.MIDDLEBOX, Cause.CAPTIVE_PORTAL):
        return Trial(problem=_who_answers(error, destination), remedy=_COPY, suspect=ADDRESS)
    if cause == Cause.REFUSED:
        told = _("Nothing answers at {host}: the connection is refused.")
        remedy = _(
            "Perhaps it is switched off. Else: Copy the address from a browser that shows one of its pages."
        )
        return Trial(problem=told.format(host=_host(destination)), remedy=remedy, suspect=ADDRESS)
    if cause in _WRONG_ADDRESS:
        remedy = _("Check the address for a slip; a company's own system may want its VPN.")
        return Trial(problem=error.sentence, remedy=remedy, suspect=ADDRESS)
    if cause == Cause.TLS_UNKNOWN_CA:
        remedy = _("If your company has an authority of its own, name its file in delivery.ca_file.")
        return Trial(problem=error.sentence, remedy=remedy)
    if isinstance(error, Refused) and not cause:
        return Trial(problem=_another(destination), remedy=_COPY, suspect=ADDRESS)
    suspect = _option_in(error, destination) if isinstance(error, NeedsAttention) else NOTHING
    remedy = error.remedy
    if isinstance(error, NoneOfThese) and error.names:
        remedy = _("There are: {names}.").format(names=error.names)
    return Trial(problem=_ended(error.sentence), remedy=remedy, suspect=suspect)


def _ended(sentence: str) -> str:
    """A sentence that may end with what a system said."""
    return sentence if sentence.endswith((".", "!", "?", "…", "。")) else f"{sentence}."


def _who_answers(error: DeliveryError, destination: Destination) -> Sentence:
    """What answers in place of a ticket system, by what it calls itself if it does."""
    english = in_english(error.sentence)
    who = re.match(r"(something that calls itself )?“(.*?)” answers ", english, re.IGNORECASE)
    if not who:
        return _another(destination)
    told = _("“{name}” answers at {host}, not {system}.")
    if who[1]:
        told = _("Something that calls itself “{name}” answers at {host}, not {system}.")
    return told.format(name=who[2], host=_host(destination), system=destination.about.title)


def _another(destination: Destination) -> Sentence:
    told = _("What answers at {host} is not {system}.")
    return told.format(host=_host(destination), system=destination.about.title)


def _host(destination: Destination) -> str:
    return urlsplit(destination.url).netloc


def _option_in(error: NeedsAttention, destination: Destination) -> str:
    """The option that an error speaks of: the one whose value it quotes, or the first that must be given."""
    options, said = destination.about.options, in_english(error.sentence)
    quoted = [
        each.key
        for each in options
        if (value := destination.option(each.key)) not in ("", "yes", "no") and f"“{value}”" in said
    ]
    return next(iter((*quoted, *(each.key for each in options if each.required))), NOTHING)
