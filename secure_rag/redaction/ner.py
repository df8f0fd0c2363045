"""Names, places and organisations: our token classifier over overlapping windows.

The text is tokenised in stretches, the tokens are classified in windows that
overlap, and each token takes its probabilities from the window in which it stands
deepest. Scores are per word, so that a word is never half marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from secure_rag.redaction.named_words import NamedWord, spans_of
from secure_rag.redaction.spans import Span
from secure_rag.redaction.windows import find_in_windows

LABELS: Final = {
    "PER": "PERSON",
    "PERSON": "PERSON",
    "LOC": "LOCATION",
    "LOCATION": "LOCATION",
    "GPE": "LOCATION",
    "ORG": "ORGANIZATION",
    "ORGANIZATION": "ORGANIZATION",
    "NRP": "NRP",
    "AGE": "AGE",
    "DATE": "DATE_TIME",
    "DATE_TIME": "DATE_TIME",
    "TITLE": "TITLE",
    "ADDRESS": "STREET_ADDRESS",
    "STREET_ADDRESS": "STREET_ADDRESS",
    "ID": "ID_NUMBER",
}
"""From the model's labels to the entities of the catalogue; others are not reported."""

_WINDOW: Final = 254
_OVERLAP: Final = 64
_STRETCH: Final = 24_000
"""Code points tokenised at once."""
_STRETCH_OVERLAP: Final = 1_000
_WORD: Final = re.compile(r"[^\W_]+")
_CAPS_LINE: Final = re.compile(r"^[^\na-z]*[A-Z]{2}[^\na-z]*$", re.MULTILINE)

Matrix = npt.NDArray[np.float32]


class TokenClassifier(Protocol):
    """What the detector needs of an encoder (`secure_rag.runtime.encoder.Encoder`)."""

    config: dict[str, Any]

    def tokenize(self, text: str) -> Any:
        """Return word pieces with `ids` and code-point `offsets`."""
        ...

    def run(self, sequences: Sequence[Sequence[int]], *, batch_tokens: int = 2048) -> list[Any]:
        """Return one row of logits per word piece."""
        ...


class NerDetector:
    """Finds names with a BIO token classifier; scores are mean probabilities per span."""

    name = "ner"
    is_costly = True

    def __init__(
        self, encoder: TokenClassifier, *, digest: str, lowest: dict[str, float] | None = None
    ) -> None:
        """Take a loaded classifier; `lowest` is the least score of a word, by entity."""
        self._encoder = encoder
        self._digest = digest
        self._lowest = lowest or {}
        labels = [
            encoder.config["id2label"][str(n)] for n in range(len(encoder.config["id2label"]))
        ]
        self._entities, self._begins, self._insides = _columns(labels)
        self._window = int(encoder.config.get("window_tokens", _WINDOW))
        self._overlap = int(encoder.config.get("window_overlap_tokens", _OVERLAP))
        self._sees_case = list(encoder.tokenize("ANNA").ids) != list(encoder.tokenize("anna").ids)

    def signature(self) -> str:
        """Return the digest of the model and the least scores."""
        return f"{self._digest}|{sorted(self._lowest.items())}|{self._window}|{self._overlap}"

    def find(self, text: str) -> list[Span]:
        """Return every name whose words reach the least score."""
        found = find_in_windows(text, self._find, size=_STRETCH, overlap=_STRETCH_OVERLAP)
        if self._sees_case:
            for match in _CAPS_LINE.finditer(text):
                line = match.group().title()
                if len(line) == len(match.group()):
                    found.extend(span.moved(match.start()) for span in self._find(line))
        return found

    def _find(self, text: str) -> list[Span]:
        tokens = self._encoder.tokenize(text)
        if not tokens.ids:
            return []
        count, size = len(tokens.ids), self._window
        starts = [0, *range(size - self._overlap, count - self._overlap, size - self._overlap)]
        logits = self._encoder.run([tokens.ids[start : start + size] for start in starts])
        ends = [start + size - self._overlap // 2 for start in starts[:-1]] + [count]
        probabilities = _merge([_softmax(rows) for rows in logits], starts, ends)
        words = self._named(text, tokens.offsets, probabilities)
        return list(spans_of(text, words))

    def _named(
        self, text: str, offsets: Sequence[tuple[int, int]], probabilities: Matrix
    ) -> Iterator[NamedWord]:
        """Yield the words that reach the least score; a word is named by its first piece."""
        for start, end, first in _words(text, offsets):
            begin = probabilities[first, self._begins]
            inside = probabilities[first, self._insides]
            score_of = begin + inside
            best = int(score_of.argmax())
            score, entity = float(score_of[best]), self._entities[best]
            if score >= self._lowest.get(entity, 0.35):
                begins = bool(begin[best] > max(inside[best], 0.5))
                yield NamedWord(start, end, entity, score, begins)


def _columns(labels: Sequence[str]) -> tuple[list[str], list[int], list[int]]:
    """Return the entities a model knows with the columns of their B- and I- labels."""
    entities: list[str] = []
    begins: list[int] = []
    insides: list[int] = []
    for column, label in enumerate(labels):
        prefix, _, name = label.partition("-")
        if prefix == "B" and name in LABELS and f"I-{name}" in labels:
            entities.append(LABELS[name])
            begins.append(column)
            insides.append(labels.index(f"I-{name}"))
    return entities, begins, insides


def _softmax(logits: Matrix) -> Matrix:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)


def _merge(windows: Sequence[Matrix], starts: Sequence[int], ends: Sequence[int]) -> Matrix:
    """Take each token's row from the window in which it is farthest from an edge."""
    merged = np.empty((ends[-1], windows[0].shape[1]), np.float32)
    taken = 0
    for rows, start, end in zip(windows, starts, ends, strict=True):
        merged[taken:end] = rows[taken - start : end - start]
        taken = end
    return merged


def _words(text: str, offsets: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and first token of each word."""
    token = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        while token < len(offsets) and offsets[token][1] <= start:
            token += 1
        first = token
        while token < len(offsets) and offsets[token][0] < end:
            token += 1
        if token > first:
            yield start, end, first
