"""Make questions out of statements: take a span out, ask for it, and reword what is left.

The rewording is rough (words dropped, replaced by near ones in the word table, clauses moved,
endings cut), so that the model has to find the statement by what it says and not by its wording.
Some questions are made unanswerable: another name or number is put in.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from passages import sentences
from questions import Question
from spans import Span

Near = Callable[[str, random.Random], str]

_ASKED_AS = {
    "who": ("who", "who", "who", "which person", "what person"),
    "where": ("where", "where", "what place", "which city", "which country", "what area"),
    "what organization": ("what organization", "which group", "what company", "who", "what"),
    "which": ("what group", "which people", "what nationality", "which"),
    "when": ("when", "when", "what year", "in what year", "in which year", "what date"),
    "how much": ("how much", "how much", "what percentage of", "what amount"),
    "how many": ("how many",),
    "how old": ("how old", "at what age", "how long"),
    "why": ("why", "why", "for what reason"),
    "how": ("how", "how", "by what means"),
    "name": ("what", "which", "what", "who", "what is the name of"),
    "what": ("what", "what", "what", "which", "what type of"),
}
_AUXILIARY = ("did", "was", "were", "is", "are", "does", "do", "has", "can", "")
_PREPOSITIONS = frozenset("in on at from by of to for with during since until near within".split())
_SMALL = frozenset(
    "the a an of and or to in on at by for with from as that which this these its their his her it "
    "also such however thus then so both very more most than".split()
)
_FEWEST_WORDS = 3
_BREAK = re.compile(r"[,;:()\u2013\u2014]| (?:and|but|while|which|who|because|although|where) ")
_HELPER = re.compile(r"\b(?:is|are|was|were|has|have|had|can|could|will|would)\b(?= \w)")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Cloze:
    """A made question and the words around the span that it was made of."""

    question: str
    names: tuple[str, ...]
    """Names and numbers that are asked with."""


def make(passage: str, span: Span, draw: random.Random, near: Near) -> Cloze | None:
    """Ask for a span with the words of its sentence; None where too few are left."""
    sentence = next(((a, b) for a, b in sentences(passage) if a <= span.start < b), None)
    if sentence is None or span.end > sentence[1]:
        return None
    before = _clause(passage[sentence[0] : span.start], draw, is_before=True)
    after = _clause(passage[span.end : sentence[1]], draw, is_before=False)
    if span.asks in {"when", "where", "why", "how"} and before and draw.random() < 0.8:
        while before and before[-1].lower() in {*_PREPOSITIONS, "because", "order"}:
            before.pop()
    if sum(word.lower() not in _SMALL for word in [*before, *after]) < _FEWEST_WORDS:
        return None
    asked = draw.choice(_ASKED_AS[span.asks])
    names = tuple(word for word in [*before, *after] if _is_name(word))
    words = _order(asked, _reword(before, draw, near), _reword(after, draw, near), draw)
    return Cloze(" ".join(words).strip() + ("?" if draw.random() < 0.95 else ""), names)


def _clause(text: str, draw: random.Random, *, is_before: bool) -> list[str]:
    """Return the words next to the span: to the clause's bound, or some way beyond."""
    words = [word.strip(',;:()[]"“”.') for word in _WORD.findall(text)]
    words = [word for word in words if word]
    bounds = [match.start() for match in _BREAK.finditer(text)]
    most = draw.randint(4, 11)
    if bounds and draw.random() < 0.6:
        near = text[bounds[-1] :] if is_before else text[: bounds[0]]
        count = len([w for w in _WORD.findall(near) if w.strip(',;:()[]"“”.')])
        most = max(3, min(most, count))
    return words[-most:] if is_before else words[:most]


def _is_name(word: str) -> bool:
    return word[:1].isupper() or any(c.isdigit() for c in word)


def _reword(words: list[str], draw: random.Random, near: Near) -> list[str]:
    """Drop some words and put near ones in the place of others; names mostly stay."""
    kept = []
    for word in words:
        low = word.lower()
        chance = draw.random()
        if _is_name(word):
            if chance < 0.08:
                continue
        elif chance < (0.25 if low in _SMALL else 0.12):
            continue
        elif low not in _SMALL and chance < 0.38:
            word = near(low, draw)
        elif chance < 0.5 and low.endswith("ed") and len(low) > 5:
            word = low[:-2] if draw.random() < 0.5 else low[:-1]
        kept.append(word)
    return kept


def _order(asked: str, before: list[str], after: list[str], draw: random.Random) -> list[str]:
    """Put the asking words in front, or in the place of the span."""
    if not before:
        return [asked, *after]
    chance = draw.random()
    middle = draw.choice(_AUXILIARY)
    helper = [middle] if middle else []
    if chance < 0.15:
        return [*before, asked, *after]
    if asked in {"how many", "how much", "what is the name of", "what type of"} and after:
        return [asked, *after[:2], *helper, *before, *after[2:]]
    if chance < 0.65:
        return [asked, *helper, *before, *after]
    return [asked, *after, *helper, *before]


def asked_by_people(question: str) -> Cloze:
    """Return a written question with its names and numbers, so that they can be swapped."""
    words = [word.strip(',;:()[]"“”.?') for word in question.split()[1:]]
    return Cloze(question, tuple(word for word in words if _is_name(word)))


def deny(question: str, draw: random.Random) -> str | None:
    """Put a `not` or `never` behind the first auxiliary verb; None where there is none."""
    match = _HELPER.search(question)
    if match is None or " not " in question or "n't" in question:
        return None
    return f"{question[: match.end()]}{draw.choice((' not', ' never'))}{question[match.end() :]}"


def swap(cloze: Cloze, others: Sequence[str], draw: random.Random) -> str | None:
    """Ask with another name or number of the document, which makes the question unanswerable."""
    names = [name for name in cloze.names if name in cloze.question and len(name) > 1]
    if not names:
        return None
    name = draw.choice(names)
    fitting = [o for o in others if _shape(o) == _shape(name) and o not in cloze.names]
    return cloze.question.replace(name, draw.choice(fitting)) if fitting else None


def _shape(name: str) -> int:
    """Return the number of digits: years are put for years, names for names."""
    return sum(c.isdigit() for c in name)


def names_in(passage: str) -> list[str]:
    """Return the capitalised words and the numbers of a passage that do not start a sentence."""
    starts = {start for start, _ in sentences(passage)}
    found = []
    for match in _WORD.finditer(passage):
        word = match.group().strip(',;:()[]"“”.')
        if match.start() not in starts and len(word) > 1 and _is_name(word):
            found.append(word)
    return found


def as_question(cloze: Cloze, passage: str, span: Span, article: str) -> Question:
    """Return the made question with its passage and gold span."""
    return Question(cloze.question, passage, ((span.start, span.end),), article)
