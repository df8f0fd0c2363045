"""Training sets: every text passes redaction before anything else looks at it.

What is trained on is the prompt view of redacted text (`secure_rag.answering.view`): short
local names stand for placeholders, so that no placeholder of the vault gets into weights.
Nothing of a set is stored; a training that goes on makes it again from where it came.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from secure_rag.adapters.pairs import redacted_pair, redacted_quote
from secure_rag.adapters.task import Task
from secure_rag.answering.prompt import PromptMemory, build_prompt
from secure_rag.answering.view import local_names
from secure_rag.errors import InputError
from secure_rag.index.sentences import sentence_spans
from secure_rag.pipeline.elsewhere import Elsewhere, other_domains
from secure_rag.pipeline.session import Session
from secure_rag.redaction.engine import RedactedText
from secure_rag.vault.placeholders import find_placeholders

NOT_FOUND: Final = "The evidence does not say."
"""What a grounded-qa adapter is taught to write where the answer is not there."""

_MAX_BYTES: Final = 256 << 20
_EVIDENCE_TOKENS: Final = 300


@dataclass(frozen=True)
class Example:
    """One redacted conversation to learn, and where it comes from."""

    messages: tuple[tuple[str, str], ...] = field(repr=False)
    """Role and content, in the prompt view."""
    answer: str = field(repr=False)
    origin: str
    """`row N` of the data, or the id of a chunk."""
    document: str = ""
    placeholders: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    """Placeholders that its people have in other collections; they stand in no text."""

    def conversation(self) -> list[dict[str, str]]:
        """Return the messages as a generator takes them."""
        return [{"role": role, "content": content} for role, content in self.messages]


@dataclass(frozen=True)
class TrainingSet:
    """What is trained on and what is only measured on."""

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]

    @property
    def documents(self) -> tuple[str, ...]:
        """Ids of the indexed documents in it."""
        every = (one.document for one in (*self.train, *self.held_out))
        return tuple(sorted({document for document in every if document}))

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Placeholders of the vault that stood in its texts, without angle brackets."""
        return tuple(sorted({name for one in self.train for name in one.placeholders}))

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Placeholders that the people in its texts have in other collections."""
        return tuple(sorted({name for one in self.train for name in one.elsewhere}))

    @property
    def digest(self) -> str:
        """SHA-256 over all examples, redacted, in order."""
        made = hashlib.sha256()
        for one in (*self.train, *self.held_out):
            made.update(json.dumps([one.messages, one.answer, one.origin]).encode() + b"\n")
        return made.hexdigest()


def make_set(task: Task, session: Session) -> TrainingSet:
    """Read, redact, lay out and split the examples of a task.

    Raises:
        InputError: the data cannot be read, or there is too little of it.
    """
    made = _from_index(task, session) if task.data is None else _from_rows(task, session)
    examples = list(made)
    if len(examples) < 4:
        raise InputError(
            f"{len(examples)} examples are too few to train on", code="adapter.examples"
        )
    random.Random(task.seed).shuffle(examples)
    count = min(max(1, round(len(examples) * task.held_out)), len(examples) // 2)
    return TrainingSet(tuple(examples[count:]), tuple(examples[:count]))


def _from_rows(task: Task, session: Session) -> Iterator[Example]:
    assert task.data is not None
    redactor, remembered = session.redactor(), session.domain
    others = other_domains(session)
    for number, row in enumerate(_rows(task.data), 1):
        texts = _texts(task, row)
        if texts is None:
            raise InputError(
                f"{task.data.name}: line {number} is not of the form of {task.kind}",
                code="adapter.row",
                hint="docs/how-to/train-an-adapter.md shows the form",
            )
        # one numbering for a row: the same person has one name in all its texts
        names = Elsewhere(remembered, others)

        def redact(text: str, names: Elsewhere = names) -> RedactedText:
            return redactor.redact_text(text, pseudonyms=names)

        if task.kind == "grounded-qa":
            *evidence, asked, said, quote = texts
            redacted = redacted_quote(evidence, asked, said, quote, redact)
        else:
            asked, said = texts
            redacted = redacted_pair(asked, said, redact)
        if redacted is None:
            raise InputError(
                f"{task.data.name}: line {number}: the quote does not stand in the evidence",
                code="adapter.row",
                hint="a quote is copied from one of the texts of `evidence`, to the letter",
            )
        made = _example(task, redacted, f"row {number}")
        yield replace(made, elsewhere=tuple(sorted(names.found)))


def _texts(task: Task, row: dict[str, Any]) -> list[str] | None:
    """Return the texts of a row: those that are read, then the answer."""
    if task.kind != "grounded-qa":
        return _whole([row.get("input"), row.get("output")], may_be_empty=False)
    evidence, asked, answer = row.get("evidence"), row.get("question"), row.get("answer")
    if not isinstance(evidence, list) or not evidence or not isinstance(asked, str):
        return None
    said = [answer, row.get("quote") or ""] if answer else ["", ""]
    return _whole([*evidence, asked, *said], may_be_empty=True)


def _whole(values: Sequence[object], *, may_be_empty: bool) -> list[str] | None:
    """Return the values if all of them are texts."""
    texts = [one for one in values if isinstance(one, str) and (may_be_empty or one.strip())]
    return texts if len(texts) == len(values) else None


def _from_index(task: Task, session: Session) -> Iterator[Example]:
    """Let the model continue each chunk that the user may see after its first sentence."""
    rows = session.seen
    for stored in rows.documents():
        for chunk in rows.chunks(stored.document):
            spans = sentence_spans(chunk.text)
            if len(spans) < 2:
                continue
            cut = spans[1][0]
            texts = [chunk.text[:cut].strip(), chunk.text[cut:].strip()]
            yield _example(task, texts, chunk.chunk, document=stored.document)


def _example(task: Task, texts: Sequence[str], origin: str, *, document: str = "") -> Example:
    found = {name.strip("<>") for text in texts for *_, name in find_placeholders(text)}
    if task.kind == "grounded-qa":
        messages, answer = _grounded(texts)
    else:
        asked, answer = named(texts)
        messages = (("system", task.instruction), ("user", asked))
    return Example(messages, answer, origin, document, tuple(sorted(found)))


def named(texts: Sequence[str]) -> list[str]:
    """Put local names in place of placeholders and leave all else, quotation marks too.

    The prompt view makes all quotation marks single ones, which would spoil JSON.
    """
    names = local_names(texts).by_placeholder
    made = []
    for text in texts:
        for placeholder, name in names.items():
            text = text.replace(placeholder, name)
        made.append(text)
    return made


def _grounded(texts: Sequence[str]) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return the writer's own prompt, and the sentence that it should write."""
    *evidence, question, answer, quote = texts
    prompt = build_prompt(
        question,
        evidence,
        count_tokens=lambda text: len(text) // 3,
        budget=_EVIDENCE_TOKENS,
        beside=[answer, quote],
        memory=PromptMemory(draw_marker=lambda: _marker(texts)),
    )
    said = NOT_FOUND
    if answer:
        said = prompt.names.view(answer).one_line().text
        quoted = prompt.names.view(quote).one_line().text
        if answer == quote:
            said = f'"{quoted}"'
        elif quoted:
            said = f'{said.rstrip(".")}: "{quoted}"'
    return tuple((one["role"], one["content"]) for one in prompt.messages), said


def _marker(texts: Sequence[str]) -> str:
    """Return the code of a fence; of the texts, so that a training that goes on has it again."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:8]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path.name}: larger than 256 MB", code="adapter.data")
        lines: Iterable[str] = path.read_text("utf-8-sig").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{path.name}: cannot be read", code="adapter.data") from None
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise InputError(f"{path.name}: line {number} is no JSON object", code="adapter.row")
        yield row
