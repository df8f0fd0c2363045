"""Addresses of machines and wallets that Presidio's recognizers leave out."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

PATTERNS: Final = (
    Pattern(
        "host_internal",
        "URL",
        LazyRegex(
            r"(?<![\w@.-])(?:[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?\.){1,5}(?:internal|local|lan|"
            r"corp|intranet|"
            r"localdomain|home\.arpa|onion|test)\b(?::\d{2,5})?(?:/[^\s<>\"']*[^\s<>\"'.,;:!?)"
            r"\]}])?(?![\w-])"
        ),
        0.5,
        digits=False,
        needs=(
            ".internal",
            ".local",
            ".lan",
            ".corp",
            ".intranet",
            ".home.arpa",
            ".onion",
            ".test",
        ),
    ),
)

SHAPES: Final = (
    Pattern(
        "wallet_ethereum",
        "CRYPTO",
        LazyRegex(r"\b0x[0-9A-Fa-f]{40}\b"),
        0.9,
    ),
    Pattern(
        "wallet_others",
        "CRYPTO",
        LazyRegex(
            r"\b(?:ltc1[02-9ac-hj-np-z]{20,60}|addr1[02-9ac-hj-np-z]{50,110}|"
            r"cosmos1[02-9ac-hj-np-z]{38}|"
            r"T[1-9A-HJ-NP-Za-km-z]{33}|"
            r"[LM][1-9A-HJ-NP-Za-km-z]{26,33}|D[5-9A-HJ-NP-U][1-9A-HJ-NP-Za-km-z]{32}|"
            r"4[0-9AB][1-9A-HJ-NP-Za-km-z]{93}|bitcoincash:[qp][a-z0-9]{41})\b"
        ),
        0.6,
        check=lambda value: any(map(str.isdigit, value)) and not value.isupper(),
    ),
    Pattern(
        "address_with_port",
        "IP_ADDRESS",
        LazyRegex(r"(?<![\w.:])\d{1,3}(?:\.\d{1,3}){3}(?::\d{2,5}|/\d{1,2})?(?![\w.]*\d)"),
        0.6,
        check=lambda value: all(
            int(part) < 256 for part in re.split(r"[:/]", value)[0].split(".")
        ),
    ),
)  # fmt: skip
"""Tried at words with digits only (`shapes`)."""
