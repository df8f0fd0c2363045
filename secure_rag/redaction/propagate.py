"""A name once found is looked for everywhere: whole, in parts, reversed, joined in file names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from secure_rag.policy.entities import ENTITIES
from secure_rag.redaction.common_words import COMMON_WORDS
from secure_rag.redaction.names import TITLES, fold, spelled_out
from secure_rag.redaction.organizations import parse_organization
from secure_rag.redaction.recognizers.not_names import NOT_NAMES
from secure_rag.redaction.short_forms import ShortForms
from secure_rag.redaction.spans import Span

WHOLE_SCORE: Final = 0.85
PART_SCORE: Final = 0.65
_LONGEST_PART_GAP: Final = 3
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+")
_FILE_NAME: Final = re.compile(r"\w[-_]\w")
_BROKEN: Final = re.compile(r"([^\W\d_]+)-[ \t]*\n[ \t]*([^\W\d_]+)")
_CAMEL: Final = re.compile(r"(?<![^\W_])[^\W\d_]*[^\W\d_A-Z][A-Z][^\W\d_]*")
_CAMEL_PART: Final = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])")
_LOGIN_BEFORE: Final = re.compile(
    r"(?:[\\/@=~]|(?:user|login|account|username|logon)[\s:=\"']{1,3})$", re.I
)
_LOGIN_AFTER: Final = re.compile(r"\d{1,4}(?!\w)|@")
_IN_LIST: Final = re.compile(
    r"(?<![^\W_])(?!(?:Mr|Mrs|Ms|Dr|To|From|By|For|And)\b)[^\W\d_a-z][\w'-]*\.?[ ]$"
)
_SHORTEST_PART: Final = 3
_SHORTEST_CAMEL_PART: Final = 5
_SHORTEST_JOINED: Final = 6
_SHORTEST_FILE_PART: Final = 4
_FILE_MARK: Final = re.compile(r"[-_]\w|\.(?:[a-z]{3,4}|7z)\b")
_SHORTEST_PLACE: Final = 8
_EXACT_ENTITIES: Final = frozenset(
    "ID_NUMBER USERNAME STREET_ADDRESS SECRET_PASSWORD US_BANK_NUMBER".split()
)
"""Values that a second mention may show without the words that gave the first away."""
_STRUCTURED: Final = frozenset({"EMAIL_ADDRESS", "PHONE_NUMBER", "LONG_NUMBER"}) | {
    name
    for name, entity in ENTITIES.items()
    if entity.group in ("FINANCIAL", "GOVERNMENT_ID", "SECRETS")
}
"""Values that patterns miss where other letters touch them."""
_SHORTEST_STRUCTURED: Final = 8
_EVERYDAY: Final = COMMON_WORDS | NOT_NAMES


class Found(NamedTuple):
    """A value that was found, as it was written."""

    entity: str
    value: str


class _Needle(NamedTuple):
    tokens: tuple[str, ...]
    entity: str
    score: float
    needs_capital: bool
    is_login: bool = False
    """Only where a log-in name stands: `novaka` might be a word."""
    has_comma: bool = False
    """The surname comes first, so that a comma may follow it."""


class _Token(NamedTuple):
    start: int
    end: int
    plain: str


class Propagator:
    """Finds further mentions of values in time linear in the text."""

    def __init__(self, values: Iterable[Found]) -> None:
        self._needles: dict[tuple[str, ...], _Needle] = {}
        values = list(values)
        for found in values:
            for needle in _needles(found):
                known = self._needles.get(needle.tokens)
                if known is None or _rank(needle) > _rank(known):
                    self._needles[needle.tokens] = needle
        sizes: dict[str, set[int]] = {}
        for tokens in self._needles:
            sizes.setdefault(tokens[0], set()).add(len(tokens))
        self._sizes = {first: sorted(found, reverse=True) for first, found in sizes.items()}
        self._short = ShortForms(values)

    def find(self, text: str) -> list[Span]:
        """Return every mention; the longest at each place, none inside another."""
        if not self._needles:
            return []
        tokens = [_Token(m.start(), m.end(), fold(m.group())) for m in _TOKEN.finditer(text)]
        found = list(self._search(text, tokens))
        found += self._in_broken_words(text)
        found += self._in_camel_case(text)
        found += self._short.find(text)
        return _outermost(found)

    def _search(self, text: str, tokens: Sequence[_Token]) -> Iterator[Span]:
        index = 0
        while index < len(tokens):
            for size in self._sizes.get(tokens[index].plain, ()):
                run = tokens[index : index + size]
                needle = self._needles.get(tuple(token.plain for token in run))
                if needle is not None and _matches(text, run, needle):
                    yield Span(
                        run[0].start,
                        _with_number(text, run[-1].end, needle),
                        needle.entity,
                        needle.score,
                        "propagation",
                    )
                    index += size - 1
                    break
            index += 1

    def _in_broken_words(self, text: str) -> Iterator[Span]:
        """Look at words that a hyphen breaks over two lines, with the words around them."""
        for match in _BROKEN.finditer(text):
            line = max(text.rfind("\n", 0, match.start()), match.start() - 80)
            before = _tokens(text, line + 1, match.start())[-3:]
            after = _tokens(text, match.end(), min(len(text), match.end() + 80))[:3]
            joined = _Token(*match.span(), fold(match.group(1) + match.group(2)))
            for span in self._search(text, [*before, joined, *after]):
                if span.start <= joined.start and joined.end <= span.end:
                    yield span

    def _in_camel_case(self, text: str) -> Iterator[Span]:
        """Look into `LeaseAnnaNovak`: full names, and parts that are long enough."""
        for match in _CAMEL.finditer(text):
            if fold(match.group()) in self._sizes:
                continue
            parts = [
                _Token(m.start(), m.end(), fold(m.group()))
                for m in _CAMEL_PART.finditer(text, *match.span())
            ]
            for span in self._search(text, parts):
                if span.score > PART_SCORE or span.end - span.start >= _SHORTEST_CAMEL_PART:
                    yield span


def _rank(needle: _Needle) -> tuple[bool, float]:
    """Order needles of the same words: a firm of that name must not hide the person."""
    return needle.entity == "PERSON", needle.score


def _outermost(spans: Sequence[Span]) -> list[Span]:
    """Leave out what lies inside another span."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.end > kept[-1].end:
            kept.append(span)
    return kept


