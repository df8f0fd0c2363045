"""All our pattern families, ready to run."""

from __future__ import annotations

from secure_rag.redaction.recognizers import (
    addresses,
    ages,
    dates,
    identifiers,
    mail,
    numbers,
    people,
    secret_tokens,
    secrets,
)
from secure_rag.redaction.recognizers.pattern import PatternDetector


def own_detectors() -> tuple[PatternDetector, ...]:
    """Return one detector for what fits a window and one for what may be longer."""
    windowed = (
        *dates.PATTERNS,
        *ages.PATTERNS,
        *addresses.PATTERNS,
        *identifiers.PATTERNS,
        *numbers.PATTERNS,
        *mail.PATTERNS,
        *people.PATTERNS,
        *secret_tokens.PATTERNS,
        *secrets.PATTERNS,
    )
    return (
        PatternDetector("patterns", windowed),
        PatternDetector("blocks", secrets.DOCUMENT_PATTERNS, is_windowed=False),
    )
