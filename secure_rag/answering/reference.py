"""What a follow-up refers to: `and who signed it?` after `when does the lease end?`.

Rules, not a model: the same turns and the same question always give the same result, and what was
understood can be shown. Everything here is redacted text.

1. A question with a name, a number or enough words of its own, and no word that points back,
   stands alone.
2. `what about X?` asks the last question of X: a placeholder or name takes the place of the last
   question's one of the same kind.
3. A pronoun for a person becomes the one person that the last turn named; one for a thing becomes
   what the last question was about.
4. Where no word can be put in its place (`the second one`, `since when?`), the matter of the last
   question goes before: `About the lease of <PERSON_…>: since when?`
5. The search is also given the names and words of the last turns, newest first, as many as the
   budget allows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from secure_rag.answering.words import content_words

_MARK: Final = r"<[A-Z][A-Z_]*_[0-9A-Z]+>"
"""A placeholder, issued or numbered: the text is redacted, so that nothing else looks like one."""
_NAMED: Final = re.compile(_MARK)
_NAME: Final = re.compile(r"(?<=[^.?!:] )[A-Z][\w'’&-]+(?: (?:of |de |von )?[A-Z][\w'’&-]+)*")
"""A name that the policy keeps: capitals, not at the start of a sentence."""
_WORD: Final = rf"(?:{_MARK}|[^\W_][\w'’&./-]*)"
_PERSON: Final = re.compile(r"\b(?:he|him|she|(?P<poss>his|hers|her(?=\s+[a-z])))\b|\bher\b", re.I)
_THING: Final = re.compile(r"\b(?:it|they|them|(?P<poss>its|their))\b", re.I)
_POINTS: Final = re.compile(
    r"\b(?:this|these|those|former|latter|the same|the other|others)\b"
    r"|\b(?:about|of|for|to|in|on|with|by|is|was|does|did|after|before)\s+that\b|\bthat\s*[?.!]*$"
    r"|\b(?:first|second|third|fourth|last|other|next|previous|which)\s+ones?\b|\bones\b",
    re.I,
)
_EMPTY_IT: Final = re.compile(
    r"\bit\s+(?:take|takes|took|cost|costs|mean|means|possible|necessary|allowed|true|rain)\b"
    r"|\b(?:is|was)\s+it\s+(?:possible|necessary|allowed|true|permitted|required)\b", re.I
)  # fmt: skip
_AND: Final = re.compile(r"^\s*(?:and|but|or|so|also|then)\b[\s,]*", re.I)
_WHAT_ABOUT: Final = re.compile(
    r"^\s*(?:and\s+|but\s+)?(?:what|how)\s+about\s+(?P<what>.+?)\s*[?.!]*$"
    r"|^\s*and\s+(?:(?:for|in|at|of|with)\s+)?(?!(?:who|whom|whose|what|when|where|why|how|which|"
    r"is|are|was|were|do|does|did|has|have|can|may|must|will|should)\b)(?P<also>\S+(?:\s+\S+){0,4}?)"
    r"\s*[?.!]*$",
    re.I,
)  # fmt: skip
_ORDINALS: Final = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_ORDINAL: Final = re.compile(r"\b(first|second|third|fourth|last)\s+one\b", re.I)
_THE: Final = rf"(?:the|a|an|our|my|your|this|that|these|those|{_MARK}['’]s)"
_LINK: Final = r"(?:of|for|in|at|with|between|to|on)"
_MATTER: Final = re.compile(
    rf"\b{_THE}\s+(?P<noun>{_WORD}(?:\s+(?!{_LINK}\b){_WORD})*"
    rf"(?:\s+{_LINK}\s+(?:{_THE}\s+)?{_WORD}(?:\s+(?!{_LINK}\b){_WORD})*)*)", re.I
)  # fmt: skip
_BARE: Final = re.compile(
    rf"\b(?:is|are|was|were|do|does|did|has|have)\s+(?!(?:it|they|he|she|there|you|we|i)\b)"
    rf"(?P<noun>{_WORD}(?:\s+{_WORD}){{0,3}}?)\s+{_WORD}\s*[?.!]*$", re.I
)  # fmt: skip
"""`how long are support tickets kept`: the noun without an article, the verb last."""
_ASKS_DO: Final = re.compile(r"\b(?:do|does|did|will|can|may|must|should|would|could)\b", re.I)
_VERBISH: Final = re.compile(
    r"^(?:is|are|was|were|be|been|has|have|had|do|does|did|will|can|may|must|should|would|could|"
    r"and|or|but|that|which|who|when|where|if|as|by|from|before|after|under|over|not)$", re.I
)  # fmt: skip
_FEW: Final = 2
BUDGET: Final = 48
"""Tokens of earlier turns that a search is given."""
TURNS: Final = 8
"""Turns that are kept; a reference further back is not meant."""


@dataclass(frozen=True)
class Turn:
    """One question of a conversation, redacted, as it was understood."""

    question: str = field(repr=False)
    answer: str = field(default="", repr=False)
    """Empty if refused."""
    documents: tuple[str, ...] = ()
    """Documents cited, in the order of the markers."""


@dataclass(frozen=True)
class Reference:
    """What a question means in its conversation."""

    question: str = field(repr=False)
    """For the reader and the writer."""
    search: str = field(repr=False)
    """For the search: with words of earlier turns."""
    documents: tuple[str, ...] = ()
    """Documents whose passages come first."""

    @property
    def is_alone(self) -> bool:
        """Whether the question stands by itself."""
        return self.question == self.search and not self.documents


def refer(
    question: str,
    turns: Sequence[Turn],
    *,
    count_tokens: Callable[[str], int],
    budget: int = BUDGET,
) -> Reference:
    """Return what a redacted question means after earlier turns, oldest first."""
    if not turns or not points_back(question):
        return Reference(question, question)
    last = turns[-1]
    asked = _asked_of(question, last)
    if asked is not None:
        # of something else: what was named before would only lead back there
        return Reference(asked, asked)
    meant = _put_in(question, last) or _put_before(question, last)
    carried = _carried(meant, reversed(turns), count_tokens, budget)
    return Reference(
        question=meant,
        search=" ".join([meant, *carried]),
        documents=_documents(question, last),
    )


def points_back(question: str) -> bool:
    """Say whether a question needs what was said before."""
    words = content_words(question)
    if _WHAT_ABOUT.search(question) or _POINTS.search(question) or _PERSON.search(question):
        return True
    own = len(words) + sum(word.is_name or word.is_number for word in words)
    if _THING.search(question):
        return own <= _FEW or _EMPTY_IT.search(question) is None
    if _AND.match(question):
        return own <= _FEW or not any(word.is_name or word.is_number for word in words)
    return own < _FEW


def matter(question: str) -> str | None:
    """Return what a question is about: its first noun with what hangs on it, in its words."""
    found = _MATTER.search(question)
    if found is None:
        named = set(_names(question)) or set(_NAME.findall(question))
        bare = _BARE.search(question)
        if len(named) != 1 and bare is not None:
            return bare.group("noun")
        return named.pop() if len(named) == 1 else None
    kept = found.group("noun").split()
    for number, word in enumerate(kept):
        if number and _VERBISH.match(word.strip("?,.")):
            kept = kept[:number]
            break
    else:
        at_end = question[found.end() :].strip(" ?.!") == ""
        plain = not _NAMED.search(kept[-1])
        if at_end and plain and len(kept) > 1 and _ASKS_DO.search(question[: found.start()]):
            kept = kept[:-1]  # `when does the lease end`: the verb comes last
    phrase = " ".join(kept).strip(" ?.,!")
    return f"the {phrase}" if phrase else None


def _asked_of(question: str, last: Turn) -> str | None:
    """`what about X?`: the last question, asked of X."""
    found = _WHAT_ABOUT.search(question)
    if found is None:
        return None
    what = (found.group("what") or found.group("also")).rstrip(" ?.!")
    if _POINTS.search(what) or _THING.fullmatch(what) or _PERSON.fullmatch(what):
        return None
    new = _NAMED.fullmatch(what.removesuffix("'s"))
    if new:
        old = [one for one in _names(last.question) if _kind(one) == _kind(what)]
        if len(old) == 1:
            return last.question.replace(old[0], new.group())
    kept_name = _NAME.findall(last.question)
    if not new and what[:1].isupper() and len(set(kept_name)) == 1:
        return last.question.replace(kept_name[0], what)
    about = matter(last.question)
    plain = re.sub(rf"^{_THE}\s+", "", what, flags=re.I)
    if about is not None and about.removeprefix("the ") in last.question and not new:
        return last.question.replace(about.removeprefix("the "), plain)
    return f"{last.question.rstrip(' ?.!')}: {what}?"


def _put_in(question: str, last: Turn) -> str | None:
    """Put a person or a matter in the place of the pronouns; None if nothing could be put."""
    text = _AND.sub("", question)
    person, thing = _one_person(last), matter(last.question)
    done = text
    if person is not None:
        done = _PERSON.sub(lambda m: f"{person}'s" if m.group("poss") else person, done)
    if thing is not None:
        done = _THING.sub(lambda m: f"{thing}'s" if m.group("poss") else thing, done)
        if not _ORDINAL.search(done):
            done = re.sub(r"\b(of|for|about|in|to|with|on)\s+(?:that|this)(?=\s*[?.!]*$)",
                          lambda m: f"{m.group(1)} {thing}", done, flags=re.I)  # fmt: skip
    if done == text or _PERSON.search(done):
        return None
    return done[:1].upper() + done[1:]


def _put_before(question: str, last: Turn) -> str:
    """Name the matter of the last question before this one, but for one of several people."""
    if _PERSON.search(question) and len(_people(last)) > 1:
        return _AND.sub("", question)
    about = matter(last.question) or ", ".join(_names(last.question))
    text = _AND.sub("", question)
    return f"About {about}: {text}" if about else text


def _one_person(last: Turn) -> str | None:
    """Return the person that the last turn named, if it is one."""
    people = _people(last)
    if not people:  # somebody that redaction did not find, or a thing with a capital
        people = next(filter(None, map(_capitals, (last.question, last.answer))), [])
    return people[0] if len(people) == 1 else None


def _people(last: Turn) -> list[str]:
    named = [*_names(last.question), *_names(last.answer)]
    return [one for one in dict.fromkeys(named) if _kind(one) == "<PERSON"]


def _capitals(text: str) -> list[str]:
    return list(dict.fromkeys(_NAME.findall(text)))


def _kind(placeholder: str) -> str:
    return placeholder.rpartition("_")[0]


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(one.group() for one in _NAMED.finditer(text)))


def _carried(
    meant: str, turns: Iterable[Turn], count_tokens: Callable[[str], int], budget: int
) -> list[str]:
    """Return names, then words of earlier turns, newest first, within the budget."""
    known = {word.stem for word in content_words(meant)}
    carried: list[str] = []
    room = budget
    for turn in islice(turns, TURNS):
        words = [*_names(turn.question), *_names(turn.answer)]
        words += re.findall(_WORD, _NAMED.sub(" ", turn.question))
        for word in words:
            stems = {one.stem for one in content_words(word)}
            if not stems or stems <= known:
                continue
            room -= count_tokens(word)
            if room < 0:
                return carried
            known |= stems
            carried.append(word)
    return carried


def _documents(question: str, last: Turn) -> tuple[str, ...]:
    """Return the documents cited last; for `the second one` the second."""
    found = _ORDINAL.search(question)
    each = tuple(dict.fromkeys(last.documents))
    if found is not None and each:
        number = _ORDINALS[found.group(1).lower()]
        return (each[number],) if number < len(each) else each
    return each
