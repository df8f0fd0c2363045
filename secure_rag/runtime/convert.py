"""Turn pinned weights into the form that is loaded, in an isolated child.

`python -m secure_rag.runtime.convert RECIPE SOURCE RESULT` reads the folder of
SOURCE and writes one file; before any heavy import it gives up sockets and all
other files. A recipe's number changes whenever its result does, so that models are
made again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from secure_rag.errors import ArtifactError

MIN_COSINE = 0.985
"""Smallest cosine allowed between the mean vectors of the float and the int8 graph on
`PROBES`; 0.992 to 0.995 was measured."""
PROBES = (
    "The tenant may end the lease with three months' notice.",
    "Where is the invoice for the second delivery?",
    (
        "The supplier shall deliver the goods within thirty days of the order, unless the "
        "parties have agreed otherwise in writing; a delay of more than ten days entitles the "
        "buyer to withdraw from the contract and to claim damages."
    ),
    "<PERSON> called about the refund and asked for a written answer.",
)
_TIMEOUT_S = 600


def convert_encoder(weights: Path, result: Path) -> None:
    """Write the int8 graph of an encoder; the same input gives the same bytes.

    Raises:
        ArtifactError: if the weights are not a BERT-type encoder of the config's shape.
    """
    from secure_rag.runtime.int8 import quantize

    config, tokenizer = (weights.with_name(name) for name in ("config.json", "tokenizer.json"))
    float_path = result.with_name(result.name + ".float")
    try:
        _write_float(weights, config, float_path)
        quantize(float_path, result, tokenizer=tokenizer)
        likeness = _likeness(float_path, result, tokenizer)
    finally:
        float_path.unlink(missing_ok=True)
    if likeness < MIN_COSINE:
        result.unlink()
        raise ArtifactError(
            f"the int8 graph is too unlike the float one: cosine {likeness:.4f}",
            code="model.convert",
        )


def _write_float(weights: Path, config: Path, path: Path) -> None:
    import json

    import onnx
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    from secure_rag.runtime.bert_graph import build_graph

    try:
        shape = json.loads(config.read_text("utf-8"))
        graph = build_graph(
            load_file(weights),
            layers=int(shape["num_hidden_layers"]),
            heads=int(shape["num_attention_heads"]),
            head="hidden",
            epsilon=float(shape["layer_norm_eps"]),
        )
    except (KeyError, ValueError, TypeError, OSError, SafetensorError) as error:
        raise ArtifactError(
            f"{weights.name} cannot be converted: {type(error).__name__}", code="model.convert"
        ) from None
    onnx.save(graph, str(path))


def _likeness(float_path: Path, small_path: Path, tokenizer: Path) -> float:
    """Return the smallest cosine of the two graphs' mean vectors over the probes."""
    import numpy as np

    from secure_rag.runtime.encoder import open_session, open_tokenizer

    splitter = open_tokenizer(tokenizer.read_bytes())
    graphs = [open_session(path.read_bytes()) for path in (float_path, small_path)]
    smallest = 1.0
    for probe in PROBES:
        ids = np.array([splitter.encode(probe).ids])
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        one, two = (graph.run(None, feed)[0][0].mean(axis=0) for graph in graphs)
        cosine = float(one @ two / (np.linalg.norm(one) * np.linalg.norm(two)))
        smallest = min(smallest, cosine)
    return smallest


def convert_generator(weights: Path, result: Path) -> None:
    """Write the Q8_0 form of a GGUF file."""
    from secure_rag.runtime.llama import requantise

    requantise(weights, result)


CONVERTERS = {"bert-int8/2": convert_encoder, "gguf-q8_0/1": convert_generator}


def convert_isolated(recipe: str, source: Path, result: Path) -> None:
    """Run a conversion in a child process without sockets that sees two folders.

    Raises:
        ArtifactError: if the recipe is unknown or the child fails.
    """
    if recipe not in CONVERTERS:
        raise ArtifactError(f"this program has no conversion {recipe}", code="model.convert")
    command = [sys.executable, "-P", "-m", "secure_rag.runtime.convert"]
    command += [recipe, str(source.absolute()), str(result.absolute())]
    package = Path(__file__).resolve().parents[2]
    environment = {
        **os.environ,
        "PYTHONPATH": str(package),
        "TMPDIR": str(result.parent),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        command, env=environment, capture_output=True, timeout=_TIMEOUT_S, check=False
    )
    if done.returncode != 0 or not result.is_file():
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise ArtifactError(
            f"the conversion of {source.name} failed" + (f": {last[0]}" if last else ""),
            code="model.convert",
            hint="`secure-rag models fetch` starts it again",
        )


def main(arguments: list[str]) -> int:
    """Enter isolation, then convert."""
    recipe, source, result = arguments[0], Path(arguments[1]), Path(arguments[2])
    from secure_rag.isolation import enter

    enter(read=[source.parent], write=[result.parent])
    CONVERTERS[recipe](source, result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