def _tokens(text: str, start: int, end: int) -> list[_Token]:
    return [_Token(m.start(), m.end(), fold(m.group())) for m in _TOKEN.finditer(text, start, end)]


def _matches(text: str, run: Sequence[_Token], needle: _Needle) -> bool:
    start, end = run[0].start, run[-1].end
    is_low = needle.needs_capital and not text[start].isupper()
    if is_low and needle.entity != "PERSON":
        return False
    if is_low and len(run) == 1:
        return _is_in_file_name(text, run[0])
    if (is_low or needle.is_login) and not _is_login(text, start, end):
        return False
    gaps = [text[one.end : other.start] for one, other in pairwise(run)]
    if needle.entity == "PERSON" and any(";" in gap or "&" in gap for gap in gaps):
        return False
    if needle.entity == "PERSON" and not needle.has_comma and any("," in gap for gap in gaps):
        return False
    if len(run) == 2 and "," in gaps[0] and _IN_LIST.search(text, max(0, start - 40), start):
        return False  # `Jana Petrovic, Jovan Petrovic` names nobody `Petrovic, Jovan`
    return all(_is_gap(gap) for gap in gaps)


def _is_in_file_name(text: str, token: _Token) -> bool:
    """Say whether a small-letter word stands in a name such as `lease-novak.pdf`."""
    if len(token.plain) < _SHORTEST_FILE_PART or token.plain in _EVERYDAY:
        return False
    is_marked = text[max(0, token.start - 1) : token.start] in ("-", "_", "/")
    return is_marked or _FILE_MARK.match(text, token.end) is not None


def _is_login(text: str, start: int, end: int) -> bool:
    before = _LOGIN_BEFORE.search(text, max(0, start - 12), start)
    return before is not None or _LOGIN_AFTER.match(text, end) is not None


def _with_number(text: str, end: int, needle: _Needle) -> int:
    """Take in the number of a log-in such as `jsmith42`."""
    if needle.score > PART_SCORE or needle.needs_capital or len(needle.tokens) > 1:
        return end
    match = _LOGIN_AFTER.match(text, end)
    return match.end() if match and match.group() != "@" else end


def _is_gap(between: str) -> bool:
    return len(between) <= _LONGEST_PART_GAP and "\n\n" not in between


