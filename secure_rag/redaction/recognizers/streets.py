"""Find a street by its house number: the words beside it say whether it is one."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.common_words import COMMON_WORDS
from secure_rag.redaction.recognizers.street_words import (
    AFTER_NAME,
    BEFORE_NAME,
    CUES,
    LINKS,
    NUMBER_FIRST,
    POSTFIXES,
    SUFFIXES,
)
from secure_rag.redaction.recognizers.words_on_line import Word, words_after, words_before

Found = tuple[int, int, float]
"""Start, end and score."""

NUMBER: Final = re.compile(
    r"(?<![\w.,/:$€£+%-])(?<!#)\d{1,5}(?:[-/]\d{1,4})?[A-Za-z]?(?![\w:%€$£]|[.,/-]\d|[ ]?%)"
)
_STRONG: Final = tuple(
    """
    straße strasse str. gasse allee damm ufer straat laan plein kade gracht gade vej gatan gränd
    vägen veien vegen svingen bakken vegur stræti braut hlíð katu kuja utca útja körút puiestee
    tänav platz chaussee terrasse allé torget tunet stigen backen
    """.split()
)
_ANY_CASE: Final = frozenset(
    """
    rue avenue boulevard chemin allée quai impasse calle avenida rua ul. ul al. os. nám. tř. ulica
    trg cesta jl. jalan jl rúa avda. c/ av. via viale piazza corso strada carrer paseo plaza
    """.split()
)
_SURE_POSTFIXES: Final = frozenset("utca út útja körút tänav puiestee straße strasse gatan".split())
_NEEDS_NAME: Final = frozenset(
    "place via square passage route court villa cours camino av ave strada".split()
)
_LOWER_KINDS: Final = frozenset(
    "street st avenue ave lane boulevard blvd crescent terrace road rd grove gardens".split()
)
_WAYS: Final = frozenset("n s e w ne nw se sw north south east west".split())
_COURTS: Final = frozenset(
    """
    supreme high district county crown appeal appeals federal circuit trial superior family the
    constitutional regional magistrates european municipal provincial criminal civil labour
    national car theme ball business science retail industrial central wildlife safari hard
    long right left wrong hundred thousand million percent
    """.split()
)
_NO_STREETS: Final = frozenset(
    """
    january february march april may june july august september october november december
    mondays tuesdays wednesdays thursdays fridays saturdays sundays monday tuesday wednesday
    thursday friday saturday sunday
    """.split()
)
_NOT_NAMES: Final = frozenset(
    """
    article articles section sections rule rules chapter page pages no nos number paragraph para
    figure fig table annex appendix clause item part volume vol version step phase level class
    grade group team day days week unit line room floor gate terminal platform channel form model
    series type size route flight bus train exhibit schedule question answer note point protocol
    room psalm book act law directive regulation case cases order lot box file document line order
    covid windows iphone formula apollo boeing airbus euro top over under about around
    """.split()
)
_HOUSE_BEHIND: Final = re.compile(r",?[ ]\d{1,4}[A-Za-z]?(?![\w:]|[.,/-]\d)")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_ORDINAL: Final = re.compile(r"\d{1,3}(?:st|nd|rd|th)", re.I)


def street_at(text: str, start: int, end: int) -> Found | None:
    """Return the street that a number belongs to, house number included."""
    if not (
        text[end : end + 3].strip(" ,")[:1].isalpha()
        or text[max(0, start - 3) : start].strip(" ,")[-1:].strip(".").isalpha()
        or text[start - 2 : start - 1] == "."
    ):
        return None
    return _ahead(text, start, end) or _behind(text, start, end)


def _kind(word: Word) -> str:
    return word.text.casefold().rstrip(".")


def _ahead(text: str, start: int, end: int) -> Found | None:
    words = words_after(text, end, 8)
    if not words or words[0].start - end > 2:
        return None
    first = words[0].text.casefold()
    if first in NUMBER_FIRST:
        return _french(text, words, start)
    if _kind(words[0]) in _NO_STREETS:
        return None
    is_lower = False
    for index, word in enumerate(words[:6]):
        kind = _kind(word)
        if index and kind in AFTER_NAME:
            before = _kind(words[index - 1])
            if before in _COURTS and kind in ("court", "park", "way", "side", "point", "drive"):
                return None
            if is_lower and kind not in _LOWER_KINDS and index == 1:
                continue  # `23 harbour view rd`
            if is_lower and (kind not in _LOWER_KINDS or index > 2):
                return None
            if _YEAR.fullmatch(text, start, end) and kind not in _LOWER_KINDS:
                return None
            if word.is_capital or is_lower:
                return start, _past_ways(words, index), 0.45 if is_lower else 0.7
        is_name = word.is_capital or _ORDINAL.fullmatch(word.text) is not None
        if not is_name and not (index and kind in LINKS):
            if not word.text.isalpha() or kind in COMMON_WORDS | AFTER_NAME or len(kind) < 3:
                return None
            is_lower = True
        if word.has_comma:
            return None
    return None


def _past_ways(words: list[Word], index: int) -> int:
    """Return the end of a street's name: `Devon Street West`, `Mill Hill Road`."""
    end = words[index]
    for word in words[index + 1 : index + 3]:
        kind = _kind(word)
        if end.has_comma or not word.is_capital or kind not in AFTER_NAME | _WAYS:
            break
        end = word
    is_short = len(end.text) <= 5 and end.text.endswith(".")
    return end.end if is_short or not end.text.endswith(".") else end.end - 1


