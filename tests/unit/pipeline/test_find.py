"""Whom a value stands for: everything the vault issued is found by its own words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from secure_rag.pipeline.find import known_as
from secure_rag.redaction.entities import resolve_people
from secure_rag.redaction.linking import resolve_values
from secure_rag.redaction.pseudonyms import LookupPseudonyms, VaultPseudonyms
from secure_rag.vault.store import Domain, Vault


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    key_file = tmp_path / "keys" / "vault.key"
    key_file.parent.mkdir(mode=0o700)
    folder = tmp_path / "vault"
    Vault.create(folder, vault_id="0" * 32, key_file=key_file)
    return Vault.open(folder, key_file=key_file).domain("default")


def _store(
    domain: Domain, mentions: Sequence[str], *, entity: str = "PERSON", **kind: object
) -> dict[str, str]:
    """Enter the mentions of one document; return the placeholder of each."""
    found: dict[str, str] = {}
    resolved = (
        resolve_people(mentions) if entity == "PERSON" else resolve_values(entity, mentions, **kind)  # type: ignore[arg-type]
    )
    pseudonyms = VaultPseudonyms(domain)
    with pseudonyms.batch():
        for one in resolved:
            longest = max((mentions[index] for index in one.mentions), key=len)
            placeholder = pseudonyms.placeholder(entity, longest, one)
            found.update({mentions[index]: placeholder for index in one.mentions})
    return found


FAMILY = ["Gregor Thistlewood", "Maud Thistlewood", "Thistlewood G", "Thistlewood"]
AMBIGUOUS = [
    FAMILY,
    ["John Smith", "Jane Smith", "J. Smith", "Smith"],
    ["John Smith", "Jane Stone", "JS"],
    ["Mr Novak", "Mrs Novak", "Novak"],
    ["Mr John Smith", "Mrs John Smith", "Smith"],
    ["John Paul Carter", "John Peter Carter", "John Carter"],
]


@pytest.mark.parametrize("mentions", AMBIGUOUS, ids=range(len(AMBIGUOUS)))
def test_known_as_every_mention_is_found_by_its_own_words(
    domain: Domain, mentions: list[str]
) -> None:
    for mention, placeholder in _store(domain, mentions).items():
        assert placeholder in known_as(domain, mention)


@pytest.mark.parametrize("mentions", AMBIGUOUS[:3], ids=range(3))
def test_known_as_ambiguous_mention_is_found_by_the_name_of_each_it_may_mean(
    domain: Domain, mentions: list[str]
) -> None:
    found = _store(domain, mentions)
    last = found[mentions[-1]]
    for name in mentions[:2]:
        assert known_as(domain, name) >= {found[name], last}
        assert last in domain.related(found[name])
        assert found[name] in domain.related(last)


def test_known_as_after_erasing_both_the_ambiguous_mentions_are_still_found(
    domain: Domain,
) -> None:
    found = _store(domain, FAMILY)
    for name in FAMILY[:2]:
        domain.erase(found[name])
    rest = {found[name] for name in FAMILY} - {found[name] for name in FAMILY[:2]}
    assert rest
    for name in ("Gregor Thistlewood", "Maud Thistlewood", "Thistlewood"):
        assert known_as(domain, name) & rest
    for placeholder in rest:
        domain.erase(placeholder)
    assert not any(known_as(domain, name) for name in FAMILY)


def test_ambiguous_mention_answers_no_question_and_joins_nobody(domain: Domain) -> None:
    found = _store(domain, FAMILY)
    domain.erase(found["Maud Thistlewood"])
    asked = LookupPseudonyms(domain)
    (person,) = resolve_people(["Thistlewood"])
    assert asked.placeholder("PERSON", "Thistlewood", person) == found["Gregor Thistlewood"]
    later = _store(domain, ["Gregor Thistlewood"])
    assert later["Gregor Thistlewood"] == found["Gregor Thistlewood"]
    assert _store(domain, ["Thistlewood"])["Thistlewood"] not in found.values()


FIRMS = ["Acme Ltd", "Acme GmbH", "Acme"]


def test_known_as_firm_that_may_be_either_is_found_by_both(domain: Domain) -> None:
    found = _store(domain, FIRMS, entity="ORGANIZATION")
    assert len(set(found.values())) == 3
    for firm in FIRMS:
        assert known_as(domain, firm) >= {found[firm], found["Acme"]}
        assert firm == "Acme" or found["Acme"] in domain.related(found[firm])


def test_known_as_acronym_of_two_firms_is_found_by_its_letters_and_their_names(
    domain: Domain,
) -> None:
    names = ["Meridian Housing Trust", "MHT", "Midland Health Team", "MHT"]
    same = [(0, 1), (2, 3)]
    found = _store(domain, names, entity="ORGANIZATION", same=same)
    for name in names:
        assert found["MHT"] in known_as(domain, name)


def test_known_as_value_without_any_word_of_its_own_is_found(domain: Domain) -> None:
    found = _store(domain, ["The Co"], entity="ORGANIZATION")
    assert found["The Co"] in known_as(domain, "The Co")


def test_known_as_phone_number_is_found_however_a_document_writes_it(domain: Domain) -> None:
    written = ["+44 161 496 0123", "0161 496 0123", "0161 496 0999"]
    found = _store(domain, written, entity="PHONE_NUMBER")
    assert found[written[0]] == found[written[1]] != found[written[2]]
    for number in written:
        assert known_as(domain, number) == {found[number]}
    later = _store(domain, ["0161 496 0123"], entity="PHONE_NUMBER")
    assert later == {"0161 496 0123": found["0161 496 0123"]}


def test_known_as_phone_number_that_another_document_has_alone_lists_both(domain: Domain) -> None:
    alone = _store(domain, ["0161 496 0123"], entity="PHONE_NUMBER")["0161 496 0123"]
    both = _store(domain, ["+44 161 496 0123", "0161 496 0123"], entity="PHONE_NUMBER")
    assert known_as(domain, "0161 496 0123") == {alone, both["0161 496 0123"]}


@pytest.mark.parametrize(
    "copied",
    ["Chidi Oka\u00adfor", "Chidi\u00a0Okafor", "\u200bChidi Okafor", "Ch\u0456di Okafor"],
    ids=["soft hyphen", "hard space", "zero width", "look-alike"],
)
def test_known_as_name_copied_with_hidden_characters_is_found(domain: Domain, copied: str) -> None:
    found = _store(domain, ["Chidi Okafor"])
    assert known_as(domain, copied) == set(found.values())
