"""Read files of questions written for this project about passages of the public sets.

A line holds the passage's key, where the answer starts and ends in it (code points, half-open;
both empty where the passage does not answer), and the question. The passages are not in these
files: they are cut from the sets again, in the way of `texts.py`, and found by the key, a digest
of their text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import texts
from questions import Question, held_passages, passages_of, training, without_held_out

_KEY_LENGTH = 12


def key(passage: str) -> str:
    """Return what a passage is found by."""
    return hashlib.sha256(passage.encode()).hexdigest()[:_KEY_LENGTH]


def written(data: Path, files: Sequence[Path]) -> list[Question]:
    """Return the questions of the files, none of a held-out article.

    Raises:
        KeyError: a passage is not in the sets.
    """
    if not files:
        return []
    known = {key(passage): (article, passage) for article, passage in _passages(data)}
    found = []
    for line in chain.from_iterable(file.read_text("utf-8").splitlines() for file in files):
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
