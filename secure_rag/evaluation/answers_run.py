"""Ask the questions of a measurement, one after the other, and score each answer.

What answers is `secure_rag.pipeline.ask.Asker`, the same as for `ask --batch`. Beside it the
question and the passages are redacted once more, with the same numbering, so that quotes can be
checked against the text that they must stand in, without trusting the flag of the citation, and so
that expected answers are compared as the policy leaves them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from secure_rag import squad
from secure_rag.evaluation import answers_scores as scores
from secure_rag.evaluation.answers_cases import Case
from secure_rag.evaluation.answers_shown import Beside, Leaks, Shown
from secure_rag.pipeline.ask import Answered, Asker
from secure_rag.pipeline.session import Session
from secure_rag.policy.model import Policy
from secure_rag.values import Answer, Citation


@dataclass(frozen=True)
class CitationScore:
    """The citations of one answer, counted."""

    shown: int = 0
    right: int = 0
    """The quote holds an expected answer."""
    from_own: int = 0
    """It comes from one of the question's own passages."""
    unverified: int = 0
    """The quote does not stand where it says, or nobody checked it: there must be none."""
    dropped: int = 0


@dataclass(frozen=True)
class Outcome:
    """One question under one condition, answered and scored."""

    case: Case
    refused: bool
    reason: str | None
    evidence: float | None
    exact: float
    """Of what was said; the empty answer if refused."""
    f1: float
    citations: CitationScore = CitationScore()
    words: int = 0
    grounded: int = 0
    leaks: Leaks = field(default_factory=Leaks)
    has_sentence: bool = False
    """The writer's sentence was shown."""
    first_s: float | None = None
    """To the first shown character."""
    total_s: float = 0.0
    written_tokens: int = 0
    write_s: float = 0.0
    text: str = field(default="", repr=False)
    golds: tuple[str, ...] = field(default=(), repr=False)
    """The expected answers as the policy leaves them."""


class Measurement:
    """Asks cases in one session."""

    def __init__(self, session: Session, policy: Policy) -> None:
        """Open what every question needs; models load with the first one."""
        self._session = session
        self._asker = Asker(session, policy=policy)
        self._beside = Beside(session, policy)

    def run(
        self, cases: Sequence[Case], *, progress: Callable[[int], None] = lambda done: None
    ) -> Iterator[Outcome]:
        """Yield an outcome for each case, in order."""
        for number, case in enumerate(cases, start=1):
            yield self.ask(case)
            progress(number)

    def ask(self, case: Case) -> Outcome:
        """Ask one question and score what comes."""
        shown = self._beside.shown(case)
        first: list[float] = []
        before = self._stats()
        clock = time.perf_counter()

        def note(piece: str) -> None:
            if piece and not first:
                first.append(time.perf_counter() - clock)

        answered = self._asker.ask(case.question.text, passages=case.passages, on_text=note)
        total_s = time.perf_counter() - clock
        return self._scored(
            case,
            answered,
            shown,
            first_s=first[0] if first else None,
            total_s=total_s,
            stats=_new(before, self._stats()),
        )

    def _stats(self) -> Any:
        loaded = vars(self._session).get("loaded_generator")
        return getattr(loaded, "stats", None)

    def _scored(
        self,
        case: Case,
        answered: Answered,
        shown: Shown,
        *,
        first_s: float | None,
        total_s: float,
        stats: Any,
    ) -> Outcome:
        answer = answered.answer
        text = "" if answer.refused else answer.text
        quotes = [one.quote for one in answer.citations if one.verified]
        inside, words = scores.grounded(text, quotes)
        said = scores.said(text)
        return Outcome(
            case=case,
            refused=answer.refused,
            reason=answer.reason,
            evidence=answer.evidence,
            exact=squad.exact(said, shown.golds),
            f1=squad.f1(said, shown.golds),
            citations=_cited(answer, case, shown),
            words=words,
            grounded=inside,
            leaks=self._beside.leaks(answer, shown),
            has_sentence="\n\n" in text,
            first_s=first_s,
            total_s=total_s,
            written_tokens=getattr(stats, "generated_tokens", 0),
            write_s=getattr(stats, "writing_s", 0.0) or answer.timings.get("write_s", 0.0),
            text=text,
            golds=shown.golds,
        )


def _cited(answer: Answer, case: Case, shown: Shown) -> CitationScore:
    citations = answer.citations
    return CitationScore(
        shown=len(citations),
        right=sum(scores.quote_holds(one.quote, shown.golds) for one in citations),
        from_own=sum(one.document is None and _number(one) in case.own for one in citations),
        unverified=sum(not _stands(one, shown) for one in citations),
        dropped=answer.dropped_citations,
    )


def _stands(citation: Citation, shown: Shown) -> bool:
    """Check a citation again; of an indexed document only the asker can read the text."""
    if not citation.verified or shown.passages is None:
        return citation.verified
    number = _number(citation)
    if not 0 <= number < len(shown.passages):
        return False
    return shown.passages[number][citation.start : citation.end] == citation.quote


def _number(citation: Citation) -> int:
    return int(citation.chunk) if citation.chunk.isdecimal() else -1


def _new(before: Any, after: Any) -> Any:
    """Return what the writer counted for this question; None if it wrote nothing."""
    return None if after is before else after
