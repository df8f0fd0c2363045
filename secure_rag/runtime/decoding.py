"""Write text with an engine: greedy, streamed, drafts checked in one go.

The same messages after the same calls give the same answer. After other calls, or with
drafts, the same tokens may have been computed in batches of other sizes, and the last
digits, rarely a token, can differ.
"""

from __future__ import annotations

import codecs
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from secure_rag.errors import InputError
from secure_rag.runtime.chat_template import ChatTemplate
from secure_rag.runtime.drafts import Drafts
from secure_rag.runtime.engine import DraftCost, Engine, Scores
from secure_rag.runtime.prefix import PrefixCache
from secure_rag.runtime.quoting import QuoteRule

Messages = Sequence[dict[str, str]]


@dataclass(frozen=True)
class GenerationStats:
    """What the last call cost."""

    prompt_tokens: int = 0
    computed_tokens: int = 0
    """Prompt tokens that were not taken over from the call before or a kept prefix."""
    generated_tokens: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0
    """Drafted tokens that the model would have written itself."""
    prompt_s: float = 0.0
    writing_s: float = 0.0


class Chooser(Protocol):
    """Picks the next token; may forbid some."""

    def choose(self, scores: Scores) -> int | None:
        """Return the best allowed token and take it as written; None if there is none."""
        ...


class Greedy:
    """Allows every token."""

    def choose(self, scores: Scores) -> int | None:
        """Return the most likely token."""
        return int(np.argmax(scores))


class TextGenerator:
    """One engine with its chat template; one call at a time."""

    def __init__(
        self,
        engine: Engine,
        template: ChatTemplate,
        *,
        first: int | None = None,
        draft_cost: DraftCost | None = None,
    ) -> None:
        """Take an engine over; `close` closes it.

        Args:
            first: token that every prompt begins with.
            draft_cost: what drafts cost here; None writes without.
        """
        self.stats = GenerationStats()
        self.draft_cost: DraftCost | None = draft_cost if engine.can_rewind else None
        """None writes without drafts; recurrent models cannot take refused ones back."""
        self._engine = engine
        self._cache = PrefixCache(engine)
        self._vocabulary = engine.vocabulary
        self._template = template
        self._first = first
        self._is_busy = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the model; the generator cannot be used afterwards."""
        self._engine.close()

    @property
    def context_tokens(self) -> int:
        """Tokens of prompt and answer together that fit."""
        return self._engine.context_tokens

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text as message content."""
        return len(self._vocabulary.tokenize(text, with_control=False))

    def count_prompt(self, messages: Messages) -> int:
        """Return the number of tokens of the whole prompt, template included."""
        return len(self._prompt(messages)[0])

    def generate(
        self, messages: Messages, *, max_tokens: int, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """Yield the answer in pieces, the most likely token each time.

        Ends at the model's end-of-turn token, before the first of `stop`, after
        `max_tokens`, or where the context is full.

        Raises:
            InputError: if the prompt leaves no room for an answer.
            RuntimeError: if another call is still running.
        """
        return self._generate(messages, Greedy(), max_tokens, stop)

    def generate_quoting(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        quotable: Sequence[str],
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the answer like `generate`; what stands in quotation marks is from `quotable`.

        Ends too where a quote cannot be continued.
        """
        rule = QuoteRule(self._vocabulary, quotable)
        return self._generate(messages, rule, max_tokens, stop)

    def _generate(
        self, messages: Messages, chooser: Chooser, max_tokens: int, stop: Sequence[str]
    ) -> Iterator[str]:
        prompt, static = self._prompt(messages)
        if len(prompt) >= self.context_tokens:
            raise InputError(
                f"a prompt of {len(prompt)} tokens does not fit {self.context_tokens}",
                code="model.context",
                hint="raise context_tokens in the settings, or use fewer passages",
            )
        if self._is_busy:
            raise RuntimeError("one call at a time")
        self._is_busy = True
        try:
            room = min(max_tokens, self.context_tokens - len(prompt))
            tokens = self._tokens(prompt, static, chooser, room)
            yield from held_back(self._texts(tokens), stop)
        finally:
            self._is_busy = False

    def _texts(self, tokens: Iterator[int]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        clock = time.perf_counter()
        for token in tokens:
            text = decoder.decode(self._vocabulary.bytes_of(token))
            stats = self.stats
            self.stats = replace(
                stats,
                generated_tokens=stats.generated_tokens + 1,
                writing_s=time.perf_counter() - clock - stats.prompt_s,
            )
            if text:
                yield text

    def _tokens(self, prompt: list[int], static: int, chooser: Chooser, room: int) -> Iterator[int]:
        """Yield tokens; where the caller stops, the cache holds at most what was written."""
        clock = time.perf_counter()
        scores, computed = self._cache.fill(prompt, static)
        self.stats = GenerationStats(len(prompt), computed, prompt_s=time.perf_counter() - clock)
        drafts = Drafts(prompt, self.draft_cost)
        rows, proposed = [scores], list[int]()
        while True:
            written, accepted = self._check(rows, proposed, chooser)
            self._cache.drop(len(proposed) - accepted)
            self._count(len(proposed), accepted)
            drafts.learn(proposed=len(proposed), accepted=accepted)
            has_ended = len(written) == accepted
            drafts.extend(written)
            room -= len(written)
            yield from written
            if has_ended or room <= 0:
                return
            proposed = drafts.propose(room - 1)
            rows = self._cache.extend([written[-1], *proposed])

    def _check(
        self, rows: Sequence[Scores], proposed: Sequence[int], chooser: Chooser
    ) -> tuple[list[int], int]:
        """Return the tokens that the scores lead to, and how many of them were proposed.

        After the last accepted proposal comes one token more, unless the text ends.
        """
        written: list[int] = []
        for row, expected in zip(rows, [*proposed, None], strict=True):
            token = chooser.choose(row)
            if token is None or self._vocabulary.ends(token):
                return written, len(written)
            written.append(token)
            if token != expected:
                break
        return written, len(written) - 1

    def _count(self, drafted: int, accepted: int) -> None:
        stats = self.stats
        self.stats = replace(
            stats,
            drafted_tokens=stats.drafted_tokens + drafted,
            accepted_tokens=stats.accepted_tokens + accepted,
        )

    def _prompt(self, messages: Messages) -> tuple[list[int], int]:
        """Return the tokens, and how many of them stand before the second message's text."""
        tokens: list[int] = []
        static = contents = 0
        for piece in self._template.render(messages):
            contents += piece.is_content
            if contents == 2 and not static:
                static = len(tokens)
            tokens += self._vocabulary.tokenize(piece.text, with_control=not piece.is_content)
        if self._first is not None and tokens[:1] != [self._first]:
            tokens.insert(0, self._first)
            static += bool(static)
        return tokens, static


def held_back(pieces: Iterator[str], stop: Sequence[str]) -> Iterator[str]:
    """Pass text on until one of `stop`, keeping back an end that may become one."""
    longest = max(map(len, stop), default=0)
    text = ""
    for piece in pieces:
        text += piece
        ends = [position for mark in stop if (position := text.find(mark)) >= 0]
        if ends:
            if text[: min(ends)]:
                yield text[: min(ends)]
            return
        keep = next(
            (
                size
                for size in range(min(longest - 1, len(text)), 0, -1)
                if any(mark.startswith(text[-size:]) for mark in stop)
            ),
            0,
        )
        ready, text = text[: len(text) - keep], text[len(text) - keep :]
        if ready:
            yield ready
    if text:
        yield text
