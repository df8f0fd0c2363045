"""Cut documents into token windows: the sequences the model is trained and evaluated on.

The word pieces are those of a lower-casing tokenizer. What it drops comes in by a second row of
numbers, the kinds (`secure_rag/runtime/kinds.py`): the letter case of a word, and whether a line or
a cell begins with it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpora import LABELS, Document
from tokenizers import Tokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from secure_rag.runtime.kinds import BREAK, kinds_of

CLS, SEP = 101, 102
LABEL_ID = {label: number for number, label in enumerate(LABELS)}
UNKNOWN = -1
"""Label of a piece that is none of the public types, and may be one of the others."""
IGNORED = -100
_PLAIN_STYLE = 0.80
_STYLES = ("lower", "upper", "title", "entities")
_STYLE_WEIGHTS = (8, 6, 3, 3)
_WRAPPED = 0.2
_LINE_WORDS = 14


@dataclass(frozen=True)
class Piece:
    """A word of a document with its tag."""

    word: str
    tag: str
    begins: bool
    """A line or a cell begins with it."""


@dataclass(frozen=True)
class Window:
    """Word pieces with [CLS] and [SEP], a kind and a label for each, and where the words start."""

    ids: tuple[int, ...]
    kinds: tuple[int, ...]
    labels: tuple[int, ...]
    firsts: tuple[int, ...]
    """Position in `ids` of the first piece of each word that has any."""
    tags: tuple[str, ...]
    """The gold tag of each of these words."""
    is_complete: bool
    """Every type is marked."""


class Pieces:
    """Word pieces of single words, remembered: the corpora repeat few words very often."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        # The published file pads everything to 128 tokens.
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._known: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}

    def of(self, word: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return ids and kinds of one corpus word's pieces, none if it has only control marks."""
        known = self._known.get(word)
        if known is None:
            encoding = self._tokenizer.encode(word, add_special_tokens=False)
            kinds = [kind % BREAK for kind in kinds_of(word, encoding.offsets)]
            known = self._known[word] = (tuple(encoding.ids), tuple(kinds))
        return known


def make_window(
    words: Iterable[Piece], pieces: Pieces, *, is_complete: bool, max_tokens: int = 512
) -> Window:
    """Label the first piece of a word with its tag and the others as its inside."""
    ids, kinds, labels = [CLS], [0], [IGNORED]
    firsts, tags = [], []
    for word in words:
        own, own_kinds = pieces.of(word.word)
        if not own:
            continue
        if len(ids) + len(own) + 1 > max_tokens:
            break
        label = inside = LABEL_ID["O"] if is_complete else UNKNOWN
        if word.tag != "O":
            label, inside = LABEL_ID[word.tag], LABEL_ID["I-" + word.tag[2:]]
        firsts.append(len(ids))
        tags.append(word.tag)
        ids.extend(own)
        kinds.extend([own_kinds[0] + BREAK * word.begins, *own_kinds[1:]])
        labels.extend([label] + [inside] * (len(own) - 1))
    return Window(
        (*ids, SEP),
        (*kinds, 0),
        (*labels, IGNORED),
        tuple(firsts),
        tuple(tags),
        is_complete,
    )


def lines_of(document: Document, draw: random.Random | None = None) -> list[list[Piece]]:
    """Return the sentences of a document, with line starts where it has any.

    Public corpora come as sentences without the lines that they stood on: with `draw`, some of
    their sentences start a line, and some texts are wrapped at a line length.
    """
    wrapped = draw is not None and draw.random() < _WRAPPED
    share = draw.choice((0.0, 0.2, 1.0)) if draw is not None else 0.0
    sentences: list[list[Piece]] = []
    room = _LINE_WORDS
    for number, sentence in enumerate(document.sentences):
        line: list[Piece] = []
        for at, (word, tag) in enumerate(sentence):
            begins = at == 0 and (number == 0 or document.has_lines)
            if draw is not None and at == 0 and not document.has_lines:
                begins = begins or draw.random() < share
            room = _LINE_WORDS if begins else room - 1
            if wrapped and draw is not None and room < draw.randint(0, 4):
                begins, room = True, _LINE_WORDS
            line.append(Piece(word, tag, begins))
        sentences.append(line)
    return sentences


def restyle(words: list[Piece], draw: random.Random) -> list[Piece]:
    """Write some windows in another letter case, so that none is relied on."""
    if draw.random() < _PLAIN_STYLE:
        return words
    style = draw.choices(_STYLES, _STYLE_WEIGHTS)[0]
    change = {"lower": str.lower, "upper": str.upper, "title": str.title, "entities": str.lower}
    return [
        Piece(changed, word.tag, word.begins)
        if (style != "entities" or word.tag != "O")
        and len(changed := change[style](word.word)) == len(word.word)
        else word
        for word in words
    ]


def _target(draw: random.Random) -> int:
    """Draw a window length: single sentences, then mostly 48-192 tokens, a few longer."""
    kind = draw.random()
    if kind < 0.2:
        return 1
    if kind < 0.85:
        return draw.randint(48, 192)
    return draw.randint(192, 320)


def cut(document: Document, pieces: Pieces, draw: random.Random) -> list[Window]:
    """Cut one document at sentence ends into windows of randomly drawn lengths."""
    windows: list[Window] = []
    words: list[Piece] = []
    size, target = 0, _target(draw)
    complete = document.is_complete
    for sentence in lines_of(document, draw):
        length = sum(len(pieces.of(piece.word)[0]) for piece in sentence)
        if words and size + length > target:
            windows.append(make_window(restyle(words, draw), pieces, is_complete=complete))
            words, size, target = [], 0, _target(draw)
        words.extend(sentence)
        size += length
    if words:
        windows.append(make_window(restyle(words, draw), pieces, is_complete=complete))
    return [window for window in windows if len(window.tags) > 1]


def batches(windows: Sequence[Window], draw: random.Random, *, tokens: int) -> list[list[Window]]:
    """Group windows of like length so that a batch has about `tokens` positions with padding."""
    order = sorted(windows, key=lambda w: len(w.ids) + draw.random() * 6)
    groups: list[list[Window]] = []
    group: list[Window] = []
    for window in order:
        if group and (len(group) + 1) * len(window.ids) > tokens:
            groups.append(group)
            group = []
        group.append(window)
    if group:
        groups.append(group)
    draw.shuffle(groups)
    return groups
