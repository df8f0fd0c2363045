"""Column files with one word a line: CoNLL, IOB1, IOB2, BIOES, Universal NER.

A tag opens a mention with `B-`, `S-` or `U-`, or where the tag before it is of another type
(IOB1). Words are joined by spaces and sentences by line feeds, or put back into the sentence
of a `# text = …` line. `-DOCSTART-` and `# newdoc` part documents; without them, every so many
sentences are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from secure_rag.errors import InputError
from secure_rag.evaluation.datasets import ReadOptions, SourceFile
from secure_rag.evaluation.labelled import LabelledText, Mention

_TAG: Final = re.compile(r"O|[BIESLU]-\S+")
_OPENS: Final = frozenset("BSU")
_LOOKED_AT: Final = 400
_RANGE: Final = re.compile(r"\d+[-.]\d+")
_COMMENT: Final = re.compile(r"#\s*(?:newdoc|newpar|[\w.]+\s*=)|-DOCSTART-")
"""A lone `#` is a word."""
_TEXT: Final = "# text = "

Word = tuple[str, str]


@dataclass
class _Sentence:
    """Words with tags, and the sentence they were cut from where the file holds it."""

    words: list[Word] = field(default_factory=list)
    text: str | None = None
    opens_document: bool = False


class ConllReader:
    """Reads word and tag columns; `O` says nothing about types that a set does not mark."""

    name = "conll"
    is_complete = False

    def recognises(self, source: SourceFile) -> bool:
        rows = [cells for _, cells in _rows(source.head)][:_LOOKED_AT]
        return len(rows) > 1 and _tag_column(rows[:-1]) is not None

    def read(self, source: SourceFile, options: ReadOptions) -> list[LabelledText]:
        rows = [cells for _, cells in _rows(source.text)]
        word, tag = _columns(source, rows[:_LOOKED_AT], options)
        sentences = list(_sentences(source, word, tag))
        return [_document(group) for group in _groups(sentences, options.sentences)]


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each line that holds a word."""
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.strip("\r\n ")
        if bare.strip() and not _COMMENT.match(bare):
            yield number, _cells(bare)


def _cells(line: str) -> list[str]:
    return line.split("\t") if "\t" in line else re.split(r" +", line)


def _tag_column(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the last column in which everything looks like a tag."""
    width = min((len(cells) for cells in rows), default=0)
    columns = {len(cells) for cells in rows}
    for column in range(width - 1, 0, -1) if len(columns) == 1 else (-1,):
        values = {cells[column].strip() for cells in rows}
        if width > 1 and all(_TAG.fullmatch(value) for value in values):
            return column
    return None


def _columns(
    source: SourceFile, rows: Sequence[Sequence[str]], options: ReadOptions
) -> tuple[int, int]:
    tag = options.tag_column - 1 if options.tag_column else _tag_column(rows)
    if tag is None:
        raise source.error(
            "no column holds tags such as O, B-PER, I-PER", hint="say which: --tag-column N"
        )
    if options.word_column:
        return options.word_column - 1, tag
    is_numbered = all(re.fullmatch(r"\d+([-.]\d+)?", cells[0]) for cells in rows)
    return (1 if is_numbered and tag > 1 else 0), tag


def _sentences(source: SourceFile, word: int, tag: int) -> Iterator[_Sentence]:
    current = _Sentence()
    for number, line in enumerate(source.text.split("\n"), start=1):
        bare = line.strip("\r\n ")
        if not bare.strip():
            if current.words:
                yield current
                current = _Sentence()
        elif bare.startswith(("-DOCSTART-", "# newdoc")):
            if current.words:
                yield current
                current = _Sentence()
            current.opens_document = True
        elif bare.startswith(_TEXT):
            current.text = bare.removeprefix(_TEXT)
        elif not _COMMENT.match(bare):
            cells = _cells(bare)
            if max(word, tag) >= len(cells) or not cells[tag].strip():
                raise _refuse(source, number)
            if not (word and _RANGE.fullmatch(cells[0])):
                current.words.append((cells[word].strip(), cells[tag].strip()))
    if current.words:
        yield current


def _refuse(source: SourceFile, line: int) -> InputError:
    return source.error(
        "a line without a word or a tag", line=line, hint="see --word-column and --tag-column"
    )


def _groups(sentences: Sequence[_Sentence], size: int) -> Iterator[list[_Sentence]]:
    has_documents = sum(sentence.opens_document for sentence in sentences) > 1
    group: list[_Sentence] = []
    for sentence in sentences:
        is_full = sentence.opens_document if has_documents else len(group) >= size
        if group and is_full:
            yield group
            group = []
        group.append(sentence)
    if group:
        yield group


def _document(sentences: Sequence[_Sentence]) -> LabelledText:
    parts: list[str] = []
    mentions: list[Mention] = []
    length = 0
    for sentence in sentences:
        text, places = _laid_out(sentence)
        for start, end, entity in _decode([tag for _, tag in sentence.words]):
            first, last = places[start][0], places[end - 1][1]
            if first < last:
                mentions.append(Mention(length + first, length + last, entity))
        parts.append(text)
        length += len(text) + 1
    return LabelledText("\n".join(parts), tuple(mentions))


def _laid_out(sentence: _Sentence) -> tuple[str, list[tuple[int, int]]]:
    """Return a sentence with the place of each word."""
    if sentence.text is not None:
        places = _aligned(sentence.text, sentence.words)
        if places is not None:
            return sentence.text, places
    places = []
    position = 0
    for word, _ in sentence.words:
        places.append((position, position + len(word)))
        position += len(word) + 1
    return " ".join(word for word, _ in sentence.words), places


def _aligned(text: str, words: Sequence[Word]) -> list[tuple[int, int]] | None:
    """Find the words in their sentence one after the other, with nothing but space between."""
    places = []
    position = 0
    for word, _ in words:
        start = text.find(word, position)
        if start < 0 or text[position:start].strip():
            return None
        position = start + len(word)
        places.append((start, position))
    return places


def _decode(tags: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield mentions as ranges of words; the last two tags of BIOES and BILOU close one."""
    start, entity = 0, ""
    for index, tag in enumerate([*tags, "O"]):
        prefix, name = (tag[0], tag[2:]) if tag[1:2] == "-" else ("", tag)
        is_outside = tag == "O"
        if entity and (is_outside or prefix in _OPENS or name != entity):
            yield start, index, entity
            entity = ""
        if not is_outside and not entity:
            start, entity = index, name
        if entity and prefix in ("E", "S", "L", "U"):
            yield start, index + 1, entity
            entity = ""
