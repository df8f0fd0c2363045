"""What the values of a question may mean, where one placeholder cannot say it.

A question is redacted like any text. A value that one entity of the collection bears becomes
that entity's placeholder; any other becomes a numbered one, which stands in no document, and
a search would have lost the name. So four things are kept beside the redacted question, in
memory and for one search:

1. every placeholder that an ambiguous value may stand for: `Braddock`, where documents name
   several and do not say which;
2. the placeholders of the words in a value, and of its singular or plural: `Florida` in
   `Florida colonists`;
3. a value that nothing certain stands for, as it is written: documents may hold its words,
   because their policy keeps them or because no detector took them for a name;
4. the question with its names as they are written: half of what its vector is made of. A
   sentence without its names says little, and a place or a people says what a passage is about.

What comes of it is an order of passages. The question that is shown, recorded and given to a
model that writes stays the redacted one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from secure_rag.redaction.common_words import COMMON_WORDS
from secure_rag.redaction.forms import value_form
from secure_rag.redaction.known import BlindIndex
from secure_rag.redaction.names import NAME_ENTITIES, fold, parse_name
from secure_rag.vault.placeholders import LOCAL

if TYPE_CHECKING:
    from secure_rag.redaction.engine import RedactedText
    from secure_rag.values import Finding

_WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_LONGEST: Final = 6
_SHORTEST: Final = 3
_MOST: Final = 200
"""A name that more entities than this may bear says nothing."""


@dataclass(frozen=True)
class Meant:
    """What a redacted question's placeholders may mean beside themselves."""

    perhaps: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By each placeholder of the question, the issued ones that may be meant as well."""
    words: tuple[str, ...] = field(default=(), repr=False)
    """Values that nothing certain stands for, as they are written: never stored or shown."""
    written: str = field(default="", repr=False)
    """The question with its names as they are written, other values left out; empty if no name
    was replaced. Never stored or shown."""


NOTHING_MEANT: Final = Meant()


def find_meant(question: str, redacted: RedactedText, domain: BlindIndex) -> Meant:
    """Return what the values of a question may mean in a collection.

    Args:
        question: as it was asked.
        redacted: the same question, redacted; its findings have their places in `question`.
    """
    perhaps: dict[str, frozenset[str]] = {}
    words = []
    for finding in redacted.findings:
        placeholder = finding.placeholder
        if placeholder is None:
            continue
        value = question[finding.start : finding.end]
        if LOCAL.fullmatch(placeholder) and not finding.entity.startswith("SECRET_"):
            words.append(value)
        if finding.entity in NAME_ENTITIES:
            others = _candidates(value, domain) - {placeholder}
            if 0 < len(others) <= _MOST:
                perhaps[placeholder] = perhaps.get(placeholder, frozenset()) | others
    return Meant(perhaps, tuple(dict.fromkeys(words)), _with_names(question, redacted.findings))


def _with_names(question: str, findings: Iterable[Finding]) -> str:
    """Return a question with nothing where other values than names stood, or nothing at all."""
    pieces, last, has_names = [], 0, False
    for finding in findings:
        if finding.action == "keep":
            continue
        is_name = finding.entity in NAME_ENTITIES and finding.placeholder is not None
        has_names = has_names or is_name
        pieces.append(question[last : finding.end if is_name else finding.start])
        last = finding.end
    return "".join((*pieces, question[last:])) if has_names else ""


def _candidates(value: str, domain: BlindIndex) -> frozenset[str]:
    found: set[str] = set()
    for part in _parts(value):
        for entity, form in _forms(part):
            found.update(domain.lookup(entity, form), domain.aliases(entity, form))
    return frozenset(found)


def _parts(value: str) -> Iterator[str]:
    """Yield the value, then every run of its words that may be a name by itself."""
    words = _WORD.findall(value)[:_LONGEST]
    for size in range(len(words), 0, -1):
        for start in range(len(words) - size + 1):
            part = " ".join(words[start : start + size])
            is_whole = size == len(words)
            if is_whole or (len(part) >= _SHORTEST and fold(part) not in COMMON_WORDS):
                yield part


def _forms(part: str) -> Iterator[tuple[str, str]]:
    for written in (part, part[:-1] if part.endswith("s") else f"{part}s"):
        for form in parse_name(written).forms:
            if form:
                yield "PERSON", form
        for entity in NAME_ENTITIES[1:]:
            if form := value_form(entity, written):
                yield entity, form
