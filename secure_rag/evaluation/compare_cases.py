"""Cases of `eval compare`: JSON Lines of one's own, public sets by file or by name, our examples.

A line is `{"id", "question", "answer"}` and may hold more:

answer     a text, a list of wordings that are all right, or an object of fields; null, `""` or an
           empty list: it must be refused (`answers` does as well)
passages   texts that the answer stands in; without them an index is asked
document   the document that the answer stands in; cases of one document are no independent draws
keys       of the object that would be wanted, where `answer` says that there is none
form       `answer` (a few words) or `text`; an object is always `json`, and what has `keys`
changed    true: a fact that changed after an adapter was trained

A line that cannot be read is left out and named by its number.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from secure_rag.errors import InputError
from secure_rag.evaluation.answers_cases import GOLD, INDEX, Case
from secure_rag.evaluation.answers_set import Gold, Question, read_questions, set_text
from secure_rag.resources import resource

PUBLIC: Final = {
    "policyqa": "qa/policyqa/dev.json.xz",
    "squad": "qa/squad2_dev/even_articles.json.xz",
    "xquad": "qa/xquad_en/xquad.en.json.xz",
}
"""Public sets in the folder that `SECURE_RAG_DATA` names."""

EXAMPLES: Final = (
    "support", "contracts", "compliance", "knowledge", "voice", "format", "coding", "drafting",
    "reports",
)  # fmt: skip
"""Fictional cases that come with the program."""


@dataclass(frozen=True)
class CompareCase:
    """A case, with what tells it apart in a comparison."""

    case: Case
    form: str = "answer"
    """`answer`, `text` or `json`."""
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The object that is wanted, for the form `json`."""
    keys: tuple[str, ...] = ()
    """What is asked for in the form `json`, whether there is an answer or not."""
    is_changed: bool = False
    cluster: str = ""
    """What cases have in common that are no independent draws."""

    @property
    def is_answerable(self) -> bool:
        return bool(self.case.question.golds or self.fields)


@dataclass(frozen=True)
class CompareSet:
    """The cases of a comparison, and the lines that could not be read."""

    name: str
    format: str
    cases: tuple[CompareCase, ...]
    bad_lines: tuple[tuple[int, str], ...] = ()
    """Number of the line and what is wrong with it, never what it says."""

    @property
    def wants_index(self) -> bool:
        """Whether some cases bring no passages."""
        return any(one.case.passages is None for one in self.cases)


def find_set(named: str) -> Path:
    """Return the file that a path or the name of a set stands for.

    Raises:
        InputError: no such file, or a public set without a folder of public sets.
    """
    path = Path(named)
    if os.path.exists(path) or path.suffix:
        return path
    if named in EXAMPLES:
        return resource("examples") / "compare" / f"{named}.jsonl"
    if named in PUBLIC:
        folder = os.environ.get("SECURE_RAG_DATA")
        if folder:
            return Path(folder) / PUBLIC[named]
        raise InputError(
            f"the public set {named} is not here",
            code="dataset.missing",
            hint="set SECURE_RAG_DATA to the folder of public sets, or name the file",
        )
    raise InputError(
        f"no file and no set of this name: {path.name}",
        code="dataset.missing",
        hint=f"sets: {', '.join((*EXAMPLES, *PUBLIC))}",
    )


def read_cases(path: Path, *, limit: int | None = None, seed: int = 17) -> CompareSet:
    """Read a file of cases.

    Raises:
        InputError: it cannot be read, or holds no case at all.
    """
    name = path.name
    if name.removesuffix(".xz").endswith((".jsonl", ".ndjson")):
        cases, bad = _own(path)
        form = "jsonl"
    else:
        cases, bad, form = _public(path), [], "squad"
    if not cases:
        where = f" (line {bad[0][0]}: {bad[0][1]})" if bad else ""
        raise InputError(f"{name}: holds no cases{where}", code="dataset.format")
    if limit is not None and limit < len(cases):
        chosen = sorted(random.Random(seed).sample(range(len(cases)), limit))
        cases = [cases[number] for number in chosen]
    return CompareSet(name, form, tuple(cases), tuple(bad))


