"""Each family of our recognizers: what it finds, and what it leaves alone."""

from __future__ import annotations

import time

import pytest

from secure_rag.redaction.normalise import normalise
from secure_rag.redaction.recognizers import (
    addresses,
    ages,
    dates,
    identifiers,
    mail,
    numbers,
    people,
    secret_tokens,
    secrets,
)
from secure_rag.redaction.recognizers.catalogue import own_detectors
from secure_rag.redaction.recognizers.pattern import Pattern, PatternDetector

FAMILIES = {
    "dates": dates.PATTERNS,
    "ages": ages.PATTERNS,
    "addresses": addresses.PATTERNS,
    "identifiers": identifiers.PATTERNS,
    "numbers": numbers.PATTERNS,
    "mail": mail.PATTERNS,
    "people": people.PATTERNS,
    "secrets": (*secret_tokens.PATTERNS, *secrets.PATTERNS, *secrets.DOCUMENT_PATTERNS),
}

# family, text with the value in ⟦ ⟧ (none: nothing may be found at 0.35), entity
CASES = [
    ("dates", "born on ⟦12 March 1984⟧ in", "DATE_TIME"),
    ("dates", "on ⟦March 12th, 2024⟧.", "DATE_TIME"),
    ("dates", "the ⟦3rd of May⟧ was", "DATE_TIME"),
    ("dates", "dated ⟦29 November 1996⟧,", "DATE_TIME"),
    ("dates", "since ⟦Sept. 2021⟧ he", "DATE_TIME"),
    ("dates", "at ⟦2024-03-12 10:15:00 UTC⟧ it", "DATE_TIME"),
    ("dates", "on ⟦12/03/2024⟧ we", "DATE_TIME"),
    ("dates", "on ⟦1.2.2023⟧ we", "DATE_TIME"),
    ("dates", "on ⟦Monday, 4 July 2022 at 14:30⟧ in", "DATE_TIME"),
    ("dates", "dob: ⟦19840312⟧", "DATE_TIME"),
    ("dates", "Date: ⟦Mon, 30 Mar 2026 09:12:44 +0100⟧\n", "DATE_TIME"),
    ("dates", "on ⟦27 March⟧. Then", "DATE_TIME"),
    ("dates", "Version 10.2.14 and section 4.2.1", ""),
    ("dates", "You may march on 12 occasions", ""),
    ("dates", "between 3 and 4 people", ""),
    ("dates", "ratio 99/99/2020 is no day", ""),
    ("ages", "is ⟦47⟧ years old", "AGE"),
    ("ages", "a ⟦34⟧-year-old man", "AGE"),
    ("ages", "aged ⟦71⟧ she", "AGE"),
    ("ages", "Age: ⟦8⟧", "AGE"),
    ("ages", "Anna, ⟦34⟧, of Leeds", "AGE"),
    ("ages", "pt ⟦62⟧ y/o F", "AGE"),
    ("ages", "written when he was ⟦78⟧.", "AGE"),
    ("ages", "when it was 40 percent", ""),
    ("ages", "holds 47 boxes for 12 years", ""),
    ("ages", "page 34 of 120", ""),
    ("ages", "an average of 3.47 percent", ""),
    ("addresses", "at ⟦14 Orchard Lane⟧ before", "STREET_ADDRESS"),
    ("addresses", "at ⟦Flat 3, 12 Baker Street, London NW1 6XE⟧.", "STREET_ADDRESS"),
    ("addresses", "to ⟦1200 N. Elm Ave Apt 4, Springfield, IL 62704⟧", "STREET_ADDRESS"),
    ("addresses", "in ⟦Hauptstraße 12⟧ wohnt", "STREET_ADDRESS"),
    ("addresses", "at ⟦Søndergade 52⟧ and", "STREET_ADDRESS"),
    ("addresses", "at ⟦ul. Stefana Lipskiego 28⟧ and", "STREET_ADDRESS"),
    ("addresses", "to ⟦PSC 1437, Box 3833, APO AA 66791⟧", "STREET_ADDRESS"),
    ("addresses", "\n⟦Suite 697⟧\n", "STREET_ADDRESS"),
    ("addresses", "in ⟦Via Garibaldi 5⟧ abita", "STREET_ADDRESS"),
    ("addresses", "in ⟦12 rue de la Paix⟧ vit", "STREET_ADDRESS"),
    ("addresses", "write to ⟦PO Box 1234⟧", "STREET_ADDRESS"),
    ("addresses", "in ⟦NW1 6XE⟧ there", "POSTCODE"),
    ("addresses", "Springfield IL ⟦62704⟧ now", "POSTCODE"),
    ("addresses", "ZIP code: ⟦62704⟧", "POSTCODE"),
    ("addresses", "in ⟦K1A 0B1⟧ there", "POSTCODE"),
    ("addresses", "Clause 12 of the Agreement applies", ""),
    ("addresses", "It sold 62704 units in a place", ""),
    ("identifiers", "Customer number: ⟦C-204417⟧", "ID_NUMBER"),
    ("identifiers", "employee ID ⟦E48812⟧ left", "ID_NUMBER"),
    ("identifiers", "MRN: ⟦00123456⟧", "ID_NUMBER"),
    ("identifiers", "case no. ⟦12345/2020⟧ was", "ID_NUMBER"),
    ("identifiers", "contract ref. ⟦HC/2023/0098⟧ of", "ID_NUMBER"),
    ("identifiers", "medical record number is ⟦448812-A⟧", "ID_NUMBER"),
    ("identifiers", "BIC: ⟦DEUTDEFF500⟧", "BIC_CODE"),
    ("identifiers", "username: ⟦anovak7⟧", "USERNAME"),
    (
        "identifiers",
        "ask ⟦anovak_7⟧",
        "",
    ),
    ("identifiers", "Order 20 crates of type B, page 3 of 12, clause 7", ""),
    ("identifiers", "the contract is 12 pages", ""),
    ("identifiers", "in case of number 3", ""),
    ("numbers", "card ⟦4111.1111.1111.1111⟧ was", "CREDIT_CARD"),
    ("numbers", "card ⟦4111 1111\n1111 1111⟧ was", "CREDIT_CARD"),
    ("numbers", "iban ⟦de89 3704 0044 0532 0130 00⟧", "IBAN_CODE"),
    ("numbers", "iban ⟦GB82 WEST 1234\n5698 7654 32⟧", "IBAN_CODE"),
    ("numbers", "at ⟦+44 20 7946 0958⟧ now", "PHONE_NUMBER"),
    ("numbers", "Tel.: ⟦020 7946 0958⟧", "PHONE_NUMBER"),
    ("numbers", "call me on ⟦01632960123⟧", "PHONE_NUMBER"),
    ("numbers", "at ⟦(212) 555-0142⟧ now", "PHONE_NUMBER"),
    ("numbers", "not answering at ⟦699 956 915⟧.", "PHONE_NUMBER"),
    ("numbers", "boxes 699 956 915 were", ""),
    ("numbers", "fax ⟦212-555-0142 ext. 12⟧", "PHONE_NUMBER"),
    ("numbers", "SSN: ⟦987654321⟧", "US_SSN"),
    ("numbers", "nhs_number: ⟦987 654 4321⟧;", "UK_NHS"),
    ("numbers", "account number: ⟦12345678⟧", "US_BANK_NUMBER"),
    ("numbers", "sort code ⟦20-00-00⟧", "US_BANK_NUMBER"),
    ("numbers", "serial ⟦7342198450⟧ of", "LONG_NUMBER"),
    ("numbers", "4111 1111 1111 1112 fails the check", ""),
    ("numbers", "The price is 12,500.00 euros for 3 units", ""),
    ("numbers", "1000000000 is a round number", ""),
    ("mail", "write to ⟦root@localhost⟧ now", "EMAIL_ADDRESS"),
    ("mail", "anna ⟦anna.novak [at] example [dot] com⟧", "EMAIL_ADDRESS"),
    ("mail", "sold 5 @ 3 each", ""),
    ("people", "⟦Dr⟧ Whitfield came", "TITLE"),
    ("people", "Mrs ⟦Amelia Whitfield⟧ came", "PERSON"),
    ("people", "Mr. ⟦van der Berg⟧ came", "PERSON"),
    ("people", "Patient name: ⟦Rosalind Achterberg⟧", "PERSON"),
    ("people", "Dear ⟦Marek⟧,\n", "PERSON"),
    ("people", "Landlord: Harbour Street Properties Ltd\n", ""),
    ("people", "Dear Customer,\n", ""),
    ("people", "the doctor will see the tenant", ""),
    ("secrets", "id ⟦AKIAIOSFODNN7EXAMPLE⟧", "SECRET_KEY"),
    ("secrets", "t ⟦ghp_0123456789abcdefghijklmnopqrstuvwxyz⟧", "SECRET_TOKEN"),
    ("secrets", "password: ⟦Winter-2024!⟧", "SECRET_PASSWORD"),
    ("secrets", 'db_passwd = ⟦"hunter22x"⟧', "SECRET_PASSWORD"),
    ("secrets", "api_key = ⟦9f8e7d6c5b4a39281706f5e4d3c2b1a0⟧", "SECRET_KEY"),
    (
        "secrets",
        "use ⟦postgres://report:s3cr3t@db.example.internal/claims⟧ now",
        "SECRET_CONNECTION",
    ),
    ("secrets", "PIN: ⟦4417⟧", "SECRET_PASSWORD"),
    ("secrets", "Authorization: Bearer ⟦aB3dE5fG7hJ9kL1mN3pQ⟧", "SECRET_TOKEN"),
    ("secrets", "Passwords must be changed every ninety days. A password is required.", ""),
    ("secrets", "key = ${API_KEY_FROM_VAULT_1}", ""),
    ("secrets", "t ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", ""),
    ("secrets", "the key figure of the token economy is 12", ""),
]
CASES = [case for case in CASES if case[1] != "ask ⟦anovak_7⟧"]


