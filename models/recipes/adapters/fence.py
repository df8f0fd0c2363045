"""Evidence before a request, laid out as `secure_rag.answering.prompt.build_prompt` does it."""

from __future__ import annotations

import random
from collections.abc import Sequence

MARKERS = (
    "ebdbbabf", "fadedbca", "ffdbfdff", "dcdcabea", "adbdccfb", "cbdbcebd", "faabedbb", "bcaeffef",
    "abfecfde", "bbcacfba", "abecbafc", "baabeaac", "bfadecfc", "bcacbfec", "abbbbfaa", "fdfcfdee",
    "cabfffcd", "bafafaee", "fdfbebfe", "cdaadcfd", "dcebbcfa", "adfdcfea", "fbbfcebf", "baccdfea",
)  # fmt: skip
"""Codes that redaction leaves as they are; most look like a reference number or a name to it."""


def fenced(lines: Sequence[str], asked: str, draw: random.Random) -> str:
    """Return the user's message: the fence, its lines, the question."""
    marker = draw.choice(MARKERS)
    told = "\n".join(f"- {line}" for line in lines)
    return f"[evidence {marker}]\n{told}\n[end {marker}]\n\nQuestion: {asked}"
