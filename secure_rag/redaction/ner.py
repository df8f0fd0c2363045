"""Names, places and organisations: our token classifier over overlapping windows.

The text is tokenised in stretches, the tokens are classified in windows that
end with a line or a sentence where they can and overlap; each token takes its
probabilities from one of them. Scores are per word, so that a word is never half marked.

A word that may be a person, a place or a firm is personal data for sure even where the
type is not: its score is the probability that it is any entity, put through the model's
calibration, and its type is the likeliest. A type that is likely enough by itself is
reported beside it, because a policy may keep the likeliest one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from secure_rag.redaction.claims import corrected
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

_LEAST: Final = 0.35
_TINY: Final = 1e-6
_WINDOW: Final = 254
_OVERLAP: Final = 32
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
        """Return word pieces with `ids`, code-point `offsets` and perhaps `kinds`."""
        ...

    def run(
        self,
        sequences: Sequence[Sequence[int]],
        *,
        kinds: Sequence[Sequence[int]] | None = None,
        batch_tokens: int = 512,
    ) -> list[Any]:
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
        slope, offset = encoder.config.get("calibration", (1.0, 0.0))
        self._calibration = float(slope), float(offset)
        self._least = min(self._lowest.get(entity, _LEAST) for entity in self._entities)
        self._window = int(encoder.config.get("window_tokens", _WINDOW))
        self._overlap = int(encoder.config.get("window_overlap_tokens", _OVERLAP))
        self._sees_case = list(encoder.tokenize("ANNA").ids) != list(encoder.tokenize("anna").ids)

    @property
    def entities(self) -> tuple[str, ...]:
        """Entities that the model has labels for."""
        further = ["DURATION"] if "DATE_TIME" in self._entities else []
        return tuple(dict.fromkeys([*self._entities, *further]))

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
        cuts = list(_cuts(text, tokens.offsets, self._window, self._overlap))
        logits = self._encoder.run(
            [tokens.ids[cut.start : cut.end] for cut in cuts],
            kinds=[tokens.kinds[cut.start : cut.end] for cut in cuts],
        )
        probabilities = _merge([_softmax(rows) for rows in logits], cuts)
        likeliest, further = self._named(text, tokens.offsets, probabilities)
        spans = [*spans_of(text, likeliest), *spans_of(text, further)]
        return [claim for span in spans if (claim := corrected(text, span))]

    def _named(
        self, text: str, offsets: Sequence[tuple[int, int]], probabilities: Matrix
    ) -> tuple[list[NamedWord], list[NamedWord]]:
        """Return the words that reach the least score, as likeliest and as second type.

        A word is named by its first piece.
        """
        places = list(_words(text, offsets))
        if not places:
            return [], []
        rows = probabilities[[first for _, _, first in places]]
        begin, inside = rows[:, self._begins], rows[:, self._insides]
        each = begin + inside
        scores, totals = self._calibrated(each), self._calibrated(each.sum(axis=1, keepdims=True))
        likeliest: list[NamedWord] = []
        further: list[NamedWord] = []
        for row in np.flatnonzero(totals[:, 0] >= self._least):
            start, end, _ = places[row]
            best, second = (int(column) for column in np.argsort(-each[row], kind="stable")[:2])
            for column, score, words in (
                (best, float(totals[row, 0]), likeliest),
                (second, float(scores[row, second]), further),
            ):
                entity = self._entities[column]
                if score >= self._lowest.get(entity, _LEAST):
                    begins = bool(begin[row, column] > max(inside[row, column], 0.5))
                    words.append(NamedWord(start, end, entity, score, begins))
        return likeliest, further

    def _calibrated(self, shares: Matrix) -> Matrix:
        """Map probabilities of the model to the shares that were right on its dev parts."""
        slope, offset = self._calibration
        shares = np.clip(shares, _TINY, 1 - _TINY)
        logits = slope * np.log(shares / (1 - shares)) + offset
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


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


class _Cut(NamedTuple):
    """A window over the tokens of a text."""

    start: int
    end: int
    counts_to: int
    """Up to here the rows of this window count, from here those of the next."""


def _cuts(text: str, offsets: Sequence[tuple[int, int]], size: int, overlap: int) -> Iterator[_Cut]:
    """Cut at the end of a line or sentence near the end of a window, else in the overlap."""
    count, start = len(offsets), 0
    while start + size < count:
        end = start + size
        seam = _seam(text, offsets, end - size // 4, end)
        if seam is None:
            yield _Cut(start, end, end - overlap // 2)
            start = end - overlap
        else:
            yield _Cut(start, seam, seam)
            start = seam - min(overlap // 2, seam - start - 1)
    yield _Cut(start, count, count)


def _seam(text: str, offsets: Sequence[tuple[int, int]], first: int, last: int) -> int | None:
    """Return the last token of a range that begins a line, or else a sentence."""
    sentence = None
    for token in range(last, first, -1):
        before = offsets[token - 1][1]
        gap = text[before : offsets[token][0]]
        if "\n" in gap:
            return token
        if sentence is None and gap and text[before - 1] in ".!?":
            sentence = token
    return sentence


def _merge(windows: Sequence[Matrix], cuts: Sequence[_Cut]) -> Matrix:
    """Take each token's row from the window in which it counts."""
    merged = np.empty((cuts[-1].counts_to, windows[0].shape[1]), np.float32)
    taken = 0
    for rows, cut in zip(windows, cuts, strict=True):
        merged[taken : cut.counts_to] = rows[taken - cut.start : cut.counts_to - cut.start]
        taken = cut.counts_to
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
