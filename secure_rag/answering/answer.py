"""From a question and passages to an answer that is shown, or a refusal with its reason.

1. No passages: refused, `no_passages`.
2. The reader reads every passage; then the evidence gate: below the threshold refused,
   `low_evidence`; no model writes.
3. The best supported sentences become quotes; each is verified where it stands, what
   fails is dropped and counted; none left: refused, `unsupported`. Where the reader is
   sure of its words in them, these are the answer, and the quotes what they stand in.
4. The output gate looks at both: if it objects, refused, `output_gate`.
5. Where the quotes are the answer, the writer phrases one sentence, or several; each is
   shown only if the quotes bear it out and the output gate lets it pass, else it is left
   out and counted.

Nothing is shown before the step that could object to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from secure_rag.answering.calibration import Calibration, load_calibration
from secure_rag.answering.choice import choose, says_same
from secure_rag.answering.citations import ReadDocument, cite, verify
from secure_rag.answering.evidence import evidence
from secure_rag.answering.inert import inert
from secure_rag.answering.prompt import PromptMemory, visible
from secure_rag.answering.rating import rate_sentences
from secure_rag.answering.reader import Reader
from secure_rag.answering.support import Embed, Sentence
from secure_rag.answering.wording import WriterSettings, add_sentences
from secure_rag.answering.writer import Generator, LazyGenerator
from secure_rag.values import Answer, Citation, Passage

__all__ = ["REFUSAL", "Generator", "LazyGenerator", "answer"]

REFUSAL = "I cannot answer this from the documents."
"""The fixed text of every refusal."""


class Settings(WriterSettings, Protocol):
    """What answering needs of `secure_rag.settings.AnsweringSettings`."""

    @property
    def evidence_threshold(self) -> float | None: ...


def answer(
    question: str,
    passages: Sequence[Passage],
    *,
    reader: Reader,
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
        reader: finds the words that answer.
        generator: the writer's model; None shows quotes only.
        check_output: the output gate; False stops what it was given.
        on_text: gets each piece of the answer when it is final; refusals are not sent.
        read_document: stored text by document id; citations are then checked against it.
    """
    if not passages:
        return _refusal(question, "no_passages")
    clock = time.perf_counter()
    fitted = _calibration(settings)
    readings = reader.read(question, passages)
    rated = rate_sentences(question, passages, readings, embed=embed, calibration=fitted)
    found = evidence(question, passages, readings, rated, calibration=fitted)
    timings = {"evidence_s": time.perf_counter() - clock}
    given = _refusal(question, "low_evidence")
    if rated and found >= fitted.threshold:
        given = _quote(question, passages, rated, check_output, read_document)
    given = replace(given, timings=timings, evidence=found)
    send = on_text or (lambda piece: None)
    if not given.refused:
        send(given.text)
    if generator is not None and _is_phrased(given, settings):
        given = add_sentences(given, generator, settings, check_output, send, memory)
    return given


def _calibration(settings: Settings) -> Calibration:
    """Return the fitted weights, with the threshold of the settings if they name one."""
    fitted = load_calibration()
    if settings.evidence_threshold is None:
        return fitted
    return replace(fitted, threshold=settings.evidence_threshold)


def _quote(
    question: str,
    passages: Sequence[Passage],
    rated: Sequence[Sentence],
    check_output: Callable[[str], bool],
    read_document: ReadDocument | None,
) -> Answer:
    """Answer in verified quotes that the output gate lets pass, or refuse."""
    chosen = choose(question, passages, rated)
    cited = cite(chosen.quotes, passages, with_spans=chosen.is_short)
    citations, dropped = verify(cited, passages, read_document=read_document)
    if not citations:
        return _refusal(question, "unsupported", dropped=dropped)
    quoted = _quoted(citations)
    short = citations[0].answer
    text = _short(citations) if short else quoted
    if not check_output(f"{text}\n{quoted}" if short else quoted):
        return _refusal(question, "output_gate", dropped=dropped)
    return Answer(
        question=question,
        text=text,
        refused=False,
        citations=tuple(citations),
        dropped_citations=dropped,
        short=_one_line(short) or None,
    )


def _is_phrased(given: Answer, settings: Settings) -> bool:
    """Say whether the writer is asked: a few words and their sentence need no other."""
    if given.refused:
        return False
    return settings.writer in ("always", "free") or (
        settings.writer == "supported" and not given.short
    )


def _short(citations: Sequence[Citation]) -> str:
    """Return the reader's words, each followed by the markers of what they stand in."""
    markers: dict[str, list[int]] = {}
    for one in citations:
        said = next((words for words in markers if says_same(words, one.answer)), None)
        markers.setdefault(said or _one_line(one.answer), []).append(one.marker)
    return "\n".join(
        f"{words} {''.join(f'[{marker}]' for marker in numbers)}"
        for words, numbers in markers.items()
    )


def _quoted(citations: Sequence[Citation]) -> str:
    return "\n".join(f"“{_one_line(one.quote)}” [{one.marker}]" for one in citations)


def _refusal(question: str, reason: str, *, dropped: int = 0) -> Answer:
    return Answer(
        question=question,
        text=REFUSAL,
        refused=True,
        reason=reason,
        dropped_citations=dropped,
    )


def _one_line(text: str) -> str:
    return inert(" ".join(visible(text).split()))
