"""Events of adapters: training, serving's preconditions, erasure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from secure_rag.audit.event import Event
from secure_rag.audit.fields import code, count, digest, flag, idents, name


@dataclass(frozen=True)
class AdapterTraining(Event):
    """An adapter is about to be trained on redacted text."""

    TYPE: ClassVar[str] = "adapter.training"
    OUTCOME: ClassVar[str] = "started"

    adapter: str = name("Name of the adapter")
    kind: str = code("`grounded-qa`, `format`, `voice` or `classify`")
    base_digest: str = digest("SHA-256 of the weights that it is trained on")
    task_digest: str = digest("SHA-256 of the task file")
    data_digest: str = digest("SHA-256 of the redacted training set")
    examples: int = count("Number of examples")
    documents: Sequence[str] = idents("Ids of the indexed documents in it (the first 500)",
                                      empty=True)  # fmt: skip
    documents_count: int = count("How many they are", 0)
    policy_digest: str = digest("Policy that redacted it", "")
    redaction_digest: str = digest("Policy, recognizers and NER model that redacted it", "")
    collection: str = name("Collection", "")


@dataclass(frozen=True)
class AdapterTrained(Event):
    """A trained adapter is about to be put into the workspace."""

    TYPE: ClassVar[str] = "adapter.trained"

    adapter: str = name("Name of the adapter")
    adapter_digest: str = digest("Digest of its files")
    data_digest: str = digest("SHA-256 of the redacted training set")
    planted: int = count("Canaries in the training set")
    extracted: int = count("Canaries that came out")
    passed: bool = flag("Whether it may be served")
    collection: str = name("Collection", "")


@dataclass(frozen=True)
class AdapterRemoved(Event):
    """An adapter is about to be removed."""

    TYPE: ClassVar[str] = "adapter.removed"

    adapter: str = name("Name of the adapter")
    adapter_digest: str = digest("Digest of its files, empty if they are damaged", "")
    collection: str = name("Collection", "")


@dataclass(frozen=True)
class AdapterMarked(Event):
    """An adapter is about to be marked: it was trained on what is being erased."""

    TYPE: ClassVar[str] = "adapter.marked"

    adapter: str = name("Name of the adapter, or of a training that was not finished")
    kind: str = code("`subject` or `document`")
    names: Sequence[str] = idents("The placeholder, or the ids of the documents (the first 500)")
    collection: str = name("Collection", "")


ADAPTER_EVENTS: tuple[type[Event], ...] = (
    AdapterTraining,
    AdapterTrained,
    AdapterRemoved,
    AdapterMarked,
)
"""All of them, for the catalogue."""
