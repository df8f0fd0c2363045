"""The overlap rule, case by case."""

from __future__ import annotations

import pytest

from secure_rag.policy.loader import parse_policy
from secure_rag.policy.model import Policy
from secure_rag.redaction.fields import Fields
from secure_rag.redaction.resolve import Resolved, resolve
from secure_rag.redaction.spans import Span
from secure_rag.values import Block

TEXT = "0123456789 abcdefghij klmnopqrst"
S = Span


def _run(policy: Policy, *spans: Span, text: str = TEXT, field: str = "body") -> list[Resolved]:
    fields = Fields((Block(0, len(text), field),))
    return resolve(text, spans, policy=policy, fields=fields)


# spans (start, end, entity, score) -> (start, end, entity, action)
CASES = [
    # nothing, one
    ([], []),
    ([(0, 5, "PERSON", 0.9)], [(0, 5, "PERSON", "pseudonymise")]),
    # below the threshold
    ([(0, 5, "PERSON", 0.2)], []),
    # a contained span can only widen
    (
        [(0, 9, "US_SSN", 0.5), (2, 4, "PHONE_NUMBER", 0.9)],
        [(0, 9, "PHONE_NUMBER", "pseudonymise")],
    ),
    ([(0, 5, "PHONE_NUMBER", 0.4), (3, 9, "US_SSN", 0.5)], [(0, 9, "US_SSN", "pseudonymise")]),
    # chains join
    (
        [(0, 4, "PERSON", 0.9), (3, 7, "LOCATION", 0.5), (6, 10, "PERSON", 0.6)],
        [(0, 10, "PERSON", "pseudonymise")],
    ),
    # neighbours do not
    (
        [(0, 5, "US_SSN", 0.9), (5, 9, "PHONE_NUMBER", 0.9)],
        [(0, 5, "US_SSN", "pseudonymise"), (5, 9, "PHONE_NUMBER", "pseudonymise")],
    ),
    # checksums beat names and forms, whatever the length
    ([(0, 9, "PERSON", 0.99), (0, 5, "CREDIT_CARD", 1.0)], [(0, 9, "CREDIT_CARD", "mask")]),
    (
        [(0, 9, "EMAIL_ADDRESS", 0.5), (0, 4, "PERSON", 0.99)],
        [(0, 9, "EMAIL_ADDRESS", "pseudonymise")],
    ),
    # a name is cut at the border of a form, where that cuts no word, or vanishes inside it
    (
        [(0, 21, "PERSON", 0.9), (11, 21, "US_SSN", 0.5)],
        [(0, 10, "PERSON", "pseudonymise"), (11, 21, "US_SSN", "pseudonymise")],
    ),
    ([(11, 21, "DATE_TIME", 0.6), (11, 21, "PERSON", 0.9)], [(11, 21, "DATE_TIME", "generalise")]),
    # secrets win and their action is the strictest
    ([(0, 9, "URL", 0.6), (3, 5, "SECRET_TOKEN", 0.4)], [(0, 9, "SECRET_TOKEN", "drop")]),
    # the strictest action wins though the type is another's
    (
        [(0, 9, "DATE_TIME", 0.9), (2, 5, "PHONE_NUMBER", 0.4)],
        [(0, 9, "DATE_TIME", "pseudonymise")],
    ),
    # a type that another rule generalises is hidden, not generalised
    ([(0, 9, "DATE_TIME", 0.9), (0, 9, "LOCATION", 0.8)], [(0, 9, "DATE_TIME", "generalise")]),
    # keep never covers
    ([(0, 9, "ORGANIZATION", 0.9), (0, 4, "PERSON", 0.5)], [(0, 4, "PERSON", "pseudonymise")]),
    ([(0, 9, "ORGANIZATION", 0.9)], [(0, 9, "ORGANIZATION", "keep")]),
    (
        [(0, 9, "ORGANIZATION", 0.9), (11, 15, "ORGANIZATION", 0.9), (12, 14, "PERSON", 0.9)],
        [(0, 9, "ORGANIZATION", "keep"), (12, 14, "PERSON", "pseudonymise")],
    ),
    # the fallback gives way to whatever explains it, and stands alone otherwise
    ([(0, 9, "DATE_TIME", 0.6), (0, 9, "LONG_NUMBER", 0.4)], [(0, 9, "DATE_TIME", "generalise")]),
    ([(0, 9, "LONG_NUMBER", 0.4)], [(0, 9, "LONG_NUMBER", "pseudonymise")]),
    (
        [(0, 9, "ID_NUMBER", 0.9), (0, 9, "US_PASSPORT", 0.4)],
        [(0, 9, "US_PASSPORT", "pseudonymise")],
    ),
    # the parts of a name become one, other types do not
    ([(0, 10, "PERSON", 0.9), (11, 21, "PERSON", 0.8)], [(0, 21, "PERSON", "pseudonymise")]),
    (
        [(0, 10, "US_SSN", 0.9), (11, 21, "US_SSN", 0.8)],
        [(0, 10, "US_SSN", "pseudonymise"), (11, 21, "US_SSN", "pseudonymise")],
    ),
    # white space at the ends is left out
    ([(0, 11, "PERSON", 0.9)], [(0, 10, "PERSON", "pseudonymise")]),
]


