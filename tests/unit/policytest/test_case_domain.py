"""The collection of a case joins and keeps apart exactly as the vault's does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from secure_rag.policytest.case_domain import CaseDomain
from secure_rag.redaction.entities import resolve_people
from secure_rag.redaction.pseudonyms import VaultPseudonyms
from secure_rag.vault.store import Vault

# documents of a collection, each with the names it mentions
COLLECTIONS: dict[str, list[list[str]]] = {
    "one person in two documents": [["Anna Novak"], ["Anna Novak"]],
    "order and case": [["Anna Novak"], ["NOVAK, Anna"]],
    "short form in its own document": [["John Carter", "Mr Carter"], ["John Carter"]],
    "short form in another document": [["John Carter"], ["Carter"]],
    "two with one surname": [["John Carter"], ["Helen Carter"], ["Carter"]],
    "initial": [["John Carter", "J. Carter"], ["James Carter"], ["J. Carter"]],
}


def groups(domain: Any, documents: Sequence[Sequence[str]]) -> list[list[int]]:
    """Return for each document the numbers of the people its mentions became."""
    pseudonyms = VaultPseudonyms(domain)
    numbers: dict[str, int] = {}
    result = []
    for mentions in documents:
        given: dict[int, int] = {}
        for entity in resolve_people(mentions):
            value = max((mentions[n] for n in entity.mentions), key=len)
            placeholder = pseudonyms.placeholder("PERSON", value, entity)
            number = numbers.setdefault(placeholder, len(numbers) + 1)
            given.update(dict.fromkeys(entity.mentions, number))
        result.append([given[n] for n in range(len(mentions))])
    return result


@pytest.mark.parametrize("situation", COLLECTIONS)
def test_case_domain_joins_as_the_vault_does(situation: str, tmp_path: Path) -> None:
    folder, key_file = tmp_path / "vault", tmp_path / "vault.key"
    folder.mkdir()
    Vault.create(folder, vault_id="0" * 16, key_file=key_file)
    real = Vault.open(folder, key_file=key_file).domain("default")
    documents = COLLECTIONS[situation]
    assert groups(CaseDomain(), documents) == groups(real, documents)


def test_case_domain_placeholders_count_from_one_by_entity() -> None:
    domain = CaseDomain()
    assert domain.issue("PERSON", "x", ["a"]) == "<PERSON_1>"
    assert domain.issue("PERSON", "y", ["b"]) == "<PERSON_2>"
    assert domain.issue("URL", "z", ["a"]) == "<URL_1>"
    assert domain.lookup("PERSON", "a") == ("<PERSON_1>",)
    assert domain.is_issued("<URL_1>") and not domain.is_issued("<URL_2>")
    assert cast(Any, domain).lookup("URL", "b") == ()
