"""A found name is found everywhere else, and little besides."""

from __future__ import annotations

import time

import pytest

from secure_rag.redaction.propagate import Found, Propagator

# what was found, the text, what is found in it
CASES = [
    ("John Smith", "and John Smith came", ["John Smith"]),
    ("John Smith", "and JOHN SMITH came", ["JOHN SMITH"]),
    ("John Smith", "and Smith came", ["Smith"]),
    ("John Smith", "Smith's claim", ["Smith"]),
    ("John Smith", "J. Smith and Smith, John", ["J. Smith", "Smith, John"]),
    ("John Smith", "john_smith_cv.pdf", ["john_smith"]),
    ("John Smith", "Smith-John 2024.docx", ["Smith-John"]),
    ("John Smith", "johnsmith@corp", ["johnsmith"]),
    ("John Smith", "user jsmith logged in", ["jsmith"]),
    ("John Smith", "contract_smith2024.pdf", ["smith"]),
    ("John Smith", "contract_Smith2024.pdf", ["Smith"]),
    ("José García", "JOSE GARCIA signed", ["JOSE GARCIA"]),
    ("Mr John Smith", "Smith said", ["Smith"]),
    ("Smith, John", "John Smith said", ["John Smith"]),
    ("Anna-Maria O'Neill", "O'Neill and Anna-Maria", ["Neill", "Anna", "Maria"]),
    ("lease-novak", "the Lease of Novak, lease-novak.pdf", ["lease-novak"]),
    # line breaks, capitals within words, spelled-out letters, plurals
    ("Anna Novak", "signed by Anna No-\nvak today", ["Anna No-\nvak"]),
    ("Anna Novak", "signed by\nAnna\nNovak", ["Anna\nNovak"]),
    ("Anna Novak", "LeaseAnnaNovakFinal.docx and NovakLease.pdf", ["AnnaNovak", "Novak"]),
    ("Anna Novak", "the Novaks left", ["Novaks"]),
    ("Jürgen Müller", "MUELLER, JUERGEN and jmueller7@", ["MUELLER, JUERGEN", "jmueller7"]),
    # initials: dotted, declared, or where one signs
    ("Anna Novak", "agreed with A.N. on Monday", ["A.N."]),
    ("Anna Novak", "Regards\nAN\n", ["AN"]),
    ("Anna Novak", "AN: shall we begin?\nBK: yes", ["AN"]),
    ("Anna Novak", "Anna Novak (AN) met AN's lawyer", ["Anna Novak", "AN", "AN"]),
    ("Anna Novak", "AN ORDER was made, and AN is no name", []),
    ("Ursula Smith", "the U.S. and U.S. Steel", []),
    # log-ins
    ("Anna Novak", "login: anna.novak, user=novaka, a.novak@", ["anna.novak", "novaka", "a.novak"]),
    ("Yvonne Baker", "the bakery opens, user: bakery", ["bakery"]),
    # lists of names are no `Surname, Given`
    ("Jovan Petrovic", "Jana Petrovic, Jovan and others", ["Petrovic", "Jovan"]),
    ("Wanjiku Kamau", "Wanjiku, Kamau", ["Wanjiku", "Kamau"]),
    # words that are no name on their own
    ("Will May", "May I ask, Will you", []),
    ("Mark Bill", "please mark the bill", []),
    ("John Smith", "a smith forges iron", []),
    ("John Smith", "Smithers and Johnson", []),
    ("Al Bo", "Al went to Bo", []),
]


@pytest.mark.parametrize(("value", "text", "expected"), CASES, ids=range(len(CASES)))
def test_find_name_in_the_rest_of_a_text(value: str, text: str, expected: list[str]) -> None:
    spans = Propagator([Found("PERSON", value)]).find(text)
    places = sorted({(span.start, span.end) for span in spans})
    assert [text[start:end] for start, end in places] == expected
    assert {s.recognizer for s in spans} <= {"propagation"}


def test_find_number_that_a_word_gave_away_once() -> None:
    text = "later 12345-B again, not 12345"
    spans = Propagator([Found("ID_NUMBER", "12345-B")]).find(text)
    assert [text[s.start : s.end] for s in spans] == ["12345-B"]


