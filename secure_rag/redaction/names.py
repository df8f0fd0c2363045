"""The parts of a person's name, and forms that compare equal however it is written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae",
                                 "œ": "oe", "ß": "ss", "ı": "i", "ħ": "h", "ŋ": "n"})  # fmt: skip
_SPELLED_OUT: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
"""How German and Nordic letters are written where they cannot be typed."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*\.?")
_INITIALS: Final = re.compile(r"(?:[^\W\d_]\.){2,}")
_BARE_INITIALS: Final = re.compile(r"[^\W\d_a-zß-ÿ]{2,3}")
_NICK: Final = re.compile(r"""(?<=\s)(?:"([^\W\d_]+)"|'([^\W\d_]+)'|\(([^\W\d_]+)\))(?=\s)""")
_MAIDEN: Final = re.compile(
    r"[\s,(]+(?:née|nee|né|geb\.|(?:formerly|born)(?=\s+[^\W\d_a-z]))\s+", re.IGNORECASE
)
_COUPLE: Final = re.compile(r"\b(mrs?|ms|dr)\b\.?\s*(?:and|&|\+|/)\s*(?=(?:mrs?|ms|dr)\b)", re.I)
_SHORT_PARTICLE: Final = re.compile(r"\bv(?:an|on)?[./]? ?d(er|en|e)?[./]?(?=\s+[^\W\d_])", re.I)

MALE_TITLES: Final = frozenset("mr sir lord herr monsieur master señor".split())
FEMALE_TITLES: Final = frozenset("mrs ms miss dame lady madam frau mme madame señora".split())
JOINT: Final = "mr and mrs"
"""The form of address of a couple: neither of the two alone."""
NAME_ENTITIES: Final = ("PERSON", "LOCATION", "NRP", "ORGANIZATION")
"""Entities whose values are names: of somebody, somewhere, a people or a body."""

TITLES: Final = frozenset(
    "mx dr doctor prof professor rev reverend fr father sister brother judge justice hon "
    "capt captain sgt sergeant lt lieutenant col colonel major gen general officer messrs "
    "nurse sr".split()
    + list(MALE_TITLES)
    + list(FEMALE_TITLES)
)
_GENERATIONS: Final = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "ii",
                       "iii": "iii", "iv": "iv", "2nd": "ii", "3rd": "iii"}  # fmt: skip
_DEGREES: Final = frozenset(
    "phd md esq qc kc obe mbe cbe dds dvm rn ba bsc ma msc mba llb llm jp mp frcs dphil".split()
)
_PARTICLES: Final = frozenset(
    "van von de der den del della di da dos das do du la le los el al bin ibn ter ten te zu zum "
    "zur bint abu ap af av".split()
)


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Return a text without case and diacritics."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return "".join(c for c in plain if not unicodedata.combining(c))


def spelled_out(text: str) -> str:
    """Return a text folded, with `ü` written `ue`."""
    if text.isascii():
        return text.casefold()
    return fold(unicodedata.normalize("NFC", text.casefold()).translate(_SPELLED_OUT))


@dataclass(frozen=True)
class Name:
    """A mention of a person, taken apart. Tokens are folded; initials are one letter."""

    title: str
    tokens: tuple[str, ...]
    generation: str = ""
    """`jr`, `sr`, `ii`, `iii` or `iv`: it tells father and son apart."""
    nick: str = ""
    """What stood in quotes between given name and surname."""
    maiden: str = ""
    """What stood after `née`."""
    spelled: tuple[str, ...] = ()
    """The tokens with `ü` written `ue`, where that differs."""
    initials: str = ""
    """The letters of a mention that is nothing but initials."""

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
    def given(self) -> str:
        return self.tokens[0]

    @property
    def surname(self) -> str:
        return self.tokens[-1]

    @property
    def middle(self) -> tuple[str, ...]:
        return self.tokens[1:-1]

    @property
    def form(self) -> str:
        """What is compared across documents: hyphens are spaces, the generation counts."""
        words = " ".join(self.tokens).replace("-", " ")
        return f"{words} {self.generation}" if self.generation else words

    @property
    def forms(self) -> tuple[str, ...]:
        """The form, and the one with `ü` written `ue` where that differs."""
        if not self.spelled:
            return (self.form,)
        other = Name("", self.spelled, self.generation).form
        return (self.form, other)


