"""Cards and accounts in odd notation, and numbers that a word beside them explains."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers.checksums import is_card, is_nhs, is_routing, passes_mod_97
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

_NOT_DIGIT: Final = re.compile(r"\D")

SHAPES: Final = (
    Pattern(
        "card_any_separator",
        "CREDIT_CARD",
        LazyRegex(r"(?<![\w.])\d{4}(?:[\s./_-]{0,2}\d{2,6}){2,4}(?![\w])"),
        1.0,
        check=is_card,
    ),
    Pattern(
        "card_single_digits",
        "CREDIT_CARD",
        LazyRegex(r"(?<!\d)\d(?:[ .-]\d){12,18}(?!\d)"),
        1.0,
        check=is_card,
    ),
    Pattern(
        "iban_any_separator",
        "IBAN_CODE",
        LazyRegex(
            r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[\s.-]{0,2}[A-Za-z0-9]{2,4}){3,8}"
            r"(?:[\s.-]{0,2}[A-Za-z0-9]{1,4})?(?![A-Za-z0-9])"
        ),
        1.0,
        check=passes_mod_97,
    ),
    Pattern(
        "ssn_labelled",
        "US_SSN",
        LazyRegex(
            r"(?<!\d)\d{3}[\s.-]?\d{2}[\s.-]?\d{4}(?!\d)",
        ),
        0.8,
        before=LazyRegex(
            r"\b(?:SSN|social\s+security(?:\s+(?:number|no\.?))?|SS#)\s*(?:[:=#]|is)?\s*\Z", re.I
        ),
        needs=("ssn", "social", "ss"),
    ),
    Pattern(
        "itin_labelled",
        "US_ITIN",
        LazyRegex(r"(?<!\d)9\d{2}[ -]?\d{2}[ -]?\d{4}(?!\d)"),
        0.7,
        before=LazyRegex(
            r"\b(?:ITIN|taxpayer\s+identification(?:\s+number)?|tax\s?id)\s*(?:[:=#]|is)?\s*\Z",
            re.I,
        ),
        needs=tuple(
            "itin taxpayer tax".split()
        ),
    ),
    Pattern(
        "itin_shape",
        "US_ITIN",
        LazyRegex(
            r"(?<![\w-])9\d\d(?:-(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])-?|(?:5\d|6[0-5]|7\d|8[0-8]|"
            r"9[0-24-9])-)"
            r"\d{4}(?![\w-])"
        ),
        0.4,
    ),
    Pattern(
        "nino_any_case",
        "UK_NINO",
        LazyRegex(
            r"(?<![\w-])(?!bg|gb|kn|nk|nt|tn|zz)[a-ceghj-pr-tw-z][a-ceghj-npr-tw-z](?:[ -]?"
            r"\d{2}){3}[ -]?[a-d]"
            r"(?![\w-])",
            re.I,
        ),
        0.6,
    ),
    Pattern(
        "licence_uk",
        "ID_NUMBER",
        LazyRegex(r"\b[A-Za-z9]{5}\d[015-6]\d[0-3]\d\d[A-Za-z9]{2}[A-Za-z0-9]{3}\b"),
        0.5,
    ),
    Pattern(
        "driver_licence_labelled",
        "US_DRIVER_LICENSE",
        LazyRegex(r"(?<![\w-])(?=[A-Za-z0-9 -]{0,8}\d)[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{2,6}){1,"
                   r"4}(?![\w-])"),
        0.6,
        before=LazyRegex(
            r"\b(?:driver'?s?'?|driving)\s?(?:licen[cs]e|permit|lic\.?)(?:\s*(?:number|no\.?|num|"
            r"#|id))*"
            r"(?:\s*(?:[:=]|is|was))*\s*\Z",
            re.I,
        ),
        needs=tuple(
            "driver drivers driving".split()
        ),
    ),
    Pattern(
        "nhs_shape",
        "UK_NHS",
        LazyRegex(r"(?<![\w.-])\d{3}(?P<s>[ -])\d{3}(?P=s)\d{4}(?![\w-]|\.\d)"),
        0.35,
        check=is_nhs,
    ),
    Pattern(
        "nhs_labelled",
        "UK_NHS",
        LazyRegex(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)"),
        0.8,
        before=LazyRegex(
            r"\bNHS(?:[\s_-]?(?:number|no\.?|num|id|#))?\s*(?:[:=#]|is)?\s*\Z", re.IGNORECASE
        ),
        needs=tuple(
            "nhs".split()
        ),
    ),
    Pattern(
        "bank_account_labelled",
        "US_BANK_NUMBER",
        LazyRegex(
            r"(?<!\d)\d[\d -]{5,18}\d(?!\d)",
        ),
        0.6,
        before=LazyRegex(
            r"\b(?:account|acct|a/c)\.?\s?(?:number|no\.?|num\.?|#)\s*(?:[:=#]|is)?\s*\Z", re.I
        ),
        needs=("account", "acct", "a"),
    ),
    Pattern(
        "routing_number",
        "US_BANK_NUMBER",
        LazyRegex(r"(?<![\w.-])\d{4}-?\d{4}-?\d(?![\w-]|\.\d)"),
        0.4,
        check=is_routing,
        context=ContextWords("aba routing transit bank rtn wire".split()),
    ),
    Pattern(
        "bank_account_european",
        "US_BANK_NUMBER",
        LazyRegex(r"(?<![\w-])\d[\d .-]{4,22}\d(?![\w-])"),
        0.6,
        before=LazyRegex(
            r"\b(?:kontonummer|konto|rekeningnummer|compte|cuenta|conto|bankgiro|plusgiro|giro|"
            r"account|acc|a/c|acct)\.?(?:\s?(?:nr\.?|no\.?|number|n°|#))?\s*(?:[:=]|is|was)\s*\Z",
            re.I,
        ),
        needs=tuple(
            "kontonummer konto rekeningnummer compte cuenta conto bankgiro plusgiro giro account"
            " acc a acct".split()
        ),
    ),
    Pattern(
        "card_by_name",
        "CREDIT_CARD",
        LazyRegex(r"(?<![\w.-])\d(?:[ -]?\d){11,18}(?!\w|[.,]\d)"),
        0.6,
        before=LazyRegex(
            r"\b(?:(?:credit|debit|bank|payment|store|charge)\s?card|card|visa|mastercard|"
            r"maestro|amex|"
            r"american\sexpress|diners|discover|jcb)(?:\s*(?:number|no\.?|#|num))?(?:\s*(?:[:=]|"
            r"is|was))*"
            r"\s*\Z",
            re.I,
        ),
        needs=tuple(
            "card visa mastercard maestro amex american diners discover jcb".split()
        ),
    ),
    Pattern(
        "sort_code",
        "US_BANK_NUMBER",
        LazyRegex(r"(?<![\w-])\d{2}[ -]?\d{2}[ -]?\d{2}(?![\w-])"),
        0.05,
        context=ContextWords(["sort code", "sortcode", "routing"]),
        only_with_context=True,
    ),
    Pattern(
        "sort_code_in_short",
        "US_BANK_NUMBER",
        LazyRegex(r"(?<![\w-])\d{2}-\d{2}-\d{2}(?![\w-])"),
        0.5,
        before=LazyRegex(r"\bs(?:ort|/c)\s?[:=]?\s?\Z", re.I),
        needs=tuple("sort s".split()),
    ),
)  # fmt: skip
"""Tried at words with digits only (`shapes`)."""
