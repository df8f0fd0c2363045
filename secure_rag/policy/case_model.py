"""What a case file says, once parsed: texts with marks, documents, links, labelled sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from secure_rag.policy.marks import Mark
from secure_rag.policy.model import Scope

MEASURES: Final = ("recall", "precision")
"""What `thresholds` can demand of an entity."""


@dataclass(frozen=True)
class CaseText:
    """One text of a case, without its marks; every text is a document of its own."""

    text: str
    marks: tuple[Mark, ...] = ()
    field: str = "body"
    redacted: str | None = None
    """The whole expected result, with placeholders that count from 1 in each case."""

    def value(self, mark: Mark) -> str:
        """Return the marked words; texts in case files are test data and may be shown."""
        return self.text[mark.start : mark.end]


@dataclass(frozen=True)
class ExpectedWords:
    """Words that must be found wherever they stand in a document."""

    words: str
    entity: str
    action: str | None = None
    """The action that must be taken; None is any but `keep`."""
    name: str | None = None
    field: str | None = None
    """The one field it is about; None is every field without an entry of its own."""
    line: int = 0


@dataclass(frozen=True)
class CaseDocument:
    """A real document that a case runs, from its file to the last of its fields."""

    path: Path
    expected: tuple[ExpectedWords, ...] = ()
    refused: str | None = None
    """The quarantine reason that must come instead of a result."""


@dataclass(frozen=True)
class Case:
    """Texts, or a document, with what must, and must not, be found in them."""

    id: str
    line: int
    texts: tuple[CaseText, ...] = ()
    document: CaseDocument | None = None
    allow: tuple[str, ...] = ()
    """Entities that may be found beside the marks."""
    known_gap: str | None = None
    """Why the case is known to fail."""
    tags: tuple[str, ...] = ()
    scope: Scope = field(default_factory=Scope)
    """Collection and labels that the policy's rules may be limited to."""
    must_link: tuple[tuple[str, ...], ...] = ()
    """Sets of marks, by name or by words, that must get one placeholder."""
    must_not_link: tuple[tuple[str, ...], ...] = ()
    """Sets of marks, by name or by words, that must get different placeholders."""


@dataclass(frozen=True)
class Dataset:
    """A labelled set to measure the policy on."""

    path: Path
    format: str | None
    """As `eval redaction --format` names it; None is known by the file."""
    line: int = 0


@dataclass(frozen=True)
class Threshold:
    """The least recall or precision of an entity over all labelled sets of a file."""

    entity: str
    measure: str
    least: float
    line: int = 0


@dataclass(frozen=True)
class CaseFile:
    """The cases of one file, the policy they test, and what to measure it on."""

    path: Path
    policy: Path
    cases: tuple[Case, ...]
    datasets: tuple[Dataset, ...] = ()
    thresholds: tuple[Threshold, ...] = ()

    @property
    def documents(self) -> tuple[Path, ...]:
        """Files beside the case file that running it reads."""
        named = [case.document.path for case in self.cases if case.document is not None]
        return tuple(dict.fromkeys([*named, *(dataset.path for dataset in self.datasets)]))