def _needles(found: Found) -> Iterator[_Needle]:
    tokens = tuple(fold(token) for token in _TOKEN.findall(found.value))
    if not tokens:
        return
    size = sum(len(token) for token in tokens)
    is_word = len(tokens) == 1 and tokens[0].isalpha()
    if found.entity == "PERSON":
        yield from _person_needles(found.value, tokens)
        spelled = tuple(spelled_out(token) for token in _TOKEN.findall(found.value))
        if spelled != tokens:
            yield from _person_needles(spelled_out(found.value), spelled)
    elif found.entity == "ORGANIZATION":
        yield from _organization_needles(found.value, tokens)
    elif found.entity == "LOCATION":
        if len(tokens) > 1 and size >= _SHORTEST_PLACE and _is_telling(tokens):
            yield _Needle(tokens, "LOCATION", WHOLE_SCORE, True)
    elif found.entity in _EXACT_ENTITIES and size >= 4 and _is_telling(tokens, COMMON_WORDS):
        yield _Needle(tokens, found.entity, WHOLE_SCORE, is_word)
    elif found.entity in _STRUCTURED and size >= _SHORTEST_STRUCTURED and not is_word:
        yield _Needle(tokens, found.entity, WHOLE_SCORE, False)


def _organization_needles(value: str, tokens: tuple[str, ...]) -> Iterator[_Needle]:
    """Yield a firm's name with and without legal form; a short or everyday word is no needle."""
    words, legal = parse_organization(value)
    plain = tuple(word for word in words if word.isalnum())
    for name in {tokens, plain} if legal and plain == words else {tokens}:
        if sum(len(token) for token in name) < 4:
            continue
        if len(name) == 1 and (len(name[0]) < 5 or name[0] in _EVERYDAY):
            continue
        if _is_telling(name, COMMON_WORDS):
            yield _Needle(name, "ORGANIZATION", WHOLE_SCORE, True)


def _is_telling(tokens: Sequence[str], everyday: frozenset[str] = _EVERYDAY) -> bool:
    return not all(token in everyday for token in tokens)


def _person_needles(value: str, tokens: tuple[str, ...]) -> Iterator[_Needle]:
    tokens = tuple(token for token in tokens if token not in TITLES) or tokens
    if tokens[-1] == "s" and ("'s" in value or "’s" in value):
        tokens = tokens[:-1]
    if len(tokens) > 1:
        everyday = all(token in COMMON_WORDS for token in tokens)
        yield _Needle(tokens, "PERSON", WHOLE_SCORE, everyday, has_comma="," in value)
    if _FILE_NAME.search(value) and value == value.lower():
        return  # which of the words are a name is not known
    long = [token for token in tokens if len(token) > 1]
    if len(long) > 1:
        given, surname = (long[1], long[0]) if "," in value else (long[0], long[-1])
        yield from _pair_needles(given, surname)
    for token in tokens:
        if len(token) >= _SHORTEST_PART and token not in COMMON_WORDS and token.isalpha():
            yield _Needle((token,), "PERSON", PART_SCORE, True)
    surname = tokens[-1] if "," not in value else tokens[0]
    if len(surname) > _SHORTEST_PART and surname not in _EVERYDAY and surname[-1] != "s":
        yield _Needle((f"{surname}s",), "PERSON", PART_SCORE, True)


def _pair_needles(given: str, surname: str) -> Iterator[_Needle]:
    everyday = given in COMMON_WORDS and surname in COMMON_WORDS
    yield _Needle((given, surname), "PERSON", WHOLE_SCORE, everyday)
    yield _Needle((surname, given), "PERSON", WHOLE_SCORE, everyday, has_comma=True)
    yield _Needle((given[0], surname), "PERSON", WHOLE_SCORE, True)
    yield _Needle((surname, given[0]), "PERSON", PART_SCORE, True, has_comma=True)
    for joined in (given + surname, surname + given, given[0] + surname):
        if len(joined) >= _SHORTEST_JOINED:
            yield _Needle((joined,), "PERSON", PART_SCORE, False, joined in _EVERYDAY)
    for joined in (surname + given[0], given + surname[0]):
        if len(joined) >= _SHORTEST_PART and joined not in COMMON_WORDS:
            yield _Needle((joined,), "PERSON", PART_SCORE, False, True)
    # `Anna N.`, and the log-in `anna.n`
    yield _Needle((given, surname[0]), "PERSON", PART_SCORE, True)
