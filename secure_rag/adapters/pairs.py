"""The texts of a training row, redacted alike.

A detector sees other things in `{"floor": 5561}` than in the mail that it was read from. If each
text were redacted by itself, a value would be a placeholder in one and not in the other, and an
object might not be one any more:

- what is found in one of two texts is replaced in both;
- of an answer that is JSON, each key and value that stands in the text has what redaction left of
  it there, every other is looked at by itself, and what comes out is JSON;
- a quote is what redaction left of its place in the evidence: out of its sentence a name may not
  be recognised.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from secure_rag.redaction.engine import RedactedText

Redact = Callable[[str], RedactedText]

_NUMBER: Final = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?![\w])")


def redacted_pair(asked: str, said: str, redact: Redact) -> list[str]:
    """Return both texts, redacted.

    Args:
        redact: redacts a text; one numbering of persons for both.
    """
    shown = redact(asked)
    value = _object(said)
    if value is not None:
        left = _leaves(value, _Fate(asked, shown, redact))
        return [shown.text, json.dumps(left, ensure_ascii=False)]
    own = redact(said)
    return [
        _applied(asked, shown, _replaced(said, own)),
        _applied(said, own, _replaced(asked, shown)),
    ]


def redacted_quote(
    evidence: Sequence[str], asked: str, answer: str, quote: str, redact: Redact
) -> list[str] | None:
    """Return evidence, question, answer and quote, redacted; None if the quote stands nowhere.

    Args:
        answer: empty where the evidence has none, and so the quote; may be the quote.
    """
    shown = [redact(text) for text in evidence]
    left = [*(one.text for one in shown), redact(asked).text]
    quoted = quote.strip()
    for text, found in zip(evidence, shown, strict=True):
        start = text.find(quoted)
        if quoted and start >= 0:
            quoted = found.text[slice(*found.moved.span(start, start + len(quoted)))]
            said = quoted if answer.strip() == quote.strip() else redact(answer).text
            return [*left, said, quoted]
    return None if quoted else [*left, redact(answer).text, ""]


def _object(text: str) -> Any:
    """Return an object or a list that a text is, else None."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _leaves(value: Any, fate: _Fate) -> Any:
    if isinstance(value, dict):
        return {fate.of_text(key): _leaves(one, fate) for key, one in value.items()}
    if isinstance(value, list):
        return [_leaves(one, fate) for one in value]
    if isinstance(value, str):
        return fate.of_text(value)
    if value is None or isinstance(value, bool):
        return value
    return fate.of_number(value)


def _is_number(text: str, value: float) -> bool:
    return _NUMBER.fullmatch(text) is not None and float(text.replace(",", "")) == value


class _Fate:
    """What redaction made of the values of a text."""

    def __init__(self, asked: str, shown: RedactedText, redact: Redact) -> None:
        self.asked = asked
        self.shown = shown
        self.redact = redact

    def of_text(self, value: str) -> str:
        """Return what is left of a value."""
        found = re.search(rf"(?<!\w){re.escape(value)}(?!\w)", self.asked) if value else None
        return self.redact(value).text if found is None else self._left(found)

    def of_number(self, value: float) -> float | str:
        """Return a number, or the text that stands in its place."""
        same = [
            self._left(found)
            for found in _NUMBER.finditer(self.asked)
            if float(found.group().replace(",", "")) == value
        ]
        # a day of the month may be the same number as a count that was left as it is
        if any(_is_number(left, value) for left in same):
            return value
        left = same[0] if same else self.redact(str(value)).text
        return value if _is_number(left, value) else left

    def _left(self, found: re.Match[str]) -> str:
        return self.shown.text[slice(*self.shown.moved.span(*found.span()))]


def _replaced(text: str, shown: RedactedText) -> dict[str, str]:
    """Return what was replaced in a text, with what."""
    pairs = {
        text[one.start : one.end]: shown.text[one.new_start : one.new_end]
        for one in shown.moved.edits
    }
    return {old: new for old, new in pairs.items() if old.strip()}


def _applied(text: str, own: RedactedText, others: dict[str, str]) -> str:
    """Replace what was found in a text, and what was found in the other one."""
    edits = [(one.start, one.end, own.text[one.new_start : one.new_end]) for one in own.moved.edits]
    edits += [
        (match.start(), match.end(), others[old])
        for old in sorted(others, key=len, reverse=True)
        for match in re.finditer(rf"(?<!\w){re.escape(old)}(?!\w)", text)
    ]
    taken: list[tuple[int, int, str]] = []
    for start, end, new in edits:
        meeting = [one for one in taken if start < one[1] and one[0] < end]
        if meeting:
            # nothing of either is left: the union goes, with the words of the first
            taken = [one for one in taken if one not in meeting]
            start = min(start, *(one[0] for one in meeting))
            end = max(end, *(one[1] for one in meeting))
            new = meeting[0][2]
        taken.append((start, end, new))
    for start, end, new in sorted(taken, reverse=True):
        text = text[:start] + new + text[end:]
    return text
