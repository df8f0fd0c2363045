"""A model file that answers every prompt with one text: a chain of tokens, learnt by heart.

One block of zeros passes the embedding through. Every token of a prompt has the embedding of the
beginning; the n-th token of the text has one of its own, at which the output row of the next one
points. So llama.cpp, whatever it was asked, writes the text and ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.assets.gguf_files import GgufFile, changed, tiny_model

_WIDTH = 128
_END = "<|im_end|>"


def saying(pieces: Sequence[str]) -> GgufFile:
    """Return a model that writes these pieces, each of at most 250 bytes, one a token."""
    assert len(pieces) < _WIDTH - 1 and all(len(one.encode()) <= 250 for one in pieces)
    base = tiny_model("llama")
    words = [*list_of(base, "tokenizer.ggml.tokens"), *(_token(one) for one in pieces)]
    count, first = len(words), len(words) - len(pieces)
    embedding = np.zeros((count, _WIDTH))
    embedding[:first, 0] = 1
    output = np.zeros((count, _WIDTH))
    for number in range(len(pieces)):
        embedding[first + number, number + 1] = 1
        output[first + number, number] = 10
    output[words.index(_END), len(pieces)] = 10
    half, inner = _WIDTH // 2, 64
    tensors = {
        "token_embd.weight": embedding,
        "output.weight": output,
        "output_norm.weight": np.ones(_WIDTH),
        "blk.0.attn_norm.weight": np.ones(_WIDTH),
        "blk.0.attn_q.weight": np.zeros((_WIDTH, _WIDTH)),
        "blk.0.attn_k.weight": np.zeros((half, _WIDTH)),
        "blk.0.attn_v.weight": np.zeros((half, _WIDTH)),
        "blk.0.attn_output.weight": np.zeros((_WIDTH, _WIDTH)),
        "blk.0.ffn_norm.weight": np.ones(_WIDTH),
        "blk.0.ffn_gate.weight": np.zeros((inner, _WIDTH)),
        "blk.0.ffn_up.weight": np.zeros((inner, _WIDTH)),
        "blk.0.ffn_down.weight": np.zeros((_WIDTH, inner)),
    }
    kinds = [3 if one.startswith("<|") else 1 for one in words]
    values = {
        "llama.block_count": 1,
        "llama.context_length": 8192,
        "llama.embedding_length": _WIDTH,
        "llama.feed_forward_length": inner,
        "llama.attention.head_count": 4,
        "llama.attention.head_count_kv": 2,
        "llama.rope.dimension_count": _WIDTH // 4,
        "tokenizer.ggml.tokens": words,
        "tokenizer.ggml.token_type": kinds,
    }
    return GgufFile(changed(base, values).values, tensors, base.version)


def list_of(file: GgufFile, key: str) -> list[str]:
    """Return a list of the file's metadata."""
    found = file.values[key]
    assert isinstance(found, list)
    return found


def _token(text: str) -> str:
    """Write a text as byte-level vocabularies do: every byte is a letter."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {byte: chr(byte) for byte in plain}
    letters |= {byte: chr(256 + number) for number, byte in enumerate(others)}
    return "".join(letters[byte] for byte in text.encode())
