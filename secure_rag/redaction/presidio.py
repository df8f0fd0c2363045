"""Presidio's recognizers from an explicit list, made strict.

Neither its engine nor its loop over matches is used (docs/adr: windows): patterns,
scores and checks of the recognizers run on bounded windows, only where they can match,
without tokens; context words, thresholds and overlaps are ours. A regular expression
that runs out of time raises here, where Presidio would skip it.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import regex

from secure_rag.errors import DocumentError
from secure_rag.redaction import presidio_parts as known
from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.phones import PhoneScanner
from secure_rag.redaction.presidio_parts import EntityRecognizer, Pattern, RecognizerResult
from secure_rag.redaction.scan import TIMEOUT_S, Match, Scanner, Views
from secure_rag.redaction.spans import Detector, Span
from secure_rag.redaction.windows import find_in_windows

PHONE_REGIONS: Final = ("US", "GB", "IE", "AU", "IN", "DE", "FR")
"""Regions whose national formats are known; international numbers need none."""


def _warns(record: logging.LogRecord) -> bool:
    """Hold for records that Presidio would log even so, if it set levels later."""
    return record.levelno >= logging.WARNING


for _name in ("presidio-analyzer", "decision_process", "presidio-anonymizer"):
    # Presidio logs tokens and context words below this level.
    _logger = logging.getLogger(_name)
    _logger.setLevel(logging.WARNING)
    _logger.addFilter(_warns)
    _logger.addHandler(logging.NullHandler())


class _StrictLogger:
    """Stands in for Presidio's logger where its only warning means a skipped pattern."""

    def debug(self, *_: object, **__: object) -> None:
        """Say nothing: the message may quote text."""

    info = debug

    def warning(self, *_: object, **__: object) -> None:
        raise DocumentError("a recognizer ran out of time", code="document.detector")


for _module in known.MATCHERS:
    vars(_module)["REGEX_TIMEOUT_SECONDS"] = TIMEOUT_S
    vars(_module)["logger"] = _StrictLogger()

_suffixes: Final = known.tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
"""The public-suffix list that came with the package: never fetched, never cached on disk."""
_NO_SESSION: Final[Any] = object()
"""Given in the place of an HTTP session, so that none is made for no addresses to fetch."""

_FILE_SUFFIXES: Final = frozenset(
    "app bat cab cc com cpp doc fm gz htm java md mm mov mp ph pl pm ps pub py rs sc sh so st zip "
    "js ts cs vb tf ml in id me is it at be do to as no so".split()
)
"""Domain endings that are more often a file's suffix or an English word."""


@lru_cache(maxsize=1024)
def _suffix_of(domain: str) -> tuple[str, bool]:
    """Return the public suffix of a domain, and whether anything stands before it."""
    found = _suffixes.extract_str(domain, session=_NO_SESSION)
    return found.suffix, bool(found.domain)


class _Email(known.EmailRecognizer):
    """Mail addresses; an ending that is no public suffix only scores less."""

    def validate_result(self, pattern_text: str) -> bool | None:
        domain = pattern_text.rpartition("@")[2]
        if domain.replace(".", "").isdigit() or domain.rpartition(".")[2].isdigit():
            return False
        return True if _suffix_of(domain)[0] else None


class _Url(known.PatternRecognizer):
    """Web addresses: with a scheme, with `www.`, or a bare domain with a public suffix.

    Not Presidio's own, whose list of domain endings takes longest of all to compile.
    """

    def __init__(self) -> None:
        super().__init__("URL", patterns=_URL_PATTERNS, context=["url", "website", "link"])

    def validate_result(self, pattern_text: str) -> bool | None:
        if "://" in pattern_text or pattern_text.lower().startswith("www."):
            return None
        domain, _, path = pattern_text.partition("/")
        suffix, has_owner = _suffix_of(domain.lower())
        if not suffix or not has_owner:
            return False
        if not path and suffix in _FILE_SUFFIXES and suffix != "com":
            return False
        # `end.It` is a missing space behind a full stop, not a domain.
        return None if domain == domain.lower() or path else False


