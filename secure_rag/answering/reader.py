"""The reader: where in the passages an answer stands, and whether there is one at all.

An encoder reads the question beside each passage and rates every token as the first
and as the last of an answer, and the first token, [CLS], as both where there is none.
What comes out are spans of the passage's own text, never words of the model's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from secure_rag.answering.cover_names import cover_names
from secure_rag.answering.reading_view import ReadingView, reading_view
from secure_rag.index.sentences import sentence_spans
from secure_rag.values import Passage
from secure_rag.vault.placeholders import type_word

if TYPE_CHECKING:
    from secure_rag.runtime.encoder import Tokens
    from secure_rag.runtime.manifest import Models

Matrix = NDArray[np.float32]

NOTHING = -15.0
"""Log-odds and margin of a passage in which no words were found."""

SPANS = 10
"""Spans of a passage that are kept, no two of them overlapping."""

_OVERLAP_TOKENS = 96
_HEAD_TOKENS = 32
"""Of the headings that a passage stands under."""

_ANSWER_TOKENS = 32
_LOOKED_AT = 500
"""Spans of a window from which those that do not overlap are taken."""

_MARKS = 3
_START, _END, _ANSWERABLE = range(3)


@dataclass(frozen=True)
class Span:
    """Words of a passage that may answer; code-point offsets into its text."""

    start: int
    end: int
    margin: float
    """Logits by which it beats "no answer" in its window."""
    share: float
    """Probability that the answer starts and ends just there, "no answer" included."""


@dataclass(frozen=True)
class Reading:
    """What a reader makes of one passage."""

    spans: tuple[Span, ...] = ()
    """Best first; they do not overlap."""
    answerable: float = NOTHING
    """Log-odds that the passage answers the question at all, whatever the words."""

    @property
    def margin(self) -> float:
        """By how much the best span beats "no answer"."""
        return self.spans[0].margin if self.spans else NOTHING


class Reader(Protocol):
    """Finds answers in passages."""

    @property
    def digest(self) -> str:
        """What the log records."""
        ...

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Return one reading for each passage."""
        ...


