"""Who is who within a document: pairs that must be one, pairs that must be two."""

from __future__ import annotations

import time

import pytest

from secure_rag.redaction.entities import resolve_people
from secure_rag.redaction.forms import exact_form, spaced_form
from secure_rag.redaction.linking import resolve_values
from secure_rag.redaction.names import parse_name
from secure_rag.redaction.nicknames import nicknames_for

# all mentions of a document, two of them, are they one person
PAIRS = [
    # the same words
    (["Anna Novak", "Anna Novak"], 0, 1, True),
    (["Anna Novak", "ANNA NOVAK"], 0, 1, True),
    (["Anna Novak", "anna novak"], 0, 1, True),
    (["José García", "Jose Garcia"], 0, 1, True),
    (["Søren Kjær", "Soren Kjaer"], 0, 1, True),
    (["Anna Novak", "Anna Novak's"], 0, 1, True),
    (["Anna  Novak", "Anna\nNovak"], 0, 1, True),
    # order
    (["Novak, Anna", "Anna Novak"], 0, 1, True),
    (["NOVAK, Anna", "Anna Novak"], 0, 1, True),
    (["Garcia Lopez, Maria", "Maria Garcia Lopez"], 0, 1, True),
    # forms of address and suffixes
    (["Dr Anna Novak", "Anna Novak"], 0, 1, True),
    (["Prof. Dr. Anna Novak", "Anna Novak"], 0, 1, True),
    (["John Carter", "Mr Carter"], 0, 1, True),
    (["John Carter", "Mr. Carter"], 0, 1, True),
    (["John Carter", "Carter"], 0, 1, True),
    (["John Carter", "John"], 0, 1, True),
    # initials and middle names
    (["John Carter", "J. Carter"], 0, 1, True),
    (["John Carter", "J Carter"], 0, 1, True),
    (["John Paul Carter", "J.P. Carter"], 0, 1, True),
    (["John Paul Carter", "John Carter"], 0, 1, True),
    (["John Paul Carter", "John P. Carter"], 0, 1, True),
    (["Carter, J.", "John Carter"], 0, 1, True),
    # parts of a double surname
    (["Maria Garcia Lopez", "Garcia Lopez"], 0, 1, True),
    (["Maria Garcia Lopez", "Maria Garcia"], 0, 1, True),
    (["Jane Smith-Jones", "Mrs Jones"], 0, 1, True),
    (["Piet van der Berg", "Mr van der Berg"], 0, 1, True),
    (["Piet van der Berg", "Berg"], 0, 1, True),
    (["Sean O'Brien", "O\u2019Brien"], 0, 1, True),
    # the form of address alone tells them apart
    (["Mr Carter", "Carter"], 0, 1, True),
    (["Mr Carter", "Mr. Carter"], 0, 1, True),
    (["John Carter", "Mary Carter", "Mr Carter", "Mr John Carter"], 2, 0, True),
    # two people
    (["Anna Novak", "Hannah Novak"], 0, 1, False),
    (["Anna Novak", "Anna Nowak"], 0, 1, False),
    (["John Carter", "Mary Carter"], 0, 1, False),
    (["John Carter", "John Marsh"], 0, 1, False),
    (["Mr Carter", "Mrs Carter"], 0, 1, False),
    (["John Paul Carter", "John Peter Carter"], 0, 1, False),
    (["J. Carter", "M. Carter"], 0, 1, False),
    (["John Carter", "M. Carter"], 0, 1, False),
    (["Carter John", "John Marsh"], 0, 1, False),
    (["Anna", "Marek"], 0, 1, False),
    # what fits two people is nobody's
    (["John Carter", "Mary Carter", "Carter"], 2, 0, False),
    (["John Carter", "Mary Carter", "Carter"], 2, 1, False),
    (["John Carter", "James Carter", "J. Carter"], 2, 0, False),
    (["John Carter", "James Carter", "J. Carter"], 2, 1, False),
    (["John Carter", "John Marsh", "John"], 2, 0, False),
    (["John Carter", "Peter Carter", "Mr Carter"], 2, 0, False),
    (["John Paul Carter", "John Peter Carter", "John Carter"], 2, 0, False),
    # but the same short form stays one
    (["John Carter", "Mary Carter", "Carter", "Carter"], 2, 3, True),
    (["John Carter", "James Carter", "J. Carter", "J Carter"], 2, 3, True),
]


@pytest.mark.parametrize(("mentions", "one", "other", "linked"), PAIRS, ids=range(len(PAIRS)))
def test_resolve_people_pair_is_linked_or_not(
    mentions: list[str], one: int, other: int, linked: bool
) -> None:
    entities = resolve_people(mentions)
    assert sorted(index for e in entities for index in e.mentions) == list(range(len(mentions)))
    number = {index: n for n, entity in enumerate(entities) for index in entity.mentions}
    assert (number[one] == number[other]) is linked


