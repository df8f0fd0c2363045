"""Texts with the values in them marked by brackets, and what detectors find in them."""

from __future__ import annotations

from collections.abc import Iterable

from secure_rag.redaction.normalise import normalise
from secure_rag.redaction.spans import Detector

LEAST = 0.35
"""The threshold of the starter policy."""


def check(detectors: Iterable[Detector], marked: str, entity: str, *, least: float = LEAST) -> None:
    """Assert that the marked value is found as `entity`; without marks, that nothing of it is.

    A second entity after `!` names what may not be found: `!DATE_TIME`.
    """
    text = marked.replace("⟦", "").replace("⟧", "")
    seen = normalise(text)
    found = {
        (*seen.to_input(span.start, span.end), span.entity)
        for detector in detectors
        for span in detector.find(seen.text)
        if span.score >= least
    }
    if entity.startswith("!"):
        assert [item for item in sorted(found) if item[2] == entity[1:] or entity == "!"] == []
        return
    start = marked.index("⟦")
    end = marked.index("⟧") - 1
    assert (start, end, entity) in found, sorted(found)
