"""Sentence spans of English text, with offsets, by rule.

A line break in a paragraph is a space; an empty line, a list item or a table row
ends a sentence. Nothing is cut inside a placeholder, after an abbreviation or an
initial, or inside a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        """
        mr mrs ms mx dr prof rev hon sr jr st mt eq ed eds al etc vs cf ca approx dept univ inc ltd
        co corp llc plc bros gen col sgt capt lt gov sen rep e.g i.e u.s u.k a.m p.m jan feb mar apr
        jun jul aug sep sept oct nov dec tel ext ref resp incl excl max min avg
        """,
    )
)
"""Words after which a full stop does not end a sentence when more text follows on the line."""

_NUMBERED = frozenset(
    ("no", "nos", "art", "sec", "par", "para", "fig", "figs", "vol", "ch", "cl", "p", "pp")
)
"""Words after which a full stop ends a sentence unless a number follows."""

_BREAK = re.compile(r"\n[ \t]*\n+|\n(?=[ \t]*(?:[-*•‣▪]|\d{1,3}[.)]|\([a-z0-9]{1,3}\))[ \t])")
_ROW = re.compile(r" \| |\t")
_NUMBERED_HEADING = re.compile(r"[ \t]*\d{1,2}(?:\.\d{1,2})*[.)]?[ \t]+[A-Z][^.!?:;,\n]{0,60}")
_LABELLED = re.compile(r"^[ \t]*[A-Z][^.:|\n]{0,40}:[ \t]+\S")
_END = re.compile(r"[.!?…]+[)\]\"'”’»]*(?=\s)|[:;](?=\n)")
_LAST_WORD = re.compile(r"([A-Za-z][A-Za-z.]*)$")
_SINGLE_INITIAL = re.compile(r"(?:^|[\s(])[A-Z]$")
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t]*(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z]|[ivxlIVXL]{1,5})$")


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Return the spans of the sentences in `text[start:end]`, without surrounding space."""
    stop = len(text) if end is None else end
    spans: list[Span] = []
    for part_start, part_end in _paragraphs(text, start, stop):
        begin = part_start
        for cut in _cuts(text, part_start, part_end):
            _append(text, begin, cut, spans)
            begin = cut
        _append(text, begin, part_end, spans)
    return spans


def _paragraphs(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for match in _BREAK.finditer(text, start, end):
        yield from _lines(text, begin, match.start())
        begin = match.end()
    yield from _lines(text, begin, end)


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut between lines that are rows, labelled values or headings, not wrapped prose."""
    begin = start
    newline = text.find("\n", start, end)
    while newline >= 0:
        last = text.rfind("\n", begin, newline) + 1 or begin
        following = text.find("\n", newline + 1, end)
        upper = text[max(last, begin) : newline]
        lower = text[newline + 1 : end if following < 0 else following]
        is_alike = any(one.search(upper) and one.search(lower) for one in (_ROW, _LABELLED))
        if is_alike or _NUMBERED_HEADING.fullmatch(upper):
            yield begin, newline
            begin = newline + 1
        newline = following
    yield begin, end


def _cuts(text: str, start: int, end: int) -> Iterator[int]:
    for match in _END.finditer(text, start, end):
        if _ends_sentence(text, start, end, match):
            yield match.end()


def _ends_sentence(text: str, start: int, end: int, match: re.Match[str]) -> bool:
    if match.group()[0] != "." or match.group().startswith(".."):
        return True
    before = text[max(start, match.start() - 24) : match.start()]
    following = text[match.end() : min(end, match.end() + 3)].lstrip()
    if following and following[0].islower():
        return False
    if _SINGLE_INITIAL.search(before) or _LIST_NUMBER.search(before):
        return False
    match_word = _LAST_WORD.search(before)
    word = match_word.group(1).lower().rstrip(".") if match_word else ""
    if word in _NUMBERED and following[:1].isdigit():
        return False
    return word not in _ABBREVIATIONS


def _append(text: str, start: int, end: int, spans: list[Span]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))
