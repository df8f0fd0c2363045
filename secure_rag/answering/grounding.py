"""Is a sentence that the model wrote supported by the words it rests on?

A deterministic check, strict on purpose: small models put the question's words around
the quote's and say what nobody wrote. A sentence that fails is not shown; the quotes
always are. It must

- consist of words of the quotes and of the headings and file names they stand under,
  its numbers of the quotes alone;
- say something that the question does not;
- follow the order of one quote, or of all, with at most one leap;
- keep the negations and the conditions of the quotes that it takes its words from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from secure_rag.answering.words import Word, content_words, negates, stems

_CONDITIONS = (
    "unless except only until if before after within least most than over under above below "
    "about almost approximately around nearly roughly "
    "may might must should can could would"
).split()
_SIGNED = re.compile(
    r"(?P<minus>(?<![\w)\]])[-\u2212\u2013])?[$€£¥]?(?P<digits>\d[\d.,]*)"
    r"(?P<share>\s?(?:%|per ?cent\b))?"
)
_ANY_MARKS = ("", "-", "%", "-%")
_MIN_WORDS = 3
_LEAP = 4
"""More content words than this passed over are a leap."""

_MAX_LEAPS = 1


def is_supported(
    sentence: str, quotes: Sequence[str], question: str, context: Sequence[str] = ()
) -> bool:
    """Say whether the quotes bear out the sentence.

    Args:
        context: headings and file names that the quotes stand under.
    """
    said = content_words(sentence)
    above = stems("\n".join(context))
    if len(said) < _MIN_WORDS or not _keeps_conditions(sentence, quotes):
        return False
    each = [[word.stem for word in content_words(quote)] for quote in quotes]
    everything = [stem for quote in each for stem in quote]
    if not {word.stem for word in said} & set(everything) - stems(question):
        return False
    return any(
        _consists_of(said, set(quoted), above) and _follows(said, quoted, above)
        for quoted in [*each, everything]
    )


class KnownWords:
    """The words of some quotes, to look at a sentence while it is still being written."""

    def __init__(self, quotes: Sequence[str], context: Sequence[str] = ()) -> None:
        self._quoted = {word.stem for quote in quotes for word in content_words(quote)}
        self._above = stems("\n".join(context))

    def hold(self, text: str) -> bool:
        """Say whether every word so far is one of the quotes', or of what they stand under.

        True for the beginning of every sentence that `is_supported` would let pass.
        """
        return _consists_of(content_words(text), self._quoted, self._above)


def _consists_of(said: Sequence[Word], quoted: set[str], above: set[str]) -> bool:
    return all(word.stem in quoted or (not word.is_number and word.stem in above) for word in said)


def _follows(said: Sequence[Word], quoted: Sequence[str], above: set[str]) -> bool:
    """Say whether the words come in the order of the quotes."""
    position, leaps = -1, 0
    for word in said:
        found = next(
            (at for at in range(position + 1, len(quoted)) if quoted[at] == word.stem), None
        )
        if found is None:
            if word.stem not in above:
                return False
            continue
        leaps += position >= 0 and found - position > _LEAP
        position = found
    return leaps <= _MAX_LEAPS


def _keeps_conditions(sentence: str, quotes: Sequence[str]) -> bool:
    said = stems(sentence)
    used = [quote for quote in quotes if len(said & stems(quote)) >= 2] or list(quotes)
    if negates(sentence) != any(negates(quote) for quote in used):
        return False
    if any(marks - _marks_of(quotes, digits) for digits, marks in _numbers(sentence).items()):
        return False
    asked = set().union(*(_conditions(quote) for quote in used))
    return asked == _conditions(sentence)


def _marks_of(quotes: Sequence[str], digits: str) -> set[str]:
    """Return the signs that a number has in the quotes; any if it stands there in words."""
    found = [numbers[digits] for numbers in map(_numbers, quotes) if digits in numbers]
    return set().union(*found) if found else set(_ANY_MARKS)


def _numbers(text: str) -> dict[str, set[str]]:
    """Return the digits of each number of a text, with the minus and percent signs it has."""
    found: dict[str, set[str]] = {}
    for one in _SIGNED.finditer(text):
        marks = ("-" if one["minus"] else "") + ("%" if one["share"] else "")
        found.setdefault(re.sub(r"\D", "", one["digits"]), set()).add(marks)
    return found


def _conditions(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower())).intersection(_CONDITIONS)
