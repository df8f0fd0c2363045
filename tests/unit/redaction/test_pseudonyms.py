"""Placeholders across documents: through a real vault."""

from __future__ import annotations

from pathlib import Path

import pytest

from secure_rag.redaction.entities import resolve_people
from secure_rag.redaction.entity import Entity
from secure_rag.redaction.linking import resolve_values
from secure_rag.redaction.pseudonyms import LookupPseudonyms, Pseudonyms, VaultPseudonyms
from secure_rag.vault.placeholders import is_well_formed
from secure_rag.vault.store import Domain, Vault


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    key_file = tmp_path / "keys" / "vault.key"
    key_file.parent.mkdir(mode=0o700)
    folder = tmp_path / "vault"
    Vault.create(folder, vault_id="0" * 32, key_file=key_file)
    return Vault.open(folder, key_file=key_file).domain("default")


def _document(pseudonyms: Pseudonyms, *mentions: str) -> list[str]:
    """Return the placeholder of each mention of one document."""
    placeholders = [""] * len(mentions)
    with pseudonyms.batch():
        for entity in resolve_people(mentions):
            longest = max((mentions[index] for index in entity.mentions), key=len)
            name = pseudonyms.placeholder("PERSON", longest, entity)
            for index in entity.mentions:
                placeholders[index] = name
    return placeholders


def _one(domain: Domain, *mentions: str) -> str:
    (placeholder,) = set(_document(VaultPseudonyms(domain), *mentions))
    return placeholder


SAME = [
    (["Anna Novak"], ["Anna Novak"]),
    (["Anna Novak"], ["NOVAK, Anna"]),
    (["Anna Novak"], ["Dr Anna Novak", "Dr Novak"]),
    (["José García"], ["Jose Garcia"]),
    (["John Paul Carter"], ["John Paul Carter", "J. Carter"]),
    (["John Paul Carter", "John Carter"], ["John Carter"]),
]
TWO = [
    (["John Paul Carter"], ["John Carter"]),
    (["John Carter Jr."], ["John Carter"]),
    (["Anna Novak"], ["Hannah Novak"]),
    (["Mr Carter"], ["Mr Carter"]),
    (["John Carter"], ["Mr Carter"]),
    (["John Carter"], ["J. Carter"]),
    (["John"], ["John"]),
    (["John Carter"], ["John Paul Carter"]),
    (["John Peter Carter"], ["John Paul Carter"]),
]


@pytest.mark.parametrize(("first", "second"), SAME, ids=range(len(SAME)))
def test_vault_same_person_in_two_documents_is_one(
    domain: Domain, first: list[str], second: list[str]
) -> None:
    placeholder = _one(domain, *first)
    assert is_well_formed(placeholder)
    assert _one(domain, *second) == placeholder


@pytest.mark.parametrize(("first", "second"), TWO, ids=range(len(TWO)))
def test_vault_what_does_not_name_a_person_never_joins(
    domain: Domain, first: list[str], second: list[str]
) -> None:
    assert _one(domain, *first) != _one(domain, *second)


def test_vault_name_that_two_people_bear_stays_apart(domain: Domain) -> None:
    one = _one(domain, "John Paul Carter")
    two = _one(domain, "John Peter Carter")
    three = _one(domain, "John Carter")
    assert len({one, two, three}) == 3


def test_vault_types_do_not_mix(domain: Domain) -> None:
    pseudonyms = VaultPseudonyms(domain)
    (number,) = resolve_values("ID_NUMBER", ["C-204417"])
    placeholders = {
        pseudonyms.placeholder(entity, "C-204417", number) for entity in ("ID_NUMBER", "USERNAME")
    }
    assert len(placeholders) == 2


def test_lookup_question_finds_the_person_of_a_document(domain: Domain) -> None:
    placeholder = _one(domain, "Anna Novak")
    for question in ("Anna Novak", "Ms Novak", "Novak", "Anna", "A. Novak", "NOVAK, ANNA"):
        assert _document(LookupPseudonyms(domain), question) == [placeholder]


