"""A collection that lives as long as one case: it joins and keeps apart as the vault does.

The texts of a case are its documents. Placeholders count from 1, so that cases can say the
whole expected result; nothing is sealed and nothing touches a disk.
"""

from __future__ import annotations

from secure_rag.redaction.memory_domain import MemoryDomain
from secure_rag.vault.placeholders import local_placeholder


class CaseDomain(MemoryDomain):
    """A collection in memory whose placeholders are numbered."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[str, int] = {}

    def _new(self, entity: str) -> str:
        self._counts[entity] = self._counts.get(entity, 0) + 1
        return local_placeholder(entity, self._counts[entity])