def _public(path: Path) -> list[CompareCase]:
    """Return the questions of a public set with their own passages."""
    questions = read_questions([path])
    texts = [one.text for one in questions.paragraphs]
    cases = []
    for question in questions.questions:
        passages = tuple(texts[number] for number in question.own)
        own = frozenset(range(len(passages)))
        case = Case(question, GOLD, passages, own)
        cases.append(CompareCase(case, cluster=case.cluster))
    return cases


def _own(path: Path) -> tuple[list[CompareCase], list[tuple[int, str]]]:
    cases: list[CompareCase] = []
    bad: list[tuple[int, str]] = []
    # only line feeds part lines: a text may hold other separators unescaped
    for number, raw in enumerate(set_text(path).split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            cases.append(_case(json.loads(raw), number))
        except (ValueError, RecursionError):
            bad.append((number, "not valid JSON"))
        except _BadLineError as error:
            bad.append((number, error.args[0]))
    return cases, bad


class _BadLineError(Exception):
    """What is wrong with a line."""


def _case(item: object, number: int) -> CompareCase:
    if not isinstance(item, dict):
        raise _BadLineError("not an object")
    text = item.get("question")
    if not isinstance(text, str) or not text.strip():
        raise _BadLineError("no `question`")
    answer = _expected(item)
    passages = item.get("passages")
    if passages is not None and not _is_texts(passages):
        raise _BadLineError("`passages` is not a list of texts")
    fields = answer if isinstance(answer, dict) else {}
    golds, keys = _golds(answer), _keys(item, fields)
    if keys and golds and not fields:
        raise _BadLineError("`keys` beside an `answer` that is no object")
    given = tuple(passages) if passages else None
    question = Question(
        id=str(item.get("id", number)),
        text=text.strip(),
        golds=tuple(Gold(one) for one in golds),
        own=(),
    )
    own = frozenset(range(len(given or ())))
    document = item.get("document")
    cluster = document if isinstance(document, str) and document else (given or (question.id,))[0]
    return CompareCase(
        case=Case(question, GOLD if given else INDEX, given, own),
        form=_form(item, keys),
        fields=fields,
        keys=keys,
        is_changed=item.get("changed") is True,
        cluster=cluster,
    )


def _expected(item: dict[str, Any]) -> object:
    if "answer" not in item and "answers" not in item:
        raise _BadLineError("no `answer`; null says that there is none")
    answer = item.get("answers", item.get("answer"))
    if isinstance(answer, dict):
        if not all(_is_value(value) for value in answer.values()):
            raise _BadLineError("a field of `answer` is neither a text, a number, a list nor null")
        return answer
    if answer is None or isinstance(answer, str) or _is_texts(answer):
        return answer
    raise _BadLineError("`answer` is neither a text, a list of texts, an object nor null")


def _keys(item: dict[str, Any], fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys that are asked for: those of the object, or of the one that cannot be."""
    named = item.get("keys", list(fields))
    if not _is_texts(named) or not all(one.strip() for one in named):
        raise _BadLineError("`keys` is not a list of texts")
    if len(set(named)) < len(named) or (fields and set(named) != set(fields)):
        raise _BadLineError("`keys` are not those of the object `answer`")
    return tuple(named)


def _form(item: dict[str, Any], keys: Sequence[str]) -> str:
    form = item.get("form", "json" if keys else "answer")
    if form not in (("json",) if keys else ("answer", "text")):
        raise _BadLineError("`form` is neither `answer` nor `text`")
    return str(form)


def _golds(answer: object) -> list[str]:
    """Return the texts that are expected: all wordings, or the values of an object."""
    if isinstance(answer, dict):
        found = [str(one) for value in answer.values() for one in leaves(value)]
    else:
        # `_expected` has let nothing through but a text, a list of texts, an object and null
        found = [answer] if isinstance(answer, str) else list(answer or ())  # type: ignore[call-overload]
    return [one for one in dict.fromkeys(found) if one.strip()]


def leaves(value: object) -> Sequence[object]:
    """Return the values of a field: those of a list, none of null."""
    if isinstance(value, list):
        return value
    return () if value is None else (value,)


def _is_value(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str | int | float) for one in value)
    return value is None or isinstance(value, str | int | float)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
