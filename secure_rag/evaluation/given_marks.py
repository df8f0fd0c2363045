"""Marks of a second file as what was found: another annotator, or another tool's output."""

from __future__ import annotations

from secure_rag.errors import InputError
from secure_rag.evaluation.labelled import LabelledSet
from secure_rag.evaluation.run import Found
from secure_rag.evaluation.systems import Masked, without_overlaps


def found_in(other: LabelledSet, labelled: LabelledSet) -> list[Found]:
    """Return the marks of `other` on the texts of `labelled`, document by document.

    Raises:
        InputError: the texts of a document differ, or one is missing.
    """
    texts = {text.number: text for text in other.texts}
    found = []
    for text in labelled.texts:
        same = texts.get(text.number)
        if same is None or same.text != text.text:
            raise InputError(
                f"{other.name}: document {text.number} is not the text that {labelled.name} holds",
                code="dataset.texts",
                hint="both files must hold the same documents in the same order",
            )
        spans = without_overlaps([Masked(one.start, one.end, one.entity) for one in same.mentions])
        found.append(Found(text.number, tuple(spans), 0.0))
    return found
