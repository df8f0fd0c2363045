"""The writer: a language model that phrases an answer around verified quotes.

It may quote only what the evidence says, and each of its sentences is shown only if the
evidence bears it out; what fails is dropped and counted. Writing stops as soon as a
sentence is complete that is the only one wanted, or can no longer be borne out.
"""

from __future__ import annotations

import re
from collections import abc
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from secure_rag.answering.grounding import KnownWords, is_supported
from secure_rag.answering.plainness import is_plain
from secure_rag.answering.prompt import FREE_RULES, RULES, Prompt, PromptMemory, build_prompt
from secure_rag.answering.quotes import Quote, find_quotes, outside_quotes
from secure_rag.answering.view import Names
from secure_rag.answering.words import content_words
from secure_rag.index.sentences import sentence_spans

EVIDENCE_TOKENS = 400
"""Least tokens of evidence in the prompt; reading them is most of the cost of an answer."""

_EVIDENCE_SHARE = 5
"""With a larger context, one part in so many of it is evidence."""

_OVERHEAD_TOKENS = 160
"""Rules, question and chat template."""

_HELD_BACK = 4
"""Words at the end of an unfinished text that may not be whole yet, local names included."""

_PREAMBLE = re.compile(
    r"^(?:[-*•] *)?(?:(?:the )?answer(?: to (?:the|this|your) question)? is:? *)?", re.IGNORECASE
)
_REPORTS = re.compile(
    r"\b(?:according to|as stated in|(?:it|which|that) (?:says?|states?|reads?)"
    r"|(?:says?|said|states?|stated|reads?|writes?|written|provides?|evidence|document|text))\b",
    re.IGNORECASE,
)
"""Words that only introduce a quote."""

_OWN_MARKER = re.compile(r"\s*\[\d+(?:, ?\d+)*\]")
_MARKUP = re.compile(
    r"\]\s*\(|!\[|</?[a-z!][^>]*>|\b[a-z][a-z+.-]*://|\bwww\.|\bmailto:|`{3}", re.IGNORECASE
)
"""Links, pictures and markup: never passed on."""


