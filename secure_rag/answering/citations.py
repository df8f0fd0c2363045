"""Citations that are proved: the quote stands at its offsets in the stored text, or it goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from secure_rag.answering.support import Sentence
from secure_rag.values import Citation, Passage

ReadDocument = Callable[[str], str | None]
"""Returns the stored redacted text of a document."""


def cite(sentences: Sequence[Sentence], passages: Sequence[Passage]) -> list[Citation]:
    """Make a citation of each sentence, numbered from 1."""
    citations = []
    for marker, sentence in enumerate(sentences, start=1):
        passage = passages[sentence.passage]
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
            )
        )
    return citations


def verify(
    citations: Sequence[Citation],
    passages: Sequence[Passage],
    *,
    read_document: ReadDocument | None = None,
) -> tuple[list[Citation], int]:
    """Keep the citations whose quote is verbatim where it says; count the others.

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
    if read_document is None or citation.document is None:
        return True
    stored = read_document(citation.document)
    return stored is not None and stored[citation.start : citation.end] == citation.quote
