"""The words for every cause, once: what a trader reads, what to do about it, and what the IT department is
asked. Values in braces are filled in by diagnose.py."""

from __future__ import annotations

from dataclasses import dataclass

from snapper.delivery.causes import Cause


@dataclass(frozen=True)
class Words:
    """A sentence, a remedy, and a request to the IT department (“”: there is nothing to ask it)."""

    sentence: str
    remedy: str
    for_it: str = ""


_ALLOW = "allow connections from this computer to {server}."
_ASK = "Send the text for IT to your IT department, or save the report for sending by hand."
_ASK_THEN = "s" + _ASK[1:]

# What runs on this computer has no firewall in front of it, and no IT department.
ON_THIS_COMPUTER: dict[Cause, Words] = {
    Cause.REFUSED: Words(
        "{server} refuses the connection: nothing runs there.",
        "If it is this computer's desk, start it: “snapper desk”; else check its address in the settings.",
    ),
}
WORDING: dict[Cause, Words] = {
    Cause.NO_NETWORK: Words(
        "This computer has no network connection.", "Connect it; the report goes out by itself then."
    ),
    Cause.DNS_UNKNOWN: Words(
        "The network does not know the address {host}.",
        "Check its address in the settings; if it is right, the network hides it: " + _ASK_THEN,
        "let the name {host} be resolved for this computer; its name server answers that there is none.",
    ),
    Cause.DNS_SILENT: Words(
        "The network's name server does not answer, so {host} cannot be found.",
        "Check the connection, or a VPN that has just ended; if others have it too: " + _ASK_THEN,
        "repair name resolution for this computer; the name server does not answer for {host}.",
    ),
    Cause.DNS_WRONG: Words(
        "The network gives a wrong address for {host} ({addresses}): a filter blocks it.",
        _ASK,
        "take {host} off the name filter; it is resolved as {addresses}.",
    ),
    Cause.DROPPED: Words(
        "A firewall silently drops the connection to {server}.", _ASK,
        _ALLOW + " The connection request is dropped without an answer."
    ),
    Cause.REFUSED: Words(
        "{server} refuses the connection: a firewall does it, or the ticket system is switched off.",
        "Ask support whether it is running; if it is: " + _ASK_THEN,
        _ALLOW + " The connection is refused.",
    ),
    Cause.RESET: Words(
        "The connection to {server} was cut: a firewall does not want it, or the ticket system has stopped.",
        "Ask support whether it is running; if it is: " + _ASK_THEN,
        _ALLOW + " The connection is reset.",
    ),
    Cause.PROHIBITED: Words(
        "The network forbids connections to {server}.", _ASK,
        _ALLOW + " A router answers that the destination is prohibited or unreachable.",
    ),
    Cause.LOCAL_BLOCK: Words(
        "Security software on this computer does not let snapper connect to {server}.",
        "Allow snapper in the firewall or virus scanner of this computer, or ask your IT department to.",
        "allow the program snapper in this computer's firewall and security software, for {server}.",
    ),
    Cause.NAME_FILTER: Words(
        "A firewall blocks the name {host}: the same connection under another name goes through.", _ASK,
        "allow the server name {host} (TLS SNI) on the firewall; connections with another name pass.",
    ),
    Cause.MTU_HOLE: Words(
        "The network, perhaps a VPN, loses large packets on the way to {host}, and small ones do not help.",
        "Reconnect the VPN, or try without it. " + _ASK,
        "let ICMP “fragmentation needed” pass, or lower the MTU on the way to {host}.",
    ),
    Cause.PROXY_UNREACHABLE: Words(
        "The proxy {proxy}, from {named_by}, cannot be reached, and the direct way is blocked.",
        "If you are not in the office or the VPN is off, connect to it; else correct {named_by}. " + _ASK,
        "say which proxy this computer should use for {server}; {proxy} (from {named_by}) cannot be reached.",
    ),
    Cause.PROXY_SILENT: Words(
        "The proxy {proxy} takes the connection but does not answer.", _ASK,
        "look after the proxy {proxy}: it does not answer CONNECT {server}, or cannot reach it.",
    ),
    Cause.PROXY_WANTS_PASSWORD: Words(
        "The proxy {proxy} wants a user name and a password ({schemes}).",
        "Sign in when snapper asks for it, or with “snapper proxy login”.",
        "tell the user how to sign in to the proxy {proxy} ({schemes}), or let {server} pass without.",
    ),
    Cause.PROXY_WRONG_PASSWORD: Words(
        "The proxy {proxy} does not accept the user name and password.",
        "Sign in again: “snapper proxy login”. They are not tried again, so that the account is not locked.",
        "check the sign-in to the proxy {proxy} ({schemes}), or let {server} pass without.",
    ),
    Cause.PROXY_FORBIDS: Words(
        "The proxy {proxy} forbids connections to {host}.", _ASK,
        "allow CONNECT to {server} on the proxy {proxy}. It refuses{status}.",
    ),
    Cause.PROXY_CANNOT_REACH: Words(
        "The proxy {proxy} is there, but cannot reach {host}.", _ASK,
        "let the proxy {proxy} resolve and reach {server}. It refuses{status}.",
    ),
    Cause.PROXY_WRONG_KIND: Words(
        "What answers at {proxy}, from {named_by}, is not a proxy of the kind that is set.",
        "Correct {named_by}: address, port, and http://, https:// or socks5:// in front. " + _ASK,
        "say which proxy, of which kind, this computer should use; {proxy} (from {named_by}) does "
        "not answer as one.",
    ),
    Cause.PAC_UNREACHABLE: Words(
        "{pac} No other way leads to {host}.",
        "The text for IT says more; or save the report for sending by hand.",
        "make the proxy script (PAC) reachable for this computer: {pac}.",
    ),
    Cause.PAC_BROKEN: Words(
        "{pac} No other way leads to {host}.",
        "The text for IT says more; or save the report for sending by hand.",
        "repair the proxy script (PAC): {pac}.",
    ),
    Cause.TLS_UNKNOWN_CA: Words(
        "{issuer} opens the secure connection to {host}, and this computer does not know it.",
        "Nothing was sent. Your company may inspect traffic: " + _ASK_THEN,
        "install the root certificate of {issuer} in this computer's trust store (or name its "
        "file in delivery.ca_file), "
        "or exempt {host} from TLS inspection.",
    ),
    Cause.CERTIFICATE_EXPIRED: Words(
        "The certificate of {host} is valid from {begins} to {ends}, and today is {clock}.",
        "Check this computer's clock; if it is right, tell support that their certificate has run out.",
        "check the certificate of {host} and whether something on the way replaces it (issuer: {issuer}).",
    ),
    Cause.CLOCK_WRONG: Words(
        "This computer's clock says {clock}, the network's says {network_clock}: secure connections fail.",
        "Set the clock (date, time, time zone); the report goes out by itself then.",
        "set this computer's clock; it is off by more than a certificate allows.",
    ),
    Cause.WRONG_HOST: Words(
        "What answers as {host} has a certificate for {subject}.",
        "Check its address in the settings; if it is right, something stands in between: " + _ASK_THEN,
        "check where {host} leads: {addresses} shows a certificate for {subject}, issued by {issuer}.",
    ),
    Cause.NOT_TLS: Words(
        "What answers at {server} does not speak the secure protocol: something answers in its place.",
        "If this network wants a sign-in (hotel, airport), open a web browser and sign in. " + _ASK,
        "let TLS pass unchanged to {server}; something answers there without TLS.",
    ),
    Cause.CAPTIVE_PORTAL: Words(
        "{who} answers in place of {host}: this network wants you to sign in first, or blocks the address.",
        "Open a web browser and sign in to the network if it asks; the report goes out by itself then. "
        "If its page says that the address is blocked: " + _ASK_THEN,
        "let requests to {server} pass unchanged; {who} answers in its place.",
    ),
    Cause.MIDDLEBOX: Words(
        "{who} answers in place of the ticket system at {host}{status}.",
        "Check its address in the settings; if it is right, the network blocks it: " + _ASK_THEN,
        "let requests to {server} pass unchanged {way}; {who} answers in its place{status}.",
    ),
    Cause.TOO_LARGE: Words(
        "Something on the way takes no uploads as large as this report{status}, not even in small pieces.",
        "Send it without the logs, or save it for sending by hand. " + _ASK,
        "allow uploads to {server} {way}; even small request bodies are refused with status 413.",
    ),
    Cause.CUT: Words(
        "The upload to {host} is cut after {sent}.",
        "It goes on from there. If it keeps failing: " + _ASK_THEN,
        "allow uploads to {server} {way}; the connection is cut after {sent}.",
    ),
    Cause.STALLED: Words(
        "The upload to {host} stands still after {sent}.", "It goes on from there. If it keeps "
        "failing: " + _ASK_THEN,
        "allow uploads to {server} {way}; after {sent} nothing gets through any more.",
    ),
    Cause.DATA_PROTECTION: Words(
        "Your company's data protection stopped the upload to {host}{incident}.",
        "snapper does not try again by itself. Ask your IT department to allow it, then “snapper "
        "outbox retry”; "
        "or save the report for sending by hand.",
        "allow this upload to {server} {way}{incident}. Other content of the same size passes; this "
        "report was stopped.",
    ),
    Cause.UPLOADS_FORBIDDEN: Words(
        "This network forbids uploads to {host}{status}.",
        "snapper does not try again by itself. Ask your IT department to allow it, then “snapper "
        "outbox retry”; "
        "or save the report for sending by hand.",
        "allow uploads (POST, PATCH) to {server} {way}; they are refused{status}.",
    ),
    Cause.SLOW_LINK: Words(
        "The connection is slow: about {time} to go.", "Nothing is wrong; leave the computer on, or "
        "let it go on later."
    ),
    Cause.SERVER_SILENT: Words(
        "{host} takes the connection but does not answer.",
        "It may be overloaded or down: ask support. If others reach it: " + _ASK_THEN,
        "check connections to {server} {way}: they open, and then nothing comes back.",
    ),
    Cause.SERVER_DOWN: Words(
        "The ticket system at {host} is down at the moment{status}.", "It is tried again; "
        "support may know more."
    ),
    Cause.RATE_LIMIT: Words(
        "The ticket system at {host} is busy and asks to wait.", "It is tried again by itself."
    ),
    Cause.TOKEN_REFUSED: Words(
        "{host} does not accept the token.",
        "Ask support for a new one, and put it in with “snapper config token”.",
    ),
    Cause.TICKET_MISSING: Words("", ""),  # the desk says it in its own words
    Cause.TICKET_CLOSED: Words("", ""),
    Cause.UNKNOWN: Words(
        "{server} could not be reached.", "Check the network connection. " + _ASK, _ALLOW
    ),
}  # fmt: skip
