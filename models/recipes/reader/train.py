"""Fine-tune the MiniLM encoder to read: where an answer starts and ends, if it is there."""

from __future__ import annotations

import argparse
import os
import pickle
import random
import time
from pathlib import Path

import torch
from mixture import STAGES
from pairs import Pair
from tokenizers import Tokenizer
from transformers import AutoModelForTokenClassification
from transformers.utils import logging

COLUMNS = ("start", "end", "answerable")
_MEAN_DECAY = 0.995
"""The weights that are kept are a running mean over about the last 200 steps."""
_FAR = -1e4
_HAS_BFLOAT16 = torch.cpu.get_capabilities().get("avx512_bf16", False)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with `qa`")
    parser.add_argument("--base", type=Path, required=True, help="MiniLM: weights, tokenizer.json")
    parser.add_argument("--start", type=Path, help="weights of an earlier stage (.pt)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stage", choices=tuple(STAGES), default="read")
    parser.add_argument("--same", type=float, default=0.5, help="same-article negatives per answer")
    parser.add_argument("--hard", type=float, default=0.6, help="share of these that are similar")
    parser.add_argument("--other", type=float, default=0.15, help="other-article negatives")
    parser.add_argument("--spoiled", type=float, default=0.15, help="answer's sentence left out")
    parser.add_argument("--swapped", type=float, default=0.15, help="another name in the question")
    parser.add_argument("--shortened", type=float, default=0.45, help="passages cut shorter")
    parser.add_argument(
        "--written", type=Path, nargs="+", default=(), help="files of our own questions, too"
    )
    parser.add_argument("--papers", type=float, default=0.15, help="share of COVID-QA per epoch")
    parser.add_argument("--support", type=float, default=0.1, help="share of the yes-or-no sets")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--answerable", type=float, default=0.5, help="weight of that head's loss")
    parser.add_argument("--max-tokens", type=int, default=288)
    parser.add_argument("--batch-tokens", type=int, default=2048)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--stop-at", type=int, help="step at which the stage is cut short")
    parser.add_argument("--save-every", type=int, default=100)
    return parser.parse_args()


def load_model(base: Path, start: Path | None) -> torch.nn.Module:
    """Build the model with frozen embeddings; eager attention is the fastest on a core."""
    logging.set_verbosity_error()
    model: torch.nn.Module = AutoModelForTokenClassification.from_pretrained(
        base,
        num_labels=len(COLUMNS),
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
        dtype=torch.float32,
    )
    if start is not None:
        model.load_state_dict(torch.load(start, weights_only=True))
    model.bert.embeddings.requires_grad_(False)
    return model


