"""Phone numbers: the matches of `phonenumbers` for several regions, found in one pass.

`PhoneNumberMatcher` reads the whole text once for each region and parses every digit
group in it. Here candidates are cut once, by the same pattern and the same rules, and
a region parses only what has the digits of one of its numbers. What is found is the
same, but for numbers of fewer than `FEWEST_DIGITS` digits, which are not looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    Leniency,
    NumberParseException,
    PhoneMetadata,
    parse,
)
from phonenumbers import phonenumbermatcher as _matcher

FEWEST_DIGITS: Final = 7

# The library's own cutting rules are private there: a test compares the findings.
_rules: Final = vars(_matcher)
_CANDIDATE: Final[re.Pattern[str]] = _rules["_PATTERN"]
_INNER: Final[tuple[re.Pattern[str], ...]] = _rules["_INNER_MATCHES"]
_LEAD_SIGN: Final[re.Pattern[str]] = _rules["_LEAD_PATTERN"]
_BRACKETS: Final[re.Pattern[str]] = _rules["_MATCHING_BRACKETS"]
_PAGES: Final[re.Pattern[str]] = _rules["_PUB_PAGES"]
_SLASHED_DATE: Final[re.Pattern[str]] = _rules["_SLASH_SEPARATED_DATES"]
_TIME_STAMP: Final[re.Pattern[str]] = _rules["_TIME_STAMPS"]
_TIME_STAMP_END: Final[re.Pattern[str]] = _rules["_TIME_STAMPS_SUFFIX"]
_SECOND_NUMBER: Final[re.Pattern[str]] = _rules["_SECOND_NUMBER_START_PATTERN"]
_LOOSE_END: Final[re.Pattern[str]] = _rules["_UNWANTED_END_CHAR_PATTERN"]
_verify: Final[Any] = _rules["_verify"]

_STRETCH: Final = re.compile(
    rf"\d(?:[{_rules['_VALID_PUNCTUATION']}X]{{0,4}}\d){{{FEWEST_DIGITS - 1},}}"
)
"""Every candidate with enough digits overlaps one of these; most texts hold none."""
_LEAD: Final = 10
"""Longest stretch of signs that a candidate may have before its first digit."""
_PLAIN: Final = re.compile(r"[^\w#;,~～＃]*\d(?:[^\w#;,~～＃]*\d)*[^\w#;,~～＃]*")
"""Digits and signs only: no extension, no carrier code."""
_KINDS: Final = (
    "fixed_line mobile toll_free premium_rate shared_cost personal_number voip pager uan voicemail"
).split()
_ANYTHING: Final = re.compile("")
_SHORT_GROUPS: Final = re.compile(r"\d{1,6}(?: \d{1,6})*")
_NOT_DIGIT: Final = re.compile(r"\D")
_PLUS: Final = re.compile(r"[^\d+＋]*[+＋]")


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A part of a candidate that is parsed in each region."""

    start: int
    text: str
    digits: str
    """Empty where the digits alone do not tell what is parsed."""
    is_international: bool


class PhoneScanner:
    """Finds the phone numbers of some regions, and international ones of all."""

    def __init__(self, regions: Iterable[str]) -> None:
        self.regions: Final = tuple(regions)
        self._possible = {region: _digits_of(region) for region in self.regions}

    def find(self, text: str) -> list[tuple[int, int]]:
        """Return the spans that the library's matcher finds for any region, in order.

        A span inside another is left out.
        """
        found: list[tuple[int, int]] = []
        done = 0
        for stretch in _STRETCH.finditer(text):
            if stretch.end() > done:
                start = max(done, stretch.start() - _LEAD)
                done = self._find_in(text, start, stretch.end(), found)
        return _outermost(found)

    def _find_in(self, text: str, start: int, end: int, found: list[tuple[int, int]]) -> int:
        """Add what candidates in a stretch hold; return where the last candidate ends.

        Behind a number the library goes on with what is left of the candidate, so that
        regions part there.
        """
        waiting = {start: self.regions}
        done = end
        while waiting:
            start = min(waiting)
            regions = waiting.pop(start)
            match = _CANDIDATE.search(text, start)
            if match is None or match.start() >= end:
                continue
            value = _before(_SECOND_NUMBER, match.group())
            last = match.start() + len(value)
            done = max(done, last)
            for attempt in _attempts(text, match.start(), value):
                found_in = self._valid_in(attempt, regions)
                if found_in:
                    regions = tuple(region for region in regions if region not in found_in)
                    position = attempt.start + len(attempt.text)
                    found.append((attempt.start, position))
                    if position < end:
                        waiting[position] = (*waiting.get(position, ()), *found_in)
            if regions and last < end:
                waiting[last] = (*waiting.get(last, ()), *regions)
        return done

    def _valid_in(self, attempt: _Attempt, regions: tuple[str, ...]) -> tuple[str, ...]:
        """Return the regions in which a part of a candidate is a valid number."""
        if regions and attempt.is_international:
            return regions if _is_valid_abroad(attempt.text, regions[0]) else ()
        return tuple(
            region
            for region in regions
            if (not attempt.digits or self._possible[region].match(attempt.digits))
            and _is_valid(attempt.text, region)
        )


