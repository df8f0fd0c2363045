"""One answer per character: thresholds, fields, overlaps (docs/adr: span resolution).

1. The rule for a span is that of the field in which it starts; below the rule's
   threshold, or on an allow list of the policy, it is dropped. A span is cut at the
   borders of blocks.
2. What the policy keeps never covers anything that it does not keep.
3. Spans that overlap become one: their union, so that a contained span can only
   widen; the more specific type names it, the strictest action is applied.
4. Parts of a person's name that only a space separates become one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from secure_rag.policy.model import ACTIONS, Policy, Rule
from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.fields import Fields, Piece
from secure_rag.redaction.intervals import Interval, outside, united
from secure_rag.redaction.spans import Span

STRICTNESS: Final = {action: rank for rank, action in enumerate(ACTIONS)}
_FALLBACK: Final = "LONG_NUMBER"
_LEAST: Final = {
    _FALLBACK: 0,
    **dict.fromkeys(("PERSON", "LOCATION", "ORGANIZATION", "NRP", "TITLE", "AGE"), 1),
    "ID_NUMBER": 2,
}
"""Types that give way to a more specific one."""
_EXACT: Final = frozenset({"EMAIL_ADDRESS", "URL", "IP_ADDRESS", "MAC_ADDRESS", "UUID"})
_TITLE: Final = re.compile(
    r"(?:(?:mrs|mr|ms|miss|mx|dr|doctor|prof|professor|sir|dame|herr|frau|mme)\b\.?\s+)+",
    re.IGNORECASE,
)
_AGE_IN_YEARS: Final = re.compile(r"(\d{1,3})[\s-]*(?:years?|yrs?|y/?o)\b", re.IGNORECASE)
_LABEL: Final = re.compile(
    r"(?:(?:mrn?|dea|npi|id|no|nr|ref|number|member|account|case|file|policy|order|ticket|"
    r"invoice|contract|customer|patient|record)\b[\s.:#-]*)+(?=[^\s]*\d)",
    re.IGNORECASE,
)
_NAME_GAP: Final = re.compile(r"[ \u00a0]{1,2}")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A stretch of the text and what is done about it; resolved ones never overlap."""

    start: int
    end: int
    entity: str
    score: float
    recognizer: str
    action: str
    rule: str
    field: str
    block: int
    keep_last: int = 0
    to: str | None = None

    @property
    def is_kept(self) -> bool:
        return self.action == "keep"


def resolve(
    text: str,
    spans: Iterable[Span],
    *,
    policy: Policy,
    fields: Fields,
    at_least: float = 0.0,
) -> list[Resolved]:
    """Return what is done, in text order. `at_least` raises every threshold to it."""
    decided = _decide(text, spans, policy, fields, at_least)
    strict = _yield_names(text, [item for item in decided if not item.is_kept])
    merged = _join_names(text, [_union(cluster) for cluster in _clusters(strict)])
    return sorted(
        [*merged, *_uncovered_keeps(decided, merged)], key=lambda item: (item.start, item.end)
    )


def _decide(
    text: str, spans: Iterable[Span], policy: Policy, fields: Fields, at_least: float
) -> list[Resolved]:
    decided: list[Resolved] = []
    rules = _Rules(text, policy)
    for span in spans:
        is_person = span.entity == "PERSON"
        for piece in fields.pieces(text, *_bare(text, span)):
            rule, threshold = rules.decide(span.entity, piece)
            if span.score < max(threshold, at_least):
                continue
            start = _after_title(text, piece.start, piece.end) if is_person else piece.start
            if policy.allow_lists and policy.allows(span.entity, text[start : piece.end]):
                continue
            decided.append(
                Resolved(
                    start,
                    piece.end,
                    span.entity,
                    span.score,
                    span.recognizer,
                    rule.action,
                    rule.id,
                    piece.field,
                    piece.block,
                    rule.keep_last or 0,
                    rule.to,
                )
            )
    return decided


class _Rules:
    """Remembers which rule decides, where the words beside a finding have no say."""

    def __init__(self, text: str, policy: Policy) -> None:
        self._text = text
        self._policy = policy
        self._by_context = {e for rule in policy.rules if rule.context for e in rule.entities}
        self._known: dict[tuple[str, str], tuple[Rule, float]] = {}

    def decide(self, entity: str, piece: Piece) -> tuple[Rule, float]:
        """Return the rule for a finding, and its threshold."""
        policy = self._policy
        if entity in self._by_context:
            rule = policy.decide(
                entity,
                piece.field,
                lambda words: _context(words).support(self._text, piece.start, piece.end),
            )
            return rule, policy.threshold_of(rule)
        key = (entity, piece.field)
        if key not in self._known:
            rule = policy.decide(*key)
            self._known[key] = rule, policy.threshold_of(rule)
        return self._known[key]


@lru_cache(maxsize=256)
def _context(words: tuple[str, ...]) -> ContextWords:
    return ContextWords(words)