_URL_PATTERNS: Final = [
    Pattern(
        "scheme", r"\b(?:https?|ftps?|sftp|ssh|file)://[^\s<>\"'‹›]*[^\s<>\"'‹›.,;:!?)\]}]", 0.6
    ),
    Pattern("www", r"\bwww\d{0,2}\.[^\s<>\"'‹›@]*[^\s<>\"'‹›.,;:!?)\]}@]", 0.6),
    Pattern(
        "domain",
        r"(?<![@\w.\-/])(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.){1,6}[a-z]{2,18}\b(?![@\-])"
        r"(?:/[^\s<>\"'‹›]*[^\s<>\"'‹›.,;:!?)\]}])?",
        0.5,
    ),
]
_LICENCE_PATTERNS: Final = [
    Pattern(pattern.name, pattern.regex, 0.01) for pattern in known.UsLicenseRecognizer.PATTERNS
]
_DOTTED_SHORT: Final = re.compile(r"\d{1,2}\.\d{1,2}\.\d\d")


@dataclass(frozen=True)
class Listed:
    """One of Presidio's recognizers and how far we trust it."""

    recognizer: Any
    entity: str
    view: str = "numbers"
    """The part of a window that can hold its matches (`secure_rag.redaction.scan.Views`);
    of several words each is that of one pattern."""
    needs_context: bool = False
    """A match without a supporting word is dropped: the pattern alone fits anything."""
    adjust: Callable[[str, float], float] | None = None
    """From the matched value and its score to a better score; 0 drops it."""
    extra_context: tuple[str, ...] = ()

    def scanner(self) -> Scanner:
        """Return its patterns and checks, compiled once."""
        one = self.recognizer
        views = self.view.split()
        if len(views) == 1:
            views *= len(one.patterns)
        return Scanner(
            tuple(
                (regex.compile(pattern.regex, one.global_regex_flags), float(pattern.score), view)
                for pattern, view in zip(one.patterns, views, strict=True)
            ),
            one.validate_result,
            one.invalidate_result,
            parts=isinstance(one, known.IbanRecognizer),
        )

    def context(self) -> ContextWords:
        """Return the words that support a match."""
        return ContextWords([*(self.recognizer.context or ()), *self.extra_context])


def _adjust_nhs(value: str, score: float) -> float:
    # One random ten-digit number in eleven passes the checksum, phone numbers among them.
    if "-" in value:
        return 0.3
    return 0.6 if " " not in value else score


def _adjust_phone(value: str, score: float) -> float:
    return score if any(character in "+ ()-./" for character in value) else 0.05


def _adjust_date(value: str, score: float) -> float:
    # `10.2.14` is rather a version or a section than a day.
    return 0.1 if _DOTTED_SHORT.fullmatch(value) else score


def _listed() -> tuple[Listed, ...]:
    """Return the explicit list; an upgrade of Presidio cannot lengthen it."""
    return (
        Listed(known.CreditCardRecognizer(), "CREDIT_CARD"),
        Listed(known.IbanRecognizer(), "IBAN_CODE", "whole"),
        Listed(known.CryptoRecognizer(), "CRYPTO"),
        Listed(known.DateRecognizer(), "DATE_TIME", adjust=_adjust_date),
        Listed(_Email(), "EMAIL_ADDRESS", "mails"),
        Listed(_Url(), "URL", "links"),
        Listed(known.IpRecognizer(), "IP_ADDRESS", "colons colons dots colons colons"),
        Listed(known.MacAddressRecognizer(), "MAC_ADDRESS", "hyphens dots"),
        Listed(known.UuidRecognizer(), "UUID", "whole"),
        Listed(known.MedicalLicenseRecognizer(), "MEDICAL_LICENSE"),
        Listed(known.UsBankRecognizer(), "US_BANK_NUMBER", needs_context=True),
        Listed(
            known.UsLicenseRecognizer(patterns=_LICENCE_PATTERNS),
            "US_DRIVER_LICENSE",
            needs_context=True,
        ),
        Listed(known.UsItinRecognizer(), "US_ITIN"),
        Listed(known.UsPassportRecognizer(), "US_PASSPORT", needs_context=True),
        Listed(known.UsSsnRecognizer(), "US_SSN"),
        Listed(known.NhsRecognizer(), "UK_NHS", adjust=_adjust_nhs),
        Listed(known.UkNinoRecognizer(), "UK_NINO"),
        Listed(known.UkPassportRecognizer(), "UK_PASSPORT", needs_context=True),
        Listed(known.UkPostcodeRecognizer(), "POSTCODE", extra_context=("london",)),
        Listed(known.UkDrivingLicenceRecognizer(), "ID_NUMBER"),
    )


_PHONE_CONTEXT: Final = ContextWords(
    "phone telephone cell cellphone mobile call tel fax ring dial whatsapp hotline".split()
)


