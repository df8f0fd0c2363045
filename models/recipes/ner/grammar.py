"""Parse the small template language of templates.txt, sentences.txt and forms.txt.

`[one|two]` is a choice (brackets without a bar are brackets), `{kind}` or `{kind:id}` a slot,
`{sent:pool}` a sentence of a pool, `<DATE text>` a mention with slots and choices inside; a broken
bar stands for a bar that parts no choices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

KINDS = ("PER", "LOC", "ORG", "NRP", "TITLE", "AGE", "DATE", "ADDR", "ID")

_SLOT = re.compile(r"\{([A-Za-z0-9]+)(?::([a-z0-9]+))?\}")
_MARK = re.compile(rf"<({'|'.join(KINDS)}) ")
_PLAIN = re.compile(r"[^\[\]{}<>|]+")


@dataclass(frozen=True)
class Slot:
    """A place to fill; the same name speaks of the same person or firm."""

    kind: str
    name: str | None


@dataclass(frozen=True)
class Choice:
    """Alternatives of which one is written."""

    options: tuple[Tree, ...]


@dataclass(frozen=True)
class Mark:
    """A mention of a given type."""

    kind: str
    inside: Tree


Node = str | Slot | Choice | Mark
Tree = tuple[Node, ...]


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def sequence(self, stop: str) -> Tree:
        nodes: list[Node] = []
        while self._at < len(self._text) and self._text[self._at] not in stop:
            nodes.extend(self._next())
        return tuple(nodes)

    def _next(self) -> list[Node]:
        text, at = self._text, self._at
        if plain := _PLAIN.match(text, at):
            self._at = plain.end()
            return [plain[0].replace("¦", "|")]
        if slot := _SLOT.match(text, at):
            self._at = slot.end()
            return [Slot(slot[1], slot[2])]
        if mark := _MARK.match(text, at):
            self._at = mark.end()
            inside = self.sequence(">")
            self._at += 1
            return [Mark(mark[1], inside)]
        self._at += 1
        return self._options() if text[at] == "[" else [text[at]]

    def _options(self) -> list[Node]:
        options = [self.sequence("|]")]
        while self._at < len(self._text) and self._text[self._at] == "|":
            self._at += 1
            options.append(self.sequence("|]"))
        if self._at >= len(self._text):
            raise ValueError("a bracket is never closed")
        self._at += 1
        return [Choice(tuple(options))] if len(options) > 1 else ["[", *options[0], "]"]


@cache
def parse(text: str) -> Tree:
    """Turn one template or sentence into a tree."""
    return _Reader(text).sequence("")
