"""The words for every cause, once: what a trader reads, what to do about it, and what the IT department is
asked. Values in braces are filled in by diagnose.py."""

from __future__ import annotations

from dataclasses import dataclass

from snapper.delivery.causes import Cause
from snapper.language import Sentence, _, together

_NOTHING = Sentence("", "")


@dataclass(frozen=True)
class Words:
    """A sentence, a remedy, and a request to the IT department (“”: there is nothing to ask it)."""

    sentence: Sentence
    remedy: Sentence
    for_it: Sentence = _NOTHING


_ASK = _("Send the text for IT to your IT department, or save the report for sending by hand.")
_ALLOW = _("Please: allow connections from this computer to {server}.")
_READ_OR_SAVE = _("The text for IT says more; or save the report for sending by hand.")
# Translators: {pac} is a whole sentence.
_NO_OTHER_WAY = _("{pac} No other way leads to {host}.")
_IF_IT_KEEPS_FAILING = _(
    "It goes on from there. If it keeps failing: send the text for IT to your IT department, or save the "
    "report for sending by hand."
)
_ASK_WHETHER_IT_RUNS = _(
    "Ask support whether it is running; if it is: send the text for IT to your IT department, or save the "
    "report for sending by hand."
)
_NOT_BY_ITSELF = _(
    "snapper does not try again by itself. Ask your IT department to allow it, then “snapper outbox retry”; "
    "or save the report for sending by hand."
)

