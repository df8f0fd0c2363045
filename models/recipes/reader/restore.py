"""Turn the shipped int8 model back into weights that `train.py --start` goes on from.

    python restore.py --model ../../reader-minilm/model.onnx --base BASE --out shipped.pt

Each product keeps what was rounded, the scale of its columns and the balance of its rows
(`secure_rag/runtime/int8.py`); their product is the weight, to seven bits. Embeddings are frozen in
training, so they are the base's.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import load_file

Array = npt.NDArray[Any]
_LAYERS, _WIDTH = 6, 384
_PRODUCTS = ("qkv", "attention.output.dense", "intermediate.dense", "output.dense")
"""Of a layer, in the order of the graph."""


def products(graph: onnx.GraphProto, tensors: dict[str, Array]) -> list[Array]:
    """Return the float matrices [in, out] of the int8 products, in the order of the graph."""
    found = []
    for node in graph.node:
        if node.op_type == "MatMulIntegerToFloat":
            prefix = node.name.removesuffix("product")
            rounded = tensors[prefix + "weight"].astype(np.float32)
            rows = tensors[prefix + "balance"][:, None]
            found.append(rounded * tensors[prefix + "columns"] * rows)
    return found


def layer(number: int, matrices: list[Array], tensors: dict[str, Array]) -> dict[str, Array]:
    """Return the weights of one layer by the checkpoint's names."""
    base = f"encoder.layer.{number}."
    named = dict(zip(_PRODUCTS, matrices, strict=True))
    state = {f"{name}.weight": named[name].T for name in _PRODUCTS[1:]}
    for place, part in enumerate(("query", "key", "value")):
        columns = slice(place * _WIDTH, (place + 1) * _WIDTH)
        state[f"attention.self.{part}.weight"] = named["qkv"][:, columns].T
        state[f"attention.self.{part}.bias"] = tensors[base + "qkv.bias"][columns]
    state["intermediate.dense.bias"] = tensors[base + "intermediate.bias"]
    for name in ("attention.output", "output"):
        state[f"{name}.dense.bias"] = tensors[f"{base}{name}.dense.bias"]
        state[f"{name}.LayerNorm.weight"] = tensors[f"{base}{name}.LayerNorm.gamma"]
        state[f"{name}.LayerNorm.bias"] = tensors[f"{base}{name}.LayerNorm.beta"]
    return {f"bert.{base}{name}": value for name, value in state.items()}


def restore(model: Path, base: Path) -> dict[str, torch.Tensor]:
    """Return the whole state."""
    graph = onnx.load(str(model)).graph
    tensors = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    matrices = products(graph, tensors)
    state: dict[str, Array] = {
        "classifier.weight": tensors["classifier.weight"].T,
        "classifier.bias": tensors["classifier.bias"],
    }
    count = len(_PRODUCTS)
    for number in range(_LAYERS):
        state |= layer(number, matrices[number * count : (number + 1) * count], tensors)
    for name, value in load_file(str(base / "model.safetensors")).items():
        if name.startswith("embeddings.") and "position_ids" not in name:
            state["bert." + name] = value.numpy()
    return {name: torch.tensor(np.ascontiguousarray(value)) for name, value in state.items()}


def main() -> None:
    """Write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="MiniLM's folder")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.save(restore(options.model, options.base), options.out)


if __name__ == "__main__":
    main()
