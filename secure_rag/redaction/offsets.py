"""Where each offset of a text is after some of its spans were replaced."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from secure_rag.values import Block


@dataclass(frozen=True, slots=True)
class Replacement:
    """What an operator does to one span."""

    start: int
    end: int
    action: str
    text: str = field(default="", repr=False)
    """The placeholder or the generalised value."""
    keep_last: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """`before[start:end]` became `after[new_start:new_end]`."""

    start: int
    end: int
    new_start: int
    new_end: int


@dataclass(frozen=True)
class OffsetMap:
    """The edits of a text, in order."""

    edits: tuple[Edit, ...]
    _starts: list[int] = field(init=False, repr=False, compare=False)
    _new_starts: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", [edit.start for edit in self.edits])
        object.__setattr__(self, "_new_starts", [edit.new_start for edit in self.edits])

    def forward(self, offset: int, *, is_end: bool = False) -> int:
        """Return the offset in the new text; inside an edit, its new start or end."""
        index = bisect_right(self._starts, offset - 1 if is_end else offset) - 1
        if index < 0:
            return offset
        edit = self.edits[index]
        if offset >= edit.end:
            return offset + edit.new_end - edit.end
        if offset == edit.start:
            return edit.new_start
        return edit.new_end if is_end else edit.new_start

    def backward(self, offset: int) -> int:
        """Return the offset in the old text of one that lies in no edit."""
        index = bisect_right(self._new_starts, offset) - 1
        if index < 0:
            return offset
        edit = self.edits[index]
        return offset + edit.end - edit.new_end if offset >= edit.new_end else edit.start

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return a span of the old text in the new one."""
        return self.forward(start), self.forward(end, is_end=True)

    def blocks(self, blocks: Iterable[Block]) -> tuple[Block, ...]:
        """Return the blocks of the old text as blocks of the new one."""
        moved = []
        for block in blocks:
            start, end = self.span(block.start, block.end)
            moved.append(
                replace(
                    block,
                    start=start,
                    end=end,
                    sheet=self.span(*block.sheet) if block.sheet else None,
                    headings=tuple(self.span(*heading) for heading in block.headings),
                )
            )
        return tuple(moved)
