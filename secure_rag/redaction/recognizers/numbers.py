"""Cards and accounts in odd notation, phone numbers by context, long digit runs."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers.pattern import Pattern

_NOT_DIGIT: Final = re.compile(r"\D")
_NOT_ALNUM: Final = re.compile(r"[^A-Z0-9]")


def passes_luhn(value: str) -> bool:
    """Say whether the digits of a value pass the Luhn check and are not all the same."""
    digits = [int(character) for character in _NOT_DIGIT.sub("", value)]
    if len(set(digits)) < 2:
        return False
    total = sum(digits[-1::-2])
    total += sum(digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2])
    return total % 10 == 0


def is_card(value: str) -> bool:
    """Say whether a value has the length, the first digits and the check digit of a card."""
    digits = _NOT_DIGIT.sub("", value)
    return 13 <= len(digits) <= 19 and digits[0] in "23456" and passes_luhn(digits)


def passes_mod_97(value: str) -> bool:
    """Say whether an IBAN passes its check, whatever its spacing and case."""
    text = _NOT_ALNUM.sub("", value.upper())
    if not 15 <= len(text) <= 34:
        return False
    number = "".join(str(int(character, 36)) for character in text[4:] + text[:4])
    return int(number) % 97 == 1


def _is_dialled(value: str) -> bool:
    return 6 <= len(_NOT_DIGIT.sub("", value)) <= 15


def _is_long(value: str) -> bool:
    return len(set(value)) > 2


PATTERNS: Final = (
    Pattern(
        "card_any_separator",
        "CREDIT_CARD",
        re.compile(r"(?<![\w.])\d{4}(?:[\s./_-]{0,2}\d{2,6}){2,4}(?![\w])"),
        1.0,
        check=is_card,
    ),
    Pattern(
        "card_single_digits",
        "CREDIT_CARD",
        re.compile(r"(?<!\d)\d(?:[ .-]\d){12,18}(?!\d)"),
        1.0,
        check=is_card,
    ),
    Pattern(
        "iban_any_separator",
        "IBAN_CODE",
        re.compile(
            r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[\s.-]{0,2}[A-Za-z0-9]{2,4}){3,8}"
            r"(?:[\s.-]{0,2}[A-Za-z0-9]{1,4})?(?![A-Za-z0-9])"
        ),
        1.0,
        check=passes_mod_97,
    ),
    Pattern(
        "phone_international",
        "PHONE_NUMBER",
        re.compile(
            r"(?<![\w.+])(?:\+|\(\+|00(?=[1-9]\d?[ ./-]))\s?\d{1,3}\)?"
            r"(?:[\s./-]{0,2}\(?\d{1,5}\)?){2,6}(?!\w)"
        ),
        0.6,
        check=_is_dialled,
    ),
    Pattern(
        "phone_labelled",
        "PHONE_NUMBER",
        re.compile(
            r"(?<![\w+(])[+(]{0,2}\d(?:[\s().\-/]{0,3}\d){5,14}(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?!\w)",
            re.IGNORECASE,
        ),
        0.6,
        check=_is_dialled,
        before=re.compile(
            r"\b(?:tel(?:ephone)?|phone|mobile|mob|cell(?:phone)?|fax|call(?:\s+(?:me|us|him|her))?|ring|"
            r"direct|hotline|whatsapp|office|home|work|switchboard|dial)\.?(?:\s?(?:no\.?|number|#))?"
            r"(?:\s*(?:[:=]|is|on|at))*\s*\Z",
            re.IGNORECASE,
        ),
    ),
    Pattern(
        "phone_national",
        "PHONE_NUMBER",
        re.compile(
            r"(?<![\w.+/-])(?:\(0\d{1,5}\)[\s-]?\d{2,4}(?:[\s-]\d{2,5}){0,3}|"
            r"0\d{2,4}[\s/-]\d{3,4}[\s-]?\d{3,4}|"
            r"(?:1[\s.-])?\(?[2-9]\d{2}\)?[\s.-]{1,2}[2-9]\d{2}[\s.-]\d{4})"
            r"(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?![\w-])"
        ),
        0.4,
        check=_is_dialled,
    ),
    Pattern(
        "phone_grouped",
        "PHONE_NUMBER",
        re.compile(r"(?<![\w.+/-])\d{2,4}(?:[ -]\d{2,4}){1,4}(?![\w-]|[.,/]\d)"),
        0.05,
        check=_is_dialled,
        context=ContextWords(
            "phone telephone call calls called calling answering messages message mobile sms "
            "whatsapp fax dial ring reach".split()
        ),
        only_with_context=True,
    ),
    Pattern(
        "ssn_labelled",
        "US_SSN",
        re.compile(
            r"\b(?:SSN|social\s+security(?:\s+(?:number|no\.?))?|SS#)\s*(?:[:=#]|is)?\s*"
            r"(?P<value>\d{3}[\s.-]?\d{2}[\s.-]?\d{4})(?!\d)",
            re.I,
        ),
        0.8,
    ),
    Pattern(
        "nhs_labelled",
        "UK_NHS",
        re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)"),
        0.8,
        before=re.compile(
            r"\bNHS(?:[\s_-]?(?:number|no\.?|num|id|#))?\s*(?:[:=#]|is)?\s*\Z", re.IGNORECASE
        ),
    ),
    Pattern(
        "bank_account_labelled",
        "US_BANK_NUMBER",
        re.compile(
            r"\b(?:bank\s+)?(?:account|acct|a/c)\.?\s?(?:number|no\.?|num\.?|#)\s*"
            r"(?:[:=#]|is)?\s*(?P<value>\d[\d -]{5,18}\d)(?!\d)",
            re.I,
        ),
        0.6,
    ),
    Pattern(
        "sort_code",
        "US_BANK_NUMBER",
        re.compile(r"\b\d{2}-\d{2}-\d{2}\b"),
        0.05,
        context=ContextWords(["sort code", "sortcode", "routing"]),
        only_with_context=True,
    ),
    Pattern(
        "long_number",
        "LONG_NUMBER",
        re.compile(r"(?<![\w.,-])\d{9,30}(?![\w]|[.,]\d)"),
        0.4,
        check=_is_long,
    ),
)
