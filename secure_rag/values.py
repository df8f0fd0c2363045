"""The frozen values that stages pass to each other.

Offsets are code-point offsets into one text, half-open: `text[start:end]`.
`Raw*` types hold unredacted text and hide it from `repr`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Place:
    """Where in its document a text stands; what is not known is None."""

    page: int | None = None
    """Page of a PDF, from 1."""
    sheet: str | None = None
    """Name of the worksheet (redacted once the document is)."""
    slide: int | None = None
    """Slide of a presentation, from 1."""
    row: int | None = None
    """Row of a sheet, CSV or JSON Lines file, from 1."""
    heading: str | None = None
    """Path of headings above the text, joined by ` > ` (redacted once the document is)."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "page": self.page,
            "sheet": self.sheet,
            "slide": self.slide,
            "row": self.row,
            "heading": self.heading,
        }


NOWHERE = Place()

FIELDS = (
    "body",
    "title",
    "author",
    "file_name",
    "comment",
    "header",
    "footer",
    "link",
    "hidden",
    "metadata",
)
"""Fields of a document: what `Block.field` may be and a policy's rule may be limited to."""


@dataclass(frozen=True)
class Block:
    """A run of a document's text that stands in one field and one place.

    `heading` and `sheet` are spans of the same text, not strings, so that
    redaction of the text redacts them as well.
    """

    start: int
    end: int
    field: str
    """One of `FIELDS`."""
    kind: str = "paragraph"
    """`heading`, `paragraph`, `row`, `list_item`, `code`, `note`, `value`."""
    page: int | None = None
    slide: int | None = None
    row: int | None = None
    sheet: tuple[int, int] | None = None
    """Span of the sheet's name in the text."""
    headings: tuple[tuple[int, int], ...] = ()
    """Spans of the headings above this block, outermost first."""


@dataclass(frozen=True)
class RawDocument:
    """A document as its loader read it: one text, all fields in it, before redaction.

    The loader puts every field into `text` (title, author, file name, comments,
    headers, cells, link targets, hidden text); `blocks` are sorted, do not overlap
    and cover all but the separators between them.
    """

    media_type: str
    text: str = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)
    flags: tuple[str, ...] = ()
    """`hidden_text`, `macros`, `attachments`, … : facts for the log, never content."""


@dataclass(frozen=True)
class Finding:
    """What was found at a span and what is done about it; never the value itself."""

    entity: str
    start: int
    end: int
    score: float
    recognizer: str
    action: str
    """`keep`, `mask`, `drop`, `generalise` or `pseudonymise`."""
    placeholder: str | None = None
    rule: str = "default"
    """Id of the deciding policy rule."""


def count_entities(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings there are of each entity, by name."""
    return dict(sorted(Counter(finding.entity for finding in findings).items()))


@dataclass(frozen=True)
class RedactedDocument:
    """A document that may be stored. Built only by `secure_rag.redaction`."""

    document: str
    """Id, ten Crockford base-32 characters."""
    path: str
    """The source's name, redacted, for people."""
    media_type: str
    text: str = field(repr=False)
    """The stored text; all offsets of chunks and citations point into it."""
    blocks: tuple[Block, ...] = field(repr=False)
    findings: tuple[Finding, ...] = ()
    """Findings with offsets in the *input* text."""
    policy_digest: str = ""
    redaction_digest: str = ""
    flags: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of each entity were acted on."""
        return count_entities(one for one in self.findings if one.action != "keep")


@dataclass(frozen=True)
class Chunk:
    """A stored piece of a redacted document, small enough for the embedder."""

    chunk: str
    """Id, `<document>-<ordinal>`."""
    document: str
    ordinal: int
    start: int
    end: int
    text: str
    place: Place = NOWHERE
    placeholders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Passage:
    """A chunk that a question got back. `chunk` is None-less: given passages use their number."""

    document: str | None
    chunk: str
    text: str
    score: float
    start: int
    end: int
    place: Place = NOWHERE
    path: str = ""


@dataclass(frozen=True)
class Citation:
    """Words of a passage that an answer rests on, checked against the stored text."""

    marker: int
    document: str | None
    chunk: str
    quote: str
    start: int
    end: int
    place: Place = NOWHERE
    verified: bool = False
    path: str = ""
    answer: str = ""
    """The words of the quote that are the answer; none where the whole quote is."""
    answer_start: int = 0
    """Where they begin, counted like `start`."""


@dataclass(frozen=True)
class Answer:
    """An answer with verified citations, or a refusal with a reason code."""

    question: str
    """The redacted question."""
    text: str
    refused: bool
    reason: str | None = None
    """None, `no_passages`, `low_evidence`, `unsupported` or `output_gate`."""
    citations: tuple[Citation, ...] = ()
    dropped_citations: int = 0
    dropped_sentences: int = 0
    """Sentences of the writer that the quotes do not bear out, or the output gate stopped."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds by stage."""
    evidence: float | None = None
    """Probability that the passages hold an answer; None where the gate was not asked."""
    short: str | None = None
    """The words that answer, out of the first quote; None where the quotes are the answer."""
