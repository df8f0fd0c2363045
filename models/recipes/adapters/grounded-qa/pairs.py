"""Make grounded-qa examples from public question sets: short evidence, and its exact words.

    SECURE_RAG_DATA=… python pairs.py --count 1700 --seed 11 > pairs.jsonl

Questions come from SQuAD 2.0 (the part at hand) and XQuAD, without the two articles that the
reader's recipe holds out (`../../reader/questions.py`), and from COVID-QA, whose answers are
longer. Evidence is one to five whole sentences around the answer, the answer its shortest exact
wording there. Rows without an answer are of three kinds: questions that SQuAD marks as
unanswerable, the sentences beside the answer without it, and sentences of another article.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "reader"))

import questions
from questions import Question

from secure_rag.index.sentences import sentence_spans

LONGEST_EVIDENCE = 750
"""Characters of all sentences of a row; the training leaves out what lies beyond 900."""
LONGEST_QUOTE = 240
"""Characters of an answer; longer ones are left out."""
MOST_SENTENCES = 5
SHARE_IMPOSSIBLE = 0.45
"""Of the questions that SQuAD marks as unanswerable."""
SHARE_CUT, SHARE_OTHER = 0.10, 0.06
"""Of the answerable questions that stand a second time, beside sentences that do not answer."""

Row = dict[str, Any]
Span = tuple[int, int]


def rows(data: Path, seed: int) -> Iterator[Row]:
    """Yield all rows in a shuffled order, the same for the same seed."""
    draw = random.Random(seed)
    known = [*questions.training(data), *questions.papers(data)]
    made = [*_answered(known, draw), *_impossible(known, draw), *_elsewhere(known, draw)]
    draw.shuffle(made)
    yield from made


def _answered(known: Sequence[Question], draw: random.Random) -> Iterator[Row]:
    """Yield the questions that have an answer, and some again without its sentence."""
    for question in known:
        if not question.spans:
            continue
        gold = min(question.spans, key=lambda span: (span[1] - span[0], span))
        sentences = sentence_spans(question.passage)
        inside = [n for n, (a, b) in enumerate(sentences) if a <= gold[0] and gold[1] <= b]
        if not inside or gold[1] - gold[0] > LONGEST_QUOTE:
            continue
        quote = question.passage[slice(*gold)].strip(" ,;:.")
        window = _around(sentences, inside[0], draw)
        yield _row(question, window, quote)
        if draw.random() < SHARE_CUT:
            beside = [
                span for n, span in enumerate(sentences)
                if n != inside[0] and not _answers(question, span)
            ]  # fmt: skip
            if beside:
                yield _row(question, _around(beside, draw.randrange(len(beside)), draw), "")


def _impossible(known: Sequence[Question], draw: random.Random) -> Iterator[Row]:
    """Yield some of the questions that their paragraph does not answer."""
    for question in known:
        if question.spans or draw.random() > SHARE_IMPOSSIBLE:
            continue
        sentences = sentence_spans(question.passage)
        yield _row(question, _around(sentences, draw.randrange(len(sentences)), draw), "")


def _elsewhere(known: Sequence[Question], draw: random.Random) -> Iterator[Row]:
    """Yield some questions beside sentences of another article."""
    for question in known:
        if not question.spans or draw.random() > SHARE_OTHER:
            continue
        other = draw.choice(known)
        if other.article == question.article or any(
            answer.casefold() in other.passage.casefold() for answer in question.answers
        ):
            continue
        sentences = sentence_spans(other.passage)
        window = _around(sentences, draw.randrange(len(sentences)), draw)
        yield _row(Question(question.text, other.passage, (), other.article), window, "")


def _answers(question: Question, span: Span) -> bool:
    """Say whether a sentence holds a wording of the answer."""
    sentence = question.passage[slice(*span)].casefold()
    return any(answer.casefold() in sentence for answer in question.answers)


def _around(sentences: Sequence[Span], at: int, draw: random.Random) -> list[Span]:
    """Return some sentences in order, the given one among them."""
    first = last = at
    wanted = draw.randint(1, MOST_SENTENCES)
    while last - first + 1 < wanted:
        ways = [n for n in (first - 1, last + 1) if 0 <= n < len(sentences)]
        if not ways:
            break
        new = draw.choice(ways)
        size = sum(end - start for start, end in sentences[min(first, new) : max(last, new) + 1])
        if size > LONGEST_EVIDENCE:
            break
        first, last = min(first, new), max(last, new)
    return list(sentences[first : last + 1])


def _row(question: Question, window: Sequence[Span], quote: str) -> Row:
    evidence = [question.passage[slice(*span)] for span in window]
    return {"question": question.text, "evidence": evidence, "answer": quote, "quote": quote}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--count", type=int, default=1700)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--data", type=Path, default=os.environ.get("SECURE_RAG_DATA"))
    given = parser.parse_args()
    if given.data is None:
        parser.error("name the folder of public sets: --data, or SECURE_RAG_DATA")
    for one in islice(rows(Path(given.data), given.seed), given.count):
        sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")
