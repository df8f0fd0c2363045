"""In which field of its document each part of a text stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from secure_rag.values import Block

BODY = "body"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a span that lies within one block."""

    start: int
    end: int
    field: str
    block: int
    """Number of the block; -1 between blocks."""


class Fields:
    """Looks up fields by offset and cuts spans at the borders of blocks."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._starts = [block.start for block in blocks]

    def pieces(self, text: str, start: int, end: int) -> Iterator[Piece]:
        """Yield the parts of a span, without the white space at their ends.

        What stands between blocks should be separators only; should a loader leave
        text there, it is treated as body text rather than trusted.
        """
        position = start
        index = bisect_right(self._starts, start) - 1
        while position < end:
            if 0 <= index < len(self._blocks) and position < self._blocks[index].end:
                block = self._blocks[index]
                piece = Piece(position, min(end, block.end), block.field, index)
            else:
                following = index + 1
                limit = self._starts[following] if following < len(self._starts) else end
                piece = Piece(position, min(end, limit), BODY, -1)
                index += 1
            trimmed = _trim(text, piece)
            if trimmed is not None:
                yield trimmed
            position = piece.end


def _trim(text: str, piece: Piece) -> Piece | None:
    part = text[piece.start : piece.end]
    stripped = part.strip()
    if not any(character.isalnum() for character in stripped):
        return None
    start = piece.start + len(part) - len(part.lstrip())
    return Piece(start, start + len(stripped), piece.field, piece.block)
