"""Read `written.tsv`: questions written for this project about passages of the public sets.

A line holds the passage's key, where the answer starts and ends in it (code points, half-open;
both empty where the passage does not answer), and the question. The passages are not in that
file: they are cut from the sets again, in the way of `texts.py`, and found by the key, a digest
of their text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import texts
from questions import Question, held_passages, passages_of, training, without_held_out

FILE = Path(__file__).with_name("written.tsv")
_KEY_LENGTH = 12


def key(passage: str) -> str:
    """Return what a passage is found by."""
    return hashlib.sha256(passage.encode()).hexdigest()[:_KEY_LENGTH]


def written(data: Path, file: Path = FILE) -> list[Question]:
    """Return the questions, none of a held-out article.

    Raises:
        KeyError: a passage is not in the sets.
    """
    known = {key(passage): (article, passage) for article, passage in _passages(data)}
    found = []
    for line in file.read_text("utf-8").splitlines():
        place, start, end, text = line.split("\t")
        article, passage = known[place]
        spans = ((int(start), int(end)),) if start else ()
        found.append(Question(text, passage, spans, article))
    return without_held_out(found, held_passages(data))


def _passages(data: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of an article or document with each of its passages."""
    for article, passages in passages_of(training(data)).items():
        for passage in passages:
            yield article, passage
    for read in (texts.stories, texts.abstracts, texts.contracts):
        for number, document in enumerate(read(data)):
            for passage in document:
                yield f"{read.__name__}/{number}", passage
