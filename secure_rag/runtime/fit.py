"""Does a model file write text, and does it fit this machine? Asked before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from secure_rag.errors import ArtifactError
from secure_rag.runtime.engine import KEPT_TOKENS
from secure_rag.runtime.gguf import Header

_READERS = {
    "bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2",
    "jina-bert-v3", "eurobert", "t5encoder", "gemma-embedding", "gritlm",
}  # fmt: skip
"""Architectures that read and do not write."""

_PARTS = {"clip", "mmproj", "wavtokenizer-dec", "control_vector"}
_SEQ2SEQ = {"t5"}
_RANK = 4
_HINT = "use the GGUF file of an instruction-tuned model that writes text"
_RANK_HINT = "use the GGUF file of a cross-encoder that was converted as a reranker"
_KV_BYTES = 2
_BATCH_ROWS = 512
_ROW_FACTOR = 12
"""A layer's largest intermediate results, in multiples of the embedding length."""

_FIXED_BYTES = 64 << 20
_BYTES_PER_S = 10e9
"""What ordinary memory gives: 13.7 GB/s were measured on a virtual server, 2 channels of
DDR4 give some 30."""

_FAST, _FAIR = 20, 5
_GB = 1e9


@dataclass(frozen=True)
class Fit:
    """What a model needs here, estimated from its header."""

    weights_bytes: int
    context_bytes: int
    """Cached keys and values of a full context, and room to compute in."""
    tokens_per_s: float
    """Rough upper bound of writing speed: all weights are read for each token."""

    @property
    def memory_bytes(self) -> int:
        """Return all of it."""
        return self.weights_bytes + self.context_bytes

    @property
    def speed(self) -> str:
        """Return the class of speed in words."""
        if self.tokens_per_s >= _FAST:
            return "fast"
        return "fair" if self.tokens_per_s >= _FAIR else "slow"

    def words(self) -> str:
        """Return one line for a listing."""
        return (
            f"about {self.memory_bytes / _GB:.1f} GB of memory; {self.speed}, "
            f"at most about {max(1, round(self.tokens_per_s))} tokens/s without a GPU"
        )


def unfit_to_write(header: Header) -> tuple[str, str] | None:
    """Return why a file is no model that writes text, with a hint; None if it is one."""
    architecture = header.architecture
    kind = str(header.values.get("general.type", "model"))
    pooling = header.own("pooling_type")
    if not architecture:
        return "does not name its architecture", "take another file of this model"
    if kind == "adapter":
        return "is an adapter, not a model", "take the file of the model that it belongs to"
    if kind != "model" or architecture in _PARTS:
        return "is only a part of a model", "take the file with the language model"
    if pooling == _RANK:
        return "is a reranker: it rates passages and writes nothing", _HINT
    if architecture in _READERS or (isinstance(pooling, int) and pooling > 0):
        return "is an encoder: it reads and writes nothing", _HINT
    if architecture in _SEQ2SEQ:
        return "is an encoder-decoder, which is not supported", _HINT
    return None


def unfit_to_rank(header: Header) -> tuple[str, str] | None:
    """Return why a file is no model that ranks passages, with a hint; None if it is one."""
    if header.own("pooling_type") == _RANK:
        return None
    return "is no reranker: its file does not say pooling type rank", _RANK_HINT


def estimate(header: Header, context_tokens: int) -> Fit:
    """Estimate memory and speed from the header."""
    tokens = min(context_tokens, _whole(header.own("context_length"), context_tokens))
    layers = _whole(header.own("block_count"), 0)
    width = _whole(header.own("embedding_length"), 0)
    heads, each_heads = _heads(header.own("attention.head_count"), layers)
    kv_heads, each_kv = _heads(header.own("attention.head_count_kv"), layers)
    kv_heads = kv_heads if each_kv is not None else heads
    own = width // each_heads if each_heads else 0
    each = _whole(header.own("attention.key_length"), own)
    each += _whole(header.own("attention.value_length"), own)
    cached = (tokens + KEPT_TOKENS) * kv_heads * each * _KV_BYTES
    rows = _BATCH_ROWS * width * _ROW_FACTOR * 4
    read = header.weights_bytes + cached / 2
    return Fit(header.weights_bytes, cached + rows + _FIXED_BYTES, _BYTES_PER_S / max(read, 1))


def check_fit(
    header: Header, *, name: str, context_tokens: int, available: int | None = None
) -> Fit:
    """Refuse a model that does not write or does not fit into memory.

    Args:
        available: bytes of memory that may be taken; measured if None.

    Raises:
        ArtifactError: exit 5, with what it needs and what there is.
    """
    unfit = unfit_to_write(header)
    if unfit is not None:
        raise ArtifactError(f"model {name}: it {unfit[0]}", code="model.kind", hint=unfit[1])
    fit = estimate(header, context_tokens)
    free = available_memory() if available is None else available
    if free is not None and fit.memory_bytes > free:
        raise ArtifactError(
            f"model {name}: it needs about {fit.memory_bytes / _GB:.1f} GB of memory with "
            f"{context_tokens} tokens of context, {free / _GB:.1f} GB are available",
            code="model.memory",
            hint="lower context_tokens in the settings, or use a smaller model or quantisation",
        )
    return fit


def available_memory(
    *, system: Path = Path("/proc/meminfo"), group: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """Return the bytes a program may still take here, or None if the system does not say.

    Pages of files that are mapped already count as available, and a limit of the process's
    control group (version 2) counts too.
    """
    bounds = []
    try:
        for line in system.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                bounds.append(int(line.split()[1]) * 1024)
    except (OSError, ValueError, IndexError):
        pass
    try:
        limit = int((group / "memory.max").read_text("ascii"))
        used = int((group / "memory.current").read_text("ascii"))
        lines = (group / "memory.stat").read_text("ascii").splitlines()
        cached = int(dict(line.split() for line in lines)["inactive_file"])
        bounds.append(max(0, limit - used + cached))
    except (OSError, ValueError, KeyError):
        pass
    return min(bounds, default=None)


def _whole(value: object, default: int) -> int:
    """Return a positive whole number, or the default."""
    return value if isinstance(value, int) and value > 0 else default


def _heads(value: object, layers: int) -> tuple[int, int | None]:
    """Return the heads of all layers and of the first, None where the file names none.

    Some models name one number for every layer, others a list. Nothing is allocated for it.
    """
    if isinstance(value, int) and value > 0:
        return value * layers, value if layers else None
    if isinstance(value, tuple) and value:
        return sum(int(one) for one in value), int(value[0])
    return 0, None
