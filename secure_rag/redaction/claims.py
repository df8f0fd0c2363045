"""What the words themselves say about a claim of the names model, before a policy sees it.

The model has one label for days and for lengths of time, and it knows words from where they
mostly stand: a month of rent, the number of an error and a product of a shop are nobody's.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from secure_rag.redaction.names import NAME_ENTITIES
from secure_rag.redaction.recognizers.durations import is_duration
from secure_rag.redaction.spans import Span

_BEFORE: Final = 40
_WORD: Final = re.compile(r"[^\W_]+")
_NO_DAY: Final = frozenset(
    "day days week weeks weekend month months year years quarter quarters hour hours minute "
    "minutes night nights the this that these a an of in at on by end start beginning middle "
    "noon midday midnight morning afternoon evening today tonight tomorrow yesterday now "
    "currently time times date before after until what which".split()
)
"""Words that name a day only to somebody who knows when they were written, or ask for one."""
_NO_NAME: Final = frozenset("a an the what which who whom whose".split())
_UNIT_AFTER: Final = re.compile(
    r"[\s-](?:(?:calendar|working|business|consecutive)\s)?"
    r"(?:year|month|week|day|hour|minute)s?\b",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(r"\d{1,3}|[^\W\d_]+(?:-[^\W\d_]+)?")
_NUMBER_AND_DAY: Final = re.compile(r"\d{1,3}[,:]\s+(?=\d{1,2}\s)")
_ITEM: Final = re.compile(r"\d{1,3},?")
_PREPOSITION: Final = re.compile(r"(?:of|in|on|at|by|from|since|until)\s+(?=\S)")
_NUMBERED: Final = re.compile(
    r"\b(?:session|section|item|part|visit|phase|step|stage|chapter|annex|appendix|clause|"
    r"article|version|page|lesson|meeting|minutes|no\.?|number)\s\Z",
    re.IGNORECASE,
)
_NUMBER_OF: Final = re.compile(r"\b(?:numbers?|no\.?|nr\.?|room|page|flat|#)\s?\Z", re.IGNORECASE)
_THING: Final = re.compile(
    r"(?:\b(?:error|fault|exit|status|warning|return)(?:\s(?:code|number|message|no\.?))?"
    r"(?:\son\s(?:the|my|our)\s\w+)?"
    r"|\b(?:version|release|section|clause|article|paragraph|page|room|ward|chapter|annex|"
    r"appendix|model|part|iso|rfc|en))(?:\s?[:=(]|\s(?:is|was))?\s?\Z",
    re.IGNORECASE,
)
_SHORT_CODE: Final = re.compile(r"[A-Za-z]{1,3}[ -]?\d{0,3}|\d{1,3}")
_SURE: Final = 0.6


def corrected(text: str, span: Span) -> Span | None:
    """Return a claim as its words bear it out, None where they speak against it."""
    if span.entity == "DATE_TIME":
        return _date(text, span)
    if span.entity in NAME_ENTITIES:
        words = _WORD.findall(text[span.start : span.end])
        return None if all(word in _NO_NAME for word in words) else span
    before = text[max(0, span.start - _BEFORE) : span.start]
    if span.entity == "AGE" and _NUMBER_OF.search(before):
        return None
    if span.entity == "ID_NUMBER":
        value = text[span.start : span.end]
        if _THING.search(before):
            return None
        if span.score < _SURE and _SHORT_CODE.fullmatch(value):
            return None
    return span


def _date(text: str, span: Span) -> Span | None:
    value = text[span.start : span.end]
    if is_duration(value):
        return replace(span, entity="DURATION")
    unit = _UNIT_AFTER.match(text, span.end) if _COUNTED.fullmatch(value) else None
    if unit and is_duration(text[span.start : unit.end()]):
        return replace(span, end=unit.end(), entity="DURATION")
    if all(word in _NO_DAY for word in _WORD.findall(value.lower())):
        return None
    if lead := _PREPOSITION.match(value):
        return replace(span, start=span.start + lead.end())
    number = _NUMBER_AND_DAY.match(value)
    if not number and not _ITEM.fullmatch(value):
        return span
    if not _NUMBERED.search(text[max(0, span.start - _BEFORE) : span.start]):
        return span
    return replace(span, start=span.start + number.end()) if number else None