@pytest.mark.parametrize(("spans", "expected"), CASES, ids=range(len(CASES)))
def test_resolve_overlap_follows_the_rule(
    policy: Policy,
    spans: list[tuple[int, int, str, float]],
    expected: list[tuple[int, int, str, str]],
) -> None:
    for order in (spans, spans[::-1]):
        found = _run(policy, *(S(*span, recognizer="x") for span in order))
        assert [(r.start, r.end, r.entity, r.action) for r in found] == expected


def test_resolve_mask_over_a_wider_span_leaves_nothing_readable(policy: Policy) -> None:
    alone = _run(policy, S(0, 10, "CREDIT_CARD", 1.0, "x"))
    wider = _run(policy, S(0, 10, "CREDIT_CARD", 1.0, "x"), S(5, 15, "PHONE_NUMBER", 0.9, "x"))
    assert [r.keep_last for r in alone] == [4]
    assert [(r.action, r.keep_last, r.end) for r in wider] == [("mask", 0, 15)]


def test_resolve_rule_is_that_of_the_field_in_which_a_piece_lies(policy: Policy) -> None:
    text = "Acme Ltd\nAcme Ltd"
    fields = Fields((Block(0, 8, "author"), Block(9, 17, "body")))
    found = resolve(text, [S(0, 17, "ORGANIZATION", 0.9, "x")], policy=policy, fields=fields)
    assert [(r.start, r.end, r.field, r.action) for r in found] == [
        (0, 8, "author", "pseudonymise"),
        (9, 17, "body", "keep"),
    ]


def test_resolve_text_outside_every_block_is_body_text(policy: Policy) -> None:
    text = "abc Anna def"
    fields = Fields((Block(0, 3, "title"), Block(9, 12, "title")))
    found = resolve(text, [S(4, 8, "PERSON", 0.9, "x")], policy=policy, fields=fields)
    assert [(r.start, r.end, r.field) for r in found] == [(4, 8, "body")]


def test_resolve_form_of_address_is_left_out_of_the_name(policy: Policy) -> None:
    text = "Dr. Anna Novak"
    found = _run(policy, S(0, 14, "PERSON", 0.9, "x"), S(0, 3, "TITLE", 0.9, "x"), text=text)
    assert [(r.start, r.end, r.entity) for r in found] == [(0, 3, "TITLE"), (4, 14, "PERSON")]


def test_resolve_kept_type_around_a_stricter_one_covers_nothing() -> None:
    policy = parse_policy(
        "format: 1\nname: t\nlanguage: en\ndefault_action: drop\nrules:\n"
        "  - {entity: PERSON, action: keep, reason: r}\n"
    )
    found = _run(policy, S(0, 21, "PERSON", 0.99, "x"), S(2, 5, "US_SSN", 1.0, "x"))
    assert [(r.start, r.end, r.action) for r in found] == [(2, 5, "drop")]


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("47 years old", "AGE", "47"),
        ("93-year-old", "AGE", "93"),
        ("47 yrs", "AGE", "47"),
        ("8 months", "AGE", "8 months"),
        ("forty-seven", "AGE", "forty-seven"),
        ("MRN: 2044178", "ID_NUMBER", "2044178"),
        ("Case No. C-204", "ID_NUMBER", "C-204"),
        ("No reference", "ID_NUMBER", "No reference"),
        ("AB 12 34 56", "ID_NUMBER", "AB 12 34 56"),
        ("case 47 years", "PERSON", "case 47 years"),
    ],
)
def test_resolve_unit_of_an_age_and_label_of_a_number_are_left_out(
    policy: Policy, text: str, entity: str, value: str
) -> None:
    (found,) = _run(policy, S(0, len(text), entity, 0.9, "ner"), text=text)
    assert text[found.start : found.end] == value


def test_resolve_of_two_kept_types_the_more_specific_names_the_span() -> None:
    keeping = parse_policy("format: 1\nname: mine\nrules:\n  - {group: REFERENCE, action: keep}\n")
    spans = (S(0, 9, "ID_NUMBER", 0.95, "ner"), S(0, 9, "UUID", 0.8, "uuid"))
    assert [item.entity for item in _run(keeping, *spans)] == ["UUID"]
