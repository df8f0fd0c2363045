"""The parts of a person's name, and forms that compare equal however it is written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae",
                                 "œ": "oe", "ß": "ss", "ı": "i"})  # fmt: skip
_WORD: Final = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*\.?")
_INITIALS: Final = re.compile(r"(?:[^\W\d_]\.){2,}")

MALE_TITLES: Final = frozenset("mr sir lord herr monsieur master señor".split())
FEMALE_TITLES: Final = frozenset("mrs ms miss dame lady madam frau mme madame señora".split())
TITLES: Final = frozenset(
    "mx dr doctor prof professor rev reverend fr father sister brother judge justice hon "
    "capt captain sgt sergeant lt lieutenant col colonel major gen general officer messrs "
    "nurse sr".split()
    + list(MALE_TITLES)
    + list(FEMALE_TITLES)
)
_SUFFIXES: Final = frozenset(
    "jr sr ii iii iv phd md esq qc kc obe mbe dds rn ba ma msc mba".split()
)
_PARTICLES: Final = frozenset(
    "van von de der den del della di da dos das du la le los el al bin ibn ter ten zu y e".split()
)


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Return a text without case and diacritics."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return "".join(c for c in plain if not unicodedata.combining(c))


def exact_form(text: str) -> str:
    """Return the letters and digits of a value: what compares equal for structured values."""
    return "".join(character for character in fold(text) if character.isalnum())


def spaced_form(text: str) -> str:
    """Return a value with single spaces: what compares equal for organisations and places."""
    return " ".join(re.findall(r"[^\W_]+", fold(text)))


@dataclass(frozen=True)
class Name:
    """A mention of a person, taken apart. Tokens are folded; initials are one letter."""

    title: str
    tokens: tuple[str, ...]

    @property
    def gender(self) -> str:
        """`m`, `f` or empty, by the form of address only."""
        if self.title in MALE_TITLES:
            return "m"
        return "f" if self.title in FEMALE_TITLES else ""

    @property
    def is_bare(self) -> bool:
        return len(self.tokens) == 1

    @property
    def is_full(self) -> bool:
        """Given name written out, and a surname."""
        return len(self.tokens) > 1 and len(self.tokens[0]) > 1 and len(self.tokens[-1]) > 1

    @property
    def is_initialled(self) -> bool:
        """Initial or initials, and a surname."""
        return len(self.tokens) > 1 and len(self.tokens[0]) == 1 and len(self.tokens[-1]) > 1

    @property
    def surname(self) -> str:
        return self.tokens[-1]

    @property
    def middle(self) -> tuple[str, ...]:
        return self.tokens[1:-1]

    @property
    def form(self) -> str:
        return " ".join(self.tokens)


def parse_name(text: str) -> Name:
    """Take a mention apart: titles, initials, suffixes, `Surname, Given`."""
    before, comma, after = text.partition(",")
    title, tokens = _tokens(before)
    if comma:
        other_title, rest = _tokens(after)
        title = title or other_title
        tokens = [*rest, *tokens] if rest else tokens
    return Name(title, tuple(_bind_particles(tokens)))


def _tokens(text: str) -> tuple[str, list[str]]:
    title = ""
    tokens: list[str] = []
    text = _INITIALS.sub(lambda match: match.group().replace(".", ". "), text.replace("_", " "))
    for match in _WORD.finditer(text.replace("’", "'").replace("‘", "'")):
        word = fold(match.group()).rstrip(".")
        if word.endswith("'s"):
            word = word[:-2]
        if not tokens and word in TITLES:
            title = title if title and word not in MALE_TITLES | FEMALE_TITLES else word
        elif word and not (tokens and word in _SUFFIXES):
            tokens.append(word.replace("'", ""))
    return title, tokens


def _bind_particles(tokens: list[str]) -> list[str]:
    """Make `van der berg` one token, unless the name begins with it alone."""
    bound: list[str] = []
    held: list[str] = []
    for position, token in enumerate(tokens):
        if token in _PARTICLES and position + 1 < len(tokens):
            held.append(token)
        else:
            bound.append(" ".join([*held, token]))
            held = []
    return bound