@pytest.mark.parametrize(("mentions", "one", "other", "linked"), PAIRS, ids=range(len(PAIRS)))
def test_resolve_people_order_of_mentions_does_not_matter(
    mentions: list[str], one: int, other: int, linked: bool
) -> None:
    last = len(mentions) - 1
    entities = resolve_people(mentions[::-1])
    number = {last - index: n for n, entity in enumerate(entities) for index in entity.mentions}
    assert (number[one] == number[other]) is linked


@pytest.mark.parametrize(
    ("mentions", "linked"),
    [
        (["John Carter Jr.", "John Carter"], True),
        (["John Carter", "John Carter Jr."], False),
        (["John Carter Sr.", "John Carter Jr."], False),
        (["Carter, John, Jr.", "John Carter"], True),
    ],
    ids=range(4),
)
def test_resolve_people_generation_counts_once_it_was_said(
    mentions: list[str], linked: bool
) -> None:
    assert (len(resolve_people(mentions)) == 1) is linked


@pytest.mark.parametrize(
    ("mentions", "people"),
    [
        (["Robert Ellison", "Bob Ellison", "Bob"], 1),
        (["Robert Ellison", "Robert Marsh", "Bob"], 3),
        (["Alexander Hall", "Alexandra Hall", "Alex Hall"], 3),
        (["Robert Ellison", "Bill Ellison"], 2),
        (["Robert Ellison", "Robbie Ellison"], 1),
    ],
    ids=range(5),
)
def test_resolve_people_nicknames_link_where_a_policy_lists_them(
    mentions: list[str], people: int
) -> None:
    listed = nicknames_for(built_in=True)
    assert len(resolve_people(mentions, nicknames=listed)) == people
    assert len(resolve_people(mentions[:2])) == 2


def test_resolve_people_own_nicknames_stand_beside_the_packaged_ones() -> None:
    mine = nicknames_for(built_in=False, more=(("Aleksandra", "Ola"),))
    assert len(resolve_people(["Aleksandra Nowak", "Ola Nowak"], nicknames=mine)) == 1
    assert len(resolve_people(["Robert Ellison", "Bob Ellison"], nicknames=mine)) == 2


def test_resolve_people_without_short_names_nothing_but_equal_names_link() -> None:
    mentions = ["John Carter", "Carter", "John Carter", "J. Carter"]
    groups = [entity.mentions for entity in resolve_people(mentions, short_names=False)]
    assert sorted(groups) == [[0, 2], [1], [3]]


def test_resolve_people_form_of_two_people_is_nobodys_key() -> None:
    entities = resolve_people(["Mr Andrea Conti", "Ms Andrea Conti"])
    assert [entity.forms for entity in entities] == [(), ()]


def test_resolve_people_many_names_take_little_time() -> None:
    letters = "bcdfghjklm"
    surnames = [
        f"{a}o{b}a{c}i{d}en" for a in letters for b in letters for c in letters for d in "st"
    ]
    mentions = [f"Given {surname.title()}" for surname in surnames]
    mentions += [f"G. {surname.title()}" for surname in surnames]
    started = time.process_time()
    assert len(resolve_people(mentions)) == 2000
    assert time.process_time() - started < 5


def test_resolve_people_forms_are_full_names_only() -> None:
    (entity,) = resolve_people(["John Paul Carter", "John Carter", "Mr Carter", "J. Carter"])
    assert entity.forms == ("john paul carter",)
    assert entity.also == ("john carter",)
    assert set(entity.aliases) >= {"carter", "john", "j carter"}


def test_resolve_people_bare_surname_has_no_form_to_be_looked_up_by() -> None:
    (entity,) = resolve_people(["Mr Carter"])
    assert entity.forms == ()
    assert entity.aliases == ("carter",)


def test_resolve_people_ambiguous_mention_registers_nothing() -> None:
    entities = resolve_people(["John Carter", "Mary Carter", "Carter"])
    (ambiguous,) = [entity for entity in entities if entity.mentions == [2]]
    assert (ambiguous.forms, ambiguous.also, ambiguous.aliases) == ((), (), ())


def test_resolve_values_equal_once_normalised() -> None:
    phones = resolve_values("PHONE_NUMBER", ["+44 20 7946 0958", "+442079460958", "020 7946 0321"])
    assert [entity.mentions for entity in phones] == [[0, 1], [2]]
    firms = resolve_values("ORGANIZATION", ["Acme Ltd", "ACME  LTD", "Acme", "Acme Works"])
    assert [entity.mentions for entity in firms] == [[0, 1, 2], [3]]


def test_forms_ignore_case_accents_and_marks() -> None:
    assert exact_form("Ab-12 / é3") == "ab12e3"
    assert spaced_form(" Müller &  Söhne ") == "muller sohne"
    assert parse_name("Dr. Anna-Maria O'Neill").tokens == ("anna-maria", "oneill")
    assert parse_name("").tokens == ()
    assert parse_name("...").tokens == ()
