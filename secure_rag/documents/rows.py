"""Rows of tables as text: each value with its column's name where the table names them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from secure_rag.documents.characters import flatten

_NUMBER = re.compile(r"[-+(]?[$€£]?\s?[\d.,:/ -]*\d[\d.,:/ -]*%?\)?\Z")
_MAX_NAME = 60
_SEPARATOR = "; "


class Table:
    """Turns the rows of one table into lines.

    The first row that has a value names the columns if it looks so; it stays a
    line of its own either way, so nothing is lost if the guess is wrong.
    """

    def __init__(self, *, has_header: bool | None = None) -> None:
        self._has_header = has_header
        self._names: list[str] | None = None

    def line(self, values: Sequence[str]) -> str:
        """Return a row as one line; empty if it has no value."""
        cells = [flatten(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            return ""
        if self._names is None:
            is_header = self._has_header if self._has_header is not None else _is_header(cells)
            self._names = cells if is_header else []
            return _SEPARATOR.join(cell for cell in cells if cell)
        return _SEPARATOR.join(
            self._labelled(column, cell) for column, cell in enumerate(cells) if cell
        )

    def _labelled(self, column: int, cell: str) -> str:
        names = self._names or []
        name = names[column] if column < len(names) else ""
        return f"{name}: {cell}" if name else cell


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
