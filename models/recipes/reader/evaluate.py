"""Measure an exported reader on the held-out articles; choosing is done on the dev article alone.

    python evaluate.py --model ../../reader-minilm/model.onnx --data DATA [--test] [--policies]

Overall F1 is SQuAD's: an unanswerable question counts 1 if it is refused, else 0. Threshold and
weight of the two signals (margin of the best span over the null span, log odds of the answerable
head) come from the dev article; `--test` applies them to the test article.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime
import questions
from negatives import Negatives
from pairs import CLS, MAX_QUESTION, SEP, Pieces
from questions import DEV, TEST, Question
from scoring import Numbers, auc, best_f1, best_threshold, is_exact
from tokenizers import Tokenizer

_LONGEST_SPAN = 30
_MOST_TOKENS = 512
_BATCH = 8
_REFUSED_WRONGLY = 0.15
_POLICIES = 500
_WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 1e6)


@dataclass(frozen=True)
class Read:
    """What the model said to one question and passage."""

    text: str
    margin: float
    """Score of the best span less that of the null span."""
    answerable: float
    """Log odds of the answerable head."""


class Reader:
    """An exported graph with its tokenizer."""

    def __init__(self, graph: Path, tokenizer: Path, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(graph), options)
        self._pieces = Pieces(Tokenizer.from_file(str(tokenizer)))

    def read(self, asked: Sequence[Question]) -> list[Read]:
        """Read each question's passage, cut off at 512 tokens."""
        rows = []
        for question in asked:
            ids = self._pieces.of(question.text)[0][:MAX_QUESTION]
            passage, offsets = self._pieces.of(question.passage)
            room = _MOST_TOKENS - len(ids) - 3
            at = len(ids) + 2
            rows.append(([CLS, *ids, SEP, *passage[:room], SEP], at, offsets[:room]))
        order = sorted(range(len(rows)), key=lambda n: len(rows[n][0]))
        results: dict[int, Read] = {}
        for start in range(0, len(order), _BATCH):
            members = order[start : start + _BATCH]
            logits = self._forward([rows[n][:2] for n in members])
            for row, member in enumerate(members):
                _, at, offsets = rows[member]
                results[member] = _best(logits[row], at, offsets, asked[member].passage)
        return [results[n] for n in range(len(rows))]

    def _forward(self, rows: Sequence[tuple[list[int], int]]) -> Numbers:
        width = max(len(ids) for ids, _ in rows)
        feed = {
            name: np.zeros((len(rows), width), np.int64)
            for name in ("input_ids", "attention_mask", "token_type_ids")
        }
        for row, (ids, at) in enumerate(rows):
            feed["input_ids"][row, : len(ids)] = ids
            feed["attention_mask"][row, : len(ids)] = 1
            feed["token_type_ids"][row, at : len(ids)] = 1
        return np.asarray(self._session.run(["logits"], feed)[0], np.float64)


def _best(logits: Numbers, at: int, offsets: list[tuple[int, int]], passage: str) -> Read:
    """Return the likeliest span of at most 30 pieces with its margin over the null span."""
    size = len(offsets)
    starts, ends = logits[at : at + size, 0], logits[at : at + size, 1]
    scores = starts[:, None] + ends[None, :]
    allowed = np.triu(np.ones((size, size), bool)) & ~np.triu(
        np.ones((size, size), bool), _LONGEST_SPAN
    )
    first, last = np.unravel_index(np.argmax(np.where(allowed, scores, -np.inf)), scores.shape)
    margin = scores[first, last] - logits[0, 0] - logits[0, 1]
    text = passage[offsets[first][0] : offsets[last][1]]
    return Read(text, float(margin), float(logits[0, 2]))


@dataclass(frozen=True)
class Measured:
    """Everything that was read for one article, so that thresholds can be tried."""

    asked: list[Question]
    reads: list[Read]
    same: list[Read]
    """The answerable questions beside the likest passages of the article without the answer."""
    other: list[Read]

    def scores(self, reads: Iterable[Read], weight: float) -> Numbers:
        """Return one score per question: margin plus `weight` times the head's log odds."""
        kept = list(reads)
        head = np.array([read.answerable for read in kept])
        return head if weight > 1e5 else np.array([r.margin for r in kept]) + weight * head

    @property
    def has_answer(self) -> Numbers:
        return np.array([bool(question.spans) for question in self.asked])

    @property
    def gains(self) -> Numbers:
        """F1 of the best span of each question."""
        return np.array(
            [
                best_f1(read.text, question.answers) if question.spans else 0.0
                for question, read in zip(self.asked, self.reads, strict=True)
            ]
        )


