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
_SECRET_NAMES = (
    rb"(?:password|passwd|passphrase|passcode|pwd|token|secret|api[ _-]?key|"
    rb"private[_-]?key|totp\w*)"
)
_VALUE = rb"(\"(?:[^\"\\\r\n]|\\.)*\"|'[^'\r\n]*'|[^\s\"'<>\x00]+)"
_SET = rb"(?:\\?[\"'])?\s*(?:=>|[=:>]|\s+value\s*=)[ \t]*(?:\r?\n[ \t]+)?"
_AMOUNTS = (
    rb"(?:NetLiquidation|TotalCash|Cash|SettledCash|AccruedCash|BuyingPower|AvailableFunds|EquityWithLoan|"
    rb"ExcessLiquidity|GrossPositionValue|(?:Full|Look)?\w*(?:Init|Maint)MarginReq|UnrealizedPnL|RealizedPnL|"
    rb"StockMarketValue|OptionMarketValue|Cushion|SMA|RegTEquity|DayTradesRemaining)"
)

_IN_NAMES = rb"[^\\/\r\n\"'<>|:*?;,%\x00]"
_FOLDERS_OF_USERS = rb"(?:\\|%5C)(?:users|documents(?: |%20)and(?: |%20)settings)(?:\\|%5C)+"

VALUES: tuple[tuple[Private, bytes], ...] = (
    (Private.SECRET, rb"\b(eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*)"),
    (Private.SECRET, rb"(otpauth://[^\s\"'<>]+)"),
    (Private.EMAIL, rb"([A-Za-z0-9._%+\x80-\xff-]+(?:@|%40)"
                    rb"[A-Za-z0-9\x80-\xff-]+(?:\.[A-Za-z0-9\x80-\xff-]+)+)"),
    (Private.ACCOUNT, rb"(?i)(?:\b|_)((?:D?U|D?F|I)\d{5,9})(?:\b|_|[A-Za-z])"),
    (Private.MAC, rb"\b([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}|"
                  rb"[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})\b"),
    (Private.IP, rb"(?:^|[^\w:])((?:" + _H + rb":){6}(?:" + _V4 + rb"|" + _H + rb":" + _H + rb")|(?:"
                 + _H + rb"(?::" + _H + rb"){0,6})?::(?:(?:" + _H + rb":){0,6}(?:" + _V4 + rb"|" + _H
                 + rb"))?)(?:%[\w.-]+)?"),
    (Private.IP, rb"\b(" + _V4_ABROAD + rb")\b"),
    (Private.PHONE, rb"(\+[1-9]\d{0,2}[ .()/-]{1,2}\d{1,5}(?:[ .()/-]{1,2}\d{2,5}){1,5})\b"),
    (Private.PHONE, rb"(\(\d{3}\) ?\d{3}-\d{4})\b"),
    (Private.USER, rb"(?:\b|_)([a-p]{40})(?:\b|_)"),
)  # fmt: skip

CONTEXTS: tuple[tuple[Private, bytes], ...] = (
    (Private.SECRET, rb"(?im)^[ \t]*[\w.-]*(?:password|passwd|pwd|secret)[ \t]*=[ \t]*"
                     rb"([^\s\x00][^\r\n\x00]*)"),
    (Private.SECRET, rb"(?i)" + _SECRET_NAMES + _SET + _VALUE),
    (Private.SECRET, rb"(?i)\bkey=([^\s\"'<>&;,]{8,})"),
    (Private.SECRET, rb"(?i)\b(?:Bearer|Basic)\s+([\w.~+/=-]{8,})"),
    (Private.SECRET, rb"(?i)(?:^|\s)/PW:" + _VALUE),
    (Private.SECRET, rb"[A-Za-z][\w+.-]*://([^\s/@\"'<>]+)@"),
    (Private.USER, rb"(?i)(?:^|\s)/User:" + _VALUE),
    (Private.USER, rb"(?i)(?:\b|_)(?:user(?:[ _-]?name|[ _-]?id)?|"
                   rb"[A-Za-z]*LoginId|login)(?:\\?[\"'])?\s*[=:]\s*" + _VALUE),
    (Private.USER, rb"(?i)" + _FOLDERS_OF_USERS + rb"(" + _IN_NAMES + rb"{1,64}?)(?:\\|%5C|[\"'])"),
    (Private.USER, rb"(?i)\b[A-Z]:/+(?:users|documents and settings)/+(" + _IN_NAMES + rb"{1,64}?)[/\"']"),
    (Private.USER, rb"(?i)(?:[\\/]|%5C|%2F)(?:home|users|documents(?: |%20)and(?: |%20)settings)"
                   rb"(?:[\\/]|%5C|%2F)+([^\\/\r\n\"'<>|:*?;,\s%)\]\x00]+)"),
    (Private.USER, rb"(?:^|[\s=:\"'])~([A-Za-z_][\w.-]+)"),
    (Private.USER, rb"\b([A-Z0-9_\x80-\xff-]{1,6}~\d)\b"),
    (Private.ORDER, rb"(?i)(?:\b|_)(?:order|perm|parent|exec)[ _-]?id"
                    rb"(?:\\?[\"'])?\s*[=:]\s*[\"']?(\d[\w.]*)"),
    (Private.ORDER, rb"(?i)\b(?:order|permId)\s+#?(\d+)\b"),
    (Private.MONEY, rb"(?i)\b" + _AMOUNTS + rb"[\w-]*(?:\\?[\"'])?\s*[=:;,>]\s*[\"']?[$\xa3]?(-?\d[\d.,]*)"),
)  # fmt: skip

# Messages between TWS and programs (`<-` in, `->` out) fill whole logs, so they are met by plain expressions
# that begin with fixed text: a group for the way to a value, one for the value. The numbers are those of the
# messages in IBKR's API: 3 place order and order status, 4 cancel, 5 open order, 11 execution, 6 account
# value, 7 portfolio, 61 position, 63 account summary.
_AMOUNT = rb"-?\d[\d.,Ee+-]*"
MESSAGES: tuple[tuple[Private, bytes], ...] = (
    (Private.ORDER, rb"(<- \[(?:3;|4;(?:1;)?))(\d+)"),
    (Private.ORDER, rb"(-> \[(?:[35];(?:\d{2};)?|11;-?\d+;))(\d+)"),
    (Private.MONEY, rb"(-> \[(?:6;\d+;[^;\r\n]*;|7;(?:[^;\r\n]*;){11,12}|63;\d+;-?\d+;(?:[^;\r\n]*;){2}|"
                    rb"61;[^\r\n]*;(?=" + _AMOUNT + rb";" + _AMOUNT + rb"(?:[\];\r\n]|$))))"
                    rb"(" + _AMOUNT + rb"(?:;" + _AMOUNT + rb")*)"),
)  # fmt: skip
