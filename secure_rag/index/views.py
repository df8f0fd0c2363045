"""The views of a stored text that the index is built from.

The stored text holds placeholders in full. Full-text search needs each of them as
one word that no tokenizer splits and no stemmer changes; an embedder is misled by
ten random characters, and by the word of the type as well: it gets neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from secure_rag.values import Chunk
from secure_rag.vault.placeholders import LOCAL, PLACEHOLDER, strip_brackets, type_word


def index_word(placeholder: str) -> str:
    """Return the one word under which full-text search knows a placeholder.

    It ends in a digit, so that an English stemmer leaves it alone.
    """
    return f"{strip_brackets(placeholder)}0"


def placeholders(text: str) -> tuple[str, ...]:
    """Return the placeholders in `text`, each once, in order of first appearance."""
    return tuple(dict.fromkeys(match.group() for match in PLACEHOLDER.finditer(text)))


def fulltext_view(text: str) -> str:
    """Return `text` with each placeholder as its type's words and its own word."""
    return LOCAL.sub(_plain, PLACEHOLDER.sub(_named, text))


def plain_view(text: str) -> str:
    """Return `text` with each placeholder as the words of its type."""
    return LOCAL.sub(_plain, PLACEHOLDER.sub(_plain, text))


def bare_view(text: str) -> str:
    """Return `text` with nothing where its placeholders stood."""
    return LOCAL.sub("", PLACEHOLDER.sub("", text))


@dataclass(frozen=True)
class Views:
    """What the two searches see of a text; `eval retrieval --views` measures others."""

    embedding: Callable[[str], str] = bare_view
    fulltext: Callable[[str], str] = fulltext_view
    names_count: bool = True
    """Whether chunks that hold the question's placeholders are fetched and gain by it."""
    names_written: bool = True
    """Whether half of the question's vector is that of the question with its names as written."""


def embedding_view(
    chunk: Chunk, context: str | None = None, *, view: Callable[[str], str] = bare_view
) -> str:
    """Return what the embedder sees of a chunk: its bare view under its headings.

    `context` (see `chunks.chunk_contexts`) takes the place of the headings.
    """
    above = chunk.place.heading if context is None else context
    return view(f"{above}\n{chunk.text}" if above else chunk.text)


def _named(match: re.Match[str]) -> str:
    return f" {type_word(match.group())} {index_word(match.group())} "


def _plain(match: re.Match[str]) -> str:
    return type_word(match.group())
