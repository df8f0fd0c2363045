"""What decided a finding, what lost, and which words raised a score."""

from __future__ import annotations

from secure_rag.policy.loader import parse_policy
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.explain import Explanation, explain
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.redaction.spans import Span
from secure_rag.values import Block

POLICY = """\
format: 1
name: mine
rules:
  - {entity: ORGANIZATION, action: keep, fields: [body]}
  - {entity: PERSON, action: drop, threshold: 0.5}
"""


class Numbers:
    """Finds digits as an id, more surely beside the word `case`, and words from a table."""

    name = "patterns"
    is_costly = False

    def find(self, text: str) -> list[Span]:
        found = []
        start = text.find("4711")
        if start >= 0:
            is_near = "case" in text[max(0, start - 20) : start]
            found.append(Span(start, start + 4, "ID_NUMBER", 0.75 if is_near else 0.4, "digits"))
            found.append(Span(start, start + 4, "LONG_NUMBER", 0.4, "long"))
        for word, entity, score in (("Anna", "PERSON", 0.9), ("May", "PERSON", 0.3),
                                    ("Acme", "ORGANIZATION", 0.8)):  # fmt: skip
            if (at := text.find(word)) >= 0:
                found.append(Span(at, at + len(word), entity, score, "words"))
        return found

    def signature(self) -> str:
        return "numbers"


def explained(text: str, field: str = "body") -> Explanation:
    redactor = Redactor(parse_policy(POLICY), [Numbers()], redaction_digest="")
    blocks = (Block(0, len(text), field),)
    return explain(redactor, redactor, text, blocks, pseudonyms=LookupPseudonyms(None))


def test_explain_finding_has_rule_threshold_and_result() -> None:
    person, organization = explained("Anna of Acme").findings
    assert (person.rule.id, person.rule.line, person.threshold, person.result) == (
        "person", 5, 0.5, "",
    )  # fmt: skip
    assert (organization.finding.action, organization.result) == ("keep", "Acme")


def test_explain_rule_is_that_of_the_field() -> None:
    (organization,) = explained("Acme", field="author").findings
    assert (organization.rule.id, organization.field) == ("default", "author")
    assert organization.result == "<ORGANIZATION_1>"


def test_explain_context_is_the_word_without_which_the_score_falls() -> None:
    text = "in our case no. 4711 today"
    (number,) = explained(text).findings
    assert [text[start:end] for start, end in number.context] == ["case"]
    (bare,) = explained("the number 4711 today").findings
    assert bare.context == ()


def test_explain_candidates_say_why_they_lost() -> None:
    explanation = explained("case 4711 in May")
    (number,) = explanation.findings
    assert [(one.span.entity, one.why) for one in number.candidates] == [
        ("LONG_NUMBER", "ID_NUMBER is more specific, or its action stricter")
    ]
    assert [(one.span.entity, one.why) for one in explanation.dropped] == [
        ("PERSON", "below the threshold 0.50")
    ]


def test_explain_repr_holds_no_text() -> None:
    assert "Anna" not in repr(explained("Anna of Acme"))


def test_replay_decides_by_given_claims_alone() -> None:
    redactor = Redactor(parse_policy(POLICY), [Numbers()], redaction_digest="")
    text = "Anna of Acme"
    blocks = (Block(0, len(text), "body"),)
    claims = redactor.find(text)
    whole = redactor.replay(text, blocks, claims, pseudonyms=LookupPseudonyms(None))
    assert whole.text == redactor.redact_text(text, pseudonyms=LookupPseudonyms(None)).text
    part = redactor.replay(text, blocks, claims[1:], pseudonyms=LookupPseudonyms(None))
    assert part.text == text
    other = parse_policy(POLICY.replace("drop, threshold", "mask, threshold"))
    changed = redactor.under(other).replay(text, blocks, claims, pseudonyms=LookupPseudonyms(None))
    assert changed.text == "**** of Acme"
