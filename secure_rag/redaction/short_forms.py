"""Initials and acronyms of what was found: only dotted, declared, or alone where one signs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from secure_rag.redaction.names import parse_name
from secure_rag.redaction.organizations import parse_organization
from secure_rag.redaction.spans import Span

SHORT_SCORE: Final = 0.65

_DOTTED: Final = re.compile(r"(?<![\w.])(?:[A-Z]\.[ ]?){1,3}[A-Z]\.(?!\w)")
_ALONE: Final = re.compile(
    r"(?:^|\n)[ \t]*(?:[-–—/]{1,2}[ \t]?|(?:initials?|signed|sgd|typed|by|ref)[ \t]*[:/][ \t]*)?"
    r"([A-Z]{2,3})(?=[ \t]*(?:$|\n)|:[ \t]\S)"
)
_DECLARED: Final = re.compile(
    r"([^\W_]+)[.,]?\s{0,2}\(\s?(?:the\s)?[\"'“]?([A-Z]{2,6})[\"'”]?\s?\)"
)
_CAPITALS: Final = re.compile(r"(?<![\w&.-])[A-Z]{2,6}(?![\w&-])")
_ABBREVIATIONS: Final = frozenset(
    "us uk eu un am pm ie eg ad bc dc po ps pa pc pr qc kc hr it tv id ok re cc tbc usa uae nhs gp "
    "er ny la nz nb pp op cv ba ma md mp jp ab ac vp ceo cfo cto llc inc fbi cia".split()
)


class Value(Protocol):
    """A value that was found, as it was written."""

    @property
    def entity(self) -> str: ...

    @property
    def value(self) -> str: ...


class ShortForms:
    """The initials and acronyms that the found names may have."""

    def __init__(self, values: Iterable[Value]) -> None:
        self._initials: dict[str, set[str]] = {}
        self._acronyms: dict[str, set[str]] = {}
        for found in values:
            if found.entity == "PERSON":
                self._take_person(found.value)
            elif found.entity == "ORGANIZATION":
                self._take_organization(found.value)

    def find(self, text: str) -> Iterator[Span]:
        """Yield initials and acronyms that can only stand for one of the names."""
        if self._initials:
            for match in _DOTTED.finditer(text):
                letters = match.group().replace(".", "").replace(" ", "").lower()
                if letters in self._initials and letters not in _ABBREVIATIONS:
                    yield Span(*match.span(), "PERSON", SHORT_SCORE, "propagation")
            for match in _ALONE.finditer(text):
                letters = match.group(1).lower()
                if letters in self._initials and letters not in _ABBREVIATIONS:
                    yield Span(*match.span(1), "PERSON", SHORT_SCORE, "propagation")
        yield from self._declared(text)

    def _declared(self, text: str) -> Iterator[Span]:
        """Yield short forms everywhere, once the text says in brackets what they mean."""
        meant: dict[str, str] = {}
        for match in _DECLARED.finditer(text):
            before, short = match.group(1).casefold(), match.group(2)
            if before in self._initials.get(short.lower(), ()):
                meant[short] = "PERSON"
            elif before in self._acronyms.get(short.lower(), ()):
                meant[short] = "ORGANIZATION"
        for match in _CAPITALS.finditer(text) if meant else ():
            if match.group() in meant:
                yield Span(*match.span(), meant[match.group()], SHORT_SCORE, "propagation")

    def _take_person(self, value: str) -> None:
        name = parse_name(value)
        if name.is_full:
            words = " ".join(name.tokens).replace("-", " ").split()
            for letters in ("".join(word[0] for word in words), words[0][0] + words[-1][0]):
                self._initials.setdefault(letters, set()).update((words[-1], words[0]))

    def _take_organization(self, value: str) -> None:
        words, legal = parse_organization(value)
        every = [*words, *legal.split()]
        small = {"of", "and", "the", "for", "in"}
        for chosen in (words, every, [word for word in words if word not in small]):
            letters = "".join(word[0] for word in chosen)
            if len(letters) > 1 and every:
                self._acronyms.setdefault(letters, set()).update((words[-1], every[-1]))
                last = value.split()[-1].strip(".,").casefold()
                self._acronyms[letters].add(last)
