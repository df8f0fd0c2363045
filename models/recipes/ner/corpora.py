"""Read the public corpora into one shape: documents of sentences of (word, BIO tag).

The public corpora mark PER, LOC and ORG; every other type of theirs becomes O. Our generated
documents mark all types. The folder layout is that of the published archives, under one data folder
(see README.md).
"""

from __future__ import annotations

import lzma
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

Word = tuple[str, str]
Sentence = list[Word]

TYPES = ("PER", "LOC", "ORG", "NRP", "TITLE", "AGE", "DATE", "ADDR", "ID")
PUBLIC_TYPES = TYPES[:3]
"""What the public corpora mark; their O says nothing about the other types."""
LABELS = ("O", *(f"{prefix}-{kind}" for kind in TYPES for prefix in "BI"))
CROSSNER_DOMAINS = ("ai", "literature", "music", "politics", "science")
CROSSNER_CHOOSING = ("politics", "science")
"""Domains whose dev part is kept for choosing; the dev part of the others is trained on."""

_TYPES = {
    "PER": "per person politician writer musicalartist scientist researcher",
    "LOC": "loc location country gpe geo-loc facility fac",
    "ORG": "org organization organisation university politicalparty band corporation group company",
}
_TYPE_OF = {name: label for label, names in _TYPES.items() for name in names.split()}
# The loan agreements tag the role words of the contract as persons; for redaction they are not.
_CONTRACT_ROLES = frozenset({"borrower", "lender", "borrowers", "lenders", "guarantor", "bank"})
# Titles are a type of their own for redaction, so a person starts behind them.
_HONORIFICS = frozenset(
    "mr mrs ms miss dr sir lady lord madame madam mme captain capt col colonel major prof "
    "professor rev reverend the old young poor little dear aunt uncle saint st count countess "
    "prince princess general judge doctor mademoiselle monsieur signor sister cllr".split()
)


@dataclass(frozen=True)
class Document:
    """Some consecutive sentences; windows may join them but never cross into another document."""

    corpus: str
    sentences: tuple[tuple[Word, ...], ...]

    @property
    def has_lines(self) -> bool:
        """Say whether each sentence was a line or a cell of its own."""
        return self.corpus in {"synthetic", "realistic"}

    @property
    def is_complete(self) -> bool:
        """Say whether every type is marked, so that O means none of them."""
        return self.corpus in {"synthetic", "realistic", "synth_v2"}


def _label(tag: str) -> str:
    kind = tag.split("-", 1)[1].lower() if "-" in tag else tag.lower()
    return _TYPE_OF.get(kind, "O")


def to_bio(words: Iterable[tuple[str, str]]) -> Sentence:
    """Turn IOB1, IOB2 or IO tags of any type inventory into BIO tags of our three types."""
    result: Sentence = []
    before = ("O", "O")
    for word, tag in words:
        label = "O" if tag == "O" else _label(tag)
        if label == "O":
            result.append((word, "O"))
        else:
            # Same mapped label but another source type is another mention.
            continues = not tag.startswith("B-") and before == (label, tag.split("-", 1)[-1])
            result.append((word, f"{'I' if continues else 'B'}-{label}"))
        before = (label, tag.split("-", 1)[-1])
    return result


def read_columns(lines: Iterable[str], *, word: int = 0, tag: int = -1) -> Iterator[Sentence]:
    """Yield the sentences of a column file (tabs or spaces, blank line between sentences)."""
    rows: list[tuple[str, str]] = []
    for line in lines:
        line = line.rstrip("\n")
        if not line.strip() or line.startswith(("-DOCSTART-", "# ")):
            if rows and not line.strip():
                yield to_bio(rows)
                rows = []
            continue
        cells = line.split("\t") if "\t" in line else line.split()
        if len(cells) >= 2:
            rows.append((cells[word], cells[tag]))
    if rows:
        yield to_bio(rows)


def _lines(path: Path) -> list[str]:
    if path.suffix == ".xz":
        return lzma.decompress(path.read_bytes()).decode("utf-8", "replace").split("\n")
    return path.read_text("utf-8", "replace").split("\n")


def read_file(
    path: Path, corpus: str, *, size: int = 12, word: int = 0, tag: int = -1
) -> list[Document]:
    """Read one column file as documents of `size` consecutive sentences each."""
    sentences = [tuple(s) for s in read_columns(_lines(path), word=word, tag=tag)]
    return [
        Document(corpus, tuple(sentences[at : at + size])) for at in range(0, len(sentences), size)
    ]


def drop_contract_roles(document: Document) -> Document:
    """Make O of "Borrower", "Lender" and the like, which one corpus tags as persons."""
    sentences = tuple(
        tuple((w, "O" if w.lower() in _CONTRACT_ROLES and t.endswith("PER") else t) for w, t in s)
        for s in document.sentences
    )
    repaired = tuple(tuple(to_bio(s)) for s in sentences)
    return Document(document.corpus, repaired)


def drop_handles(document: Document) -> Document:
    """Make O of "@name": one corpus tags handles, another does not, and patterns find them."""
    sentences = []
    for sentence in document.sentences:
        words = list(sentence)
        for at, (word, _) in enumerate(words):
            if word == "@":
                for place in range(at, min(at + 2, len(words))):
                    words[place] = (words[place][0], "O")
        sentences.append(tuple(to_bio(words)))
    return Document(document.corpus, tuple(sentences))


