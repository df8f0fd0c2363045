"""The gate before the writer: is there an answer in the passages at all?

It stands outside the language model, which answers whether it knows or not. A few
signals of the best sentences and of what the passages do not know of the question
give one probability; below the threshold the question is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from secure_rag.answering.calibration import Calibration
from secure_rag.answering.signals import EVIDENCE_SIGNALS, SENTENCE_SIGNALS
from secure_rag.answering.support import Sentence, read_question
from secure_rag.answering.words import stems
from secure_rag.values import Passage


def evidence(
    question: str,
    passages: Sequence[Passage],
    rated: Sequence[Sentence],
    *,
    calibration: Calibration,
) -> float:
    """Return the probability that the passages answer the question."""
    if not rated:
        return 0.0
    return calibration.evidence.probability(evidence_signals(question, passages, rated))


def evidence_signals(
    question: str, passages: Sequence[Passage], rated: Sequence[Sentence]
) -> tuple[float, ...]:
    """Return the numbers that the gate weighs; `rated` is not empty, best first."""
    asked = read_question(question)
    best = dict(zip(SENTENCE_SIGNALS, rated[0].signals, strict=True))
    top = [dict(zip(SENTENCE_SIGNALS, one.signals, strict=True)) for one in rated[:3]]
    known = set().union(*(stems(_all_text(passage)) for passage in passages))
    missing_names = asked.names - known
    values = {
        "support": rated[0].support,
        "support_of_three": sum(sentence.support for sentence in rated[:3]),
        "likeness": max(one["likeness"] for one in top),
        "passage_likeness": best["passage_likeness"],
        "covered": best["covered"],
        "covered_by_passage": best["covered_by_passage"],
        "names_covered": best["names_covered"],
        "kind_missing": float(
            not (best["kind_unknown"] or best["name_found"] or best["value_found"])
        ),
        "unknown_words": len(asked.stems - known) / max(1, len(asked.stems)),
        "unknown_names": len(missing_names) / max(1, len(asked.names)),
    }
    return tuple(values[name] for name in EVIDENCE_SIGNALS)


def _all_text(passage: Passage) -> str:
    place = passage.place
    return "\n".join(filter(None, (place.heading, place.sheet, passage.path, passage.text)))
