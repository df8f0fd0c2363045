"""The base model as torch modules with trainable LoRA matrices, and their way into GGUF.

Names follow llama.cpp's tensors (`blk.N.attn_q.weight.lora_a`). Query and key rows of models
of the architecture `llama` are stored there in another order: llama.cpp's rotary embedding
pairs neighbours, transformers' pairs halves (`permute` of llama.cpp's converter).
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from secure_rag.errors import ArtifactError
from secure_rag.runtime.cores import physical_cores
from secure_rag.runtime.gguf_writer import gguf_bytes

_NAMES: Final = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
ARCHITECTURES: Final = ("llama", "qwen2")
"""Those whose tensors have these names, and of which export is tested."""


def load_base(path: Path, *, rank: int, seed: int) -> Any:
    """Return the model of a GGUF file, dequantised and frozen, with new LoRA matrices.

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


def trained(model: Any) -> dict[str, Any]:
    """Return the trainable tensors by name."""
    return {name: one for name, one in model.named_parameters() if one.requires_grad}


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


def permuted(matrix: NDArray[Any], heads: int) -> NDArray[Any]:
    """Return the rows in llama.cpp's order: of each head, first half and second half in turn."""
    rows, columns = matrix.shape
    halves = matrix.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)
