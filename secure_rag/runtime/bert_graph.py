"""Build ONNX graphs of BERT-type encoders from plain weights.

No training library is needed at run time: weights come in as arrays under the
names that such checkpoints use (`embeddings.…`, `encoder.layer.N.…`, with or
without `bert.` in front; `classifier.…` for a token head).

Query, key and value weights are joined into one matrix product; attention, GELU
and the layer norm with its skip connection are ONNX Runtime's fused operators.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from secure_rag.runtime.int8 import KINDS, KINDS_TABLE, WORD_TABLE, quantize

Head = Literal["hidden", "tokens"]
Array = npt.NDArray[Any]

__all__ = ["Head", "build_graph", "quantize"]

_UNUSED_KINDS = 2
"""Rows of the type table of published checkpoints, of which one is used but for pairs."""
_OPSET = 17
_IR_VERSION = 8
_FUSED = "com.microsoft"


def build_graph(
    weights: Mapping[str, Array],
    *,
    layers: int,
    heads: int,
    head: Head,
    epsilon: float = 1e-12,
    segments: bool = False,
) -> onnx.ModelProto:
    """Build the float graph of an encoder with post-layer-norm and exact GELU.

    Inputs are `input_ids` and `attention_mask`, int64 [batch, tokens]. With a type
    table of two rows the type is always 0 and folded into the positions, unless
    `segments` are asked for; a larger one holds kinds (`secure_rag.runtime.kinds`).
    Both come in as `token_type_ids`, of the same shape. The output is `hidden` [batch,
    tokens, width], or `logits` [batch, tokens, labels] for head `tokens`.

    Args:
        weights: arrays by checkpoint name; names that are not needed are ignored.
        layers: number of encoder layers.
        heads: attention heads of each layer.
        head: `hidden` for the last layer's states, `tokens` for a linear layer on each.
        epsilon: the checkpoint's `layer_norm_eps`.
        segments: take the two types in, for a model that reads pairs.

    Raises:
        KeyError: if a weight is missing.
    """
    builder = _Builder(weights, heads=heads, epsilon=epsilon, segments=segments)
    hidden = builder.embeddings()
    for layer in range(layers):
        hidden = builder.layer(hidden, layer)
    output = "hidden"
    if head == "tokens":
        hidden = builder.linear(hidden, "classifier")
        output = "logits"
    width = builder.label_count() if head == "tokens" else builder.width
    builder.node("Identity", [hidden], output)
    return builder.model(output, width)


class _Builder:
    """Collects nodes and weights of one graph."""

    def __init__(
        self, weights: Mapping[str, Array], *, heads: int, epsilon: float, segments: bool
    ) -> None:
        prefix = "bert." if any(name.startswith("bert.") for name in weights) else ""
        self._weights = weights
        self._prefix = prefix
        self._heads = heads
        self._epsilon = epsilon
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._counter = 0
        self.width = int(self._weight("embeddings.LayerNorm.weight").shape[0])
        kinds = self._weight("embeddings.token_type_embeddings.weight").shape[0]
        self._inputs = ["input_ids", "attention_mask"]
        if kinds > _UNUSED_KINDS or segments:
            self._inputs.append(KINDS)

    def _weight(self, name: str) -> Array:
        full = name if name.startswith("classifier.") else self._prefix + name
        return np.asarray(self._weights[full])

    def label_count(self) -> int:
        return int(self._weight("classifier.bias").shape[0])

    def node(
        self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any
    ) -> str:
        self._counter += 1
        name = output or f"{kind.lower()}_{self._counter}"
        made = helper.make_node(kind, inputs, [name], name=f"node_{name}", **attributes)
        self._nodes.append(made)
        return name

    def constant(self, name: str, value: Array) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _number(self, name: str, value: Array) -> str:
        return self.constant(name, value.astype(np.float32))

    def embeddings(self) -> str:
        """Add words, positions and kinds, then normalise."""
        words = self._number(WORD_TABLE, self._weight("embeddings.word_embeddings.weight"))
        places = self._weight("embeddings.position_embeddings.weight")
        kinds = self._weight("embeddings.token_type_embeddings.weight")
        folded = places if KINDS in self._inputs else places + kinds[0]
        table = self._number("position_embeddings", folded)
        summed = self.node("Gather", [words, "input_ids"], "words", axis=0)
        shape = self.node("Shape", ["input_ids"])
        length = self.node("Gather", [shape, self.constant("one", np.array([1], np.int64))])
        zero = self.constant("zero", np.array([0], np.int64))
        positions = self.node("Slice", [table, zero, length, zero])
        summed = self.node("Add", [summed, positions])
        if KINDS in self._inputs:
            rows = self.node("Gather", [self._number(KINDS_TABLE, kinds), KINDS], axis=0)
            summed = self.node("Add", [summed, rows])
        self._mask()
        return self._norm(summed, "embeddings.LayerNorm")

    def _mask(self) -> None:
        """Make `mask`, the int32 key padding mask that the fused attention takes."""
        self.node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)

    def layer(self, hidden: str, number: int) -> str:
        base = f"encoder.layer.{number}."
        attended = self._attention(hidden, base, number)
        attended = self._product(attended, base + "attention.output.dense")
        hidden = self._skip_norm(attended, hidden, base + "attention.output")
        inner = self._product(hidden, base + "intermediate.dense")
        bias = self._number(
            base + "intermediate.bias", self._weight(base + "intermediate.dense.bias")
        )
        inner = self.node("BiasGelu", [inner, bias], domain=_FUSED)
        outer = self._product(inner, base + "output.dense")
        return self._skip_norm(outer, hidden, base + "output")

    def _attention(self, hidden: str, base: str, number: int) -> str:
        parts = [base + f"attention.self.{part}" for part in ("query", "key", "value")]
        joined = np.concatenate([self._weight(part + ".weight").T for part in parts], axis=1)
        bias = np.concatenate([self._weight(part + ".bias") for part in parts])
        weight = self._number(base + "qkv.weight", joined)
        product = self.node("MatMul", [hidden, weight])
        pieces = [f"query_{number}", f"key_{number}", f"value_{number}"]
        self._nodes.append(
            helper.make_node("Split", [product], pieces, name=f"split_{number}", axis=-1)
        )
        return self.node(
            "MultiHeadAttention",
            [*pieces, self._number(base + "qkv.bias", bias), "mask"],
            domain=_FUSED,
            num_heads=self._heads,
        )

    def _product(self, hidden: str, name: str) -> str:
        weight = self._number(name + ".weight", self._weight(name + ".weight").T)
        return self.node("MatMul", [hidden, weight])

    def linear(self, hidden: str, name: str) -> str:
        product = self._product(hidden, name)
        bias = self._number(name + ".bias", self._weight(name + ".bias"))
        return self.node("Add", [product, bias])

    def _norm_weights(self, name: str) -> list[str]:
        return [
            self._number(name + ".gamma", self._weight(name + ".weight")),
            self._number(name + ".beta", self._weight(name + ".bias")),
        ]

    def _norm(self, hidden: str, name: str) -> str:
        inputs = [hidden, *self._norm_weights(name)]
        return self.node("LayerNormalization", inputs, axis=-1, epsilon=self._epsilon)

    def _skip_norm(self, hidden: str, skip: str, name: str) -> str:
        bias = self._number(name + ".dense.bias", self._weight(name + ".dense.bias"))
        inputs = [hidden, skip, *self._norm_weights(name + ".LayerNorm"), bias]
        return self.node("SkipLayerNormalization", inputs, domain=_FUSED, epsilon=self._epsilon)

    def model(self, output: str, width: int) -> onnx.ModelProto:
        shape = ["batch", "tokens"]
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, shape)
                for name in self._inputs
            ],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, [*shape, width])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
        return helper.make_model(
            graph,
            opset_imports=opsets,
            ir_version=_IR_VERSION,
            producer_name="secure_rag",
        )
