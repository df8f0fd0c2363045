"""Fit the evidence gate on public questions, and say how good it is on other articles.

    python benchmarks/calibrate_evidence.py [--write]

Paragraphs of squad2_dev and xquad_en are chunked, embedded and indexed together. Each
question is asked in up to four conditions:

answerable     everything is indexed
other          only paragraphs of other articles are
same topic     everything but the paragraph that the question was written for is
adversarial    a question of SQuAD 2.0 that its own paragraph does not answer, all indexed

Figures are from three folds over articles: each is judged by weights and a threshold
fitted on the others. With `--write`, weights fitted on all articles go to
secure_rag/answering/calibration.json with these figures.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from secure_rag.answering import calibration as calibrations
from secure_rag.answering.calibration import Calibration, Logistic
from secure_rag.answering.evidence import evidence_signals
from secure_rag.answering.signals import EVIDENCE_SIGNALS, SENTENCE_SIGNALS
from secure_rag.answering.support import Sentence, rate_sentences, sort_by_support
from secure_rag.index.chunks import chunk_document, embedding_texts
from secure_rag.index.embedder import Embedder, load_embedder
from secure_rag.index.rows import DocumentRows
from secure_rag.index.store import Store
from secure_rag.retrieval.search import search
from secure_rag.runtime.manifest import Models
from secure_rag.values import Block, Passage, RedactedDocument

DATA = Path(os.environ.get("SECURE_RAG_DATA") or sys.exit("set SECURE_RAG_DATA")) / "qa"
SETS = ("squad2_dev/even_articles.json.xz", "xquad_en/xquad.en.json.xz")
PASSAGES = 6
FOLDS = 3
WRONGLY_REFUSED = 0.12
"""Share of answerable questions that the threshold may refuse."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """A question, where it was asked, and what answers it."""

    text: str
    article: str
    paragraph: str
    answers: tuple[tuple[int, int], ...]
    """Spans in the paragraph; none if it has no answer."""


@dataclass(frozen=True)
class Case:
    """A question with the passages of one condition."""

    question: Question
    condition: str
    passages: list[Passage]
    sentences: list[Sentence]
    """Of the passages, not yet rated."""


@dataclass(frozen=True)
class Outcome:
    """What became of a case."""

    condition: str
    is_refused: bool
    in_first: bool
    """The best sentence holds an answer."""
    in_three: bool


class CachedEmbedder:
    """Embeds each text once: the same sentences come up in many cases."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, NDArray[np.float32]] = {}
        self.digest = embedder.digest

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector for each text."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        for text, vector in zip(new, self._embedder.embed(new), strict=True):
            self._known[text] = vector
        return np.stack([self._known[text] for text in texts])

    def count_tokens(self, text: str) -> int:
        """Return how many word pieces a text has."""
        return self._embedder.count_tokens(text)


def main(arguments: list[str]) -> None:
    """Fit, report, and write where asked to."""
    embedder = CachedEmbedder(load_embedder(Models()))
    paragraphs, questions = read_sets()
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "index") as store:
        fill(store, embedder, paragraphs)
        cases = [case for question in questions for case in make_cases(store, embedder, question)]
    report = cross_validate(cases)
    print(json.dumps(report, indent=2))
    if "--write" in arguments:
        write(fit_both(cases), report, embedder.digest, len(cases))


def cross_validate(cases: list[Case]) -> dict[str, Any]:
    """Return figures in which each article is judged by what was fitted on others."""
    outcomes = []
    for fold in range(FOLDS):
        fitted = fit_both([case for case in cases if fold_of(case) != fold])
        outcomes += [outcome(case, fitted) for case in cases if fold_of(case) == fold]
    answerable = [one for one in outcomes if one.condition == "answerable"]
    conditions = sorted({one.condition for one in outcomes})
    return {
        "cases": {name: sum(one.condition == name for one in outcomes) for name in conditions},
        "refused": {
            name: _mean(one.is_refused for one in outcomes if one.condition == name)
            for name in conditions
        },
        "answer_in_first_sentence": _mean(one.in_first for one in answerable),
        "answer_in_three_sentences": _mean(one.in_three for one in answerable),
    }


