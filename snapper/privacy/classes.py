"""The classes of private values, as a table: their words, and what becomes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from snapper.language import _


class Private(StrEnum):
    """What a private value is. The values are the names in the settings."""

    SECRET = "secrets"
    ACCOUNT = "accounts"
    USER = "users"
    HOST = "hosts"
    PATH = "paths"
    EMAIL = "emails"
    IP = "addresses"
    MAC = "macs"
    PHONE = "phones"
    ORDER = "orders"
    MONEY = "amounts"


@dataclass(frozen=True)
class Rule:
    """`words` for people; `label` begins the pseudonym (`ACCT-7K3QF`), "" where values are erased instead;
    `optional`: a person may choose to send values of this class as they are."""

    words: str
    label: str
    optional: bool = True


RULES: Mapping[Private, Rule] = {
    Private.SECRET: Rule(_("passwords, tokens and other secrets"), "", optional=False),
    Private.ACCOUNT: Rule(_("account numbers"), "ACCT"),
    Private.USER: Rule(_("user names"), "USER"),
    Private.HOST: Rule(_("names of computers"), "HOST"),
    Private.PATH: Rule(_("home folders"), "HOME"),
    Private.EMAIL: Rule(_("e-mail addresses"), "EMAIL"),
    Private.IP: Rule(_("IP addresses"), "IP"),
    Private.MAC: Rule(_("hardware (MAC) addresses"), "MAC"),
    Private.PHONE: Rule(_("telephone numbers"), "PHONE"),
    Private.ORDER: Rule(_("order numbers"), "ORDER"),
    Private.MONEY: Rule(_("balances and other amounts of the account"), ""),
}

# What stands in place of the values that have no pseudonym.
ERASED: Mapping[Private, str] = {Private.SECRET: "[secret]", Private.MONEY: "[amount]"}

# An account as IBKR writes it (D for paper trading), where titles and settings show it.
ACCOUNT_NUMBER = re.compile(r"(?<![A-Z0-9])(?:D?[UF]|I)\d{5,9}(?!\d)", re.IGNORECASE)

OPTIONAL = frozenset(private for private, rule in RULES.items() if rule.optional)
