"""The sentences of the passages, with what stands above them: headings, and what they refer to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from secure_rag.answering.words import Word, content_words
from secure_rag.index.sentences import Span, sentence_spans
from secure_rag.values import Passage

_MAX_SENTENCES = 200
"""Sentences that are looked at; of more, those that share most words with the question."""

_LABEL = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2})*[.)]?[ \t]+)?[A-Z<][^.!?:;|\d\n]{0,70}(?:[A-Z0-9_]{10}>)?"
)
_REFERS_BACK = re.compile(r"(?:It|Its|They|Their|He|His|She|Her|This|These|That|Those|Both)\b")
_MAX_JOINED = 400
"""Characters of a quote that takes in the sentence before, so that a pronoun can be read."""

_FILE_NAME = re.compile(r"\S+\.[A-Za-z]{2,5}")


@dataclass(frozen=True)
class Candidate:
    """A sentence, not yet rated; offsets point into the passage's text."""

    passage: int
    start: int
    end: int
    quote_start: int
    """Where its quote begins: at the sentence before, if it needs that to be understood."""
    text: str
    above: str
    """The heading it stands under, and the sentence before if it refers back to that."""
    words: tuple[Word, ...]
    stems: frozenset[str]
    """Of the sentence, of what stands above it, and of the name of its document."""
    own_stems: frozenset[str]
    is_label: bool
    """Whether it is a heading itself: it names a matter and says nothing of it."""

    @property
    def in_context(self) -> str:
        """The sentence under what stands above it."""
        return f"{self.above}\n{self.text}" if self.above else self.text


def find_candidates(
    passages: Sequence[Passage], asked: frozenset[str] = frozenset()
) -> list[Candidate]:
    """Return the sentences of the passages, in order.

    Args:
        asked: stems of the question.
    """
    found: list[Candidate] = []
    for number, passage in enumerate(passages):
        headings = (passage.place.heading or "").split(" > ")
        heading = headings[-1]
        about = frozenset(word.stem for word in content_words(passage.path))
        last: Candidate | None = None
        for start, end in sentence_spans(passage.text):
            text = passage.text[start:end]
            if _FILE_NAME.fullmatch(text):
                continue
            is_label = bool(_LABEL.fullmatch(text)) or " ".join(text.split()) in headings
            last = _candidate(number, (start, end), text, heading, about, last, is_label=is_label)
            found.append(last)
            heading = text if last.is_label else heading
    likest = sorted(found, key=lambda one: -len(one.stems & asked))[:_MAX_SENTENCES]
    kept = set(map(id, likest))
    return [one for one in found if id(one) in kept]


def _candidate(
    passage: int,
    span: Span,
    text: str,
    heading: str,
    about: frozenset[str],
    last: Candidate | None,
    *,
    is_label: bool,
) -> Candidate:
    start, end = span
    above = "" if heading == text else heading
    quote_start = start
    if last is not None and not last.is_label and _REFERS_BACK.match(text):
        above = f"{above}\n{last.text}"
        quote_start = last.start if end - last.start <= _MAX_JOINED else start
    words = tuple(content_words(text))
    own = frozenset(word.stem for word in words)
    stems = own | about | {word.stem for word in content_words(above)}
    return Candidate(
        passage=passage,
        start=start,
        end=end,
        quote_start=quote_start,
        text=text,
        above=above.strip(),
        words=words,
        stems=stems,
        own_stems=own,
        is_label=is_label,
    )
