"""Cut documents into token windows: the sequences the model is trained and evaluated on."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpora import LABELS, Document, Word
from tokenizers import Tokenizer

CLS, SEP = 101, 102
LABEL_ID = {label: number for number, label in enumerate(LABELS)}


@dataclass(frozen=True)
class Window:
    """Word pieces with [CLS] and [SEP], a label for each, and where the words start."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    firsts: tuple[int, ...]
    """Position in `ids` of the first piece of each word that has any."""
    tags: tuple[str, ...]
    """The gold tag of each of these words."""


class Pieces:
    """Word pieces of single words, remembered: the corpora repeat few words very often."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        # The published file pads everything to 128 tokens.
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._known: dict[str, tuple[int, ...]] = {}

    def of(self, word: str) -> tuple[int, ...]:
        """Return the piece ids of one corpus word, none if it has only control characters."""
        ids = self._known.get(word)
        if ids is None:
            ids = tuple(self._tokenizer.encode(word, add_special_tokens=False).ids)
            self._known[word] = ids
        return ids


def make_window(words: Iterable[Word], pieces: Pieces, *, max_tokens: int = 512) -> Window:
    """Label the first piece of a word with its tag and the others as its inside."""
    ids, labels, firsts, tags = [CLS], [-100], [], []
    for word, tag in words:
        own = pieces.of(word)
        if not own:
            continue
        if len(ids) + len(own) + 1 > max_tokens:
            break
        inside = LABEL_ID["I-" + tag[2:]] if tag != "O" else LABEL_ID["O"]
        firsts.append(len(ids))
        tags.append(tag)
        ids.extend(own)
        labels.extend([LABEL_ID[tag]] + [inside] * (len(own) - 1))
    return Window((*ids, SEP), (*labels, -100), tuple(firsts), tuple(tags))


def _target(draw: random.Random) -> int:
    """Draw a window length: single sentences, then mostly 48-192 tokens, a few longer."""
    kind = draw.random()
    if kind < 0.25:
        return 1
    if kind < 0.85:
        return draw.randint(48, 192)
    return draw.randint(192, 320)


def cut(document: Document, pieces: Pieces, draw: random.Random) -> list[Window]:
    """Cut one document at sentence ends into windows of randomly drawn lengths."""
    windows: list[Window] = []
    words: list[Word] = []
    size, target = 0, _target(draw)
    for sentence in document.sentences:
        length = sum(len(pieces.of(word)) for word, _ in sentence)
        if words and size + length > target:
            windows.append(make_window(words, pieces))
            words, size, target = [], 0, _target(draw)
        words.extend(sentence)
        size += length
    if words:
        windows.append(make_window(words, pieces))
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
