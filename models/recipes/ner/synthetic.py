"""Generate fictional documents with gold tags from templates.txt and sentences.txt.

A template is text with choices `[one|two]`, slots `{kind}` or `{kind:id}` and sentences
`{sent:pool}`. Slots with the same id speak of the same person or firm. Held-out documents use
names, templates and sentences that training never sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from corpora import Document, Sentence, Word, strip_honorifics
from people import HERE, Draw, Person

Segment = tuple[str, str]
"""Text and its type, "" for no entity."""

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{([A-Za-z0-9]+)(?::([a-z]+))?\}")
_MARK = re.compile(r"<(PER|LOC|ORG) ([^>]*)>")
_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
_PICKS = {
    "word": ("web01", "db2", "invoice", "order", "node3", "basket", "edge"),
    "L": tuple("ABCDEFGHKLMRST"),
    "do": (
        "send the draft",
        "check the figures",
        "update the plan",
        "call the supplier",
        "book the room",
        "prepare the report",
        "review the policy",
        "chase the invoice",
    ),
}


@cache
def templates(held: bool) -> tuple[str, ...]:
    texts = (HERE / "templates.txt").read_text("utf-8").split("\n===\n")
    return tuple(t for at, t in enumerate(texts) if (at % 9 == 4) == held)


@cache
def pools(held: bool) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (HERE / "sentences.txt").read_text("utf-8").split("\n"):
        if re.fullmatch(r"\[[a-z]+\]", line):
            current = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("# "):
            current.append(line)
    return {
        name: tuple(s for at, s in enumerate(lines) if (at % 7 == 3) == held)
        for name, lines in found.items()
    }


class Writer:
    """Fills one template."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._people: dict[str, Person] = {}
        self._firms: dict[str, tuple[str, str]] = {}
        self._named: set[str] = set()

    def write(self, template: str) -> list[list[Segment]]:
        """Return the lines of the document, each as segments."""
        text = template
        while "{sent:" in text or _CHOICE.search(text):
            text = self._choose(text)
            text = re.sub(r"\{sent:([a-z]+)\}", lambda m: self._sentence(m[1]), text)
        return [list(self._fill(line)) for line in text.split("\n") if line.strip()]

    def _choose(self, text: str) -> str:
        random = self._draw.random
        while _CHOICE.search(text):
            text = _CHOICE.sub(lambda m: random.choice(m[1].split("|")), text)
        return text

    def _sentence(self, pool: str) -> str:
        return self._choose(self._draw.random.choice(pools(self._draw.held)[pool]))

    def _fill(self, line: str) -> Iterator[Segment]:
        at = 0
        for match in _SLOT.finditer(line):
            yield line[at : match.start()], ""
            yield from self._slot(match[1], match[2])
            at = match.end()
        yield line[at:], ""

    def _person(self, name: str | None) -> Person:
        if name is None:
            return self._draw.person()
        return self._people.setdefault(name, self._draw.person())

    def _firm(self, name: str | None) -> str:
        full, short = self._firms.setdefault(name or "", self._draw.firm())
        again = name in self._named
        self._named.add(name or "")
        return short if again and self._draw.chance(0.4) else full

    def _slot(self, kind: str, name: str | None) -> Iterator[Segment]:
        if kind.startswith("P") or kind in {"e", "pl", "p1", "file"}:
            yield from self._person_slot(kind, self._person(name))
        elif kind in _PLACES:
            group, key = _PLACES[kind]
            yield self._draw.word(group, key), "LOC"
        elif kind == "S":
            yield self._draw.street(), "LOC"
        elif kind in {"O", "OU"}:
            text = self._firm(name)
            yield (text.upper() if kind == "OU" else text), "ORG"
        elif kind in {"K", "U", "H", "SCH", "LAW", "TEAM"}:
            yield self._body(kind), "ORG"
        else:
            yield self._filler(kind), ""

    def _body(self, kind: str) -> str:
        draw = self._draw
        if kind == "K":
            if draw.chance(0.25):
                place = draw.word("places", "city" if draw.chance(0.6) else "region").removeprefix(
                    "the "
                )
                return draw.word("organisations", "institution").format(place)
            return draw.word("organisations", "known" if draw.chance(0.5) else "public")
        if kind == "TEAM":
            return f"{draw.word('places', 'city')} {draw.word('organisations', 'team')}"
        if kind == "LAW":
            one, two, three = (draw.plain_surname() for _ in range(3))
            forms = (f"{one} {two} LLP", f"{one}, {two} and {three}", f"{one}-{two} & {three}")
            return draw.random.choice(forms)
        return {"U": draw.university, "H": draw.hospital, "SCH": draw.school}[kind]()

    def _person_slot(self, kind: str, person: Person) -> Iterator[Segment]:
        draw = self._draw
        if kind == "e":
            yield self._address(person), ""
        elif kind == "pl":
            login = self._login(person)
            yield login, "PER" if "." in login else ""
        elif kind == "file":
            yield from self._file(person)
        else:
            yield (
                {
                    "P": draw.full_name(person),
                    "PU": draw.full_name(person).upper(),
                    "Pg": person.given,
                    "p1": person.given.lower(),
                    "Ps": person.surname,
                    "PX": person.surname,
                    "Pi": draw.initials(person),
                    "Pin": person.given[0] + person.surname[0].upper(),
                    "Pc": f"{person.surname}, {person.given}",
                    "PCU": f"{person.surname.upper()}, {person.given}",
                    "PSL": f"{person.surname}/{person.given}".upper(),
                }[kind],
                "" if kind == "Pin" else "PER",
            )

    def _login(self, person: Person) -> str:
        given, surname = (re.sub(r"\W", "", p.lower()) for p in (person.given, person.surname))
        forms = (
            f"{given}.{surname}",
            given[0] + surname,
            f"{given[0]}.{surname}",
            given + surname[:1],
        )
        return self._draw.random.choice(forms)

    def _address(self, person: Person) -> str:
        firm = re.sub(r"[^a-z]", "", self._draw.word("organisations", "stem").lower())
        ending = self._draw.random.choice(
            ("com", "example", "co.uk", "org", "internal", "net", "de")
        )
        host = self._draw.random.choice((firm, "example", "mail", "post"))
        return f"{self._login(person)}@{host}.{ending}"

    def _file(self, person: Person) -> Iterator[Segment]:
        draw = self._draw
        kind = draw.random.choice(
            ("contract", "cv", "scan", "letter", "invoice", "payslip", "report")
        )
        end = draw.random.choice(("pdf", "docx", "xlsx", "txt", "jpg"))
        mark = draw.random.choice("_- ")
        number = draw.random.randint(1, 2030)
        if draw.chance(0.3):
            yield f"{kind}{mark}{number}.{end}", ""
        elif draw.chance(0.5):
            yield f"{kind}{mark}", ""
            yield f"{person.given}{mark}{person.surname}", "PER"
            yield f".{end}", ""
        else:
            yield f"{person.surname}{mark}{person.given}", "PER"
            yield f"{mark}{kind}{mark}{number}.{end}", ""

    def _filler(self, kind: str) -> str:
        draw = self._draw
        if kind in _FILLERS:
            return draw.word("plain", _FILLERS[kind])
        if kind in {"date", "dnum", "isodate", "year", "time"}:
            return self._moment(kind)
        if kind == "headU":
            return draw.word("plain", "heading").upper()
        if kind in _PICKS:
            return draw.random.choice(_PICKS[kind])
        number = draw.random.randint
        if kind == "num":
            return str(number(1, draw.random.choice((9, 30, 99, 500, 20000))))
        patterns = {
            "post": ("#####", "AB# #XY", "AB## #XY", "#### XX", "K#A #B#"),
            "phone": ("+44 1632 96####", "(555) 01##-####", "0## 555 ####"),
            "id": ("####", "#######", "AB######", "C-#####", "HR/####", "INV-#####", "MRN #######"),
            "ip": ("192.0.2.1##", "192.0.2.#"),
        }
        pattern = draw.random.choice(patterns[kind])
        return re.sub("#", lambda _: str(number(1, 9)), pattern)

    def _moment(self, kind: str) -> str:
        random = self._draw.random
        day, month, year = random.randint(1, 28), random.randint(1, 12), random.randint(1948, 2026)
        name, mark = self._draw.word("plain", "month"), random.choice("./-")
        dates = (
            f"{day} {name} {year}",
            f"{name} {day}, {year}",
            f"{day}.{month}.{year}",
            f"{day}/{month}/{year}",
            f"{name} {year}",
            f"{day} {name}",
        )
        return {
            "year": str(year),
            "date": random.choice(dates),
            "dnum": f"{day:02}{mark}{month:02}{mark}{year}",
            "isodate": f"{year}-{month:02}-{day:02}",
            "time": f"{random.randint(0, 23):02}:{random.randint(0, 59):02}",
        }[kind]


