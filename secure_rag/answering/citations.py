"""Citations that are proved: the quote stands at its offsets in the stored text, or it goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from secure_rag.answering.support import Sentence
from secure_rag.values import Citation, Passage

ReadDocument = Callable[[str], str | None]
"""Returns the stored redacted text of a document."""


def cite(
    sentences: Sequence[Sentence], passages: Sequence[Passage], *, with_spans: bool = False
) -> list[Citation]:
    """Make a citation of each sentence, numbered from 1.

    Args:
        with_spans: the reader's words in each sentence are an answer.
    """
    citations = []
    for marker, sentence in enumerate(sentences, start=1):
        passage = passages[sentence.passage]
        span = sentence.span if with_spans else None
        citations.append(
            Citation(
                marker=marker,
                document=passage.document,
                chunk=passage.chunk,
                quote=sentence.text,
                start=passage.start + sentence.start,
                end=passage.start + sentence.end,
                place=passage.place,
                path=passage.path,
                answer=passage.text[span.start : span.end] if span else "",
                answer_start=passage.start + span.start if span else 0,
            )
        )
    return citations


def verify(
    citations: Sequence[Citation],
    passages: Sequence[Passage],
    *,
    read_document: ReadDocument | None = None,
) -> tuple[list[Citation], int]:
    """Keep the citations whose quote and answer are verbatim where they say; count the others.

    Args:
        read_document: with it, the quote must also stand at its offsets in the whole
            stored document, not only in the passage.
    """
    by_chunk = {(passage.document, passage.chunk): passage for passage in passages}
    kept = []
    for citation in citations:
        passage = by_chunk.get((citation.document, citation.chunk))
        if passage is not None and _stands(citation, passage, read_document):
            kept.append(replace(citation, verified=True))
    return kept, len(citations) - len(kept)


def _stands(citation: Citation, passage: Passage, read_document: ReadDocument | None) -> bool:
    start, end = citation.start - passage.start, citation.end - passage.start
    if not 0 <= start < end <= len(passage.text) or passage.text[start:end] != citation.quote:
        return False
    within = citation.answer_start - citation.start
    if citation.answer and (
        within < 0 or citation.quote[within : within + len(citation.answer)] != citation.answer
    ):
        return False
    if read_document is None or citation.document is None:
        return True
    stored = read_document(citation.document)
    return stored is not None and stored[citation.start : citation.end] == citation.quote
