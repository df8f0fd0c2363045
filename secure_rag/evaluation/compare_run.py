"""Ask the cases of a comparison of one arm, and score each answer.

Every arm gets the same cases in the same order, under the same policy. What answers is
`secure_rag.pipeline`; beside it everything is redacted once more (`answers_shown`), before the
clock starts, so that no arm pays for detectors whose findings another one only remembers: the times
are those of searching, reading and writing, and of redaction without its detectors.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from secure_rag import squad
from secure_rag.answering.plain import found_object
from secure_rag.evaluation import answers_scores as scores
from secure_rag.evaluation.answers_shown import Beside, Leaks, Shown
from secure_rag.evaluation.compare_cases import CompareCase, leaves
from secure_rag.evaluation.compare_scores import is_valid, right_fields, says_nothing
from secure_rag.values import Answer


@dataclass(frozen=True)
class Written:
    """What a writer's last text cost."""

    tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Said:
    """What an arm answered."""

    answer: Answer
    sources: tuple[str, ...] | None = field(default=None, repr=False)
    """Redacted texts it was answered from; None where the case's own passages tell."""
    written: Written = field(default_factory=Written)


class Arm(Protocol):
    """One way to answer."""

    @property
    def name(self) -> str: ...

    def ask(self, case: CompareCase, on_text: Callable[[str], None]) -> Said:
        """Answer one case; `on_text` is called when the first words are there."""
        ...


@dataclass(frozen=True)
class Score:
    """What an answer is worth."""

    value: float
    """Of 1: the share of right fields, F1, or whether it was refused where no answer is."""
    exact: float
    right: int = 0
    """Right fields."""
    is_valid: bool = False
    """The format is as wanted."""


@dataclass(frozen=True)
class CompareOutcome:
    """One case, answered by one arm and scored."""

    case: CompareCase
    refused: bool
    score: Score
    words: int = 0
    grounded: int = 0
    leaks: Leaks = field(default_factory=Leaks)
    first_s: float | None = None
    total_s: float = 0.0
    written: Written = field(default_factory=Written)


def ask(arm: Arm, case: CompareCase, beside: Beside) -> CompareOutcome:
    """Ask one case and score what comes."""
    shown = beside.shown(case.case, each=case.form == "json")
    first: list[float] = []
    clock = time.perf_counter()

    def note(piece: str) -> None:
        if piece and not first:
            first.append(time.perf_counter() - clock)

    said = arm.ask(case, note)
    total_s = time.perf_counter() - clock
    answer = said.answer
    refused = answer.refused or (case.form == "json" and says_nothing(answer.text))
    text = "" if answer.refused else answer.text
    sources = said.sources if shown.passages is None else shown.passages
    grounded, words = (
        scores.grounded(_stated(case, text), sources or ()) if sources is not None else (0, 0)
    )
    return CompareOutcome(
        case=case,
        refused=refused,
        score=_scored(case, text, shown) if case.is_answerable else _refusal(refused=refused),
        words=words,
        grounded=grounded,
        leaks=beside.leaks(answer, shown),
        first_s=first[0] if first else None,
        total_s=total_s,
        written=said.written,
    )


def _scored(case: CompareCase, text: str, shown: Shown) -> Score:
    """Return the score of what was said; the empty text is a refusal."""
    if case.form == "json":
        right = right_fields(text, case.fields, shown.forms)
        share = right / len(case.fields)
        return Score(share, float(share == 1), right, is_valid(text, case.fields))
    said = scores.said(text) if case.form == "answer" else text
    return Score(squad.f1(said, shown.golds), squad.exact(said, shown.golds))


def _refusal(*, refused: bool) -> Score:
    """Return the score where there is no answer."""
    return Score(float(refused), float(refused))


def _stated(case: CompareCase, text: str) -> str:
    """Return what an answer states: of an object its values, without the keys."""
    found = found_object(text) if case.form == "json" else None
    if found is None:
        return text
    return "\n".join(str(one) for value in found.values() for one in leaves(value))
