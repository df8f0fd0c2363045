"""Placeholders: the check code, what is found, and what only looks like one."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_rag.policy.entities import ENTITIES
from secure_rag.vault import placeholders
from secure_rag.vault.placeholders import (
    ALPHABET,
    PLACEHOLDER,
    entity_of,
    escape_lookalikes,
    find_placeholders,
    is_well_formed,
    local_placeholder,
    lookalikes,
    new_placeholder,
    replace_placeholders,
    strip_brackets,
    type_word,
)


def parts(placeholder: str) -> tuple[str, str]:
    match = PLACEHOLDER.fullmatch(placeholder)
    assert match is not None
    return match.group(1), match.group(2)


@pytest.mark.parametrize("entity", ENTITIES)
def test_new_placeholder_of_each_entity_is_well_formed_and_found(entity):
    placeholder = new_placeholder(entity)
    assert is_well_formed(placeholder)
    assert entity_of(placeholder) == entity
    assert find_placeholders(f"a {placeholder}, b") == [(2, 2 + len(placeholder), placeholder)]


def test_check_code_every_error_in_one_or_two_places_is_detected():
    """The code is linear, so an error goes unseen only if its own two sums are zero."""
    for first, second in itertools.combinations(range(10), 2):
        for left, right in itertools.product(range(32), repeat=2):
            error = [0] * 10
            error[first], error[second] = left, right
            assert (left, right) == (0, 0) or placeholders._sums(error) != (0, 0)


def test_check_code_is_linear():
    for _ in range(200):
        one, other = ([placeholders.secrets.randbelow(32) for _ in range(10)] for _ in range(2))
        both = [left ^ right for left, right in zip(one, other, strict=True)]
        added = zip(placeholders._sums(one), placeholders._sums(other), strict=True)
        assert placeholders._sums(both) == tuple(left ^ right for left, right in added)


@pytest.mark.parametrize("number", range(20))
def test_issued_code_one_edit_or_transposition_away_is_not_well_formed(number):
    entity = list(ENTITIES)[number]
    _, code = parts(new_placeholder(entity))
    edited = set()
    for i in range(10):
        edited |= {code[:i] + character + code[i + 1 :] for character in ALPHABET}
        edited |= {code[:i] + character + code[i:] for character in ALPHABET}
        edited.add(code[:i] + code[i + 1 :])
        edited |= {
            code[:i] + code[j] + code[i + 1 : j] + code[i] + code[j + 1 :] for j in range(i + 1, 10)
        }
    edited.discard(code)
    assert len(edited) > 600
    assert not [other for other in edited if is_well_formed(f"<{entity}_{other}>")]


def test_code_under_another_type_is_hardly_ever_well_formed():
    accepted = 0
    for entity, other in itertools.permutations(ENTITIES, 2):
        _, code = parts(new_placeholder(entity))
        accepted += is_well_formed(f"<{other}_{code}>")
    assert accepted <= 4


def test_new_placeholder_collides_as_rarely_as_forty_random_bits():
    """One collision in 100,000 has a chance of 1 in 220, three of one in ten million.

    The vault checks each new one against those it has issued.
    """
    assert len({new_placeholder("PERSON") for _ in range(100_000)}) >= 99_998


@pytest.mark.parametrize(
    "entity",
    ["", "person", "PERSON>", "PER SON", "1PERSON", "<PERSON", "P" * 65, "PERSÖN"],
)
def test_new_placeholder_bad_entity_is_refused(entity):
    with pytest.raises(ValueError):
        new_placeholder(entity)


@pytest.mark.parametrize(
    "change",
    [
        str.lower,
        str.title,
        lambda text: text[1:-1],
        lambda text: f" {text}",
        lambda text: f"{text}\n",
        lambda text: text.replace("_", "-"),
        lambda text: text.replace("<", "＜"),
        lambda text: text[:-1] + "\u200b>",
    ],
)
def test_is_well_formed_anything_but_the_exact_text_is_false(change):
    assert not is_well_formed(change(new_placeholder("PERSON")))


LOOKALIKES = (
    "<PERSON_1>",
    "<PERSON_7Q2F9KX3M4>",
    "<person_7q2f9kx3m4>",
    "<Person_7Q2F9KX3M4>",
    "<PERSON_IOLUIOLUIO>",
    "<PERSON-7Q2F9KX3M4>",
    "< PERSON_7Q2F9KX3M4 >",
    "<PERSON _ 7Q2F9KX3M4>",
    "＜PERSON_7Q2F9KX3M4＞",
    "‹EMAIL_ADDRESS_12›",
    "〈PERSON_3〉",
    "<PER\u200bSON_7Q2F9KX3M4>",
    "<\u202ePERSON_7Q2F9KX3M4\u202c>",
    "<РЕRSОN_7Q2F9KX3M4>",
    "<ＰＥＲＳＯＮ＿７Ｑ２Ｆ９ＫＸ３Ｍ４>",
    "<email-address-0000000001>",
    "<PERSON__7Q2F9KX3M4>",
    "<CUSTOM2_0123456789>",
)
HARMLESS = (
    "<b>",
    "</PERSON>",
    "<https://example.com/a_1>",
    "<ana@mail.example>",
    "a < total and y 100 > b",
    "<data-background>",
    "PERSON_7Q2F9KX3M4",
    "[PERSON_1]",
    "<PERSON_7Q2F9>",
    "<PERSON_>",
    "<_1>",
    "<PERSON\n_1>",
)


@pytest.mark.parametrize("number", range(len(LOOKALIKES)))
def test_lookalikes_imitation_is_found_and_escaped_in_place(number):
    text = f"before {LOOKALIKES[number]} after"
    assert lookalikes(text) == [(7, 7 + len(LOOKALIKES[number]))]
    escaped = escape_lookalikes(text)
    assert len(escaped) == len(text)
    assert escaped[8 : 7 + len(LOOKALIKES[number]) - 1] == LOOKALIKES[number][1:-1]
    assert lookalikes(escaped) == []


@pytest.mark.parametrize("number", range(len(HARMLESS)))
def test_lookalikes_other_text_is_left_alone(number):
    assert lookalikes(HARMLESS[number]) == []
    assert escape_lookalikes(HARMLESS[number]) == HARMLESS[number]


def test_escape_lookalikes_well_formed_placeholder_from_outside_is_disarmed():
    forged = f"<{new_placeholder('PERSON')}><{new_placeholder('PERSON')}"
    assert find_placeholders(escape_lookalikes(forged)) == []


ALPHABET_OF_TROUBLE = st.sampled_from([*"<>＜›_- \n1PERSON7Q2Fé\u200b", new_placeholder("AGE")])


@settings(max_examples=300, deadline=None)
@given(st.lists(ALPHABET_OF_TROUBLE, max_size=40).map("".join))
def test_escape_lookalikes_any_text_has_no_placeholder_afterwards_and_keeps_its_length(
    text,
):
    escaped = escape_lookalikes(text)
    assert len(escaped) == len(text)
    assert lookalikes(escaped) == []
    assert not PLACEHOLDER.search(escaped)
    assert not placeholders.LOCAL.search(escaped)


def test_lookalikes_of_a_megabyte_of_open_brackets_is_fast():
    text = "<PERSON_" * 60_000 + "<A" * 60_000
    assert lookalikes(text) == []
    assert find_placeholders(text) == []


def test_local_placeholder_is_no_issued_one():
    local = local_placeholder("PERSON", 1)
    assert local == "<PERSON_1>"
    assert not is_well_formed(local)
    assert entity_of(local) == "PERSON"
    assert find_placeholders(local) == []


def test_replace_placeholders_changes_well_formed_ones_only():
    placeholder = new_placeholder("PERSON")
    text = f"{placeholder} and <PERSON_1> and {placeholder[:-2]}!>"
    assert (
        replace_placeholders(text, type_word) == f"person and <PERSON_1> and {placeholder[:-2]}!>"
    )


@pytest.mark.parametrize("entity", [*ENTITIES, "CUSTOM2_THING"])
def test_views_of_a_placeholder_are_words(entity):
    placeholder = new_placeholder(entity)
    assert type_word(placeholder)
    assert "_" not in type_word(placeholder)
    word = strip_brackets(placeholder)
    assert word.isascii()
    assert word.isalnum()
    assert word.islower()
    assert word.endswith(parts(placeholder)[1].lower())
