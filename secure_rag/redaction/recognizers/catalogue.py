"""All our pattern families, ready to run."""

from __future__ import annotations

from secure_rag.redaction.recognizers import (
    addresses,
    ages,
    codes,
    dates,
    durations,
    identifiers,
    mail,
    national_ids,
    network,
    numbers,
    organisations,
    people,
    phones,
    schedules,
    secrets,
    vehicles,
    years,
)
from secure_rag.redaction.recognizers.address_lines import AddressDetector
from secure_rag.redaction.recognizers.anchored import AnchoredDetector
from secure_rag.redaction.recognizers.broken import BrokenNumberDetector
from secure_rag.redaction.recognizers.gazetteer import GazetteerDetector
from secure_rag.redaction.recognizers.lookalikes import LookalikeDetector
from secure_rag.redaction.recognizers.other_scripts import OtherScriptDetector
from secure_rag.redaction.recognizers.secret_scan import SecretDetector
from secure_rag.redaction.recognizers.shapes import ShapeDetector
from secure_rag.redaction.recognizers.wordlists import WordListDetector
from secure_rag.redaction.spans import Detector

ANCHORED = (
    *dates.PATTERNS,
    *years.PATTERNS,
    *durations.PATTERNS,
    *schedules.PATTERNS,
    *addresses.PATTERNS,
    *identifiers.PATTERNS,
    *mail.PATTERNS,
    *network.PATTERNS,
    *people.PATTERNS,
    *organisations.PATTERNS,
)
"""Tried near the words they need."""

SHAPES = (
    *dates.SHAPES,
    *years.SHAPES,
    *ages.SHAPES,
    *addresses.SHAPES,
    *identifiers.SHAPES,
    *numbers.SHAPES,
    *phones.SHAPES,
    *national_ids.SHAPES,
    *national_ids.LABELLED,
    *vehicles.SHAPES,
    *vehicles.LABELLED,
    *network.SHAPES,
    *codes.SHAPES,
)
"""Tried at words with digits."""


def own_detectors() -> tuple[Detector, ...]:
    """Return all our detectors that need no model."""
    return (
        AnchoredDetector("patterns", ANCHORED),
        ShapeDetector("shapes", SHAPES),
        BrokenNumberDetector((*national_ids.SHAPES, *vehicles.SHAPES, *codes.SHAPES)),
        LookalikeDetector(),
        WordListDetector(),
        AddressDetector(),
        SecretDetector("secrets", secrets.PATTERNS),
        GazetteerDetector(),
        OtherScriptDetector(),
    )
