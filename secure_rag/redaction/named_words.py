"""From single words that the names model marked to whole names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from secure_rag.redaction.names import TITLES, fold
from secure_rag.redaction.spans import Span

_FULL_LINE: Final = 50
"""A line at least as long was broken because it was full."""
_JOINING: Final = re.compile(r"['’-]|\.?-")
_SPACE: Final = re.compile(r"[ \u00a0_]{1,3}")
_AND: Final = re.compile(r" ?[&/] ?|, ")
_NEXT_PART: Final = re.compile(r"['’-]([^\W\d_]+)")
_LAST_PART: Final = re.compile(r"([^\W\d_]+)['’-]$")
_LABEL_WORDS: Final = frozenset(
    "account address agent api apr attn aug authorization aws basic bcc bearer bic box caller "
    "card cc claimant client csv customer cvc cvv date dear dec dob docx ein email eml employee "
    "fax feb fri from fwd guid html http https iban id ids invoice ip itin jan json jsonl jul "
    "jun key landlord login mac mail mar mbox md mobile mon mrn na name nhs nino nov oct odt "
    "order passwd password patient pdf phone pin po postcode pptx re ref refs rtf sat secret "
    "sep sept signed ssn subject sun surname swift tel tenant thu to token toml tue txt url "
    "user username uuid vat visitor wed xlsx yaml zip".split()
)
"""Words beside values in forms; alone they name nobody, whatever the model says."""


class NamedWord(NamedTuple):
    """A word with the entity that the model sees in it."""

    start: int
    end: int
    entity: str
    score: float
    begins: bool
    """The model says that a new name begins here."""


def spans_of(text: str, words: Iterable[NamedWord]) -> Iterator[Span]:
    """Join words of one name, whole words only; the score is the mean of theirs."""
    run: list[NamedWord] = []
    for word in words:
        if run and not (run[-1].entity == word.entity and _belongs(text, run, word)):
            yield from _span(text, run)
            run = []
        run.append(word)
    if run:
        yield from _span(text, run)


def _belongs(text: str, run: Sequence[NamedWord], word: NamedWord) -> bool:
    """Say whether a word goes on with the name before it."""
    last = run[-1]
    gap = text[last.end : word.start]
    if _JOINING.fullmatch(gap):
        return True
    is_initial = last.end - last.start <= 2
    if is_initial and gap in (".", ". "):
        return True
    if word.begins:
        return False
    if _SPACE.fullmatch(gap):
        return True
    if gap == "\n":
        return last.end - text.rfind("\n", 0, last.end) > _FULL_LINE
    if word.entity == "PERSON":
        # `Surname, Given`, but not `Given Surname, next`
        return gap == ", " and len(run) == 1 and text[word.start].isupper()
    return _AND.fullmatch(gap) is not None


def _span(text: str, run: list[NamedWord]) -> Iterator[Span]:
    entity = run[0].entity
    if entity == "PERSON":
        while len(run) > 1 and fold(text[run[0].start : run[0].end]) in TITLES:
            run = run[1:]
    if (
        len(run) > 1
        and text[run[-1].start - 1] in "'’"
        and text[run[-1].start : run[-1].end] in "sS"
    ):
        run = run[:-1]
    start, end = _widen(text, run[0].start, run[-1].end)
    core = fold(text[start:end])
    if core in _LABEL_WORDS or (entity == "PERSON" and core in TITLES):
        return
    score = sum(word.score for word in run) / len(run)
    yield Span(start, end, entity, round(score, 4), "ner")


def _widen(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in the other half of `Smith-Jones` or `O'Brien`, if it is capitalised too."""
    after = _NEXT_PART.match(text, end)
    if after and after.group(1)[0].isupper() and text[start].isupper():
        end = after.end()
    before = _LAST_PART.search(text, max(0, start - 40), start)
    if before and before.group(1)[0].isupper() and text[start].isupper():
        start = before.start()
    return start, end
