"""The base model as torch modules with trainable LoRA matrices, and their way into GGUF.

Names follow llama.cpp's tensors (`blk.N.attn_q.weight.lora_a`). Query and key rows of models
of the architecture `llama` are stored there in another order: llama.cpp's rotary embedding
pairs neighbours, transformers' pairs halves (`permute` of llama.cpp's converter).
"""

from __future__ import annotations

import math
import struct
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from secure_rag.errors import ArtifactError
from secure_rag.runtime.cores import physical_cores
from secure_rag.runtime.gguf_writer import gguf_bytes
from secure_rag.runtime.manifest import LocatedModel

_NAMES: Final = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
PARTS: Final = tuple(_NAMES.values())
"""Kinds of tensors that get matrices, one pair in each layer."""
ARCHITECTURES: Final = ("llama", "qwen2")
"""Those whose tensors have these names, and of which export is tested."""


def load_base(path: Path, *, rank: int, seed: int) -> Any:
    """Return the model of a GGUF file, dequantised and frozen, with new LoRA matrices.

    Args:
        path: of a pinned file the one that leads to what was hashed (`load_checked`).

    Raises:
        ArtifactError: transformers cannot read the file.
    """
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(physical_cores())
    try:
        model = AutoModelForCausalLM.from_pretrained(
            str(path.parent), gguf_file=path.name, dtype=torch.float32, local_files_only=True
        )
    except (OSError, ValueError, LookupError, RuntimeError, struct.error) as error:
        raise ArtifactError(
            f"the generator cannot be trained: {type(error).__name__} while it was read",
            code="adapter.base",
        ) from None
    torch.manual_seed(seed)
    targets = [name.split(".")[1] for name in _NAMES]
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets, lora_dropout=0.0)
    model = get_peft_model(model, config)
    return model.to("cuda" if torch.cuda.is_available() else "cpu")


def load_checked(base: LocatedModel, *, rank: int, seed: int) -> Any:
    """Do the same with the very file of a pinned model that was hashed, wherever its path leads.

    transformers looks for other files beside it (`config.json`, `adapter_config.json`): beside an
    open file there are none.

    Raises:
        ArtifactError: transformers cannot read the file.
        DigestMismatchError: it is not the pinned one, or changed meanwhile.
    """
    file = base.checked(".gguf")
    model = load_base(file.path, rank=rank, seed=seed)
    if not file.is_unchanged():
        raise base.changed(file.pin.name)
    return model


def trained(model: Any) -> dict[str, Any]:
    """Return the trainable tensors by name."""
    return {name: one for name, one in model.named_parameters() if one.requires_grad}


@contextmanager
def without(model: Any, parts: Collection[str]) -> Iterator[None]:
    """Leave the matrices of some parts out of what a model computes."""
    scales = [
        module.scaling
        for name, module in model.named_modules()
        if hasattr(module, "lora_A") and _NAMES[".".join(name.split(".")[-2:])] in parts
    ]
    kept = [scale["default"] for scale in scales]
    try:
        for scale in scales:
            scale["default"] = 0.0
        yield
    finally:
        for scale, value in zip(scales, kept, strict=True):
            scale["default"] = value


def adapter_bytes(model: Any, architecture: str) -> bytes:
    """Return the LoRA matrices as a GGUF file; float16, half the size at the same answers.

    Raises:
        ArtifactError: the architecture's tensors have other names.
    """
    if architecture not in ARCHITECTURES:
        raise ArtifactError(
            f"adapters of the architecture {architecture} cannot be exported",
            code="adapter.base",
            hint=f"those of {', '.join(ARCHITECTURES)} can",
        )
    config = model.peft_config["default"]
    values: dict[str, str | int | float] = {
        "general.architecture": architecture,
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": float(config.lora_alpha),
    }
    return gguf_bytes(values, dict(_tensors(model, architecture)))


def _tensors(model: Any, architecture: str) -> Iterator[tuple[str, NDArray[Any]]]:
    config = model.config
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    for name, weight in trained(model).items():
        # base_model.model.model.layers.N.self_attn.q_proj.lora_A.default.weight
        parts = name.partition(".layers.")[2].split(".")
        module = _NAMES[".".join(parts[1:3])]
        side = {"lora_A": "lora_a", "lora_B": "lora_b"}[parts[3]]
        matrix = weight.detach().cpu().numpy()
        if architecture == "llama" and side == "lora_b" and module in heads:
            matrix = permuted(matrix, heads[module])
        yield f"blk.{parts[0]}.{module}.weight.{side}", matrix.astype(np.float16)


def check_export(path: Path, model: Any) -> None:
    """Look whether a GGUF file holds every matrix of a model, read by another program than ours.

    Names, shapes and lengths (root sums of squares) are compared; the order of rows is not, which
    is `likeness`'s to judge.

    Raises:
        ArtifactError: one is missing, too many, or another; exit 5.
    """
    from gguf import GGUFReader

    wanted = {}
    layers, config = model.config.num_hidden_layers, model.peft_config["default"]
    for name, module in model.named_modules():
        if hasattr(module, "lora_A"):
            number, *rest = name.partition(".layers.")[2].split(".")
            key = f"blk.{number}.{_NAMES['.'.join(rest)]}.weight"
            wanted[f"{key}.lora_a"] = module.lora_A["default"].weight
            wanted[f"{key}.lora_b"] = module.lora_B["default"].weight
    reader = GGUFReader(path)
    found = {one.name: one for one in reader.tensors}
    alpha = reader.fields["adapter.lora.alpha"].contents()
    if not (
        len(wanted) == 2 * layers * len(PARTS)
        and found.keys() == wanted.keys()
        and alpha == config.lora_alpha
        and all(_is_same(found[name], weight) for name, weight in wanted.items())
    ):
        raise ArtifactError(
            "the exported adapter does not hold the matrices that were trained",
            code="adapter.export",
        )


def _is_same(found: Any, weight: Any) -> bool:
    matrix = weight.detach().cpu().numpy()
    if tuple(found.shape[::-1]) != matrix.shape:
        return False
    # sixteen bits keep eleven of a number, and lose the very small
    stored, own = (float(np.linalg.norm(one.astype(np.float64))) for one in (found.data, matrix))
    return math.isclose(stored, own, rel_tol=1e-3, abs_tol=1e-5)


def permuted(matrix: NDArray[Any], heads: int) -> NDArray[Any]:
    """Return the rows in llama.cpp's order: of each head, first half and second half in turn."""
    rows, columns = matrix.shape
    halves = matrix.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)
