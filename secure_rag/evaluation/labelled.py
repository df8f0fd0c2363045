"""Labelled texts: what every reader of `evaluation.datasets` makes of its format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

DIRECT = "DIRECT"
QUASI = "QUASI"
NO_MASK = "NO_MASK"


@dataclass(frozen=True, slots=True)
class Mention:
    """A marked span of a text."""

    start: int
    end: int
    entity: str
    """The label of the set; after mapping, an entity of the catalogue where one fits."""
    annotator: str = ""
    entity_id: str = ""
    """What the mention is a mention of, within one text and annotator."""
    masking: str = ""
    """`DIRECT`, `QUASI` or `NO_MASK` where the set says so."""


@dataclass(frozen=True)
class LabelledText:
    """One document of a set, with its marks."""

    text: str = field(repr=False)
    mentions: tuple[Mention, ...] = field(repr=False)
    number: int = 0
    """Its place in the set, from 1; reports name documents by it alone."""
    field: str = "body"
    part: str = ""
    """Where in the set it comes from: a file, a corpus, a kind of document."""
    locale: str = ""
    """Locale group of its names, where the set says so."""
    annotators: tuple[str, ...] = ("",)

    def by_annotator(self) -> Iterator[tuple[Mention, ...]]:
        """Yield the mentions of each annotator; every one of them counts as a document."""
        for annotator in self.annotators:
            yield tuple(one for one in self.mentions if one.annotator == annotator)


@dataclass(frozen=True)
class LabelledSet:
    """The texts of one or more files, labels mapped to entities."""

    name: str
    format: str
    texts: tuple[LabelledText, ...] = field(repr=False)
    labels: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By label of the set: the entity it counts as (empty: not counted) and how often it occurs."""
    is_complete: bool = True
    """Every personal value is marked, so that any other finding is a false alarm."""

    @property
    def entities(self) -> tuple[str, ...]:
        """Entities that occur in the marks."""
        return tuple(sorted({one.entity for text in self.texts for one in text.mentions}))

    @property
    def characters(self) -> int:
        return sum(len(text.text) for text in self.texts)

    @property
    def mentions(self) -> int:
        return sum(len(text.mentions) for text in self.texts)


def count_labels(texts: Iterable[LabelledText]) -> Counter[str]:
    """Return how often each label occurs."""
    return Counter(one.entity for text in texts for one in text.mentions)


def numbered(texts: Iterable[LabelledText]) -> Iterator[LabelledText]:
    """Number texts from 1 in their order."""
    for number, text in enumerate(texts, start=1):
        yield replace(text, number=number)