class PresidioDetector:
    """Presidio's recognizers over windows, behind our `Detector` interface."""

    name = "presidio"
    is_costly = False

    def __init__(self, listed: Sequence[Listed] | None = None) -> None:
        self.listed = tuple(_listed() if listed is None else listed)
        self._rows = [(entry, entry.scanner(), entry.context()) for entry in self.listed]
        self._phones = PhoneScanner(PHONE_REGIONS)
        self.phone = Listed(
            known.PhoneRecognizer(supported_regions=PHONE_REGIONS),
            "PHONE_NUMBER",
            adjust=_adjust_phone,
        )

    def find(self, text: str) -> list[Span]:
        """Return what the listed recognizers report, after context and our adjustments."""
        return find_in_windows(text, self._find)

    def scan(self, window: str) -> Iterator[tuple[Listed, ContextWords, list[Match]]]:
        """Yield what each recognizer itself reports of a window, as in Presidio.

        One that needs context is left out of a window without any of its words.
        """
        lowered = window.lower()
        views = Views(window)
        for entry, scanner, context in self._rows:
            if entry.needs_context and not context.may_support(lowered):
                continue
            found = scanner.find(views)
            if found:
                yield entry, context, found
        numbers = self._phones.find(window)
        if numbers:
            score = self.phone.recognizer.SCORE
            yield self.phone, _PHONE_CONTEXT, [Match(*span, score) for span in numbers]

    def _find(self, text: str) -> list[Span]:
        return [
            span
            for entry, context, matches in self.scan(text)
            for match in matches
            for span in _weigh(entry, context, text, match)
        ]

    def signature(self) -> str:
        """Return a digest of the list and of the patterns in it."""
        parts = [*PHONE_REGIONS, *_PHONE_CONTEXT.words]
        for entry, _, context in self._rows:
            patterns = getattr(entry.recognizer, "patterns", None) or []
            parts.append(
                f"{type(entry.recognizer).__name__}|{entry.entity}|{entry.needs_context}|{entry.view}"
            )
            parts.extend(f"{pattern.regex}|{pattern.score}" for pattern in patterns)
            parts.extend(context.words)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _weigh(entry: Listed, context: ContextWords, text: str, match: Match) -> Iterator[Span]:
    """Trim a match, and score it by its value and by the words around it."""
    first, last, score = match
    while first < last and text[first] in " \n\t\"'":
        first += 1
    while first < last and text[last - 1] in " \n\t\"'":
        last -= 1
    if entry.adjust:
        score = entry.adjust(text[first:last], score)
    raised = context.raise_score(score, text, first, last)
    if raised > 0 and first < last and not (entry.needs_context and raised == score):
        name = type(entry.recognizer).__name__.strip("_")
        yield Span(first, last, entry.entity, raised, name)


class PluggedRecognizer:
    """Any Presidio `EntityRecognizer` of the user's own as a detector (spaCy, GLiNER, …)."""

    is_costly = True

    def __init__(self, recognizer: EntityRecognizer, entities: dict[str, str]) -> None:
        """Take a recognizer and the map from its entity names to those of the policy."""
        self.name = type(recognizer).__name__
        self._recognizer: Any = recognizer
        self._entities = entities

    def find(self, text: str) -> list[Span]:
        return find_in_windows(text, self._find)

    def _find(self, text: str) -> list[Span]:
        results = self._recognizer.analyze(text, list(self._entities), None)
        return [
            Span(r.start, r.end, self._entities[r.entity_type], float(r.score), self.name)
            for r in results
            if r.entity_type in self._entities
        ]

    def signature(self) -> str:
        return f"{self.name}|{self._recognizer.version}|{sorted(self._entities.items())}"


class DetectorRecognizer(EntityRecognizer):
    """A detector of ours, the names model first of all, as a Presidio `EntityRecognizer`.

    For Presidio registries outside this program; here detectors are used as they are.
    """

    def __init__(self, detector: Detector, entities: Sequence[str]) -> None:
        self._detector = detector
        super().__init__(supported_entities=list(entities), name=detector.name)

    def load(self) -> None:
        """Do nothing: a detector is loaded when it is made."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: object = None
    ) -> list[RecognizerResult]:
        """Return what the detector finds of the wanted entities, each with its own score."""
        wanted = set(entities or self.supported_entities)
        return [
            RecognizerResult(span.entity, span.start, span.end, span.score)
            for span in self._detector.find(text)
            if span.entity in wanted
        ]
