"""Write trained weights as the int8 ONNX model that the `reader` role runs."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import onnx
import torch
from tokenizers import Tokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from secure_rag.runtime.bert_graph import build_graph, quantize
from secure_rag.runtime.kinds import SEGMENTS

CONFIG = {
    "model_type": "bert",
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "hidden_size": 384,
    "max_position_embeddings": 512,
    "layer_norm_eps": 1e-12,
    "do_lower_case": True,
    "segments": SEGMENTS,
    "columns": ["start", "end", "answerable"],
    "null_span": "[CLS]",
    "answerable_at": "[CLS]",
    "trained_tokens": 288,
    "trained_question_tokens": 64,
}


def write_float(weights: Path, path: Path) -> None:
    """Write the float graph with both segments."""
    state = torch.load(weights, weights_only=True)
    arrays = {name: tensor.float().numpy() for name, tensor in state.items()}
    graph = build_graph(arrays, layers=6, heads=12, head="tokens", segments=True)
    onnx.save(graph, str(path))


def write_tokenizer(base: Path, path: Path) -> None:
    """Copy the tokenizer without the padding and truncation that the published file asks for."""
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(path), pretty=False)


def place(source: Path, folder: Path) -> None:
    """Move each finished file in one step, so that nobody sees half a file."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.iterdir()):
        waiting = folder / f".{file.name}.new"
        shutil.copyfile(file, waiting)
        os.replace(waiting, folder / file.name)


def main() -> None:
    """Export one set of weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--float-out", type=Path, help="also keep the float graph here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, done = Path(name), Path(name) / "done"
        done.mkdir()
        float_path = options.float_out or folder / "float.onnx"
        write_float(options.weights, float_path)
        write_tokenizer(options.base, done / "tokenizer.json")
        quantize(float_path, done / "model.onnx", tokenizer=done / "tokenizer.json")
        (done / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", "utf-8")
        place(done, options.out)
    for file in sorted(options.out.iterdir()):
        print(file.name, file.stat().st_size)


if __name__ == "__main__":
    main()