def read_sets() -> tuple[dict[str, tuple[str, str]], list[Question]]:
    """Return paragraphs by id, as (article, text), and all questions."""
    ids: dict[str, str] = {}
    paragraphs: dict[str, tuple[str, str]] = {}
    questions: dict[tuple[str, str], Question] = {}
    for name in SETS:
        with lzma.open(DATA / name, "rt", encoding="utf-8") as file:
            articles = json.load(file)["data"]
        for number, article in enumerate(articles):
            title = re.sub(r"\W+", " ", article.get("title") or f"{name} {number}").lower()
            for paragraph in article["paragraphs"]:
                key = ids.setdefault(paragraph["context"], f"p{len(ids)}")
                title = paragraphs.setdefault(key, (title, paragraph["context"]))[0]
                for item in paragraph["qas"]:
                    spans = () if item.get("is_impossible") else item["answers"]
                    answers = tuple(
                        (one["answer_start"], one["answer_start"] + len(one["text"]))
                        for one in spans
                    )
                    text = item["question"].strip()
                    questions[text, key] = Question(text, title, key, answers)
    return paragraphs, list(questions.values())


def fold_of(case: Case) -> int:
    """Put whole articles into a fold, by the hash of the title."""
    return hashlib.sha256(case.question.article.encode()).digest()[0] % FOLDS


def fill(store: Store, embedder: Embedder, paragraphs: dict[str, tuple[str, str]]) -> None:
    """Index the paragraphs; one is a document."""
    rows = []
    for number, (key, (_, text)) in enumerate(paragraphs.items()):
        blocks = (Block(0, len(text), "body"),)
        document = RedactedDocument(key, "", "text/plain", text, blocks)
        chunks = chunk_document(document, count_tokens=embedder.count_tokens)
        vectors = embedder.embed(embedding_texts(document, chunks))
        rows.append(DocumentRows(document, chunks, vectors, f"{number:032x}", "0", embedder.digest))
    store.replace(rows)
    store.finish()
    ARTICLES.update({key: article for key, (article, _) in paragraphs.items()})


ARTICLES: dict[str, str] = {}
"""Article of each paragraph."""

UNFITTED = Calibration(
    Logistic(SENTENCE_SIGNALS, (0.0,) * len(SENTENCE_SIGNALS), 0.0), Logistic((), (), 0.0), 0.5
)


def make_cases(store: Store, embedder: Embedder, question: Question) -> list[Case]:
    """Ask a question in every condition that fits it."""
    found = search(store, embedder, question.text, limit=40, candidates=100)

    def case(condition: str, keep: Any) -> Case:
        passages = [one for one in found if keep(one)][:PASSAGES]
        sentences = rate_sentences(
            question.text, passages, embed=embedder.embed, calibration=UNFITTED
        )
        return Case(question, condition, passages, sentences)

    other = case("other", lambda one: ARTICLES[one.document] != question.article)
    if not question.answers:
        made = [case("adversarial", lambda one: True), other]
    else:
        made = [
            case("answerable", lambda one: True),
            case("same topic", lambda one: one.document != question.paragraph),
            other,
        ]
    return [one for one in made if one.sentences]


def is_answer(case: Case, sentence: Sentence) -> bool:
    """Say whether a sentence holds an answer's span."""
    passage = case.passages[sentence.passage]
    if passage.document != case.question.paragraph:
        return False
    start, end = passage.start + sentence.start, passage.start + sentence.end
    return any(start <= first and last <= end for first, last in case.question.answers)


def fit_both(cases: list[Case]) -> Calibration:
    """Fit the sentences, then the gate on top of them."""
    return fit_evidence(cases, fit_sentences(cases))


