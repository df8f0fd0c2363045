"""Context, allow lists, scopes, gate and quarantine of a policy, in the redactor."""

from __future__ import annotations

import re

import pytest

from secure_rag.errors import DocumentError, ResidualFindingError
from secure_rag.policy.loader import parse_policy
from secure_rag.policy.model import Scope
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.redaction.spans import Span
from secure_rag.values import Block, RawDocument

POLICY = """
format: 1
name: test
gate: {refuse: [PERSON]}
quarantine: {flags: [macros], entities: [SECRET_PRIVATE_KEY]}
recognizers:
  - {name: towns, entity: LOCATION, allow_list: [London, New York]}
rules:
  - {entity: DATE_TIME, action: drop, context: [born, date of birth]}
  - {entity: DATE_TIME, action: keep, fields: [body]}
  - {entity: ORGANIZATION, action: keep, collections: [sales]}
  - {entity: AGE, action: keep, labels: [public]}
"""
WORDS = {
    "14 March 1985": "DATE_TIME",
    "Acme Ltd": "ORGANIZATION",
    "47": "AGE",
    "London": "LOCATION",
    "LONDON": "LOCATION",
    "London Bridge": "LOCATION",
    "new york": "LOCATION",
    "KEY": "SECRET_PRIVATE_KEY",
}
UNENDING = "Alpha went with Bravo, met Charlie, saw Delta, found Echo and lost Foxtrot."


class Words:
    """Finds given words; those of `stubborn` again wherever they were replaced."""

    name = "ner"
    is_costly = False

    def __init__(self, stubborn: str | None = None) -> None:
        self._stubborn = stubborn
        self._texts = 0

    def find(self, text: str) -> list[Span]:
        self._texts += 1
        spans = [
            Span(start, start + len(word), entity, 0.9, "ner")
            for word, entity in WORDS.items()
            if (start := text.find(word)) >= 0
        ]
        if self._stubborn is not None:  # one more word each time: it never ends
            word = re.findall(r"[A-Z][a-z]+", UNENDING)[self._texts - 1]
            start = text.index(word)
            spans.append(Span(start, start + len(word), self._stubborn, 0.9, "ner"))
        return spans

    def signature(self) -> str:
        return "words"


def redactor(scope: Scope | None = None, stubborn: str | None = None) -> Redactor:
    policy = parse_policy(POLICY).for_scope(scope or Scope())
    return Redactor(policy, [Words(stubborn)], redaction_digest="0" * 64)


def redacted(text: str, scope: Scope | None = None, field: str = "body") -> str:
    return redactor(scope).redact_text(text, pseudonyms=LookupPseudonyms(None), field=field).text


def raw(text: str, *flags: str) -> RawDocument:
    return RawDocument("text/plain", text, (Block(0, len(text), "body"),), flags)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He was born on 14 March 1985.", "He was born on ."),
        ("Date of birth: 14 March 1985", "Date of birth: "),
        ("Signed on 14 March 1985.", "Signed on 14 March 1985."),
    ],
)
def test_rule_with_context_decides_beside_its_words(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in London now", "in London now"),
        ("in LONDON now", "in LONDON now"),
        ("in new york now", "in new york now"),
        ("at London Bridge now", "at <LOCATION_1> now"),
    ],
)
def test_allow_list_takes_whole_findings_in_any_case(text: str, expected: str) -> None:
    assert redacted(text) == expected


def test_rules_of_a_collection_or_label_hold_there_only() -> None:
    text = "Acme Ltd, aged 47"
    assert redacted(text) == "<ORGANIZATION_1>, aged <AGE_1>"
    assert redacted(text, Scope("sales")) == "Acme Ltd, aged <AGE_1>"
    assert redacted(text, Scope("sales", ("public",))) == text


def ingest(document: RawDocument, stubborn: str | None = None) -> None:
    redactor(stubborn=stubborn).redact_document(
        document, document_id="0" * 10, pseudonyms=LookupPseudonyms(None)
    )


@pytest.mark.parametrize("document", [raw("Hello", "macros"), raw("The KEY is here")])
def test_quarantine_puts_named_documents_aside(document: RawDocument) -> None:
    with pytest.raises(DocumentError) as refused:
        ingest(document)
    assert refused.value.code == "document.policy"


def test_quarantine_leaves_other_documents_alone() -> None:
    ingest(raw("Hello", "images"))


def test_gate_refuses_what_the_policy_names_only() -> None:
    with pytest.raises(ResidualFindingError):
        ingest(raw(UNENDING), stubborn="PERSON")
    ingest(raw(UNENDING), stubborn="ORGANIZATION")
