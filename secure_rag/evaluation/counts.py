"""Everything that is counted for one document, added up over documents.

Keys are (measure, entity, what). The entity `*` is any type: what is hidden counts, not what it
is called.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from secure_rag.errors import InputError, UsageError
from secure_rag.evaluation import span_match
from secure_rag.evaluation.forms import slices_of
from secure_rag.evaluation.labelled import LabelledSet, LabelledText, Mention
from secure_rag.evaluation.labels import COUNTS_AS
from secure_rag.evaluation.span_match import ANY, Tagged
from secure_rag.evaluation.systems import Masked
from secure_rag.evaluation.words import Words, words_of
from secure_rag.redaction.intervals import overlaps, united

Key = tuple[str, str, str]
Counts = Counter[Key]

MISSED: Final = "missed"
PARTLY: Final = "partly"
WRONG_TYPE: Final = "wrong type"
EXTRA: Final = "extra"


@dataclass(frozen=True)
class Scope:
    """What is measured."""

    entities: frozenset[str]
    """Marked entities that must be found."""
    counts_all: bool = True
    """Findings of every type can be false alarms, not only those of `entities`."""

    def counts(self, entity: str) -> bool:
        return self.counts_all or entity in self.entities


def scope_of(labelled: LabelledSet, entities: Sequence[str]) -> Scope:
    """Return what is measured on a set.

    Raises:
        UsageError: an entity that no mark has.
        InputError: the set has no marks that count.
    """
    marked = set(labelled.entities)
    if not marked:
        raise InputError(f"{labelled.name}: no marks that count", code="dataset.empty")
    unknown = sorted(set(entities) - marked)
    if unknown:
        raise UsageError(
            f"nothing is marked as {unknown[0]}", hint=f"marked: {', '.join(sorted(marked))}"
        )
    if entities:
        return Scope(frozenset(entities), counts_all=False)
    return Scope(frozenset(marked), counts_all=labelled.is_complete)


@dataclass(frozen=True)
class Mistake:
    """One place where marks and findings differ; the words themselves stay in the text."""

    document: int
    start: int
    end: int
    kind: str
    entity: str
    """The entity that was marked; for `extra` the one that was found."""
    found_as: str = ""


@dataclass(frozen=True)
class DocumentScore:
    """Counts and mistakes of one document, over its annotators."""

    counts: Counts
    mistakes: tuple[Mistake, ...] = field(repr=False)


def score(text: LabelledText, found: Sequence[Masked], scope: Scope) -> DocumentScore:
    """Compare what was found in a document with its marks, once per annotator."""
    counts: Counts = Counter()
    mistakes: list[Mistake] = []
    for mentions in text.by_annotator():
        one = _Comparison(text, mentions, found, scope)
        counts.update(one.count())
        mistakes += one.mistakes()
    return DocumentScore(counts, tuple(dict.fromkeys(mistakes)))


def _as_marked(found: Sequence[Masked], scope: Scope) -> Iterator[Masked]:
    """Yield findings with the entity under which this set would mark them."""
    for one in found:
        other = COUNTS_AS.get(one.entity)
        is_marked_so = other in scope.entities and one.entity not in scope.entities
        yield replace(one, entity=other) if other and is_marked_so else one


class _Comparison:
    """One document, one annotator."""

    def __init__(
        self,
        text: LabelledText,
        mentions: Sequence[Mention],
        found: Sequence[Masked],
        scope: Scope,
    ) -> None:
        self.text = text
        self.found = sorted(_as_marked(found, scope), key=lambda one: one.start)
        self.gold = [one for one in mentions if one.entity in scope.entities]
        self.other = [one for one in mentions if one.entity not in scope.entities]
        self._gold_places = united((one.start, one.end) for one in self.gold)
        self._other_places = united((one.start, one.end) for one in self.other)
        self.words: Words = words_of(text.text, [(one.start, one.end) for one in mentions])
        self.said = [one for one in self.found if scope.counts(one.entity)]
        if self.other:
            self.said = [one for one in self.said if not self._is_about_other(one)]
        self._starts = [one.start for one in self.found]
        self._masked = [self._is_masked(*span) for span in self.words.spans]

    def _is_about_other(self, found: Masked) -> bool:
        """Say whether a finding is about marks that are not measured here, and only those."""
        return overlaps(found.start, found.end, self._other_places) and not overlaps(
            found.start, found.end, self._gold_places
        )

    def _is_masked(self, start: int, end: int) -> bool:
        """Say whether every character lies in some finding."""
        position = start
        for one in self._over(start, end):
            if one.start > position:
                return False
            position = max(position, one.end)
        return position >= end

    def _over(self, start: int, end: int) -> Iterator[Masked]:
        """Yield the findings that share a place with a stretch."""
        index = max(0, bisect_right(self._starts, start) - 1)
        while index < len(self.found) and self.found[index].start < end:
            if self.found[index].end > start:
                yield self.found[index]
            index += 1

    def count(self) -> Counts:
        counts: Counts = Counter()
        self._count_words(counts)
        self._count_mentions(counts)
        self._count_spans(counts)
        return counts

    def _count_words(self, counts: Counts) -> None:
        gold: dict[int, set[str]] = {}
        for one in self.gold:
            for number in self.words.within(one.start, one.end):
                gold.setdefault(number, set()).add(one.entity)
        marked = {n for one in self.other for n in self.words.within(one.start, one.end)} | set(
            gold
        )
        named: dict[int, str] = {}
        for said in self.said:
            for number in self.words.within(said.start, said.end):
                named.setdefault(number, said.entity)
        for number, entities in gold.items():
            counts["word", ANY, "gold"] += 1
            counts["word", ANY, "masked"] += self._masked[number]
            for entity in entities:
                counts["word", entity, "gold"] += 1
                counts["word", entity, "masked"] += self._masked[number]
                counts["word", entity, "found"] += (
                    self._masked[number] and named.get(number) == entity
                )
        for number, entity in named.items():
            counts["word", ANY, "said"] += 1
            counts["word", ANY, "right"] += number in marked
            counts["word", entity, "said"] += 1
            counts["word", entity, "right"] += entity in gold.get(number, ())

    def _count_mentions(self, counts: Counts) -> None:
        leaked: set[str] = set()
        for one in self.gold:
            numbers = self.words.within(one.start, one.end)
            hidden = [self._masked[number] for number in numbers]
            is_full = all(hidden) if hidden else self._is_masked(one.start, one.end)
            slices = [*slices_of(self.text.text, one.start, one.end, one.entity), *self._source()]
            for entity in (ANY, one.entity):
                counts["mention", entity, "gold"] += 1
                counts["mention", entity, "full"] += is_full
                counts["mention", entity, "touched"] += is_full or any(hidden)
                if entity in (ANY, "PERSON"):
                    for kind, value in slices:
                        counts[f"slice|{kind}|{value}", entity, "gold"] += 1
                        counts[f"slice|{kind}|{value}", entity, "full"] += is_full
            if not is_full:
                leaked |= {ANY, one.entity}
        for entity in {ANY, *(one.entity for one in self.gold)} if self.gold else ():
            counts["document", entity, "gold"] += 1
            counts["document", entity, "leaked"] += entity in leaked

    def _source(self) -> list[tuple[str, str]]:
        given = (("part", self.text.part), ("locale", self.text.locale))
        return [(kind, value) for kind, value in given if value]

    def _count_spans(self, counts: Counts) -> None:
        gold = [Tagged(one.start, one.end, one.entity) for one in self.gold]
        said = [Tagged(one.start, one.end, one.entity) for one in self.said]
        for measure, skipped in (("span", span_match.skip_words()), ("span-all", frozenset[str]())):
            tokens = span_match.tokens_of(self.text.text, skipped)
            for merge_types in (False, True):
                matched = span_match.match(
                    span_match.spans_of(tokens, gold, merge_types=merge_types),
                    span_match.spans_of(tokens, said, merge_types=merge_types),
                )
                for entity, one in matched.items():
                    for what in ("gold", "found", "said", "right"):
                        counts[measure, entity, what] += getattr(one, what)

    def mistakes(self) -> Iterator[Mistake]:
        number = self.text.number
        for one in self.gold:
            hidden = [self._masked[n] for n in self.words.within(one.start, one.end)]
            over = list(self._over(one.start, one.end))
            names = [f.entity for f in over]
            found_as = _longest_within(over, one)
            if not any(hidden) and not over:
                yield Mistake(number, one.start, one.end, MISSED, one.entity)
            elif not all(hidden):
                yield Mistake(number, one.start, one.end, PARTLY, one.entity, found_as)
            elif one.entity not in names:
                yield Mistake(number, one.start, one.end, WRONG_TYPE, one.entity, found_as)
        for said in self.said:
            place = said.start, said.end
            if not overlaps(*place, self._gold_places) and not overlaps(*place, self._other_places):
                yield Mistake(number, *place, EXTRA, said.entity, said.entity)


def _longest_within(found: Sequence[Masked], mention: Mention) -> str:
    """Return what most of a mention was found as, empty where it was not."""

    def shared(one: Masked) -> int:
        return min(one.end, mention.end) - max(one.start, mention.start)

    return max(found, key=shared).entity if found else ""
