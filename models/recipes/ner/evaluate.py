"""Measure an exported model: span precision, recall and F1, and recall of whole and part names.

    python evaluate.py --model ../../ner-minilm --data DATA --part choosing

`--threshold T` makes a word an entity when the probability of any entity is at least T, then takes
the likeliest type; without it the likeliest label wins.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from corpora import LABELS, PUBLIC_TYPES, TYPES, Document, Sentence, read_choosing, read_final
from people import HERE
from synthetic import generate, read_marked, tag_words
from tokenizers import Tokenizer
from windows import Piece, Pieces, Window, lines_of, make_window

TOKENS = 126
"""Length of a window at run time."""
Span = tuple[int, int, str]
Array = npt.NDArray[np.float32]


class Model:
    """The exported graph with its tokenizer."""

    def __init__(self, folder: Path, graph: Path | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(graph or folder / "model.onnx"), options)
        self.pieces = Pieces(Tokenizer.from_file(str(folder / "tokenizer.json")))

    def probabilities(self, windows: Sequence[Window]) -> list[Array]:
        """Return label probabilities of the first piece of each word of each window."""
        order = sorted(range(len(windows)), key=lambda at: len(windows[at].ids))
        found: dict[int, Array] = {}
        for at in range(0, len(order), 16):
            group = order[at : at + 16]
            width = max(len(windows[n].ids) for n in group)
            ids = np.zeros((len(group), width), np.int64)
            kinds = np.zeros_like(ids)
            for row, number in enumerate(group):
                ids[row, : len(windows[number].ids)] = windows[number].ids
                kinds[row, : len(windows[number].ids)] = windows[number].kinds
            feed = {
                "input_ids": ids,
                "attention_mask": (ids != 0).astype(np.int64),
                "token_type_ids": kinds,
            }
            logits = self._session.run(None, feed)[0]
            shifted = np.exp(logits - logits.max(-1, keepdims=True))
            shares = shifted / shifted.sum(-1, keepdims=True)
            for row, number in enumerate(group):
                found[number] = shares[row, list(windows[number].firsts)]
        return [found[number] for number in range(len(windows))]


def decode(shares: Array, threshold: float | None) -> list[str]:
    """Turn probabilities into tags."""
    best = shares.argmax(-1)
    if threshold is not None:
        entity = shares[:, 1:].argmax(-1) + 1
        best = np.where(1.0 - shares[:, 0] >= threshold, entity, 0)
    return [LABELS[number] for number in best]


def spans(tags: Sequence[str]) -> set[Span]:
    """Return the mentions; an inside tag that continues nothing starts one."""
    found: set[Span] = set()
    start, kind = 0, ""
    for at, tag in enumerate([*tags, "O"]):
        if kind and tag != f"I-{kind}":
            found.add((start, at, kind))
            kind = ""
        if tag != "O" and not kind:
            start, kind = at, tag[2:]
    return found


@dataclass
class Counts:
    """Sums over a part, for all types that it marks and for persons."""

    types: tuple[str, ...] = TYPES
    right: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    gold: Counter[str] = field(default_factory=Counter)
    words: int = 0
    words_found: int = 0
    whole: int = 0
    masked: int = 0
    masked_right: int = 0

    def add(self, gold: Sequence[str], said: Sequence[str]) -> None:
        if self.types == PUBLIC_TYPES:
            # What such a part does not mark says nothing, neither for nor against.
            pairs = zip(said, gold, strict=True)
            said = [s if s[2:] in self.types or g != "O" else "O" for s, g in pairs]
        one, two = spans(gold), spans(said)
        for kind in self.types:
            self.gold[kind] += sum(s[2] == kind for s in one)
            self.said[kind] += sum(s[2] == kind for s in two)
            self.right[kind] += sum(s[2] == kind for s in one & two)
        for start, end, kind in one:
            if kind == "PER":
                self.whole += all(tag != "O" for tag in said[start:end])
                self.words += end - start
                self.words_found += sum(tag != "O" for tag in said[start:end])
        self.masked += sum(tag != "O" for tag in said)
        self.masked_right += sum(s != "O" and g != "O" for s, g in zip(said, gold, strict=True))

    def row(self, kinds: Iterable[str]) -> tuple[float, float, float]:
        chosen = list(kinds)
        right, said, gold = (sum(c[k] for k in chosen) for c in (self.right, self.said, self.gold))
        precision, recall = right / max(said, 1), right / max(gold, 1)
        return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)

    def line(self, name: str) -> str:
        every = " ".join(f"{v:.3f}" for v in self.row(self.types))
        each = " ".join(
            f"{kind} {self.row([kind])[2]:.3f}" for kind in self.types if self.gold[kind]
        )
        words = self.words_found / max(self.words, 1)
        whole = self.whole / max(self.gold["PER"], 1)
        precision = self.masked_right / max(self.masked, 1)
        return (
            f"{name:16} span P R F1 {every} | F1 {each} | PERSON word recall {words:.3f} "
            f"whole {whole:.3f} | word precision {precision:.3f}"
        )


def windows_of(document: Document, pieces: Pieces, *, tokens: int) -> list[Window]:
    """Join sentences to windows of at most `tokens`, as at run time; sentences stay whole."""
    windows: list[Window] = []
    words: list[Piece] = []
    size = 0
    complete = document.is_complete
    for sentence in lines_of(document):
        length = sum(len(pieces.of(piece.word)[0]) for piece in sentence)
        if words and size + length > tokens:
            windows.append(make_window(words, pieces, is_complete=complete))
            words, size = [], 0
        words.extend(sentence)
        size += length
    windows.append(make_window(words, pieces, is_complete=complete))
    return [w for w in windows if w.tags]


def measure(
    model: Model, documents: Sequence[Document], *, threshold: float | None, tokens: int
) -> Counts:
    windows = [w for d in documents for w in windows_of(d, model.pieces, tokens=tokens)]
    counts = Counts(TYPES if documents[0].is_complete else PUBLIC_TYPES)
    for window, shares in zip(windows, model.probabilities(windows), strict=True):
        counts.add(window.tags, decode(shares, threshold))
    return counts


_SYNTH_V2_TYPES = {
    "PERSON": "PER",
    "GPE": "LOC",
    "LOCATION": "LOC",
    "STREET_ADDRESS": "ADDR",
    "ZIP_CODE": "ADDR",
    "ORGANIZATION": "ORG",
    "NRP": "NRP",
    "TITLE": "TITLE",
    "AGE": "AGE",
    "DATE_TIME": "DATE",
}


def read_synth_v2(path: Path) -> list[Document]:
    """Read presidio-research's format; what patterns find alone is no gold here."""
    documents = []
    for item in json.loads(path.read_text("utf-8")):
        text, at, segments = item["full_text"], 0, []
        for span in sorted(item["spans"], key=lambda s: s["start_position"]):
            start, end = span["start_position"], span["end_position"]
            segments.append((text[at:start], ""))
            segments.append((text[start:end], _SYNTH_V2_TYPES.get(span["entity_type"], "")))
            at = end
        segments.append((text[at:], ""))
        words: Sentence = tag_words(segments)
        documents.append(Document("synth_v2", (tuple(words),)))
    return documents


