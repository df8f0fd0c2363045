"""Mail addresses without a public domain, which Presidio's pattern leaves out."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

PATTERNS: Final = (
    Pattern(
        "mail_local_host",
        "EMAIL_ADDRESS",
        LazyRegex(
            r"(?<![\w@.+-])[\w.+-]{1,64}@(?:localhost|[a-z][a-z0-9-]{2,40})(?![\w@.-]*[\w@])"
        ),
        0.45,
        digits=False,
        needs=("@",),
    ),
    Pattern(
        "mail_broken",
        "EMAIL_ADDRESS",
        LazyRegex(
            r"(?<![\w@.+-])[\w.+-]{2,64}(?:@[ \t]*\n[> \t]{0,8}|[ \t]*\n[> \t]{0,8}@)"
            r"[A-Za-z0-9][\w-]*(?:\.[\w-]+)*\.[A-Za-z]{2,24}\b(?![\w@])"
        ),
        0.6,
        digits=False,
        needs=("@",),
    ),
    Pattern(
        "mail_spelled",
        "EMAIL_ADDRESS",
        LazyRegex(
            r"\b[\w.+-]{2,64}\s?[\[(]\s?(?:at|@)\s?[\])]\s?[\w-]+(?:\s?(?:\.|[\[(]\s?(?:dot|\.)"
            r"\s?[\])])"
            r"\s?[\w-]+){1,4}\b",
            re.I,
        ),
        0.6,
        digits=False,
        needs=tuple("[at (at [@ (@".split()),
    ),
)
