"""A tiny BERT-shaped reranker with random weights as GGUF: for mechanics, not for quality.

Layout: the GGUF specification, version 3 (magic, version, counts, typed entries, tensor
infos, data aligned to 32 bytes).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [
    "\u2581" + word for word in "the notice is thirty days lunch noon who signs lease".split()
]
_WIDTH, _INNER, _HEADS, _LAYERS, _CONTEXT = 32, 64, 2, 2, 64
_UINT32, _FLOAT32, _BOOL, _STRING, _ARRAY, _INT32 = 4, 6, 7, 8, 9, 5
_ALIGNMENT = 32
_MASK_TYPE, _NORMAL_TYPE = 3, 1


def reranker_gguf(*, pooling: int | None = 4, seed: int = 5) -> bytes:
    """Return the bytes of the file; `pooling` 4 is `rank`, None leaves the entry out."""
    entries: dict[str, tuple[int, Any]] = {
        "general.architecture": (_STRING, "bert"),
        "bert.context_length": (_UINT32, _CONTEXT),
        "bert.embedding_length": (_UINT32, _WIDTH),
        "bert.feed_forward_length": (_UINT32, _INNER),
        "bert.block_count": (_UINT32, _LAYERS),
        "bert.attention.head_count": (_UINT32, _HEADS),
        "bert.attention.layer_norm_epsilon": (_FLOAT32, 1e-12),
        "bert.attention.causal": (_BOOL, False),
        "tokenizer.ggml.model": (_STRING, "bert"),
        "tokenizer.ggml.token_type_count": (_UINT32, 2),
        "tokenizer.ggml.tokens": (_ARRAY, (_STRING, VOCABULARY)),
        "tokenizer.ggml.token_type": (
            _ARRAY,
            (_INT32, [_MASK_TYPE] * 5 + [_NORMAL_TYPE] * (len(VOCABULARY) - 5)),
        ),
        "tokenizer.ggml.padding_token_id": (_UINT32, 0),
        "tokenizer.ggml.unknown_token_id": (_UINT32, 1),
        "tokenizer.ggml.bos_token_id": (_UINT32, 2),
        "tokenizer.ggml.seperator_token_id": (_UINT32, 3),
        "tokenizer.ggml.mask_token_id": (_UINT32, 4),
    }
    if pooling is not None:
        entries["bert.pooling_type"] = (_UINT32, pooling)
    return gguf(entries, _tensors(np.random.default_rng(seed)))


def gguf(entries: Mapping[str, tuple[int, Any]], tensors: Mapping[str, np.ndarray]) -> bytes:
    """Return a GGUF file of float32 tensors."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries))
    for key, (kind, value) in entries.items():
        head += _string(key) + struct.pack("<I", kind) + _value(kind, value)
    data = b""
    for name, tensor in tensors.items():
        head += _string(name) + struct.pack("<I", tensor.ndim)
        head += struct.pack(f"<{tensor.ndim}Q", *reversed(tensor.shape))
        head += struct.pack("<IQ", 0, len(data))
        data += _padded(tensor.astype("<f4").tobytes())
    return _padded(head) + data


def _tensors(rng: np.random.Generator) -> dict[str, np.ndarray]:
    def matrix(*shape: int) -> np.ndarray:
        return rng.normal(0.0, 0.3, shape)

    tensors = {
        "token_embd.weight": matrix(len(VOCABULARY), _WIDTH),
        "token_types.weight": matrix(2, _WIDTH),
        "position_embd.weight": matrix(_CONTEXT, _WIDTH),
        "cls.weight": matrix(_WIDTH, _WIDTH),
        "cls.bias": matrix(_WIDTH),
        "cls.output.weight": matrix(1, _WIDTH),
        "cls.output.bias": matrix(1),
    }
    norms = ["token_embd_norm"]
    for layer in range(_LAYERS):
        block = f"blk.{layer}."
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors[f"{block}{name}.weight"] = matrix(_WIDTH, _WIDTH)
            tensors[f"{block}{name}.bias"] = matrix(_WIDTH)
        tensors[f"{block}ffn_up.weight"] = matrix(_INNER, _WIDTH)
        tensors[f"{block}ffn_up.bias"] = matrix(_INNER)
        tensors[f"{block}ffn_down.weight"] = matrix(_WIDTH, _INNER)
        tensors[f"{block}ffn_down.bias"] = matrix(_WIDTH)
        norms += [f"{block}attn_output_norm", f"{block}layer_output_norm"]
    for norm in norms:
        tensors[f"{norm}.weight"] = np.ones(_WIDTH)
        tensors[f"{norm}.bias"] = np.zeros(_WIDTH)
    return tensors


def _value(kind: int, value: Any) -> bytes:
    if kind == _STRING:
        return _string(value)
    if kind == _ARRAY:
        inner, items = value
        return struct.pack("<IQ", inner, len(items)) + _items(inner, items)
    packing = {_UINT32: "<I", _INT32: "<i", _FLOAT32: "<f", _BOOL: "<?"}
    return struct.pack(packing[kind], value)


def _items(kind: int, items: Sequence[Any]) -> bytes:
    return b"".join(_value(kind, item) for item in items)


def _string(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % _ALIGNMENT)
