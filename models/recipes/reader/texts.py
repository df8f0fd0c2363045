"""Plain text to make cloze questions from: nothing of a held-out article, no test claims.

One document is a list of passages, so that a question has wrong passages of its own document.
"""

from __future__ import annotations

import json
import lzma
import random
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import questions
from passages import sentences

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ner"))

_WORDS = 130
"""Passages of longer texts are cut at sentence ends after about this many words."""
_FEWEST_WORDS = 30
_CLOSING = re.compile(r" ([,.;:!?%)\]]|'s\b|n't\b|'re\b|'ve\b|'ll\b)")
_OPENING = re.compile(r"([(\[$#]) ")

Document = list[str]


def cut(text: str) -> list[str]:
    """Cut a text at sentence ends into passages."""
    text = re.sub(r"\s+", " ", text).strip()
    parts: list[str] = []
    start = size = 0
    for begin, end in sentences(text):
        size += text.count(" ", begin, end) + 1
        if size >= _WORDS:
            parts.append(text[start:end].strip())
            start, size = end, 0
    parts.append(text[start:].strip())
    return [part for part in parts if part.count(" ") >= _FEWEST_WORDS]


def articles(data: Path) -> list[Document]:
    """Return the passages of the training articles."""
    return list(questions.passages_of(questions.training(data)).values())


def papers(data: Path) -> list[Document]:
    """Return the full papers of COVID-QA."""
    read = questions.read_json(data / "qa/covid_qa/covid_qa.json.xz")
    return [cut(paper["paragraphs"][0]["context"]) for paper in read["data"]]


def abstracts(data: Path) -> list[Document]:
    """Return the abstracts of SciFact's corpus."""
    with lzma.open(data / "retrieval/scifact/corpus.jsonl.xz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [cut(row["text"]) for row in rows]


def contracts(data: Path) -> list[Document]:
    """Return whole contracts."""
    files = sorted((data / "qa/legalbench_rag").glob("*/*.txt"))
    return [cut(file.read_text("utf-8", "replace")) for file in files]


def stories(data: Path) -> list[Document]:
    """Return novels and encyclopedia sentences of the corpora for names, words joined again."""
    from corpora import read_training

    documents = read_training(data / "ner", share_alike=False)
    wanted = [d for d in documents if d.corpus in {"litbank", "wikigold", "crossner"}]
    return [cut(" ".join(map(_joined, document.sentences))) for document in wanted]


def _joined(sentence: Iterable[tuple[str, str]]) -> str:
    text = " ".join(word for word, _ in sentence)
    return _OPENING.sub(r"\1", _CLOSING.sub(r"\1", text))


def reviews(data: Path) -> list[Document]:
    """Return guests' reviews and answers of hotels and restaurants."""
    read = questions.read_json(data / "qa/dstc11_track5_support/knowledge.json")
    documents = []
    for places in read.values():
        for place in places.values():
            texts = [" ".join(one["sentences"].values()) for one in place["reviews"].values()]
            documents.append([text for text in texts if text.count(" ") >= _FEWEST_WORDS])
    return documents


def documents(data: Path, draw: random.Random) -> Iterator[tuple[Document, int | float, bool]]:
    """Yield documents, the number of questions per passage, and whether our names model helps."""
    for document in articles(data):
        yield document, 12, True
    for document in stories(data):
        yield document, 3, True
    for document in papers(data):
        yield draw.sample(document, min(len(document), 30)), 1, False
    for document in abstracts(data):
        yield document, 0.3, False
    for document in contracts(data):
        yield draw.sample(document, min(len(document), 20)), 1, False
    for document in reviews(data):
        yield draw.sample(document, min(len(document), 6)), 1, False
