"""The only importer of presidio_analyzer: the recognizers of our list, without its engines.

Importing Presidio as a whole compiles the patterns of the recognizers of all countries and
loads spaCy for engines that are not used here (docs/adr/deferred-imports.md). Who asks
Presidio for one of those, as a recognizer of the user's own may, gets it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Final

from secure_rag.deferral import is_version, put_off, stand_ins

KNOWN_VERSION: Final = "2.2.366"
"""The version of Presidio that can be imported so; another one is imported whole."""
KNOWN_SUFFIXES: Final = "5.4.0"
"""The same of tldextract, whose HTTP client would only fetch a newer list of suffixes."""

_OWN: Final = {
    "AnalysisExplanation": "analysis_explanation",
    "EntityRecognizer": "entity_recognizer",
    "LocalRecognizer": "local_recognizer",
    "Pattern": "pattern",
    "PatternRecognizer": "pattern_recognizer",
    "RecognizerResult": "recognizer_result",
}
_LISTED: Final = {
    "CreditCardRecognizer": "generic.credit_card_recognizer",
    "CryptoRecognizer": "generic.crypto_recognizer",
    "DateRecognizer": "generic.date_recognizer",
    "EmailRecognizer": "generic.email_recognizer",
    "IbanRecognizer": "generic.iban_recognizer",
    "IpRecognizer": "generic.ip_recognizer",
    "MacAddressRecognizer": "generic.mac_recognizer",
    "PhoneRecognizer": "generic.phone_recognizer",
    "UuidRecognizer": "generic.uuid_recognizer",
    "MedicalLicenseRecognizer": "country_specific.us.medical_license_recognizer",
    "UsBankRecognizer": "country_specific.us.us_bank_recognizer",
    "UsItinRecognizer": "country_specific.us.us_itin_recognizer",
    "UsLicenseRecognizer": "country_specific.us.us_driver_license_recognizer",
    "UsPassportRecognizer": "country_specific.us.us_passport_recognizer",
    "UsSsnRecognizer": "country_specific.us.us_ssn_recognizer",
    "NhsRecognizer": "country_specific.uk.uk_nhs_recognizer",
    "UkDrivingLicenceRecognizer": "country_specific.uk.uk_driving_licence_recognizer",
    "UkNinoRecognizer": "country_specific.uk.uk_nino_recognizer",
    "UkPassportRecognizer": "country_specific.uk.uk_passport_recognizer",
    "UkPostcodeRecognizer": "country_specific.uk.uk_postcode_recognizer",
}
_PACKAGES: Final = {
    "presidio_analyzer": _OWN,
    "presidio_analyzer.predefined_recognizers": _LISTED,
    "presidio_analyzer.predefined_recognizers.generic": {},
    "presidio_analyzer.predefined_recognizers.country_specific": {},
    "presidio_analyzer.predefined_recognizers.country_specific.us": {},
    "presidio_analyzer.predefined_recognizers.country_specific.uk": {},
}

_is_known = is_version("presidio-analyzer", KNOWN_VERSION)
if _is_known:
    for _package, _homes in _PACKAGES.items():
        put_off(_package, _homes)

_has_known_suffixes = is_version("tldextract", KNOWN_SUFFIXES)
_FETCHING: Final = ("requests", "requests_file", "filelock")

with stand_ins(_FETCHING) if _has_known_suffixes else nullcontext():
    import tldextract


@contextmanager
def _patterns_uncompiled() -> Iterator[None]:
    """Let patterns be made without compiling each, just to see whether that can be done.

    Those that are used are compiled anyway, with the flags of their recognizer
    (`secure_rag.redaction.presidio.Listed.scanner`).
    """
    module = vars(import_module("presidio_analyzer.pattern"))
    library = module["re"]
    module["re"] = SimpleNamespace(compile=str, error=library.error)
    try:
        yield
    finally:
        module["re"] = library


# two recognizers name a type of the engines in an annotation
with (
    stand_ins(["presidio_analyzer.nlp_engine"]) if _is_known else nullcontext(),
    _patterns_uncompiled() if _is_known else nullcontext(),
):
    import presidio_analyzer.pattern_recognizer as _pattern_module
    import presidio_analyzer.predefined_recognizers.generic.iban_recognizer as _iban_module
    from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        CryptoRecognizer,
        DateRecognizer,
        EmailRecognizer,
        IbanRecognizer,
        IpRecognizer,
        MacAddressRecognizer,
        MedicalLicenseRecognizer,
        NhsRecognizer,
        PhoneRecognizer,
        UkDrivingLicenceRecognizer,
        UkNinoRecognizer,
        UkPassportRecognizer,
        UkPostcodeRecognizer,
        UsBankRecognizer,
        UsItinRecognizer,
        UsLicenseRecognizer,
        UsPassportRecognizer,
        UsSsnRecognizer,
        UuidRecognizer,
    )

MATCHERS: Final[tuple[ModuleType, ...]] = (_pattern_module, _iban_module)
"""The modules that run patterns; one that runs out of time is skipped with a log line there."""

__all__ = [
    "MATCHERS",
    "CreditCardRecognizer",
    "CryptoRecognizer",
    "DateRecognizer",
    "EmailRecognizer",
    "EntityRecognizer",
    "IbanRecognizer",
    "IpRecognizer",
    "MacAddressRecognizer",
    "MedicalLicenseRecognizer",
    "NhsRecognizer",
    "Pattern",
    "PatternRecognizer",
    "PhoneRecognizer",
    "RecognizerResult",
    "UkDrivingLicenceRecognizer",
    "UkNinoRecognizer",
    "UkPassportRecognizer",
    "UkPostcodeRecognizer",
    "UsBankRecognizer",
    "UsItinRecognizer",
    "UsLicenseRecognizer",
    "UsPassportRecognizer",
    "UsSsnRecognizer",
    "UuidRecognizer",
    "tldextract",
]
