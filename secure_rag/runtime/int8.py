"""Make the float graphs of `bert_graph` int8: a quarter of the size, twice the speed.

Weights of matrix products are int8 with one scale per output column, in seven bits
so that processors without VNNI cannot overflow. Activations are uint8 with a fixed
scale and zero point, measured on the calibration texts: unlike scales taken from
each batch as it comes, they make a row independent of its batch and its padding.

A few channels of such encoders are fifty times larger than the rest and would leave
the others no bits. Each activation channel is therefore divided by its measured
range to the power of `_SHARE` (times the weight row's to the rest), and the weight
row multiplied by the same number, which leaves the product as it was.

The word table becomes int8 with one scale per word.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from secure_rag.runtime.calibration import QUESTIONS, TEXTS
from secure_rag.runtime.encoder import Tokenizer, open_session, open_tokenizer
from secure_rag.runtime.kinds import SEGMENTS, kinds_of
from secure_rag.runtime.manifest import Models

Array = npt.NDArray[Any]
_Sequence = list[tuple[int, int]]
"""Ids with the kind, or the segment, of each."""

WORD_TABLE = "word_embeddings"
KINDS = "token_type_ids"
KINDS_TABLE = "kinds"
_FUSED = "com.microsoft"
_SHARE = 0.8
_MARGIN = 1.1
_WEIGHT_LEVELS = 63
_LEVELS = 255
_LONG = 480
_FEW_COLUMNS = 32
_TINY = 1e-6


def quantize(model_path: Path, out_path: Path, *, tokenizer: Path | None = None) -> None:
    """Write the int8 version of a graph made by `build_graph`.

    Args:
        model_path: the float graph.
        out_path: where the int8 graph goes; the same input gives the same bytes.
        tokenizer: `tokenizer.json` of the model; that beside either graph, or the pinned
            embedder's, if None.
    """
    if tokenizer is None:
        beside = [path.parent / "tokenizer.json" for path in (model_path, out_path)]
        tokenizer = next((path for path in beside if path.is_file()), None)
    if tokenizer is None:
        tokenizer = Models().locate("embedder").path("tokenizer.json")
    model = onnx.load(str(model_path))
    ranges = _measure(model, tokenizer)
    _shrink_word_table(model.graph)
    _shrink_products(model.graph, ranges)
    onnx.save(model, str(out_path))


@dataclass
class _Range:
    """Smallest and largest value of each channel of one activation."""

    low: Array
    high: Array

    def widen(self, rows: Array) -> None:
        self.low = np.minimum(self.low, rows.min(axis=0))
        self.high = np.maximum(self.high, rows.max(axis=0))


def _measure(model: onnx.ModelProto, tokenizer: Path) -> dict[str, _Range]:
    """Run the float graph over the calibration texts and note what goes into products."""
    names = list(dict.fromkeys(node.input[0] for node in _products(model.graph)))
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    for name in names:
        watched.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    session = open_session(watched.SerializeToString())
    ranges: dict[str, _Range] = {}
    has_kinds = any(item.name == KINDS for item in model.graph.input)
    for ids, kinds in _samples(model.graph, tokenizer):
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        if has_kinds:
            feed[KINDS] = kinds
        for name, value in zip(names, session.run(names, feed), strict=True):
            rows = value.reshape(-1, value.shape[-1])
            ranges.setdefault(name, _Range(rows[0], rows[0])).widen(rows)
    return ranges


def _samples(graph: onnx.GraphProto, tokenizer: Path) -> Iterator[tuple[Array, Array]]:
    """Yield ids and kinds of what the model will be given: texts, or pairs with segments."""
    splitter = open_tokenizer(tokenizer.read_bytes())
    tables = {item.name: int(item.dims[0]) for item in graph.initializer}
    longest = min(_LONG, tables["position_embeddings"])
    is_of_pairs = tables.get(KINDS_TABLE) == SEGMENTS
    for sequence in (_pairs if is_of_pairs else _texts)(splitter, longest):
        columns = np.array(sequence[:longest], np.int64).T
        yield columns[:1], columns[1:]


def _texts(splitter: Tokenizer, longest: int) -> list[_Sequence]:
    """Return each calibration text alone, and all of them in long sequences."""
    encoded = []
    for text in TEXTS:
        encoding = splitter.encode(text)
        encoded.append(list(zip(encoding.ids, kinds_of(text, encoding.offsets), strict=True)))
    together = list(itertools.chain.from_iterable(encoded))
    pieces = [together[start : start + longest] for start in range(0, len(together), longest)]
    return [*encoded, *pieces]


def _pairs(splitter: Tokenizer, longest: int) -> list[_Sequence]:
    """Return questions beside single calibration texts, and beside long pieces of all."""
    encoded = [splitter.encode(text, add_special_tokens=False).ids for text in TEXTS]
    together = list(itertools.chain.from_iterable(encoded))
    made: list[_Sequence] = []
    for number, question in enumerate(QUESTIONS):
        asked = [(item, 0) for item in splitter.encode(question).ids]
        mark = (asked[-1][0], 1)
        room = longest - len(asked) - 1
        start = number * len(together) // len(QUESTIONS)
        for passage in (*encoded[number :: len(QUESTIONS)], together[start : start + room]):
            made.append([*asked, *((item, 1) for item in passage), mark])
    return made


def _products(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the products worth shrinking; a head with few labels stays float."""
    columns = {item.name: item.dims[-1] for item in graph.initializer}
    return [
        node
        for node in graph.node
        if node.op_type == "MatMul" and columns[node.input[1]] >= _FEW_COLUMNS
    ]