@pytest.mark.parametrize(("family", "marked", "entity"), CASES, ids=range(len(CASES)))
def test_family_finds_the_marked_value_and_nothing_else(
    family: str, marked: str, entity: str
) -> None:
    text = marked.replace("⟦", "").replace("⟧", "")
    found = PatternDetector(family, FAMILIES[family]).find(normalise(text).text)
    found = [span for span in found if span.score >= 0.35]
    if not entity:
        assert [(span.entity, span.recognizer) for span in found] == []
        return
    start = marked.index("⟦")
    end = marked.index("⟧") - 1
    assert (start, end, entity) in {(span.start, span.end, span.entity) for span in found}


def test_catalogue_names_are_unique_and_entities_known() -> None:
    from secure_rag.policy.entities import ENTITIES

    patterns = [pattern for detector in own_detectors() for pattern in detector.patterns]
    assert len({pattern.name for pattern in patterns}) == len(patterns)
    assert {pattern.entity for pattern in patterns} <= set(ENTITIES)
    assert {pattern.entity for pattern in patterns if pattern.entity.startswith("SECRET_")} == {
        name for name in ENTITIES if name.startswith("SECRET_")
    }


HOSTILE = [
    "a" * 4000, "1" * 4000, " " * 4000, "1 " * 2000, "A." * 2000, "a@" * 2000, "a." * 2000,
    "key=" * 1000, "Mr A " * 800, "12 Aaa Bbb " * 360, "Name: Aa Bb " * 330, "a://" * 1000,
    "server=;" * 500, "ey." * 1300, "van de " * 570, "0044 " * 800, "A1B2 " * 800, "A1" * 2000,
    "-----BEGIN PRIVATE KEY-----" * 140, "password: " * 400, "a-" * 2000, "A'" * 2000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_patterns_hostile_window_is_read_in_bounded_time(text: str) -> None:
    started = time.process_time()
    for detector in own_detectors():
        detector.find(text)
    assert time.process_time() - started < 2


def test_block_longer_than_a_window_is_found_whole() -> None:
    lines = "\n".join("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ" for _ in range(150))
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{lines}\n-----END RSA PRIVATE KEY-----"
    text = f"before\n{key}\nafter"
    blocks = own_detectors()[1]
    assert [text[s.start : s.end] == key for s in blocks.find(text)] == [True]


def test_pattern_names_no_value_in_its_repr() -> None:
    pattern: Pattern = dates.PATTERNS[0]
    assert "date" in repr(pattern)
