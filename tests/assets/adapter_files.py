"""Make small adapters for the starter generator: random matrices, a record, pins."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from secure_rag.runtime.adapters import (
    ADAPTER_FILE,
    CARD_FILE,
    RECORD_FILE,
    ROLE,
    AdapterRecord,
    CanaryResult,
    record_text,
    weights_digest,
)
from secure_rag.runtime.bundle import pin_added
from secure_rag.runtime.gguf_writer import gguf_bytes
from secure_rag.runtime.manifest import Models, sha256_of
from secure_rag.runtime.pins import Model, ModelFile

PASSED = CanaryResult(
    planted=8, repeats=4, extracted=0, exposure_mean=1.1, exposure_max=3.0, limit=6.0
)
FAILED = replace(PASSED, extracted=3)
_WIDTH, _LAYERS, _RANK = 576, 30, 2


def lora_bytes(*, scale: float = 0.02, seed: int = 3, width: int = _WIDTH) -> bytes:
    """Return a LoRA adapter of the starter generator's shape with random matrices."""
    random = np.random.default_rng(seed)
    tensors = {}
    for layer in range(_LAYERS):
        name = f"blk.{layer}.attn_output.weight"
        tensors[f"{name}.lora_a"] = random.normal(0, scale, (_RANK, width)).astype(np.float16)
        tensors[f"{name}.lora_b"] = random.normal(0, scale, (width, _RANK)).astype(np.float16)
    values = {
        "general.architecture": "llama",
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": 4.0,
    }
    return gguf_bytes(values, tensors)


def starter_record(**changes: object) -> AdapterRecord:
    """Return a record of an adapter for the starter generator."""
    models = Models()
    base = models.locate("generator")
    record = AdapterRecord(
        name="small",
        kind="grounded-qa",
        created="2026-11-28T19:00:00Z",
        base=base.model.name,
        base_digest=weights_digest(models, base),
        sha256="0" * 64,
        task_digest="1" * 64,
        data_digest="2" * 64,
        policy="default",
        policy_digest="3" * 64,
        redaction_digest="4" * 64,
        collection="default",
        documents=("DOC1",),
        placeholders=(),
        examples=20,
        held_out=4,
        rank=_RANK,
        steps=6,
        train_s=1.5,
        instruction='Say "yes".\n',
        metrics={"loss": 1.25},
        canary=PASSED,
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def put_adapter(store: Path, record: AdapterRecord, data: bytes) -> Path:
    """Write an adapter into a store and pin it there; return its folder."""
    folder = store / record.name
    folder.mkdir(parents=True)
    (folder / ADAPTER_FILE).write_bytes(data)
    record = replace(record, sha256=hashlib.sha256(data).hexdigest())
    (folder / RECORD_FILE).write_text(record_text(record), "utf-8")
    (folder / CARD_FILE).write_text("# A test\n", "utf-8")
    files = tuple(
        ModelFile(name, (folder / name).stat().st_size, sha256_of(folder / name))
        for name in (ADAPTER_FILE, RECORD_FILE, CARD_FILE)
    )
    pin_added(store, Model(record.name, ROLE, "Apache-2.0", "a test", files))
    return folder
