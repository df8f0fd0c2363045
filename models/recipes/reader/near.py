"""Words that lie near a word in the frozen word table: a crude thesaurus for rewording."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

_KEPT = 5
_LEAST = 0.42
"""Cosine below which a word is not near."""
_TABLE = "embeddings.word_embeddings.weight"


def thesaurus(base: Path, tokenizer: Tokenizer) -> Callable[[str, random.Random], str]:
    """Return a function from a lower-case word to one that lies near it, or the word itself."""
    weights = load_file(base / "model.safetensors")
    table = next(value for name, value in weights.items() if name.endswith(_TABLE)).float()
    words = [tokenizer.id_to_token(n) or "" for n in range(table.shape[0])]
    whole = [
        n for n, word in enumerate(words) if word.isalpha() and word.isascii() and len(word) > 2
    ]
    rows = torch.nn.functional.normalize(table[whole] - table[whole].mean(0), dim=1)
    place = {words[n]: k for k, n in enumerate(whole)}
    known: dict[str, list[str]] = {}

    def near(word: str, draw: random.Random) -> str:
        if word not in place:
            return word
        if word not in known:
            likeness = rows @ rows[place[word]]
            values, best = likeness.topk(_KEPT + 1)
            known[word] = [
                words[whole[k]]
                for value, k in zip(values.tolist(), best.tolist(), strict=True)
                if value >= _LEAST and words[whole[k]] != word
            ]
        return draw.choice(known[word]) if known[word] else word

    return near
