"""The training loop: loss on the answers alone, checkpoints, and going on to the same weights.

Nothing is drawn at random after the first step's weights (no dropout; the order of batches
follows from seed and epoch), so a training that was killed goes on from its checkpoint to
bit-equal weights on the same machine with the same number of threads.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from secure_rag.adapters.lora import trained
from secure_rag.adapters.tokens import Tokens, batches
from secure_rag.errors import ArtifactError
from secure_rag.runtime.prefix import shared_prefix

CHECKPOINT: Final = "checkpoint.safetensors"
_EVERY: Final = 20
_WARM_UP: Final = 0.06
_CLIP: Final = 1.0
_WORTH_SHARING: Final = 16
"""Tokens that examples must begin with alike before they are computed once for all."""


@dataclass(frozen=True)
class Plan:
    """How to train."""

    key: str
    """Digest of task, data, base and code of the order: a checkpoint of another is not used."""
    epochs: int
    rate: float
    batch_tokens: int
    seed: int


@dataclass(frozen=True)
class Step:
    """Where a training stands."""

    done: int
    total: int
    loss: float
    left_s: float


@dataclass(frozen=True)
class Trained:
    """What came of it."""

    steps: int
    seconds: float
    loss: float
    """Mean over the last epoch."""


def order_of(data: Sequence[Tokens], plan: Plan) -> list[list[int]]:
    """Return the batches of all epochs."""
    lengths = [len(one.ids) for one in data]
    return [
        batch
        for epoch in range(plan.epochs)
        for batch in batches(lengths, most=plan.batch_tokens, seed=plan.seed + epoch)
    ]


def train(
    model: Any,
    data: Sequence[Tokens],
    plan: Plan,
    folder: Path,
    *,
    on_step: Callable[[Step], None] = lambda step: None,
    stop_at: int | None = None,
    keeps: bool = True,
) -> Trained:
    """Train, from the checkpoint in `folder` where there is one of the same plan.

    Args:
        stop_at: end after so many steps, as if killed; for tests and dry runs.
        keeps: False neither reads nor writes a checkpoint.

    Raises:
        ArtifactError: the loss is no number any more.
    """
    import torch

    steps = order_of(data, plan)
    weights = trained(model)
    optimizer = torch.optim.AdamW(weights.values(), lr=plan.rate, weight_decay=0.0, foreach=False)
    begun, spent, losses = _resume(weights, optimizer, plan, folder if keeps else None)
    clock = time.perf_counter()
    model.train()
    for number in range(begun, min(len(steps), stop_at or len(steps))):
        rate = plan.rate * _schedule(number, len(steps))
        losses.append(_learn(model, weights, optimizer, [data[one] for one in steps[number]], rate))
        now = time.perf_counter() - clock
        left = now / (number + 1 - begun) * (len(steps) - number - 1)
        on_step(Step(number + 1, len(steps), losses[-1], left))
        if keeps and ((number + 1) % _EVERY == 0 or number + 1 == stop_at):
            _save(weights, optimizer, plan, folder, number + 1, spent + now, losses)
    last = losses[-max(1, len(steps) // plan.epochs) :]
    seconds = spent + time.perf_counter() - clock
    return Trained(len(steps), seconds, sum(last) / max(1, len(last)))


def _learn(
    model: Any, weights: dict[str, Any], optimizer: Any, batch: Sequence[Tokens], rate: float
) -> float:
    """Take one step and return the loss before it."""
    import torch

    for group in optimizer.param_groups:
        group["lr"] = rate
    loss = _loss(model, batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(list(weights.values()), _CLIP)
    optimizer.step()
    optimizer.zero_grad()
    found = float(loss.detach())
    if math.isnan(found):
        raise ArtifactError(
            "the training diverged", code="adapter.diverged", hint="lower `rate` in the task file"
        )
    return found


def held_out_loss(model: Any, data: Sequence[Tokens]) -> float:
    """Return the mean loss for a token of the answers."""
    import torch

    model.eval()
    total = count = 0.0
    with torch.no_grad():
        for one in data:
            learned = len(one.ids) - one.answer_from
            total += float(_loss(model, [one])) * learned
            count += learned
    return total / max(1.0, count)


def _loss(model: Any, examples: Sequence[Tokens]) -> Any:
    """Return the mean loss of a batch; scores are computed where an answer is learned only."""
    import torch

    longest = max(len(one.ids) for one in examples)
    ids = torch.zeros((len(examples), longest), dtype=torch.long)
    learned = torch.zeros((len(examples), longest), dtype=torch.bool)
    for row, one in enumerate(examples):
        ids[row, : len(one.ids)] = torch.tensor(one.ids)
        learned[row, one.answer_from - 1 : len(one.ids) - 1] = True
    ids, learned = ids.to(model.device), learned.to(model.device)
    shared = _shared(examples)
    with torch.autocast(model.device.type, torch.bfloat16, enabled=_has_bfloat16()):
        hidden = _hidden(model.get_base_model().model, ids, shared)
        scores = model.get_base_model().lm_head(hidden[learned[:, shared:]])
    wanted = torch.roll(ids, -1, 1)[learned]
    return torch.nn.functional.cross_entropy(scores.float(), wanted)


def _shared(examples: Sequence[Tokens]) -> int:
    """Return how many first tokens all examples have in common; 0 where that saves little."""
    first, *others = (one.ids[: one.answer_from - 1] for one in examples)
    count = min((shared_prefix(first, other) for other in others), default=0)
    return count if count >= _WORTH_SHARING else 0


def _hidden(layers: Any, ids: Any, shared: int) -> Any:
    """Return the last hidden states of all rows after their shared beginning.

    The instruction that all examples begin with is computed once a step; gradients of every
    row flow back through it. Padding stands on the right, where a causal model does not look.
    """
    if not shared:
        return layers(input_ids=ids, use_cache=False).last_hidden_state
    begun = layers(input_ids=ids[:1, :shared], use_cache=True).past_key_values
    begun.batch_repeat_interleave(len(ids))
    rest = layers(input_ids=ids[:, shared:], past_key_values=begun, use_cache=True)
    return rest.last_hidden_state


def _has_bfloat16() -> bool:
    """Say whether products in bfloat16 are faster here."""
    import torch

    known = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(torch.cuda.is_available() or (known and known()))


def _schedule(number: int, total: int) -> float:
    """Return the share of the rate: a linear rise, then a linear fall to a tenth."""
    warm = max(1, round(total * _WARM_UP))
    if number < warm:
        return (number + 1) / warm
    return 1.0 - 0.9 * (number - warm) / max(1, total - warm)


def _resume(
    weights: dict[str, Any], optimizer: Any, plan: Plan, folder: Path | None
) -> tuple[int, float, list[float]]:
    from safetensors import SafetensorError, safe_open

    if folder is None or not (folder / CHECKPOINT).is_file():
        return 0, 0.0, []
    path = folder / CHECKPOINT
    try:
        with safe_open(path, "pt") as file:
            state = json.loads(file.metadata()["state"])
            if state["key"] != plan.key:
                return 0, 0.0, []
            for name, weight in weights.items():
                weight.data.copy_(file.get_tensor(f"weight:{name}"))
                optimizer.state[weight] = {
                    part: file.get_tensor(f"{part}:{name}").to(
                        weight.device if part != "step" else "cpu"
                    )
                    for part in ("exp_avg", "exp_avg_sq", "step")
                }
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, RuntimeError):
        raise ArtifactError(
            f"{path}: the checkpoint cannot be read", code="adapter.checkpoint",
            hint="delete its folder to begin anew",
        ) from None  # fmt: skip
    return int(state["step"]), float(state["seconds"]), [float(one) for one in state["losses"]]


def _save(
    weights: dict[str, Any],
    optimizer: Any,
    plan: Plan,
    folder: Path,
    step: int,
    seconds: float,
    losses: list[float],
) -> None:
    from safetensors.torch import save_file

    tensors = {}
    for name, weight in weights.items():
        tensors[f"weight:{name}"] = weight.detach().cpu().contiguous()
        for part in ("exp_avg", "exp_avg_sq", "step"):
            tensors[f"{part}:{name}"] = optimizer.state[weight][part].detach().cpu().contiguous()
    state = {"key": plan.key, "step": step, "seconds": seconds, "losses": losses}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part_file = folder / f"{CHECKPOINT}.part"
    save_file(tensors, part_file, metadata={"state": json.dumps(state)})
    os.replace(part_file, folder / CHECKPOINT)
