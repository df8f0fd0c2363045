"""A collection's entities in memory: joined and kept apart as in the vault, and never written.

For what must leave nothing behind: cases of policies, measurements. The values themselves are
not kept, so nothing can be revealed.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from secure_rag.vault.placeholders import new_placeholder


class MemoryDomain:
    """What `VaultPseudonyms` and `LookupPseudonyms` need of a vault's domain."""

    def __init__(self) -> None:
        self._entities: dict[str, str] = {}
        self._forms: dict[tuple[str, str], set[str]] = {}
        self._aliases: dict[tuple[str, str], set[str]] = {}

    def lookup(self, entity: str, form: str) -> tuple[str, ...]:
        """Return the placeholders that hold this key form."""
        return tuple(sorted(self._forms.get((entity, form), ())))

    def aliases(self, entity: str, form: str) -> tuple[str, ...]:
        """Return the placeholders that this alias may mean."""
        return tuple(sorted(self._aliases.get((entity, form), ())))

    def issue(
        self, entity: str, value: str, forms: Iterable[str], *, alias_forms: Iterable[str] = ()
    ) -> str:
        """Issue a new placeholder of an entity; the value itself is not kept."""
        placeholder = self._new(entity)
        self._entities[placeholder] = entity
        self.add_forms(placeholder, forms)
        self.add_aliases(placeholder, alias_forms)
        return placeholder

    def add_forms(self, placeholder: str, forms: Iterable[str]) -> None:
        """Enter more key forms of an issued placeholder."""
        for form in forms:
            key = self._entities[placeholder], form
            self._forms.setdefault(key, set()).add(placeholder)

    def add_aliases(self, placeholder: str, forms: Iterable[str]) -> None:
        """Enter more alias forms of an issued placeholder."""
        for form in forms:
            key = self._entities[placeholder], form
            self._aliases.setdefault(key, set()).add(placeholder)

    def is_issued(self, placeholder: str) -> bool:
        """Say whether exactly this placeholder was issued here."""
        return placeholder in self._entities

    def batch(self) -> AbstractContextManager[Any]:
        """Make nothing durable: there is nothing to lose."""
        return nullcontext()

    def _new(self, entity: str) -> str:
        while (placeholder := new_placeholder(entity)) in self._entities:
            pass
        return placeholder