def parts(data: Path, part: str) -> dict[str, list[Document]]:
    if part == "realistic":
        text = (HERE / "realistic.txt").read_text("utf-8")
        return {"realistic": read_marked(text, "realistic")}
    if part == "final":
        return read_final(data / "ner")
    found = read_choosing(data / "ner")
    found["synthetic_held"] = generate(400, seed=990_017, held=True)
    found["realistic"] = read_marked((HERE / "realistic.txt").read_text("utf-8"), "realistic")
    vectors = data / "pii/synth_v2_dev/synth_dataset_v2.even_templates.json"
    if vectors.is_file():
        found["synth_v2_dev"] = read_synth_v2(vectors)
    return found


def mistakes(
    model: Model, documents: Sequence[Document], threshold: float | None, tokens: int
) -> None:
    """Print each window with a mistake, words as gold/said where these differ."""
    for document in documents:
        lines = lines_of(document)
        words = [(piece.word, piece.tag) for line in lines for piece in line]
        flat = [piece for line in lines for piece in line]
        windows = [make_window(flat, model.pieces, is_complete=document.is_complete)]
        said = decode(model.probabilities(windows)[0], threshold)
        marked = [
            word
            if gold == guess == "O"
            else f"{word}/{gold}"
            if gold == guess
            else f"**{word}/{gold}>{guess}**"
            for (word, gold), guess in zip(words, said, strict=False)
        ]
        print(" ".join(marked), end="\n\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--graph", type=Path, help="another graph, such as the float one")
    parser.add_argument("--data", type=Path, required=True, help="folder with `ner` and `pii`")
    parser.add_argument("--part", choices=("choosing", "realistic", "final"), default="choosing")
    parser.add_argument("--threshold", type=float)
    parser.add_argument("--show", metavar="PART", help="print the mistakes in one part instead")
    parser.add_argument("--tokens", type=int, default=TOKENS)
    options = parser.parse_args()
    model = Model(options.model, options.graph)
    if options.show:
        chosen = parts(options.data, options.part)[options.show]
        mistakes(model, chosen, options.threshold, options.tokens)
        return
    for name, documents in parts(options.data, options.part).items():
        counts = measure(model, documents, threshold=options.threshold, tokens=options.tokens)
        print(counts.line(name), flush=True)


if __name__ == "__main__":
    main()
