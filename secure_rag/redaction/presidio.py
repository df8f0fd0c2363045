"""The only importer of presidio_analyzer: its recognizers from an explicit list, made strict.

Its engine is not used (docs/adr: windows): recognizers run on bounded windows,
without tokens; context words, thresholds and overlaps are ours. A regular
expression that runs out of time raises here, where Presidio would skip it.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import tldextract
from presidio_analyzer import EntityRecognizer, Pattern, RecognizerResult
from presidio_analyzer import pattern_recognizer as _pattern_module
from presidio_analyzer import predefined_recognizers as known
from presidio_analyzer.predefined_recognizers.generic import iban_recognizer as _iban_module

from secure_rag.errors import DocumentError
from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.spans import Detector, Span
from secure_rag.redaction.windows import find_in_windows

REGEX_TIMEOUT_S: Final = 2
_WITH_TRUNK_ZERO: Final = ("GB", "IE", "AU", "IN", "DE", "FR")
_WITHOUT: Final = ("US", "IN")
"""Regions whose national formats are known; international numbers need none."""

for _name in ("presidio-analyzer", "decision_process", "presidio-anonymizer"):
    # Presidio logs tokens and context words below this level.
    logging.getLogger(_name).setLevel(logging.WARNING)


class _StrictLogger:
    """Stands in for Presidio's logger where its only warning means a skipped pattern."""

    def debug(self, *_: object, **__: object) -> None:
        """Say nothing: the message may quote text."""

    info = debug

    def warning(self, *_: object, **__: object) -> None:
        raise DocumentError("a recognizer ran out of time", code="document.detector")


for _module in (_pattern_module, _iban_module):
    vars(_module)["REGEX_TIMEOUT_SECONDS"] = REGEX_TIMEOUT_S
    vars(_module)["logger"] = _StrictLogger()

_suffixes: Final = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
"""The public-suffix list that came with the package: never fetched, never cached on disk."""

_FILE_SUFFIXES: Final = frozenset(
    "app bat cab cc com cpp doc fm gz htm java md mm mov mp ph pl pm ps pub py rs sc sh so st zip "
    "js ts cs vb tf ml in id me is it at be do to as no so".split()
)
"""Domain endings that are more often a file's suffix or an English word."""


class _Email(known.EmailRecognizer):
    """Mail addresses; an ending that is no public suffix only scores less."""

    def validate_result(self, pattern_text: str) -> bool | None:
        domain = pattern_text.rpartition("@")[2]
        if domain.replace(".", "").isdigit() or domain.rpartition(".")[2].isdigit():
            return False
        return True if _suffixes.extract_str(domain).suffix else None


class _Url(known.UrlRecognizer):
    """Web addresses: with a scheme, with `www.`, or a bare domain with a public suffix."""

    def validate_result(self, pattern_text: str) -> bool | None:
        if "://" in pattern_text or pattern_text.lower().startswith("www."):
            return None
        domain, _, path = pattern_text.partition("/")
        found = _suffixes.extract_str(domain.lower())
        if not found.suffix or not found.domain:
            return False
        if not path and found.suffix in _FILE_SUFFIXES and found.suffix != "com":
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
_DIGIT: Final = re.compile(r"\d")
_PHONE_LIKE: Final = re.compile(r"[+(]{0,2}\d(?:[\s().\-/+]{0,3}\d){6,}")
_TOKEN: Final = re.compile(r"\S+")
_PHONE_MARGIN: Final = 12
_DOTTED_SHORT: Final = re.compile(r"\d{1,2}\.\d{1,2}\.\d\d")


def _has_digit(text: str) -> bool:
    return _DIGIT.search(text) is not None


def _has(*needles: str) -> Callable[[str], bool]:
    return lambda text: any(needle in text for needle in needles)


