"""Public questions in the conditions that the evidence gate meets, for those who calibrate it.

Only articles that the reader was not trained on are asked about: what it says of its own
training articles is too good. All paragraphs are indexed together, so that the passages
of every article compete.
"""

from __future__ import annotations

import json
import lzma
import os
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from secure_rag.answering.calibration import load_calibration
from secure_rag.answering.evidence import evidence_by_words, unknown_shares
from secure_rag.answering.rating import add_reading
from secure_rag.answering.reader import Reader, Reading
from secure_rag.answering.support import Sentence, describe_sentences, rate_by_words
from secure_rag.index.chunks import chunk_document, embedding_texts
from secure_rag.index.embedder import Embedder
from secure_rag.index.rows import DocumentRows
from secure_rag.index.store import Store
from secure_rag.retrieval.search import search
from secure_rag.values import Block, Passage, RedactedDocument

DATA = Path(os.environ.get("SECURE_RAG_DATA") or sys.exit("set SECURE_RAG_DATA")) / "qa"
SETS = ("squad2_dev/even_articles.json.xz", "xquad_en/xquad.en.json.xz")
DEV = "french and indian war"
"""The article that the reader's recipe keeps for choosing: weights are fitted on it."""

TEST = "imperialism"
"""The article that its recipe measures once, and so do we."""

PASSAGES = 6
GIVEN = 4
"""Passages that are handed over where they are given without the answer."""

ANSWERABLE = ("answerable, retrieved", "answerable, given")


@dataclass(frozen=True)
class Question:
    """A question, where it was asked, and what answers it."""

    id: str
    text: str
    article: str
    paragraph: str
    answers: tuple[tuple[int, int], ...]
    """Spans in the paragraph; none if it has no answer."""
    expected: tuple[str, ...]
    """The same as texts."""


@dataclass(frozen=True)
class Case:
    """A question with the passages of one condition."""

    question: Question
    condition: str
    passages: Sequence[Passage]
    readings: Sequence[Reading]
    sentences: Sequence[Sentence]
    """Of the passages, with the second layer's signals, not yet rated by them."""
    by_words: float
    """Log-odds that there is an answer, by the first layer."""

    @property
    def is_answerable(self) -> bool:
        return self.condition in ANSWERABLE


Paragraphs = dict[str, tuple[str, str]]
"""Article and text of each paragraph, by id."""


