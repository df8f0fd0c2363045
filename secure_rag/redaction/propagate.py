"""A name once found is looked for everywhere: whole, in parts, reversed, joined in file names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from secure_rag.redaction.common_words import COMMON_WORDS
from secure_rag.redaction.names import TITLES, fold
from secure_rag.redaction.spans import Span

WHOLE_SCORE: Final = 0.85
PART_SCORE: Final = 0.65
_LONGEST_PART_GAP: Final = 3
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+")
_FILE_NAME: Final = re.compile(r"\w[-_]\w")
_SHORTEST_PART: Final = 3
_SHORTEST_JOINED: Final = 6
_EXACT_ENTITIES: Final = frozenset(
    "ID_NUMBER USERNAME ORGANIZATION STREET_ADDRESS SECRET_PASSWORD US_BANK_NUMBER".split()
)
"""Values that a second mention may show without the words that gave the first away."""


class Found(NamedTuple):
    """A value that was found, as it was written."""

    entity: str
    value: str


class _Needle(NamedTuple):
    tokens: tuple[str, ...]
    entity: str
    score: float
    needs_capital: bool


class Propagator:
    """Finds further mentions of values in time linear in the text."""

    def __init__(self, values: Iterable[Found]) -> None:
        needles: dict[tuple[str, ...], _Needle] = {}
        for found in values:
            for needle in _needles(found):
                known = needles.get(needle.tokens)
                if known is None or needle.score > known.score:
                    needles[needle.tokens] = needle
        self._by_first: dict[str, list[_Needle]] = {}
        for needle in needles.values():
            self._by_first.setdefault(needle.tokens[0], []).append(needle)
        for same_start in self._by_first.values():
            same_start.sort(key=lambda needle: (-len(needle.tokens), needle.tokens))

    def find(self, text: str) -> list[Span]:
        """Return every mention; the longest at each place, none inside another."""
        if not self._by_first:
            return []
        tokens = list(_TOKEN.finditer(text))
        folded = [fold(token.group()) for token in tokens]
        found: list[Span] = []
        index = 0
        while index < len(tokens):
            for needle in self._by_first.get(folded[index], ()):
                last = index + len(needle.tokens) - 1
                if self._matches(text, tokens, folded, index, needle):
                    start, end = tokens[index].start(), tokens[last].end()
                    found.append(Span(start, end, needle.entity, needle.score, "propagation"))
                    index = last
                    break
            index += 1
        return found

    @staticmethod
    def _matches(
        text: str,
        tokens: Sequence[re.Match[str]],
        folded: Sequence[str],
        index: int,
        needle: _Needle,
    ) -> bool:
        last = index + len(needle.tokens)
        if tuple(folded[index:last]) != needle.tokens:
            return False
        if needle.needs_capital and not text[tokens[index].start()].isupper():
            return False
        return all(
            _is_gap(text[tokens[number].end() : tokens[number + 1].start()])
            for number in range(index, last - 1)
        )


def _is_gap(between: str) -> bool:
    return len(between) <= _LONGEST_PART_GAP and "\n\n" not in between


def _needles(found: Found) -> Iterator[_Needle]:
    tokens = tuple(fold(token) for token in _TOKEN.findall(found.value))
    if not tokens:
        return
    if found.entity == "PERSON":
        yield from _person_needles(found.value, tokens)
    elif found.entity in _EXACT_ENTITIES:
        size = sum(len(token) for token in tokens)
        if size >= 4 and not all(token in COMMON_WORDS for token in tokens):
            is_word = len(tokens) == 1 and tokens[0].isalpha()
            yield _Needle(tokens, found.entity, WHOLE_SCORE, is_word)


def _person_needles(value: str, tokens: tuple[str, ...]) -> Iterator[_Needle]:
    tokens = tuple(token for token in tokens if token not in TITLES) or tokens
    if tokens[-1] == "s" and ("'s" in value or "’s" in value):
        tokens = tokens[:-1]
    if len(tokens) > 1:
        yield _Needle(tokens, "PERSON", WHOLE_SCORE, False)
    if _FILE_NAME.search(value) and value == value.lower():
        return  # which of the words are a name is not known
    long = [token for token in tokens if len(token) > 1]
    if len(long) > 1:
        given, surname = (long[1], long[0]) if "," in value else (long[0], long[-1])
        yield _Needle((given, surname), "PERSON", WHOLE_SCORE, False)
        yield _Needle((surname, given), "PERSON", WHOLE_SCORE, False)
        yield _Needle((given[0], surname), "PERSON", WHOLE_SCORE, True)
        yield _Needle((surname, given[0]), "PERSON", PART_SCORE, True)
        for joined in (given + surname, surname + given, given[0] + surname):
            if len(joined) >= _SHORTEST_JOINED:
                yield _Needle((joined,), "PERSON", PART_SCORE, False)
    for token in tokens:
        if len(token) >= _SHORTEST_PART and token not in COMMON_WORDS and token.isalpha():
            yield _Needle((token,), "PERSON", PART_SCORE, True)
