"""All our recognizers together: names, entities, hostile texts; and the oldest case table."""

from __future__ import annotations

import time

import pytest

from secure_rag.policy.entities import ENTITIES
from secure_rag.redaction.recognizers import catalogue, mail
from secure_rag.redaction.recognizers.anchored import AnchoredDetector
from secure_rag.redaction.recognizers.catalogue import own_detectors
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern
from tests.conftest import run_python
from tests.unit.redaction.marked import check

CASES = [
    ("write to ⟦root@localhost⟧ now", "EMAIL_ADDRESS"),
    ("anna ⟦anna.novak [at] example [dot] com⟧", "EMAIL_ADDRESS"),
    ("at ⟦anna.novak@\nexample.com⟧ or", "EMAIL_ADDRESS"),
    ("> at ⟦anna.novak\n> @example.com⟧ or", "EMAIL_ADDRESS"),
    ("sold 5 @ 3 each", "!"),
    ("meet @\nnoon. Then", "!"),
]


@pytest.mark.parametrize(("marked", "entity"), CASES, ids=range(len(CASES)))
def test_mail_finds_the_marked_value_and_nothing_else(marked: str, entity: str) -> None:
    check([AnchoredDetector("mail", mail.PATTERNS)], marked, entity)


def test_catalogue_names_are_unique_and_entities_known() -> None:
    patterns = [one for detector in own_detectors() for one in getattr(detector, "patterns", ())]
    assert len({pattern.name for pattern in patterns}) == len(patterns)
    assert {pattern.entity for pattern in patterns} <= set(ENTITIES)
    assert {pattern.entity for pattern in patterns if pattern.entity.startswith("SECRET_")} == {
        name for name in ENTITIES if name.startswith("SECRET_")
    }


LAZY = [
    (pattern.name, regex)
    for pattern in (*catalogue.ANCHORED, *catalogue.SHAPES, *catalogue.secrets.PATTERNS)
    for regex in (
        pattern.expression,
        getattr(pattern, "before", None),
        getattr(pattern, "lead", None),
    )
    if regex is not None
]


def test_every_expression_compiles_to_the_flags_that_its_signature_names() -> None:
    """What is compiled late must not fail late: a document would be quarantined for it."""
    assert len(LAZY) > 300
    for name, lazy in LAZY:
        assert isinstance(lazy, LazyRegex), name
        assert (lazy.compiled.pattern, lazy.compiled.flags) == (lazy.pattern, lazy.flags), name


def test_text_compiles_only_the_expressions_that_it_may_meet() -> None:
    """In a process of its own: other tests have met nearly all of them."""
    count = (
        "from secure_rag.redaction.recognizers import catalogue as c\n"
        "detectors = c.own_detectors()\n"
        "def compiled():\n"
        "    every = (*c.ANCHORED, *c.SHAPES, *c.secrets.PATTERNS)\n"
        "    return sum('compiled' in vars(one.expression) for one in every)\n"
        "for text in ('', 'How long are tickets kept?', 'token ghp_' + 36 * 'a'):\n"
        "    [detector.find(text) for detector in detectors]\n"
        "    print(compiled())\n"
    )
    done = run_python(count)
    made, after_question, after_token = map(int, done.split())
    assert made == 0 and after_question < 5 and 0 < after_token < 20


def test_signatures_of_detectors_differ_and_are_stable() -> None:
    first = [detector.signature() for detector in own_detectors()]
    assert first == [detector.signature() for detector in own_detectors()]
    assert len(set(first)) == len(first)


HOSTILE = [
    "a" * 4000, "1" * 4000, " " * 4000, "1 " * 2000, "A." * 2000, "a@" * 2000, "a." * 2000,
    "key=" * 1000, "Mr A " * 800, "12 Aaa Bbb " * 360, "Name: Aa Bb " * 330, "a://" * 1000,
    "server=;" * 500, "ey." * 1300, "van de " * 570, "0044 " * 800, "A1B2 " * 800, "A1" * 2000,
    "-----BEGIN PRIVATE KEY-----" * 140, "password: " * 400, "a-" * 2000, "A'" * 2000,
    "Court of " * 450, "1 May " * 660, "Ltd " * 1000, "Aa Ltd " * 570, "one year " * 440,
    "12\n34\n" * 660, "Apt. 1\n" * 570, "Via Roma " * 440, "Anna, the nurse " * 250,
    "the applicant, " * 260, "corner of A and " * 250, "no. 1/2 " * 500, "New " * 1000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_patterns_hostile_window_is_read_in_bounded_time(text: str) -> None:
    started = time.process_time()
    for detector in own_detectors():
        detector.find(text)
    assert time.process_time() - started < 2


LONG = ["A", "1", "Aa ", "1 ", "1-", "aa.", "12 Aa ", "May 1 ", "Mr Aa ", "No. 1/", "\n1", "Aa, "]


@pytest.mark.parametrize("unit", LONG, ids=range(len(LONG)))
def test_patterns_hundred_kilobytes_of_one_pattern_are_read_in_bounded_time(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    started = time.process_time()
    for detector in own_detectors():
        detector.find(text)
    # one that backtracks would need hours; the slowest of these takes a few seconds
    assert time.process_time() - started < 30


def test_pattern_names_no_value_in_its_repr() -> None:
    pattern: Pattern = mail.PATTERNS[0]
    assert "mail" in repr(pattern)