class CachedEmbedder:
    """Embeds each text once: the same sentences come up in many cases."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, NDArray[np.float32]] = {}
        self.digest = embedder.digest

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector for each text."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if new:
            self._known.update(zip(new, self._embedder.embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])

    def count_tokens(self, text: str) -> int:
        """Return how many word pieces a text has."""
        return self._embedder.count_tokens(text)


class CachedReader:
    """Reads a question beside a passage once: the same pair comes up in several conditions."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[tuple[str, str], Reading] = {}
        self.digest = reader.digest

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Return one reading for each passage."""
        new = {one.text: one for one in passages if (question, one.text) not in self._known}
        readings = self._reader.read(question, list(new.values()))
        self._known.update(zip(((question, text) for text in new), readings, strict=True))
        return [self._known[question, one.text] for one in passages]


def read_sets() -> tuple[Paragraphs, list[Question]]:
    """Return all paragraphs and all questions."""
    ids: dict[str, str] = {}
    paragraphs: Paragraphs = {}
    questions: dict[tuple[str, str], Question] = {}
    for name in SETS:
        with lzma.open(DATA / name, "rt", encoding="utf-8") as file:
            articles = json.load(file)["data"]
        for number, article in enumerate(articles):
            title = re.sub(r"\W+|_", " ", article.get("title") or f"{name} {number}").lower()
            for paragraph in article["paragraphs"]:
                key = ids.setdefault(paragraph["context"], f"p{len(ids)}")
                title = paragraphs.setdefault(key, (title, paragraph["context"]))[0]
                for item in paragraph["qas"]:
                    question = _question(item, title, key)
                    questions[question.text, key] = question
    return paragraphs, list(questions.values())


def _question(item: Any, article: str, paragraph: str) -> Question:
    spans = () if item.get("is_impossible") else item["answers"]
    return Question(
        id=item["id"],
        text=item["question"].strip(),
        article=article,
        paragraph=paragraph,
        answers=tuple(
            (one["answer_start"], one["answer_start"] + len(one["text"])) for one in spans
        ),
        expected=tuple(dict.fromkeys(one["text"] for one in spans)),
    )


def fill(store: Store, embedder: Embedder, paragraphs: Paragraphs) -> None:
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


class Conditions:
    """Puts a question into every condition that fits it."""

    def __init__(
        self, store: Store, embedder: Embedder, reader: Reader, paragraphs: Paragraphs
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._reader = reader
        self._paragraphs = paragraphs
        self._words = load_calibration()
        """Only its first layer is used."""

    def cases(self, question: Question) -> Iterator[Case]:
        """Yield one case for each condition."""
        found = search(self._store, self._embedder, question.text, limit=40, candidates=100)
        kept = self._kept(question, found)
        gold = [_given(0, self._paragraphs[question.paragraph][1])]
        word = "answerable" if question.answers else "adversarial"
        yield self._case(question, f"{word}, retrieved", found[:PASSAGES])
        yield self._case(question, f"{word}, given", gold)
        if question.answers:
            yield self._case(question, "other article, retrieved", kept["other"][:PASSAGES])
            yield self._case(question, "other article, given", self._strangers(question))
            yield self._case(question, "same topic, retrieved", kept["same"][:PASSAGES])
            texts = [passage.text for passage in kept["article"][:GIVEN]]
            yield self._case(question, "same topic, given", list(map(_given, range(GIVEN), texts)))

    def _kept(self, question: Question, found: Sequence[Passage]) -> dict[str, list[Passage]]:
        """Return the passages by what they may hold; none of a topic holds an answer's words."""
        answers = [text.lower() for text in question.expected]

        def article_of(passage: Passage) -> str:
            return self._paragraphs[passage.document or ""][0]

        without = [
            one
            for one in found
            if one.document != question.paragraph
            and not any(text in one.text.lower() for text in answers)
        ]
        return {
            "other": [one for one in found if article_of(one) != question.article],
            "same": without,
            "article": [one for one in without if article_of(one) == question.article],
        }

    def _strangers(self, question: Question) -> list[Passage]:
        """Draw paragraphs of other articles, the same ones for the same question."""
        draw = random.Random(question.text)
        others = [
            text for article, text in self._paragraphs.values() if article != question.article
        ]
        return [_given(number, text) for number, text in enumerate(draw.sample(others, GIVEN))]

    def _case(self, question: Question, condition: str, passages: Sequence[Passage]) -> Case:
        readings = self._reader.read(question.text, passages)
        described = describe_sentences(question.text, passages, embed=self._embedder.embed)
        rated = rate_by_words(described, self._words.sentence_words)
        sentences = add_reading(passages, readings, rated)
        by_words = 0.0
        if sentences:
            unknown = unknown_shares(question.text, passages)
            by_words = evidence_by_words(unknown, sentences, self._words)
        return Case(question, condition, passages, readings, sentences, by_words)


def is_answer(question: Question, sentence: Sentence, passage: Passage) -> bool:
    """Say whether a sentence of the question's own paragraph holds an answer's span."""
    if passage.document not in (None, question.paragraph):
        return False
    start, end = passage.start + sentence.start, passage.start + sentence.end
    return any(start <= first and last <= end for first, last in question.answers)


def _given(number: int, text: str) -> Passage:
    return Passage(None, str(number), text, 1.0, 0, len(text))


def make_cases(conditions: Conditions, questions: Sequence[Question]) -> list[Case]:
    """Return the cases of the questions; those without a sentence are refused anyway."""
    return [case for one in questions for case in conditions.cases(one) if case.sentences]
