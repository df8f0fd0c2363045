"""Put the writer's sentences, each with its markers, behind quotes that are shown already."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from secure_rag.answering.inert import inert
from secure_rag.answering.prompt import PromptMemory
from secure_rag.answering.writer import Generator, Written, write
from secure_rag.values import Answer, Citation


class WriterSettings(Protocol):
    """What writing needs of `secure_rag.settings.AnsweringSettings`."""

    @property
    def writer(self) -> str: ...

    @property
    def max_tokens(self) -> int: ...

    @property
    def context_tokens(self) -> int: ...


def add_sentences(
    quoted: Answer,
    generator: Generator,
    settings: WriterSettings,
    check_output: Callable[[str], bool],
    send: Callable[[str], None],
    memory: PromptMemory | None = None,
) -> Answer:
    """Add what the model writes to the quotes, as far as it may be shown.

    A sentence that the quotes do not bear out, or that the output gate objects to, is left
    out and counted.
    """
    clock = time.perf_counter()
    citations = quoted.citations
    written = write(
        quoted.question,
        [citation.quote for citation in citations],
        generator,
        max_tokens=settings.max_tokens,
        context_tokens=settings.context_tokens,
        context=[text for one in citations for text in (one.place.heading, one.path) if text],
        is_free=settings.writer == "free",
        memory=memory,
    )
    marked, dropped = _passed(written, citations, check_output)
    added = "\n\n" + " ".join(marked) if marked else ""
    if added:
        send(added)
    return replace(
        quoted,
        text=quoted.text + added,
        dropped_sentences=dropped,
        timings={**quoted.timings, "write_s": time.perf_counter() - clock},
    )


def _passed(
    written: Written, citations: Sequence[Citation], check_output: Callable[[str], bool]
) -> tuple[list[str], int]:
    """Return the sentences that the output gate lets pass, marked, and how many are left out."""
    kept = [sentence for sentence in written.sentences if check_output(sentence.text)]
    # the gate has seen each sentence; together they might say what none of them does
    if len(kept) > 1 and not check_output(" ".join(sentence.text for sentence in kept)):
        kept = []
    marked = [
        f"{inert(one.text)} {''.join(f'[{citations[number].marker}]' for number in one.evidence)}"
        for one in kept
    ]
    return marked, written.dropped + len(written.sentences) - len(kept)
