"""Who stands in a text and is known in another collection of the same vault.

A person has a placeholder of their own in each collection. A training set is redacted with those of
one collection, and its rows may speak of people whose documents are in another. Their placeholders
there are taken down with the adapter, so that an erasure there finds it; they come into no text.
"""

from __future__ import annotations

from collections.abc import Sequence

from secure_rag.pipeline.session import Session
from secure_rag.redaction.entity import Entity
from secure_rag.redaction.pseudonyms import EntityLookup, LookupPseudonyms, recognised
from secure_rag.vault.records import domain_names


class Elsewhere(LookupPseudonyms):
    """Looks placeholders up in one collection, and takes down those of the others."""

    def __init__(self, domain: EntityLookup, others: Sequence[EntityLookup]) -> None:
        super().__init__(domain)
        self._others = others
        self.found: set[str] = set()
        """Placeholders of the other collections, without angle brackets."""

    def placeholder(self, entity: str, value: str, found: Entity) -> str:
        known = (recognised(one, entity, found) for one in self._others)
        self.found |= {one.strip("<>") for one in known if one}
        return super().placeholder(entity, value, found)


def other_domains(session: Session) -> list[EntityLookup]:
    """Return the vault's domains of all other collections.

    Raises:
        VaultError: no key, or the vault cannot be read.
    """
    names = domain_names(session.vault.folder)
    return [session.vault.domain(name) for name in names if name != session.collection]
