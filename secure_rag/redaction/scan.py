"""Foreign regular expressions over a window, only where they can match.

A window is read once; what may hold a match is cut out of it into short views, and
patterns run over those. A view breaks at white space only, so that a pattern sees the
same borders as in the whole window and the matches are the same.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import regex

from secure_rag.errors import DocumentError
from secure_rag.redaction.deadline import is_bounded

TIMEOUT_S: Final = 2.0
"""How long one pattern may take over one window where no timer bounds all of them."""

_DIGIT: Final = re.compile(r"\d")
_SPACE: Final = re.compile(r"\s")
_SPACE_BEFORE: Final = regex.compile(r"(?r)\s")
_NUMBERS: Final = re.compile(r"\S*(?:\s\S*?\d\S*)*(?:\s\S+)?")
"""From a digit on: words with digits that follow each other, and the word behind them."""
_MARK: Final = re.compile(r"[@:.\-](?=\S)")
_APART: Final = "\n\n"


class Match(NamedTuple):
    """What a recognizer claims of a window."""

    start: int
    end: int
    score: float


class View:
    """Some stretches of a window, joined, and where they came from."""

    def __init__(self, window: str, stretches: Iterable[tuple[int, int]]) -> None:
        parts: list[str] = []
        self._starts: list[int] = []
        self._shifts: list[int] = []
        length = 0
        for start, end in stretches:
            parts.append(window[start:end])
            self._starts.append(length)
            self._shifts.append(start - length)
            length += end - start + len(_APART)
        self.text = _APART.join(parts)

    def shift(self, start: int) -> int:
        """Return how far left of its place in the window an offset stands."""
        return self._shifts[bisect_right(self._starts, start) - 1]


class _Whole:
    """The window itself as a view."""

    def __init__(self, window: str) -> None:
        self.text = window

    def shift(self, start: int) -> int:
        return 0


class Views:
    """The views of one window, each cut when it is first needed."""

    def __init__(self, window: str) -> None:
        self.window = window

    @cached_property
    def whole(self) -> _Whole:
        """For patterns that no view suits."""
        return _Whole(self.window)

    @cached_property
    def numbers(self) -> View:
        """For patterns that need a digit in every word but the first and the last."""
        text = self.window
        stretches: list[tuple[int, int]] = []
        end = 0
        match = _DIGIT.search(text)
        while match:
            start = _word_before(text, match.start(), end)
            numbers = _NUMBERS.match(text, match.start())
            last, end = end, numbers.end() if numbers else match.end()
            if stretches and start <= last + 1:
                stretches[-1] = (stretches[-1][0], end)
            else:
                stretches.append((start, end))
            match = _DIGIT.search(text, end)
        return View(text, stretches)

    @cached_property
    def _marked(self) -> list[tuple[int, int, str]]:
        """Words with a mark inside: mail and web addresses, network addresses."""
        text = self.window
        found: list[tuple[int, int, str]] = []
        end = 0
        for match in _MARK.finditer(text):
            if match.start() < end:
                continue
            before = _SPACE_BEFORE.search(text, end, match.start())
            start = before.end() if before else end
            after = _SPACE.search(text, match.end())
            end = after.start() if after else len(text)
            found.append((start, end, text[start:end]))
        return found

    def _words(self, fits: Callable[[str], bool]) -> View:
        return View(self.window, [(start, end) for start, end, word in self._marked if fits(word)])

    @cached_property
    def mails(self) -> View:
        """For patterns of one word with `@`."""
        return self._words(lambda word: "@" in word)

    @cached_property
    def links(self) -> View:
        """For patterns of one word with a dot or a scheme inside."""
        return self._words(lambda word: "." in word or "://" in word)

    @cached_property
    def colons(self) -> View:
        """For patterns of one word with `::` or at least five colons."""
        return self._words(lambda word: "::" in word or word.count(":") >= 5)

    @cached_property
    def dots(self) -> View:
        """For patterns of one word with at least two dots."""
        return self._words(lambda word: word.count(".") >= 2)

    @cached_property
    def hyphens(self) -> View:
        """For patterns of one word with several colons, dashes or dots."""
        return self._words(
            lambda word: (
                "::" in word or word.count(":") >= 5 or word.count("-") >= 5 or word.count(".") >= 2
            )
        )


def _word_before(text: str, position: int, least: int) -> int:
    """Return where the word before the word at `position` begins, at `least` at the earliest."""
    start = position
    for _ in range(2):
        space = _SPACE_BEFORE.search(text, least, start)
        if space is None:
            return least
        start = int(space.start())
    return start + 1


Check = Callable[[str], bool | None]


@dataclass(frozen=True)
class Scanner:
    """The patterns of one recognizer, each over its view, with the recognizer's own checks."""

    patterns: tuple[tuple[Any, float, str], ...]
    """Compiled by `regex`, each with its score and its view."""
    validate: Check
    """True raises the score to 1, False to 0, None leaves it."""
    invalidate: Check
    parts: bool = False
    """Try a match again without its last groups until it is valid (IBAN)."""
    timeout_s: float = TIMEOUT_S

    def find(self, views: Views) -> list[Match]:
        """Return the recognizer's matches, of overlapping ones the widest and surest.

        Raises:
            DocumentError: a pattern ran out of time (`document.detector`).
        """
        find = self._parted if self.parts else self._plain
        timeout_s = None if is_bounded() else self.timeout_s
        found: list[Match] = []
        try:
            for pattern, score, name in self.patterns:
                view = getattr(views, name)
                if not view.text:
                    continue
                for match in pattern.finditer(view.text, timeout=timeout_s):
                    for start, end, scored in find(match, view.text, score):
                        shift = view.shift(start)
                        found.append(Match(start + shift, end + shift, scored))
        except TimeoutError:
            raise DocumentError("a recognizer ran out of time", code="document.detector") from None
        return found if self.parts or len(found) < 2 else _distinct(found)

    def _plain(self, match: Any, text: str, score: float) -> Iterator[Match]:
        value = match.group()
        if not value:
            return
        is_valid = self.validate(value)
        if is_valid is not None:
            score = 1.0 if is_valid else 0.0
        if score > 0 and not self.invalidate(value):
            yield Match(match.start(), match.end(), score)

    def _parted(self, match: Any, text: str, score: float) -> Iterator[Match]:
        start = match.start()
        for group in range(len(match.groups()), 0, -1):
            end = match.end(group) if match.end(group) > 0 else match.end()
            is_valid = self.validate(text[start:end])
            if is_valid is not False and end > start:
                yield Match(start, end, 1.0 if is_valid else score)
                return


def _distinct(found: list[Match]) -> list[Match]:
    """Leave out what another match contains with no smaller score."""
    kept: list[Match] = []
    near: list[Match] = []
    for match in sorted(set(found), key=lambda one: (one.start, -one.end, -one.score)):
        near = [one for one in near if one.end >= match.start]
        if not any(match.end <= one.end and match.score <= one.score for one in near):
            kept.append(match)
            near.append(match)
    return kept
