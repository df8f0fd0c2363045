"""Street addresses: a street with its units, and the lines that follow it.

1. Each number is asked whether the words beside it make it a street's house number.
2. Numbers, units and house names beside the street belong to it; so do town and postcode
   in the same line.
3. Lines below, up to a postcode or a country, are the town and the country of the address:
   they are reported as what they are, so that a policy can treat them otherwise.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from typing import Final

from secure_rag.redaction.common_words import COMMON_WORDS
from secure_rag.redaction.recognizers import cities, countries, street_words, streets
from secure_rag.redaction.recognizers.addresses import STATE, UK
from secure_rag.redaction.recognizers.streets import NUMBER, street_at
from secure_rag.redaction.spans import Span
from secure_rag.redaction.windows import find_in_windows

_UNIT: Final = (
    rf"{street_words.UNITS}[ \t]?(?:#|no\.?[ ])?[ ]?(?:\d{{1,5}}[A-Za-z]?|[A-Z]\d{{0,4}})\b"
)
_TAIL: Final = re.compile(
    rf"(?:[.,]?[ \t]+|[.,]?[ \t]*\n[ \t>?*-]*)(?:#[ ]?\w{{1,6}}|{_UNIT})", re.I
)
_ANCHOR: Final = re.compile(
    r"\b(?:Apt\.?|Apartment|Suite|Ste\.|Flat)[ ]#?\d{1,5}[A-Za-z]?\b", re.IGNORECASE
)
_BOX: Final = re.compile(
    r"\b(?:P\.?[ ]?O\.?[ ]?Box|Post Office Box|Postbox|Postboks|Postfach|Postbus)[ ]#?\d{1,6}\b",
    re.I,
)
_LEFT: Final = re.compile(
    rf"(?:(?<![\w.,/:$€£-])\d{{1,6}}[A-Za-z]?,?[ ]|{_UNIT},?[ ]|"
    rf"(?:\b[A-Z][\w'-]+[ ]){{1,3}}(?i:{'|'.join(sorted(street_words.HOUSES))}),[ ])\Z"
)
_POST: Final = (
    rf"{UK}|{STATE}\.?[ ]\d{{5}}(?:-\d{{4}})?|(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT)[ ]\d{{4}}|"
    r"[A-Z]{2}[ ][A-Z]\d[A-Z][ ]?\d[A-Z]\d|[A-Z]\d[A-Z][ ]?\d[A-Z]\d|"
    r"(?:[A-Z]{1,2}-)?\d{4,6}(?:-\d{3,4})?|\d{3}[ ]\d{2}|\d{4}[ ]?[A-Z]{2}"
)
_POSTCODE: Final = re.compile(rf"(?:{_POST})(?![\w-]|[.,]\d)")
_NAME: Final = r"[^\W\d_][^\W\d_]*(?:['./ -]{1,2}[^\W\d_]+){0,4}\.?"
_GAP: Final = re.compile(r"[,.]?[ \t]+|,?[ \t]*\n[ \t]*")
_REMARK_GAP: Final = re.compile(r"[ ]\([^()\n]{2,20}\)[ ]")
_LINE: Final = re.compile(r"[ \t>?*,|-]*(?P<value>[^\n]*?)[ \t]*(?:\n|\Z)")
_TOWN_LINE: Final = re.compile(
    rf"(?:(?P<post1>{_POST})[ ]+)?(?P<town>{_NAME}(?:[ ]\d)?)"
    rf"(?:,?[ ]+(?P<post2>(?:[A-Za-z]{{2,3}}[ ])?(?:{_POST})))?[.]?"
    r"(?=\W*\Z|(?<=\d)(?:[,.;?!]|[ ][a-z]))"
)
_STATE_LINE: Final = re.compile(r"[A-Za-z]{1,3}[.]?\Z")
_BRACKETS: Final = re.compile(r"\([^()\n]*\)")
_REMARK: Final = re.compile(r",?[ ]?(?:\([^()\n]*\))?[ ]*")
_COUNTRY_WORDS: Final = re.compile(r"[^\W\d_][\w.'-]*(?:[ ][^\W\d_][\w.'-]*){0,3}")
_UNNUMBERED: Final = re.compile(
    r"\b(?:on|in|at|of|along|near|from|off|opposite|behind|to)[ ](?P<value>(?:[A-Z][\w'.-]+[ "
    r"]){1,3}"
    rf"(?:{street_words.UNNUMBERED}))\b(?![ ][A-Z])"
)
_NO_STREETS: Final = frozenset("wall street,main street,sesame street,high street".split(","))
_BREAK: Final = re.compile(r"[:;?!|\n]\s|(?<=[a-z]{3})\.\s|\t")
_STOPS: Final = frozenset("to at is in on it's from of address this and with live lives".split())
_OWN: Final = "address_lines"
_MOST_LINES: Final = 6
_BY_UNIT: Final = 0.55
"""Score of a street that only the unit behind it gives away."""


class AddressDetector:
    """Finds street addresses; see the module."""

    name = "addresses"
    is_costly = False

    def find(self, text: str) -> list[Span]:
        """Return streets with what belongs to them, and the towns below them."""
        return find_in_windows(text, self._find)

    def signature(self) -> str:
        """Return a digest of the code and the words: any change may find otherwise."""
        import secure_rag.redaction.recognizers.address_lines as own

        modules = (own, streets, street_words, cities, countries)
        joined = "\n".join(inspect.getsource(module) for module in modules)
        return hashlib.sha256(joined.encode()).hexdigest()

    def _find(self, text: str) -> list[Span]:
        found: list[Span] = []
        done = 0
        for start, end, score in _anchors(text):
            if start < done:
                continue
            first = _to_the_left(text, start)
            last = _units(text, end)
            has_unit = last > end or score == _BY_UNIT
            last = _units(text, _town_in_line(text, last, has_unit=has_unit))
            done = last
            found.append(Span(first, last, "STREET_ADDRESS", score, "street_address"))
            found.extend(_lines_below(text, last))
        found.extend(_unnumbered(text))
        return found


def _anchors(text: str) -> list[streets.Found]:
    found: list[streets.Found] = []
    for match in NUMBER.finditer(text):
        if street := street_at(text, *match.span()):
            found.append(street)
    for match in _ANCHOR.finditer(text):
        start = _in_front_of_unit(text, match.start())
        if start is not None:
            found.append((start, match.end(), _BY_UNIT))
    found.extend((*match.span(), 0.7) for match in _BOX.finditer(text))
    return sorted(found, key=lambda one: (one[0], -one[1]))


def _in_front_of_unit(text: str, unit: int) -> int | None:
    """Return where the street begins that a unit closes, in its line or the one above."""
    line = text.rfind("\n", 0, unit) + 1
    if not text[line:unit].strip(" \t>?*-,"):
        if line == 0:
            return None
        unit = line - 1
        line = text.rfind("\n", 0, unit) + 1
    segment = text[max(line, unit - 80) : unit].rstrip(" ,")
    offset = unit - len(text[max(line, unit - 80) : unit])
    cut = max((stop.end() for stop in _BREAK.finditer(segment)), default=0)
    return _whole_street(segment[cut:], offset + cut)


def _whole_street(segment: str, offset: int) -> int | None:
    words = [(m.start(), m.group()) for m in re.finditer(r"\S+", segment)]
    for index in range(len(words) - 1, -1, -1):
        if words[index][1].casefold() in _STOPS:
            words = words[index + 1 :]
            break
    while words and not words[0][1][0].isalnum():
        words = words[1:]
    if not words or len(words) > 8:
        return None
    if not any(word[0].isdigit() for _, word in words) or not any(w[0].isalpha() for _, w in words):
        return None
    return offset + words[0][0]


def _to_the_left(text: str, start: int) -> int:
    for _ in range(3):
        match = _LEFT.search(text, max(0, start - 60), start)
        if match is None:
            break
        start = match.start()
    return start


def _units(text: str, end: int) -> int:
    for _ in range(3):
        match = _TAIL.match(text, end)
        if match is None:
            break
        end = match.end()
    return end


def _town_in_line(text: str, end: int, *, has_unit: bool) -> int:
    """Return the end of town, region, postcode and country in the same line, if they are."""
    position = confirmed = end
    for _ in range(5):
        gap = _REMARK_GAP.match(text, position) or _GAP.match(text, position)
        if gap is None or "\n" in gap.group():
            break
        post = _POSTCODE.match(text, gap.end())
        if post is not None:
            position = confirmed = post.end()
            continue
        place = _place_at(text, gap.end(), has_comma="," in gap.group())
        if place is None:
            break
        position, is_known = place
        if is_known or (has_unit and confirmed == end and "," not in gap.group()):
            confirmed = position
    return confirmed


_CAPITAL_WORDS: Final = re.compile(
    r"[^\W\d_][\w'.-]*(?:[ ](?:(?:of|the|upon|de|la|le|les|del|di|am|an|der|u|na|in|sur|on)[ "
    r"]){0,2}"
    r"[^\W\d_][\w'-]*){0,3}"
)


def _place_at(text: str, position: int, *, has_comma: bool) -> tuple[int, bool] | None:
    """Return the end of a place and whether it is one that we know."""
    match = _CAPITAL_WORDS.match(text, position)
    if match is None:
        return None
    words = match.group().split(" ")
    while words:
        name = " ".join(words).rstrip(".")
        if name.casefold() in countries.COUNTRIES or name.casefold() in cities.PLACES:
            return position + len(name), True
        words.pop()
    kept: list[str] = []
    for word in match.group().split(" "):
        if not word[0].isupper() and not (kept and has_comma and len(word) <= 4):
            break
        kept.append(word)
    while kept and not kept[-1][0].isupper():
        kept.pop()
    return (position + len(" ".join(kept)), False) if kept else None


def _lines_below(text: str, end: int) -> list[Span]:
    """Return town, postcode and country from the lines under a street, if they are sure."""
    rest = _LINE.match(text, end)
    if rest is None or rest.group("value").strip(" .,"):
        return []
    position = rest.end()
    waiting: list[Span] = []
    sure: list[Span] = []
    is_after_blank = is_after_state = False
    for _ in range(_MOST_LINES):
        match = _LINE.match(text, position)
        if match is None or position >= len(text):
            break
        value, offset = match.group("value"), match.start("value")
        position = match.end()
        if not value:
            if is_after_blank or not waiting:
                break
            is_after_blank = True
            continue
        if _STATE_LINE.match(value) and waiting:
            is_after_state = True
            if value.isupper():
                waiting = [*waiting, Span(offset, offset + len(value), "LOCATION", 0.4, _OWN)]
            continue
        if country := _country(value, offset):
            return waiting + country
        post = _POSTCODE.match(value)
        if post and (is_after_state or not value[post.end() :].strip(" .,?!")):
            sure = waiting = [*waiting, _postcode(offset, offset + post.end())]
            continue
        town = None if is_after_blank or sure else _town(value, offset)
        if town is None:
            break
        waiting = waiting + town
        sure = waiting if len(town) > 1 else sure
        is_after_state = False
    return sure


def _postcode(start: int, end: int) -> Span:
    return Span(start, end, "POSTCODE", 0.5, _OWN)


def _country(value: str, offset: int) -> list[Span]:
    """Return the country, and the postcode behind it, that a line begins with."""
    words = _COUNTRY_WORDS.match(value)
    name = words.group() if words else ""
    while name and name.casefold().rstrip(".") not in countries.COUNTRIES:
        name = name.rpartition(" ")[0]
    if not name:
        return []
    found = [Span(offset, offset + len(name), "LOCATION", 0.6, _OWN)]
    gap = _REMARK.match(value, len(name))
    post = _POSTCODE.match(value, gap.end() if gap else len(name))
    if post:
        found.append(_postcode(offset + post.start(), offset + post.end()))
    return found


def _town(value: str, offset: int) -> list[Span] | None:
    """Read a line that names a town, with a postcode beside it or not."""
    match = _TOWN_LINE.match(_BRACKETS.sub(lambda m: " " * len(m.group()), value))
    if match is None or len(value) > 60:
        return None
    town = match.group("town")
    if len(town.split()) > 4 or not COMMON_WORDS.isdisjoint(town.lower().split()):
        return None
    start, end = match.span("town")
    found = [Span(offset + start, offset + end, "LOCATION", 0.5, _OWN)]
    found.extend(
        _postcode(offset + match.start(group), offset + match.end(group))
        for group in ("post1", "post2")
        if match.group(group)
    )
    return found


def _unnumbered(text: str) -> list[Span]:
    return [
        Span(*match.span("value"), "STREET_ADDRESS", 0.4, "street_without_number")
        for match in _UNNUMBERED.finditer(text)
        if match.group("value").casefold() not in _NO_STREETS
    ]
