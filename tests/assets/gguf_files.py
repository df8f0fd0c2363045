"""Write small GGUF files: models of several architectures with random weights.

For mechanics only (loading, templates, caches, limits): they write nonsense. Written from
the format's published description, so that the reader under test is not its own measure.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

_U32, _F32, _BOOL, _STRING, _ARRAY, _U64, _I32 = 4, 6, 7, 8, 9, 10, 5
_ALIGNMENT = 32
_WIDTH, _INNER, _HEADS, _LAYERS, _CONTEXT = 64, 96, 4, 2, 512

CHATML_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)
NO_SYSTEM_TEMPLATE = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}"
    "{% for m in messages %}<|im_start|>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<|im_end|>\n{% endfor %}<|im_start|>model\n"
)


@dataclass
class GgufFile:
    """Metadata and tensors of a file to be written."""

    values: dict[str, object]
    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    version: int = 3

    def to_bytes(self) -> bytes:
        head = struct.pack("<4sIQQ", b"GGUF", self.version, len(self.tensors), len(self.values))
        head += b"".join(_text(key) + _value(value) for key, value in self.values.items())
        data = bytearray()
        for name, tensor in self.tensors.items():
            data += bytes(-len(data) % _ALIGNMENT)
            # the format lists the fastest dimension first, numpy the slowest
            shape = tensor.shape[::-1]
            head += _text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
            head += struct.pack("<IQ", 0, len(data))
            data += tensor.astype("<f4").tobytes()
        return head + bytes(-len(head) % _ALIGNMENT) + bytes(data)

    def write(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.to_bytes())
        return path


def tiny_model(architecture: str, *, template: str | None = CHATML_TEMPLATE) -> GgufFile:
    """Return a model of `llama`, `qwen2`, `gemma` or `mamba` with random weights."""
    words = _vocabulary()
    own: dict[str, object] = {
        "context_length": _CONTEXT,
        "embedding_length": _WIDTH,
        "block_count": _LAYERS,
        "feed_forward_length": _INNER,
        "attention.head_count": _HEADS,
        "attention.head_count_kv": _HEADS // 2,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.dimension_count": _WIDTH // _HEADS,
    }
    if architecture == "gemma":
        own |= {"attention.key_length": 16, "attention.value_length": 16}
    if architecture == "mamba":
        own |= {
            "feed_forward_length": 0,
            "attention.head_count": 0,
            "attention.head_count_kv": 0,
            "ssm.conv_kernel": 4,
            "ssm.inner_size": 2 * _WIDTH,
            "ssm.state_size": 16,
            "ssm.time_step_rank": 8,
        }
        del own["rope.dimension_count"]
    values: dict[str, object] = {
        "general.architecture": architecture,
        "general.name": f"tiny {architecture}",
        **{f"{architecture}.{key}": value for key, value in own.items()},
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2" if architecture == "qwen2" else "default",
        "tokenizer.ggml.tokens": words,
        "tokenizer.ggml.token_type": [3 if one.startswith("<|") else 1 for one in words],
        "tokenizer.ggml.merges": ["Ġ t", "t h", "h e", "i n", "Ġt h"],
        "tokenizer.ggml.bos_token_id": words.index("<|im_start|>"),
        "tokenizer.ggml.eos_token_id": words.index("<|im_end|>"),
        "tokenizer.ggml.add_bos_token": architecture == "gemma",
    }
    if template is not None:
        values["tokenizer.chat_template"] = template
    return GgufFile(values, _tensors(architecture, len(words)))


def _tensors(architecture: str, vocabulary: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(7)

    def weights(*shape: int) -> np.ndarray:
        return random.normal(0, 0.3, shape)

    tensors = {
        "token_embd.weight": weights(vocabulary, _WIDTH),
        "output_norm.weight": np.ones(_WIDTH),
    }
    half = _WIDTH // 2
    for layer in range(_LAYERS):
        block = f"blk.{layer}."
        tensors[block + "attn_norm.weight"] = np.ones(_WIDTH)
        if architecture == "mamba":
            inner = 2 * _WIDTH
            tensors |= {
                block + "ssm_in.weight": weights(2 * inner, _WIDTH),
                block + "ssm_conv1d.weight": weights(inner, 4),
                block + "ssm_conv1d.bias": weights(inner),
                block + "ssm_x.weight": weights(8 + 2 * 16, inner),
                block + "ssm_dt.weight": weights(inner, 8),
                block + "ssm_dt.bias": weights(inner),
                block + "ssm_a": -np.abs(weights(inner, 16)) - 0.1,
                block + "ssm_d": np.ones(inner),
                block + "ssm_out.weight": weights(_WIDTH, inner),
            }
            continue
        tensors |= {
            block + "attn_q.weight": weights(_WIDTH, _WIDTH),
            block + "attn_k.weight": weights(half, _WIDTH),
            block + "attn_v.weight": weights(half, _WIDTH),
            block + "attn_output.weight": weights(_WIDTH, _WIDTH),
            block + "ffn_norm.weight": np.ones(_WIDTH),
            block + "ffn_gate.weight": weights(_INNER, _WIDTH),
            block + "ffn_up.weight": weights(_INNER, _WIDTH),
            block + "ffn_down.weight": weights(_WIDTH, _INNER),
        }
        if architecture == "qwen2":
            tensors |= {
                block + "attn_q.bias": weights(_WIDTH),
                block + "attn_k.bias": weights(half),
                block + "attn_v.bias": weights(half),
            }
    return tensors


def _vocabulary() -> list[str]:
    """Return a byte-level vocabulary: the 256 bytes, a few merges, two control tokens."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {byte: chr(byte) for byte in plain}
    letters |= {byte: chr(256 + number) for number, byte in enumerate(others)}
    words = [letters[byte] for byte in range(256)]
    return [*words, "Ġt", "th", "he", "in", "Ġth", "<|im_start|>", "<|im_end|>"]


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: object) -> bytes:
    if isinstance(value, list):
        if value and isinstance(value[0], int):
            body = struct.pack(f"<{len(value)}i", *value)
            return struct.pack("<IIQ", _ARRAY, _I32, len(value)) + body
        if value and isinstance(value[0], float):
            body = struct.pack(f"<{len(value)}f", *value)
            return struct.pack("<IIQ", _ARRAY, _F32, len(value)) + body
        body = b"".join(_text(one) for one in value)
        return struct.pack("<IIQ", _ARRAY, _STRING, len(value)) + body
    kind, body = _packed(value)
    return struct.pack("<I", kind) + body


def _packed(value: object) -> tuple[int, bytes]:
    if isinstance(value, bool):
        return _BOOL, struct.pack("<?", value)
    if isinstance(value, int):
        kind, letter = (_I32, "i") if value < 0 else (_U64, "Q") if value >> 32 else (_U32, "I")
        return kind, struct.pack(f"<{letter}", value)
    if isinstance(value, float):
        return _F32, struct.pack("<f", value)
    return _STRING, _text(str(value))


def changed(file: GgufFile, values: Mapping[str, object]) -> GgufFile:
    """Return the file with other metadata; None drops a key."""
    merged = {**file.values, **values}
    kept = {key: value for key, value in merged.items() if value is not None}
    return GgufFile(kept, file.tensors, file.version)
