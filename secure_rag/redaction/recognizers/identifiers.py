"""Numbers that name a person or a case by the words beside them, user names, bank codes."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers.pattern import Pattern

_WHOSE: Final = (
    r"(?:customer|client|employee|staff|personnel|payroll|worker|member(?:ship)?|subscriber|case|"
    r"docket|claim|contract|agreement|policy|account|acct|patient|medical[\s-]record|hospital|"
    r"health[\s-]?(?:card|record|insurance|plan)|insurance|chart|student|matriculation|candidate|"
    r"applicant|application|complaint|reference|file|matter|loan|mortgage|tenant|tenancy|supplier|"
    r"vendor|registration|licen[cs]e|badge|card|passport|driver'?s?[\s-]licen[cs]e|"
    r"driving[\s-]licen[cs]e|visa|permit|tax(?:payer)?|vat|company|enrol?lment|beneficiary|user|"
    r"person|subject|device|vehicle|prescription|referral|incident|ticket|national|identity)"
)
_WHAT: Final = (
    r"(?:\s?(?:identification|identity))?[\s_-]?(?:number|no\.?|nos\.?|num\.?|nr\.?|id\b\.?|"
    r"identifier|code|ref(?:erence)?\.?|#|№)"
)
_VALUE: Final = re.compile(
    r"(?<![^\W_])(?<![^\W_][-/.])(?=[A-Za-z/.-]{0,12}\d)[A-Za-z0-9]+(?:[-/.][A-Za-z0-9]+){0,5}(?!\w)"
)
_TIE: Final = r"(?:\s*(?:[:=#]|is|was|\())*\s*\Z"

_DIGITS: Final = re.compile(r"\d")


def _has_three_digits(value: str) -> bool:
    return len(_DIGITS.findall(value)) >= 3


PATTERNS: Final = (
    Pattern(
        "id_by_name",
        "ID_NUMBER",
        _VALUE,
        0.6,
        check=_has_three_digits,
        before=re.compile(rf"\b{_WHOSE}{_WHAT}{_TIE}", re.I),
    ),
    Pattern(
        "id_acronym",
        "ID_NUMBER",
        _VALUE,
        0.55,
        check=_has_three_digits,
        before=re.compile(
            r"\b(?:MRN|NHI|EMPLID|EMP\s?ID|CUST\s?ID|PID|UID|SID|CRN|PRN|EIN|TIN|VIN|NPI|MBI|URN|UPI|"
            r"cust(?:omer)?\.?|emp(?:loyee)?\.?|our\s+ref\.?|your\s+ref\.?|ref\.?)"
            r"\s?(?:no\.?|number|id|#)?\s?[:=#]\s?\Z",
            re.I,
        ),
    ),
    Pattern(
        "id_bare_acronym",
        "ID_NUMBER",
        re.compile(r"\b(?:MRN|EMP|CUST|CASE|CLM|PAT|PT|MEM)[-_ ]?(?P<value>\d{4,12})\b"),
        0.5,
    ),
    Pattern(
        "id_prefixed",
        "ID_NUMBER",
        re.compile(
            r"\b(?:EMP|CUST|CUS|CLT|CLI|PAT|MRN|CASE|CLM|CLAIM|POL|CTR|CON|CNT|ACC|ACCT|MEM|STU|HR|"
            r"TCK|INC|REF|C|K|P|E)[-_/](?:[A-Z0-9]{1,6}[-_/])?\d{3,12}(?:[-/]\d{1,6})?\b"
        ),
        0.4,
        check=_has_three_digits,
    ),
    Pattern(
        "case_slash_year",
        "ID_NUMBER",
        re.compile(
            r"(?<![\w/.-])(?:no\.?|nos\.?|№)\s?(?P<value>\d{1,6}/(?:\d{4}|\d\d))(?![\w/])", re.I
        ),
        0.6,
    ),
    Pattern(
        "application_number",
        "ID_NUMBER",
        re.compile(r"(?<![\w/.-])\d{4,6}/\d{2}(?![\w/.])"),
        0.4,
    ),
    Pattern(
        "bic_code",
        "BIC_CODE",
        re.compile(r"\b[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\b"),
        0.05,
        context=ContextWords(["bic", "swift", "bank identifier"]),
        only_with_context=True,
        digits=False,
        needs=("bic", "swift", "bank identifier"),
    ),
    Pattern(
        "user_name",
        "USERNAME",
        re.compile(
            r"\b(?:user[\s_-]?(?:name|id)|login(?:[\s_-]?(?:name|id))?|log-?in|screen[\s_-]?name|"
            r"account[\s_-]name|uid)\s*(?:[:=]|is\b)\s*[\"'`]?(?P<value>[\w][\w.@\\-]{1,40}\w)",
            re.I,
        ),
        0.6,
        digits=False,
        needs=("user", "login", "log-in", "screen", "account", "uid"),
    ),
    Pattern(
        "handle",
        "USERNAME",
        re.compile(r"(?<![\w@./])@(?P<value>[A-Za-z_][\w]{2,30})(?![\w@.]*@|\()"),
        0.4,
        digits=False,
        needs=("@",),
    ),
)
