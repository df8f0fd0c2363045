"""Generate fictional documents with gold tags from templates.txt, sentences.txt and forms.txt.

The language of the templates is that of grammar.py. Slots with the same id speak of the same person
or firm. Held-out documents use names, templates and sentences that training never sees.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import bodies
from corpora import Document, Sentence, Word
from grammar import KINDS, Choice, Mark, Slot, Tree, parse
from people import HERE, Draw, Person

Segment = tuple[str, str]
"""Text and its type, "" for no entity."""

_MARKED = re.compile(rf"<({'|'.join(KINDS)}) ([^>]*)>")
_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
_SECTION = re.compile(r"\[([a-z0-9]+)(?: ([A-Z]+))?(?: (#))?\]")
_AN = re.compile(r"(?:^|[\s(\"])[aA] $")
_NOT_AN = ("eu", "uni", "us", "uk", "one", "ut", "u.")


@cache
def templates(held: bool) -> tuple[str, ...]:
    texts = (HERE / "templates.txt").read_text("utf-8").strip("\n").split("\n===\n")
    return tuple(t for at, t in enumerate(dict.fromkeys(texts)) if (at % 9 == 4) == held)


def _sections(name: str) -> dict[tuple[str, str, bool], list[str]]:
    found: dict[tuple[str, str, bool], list[str]] = {}
    current: list[str] = []
    for line in (HERE / name).read_text("utf-8").split("\n"):
        if match := _SECTION.fullmatch(line):
            current = found.setdefault((match[1], match[2] or "", bool(match[3])), [])
        elif line and not line.startswith("# "):
            current.append(line.replace("⏎", "\n"))
    return found


@cache
def pools(held: bool) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(s for at, s in enumerate(lines) if (at % 7 == 3) == held) or tuple(lines)
        for (name, _, _), lines in _sections("sentences.txt").items()
    }


@cache
def forms() -> dict[str, tuple[str, bool, tuple[str, ...]]]:
    """Return the type, whether "#" stands for a digit, and the patterns of each form."""
    return {
        name: (kind, digits, tuple(lines))
        for (name, kind, digits), lines in _sections("forms.txt").items()
    }


class Writer:
    """Fills one template."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._people: dict[str, Person] = {}
        self._firms: dict[str, tuple[str, str]] = {}
        self._kept: dict[tuple[str, str], list[Segment]] = {}
        self._named: set[str] = set()

    def write(self, template: str) -> list[list[Segment]]:
        """Return the lines of the document, each as segments."""
        segments: list[Segment] = []
        self._walk(parse(template), segments)
        lines: list[list[Segment]] = [[]]
        for text, kind in segments:
            first, *others = text.split("\n")
            lines[-1].append((first, kind))
            lines.extend([(other, kind)] for other in others)
        return [_articles(line) for line in lines if any(text.strip() for text, _ in line)]

    def _walk(self, tree: Tree, found: list[Segment]) -> None:
        for node in tree:
            if isinstance(node, str):
                found.append((node, ""))
            elif isinstance(node, Slot):
                self._slot(node.kind, node.name, found)
            elif isinstance(node, Choice):
                self._walk(self._draw.pick(node.options), found)
            else:
                found.append((self._flat(node), node.kind))

    def _flat(self, mark: Mark) -> str:
        inside: list[Segment] = []
        self._walk(mark.inside, inside)
        return "".join(text for text, _ in inside)

    def _slot(self, kind: str, name: str | None, found: list[Segment]) -> None:
        if kind == "sent":
            self._walk(parse(self._draw.pick(pools(self._draw.held)[name or ""])), found)
        elif kind in forms():
            # A form with an id, as an address or a number, is the same all through a document.
            if name is None:
                self._form(kind, found)
                return
            if (kind, name) not in self._kept:
                kept: list[Segment] = []
                self._form(kind, kept)
                self._kept[(kind, name)] = kept
            found.extend(self._kept[(kind, name)])
        elif kind in _PERSONS or kind == "file":
            self._person_slot(kind, self._person(name), found)
        elif kind in {"O", "OU"}:
            text = self._firm(name)
            found.append((text.upper() if kind == "OU" else text, "ORG"))
        elif kind in _BODIES:
            found.append((_BODIES[kind](self._draw), "ORG"))
        else:
            text, label = self._word(kind)
            if label == "LOC" and text.startswith("the "):
                found.append(("the ", ""))
                text = text[4:]
            found.append((text, label))

    def _form(self, kind: str, found: list[Segment]) -> None:
        label, digits, patterns = forms()[kind]
        inside: list[Segment] = []
        self._walk(parse(self._draw.pick(patterns)), inside)
        if label or digits:
            text = "".join(text for text, _ in inside)
            text = self._draw.digits(text) if digits else text
            # Lines of one address are mentions of their own.
            for at, line in enumerate(text.split("\n")):
                found.extend([("\n", "")] * (at > 0))
                found.append((line, label))
        else:
            found.extend(inside)

    def _word(self, kind: str) -> Segment:
        draw = self._draw
        if kind in _LISTS:
            group, key, label = _LISTS[kind]
            text = draw.word(group, key)
            return (text.upper() if kind in {"headU", "CU"} else text), label
        if kind == "S":
            return bodies.street(draw), "LOC"
        if kind == "L":
            return draw.pick("ABCDEFGHKLMRST"), ""
        if kind == "inv":
            return draw.invented(), ""
        if kind == "sur":
            return draw.plain_surname(), ""
        low, high = _NUMBERS[kind]
        return str(low + int(draw.random.random() * (high - low + 1))), ""

    def _person(self, name: str | None) -> Person:
        if name is None:
            return self._draw.person()
        if name not in self._people:
            # "w" is always somebody whose name is a word.
            locale = "everyday_words" if name == "w" else None
            self._people[name] = self._draw.person(locale)
        return self._people[name]

    def _firm(self, name: str | None) -> str:
        if name is None:
            return bodies.firm(self._draw)[0]
        if name not in self._firms:
            self._firms[name] = bodies.firm(self._draw)
        full, short = self._firms[name]
        again = name in self._named
        self._named.add(name)
        return short if again and self._draw.chance(0.5) else full

    def _person_slot(self, kind: str, person: Person, found: list[Segment]) -> None:
        draw = self._draw
        if kind == "e":
            found.append((self._address(person), ""))
        elif kind in {"pl", "hd"}:
            login = self._login(person)
            found.append((login, "PER" if "." in login and kind == "pl" else ""))
        elif kind == "file":
            self._file(person, found)
        else:
            found.append((_PERSONS[kind](draw, person), "" if kind == "Pin" else "PER"))

    def _login(self, person: Person) -> str:
        given, surname = (re.sub(r"\W", "", p.lower()) for p in (person.given, person.surname))
        initial = f"{given[:1]}.{surname}"
        return self._draw.pick((f"{given}.{surname}", given[:1] + surname, initial, given))

    def _address(self, person: Person) -> str:
        firm = re.sub(r"[^a-z]", "", self._draw.word("organisations", "stem").lower())
        ending = self._draw.pick(("com", "example", "co.uk", "org", "internal", "net", "de"))
        host = self._draw.pick((firm, "example", "mail", "post"))
        return f"{self._login(person)}@{host}.{ending}"

    def _file(self, person: Person, found: list[Segment]) -> None:
        draw = self._draw
        kind = draw.pick(("contract", "cv", "scan", "letter", "invoice", "payslip", "report"))
        end = draw.pick(("pdf", "docx", "xlsx", "txt", "jpg"))
        mark = draw.pick("_- ")
        number = draw.random.randint(1, 999)
        if draw.chance(0.3):
            found.append((f"{kind}{mark}{number}.{end}", ""))
        elif draw.chance(0.5):
            found.append((f"{kind}{mark}", ""))
            found.append((f"{person.given}{mark}{person.surname}", "PER"))
            found.append((f".{end}", ""))
        else:
            found.append((f"{person.surname}{mark}{person.given}", "PER"))
            found.append((f"{mark}{kind}{mark}{number}.{end}", ""))


