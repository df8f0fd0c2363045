"""Numbers in which a letter stands for a digit: `4111 11l1`, `DE89 37O4`.

Scanners and people who evade filters write them. A check digit or a `+` says what was
meant, so that no word is taken for a number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from secure_rag.redaction.recognizers.checksums import is_card, is_nhs, passes_mod_97
from secure_rag.redaction.spans import Span
from secure_rag.redaction.windows import find_in_windows

_SCORE: Final = 0.6
_REACH: Final = 48
"""Longer than any of the shapes."""
_HINT: Final = re.compile(r"(?<=\d)[OoIl|]|[OoIl|](?=\d)")
_GROUP: Final = re.compile(r"[\w|]+")
_MEANT: Final = str.maketrans("OoIl|", "00111")
_NUMBER: Final = re.compile(r"[\dOoIl|]+")
_IN_IBAN: Final = re.compile(r"(?:[A-Z]{2})?[\dOoIl|]+")


def _shape(shape: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.])(?:{shape})(?![\w]|\.\d)")


_SHAPES: Final[tuple[tuple[str, re.Pattern[str], Callable[[str], bool] | None], ...]] = (
    ("CREDIT_CARD", _shape(r"\d{4}(?:[ .-]?\d{2,6}){2,4}"), is_card),
    ("IBAN_CODE", _shape(r"[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?"),
     passes_mod_97),
    ("UK_NHS", _shape(r"\d{3}([ -])\d{3}\1\d{4}"), is_nhs),
    ("US_SSN", _shape(r"(?!000|666)\d{3}([ -])\d{2}\1\d{4}"), None),
    ("PHONE_NUMBER", re.compile(r"(?<!\w)\+\d{1,3}(?:[ .-]?\d{2,5}){2,4}(?!\w)"),
     lambda value: sum(map(str.isdigit, value)) >= 9),
)  # fmt: skip


class LookalikeDetector:
    """Reads letters among digits as the digits they look like."""

    name = "lookalikes"
    is_costly = False

    def signature(self) -> str:
        """Return a digest of the shapes."""
        parts = [f"{entity}|{shape.pattern}" for entity, shape, _ in _SHAPES]
        return hashlib.sha256("\n".join([*parts, _HINT.pattern]).encode()).hexdigest()

    def find(self, text: str) -> list[Span]:
        """Return numbers that only become some when letters are read as digits."""
        return find_in_windows(text, self._find)

    def _find(self, text: str) -> list[Span]:
        found: list[Span] = []
        for first, last in _stretches(text):
            before = text[first:last]
            for groups in (_NUMBER, _IN_IBAN):
                meant = _GROUP.sub(partial(_as_digits, like=groups), before)
                if meant != before:
                    found.extend(_in_stretch(before, meant, first))
        return found


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield what is around the hints, joined where it touches."""
    first, last = 0, -_REACH - 1
    for match in _HINT.finditer(text):
        if match.start() - _REACH > last:
            if last > 0:
                yield first, last
            first = max(0, match.start() - _REACH)
        last = min(len(text), match.end() + _REACH)
    if last > 0:
        yield first, last


def _as_digits(group: re.Match[str], like: re.Pattern[str]) -> str:
    """Read a group as digits where it is made of those and of letters that look like them."""
    value = group.group()
    if not like.fullmatch(value):
        return value
    head = 2 if value[:2].isalpha() and like is _IN_IBAN and len(value) > 3 else 0
    return value[:head] + value[head:].translate(_MEANT)


def _in_stretch(before: str, meant: str, offset: int) -> Iterator[Span]:
    for entity, shape, check in _SHAPES:
        for match in shape.finditer(meant):
            start, end = match.span()
            if before[start:end] != match.group() and (check is None or check(match.group())):
                yield Span(offset + start, offset + end, entity, _SCORE, "lookalike_digits")