def strip_honorifics(sentence: Iterable[Word]) -> Sentence:
    """Let a person start behind "Mr.", "Lady" or "the", unless nothing else is left."""
    words = list(sentence)
    at = 0
    while at < len(words):
        if words[at][1] != "B-PER":
            at += 1
            continue
        end = at + 1
        while end < len(words) and words[end][1] == "I-PER":
            end += 1
        start = at
        while start < end - 1 and words[start][0].lower().strip(".") in _HONORIFICS | {""}:
            start += 1
        if start > at:
            words[at:start] = [(w, "O") for w, _ in words[at:start]]
            words[start] = (words[start][0], "B-PER")
        at = end
    return words


def _litbank_text(text: str, annotations: str) -> list[tuple[Word, ...]]:
    """Tag one novel from its stand-off file: the outermost named mentions of five types."""
    spans: list[tuple[int, int, str]] = []
    for line in annotations.split("\n"):
        cells = line.split("\t")
        if len(cells) < 2 or not cells[0].startswith("T"):
            continue
        kind, start, end = cells[1].split(" ")[:3]
        label = _TYPE_OF.get(kind.removeprefix("PROP_").lower())
        if kind.startswith("PROP_") and label:
            spans.append((int(start), int(end), label))
    spans.sort(key=lambda s: (s[0], -s[1]))
    sentences = []
    position = 0
    for line in text.split("\n"):
        words: list[Word] = []
        for word in line.split(" "):
            start, end = position, position + len(word)
            position = end + 1
            if not word:
                continue
            holder = next((s for s in spans if s[0] <= start and end <= s[1]), None)
            tag = "O" if holder is None else ("B-" if start == holder[0] else "I-") + holder[2]
            words.append((word, tag))
        if words:
            sentences.append(tuple(strip_honorifics(words)))
    return sentences


def read_litbank(archive: Path) -> list[Document]:
    """Read the novels' samples from the archive of stand-off files."""
    texts: dict[str, str] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and member.name.endswith((".ann", ".txt")):
                stream = tar.extractfile(member)
                if stream is not None:
                    texts[member.name] = stream.read().decode("utf-8")
    documents = []
    for name in sorted(n for n in texts if n.endswith(".ann")):
        sentences = _litbank_text(texts[name[:-4] + ".txt"], texts[name])
        documents.append(Document("litbank", tuple(sentences)))
    return documents


def read_training(folder: Path, *, share_alike: bool = False) -> list[Document]:
    """Read every public training part under the `ner` folder; what we ship has no share-alike."""
    base = folder / "permissive"
    documents = read_file(base / "wikigold/CONLL-format/data/wikigold.conll.txt", "wikigold")
    documents += read_file(
        base / "wnut17/CONLL-format/data/train/wnut17train.conll", "wnut17", size=6
    )
    for path in sorted((base / "btc/CONLL-format/data").glob("*.conll")):
        documents += [drop_handles(d) for d in read_file(path, "btc", size=6)]
    documents += read_litbank(base / "litbank/litbank_coref_brat.tar.xz")
    for domain in CROSSNER_DOMAINS:
        documents += read_file(base / f"crossner/ner_data/{domain}/train.txt", "crossner", size=4)
        if domain not in CROSSNER_CHOOSING:
            documents += read_file(base / f"crossner/ner_data/{domain}/dev.txt", "crossner", size=4)
    agreement = read_file(base / "sec_filings/CONLL-format/data/train/FIN5.txt", "sec_filings")
    documents += [drop_contract_roles(d) for d in agreement]
    return documents + (read_share_alike(folder / "sharealike") if share_alike else [])


def read_share_alike(base: Path) -> list[Document]:
    """Read the training parts whose licence a model trained on them has to carry."""
    web = base / "uner_english_ewt/en_ewt-ud-train.first-commit.iob2.xz"
    documents = read_file(web, "uner_ewt", word=1, tag=2)
    for path in sorted((base / "re3d/CONLL-format/data-by-source/conll").glob("*/*.conll")):
        documents += read_file(path, "re3d")
    return documents


def read_choosing(folder: Path) -> dict[str, list[Document]]:
    """Read the parts kept for choosing between runs; nothing here is trained on."""
    base = folder / "permissive"
    parts = {
        "wnut17_dev": read_file(base / "wnut17/CONLL-format/data/dev/emerging.dev.conll", "wnut17"),
        "crossner_dev": [
            document
            for domain in CROSSNER_CHOOSING
            for document in read_file(base / f"crossner/ner_data/{domain}/dev.txt", "crossner")
        ],
    }
    web = folder / "sharealike/uner_english_ewt/en_ewt-ud-dev.iob2"
    if web.is_file():
        parts["ewt_dev"] = read_file(web, "uner_ewt", word=1, tag=2)
    return parts


def read_final(folder: Path) -> dict[str, list[Document]]:
    """Read the test parts that are reported once, for the finished model."""
    base = folder / "permissive"
    agreement = read_file(base / "sec_filings/CONLL-format/data/test/FIN3.txt", "sec_filings")
    return {
        "wnut17_test": read_file(
            base / "wnut17/CONLL-format/data/test/emerging.test.annotated", "wnut17"
        ),
        "sec_fin3_test": [drop_contract_roles(d) for d in agreement],
    }
