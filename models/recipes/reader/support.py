"""Sets that say only whether a passage answers: service questions, and questions on abstracts.

Their answers are statements or whole sentences, so no span is learnt from them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from questions import Question, read_json

_FEWEST, _MOST = 2, 6
"""Snippets that are shown together as one passage."""


@dataclass(frozen=True)
class Asked:
    """A question, the text that answers it and texts of the same place or field that do not."""

    question: str
    answer: str
    others: tuple[str, ...]
    article: str


def asked(data: Path) -> list[Asked]:
    """Return the frequent questions of hotels and restaurants and those on PubMed abstracts."""
    return [*_places(data), *_abstracts(data)]


def _places(data: Path) -> list[Asked]:
    read = read_json(data / "qa/dstc11_track5_support/knowledge.json")
    found = []
    for kind, places in read.items():
        for number, place in places.items():
            items = list(place["faqs"].values())
            for item in items:
                others = tuple(other["answer"] for other in items if other is not item)
                if len(others) >= _MOST:
                    article = f"{kind}/{number}"
                    found.append(Asked(item["question"], item["answer"], others, article))
    return found


def _abstracts(data: Path) -> list[Asked]:
    read = list(read_json(data / "qa/pubmedqa/ori_pqal.json.xz").values())
    texts = [" ".join(item["CONTEXTS"]) for item in read]
    found = []
    for number, item in enumerate(read):
        # neighbours in the file are as good as any: the set is in no order
        others = tuple(texts[(number + step) % len(texts)] for step in (1, 2, 3))
        found.append(Asked(item["QUESTION"], texts[number], others, f"pubmed/{number}"))
    return found


def passage_for(one: Asked, draw: random.Random) -> Question:
    """Show the question beside a passage with its answer or, half of the time, without it."""
    is_answered = draw.random() < 0.5
    if one.article.startswith("pubmed"):
        passage = one.answer if is_answered else draw.choice(one.others)
        return Question(one.question, passage, ((0, len(passage)),) * is_answered, one.article)
    snippets = draw.sample(one.others, draw.randint(_FEWEST, _MOST))
    if is_answered:
        snippets[draw.randrange(len(snippets))] = one.answer
    passage = " ".join(snippets)
    start = passage.find(one.answer)
    spans = ((start, start + len(one.answer)),) if is_answered else ()
    return Question(one.question, passage, spans, one.article)
