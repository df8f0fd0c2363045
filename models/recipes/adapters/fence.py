"""Evidence before a request, laid out as a model is shown it, between codes that stay."""

from __future__ import annotations

import random
from collections.abc import Sequence

from secure_rag.answering.prompt import PromptMemory, build_prompt

MARKERS = (
    "ebdbbabf", "fadedbca", "ffdbfdff", "dcdcabea", "adbdccfb", "cbdbcebd", "faabedbb", "bcaeffef",
    "abfecfde", "bbcacfba", "abecbafc", "baabeaac", "bfadecfc", "bcacbfec", "abbbbfaa", "fdfcfdee",
    "cabfffcd", "bafafaee", "fdfbebfe", "cdaadcfd", "dcebbcfa", "adfdcfea", "fbbfcebf", "baccdfea",
)  # fmt: skip
"""Codes that redaction leaves as they are; most look like a reference number or a name to it."""


def fenced(lines: Sequence[str], asked: str, draw: random.Random) -> str:
    """Return the user's message: the fence, its lines, the question."""
    marker = draw.choice(MARKERS)
    memory = PromptMemory(draw_marker=lambda: marker)
    room = sum(map(len, lines)) + 100
    prompt = build_prompt(asked, lines, count_tokens=len, budget=room, memory=memory)
    return prompt.messages[1]["content"]
