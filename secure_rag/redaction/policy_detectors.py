"""A policy's own recognizers as detectors: its patterns, and its lists of words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from secure_rag.policy.model import Policy
from secure_rag.policy.recognizers import Recognizer, fold_value
from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers import checksums
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern, PatternDetector
from secure_rag.redaction.spans import Detector, Span

CHECKS: Final = MappingProxyType[str, Callable[[str], bool]](
    {
        "luhn": checksums.passes_luhn,
        "card": checksums.is_card,
        "mod97": checksums.passes_mod_97,
        "verhoeff": checksums.passes_verhoeff,
        "routing": checksums.is_routing,
        "nhs": checksums.is_nhs,
        "vin": checksums.is_vin,
    }
)
"""The checks that `validator` may name."""

_TOKEN: Final = re.compile(r"[^\W_]+")


def policy_detectors(policy: Policy) -> tuple[Detector, ...]:
    """Return detectors for what a policy brings itself; none where it brings nothing."""
    patterns = [pattern for one in policy.recognizers for pattern in _patterns(one)]
    lists = [one for one in policy.recognizers if one.words]
    found: list[Detector] = []
    if patterns:
        found.append(PatternDetector("policy patterns", patterns))
    if lists:
        found.append(ListDetector(lists))
    return tuple(found)


def _patterns(one: Recognizer) -> Iterator[Pattern]:
    for expression in one.expressions:
        yield Pattern(
            one.name,
            one.entity,
            LazyRegex(expression.regex, expression.flags),
            expression.score,
            check=CHECKS[one.validator] if one.validator else None,
            context=ContextWords(one.context),
            only_with_context=one.only_with_context,
            digits=False,
        )


class _Entry(NamedTuple):
    """A word or phrase of a list, and the tokens that lead to it."""

    tokens: tuple[str, ...]
    before: str
    """What stands before its first letter or digit, as in `#hash`."""
    after: str
    folded: str
    written: str
    of: Recognizer


class ListDetector:
    """Finds the words of deny lists in time linear in the text, however long the lists."""

    name = "policy lists"
    is_costly = False

    def __init__(self, recognizers: Sequence[Recognizer]) -> None:
        self._contexts = {one.name: ContextWords(one.context) for one in recognizers}
        self._by_first: dict[str, list[_Entry]] = {}
        for one in recognizers:
            for word in one.words:
                entry = _entry(word, one)
                self._by_first.setdefault(entry.tokens[0], []).append(entry)
        for entries in self._by_first.values():
            entries.sort(key=lambda entry: -len(entry.written))

    def find(self, text: str) -> list[Span]:
        """Return every whole mention; at each place the longest of each recognizer."""
        tokens = list(_TOKEN.finditer(text))
        folded = [token.group().casefold() for token in tokens]
        found: list[Span] = []
        for index, first in enumerate(folded):
            seen: set[str] = set()
            for entry in self._by_first.get(first, ()):
                last = index + len(entry.tokens)
                if entry.of.name in seen or tuple(folded[index:last]) != entry.tokens:
                    continue
                span = self._span(text, tokens[index].start(), tokens[last - 1].end(), entry)
                if span is not None:
                    seen.add(entry.of.name)
                    found.append(span)
        return found

    def _span(self, text: str, start: int, end: int, entry: _Entry) -> Span | None:
        """Return the finding where an entry's tokens stand, if all of it stands there."""
        start, end = start - len(entry.before), end + len(entry.after)
        words = text[max(0, start) : end]
        if start < 0 or _is_glued(text, start, end) or fold_value(words) != entry.folded:
            return None
        one = entry.of
        if one.match_case and " ".join(words.split()) != " ".join(entry.written.split()):
            return None
        context = self._contexts[one.name]
        score = context.raise_score(one.word_score, text, start, end)
        if one.only_with_context and not context.support(text, start, end):
            return None
        return Span(start, end, one.entity, score, one.name)

    def signature(self) -> str:
        """Return a digest of the lists."""
        entries = [entry for entries in self._by_first.values() for entry in entries]
        parts = sorted(f"{e.of.name}|{e.of.entity}|{e.of.word_score}|{e.written}" for e in entries)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _entry(word: str, one: Recognizer) -> _Entry:
    matches = list(_TOKEN.finditer(word))
    return _Entry(
        tuple(match.group().casefold() for match in matches),
        word[: matches[0].start()],
        word[matches[-1].end() :],
        fold_value(word),
        word,
        one,
    )


def _is_glued(text: str, start: int, end: int) -> bool:
    """Say whether a letter or digit right outside belongs to the same word."""
    before = start > 0 and text[start].isalnum() and text[start - 1].isalnum()
    after = end < len(text) and text[end - 1].isalnum() and text[end].isalnum()
    return before or after
