"""What a vault knows, as far as it stands in documents that somebody may see.

The vault of a collection knows everybody in it. A question about a person who is in hidden
documents only must come back as one about somebody unknown: the placeholder itself would tell.
"""

from __future__ import annotations

from dataclasses import dataclass

from secure_rag.index.reading import Rows
from secure_rag.vault.store import Domain


@dataclass(frozen=True)
class SeenDomain:
    """A collection's domain without the placeholders that no visible passage holds."""

    domain: Domain
    rows: Rows

    def lookup(self, entity: str, form: str) -> tuple[str, ...]:
        return self._mentioned(self.domain.lookup(entity, form))

    def aliases(self, entity: str, form: str) -> tuple[str, ...]:
        return self._mentioned(self.domain.aliases(entity, form))

    def is_issued(self, placeholder: str) -> bool:
        return self.domain.is_issued(placeholder) and self.rows.mentions(placeholder)

    def digest(self, purpose: str, data: bytes) -> str:
        return self.domain.digest(purpose, data)

    def _mentioned(self, placeholders: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one for one in placeholders if self.rows.mentions(one))
