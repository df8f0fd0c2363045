"""Names by list: a given name beside a surname, or one of them where a name must stand.

A second opinion beside the names model, which sees context and guesses at spellings. The
lists see neither; so a word that is also a place, a month, a brand or an everyday word
counts only beside one that is not, and a single name only after a label or a closing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

from secure_rag.redaction.common_words import COMMON_WORDS
from secure_rag.redaction.names import fold
from secure_rag.redaction.recognizers.name_lists import given_names, read_list, surnames
from secure_rag.redaction.recognizers.not_names import AFTER_NAMES, NOT_NAMES, PLACE_WORDS
from secure_rag.redaction.spans import Span

PAIR_SCORE: Final = 0.6
SINGLE_SCORE: Final = 0.45

_UPPER: Final = r"[A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽȘȚẠ-Ỹ]"
_WORD: Final = rf"{_UPPER}'?[^\W\d_]+(?:['-][^\W\d_]+)*"
_PARTICLES: Final = (
    r"(?:van der|van den|van de|van|von|de la|de los|de|del|della|di|da|dos|das|du|la|le|el|al|bin|"
    r"ibn|ter|ten|zu|Van|Von|De La|De|Del|Della|Di|Da|Dos|Du|La|Le|El|Al|Abu|Bin|Ben)"
)
_JOINING: Final = frozenset(
    "van von der den de la los del della di da dos das du le el al abu bin ben ibn ter ten".split()
)
_RUN: Final = re.compile(
    rf"(?<![\w@./'-])(?:{_WORD}|{_UPPER}\.)"
    rf"(?:,?[ \t]{{1,2}}(?:{_PARTICLES}[ ])?(?:{_WORD}|{_UPPER}\.?(?!\w)))+"
)
_TOKEN: Final = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*\.?")
_LABEL: Final = re.compile(
    r"(?:^|\n)[ \t>*-]*(?:from|to|cc|bcc|attn|attendees?|participants?|present|apologies|author|"
    r"signed|prepared by|approved by|reviewed by|reported by|assigned to|contact|name|employee|"
    r"patient|customer|client|tenant|manager|owner|witness|interviewer|candidate)[ \t]*:[ \t]*"
    r"([^\n]{2,200})",
    re.IGNORECASE,
)
_CLOSING: Final = re.compile(
    r"(?:regards|sincerely|faithfully|truly|wishes|cheers|thanks|thank you|yours|best|love)[,!.]?"
    r"[ \t]*\n{1,3}[ \t]*([^\n]{2,40})",
    re.IGNORECASE,
)
_HEAD: Final = re.compile(
    r"^(?=[^\n]*(?:\t|\||,|;))[^\n]{0,400}\b"
    r"(?:name|employee|patient|customer|client|contact|tenant|surname|"
    r"forename|manager|owner|assignee)\b[^\n]{0,400}$",
    re.IGNORECASE | re.MULTILINE,
)
_NAME_HEAD: Final = re.compile(
    r"(?:full |first |last |given |family |middle )?"
    r"(?:name|employee|patient|customer|client|contact|tenant|surname|"
    r"forename|manager|owner|assignee)(?: name)?",
    re.IGNORECASE,
)
_PIECE: Final = re.compile(rf"{_WORD}(?:[ \t]+{_WORD}){{0,2}}")
_MOST_ROWS: Final = 5_000


class GazetteerDetector:
    """Finds people whose names stand in the lists; scores say how sure the shape is."""

    name = "gazetteer"
    is_costly = False

    def signature(self) -> str:
        """Return a digest of the lists and of what excludes a word."""
        return _signature()

    def find(self, text: str) -> list[Span]:
        """Return pairs of given name and surname, and single names where one must stand."""
        lists = _lists()
        found = [span for run in _RUN.finditer(text) for span in lists.pairs(text, run)]
        found.extend(lists.singles(text))
        return found


@lru_cache(maxsize=1)
def _lists() -> _Lists:
    return _Lists()


@lru_cache(maxsize=1)
def _signature() -> str:
    digest = hashlib.sha256(_RUN.pattern.encode())
    for file_name in ("given_names.txt", "surnames.txt"):
        names = chain.from_iterable(names for _, names in read_list(file_name))
        digest.update("\n".join(names).encode())
    digest.update("\n".join(sorted(NOT_NAMES | COMMON_WORDS | AFTER_NAMES | PLACE_WORDS)).encode())
    return digest.hexdigest()


class _Lists:
    """The lists, ready to look words up."""

    def __init__(self) -> None:
        self._given = frozenset(given_names())
        self._surnames = surnames()
        self._surnames_only = self._surnames - self._given
        """`Kamau, Wanjiku` may be two people."""
        self._doubtful = NOT_NAMES | COMMON_WORDS
        self._no_second = self._doubtful | AFTER_NAMES

    def pairs(self, text: str, run: re.Match[str]) -> Iterator[Span]:
        """Yield the names in a run of capitalised words."""
        words = list(_TOKEN.finditer(text, *run.span()))
        plain = [
            fold(word.group().rstrip(".").replace("'", "").replace("-", " ")) for word in words
        ]
        index = 0
        while index < len(words) - 1:
            last = self._name_at(text, words, plain, index)
            if last is None:
                index += 1
                continue
            last = self._second_surname(text, words, plain, last)
            start, end = words[index].start(), words[last].end()
            if not (last + 1 < len(words) and plain[last + 1] in AFTER_NAMES) and not (
                index and plain[index - 1] in PLACE_WORDS
            ):
                yield Span(start, end, "PERSON", PAIR_SCORE, "gazetteer")
            index = last + 1

    def _name_at(
        self, text: str, words: Sequence[re.Match[str]], plain: Sequence[str], index: int
    ) -> int | None:
        """Return the last word of a name that begins at `index`, if one does."""
        first = plain[index]
        if first in PLACE_WORDS:
            return None
        comma = "," in text[words[index].end() : words[index + 1].start()]
        if comma:
            is_name = first in self._surnames_only and plain[index + 1] in self._given
            is_list = index > 0 or (index + 2 < len(plain) and plain[index + 2] in self._surnames)
            is_sure = is_name and not is_list and self._is_sure(first, plain[index + 1])
            return index + 1 if is_sure else None
        if not self._is_given(first) and not (len(first) == 1 and len(words) > index + 1):
            return self._reversed(plain, index)
        for last in range(index + 1, min(index + 5, len(words))):
            if "," in text[words[last - 1].end() : words[last].start()]:
                return None
            surname = plain[last]
            if surname in _JOINING and last + 1 < len(words):
                continue
            if surname in self._surnames or f"{plain[last - 1]} {surname}" in self._surnames:
                if len(first) == 1 and surname in self._doubtful:
                    return None
                if last + 1 < len(words) and self._goes_on(text, words, plain, last):
                    continue
                return last if self._is_sure(first, surname) else None
            if plain[last - 1] in _JOINING and len(surname) > 3 and self._is_sure(first, first):
                return last
            if len(surname) > 1 and surname not in self._given:
                return None
        return None

    def _is_given(self, word: str) -> bool:
        return word in self._given or (" " in word and all(w in self._given for w in word.split()))

    def _goes_on(
        self, text: str, words: Sequence[re.Match[str]], plain: Sequence[str], last: int
    ) -> bool:
        """Say whether a word that is also a given name stands before the surname."""
        gap = text[words[last].end() : words[last + 1].start()]
        following = plain[last + 1]
        is_surname = following in self._surnames and following not in AFTER_NAMES
        return "," not in gap and plain[last] in self._given and is_surname

    def _second_surname(
        self, text: str, words: Sequence[re.Match[str]], plain: Sequence[str], last: int
    ) -> int:
        """Return the last word of a name that goes on: `Maria Garcia Lopez`, `Nguyen Van Anh`."""
        if last + 1 >= len(words) or "," in text[words[last].end() : words[last + 1].start()]:
            return last
        following = plain[last + 1]
        is_name = following in self._surnames or following in self._given
        return last + 1 if is_name and following not in self._no_second else last

    def _reversed(self, plain: Sequence[str], index: int) -> int | None:
        """Return the end of `Surname Given`, where neither can be the other."""
        surname, given = plain[index], plain[index + 1]
        if surname not in self._surnames or given not in self._given or given in self._surnames:
            return None
        is_sure = not {surname, given} & self._doubtful and min(len(surname), len(given)) > 1
        return index + 1 if is_sure else None

    def _is_sure(self, first: str, second: str) -> bool:
        """Say whether at least one of the two is nothing but a name."""
        telling = [w for w in (first, second) if w not in self._doubtful and len(w) > 2]
        return bool(telling) and not (len(first) == 1 and second in self._doubtful)

    def singles(self, text: str) -> Iterator[Span]:
        """Yield names after labels and closings, and in columns headed by one."""
        for pattern in (_LABEL, _CLOSING):
            for match in pattern.finditer(text):
                yield from self._pieces(text, *match.span(1))
        for head in _HEAD.finditer(text):
            yield from self._column(text, head)

    def _column(self, text: str, head: re.Match[str]) -> Iterator[Span]:
        mark = next((m for m in "\t|;," if m in head.group()), ",")
        columns = head.group().split(mark)
        wanted = [n for n, cell in enumerate(columns) if _NAME_HEAD.fullmatch(cell.strip(' "|'))]
        position = head.end() + 1
        for _ in range(_MOST_ROWS if wanted else 0):
            end = text.find("\n", position)
            end = len(text) if end < 0 else end
            cells = text[position:end].split(mark)
            if len(cells) != len(columns):
                return
            for number in wanted:
                start = position + sum(len(cell) + 1 for cell in cells[:number])
                yield from self._pieces(text, start, start + len(cells[number]))
            position = end + 1

    def _pieces(self, text: str, start: int, end: int) -> Iterator[Span]:
        """Yield each name of a list such as `Anna, Marek and Petra`."""
        for match in _PIECE.finditer(text, start, end):
            words = [
                fold(word).replace("'", "").replace("-", " ") for word in match.group().split()
            ]
            known = [word for word in words if word in self._given or word in self._surnames]
            if len(known) == len(words) and any(word not in self._doubtful for word in words):
                yield Span(*match.span(), "PERSON", SINGLE_SCORE, "gazetteer")