@lru_cache(maxsize=16384)
def parse_name(text: str) -> Name:
    """Take a mention apart: titles, initials, suffixes, `Surname, Given`, `née`."""
    text = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    text, maiden = _cut_maiden(text.strip())
    nick = ""
    if match := _NICK.search(text):
        nick = fold(match.group(1) or match.group(2) or match.group(3))
        text = text[: match.start()] + text[match.end() + 1 :]
    parts = _Parts()
    parts.read(text.partition(",")[0])
    family = len(parts.words)
    parts.read(text.partition(",")[2])
    words = parts.words[family:] + parts.words[:family]
    if family == len(parts.words):
        words = _caps_last(words)
    initials = text.replace(".", "") if _BARE_INITIALS.fullmatch(text.replace(".", "")) else ""
    if not initials and len(words) in (2, 3) and all(len(word) == 1 for word in words):
        initials = "".join(words)
    tokens = tuple(_bind_particles([fold(word) for word in words]))
    spelled = tuple(_bind_particles([spelled_out(word) for word in words]))
    return Name(
        parts.title,
        tokens,
        parts.generation,
        nick,
        maiden,
        spelled if spelled != tokens else (),
        fold(initials),
    )


def _cut_maiden(text: str) -> tuple[str, str]:
    match = _MAIDEN.search(text)
    if not match:
        return text, ""
    words = [fold(word.group()).rstrip(".") for word in _WORD.finditer(text, match.end())]
    return text[: match.start()], " ".join(_bind_particles(words)[-1:])


class _Parts:
    """What the words of a mention are, read from left to right."""

    def __init__(self) -> None:
        self.title = ""
        self.generation = ""
        self.words: list[str] = []

    def read(self, text: str) -> None:
        text = _INITIALS.sub(lambda match: match.group().replace(".", ". "), text.replace("_", " "))
        text = _SHORT_PARTICLE.sub(_particle, _COUPLE.sub(r"\1 ", text))
        begin = len(self.words)
        for match in _WORD.finditer(text):
            word = match.group().rstrip(".")
            word = word[:-2] if word[-2:] in ("'s", "'S") else word
            folded = word.casefold()
            if len(self.words) == begin and folded in TITLES and not (begin and folded == "sr"):
                self._take_title(folded)
            elif self.words and folded in _GENERATIONS:
                self.generation = _GENERATIONS[folded]
            elif word and not (self.words and folded in _DEGREES):
                self.words.append(word.replace("'", ""))

    def _take_title(self, title: str) -> None:
        is_gendered = title in MALE_TITLES | FEMALE_TITLES
        if (
            is_gendered
            and self.title
            and Name(self.title, ()).gender
            not in (
                "",
                Name(title, ()).gender,
            )
        ):
            self.title = JOINT
        elif not self.title or is_gendered:
            self.title = title


def _particle(match: re.Match[str]) -> str:
    """Write `v.d.` out; what is no abbreviation stays."""
    text = match.group()
    if fold(text) in ("vd", "v d") or "." in text or "/" in text:
        return f"van {fold(match.group(1) or 'der')}"
    return text


def _caps_last(words: list[str]) -> list[str]:
    """Put the surname last where capitals alone mark it: `NOVAK Anna`."""
    if (
        len(words) > 1
        and len(words[0]) > 2
        and words[0].isupper()
        and not any(word.isupper() and len(word) > 1 for word in words[1:])
        and len(words[1]) > 1
    ):
        return [*words[1:], words[0]]
    return words


def _bind_particles(tokens: list[str]) -> list[str]:
    """Make `van der berg` one token, unless the name begins with it alone."""
    bound: list[str] = []
    held: list[str] = []
    for position, token in enumerate(tokens):
        if token == "mc" and position + 1 < len(tokens):
            tokens[position + 1] = token + tokens[position + 1]
        elif token in _PARTICLES and position + 1 < len(tokens):
            held.append(token)
        else:
            bound.append(" ".join([*held, token]))
            held = []
    return bound
