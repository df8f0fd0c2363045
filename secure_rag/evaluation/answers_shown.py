"""What an answer is compared with: question, passages and expected answers after redaction.

They are redacted once more, beside what answers, with the same numbering, so that quotes can be
checked against the text that they must stand in, expected answers are compared as the policy leaves
them, and a value that was redacted can be looked for in what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from secure_rag.evaluation.answers_cases import Case
from secure_rag.evaluation.answers_set import Gold
from secure_rag.pipeline.session import Session
from secure_rag.policy.model import Policy
from secure_rag.redaction.engine import RedactedText
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.values import Answer
from secure_rag.vault.placeholders import PLACEHOLDER

_SHORT_VALUE = 4
"""Values of fewer characters stand in other words by chance."""


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
class Shown:
    """Question, passages and expected answers after redaction."""

    passages: tuple[str, ...] | None = field(repr=False)
    forms: Mapping[str, tuple[str, ...]] = field(repr=False)
    """What became of each expected answer, by its text; none where there is no answer."""
    values: frozenset[str] = field(repr=False)
    """What was redacted, in clear: looked for in answers, then forgotten."""

    @property
    def golds(self) -> tuple[str, ...]:
        """Return all that counts as right."""
        return tuple(dict.fromkeys(form for forms in self.forms.values() for form in forms))


class Beside:
    """Redacts and looks at answers beside what answers."""

    def __init__(self, session: Session, policy: Policy) -> None:
        self._domain = session.seen_domain
        self._redactor = session.redactor(policy)

    def shown(self, case: Case, *, each: bool = False) -> Shown:
        """Redact as the asker does: the question first, then the passages, one numbering.

        Args:
            each: every expected answer is one of several values, not another wording of one: those
                that stand in no passage are redacted by themselves.
        """
        pseudonyms = LookupPseudonyms(self._domain)
        redact = self._redactor.redact_text
        asked = redact(
            case.question.text, pseudonyms=pseudonyms, is_issued=self._domain.is_issued
        ).text
        passages: list[str] = []
        hidden: list[_Hidden] = []
        forms: dict[str, dict[str, None]] = {}
        for number, text in enumerate(case.passages or ()):
            done = redact(text, pseudonyms=pseudonyms)
            passages.append(done.text)
            hidden += _hidden(done, text)
            if number in case.own:
                for gold, start, end in _places(case.question.golds, text):
                    first, last = done.moved.span(start, end)
                    forms.setdefault(gold, {})[done.text[first:last]] = None
        missing = [gold.text for gold in case.question.golds if each or not forms]
        for text in missing:
            if text not in forms:
                forms[text] = {redact(text, pseudonyms=pseudonyms).text: None}
        return Shown(
            tuple(passages) if case.passages is not None else None,
            {gold: tuple(found) for gold, found in forms.items()} if case.is_answerable else {},
            _values(hidden, asked),
        )

    def leaks(self, answer: Answer, shown: Shown) -> Leaks:
        """Look at all that is shown of an answer, as the output gate looks at it, and by value."""
        if answer.refused:
            return Leaks()
        parts = [answer.text, *(one.quote for one in answer.citations)]
        texts = "\n\n".join(dict.fromkeys(parts))
        issued = [match.group() for match in PLACEHOLDER.finditer(texts)]
        return Leaks(
            findings=len(self._redactor.residual(texts)),
            values=sum(_stands_in(value, texts) for value in shown.values),
            not_issued=sum(not self._domain.is_issued(one) for one in issued),
        )


_Hidden = tuple[str, str]
"""What a passage says, and what redaction left of it."""


def _hidden(done: RedactedText, text: str) -> list[_Hidden]:
    return [
        (text[one.start : one.end], done.text[slice(*done.moved.span(one.start, one.end))])
        for one in done.findings
        if one.action != "keep"
    ]


def _values(hidden: Sequence[_Hidden], asked: str) -> frozenset[str]:
    """Return what must not be shown.

    What was left on purpose (the year of a date), or stands in the redacted question, is no leak.
    """
    return frozenset(
        value
        for value, _ in hidden
        if len(value) >= _SHORT_VALUE
        and not any(value in left for _, left in hidden)
        and not _stands_in(value, asked)
    )


def _stands_in(value: str, texts: str) -> bool:
    """Say whether a value stands in a text as whole words."""
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", texts) is not None


def _places(golds: Sequence[Gold], passage: str) -> Iterator[tuple[str, int, int]]:
    """Yield where the expected answers stand in one of the question's own passages."""
    for gold in golds:
        start = gold.start
        if start is None or passage[start : start + len(gold.text)] != gold.text:
            start = passage.find(gold.text)
        if start >= 0:
            yield gold.text, start, start + len(gold.text)
