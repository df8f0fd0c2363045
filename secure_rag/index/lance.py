"""The only importer of lancedb: what the store uses of it, without its remote catalogues.

More than half of the time that lancedb takes to import goes into a generated client for
catalogues on other machines, which no program without sockets can reach. Much of the rest
checks that lancedb's own classes override what they say; from Python 3.12 on lancedb does
without that (docs/adr/deferred-imports.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from secure_rag.deferral import in_place_of, is_version, stand_ins

KNOWN_VERSION: Final = "0.40.0"
"""The version of lancedb that can be imported so; another one is imported whole."""

# The Rust side reads it once, at import; its warnings and debug lines may quote a query.
os.environ["LANCE_LOG"] = "error"

_CATALOGUES: Final = ("lance_namespace", "lancedb.namespace")
_Method = TypeVar("_Method")


def _unchecked(method: _Method) -> _Method:
    """Stand for `override` as `typing` has it: it checks nothing."""
    return method


_UNCHECKED: Final = {"override": _unchecked, "EnforceOverrides": object}


@contextmanager
def _lean() -> Iterator[None]:
    """Import lancedb without its catalogues, and as on newer versions of Python."""
    if not is_version("lancedb", KNOWN_VERSION):
        yield
        return
    with stand_ins(_CATALOGUES), in_place_of("overrides", _UNCHECKED):
        yield


with _lean():
    from lancedb import connect
    from lancedb.index import FTS, BTree, HnswSq
    from lancedb.query import FullTextOperator, MatchQuery
    from lancedb.table import Table

__all__ = [
    "FTS",
    "BTree",
    "FullTextOperator",
    "HnswSq",
    "MatchQuery",
    "Table",
    "connect",
]
