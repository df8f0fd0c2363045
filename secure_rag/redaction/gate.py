"""The second look: what detectors still see in a redacted text.

Placeholders, masked and generalised values are ours and are not looked at again;
a placeholder is put aside by a neutral word of its kind so that it disturbs neither
patterns nor the names model.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Final

from secure_rag.redaction.common_words import COMMON_WORDS
from secure_rag.redaction.intervals import Interval, is_inside, outside, overlaps, united
from secure_rag.redaction.names import fold
from secure_rag.redaction.offsets import Edit, OffsetMap
from secure_rag.redaction.propagate import Found, Propagator
from secure_rag.redaction.spans import Span
from secure_rag.vault.placeholders import LOCAL, PLACEHOLDER

NEUTRAL: Final = "it"
_BESIDE: Final = 40
"""Code points around a replacement that are read again."""
_CONTEXT: Final = 120
"""Code points around those that a detector may need to understand them."""
_APART: Final = "\n\n"
_PLACEHOLDER: Final = re.compile(f"{PLACEHOLDER.pattern}|{LOCAL.pattern}")
_WORD: Final = re.compile(r"[^\W\d_]+")
_CAPITAL: Final = re.compile(r"[^\W\d_a-zß-öø-ÿ]")


def look_again(
    text: str,
    *,
    find: Callable[[str], Iterable[Span]],
    find_near: Callable[[str], Iterable[Span]] | None = None,
    own: Iterable[Interval] = (),
    known: Iterable[Interval] = (),
    settled: Iterable[Interval] = (),
    values: Iterable[Found] = (),
) -> list[Span]:
    """Return what is still seen outside our own replacements.

    Args:
        text: a redacted text.
        find: detectors that look at everything.
        find_near: detectors that look beside what was replaced only, and only where a word
            there may name somebody: elsewhere they have seen the same text before, and looked
            for less.
        own: spans of `text` that replacements made, in order.
        known: spans of `text` that were found and are kept.
        settled: those of `own` beside which `find_near` has looked before.
        values: what was found in the document before.
    """
    ours = united([*own, *(match.span() for match in _PLACEHOLDER.finditer(text))])
    view, moved = _view(text, ours)
    spans = [*find(view), *Propagator(values).find(view)]
    if find_near is not None:
        done = set(settled)
        changed = [moved.span(*span) for span in ours if span not in done]
        kept = united(moved.span(*span) for span in known)
        spans.extend(_look_near(view, changed, kept, find_near))
    seen: list[Span] = []
    for span in spans:
        start, end = moved.backward(span.start), moved.backward(span.end - 1) + 1
        seen.extend(
            Span(a, b, span.entity, span.score, span.recognizer)
            for a, b in outside(start, end, ours)
            if any(character.isalnum() for character in text[a:b])
        )
    return seen


def _look_near(
    view: str, changed: list[Interval], known: list[Interval], find: Callable[[str], Iterable[Span]]
) -> Iterator[Span]:
    """Run costly detectors over the stretches beside changes, joined, equal ones once."""
    doubtful = [span for span in changed if _is_doubtful(view, *span, known)]
    near = united((max(0, start - _BESIDE), end + _BESIDE) for start, end in doubtful)
    places: dict[str, list[int]] = {}
    for start, end in united(_with_context(view, *span) for span in near):
        places.setdefault(view[start:end], []).append(start)
    if not places:
        return
    stretches = list(places)
    starts = [0, *accumulate(len(stretch) + len(_APART) for stretch in stretches[:-1])]
    for span in find(_APART.join(stretches)):
        index = bisect_right(starts, span.start) - 1
        for place in places[stretches[index]]:
            moved = span.moved(place - starts[index])
            if overlaps(moved.start, moved.end, near):
                yield moved


def _is_doubtful(view: str, start: int, end: int, known: list[Interval]) -> bool:
    """Say whether a word beside a change may be a name, or whether one cannot tell.

    A capitalised word may that is neither common nor known; where no letter is a
    capital, any word.
    """
    for match in _WORD.finditer(view, max(0, start - _BESIDE), end + _BESIDE):
        word = match.group()
        may_be_name = _CAPITAL.match(word) is not None and fold(word) not in COMMON_WORDS
        if may_be_name and not is_inside(*match.span(), known):
            return True
    return _CAPITAL.search(view, max(0, start - _CONTEXT), end + _CONTEXT) is None


def _with_context(text: str, start: int, end: int) -> Interval:
    """Return a stretch with what stands around it, cut at line breaks or else at spaces."""
    least, most = max(0, start - _CONTEXT), min(len(text), end + _CONTEXT)
    first = max(text.find("\n", least, start), 0) or text.find(" ", least, start)
    last = text.rfind("\n", end, most)
    if last < 0 and most < len(text):
        last = text.rfind(" ", end, most)
    return (first + 1 if first > 0 else least), (last if last > 0 else most)


def _view(text: str, ours: list[Interval]) -> tuple[str, OffsetMap]:
    """Return the text with placeholders put aside; other replacements stay to be read."""
    parts: list[str] = []
    edits: list[Edit] = []
    position = length = 0
    for start, end in ours:
        if text[start] != "<":
            continue
        parts += [text[position:start], NEUTRAL]
        length += start - position
        edits.append(Edit(start, end, length, length + len(NEUTRAL)))
        length += len(NEUTRAL)
        position = end
    parts.append(text[position:])
    return "".join(parts), OffsetMap(tuple(edits))