_PERSONS: dict[str, Callable[[Draw, Person], str]] = {
    "e": lambda d, p: "",
    "pl": lambda d, p: "",
    "hd": lambda d, p: "",
    "P": lambda d, p: d.full_name(p),
    "PU": lambda d, p: d.full_name(p).upper(),
    "PL": lambda d, p: d.full_name(p).lower(),
    "Pg": lambda d, p: p.given,
    "PgU": lambda d, p: p.given.upper(),
    "p1": lambda d, p: p.given.lower(),
    "Ps": lambda d, p: p.surname,
    "PsU": lambda d, p: p.surname.upper(),
    "psl": lambda d, p: p.surname.lower(),
    "PX": lambda d, p: p.surname,
    "Pi": lambda d, p: d.initials(p),
    "Pn": lambda d, p: d.nickname(p),
    "PI": lambda d, p: p.given[0] + ".",
    "Pgi": lambda d, p: f"{p.given} {p.surname[0].upper()}.",
    "Pin": lambda d, p: p.given[0] + p.surname[0].upper(),
    "Pc": lambda d, p: f"{p.surname}, {p.given}",
    "PCU": lambda d, p: f"{p.surname.upper()}, {p.given}",
    "PgsU": lambda d, p: f"{p.given} {p.surname.upper()}",
    "PSL": lambda d, p: f"{p.surname}/{p.given}".upper(),
}
_BODIES: dict[str, Callable[[Draw], str]] = {
    "K": bodies.institution,
    "U": bodies.university,
    "H": bodies.hospital,
    "SCH": bodies.school,
    "LAW": bodies.lawyers,
    "TEAM": bodies.team,
    "BR": bodies.brand,
    "AC": bodies.letters,
}
_LISTS = {
    "C": ("places", "city", "LOC"),
    "V": ("places", "village", "LOC"),
    "CU": ("places", "city", "LOC"),
    "N": ("places", "country", "LOC"),
    "R": ("places", "region", "LOC"),
    "ST": ("places", "state", "LOC"),
    "F": ("places", "facility", "LOC"),
    "G": ("places", "nature", "LOC"),
    "Q": ("places", "quarter", "LOC"),
    "sfor": ("places", "street_foreign", ""),
    "sname": ("places", "street_name", ""),
    "skind": ("places", "street_kind", ""),
    "stem": ("organisations", "stem", "ORG"),
    "saint": ("organisations", "saint", ""),
    "job": ("plain", "job", "TITLE"),
    "jobl": ("plain", "occupation", "TITLE"),
    "T": ("plain", "title", "TITLE"),
    "nat": ("people", "nationality", "NRP"),
    "nats": ("people", "demonym", "NRP"),
    "grp": ("people", "group", "NRP"),
    "rel": ("people", "religion", "NRP"),
    "pol": ("people", "politics", "NRP"),
    "month": ("plain", "month", "DATE"),
    "weekday": ("plain", "weekday", "DATE"),
    "dept": ("plain", "department", ""),
    "prod": ("plain", "product", ""),
    "drug": ("plain", "drug", ""),
    "cond": ("plain", "condition", ""),
    "head": ("plain", "heading", ""),
    "headU": ("plain", "heading", ""),
    "label": ("plain", "label", ""),
    "law": ("plain", "law", ""),
    "soft": ("plain", "software", ""),
    "relation": ("plain", "relation", ""),
    "greet": ("plain", "greeting", ""),
    "close": ("plain", "closing", ""),
    "party": ("plain", "party", ""),
    "do": ("plain", "task", ""),
    "word": ("plain", "node", ""),
    "thing": ("plain", "thing", ""),
    "emo": ("plain", "emoji", ""),
}
_NUMBERS = {
    "num": (1, 480),
    "n1": (1, 9),
    "n2": (11, 28),
    "n3": (100, 999),
    "d": (1, 28),
    "y": (1948, 2026),
    "ry": (2009, 2026),
    "oyear": (1961, 2024),
    "hour": (1, 12),
    "adult": (18, 94),
    "child": (2, 17),
    "mm": (10, 12),
    "mi": (10, 59),
    "hh": (10, 23),
}


