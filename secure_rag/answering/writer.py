"""The writer: a language model that phrases one sentence around verified quotes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from secure_rag.answering.grounding import is_supported
from secure_rag.answering.prompt import build_messages, local_names
from secure_rag.answering.words import content_words
from secure_rag.index.sentences import sentence_spans

EVIDENCE_TOKENS = 400
"""Tokens of evidence in the prompt; reading them is most of the cost of an answer."""

_OVERHEAD_TOKENS = 160
"""Rules, question and chat template."""

_PREAMBLE = re.compile(
    r"^(?:[-*•] *)?(?:(?:the )?answer(?: to (?:the|this|your) question)? is:? *)?", re.IGNORECASE
)


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
        return self._generator().generate(messages, max_tokens=max_tokens, stop=stop)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text."""
        return self._generator().count_tokens(text)

    def _generator(self) -> Generator:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded


def phrase(
    question: str,
    quotes: Sequence[str],
    generator: Generator,
    *,
    max_tokens: int,
    context_tokens: int,
    context: Sequence[str] = (),
) -> str | None:
    """Let the model say the answer in one sentence; None if the quotes do not bear it out.

    The sentence comes back in terms of the placeholders of the stored text.

    Args:
        context: headings and file names that the quotes stand under.
    """
    names = local_names([question, *quotes, *context])
    budget = min(EVIDENCE_TOKENS, context_tokens - max_tokens - _OVERHEAD_TOKENS)
    messages = build_messages(
        question, quotes, names, count_tokens=generator.count_tokens, budget=max(budget, 64)
    )
    written = "".join(generator.generate(messages, max_tokens=max_tokens, stop=("\n",)))
    sentence = _first_sentence(names.restore(written))
    if sentence is None or _repeats(sentence, quotes):
        return None
    return sentence if is_supported(sentence, quotes, question, context) else None


def _repeats(sentence: str, quotes: Sequence[str]) -> bool:
    """Say whether the sentence is a quote over again: that stands there already."""
    said = [word.stem for word in content_words(sentence)]
    return any(said == [word.stem for word in content_words(quote)] for quote in quotes)


def _first_sentence(written: str) -> str | None:
    """Return the first sentence if it is complete; a cut one may say something else."""
    text = _PREAMBLE.sub("", " ".join(written.split())).strip("\"'“” ")
    spans = sentence_spans(text)
    if not spans:
        return None
    sentence = text[slice(*spans[0])]
    if sentence[-1] not in ".!?" and len(spans) == 1:
        return None
    return sentence[:1].upper() + sentence[1:]
