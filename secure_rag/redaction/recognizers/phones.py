"""Telephone numbers by shape: international, national with a trunk prefix, American, by label."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

_NOT_DIGIT: Final = re.compile(r"\D")
_EXTENSION: Final = r"(?:[ ,;]{0,2}(?:x|ext\.?|extension|#)[ ]?\d{1,6})?"
_DAY: Final = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)")
_GROUPS: Final = re.compile(r"\d+")
_WORDS: Final = ContextWords(
    "phone telephone call calls called calling answering message messages mobile sms cell "
    "cellphone whatsapp fax dial ring tel telefon handy mobil landline voicemail hotline "
    "helpline".split()
)


def _is_dialled(value: str) -> bool:
    return 6 <= len(_NOT_DIGIT.sub("", value)) <= 17


def _is_national(value: str) -> bool:
    digits = _NOT_DIGIT.sub("", value)
    return 8 <= len(digits) <= 14 and len(set(digits)) > 2


def _is_grouped_short(value: str) -> bool:
    return _DAY.match(value) is None and 6 <= len(_NOT_DIGIT.sub("", value)) <= 13


def _is_grouped(value: str) -> bool:
    """Accept three groups or more of different lengths, none of them a year or a year's day."""
    if _DAY.match(value):
        return False
    groups = _GROUPS.findall(value)
    digits = sum(map(len, groups))
    if not 9 <= digits <= 12 or len(groups) < 3:
        return False
    if (len(groups) == 3 and len(groups[0]) == 4) or len({len(group) for group in groups}) == 1:
        return False
    return not ("." in value and any(int(group) < 256 for group in groups) and len(groups) == 4)


SHAPES: Final = (
    Pattern(
        "phone_international",
        "PHONE_NUMBER",
        LazyRegex(
            r"(?<![\w.+])(?:\+|\(\+|00(?=[1-9]\d{0,2}[ ./(-])|011[ -](?=[1-9]))\s?\d{1,3}\)?"
            rf"(?:[\s./-]{{0,2}}\(?\d{{1,5}}\)?){{2,6}}{_EXTENSION}(?!\w)"
        ),
        0.6,
        check=_is_dialled,
    ),
    Pattern(
        "phone_closed_international",
        "PHONE_NUMBER",
        LazyRegex(r"(?<![\w.+])(?:\+|00)[1-9]\d{7,13}(?!\w)"),
        0.6,
    ),
    Pattern(
        "phone_labelled",
        "PHONE_NUMBER",
        LazyRegex(
            rf"(?<![\w+(])[+(]{{0,2}}\d(?:(?:[ \t\r().\-/]|\n(?!\s*\n)){{0,3}}\d){{5,14}}"
            rf"{_EXTENSION}(?!\w)",
            re.IGNORECASE,
        ),
        0.6,
        check=_is_dialled,
        before=LazyRegex(
            r"\b(?:tel(?:ephone|efon|\.)?|phone|mobile|mob|cell(?:phone)?|fax|call(?:\s+(?:me|us|"
            r"him|her|them))?|"
            r"ring|direct(?:\sline)?|desk|hotline|helpline|whatsapp|signal|office|home|work|"
            r"landline|switchboard|"
            r"dial|text|sms|ph|handy|mobil|gsm|rufnummer|téléphone|teléfono|telefono|pager|"
            r"voicemail)"
            r"\.?(?:\s?(?:no\.?|number|nr\.?|#))?(?:\s*(?:\([\w ]{1,12}\)))?(?:\s*(?:[:=]|is|on|"
            r"at))*\s*\Z",
            re.IGNORECASE,
        ),
        needs=tuple(
            "tel telephone telefon phone mobile mob cell cellphone fax call ring direct desk"
            " hotline helpline whatsapp signal office home work landline switchboard dial text sms"
            " ph handy mobil gsm rufnummer téléphone teléfono telefono pager voicemail".split()
        ),
    ),
    Pattern(
        "phone_trunk",
        "PHONE_NUMBER",
        LazyRegex(
            r"(?<![\w.+/:,-])(?:\(0\d{1,5}\)[\s./-]{0,2}\d{2,8}(?:[\s.-]\d{2,5}){0,3}|"
            r"0\d{1,5}[\s/.-]{1,2}\d{3,9}(?:[\s.-]\d{2,5}){0,3}|"
            r"0\d{1,3}(?:[\s.-]\d{2,3}){3,4})"
            rf"{_EXTENSION}(?![\w-]|[./]\d)"
        ),
        0.45,
        check=_is_national,
    ),
    Pattern(
        "phone_american",
        "PHONE_NUMBER",
        LazyRegex(
            r"(?<![\d.+/-])(?:\+?1[\s.-]{0,2})?(?:\([2-9]\d{2}\)[\s.-]{0,2}|[2-9]\d{2}[\s.-])"
            r"[2-9]\d{2}[\s.-]\d{4}"
            rf"{_EXTENSION}(?![\w-])",
            re.IGNORECASE,
        ),
        0.45,
        check=_is_dialled,
    ),
    Pattern(
        "phone_area_in_brackets",
        "PHONE_NUMBER",
        LazyRegex(r"(?<![\w.+])\(\d{2,5}\)[\s.-]{0,2}\d{3,5}[\s.-]\d{3,5}(?![\w-])"),
        0.45,
    ),
    Pattern(
        "phone_indian",
        "PHONE_NUMBER",
        LazyRegex(r"(?<![\w.+/-])[6-9]\d{4}[ -]\d{5}(?![\w-]|[./]\d)"),
        0.4,
    ),
    Pattern(
        "phone_in_groups",
        "PHONE_NUMBER",
        LazyRegex(r"(?<![\w.+/,$€£-])\d{2,4}(?:[ .-]\d{2,4}){2,4}(?![\w-]|[.,/]\d|\s?[%€$£])"),
        0.38,
        check=_is_grouped,
    ),
    Pattern(
        "phone_grouped",
        "PHONE_NUMBER",
        LazyRegex(r"(?<![\w.+/-])\d{2,5}(?:[ .-]\d{2,6}){1,4}(?![\w-]|[.,/]\d)"),
        0.05,
        check=_is_grouped_short,
        context=_WORDS,
        only_with_context=True,
    ),
    Pattern(
        "phone_bare",
        "PHONE_NUMBER",
        LazyRegex(r"(?<![\w.+/,-])\d{7,13}(?![\w-]|[.,/]\d)"),
        0.05,
        context=_WORDS,
        only_with_context=True,
    ),
)  # fmt: skip
"""Tried at words with digits only (`shapes`)."""