def _shrink_products(graph: onnx.GraphProto, ranges: dict[str, _Range]) -> None:
    """Replace each float product by scale, round, int8 product."""
    weights = {item.name: item for item in graph.initializer}
    for number, node in enumerate(_products(graph)):
        source, name = node.input
        weight = numpy_helper.to_array(weights[name])
        graph.initializer.remove(weights[name])
        prefix = f"int8_{number}_"
        nodes, constants = _small_product(
            prefix, source, weight, ranges[source], output=node.output[0]
        )
        graph.initializer.extend(
            numpy_helper.from_array(np.ascontiguousarray(value), prefix + key)
            for key, value in constants.items()
        )
        position = list(graph.node).index(node)
        graph.node.remove(node)
        for offset, added in enumerate(nodes):
            graph.node.insert(position + offset, added)


def _small_product(
    prefix: str, source: str, weight: Array, seen: _Range, *, output: str
) -> tuple[list[onnx.NodeProto], dict[str, Array]]:
    """Return the nodes and constants of one int8 product."""
    activation = np.maximum(np.maximum(np.abs(seen.low), np.abs(seen.high)), _TINY)
    rows = np.maximum(np.abs(weight).max(axis=1), _TINY)
    balance = (activation**_SHARE / rows ** (1 - _SHARE)).astype(np.float32)
    low = min(0.0, float((seen.low / balance).min()) * _MARGIN)
    high = max(0.0, float((seen.high / balance).max()) * _MARGIN)
    scale = max((high - low) / _LEVELS, _TINY)
    balanced = weight * balance[:, None]
    columns = np.maximum(np.abs(balanced).max(axis=0), _TINY) / _WEIGHT_LEVELS
    constants = {
        "balance": (1 / balance).astype(np.float32),
        "scale": np.array(scale, np.float32),
        "zero": np.array(np.clip(round(-low / scale), 0, _LEVELS), np.uint8),
        "weight": np.clip(np.rint(balanced / columns), -_WEIGHT_LEVELS, _WEIGHT_LEVELS).astype(
            np.int8
        ),
        "columns": columns.astype(np.float32),
    }
    names = {key: prefix + key for key in (*constants, "even", "round")}
    nodes = [
        helper.make_node("Mul", [source, names["balance"]], [names["even"]], names["even"]),
        helper.make_node(
            "QuantizeLinear",
            [names["even"], names["scale"], names["zero"]],
            [names["round"]],
            names["round"],
        ),
        helper.make_node(
            "MatMulIntegerToFloat",
            [names[key] for key in ("round", "weight", "scale", "columns", "zero")],
            [output],
            prefix + "product",
            domain=_FUSED,
        ),
    ]
    return nodes, constants


def _shrink_word_table(graph: onnx.GraphProto) -> None:
    """Replace the float word table by int8 rows and one scale per row."""
    table = next(item for item in graph.initializer if item.name == WORD_TABLE)
    gather = next(node for node in graph.node if WORD_TABLE in node.input)
    rows = numpy_helper.to_array(table)
    scales = np.maximum(np.abs(rows).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
    small = np.clip(np.rint(rows / scales), -127, 127).astype(np.int8)
    graph.initializer.remove(table)
    graph.initializer.extend(
        [numpy_helper.from_array(small, WORD_TABLE), numpy_helper.from_array(scales, "word_scales")]
    )
    output, ids = gather.output[0], gather.input[1]
    gather.output[0] = "small_words"
    position = list(graph.node).index(gather) + 1
    added = [
        helper.make_node("Gather", ["word_scales", ids], ["row_scales"], "row_scales", axis=0),
        helper.make_node("Cast", ["small_words"], ["wide_words"], "wide", to=TensorProto.FLOAT),
        helper.make_node("Mul", ["wide_words", "row_scales"], [output], "scaled_words"),
    ]
    for offset, node in enumerate(added):
        graph.node.insert(position + offset, node)
