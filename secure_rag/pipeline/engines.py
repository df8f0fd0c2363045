"""Open the pinned models for the stages that use them."""

from __future__ import annotations

import os
from pathlib import Path

from secure_rag.answering.answer import Generator
from secure_rag.runtime.manifest import LocatedModel
from secure_rag.settings import AnsweringSettings


def open_generator(located: LocatedModel, settings: AnsweringSettings) -> Generator:
    """Return the writer's model, loaded by llama.cpp."""
    from secure_rag.runtime.llama import LlamaGenerator

    return LlamaGenerator(
        located,
        context_tokens=settings.context_tokens,
        threads=settings.threads or physical_cores(),
    )


def physical_cores() -> int:
    """Return how many physical cores this process may use; hyper-threads count once."""
    allowed = os.sched_getaffinity(0)
    cores = set()
    for cpu in allowed:
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            cores.add(siblings.read_text().strip())
        except OSError:
            cores.add(str(cpu))
    return max(1, len(cores))
