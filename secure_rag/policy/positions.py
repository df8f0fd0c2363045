"""A regular expression as a graph of positions, to find where matching is ambiguous.

Each character class of the pattern is a position; an edge says that one may be matched right
after another (Glushkov's automaton). Edges are counted: two ways from one position to the same
next one, as in `(a+)+`, are two edges, because a backtracking matcher tries both.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_parser: Final[Any] = importlib.import_module("re._parser")

MAX_POSITIONS: Final = 400
_UNROLLED: Final = 4
"""Bounded repeats up to this many times are written out; longer ones are taken as endless."""
_OF_CHARACTERS: Final = frozenset({"LITERAL", "NOT_LITERAL", "RANGE"})
_INSIDE: Final = 2048
"""So far into a range one character of each category is looked for."""
_SAMPLES: Final = "".join(map(chr, range(128))) + "éßжł中٣\u00a0\u2003\u2019😀"


class TooComplexError(Exception):
    """The pattern cannot be analysed; the message says why."""


@dataclass
class Graph:
    """Positions of a pattern: what each matches, and what may follow it."""

    classes: list[frozenset[str]] = field(default_factory=list)
    """Of each position, the sample characters that it matches."""
    follow: list[Counter[int]] = field(default_factory=list)
    first: Counter[int] = field(default_factory=Counter)
    is_exact: bool = True
    """False where repeats, atomic groups or assertions were taken for more than they are."""


@dataclass
class _Part:
    first: Counter[int]
    last: Counter[int]
    empty: int
    """In how many ways it matches nothing."""


def graph_of(regex: str, flags: int) -> list[Graph]:
    """Return the graph of a pattern, and one for each look-around in it.

    Raises:
        TooComplexError: it refers back to a group, or is too long.
        re.error: it is not a pattern.
    """
    tree = _parser.parse(regex, flags)
    builder = _Builder(_SAMPLES + regex + "".join(_at_ends(tree)))
    builder.add(tree, tree.state.flags)
    return builder.graphs


class _Builder:
    def __init__(self, samples: str) -> None:
        self._samples = "".join(dict.fromkeys(samples))
        self.graphs: list[Graph] = []
        self._graph = Graph()

    def add(self, tree: Sequence[Any], flags: int) -> None:
        outer, self._graph = self._graph, Graph()
        graph = self._graph
        self.graphs.append(graph)
        graph.first = self._sequence(tree, flags).first
        self._graph = outer

    # -- parts ---------------------------------------------------------------------------

    def _sequence(self, items: Iterable[Any], flags: int) -> _Part:
        whole = _Part(Counter(), Counter(), 1)
        for op, value in items:
            whole = self._joined(whole, self._part(str(op), value, flags))
        return whole

    def _joined(self, left: _Part, right: _Part) -> _Part:
        self._link(left.last, right.first)
        first = left.first + _times(right.first, left.empty)
        last = right.last + _times(left.last, right.empty)
        return _Part(first, last, left.empty * right.empty)

    def _link(self, sources: Counter[int], targets: Counter[int]) -> None:
        for source, ways in sources.items():
            for target, more in targets.items():
                self._graph.follow[source][target] += min(2, ways * more)

    def _part(self, op: str, value: Any, flags: int) -> _Part:
        if op in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            return self._position(self._class(op, value, flags))
        if op == "BRANCH":
            return _either(self._sequence(branch, flags) for branch in value[1])
        if op == "SUBPATTERN":
            return self._sequence(value[3], (flags | value[1]) & ~value[2])
        if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            self._graph.is_exact &= op != "POSSESSIVE_REPEAT"
            return self._repeat(value, flags)
        if op == "ATOMIC_GROUP":
            self._graph.is_exact = False
            return self._sequence(value, flags)
        if op in ("ASSERT", "ASSERT_NOT"):
            self._graph.is_exact = False
            self.add(value[1], flags)
            return _Part(Counter(), Counter(), 1)
        if op == "AT":
            return _Part(Counter(), Counter(), 1)
        raise TooComplexError("it refers back to a group")

    def _position(self, characters: frozenset[str]) -> _Part:
        graph = self._graph
        if len(graph.classes) >= MAX_POSITIONS:
            raise TooComplexError(f"it has more than {MAX_POSITIONS} places")
        number = len(graph.classes)
        graph.classes.append(characters)
        graph.follow.append(Counter())
        return _Part(Counter([number]), Counter([number]), 0)

    def _repeat(self, value: Any, flags: int) -> _Part:
        low, high, items = int(value[0]), int(value[1]), value[2]
        if high > _UNROLLED:
            self._graph.is_exact &= high == int(_parser.MAXREPEAT)
            part = self._sequence(items, flags)
            self._link(part.last, part.first)
            return _Part(part.first, part.last, max(part.empty, int(low == 0)))
        whole = _Part(Counter(), Counter(), 1)
        for number in range(high):
            part = self._sequence(items, flags)
            optional = _Part(part.first, part.last, part.empty + int(number >= low))
            whole = self._joined(whole, optional)
        return whole

    # -- characters ----------------------------------------------------------------------

    def _class(self, op: str, value: Any, flags: int) -> frozenset[str]:
        return frozenset(c for c in self._samples if _matches(op, value, c, flags))


def _at_ends(node: Any) -> Iterator[str]:
    """Yield the characters at and beside the ends of each class of a pattern, and some inside.

    Two classes that overlap share an end of one of them; a category overlaps anywhere.
    """
    if not isinstance(node, (tuple, list, _parser.SubPattern)):
        return
    if isinstance(node, tuple) and len(node) == 2 and str(node[0]) in _OF_CHARACTERS:
        low, high = (node[1], node[1]) if isinstance(node[1], int) else node[1]
        ends = (low - 1, low, high, high + 1)
        yield from (chr(code) for code in ends if 0 <= code <= sys.maxunicode)
        inside = map(chr, range(low, min(high, low + _INSIDE) + 1))
        yield from {(c.isdecimal(), c.isspace(), c.isalnum()): c for c in inside}.values()
    for one in node:
        yield from _at_ends(one)


def _either(parts: Iterator[_Part]) -> _Part:
    whole = _Part(Counter(), Counter(), 0)
    for part in parts:
        whole = _Part(whole.first + part.first, whole.last + part.last, whole.empty + part.empty)
    return whole


def _times(ways: Counter[int], factor: int) -> Counter[int]:
    """Multiply ways; two are as good as many, and numbers stay small."""
    return Counter({place: min(2, count * factor) for place, count in ways.items() if factor})


def _matches(op: str, value: Any, character: str, flags: int) -> bool:
    if op == "ANY":
        return character != "\n" or bool(flags & re.DOTALL)
    forms = {character}
    if flags & re.IGNORECASE:
        forms |= {character.lower(), character.upper()}
    if op == "LITERAL":
        return any(form == chr(value) for form in forms)
    if op == "NOT_LITERAL":
        return all(form != chr(value) for form in forms)
    items = [(str(kind), what) for kind, what in value]
    is_negated = bool(items) and items[0][0] == "NEGATE"
    found = any(_in_class(kind, what, forms, flags) for kind, what in items)
    return found != is_negated


def _in_class(kind: str, what: Any, forms: set[str], flags: int) -> bool:
    if kind == "LITERAL":
        return chr(what) in forms
    if kind == "RANGE":
        return any(len(form) == 1 and what[0] <= ord(form) <= what[1] for form in forms)
    if kind == "CATEGORY":
        return any(_in_category(str(what), form, flags) for form in forms)
    return False


def _in_category(name: str, character: str, flags: int) -> bool:
    kind = name.removeprefix("CATEGORY_").removeprefix("UNI_").removeprefix("NOT_")
    if flags & re.ASCII and not character.isascii():
        found = False
    elif kind == "DIGIT":
        found = character.isdecimal()
    elif kind == "SPACE":
        found = character.isspace()
    else:
        found = character.isalnum() or character == "_"
    return found != ("NOT_" in name)
