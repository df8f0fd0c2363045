"""Read the question sets; which articles are held out and what they share is decided here.

Every set becomes a list of `Question`: the text, the passage it was asked about, the gold spans in
it (none: the passage does not answer it) and the article, whose other passages are its hardest
wrong ones.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEV = "French_and_Indian_War"
"""The article that everything is chosen on: thresholds, stages, when to stop."""
TEST = "Imperialism"
"""The article that is measured once, with the final weights."""
HELD_OUT = frozenset({DEV, TEST})
_SQUAD = "qa/squad2_dev/even_articles.json.xz"
_PAPERS = "qa/covid_qa/covid_qa.json.xz"
_LONGEST = 1200
"""Characters of a paper that are kept on either side of an answer, about."""
_XQUAD = "qa/xquad_en/xquad.en.json.xz"


@dataclass(frozen=True)
class Question:
    """A question, a passage and the character spans of its gold answers there."""

    text: str
    passage: str
    spans: tuple[tuple[int, int], ...]
    article: str

    @property
    def answers(self) -> tuple[str, ...]:
        """The gold answers as texts, in the order of the set."""
        return tuple(self.passage[start:end] for start, end in self.spans)


def read_json(path: Path) -> Any:
    """Read a JSON file that may be packed with xz."""
    with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as file:
        return json.load(file)


def squad(path: Path) -> Iterator[Question]:
    """Yield the questions of a file in the form of SQuAD, with or without unanswerable ones."""
    for number, article in enumerate(read_json(path)["data"]):
        title = article.get("title") or f"{path.name}/{number}"
        for paragraph in article["paragraphs"]:
            for item in paragraph["qas"]:
                yield _squad_question(item, paragraph["context"], title)


def _squad_question(item: Any, passage: str, title: str) -> Question:
    spans = tuple(
        (answer["answer_start"], answer["answer_start"] + len(answer["text"]))
        for answer in item["answers"]
    )
    return Question(item["question"].strip(), passage, spans, title)


def training(data: Path) -> list[Question]:
    """Return SQuAD 2.0 (the part at hand) and XQuAD without the articles that are held out."""
    read = [*squad(data / _SQUAD), *squad(data / _XQUAD)]
    return without_held_out(read, held_passages(data))


def papers(data: Path) -> list[Question]:
    """Return COVID-QA with the paragraphs around each answer in place of the whole paper."""
    return [_near_answer(question) for question in squad(data / _PAPERS)]


def _near_answer(question: Question) -> Question:
    """Cut a long passage at blank lines, to the one paragraph or the few that hold the answer."""
    (begin, stop), text = question.spans[0], question.passage
    start = max(text.rfind("\n\n", 0, begin) + 2, 0) if "\n\n" in text[:begin] else 0
    end = text.find("\n\n", stop)
    end = len(text) if end < 0 else end
    if begin - start > _LONGEST:
        start = text.rfind(". ", 0, begin - _LONGEST // 2) + 2
    if end - stop > _LONGEST:
        end = text.find(". ", stop + _LONGEST // 2) + 1 or len(text)
    spans = ((begin - start, stop - start),)
    return Question(question.text, text[start:end], spans, question.article)


def without_held_out(questions: Iterable[Question], held: frozenset[str]) -> list[Question]:
    """Drop the questions of held-out articles and those over any passage of theirs."""
    return [
        question
        for question in questions
        if question.article not in HELD_OUT and question.passage not in held
    ]


def held_passages(data: Path) -> frozenset[str]:
    """Return the passages of the held-out articles, as written in either set."""
    read = [*squad(data / _SQUAD), *squad(data / _XQUAD)]
    return frozenset(question.passage for question in read if question.article in HELD_OUT)


def held_out(data: Path, article: str) -> list[Question]:
    """Return the SQuAD 2.0 questions of one held-out article."""
    return [question for question in squad(data / _SQUAD) if question.article == article]


def passages_of(questions: Iterable[Question]) -> dict[str, list[str]]:
    """Return the passages of each article, in order, each once."""
    found: dict[str, dict[str, None]] = {}
    for question in questions:
        found.setdefault(question.article, {})[question.passage] = None
    return {article: list(passages) for article, passages in found.items()}
