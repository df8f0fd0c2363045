"""Sets of questions with their answers: SQuAD form (1.1, 2.0) or JSON Lines of one's own.

SQuAD form is `{"data": [{"title", "paragraphs": [{"context", "qas": [{"id", "question",
"answers": [{"text", "answer_start"}], "is_impossible"}]}]}]}` (Rajpurkar et al. 2016, 2018), as
`.json` or `.json.xz`. JSON Lines hold `{"id", "question", "answers": ["…"]}` or `"answer": "…"`,
and may hold `"passages": ["…"]` and `"topic"`; an empty list of answers is a question that must be
refused.
"""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from secure_rag.errors import InputError, UsageError

MAX_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True)
class Gold:
    """An answer that counts as right."""

    text: str = field(repr=False)
    start: int | None = None
    """Where it stands in the question's own passage, if the set says so."""


@dataclass(frozen=True)
class Paragraph:
    """A passage of the set, and what it is about."""

    text: str = field(repr=False)
    topic: str = ""
    """Title of its article; passages of one topic differ in what they answer."""


@dataclass(frozen=True)
class Question:
    """A question, what answers it, and the passages it was written for."""

    id: str
    text: str = field(repr=False)
    golds: tuple[Gold, ...] = field(repr=False)
    """None: the question has no answer."""
    own: tuple[int, ...]
    """Numbers of its own passages in the set."""
    topic: str = ""


@dataclass(frozen=True)
class QuestionSet:
    """Questions, and all passages that come with them."""

    name: str
    format: str
    """`squad` or `jsonl`."""
    questions: tuple[Question, ...]
    paragraphs: tuple[Paragraph, ...]


def read_questions(
    paths: Sequence[Path],
    *,
    topics: Collection[str] = (),
    limit: int | None = None,
    seed: int = 17,
) -> QuestionSet:
    """Read files of one form as one set; what stands in two files counts once.

    Args:
        topics: keep the questions about these only (titles of articles; `_` is a space).
        limit: keep so many questions, drawn at random by `seed`, in the order of the set.

    Raises:
        InputError: a file cannot be read, or holds no questions; quotes nothing of it.
        UsageError: files of different forms, or a topic that no question has.
    """
    reading = _Reading()
    formats = {_read(path, reading) for path in paths}
    if len(formats) > 1:
        raise UsageError("the files are of different forms", hint="measure one form at a time")
    questions = list(reading.questions.values())
    if topics:
        questions = _about(questions, topics)
    if limit is not None and limit < len(questions):
        chosen = sorted(random.Random(seed).sample(range(len(questions)), limit))
        questions = [questions[number] for number in chosen]
    name = paths[0].name if len(paths) == 1 else f"{paths[0].name} and {len(paths) - 1} more"
    paragraphs = tuple(Paragraph(*one) for one in reading.paragraphs)
    return QuestionSet(name, formats.pop(), tuple(questions), paragraphs)


def plain_topic(title: str) -> str:
    """Return a title as it is compared: sets write `Packet_switching` and `Packet switching`."""
    return " ".join(title.replace("_", " ").casefold().split())


class _Reading:
    """What was read so far."""

    def __init__(self) -> None:
        self.paragraphs: dict[tuple[str, str], int] = {}
        self.questions: dict[tuple[str, tuple[int, ...]], Question] = {}
        self.count = 0
        self._topics: dict[str, str] = {}

    def paragraph(self, text: str, topic: str) -> int:
        """Return the number of a passage; the same text twice is one."""
        topic = self._topics.setdefault(text, topic)
        return self.paragraphs.setdefault((text, topic), len(self.paragraphs))

    def add(self, question: Question) -> None:
        self.count += 1
        self.questions.setdefault((question.text, question.own), question)


