"""Sets to measure retrieval on: BEIR folders, SQuAD files, one's own cases over a folder."""

from __future__ import annotations

import csv
import json
import lzma
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from secure_rag.errors import InputError, UsageError
from secure_rag.values import Block, RawDocument

MAX_BYTES: Final = 1024 * 1024 * 1024
_TWICE: Final = "an id stands for two things"
FORMATS: Final = ("beir", "squad", "cases")


@dataclass(frozen=True)
class Question:
    """A question and the documents that answer it."""

    id: str
    text: str = field(repr=False)
    relevant: Mapping[str, int]
    """Gain by the name of the document."""


@dataclass(frozen=True)
class RetrievalSet:
    """Documents by name, and questions about them."""

    name: str
    format: str
    documents: Mapping[str, RawDocument] = field(repr=False)
    """Empty for cases over a workspace's index."""
    questions: tuple[Question, ...]
    unread: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Names of documents that cannot be read, each with the code why; nobody finds them."""

    def drawn(self, limit: int | None, seed: int) -> RetrievalSet:
        """Return the set with `limit` questions drawn at random; all documents stay."""
        if limit is None or limit >= len(self.questions):
            return self
        chosen = sorted(random.Random(seed).sample(range(len(self.questions)), limit))
        return replace(self, questions=tuple(self.questions[place] for place in chosen))


def detect_format(files: Sequence[Path]) -> str:
    """Tell the format of a set by what it is: a folder, `.json` or `.jsonl`."""
    if len(files) == 1 and files[0].is_dir():
        return "beir"
    names = [file.name.removesuffix(".xz") for file in files]
    if all(name.endswith(".json") for name in names):
        return "squad"
    if len(files) == 1 and names[0].endswith(".jsonl"):
        return "cases"
    raise UsageError(
        "cannot tell the format of this set",
        hint="a BEIR folder, SQuAD .json files (.xz too), or one .jsonl of cases; or --format",
    )


def read_beir(folder: Path, part: str) -> RetrievalSet:
    """Read a folder with `corpus.jsonl`, `queries.jsonl` and `qrels/PART.tsv` (.xz too).

    Raises:
        InputError: a file is missing or not in that form.
    """
    documents = {}
    for place, item in _json_lines(_existing(folder / "corpus.jsonl")):
        key, title, text = _texts(place, item, "_id", "title", "text")
        if key in documents:
            raise _form_error(place, _TWICE)
        documents[key] = titled(title, text)
    texts = {}
    for place, item in _json_lines(_existing(folder / "queries.jsonl")):
        key, text = _texts(place, item, "_id", "text")
        if key in texts:
            raise _form_error(place, _TWICE)
        texts[key] = text
    relevant = _qrels(_existing(folder / "qrels" / f"{part}.tsv"))
    questions = [
        Question(key, texts[key], gains) for key, gains in relevant.items() if key in texts
    ]
    return _checked(RetrievalSet(f"{folder.name}/{part}", "beir", documents, tuple(questions)))


def read_squad(files: Sequence[Path]) -> RetrievalSet:
    """Read the answerable questions of files in SQuAD form; each paragraph is a document.

    Paragraphs stand alone: the article's name would give the answer away. One that occurs in
    several files is one document.

    Raises:
        InputError: a file is not in that form.
    """
    names: dict[str, str] = {}
    questions: dict[str, Question] = {}
    for file in files:
        try:
            articles = json.loads(_read(file))["data"]
            for paragraph in (one for article in articles for one in article["paragraphs"]):
                key = names.setdefault(paragraph["context"], f"p{len(names)}")
                for question in paragraph["qas"]:
                    if not question.get("is_impossible"):
                        one = Question(str(question["id"]), question["question"], {key: 1})
                        if questions.setdefault(one.id, one) != one:
                            raise _form_error(file.name, _TWICE)
        except (KeyError, TypeError, AttributeError, ValueError):
            raise _form_error(file.name, "not in SQuAD form") from None
    documents = {key: titled("", text) for text, key in names.items()}
    name = " + ".join(file.name.split(".")[0] for file in files)
    return _checked(RetrievalSet(name, "squad", documents, tuple(questions.values())))


def read_cases(
    file: Path, documents: Mapping[str, RawDocument], unread: Mapping[str, str] | None = None
) -> RetrievalSet:
    """Read JSON Lines of `{"id", "question", "documents": ["name", ...]}`.

    Args:
        unread: documents that are there and cannot be read; a case may name them.

    Raises:
        InputError: a line is not in that form, or names a document that is not there.
    """
    questions = []
    unread = unread or {}
    for place, item in _json_lines(file):
        key, text = _texts(place, item, "id", "question")
        wanted = item.get("documents")
        if (
            not isinstance(wanted, list)
            or not wanted
            or not all(isinstance(w, str) for w in wanted)
        ):
            raise _form_error(place, "`documents` must be a list of names")
        if documents and not set(wanted) <= {*documents, *unread}:
            raise InputError(
                f"{place}: names a document that is not in the folder",
                hint="a name is the path below --documents, with / between folders",
                code="dataset.document",
            )
        questions.append(Question(key, text, dict.fromkeys(wanted, 1)))
    found = RetrievalSet(file.name, "cases", documents, tuple(questions), unread)
    return _checked(found, is_open=True)


def titled(title: str, text: str) -> RawDocument:
    """Return a document of a title, if it has one, and a body."""
    if not title:
        return RawDocument("text/plain", text, (Block(0, len(text), "body"),))
    start = len(title) + 2
    blocks = (Block(0, len(title), "title", "value"), Block(start, start + len(text), "body"))
    return RawDocument("text/plain", f"{title}\n\n{text}", blocks)


def _checked(found: RetrievalSet, *, is_open: bool = False) -> RetrievalSet:
    if not found.questions or not (found.documents or is_open):
        raise _form_error(found.name, "no questions, or no documents")
    if len({question.id for question in found.questions}) < len(found.questions):
        raise _form_error(found.name, _TWICE)
    return found


def _existing(path: Path) -> Path:
    packed = path.with_name(path.name + ".xz")
    for one in (path, packed):
        if one.is_file():
            return one
    raise InputError(f"no {path.name} in {path.parent.name}", code="dataset.missing")


def _read(path: Path) -> str:
    try:
        if path.suffix == ".xz":
            with lzma.open(path) as file:
                data = file.read(MAX_BYTES + 1)
        else:
            with path.open("rb") as plain:
                data = plain.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"{path.name}: larger than {MAX_BYTES >> 20} MiB", code="dataset.size")
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, lzma.LZMAError, EOFError):
        raise _form_error(path.name, "cannot be read as UTF-8 text") from None


def _json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path.name}:{number}"
        try:
            item = json.loads(line)
        except ValueError:
            raise _form_error(place, "not JSON") from None
        if not isinstance(item, dict):
            raise _form_error(place, "not an object")
        yield place, item


def _texts(place: str, item: Mapping[str, Any], *keys: str) -> list[str]:
    found = [item.get(key, "" if key == "title" else None) for key in keys]
    if not all(isinstance(value, str | int) for value in found):
        raise _form_error(place, f"needs {', '.join(keys)}")
    return [str(value) for value in found]


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    relevant: dict[str, dict[str, int]] = {}
    try:
        for row in csv.DictReader(_read(path).split("\n"), delimiter="\t"):
            if int(row["score"]) > 0:
                relevant.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    except (KeyError, TypeError, ValueError):
        raise _form_error(path.name, "not in the form query-id, corpus-id, score") from None
    return relevant


def _form_error(place: str, what: str) -> InputError:
    return InputError(f"{place}: {what}", code="dataset.format")
