"""What private values look like, as RE2 expressions on bytes. No value known beforehand is here.

Each expression has one group: the value. VALUES are told by their own form, CONTEXTS by what is before them;
they are searched apart, so that the way to a value hides no other value. MESSAGES are for Python's own re.
"""

from __future__ import annotations

from snapper.privacy.classes import Private

_H = rb"[0-9A-Fa-f]{1,4}"
_V4 = rb"\d{1,3}(?:\.\d{1,3}){3}"
# This machine's own 127.0.0.1 is on every other line, and nobody's secret.
_V4_ABROAD = rb"(?:[1-9]|[1-9]\d|1[013-9]\d|12[0-689]|2\d\d)(?:\.\d{1,3}){3}"
_PASSWORDS_ABROAD = (
    rb"passwort|kennwort|contrase(?:\xc3\xb1|\xf1|n)a|\bclave|parola(?: d['\x92]ordine)?|mot de passe|senha|"
    rb"\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c|\xe5\xaf\x86(?:\xe7\xa0\x81|\xe7\xa2\xbc)|"
    rb"\xe3\x83\x91\xe3\x82\xb9\xe3\x83\xaf\xe3\x83\xbc\xe3\x83\x89"
)  # пароль, 密码, 密碼, パスワード
_SECRET_NAMES = (
    rb"(?:password|passwd|passphrase|passcode|pwd|token|secret|api[ _-]?key|private[_-]?key|totp\w*|"
    rb"session[_-]?(?:id|key)|sessid|\b(?:pw|pass)|" + _PASSWORDS_ABROAD + rb")"
)
# A quoted value ends with its quote, or with the line that was cut off before it.
_VALUE = rb"(\\\"[^\"\r\n]*\"?|\"(?:[^\"\\\r\n]|\\.)*\"?|'[^'\r\n]*'?|[^\s\"'<>\x00]+)"
_SET = rb"(?:\\?[\"'])?\s*(?:=>|[=:>]|\xef\xbc\x9a|%3D|%3A|\s+value\s*=)[ \t]*(?:\r?\n[ \t]+)?"
# "my password is …", as a note tells it; what it says instead of a password (_HARMLESS in redact) stays.
_IS = (
    rb"\s+(?:(?:(?:is|was|has been)\s+)?(?:(?:changed|set|reset)\s+)?to|is|was|ist|lautet|war|es|est|"
    rb"e['\x92]|\xc3\xa8|\xe8)[ \t]*:?[ \t]+"
)
_IS_ABROAD = rb"\s*(?:\xe6\x98\xaf|\xe7\x82\xba|\xe4\xb8\xba|\xe3\x81\xaf)\s*"
_AMOUNTS = (
    rb"(?:NetLiquidation|TotalCash|Cash|SettledCash|AccruedCash|BuyingPower|AvailableFunds|EquityWithLoan|"
    rb"ExcessLiquidity|GrossPositionValue|(?:Full|Look)?\w*(?:Init|Maint)MarginReq|UnrealizedPnL|RealizedPnL|"
    rb"StockMarketValue|OptionMarketValue|Cushion|SMA|RegTEquity|DayTradesRemaining)"
)

_AMOUNT = rb"-?\d[\d.,Ee+-]*"
_CURRENCY = rb"(?:(?:[$\x80\xa3]|\xe2\x82\xac|\xc2[\xa3\xa5]|[A-Z]{3}\b)[ \t]?)?"
_IN_NAMES = rb"[^\\/\r\n\"'<>|:*?;,%\x00]"
_HOMES = rb"(?:users|(?:documents(?: |%20)and|dokumente(?: |%20)und)(?: |%20)(?:settings|einstellungen))"
_FOLDERS_OF_USERS = rb"(?:\\|%5C)" + _HOMES + rb"(?:\\|%5C)+"