def _about(questions: Sequence[Question], topics: Collection[str]) -> list[Question]:
    wanted = {plain_topic(topic) for topic in topics}
    known = {question.topic for question in questions}
    if wanted - known:
        raise UsageError(
            f"no question is about {sorted(wanted - known)[0]}",
            hint=f"topics of the set: {', '.join(sorted(known)[:20]) or 'none'}",
        )
    return [question for question in questions if question.topic in wanted]


def _read(path: Path, reading: _Reading) -> str:
    """Read one file; return its form."""
    text = set_text(path)
    before = reading.count
    if path.name.removesuffix(".xz").endswith((".jsonl", ".ndjson")):
        form = "jsonl"
        _read_lines(path.name, text, reading)
    else:
        form = "squad"
        _read_squad(path.name, text, reading)
    if reading.count == before:
        raise InputError(f"{path.name}: holds no questions", code="dataset.format")
    return form


def set_text(path: Path) -> str:
    """Return the text of a set, unpacked if it is an `.xz`.

    Raises:
        InputError: it cannot be read, is too large or not UTF-8.
    """

    def refuse(message: str, code: str) -> InputError:
        return InputError(f"{path.name}: {message}", code=f"dataset.{code}")

    try:
        with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise refuse("no such file", "missing") from None
    except (OSError, lzma.LZMAError, EOFError):
        raise refuse("cannot be read", "unreadable") from None
    if len(data) > MAX_BYTES:
        raise refuse("larger than 256 MiB", "too_large")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse("not UTF-8", "encoding") from None


def _read_squad(name: str, text: str, reading: _Reading) -> None:
    try:
        articles = json.loads(text)["data"]
        for number, article in enumerate(articles):
            topic = plain_topic(str(article.get("title") or f"{name} {number}"))
            for paragraph in article["paragraphs"]:
                own = reading.paragraph(_string(paragraph["context"]), topic)
                for item in paragraph["qas"]:
                    reading.add(_squad_question(item, own, topic, len(reading.questions)))
    except (ValueError, RecursionError):
        raise _bad(name, "not valid JSON") from None
    except (KeyError, TypeError, AttributeError):
        raise _bad(name, "not of SQuAD form") from None


def _squad_question(item: dict[str, Any], own: int, topic: str, number: int) -> Question:
    answers = () if item.get("is_impossible") else item["answers"]
    golds = {one["text"]: Gold(_string(one["text"]), one.get("answer_start")) for one in answers}
    return Question(
        id=str(item.get("id", number)),
        text=_string(item["question"]).strip(),
        golds=tuple(golds.values()),
        own=(own,),
        topic=topic,
    )


def _read_lines(name: str, text: str, reading: _Reading) -> None:
    # only line feeds part lines: a text may hold other separators unescaped
    for line, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            item = json.loads(raw)
        except (ValueError, RecursionError):
            raise _bad(f"{name}:{line}", "not valid JSON") from None
        try:
            reading.add(_line_question(item, line, reading))
        except (KeyError, TypeError, AttributeError):
            raise _bad(
                f"{name}:{line}",
                'wants {"id", "question", "answers": […]}, and may hold "passages": […]',
            ) from None


def _line_question(item: dict[str, Any], line: int, reading: _Reading) -> Question:
    topic = plain_topic(_string(item.get("topic", "")))
    passages = [_string(one) for one in _list(item.get("passages", []))]
    own = tuple(reading.paragraph(passage, topic) for passage in passages)
    golds = tuple(Gold(answer) for answer in _answers(item) if answer.strip())
    question = _string(item["question"]).strip()
    if not question:
        raise TypeError
    return Question(str(item.get("id", line)), question, golds, own, topic)


def _answers(item: dict[str, Any]) -> Iterator[str]:
    if "answers" in item:
        yield from (_string(one) for one in _list(item["answers"]))
    elif item["answer"] is not None:
        yield _string(item["answer"])


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _bad(place: str, message: str) -> InputError:
    return InputError(f"{place}: {message}", code="dataset.format")