def _attempts(text: str, start: int, value: str) -> Iterator[_Attempt]:
    """Yield what is tried of a candidate, in the library's order: all of it, then parts."""
    if _SLASHED_DATE.search(value):
        return
    if _TIME_STAMP.search(value) and _TIME_STAMP_END.match(text, start + len(value)):
        return
    yield from _attempt(text, start, value)
    if _SHORT_GROUPS.fullmatch(value):
        return  # every part is one group, too short for a number
    for inner in _INNER:
        match = inner.search(value)
        if match:
            yield from _attempt(text, start, _before(_LOOSE_END, value[: match.start()]))
        while match:
            part = _before(_LOOSE_END, match.group(1))
            yield from _attempt(text, start + match.start(1), part)
            match = inner.search(value, match.start() + 1)


def _attempt(text: str, start: int, value: str) -> Iterator[_Attempt]:
    """Yield a part if it is long enough and nothing around it speaks against it."""
    if len(value) < FEWEST_DIGITS:
        return
    digits = _NOT_DIGIT.sub("", value)
    if len(digits) < FEWEST_DIGITS or not _BRACKETS.fullmatch(value) or _PAGES.search(value):
        return
    if _is_joined(text, start, value):
        return
    is_international = _PLUS.match(value) is not None and _has_calling_code(digits)
    is_plain = not _PLUS.match(value) and digits.isascii() and _PLAIN.fullmatch(value) is not None
    yield _Attempt(start, value, digits if is_plain else "", is_international)


def _has_calling_code(digits: str) -> bool:
    return digits[0] != "0" and any(
        int(digits[:size]) in COUNTRY_CODE_TO_REGION_CODE for size in (1, 2, 3)
    )


def _is_joined(text: str, start: int, value: str) -> bool:
    """Say whether a letter, a per-cent or a currency sign stands right beside a part."""
    end = start + len(value)
    before = text[start - 1 : start] if not _LEAD_SIGN.match(value) else ""
    return any(_is_joining(character) for character in before + text[end : end + 1])


def _is_joining(character: str) -> bool:
    if character.isascii():
        return character.isalpha() or character in "%$"
    matcher: Any = _matcher.PhoneNumberMatcher
    return bool(
        matcher._is_invalid_punctuation_symbol(character) or matcher._is_latin_letter(character)
    )


def _is_valid_abroad(value: str, region: str) -> bool:
    """Say whether a part with a calling code is a number; the region hardly matters.

    Most are recognised by their digits: the whole national number, no prefix in it.
    """
    digits = _NOT_DIGIT.sub("", value)
    if digits.isascii() and _PLAIN.fullmatch(value):
        for size in (1, 2, 3):
            national = _national_of(digits[:size])
            if national is not None and national.match(digits, size):
                return True
    return _is_valid(value, region)


@lru_cache(maxsize=512)
def _national_of(code: str) -> re.Pattern[str] | None:
    """Return the national numbers of a calling code's main country, if it tells alone."""
    if int(code) not in COUNTRY_CODE_TO_REGION_CODE:
        return None
    own = PhoneMetadata.metadata_for_region(COUNTRY_CODE_TO_REGION_CODE[int(code)][0])
    if own is None or own.leading_digits or own.general_desc is None:
        return None
    prefix = own.national_prefix_for_parsing or "(?!)"
    return re.compile(
        rf"(?!{prefix})(?=(?:{own.general_desc.national_number_pattern})\Z)(?:{_kinds_of(own)})\Z"
    )


def _kinds_of(*countries: Any) -> str:
    """Return a pattern of the national numbers of some countries."""
    kinds = [getattr(one, kind) for one in countries for kind in _KINDS]
    patterns = {str(kind.national_number_pattern) for kind in kinds if kind is not None}
    return "|".join(sorted(patterns - {"None"}))


def _is_valid(value: str, region: str) -> bool:
    try:
        number = parse(value, region, keep_raw_input=True)
        return bool(_verify(Leniency.VALID, number, value, None))
    except NumberParseException:
        return False


def _before(pattern: re.Pattern[str], value: str) -> str:
    match = pattern.search(value)
    return value[: match.start()] if match else value


def _digits_of(region: str) -> re.Pattern[str]:
    """Return what the digits of a number dialled in a region look like, and more than that.

    A national number of any country with the region's calling code, with or without
    the national prefix and the calling code before it; or the international prefix.
    """
    own = PhoneMetadata.metadata_for_region(region)
    if own is None or own.country_code is None:
        raise ValueError("not a region of the phone number library")
    if own.national_prefix_transform_rule:
        return _ANYTHING  # the national number may have other digits than were dialled
    sharing = [
        PhoneMetadata.metadata_for_region(code)
        for code in COUNTRY_CODE_TO_REGION_CODE[own.country_code]
    ]
    national = _kinds_of(*(one for one in sharing if one is not None))
    prefix = own.national_prefix_for_parsing or "(?!)"
    abroad = own.international_prefix or "(?!)"
    return re.compile(rf"(?:{abroad})|(?:{own.country_code})?(?:{prefix}){{0,2}}(?:{national})\Z")


def _outermost(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or end > kept[-1][1]:
            kept.append((start, end))
    return kept
