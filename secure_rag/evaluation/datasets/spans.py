"""Checks that all stand-off formats share: offsets must lie in the text and fit it."""

from __future__ import annotations

from secure_rag.errors import InputError
from secure_rag.evaluation.datasets import SourceFile

_HINT = "offsets count code points from 0, the end is not included"


def checked_span(
    source: SourceFile, document: int, text: str, start: object, end: object, value: object = None
) -> tuple[int, int]:
    """Return a span that lies in its text and holds what the set says it holds.

    Raises:
        InputError: it does not; the message holds numbers only.
    """
    if not _is_number(start) or not _is_number(end):
        raise _refuse(source, document, "a span whose start or end is no whole number")
    assert isinstance(start, int) and isinstance(end, int)
    if not 0 <= start < end <= len(text):
        raise _refuse(source, document, f"span {start}-{end} is outside a text of {len(text)}")
    if isinstance(value, str) and text[start:end] != value:
        raise _refuse(source, document, f"span {start}-{end} does not hold the value it should")
    return start, end


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refuse(source: SourceFile, document: int, message: str) -> InputError:
    return InputError(
        f"{source.name}: document {document}: {message}", hint=_HINT, code="dataset.offsets"
    )
