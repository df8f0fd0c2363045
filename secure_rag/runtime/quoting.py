"""Hold what a model writes in quotation marks to given texts, while it writes.

A state machine over the bytes of the written text. Outside quotes every token may come.
After an opening mark only tokens may come whose bytes continue some place of the given
texts, from the beginning of a word on; the closing mark only at the end of a word. So a
quote cannot be invented. The given texts must hold no double quotation marks themselves
(`secure_rag.answering.quotes` writes them as single ones).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from secure_rag.runtime.engine import Scores, Vocabulary

MARKS = {'"': '"', "“": "”", "”": "”", "„": "“", "«": "»"}
"""Closing mark by opening mark."""

_OPEN = {opening.encode(): closing.encode() for opening, closing in MARKS.items()}
_LONGEST_MARK = max(map(len, _OPEN))
_SEPARATOR = 0
"""Between texts; no quote runs across."""

_RUN = re.compile(r"\S+")
_LEADING = "([{'‘’*_#"
_LOOKED_AT = 256
_AHEAD = 24
_TRAILING = ".,;:!?…)]}'’*_"


@dataclass(frozen=True)
class State:
    """Where the text stands: outside quotes, or at places of the given texts."""

    closing: bytes = b""
    """The mark that ends the quote; empty outside."""
    places: frozenset[int] = frozenset()
    """Positions in the given texts whose bytes may come next."""
    written: bytes = b""
    """Outside: the last bytes, which may be the beginning of an opening mark. Inside: the
    bytes of a closing mark that have been written."""
    has_begun: bool = False
    """Whether something stands behind the opening mark."""
    closable: bool = False
    """Whether the closing mark has begun at an end of a word."""


OUTSIDE = State()


class QuotableText:
    """The given texts as bytes, with the beginnings and ends of words in them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.bytes = bytearray([_SEPARATOR])
        self.starts: set[int] = set()
        self.ends: set[int] = set()
        for text in texts:
            self._add(text.replace("\0", " "))

    def _add(self, text: str) -> None:
        encoded = [character.encode("utf-8", "replace") for character in text]
        offsets = [*accumulate(map(len, encoded), initial=len(self.bytes))]
        for run in _RUN.finditer(text):
            # what a word may lose at its ends changes nothing; a sign or a decimal would
            first = run.end() - len(run.group().lstrip(_LEADING))
            last = run.start() + len(run.group().rstrip(_TRAILING))
            self.starts.update((offsets[run.start()], offsets[min(first, run.end() - 1)]))
            self.ends.update(offsets[max(last, run.start() + 1) : run.end() + 1])
        self.bytes += b"".join(encoded)
        self.bytes.append(_SEPARATOR)

    def step(self, state: State, byte: int) -> State | None:
        """Return the state after one more byte, or None if it may not come."""
        if not state.closing:
            return self._outside(state, byte)
        on = frozenset(
            place + 1 for place in state.places if self.bytes[place] == byte != _SEPARATOR
        )
        mark = state.written + bytes([byte])
        may_close = state.closable or (
            not state.written and state.has_begun and bool(state.places & self.ends)
        )
        if may_close and state.closing.startswith(mark):
            if mark == state.closing:
                return OUTSIDE
            return State(state.closing, on, mark, True, True)
        return State(state.closing, on, has_begun=True) if on else None

    def _outside(self, state: State, byte: int) -> State:
        last = (state.written + bytes([byte]))[-_LONGEST_MARK:]
        for opening, closing in _OPEN.items():
            if last.endswith(opening):
                return State(closing, frozenset(self.starts))
        return State(written=last)

    def after(self, place: int) -> str:
        """Return the next few characters at a place."""
        end = self.bytes.find(_SEPARATOR, place, place + _AHEAD)
        piece = self.bytes[place : place + _AHEAD if end < 0 else end]
        return piece.decode("utf-8", "ignore")

    def advance(self, state: State, written: bytes) -> State | None:
        """Return the state after some bytes, or None if they may not come."""
        after: State | None = state
        for byte in written:
            if after is None:
                return None
            after = self.step(after, byte)
        return after


class QuoteRule:
    """Chooses the best token that keeps quotes to the texts."""

    def __init__(self, vocabulary: Vocabulary, texts: Iterable[str]) -> None:
        self.state = OUTSIDE
        self._text = QuotableText(texts)
        self._vocabulary = vocabulary

    def choose(self, scores: Scores) -> int | None:
        """Return the best token that may come and take it as written; None if none may.

        Looked at are the likeliest tokens, then the beginnings of what may be quoted.
        """
        token = int(np.argmax(scores))
        if (after := self._after(token)) is None:
            found = next((one for one in self._others(scores) if one[1] is not None), None)
            if found is None:
                return None
            token, after = found
        assert after is not None
        self.state = after
        return token

    def _others(self, scores: Scores) -> Iterator[tuple[int, State | None]]:
        most = min(_LOOKED_AT, len(scores))
        likely = np.argpartition(scores, -most)[-most:]
        for token in likely[np.argsort(scores[likely])[::-1]]:
            yield int(token), self._after(int(token))
        begun = sorted(self._beginnings(), key=lambda token: -float(scores[token]))
        for token in begun:
            yield token, self._after(token)

    def _beginnings(self) -> set[int]:
        """Return a token for each way in which a text goes on here, and for the closing mark."""
        texts = [self._text.after(place) for place in sorted(self.state.places)[:_LOOKED_AT]]
        texts.append(self.state.closing[len(self.state.written) :].decode("utf-8", "replace"))
        tokens = (self._vocabulary.tokenize(text, with_control=False) for text in texts if text)
        return {found[0] for found in tokens if found}

    def _after(self, token: int) -> State | None:
        """Return the state after a token, or None if it may not come."""
        written = self._vocabulary.bytes_of(token)
        if not written:
            # control tokens write nothing: they end a turn, and not inside a quote
            return None if self.state.closing else self.state
        return self._text.advance(self.state, written)