def test_lookup_question_finds_who_is_called_so_beside_a_longer_name(domain: Domain) -> None:
    junior = _one(domain, "John Paul Carter Jr.")
    for question in ("John Carter", "J. Carter", "Mr Carter"):
        assert _document(LookupPseudonyms(domain), question) == [junior]
    assert _document(LookupPseudonyms(domain), "Mary Carter") == ["<PERSON_1>"]


def test_lookup_ambiguous_surname_is_numbered(domain: Domain) -> None:
    _one(domain, "Anna Novak")
    _one(domain, "Petra Novak")
    assert _document(LookupPseudonyms(domain), "Ms Novak") == ["<PERSON_1>"]
    assert _document(LookupPseudonyms(domain), "Anna Novak") != ["<PERSON_1>"]


def test_lookup_issues_nothing_and_counts_by_value(domain: Domain) -> None:
    pseudonyms = LookupPseudonyms(domain)
    assert _document(pseudonyms, "Anna Novak", "Helen Marsh") == ["<PERSON_1>", "<PERSON_2>"]
    assert _document(pseudonyms, "Helen Marsh") == ["<PERSON_2>"]
    assert domain.lookup("PERSON", "anna novak") == ()
    assert not domain.is_issued("<PERSON_1>")


def test_lookup_without_a_vault_numbers_everything() -> None:
    pseudonyms = LookupPseudonyms(None)
    assert _document(pseudonyms, "Anna Novak", "Anna Novak") == ["<PERSON_1>", "<PERSON_1>"]


TWO_IN_A_TEXT = [
    ("Mr Novak", "Mrs Novak"),
    ("Mr John Smith", "Mrs John Smith"),
    ("John Carter Jr.", "John Carter Sr."),
    ("Mr Novak", "Petra Novak"),
]


@pytest.mark.parametrize("names", TWO_IN_A_TEXT, ids=range(len(TWO_IN_A_TEXT)))
def test_lookup_two_people_of_a_text_never_share_a_number(names: tuple[str, str]) -> None:
    assert len(set(_document(LookupPseudonyms(None), *names))) == 2
    assert len(set(_document(LookupPseudonyms(None), *names[::-1]))) == 2


def test_lookup_numbers_are_the_same_in_the_next_text() -> None:
    pseudonyms = LookupPseudonyms(None)
    mister, helen = _document(pseudonyms, "Mr Novak", "Helen Marsh")
    assert _document(pseudonyms, "Helen Marsh", "Mr Novak") == [helen, mister]
    missis, again = _document(pseudonyms, "Mrs Novak", "Helen Marsh")
    assert again == helen and missis not in (helen, mister)
    assert _document(pseudonyms, "Mr Novak", "Mrs Novak") == [mister, missis]


def test_lookup_what_two_of_a_text_are_called_is_nobody_in_the_next() -> None:
    pseudonyms = LookupPseudonyms(None)
    with pseudonyms.batch():
        first = {pseudonyms.placeholder("PERSON", "Novak", Entity([n])) for n in range(2)}
    with pseudonyms.batch():
        assert pseudonyms.placeholder("PERSON", "Novak", Entity([0])) not in first
    assert len(first) == 2


def test_lookup_name_of_two_people_in_a_text_is_neither_the_one_that_is_known(
    domain: Domain,
) -> None:
    petra = _one(domain, "Petra Novak")
    assert _document(LookupPseudonyms(domain), "Ms Novak") == [petra]
    both = _document(LookupPseudonyms(domain), "Mr Novak", "Ms Novak")
    assert sorted(both) == ["<PERSON_1>", "<PERSON_2>"]
    assert _document(LookupPseudonyms(domain), "Mr Novak", "Petra Novak") == ["<PERSON_1>", petra]
