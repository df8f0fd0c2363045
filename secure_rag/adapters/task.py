"""The task file of an adapter, strictly parsed: an unknown key is an error with its line.

    format: 1
    name: complaint-format
    kind: format              # grounded-qa, format, voice or classify
    data: complaints.jsonl    # beside this file; or, for voice: documents: true
    instruction: Turn the complaint into JSON.

A line of `data` is {"input", "output"}; for grounded-qa {"question", "evidence": [...],
"answer", "quote"}, without answer where the evidence has none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from secure_rag.policy.strict_yaml import Node, Source, parse, read_text
from secure_rag.runtime.adapters import KINDS
from secure_rag.runtime.pins import NAME

_MAX_BYTES: Final = 64 * 1024
_KEYS: Final = (
    "format", "name", "kind", "data", "documents", "instruction", "held_out", "seed", "rank",
    "epochs", "rate", "batch_tokens", "max_tokens",
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """What is to be trained, on what, and how."""

    name: str
    kind: str
    data: Path | None
    """JSON Lines; None trains on the documents of the index."""
    instruction: str
    digest: str
    """SHA-256 of the task file."""
    held_out: float = 0.1
    """Share of the examples that is only measured on."""
    seed: int = 17
    rank: int = 8
    epochs: int = 3
    rate: float = 0.001
    batch_tokens: int = 1024
    max_tokens: int = 512
    """Longer examples are left out and counted."""


def read_task(path: Path) -> Task:
    """Read a task file.

    Raises:
        PolicyError: exit 3, with file, line and column.
    """
    source = Source(path.name, "task")
    text = read_text(path, source, max_bytes=_MAX_BYTES)
    root = parse(text, source)
    found = source.mapping(root, "the task", known=_KEYS, required=("format", "name", "kind"))
    source.integer(found["format"], "format", low=1, high=1)
    name = source.string(found["name"], "name")
    if not NAME.fullmatch(name):
        message = "a name has only a-z, 0-9, dot, dash and underscore"
        raise source.error(found["name"], message, code="value")
    see = f"kinds: {', '.join(KINDS)}"
    kind = source.choice(found["kind"], "kind", KINDS, code="task.kind", see=see)
    return Task(
        name=name,
        kind=kind,
        data=_data(source, root, found, kind, path),
        instruction=_instruction(source, root, found, kind),
        digest=hashlib.sha256(text.encode("utf-8")).hexdigest(),
        **_numbers(source, found),
    )


def _data(source: Source, root: Node, found: dict[str, Node], kind: str, path: Path) -> Path | None:
    from_index = "documents" in found and source.boolean(found["documents"], "documents")
    if from_index == ("data" in found):
        raise source.error(root, "one of `data` and `documents: true` is needed", code="data")
    if not from_index:
        return path.parent / source.string(found["data"], "data")
    if kind != "voice":
        message = f"the kind {kind} cannot be trained on documents alone"
        raise source.error(found["documents"], message, hint="name a `data` file", code="data")
    return None


def _instruction(source: Source, root: Node, found: dict[str, Node], kind: str) -> str:
    if kind == "grounded-qa":
        if "instruction" in found:
            message = "grounded-qa is trained with the rules that the writer is given"
            raise source.error(found["instruction"], message, code="instruction")
        return ""
    if "instruction" not in found:
        raise source.error(root, f"the kind {kind} needs an `instruction`", code="missing_key")
    return source.string(found["instruction"], "instruction").strip()


def _numbers(source: Source, found: dict[str, Node]) -> dict[str, Any]:
    """Return the numbers that are given; the others keep their defaults."""
    whole = {
        "seed": (0, 1 << 31), "rank": (1, 64), "epochs": (1, 100),
        "batch_tokens": (64, 1 << 16), "max_tokens": (32, 4096),
    }  # fmt: skip
    given: dict[str, Any] = {
        key: source.integer(found[key], key, low=low, high=high)
        for key, (low, high) in whole.items()
        if key in found
    }
    given |= {k: source.fraction(found[k], k) for k in ("held_out", "rate") if k in found}
    return given