@cache
def _matcher(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.search(text) is not None


@dataclass(frozen=True)
class Listed:
    """One of Presidio's recognizers and how far we trust it."""

    recognizer: Any
    entity: str
    worth_running: Callable[[str], bool] = _has_digit
    """Cheap test that a window can hold a match at all."""
    needs_context: bool = False
    """A match without a supporting word is dropped: the pattern alone fits anything."""
    adjust: Callable[[str, float], float] | None = None
    """From the matched value and its score to a better score; 0 drops it."""
    extra_context: tuple[str, ...] = ()
    by_token: bool = False
    """Matches hold no space: look only at tokens that pass `worth_running`."""


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
    dash = _matcher(r"\d[-/.:T]|-\d")
    nine = _matcher(r"\d(?:[ .\-]?\d){7}")
    return (
        Listed(known.CreditCardRecognizer(), "CREDIT_CARD", nine),
        Listed(known.IbanRecognizer(), "IBAN_CODE", _matcher(r"[A-Z]{2}\d\d")),
        Listed(known.CryptoRecognizer(), "CRYPTO", _matcher(r"(?:bc1|[13])[a-zA-HJ-NP-Z0-9]{25}"),
               by_token=True),
        Listed(known.DateRecognizer(), "DATE_TIME", dash, adjust=_adjust_date),
        Listed(_Email(), "EMAIL_ADDRESS", _has("@"), by_token=True),
        Listed(_Url(patterns=_URL_PATTERNS), "URL", _matcher(r"\w\.\w|://"), by_token=True),
        Listed(known.IpRecognizer(), "IP_ADDRESS",
               _matcher(r"\d\.\d{1,3}\.|[0-9A-Fa-f]:[0-9A-Fa-f]{0,4}:|::[0-9A-Fa-f]"),
               by_token=True),
        Listed(known.MacAddressRecognizer(), "MAC_ADDRESS",
               _matcher(r"[0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-]|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\."),
               by_token=True),
        Listed(known.UuidRecognizer(), "UUID", _matcher(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-"),
               by_token=True),
        Listed(known.MedicalLicenseRecognizer(), "MEDICAL_LICENSE", _matcher(r"[A-Za-z9]\d{7}")),
        Listed(known.UsBankRecognizer(), "US_BANK_NUMBER", _matcher(r"\d{8}"), needs_context=True),
        Listed(known.UsLicenseRecognizer(patterns=_LICENCE_PATTERNS), "US_DRIVER_LICENSE",
               _matcher(r"[A-Za-z]\d|\d{6}|\d[A-Za-z]"), needs_context=True),
        Listed(known.UsItinRecognizer(), "US_ITIN", _matcher(r"9\d\d[- ]?\d\d")),
        Listed(known.UsPassportRecognizer(), "US_PASSPORT", _matcher(r"\d{8}"),
               needs_context=True),
        Listed(known.UsSsnRecognizer(), "US_SSN", nine),
        Listed(known.NhsRecognizer(), "UK_NHS", nine, adjust=_adjust_nhs),
        Listed(known.UkNinoRecognizer(), "UK_NINO", _matcher(r"[A-Za-z]{2} ?\d\d ?\d\d ?\d\d")),
        Listed(known.UkPassportRecognizer(), "UK_PASSPORT", _matcher(r"[A-Za-z]{2}\d{7}"),
               needs_context=True),
        Listed(known.UkPostcodeRecognizer(), "POSTCODE", _matcher(r"\d[A-Za-z]{2}\b"),
               extra_context=("london",)),
        Listed(known.UkDrivingLicenceRecognizer(), "ID_NUMBER", _matcher(r"[A-Z9]{5}\d{6}")),
    )  # fmt: skip


class PresidioDetector:
    """Presidio's recognizers over windows, behind our `Detector` interface."""

    name = "presidio"
    is_costly = False

    def __init__(self, listed: Sequence[Listed] | None = None) -> None:
        self.listed = tuple(_listed() if listed is None else listed)
        self._contexts = [
            ContextWords([*(entry.recognizer.context or ()), *entry.extra_context])
            for entry in self.listed
        ]
        self._phones = {
            regions: Listed(
                known.PhoneRecognizer(supported_regions=regions),
                "PHONE_NUMBER",
                adjust=_adjust_phone,
            )
            for regions in (_WITH_TRUNK_ZERO, _WITHOUT)
        }
        self._phone_context = ContextWords(
            "phone telephone cell cellphone mobile call tel fax ring dial whatsapp hotline".split()
        )

    def find(self, text: str) -> list[Span]:
        """Return what the listed recognizers report, after context and our adjustments."""
        return find_in_windows(text, self._find)

    def _find(self, text: str) -> list[Span]:
        found: list[Span] = []
        lowered = text.lower()
        tokens = [
            (match.start(), match.group())
            for match in _TOKEN.finditer(text)
            if not match.group().isalpha()
        ]
        for entry, context in zip(self.listed, self._contexts, strict=True):
            if entry.needs_context and not context.may_support(lowered):
                continue
            if entry.by_token:
                for start, token in tokens:
                    if entry.worth_running(token):
                        found.extend(_analyze(entry, context, text, start, start + len(token)))
            elif entry.worth_running(text):
                found.extend(_analyze(entry, context, text, 0, len(text)))
        found.extend(self._find_phones(text))
        return found

    def _find_phones(self, text: str) -> Iterable[Span]:
        """Run the phone matcher, which is slow, only where a number may be.

        A number in national notation is tried in the regions that write it so.
        """
        for match in _PHONE_LIKE.finditer(text):
            has_trunk_zero = match.group().lstrip("(+ ")[:1] == "0"
            entry = self._phones[_WITH_TRUNK_ZERO if has_trunk_zero else _WITHOUT]
            start = max(0, match.start() - _PHONE_MARGIN)
            end = match.end() + _PHONE_MARGIN
            yield from _analyze(entry, self._phone_context, text, start, end)

    def signature(self) -> str:
        """Return a digest of the list and of the patterns in it."""
        parts = [
            *_WITH_TRUNK_ZERO,
            *_WITHOUT,
        ]
        for entry, context in zip(self.listed, self._contexts, strict=True):
            patterns = getattr(entry.recognizer, "patterns", None) or []
            parts.append(f"{type(entry.recognizer).__name__}|{entry.entity}|{entry.needs_context}")
            parts.extend(f"{pattern.regex}|{pattern.score}" for pattern in patterns)
            parts.extend(context.words)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _analyze(
    entry: Listed, context: ContextWords, text: str, start: int, end: int
) -> Iterable[Span]:
    """Run one recognizer on a part of a window; its words of context may stand outside."""
    recognizer = entry.recognizer
    for result in recognizer.analyze(text[start:end], recognizer.supported_entities, None):
        first, last = int(result.start) + start, int(result.end) + start
        while first < last and text[first] in " \n\t\"'":
            first += 1
        while first < last and text[last - 1] in " \n\t\"'":
            last -= 1
        score = float(result.score)
        if entry.adjust:
            score = entry.adjust(text[first:last], score)
        raised = context.raise_score(score, text, first, last)
        if raised <= 0 or first >= last or (entry.needs_context and raised == score):
            continue
        yield Span(first, last, entry.entity, raised, type(recognizer).__name__.strip("_"))


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
