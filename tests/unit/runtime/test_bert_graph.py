"""The graph against an independent forward pass, and the int8 graph against the float one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from safetensors.numpy import load_file

from secure_rag.runtime.bert_graph import build_graph, quantize
from secure_rag.runtime.encoder import Encoder
from secure_rag.runtime.manifest import LocatedModel

Weights = dict[str, npt.NDArray[Any]]
FLOAT_TOLERANCE = 1e-4
"""Largest difference of one number; states lie between about -10 and 10."""
MIN_COSINE = 0.99
"""Between mean vectors of the float and the int8 graph, on sentences."""

MIN_COSINE_PAIRS = 0.97
"""Between single rows of the float and the int8 graph, which are less alike than means."""

SENTENCES = (
    "The tenant shall pay the rent on the first working day of each month.",
    "What is the notice period of this contract?",
    "Mr Alder called on Monday; he wants his money back for order 10-4471.",
    "Blood pressure was 130 over 85, no medication was changed.",
    "If the supplier is more than ten days late, the buyer may withdraw and claim damages, "
    "provided that the delay was not caused by the buyer or by an event outside the control of "
    "the supplier; a notice in writing is required in each case.",
)


def _erf(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.vectorize(math.erf)(values)


def _norm(values: npt.NDArray[Any], weights: Weights, name: str) -> npt.NDArray[Any]:
    centred = values - values.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def _linear(values: npt.NDArray[Any], weights: Weights, name: str) -> npt.NDArray[Any]:
    return values @ weights[f"{name}.weight"].T.astype(np.float64) + weights[f"{name}.bias"]


def reference(
    weights: Weights, ids: list[int], *, layers: int, heads: int, kinds: list[int] | None = None
) -> npt.NDArray[Any]:
    """Compute the last layer's states from the definition, in double precision."""
    length = len(ids)
    hidden = (
        weights["embeddings.word_embeddings.weight"][ids].astype(np.float64)
        + weights["embeddings.position_embeddings.weight"][:length]
        + weights["embeddings.token_type_embeddings.weight"][kinds or [0] * length]
    )
    hidden = _norm(hidden, weights, "embeddings.LayerNorm")
    for number in range(layers):
        base = f"encoder.layer.{number}"
        query, key, value = (
            _linear(hidden, weights, f"{base}.attention.self.{part}")
            .reshape(length, heads, -1)
            .transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ value
        mixed = mixed.transpose(1, 0, 2).reshape(length, -1)
        mixed = _linear(mixed, weights, f"{base}.attention.output.dense")
        hidden = _norm(mixed + hidden, weights, f"{base}.attention.output.LayerNorm")
        inner = _linear(hidden, weights, f"{base}.intermediate.dense")
        inner = inner * 0.5 * (1 + _erf(inner / math.sqrt(2)))
        outer = _linear(inner, weights, f"{base}.output.dense")
        hidden = _norm(outer + hidden, weights, f"{base}.output.LayerNorm")
    return hidden


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _run(
    session: onnxruntime.InferenceSession, ids: list[int], kinds: list[int] | None = None
) -> npt.NDArray[Any]:
    array = np.array([ids], np.int64)
    feed = {"input_ids": array, "attention_mask": np.ones_like(array)}
    if kinds:
        feed["token_type_ids"] = np.array([kinds], np.int64)
    return np.asarray(session.run(None, feed)[0][0])


def _tiny(*, labels: int = 0, prefix: str = "", kinds: int = 2) -> Weights:
    """Return random weights of two layers, width 32, 4 heads, 50 words."""
    generator = np.random.default_rng(7)

    def make(*shape: int) -> npt.NDArray[Any]:
        return generator.normal(0, 0.3, shape).astype(np.float32)

    weights: Weights = {
        "embeddings.word_embeddings.weight": make(50, 32),
        "embeddings.position_embeddings.weight": make(16, 32),
        "embeddings.token_type_embeddings.weight": make(kinds, 32),
    }
    norms = ["embeddings.LayerNorm"]
    for number in range(2):
        base = f"encoder.layer.{number}"
        norms += [f"{base}.attention.output.LayerNorm", f"{base}.output.LayerNorm"]
        shapes = {f"attention.self.{part}": (32, 32) for part in ("query", "key", "value")}
        shapes |= {"attention.output.dense": (32, 32), "intermediate.dense": (64, 32)}
        shapes |= {"output.dense": (32, 64)}
        for name, shape in shapes.items():
            weights[f"{base}.{name}.weight"] = make(*shape)
            weights[f"{base}.{name}.bias"] = make(shape[0])
    for name in norms:
        weights[f"{name}.weight"], weights[f"{name}.bias"] = make(32) + 1, make(32)
    weights = {prefix + name: value for name, value in weights.items()}
    if labels:
        weights["classifier.weight"], weights["classifier.bias"] = make(labels, 32), make(labels)
    return weights


@pytest.mark.parametrize("prefix", ["", "bert."])
def test_build_graph_tiny_equals_the_definition(prefix: str, tmp_path: Path) -> None:
    graph = build_graph(_tiny(prefix=prefix), layers=2, heads=4, head="hidden")
    onnx.save(graph, str(tmp_path / "model.onnx"))
    ids = [3, 1, 4, 1, 5, 9, 2, 6]
    expected = reference(_tiny(), ids, layers=2, heads=4)
    found = _run(_session(tmp_path / "model.onnx"), ids)
    assert np.abs(found - expected).max() < FLOAT_TOLERANCE


def test_build_graph_table_of_kinds_takes_in_the_kind_of_each_piece(tmp_path: Path) -> None:
    weights = _tiny(kinds=8)
    onnx.save(build_graph(weights, layers=2, heads=4, head="hidden"), str(tmp_path / "model.onnx"))
    ids, kinds = [3, 1, 4, 1, 5], [4, 0, 1, 7, 2]
    expected = reference(weights, ids, layers=2, heads=4, kinds=kinds)
    found = _run(_session(tmp_path / "model.onnx"), ids, kinds)
    assert np.abs(found - expected).max() < FLOAT_TOLERANCE


def test_build_graph_segments_take_in_both_types_of_a_published_table(tmp_path: Path) -> None:
    weights = _tiny()
    graph = build_graph(weights, layers=2, heads=4, head="hidden", segments=True)
    onnx.save(graph, str(tmp_path / "model.onnx"))
    ids, segments = [3, 1, 4, 1, 5], [0, 0, 0, 1, 1]
    expected = reference(weights, ids, layers=2, heads=4, kinds=segments)
    found = _run(_session(tmp_path / "model.onnx"), ids, segments)
    assert np.abs(found - expected).max() < FLOAT_TOLERANCE


def test_build_graph_token_head_is_a_linear_layer_on_top(tmp_path: Path) -> None:
    weights = _tiny(labels=5)
    onnx.save(build_graph(weights, layers=2, heads=4, head="tokens"), str(tmp_path / "model.onnx"))
    ids = [7, 0, 49, 11]
    expected = _linear(reference(weights, ids, layers=2, heads=4), weights, "classifier")
    session = _session(tmp_path / "model.onnx")
    assert session.get_outputs()[0].name == "logits"
    assert np.abs(_run(session, ids) - expected).max() < FLOAT_TOLERANCE


def test_build_graph_padding_changes_nothing(tmp_path: Path) -> None:
    onnx.save(build_graph(_tiny(), layers=2, heads=4, head="hidden"), str(tmp_path / "model.onnx"))
    session = _session(tmp_path / "model.onnx")
    ids = np.array([[3, 1, 4, 0, 0], [3, 1, 4, 8, 8]], np.int64)
    mask = np.array([[1, 1, 1, 0, 0]] * 2, np.int64)
    padded = session.run(None, {"input_ids": ids, "attention_mask": mask})[0][:, :3]
    alone = _run(session, [3, 1, 4])
    assert np.abs(padded - alone).max() < FLOAT_TOLERANCE


def test_build_graph_missing_weight_is_an_error() -> None:
    weights = _tiny()
    del weights["encoder.layer.1.output.dense.bias"]
    with pytest.raises(KeyError):
        build_graph(weights, layers=2, heads=4, head="hidden")


def _real_float(float_weights: Path, folder: Path) -> Path:
    graph = build_graph(load_file(float_weights), layers=6, heads=12, head="hidden")
    onnx.save(graph, str(folder / "float.onnx"))
    return folder / "float.onnx"


def test_quantize_leaves_no_large_float_weight(
    embedder: LocatedModel, float_weights: Path, tmp_path: Path
) -> None:
    weights = load_file(float_weights)
    weights["classifier.weight"] = np.ones((5, 384), np.float32)
    weights["classifier.bias"] = np.ones(5, np.float32)
    graph = build_graph(weights, layers=6, heads=12, head="tokens")
    onnx.save(graph, str(tmp_path / "f.onnx"))
    quantize(tmp_path / "f.onnx", tmp_path / "q.onnx", tokenizer=embedder.path("tokenizer.json"))
    small = onnx.load(str(tmp_path / "q.onnx")).graph.initializer
    floats = [item.name for item in small if item.data_type == 1 and len(item.dims) == 2]
    assert sorted(floats) == ["classifier.weight", "position_embeddings", "word_scales"]
    assert (tmp_path / "q.onnx").stat().st_size < 25_000_000


def test_quantize_graph_with_segments_keeps_the_rows_of_pairs(
    embedder: LocatedModel, float_weights: Path, tmp_path: Path
) -> None:
    weights = load_file(float_weights)
    graph = build_graph(weights, layers=6, heads=12, head="hidden", segments=True)
    onnx.save(graph, str(tmp_path / "f.onnx"))
    quantize(tmp_path / "f.onnx", tmp_path / "q.onnx", tokenizer=embedder.path("tokenizer.json"))
    encoder = Encoder(embedder)
    ids = [101, *encoder.tokenize(SENTENCES[1]).ids, 102, *encoder.tokenize(SENTENCES[0]).ids, 102]
    segments = [int(n > ids.index(102)) for n in range(len(ids))]
    one, two = (_run(_session(tmp_path / name), ids, segments) for name in ("f.onnx", "q.onnx"))
    cosines = (one * two).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)
    assert cosines.mean() >= MIN_COSINE_PAIRS


def test_int8_graph_row_does_not_depend_on_its_batch(embedder: LocatedModel) -> None:
    encoder = Encoder(embedder)
    sequences = [encoder.tokenize(sentence).ids for sentence in SENTENCES]
    together = encoder.mean(sequences)
    for sequence, row in zip(sequences, together, strict=True):
        assert np.abs(encoder.mean([sequence])[0] - row).max() < FLOAT_TOLERANCE


def test_real_weights_float_graph_equals_the_definition(
    embedder: LocatedModel, float_weights: Path, tmp_path: Path
) -> None:
    weights = load_file(float_weights)
    session = _session(_real_float(float_weights, tmp_path))
    encoder = Encoder(embedder)
    cosines = []
    for sentence in SENTENCES:
        ids = [101, *encoder.tokenize(sentence).ids, 102]
        expected = reference(weights, ids, layers=6, heads=12)
        assert np.abs(_run(session, ids) - expected).max() < FLOAT_TOLERANCE
        small = encoder.mean([ids[1:-1]])[0]
        mean = expected.mean(axis=0)
        cosines.append(float(mean @ small / np.linalg.norm(mean) / np.linalg.norm(small)))
    assert min(cosines) >= MIN_COSINE