def _articles(line: list[Segment]) -> list[Segment]:
    """Write "an" before a filled-in word that starts with a vowel."""
    line = [segment for segment in line if segment[0]]
    for at in range(len(line) - 1):
        text, kind = line[at]
        after = line[at + 1][0].lower()
        vowel = after[0] in "aeiou" and not after.startswith(_NOT_AN)
        if vowel and not kind and _AN.search(text):
            line[at] = (text[:-1] + "n ", kind)
    return line


@cache
def _split(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text))


def tag_words(segments: list[Segment]) -> Sentence:
    """Split segments at spaces and punctuation and tag the words."""
    words: list[Word] = []
    before = ""
    for text, kind in segments:
        if not kind:
            words.extend((word, "O") for word in _split(text))
        else:
            # A given name and a surname parted by a space are one mention.
            joined = kind == "PER" and before == "PER"
            for at, word in enumerate(_WORD.findall(text)):
                words.append((word, f"{'I' if at or joined else 'B'}-{kind}"))
        if text != " ":
            before = kind
    return words


def _write(number: int, seed: int, held: bool) -> list[list[Segment]]:
    draw = Draw(f"{seed}/{number}/{held}", held=held)
    return Writer(draw).write(draw.pick(templates(held)))


def generate(count: int, *, seed: int, held: bool = False) -> list[Document]:
    """Write `count` documents; the same seed gives the same documents."""
    documents = []
    for number in range(count):
        lines = _write(number, seed, held)
        cells = (cell for line in lines for cell in _cells(line))
        sentences = tuple(tuple(words) for cell in cells if (words := tag_words(cell)))
        documents.append(Document("synthetic", sentences))
    return documents


def _cells(line: list[Segment]) -> list[list[Segment]]:
    """Cut a line at its tabs: a cell begins like a line."""
    cells: list[list[Segment]] = [[]]
    for text, kind in line:
        first, *others = text.split("\t")
        cells[-1].append((first, kind))
        cells.extend([(other, kind)] for other in others)
    return cells


def read_marked(text: str, corpus: str) -> list[Document]:
    """Read documents parted by `===` whose mentions are marked `<PER name>`."""
    documents = []
    for part in text.split("\n===\n"):
        sentences = []
        for line in part.split("\n"):
            segments: list[Segment] = []
            at = 0
            for match in _MARKED.finditer(line):
                segments += [(line[at : match.start()], ""), (match[2], match[1])]
                at = match.end()
            if words := tag_words([*segments, (line[at:], "")]):
                sentences.append(tuple(words))
        documents.append(Document(corpus, tuple(sentences)))
    return documents


def show(count: int, *, seed: int, held: bool = False) -> str:
    """Return generated documents as text with marked entities, to read them over."""
    texts = []
    for number in range(count):
        lines = _write(number, seed, held)
        marked = ["".join(f"<{k} {t}>" if k else t for t, k in line) for line in lines]
        texts.append("\n".join(marked))
    return "\n\n========\n\n".join(texts)


if __name__ == "__main__":
    import sys

    print(show(25, seed=int(sys.argv[1]) if len(sys.argv) > 1 else 1))
