"""Find listed words in one pass over the words of a text: places, peoples, public bodies.

A regular expression with hundreds of alternatives would be tried at every character; a
look-up in a table costs the same however long the lists are.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from secure_rag.redaction.recognizers import cities, countries, groups, jobs
from secure_rag.redaction.spans import Span
from secure_rag.redaction.windows import find_in_windows

_WORD: Final = re.compile(r"[^\W\d_]+(?:[-'.][^\W\d_]+)*")
_BEFORE: Final = re.compile(r"([^\W\d_]+(?:[-'][^\W\d_]+)*)[ \n]\Z")
_AFTER: Final = re.compile(r"[ \n]([^\W\d_]+(?:[-'][^\W\d_]+)*)")
_NEAR: Final = 24


@dataclass(frozen=True, slots=True)
class Entry:
    """What a listed word or phrase stands for."""

    rest: str
    """What must follow the first word; empty for single words."""
    entity: str
    score: float
    name: str
    accepts: Callable[[str, int, int], bool] | None = None
    """Looks at the words beside a match."""
    widens: Callable[[str, int, int], tuple[int, int] | None] | None = None
    """Finds what a word is the end of; None where it is nothing."""


class WordListDetector:
    """Looks up every word of a text; see the module."""

    name = "wordlists"
    is_costly = False

    def __init__(self) -> None:
        self._entries = _table()

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Entity and name of every list."""
        entries = (entry for options in self._entries.values() for entry in options)
        return tuple(sorted({(entry.entity, entry.name) for entry in entries}))

    def find(self, text: str) -> list[Span]:
        """Return listed words and phrases, the longest where several begin together."""
        return find_in_windows(text, self._find)

    def signature(self) -> str:
        """Return a digest of the lists and of this code."""
        import secure_rag.redaction.recognizers.wordlists as own

        modules = (own, cities, countries, groups, jobs)
        joined = "\n".join(inspect.getsource(module) for module in modules)
        return hashlib.sha256(joined.encode()).hexdigest()

    def _find(self, text: str) -> list[Span]:
        found: list[Span] = []
        entries = self._entries
        done = 0
        for match in _WORD.finditer(text):
            options = entries.get(match.group())
            if options is None or match.start() < done:
                continue
            start, end = match.span()
            for entry in options:
                last = end + len(entry.rest)
                if entry.rest and (
                    text[end:last].replace("\n", " ") != entry.rest
                    or text[last : last + 1].isalnum()
                ):
                    continue
                where: tuple[int, int] | None = (start, last)
                if entry.widens is not None:
                    where = entry.widens(text, start, last)
                elif entry.accepts is not None and not entry.accepts(text, start, last):
                    where = None
                if where is not None:
                    found.append(Span(*where, entry.entity, entry.score, entry.name))
                    done = last
                break
        return found


def _table() -> dict[str, tuple[Entry, ...]]:
    """Return first word -> entries, the longest first; each spelling has a key of its own."""
    table: dict[str, list[Entry]] = {}
    for phrase, entity, score, name, accepts in _rows():
        for spelling in _spellings(phrase, entity):
            match = _WORD.match(spelling)
            if match is None:
                continue
            entry = Entry(spelling[match.end() :], entity, score, name, accepts)
            rows = table.setdefault(match.group(), [])
            if all(entry.rest != other.rest for other in rows):
                rows.append(entry)
    for head in jobs.HEADS:
        for word in (head, head.capitalize(), head.upper()):
            row = Entry("", "TITLE", 0.45, "occupation", None, jobs.job_at)
            table.setdefault(word, []).append(row)
    return {
        word: tuple(sorted(rows, key=lambda entry: -len(entry.rest)))
        for word, rows in table.items()
    }


_Row = tuple[str, str, float, str, Callable[[str, int, int], bool] | None]


def _rows() -> Iterable[_Row]:
    for country in countries.COUNTRIES:
        if country not in countries.UNSURE:
            yield country, "LOCATION", 0.6, "country", _is_no_firm
    for place in cities.PLACES:
        if place not in cities.UNSURE_PLACES and place not in countries.COUNTRIES:
            yield place, "LOCATION", 0.5, "city", _stands_alone
    for wider in cities.WIDER:
        yield wider, "LOCATION", 0.45, "part_of_the_world", _is_no_firm
    for demonym in (*countries.DEMONYMS, *countries.DEMONYM_PLURALS):
        yield demonym, "NRP", 0.55, "nationality", _is_people
    for group in groups.GROUPS:
        yield group, "NRP", 0.5, "group", _is_people
    for body in groups.PUBLIC_BODIES:
        yield body, "ORGANIZATION", 0.5, "public_body", None


def _spellings(phrase: str, entity: str) -> set[str]:
    """Return a phrase as written in prose, in capitals and, where that is clear, in small "
    "letters."""
    if entity == "ORGANIZATION":
        return {phrase}
    capital = _capital(phrase)
    spellings = {capital, phrase.upper()} if len(phrase) > 3 else {phrase.upper()}
    if entity == "NRP" and phrase not in groups.CAPITAL_ONLY:
        spellings.add(phrase)
    return spellings


def _capital(phrase: str) -> str:
    small = {"of", "and", "the", "upon", "de", "la", "le", "am", "del", "du", "do", "es"}
    parts = re.split(r"([ -])", phrase)
    capital = [
        part if index and part in small else part[:1].upper() + part[1:]
        for index, part in enumerate(parts)
    ]
    return re.sub(r"(?<=\b[A-Z]\.)[a-z](?=\.)", lambda m: m.group().upper(), "".join(capital))


def _word_before(text: str, start: int) -> str:
    match = _BEFORE.search(text, max(0, start - _NEAR), start)
    return match.group(1) if match else ""


def _word_after(text: str, end: int) -> str:
    match = _AFTER.match(text, end)
    return match.group(1) if match else ""


def _is_no_firm(text: str, start: int, end: int) -> bool:
    """Refuse a country inside a name: `Bank of England`, `Air France`, `France Telecom`."""
    before = _word_before(text, start)
    if before == "of":
        earlier = _word_before(text, start - 3)
        return earlier.lower() not in groups.NAMED_AFTER
    after = _word_after(text, end)
    if after in groups.FIRM_WORDS:
        return False
    return not (before in ("Air", "Bank", "Royal") or before == "Radio")


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Refuse a town inside a longer name: `Jack London`, `Oxford University Press`."""
    if text[start:end].isupper():
        return True
    before, after = _word_before(text, start), _word_after(text, end)
    if before == "of":
        return _is_no_firm(text, start, end)
    is_part = after[:1].isupper() and "\n" not in text[end : end + 1]
    if is_part and after.casefold() not in countries.COUNTRIES and after not in groups.AFTER_PLACE:
        return False
    return not before[:1].isupper() or before.lower() in groups.BEFORE_PLACE


def _is_people(text: str, start: int, end: int) -> bool:
    """Refuse things called after a people, and languages of a text: `Danish pastry`."""
    after = _word_after(text, end).lower()
    if (text[start:end].lower(), after.rstrip("s")) in groups.THINGS or after in groups.SPEECH:
        return False
    return _word_before(text, start).lower() not in ("in", "into") or after[:1].isalpha()