VALUES: tuple[tuple[Private, bytes], ...] = (
    (Private.SECRET, rb"\b(eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*)"),
    (Private.SECRET, rb"(otpauth://[^\s\"'<>]+)"),
    (Private.SECRET, rb"\b(AKIA[0-9A-Z]{16}|gh[pousr]_\w{30,})\b"),
    (Private.EMAIL, rb"([A-Za-z0-9._%+\x80-\xff-]+(?:[&'][A-Za-z0-9._%+\x80-\xff-]+)?(?:@|%40)"
                    rb"[A-Za-z0-9\x80-\xff-]+(?:\.[A-Za-z0-9\x80-\xff-]+)+)"),
    (Private.ACCOUNT, rb"(?i)(?:\b|_|%[0-9A-F]{2}|\\u[0-9A-F]{4}|\\[nrt])((?:D?U|D?F|I)\d{5,9})"
                      rb"(?:\b|_|[A-Za-z])"),
    (Private.ACCOUNT, rb"[a-z](D?U\d{7,9})\b"),
    (Private.MAC, rb"(?:\b|_)([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}|"
                  rb"[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?:\b|_)"),
    (Private.IP, rb"(?:^|[^\w:]|\b\w*[G-Zg-z]\w*:)((?:" + _H + rb":){6}(?:" + _V4 + rb"|" + _H + rb":" + _H
                 + rb")\b|(?:" + _H + rb"(?::" + _H + rb"){0,6})?::(?:(?:" + _H + rb":){0,6}(?:" + _V4 + rb"|"
                 + _H + rb")\b)?)(?:%[\w.-]+)?"),
    (Private.IP, rb"\b(\d+(?:\.\d+){4,})\b"),  # a version: taken here, so that no address is found in it
    (Private.IP, rb"(?:\b|_)(" + _V4_ABROAD + rb")(?:\b|_)"),
    (Private.HOST, rb"\b(ip-\d{1,3}(?:-\d{1,3}){3})\b"),
    (Private.PHONE, rb"(\+[1-9]\d{0,2}[ .()/-]{1,2}\d{1,5}(?:[ .()/-]{1,2}\d{2,8}){1,5})\b"),
    (Private.PHONE, rb"(?:^|[^\w.)])(\+[1-9]\d{9,13})\b"),
    (Private.PHONE, rb"(?:^|[^\w-])([2-9]\d{2}-[2-9]\d{2}-\d{4})(?:[^\w-]|$)"),
    (Private.PHONE, rb"(\(\d{3}\) ?\d{3}-\d{4})\b"),
    (Private.USER, rb"(?:\b|_)([a-p]{40})(?:\b|_)"),
)  # fmt: skip