_PLACES = {
    "C": ("places", "city"),
    "CU": ("places", "city"),
    "N": ("places", "country"),
    "R": ("places", "region"),
    "ST": ("places", "state"),
    "F": ("places", "facility"),
}
_FILLERS = {
    "job": "job",
    "dept": "department",
    "prod": "product",
    "drug": "drug",
    "cond": "condition",
    "head": "heading",
    "nat": "nationality",
    "month": "month",
    "weekday": "weekday",
    "T": "title",
    "relation": "relation",
    "greet": "greeting",
    "close": "closing",
    "party": "party",
}


def tag_words(segments: list[Segment]) -> Sentence:
    """Split segments at spaces and punctuation and tag the words."""
    words: list[Word] = []
    before = ""
    for text, kind in segments:
        # A given name and a surname parted by a space are one mention.
        joined = kind == "PER" and before == "PER"
        for at, word in enumerate(_WORD.findall(text)):
            words.append((word, f"{'I' if at or joined else 'B'}-{kind}" if kind else "O"))
        if text != " ":
            before = kind
    return words


def generate(count: int, *, seed: int, held: bool = False) -> list[Document]:
    """Write `count` documents; the same seed gives the same documents."""
    documents = []
    for number in range(count):
        draw = Draw(f"{seed}/{number}/{held}", held=held)
        lines = Writer(draw).write(draw.random.choice(templates(held)))
        sentences = tuple(tuple(words) for line in lines if (words := tag_words(line)))
        documents.append(Document("synthetic", sentences))
    return documents


def read_marked(text: str, corpus: str) -> list[Document]:
    """Read documents parted by `===` whose mentions are marked `<PER name>`."""
    documents = []
    for part in text.split("\n===\n"):
        sentences = []
        for line in part.split("\n"):
            segments: list[Segment] = []
            at = 0
            for match in _MARK.finditer(line):
                segments += [(line[at : match.start()], ""), (match[2], match[1])]
                at = match.end()
            if words := tag_words([*segments, (line[at:], "")]):
                sentences.append(tuple(strip_honorifics(words)))
        documents.append(Document(corpus, tuple(sentences)))
    return documents


def show(count: int, *, seed: int) -> str:
    """Return generated documents as text with marked entities, to read them over."""
    texts = []
    for number in range(count):
        draw = Draw(f"{seed}/{number}/False", held=False)
        lines = Writer(draw).write(draw.random.choice(templates(False)))
        marked = ["".join(f"<{k} {t}>" if k else t for t, k in line) for line in lines]
        texts.append("\n".join(marked))
    return "\n\n========\n\n".join(texts)


if __name__ == "__main__":
    print(show(25, seed=1))
