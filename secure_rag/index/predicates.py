"""What a query may say about rows: opaque ids, quoted.

Lance keeps the predicate of a delete in clear, so nothing else may stand in one.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from secure_rag.errors import UsageError

_OPAQUE = re.compile(r"[0-9A-Za-z-]{1,128}")


def is_opaque(value: str) -> bool:
    """Say whether a value can be an id of ours."""
    return _OPAQUE.fullmatch(value) is not None


def one_of(column: str, ids: Collection[str]) -> str:
    """Return the predicate for rows whose column holds one of the ids.

    Raises:
        UsageError: one of them is no id.
    """
    if not all(is_opaque(value) for value in ids):
        raise UsageError("an id may hold letters, digits and hyphens only")
    return f"{column} IN ({', '.join(repr(value) for value in ids)})"


def both(*predicates: str) -> str:
    """Return the predicate for rows that all of these hold for; empty ones say nothing."""
    return " AND ".join(one for one in predicates if one)
