"""The Text Anonymization Benchmark's own measures, written from its paper and its published rules.

Pilan et al., Computational Linguistics 48(4), 2022, section 5. An entity that must be masked
counts only if all its mentions are; direct (ER_di) and quasi (ER_qi) identifiers apart. Words
here are all runs of `\\w`; small words, signs and spaces need no cover. Precision weights all
words alike. Everything is summed over annotators (micro-average).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from secure_rag.evaluation.labelled import DIRECT, NO_MASK, LabelledText, Mention
from secure_rag.evaluation.systems import Masked
from secure_rag.evaluation.words import IGNORED

_SIGNS: Final = ",.-;:/&()[]–'\" ’“”"
_NEEDS_NO_COVER: Final = re.compile(
    rf"[{re.escape(_SIGNS)}]|\b(?:{'|'.join(sorted(IGNORED))})\b|['’]s\b", re.IGNORECASE
)
_WORD: Final = re.compile(r"\w+")


@dataclass
class _Entity:
    mentions: list[Mention] = field(default_factory=list)

    @property
    def is_direct(self) -> bool:
        return self.mentions[0].masking == DIRECT

    @property
    def needs_masking(self) -> bool:
        return any(one.masking != NO_MASK for one in self.mentions)


def score_tab(text: LabelledText, found: Sequence[Masked]) -> Counter[str]:
    """Count what the benchmark's measures need for one document."""
    covered = bytearray(len(text.text))
    for hidden in found:
        covered[hidden.start : hidden.end] = b"\x01" * (hidden.end - hidden.start)
    counts: Counter[str] = Counter()
    said = [span for hidden in found for span in _words(text.text, hidden.start, hidden.end)]
    for mentions in text.by_annotator():
        entities: dict[str, _Entity] = {}
        for one in mentions:
            entities.setdefault(one.entity_id, _Entity()).mentions.append(one)
        wanted = [entity for entity in entities.values() if entity.needs_masking]
        for entity in wanted:
            _count_entity(counts, text.text, covered, entity)
        marks = sorted((m.start, m.end) for e in wanted for m in e.mentions if m.masking != NO_MASK)
        counts["said"] += len(said)
        counts["right"] += sum(any(s <= a and b <= e for s, e in marks) for a, b in said)
    return counts


def _count_entity(counts: Counter[str], text: str, covered: bytearray, entity: _Entity) -> None:
    kind = "direct" if entity.is_direct else "quasi"
    is_masked = True
    for one in entity.mentions:
        is_hidden = _is_hidden(text, covered, one.start, one.end)
        is_masked = is_masked and (is_hidden or one.masking == NO_MASK)
        counts["mentions"] += 1
        counts["mentions_masked"] += is_hidden
        for start, end in _words(text, one.start, one.end):
            counts["words"] += 1
            counts["words_masked"] += _is_hidden(text, covered, start, end)
    counts[f"{kind}"] += 1
    counts[f"{kind}_masked"] += is_masked


def _is_hidden(text: str, covered: bytearray, start: int, end: int) -> bool:
    if all(covered[start:end]):
        return True
    bare = bytearray(covered[start:end])
    for skip in _NEEDS_NO_COVER.finditer(text[start:end]):
        bare[skip.start() : skip.end()] = b"\x01" * (skip.end() - skip.start())
    return all(bare)


def _words(text: str, start: int, end: int) -> list[tuple[int, int]]:
    return [
        (start + match.start(), start + match.end()) for match in _WORD.finditer(text[start:end])
    ]
