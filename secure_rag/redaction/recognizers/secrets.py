"""Secrets by the words beside them: keys, passwords, headers, connection strings; key blocks."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Final

from secure_rag.redaction.recognizers.pattern import Pattern

_I: Final = re.IGNORECASE
_TEMPLATE: Final = re.compile(
    r"\$\{|\{\{|\$\(|[<>]|\.\.\.|\*\*\*|xxxx|%s|\(\)|(?:[a-z]{2,}[._-]){2,}[a-z]{2,}$",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(r"[A-Za-z]+(?:[-_. ][A-Za-z]+)*\d{0,2}|X\d+\.\w+")
_NO_PASSWORDS: Final = frozenset(
    "password passwd none null true false required optional reset change changed changeme expired "
    "forgotten protected protection manager policy policies string secret redacted hidden your "
    "that this must will should been have which when with from never always stored sent".split()
)


def entropy(value: str) -> float:
    """Return the Shannon entropy of a value in bits per character."""
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())


def is_random(value: str) -> bool:
    """Say whether a value looks generated: mixed characters, not words or a template."""
    core = value.strip("\"'`")
    if len(core) < 10 or _TEMPLATE.search(core) or _WORDS.fullmatch(core):
        return False
    return entropy(core) >= 3.0 and any(character.isdigit() for character in core)


def is_password(value: str) -> bool:
    """Say whether the value of a password assignment is a value and not a description."""
    core = value.strip("\"'`,;.")
    if len(core) < 4 or core.lower() in _NO_PASSWORDS:
        return False
    return not _TEMPLATE.search(core)


_ASSIGN: Final = r"[\"'`]?\]?\s{0,3}(?:=>|:{1,3}=|\?=|={1,2}|:|,|is\b)\s{0,3}[\"'`]?"

PATTERNS: Final = (
    Pattern(
        "bearer_header",
        "SECRET_TOKEN",
        re.compile(r"\b(?:bearer|basic|token)\s+(?P<value>[A-Za-z0-9_.~+/-]{20,2000}={0,2})", _I),
        0.7,
        check=is_random,
        needs=("bearer", "basic", "token"),
    ),
    Pattern(
        "authorization_header",
        "SECRET_TOKEN",
        re.compile(
            r"\b(?:authorization|x-[\w-]{0,20}(?:key|token)|api-token|private-token|token)\s?:\s{0,3}"
            r"(?:(?:bearer|basic|token)\s+)?(?P<value>[^\s\"'`,;<>]{10,2000})",
            _I,
        ),
        0.7,
        check=lambda value: (
            len(value) >= 10
            and not _TEMPLATE.search(value)
            and any(character.isdigit() for character in value)
        ),
        needs=("authorization", "x-", "token"),
    ),
    Pattern(
        "key_assignment",
        "SECRET_KEY",
        re.compile(
            r"(?:key|secret|access_?id|client_?id)\w{0,12}"
            + _ASSIGN
            + r"(?P<value>[A-Za-z0-9_.~+/=!@#$%^&*-]{10,300})",
            _I,
        ),
        0.6,
        check=is_random,
        needs=("key", "secret", "access", "client"),
    ),
    Pattern(
        "token_assignment",
        "SECRET_TOKEN",
        re.compile(
            r"(?:token|auth|credentials?)(?!\w{0,6}id\b)\w{0,12}"
            + _ASSIGN
            + r"(?P<value>[A-Za-z0-9_.~+/=-]{16,300})",
            _I,
        ),
        0.6,
        check=is_random,
        needs=("token", "auth", "credential"),
    ),
    Pattern(
        "password_assignment",
        "SECRET_PASSWORD",
        re.compile(
            r"(?:password|passwd|passphrase|pwd|passcode|kennwort)\w{0,10}[\"'`]?\s{0,3}"
            r"(?:(?:is|was|to)\s*:?|=>|:=|[:=])\s{0,3}"
            r"(?P<value>\"[^\"\n]{4,128}\"|'[^'\n]{4,128}'|`[^`\n]{4,128}`|[^\s\"'`<>]{4,128})",
            _I,
        ),
        0.7,
        check=is_password,
        digits=False,
        needs=("passw", "passphrase", "pwd", "passcode", "kennwort"),
    ),
    Pattern(
        "pin_assignment",
        "SECRET_PASSWORD",
        re.compile(
            r"\b(?:PIN|CVV2?|CVC2?)(?:\s(?:code|number|no\.?))?\s?(?:is|:|=)?\s?(?P<value>\d{3,8})\b"
        ),
        0.6,
    ),
    Pattern(
        "connection_string",
        "SECRET_CONNECTION",
        re.compile(
            r"\b[a-z][a-z0-9+.-]{1,30}://[^\s:/@\"'<>]{0,80}:[^\s@\"'<>]{1,120}@[^\s\"'<>]{1,300}",
            _I,
        ),
        0.9,
        digits=False,
        needs=("://",),
    ),
    Pattern(
        "connection_pairs",
        "SECRET_CONNECTION",
        re.compile(
            r"\b(?:server|data source|host|endpoint|accountname)=[^\n\"']{1,200}?;"
            r"[^\n\"']{0,200}?"
            r"(?:password|pwd|accountkey|sharedaccesskey)=[^\n;\"']{1,200};?",
            _I,
        ),
        0.9,
        digits=False,
        needs=("pwd=", "password=", "accountkey=", "sharedaccesskey="),
    ),
)

DOCUMENT_PATTERNS: Final = (
    # Longer than a window, and anchored by a literal: looked for in the whole text.
    Pattern(
        "private_key_block",
        "SECRET_PRIVATE_KEY",
        re.compile(
            r"-----BEGIN[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:(?:[^-]|-(?!----)){0,20000}"
            r"-----END[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----"
            # cut off: what still looks like its lines
            r"|(?:[\s\\nr]{1,4}[A-Za-z0-9+/=]{24,})*)"
        ),
        1.0,
        digits=False,
        needs=("private key",),
    ),
)