class Generator(Protocol):
    """A language model that continues a conversation."""

    def generate(
        self, messages: Sequence[dict[str, str]], *, max_tokens: int, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """Yield the answer in pieces."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text."""
        ...


@runtime_checkable
class QuotingGenerator(Protocol):
    """A language model that can be held to given texts inside quotation marks."""

    def generate_quoting(
        self,
        messages: Sequence[dict[str, str]],
        *,
        max_tokens: int,
        quotable: Sequence[str],
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the answer in pieces; quotes are from `quotable`."""
        ...


class LazyGenerator:
    """Loads a generator when it is first asked for a word: refusals need none."""

    def __init__(self, load: Callable[[], Generator]) -> None:
        self._load = load
        self._loaded: Generator | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether the model has been used."""
        return self._loaded is not None

    def generate(
        self, messages: Sequence[dict[str, str]], *, max_tokens: int, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """Yield the answer in pieces."""
        return self.loaded().generate(messages, max_tokens=max_tokens, stop=stop)

    def generate_quoting(
        self,
        messages: Sequence[dict[str, str]],
        *,
        max_tokens: int,
        quotable: Sequence[str],
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the answer in pieces; quotes are from `quotable` if the model can be held."""
        return _generate(self.loaded(), messages, max_tokens, quotable, stop)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text."""
        return self.loaded().count_tokens(text)

    def loaded(self) -> Generator:
        """Return the generator behind, loaded now if it was not."""
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded


@dataclass(frozen=True)
class Sentence:
    """A written sentence that the evidence bears out, in terms of stored placeholders."""

    text: str = field(repr=False)
    evidence: tuple[int, ...]
    """Numbers of the quotes that bear it out."""


@dataclass(frozen=True)
class Written:
    """What a model wrote, as far as it may be shown."""

    sentences: tuple[Sentence, ...] = ()
    dropped: int = 0
    """Sentences that the evidence does not bear out."""

    @property
    def text(self) -> str:
        """Return the sentences as one text."""
        return " ".join(sentence.text for sentence in self.sentences)


def phrase(
    question: str,
    quotes: Sequence[str],
    generator: Generator,
    *,
    max_tokens: int,
    context_tokens: int,
    context: Sequence[str] = (),
    memory: PromptMemory | None = None,
) -> str | None:
    """Let the model say the answer in one sentence; None if the quotes do not bear it out.

    The arguments are those of `write`.
    """
    written = write(
        question,
        quotes,
        generator,
        max_tokens=max_tokens,
        context_tokens=context_tokens,
        context=context,
        memory=memory,
    )
    return written.text or None


def write(
    question: str,
    quotes: Sequence[str],
    generator: Generator,
    *,
    max_tokens: int,
    context_tokens: int,
    context: Sequence[str] = (),
    more: Sequence[str] = (),
    is_free: bool = False,
    memory: PromptMemory | None = None,
) -> Written:
    """Let the model answer; keep the sentences that the quotes bear out.

    The sentences come back in terms of the placeholders of the stored text.

    Args:
        quotes: stored text that is cited; what a sentence says must stand there.
        context: headings and file names that the quotes stand under.
        more: further sentences of the passages that help to understand, as far as they fit.
        is_free: several sentences instead of one.
        memory: of the conversation, so that a follow-up reuses what was computed.
    """
    prompt = build_prompt(
        question,
        quotes,
        count_tokens=generator.count_tokens,
        budget=_budget(context_tokens, max_tokens),
        rules=FREE_RULES if is_free else RULES,
        more=more,
        beside=context,
        memory=memory,
    )
    check = _Check(question, quotes, context, prompt.names)
    pieces = _generate(
        generator, prompt.messages, max_tokens, prompt.lines, () if is_free else ("\n",)
    )
    return check.sentences(_until_done(pieces, check, is_free=is_free), is_free=is_free)


def _budget(context_tokens: int, max_tokens: int) -> int:
    """Return how many tokens of evidence go into a prompt."""
    wanted = max(EVIDENCE_TOKENS, context_tokens // _EVIDENCE_SHARE)
    return max(64, min(wanted, context_tokens - max_tokens - _OVERHEAD_TOKENS))


def _generate(
    generator: Generator,
    messages: Sequence[dict[str, str]],
    max_tokens: int,
    quotable: Sequence[str],
    stop: Sequence[str],
) -> Iterator[str]:
    if isinstance(generator, QuotingGenerator):
        return generator.generate_quoting(
            messages, max_tokens=max_tokens, quotable=quotable, stop=stop
        )
    return generator.generate(messages, max_tokens=max_tokens, stop=stop)


def _until_done(pieces: Iterator[str], check: _Check, *, is_free: bool) -> str:
    """Read until enough is written; the rest is never computed."""
    text = ""
    with closing(_closable(pieces)) as running:
        for piece in running:
            text += piece
            if not is_free and (len(sentence_spans(text)) > 1 or check.is_lost(text)):
                break
    return text


def _closable(pieces: Iterator[str]) -> abc.Generator[str, None, None]:
    yield from pieces


class _Check:
    """Decides about sentences of one answer."""

    def __init__(
        self, question: str, quotes: Sequence[str], context: Sequence[str], names: Names
    ) -> None:
        self._question = question
        self._quotes = quotes
        self._context = context
        self._names = names
        self._known = KnownWords(quotes, context)
        self._views = [names.view(quote).one_line() for quote in quotes]
        self._shown = [
            *(view.text for view in self._views),
            *(names.view(text).one_line().text for text in context),
        ]

    def is_lost(self, text: str) -> bool:
        """Say whether the unfinished text already holds a word that no quote has."""
        begun = self._names.restore(_PREAMBLE.sub("", " ".join(text.split())))
        said = _REPORTS.sub(" ", " ".join(begun.split(" ")[:-_HELD_BACK]))
        return not self._known.hold(said)

    def sentences(self, written: str, *, is_free: bool) -> Written:
        """Return what may be shown of a finished text, and count what may not."""
        kept: list[Sentence] = []
        dropped = 0
        for sentence in _sentences(written, is_free=is_free):
            found = self._sentence(sentence)
            if found is None:
                dropped += 1
            elif not self._repeats(found, kept):
                kept.append(found)
        return Written(tuple(kept), dropped)

    def _sentence(self, sentence: str) -> Sentence | None:
        """Return the sentence with what bears it out, or None."""
        if sentence[-1] not in '.!?"”»' or _MARKUP.search(sentence):
            return None
        quoted = find_quotes(sentence, self._views)
        if quoted is None or not is_plain(sentence, self._shown):
            return None
        text = self._names.restore(sentence)
        said = self._without_reports(sentence, quoted)
        for number, quote in enumerate(self._quotes):
            if is_supported(said, [quote], self._question, self._context):
                return Sentence(_begun(text), (number,))
        if is_supported(said, self._quotes, self._question, self._context):
            return Sentence(_begun(text), tuple(range(len(self._quotes))))
        return None

    def _without_reports(self, sentence: str, quoted: Sequence[Quote]) -> str:
        """Return the sentence without the words that only introduce its quotes."""
        if not quoted:
            return self._names.restore(sentence)
        pieces, last = [], 0
        for quote in quoted:
            pieces.append(_REPORTS.sub(" ", sentence[last : quote.start]))
            pieces.append(sentence[quote.start : quote.end])
            last = quote.end
        pieces.append(_REPORTS.sub(" ", sentence[last:]))
        return self._names.restore("".join(pieces))

    def _repeats(self, sentence: Sentence, kept: Sequence[Sentence]) -> bool:
        """Say whether the sentence is a quote or another one over again."""
        said = [word.stem for word in content_words(sentence.text)]
        others = [*self._quotes, *(one.text for one in kept)]
        return any(said == [word.stem for word in content_words(other)] for other in others)


def _sentences(written: str, *, is_free: bool) -> list[str]:
    """Return the first sentence, or all; a cut one may say something else and is left out."""
    text = _OWN_MARKER.sub("", _PREAMBLE.sub("", " ".join(written.split())))
    text = _unwrapped(text.strip())
    spans = sentence_spans(text)
    sentences = [text[slice(*span)] for span in (spans if is_free else spans[:1])]
    return [sentence for sentence in sentences if sentence]


def _unwrapped(text: str) -> str:
    """Return a text that is all one quote without its marks."""
    if len(text) > 1 and text[0] in "\"'“" and text[-1] in "\"'”" and not outside_quotes(text)[2:]:
        return text[1:-1].strip()
    return text


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


__all__ = [
    "EVIDENCE_TOKENS",
    "Generator",
    "LazyGenerator",
    "Prompt",
    "PromptMemory",
    "QuotingGenerator",
    "Sentence",
    "Written",
    "phrase",
    "write",
]
