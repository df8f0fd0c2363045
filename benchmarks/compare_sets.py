"""The sets of compare.py: their titles, the adapter that fits each, and how it is asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from secure_rag.evaluation.answers_set import read_questions

POLICYQA: Final = "policyqa"
UNSEEN: Final = "imperialism"
"""The article of SQuAD 2.0 that neither the reader's recipe nor the adapter's has seen."""
PUBLIC: Final = (POLICYQA, UNSEEN)

TITLES: Final = {
    "support": "Support",
    "contracts": "Contract questions",
    "compliance": "Compliance queries",
    "knowledge": "Internal knowledge",
    "voice": "Brand voice",
    "format": "Output format",
    "coding": "Medical coding",
    "drafting": "Legal drafting",
    "reports": "Technical reports",
    POLICYQA: "PolicyQA (public)",
    UNSEEN: "SQuAD 2.0, unseen article (public)",
}

_QA: Final = "grounded-qa"
_FORMAT: Final = "format-json"
_VOICE: Final = "voice-plain"
ADAPTERS: Final = {
    "support": _QA,
    "contracts": _QA,
    "compliance": _QA,
    "knowledge": _QA,
    "voice": _VOICE,
    "format": _FORMAT,
    "coding": _FORMAT,
    "drafting": _VOICE,
    "reports": _QA,
    POLICYQA: _QA,
    UNSEEN: _QA,
}
"""The adapter of the program whose kind fits a set. The command itself chooses none."""


def wanted(named: str, *, has_data: bool) -> list[str]:
    """Return the sets to measure: those named, parted by commas, or all that are here.

    Raises:
        ValueError: there is no set of a name, or a public set is named without its folder.
    """
    here = [name for name in TITLES if has_data or name not in PUBLIC]
    chosen = [one.strip() for one in named.split(",") if one.strip()]
    for one in chosen:
        if one not in TITLES:
            raise ValueError(f"there is no set {one}; sets: {', '.join(TITLES)}")
        if one not in here:
            raise ValueError(f"the set {one} wants SECURE_RAG_DATA")
    return [name for name in here if not chosen or name in chosen]


def adapters(given: Sequence[str]) -> dict[str, str]:
    """Return the adapter of each set, changed by `SET=NAME`; `SET=` is a set without one.

    Raises:
        ValueError: not of this form, or there is no such set.
    """
    chosen = dict(ADAPTERS)
    for one in given:
        name, sign, adapter = (part.strip() for part in one.partition("="))
        if not sign or name not in TITLES:
            raise ValueError(f"--adapter wants SET=NAME, not {one}; sets: {', '.join(TITLES)}")
        chosen[name] = adapter
    return chosen


def command(name: str, cases: str, *, adapter: str, limit: int, arms: str) -> list[str]:
    """Return the command that measures one set.

    Args:
        cases: what the command calls the set, or its file.
        adapter: empty for none, also where the settings name one.
        limit: cases drawn; 0 for all.
        arms: parted by commas; empty for all.
    """
    # what is personal in the examples is redacted; of a public set the words are measured
    policy = "unsafe-keep-all" if name in PUBLIC else "default"
    said = [sys.executable, "-m", "secure_rag", "eval", "compare", cases, "--json"]
    said += ["--policy", policy, "--adapter", adapter]
    said += ["--limit", str(limit)] if limit else []
    return said + (["--arms", arms] if arms else [])


def write_unseen(source: Path, target: Path) -> None:
    """Write the questions of the unseen article, each with its own passage, as cases."""
    found = read_questions([source], topics=[UNSEEN])
    lines = [
        json.dumps(
            {
                "id": question.id,
                "question": question.text,
                "answers": [gold.text for gold in question.golds],
                "passages": [found.paragraphs[number].text for number in question.own],
            },
            ensure_ascii=False,
        )
        for question in found.questions
    ]
    target.write_text("\n".join(lines) + "\n", "utf-8")
