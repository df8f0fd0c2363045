"""What values compare equal by: separators of numbers, case and accents do not count.

What is dropped depends on the type: a card number means the same without its spaces,
`1/11/2024` does not mean `11/1/2024`, and a password is what it is to the letter.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Final

from secure_rag.redaction.generalise import MONTHS
from secure_rag.redaction.names import fold

_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)[^0-9a-z]+(?=\d)")
_NOT_BETWEEN_DIGITS: Final = re.compile(r"(?<!\d)-|-(?!\d)")
_WORD: Final = re.compile(r"[^\W_]+")
_SAINT: Final = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
_MONTH: Final = {name.lower()[:3]: number for number, name in enumerate(MONTHS, 1)}
_DAY_FIRST: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th)? ?(?:of )?([a-z]{3,9})\.?,? (\d{4})")
_MONTH_FIRST: Final = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4})")
_WEEKDAY: Final = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? (?:the )?")
_EXTENSION: Final = re.compile(r"(?:ext(?:ension)?|x|#)\.? ?(\d{1,6})$")


def exact_form(text: str) -> str:
    """Return the letters and digits of a value."""
    return "".join(character for character in fold(text) if character.isalnum())


def spaced_form(text: str) -> str:
    """Return the words of a value with single spaces."""
    return " ".join(_WORD.findall(fold(text)))


def value_form(entity: str, text: str) -> str:
    """Return what a value of a type is compared by, in a document and across documents."""
    if entity.startswith("SECRET_"):
        return text.strip()
    return (_FORMS.get(entity) or _reference)(text.strip()) or text


def is_same_phone(national: str, international: str) -> bool:
    """Say whether one of two phone forms is the other with its country code in front."""
    bare = national.lstrip("0")
    return (
        not national.startswith("+")
        and international.startswith("+")
        and len(bare) >= 8
        and international.endswith(bare)
        and 1 <= len(international) - 1 - len(bare) <= 3
    )


def _reference(text: str) -> str:
    """Keep one mark between digits, so that 12-345 and 123-45 stay two."""
    spaced = _BETWEEN_DIGITS.sub(lambda gap: "" if gap.group().isspace() else "-", fold(text))
    return _NOT_BETWEEN_DIGITS.sub("", "".join(c for c in spaced if c.isalnum() or c == "-"))


def _mail(text: str) -> str:
    return text.casefold().removeprefix("mailto:").strip("<>")


def _phone(text: str) -> str:
    folded = fold(text)
    extension = _EXTENSION.search(folded)
    main = folded[: extension.start()] if extension else folded
    main = main.replace("(0)", "")
    digits = "".join(c for c in main if c.isdigit())
    if "+" in main[:3]:
        digits = f"+{digits}"
    elif digits.startswith("00"):
        digits = f"+{digits[2:]}"
    return f"{digits}x{extension.group(1)}" if extension else digits


def _place(text: str) -> str:
    words = spaced_form(text).split()
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    if len(words) > 1:
        words[0] = _SAINT.get(words[0], words[0])
    return " ".join(words)


def _url(text: str) -> str:
    scheme, mark, rest = text.partition("://")
    host, slash, path = (rest if mark else scheme).partition("/")
    return (host.casefold().removeprefix("www.") + slash + path).rstrip("/")


def _address(text: str) -> str:
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0]).compressed
    except ValueError:
        return text.casefold()


def _date(text: str) -> str:
    folded = _WEEKDAY.sub("", " ".join(fold(text).split()))
    if match := _YEAR_FIRST.fullmatch(folded):
        return _day(*match.groups())
    if match := _DAY_FIRST.fullmatch(folded):
        day, month, year = match.groups()
        return _day(year, str(_MONTH.get(month[:3], 0)), day) or folded
    if match := _MONTH_FIRST.fullmatch(folded):
        month, day, year = match.groups()
        return _day(year, str(_MONTH.get(month[:3], 0)), day) or folded
    if match := _YEAR_LAST.fullmatch(folded):
        first, mark, second, year = match.groups()
        if int(first) > 12 or mark == "." or first == second:
            return _day(year, second, first) or folded
        if int(second) > 12:
            return _day(year, first, second) or folded
    return re.sub(r"[^0-9a-z]+", " ", folded).strip()


def _day(year: str, month: str, day: str) -> str:
    return f"{year}-{int(month):02}-{int(day):02}" if 1 <= int(month) <= 12 else ""


_FORMS: Final[dict[str, Callable[[str], str]]] = {
    "EMAIL_ADDRESS": _mail,
    "USERNAME": str.casefold,
    "URL": _url,
    "IP_ADDRESS": _address,
    "PHONE_NUMBER": _phone,
    "DATE_TIME": _date,
    "LOCATION": _place,
    "NRP": spaced_form,
    "DURATION": spaced_form,
    "TITLE": spaced_form,
    "STREET_ADDRESS": spaced_form,
    **dict.fromkeys(
        (
            "CREDIT_CARD", "IBAN_CODE", "BIC_CODE", "US_BANK_NUMBER", "US_SSN", "US_ITIN",
            "US_PASSPORT", "US_DRIVER_LICENSE", "UK_NHS", "UK_NINO", "UK_PASSPORT",
            "MEDICAL_LICENSE", "MAC_ADDRESS", "UUID", "POSTCODE", "LONG_NUMBER",
        ),
        exact_form,
    ),
    "CRYPTO": str.strip,
}  # fmt: skip