def fit_sentences(cases: list[Case]) -> Logistic:
    """Fit that a sentence holds the answer, on the answerable cases."""
    rated = [
        (sentence.signals, is_answer(case, sentence))
        for case in cases
        if case.condition == "answerable"
        for sentence in case.sentences
    ]
    rows, labels = zip(*rated, strict=True)
    return fit(SENTENCE_SIGNALS, np.array(rows), np.array(labels, float))


def fit_evidence(cases: list[Case], sentence: Logistic) -> Calibration:
    """Fit that there is an answer; every condition weighs the same against the answerable."""
    draft = Calibration(sentence, Logistic((), (), 0.0), 0.5)
    signals = np.array([signals_of(case, draft) for case in cases])
    is_answerable = np.array([case.condition == "answerable" for case in cases])
    weight = {"answerable": 3.0, "other": 1.0, "same topic": 1.0, "adversarial": 1.0}
    counts = {name: sum(case.condition == name for case in cases) for name in weight}
    weights = np.array([weight[case.condition] / counts[case.condition] for case in cases])
    logistic = fit(EVIDENCE_SIGNALS, signals, is_answerable.astype(float), weights)
    scores = np.array([logistic.probability(row) for row in signals])
    threshold = float(np.quantile(scores[is_answerable], WRONGLY_REFUSED))
    return Calibration(sentence, logistic, round(threshold, 4))


def signals_of(case: Case, fitted: Calibration) -> tuple[float, ...]:
    """Return the gate's signals for a case."""
    rated = sort_by_support(case.sentences, fitted)
    return evidence_signals(case.question.text, case.passages, rated)


def fit(names: Sequence[str], rows: Array, labels: Array, weights: Array | None = None) -> Logistic:
    """Fit a logistic function by Newton's method, with a little shrinkage."""
    weights = np.ones(len(labels)) if weights is None else weights
    weights = weights * (len(labels) / weights.sum())
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    x = np.hstack([(rows - mean) / scale, np.ones((len(rows), 1))])
    shrinkage = np.diag([*[1.0] * len(names), 0.0])
    w = np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (weights * (p - labels)) + shrinkage @ w
        curvature = (x * (weights * p * (1 - p))[:, None]).T @ x + shrinkage
        w -= np.linalg.solve(curvature, gradient)
    plain = w[:-1] / scale
    bias = float(w[-1] - plain @ mean)
    return Logistic(tuple(names), tuple(round(float(v), 5) for v in plain), round(bias, 5))


def outcome(case: Case, fitted: Calibration) -> Outcome:
    """Put a case through the gate and the choice of sentences."""
    rated = sort_by_support(case.sentences, fitted)
    signals = evidence_signals(case.question.text, case.passages, rated)
    return Outcome(
        condition=case.condition,
        is_refused=fitted.evidence.probability(signals) < fitted.threshold,
        in_first=is_answer(case, rated[0]),
        in_three=any(is_answer(case, sentence) for sentence in rated[:3]),
    )


def _mean(values: Iterable[bool]) -> float:
    return round(float(np.mean(list(values))), 3)


def write(fitted: Calibration, report: dict[str, Any], digest: str, count: int) -> None:
    """Write the weights with where they come from."""
    table = {
        "format": calibrations.FORMAT,
        "sentence": _table(fitted.sentence),
        "evidence": _table(fitted.evidence),
        "threshold": fitted.threshold,
        "provenance": {
            "program": "benchmarks/calibrate_evidence.py",
            "sets": "SQuAD 2.0 dev (8 articles) and XQuAD English, both CC BY-SA 4.0",
            "embedder_digest": digest,
            "passages": PASSAGES,
            "threshold_choice": f"{WRONGLY_REFUSED:.0%} of the answerable questions are refused",
            "cases": count,
            "three_fold_over_articles": report,
        },
    }
    calibrations.FILE.write_text(json.dumps(table, indent=2) + "\n", "utf-8")


def _table(logistic: Logistic) -> dict[str, Any]:
    weights = dict(zip(logistic.names, logistic.weights, strict=True))
    return {"bias": logistic.bias, "weights": weights}


if __name__ == "__main__":
    main(sys.argv[1:])
