"""Spans compared as presidio-research's SpanEvaluator does, written from its description.

github.com/microsoft/presidio-research: docs/span_evaluation.md, docs/span_matching_strategies.md
(state of 2026). In short:

1. Marks become spans of tokens; neighbours of one type that only skip words part are one span.
2. Skip words and punctuation at the ends of a span are not counted; a span of nothing else is
   dropped.
3. A marked span is found if the spans of its type that overlap it reach, together, an
   intersection over union of at least 0.5 (in characters).
4. Recall counts marked spans. Precision counts said spans: one that took part in finding a marked
   span is right, every other is false.
5. "Any type" does the same after all types became one.

Without skip words, only directly neighbouring tokens join and every character counts.
"""

from __future__ import annotations

import re
import string
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

IOU: Final = 0.5
ANY: Final = "*"

_EXTRA: Final = (
    "'s ’s street st. st de rue via and a the or do as of day address country state city zip po "
    "apt unit corner p.o. box suite mr. mrs. miss year years y/o month months old morning noon "
    "afternoon night evening this first last week weeks weekend days age ago inc inc. ltd "
    ">> >>> >>>> >>>>>"
)
_DOTLESS: Final = "mr mrs p.o"
"""Skip words whose full stop is a token of its own here."""
_TOKEN: Final = re.compile(r"(?<=\w)['’]s\b|p\.o\b|y/o\b|\w+|[^\w\s]", re.IGNORECASE)


class Token(NamedTuple):
    """A word or a sign."""

    start: int
    end: int
    is_skipped: bool


class Tagged(NamedTuple):
    """A typed stretch of a text."""

    start: int
    end: int
    entity: str


@dataclass
class Matches:
    """Counts of one comparison."""

    gold: int = 0
    found: int = 0
    said: int = 0
    right: int = 0


@cache
def skip_words() -> frozenset[str]:
    """Return the published default list: English stop words and words of addresses and ages."""
    from spacy.lang.en.stop_words import STOP_WORDS

    return frozenset({*STOP_WORDS, *_EXTRA.split(), *_DOTLESS.split(), *string.punctuation, "–"})


def tokens_of(text: str, skipped: frozenset[str]) -> list[Token]:
    """Cut a text into words and signs."""
    return [
        Token(*match.span(), match.group().lower() in skipped) for match in _TOKEN.finditer(text)
    ]


def spans_of(
    tokens: Sequence[Token], tagged: Iterable[Tagged], *, merge_types: bool
) -> list[Tagged]:
    """Return the spans to compare: tags laid over tokens, neighbours joined, ends trimmed."""
    runs = _runs(tokens, _tags(tokens, tagged, merge_types=merge_types))
    joined: list[Tagged] = []
    reach = -1
    for first, last, entity in runs:
        counted = [token for token in tokens[first:last] if not token.is_skipped]
        if not counted:
            continue
        span = Tagged(counted[0].start, counted[-1].end, entity)
        before = joined[-1] if joined else None
        between = tokens[reach:first]
        if before and before.entity == entity and all(token.is_skipped for token in between):
            joined[-1] = Tagged(before.start, span.end, entity)
        else:
            joined.append(span)
        reach = last
    return joined


def match(gold: Sequence[Tagged], said: Sequence[Tagged]) -> dict[str, Matches]:
    """Compare spans; counts by entity."""
    found: dict[str, Matches] = {}
    credited: set[int] = set()
    starts = [span.start for span in said]
    for span in gold:
        counts = found.setdefault(span.entity, Matches())
        counts.gold += 1
        group = [
            index for index in _overlapping(span, said, starts) if said[index].entity == span.entity
        ]
        if group and _joint_iou(span, [said[index] for index in group]) >= IOU:
            counts.found += 1
            credited.update(group)
    for index, span in enumerate(said):
        counts = found.setdefault(span.entity, Matches())
        counts.said += 1
        counts.right += index in credited
    return found


def _tags(tokens: Sequence[Token], tagged: Iterable[Tagged], *, merge_types: bool) -> list[str]:
    """Return the type of each token, empty outside; of nested spans the outermost counts."""
    tags = [""] * len(tokens)
    starts = [token.start for token in tokens]
    for span in sorted(tagged, key=lambda span: (span.start, -span.end)):
        index = max(0, bisect_left(starts, span.start) - 1)
        while index < len(tokens) and tokens[index].start < span.end:
            if tokens[index].end > span.start and not tags[index]:
                tags[index] = ANY if merge_types else span.entity
            index += 1
    return tags


def _runs(tokens: Sequence[Token], tags: Sequence[str]) -> list[tuple[int, int, str]]:
    runs: list[tuple[int, int, str]] = []
    start = 0
    for index in range(1, len(tokens) + 1):
        if index == len(tokens) or tags[index] != tags[start]:
            if tags[start]:
                runs.append((start, index, tags[start]))
            start = index
    return runs


def _overlapping(span: Tagged, said: Sequence[Tagged], starts: Sequence[int]) -> Iterable[int]:
    index = max(0, bisect_left(starts, span.start) - 1)
    while index < len(said) and said[index].start < span.end:
        if said[index].end > span.start:
            yield index
        index += 1


def _joint_iou(span: Tagged, group: Sequence[Tagged]) -> float:
    common = sum(min(span.end, one.end) - max(span.start, one.start) for one in group)
    union = span.end - span.start + sum(one.end - one.start for one in group) - common
    return common / union
