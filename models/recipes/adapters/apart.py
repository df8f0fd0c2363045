"""Draw rows that are trained on, apart from what is tested on: examples/compare.

A text is a case's if six words in a row stand in it that stand in a case too: in what is to be
worked on (between the quotation marks of a question), in an answer, or in a passage.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

CASES = Path(__file__).resolve().parents[3] / "examples/compare"
RUN = 6
_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r'"(.*)"', re.DOTALL)


def runs(text: str) -> set[tuple[str, ...]]:
    """Return every run of six words of a text; a shorter text of four or more counts whole."""
    words = _WORD.findall(text.casefold())
    if len(words) < RUN:
        return {tuple(words)} if len(words) >= 4 else set()
    return {tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def texts(case: dict[str, object]) -> Iterator[str]:
    """Yield the texts of one case."""
    question = str(case["question"])
    found = _QUOTED.search(question)
    yield found.group(1) if found else question.split(":", 1)[-1]
    if isinstance(case["answer"], str):
        yield case["answer"]
    passages = case.get("passages")
    yield from passages if isinstance(passages, list) else []


def taken(folder: Path = CASES) -> set[tuple[str, ...]]:
    """Return the runs of words of all cases."""
    found: set[tuple[str, ...]] = set()
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            for text in texts(json.loads(line)):
                found |= runs(text)
    return found


def is_apart(row: dict[str, str], known: set[tuple[str, ...]]) -> bool:
    """Say whether a row shares no run of words with a case."""
    return all(not _runs_in(text) & known for text in row.values())


def _runs_in(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return {
        tuple(words[at : at + length])
        for length in range(4, RUN + 1)
        for at in range(len(words) - length + 1)
    }


def rows_apart(
    make: Callable[[random.Random], dict[str, str]], count: int, seed: int
) -> Iterator[dict[str, str]]:
    """Yield so many different rows that no case is like, the same for the same seed."""
    draw, known, seen = random.Random(seed), taken(), set()
    while len(seen) < count:
        made = make(draw)
        # the same request with other lines before it is no other row
        key = made["input"].rsplit("Question: ", 1)[-1]
        if key not in seen and is_apart(made, known):
            seen.add(key)
            yield made


def write_rows(
    rows: Callable[[int, int], Iterator[dict[str, str]]], about: str, *, count: int, seed: int
) -> None:
    """Print rows as JSON Lines; the command line may name another count and seed."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--seed", type=int, default=seed)
    given = parser.parse_args()
    for one in rows(given.count, given.seed):
        sys.stdout.write(json.dumps(one) + "\n")
