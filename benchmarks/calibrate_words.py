"""Fit the first layer of the evidence gate, the one without the reader, on public questions.

    python benchmarks/calibrate_words.py [--write]

All paragraphs of squad2_dev and xquad_en are indexed together. The questions of all articles but
the two that `calibrate_evidence.py` measures on are asked in up to four conditions: with
everything indexed, with paragraphs of other articles only, with everything but the question's own
paragraph, and SQuAD 2.0's unanswerable ones with everything indexed. Run it before
`calibrate_evidence.py`: the second layer is fitted on what comes out of this one.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from evidence_cases import (
    DEV,
    PASSAGES,
    TEST,
    CachedEmbedder,
    Paragraphs,
    Question,
    fill,
    is_answer,
    read_sets,
)
from logistic_fit import balanced, fit, store

from secure_rag.answering.calibration import Calibration, Logistic
from secure_rag.answering.evidence import evidence_by_words, passage_words, unknown_shares
from secure_rag.answering.signals import PASSAGE_WORDS, SENTENCE_WORDS
from secure_rag.answering.support import Sentence, describe_sentences, rate_by_words
from secure_rag.index.embedder import load_embedder
from secure_rag.index.store import Store
from secure_rag.retrieval.search import search
from secure_rag.runtime.manifest import Models
from secure_rag.values import Passage

ANSWERABLE = ("answerable",)


@dataclass(frozen=True)
class Case:
    """A question with the passages of one condition."""

    question: Question
    condition: str
    sentences: Sequence[Sentence]
    answers: Sequence[bool]
    """Whether each sentence holds an answer."""
    unknown: tuple[float, float]


def main(arguments: list[str]) -> None:
    """Fit, say how well the parts tell cases apart, and write where asked to."""
    embedder = CachedEmbedder(load_embedder(Models()))
    paragraphs, questions = read_sets()
    asked = [one for one in questions if one.article not in (DEV, TEST)]
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "index") as index:
        fill(index, embedder, paragraphs)
        cases = [case for one in asked for case in make_cases(index, embedder, paragraphs, one)]
    sentence = fit_sentences(cases)
    passages = fit_passages(cases, sentence)
    report(cases, sentence, passages)
    if "--write" in arguments:
        articles = {one.article for one in asked}
        provenance = {
            "program": "benchmarks/calibrate_words.py",
            "sets": f"SQuAD 2.0 dev and XQuAD English, {len(articles)} articles (CC BY-SA 4.0)",
            "cases": len(cases),
            "embedder_digest": embedder.digest,
        }
        parts = {"sentence_words": sentence, "passage_words": passages}
        store(parts, {"words": provenance})


def make_cases(
    index: Store, embedder: CachedEmbedder, paragraphs: Paragraphs, question: Question
) -> Iterator[Case]:
    """Ask a question in every condition that fits it."""
    found = search(index, embedder, question.text, limit=40, candidates=100)
    kept = {
        "answerable" if question.answers else "adversarial": found,
        "other": [one for one in found if paragraphs[one.document or ""][0] != question.article],
    }
    if question.answers:
        kept["same topic"] = [one for one in found if one.document != question.paragraph]
    for condition, passages in kept.items():
        case = _case(embedder, question, condition, passages[:PASSAGES])
        if case.sentences:
            yield case


def _case(
    embedder: CachedEmbedder, question: Question, condition: str, passages: Sequence[Passage]
) -> Case:
    sentences = describe_sentences(question.text, passages, embed=embedder.embed)
    answers = [is_answer(question, one, passages[one.passage]) for one in sentences]
    return Case(question, condition, sentences, answers, unknown_shares(question.text, passages))


def fit_sentences(cases: Sequence[Case]) -> Logistic:
    """Fit that a sentence holds the answer, on the answerable cases."""
    rows = [
        (sentence.words, holds)
        for case in cases
        if case.condition in ANSWERABLE
        for sentence, holds in zip(case.sentences, case.answers, strict=True)
    ]
    signals, labels = zip(*rows, strict=True)
    return fit(SENTENCE_WORDS, np.array(signals), np.array(labels, float))


def fit_passages(cases: Sequence[Case], sentence: Logistic) -> Logistic:
    """Fit that there is an answer."""
    rows = np.array(
        [passage_words(case.unknown, rate_by_words(case.sentences, sentence)) for case in cases]
    )
    labels = np.array([case.condition in ANSWERABLE for case in cases], float)
    weights = balanced([case.condition for case in cases], ANSWERABLE)
    return fit(PASSAGE_WORDS, rows, labels, weights)


def report(cases: Sequence[Case], sentence: Logistic, passages: Logistic) -> None:
    """Print, on the fitted cases themselves, what is refused at 12 % of the answerable."""
    fitted = _draft(sentence, passages)
    scores: dict[str, list[float]] = {}
    for case in cases:
        rated = rate_by_words(case.sentences, sentence)
        score = evidence_by_words(case.unknown, rated, fitted)
        scores.setdefault(case.condition, []).append(score)
    threshold = float(np.quantile(scores["answerable"], 0.12))
    for condition, values in sorted(scores.items()):
        refused = float(np.mean(np.array(values) < threshold))
        print(f"{condition:12} {len(values):5} cases, {refused:.3f} refused")


def _draft(sentence: Logistic, passages: Logistic) -> Calibration:
    nothing = Logistic((), (), 0.0)
    return Calibration(sentence, passages, nothing, nothing, 0.5)


if __name__ == "__main__":
    main(sys.argv[1:])
