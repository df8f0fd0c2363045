"""Build a redactor: detectors, names model, and a self-check before first use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from secure_rag.documents.formats import READING_VERSION
from secure_rag.errors import ArtifactError
from secure_rag.policy.entities import ENTITIES
from secure_rag.policy.model import Policy, Scope
from secure_rag.redaction.spans import Detector

if TYPE_CHECKING:
    from secure_rag.redaction.engine import Redactor
    from secure_rag.runtime.encoder import Encoder
    from secure_rag.runtime.manifest import Models

REDACTION_VERSION: Final = "6"
"""Raised whenever recognizers, normalisation or resolution may find or replace otherwise.

Tests pin to it the signatures of the recognizers, and what is made of some texts.
"""

_EVERYWHERE: Final = Scope()
_CANARY: Final = (
    "Card 4111 1111 1111 1111, mail zelda.canary@corp.internal, born 12 March 1984 (1984-03-12), "
    "token ghp_0123456789abcdefghijklmnopqrstuvwxyzAB.\n"
)
_CANARY_ENTITIES: Final = frozenset({"CREDIT_CARD", "EMAIL_ADDRESS", "DATE_TIME", "SECRET_TOKEN"})
_NAME_CANARY: Final = "Please call Margaret Thompson and her colleague Peter Novak in London."
_NAME_ENTITIES: Final = frozenset({"PERSON"})


def build_redactor(
    policy: Policy,
    models: Models,
    *,
    scope: Scope = _EVERYWHERE,
    names: Callable[[], Encoder] | None = None,
) -> Redactor:
    """Load what a policy needs and check that it finds what it must.

    Args:
        scope: where the texts belong; rules that are limited to elsewhere do not apply.
        names: returns what `load_names_model` does, where that is under way already.

    Raises:
        ModelMissingError: the names model is not on this machine.
        DigestMismatchError: it is not the pinned one.
        ArtifactError: a detector does not find its canary (`redaction.self_check`).
    """
    from secure_rag.redaction.engine import Redactor
    from secure_rag.redaction.ner import NerDetector
    from secure_rag.redaction.policy_detectors import policy_detectors

    detectors = _checked_pattern_detectors()
    encoder = names() if names else load_names_model(models)
    lowest = {entity: policy.lowest_threshold(entity) for entity in ENTITIES}
    ner = NerDetector(encoder, digest=encoder.digest, lowest=lowest)
    self_check(ner, _NAME_CANARY, _NAME_ENTITIES)
    return Redactor(
        policy.for_scope(scope),
        [*detectors, *policy_detectors(policy), ner],
        redaction_digest=digest_of(policy, encoder.digest),
    )


def load_names_model(models: Models) -> Encoder:
    """Load the pinned names model.

    Raises:
        ModelMissingError: it is not on this machine.
        DigestMismatchError: it is not the pinned one.
    """
    from secure_rag.runtime.encoder import Encoder

    return Encoder(models.locate("ner"))


def _checked_pattern_detectors() -> tuple[Detector, ...]:
    detectors = pattern_detectors()
    for detector in detectors:
        if detector.name == "presidio":
            self_check(detector, _CANARY, _CANARY_ENTITIES - {"SECRET_TOKEN"})
        elif detector.name == "patterns":
            self_check(detector, _CANARY, frozenset({"DATE_TIME"}))
        elif detector.name == "shapes":
            self_check(detector, _CANARY, frozenset({"CREDIT_CARD", "DATE_TIME"}))
        elif detector.name == "secrets":
            self_check(detector, _CANARY, frozenset({"SECRET_TOKEN"}))
    return detectors


def pattern_detectors() -> tuple[Detector, ...]:
    """Return everything that needs no model: Presidio's listed recognizers and our own."""
    from secure_rag.redaction.presidio import PresidioDetector
    from secure_rag.redaction.recognizers.catalogue import own_detectors

    return PresidioDetector(), *own_detectors()


def redaction_digest(policy: Policy, models: Models) -> str:
    """Return the digest of policy, recognizers and names model, without loading any.

    Raises:
        ModelMissingError: the names model is not on this machine.
        DigestMismatchError: it is not the pinned one.
    """
    return digest_of(policy, models.locate("ner").digest)


def digest_of(policy: Policy, ner_digest: str) -> str:
    """Return the digest of everything that decides what is found and what becomes of it."""
    parts = (
        policy.digest,
        REDACTION_VERSION,
        READING_VERSION,
        version("presidio-analyzer"),
        version("phonenumbers"),
        ner_digest,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def self_check(detector: Detector, canary: str, expected: frozenset[str]) -> None:
    """Let a detector find invented values before it is trusted with real ones.

    Raises:
        ArtifactError: it misses one (`redaction.self_check`).
    """
    missed = expected - {span.entity for span in detector.find(canary)}
    if missed:
        raise ArtifactError(
            f"the detector {detector.name} does not find {', '.join(sorted(missed))} in its "
            "self-check",
            code="redaction.self_check",
            hint="install the locked versions again",
        )
