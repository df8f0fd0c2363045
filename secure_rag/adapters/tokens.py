"""Examples as tokens: by llama.cpp's own tokenizer and template, as they are served."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from secure_rag.adapters.examples import Example
from secure_rag.runtime.chat_template import ChatTemplate
from secure_rag.runtime.engine import Vocabulary

_END = "<|im_end|>"


@dataclass(frozen=True)
class Tokens:
    """One example: what is read, then what is to be written."""

    ids: tuple[int, ...] = field(repr=False)
    answer_from: int
    """Tokens before the first of the answer; only the answer is learned."""


def prompt_tokens(
    messages: Sequence[dict[str, str]], template: ChatTemplate, vocabulary: Vocabulary
) -> list[int]:
    """Return a prompt's tokens as `TextGenerator` lays them out."""
    ids: list[int] = []
    for piece in template.render(messages):
        ids += vocabulary.tokenize(piece.text, with_control=not piece.is_content)
    return ids


def tokenise(
    examples: Sequence[Example],
    template: ChatTemplate,
    vocabulary: Vocabulary,
    *,
    first: int | None,
    max_tokens: int,
) -> list[Tokens]:
    """Return the examples that are short enough, in order."""
    end = _end_token(vocabulary)
    made = []
    for one in examples:
        asked = prompt_tokens(one.conversation(), template, vocabulary)
        if first is not None and asked[:1] != [first]:
            asked.insert(0, first)
        said = [*vocabulary.tokenize(one.answer, with_control=False), end]
        if len(asked) + len(said) <= max_tokens:
            made.append(Tokens((*asked, *said), len(asked)))
    return made


def _end_token(vocabulary: Vocabulary) -> int:
    """Return the token that ends a turn."""
    named = vocabulary.tokenize(_END, with_control=True)
    if len(named) == 1 and vocabulary.ends(named[0]):
        return named[0]
    return next(token for token in range(vocabulary.size) if vocabulary.ends(token))


def batches(lengths: Sequence[int], *, most: int, seed: int) -> list[list[int]]:
    """Return the numbers of the examples of each batch of one epoch, in a shuffled order.

    Examples of like length stand together, so that little is computed for padding.

    Args:
        most: tokens of a batch, padding included; a longer example stands alone.
    """
    draw = random.Random(seed)
    # a little noise, so that the batches differ from epoch to epoch
    order = sorted(range(len(lengths)), key=lambda one: lengths[one] * draw.uniform(0.9, 1.1))
    made: list[list[int]] = []
    longest = 0
    for one in order:
        longest = max(longest, lengths[one])
        if not made or longest * (len(made[-1]) + 1) > most:
            made.append([])
            longest = lengths[one]
        made[-1].append(one)
    draw.shuffle(made)
    return made