def measure(reader: Reader, data: Path, article: str) -> Measured:
    """Read an article's questions beside their own and beside wrong passages."""
    asked = questions.held_out(data, article)
    draw = random.Random(article)
    negatives = Negatives([*asked, *questions.training(data)])
    answered = [question for question in asked if question.spans]
    same = [negatives.same_article(question, draw, hard=1.0) for question in answered]
    other = [negatives.other_article(question, draw) for question in answered]
    return Measured(
        asked,
        reader.read(asked),
        reader.read([question for question in same if question]),
        reader.read(other),
    )


def choose(seen: Measured) -> tuple[float, float]:
    """Return weight and threshold with the largest overall F1."""
    refused = 1.0 - seen.has_answer
    best = (-1.0, 0.0, 0.0)
    for weight in _WEIGHTS:
        scores = seen.scores(seen.reads, weight)
        at = best_threshold(scores, seen.gains, refused)
        best = max(best, (float(np.where(scores > at, seen.gains, refused).mean()), weight, at))
    return best[1], best[2]


def lines(seen: Measured, weight: float, at: float) -> Iterator[str]:
    """Yield the figures of one article."""
    has, gains = seen.has_answer.astype(bool), seen.gains
    exact = np.array(
        [is_exact(r.text, q.answers) for q, r in zip(seen.asked, seen.reads, strict=True)]
    )
    scores = seen.scores(seen.reads, weight)
    overall = np.where(scores > at, gains, 1.0 - has).mean()
    overall_exact = np.where(scores > at, exact & has, ~has).mean()
    yield f"{len(has)} questions, {int(has.sum())} answerable; refuse all {1 - has.mean():.3f}"
    yield f"answerable, never refused: EM {exact[has].mean():.3f} F1 {gains[has].mean():.3f}"
    yield f"overall: EM {overall_exact:.3f} F1 {overall:.3f} (weight {weight}, at {at:.2f})"
    yield f"refused at this threshold: answerable {(scores[has] <= at).mean():.3f}, " + ", ".join(
        f"{name} {(seen.scores(reads, weight) <= at).mean():.3f}"
        for name, reads in (("same article", seen.same), ("other article", seen.other))
    )
    for weight in _WEIGHTS:
        right = seen.scores([r for r, h in zip(seen.reads, has, strict=True) if h], weight)
        low = np.quantile(right, _REFUSED_WRONGLY)
        parts = []
        for name, reads in (
            ("adversarial", [r for r, h in zip(seen.reads, has, strict=True) if not h]),
            ("same article", seen.same),
            ("other article", seen.other),
        ):
            wrong = seen.scores(reads, weight)
            parts.append(f"{name} AUC {auc(right, wrong):.3f}, {(wrong <= low).mean():.3f}")
        yield f"  weight {weight}: " + "; ".join(parts)


def policies(reader: Reader, data: Path, weight: float, at: float) -> str:
    """Return the figures on a sample of PolicyQA's dev part, which was never trained on."""
    asked = [q for q in questions.squad(data / "qa/policyqa/dev.json.xz") if q.spans]
    asked = random.Random(1).sample(asked, min(_POLICIES, len(asked)))
    seen = Measured(asked, reader.read(asked), [], [])
    exact = [is_exact(r.text, q.answers) for q, r in zip(seen.asked, seen.reads, strict=True)]
    refused = (seen.scores(seen.reads, weight) <= at).mean()
    return (
        f"{len(asked)} questions, never refused: EM {np.mean(exact):.3f} "
        f"F1 {seen.gains.mean():.3f}; at the threshold {refused:.3f} refused"
    )


def seconds(reader: Reader, data: Path) -> float:
    """Return the median time to read five passages of the choosing article for a question."""
    asked = questions.held_out(data, DEV)
    shown = list({question.passage: question for question in asked}.values())
    times = []
    for start in range(0, len(shown) - 5, 5):
        five = [replace(asked[0], passage=q.passage, spans=()) for q in shown[start : start + 5]]
        began = time.perf_counter()
        reader.read(five)
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="the graph")
    parser.add_argument("--tokenizer", type=Path, help="that beside the graph")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--test", action="store_true", help="the test article too")
    parser.add_argument("--policies", action="store_true", help="PolicyQA and speed too")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    tokenizer = options.tokenizer or options.model.with_name("tokenizer.json")
    reader = Reader(options.model, tokenizer, threads=options.threads)
    seen = measure(reader, options.data, DEV)
    weight, at = choose(seen)
    print(DEV, *lines(seen, weight, at), sep="\n")
    if options.test:
        print(TEST, *lines(measure(reader, options.data, TEST), weight, at), sep="\n")
    if options.policies:
        print("PolicyQA dev:", policies(reader, options.data, weight, at))
        print(
            f"five passages: {seconds(reader, options.data):.3f} s on {options.threads} thread(s)"
        )


if __name__ == "__main__":
    main()