def _bare(text: str, span: Span) -> Interval:
    """Leave out of an age its unit, and of a number its label: the value alone is replaced."""
    if span.entity == "AGE":
        match = _AGE_IN_YEARS.match(text, span.start, span.end)
        return (span.start, match.end(1)) if match else (span.start, span.end)
    if span.entity == "ID_NUMBER":
        match = _LABEL.match(text, span.start, span.end)
        return (match.end() if match else span.start), span.end
    return span.start, span.end


def _after_title(text: str, start: int, end: int) -> int:
    """Leave the form of address out of a name: it has a type, and a rule, of its own."""
    match = _TITLE.match(text, start, end)
    return match.end() if match and match.end() < end else start


def _yield_names(text: str, items: Sequence[Resolved]) -> list[Resolved]:
    """Cut names at the borders of more telling spans, where that cuts no word.

    `Anna Novak, a.novak@example.com` read as one name is a name and an address.
    A name that lies inside such a span says nothing; one that shares a word with it
    stays, and both are united.
    """
    telling = united((i.start, i.end) for i in items if specificity(i)[0] > 2)
    cut: list[Resolved] = []
    for item in items:
        if specificity(item)[0] != 1:
            cut.append(item)
            continue
        pieces = [_stripped(text, *piece) for piece in outside(item.start, item.end, telling)]
        pieces = [piece for piece in pieces if piece[0] < piece[1]]
        if all(_is_whole(text, *piece) for piece in pieces):
            cut.extend(replace(item, start=start, end=end) for start, end in pieces)
        else:
            cut.append(item)
    return cut


def _stripped(text: str, start: int, end: int) -> Interval:
    """Leave out what is no letter or digit at both ends."""
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not text[end - 1].isalnum():
        end -= 1
    return start, end


def _is_whole(text: str, start: int, end: int) -> bool:
    is_word = sum(character.isalnum() for character in text[start:end]) > 2
    return is_word and not (_splits_word(text, start) or _splits_word(text, end))


def _splits_word(text: str, index: int) -> bool:
    return 0 < index < len(text) and text[index - 1].isalnum() and text[index].isalnum()


def _clusters(items: Sequence[Resolved]) -> list[list[Resolved]]:
    """Group what overlaps, directly or through others."""
    clusters: list[list[Resolved]] = []
    reach = -1
    for item in sorted(items, key=lambda item: (item.start, -item.end, item.entity, -item.score)):
        if clusters and item.start < reach:
            clusters[-1].append(item)
        else:
            clusters.append([item])
        reach = max(reach, item.end)
    return clusters


def specificity(item: Resolved) -> tuple[int, float, int, str]:
    """Order the types of overlapping spans: secrets, checksums, exact forms, patterns, names."""
    if item.entity.startswith("SECRET_"):
        rank = 6
    elif item.entity in _LEAST:
        rank = _LEAST[item.entity]
    elif item.score >= 1.0:
        rank = 5
    else:
        rank = 4 if item.entity in _EXACT else 3
    return rank, item.score, item.end - item.start, item.entity


def _union(cluster: list[Resolved]) -> Resolved:
    if len(cluster) == 1:
        return cluster[0]
    explained = [item for item in cluster if item.entity != _FALLBACK]
    start = min(item.start for item in cluster)
    end = max(item.end for item in cluster)
    counted = explained or cluster
    winner = max(counted, key=specificity)
    strictest = max(counted, key=lambda item: (STRICTNESS[item.action], specificity(item)))
    action, to = strictest.action, strictest.to
    if action == "generalise" and strictest.entity != winner.entity:
        # Nothing says how to generalise the winner's type: hide it instead.
        action, to = "pseudonymise", None
    # The last characters that one rule leaves readable are not those of a wider span.
    whole = action == "mask" and any(
        (item.start, item.end, item.action) == (start, end, "mask") for item in counted
    )
    return replace(
        winner,
        start=start,
        end=end,
        action=action,
        rule=strictest.rule,
        keep_last=strictest.keep_last if whole else 0,
        to=to,
    )


def _join_names(text: str, items: list[Resolved]) -> list[Resolved]:
    joined: list[Resolved] = []
    for item in items:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.entity == item.entity == "PERSON"
            and last.block == item.block
            and last.action == item.action
            # the names model has decided itself where one name ends and the next begins
            and not last.recognizer == item.recognizer == "ner"
            and _NAME_GAP.fullmatch(text, last.end, item.start)
        ):
            joined[-1] = replace(last, end=item.end, score=max(last.score, item.score))
        else:
            joined.append(item)
    return joined


def _uncovered_keeps(decided: Sequence[Resolved], strict: Sequence[Resolved]) -> list[Resolved]:
    """Return what is kept and touches nothing stricter, one per stretch."""
    kept: list[Resolved] = []
    index, reach = 0, -1
    for item in sorted(
        (item for item in decided if item.is_kept),
        key=lambda item: (item.start, -item.end, [-rank for rank in specificity(item)[:2]]),
    ):
        while index < len(strict) and strict[index].end <= item.start:
            index += 1
        touches = index < len(strict) and strict[index].start < item.end
        if not touches and item.start >= reach:
            kept.append(item)
            reach = item.end
    return kept
