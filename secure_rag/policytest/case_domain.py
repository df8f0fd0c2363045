"""A collection that lives as long as one case: it joins and keeps apart as the vault does.

The texts of a case are its documents. Placeholders count from 1, so that cases can say the
whole expected result; nothing is sealed and nothing touches a disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from secure_rag.vault.placeholders import local_placeholder


class CaseDomain:
    """What `VaultPseudonyms` needs of a vault's domain, in memory."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
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
        """Issue the next placeholder of an entity; the value itself is not kept."""
        self._counts[entity] = self._counts.get(entity, 0) + 1
        placeholder = local_placeholder(entity, self._counts[entity])
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
        """Say whether exactly this placeholder was issued in this case."""
        return placeholder in self._entities

    def batch(self) -> AbstractContextManager[Any]:
        """Make nothing durable: there is nothing to lose."""
        return nullcontext()