def _french(text: str, words: list[Word], start: int) -> Found | None:
    last: Word | None = None
    was_link = True
    for index, word in enumerate(words[1:7]):
        is_link = word.text.casefold() in LINKS
        is_name = word.is_capital or word.text[:2].casefold() in ("l'", "d'")
        if index == 0 and words[0].text.casefold() in _NEEDS_NAME and not (is_link or is_name):
            return None
        if not (is_link or is_name or (was_link and word.text.isalpha())):
            break
        if not is_link:
            last = word
        was_link = is_link
        if word.has_comma:
            break
    if last is None:
        return None
    end = _without_stop(last)
    house = _HOUSE_BEHIND.match(text, end)
    return start, house.end() if house else end, 0.65


def _without_stop(word: Word) -> int:
    return word.end - (word.text[-1] in ".:?!)")


def _behind(text: str, start: int, end: int) -> Found | None:
    words = words_before(text, start, 7)
    if not words or start - words[0].end > 2:
        return None
    near = words[0]
    folded = near.text.casefold()
    if folded in POSTFIXES and not near.has_comma:
        first = _named(words, 1, may_be_small=1)
        if first is None and near.text in _SURE_POSTFIXES and len(words) > 1:
            first = words[1].start if words[1].text.isalpha() else None
        if first is not None and (near.text.islower() or first < near.start):
            return first, end, 0.6
    if near.is_capital and folded.endswith(_STRONG) and len(folded) > 5 and not near.has_comma:
        return _with_adjective(words), end, 0.6
    prefixed = _prefixed(words)
    if prefixed is not None:
        return prefixed, end, 0.6
    if near.is_capital and not near.has_comma:
        return _bare(text, words, start, end)
    return None


def _named(words: list[Word], index: int, *, may_be_small: int) -> int | None:
    """Return where the capitalised words begin that end at `index`, or None without any."""
    first: int | None = None
    for word in words[index : index + 4]:
        if word.has_comma or (word.text[-1] in ".:?!" and len(word.text) > 3):
            break
        if word.is_capital and _kind(word) not in COMMON_WORDS:
            first = word.start
        elif may_be_small and word.text.isalpha() and _kind(word) not in COMMON_WORDS:
            may_be_small -= 1
        elif _kind(word) not in LINKS:
            break
    return first


def _with_adjective(words: list[Word]) -> int:
    """Take `Gamle` with `Kongevej`, but no word that begins a sentence."""
    if len(words) < 2 or words[1].has_comma:
        return words[0].start
    other = words[1]
    is_part = other.is_capital and other.text.isalpha() and _kind(other) not in COMMON_WORDS | CUES
    return other.start if is_part else words[0].start


def _prefixed(words: list[Word]) -> int | None:
    """Return where `Via Roma` begins when it stands in front of the number."""
    has_name = False
    for index, word in enumerate(words[:6]):
        folded = word.text.casefold()
        is_prefix = folded in BEFORE_NAME and (word.is_capital or folded in _ANY_CASE)
        if is_prefix and has_name and (word.is_capital or folded not in ("via", "place")):
            return word.start
        if index and word.has_comma:
            return None
        if word.is_capital or word.text[:2].casefold() in ("l'", "d'"):
            has_name = has_name or _kind(word) not in COMMON_WORDS | _NOT_NAMES
        elif folded not in LINKS and not (word.text.isalpha() and index < 2):
            return None
        elif folded not in LINKS:
            has_name = True
    return None


def _bare(text: str, words: list[Word], start: int, end: int) -> Found | None:
    """Take a name and a number for a street where the words around say so."""
    names: list[Word] = []
    for word in words[:4]:
        if (names and word.has_comma) or not word.text[0].isalpha():
            break
        if not word.is_capital and not (names and _kind(word) in LINKS):
            break
        names.append(word)
    while names and not names[-1].is_capital:
        names.pop()
    if not names or _kind(names[0]) in COMMON_WORDS | _NOT_NAMES | _NO_STREETS:
        return None
    before = words[len(names) : len(names) + 3]
    has_number = bool(before) and before[0].text.isdigit() and 3 <= len(before[0].text) <= 6
    weak = names[0].text.casefold().endswith(SUFFIXES) and len(names[0].text) > 6
    if has_number and (weak or end - start <= 4):
        return names[-1].start, end, 0.5
    if before and (any(_kind(word).rstrip(":?") in CUES for word in before)):
        return names[-1].start, end, 0.5
    if weak and re.match(r",?[ ]\d{4,5}[ ][^\W\d_]", text[end : end + 12]):
        return names[-1].start, end, 0.6
    return None
