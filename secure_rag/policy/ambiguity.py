"""Where a pattern can match one text in very many ways, and texts that make it try them all.

Two properties of the position graph decide how a backtracking matcher grows (Weber and Seidl,
*On the degree of ambiguity of finite automata*, 1991):

- exponential: one position leads back to itself along two different paths with the same text;
- polynomial: two positions p, q and a text that leads p to p, p to q and q to q.

The text found is a *pump*: repeated, and followed by something that cannot match, it makes the
matcher try all the ways. `secure_rag.policy.backtracking` runs it against the pattern.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from secure_rag.policy.positions import Graph

_MAX_STEPS: Final = 60_000
"""Most edges looked at in one product graph."""

Node = TypeVar("Node", bound=Hashable)
Edges = Callable[[Node], Iterable[tuple[Node, str]]]
Word = str


@dataclass(frozen=True)
class Pump:
    """A text that may be repeated inside a match."""

    prefix: str
    """What leads to the place where it can be repeated."""
    text: str
    is_exponential: bool


def pumps_of(graph: Graph) -> Iterator[Pump]:
    """Yield a pump for each kind of ambiguity, and one for every plain repeat."""
    loops = _loops(graph)
    for loop in loops:
        pump = _doubled_edge(graph, loop) or _two_paths(graph, loop)
        if pump is not None:
            yield Pump(_prefix(graph, pump[0]), pump[1], True)
    for one in loops:
        for other in loops:
            if one is not other:
                found = _shared_text(graph, one, other)
                if found is not None:
                    yield Pump(_prefix(graph, found[0]), found[1], False)
    for loop in loops:
        start = min(loop)
        text = _path(start, {start}, partial(_inner_steps, graph, loop))
        if text:
            yield Pump(_prefix(graph, start), text, False)


def _doubled_edge(graph: Graph, loop: frozenset[int]) -> tuple[int, str] | None:
    """Return a place and a text along an edge that can be taken in two ways."""
    for source in sorted(loop):
        for target, ways in graph.follow[source].items():
            if ways > 1 and target in loop:
                step = _character(graph.classes[target])
                if target == source:
                    return source, step
                back = _path(target, {source}, lambda node: _steps(graph, node, loop))
                if back is not None:
                    return source, step + back
    return None


def _two_paths(graph: Graph, loop: frozenset[int]) -> tuple[int, str] | None:
    """Return a place and a text that leads back to it on two different paths."""
    for start in sorted(loop):
        apart = _reach((start, start), lambda pair: _pair_steps(graph, pair, loop))
        for pair, text in apart.items():
            if pair[0] == pair[1]:
                continue
            back = _path(pair, {(start, start)}, lambda p: _pair_steps(graph, p, loop))
            if back is not None:
                return start, text + back
    return None


def _shared_text(
    graph: Graph, one: frozenset[int], other: frozenset[int]
) -> tuple[int, str] | None:
    """Return a place in the first loop and a text that both loops, and the way between, take."""
    reachable = set(_reach(min(one), lambda node: _steps(graph, node)))
    if not reachable & other:
        return None
    for p in sorted(one):
        for q in sorted(other):
            text = _path(
                (p, p, q), {(p, q, q)}, lambda triple: _triple_steps(graph, triple, one, other)
            )
            if text:
                return p, text
    return None


# -- steps in graph and products ---------------------------------------------------------


def _steps(
    graph: Graph, node: int, within: frozenset[int] | None = None
) -> Iterator[tuple[int, str]]:
    for target in graph.follow[node]:
        if (within is None or target in within) and graph.classes[target]:
            yield target, _character(graph.classes[target])


def _inner_steps(graph: Graph, loop: frozenset[int], node: int) -> Iterator[tuple[int, str]]:
    return _steps(graph, node, loop)


def _pair_steps(
    graph: Graph, pair: tuple[int, int], loop: frozenset[int]
) -> Iterator[tuple[tuple[int, int], str]]:
    for left in graph.follow[pair[0]]:
        for right in graph.follow[pair[1]]:
            shared = graph.classes[left] & graph.classes[right]
            if shared and left in loop and right in loop:
                yield (left, right), _character(shared)


def _triple_steps(
    graph: Graph, triple: tuple[int, int, int], one: frozenset[int], other: frozenset[int]
) -> Iterator[tuple[tuple[int, int, int], str]]:
    for left in graph.follow[triple[0]]:
        if left not in one:
            continue
        for right in graph.follow[triple[2]]:
            both = graph.classes[left] & graph.classes[right]
            if right not in other or not both:
                continue
            for middle in graph.follow[triple[1]]:
                shared = both & graph.classes[middle]
                if shared:
                    yield (left, middle, right), _character(shared)


def _reach(start: Node, edges: Edges[Node]) -> dict[Node, Word]:
    """Return every node that can be reached, with a text that leads there; breadth first."""
    found: dict[Node, Word] = {}
    waiting: deque[tuple[Node, Word]] = deque([(start, "")])
    steps = 0
    while waiting and steps < _MAX_STEPS:
        node, text = waiting.popleft()
        for target, character in edges(node):
            steps += 1
            if target not in found:
                found[target] = text + character
                waiting.append((target, found[target]))
    return found


def _path(start: Node, goals: set[Node], edges: Edges[Node]) -> Word | None:
    """Return a shortest text, of one character at least, from a node to one of the goals."""
    found = _reach(start, edges)
    return min((found[goal] for goal in goals if goal in found), key=len, default=None)


def _prefix(graph: Graph, goal: int) -> str:
    """Return a text that leads from the start of the pattern to a position, that included."""
    if goal in graph.first:
        return _character(graph.classes[goal])
    paths = [
        _character(graph.classes[first]) + found[goal]
        for first in graph.first
        if graph.classes[first]
        and goal in (found := _reach(first, lambda node: _steps(graph, node)))
    ]
    return min(paths, key=len, default="")


def _loops(graph: Graph) -> list[frozenset[int]]:
    """Return the sets of positions that can follow each other again and again."""
    reach = [frozenset(_reach(n, lambda m: _steps(graph, m))) for n in range(len(graph.classes))]
    loops = {
        frozenset(m for m in reach[n] if n in reach[m]) for n in range(len(reach)) if n in reach[n]
    }
    return sorted(loops, key=min)


def _character(characters: frozenset[str]) -> str:
    """Choose one, readable if possible; the same each time."""
    return min(characters, key=lambda c: (not c.isalnum(), not c.isprintable(), c), default="")
