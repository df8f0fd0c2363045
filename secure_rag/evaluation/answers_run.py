"""Ask the questions of a measurement, one after the other, and score each answer.

What answers is `secure_rag.pipeline.ask.Asker`, the same as for `ask --batch`. Beside it the
question and the passages are redacted once more, with the same numbering, so that quotes can be
checked against the text that they must stand in, without trusting the flag of the citation, and so
that expected answers are compared as the policy leaves them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from secure_rag.evaluation import answers_scores as scores
from secure_rag.evaluation.answers_cases import Case
from secure_rag.pipeline.ask import Answered, Asker
from secure_rag.pipeline.session import Session
from secure_rag.policy.model import Policy
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.values import Answer, Citation
from secure_rag.vault.placeholders import PLACEHOLDER

_SHORT_VALUE = 4
"""Values of fewer characters stand in other words by chance."""


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
class Leaks:
    """What an answer shows that the policy would have redacted."""

    findings: int = 0
    """What the gate's detectors see in it."""
    values: int = 0
    """Values that were redacted from the passages and stand in it all the same."""
    not_issued: int = 0
    """Placeholders that the vault did not issue."""

    @property
    def any(self) -> bool:
        return bool(self.findings or self.values or self.not_issued)


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
    leaks: Leaks = Leaks()
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


@dataclass(frozen=True)
class _Shown:
    """Question, passages and expected answers after redaction."""

    passages: tuple[str, ...] | None = field(repr=False)
    golds: tuple[str, ...] = field(repr=False)
    values: frozenset[str] = field(repr=False)
    """What was redacted, in clear: looked for in answers, then forgotten."""


class Measurement:
    """Asks cases in one session."""

    def __init__(self, session: Session, policy: Policy) -> None:
        """Open what every question needs; models load with the first one."""
        self._session = session
        self._asker = Asker(session, policy=policy)
        self._redactor = session.redactor(policy)

    def run(
        self, cases: Sequence[Case], *, progress: Callable[[int], None] = lambda done: None
    ) -> Iterator[Outcome]:
        """Yield an outcome for each case, in order."""
        for number, case in enumerate(cases, start=1):
            yield self.ask(case)
            progress(number)

    def ask(self, case: Case) -> Outcome:
        """Ask one question and score what comes."""
        shown = self._shown(case)
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

    def _shown(self, case: Case) -> _Shown:
        """Redact as the asker does: the question first, then the passages, one numbering."""
        pseudonyms = LookupPseudonyms(self._session.seen_domain)
        is_issued = self._session.seen_domain.is_issued
        redact = self._redactor.redact_text
        values: set[str] = set()
        coarse: list[str] = []
        redact(case.question.text, pseudonyms=pseudonyms, is_issued=is_issued)
        passages: list[str] = []
        golds: dict[str, None] = {}
        for number, text in enumerate(case.passages or ()):
            done = redact(text, pseudonyms=pseudonyms)
            passages.append(done.text)
            hidden = [one for one in done.findings if one.action != "keep"]
            values |= {text[one.start : one.end] for one in hidden}
            coarse += [done.text[slice(*done.moved.span(o.start, o.end))] for o in hidden]
            if number in case.own:
                for start, end in _places(case, text):
                    first, last = done.moved.span(start, end)
                    golds[done.text[first:last]] = None
        if not golds:
            for gold in case.question.golds:
                golds[redact(gold.text, pseudonyms=pseudonyms).text] = None
        kept = tuple(golds) if case.is_answerable else ()
        return _Shown(
            tuple(passages) if case.passages is not None else None,
            kept,
            # what was left on purpose (the year of a date) is no leak
            frozenset(
                value
                for value in values
                if len(value) >= _SHORT_VALUE and not any(value in one for one in coarse)
            ),
        )

    def _scored(
        self,
        case: Case,
        answered: Answered,
        shown: _Shown,
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
            exact=scores.exact(said, shown.golds),
            f1=scores.f1(said, shown.golds),
            citations=_cited(answer, case, shown),
            words=words,
            grounded=inside,
            leaks=self._leaks(answer, shown),
            has_sentence="\n\n" in text,
            first_s=first_s,
            total_s=total_s,
            written_tokens=getattr(stats, "generated_tokens", 0),
            write_s=getattr(stats, "writing_s", 0.0) or answer.timings.get("write_s", 0.0),
            text=text,
            golds=shown.golds,
        )

    def _leaks(self, answer: Answer, shown: _Shown) -> Leaks:
        """Look at all that is shown of an answer, as the output gate looks at it, and by value."""
        if answer.refused:
            return Leaks()
        parts = [answer.text, *(one.quote for one in answer.citations)]
        texts = "\n\n".join(dict.fromkeys(parts))
        issued = [match.group() for match in PLACEHOLDER.finditer(texts)]
        return Leaks(
            findings=len(self._redactor.residual(texts)),
            values=sum(_stands_in(value, texts) for value in shown.values),
            not_issued=sum(not self._session.seen_domain.is_issued(one) for one in issued),
        )


def _stands_in(value: str, texts: str) -> bool:
    """Say whether a value stands in a text as whole words."""
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", texts) is not None


def _places(case: Case, passage: str) -> Iterator[tuple[int, int]]:
    """Yield where the expected answers stand in one of the question's own passages."""
    for gold in case.question.golds:
        start = gold.start
        if start is None or passage[start : start + len(gold.text)] != gold.text:
            start = passage.find(gold.text)
        if start >= 0:
            yield start, start + len(gold.text)


def _cited(answer: Answer, case: Case, shown: _Shown) -> CitationScore:
    citations = answer.citations
    return CitationScore(
        shown=len(citations),
        right=sum(scores.quote_holds(one.quote, shown.golds) for one in citations),
        from_own=sum(one.document is None and _number(one) in case.own for one in citations),
        unverified=sum(not _stands(one, shown) for one in citations),
        dropped=answer.dropped_citations,
    )


def _stands(citation: Citation, shown: _Shown) -> bool:
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