CONTEXTS: tuple[tuple[Private, bytes], ...] = (
    (Private.SECRET, rb"(?im)^[ \t]*[\w.-]*(?:password|passwd|pwd|secret)[ \t]*=[ \t]*"
                     rb"([^\s\x00][^\r\n\x00]*)"),
    (Private.SECRET, rb"(?i)" + _SECRET_NAMES + _SET + _VALUE),
    (Private.SECRET, rb"(?i)" + _SECRET_NAMES + rb"(?:" + _IS + rb"|" + _IS_ABROAD + rb")" + _VALUE),
    (Private.SECRET, rb"(?i)(?:passwor[dt]|kennwort|passwd|pwd)[ \t]+"
                     rb"([^\s\"'<>\x00]{2,}\d[^\s\"'<>\x00]*|\d[^\s\"'<>\x00]{5,})"),
    (Private.SECRET, rb"(?i)\bpin\b(?:\s+(?:is|ist|es|est))?\s*[:=]?\s*(\d{4,8})\b"),
    (Private.SECRET, rb"(?i)\bauthorization(?:\\?[\"'])?\s*[:=]\s*[\"']?"
                     rb"(?:Token|Negotiate|NTLM|Api-?Key|OAuth)\s+([^\s\"'<>]+)"),
    (Private.SECRET, rb"(?i)\bauthorization(?:\\?[\"'])?\s*[:=]\s*[\"']?Digest\s+([^\r\n]+)"),
    (Private.SECRET, rb"(?i)\bcookie(?:\\?[\"'])?\s*[:=][ \t]*[\"']?([^\r\n\"'\x00]+)"),
    (Private.SECRET, rb"(?:^|\s)-u[ =]([^\s:/]+:[^\s]+)"),
    (Private.SECRET, rb"(?i)\bkey=([^\s\"'<>&;,]{8,})"),
    (Private.SECRET, rb"(?i)\b(?:Bearer|Basic)\s+([\w.~+/=-]{8,})"),
    (Private.SECRET, rb"(?i)(?:^|\s)/PW:" + _VALUE),
    (Private.SECRET, rb"[A-Za-z][\w+.-]*://([^\s/\"'<>]+)@"),
    (Private.USER, rb"(?i)(?:^|\s)/User:" + _VALUE),
    (Private.USER, rb"(?i)(?:\b|_|-D)(?:user(?:[ ._-]?name|[ ._-]?id)?|[A-Za-z]*LoginId|login|logname|"
                   rb"benutzer(?:name)?|usuario|utente|utilisateur)(?:\\?[\"'])?[ \t]*[=:][ \t]*" + _VALUE),
    (Private.USER, rb"(?i)" + _FOLDERS_OF_USERS + rb"(" + _IN_NAMES + rb"{1,64}?)(?:\\|%5C|[\"'])"),
    (Private.USER, rb"(?i)\b[A-Z]:/+" + _HOMES + rb"/+(" + _IN_NAMES + rb"{1,64}?)[/\"']"),
    (Private.USER, rb"(?i)\bas user[ \t]+([\w.@-]+)"),
    (Private.USER, rb"(?i)(?:[\\/]|%5C|%2F)(?:home|" + _HOMES + rb")"
                   rb"(?:[\\/]|%5C|%2F)+([^\\/\r\n\"'<>|:*?;,\s%)\]\x00]+)"),
    (Private.USER, rb"(?:^|[\s=:\"'])~([A-Za-z_][\w.-]+)"),
    (Private.USER, rb"\b([A-Z0-9_\x80-\xff-]{1,6}~\d)\b"),
    (Private.ORDER, rb"(?i)(?:\b|_)(?:order|perm|parent|exec)[ _-]?id"
                    rb"(?:\\?[\"'])?[ \t]*[=:][ \t]*[\"']?(\d[\w.]*)"),
    (Private.ORDER, rb"(?i)\b(?:order|permId)[ \t]+#?(\d+)\b"),
    (Private.MONEY, rb"(?i)\b" + _AMOUNTS + rb"[\w-]*(?:\\?[\"'])?[ \t]*[=:;,>][ \t]*[\"']?"
                    + _CURRENCY + rb"(" + _AMOUNT + rb")"),
    (Private.MONEY, rb"(?i)\b" + _AMOUNTS + rb"[\w-]*[ \t]+" + _CURRENCY + rb"(-?[\d,]+\.\d+)"),
)  # fmt: skip

# Messages between TWS and programs (`<-` in, `->` out) fill whole logs, so they are met by plain expressions
# that begin with fixed text: a group for the way to a value, one for the value. The numbers are those of the
# messages in IBKR's API: 3 place order and order status, 4 cancel, 5 open order, 11 execution, 6 account
# value, 7 portfolio, 61 position, 63 account summary.
MESSAGES: tuple[tuple[Private, bytes], ...] = (
    (Private.ORDER, rb"(<- \[(?:3;|4;(?:1;)?))(\d+)"),
    (Private.ORDER, rb"(-> \[(?:[35];(?:\d{2};)?|11;-?\d+;))(\d+)"),
    (Private.MONEY, rb"(-> \[(?:6;\d+;[^;\r\n]*;|7;(?:[^;\r\n]*;){11,12}|63;\d+;-?\d+;(?:[^;\r\n]*;){2}|"
                    rb"61;[^\r\n]*;(?=" + _AMOUNT + rb";" + _AMOUNT + rb"(?:[\];\r\n]|$))))"
                    rb"(" + _AMOUNT + rb"(?:;" + _AMOUNT + rb")*)"),
)  # fmt: skip