def collate(group: list[Pair]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return ids, segments and, as a mask to add, where a span may lie ([CLS] and the passage)."""
    width = max(len(pair.ids) for pair in group)
    ids = torch.zeros(len(group), width, dtype=torch.long)
    segments = torch.zeros_like(ids)
    closed = torch.full((len(group), width), _FAR)
    for row, pair in enumerate(group):
        length = len(pair.ids)
        ids[row, :length] = torch.tensor(pair.ids)
        segments[row, pair.passage_at : length] = 1
        closed[row, pair.passage_at : length - 1] = 0.0
        closed[row, 0] = 0.0
    return ids, segments, closed


def step_loss(model: torch.nn.Module, group: list[Pair], weight: float) -> torch.Tensor:
    """Return the loss of one batch; products run in bfloat16 where the processor has it.

    Elsewhere bfloat16 is emulated, at a tenth of the speed of float32.
    """
    ids, segments, closed = collate(group)
    with torch.autocast("cpu", torch.bfloat16, enabled=_HAS_BFLOAT16):
        logits = model(
            input_ids=ids, attention_mask=(ids != 0).long(), token_type_ids=segments
        ).logits
    return pair_loss(logits.float(), closed, group, weight)


def pair_loss(
    logits: torch.Tensor, closed: torch.Tensor, group: list[Pair], weight: float
) -> torch.Tensor:
    """Return the mean of the span losses plus `weight` times that of the answerable head."""
    spans = torch.tensor([pair.has_span for pair in group]).float()
    total = torch.zeros(())
    for column, places in ((0, [p.start for p in group]), (1, [p.end for p in group])):
        losses = torch.nn.functional.cross_entropy(
            logits[:, :, column] + closed, torch.tensor(places), reduction="none"
        )
        total = total + (losses * spans).sum() / spans.sum().clamp(min=1) / 2
    truth = torch.tensor([pair.answerable for pair in group])
    there = torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 0, 2], truth)
    return total + weight * there


def save(state: object, path: Path) -> None:
    """Write next to the target first, so that a kill leaves the older file whole."""
    torch.save(state, path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


class Training:
    """The state of one stage: what a checkpoint keeps and a killed run takes up again."""

    def __init__(self, options: argparse.Namespace, model: torch.nn.Module, total: int) -> None:
        self.model = model
        self.step = 0
        self._total, self._warm = total, max(1, int(0.06 * total))
        self._weight = options.answerable
        self._checkpoint = options.out / "checkpoint.pt"
        self.trainable = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.trainable, lr=options.rate, weight_decay=0.01, fused=True
        )
        self.mean = {name: p.detach().clone() for name, p in model.named_parameters()}
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self.share)
        if self._checkpoint.exists():
            kept = torch.load(self._checkpoint, weights_only=True)
            self.model.load_state_dict(kept["model"])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.schedule.load_state_dict(kept["schedule"])
            self.mean = kept["mean"]
            self.step = kept["step"]
            torch.set_rng_state(kept["random"])

    def share(self, step: int) -> float:
        """Return the share of the rate: up in a line, then down in a line."""
        left = max(0.0, 1.0 - step / self._total)
        return min(1.0, (step + 1) / self._warm) * left

    def learn(self, group: list[Pair]) -> float:
        """Take one step and return its loss."""
        loss = step_loss(self.model, group, self._weight)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trainable, 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        weight = min(_MEAN_DECAY, self.step / (self.step + 10))
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                self.mean[name].lerp_(parameter.detach(), 1 - weight)
        return float(loss.item())

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the model with its running mean in place of the last step's weights."""
        return {**self.model.state_dict(), **self.mean}

    def keep(self) -> None:
        """Write the checkpoint."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "mean": self.mean,
            "step": self.step,
            "random": torch.get_rng_state(),
        }
        save(state, self._checkpoint)


def plan(options: argparse.Namespace) -> list[list[Pair]]:
    """Draw the batches of all epochs; kept beside the checkpoint, as drawing takes minutes."""
    path = options.out / "plan.pickle"
    if path.exists():
        kept: list[list[Pair]] = pickle.loads(path.read_bytes())
        return kept
    tokenizer = Tokenizer.from_file(str(options.base / "tokenizer.json"))
    mixture = STAGES[options.stage](options, tokenizer)
    epochs = [
        mixture.epoch(random.Random(f"{options.seed}/{epoch}")) for epoch in range(options.epochs)
    ]
    groups = [group for epoch in epochs for group in epoch]
    path.write_bytes(pickle.dumps(groups))
    return groups


def main() -> None:
    """Run one stage."""
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    model = load_model(options.base, options.start)
    groups = plan(options)
    training = Training(options, model, len(groups))
    print(f"steps {len(groups)}, from {training.step}", flush=True)
    model.train()
    began, seen, running = time.monotonic(), 0, 0.0
    last = len(groups) if options.stop_at is None else min(options.stop_at, len(groups))
    while training.step < last:
        group = groups[training.step]
        running += training.learn(group)
        seen += len(group) * max(len(pair.ids) for pair in group)
        if training.step % 25 == 0:
            rate = seen / (time.monotonic() - began)
            print(f"{training.step} loss {running / 25:.4f} {rate:.0f} tokens/s", flush=True)
            running = 0.0
        if training.step % options.save_every == 0:
            training.keep()
    save(training.weights(), options.out / "weights.pt")


if __name__ == "__main__":
    main()
