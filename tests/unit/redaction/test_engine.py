"""Whole documents through the redactor."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from secure_rag.errors import DocumentError, ResidualFindingError
from secure_rag.policy.model import Policy
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.pseudonyms import LookupPseudonyms, VaultPseudonyms
from secure_rag.redaction.spans import Span
from secure_rag.values import RawDocument
from secure_rag.vault.placeholders import (
    find_placeholders,
    is_well_formed,
    lookalikes,
    new_placeholder,
)
from secure_rag.vault.store import Vault

Make = Callable[..., Redactor]
Document = Callable[..., RawDocument]
NAMES = {"Anna Novak": "PERSON", "Acme Ltd": "ORGANIZATION"}


def _redact(redactor: Redactor, document: RawDocument):  # type: ignore[no-untyped-def]
    return redactor.redact_document(
        document, document_id="7Q2F9KX3M4", pseudonyms=LookupPseudonyms(None)
    )


def test_redact_document_every_field_is_redacted(redactor: Make, document: Document) -> None:
    raw = document(
        ("file_name", "lease_anna_novak.pdf"),
        ("title", "Lease of Anna Novak"),
        ("author", "Acme Ltd"),
        (
            "body",
            "Anna Novak rents from Acme Ltd since 12 March 2024. Novak's card is 4111111111111111.",
        ),
        ("comment", "ask a.novak@example.com, password: Winter-2024!"),
        ("link", "https://intranet.example.com/people/anovak"),
        ("hidden", "NOVAK, Anna"),
    )
    redacted = _redact(redactor(NAMES), raw)
    fields = {b.field: redacted.text[b.start : b.end] for b in redacted.blocks}
    assert fields == {
        "file_name": "lease_<PERSON_1>.pdf",
        "title": "Lease of <PERSON_1>",
        "author": "<ORGANIZATION_1>",
        "body": "<PERSON_1> rents from Acme Ltd since March 2024. <PERSON_1>'s card is "
        "************1111.",
        "comment": "ask <EMAIL_ADDRESS_1>, password: ",
        "link": "<URL_1>",
        "hidden": "<PERSON_1>",
    }
    assert redacted.path == "lease_<PERSON_1>.pdf"
    assert redacted.counts["PERSON"] == 5
    assert "ORGANIZATION" in redacted.counts
    assert redacted.document == "7Q2F9KX3M4"
    assert len(redacted.policy_digest) == 64


def test_redact_document_findings_point_into_the_input(redactor: Make, document: Document) -> None:
    raw = document(("body", "Dr Anna Novak, born 14/03/1985, of Acme Ltd"))
    redacted = _redact(redactor(NAMES), raw)
    shown = [(raw.text[f.start : f.end], f.entity, f.action) for f in redacted.findings]
    assert shown == [
        ("Dr", "TITLE", "keep"),
        ("Anna Novak", "PERSON", "pseudonymise"),
        ("14/03/1985", "DATE_TIME", "generalise"),
        ("Acme Ltd", "ORGANIZATION", "keep"),
    ]


def test_redact_document_place_becomes_its_country(redactor: Make) -> None:
    result = redactor({"Leeds": "LOCATION"}).redact_text(
        "in Leeds", pseudonyms=LookupPseudonyms(None)
    )
    assert result.text == "in United Kingdom"
    assert result.findings[0].action == "generalise"


def test_redact_document_lookalikes_are_escaped(redactor: Make, document: Document) -> None:
    raw = document(("body", "see <PERSON_7Q2F9KX3M4> and <PERSON_1> and ＜PERSON_7Q2F9KX3M4＞ x"))
    redacted = _redact(redactor(), raw)
    assert len(redacted.text) == len(raw.text)
    assert "<PERSON" not in redacted.text
    assert find_placeholders(redacted.text) == []


PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq\n-----END RSA PRIVATE KEY-----"
FORGERIES = [
    ("<{first}" + PEM + "{rest}>", ""),
    ("<{first}" + PEM + "{rest} and <{first}" + PEM + "{rest}>", ""),
    ("<{first}\u200b" + PEM + "{rest}>", ""),
    ("\uff1c{first}" + PEM + "{rest}\uff1e", ""),
    ("<PERSON_" + PEM + "1>", ""),
    ("<PERSON_" + PEM + "Anna Novak>", "Anna Novak"),
    ("<PERSON_4" + PEM + ">", ""),
    ("<PERSON-03/04/2023>" + PEM, ""),
]


@pytest.mark.parametrize(("shape", "name"), FORGERIES, ids=range(len(FORGERIES)))
def test_redact_dropped_secret_does_not_join_the_halves_of_a_placeholder(
    redactor: Make, document: Document, shape: str, name: str
) -> None:
    issued = "<PERSON_KRVFKTMJH5>"
    assert is_well_formed(issued)
    text = "It was taken by " + shape.format(first=issued[1:-6], rest=issued[-6:-1]) + " who left."
    make = redactor({name: "PERSON"} if name else {})
    shown = _redact(make, document(("title", text), ("body", text))).text
    assert "MIIE" not in shown
    assert issued not in shown and find_placeholders(shown) == []
    assert [shown[a:b] for a, b in lookalikes(shown) if shown[a:b] != "<PERSON_1>"] == []
    assert ("<PERSON_1>" in shown) == bool(name)
    asked = make.redact_text(text, pseudonyms=LookupPseudonyms(None), is_issued=lambda p: True)
    assert issued not in asked.text


def test_redact_text_question_may_name_an_issued_placeholder(redactor: Make) -> None:
    issued = new_placeholder("PERSON")
    other = new_placeholder("PERSON")
    question = f"What did {issued} and {other} and Anna Novak sign?"
    make = redactor({**NAMES, issued[1:-1]: "PERSON"})
    result = make.redact_text(
        question, pseudonyms=LookupPseudonyms(None), is_issued=lambda p: p == issued
    )
    assert result.text == f"What did {issued} and [{other[1:-1]}] and <PERSON_1> sign?"
    without = make.redact_text(question, pseudonyms=LookupPseudonyms(None))
    assert issued not in without.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Mr Novak objected. Mrs Novak agreed.", "<PERSON_1> objected. <PERSON_2> agreed."),
        (
            "Mr John Smith met Mrs John Smith. Mr John Smith left.",
            "<PERSON_1> met <PERSON_2>. <PERSON_1> left.",
        ),
    ],
    ids=["surname", "full"],
)
def test_redact_text_keeps_two_people_two_as_a_document_does(
    redactor: Make, text: str, shown: str
) -> None:
    make = redactor({"Novak": "PERSON", "John Smith": "PERSON"})
    result = make.redact_text(text, pseudonyms=LookupPseudonyms(None)).text
    assert result.replace("Mrs ", "").replace("Mr ", "") == shown


def test_redact_document_another_language_is_refused(redactor: Make, document: Document) -> None:
    german = (
        "Der Vertrag ist nicht übertragbar und die Kündigung wird mit einer Frist erklärt. " * 6
    )
    with pytest.raises(DocumentError) as refused:
        _redact(redactor(), document(("body", german)))
    assert refused.value.code == "document.language"
    text = redactor().redact_text(german, pseudonyms=LookupPseudonyms(None))
    assert text.text.startswith("Der Vertrag")


@pytest.mark.parametrize(
    "error", [ValueError("Anna Novak"), RecursionError("Anna"), DocumentError("slow", code="d.x")],
    ids=["value", "recursion", "own"],
)  # fmt: skip
def test_redact_detector_error_fails_the_document(
    policy: Policy, words: Callable[..., object], document: Document, error: Exception
) -> None:
    detector = words(NAMES)
    detector.error = error  # type: ignore[attr-defined]
    redactor = Redactor(policy, [detector], redaction_digest="0")  # type: ignore[list-item]
    for redact in (
        lambda: _redact(redactor, document(("body", "Anna Novak"))),
        lambda: redactor.redact_text("Anna Novak", pseudonyms=LookupPseudonyms(None)),
    ):
        with pytest.raises(DocumentError) as failure:
            redact()
        assert failure.value.code in ("document.detector", "d.x")
        assert "Novak" not in f"{failure.value!r} {failure.value} {failure.value.__cause__!r}"
        assert failure.value.__suppress_context__ or isinstance(error, DocumentError)


class _Uncovering:
    """Sees a word only once another one before it is gone, `rounds` times over."""

    name = "ner"
    is_costly = False

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds

    def find(self, text: str) -> list[Span]:
        gone = sum(f"word{n:03}" not in text for n in range(200))
        match = re.search(f"word{gone:03}", text)
        if match is None or gone >= self.rounds:
            return []
        return [Span(*match.span(), "USERNAME", 0.9, "ner")]

    def signature(self) -> str:
        return ""


TALE = " ".join(f"word{n:03}" for n in range(200))


def test_redact_document_gate_sends_it_back_at_most_twice(
    policy: Policy, document: Document
) -> None:
    clean = _redact(
        Redactor(policy, [_Uncovering(3)], redaction_digest="0"), document(("body", TALE))
    )
    assert clean.counts == {"USERNAME": 3}
    with pytest.raises(ResidualFindingError) as refused:
        _redact(Redactor(policy, [_Uncovering(9)], redaction_digest="0"), document(("body", TALE)))
    assert "word" not in str(refused.value)


def test_redact_text_second_look_adds_and_never_refuses(policy: Policy) -> None:
    redactor = Redactor(policy, [_Uncovering(9)], redaction_digest="0")
    result = redactor.redact_text(TALE, pseudonyms=LookupPseudonyms(None))
    assert len(result.findings) == 4


def test_redact_document_that_fails_leaves_nothing_in_the_vault(
    policy: Policy, document: Document, tmp_path: Path
) -> None:
    key_file = tmp_path / "k" / "vault.key"
    key_file.parent.mkdir(mode=0o700)
    Vault.create(tmp_path / "vault", vault_id="0" * 32, key_file=key_file)
    domain = Vault.open(tmp_path / "vault", key_file=key_file).domain("default")
    with pytest.raises(ResidualFindingError):
        Redactor(policy, [_Uncovering(9)], redaction_digest="0").redact_document(
            document(("body", TALE)), document_id="x", pseudonyms=VaultPseudonyms(domain)
        )
    assert domain.lookup("USERNAME", "word000") == ()


def test_redact_document_twice_gives_the_same(
    redactor: Make, document: Document, tmp_path: Path
) -> None:
    key_file = tmp_path / "k" / "vault.key"
    key_file.parent.mkdir(mode=0o700)
    Vault.create(tmp_path / "vault", vault_id="0" * 32, key_file=key_file)
    domain = Vault.open(tmp_path / "vault", key_file=key_file).domain("default")
    raw = document(
        ("file_name", "anna_novak.txt"),
        ("body", "Anna Novak, A. Novak, +44 20 7946 0958, 12 March 2024 and C-1234 by 10.0.0.1"),
    )
    results = [
        redactor(NAMES).redact_document(raw, document_id="x", pseudonyms=VaultPseudonyms(domain))
        for _ in range(2)
    ]
    assert results[0] == results[1]
    assert len(find_placeholders(results[0].text)) >= 4


def test_residual_redacted_text_is_clean_and_raw_text_is_not(redactor: Make) -> None:
    gate = redactor(NAMES)
    coarse = "<PERSON_7Q2F9KX3M4>, 30-39 years old, paid Acme Ltd in March 2024, card ****1111"
    assert gate.residual(coarse) == ()
    assert [f.entity for f in gate.residual("paid on 14 March 2024")] == ["DATE_TIME"]
    found = gate.residual("it was Anna Novak")
    assert [(f.entity, f.start, f.end) for f in found] == [("PERSON", 7, 17)]


def test_redact_values_hide_their_text(redactor: Make, document: Document) -> None:
    raw = document(("body", "Anna Novak of 14 Orchard Lane"))
    redacted = _redact(redactor(NAMES), raw)
    for value in (raw, redacted, redacted.findings):
        assert "Novak" not in repr(value)
        assert "Orchard" not in repr(value)


def test_redact_text_without_findings_is_unchanged(redactor: Make) -> None:
    result = redactor().redact_text("Nothing to see here.", pseudonyms=LookupPseudonyms(None))
    assert (result.text, result.findings) == ("Nothing to see here.", ())
    assert redactor().redact_text("", pseudonyms=LookupPseudonyms(None)).text == ""
