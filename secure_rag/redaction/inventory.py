"""What really runs here: every recognizer with the entity it finds, its source and its needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from secure_rag.errors import ArtifactError
from secure_rag.policy.entities import ENTITIES
from secure_rag.policy.model import Policy
from secure_rag.policy.recognizers import Recognizer
from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.spans import Detector

if TYPE_CHECKING:
    from secure_rag.runtime.manifest import Models

OWN: Final = "own"
PRESIDIO: Final = "presidio"
POLICY: Final = "policy"
MODEL: Final = "model"

_SHOWN_WORDS: Final = 3
_WITHOUT_TABLE: Final = {
    "addresses": (
        ("STREET_ADDRESS", "street_address"),
        ("STREET_ADDRESS", "street_without_number"),
        ("LOCATION", "street_address"),
        ("POSTCODE", "street_address"),
    ),
}
"""What detectors find that are no list of patterns, by their name."""


@dataclass(frozen=True)
class Running:
    """One recognizer that looks for an entity."""

    entity: str
    name: str
    source: str
    """`own`, `presidio`, `policy` or `model`."""
    needs: str
    """What a match needs beside its form, in words."""


def inventory(policy: Policy | None, models: Models) -> dict[str, list[Running]]:
    """Return the recognizers of every entity, those of `policy` first."""
    from secure_rag.redaction.setup import pattern_detectors

    found: dict[str, dict[Running, None]] = {name: {} for name in ENTITIES}
    every = [
        *(_of_policy(one) for one in (policy.recognizers if policy else ())),
        *_of_model(models),
        *(running for detector in pattern_detectors() for running in _of_detector(detector)),
    ]
    for one in every:
        found.setdefault(one.entity, {})[one] = None
    return {name: list(running) for name, running in found.items()}


def _of_policy(one: Recognizer) -> Running:
    parts = ["list of words" if one.words else "pattern"]
    parts += ["from a Presidio file"] if one.source == "presidio" else []
    parts += [f"{one.validator} check"] if one.validator else []
    parts += [_words(one.context)] if one.only_with_context else []
    return Running(one.entity, one.name, POLICY, ", ".join(parts))


def _of_model(models: Models) -> Iterator[Running]:
    """Yield what the names model knows, or says that it is not here."""
    from secure_rag.redaction.ner import NerDetector
    from secure_rag.runtime.encoder import Encoder

    try:
        located = models.locate("ner")
        entities = NerDetector(Encoder(located), digest=located.digest).entities
    except ArtifactError as error:
        yield Running("PERSON", "ner", MODEL, f"missing: {error.message}")
        return
    for entity in entities:
        yield Running(entity, "ner", MODEL, f"names model {located.digest[:12]}")


def _of_detector(detector: Detector) -> Iterator[Running]:
    listed: Any = getattr(detector, "listed", None)
    if listed is not None:
        for entry in listed:
            name = type(entry.recognizer).__name__.strip("_")
            yield Running(entry.entity, name, PRESIDIO, _needs(entry, "needs_context"))
        return
    for entity, name in getattr(detector, "names", ()):
        yield Running(entity, name, OWN, "list of words")
    for one in getattr(detector, "patterns", ()):
        yield Running(one.entity, one.name, OWN, _needs(one, "only_with_context"))
    for entity, name in _WITHOUT_TABLE.get(detector.name, ()):
        yield Running(entity, name, OWN, "pattern")


def _needs(one: Any, flag: str) -> str:
    """Say what a match of a pattern needs beside its form."""
    parts = ["pattern"]
    if getattr(one, "check", None) is not None:
        parts.append("check")
    context = getattr(one, "context", None)
    if getattr(one, flag, False):
        words = context.words if isinstance(context, ContextWords) else ()
        parts.append(_words(words) if words else "a word beside it")
    elif getattr(one, "before", None) is not None:
        parts.append("a word before it")
    return ", ".join(parts)


def _words(words: tuple[str, ...]) -> str:
    shown = ", ".join(words[:_SHOWN_WORDS])
    return f"a word beside it ({shown}{', …' if len(words) > _SHOWN_WORDS else ''})"