# What runs on this computer has no firewall in front of it, and no IT department.
ON_THIS_COMPUTER: dict[Cause, Words] = {
    Cause.REFUSED: Words(
        _("{server} refuses the connection: nothing runs there."),
        _("If it is this computer's desk, start it: “snapper desk”; else check its address in the settings."),
    ),
}
WORDING: dict[Cause, Words] = {
    Cause.NO_NETWORK: Words(
        _("This computer has no network connection."), _("Connect it; the report goes out by itself then.")
    ),
    Cause.DNS_UNKNOWN: Words(
        _("The network does not know the address {host}."),
        _(
            "Check its address in the settings; if it is right, the network hides it: send the text for IT "
            "to your IT department, or save the report for sending by hand."
        ),
        _(
            "Please: let the name {host} be resolved for this computer; its name server answers that there "
            "is none."
        ),
    ),
    Cause.DNS_SILENT: Words(
        _("The network's name server does not answer, so {host} cannot be found."),
        _(
            "Check the connection, or a VPN that has just ended; if others have it too: send the text for IT "
            "to your IT department, or save the report for sending by hand."
        ),
        _("Please: repair name resolution for this computer; the name server does not answer for {host}."),
    ),
    Cause.DNS_WRONG: Words(
        _("The network gives a wrong address for {host} ({addresses}): a filter blocks it."),
        _ASK,
        _("Please: take {host} off the name filter; it is resolved as {addresses}."),
    ),
    Cause.DROPPED: Words(
        _("A firewall silently drops the connection to {server}."),
        _ASK,
        together([_ALLOW, _("The connection request is dropped without an answer.")]),
    ),
    Cause.REFUSED: Words(
        _("{server} refuses the connection: a firewall does it, or the ticket system is switched off."),
        _ASK_WHETHER_IT_RUNS,
        together([_ALLOW, _("The connection is refused.")]),
    ),
    Cause.RESET: Words(
        _(
            "The connection to {server} was cut: a firewall does not want it, or the ticket system has "
            "stopped."
        ),
        _ASK_WHETHER_IT_RUNS,
        together([_ALLOW, _("The connection is reset.")]),
    ),
    Cause.PROHIBITED: Words(
        _("The network forbids connections to {server}."),
        _ASK,
        together([_ALLOW, _("A router answers that the destination is prohibited or unreachable.")]),
    ),
    Cause.LOCAL_BLOCK: Words(
        _("Security software on this computer does not let snapper connect to {server}."),
        _("Allow snapper in the firewall or virus scanner of this computer, or ask your IT department to."),
        _(
            "Please: allow the program snapper in this computer's firewall and security software, for "
            "{server}."
        ),
    ),
    Cause.NAME_FILTER: Words(
        _("A firewall blocks the name {host}: the same connection under another name goes through."),
        _ASK,
        _(
            "Please: allow the server name {host} (TLS SNI) on the firewall; connections with another name "
            "pass."
        ),
    ),
    Cause.MTU_HOLE: Words(
        _(
            "The network, perhaps a VPN, loses large packets on the way to {host}, and small ones do not "
            "help."
        ),
        together([_("Reconnect the VPN, or try without it."), _ASK]),
        _("Please: let ICMP “fragmentation needed” pass, or lower the MTU on the way to {host}."),
    ),
    Cause.PROXY_UNREACHABLE: Words(
        # Translators: {named_by} is a place in the settings, such as “the Windows proxy settings”.
        _("The proxy {proxy}, from {named_by}, cannot be reached, and the direct way is blocked."),
        together(
            [
                # Translators: {named_by} is a place in the settings, such as “the Windows proxy settings”.
                _("If you are not in the office or the VPN is off, connect to it; else correct {named_by}."),
                _ASK,
            ]
        ),
        # Translators: {named_by} is a place in the settings, such as “the Windows proxy settings”.
        _(
            "Please: say which proxy this computer should use for {server}; {proxy} (from {named_by}) cannot "
            "be reached."
        ),
    ),
    Cause.PROXY_SILENT: Words(
        _("The proxy {proxy} takes the connection but does not answer."),
        _ASK,
        _("Please: look after the proxy {proxy}: it does not answer CONNECT {server}, or cannot reach it."),
    ),
    Cause.PROXY_WANTS_PASSWORD: Words(
        # Translators: {schemes} are ways to sign in: “NTLM or Basic”.
        _("The proxy {proxy} wants a user name and a password ({schemes})."),
        _("Sign in when snapper asks for it, or with “snapper proxy login”."),
        # Translators: {schemes} are ways to sign in: “NTLM or Basic”.
        _(
            "Please: tell the user how to sign in to the proxy {proxy} ({schemes}), or let {server} pass "
            "without."
        ),
    ),
    Cause.PROXY_WRONG_PASSWORD: Words(
        _("The proxy {proxy} does not accept the user name and password."),
        _(
            "Sign in again: “snapper proxy login”. They are not tried again, so that the account is not "
            "locked."
        ),
        # Translators: {schemes} are ways to sign in: “NTLM or Basic”.
        _("Please: check the sign-in to the proxy {proxy} ({schemes}), or let {server} pass without."),
    ),
    Cause.PROXY_FORBIDS: Words(
        _("The proxy {proxy} forbids connections to {host}."),
        _ASK,
        # Translators: {status} is “ (status 403)” or nothing.
        _("Please: allow CONNECT to {server} on the proxy {proxy}. It refuses{status}."),
    ),
    Cause.PROXY_CANNOT_REACH: Words(
        _("The proxy {proxy} is there, but cannot reach {host}."),
        _ASK,
        # Translators: {status} is “ (status 403)” or nothing.
        _("Please: let the proxy {proxy} resolve and reach {server}. It refuses{status}."),
    ),
    Cause.PROXY_WRONG_KIND: Words(
        # Translators: {named_by} is a place in the settings, such as “the Windows proxy settings”.
        _("What answers at {proxy}, from {named_by}, is not a proxy of the kind that is set."),
        together(
            [
                # Translators: {named_by} is a place in the settings, such as “the Windows proxy settings”.
                _("Correct {named_by}: address, port, and http://, https:// or socks5:// in front."),
                _ASK,
            ]
        ),
        # Translators: {named_by} is a place in the settings, such as “the Windows proxy settings”.
        _(
            "Please: say which proxy, of which kind, this computer should use; {proxy} (from {named_by}) "
            "does not answer as one."
        ),
    ),
    Cause.PAC_UNREACHABLE: Words(
        _NO_OTHER_WAY,
        _READ_OR_SAVE,
        # Translators: {pac} is a whole sentence.
        _("Please: make the proxy script (PAC) reachable for this computer: {pac}"),
    ),
    Cause.PAC_BROKEN: Words(
        _NO_OTHER_WAY,
        _READ_OR_SAVE,
        # Translators: {pac} is a whole sentence.
        _("Please: repair the proxy script (PAC): {pac}"),
    ),
    Cause.TLS_UNKNOWN_CA: Words(
        # Translators: {issuer} is a name in quotes, or “Somebody unknown”.
        _("{issuer} opens the secure connection to {host}, and this computer does not know it."),
        _(
            "Nothing was sent. Your company may inspect traffic: send the text for IT to your IT department, "
            "or save the report for sending by hand."
        ),
        _(
            "Please: install the root certificate of {issuer} in this computer's trust store (or name its "
            "file in delivery.ca_file), or exempt {host} from TLS inspection."
        ),
    ),
    Cause.CERTIFICATE_EXPIRED: Words(
        _("The certificate of {host} is valid from {begins} to {ends}, and today is {clock}."),
        _("Check this computer's clock; if it is right, tell support that their certificate has run out."),
        _(
            "Please: check the certificate of {host} and whether something on the way replaces it (issuer: "
            "{issuer})."
        ),
    ),
    Cause.CLOCK_WRONG: Words(
        _("This computer's clock says {clock}, the network's says {network_clock}: secure connections fail."),
        _("Set the clock (date, time, time zone); the report goes out by itself then."),
        _("Please: set this computer's clock; it is off by more than a certificate allows."),
    ),
    Cause.WRONG_HOST: Words(
        # Translators: {subject} is a name in quotes, or “another host”.
        _("What answers as {host} has a certificate for {subject}."),
        _(
            "Check its address in the settings; if it is right, something stands in between: send the text "
            "for IT to your IT department, or save the report for sending by hand."
        ),
        _(
            "Please: check where {host} leads: {addresses} shows a certificate for {subject}, issued by "
            "{issuer}."
        ),
    ),
    Cause.NOT_TLS: Words(
        _("What answers at {server} does not speak the secure protocol: something answers in its place."),
        together(
            [
                _("If this network wants a sign-in (hotel, airport), open a web browser and sign in."),
                _ASK,
            ]
        ),
        _("Please: let TLS pass unchanged to {server}; something answers there without TLS."),
    ),
    Cause.CAPTIVE_PORTAL: Words(
        # Translators: {who_first} is “Something …” or the title of a page in quotes.
        _(
            "{who_first} answers in place of {host}: this network wants you to sign in first, or blocks the "
            "address."
        ),
        _(
            "Open a web browser and sign in to the network if it asks; the report goes out by itself then. "
            "If its page says that the address is blocked: send the text for IT to your IT department, or "
            "save the report for sending by hand."
        ),
        # Translators: {who} is “something …” or the title of a page in quotes.
        _("Please: let requests to {server} pass unchanged; {who} answers in its place."),
    ),
    Cause.MIDDLEBOX: Words(
        # Translators: {who_first} is “Something …” or the title of a page in quotes; {status} is
        # “ (status 403)” or nothing.
        _("{who_first} answers in place of the ticket system at {host}{status}."),
        _(
            "Check its address in the settings; if it is right, the network blocks it: send the text for IT "
            "to your IT department, or save the report for sending by hand."
        ),
        # Translators: {who} is “something …” or the title of a page in quotes; {way} is “directly” or
        # “through the proxy …”; {status} is “ (status 403)” or nothing.
        _("Please: let requests to {server} pass unchanged {way}; {who} answers in its place{status}."),
    ),
    Cause.TOO_LARGE: Words(
        # Translators: {status} is “ (status 413)” or nothing.
        _("Something on the way takes no uploads as large as this report{status}, not even in small pieces."),
        together([_("Send it without the logs, or save it for sending by hand."), _ASK]),
        # Translators: {way} is “directly” or “through the proxy …”.
        _("Please: allow uploads to {server} {way}; even small request bodies are refused with status 413."),
    ),
    Cause.CUT: Words(
        # Translators: {sent} is a size: “2.4 MB”.
        _("The upload to {host} is cut after {sent}."),
        _IF_IT_KEEPS_FAILING,
        # Translators: {way} is “directly” or “through the proxy …”; {sent} is a size: “2.4 MB”.
        _("Please: allow uploads to {server} {way}; the connection is cut after {sent}."),
    ),
    Cause.STALLED: Words(
        # Translators: {sent} is a size: “2.4 MB”.
        _("The upload to {host} stands still after {sent}."),
        _IF_IT_KEEPS_FAILING,
        # Translators: {way} is “directly” or “through the proxy …”; {sent} is a size: “2.4 MB”.
        _("Please: allow uploads to {server} {way}; after {sent} nothing gets through any more."),
    ),
    Cause.DATA_PROTECTION: Words(
        # Translators: {incident} is “ (incident 4711)” or nothing.
        _("Your company's data protection stopped the upload to {host}{incident}."),
        _NOT_BY_ITSELF,
        # Translators: {way} is “directly” or “through the proxy …”; {incident} “ (incident 4711)” or nothing.
        _(
            "Please: allow this upload to {server} {way}{incident}. Other content of the same size passes; "
            "this report was stopped."
        ),
    ),
    Cause.UPLOADS_FORBIDDEN: Words(
        # Translators: {status} is “ (status 403)” or nothing.
        _("This network forbids uploads to {host}{status}."),
        _NOT_BY_ITSELF,
        # Translators: {way} is “directly” or “through the proxy …”; {status} is “ (status 403)” or nothing.
        _("Please: allow uploads (POST, PATCH) to {server} {way}; they are refused{status}."),
    ),
    Cause.SLOW_LINK: Words(
        # Translators: {time} is “5 minutes”.
        _("The connection is slow: about {time} to go."),
        _("Nothing is wrong; leave the computer on, or let it go on later."),
    ),
    Cause.SERVER_SILENT: Words(
        _("{host} takes the connection but does not answer."),
        _(
            "It may be overloaded or down: ask support. If others reach it: send the text for IT to your IT "
            "department, or save the report for sending by hand."
        ),
        # Translators: {way} is “directly” or “through the proxy …”.
        _("Please: check connections to {server} {way}: they open, and then nothing comes back."),
    ),
    Cause.SERVER_DOWN: Words(
        # Translators: {status} is “ (status 503)” or nothing.
        _("The ticket system at {host} is down at the moment{status}."),
        _("It is tried again; support may know more."),
    ),
    Cause.RATE_LIMIT: Words(
        _("The ticket system at {host} is busy and asks to wait."), _("It is tried again by itself.")
    ),
    Cause.TOKEN_REFUSED: Words(
        _("{host} does not accept the token."),
        _("Ask support for a new one, and put it in with “snapper config token”."),
    ),
    Cause.TICKET_MISSING: Words(_NOTHING, _NOTHING),  # the desk says it in its own words
    Cause.TICKET_CLOSED: Words(_NOTHING, _NOTHING),
    Cause.UNKNOWN: Words(
        _("{server} could not be reached."), together([_("Check the network connection."), _ASK]), _ALLOW
    ),
}
