"""What detectors report: typed spans of a text, without the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Span:
    """A detector's claim that `text[start:end]` is an entity."""

    start: int
    end: int
    entity: str
    score: float
    """Between 0 and 1; compared with the threshold of the policy's rule."""
    recognizer: str

    def moved(self, offset: int) -> Span:
        """Return the same claim in a text that has `offset` more characters before it."""
        if not offset:
            return self
        return Span(
            self.start + offset, self.end + offset, self.entity, self.score, self.recognizer
        )


class Detector(Protocol):
    """Finds entities in a text of any length; raises rather than skips."""

    name: str
    is_costly: bool
    """The gate looks with it only at the lines around what was replaced."""

    def find(self, text: str) -> list[Span]:
        """Return every span found, in any order, overlaps included."""
        ...

    def signature(self) -> str:
        """Return a text that changes whenever the detector may find something else."""
        ...
