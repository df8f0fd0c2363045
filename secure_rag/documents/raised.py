"""Raised text (a footnote mark, a power) is no part of the figure before it."""

from __future__ import annotations


def is_apart(before: str, raised: str) -> bool:
    """Tell whether raised text needs a space: joined, `500` and a mark `1` are another figure.

    Letters belong to what they follow: `1st`.
    """
    first = raised[:1]
    return before[-1:].isdigit() and first != "" and not first.isalpha() and not first.isspace()


def is_up(raise_by: str) -> bool:
    """Tell whether a measure is above nothing, in whatever unit: `6`, `30000`, `33%`."""
    return raise_by.strip().lstrip("+0.")[:1].isdigit()


class Joint:
    """How a text ends so far, so that what comes next is joined to it or set apart."""

    def __init__(self) -> None:
        self._end = ""
        self._is_raised = False

    def take(self, piece: str, *, is_raised: bool) -> str:
        """Return the next piece, after a space where one must be; raised pieces stay together."""
        if is_raised and not self._is_raised and is_apart(self._end, piece):
            piece = f" {piece}"
        if piece:
            self._end, self._is_raised = piece[-1], is_raised
        return piece


class Pieces(list[str]):
    """Pieces of a text that is gathered."""

    def __init__(self) -> None:
        super().__init__()
        self._joint = Joint()

    def add(self, piece: str, *, is_raised: bool = False) -> None:
        """Append a piece."""
        self.append(self._joint.take(piece, is_raised=is_raised))
