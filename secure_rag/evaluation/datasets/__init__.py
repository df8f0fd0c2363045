"""Labelled sets in the formats people have: one reader per format behind one Protocol."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from secure_rag.errors import InputError, UsageError
from secure_rag.evaluation.labelled import LabelledSet, LabelledText, numbered
from secure_rag.evaluation.labels import apply_labels, label_map

MAX_BYTES: Final = 256 * 1024 * 1024
_HEAD: Final = 20_000


@dataclass(frozen=True)
class SourceFile:
    """One file of a set: its short name, for messages, and its text."""

    name: str
    suffix: str
    text: str = field(repr=False)

    @property
    def head(self) -> str:
        """The beginning, to tell the format by."""
        return self.text[:_HEAD]

    def error(
        self, message: str, *, line: int | None = None, hint: str | None = None
    ) -> InputError:
        """Return an error that names the place and quotes nothing."""
        place = f"{self.name}:{line}" if line else self.name
        return InputError(f"{place}: {message}", hint=hint, code="dataset.format")


@dataclass(frozen=True)
class ReadOptions:
    """What only the user can know about a column file."""

    word_column: int | None = None
    """From 1; None is detected."""
    tag_column: int | None = None
    sentences: int = 1
    """How many sentences make one document where the file does not say."""


class Reader(Protocol):
    """Reads one format."""

    name: str
    is_complete: bool
    """Sets in this format usually mark every personal value, not only some types."""

    def recognises(self, source: SourceFile) -> bool:
        """Say whether a file looks like this format."""
        ...

    def read(self, source: SourceFile, options: ReadOptions) -> list[LabelledText]:
        """Return the documents of a file, with the labels of the set.

        Raises:
            InputError: the file is not of this format; the message names the line or document.
        """
        ...


def readers() -> tuple[Reader, ...]:
    """Return all readers, the most particular first."""
    from secure_rag.evaluation.datasets.conll import ConllReader
    from secure_rag.evaluation.datasets.json_lines import JsonLinesReader
    from secure_rag.evaluation.datasets.marked import MarkedReader
    from secure_rag.evaluation.datasets.presidio_research import PresidioResearchReader
    from secure_rag.evaluation.datasets.tab import TabReader

    return (PresidioResearchReader(), TabReader(), JsonLinesReader(), MarkedReader(), ConllReader())


FORMATS: Final = ("presidio", "tab", "jsonl", "marked", "conll")


def read_set(
    paths: Sequence[Path],
    *,
    format_name: str | None = None,
    maps: Sequence[str] = (),
    options: ReadOptions | None = None,
    is_complete: bool | None = None,
    limit: int | None = None,
    seed: int = 17,
) -> LabelledSet:
    """Read files of one format as one set, labels mapped to entities.

    Args:
        limit: keep so many documents, drawn at random by `seed`, in the order of the set.

    Raises:
        InputError: a file cannot be read, or holds no documents.
        UsageError: files of different formats, or a label that nothing explains.
    """
    sources = [_open(path) for path in paths]
    reader = _reader(sources, format_name)
    texts: list[LabelledText] = []
    for source in sources:
        found = reader.read(source, options or ReadOptions())
        if not found:
            raise source.error("holds no documents")
        many = len(sources) > 1
        texts += [
            replace(text, part=text.part or Path(source.name).stem) if many else text
            for text in found
        ]
    drawn = _draw(list(numbered(texts)), limit, seed)
    mapped, labels = apply_labels(drawn, label_map(maps, format_name=reader.name))
    name = (
        sources[0].name if len(sources) == 1 else f"{sources[0].name} and {len(sources) - 1} more"
    )
    complete = reader.is_complete if is_complete is None else is_complete
    return LabelledSet(name, reader.name, mapped, labels, complete)


def _open(path: Path) -> SourceFile:
    def refuse(message: str, code: str, hint: str | None = None) -> InputError:
        return InputError(f"{path.name}: {message}", code=f"dataset.{code}", hint=hint)

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise refuse("no such file", "missing") from None
    except OSError as error:
        raise refuse(f"cannot be read ({error.strerror})", "unreadable") from None
    if len(data) > MAX_BYTES:
        raise refuse("larger than 256 MiB", "too_large", "split it, or give --limit a smaller file")
    try:
        return SourceFile(path.name, path.suffix.lower(), data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise refuse("not UTF-8", "encoding", "convert it, for example with iconv") from None


def _reader(sources: Sequence[SourceFile], format_name: str | None) -> Reader:
    known = {reader.name: reader for reader in readers()}
    if format_name is not None:
        return known[format_name]
    detected = []
    for source in sources:
        found = next((reader for reader in known.values() if reader.recognises(source)), None)
        if found is None:
            raise source.error(
                "the format cannot be told", hint=f"say which: --format {'|'.join(FORMATS)}"
            )
        detected.append(found)
    if len({reader.name for reader in detected}) > 1:
        raise UsageError("files of different formats", hint="measure them one by one")
    return detected[0]


def _draw(texts: list[LabelledText], limit: int | None, seed: int) -> list[LabelledText]:
    if limit is None or limit >= len(texts):
        return texts
    drawn = random.Random(seed).sample(texts, limit)
    return sorted(drawn, key=lambda text: text.number)
