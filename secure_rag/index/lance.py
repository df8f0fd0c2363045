"""The only importer of lancedb: what the store uses of it, without its remote catalogues.

More than half of the time that lancedb takes to import goes into a generated client for
catalogues on other machines, which no program without sockets can reach
(docs/adr/deferred-imports.md).
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import Final

from secure_rag.deferral import is_version, stand_ins

KNOWN_VERSION: Final = "0.40.0"
"""The version of lancedb that can be imported so; another one is imported whole."""

# The Rust side reads it once, at import; its warnings and debug lines may quote a query.
os.environ["LANCE_LOG"] = "error"

_CATALOGUES: Final = ("lance_namespace", "lancedb.namespace")

with stand_ins(_CATALOGUES) if is_version("lancedb", KNOWN_VERSION) else nullcontext():
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
