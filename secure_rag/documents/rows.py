"""Rows of tables as text: each value with its column's name where the table names them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from secure_rag.documents.characters import flatten

_NUMBER = re.compile(r"[-+(]?[$€£]?\s?[\d.,:/ -]*\d[\d.,:/ -]*%?\)?\Z")
_MAX_NAME = 60
_MAX_COLUMNS = 256
"""Further columns of a cell that reaches over several are not counted."""
_SEPARATOR = "; "


class Table:
    """Turns the rows of one table into lines.

    The first row that has a value names the columns if it looks so; it stays a
    line of its own either way, so nothing is lost if the guess is wrong.

    Args:
        has_header: whether the document says so; None if it says nothing.
        may_be_form: two columns are taken for names and values, as in forms of documents,
            not for a first row of names.
    """

    def __init__(self, *, has_header: bool | None = None, may_be_form: bool = False) -> None:
        self._has_header = has_header
        self._fewest = 3 if may_be_form else 2
        self._names: list[str] | None = None

    def line(self, values: Sequence[str]) -> str:
        """Return a row as one line; empty if it has no value."""
        cells = [flatten(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            return ""
        if self._names is None:
            is_header = self._has_header if self._has_header is not None else self._is_header(cells)
            self._names = cells if is_header else []
            return _SEPARATOR.join(cell for cell in cells if cell)
        return _SEPARATOR.join(
            self._labelled(column, cell) for column, cell in enumerate(cells) if cell
        )

    def _is_header(self, cells: Sequence[str]) -> bool:
        return len(cells) >= self._fewest and _is_header(cells)

    def _labelled(self, column: int, cell: str) -> str:
        names = self._names or []
        name = names[column] if column < len(names) else ""
        return f"{name}: {cell}" if name else cell


class Spans:
    """Puts the cells of a table where they stand, beside those that reach over more rows."""

    def __init__(self) -> None:
        self._taken: dict[int, int] = {}
        """Column to how many of the coming rows a cell from above reaches into."""

    def line(self, cells: Sequence[tuple[str, int, int]]) -> list[str]:
        """Return a row from cells, each with its width and height, blanks where they reach."""
        taken = {column: rows - 1 for column, rows in self._taken.items() if rows > 1}
        line: list[str] = []
        for content, width, height in cells:
            while len(line) in self._taken:
                line.append("")
            start = len(line)
            line += [content, *[""] * (min(width, max(_MAX_COLUMNS - start, 1)) - 1)]
            if height > 1:
                taken.update(dict.fromkeys(range(start, len(line)), height - 1))
        self._taken = taken
        return line


def _is_header(cells: Sequence[str]) -> bool:
    """Tell whether a row reads like column names: short, different, no values among them."""
    named = [cell for cell in cells if cell]
    return (
        len(named) >= 2
        and len(named) * 3 >= len(cells) * 2
        and len({cell.casefold() for cell in named}) == len(named)
        and not any(_is_value(cell) for cell in named)
    )


def _is_value(cell: str) -> bool:
    return len(cell) > _MAX_NAME or "@" in cell or _NUMBER.match(cell) is not None
