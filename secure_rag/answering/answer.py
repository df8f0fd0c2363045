"""From a question and passages to an answer that is shown, or a refusal with its reason.

1. No passages: refused, `no_passages`.
2. The evidence gate: below the threshold refused, `low_evidence`; no model is called.
3. The best supported sentences become quotes; each is verified where it stands, what
   fails is dropped and counted; none left: refused, `unsupported`.
4. The output gate looks at the quotes: if it objects, refused, `output_gate`.
5. The writer phrases one sentence, or several; each is shown only if the quotes bear it
   out and the output gate lets it pass, else it is left out and counted.

Nothing is shown before the step that could object to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from secure_rag.answering.calibration import load_calibration
from secure_rag.answering.citations import ReadDocument, cite, verify
from secure_rag.answering.evidence import evidence
from secure_rag.answering.inert import inert
from secure_rag.answering.prompt import PromptMemory, visible
from secure_rag.answering.support import Embed, Sentence, rate_sentences
from secure_rag.answering.wording import add_sentences
from secure_rag.answering.words import stems
from secure_rag.answering.writer import Generator, LazyGenerator
from secure_rag.values import Answer, Citation, Passage

__all__ = ["REFUSAL", "Generator", "LazyGenerator", "answer"]

REFUSAL = "I cannot answer this from the documents."
"""The fixed text of every refusal."""

_MAX_QUOTES = 3
_MAX_QUOTE_CHARACTERS = 600
_NEXT_QUOTE = 0.6
"""A further quote must be at least this well supported, as a share of the best one."""

_EQUAL_QUOTE = 0.85
"""From this share on it need not hold other words of the question than the first."""


class Settings(Protocol):
    """What answering needs of `secure_rag.settings.AnsweringSettings`."""

    @property
    def evidence_threshold(self) -> float | None: ...

    @property
    def writer(self) -> str: ...

    @property
    def max_tokens(self) -> int: ...

    @property
    def context_tokens(self) -> int: ...


def answer(
    question: str,
    passages: Sequence[Passage],
    *,
    generator: Generator | None,
    embed: Embed,
    settings: Settings,
    check_output: Callable[[str], bool] = lambda text: True,
    on_text: Callable[[str], None] | None = None,
    read_document: ReadDocument | None = None,
    memory: PromptMemory | None = None,
) -> Answer:
    """Answer a redacted question from redacted passages, or refuse.

    Args:
        generator: the writer's model; None shows quotes only.
        embed: the embedder of the index.
        check_output: the output gate; False stops what it was given.
        on_text: gets each piece of the answer when it is final; refusals are not sent.
        read_document: stored text by document id; citations are then checked against it.
    """
    if not passages:
        return _refusal(question, "no_passages")
    clock = time.perf_counter()
    fitted = load_calibration()
    if settings.evidence_threshold is not None:
        fitted = replace(fitted, threshold=settings.evidence_threshold)
    rated = rate_sentences(question, passages, embed=embed, calibration=fitted)
    found = evidence(question, passages, rated, calibration=fitted)
    timings = {"evidence_s": time.perf_counter() - clock}
    if not rated or found < fitted.threshold:
        return replace(_refusal(question, "low_evidence", timings=timings), evidence=found)
    given = _quote(question, passages, rated, check_output, read_document)
    given = replace(given, timings=timings, evidence=found)
    send = on_text or (lambda piece: None)
    if not given.refused:
        send(given.text)
        if generator is not None and settings.writer != "quotes":
            given = add_sentences(given, generator, settings, check_output, send, memory)
    return given


def _quote(
    question: str,
    passages: Sequence[Passage],
    rated: Sequence[Sentence],
    check_output: Callable[[str], bool],
    read_document: ReadDocument | None,
) -> Answer:
    """Answer in verified quotes that the output gate lets pass, or refuse."""
    chosen = choose_quotes(question, rated)
    citations, dropped = verify(cite(chosen, passages), passages, read_document=read_document)
    if not citations:
        return _refusal(question, "unsupported", dropped=dropped)
    text = _quoted(citations)
    if not check_output(text):
        return _refusal(question, "output_gate", dropped=dropped)
    return Answer(
        question=question,
        text=text,
        refused=False,
        citations=tuple(citations),
        dropped_citations=dropped,
    )


def choose_quotes(question: str, rated: Sequence[Sentence]) -> list[Sentence]:
    """Take the best sentence, and others that come near it and say more."""
    asked = stems(question)
    fitting = [one for one in rated if len(one.text) <= _MAX_QUOTE_CHARACTERS] or list(rated[:1])
    best = fitting[0]
    chosen, known = [best], stems(best.text)
    for sentence in fitting[1:]:
        share = sentence.support / best.support
        if len(chosen) == _MAX_QUOTES or share < _NEXT_QUOTE:
            break
        words = stems(sentence.text)
        is_apart = all(_is_apart(sentence, other) for other in chosen)
        if is_apart and words - known - asked and (share >= _EQUAL_QUOTE or words & asked - known):
            chosen.append(sentence)
            known |= words
    return chosen


def _is_apart(left: Sentence, right: Sentence) -> bool:
    """Say whether two quotes share no text."""
    return left.passage != right.passage or left.end <= right.start or right.end <= left.start


def _quoted(citations: Sequence[Citation]) -> str:
    return "\n".join(f"“{_one_line(one.quote)}” [{one.marker}]" for one in citations)


def _refusal(
    question: str, reason: str, *, dropped: int = 0, timings: dict[str, float] | None = None
) -> Answer:
    return Answer(
        question=question,
        text=REFUSAL,
        refused=True,
        reason=reason,
        dropped_citations=dropped,
        timings=timings or {},
    )


def _one_line(text: str) -> str:
    return inert(" ".join(visible(text).split()))
