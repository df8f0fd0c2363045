"""Digests and the self-check."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from secure_rag.errors import ArtifactError, ModelMissingError
from secure_rag.policy.loader import load_policy, parse_policy
from secure_rag.policy.model import Policy
from secure_rag.redaction import setup
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.redaction.spans import Detector, Span
from secure_rag.runtime.encoder import Encoder
from secure_rag.runtime.manifest import LocatedModel, Models

SIGNED = {"6": "11b42048b5cf9d98"}
"""Version of redaction -> digest of what all recognizers are. A change of the recognizers needs
a new version: indexes made before must be told apart (`redaction_digest`)."""

SHOWN = {"6": "e817c06fce458f0e"}
"""Version of redaction -> digest of what is shown of `TEXTS`: the rules around the recognizers."""

TEXTS = (
    "What year did Margaret Thompson leave Meridian Freight Ltd for Lyon?",
    "Dr. Owen Kaplan (aged 54) met Ms. Adaeze Okafor on 12 March 2024; Kaplan wrote to her.",
    "Deliver it to 14 Harbour Street, Bristol BS1 4QT, within 30 days, for 1,250 euros.",
    "Call +44 20 7946 0958 or write to o.kaplan@example.org; the card is 4111 1111 1111 1111.",
    "The French partner, a Lutheran, signed for GB29 NWBK 6016 1331 9268 19 from 203.0.113.7.",
    "KAPLAN, OWEN | born 1970-01-31 | passport no. 925665416",
    "Who told the board of Northwind in May?",
    "The password of Okafor's brother is Tr0ub4dor&3, said O\u200bkafor.",
    "No <PERSON_1-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq\n"
    "-----END RSA PRIVATE KEY-----2> is here.",
    "Mr Okafor objected. Mrs Okafor agreed.",
)

MASKING = """
format: 1
name: masking
language: en
default_action: pseudonymise
rules:
  - {entity: PERSON, action: mask, keep_last: 4, reason: r}
"""
FURTHER = (
    (MASKING, "Mr Hall met Margaret Thompson."),
    ("default", "Patients aged 89-95 were seen; the boy is 18 months old, his father 47."),
    ("default", "Born 31/12/47, admitted 12 March 24."),
    ("default", "She was admitted last month; what is left is carried over to next year."),
    ("hipaa-safe-harbor", "Patients aged 89-95 were seen; the youngest was 47 years old."),
)
"""What is shown under other policies than `strict`: a policy's name or text, and a text."""


class _Blind:
    name = "blind"
    is_costly = False

    def find(self, text: str) -> list[Span]:
        return []

    def signature(self) -> str:
        return ""


def test_self_check_detector_that_misses_its_canary_stops_the_program() -> None:
    with pytest.raises(ArtifactError) as refused:
        setup.self_check(_Blind(), "Anna Novak", frozenset({"PERSON"}))
    assert refused.value.code == "redaction.self_check"
    assert "Novak" not in str(refused.value)


def test_signatures_changed_recognizers_need_a_new_version(
    patterns: tuple[Detector, ...],
) -> None:
    joined = "\n".join(detector.signature() for detector in patterns)
    assert hashlib.sha256(joined.encode()).hexdigest()[:16] == SIGNED[setup.REDACTION_VERSION]


def test_shown_texts_changed_rules_need_a_new_version() -> None:
    strict = setup.build_redactor(load_policy("strict"), Models())
    shown = [_shown(strict, text) for text in TEXTS]
    for policy, text in FURTHER:
        other = parse_policy(policy) if "\n" in policy else load_policy(policy)
        shown.append(_shown(strict.under(other), text))
    assert not any(name in text for text in shown for name in ("Kaplan", "KAPLAN", "Thompson"))
    digest = hashlib.sha256("\n".join(shown).encode()).hexdigest()[:16]
    assert digest == SHOWN[setup.REDACTION_VERSION]


def _shown(redactor: Redactor, text: str) -> str:
    return redactor.redact_text(text, pseudonyms=LookupPseudonyms(None)).text


def test_digest_of_another_policy_or_model_differs(policy: Policy) -> None:
    other = parse_policy(
        "format: 1\nname: other\nlanguage: en\ndefault_action: drop\nrules:\n"
        "  - {entity: PERSON, action: drop, reason: r}\n"
    )
    digests = {
        setup.digest_of(policy, "a"),
        setup.digest_of(policy, "b"),
        setup.digest_of(other, "a"),
    }
    assert len(digests) == 3
    assert setup.digest_of(policy, "a") in digests


class _NoModels(Models):
    def locate(self, role: str, name: str | None = None) -> LocatedModel:
        raise ModelMissingError(f"no model for {role}")


def test_build_redactor_without_the_names_model_is_refused(policy: Policy) -> None:
    with pytest.raises(ModelMissingError) as refused:
        setup.build_redactor(policy, _NoModels())
    assert refused.value.exit_code == 5


def test_build_redactor_whose_names_model_fails_to_load_elsewhere_is_refused(
    policy: Policy,
) -> None:
    with ThreadPoolExecutor(1) as loader:
        names = loader.submit(setup.load_names_model, _NoModels())
        with pytest.raises(ModelMissingError):
            setup.build_redactor(policy, Models(), names=names.result)


def test_build_redactor_takes_the_names_model_that_is_given_and_checks_it(policy: Policy) -> None:
    class Blind(Encoder):
        def run(self, *arguments: Any, **named: Any) -> list[Any]:
            outside = 50 * np.eye(len(self.config["id2label"]), dtype=np.float32)[0]
            return [np.tile(outside, (len(one), 1)) for one in super().run(*arguments, **named)]

    encoder = Blind(Models().locate("ner"))
    assert encoder.config["id2label"]["0"] == "O"
    with pytest.raises(ArtifactError) as refused:
        setup.build_redactor(policy, _NoModels(), names=lambda: encoder)
    assert refused.value.code == "redaction.self_check"


def test_build_redactor_with_the_names_model_finds_names(policy: Policy) -> None:
    redactor = setup.build_redactor(policy, Models())
    assert redactor.redaction_digest == setup.redaction_digest(policy, Models())
    text = "Please ask Margaret Thompson; Thompson knows."
    shown = redactor.redact_text(text, pseudonyms=LookupPseudonyms(None)).text
    assert shown == "Please ask <PERSON_1>; <PERSON_1> knows."
