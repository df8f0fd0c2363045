"""What the names of a question may mean: over a real vault, with real redaction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from secure_rag.redaction.engine import RedactedText
from secure_rag.redaction.meant import Meant, find_meant
from secure_rag.values import Finding
from secure_rag.vault.store import Domain, Vault


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    key_file = tmp_path / "keys" / "vault.key"
    key_file.parent.mkdir(mode=0o700)
    folder = tmp_path / "vault"
    Vault.create(folder, vault_id="0" * 32, key_file=key_file)
    return Vault.open(folder, key_file=key_file).domain("default")


def _asked(question: str, *found: tuple[str, str, str | None]) -> tuple[str, RedactedText]:
    """Return a question with findings of (entity, value, placeholder)."""
    text, findings = question, []
    for entity, value, placeholder in found:
        start = question.index(value)
        end = start + len(value)
        findings.append(Finding(entity, start, end, 1.0, "test", "pseudonymise", placeholder))
        text = text.replace(value, placeholder or "")
    return question, RedactedText(text, tuple(findings))


def test_ambiguous_name_may_mean_everybody_who_bears_it(domain: Domain) -> None:
    bearers = {
        domain.issue("PERSON", name, [name.casefold()], alias_forms=["braddock"])
        for name in ("Anna Braddock", "Ben Braddock")
    }
    meant = find_meant(
        *_asked("Where did Braddock go?", ("PERSON", "Braddock", "<PERSON_1>")), domain
    )
    written = "Where did Braddock go?"
    assert meant == Meant({"<PERSON_1>": frozenset(bearers)}, ("Braddock",), written)


def test_words_of_a_name_and_their_plural_are_looked_up(domain: Domain) -> None:
    place = domain.issue("LOCATION", "Florida", ["florida"])
    people = domain.issue("NRP", "colonist", ["colonist"])
    question = _asked("Who led Florida colonists?", ("PERSON", "Florida colonists", "<PERSON_1>"))
    assert find_meant(*question, domain).perhaps == {"<PERSON_1>": frozenset({place, people})}


def test_known_name_keeps_its_placeholder_and_is_not_searched_as_written(domain: Domain) -> None:
    known = domain.issue("PERSON", "Anna Braddock", ["anna braddock"], alias_forms=["braddock"])
    other = domain.issue("PERSON", "Ben Braddock", ["ben braddock"], alias_forms=["braddock"])
    asked = _asked("Where is Anna Braddock?", ("PERSON", "Anna Braddock", known))
    expected = Meant({known: frozenset({other})}, (), "Where is Anna Braddock?")
    assert find_meant(*asked, domain) == expected


def test_everyday_word_within_a_name_means_nobody(domain: Domain) -> None:
    domain.issue("ORGANIZATION", "The House", ["house"])
    asked = _asked("Who paid House Stark?", ("PERSON", "House Stark", "<PERSON_1>"))
    assert find_meant(*asked, domain).perhaps == {}


def test_name_that_very_many_bear_means_nobody(domain: Domain) -> None:
    with domain.batch():
        for number in range(201):
            domain.issue("PERSON", "Ann", [f"ann {number}"], alias_forms=["ann"])
    asked = _asked("Where is Ann?", ("PERSON", "Ann", "<PERSON_1>"))
    assert find_meant(*asked, domain) == Meant({}, ("Ann",), "Where is Ann?")


@pytest.mark.parametrize(
    ("entity", "placeholder"),
    [("CREDIT_CARD", None), ("SECRET_PASSWORD", "<SECRET_PASSWORD_1>")],
    ids=["masked", "secret"],
)
def test_what_is_not_a_placeholder_or_is_a_secret_is_never_searched_as_written(
    domain: Domain, entity: str, placeholder: str | None
) -> None:
    asked = _asked("Is it 4111 here?", (entity, "4111", placeholder))
    assert find_meant(*asked, domain) == Meant()


def test_question_as_written_holds_its_names_and_no_other_value(domain: Domain) -> None:
    asked = _asked(
        "Did Quillon of Acme pay 4111 by 5 May with hunter2?",
        ("PERSON", "Quillon", "<PERSON_1>"),
        ("CREDIT_CARD", "4111", None),
        ("DATE_TIME", "5 May", "<DATE_TIME_1>"),
        ("SECRET_PASSWORD", "hunter2", "<SECRET_PASSWORD_1>"),
    )
    assert find_meant(*asked, domain).written == "Did Quillon of Acme pay  by  with ?"


@pytest.mark.parametrize("action", ["keep", "drop"])
def test_name_without_a_placeholder_leaves_nothing_as_written(domain: Domain, action: str) -> None:
    question, redacted = _asked("Where is Quillon?", ("PERSON", "Quillon", None))
    findings = tuple(replace(one, action=action) for one in redacted.findings)
    assert find_meant(question, replace(redacted, findings=findings), domain).written == ""


def test_repr_hides_the_words(domain: Domain) -> None:
    asked = _asked("Where is Quillon?", ("PERSON", "Quillon", "<PERSON_1>"))
    assert "Quillon" not in repr(find_meant(*asked, domain))
