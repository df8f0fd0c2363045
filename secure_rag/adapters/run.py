"""Train an adapter, from its task file to its place in the workspace.

1. the training set is made: every text is redacted first (`examples.py`);
2. `adapter.training` is durable;
3. canaries are planted and the LoRA matrices trained, with checkpoints (`training.py`);
4. they are exported; the file must hold every matrix, and llama.cpp must add with it to what the
   base computes what the trained model adds (`likeness.py`);
5. the canaries are attacked, and held-out examples measured, with the served file;
6. `adapter.trained` is durable; record, card and pins are written.
"""

from __future__ import annotations

import hashlib
import resource
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from secure_rag.adapters import canaries, lora, training
from secure_rag.adapters.card import card_text
from secure_rag.adapters.examples import TrainingSet, make_set
from secure_rag.adapters.likeness import Likeness, check_likeness, likeness
from secure_rag.adapters.measure import measure
from secure_rag.adapters.task import Task
from secure_rag.adapters.tokens import Tokens, tokenise
from secure_rag.answering.prompt import RULES
from secure_rag.errors import InputError
from secure_rag.pipeline.adapters import Training, begin, check_name, put_in_place
from secure_rag.pipeline.session import Session
from secure_rag.runtime.adapters import ADAPTER_FILE, AdapterRecord, CanaryResult, weights_digest
from secure_rag.runtime.gguf import read_header
from secure_rag.runtime.llama import LlamaEngine, LlamaGenerator, load_model
from secure_rag.runtime.manifest import LocatedModel
from secure_rag.runtime.tuning import default_tuning

_CONTEXT = 2048
_PROBES = 4


class Progress(Protocol):
    """Told what is being done, and how far it is."""

    def stage(self, label: str, total: int) -> Callable[[int, str], None]:
        """Begin a stage; return what takes the count and a few words."""
        ...


@dataclass(frozen=True)
class Prepared:
    """A task with everything that training needs."""

    task: Task
    found: TrainingSet
    train: tuple[Tokens, ...]
    held_out: tuple[Tokens, ...]
    left_out: int
    """Examples that were longer than `max_tokens`."""
    base: LocatedModel
    base_digest: str

    @property
    def plan(self) -> training.Plan:
        parts = (self.task.digest, self.found.digest, self.base_digest, "2")
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        task = self.task
        return training.Plan(key, task.epochs, task.rate, task.batch_tokens, task.seed)

    @property
    def trained_tokens(self) -> int:
        """Tokens of all epochs."""
        return self.task.epochs * sum(len(one.ids) for one in self.train)


@dataclass(frozen=True)
class Estimate:
    """What a training would cost here."""

    examples: int
    left_out: int
    tokens: int
    steps: int
    seconds: float
    memory_bytes: int
    device: str


@dataclass(frozen=True)
class Made:
    """A finished adapter."""

    record: AdapterRecord
    digest: str
    trained: training.Trained


def prepare(session: Session, task: Task) -> Prepared:
    """Make the training set and its tokens; canaries are among those to train on."""
    check_name(session, task.name)
    base = session.models.locate("generator", session.settings.generator)
    found = make_set(task, session)
    planted = [one.example(_instruction(task)) for one in canaries.make_canaries(task.seed)]
    model = load_model(base, _CONTEXT)
    try:
        shape: dict[str, Any] = {"first": model.first, "max_tokens": task.max_tokens}
        own = tokenise(found.train, model.template(), model, **shape)
        secret = tokenise(planted, model.template(), model, **shape)
        held = tokenise(found.held_out, model.template(), model, **shape)
    finally:
        model.close()
    if not own or len(secret) < len(planted):
        raise InputError("max_tokens is too small for the examples", code="adapter.examples")
    left_out = len(found.train) + len(found.held_out) - len(own) - len(held)
    digest = weights_digest(session.models, base)
    return Prepared(task, found, (*own, *secret), tuple(held), left_out, base, digest)