def test_find_other_types_are_left_to_their_patterns() -> None:
    assert Propagator([Found("DATE_TIME", "March 2024")]).find("in March 2024") == []


ORGANIZATIONS = [
    ("ORGANIZATION", "Kestrel Freight Ltd", "Kestrel Freight paid", ["Kestrel Freight"]),
    ("ORGANIZATION", "Kestrel Freight Ltd", "KESTREL FREIGHT LTD paid", ["KESTREL FREIGHT LTD"]),
    ("ORGANIZATION", "Meridian Housing Trust", 'Meridian Housing Trust ("MHT"). MHT paid',
     ["Meridian Housing Trust", "MHT", "MHT"]),
    ("ORGANIZATION", "Meridian Housing Trust", "MHT paid the trust", []),
    ("ORGANIZATION", "Acme", "acme of skill, Acme", []),
    ("ORGANIZATION", "Bank", "the Bank of the river", []),
    ("ORGANIZATION", "Kestrel", "a kestrel flew; Kestrel paid", ["Kestrel"]),
    ("LOCATION", "Little Wenham", "from Little Wenham to little wenham", ["Little Wenham"]),
    ("LOCATION", "Reading", "Reading is fun", []),
    ("LOCATION", "New York", "New York", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entity", "value", "text", "expected"), ORGANIZATIONS, ids=range(len(ORGANIZATIONS))
)
def test_find_firm_or_place_only_where_it_cannot_be_a_word(
    entity: str, value: str, text: str, expected: list[str]
) -> None:
    spans = Propagator([Found(entity, value)]).find(text)
    shown = [text[s.start : s.end] for s in sorted(spans, key=lambda span: span.start)]
    assert sorted(set(shown)) == sorted(set(expected))


def test_find_two_megabytes_and_two_thousand_names_in_seconds() -> None:
    letters = "bcdfghjklm"
    surnames = [f"{a}o{b}a{c}i{d}en".title() for a in letters for b in letters for c in letters
                for d in "st"]  # fmt: skip
    values = [Found("PERSON", f"Jana {surname}") for surname in surnames]
    text = "".join(f"J. {surname} met Jana and the others of them again. " for surname in surnames)
    text *= 2_000_000 // len(text)
    started = time.process_time()
    found = Propagator(values).find(text)
    assert len(found) >= 2 * len(surnames)
    assert time.process_time() - started < 20


def test_find_many_names_in_a_long_text_is_linear() -> None:
    values = [Found("PERSON", f"Given{n:04}x Surname{n:04}y") for n in range(2000)]
    text = "plain words and more of them " * 10_000
    started = time.process_time()
    assert Propagator(values).find(text) == []
    assert time.process_time() - started < 5


# what was found as which entity, the text, what is found in it
STRUCTURED = [
    ("US_SSN", "219-09-9999", "a219-09-9999b", ["219-09-9999"]),
    (
        "IBAN_CODE",
        "GB29NWBK60161331926819",
        "GB29NWBK60161331926819GB1",
        ["GB29NWBK60161331926819"],
    ),
    ("CREDIT_CARD", "4111 1111 1111 1111", "x4111-1111-1111-1111y", ["4111-1111-1111-1111"]),
    ("PHONE_NUMBER", "555-0142", "rows 555, 0142 of it", []),
    ("SECRET_KEY", "AKIAIOSFODNN7EXAMPLQ", "_AKIAIOSFODNN7EXAMPLQ_", ["AKIAIOSFODNN7EXAMPLQ"]),
]


@pytest.mark.parametrize(("entity", "value", "text", "expected"), STRUCTURED, ids=range(5))
def test_propagate_value_that_other_characters_touch_is_found(
    entity: str, value: str, text: str, expected: list[str]
) -> None:
    spans = Propagator([Found(entity, value)]).find(text)
    assert [text[span.start : span.end] for span in spans] == expected
    assert {span.entity for span in spans} <= {entity}


def test_propagate_person_and_firm_of_one_name_finds_the_person() -> None:
    found = [Found("PERSON", "Stefania Ricci"), Found("ORGANIZATION", "Stefania")]
    text = "helo=laptop-stefania"
    for values in (found, found[::-1]):
        (span,) = Propagator(values).find(text)
        assert (text[span.start : span.end], span.entity) == ("stefania", "PERSON")
