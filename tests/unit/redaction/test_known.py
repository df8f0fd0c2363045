"""What the vault knows is found in a question, and little else is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from secure_rag.policy.model import Policy
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.entities import resolve_people
from secure_rag.redaction.known import KnownValues
from secure_rag.redaction.linking import resolve_values
from secure_rag.redaction.pseudonyms import LookupPseudonyms, VaultPseudonyms
from secure_rag.vault.store import Domain, Vault

PEOPLE = [["Chidi Okafor"], ["Anna Novak"], ["Petra Novak"], ["Will Baker"], ["Rosa de la Cruz"]]
VALUES = {
    "ORGANIZATION": "Kestrel Freight Ltd",
    "ID_NUMBER": "C-204417",
    "USERNAME": "c.okafor7",
    "PHONE_NUMBER": "+44 20 7946 0958",
    "LOCATION": "Little Wenham",
}


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Domain:
    folder = tmp_path_factory.mktemp("known")
    key_file = folder / "keys" / "vault.key"
    key_file.parent.mkdir(mode=0o700)
    Vault.create(folder / "vault", vault_id="0" * 32, key_file=key_file)
    domain = Vault.open(folder / "vault", key_file=key_file).domain("default")
    pseudonyms = VaultPseudonyms(domain)
    with pseudonyms.batch():
        for names in PEOPLE:
            (person,) = resolve_people(names)
            pseudonyms.placeholder("PERSON", names[0], person)
        for entity, value in VALUES.items():
            (found,) = resolve_values(entity, [value])
            pseudonyms.placeholder(entity, value, found)
    return domain


CASES = [
    ("What did Okafor sign?", ["Okafor"]),
    ("what did okafor sign", ["okafor"]),
    ("What did OKAFOR's landlord sign?", ["OKAFOR"]),
    ("Okafor, Chidi: which flat?", ["Okafor, Chidi"]),
    ("Is chidi okafor a tenant?", ["chidi okafor"]),
    ("When did Mr Okafor move?", ["Okafor"]),
    ("When did C. Okafor move?", ["C. Okafor"]),
    ("Which Novak pays?", ["Novak"]),
    ("Does Rosa de la Cruz pay?", ["Rosa de la Cruz"]),
    ("Has Kestrel Freight paid?", ["Kestrel Freight"]),
    ("Has kestrel freight limited paid?", ["kestrel freight limited"]),
    ("Case c 204417?", ["c 204417"]),
    ("What may c.okafor7 see?", ["c.okafor7"]),
    ("Who called +442079460958?", ["+442079460958"]),
    ("Who lives in little wenham?", ["little wenham"]),
    # words that are names only where they are written as names
    ("Will the baker pay?", []),
    ("will the lease end?", []),
    ("Did Will pay?", ["Will"]),
    ("What did Baker sign?", ["Baker"]),
    ("What did Chidinma sign?", []),
    ("Which freight is late?", []),
    ("", []),
]


def _shown(text: str, found: list[tuple[int, int]]) -> list[str]:
    return [text[start:end].removeprefix("+") for start, end in found]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=range(len(CASES)))
def test_known_value_in_a_question_is_found(domain: Domain, text: str, expected: list[str]) -> None:
    spans = KnownValues(domain).find(text)
    shown = _shown(text, [(span.start, span.end) for span in spans])
    assert shown == [value.removeprefix("+") for value in expected]
    assert {span.score for span in spans} <= {1.0}


def test_known_value_in_an_answer_everyday_words_never_count(domain: Domain) -> None:
    strict = KnownValues(domain, strict=True)
    assert strict.find("Did Will pay Baker?") == []
    assert len(strict.find("Okafor paid Will Baker.")) == 2


def test_known_value_of_an_empty_vault_is_nothing(tmp_path: Path) -> None:
    key_file = tmp_path / "keys" / "vault.key"
    key_file.parent.mkdir(mode=0o700)
    Vault.create(tmp_path / "vault", vault_id="0" * 32, key_file=key_file)
    empty = Vault.open(tmp_path / "vault", key_file=key_file).domain("default")
    assert KnownValues(empty).find("What did Okafor sign?") == []


def test_known_value_is_redacted_to_its_placeholder(domain: Domain, policy: Policy) -> None:
    (placeholder,) = domain.lookup("PERSON", "chidi okafor")
    redactor = Redactor(policy, (), redaction_digest="0").beside(KnownValues(domain))

    def asked(text: str) -> str:
        return redactor.redact_text(text, pseudonyms=LookupPseudonyms(domain)).text

    assert asked("what did okafor sign?") == f"what did {placeholder} sign?"
    assert asked("Did Novak sign?") == "Did <PERSON_1> sign?"
    assert redactor.residual("It was Okafor.") and not redactor.residual("It was the tenant.")


def test_known_value_look_up_of_a_long_question_is_quick(domain: Domain) -> None:
    text = "Which of the tenants of Okafor has paid the deposit for the second flat? " * 10
    known = KnownValues(domain)
    started = time.process_time()
    assert len(known.find(text)) == 10
    assert time.process_time() - started < 1