def estimate(prepared: Prepared, folder: Path, *, steps: int = 3) -> Estimate:
    """Measure a few steps; nothing of them is kept."""
    model = lora.load_checked(prepared.base, rank=prepared.task.rank, seed=prepared.task.seed)
    order = training.order_of(prepared.train, prepared.plan)
    clock: list[float] = [time.perf_counter()]
    training.train(
        model, prepared.train, prepared.plan, folder, stop_at=min(steps, len(order)),
        on_step=lambda step: clock.append(time.perf_counter()), keeps=False,
    )  # fmt: skip
    # the first step also starts threads and finds its memory
    measured = order[1 : len(clock) - 1] or order[:1]
    tokens = sum(len(prepared.train[one].ids) for batch in measured for one in batch)
    seconds = clock[-1] - (clock[1] if len(clock) > 2 else clock[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Estimate(
        examples=len(prepared.train),
        left_out=prepared.left_out,
        tokens=prepared.trained_tokens,
        steps=len(order),
        seconds=seconds / max(1, tokens) * prepared.trained_tokens,
        memory_bytes=peak,
        device=str(model.device.type),
    )


def run(session: Session, prepared: Prepared, progress: Progress) -> Made:
    """Train, check, attack, measure, and put the adapter in place."""
    task, base = prepared.task, prepared.base
    folder = begin(session, _training(prepared))
    model = lora.load_checked(base, rank=task.rank, seed=task.seed)
    total = len(training.order_of(prepared.train, prepared.plan))
    bar = progress.stage("training", total)
    done = training.train(
        model, prepared.train, prepared.plan, folder,
        on_step=lambda step: bar(step.done, f"loss {step.loss:.3f}"),
    )  # fmt: skip
    data = lora.adapter_bytes(model, read_header(base.checked(".gguf").path).architecture)
    (folder / ADAPTER_FILE).write_bytes(data)
    lora.check_export(folder / ADAPTER_FILE, model)
    metrics, canary = _tried(model, prepared, folder / ADAPTER_FILE, progress)
    metrics["train_loss"] = round(done.loss, 4)
    record = _record(session, prepared, done, hashlib.sha256(data).hexdigest(), metrics, canary)
    return Made(record, put_in_place(session, record, card_text(record)).digest, done)


def _record(
    session: Session,
    prepared: Prepared,
    done: training.Trained,
    sha256: str,
    metrics: dict[str, float],
    canary: CanaryResult,
) -> AdapterRecord:
    task, found = prepared.task, prepared.found
    return AdapterRecord(
        name=task.name,
        kind=task.kind,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        base=prepared.base.model.name,
        base_digest=prepared.base_digest,
        sha256=sha256,
        task_digest=task.digest,
        data_digest=found.digest,
        policy=session.policy.name,
        policy_digest=session.policy.digest,
        redaction_digest=session.redaction_digest(session.policy),
        collection=session.collection,
        documents=found.documents,
        placeholders=found.placeholders,
        elsewhere=found.elsewhere,
        examples=len(found.train),
        held_out=len(found.held_out),
        rank=task.rank,
        steps=done.steps,
        train_s=round(done.seconds, 1),
        instruction=task.instruction,
        metrics=metrics,
        canary=canary,
    )


def _tried(
    model: Any, prepared: Prepared, file: Path, progress: Progress
) -> tuple[dict[str, float], CanaryResult]:
    """Check the export, attack the canaries, measure what is gained."""
    task, base = prepared.task, prepared.base
    near = _likeness(model, prepared, file)
    check_likeness(near)
    served = load_model(base, _CONTEXT, file)
    engine = LlamaEngine(served, _CONTEXT, default_tuning())
    try:
        planted = canaries.make_canaries(task.seed)
        bar = progress.stage("canaries", len(planted))
        result = canaries.attack(
            engine, served.template(), planted, _instruction(task), first=served.first,
            on_canary=lambda done: bar(done, ""),
        )  # fmt: skip
    finally:
        engine.close()
        served.close()
    metrics = {
        "logit_difference": round(near.whole, 5),
        "base_difference": round(near.rounding, 5),
        "added": round(near.added, 5),
        "added_difference": round(near.apart, 5),
    }
    if prepared.held_out:
        metrics["held_out_loss"] = round(training.held_out_loss(model, prepared.held_out), 4)
    for label, adapter in (("base", None), ("adapter", file)):
        with LlamaGenerator(base, context_tokens=_CONTEXT, threads=0, adapter=adapter) as generator:
            bar = progress.stage(f"held-out examples, {label}", len(prepared.found.held_out))
            figures = measure(
                task.kind, prepared.found.held_out, generator,
                # bound as a default: the loop makes another bar; a lambda's default has no type
                on_example=lambda done, bar=bar: bar(done, ""),  # type: ignore[misc]
            )  # fmt: skip
        metrics |= {f"{label}_{name}": value for name, value in figures.items()}
    return metrics, result


def _likeness(model: Any, prepared: Prepared, file: Path) -> Likeness:
    """Compare the exported file with the trained model."""
    probes = (*prepared.held_out[:_PROBES], *prepared.train[:1])
    with (
        closing(load_model(prepared.base, _CONTEXT, file)) as with_it,
        closing(load_model(prepared.base, _CONTEXT)) as without_it,
        closing(LlamaEngine(with_it, _CONTEXT, default_tuning())) as adapted,
        closing(LlamaEngine(without_it, _CONTEXT, default_tuning())) as plain,
    ):
        return likeness(model, adapted, plain, probes)


def _training(prepared: Prepared) -> Training:
    task, found = prepared.task, prepared.found
    return Training(
        name=task.name,
        kind=task.kind,
        base_digest=prepared.base_digest,
        task_digest=task.digest,
        data_digest=found.digest,
        examples=len(found.train) + len(found.held_out),
        documents=found.documents,
        placeholders=(*found.placeholders, *found.elsewhere),
    )


def _instruction(task: Task) -> str:
    return task.instruction or RULES
