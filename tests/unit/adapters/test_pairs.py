"""Two texts of a pair: what is replaced in one is replaced in the other, and JSON stays JSON."""

from __future__ import annotations

import json
import re

import pytest

from secure_rag.adapters.pairs import redacted_pair, redacted_quote
from secure_rag.redaction.engine import RedactedText
from secure_rag.redaction.offsets import Edit, OffsetMap


def redact_by(pattern: str):  # type: ignore[no-untyped-def]
    """Return a redactor that replaces what a pattern finds by `<X>`, or by a group's name."""

    def redact(text: str) -> RedactedText:
        edits, made, last = [], "", 0
        for found in re.finditer(pattern, text):
            made += text[last : found.start()]
            new = f"<{found.lastgroup or 'X'}>"
            edits.append(Edit(found.start(), found.end(), len(made), len(made) + len(new)))
            made += new
            last = found.end()
        return RedactedText(made + text[last:], (), OffsetMap(tuple(edits)))

    return redact


def test_what_is_found_in_one_text_is_replaced_in_both() -> None:
    # the context gives it away in one text only
    redact = redact_by(r"(?<=Dear )Rosa|(?<=by )Nia")
    assert redacted_pair("Dear Rosa, Nia calls", "Rosa: called by Nia", redact) == [
        "Dear <X>, <X> calls",
        "<X>: called by <X>",
    ]


def test_a_word_that_only_begins_alike_is_left() -> None:
    redact = redact_by(r"(?<=Dear )Rosa")
    assert redacted_pair("Dear Rosa", "Rosalind and Rosa", redact)[1] == "Rosalind and <X>"


def test_spans_that_overlap_leave_nothing_of_either() -> None:
    redact = redact_by(r"(?P<A>(?<=Dear )Rosa Lind)|(?P<B>Lind Holm)")
    asked, said = redacted_pair("Dear Rosa Lind", "Rosa Lind Holm wrote", redact)
    assert asked == "Dear <A>" and said == "<B> wrote"


@pytest.mark.parametrize(
    ("asked", "said", "pattern", "expected"),
    [
        # a bare word in JSON looks like something else than in its sentence
        ("the cook came", {"who": "cook"}, r'(?<=")cook|^cook$', {"who": "cook"}),
        ("order 5561-2 came", {"no": "5561-2"}, r"(?<=order )[\d-]+", {"no": "<X>"}),
        ("it is 1,249.05 bar", {"v": 1249.05}, r"\.05", {"v": "1,249<X>"}),
        ("it is 1,249.05 bar", {"v": 1249.05}, r"^1249", {"v": 1249.05}),
        ("on 24 May, 24 pieces", {"n": 24}, r"24(?= May)", {"n": 24}),
        ("call 555123", {"n": 555123}, r"555123", {"n": "<X>"}),
        ("two dozen", {"n": 24}, r"^24$", {"n": "<X>"}),
        ("nobody", {"who": "Rosa", "of": None, "ok": True}, "Rosa",
         {"who": "<X>", "of": None, "ok": True}),
        ("Rosa and Nia", {"people": ["Rosa", "Nia"]}, "Rosa", {"people": ["<X>", "Nia"]}),
        ("Rosa pays", {"Rosa": 1}, "Rosa", {"<X>": 1}),
        ("", {"who": ""}, "x", {"who": ""}),
    ],
)  # fmt: skip
def test_values_of_an_object_have_the_fate_that_they_have_in_the_text(
    asked: str, said: dict[str, object], pattern: str, expected: dict[str, object]
) -> None:
    _, answer = redacted_pair(asked, json.dumps(said), redact_by(pattern))
    assert json.loads(answer) == expected


def test_nothing_to_redact_leaves_both_as_they_are() -> None:
    redact = redact_by("Rosa")
    assert redacted_pair("It rains.", '{"wet": "yes"}', redact) == ["It rains.", '{"wet": "yes"}']
    assert redacted_pair("It rains.", "[not JSON", redact) == ["It rains.", "[not JSON"]


def test_quote_is_what_redaction_left_of_its_place_in_the_evidence() -> None:
    # by itself the family name is not found; it is part of what is replaced in its sentence
    redact = redact_by(r"Rosa Lindholm")
    evidence = ["Nothing here.", "The lease of Rosa Lindholm ends in May."]
    assert redacted_quote(evidence, "Whose lease?", "Lindholm", "Lindholm", redact) == [
        "Nothing here.", "The lease of <X> ends in May.", "Whose lease?", "<X>", "<X>"
    ]  # fmt: skip
    assert redacted_quote(evidence, "When?", "In spring.", "ends in May", redact) == [
        "Nothing here.", "The lease of <X> ends in May.", "When?", "In spring.", "ends in May"
    ]  # fmt: skip


def test_quote_that_stands_in_no_evidence_is_none() -> None:
    redact = redact_by(r"Rosa Lindholm")
    assert redacted_quote(["A lease."], "When?", "in June", "in June", redact) is None
    assert redacted_quote(["A lease."], "When?", "", "", redact) == ["A lease.", "When?", "", ""]