class PairEncoder(Protocol):
    """What the default reader needs of `secure_rag.runtime.encoder.Encoder`."""

    digest: str

    def tokenize(self, text: str) -> Tokens: ...

    def run_pairs(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[Matrix]:
        """Return a row for [CLS], then one for each piece of the second sequence."""
        ...


class SpanReader:
    """The pinned reader: MiniLM with heads for start, end and answerable."""

    def __init__(
        self, encoder: PairEncoder, *, window_tokens: int = 288, question_tokens: int = 64
    ) -> None:
        """Take an encoder.

        Args:
            window_tokens: most tokens of question, passage and marks: what it was trained on.
            question_tokens: what is kept of a question.
        """
        self._encoder = encoder
        self._window_tokens = window_tokens
        self._question_tokens = question_tokens
        self.digest = encoder.digest

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Return one reading for each passage."""
        above = [_above(passage) for passage in passages]
        names = cover_names([question, *(passage.text for passage in passages), *above])

        def name_of(placeholder: str) -> str:
            return names.get(placeholder) or type_word(placeholder)

        asked = self._encoder.tokenize(reading_view(question, name_of).text)
        asked_ids = asked.ids[: self._question_tokens]
        heads = [self._encoder.tokenize(reading_view(text, name_of).text).ids for text in above]
        windows = [
            window
            for number, passage in enumerate(passages)
            for window in self._windows(
                number, reading_view(passage.text, name_of), heads[number], len(asked_ids)
            )
        ]
        outputs = self._encoder.run_pairs([(asked_ids, window.ids) for window in windows])
        found: list[list[_Read]] = [[] for _ in passages]
        for window, logits in zip(windows, outputs, strict=True):
            found[window.passage].append(_read_window(window, logits))
        return [_joined(reads) for reads in found]

    def _windows(
        self, passage: int, view: ReadingView, head: list[int], asked: int
    ) -> Iterator[_Window]:
        """Cut a passage into windows; what stands above it is read again with each."""
        head = head[:_HEAD_TOKENS]
        tokens = self._encoder.tokenize(view.text)
        sentences = _sentences_of(view, tokens.offsets)
        room = self._window_tokens - asked - len(head) - _MARKS
        start = 0
        while start < len(tokens.ids):
            part = slice(start, start + room)
            yield _Window(
                passage=passage,
                view=view,
                ids=[*head, *tokens.ids[part]],
                head=len(head),
                offsets=tokens.offsets[part],
                sentences=sentences[part],
            )
            if part.stop >= len(tokens.ids):
                return
            start += room - _OVERLAP_TOKENS


@dataclass(frozen=True)
class _Window:
    """As much of a passage as the encoder reads at once."""

    passage: int
    view: ReadingView
    ids: list[int] = field(repr=False)
    head: int
    """Tokens that stand above the passage: read, never answered with."""
    offsets: list[tuple[int, int]] = field(repr=False)
    sentences: NDArray[np.intp] = field(repr=False)
    """Number of the sentence that each token stands in."""


@dataclass(frozen=True)
class _Read:
    spans: list[Span]
    answerable: float


def load_reader(models: Models, *, threads: int = 1) -> SpanReader:
    """Load the pinned reader.

    Raises:
        ModelMissingError: it is not on this machine.
        DigestMismatchError: one of its files was changed.
    """
    from secure_rag.runtime.encoder import Encoder

    encoder = Encoder(models.locate("reader"), threads=threads)
    return SpanReader(
        encoder,
        window_tokens=min(int(encoder.config.get("trained_tokens", 288)), encoder.max_tokens),
        question_tokens=int(encoder.config.get("trained_question_tokens", 64)),
    )


def _above(passage: Passage) -> str:
    """Return what a passage stands under, as a line of its own."""
    place = passage.place
    return ". ".join(filter(None, ((place.heading or "").replace(" > ", ". "), place.sheet)))


def _sentences_of(view: ReadingView, offsets: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
    """Return the sentence of each token; an answer does not run from one into the next."""
    starts = [start for start, _ in sentence_spans(view.stored)]
    places = [view.stored_span(start, max(end, start + 1))[0] for start, end in offsets]
    return np.searchsorted(starts, places, side="right")


def _read_window(window: _Window, logits: Matrix) -> _Read:
    """Take the best spans out of the numbers of one window."""
    starts, ends = logits[1 + window.head :, _START], logits[1 + window.head :, _END]
    count = len(starts)
    first = np.arange(count)[:, None]
    last = first + np.arange(_ANSWER_TOKENS)[None, :]
    is_inside = last < count
    last = np.minimum(last, count - 1)
    is_inside &= window.sentences[first] == window.sentences[last]
    scores = np.where(is_inside, starts[first] + ends[last], -np.inf).ravel()
    none = float(logits[0, _START] + logits[0, _END])
    total = _log_sum(logits[:, _START]) + _log_sum(logits[:, _END])
    spans: list[Span] = []
    for place in np.argsort(-scores, kind="stable")[:_LOOKED_AT]:
        score = float(scores[place])
        if len(spans) == SPANS or score == -np.inf:
            break
        row, length = divmod(int(place), _ANSWER_TOKENS)
        start, end = window.view.snapped_span(
            window.offsets[row][0], window.offsets[row + length][1]
        )
        span = Span(start, end, score - none, float(np.exp(score - total)))
        if start < end and not any(_overlap(span, other) for other in spans):
            spans.append(span)
    return _Read(spans, float(logits[0, _ANSWERABLE]))


def _joined(reads: Sequence[_Read]) -> Reading:
    """Join the windows of one passage: the best of spans that overlap stays."""
    kept: list[Span] = []
    for span in sorted((s for read in reads for s in read.spans), key=lambda one: -one.margin):
        if len(kept) < SPANS and not any(_overlap(span, other) for other in kept):
            kept.append(span)
    if not kept:
        return Reading()
    return Reading(tuple(kept), max(read.answerable for read in reads))


def _overlap(left: Span, right: Span) -> bool:
    return left.start < right.end and right.start < left.end


def _log_sum(values: NDArray[np.float32]) -> float:
    peak = float(values.max())
    return peak + float(np.log(np.exp(values - peak).sum()))
