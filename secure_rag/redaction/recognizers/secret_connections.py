"""Addresses and settings that name a place and the password for it."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.secret_scan import Secret
from secure_rag.redaction.recognizers.secret_values import is_template

_I: Final = re.IGNORECASE
_NO_VALUES: Final = frozenset("password pass passwd pwd secret token port".split())


def _is_address(match: re.Match[str]) -> bool:
    password = match["password"]
    return not (is_template(password) or password.lower() in _NO_VALUES or password[0] in "$%*[")


def _is_setting(match: re.Match[str]) -> bool:
    password = match["password"].strip("'\" ")
    return len(password) > 2 and not (is_template(password) or password.lower() in _NO_VALUES)


_SECRET_FIELD: Final = (
    r"(?:password|pwd|accountkey|sharedaccesskey|sharedaccesssignature|sharedsecret|accesskey)"
)
_PLACE_FIELD: Final = (
    r"(?:server|data\ssource|host|hostname|endpoint|accountname|address|addr|dbname|database|"
    r"initial\scatalog|user\sid|uid|user|username|driver|defaultendpointsprotocol|dsn|hostname)"
)
_FIELD: Final = r"[A-Za-z][\w ]{1,30}\s?=\s?(?:'[^'\n]{0,100}'|[^;\n\"'=]{1,200}=?=?)"

PATTERNS: Final = (
    Secret(
        "connection_string",
        "SECRET_CONNECTION",
        ("://",),
        LazyRegex(
            r"[a-z][a-z0-9+.:-]{1,40}://[^\s:/@\"'<>]{0,80}:(?P<password>[^\s@\"'<>/]{1,200}"
            r"(?:/[^\s@\"'<>/]{1,80}){0,2})@[^\s\"'<>]{1,300}",
            _I,
        ),
        0.9,
        check=_is_address,
        lead=LazyRegex(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.:-]{1,40}$", _I),
        lead_length=42,
        source="RFC 3986",
    ),
    Secret(
        "connection_pairs",
        "SECRET_CONNECTION",
        tuple(f"{word}=" for word in ("server", "data source", "host", "hostname", "endpoint",
              "accountname", "addr", "address", "dbname", "database", "initial catalog", "user id",
              "uid", "user", "username", "driver", "defaultendpointsprotocol")),
        LazyRegex(
            rf"{_PLACE_FIELD}\s?=(?:'[^'\n]{{0,100}}'|[^;\n\"'=]{{1,200}})(?:;\s?(?!{_SECRET_FIELD}\s?=){_FIELD}){{0,8}}"
            rf";\s?{_SECRET_FIELD}\s?=\s?(?P<password>[^;\n\"']{{1,300}})"
            rf"(?:;\s?{_FIELD}){{0,8}};?",
            _I,
        ),
        0.9,
        check=_is_setting,
        source="ADO.NET, ODBC, Azure",
    ),
    Secret(
        "connection_words",  # libpq: host=… user=… password=…
        "SECRET_CONNECTION",
        ("host=", "dbname=", "hostaddr="),
        LazyRegex(
            r"(?:host|dbname|hostaddr)=[^\s'\"]{1,100}(?:\s{1,2}(?!password=)[a-z_]{2,24}=[^\s'\"]{1,100}){0,8}"
            r"\s{1,2}password=(?P<password>[^\s'\"]{3,128})(?:\s{1,2}[a-z_]{2,24}=[^\s'\"]{1,100}){0,8}",
            _I,
        ),
        0.9,
        check=_is_setting,
        source="PostgreSQL",
    ),
)  # fmt: skip
