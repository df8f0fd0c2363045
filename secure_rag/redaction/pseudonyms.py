"""Placeholders for entities: issued by the vault, or only looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

from secure_rag.redaction.entity import Entity, perhaps_form
from secure_rag.redaction.forms import value_form
from secure_rag.vault.placeholders import local_placeholder


class Pseudonyms(Protocol):
    """Gives the placeholder that stands for an entity."""

    def placeholder(self, entity: str, value: str, found: Entity) -> str:
        """Return the placeholder of `found`, an entity of type `entity`; `value` names it best."""
        ...

    def batch(self) -> AbstractContextManager[Any]:
        """Make the placeholders of one document one durable act."""
        ...


class EntityLookup(Protocol):
    """What can be asked of a vault's domain."""

    def lookup(self, entity: str, form: str) -> tuple[str, ...]: ...

    def aliases(self, entity: str, form: str) -> tuple[str, ...]: ...

    def is_issued(self, placeholder: str) -> bool: ...


class EntityIndex(EntityLookup, Protocol):
    """What a vault's domain knows of entities; `MemoryDomain` knows it for one run."""

    def issue(
        self, entity: str, value: str, forms: Iterable[str], *, alias_forms: Iterable[str] = ()
    ) -> str: ...

    def add_forms(self, placeholder: str, forms: Iterable[str]) -> None: ...

    def add_aliases(self, placeholder: str, forms: Iterable[str]) -> None: ...

    def batch(self) -> AbstractContextManager[Any]: ...


class VaultPseudonyms:
    """Joins what one unambiguous form identifies, issues a new placeholder otherwise."""

    def __init__(self, domain: EntityIndex) -> None:
        self._domain = domain

    def placeholder(self, entity: str, value: str, found: Entity) -> str:
        known = _known(self._domain, entity, found)
        keys = (*found.forms, *found.also, *found.bars)
        aliases = (*found.aliases, *map(perhaps_form, found.perhaps))
        if not keys:  # what is not found by its own words, nobody can erase
            aliases = tuple(dict.fromkeys((*aliases, perhaps_form(value_form(entity, value)))))
        if known is None:
            return self._domain.issue(entity, value, keys, alias_forms=aliases)
        self._enter(entity, known, keys, aliases)
        return known

    def _enter(
        self, entity: str, known: str, keys: tuple[str, ...], aliases: tuple[str, ...]
    ) -> None:
        new_keys = [form for form in keys if known not in self._domain.lookup(entity, form)]
        if new_keys:
            self._domain.add_forms(known, new_keys)
        new = [form for form in aliases if known not in self._domain.aliases(entity, form)]
        if new:
            self._domain.add_aliases(known, new)

    def batch(self) -> AbstractContextManager[Any]:
        return self._domain.batch()


class LookupPseudonyms:
    """Looks placeholders up and never issues one: unknown values are numbered for this run.

    A bare surname or given name is recognised if it is an alias of exactly one entity.
    """

    def __init__(self, domain: EntityLookup | None) -> None:
        self._domain = domain
        self._numbered: dict[tuple[str, bool, str], str] = {}
        self._counts: dict[str, int] = {}
        self._given: set[str] = set()

    def placeholder(self, entity: str, value: str, found: Entity) -> str:
        if self._domain is not None:
            known = recognised(self._domain, entity, found)
            if known is not None:
                return known
        form = " ".join(found.forms) or found.said or value.casefold()
        key = entity, bool(found.forms), form
        numbered = self._numbered.get(key, "")
        if not numbered or numbered in self._given:
            self._counts[entity] = self._counts.get(entity, 0) + 1
            numbered = local_placeholder(entity, self._counts[entity])
            # What two of a text are called by tells nobody apart in the next one either.
            self._numbered[key] = "" if key in self._numbered else numbered
        self._given.add(numbered)
        return numbered

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Number the values of one text: what resolution kept apart there never shares one."""
        self._given.clear()
        yield

    def is_issued(self, placeholder: str) -> bool:
        """Say whether the vault issued a placeholder that a question names."""
        return self._domain is not None and self._domain.is_issued(placeholder)


class ProvisionalPseudonyms:
    """Stand-ins of the final length while the gate still looks; nothing is issued."""

    def __init__(self) -> None:
        self._count = 0

    def placeholder(self, entity: str, value: str, found: Entity) -> str:
        self._count += 1
        return f"<{entity}_{self._count:010d}>"

    def batch(self) -> AbstractContextManager[Any]:
        return nullcontext()


def recognised(domain: EntityLookup, entity: str, found: Entity) -> str | None:
    """Return the placeholder of an entity that a domain knows, if it is one alone."""
    return _known(domain, entity, found) or _only_alias(domain, entity, found)


def _known(domain: EntityLookup, entity: str, found: Entity) -> str | None:
    """Return the one placeholder that the forms lead to, if it is one."""
    known = {placeholder for form in found.forms for placeholder in domain.lookup(entity, form)}
    if not known:
        known = {
            placeholder for form in found.weaker for placeholder in domain.lookup(entity, form)
        }
        known -= {placeholder for form in found.bars for placeholder in domain.lookup(entity, form)}
    return known.pop() if len(known) == 1 else None


def _only_alias(domain: EntityLookup, entity: str, found: Entity) -> str | None:
    """Return what the narrowest known alias means, if it is one entity (`j smith` first).

    A full name that no key is known for may itself be a short form: `John Carter` of
    John Carter Jr. Its parts mean nobody: `Mary Carter` is not the one Carter we know. What
    two people of the text are called by means neither.
    """
    if any(domain.lookup(entity, form) for form in found.forms):
        return None  # known, and ambiguous
    aliases = set(found.forms or found.aliases) - found.shared
    for alias in sorted(aliases, key=lambda alias: (" " not in alias, alias)):
        known = set(domain.aliases(entity, alias))
        if known:
            return known.pop() if len(known) == 1 else None
    return None
