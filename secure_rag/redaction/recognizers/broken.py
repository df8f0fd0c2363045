"""Numbers that a line break cuts in two.

Only values whose shape is exact are looked for, so that two numbers which happen to stand
at the end of one line and the start of the next are not taken for one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from secure_rag.redaction.recognizers.checksums import is_card, is_nhs, passes_mod_97
from secure_rag.redaction.recognizers.dates import is_date
from secure_rag.redaction.recognizers.pattern import Pattern
from secure_rag.redaction.spans import Span
from secure_rag.redaction.windows import find_in_windows

_REACH: Final = 48
_SCORE: Final = 0.6
_L: Final = r"(?<![\w.])"
_R: Final = r"(?![\w]|\.\d)"


def _shape(shape: str) -> re.Pattern[str]:
    return re.compile(_L + f"(?:{shape})" + _R)


_SHAPES: Final[tuple[tuple[str, re.Pattern[str], Callable[[str], bool] | None], ...]] = (
    ("CREDIT_CARD", _shape(r"\d{4}(?:[ .-]?\d{2,6}){2,4}"), is_card),
    ("IBAN_CODE", _shape(r"[A-Za-z]{2}\d{2}(?:[ .-]?[A-Za-z0-9]{1,4}){3,9}"), passes_mod_97),
    ("US_SSN", _shape(r"(?!000|666)\d{3}(?P<s>[ -])\d{2}(?P=s)\d{4}"), None),
    ("UK_NHS", _shape(r"\d{3}(?P<s>[ -])\d{3}(?P=s)\d{4}"), is_nhs),
    ("UK_NINO", _shape(r"[A-CEGHJ-PR-TW-Z]{2}[ ]?\d{2}[ ]?\d{2}[ ]?\d{2}[ ]?[A-D]"), None),
    ("MAC_ADDRESS", _shape(r"[0-9A-Fa-f]{2}(?:(?P<s>[:-])[0-9A-Fa-f]{2})(?:(?P=s)"
                           r"[0-9A-Fa-f]{2}){4}"), None),
    ("UUID", _shape(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"), None),
    ("PHONE_NUMBER", _shape(r"\+\d{1,3}(?:[ ./-]?\(?\d{1,5}\)?){2,6}"), None),
    ("ID_NUMBER", _shape(r"[2-6]\d{3} \d{5} \d|\d{2}[ ]\d{2}[ ]\d{6}[ ]\d{2}"), None),
    ("PHONE_NUMBER", _shape(r"\(?[2-9]\d\d\)?[ .-]?[2-9]\d\d[ .-]\d{4}"), None),
    ("PHONE_NUMBER", _shape(r"\(?0\d{2,4}\)?[ -]\d{3,4}[ -]?\d{3,4}"), None),
    ("POSTCODE", _shape(r"[A-PR-UWYZ](?:[A-HK-Y]?\d[\dA-Z]?) \d[ABD-HJLNP-UW-Z]{2}"), None),
    ("DATE_TIME", _shape(r"\d{4}-\d\d-\d\d|\d{1,2}-\d{1,2}-\d{4}|\d{1,2}/\d{1,2}/\d{4}"), is_date),
    ("DATE_TIME", _shape(r"\d{1,2}-[A-Za-z]{3}-\d{4}|\d{4}-[A-Za-z]{3}-\d{1,2}|[A-Za-z]{3}-\d\d?"
                         r"-\d{4}"), None),
)  # fmt: skip


_TOKEN: Final = re.compile(r"(?<![\w.])[A-Za-z0-9(+]")
_LAST_GROUP: Final = re.compile(r"[\s.:/_-]+[A-Za-z0-9]+\Z")
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){1,2}\Z")
_MARKS: Final = "-:./"
_MOST_STARTS: Final = 6


class BrokenNumberDetector:
    """Joins the ends of lines and looks for exact shapes across the joint."""

    name = "broken"
    is_costly = False

    def __init__(self, more: Sequence[Pattern] = ()) -> None:
        """Take further shapes: those without a check only where a hyphen says `goes on`."""
        self._more = tuple(pattern for pattern in more if not pattern.before)
        self.names = tuple(dict.fromkeys((entity, "broken_number") for entity, _, _ in _SHAPES))

    def find(self, text: str) -> list[Span]:
        """Return numbers with a line break inside."""
        return find_in_windows(text, self._find)

    def signature(self) -> str:
        """Return a digest of the shapes."""
        parts = [f"{entity}|{shape.pattern}" for entity, shape, _ in _SHAPES]
        parts += [f"{pattern.name}|{pattern.expression.pattern}" for pattern in self._more]
        return hashlib.sha256("\n".join([*parts, str(_REACH)]).encode()).hexdigest()

    def _find(self, text: str) -> list[Span]:
        found: list[Span] = []
        position = text.find("\n")
        while position >= 0:
            joint = _joint(text, position)
            if joint is not None:
                found.extend(self._across(*joint))
            position = text.find("\n", position + 1)
        return found

    def _across(self, start: int, left: str, first: int, right: str) -> list[Span]:
        """Return what begins in the end of one line and ends in the next."""
        is_hyphened = left[-1] in _MARKS or right[0] in _MARKS
        for joint in ("",) if is_hyphened else (" ", ""):
            joined = left + joint + right
            border = len(left) + len(joint)
            starts = [match.start() for match in _TOKEN.finditer(joined, 0, len(left))]
            for begin in starts[-_MOST_STARTS:]:
                for entity, end in self._at(joined, begin, is_hyphened):
                    if end > border:
                        last = first + end - border
                        return [Span(start + begin, last, entity, _SCORE, "broken_number")]
        return []

    def _at(self, joined: str, begin: int, is_hyphened: bool) -> Iterator[tuple[str, int]]:
        for entity, shape, check in _SHAPES:
            match = shape.match(joined, begin)
            end = begin + _valid(match.group(), check) if match else 0
            if end > begin:
                yield entity, end
        for pattern in self._more:
            if not is_hyphened and (pattern.check is None or pattern.name == "grouped_digits"):
                continue
            match = pattern.regex.match(joined, begin)
            if (
                match
                and pattern.score >= 0.35
                and (not pattern.check or pattern.check(match.group()))
            ):
                yield pattern.entity, match.end()


def _valid(value: str, check: Callable[[str], bool] | None) -> int:
    """Return how much of a value passes: what follows it may look like its last group."""
    if check is None:
        return len(value)
    for _ in range(4):
        if check(value):
            return len(value)
        shorter = _LAST_GROUP.sub("", value)
        if shorter == value:
            break
        value = shorter
    return 0


def _joint(text: str, position: int) -> tuple[int, str, int, str] | None:
    """Return the ends of two lines that may hold one number, and where they stand."""
    last = position
    while last and text[last - 1] in " \r":
        last -= 1
    first = position + 1
    while first < len(text) and text[first] in " \t":
        first += 1
    if not last or first >= len(text):
        return None
    before, after = text[last - 1], text[first]
    if not (before.isalnum() or before in _MARKS) or not (after.isalnum() or after in "-:./("):
        return None
    start = max(text.rfind("\n", 0, last), last - _REACH - 1) + 1
    end = text.find("\n", first)
    end = min(first + _REACH, len(text) if end < 0 else end)
    left, right = text[start:last], text[first:end]
    is_hyphened = before in _MARKS or after in _MARKS
    near = any(map(str.isdigit, left[-7:])), any(map(str.isdigit, right[:7]))
    short = left.rpartition(" ")[2], right.partition(" ")[0]
    is_code = any(len(part) <= 4 and part.isupper() for part in short)
    if (
        not all(near)
        and not (any(near) and (is_hyphened or is_code))
        and not _HEX.search(left[-6:])
    ):
        return None
    return start, left, first, right
